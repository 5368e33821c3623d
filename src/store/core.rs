//! The thinking behind the writer: batches in, one transaction, answers out. No actor in here.
//!
//! A batch is one savepoint and one entry: it fails alone. What fails the transaction itself (the
//! disk is full, COMMIT is refused) fails every batch in it, and nothing of any of them is kept.

mod clock;
mod head;
pub(crate) mod log;
mod requests;

use std::path::PathBuf;

use domain::ids::NodeId;
use domain::time::business_day;
use jiff::{SignedDuration, Timestamp, civil};
use journal::entry::{FORMAT, NO_HASH};
use journal::{ClockState, Entry, RequestMarks, Sealing};
use rusqlite::{Connection, TransactionBehavior};

use crate::batch::{Batch, Committed, Fact, LocalWrite};
use crate::boot::{boot_id, monotonic_ns};
use crate::config::{ClockKind, ClockTrust, StoreConfig};
use crate::connection::explain;
use crate::data_keys::KeyRing;
use crate::facts::{self, Pen};
use crate::own::OwnSubjects;
use crate::room::Reserve;
use crate::sql::{integer, micros};
use crate::{StoreError, local, open_days};

use head::{Head, claim, read_head};
use log::Log;

/// How long an answer to a request key is kept.
pub const REQUEST_KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The writer's connection and what it knows of the journal's end.
pub(crate) struct WriterCore {
    connection: Connection,
    folder: PathBuf,
    node: NodeId,
    epoch: u64,
    keys: KeyRing,
    marks: RequestMarks,
    own: OwnSubjects,
    sealing: Sealing,
    clock: ClockKind,
    trust: ClockTrust,
    boot_id: [u8; 16],
    head: Head,
    purged_at_us: i64,
    /// Not before this, by the time since boot.
    purge_from_ns: u64,
    days_looked_at: Option<civil::Date>,
    reserve: Reserve,
    log: Log,
}

impl WriterCore {
    /// Takes over an opened and migrated database.
    pub(crate) fn new(
        mut connection: Connection,
        config: &StoreConfig,
    ) -> Result<WriterCore, StoreError> {
        claim(&connection, config)?;
        let head = read_head(&connection)?;
        let log = Log::watch(&mut connection)?;
        Ok(WriterCore {
            connection,
            folder: config.folder.clone(),
            node: config.node.clone(),
            epoch: config.epoch,
            keys: KeyRing::new(config.keys.wrapping.clone()),
            marks: RequestMarks::of(&config.keys.wrapping)?,
            own: OwnSubjects::new(&config.keys, config.sealing)?,
            sealing: config.sealing,
            clock: config.clock,
            trust: config.clock_trust.clone(),
            boot_id: boot_id(),
            head,
            purged_at_us: i64::MIN,
            purge_from_ns: 0,
            days_looked_at: None,
            reserve: Reserve::of(&config.folder, config.reserve_bytes),
            log,
        })
    }

    pub(crate) fn head(&self) -> Head {
        self.head
    }

    /// Commits some batches in one transaction; one answer each, in order.
    pub(crate) fn commit(&mut self, batches: &[Batch]) -> Vec<Result<Committed, StoreError>> {
        self.bound_log();
        let mut answers = self.commit_once(batches);
        if answers == Err(StoreError::DiskFull) && self.reserve.spend() {
            answers = self.commit_once(batches);
        }
        // A log that has begun anew takes no more room.
        if answers == Err(StoreError::DiskFull) && self.log_is_due() && self.bring_log_in() {
            answers = self.commit_once(batches);
        }
        match answers {
            Ok(answers) => {
                self.reserve.lay_again();
                if batches.iter().flat_map(|batch| &batch.facts).any(is_erasure) {
                    self.log.cut_soon();
                }
                self.cut_log();
                answers
            }
            Err(error) => {
                tracing::warn!(code = error.code(), %error, batches = batches.len(), "nothing of a transaction was kept");
                vec![Err(error); batches.len()]
            }
        }
    }

