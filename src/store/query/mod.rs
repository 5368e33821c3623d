//! Questions to the tables, one file a subject. Each takes a connection, from [`crate::Readers`], and
//! gives whole states or plain rows.

pub mod access;
pub mod blobs;
pub mod bookings;
pub mod calls;
pub mod checks;
pub mod counters;
pub mod cursors;
pub mod devices;
pub mod directory;
pub mod dossiers;
pub mod events;
pub mod governed;
pub mod journal;
pub mod messages;
pub mod meta;
pub mod numbers;
pub mod officers;
pub mod parked;
pub mod print_jobs;
pub mod rating_figures;
pub mod ratings;
pub mod requests;
pub mod segments;
pub mod sessions;
pub mod tickets;
pub mod told_votes;

use domain::split::Journaled;
use rusqlite::{Connection, Params};
use serde_json::Value;

use crate::StoreError;

/// States of a journaled kind; `sql` gives `public, private`.
fn states<S: Journaled>(
    c: &Connection,
    sql: &str,
    params: impl Params,
) -> Result<Vec<S>, StoreError> {
    let mut statement = c.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut states = Vec::new();
    while let Some(row) = rows.next()? {
        states.push(join(row.get_ref(0)?.as_str(), row.get_ref(1)?.as_str_or_null())?);
    }
    Ok(states)
}

/// The first of them.
fn state<S: Journaled>(
    c: &Connection,
    sql: &str,
    params: impl Params,
) -> Result<Option<S>, StoreError> {
    Ok(states(c, sql, params)?.into_iter().next())
}

type Text<T> = Result<T, rusqlite::types::FromSqlError>;

fn join<S: Journaled>(public: Text<&str>, private: Text<Option<&str>>) -> Result<S, StoreError> {
    let text = |error: rusqlite::types::FromSqlError| StoreError::Damaged(error.to_string());
    let public: Value = serde_json::from_str(public.map_err(text)?)?;
    let private =
        private.map_err(text)?.map(serde_json::from_str).transpose()?.unwrap_or(Value::Null);
    Ok(S::join(public, private)?)
}
