//! Data keys of subjects: made when first needed, kept wrapped in the table, and opened in a bounded
//! memory. A key made in a transaction that did not commit is forgotten with it: what is sealed
//! under a key that nobody has would be lost.

use std::collections::HashMap;

use jiff::Timestamp;
use journal::{DataKey, WrappedKey, WrappingKey};
use rusqlite::{Connection, OptionalExtension};

use crate::StoreError;
use crate::sql::micros;

/// Keys kept open in memory; beyond it the memory is emptied, and keys are read again.
const KEYS_IN_MEMORY_MAX: usize = 1024;

/// The keys of one connection.
pub(crate) struct KeyRing {
    wrapping: WrappingKey,
    open: HashMap<String, DataKey>,
}

impl KeyRing {
    pub(crate) fn new(wrapping: WrappingKey) -> KeyRing {
        KeyRing { wrapping, open: HashMap::new() }
    }

    /// The key of an id; makes and stores one if there is none.
    pub(crate) fn get_or_make(
        &mut self,
        connection: &Connection,
        key_id: &str,
        at: Timestamp,
    ) -> Result<&DataKey, StoreError> {
        if !self.open.contains_key(key_id) {
            let key = match read(connection, key_id)? {
                Some(wrapped) => self.wrapping.unwrap(&wrapped)?,
                None if is_destroyed(connection, key_id)? => {
                    return Err(StoreError::Conflict("data_key.destroyed"));
                }
                None => self.make(connection, key_id, at)?,
            };
            self.keep(key_id, key);
        }
        self.open.get(key_id).ok_or_else(|| StoreError::Damaged("data key".to_owned()))
    }

    /// The key of an id, if there is one.
    pub(crate) fn get(
        &mut self,
        connection: &Connection,
        key_id: &str,
    ) -> Result<Option<&DataKey>, StoreError> {
        if !self.open.contains_key(key_id) {
            let Some(wrapped) = read(connection, key_id)? else { return Ok(None) };
            let key = self.wrapping.unwrap(&wrapped)?;
            self.keep(key_id, key);
        }
        Ok(self.open.get(key_id))
    }

    /// Keeps a key that came from elsewhere, unless there is one. One that does not open is refused:
    /// nothing could be sealed about its subject afterwards.
    pub(crate) fn adopt(
        &mut self,
        connection: &Connection,
        key: &WrappedKey,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.wrapping.unwrap(key).map_err(|_| StoreError::Conflict("data_key.does_not_open"))?;
        store(connection, key, at)
    }

    /// Forgets what is only in memory.
    pub(crate) fn forget(&mut self) {
        self.open.clear();
    }

    fn make(
        &self,
        connection: &Connection,
        key_id: &str,
        at: Timestamp,
    ) -> Result<DataKey, StoreError> {
        let key = DataKey::generate()?;
        store(connection, &self.wrapping.wrap(key_id, &key)?, at)?;
        Ok(key)
    }

    fn keep(&mut self, key_id: &str, key: DataKey) {
        if self.open.len() >= KEYS_IN_MEMORY_MAX {
            self.open.clear();
        }
        self.open.insert(key_id.to_owned(), key);
    }
}

/// Writes a key down, unless there is one.
pub(crate) fn store(
    connection: &Connection,
    key: &WrappedKey,
    at: Timestamp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO data_key (key_id, wrapped, created_at_us) VALUES (?1, ?2, ?3)
             ON CONFLICT (key_id) DO NOTHING",
        )?
        .execute((&key.key_id, &key.wrapped, micros(at)))?;
    Ok(())
}

/// Destroys a key; a mark stays, so that none is ever made under its name. Also where the key is not
/// here: entries that are taken in again bring none of an erased subject.
pub(crate) fn destroy(
    connection: &Connection,
    key_id: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO data_key (key_id, wrapped, created_at_us, destroyed_at_us)
             VALUES (?1, x'', ?2, ?2)
             ON CONFLICT (key_id) DO UPDATE SET wrapped = x'', destroyed_at_us = ?2",
        )?
        .execute((key_id, micros(at)))?;
    Ok(())
}

/// Whether a key or its mark is here.
pub(crate) fn is_known(connection: &Connection, key_id: &str) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM data_key WHERE key_id = ?1)";
    Ok(connection.prepare_cached(sql)?.query_row([key_id], |row| row.get(0))?)
}

/// Whether a key was destroyed.
pub(crate) fn is_destroyed(connection: &Connection, key_id: &str) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM data_key
               WHERE key_id = ?1 AND destroyed_at_us IS NOT NULL)";
    Ok(connection.prepare_cached(sql)?.query_row([key_id], |row| row.get(0))?)
}

/// A key as it is kept; none when it was destroyed.
pub(crate) fn read(
    connection: &Connection,
    key_id: &str,
) -> Result<Option<WrappedKey>, StoreError> {
    let wrapped = connection
        .prepare_cached(
            "SELECT wrapped FROM data_key WHERE key_id = ?1 AND destroyed_at_us IS NULL",
        )?
        .query_row([key_id], |row| row.get::<_, Vec<u8>>(0))
        .optional()?;
    Ok(wrapped.map(|wrapped| WrappedKey { key_id: key_id.to_owned(), wrapped }))
}
