//! What the node journals about itself, so that a new box in its place has it again: how far the hub's
//! journal is taken in, the accounts of officers and devices, numbers that are left out, and what the head
//! decided about the queue.
//!
//! The accounts are sealed under the node's master key, which the hub does not have: it keeps the
//! passwords' hashes for the box, and cannot read them. They come back with the recovery sheet.

use std::collections::HashSet;

use domain::queue::Governed;
use jiff::{SignedDuration, Timestamp};
use journal::{Change, Sealing, hex, seal};
use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::batch::{Batch, LocalWrite};
use crate::config::Keys;
use crate::connection::derive;
use crate::records::{DeviceToken, Officer};
use crate::sql::micros;
use crate::{StoreError, local, query};

/// How far the hub's journal is taken in.
pub(crate) const DOWN_CURSOR: &str = "down_cursor";
/// Officers and devices.
pub(crate) const ACCOUNTS: &str = "accounts";
/// Numbers left out.
pub(crate) const NUMBER_GAP: &str = "number_gap";
/// Which policy of calling was chosen: a subject a choice.
pub(crate) const CALLING_POLICY: &str = "calling_policy";
/// What an officer may serve.
pub(crate) const OFFICER_SKILLS: &str = "officer_skills";
/// The kinds that live in `own_subject`.
pub(crate) const KINDS: [&str; 5] =
    [DOWN_CURSOR, ACCOUNTS, NUMBER_GAP, CALLING_POLICY, OFFICER_SKILLS];

/// The accounts take no more than this in the journal, in bytes before sealing: room for some 400
/// officers and devices. Sealed they stand in hexadecimal digits, two for a byte, and these have to be
/// fewer than [`journal::change::PUBLIC_BYTES_MAX`]. An account more is refused once no withdrawn token
/// can make room for it.
const ACCOUNTS_BYTES_MAX: usize = 120 * 1024;
/// So long a withdrawn token is still named, for whoever looks for a device that was put out. Nothing
/// depends on it: a token that is not there is as little good as a withdrawn one.
pub(crate) const WITHDRAWN_KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);
const SCHEMA: u16 = 1;
const PURPOSE: &[u8] = b"motcua accounts";

/// The accounts as they are sealed.
#[derive(Default, Serialize, Deserialize)]
struct Accounts {
    officers: Vec<Officer>,
    device_tokens: Vec<DeviceToken>,
}

impl Accounts {
    /// Those of the tables, with their bytes before sealing.
    fn read(c: &Connection) -> Result<(Accounts, Vec<u8>), StoreError> {
        let accounts = Accounts {
            officers: query::officers::all(c)?,
            device_tokens: query::sessions::devices(c)?,
        };
        let plain = serde_json::to_vec(&accounts)?;
        Ok((accounts, plain))
    }
}

/// Makes the changes.
pub(crate) struct OwnSubjects {
    key: [u8; 32],
    sealing: Sealing,
}

impl OwnSubjects {
    pub(crate) fn new(keys: &Keys, sealing: Sealing) -> Result<OwnSubjects, StoreError> {
        Ok(OwnSubjects { key: derive(&keys.master, "accounts")?, sealing })
    }

    /// Adds what follows for the node itself from a batch whose local writes are stored.
    pub(crate) fn changes_of(
        &self,
        c: &Connection,
        batch: &Batch,
        changes: &mut Vec<Change>,
    ) -> Result<(), StoreError> {
        let mut taken = None;
        let mut accounts = false;
        for write in &batch.local {
            match write {
                LocalWrite::DownTaken { epoch, seq, hash, .. } => {
                    taken = Some(json!({ "epoch": epoch, "seq": seq, "hash": hex::encode(hash) }));
                }
                LocalWrite::Officer(_) | LocalWrite::DeviceToken(_) => accounts = true,
                LocalWrite::NumbersSkipped(gap) => {
                    let public = serde_json::to_value(gap)?;
                    changes.push(write_subject(c, NUMBER_GAP, &gap.subject(), &public)?);
                }
                LocalWrite::Governed(governed) => changes.push(write_governed(c, governed)?),
                _ => {}
            }
        }
        if let Some(public) = taken {
            changes.push(write_subject(c, DOWN_CURSOR, "hub", &public)?);
        }
        if accounts {
            let public = self.sealed_accounts(c, batch.at)?;
            changes.push(write_subject(c, ACCOUNTS, "box", &public)?);
        }
        Ok(())
    }

    /// The accounts as they are now. Tokens that were withdrawn long ago leave the table in the same
    /// transaction, so that the entry and the table name the same ones; when the accounts are full, all
    /// withdrawn ones go: a device that is stolen can always be put out, and another one let in for it.
    fn sealed_accounts(&self, c: &Connection, at: Timestamp) -> Result<Value, StoreError> {
        let long_ago = at.saturating_sub(WITHDRAWN_KEPT).unwrap_or(Timestamp::MIN);
        forget_withdrawn(c, long_ago)?;
        let (mut accounts, mut plain) = Accounts::read(c)?;
        if plain.len() > ACCOUNTS_BYTES_MAX && forget_withdrawn(c, Timestamp::MAX)? > 0 {
            (accounts, plain) = Accounts::read(c)?;
        }
        if plain.len() > ACCOUNTS_BYTES_MAX {
            return Err(StoreError::TooLarge("accounts"));
        }
        Ok(match self.sealing {
            Sealing::On => {
                json!({ "sealed": hex::encode(&seal::seal_with(&self.key, PURPOSE, &plain)?) })
            }
            Sealing::Off => json!({ "open": accounts }),
        })
    }
}

