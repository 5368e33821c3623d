//! Readers: a few read-only connections beside the writer. Each read sees one committed state.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use crate::StoreError;
use crate::connection::{Opener, Purpose};

/// Reads that may wait for a connection; beyond it the answer is "busy".
const WAITING_MAX: usize = 2048;

/// Gives read-only connections.
#[derive(Clone)]
pub struct Readers(Arc<Pool>);

struct Pool {
    opener: Opener,
    idle: Mutex<Vec<Connection>>,
    permits: Semaphore,
    waiting: AtomicUsize,
    size: usize,
}

impl Readers {
    pub(crate) fn new(opener: Opener, size: usize) -> Readers {
        let size = size.max(1);
        Readers(Arc::new(Pool {
            opener,
            idle: Mutex::new(Vec::new()),
            permits: Semaphore::new(size),
            waiting: AtomicUsize::new(0),
            size,
        }))
    }

    /// Reads on the blocking pool, so that no actor waits for the disk. What `read` sees is one
    /// state for each statement; for one state over several, begin a transaction inside.
    pub async fn read<T, F>(&self, read: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let _place = self.queue_up()?;
        let _permit = self.0.permits.acquire().await.map_err(|_| StoreError::Stopped)?;
        let readers = self.clone();
        tokio::task::spawn_blocking(move || readers.read_now(read))
            .await
            .map_err(|error| StoreError::Database(format!("a read ended early: {error}")))?
    }

    /// Reads on the calling thread: for start-up and the command line.
    pub fn read_now<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let idle = self.0.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.0.opener.open(Purpose::Read)?,
        };
        let answer = read(&connection);
        let mut idle = self.0.idle.lock().unwrap_or_else(PoisonError::into_inner);
        // A read that failed inside a transaction must not hand its old view to the next one.
        if connection.is_autocommit() && idle.len() < self.0.size {
            idle.push(connection);
        }
        answer
    }

    fn queue_up(&self) -> Result<Place<'_>, StoreError> {
        let place = Place(&self.0.waiting);
        if self.0.waiting.fetch_add(1, Ordering::Relaxed) >= WAITING_MAX {
            Err(StoreError::Busy)
        } else {
            Ok(place)
        }
    }
}

/// Counts one waiting read, for as long as it lives.
struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
