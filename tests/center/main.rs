//! The whole center, from outside: real processes, real wires, real faults.
//!
//! Each file holds one kind of trouble; each test is named after the fact that it keeps. Time is waited
//! for by conditions, never by the clock alone. What these tests need (PostgreSQL, mosquitto, nft,
//! network namespaces, root) `./provision/setup` installs; what is missing is a failure, not a skip.

// Helpers of tests fail by panicking, as tests do; the lints know only functions marked as tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

// The province of a test, which `tests/faults` uses too.
extern crate house;
use house::wire;

mod access;
mod bad_input;
mod bookings;
mod clock;
mod demo_stop;
mod erase;
mod forks;
mod full_disk;
mod hand_over;
mod kills;
mod kiosk_card;
mod lines;
mod many;
mod medium;
mod midnight;
mod one_folder;
mod pairing;
mod policy;
mod renewal;
mod reports;
mod restore;
mod screens;
mod secrets;
mod standby;
mod stop;
mod tablets;
mod visits;
