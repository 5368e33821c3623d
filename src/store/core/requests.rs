//! Request keys: kept with the answer, told in an entry as a mark, forgotten after a while.

use jiff::Timestamp;
use journal::Sealing;

use super::{REQUEST_KEPT, WriterCore};
use crate::StoreError;
use crate::batch::{Batch, RequestKey};
use crate::query::requests::{KEEP, ids_until};
use crate::sql::micros;

/// Old request keys are looked for this often, and so many go at once.
const PURGE_EVERY_US: i64 = 3600 * 1_000_000;
const PURGE_ROWS: i64 = 2000;

impl WriterCore {
    pub(super) fn keep_request(&self, batch: &Batch) -> Result<(), StoreError> {
        let Some(key) = &batch.request else { return Ok(()) };
        let kept = self.connection.prepare_cached(KEEP)?.execute((
            key.as_str(),
            micros(batch.at),
            serde_json::to_string(&batch.outcome)?,
        ))?;
        if kept == 1 {
            return Ok(());
        }
        let outcome = crate::query::requests::outcome(&self.connection, key)?;
        Err(StoreError::Repeated(outcome.unwrap_or_default()))
    }

    /// What the entry says of a caller's key: a caller may have put a person's number into it.
    pub(super) fn mark_of(&self, request: Option<&RequestKey>) -> String {
        match (request, self.sealing) {
            (None, _) => String::new(),
            (Some(key), Sealing::On) => self.marks.mark(key.as_str()),
            (Some(key), Sealing::Off) => key.as_str().to_owned(),
        }
    }

    pub(super) fn purge_requests(
        &mut self,
        now: Timestamp,
        monotonic_ns: u64,
    ) -> Result<(), StoreError> {
        if monotonic_ns < self.purge_from_ns {
            return Ok(());
        }
        let now_us = micros(now);
        // A clock that was put back must not keep the next purge waiting for the old time.
        self.purged_at_us = self.purged_at_us.min(now_us);
        if now_us.saturating_sub(self.purged_at_us) < PURGE_EVERY_US {
            return Ok(());
        }
        let Ok(oldest) = now.checked_sub(REQUEST_KEPT) else { return Ok(()) };
        let oldest_us = micros(oldest);
        let gone = self
            .connection
            .prepare_cached(
                "DELETE FROM request WHERE id IN
                 (SELECT id FROM request WHERE id < ?1 AND at_us < ?2 ORDER BY id LIMIT ?3)",
            )?
            .execute((ids_until(oldest_us), oldest_us, PURGE_ROWS))?;
        if (gone as i64) < PURGE_ROWS {
            self.purged_at_us = now_us;
        }
        Ok(())
    }
}
