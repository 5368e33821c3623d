//! What the head decided about the queue: which policy was chosen when, and what officers may serve.

use domain::queue::{Governed, OfficerSkills, PolicyChoice, QueueSettings};
use rusqlite::Connection;
use serde::de::DeserializeOwned;

use crate::StoreError;
use crate::own::{CALLING_POLICY, OFFICER_SKILLS};
use crate::sql::integer;

/// Officers whose skills are read: more than an account list holds.
const SKILLS_MAX: u64 = 10_000;

/// The choices of a policy, newest first, at most so many.
pub fn choices(c: &Connection, limit: u32) -> Result<Vec<PolicyChoice>, StoreError> {
    read(c, CALLING_POLICY, u64::from(limit))
}

/// What officers may serve, of those of whom it was ever set.
pub fn skills(c: &Connection) -> Result<Vec<OfficerSkills>, StoreError> {
    read(c, OFFICER_SKILLS, SKILLS_MAX)
}

/// The settings of the files with what was decided since.
pub fn in_force(c: &Connection, settings: QueueSettings) -> Result<QueueSettings, StoreError> {
    let mut settings = settings;
    for choice in choices(c, 1)? {
        settings.take(&Governed::Policy(choice));
    }
    for skills in skills(c)? {
        settings.take(&Governed::Skills(skills));
    }
    Ok(settings)
}

fn read<T: DeserializeOwned>(c: &Connection, kind: &str, limit: u64) -> Result<Vec<T>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT public FROM own_subject WHERE kind = ?1 ORDER BY subject DESC LIMIT ?2",
    )?;
    let mut rows = statement.query((kind, integer(limit)))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(serde_json::from_str(&row.get::<_, String>(0)?)?);
    }
    Ok(found)
}