    /// Does something beside the batches, all of it or nothing.
    pub(crate) fn in_transaction<T>(
        &mut self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.bound_log();
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&transaction)?;
        transaction.commit()?;
        Ok(done)
    }

    /// Takes a frame of the own journal in again.
    pub(crate) fn replay(&mut self, frame: &journal::Frame) -> Result<(), StoreError> {
        self.bound_log();
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        crate::replay::frame(&transaction, &mut self.keys, self.sealing, frame)?;
        transaction.commit()?;
        self.head = read_head(&self.connection)?;
        Ok(())
    }

    /// One transaction. An error means that nothing of it was kept.
    fn commit_once(
        &mut self,
        batches: &[Batch],
    ) -> Result<Vec<Result<Committed, StoreError>>, StoreError> {
        let before = self.head;
        self.try_commit(batches).map_err(|error| {
            self.head = before;
            self.keys.forget();
            if !self.connection.is_autocommit()
                && let Err(error) = self.connection.execute_batch("ROLLBACK")
            {
                tracing::error!(%error, "a failed transaction could not be rolled back");
            }
            explain(&self.folder, error)
        })
    }

    fn try_commit(
        &mut self,
        batches: &[Batch],
    ) -> Result<Vec<Result<Committed, StoreError>>, StoreError> {
        let before = self.head;
        // By the head as it is before these entries: after the first of them any clock looks steady.
        for batch in batches {
            self.doubt_clock(micros(batch.at), monotonic_ns());
        }
        self.run("BEGIN IMMEDIATE")?;
        crashpoint::at("store.begun");
        let alone = batches.len() == 1;
        let mut answers = Vec::with_capacity(batches.len());
        for batch in batches {
            answers.push(self.apply_in_savepoint(batch, alone)?);
            crashpoint::at("store.batch_applied");
        }
        if answers.iter().all(Result::is_err) {
            self.run("ROLLBACK")?;
            return Ok(answers);
        }
        if self.head.seq != before.seq {
            self.connection
                .prepare_cached("UPDATE journal_head SET seq = ?1, hash = ?2, entries = ?3")?
                .execute((integer(self.head.seq), self.head.hash, integer(self.head.entries)))?;
        }
        if let Some(last) = batches.last() {
            self.purge_requests(last.at, monotonic_ns())?;
            self.take_out_days(last.at)?;
        }
        crashpoint::at("store.before_commit");
        self.run("COMMIT")?;
        crashpoint::at("store.committed");
        Ok(answers)
    }

    /// `Err` outside: the transaction is lost. `Err` inside: this batch alone failed.
    fn apply_in_savepoint(
        &mut self,
        batch: &Batch,
        alone: bool,
    ) -> Result<Result<Committed, StoreError>, StoreError> {
        let before = self.head;
        if !alone {
            self.run("SAVEPOINT batch")?;
        }
        match self.apply(batch) {
            Ok(committed) => {
                if !alone {
                    self.run("RELEASE batch")?;
                }
                Ok(Ok(committed))
            }
            Err(error) => {
                self.head = before;
                // A data key made by this batch goes with it.
                self.keys.forget();
                let error = explain(&self.folder, error);
                if error == StoreError::DiskFull || self.connection.is_autocommit() {
                    return Err(error);
                }
                if !alone {
                    self.run("ROLLBACK TO batch")?;
                    self.run("RELEASE batch")?;
                }
                Ok(Err(error))
            }
        }
    }

    fn apply(&mut self, batch: &Batch) -> Result<Committed, StoreError> {
        self.keep_request(batch)?;
        // Local writes first: a key or a blob that came along must be there for the facts.
        for write in &batch.local {
            match write {
                LocalWrite::DataKey(key) => self.keys.adopt(&self.connection, key, batch.at)?,
                other => local::store(&self.connection, other, batch.at)?,
            }
        }
        let mut changes = Vec::with_capacity(batch.facts.len());
        let mut pen = Pen {
            connection: &self.connection,
            keys: &mut self.keys,
            sealing: self.sealing,
            at: batch.at,
        };
        for fact in &batch.facts {
            changes.extend(facts::store(&mut pen, fact)?);
        }
        self.own.changes_of(&self.connection, batch, &mut changes)?;
        let entry = !changes.is_empty();
        if entry {
            self.append(batch, changes)?;
        }
        Ok(Committed { seq: self.head.seq, hash: self.head.hash, entry })
    }

    fn append(&mut self, batch: &Batch, changes: Vec<journal::Change>) -> Result<(), StoreError> {
        let at_us = micros(batch.at);
        let monotonic_ns = monotonic_ns();
        let mut entry = Entry {
            format: FORMAT,
            node: self.node.clone(),
            epoch: self.epoch,
            seq: self.head.seq + 1,
            at_utc_us: at_us,
            boot_id: self.boot_id,
            monotonic_ns,
            clock_state: match self.clock_state(at_us, monotonic_ns) {
                ClockState::Steady => self.trust.get(),
                moved => moved,
            },
            actor: batch.actor.clone(),
            device: batch.device.clone(),
            request_key: self.mark_of(batch.request.as_ref()),
            changes,
            prev: self.head.hash,
            hash: NO_HASH,
        };
        let raw = entry.seal_hash()?;
        self.connection
            .prepare_cached(
                "INSERT INTO entry (seq, epoch, at_us, hash, raw) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute((integer(entry.seq), integer(entry.epoch), at_us, entry.hash, raw))?;
        for sha256 in entry.changes.iter().flat_map(|change| &change.blobs) {
            self.connection
                .prepare_cached(
                    "UPDATE blob SET named_seq = ?2 WHERE sha256 = ?1 AND named_seq IS NULL",
                )?
                .execute((sha256, integer(entry.seq)))?;
        }
        self.head = Head {
            seq: entry.seq,
            hash: entry.hash,
            entries: self.head.entries + 1,
            at_us,
            boot_id: self.boot_id,
            monotonic_ns,
        };
        Ok(())
    }

    /// Takes out the open days that have no open ticket left: once a day, and once after a start. What is
    /// left then waits for the next day, which costs a look at that day's tickets and nothing else.
    fn take_out_days(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let today = business_day(now);
        if self.days_looked_at != Some(today) {
            open_days::take_out_before(&self.connection, today)?;
            self.days_looked_at = Some(today);
        }
        Ok(())
    }

    fn run(&self, sql: &str) -> Result<(), StoreError> {
        self.connection.prepare_cached(sql)?.execute([])?;
        Ok(())
    }

    #[cfg(test)]
    pub(crate) fn connection_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }

    #[cfg(test)]
    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// As after a boot of the machine.
    #[cfg(test)]
    pub(crate) fn boot_again(&mut self) {
        self.boot_id = uuid::Uuid::new_v4().into_bytes();
    }

    /// As after so much time since boot.
    #[cfg(test)]
    pub(crate) fn end_purge_pause(&mut self) {
        self.purge_from_ns = 0;
    }
}

fn is_erasure(fact: &Fact) -> bool {
    matches!(fact, Fact::Erase(_))
}
