//! Counters.

use domain::queue::Counter;
use rusqlite::Connection;

use super::states;
use crate::StoreError;

/// All counters that ever changed, by number. One that never did is as the settings say.
pub fn all(c: &Connection) -> Result<Vec<Counter>, StoreError> {
    states(c, "SELECT public, private FROM counter ORDER BY number", [])
}
