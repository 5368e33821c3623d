//! When the write-ahead log is brought into the database, and when it is cut. SQLite would bring it in
//! inside a commit, for which everybody waits; here it is done between commits ([`crate::writer`]).

use std::ffi::c_int;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::hooks::Wal;

use super::WriterCore;
use crate::StoreError;
use crate::boot::monotonic_ns;
use crate::connection::BUSY_MAX;

/// Having grown by so many pages since it was last brought in, the log is brought in as soon as nobody
/// waits: 4 MiB, as SQLite's own measure.
pub(crate) const CHECKPOINT_PAGES: usize = 1000;
/// With so many pages it is brought in also while people wait: 16 MiB.
pub(crate) const LOG_PAGES_MAX: usize = 4096;

/// When a reader kept the log from being cut, it is tried again after so long.
const CUT_AGAIN_NS: u64 = 1_000_000_000;
/// So long after a start it is cut once: the power may have gone between an erasure and its cut. Not at
/// once, because then people wait.
const CUT_AFTER_START_NS: u64 = 60 * 1_000_000_000;

/// What the writer knows of the log.
pub(super) struct Log {
    count: Arc<Count>,
    /// It holds what was erased and is to be cut, not before this time since boot.
    cut_from_ns: Option<u64>,
}

/// The log's pages.
#[derive(Default)]
struct Count {
    /// In it after the last commit; SQLite tells.
    all: AtomicUsize,
    /// Those of them that were there when it was last brought in, or tried to be.
    seen: AtomicUsize,
}

impl Count {
    /// After a commit. A log that is shorter than before it has begun anew.
    fn committed(&self, all: usize) {
        if all <= self.all.swap(all, Ordering::Relaxed) {
            self.seen.store(0, Ordering::Relaxed);
        }
    }

    fn all(&self) -> usize {
        self.all.load(Ordering::Relaxed)
    }

    /// Pages that came since it was last brought in.
    fn grown(&self) -> usize {
        self.all().saturating_sub(self.seen.load(Ordering::Relaxed))
    }

    fn brought_in(&self) {
        self.seen.store(self.all(), Ordering::Relaxed);
    }

    fn emptied(&self) {
        self.all.store(0, Ordering::Relaxed);
        self.seen.store(0, Ordering::Relaxed);
    }
}

impl Log {
    /// Watches a connection's commits.
    pub(super) fn watch(connection: &mut Connection) -> Result<Log, StoreError> {
        let count = Arc::new(Count::default());
        let told = Arc::clone(&count);
        connection.wal_hook(Some(move |_: &mut Wal, pages: c_int| {
            told.committed(usize::try_from(pages).unwrap_or(0));
            Ok(())
        }))?;
        let cut_from_ns = Some(monotonic_ns().saturating_add(CUT_AFTER_START_NS));
        Ok(Log { count, cut_from_ns })
    }

    /// Something was erased: it must not stand in the log, either.
    pub(super) fn cut_soon(&mut self) {
        self.cut_from_ns = Some(0);
    }
}

impl WriterCore {
    /// Pages by which the log has grown since it was last brought in.
    pub(crate) fn log_grown(&self) -> usize {
        self.log.count.grown()
    }

    /// Whether the log is to be brought in as soon as nobody waits.
    pub(crate) fn log_is_due(&self) -> bool {
        self.log.count.grown() >= CHECKPOINT_PAGES
    }

    /// Brings the log in when it must not grow further, whoever waits. One that a reader holds is tried
    /// again only when it has grown as much again.
    pub(crate) fn bound_log(&mut self) {
        if self.log.count.all() >= LOG_PAGES_MAX && self.log_is_due() {
            self.bring_log_in();
        }
    }

    /// Brings as much of the log into the database as readers let it, and waits for nobody. Whether that
    /// was all: then the next commit begins the log anew. An error loses nothing, the log stays.
    pub(crate) fn bring_log_in(&mut self) -> bool {
        let sql = "PRAGMA wal_checkpoint(PASSIVE)";
        let moved = self.connection.query_row(sql, [], |row| {
            let (busy, pages, moved): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(busy == 0 && pages == moved)
        });
        match moved {
            Ok(all) => {
                self.log.count.brought_in();
                all
            }
            // With room again the next one succeeds: the log counts as grown still.
            Err(error) => {
                tracing::warn!(%error, "the write-ahead log could not be brought in");
                false
            }
        }
    }

    /// Brings the write-ahead log into the database, so that a next start finds it short. Waits for
    /// readers. Whether it is cut.
    pub(crate) fn checkpoint(&mut self) -> bool {
        let mut cut = false;
        let moved =
            self.connection.pragma_update_and_check(None, "wal_checkpoint", "TRUNCATE", |row| {
                cut = row.get::<_, i64>(0)? == 0;
                Ok(())
            });
        if let Err(error) = &moved {
            tracing::warn!(%error, "the write-ahead log stays as it is");
        }
        let cut = cut && moved.is_ok();
        if cut {
            self.log.count.emptied();
        }
        cut
    }

    /// Cuts the log after an erasure. A reader that still needs it (a backup takes minutes) must not
    /// hold up the counters: then a later commit tries again.
    pub(super) fn cut_log(&mut self) {
        let now_ns = monotonic_ns();
        if self.log.cut_from_ns.is_none_or(|from_ns| now_ns < from_ns) {
            return;
        }
        let cut = self.connection.busy_timeout(Duration::ZERO).is_ok() && self.checkpoint();
        if let Err(error) = self.connection.busy_timeout(BUSY_MAX) {
            tracing::warn!(%error, "the writer's patience cannot be set");
        }
        self.log.cut_from_ns = (!cut).then(|| now_ns.saturating_add(CUT_AGAIN_NS));
    }

    /// As after so much time since boot.
    #[cfg(test)]
    pub(crate) fn end_cut_pause(&mut self) {
        self.log.cut_from_ns = self.log.cut_from_ns.map(|_| 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_began_anew_has_grown_by_all_that_is_in_it() {
        let count = Count::default();
        let grown = |pages| {
            count.committed(pages);
            count.grown()
        };
        assert_eq!(grown(1200), 1200);
        count.brought_in();
        assert_eq!(count.grown(), 0);
        assert_eq!(grown(1230), 30, "a reader kept it from beginning anew");
        assert_eq!(grown(40), 40);
        assert_eq!(grown(1300), 1300, "longer than it was, and none of it is brought in");
        count.brought_in();
        count.emptied();
        assert_eq!(grown(50), 50);
    }
}
