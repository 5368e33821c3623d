//! The package's tests that need more than one file's inside.

mod blobs;
mod broker;
mod model;
mod one_reader;
mod sessions;
