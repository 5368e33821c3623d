//! How long the write-ahead log gets, and when it is brought into the database.

use std::time::Duration;

use actix_rt::time::timeout;
use futures_util::future::join_all;

use super::*;
use crate::connection::{Opener, Purpose};
use crate::core::log::{CHECKPOINT_PAGES, LOG_PAGES_MAX};
use crate::{WriterPlace, check_journal};

/// A page in the log, with its head.
const FRAME_BYTES: u64 = 4096 + 24;
/// One of these fills a few dozen pages.
const NOTE_BYTES: usize = 60_000;
/// More pages than one of these fills.
const COMMIT_PAGES_MAX: usize = 500;
/// Together they fill more than is brought in in a pause, and less than must be brought in without one.
const BURST: u32 = 40;
/// A pause comes much sooner.
const SOON: Duration = Duration::from_secs(60);

fn large(number: u32) -> Dossier {
    Dossier { note: Some("x".repeat(NOTE_BYTES)), ..dossier(number) }
}

fn length(folder: &TempDir, name: &str) -> u64 {
    std::fs::metadata(config(folder).folder.join(name)).unwrap().len()
}

/// The log's file gets shorter only when it is cut, so this is the most that it has held since.
fn log_pages(folder: &TempDir) -> usize {
    (length(folder, "center.db-wal") / FRAME_BYTES) as usize
}

fn pages(store: &Store) -> usize {
    let count =
        read(store, |c| Ok(c.pragma_query_value(None, "page_count", |row| row.get::<_, i64>(0))?));
    usize::try_from(count).unwrap()
}

#[test]
fn without_any_pause_the_log_stays_bounded_and_nothing_is_lost() {
    let folder = folder();
    let store = open(&folder);
    let (mut written, mut longest) = (0, 0);
    while pages(&store) < 3 * LOG_PAGES_MAX {
        written += 1;
        store.commit_now(batch().with(large(written))).unwrap();
        longest = longest.max(log_pages(&folder));
    }
    assert!(longest >= LOG_PAGES_MAX, "{longest}: it was brought in inside a commit");
    assert!(longest <= LOG_PAGES_MAX + COMMIT_PAGES_MAX, "{longest}");
    drop(store);
    let report = check_journal(&config(&folder).folder, &keys()).unwrap();
    assert!(report.is_ok() && report.entries == u64::from(written), "{report:?}");
}

#[actix_rt::test]
async fn when_nobody_has_come_for_a_moment_the_log_is_brought_in() {
    let folder = folder();
    let store = open(&folder);
    let writer = store.writer().unwrap();
    let before = length(&folder, "center.db");
    let burst: Vec<_> =
        (1..=BURST).map(|number| writer.submit(batch().with(large(number))).unwrap()).collect();
    assert!(join_all(burst).await.iter().all(Result::is_ok));
    let longest = log_pages(&folder);
    assert!((CHECKPOINT_PAGES..LOG_PAGES_MAX).contains(&longest), "{longest}");
    let brought_in = async {
        while writer.stats().log_pages >= CHECKPOINT_PAGES {
            tokio::task::yield_now().await;
        }
    };
    assert!(timeout(SOON, brought_in).await.is_ok(), "{:?}", writer.stats());
    let grown = length(&folder, "center.db") - before;
    assert!(grown > CHECKPOINT_PAGES as u64 / 2 * 4096, "the database has grown by {grown} bytes");
    // The log begins anew, and its file is used again.
    assert!(writer.commit(batch().with(ticket(1))).await.is_ok());
    assert_eq!(log_pages(&folder), longest);
    writer.close().await;
    let report = check_journal(&config(&folder).folder, &keys()).unwrap();
    assert!(report.is_ok() && report.entries == u64::from(BURST) + 1, "{report:?}");
}

#[test]
fn what_a_reader_holds_of_the_log_stays_there_and_holds_up_nobody() {
    let folder = folder();
    let store = open(&folder);
    let bring_in = || {
        let mut place = store.writer.lock().unwrap();
        let WriterPlace::Waiting(core) = &mut *place else { panic!("the writer runs") };
        core.bring_log_in()
    };
    store.commit_now(batch().with(ticket(1))).unwrap();
    let opener = Opener::new(&config(&folder).folder, &keys(), Sealing::On).unwrap();
    let reader = opener.open(Purpose::Read).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM ticket;").unwrap();
    store.commit_now(batch().with(ticket(2))).unwrap();
    assert!(!bring_in());
    let seen: i64 = reader.query_row("SELECT count(*) FROM ticket", [], |row| row.get(0)).unwrap();
    assert_eq!(seen, 1, "it sees what it saw");
    reader.execute_batch("COMMIT").unwrap();
    assert!(bring_in());
    let log = log_pages(&folder);
    store.commit_now(batch().with(ticket(3))).unwrap();
    assert_eq!(log_pages(&folder), log, "it has begun anew");
    drop(store);
    assert_in_order(&folder);
}
