//! Where a journal stands when the writer takes it over, and that it is this node's.

use journal::Entry;
use journal::entry::NO_HASH;
use rusqlite::{Connection, OptionalExtension};

use crate::StoreError;
use crate::config::StoreConfig;
use crate::sql::integer;

/// The journal's last entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) seq: u64,
    pub(crate) hash: [u8; 32],
    /// Entries ever written.
    pub(crate) entries: u64,
    pub(super) at_us: i64,
    pub(super) boot_id: [u8; 16],
    pub(super) monotonic_ns: u64,
}

/// Writes down whose folder this is, or refuses another's.
pub(super) fn claim(connection: &Connection, config: &StoreConfig) -> Result<(), StoreError> {
    let owner: Option<String> = connection
        .query_row("SELECT value FROM meta WHERE name = 'node'", [], |row| row.get(0))
        .optional()?;
    match owner {
        Some(owner) if owner != config.node.as_str() => return Err(StoreError::OtherNode(owner)),
        Some(_) => {}
        None => {
            connection.execute(
                "INSERT INTO meta (name, value) VALUES ('node', ?1)",
                [config.node.as_str()],
            )?;
        }
    }
    let folder = connection
        .query_row("SELECT epoch FROM journal_head", [], |row| row.get::<_, i64>(0))
        .optional()?
        .map(|epoch| u64::try_from(epoch).unwrap_or(0));
    let given = integer(config.epoch);
    match folder {
        Some(folder) if folder > config.epoch => {
            Err(StoreError::EpochBehind { folder, given: config.epoch })
        }
        Some(folder) if folder == config.epoch => Ok(()),
        // Each epoch is a journal of its own, which the hub takes from its first entry on: what this
        // one holds could never be sent under another epoch.
        Some(folder) => {
            let empty = "UPDATE journal_head SET epoch = ?1 WHERE seq = 0";
            match connection.execute(empty, [given])? {
                0 => Err(StoreError::EpochAhead { folder, given: config.epoch }),
                _ => Ok(()),
            }
        }
        None => {
            connection.execute(
                "INSERT INTO journal_head (id, epoch, seq, hash, entries) VALUES (1, ?1, 0, ?2, 0)",
                (given, NO_HASH),
            )?;
            Ok(())
        }
    }
}

pub(super) fn read_head(connection: &Connection) -> Result<Head, StoreError> {
    let (seq, hash, entries) =
        connection.query_row("SELECT seq, hash, entries FROM journal_head", [], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 32]>(1)?, row.get::<_, i64>(2)?))
        })?;
    let mut head = Head {
        seq: u64::try_from(seq).unwrap_or(0),
        hash,
        entries: u64::try_from(entries).unwrap_or(0),
        at_us: i64::MIN,
        boot_id: [0; 16],
        monotonic_ns: 0,
    };
    let last: Option<(Vec<u8>, i64)> = connection
        .query_row("SELECT raw, seq FROM entry ORDER BY seq DESC LIMIT 1", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    match last {
        // Going on from a head that is not the last entry would break the chain for good.
        Some((_, last_seq)) if last_seq != seq => {
            return Err(StoreError::Damaged("journal head".to_owned()));
        }
        None if seq != 0 => {
            return Err(StoreError::Damaged("journal head without entries".to_owned()));
        }
        Some((raw, _)) => {
            let entry = Entry::decode(&raw)?;
            if entry.hash != hash {
                return Err(StoreError::Damaged("journal head".to_owned()));
            }
            head.at_us = entry.at_utc_us;
            head.boot_id = entry.boot_id;
            head.monotonic_ns = entry.monotonic_ns;
        }
        None => {}
    }
    Ok(head)
}
