//! Which shards this process serves: those whose PostgreSQL advisory lock it holds. A second hub process
//! stands by; when the first one ends, its session ends with it, the locks fall free, and the second
//! one goes on from the cursors in the store. The lock only decides who asks the broker for what: the
//! guard of every frame stays the row of the node's cursor, which is locked for as long as the frame is
//! applied, so that two processes that both believe in their lock still spoil nothing.
//!
//! Locks belong to one session of PostgreSQL, which is kept here beside the pool for nothing else.

use std::time::Duration;

use journal::topics::SHARDS;
use tokio::sync::watch;
use tokio_postgres::{Client, NoTls};

use crate::error::{HubError, Result};

/// The first number of our advisory locks; the second is the shard. It keeps them apart from those of
/// other programs on the same server.
const LOCK_CLASS: i32 = 0x6d6f_7463;

/// Between two looks at the locks: a shard that fell free is taken over within this time.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Without an answer for so long, the session is given up and with it everything that it holds.
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// A session that has not asked for so long is ended by PostgreSQL: a process that hangs does not keep
/// its shards. More than [`LOOK_EVERY`] and [`ANSWER_MAX`] together, so that a process which runs has
/// stopped serving before.
const SILENCE_MAX: Duration = Duration::from_secs(15);
const _: () = assert!(LOOK_EVERY.as_secs() + ANSWER_MAX.as_secs() < SILENCE_MAX.as_secs());

/// What is to be done before a shard is served that was not before.
pub(crate) trait Taken: Send + Sync {
    /// These shards are ours now.
    fn taken(&self, shards: &[u8]) -> impl Future<Output = Result<()>> + Send;
}

/// The locks of this process. Dropping it frees them.
pub(crate) struct Holding {
    _task: Ends,
}

impl Holding {
    /// Takes what falls free, from now on, and gives word of what is held, in order.
    pub fn start(
        connection: String,
        taken: impl Taken + 'static,
    ) -> (Self, watch::Receiver<Vec<u8>>) {
        let (held, shards) = watch::channel(Vec::new());
        (Self { _task: Ends(tokio::spawn(hold(connection, held, taken))) }, shards)
    }
}

async fn hold(connection: String, held: watch::Sender<Vec<u8>>, taken: impl Taken) {
    loop {
        let Err(error) = hold_once(&connection, &held, &taken).await;
        if held.send_replace(Vec::new()).is_empty() {
            tracing::debug!(code = error.code(), %error, "no locks of shards");
        } else {
            tracing::warn!(code = error.code(), %error, "the locks of shards are lost");
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn hold_once(
    connection: &str,
    held: &watch::Sender<Vec<u8>>,
    taken: &impl Taken,
) -> Result<std::convert::Infallible> {
    let (client, connection) = crate::store::connection(connection)?.connect(NoTls).await?;
    // Ends with the client: the session must not outlive the belief that it holds anything.
    let _session = Ends(tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "the session of the locks");
        }
    }));
    let silence = SILENCE_MAX.as_millis();
    in_time(client.batch_execute(&format!("SET idle_session_timeout = {silence}"))).await?;
    let mut mine: Vec<u8> = Vec::new();
    loop {
        let gained = in_time(try_missing(&client, &mine)).await?;
        if !gained.is_empty() {
            taken.taken(&gained).await?;
            mine.extend(&gained);
            mine.sort_unstable();
            tracing::info!(?gained, served = mine.len(), "shards are ours");
            held.send_replace(mine.clone());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Asks for every lock that is not held, and so also shows PostgreSQL that this process lives.
async fn try_missing(
    client: &Client,
    mine: &[u8],
) -> std::result::Result<Vec<u8>, tokio_postgres::Error> {
    let missing: Vec<i32> =
        (0..SHARDS).filter(|shard| !mine.contains(shard)).map(i32::from).collect();
    let rows = client
        .query(
            "SELECT shard, pg_try_advisory_lock($1, shard) FROM unnest($2::int4[]) AS shard",
            &[&LOCK_CLASS, &missing],
        )
        .await?;
    Ok(rows
        .iter()
        .filter(|row| row.get(1))
        .filter_map(|row| u8::try_from(row.get::<_, i32>(0)).ok())
        .collect())
}

async fn in_time<T>(
    asked: impl Future<Output = std::result::Result<T, tokio_postgres::Error>>,
) -> Result<T> {
    tokio::time::timeout(ANSWER_MAX, asked)
        .await
        .map_err(|_| HubError::refused("hub.locks_silent", "PostgreSQL does not answer"))?
        .map_err(HubError::from)
}

/// A task that ends with its owner.
struct Ends(tokio::task::JoinHandle<()>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.abort();
    }
}
