//! The hub against a real PostgreSQL, and once with a real broker: facts, each named by its test.

mod authority;
mod blobs;
mod bookings;
mod custody;
mod cuts;
mod enrolment;
mod epochs;
mod erase;
pub(crate) mod fixture;
mod fleet;
mod ingest;
mod one_connection;
mod orders;
mod points;
mod public;
mod renewal;
mod reports;
mod restore;
mod running;
mod standby;
