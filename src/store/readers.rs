//! Readers: a few read-only connections beside the writer. Each read sees one committed state.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

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
    permits: Arc<Semaphore>,
    waiting: AtomicUsize,
    size: usize,
}

impl Readers {
    pub(crate) fn new(opener: Opener, size: usize) -> Readers {
        let size = size.max(1);
        Readers(Arc::new(Pool {
            opener,
            idle: Mutex::new(Vec::new()),
            permits: Arc::new(Semaphore::new(size)),
            waiting: AtomicUsize::new(0),
            size,
        }))
    }

    /// Reads on the blocking pool, so that no actor waits for the disk. What `read` sees is one
    /// state for each statement; for one state over several, begin a transaction inside.
    ///
    /// A caller who has gone (a page that was closed, a deadline) leaves a read behind that cannot be
    /// stopped: it keeps its place until it has ended, so that never more of them run than there are
    /// places.
    pub async fn read<T, F>(&self, read: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let waiting = self.queue_up()?;
        let permits = self.0.permits.clone();
        let permit = permits.acquire_owned().await.map_err(|_| StoreError::Stopped)?;
        let place = Place { _waiting: waiting, _permit: permit };
        let readers = self.clone();
        tokio::task::spawn_blocking(move || {
            // Given back here, also by a panic, and when the job is thrown away before it has begun.
            let _place = place;
            readers.read_now(read)
        })
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

    fn queue_up(&self) -> Result<Waiting, StoreError> {
        let waiting = Waiting(self.0.clone());
        if self.0.waiting.fetch_add(1, Ordering::Relaxed) >= WAITING_MAX {
            Err(StoreError::Busy)
        } else {
            Ok(waiting)
        }
    }
}

/// Counts one read that waits or runs, for as long as it lives.
struct Waiting(Arc<Pool>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What a running read holds: it is the job's own, not of whoever waits for it.
struct Place {
    _waiting: Waiting,
    _permit: OwnedSemaphorePermit,
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use journal::{Sealing, WrappingKey};
    use tempfile::TempDir;
    use tokio::sync::oneshot;
    use tokio::task::JoinHandle;

    use super::*;
    use crate::Keys;

    /// Ends what hangs.
    const ENDS_WITHIN: Duration = Duration::from_secs(60);

    fn readers(size: usize) -> (TempDir, Readers) {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys { master: [7; 32], wrapping: WrappingKey::from_bytes([9; 32]) };
        let opener = Opener::new(folder.path(), &keys, Sealing::On).unwrap();
        opener.open(Purpose::Write).unwrap().execute_batch("CREATE TABLE one (a)").unwrap();
        (folder, Readers::new(opener, size))
    }

    /// A read that runs until it is told to end.
    async fn begun(readers: &Readers) -> (JoinHandle<Result<(), StoreError>>, mpsc::Sender<()>) {
        let (begins, has_begun) = oneshot::channel();
        let (end, ends) = mpsc::channel();
        let readers = readers.clone();
        let reading = tokio::spawn(async move {
            let read = move |_: &Connection| {
                begins.send(()).ok();
                ends.recv().ok();
                Ok(())
            };
            readers.read(read).await
        });
        in_time(has_begun).await.unwrap();
        (reading, end)
    }

    async fn in_time<T>(awaited: impl Future<Output = T>) -> T {
        tokio::time::timeout(ENDS_WITHIN, awaited).await.unwrap()
    }

    fn free(readers: &Readers) -> (usize, usize) {
        let waiting = readers.0.waiting.load(Ordering::Relaxed);
        (readers.0.permits.available_permits(), waiting)
    }

    #[tokio::test]
    async fn a_read_that_nobody_waits_for_any_more_keeps_its_place_until_it_has_ended() {
        let (_folder, readers) = readers(1);
        let (reading, end) = begun(&readers).await;
        reading.abort();
        assert!(in_time(reading).await.unwrap_err().is_cancelled());
        assert_eq!(free(&readers), (0, 1), "it still runs");
        // Whoever comes now gets the place when the read has ended, and not before.
        let next = tokio::spawn({
            let readers = readers.clone();
            async move { readers.read(|_| Ok(())).await }
        });
        end.send(()).unwrap();
        in_time(next).await.unwrap().unwrap();
        assert_eq!(free(&readers), (1, 0));
    }

    #[tokio::test]
    async fn a_read_given_up_before_its_turn_takes_no_place() {
        let (_folder, readers) = readers(1);
        let (reading, end) = begun(&readers).await;
        let mut later =
            Box::pin(readers.read(|_| -> Result<(), StoreError> { panic!("nobody waits for it") }));
        assert!(futures_util::poll!(&mut later).is_pending());
        assert_eq!(free(&readers), (0, 2));
        drop(later);
        assert_eq!(free(&readers), (0, 1));
        end.send(()).unwrap();
        in_time(reading).await.unwrap().unwrap();
        in_time(readers.read(|_| Ok(()))).await.unwrap();
        assert_eq!(free(&readers), (1, 0));
    }

    #[tokio::test]
    async fn a_read_that_panics_gives_its_place_back() {
        let (_folder, readers) = readers(1);
        let broken = readers.read(|_| -> Result<(), StoreError> { panic!("a broken read") });
        assert!(matches!(in_time(broken).await, Err(StoreError::Database(_))));
        assert_eq!(free(&readers), (1, 0));
        in_time(readers.read(|_| Ok(()))).await.unwrap();
    }
}
