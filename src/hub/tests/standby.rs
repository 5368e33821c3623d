//! Two hub processes over one store: who serves which shard, and what happens when one is gone.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use journal::topics::SHARDS;
use tokio::sync::watch;

use crate::error::Result;
use crate::shards::{Holding, Taken};
use crate::testing::Cluster;

const PATIENCE: Duration = Duration::from_secs(180);

/// Writes down what it was told to take over.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<u8>>>);

impl Taken for Told {
    async fn taken(&self, shards: &[u8]) -> Result<()> {
        self.0.lock().unwrap().extend(shards);
        Ok(())
    }
}

async fn holds(shards: &mut watch::Receiver<Vec<u8>>, count: usize) {
    let seen = shards.wait_for(|held| held.len() == count);
    tokio::time::timeout(PATIENCE, seen).await.expect("waited in vain").unwrap();
}

fn all() -> Vec<u8> {
    (0..SHARDS).collect()
}

#[tokio::test]
async fn a_second_process_stands_by_and_takes_over_what_the_first_lets_go() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = Cluster::start_without_fsync(folder.path()).unwrap();
    let connection = cluster.database("hub").await.unwrap();
    let (first, mut first_shards) = Holding::start(connection.clone(), Told::default());
    holds(&mut first_shards, all().len()).await;

    let told = Told::default();
    let (_second, mut second_shards) = Holding::start(connection.clone(), told.clone());
    let client = cluster.connect("hub").await.unwrap();
    until_asked(&client, 2).await;
    assert!(second_shards.borrow().is_empty() && told.0.lock().unwrap().is_empty());

    drop(first);
    holds(&mut second_shards, all().len()).await;
    assert_eq!(*second_shards.borrow(), all());
    assert_eq!(*told.0.lock().unwrap(), all());
}

#[tokio::test]
async fn a_process_whose_session_was_ended_serves_nothing_until_it_holds_its_locks_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut cluster = Cluster::start_without_fsync(folder.path()).unwrap();
    let connection = cluster.database("hub").await.unwrap();
    let told = Told::default();
    let (_holding, mut shards) = Holding::start(connection, told.clone());
    holds(&mut shards, all().len()).await;
    cluster.kill_hard().unwrap();
    holds(&mut shards, 0).await;
    cluster.start_again().unwrap();
    holds(&mut shards, all().len()).await;
    assert_eq!(told.0.lock().unwrap().len(), 2 * all().len(), "taken over twice");
}

/// Waits until so many sessions have asked for locks of shards.
async fn until_asked(client: &tokio_postgres::Client, sessions: i64) {
    let began = std::time::Instant::now();
    loop {
        let asked: i64 = client
            .query_one(
                "SELECT count(*) FROM pg_stat_activity
                 WHERE query LIKE '%pg_try_advisory_lock%' AND state = 'idle'
                   AND pid <> pg_backend_pid()",
                &[],
            )
            .await
            .unwrap()
            .get(0);
        if asked >= sessions {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "waited in vain for {sessions} sessions");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
