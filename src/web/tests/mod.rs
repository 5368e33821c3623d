//! The whole server on a loopback port, spoken to byte by byte.

mod client;
mod help;
mod house;
mod limits;
mod live;
mod pages;
mod sessions;
mod stopping;