/// Brings the accounts back that an older box had sealed. `Ok(false)` when this box's master key does
/// not open them: it began with a new one.
pub(crate) fn restore_accounts(c: &Connection, keys: &Keys) -> Result<bool, StoreError> {
    let Some(public) = read(c, ACCOUNTS, "box")? else { return Ok(true) };
    let accounts: Accounts =
        match (public.get("sealed").and_then(Value::as_str), public.get("open")) {
            (Some(sealed), _) => {
                let sealed =
                    hex::decode(sealed).ok_or_else(|| StoreError::Damaged(ACCOUNTS.to_owned()))?;
                let key = derive(&keys.master, "accounts")?;
                match seal::open_with(&key, PURPOSE, &sealed) {
                    Ok(plain) => serde_json::from_slice(&plain)?,
                    Err(_) => return Ok(false),
                }
            }
            (None, Some(open)) => Accounts::deserialize(open)?,
            (None, None) => return Err(StoreError::Damaged(ACCOUNTS.to_owned())),
        };
    for officer in &accounts.officers {
        local::restore_officer(c, officer)?;
    }
    for token in &accounts.device_tokens {
        local::restore_device_token(c, token)?;
    }
    // A copy of the database may know a token as good that was withdrawn and forgotten after it was made.
    // Each token that was ever stored was among the accounts with the same entry.
    let named: HashSet<[u8; 32]> =
        accounts.device_tokens.iter().map(|token| token.token_hash).collect();
    let mut forget = c.prepare_cached("DELETE FROM device_token WHERE token_hash = ?1")?;
    for token in query::sessions::devices(c)? {
        if !named.contains(&token.token_hash) {
            forget.execute([token.token_hash])?;
        }
    }
    Ok(true)
}

/// Removes the tokens that were withdrawn before; gives how many.
fn forget_withdrawn(c: &Connection, before: Timestamp) -> Result<usize, StoreError> {
    let sql = "DELETE FROM device_token WHERE revoked_at_us < ?1";
    Ok(c.prepare_cached(sql)?.execute([micros(before)])?)
}

/// Takes an own subject in as an entry says it; its other tables follow.
pub(crate) fn put_forward(
    c: &Connection,
    change: &Change,
    public: &Value,
) -> Result<(), StoreError> {
    c.prepare_cached(
        "INSERT INTO own_subject (kind, subject, rev, public) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET rev = excluded.rev, public = excluded.public",
    )?
    .execute((
        &change.kind,
        &change.subject,
        crate::sql::integer(change.rev),
        serde_json::to_string(public)?,
    ))?;
    if change.kind == DOWN_CURSOR {
        c.execute("DELETE FROM down_cursor", [])?;
        crate::restore::put_down_cursor(c, public)?;
    }
    Ok(())
}

/// An own subject as it stands.
pub(crate) fn read(c: &Connection, kind: &str, subject: &str) -> Result<Option<Value>, StoreError> {
    let public: Option<String> = c
        .prepare_cached("SELECT public FROM own_subject WHERE kind = ?1 AND subject = ?2")?
        .query_row((kind, subject), |row| row.get(0))
        .optional()?;
    Ok(public.map(|text| serde_json::from_str(&text)).transpose()?)
}

fn write_governed(c: &Connection, governed: &Governed) -> Result<Change, StoreError> {
    match governed {
        Governed::Policy(choice) => {
            // In this form they stand in their order.
            let subject = format!("{:010}", choice.number);
            write_subject(c, CALLING_POLICY, &subject, &serde_json::to_value(choice)?)
        }
        Governed::Skills(skills) => {
            let subject = skills.officer.as_str();
            write_subject(c, OFFICER_SKILLS, subject, &serde_json::to_value(skills)?)
        }
    }
}

fn write_subject(
    c: &Connection,
    kind: &str,
    subject: &str,
    public: &Value,
) -> Result<Change, StoreError> {
    let public = serde_json::to_string(public)?;
    let rev: i64 = c
        .prepare_cached(
            "INSERT INTO own_subject (kind, subject, rev, public) VALUES (?1, ?2, 1, ?3)
             ON CONFLICT DO UPDATE SET rev = rev + 1, public = excluded.public RETURNING rev",
        )?
        .query_row((kind, subject, &public), |row| row.get(0))?;
    let rev = u64::try_from(rev).unwrap_or(1);
    Ok(Change {
        kind: kind.to_owned(),
        subject: subject.to_owned(),
        axis: String::new(),
        rev,
        base_rev: rev - 1,
        term: 0,
        schema: SCHEMA,
        public: public.into_bytes(),
        sealed: Vec::new(),
        blobs: Vec::new(),
    })
}
