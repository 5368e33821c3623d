use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;

use super::*;
use crate::{RequestKey, StoreError, check_journal, query};

#[actix_rt::test]
async fn batches_are_committed_in_the_order_of_their_calls() {
    let folder = folder();
    let store = open(&folder);
    let writer = store.writer().unwrap();
    let pending: Vec<_> =
        (1..=500).map(|number| writer.submit(batch().with(ticket(number))).unwrap()).collect();
    let answers = join_all(pending).await;
    for (answer, seq) in answers.iter().zip(1..) {
        assert_eq!(answer.as_ref().unwrap().seq, seq);
    }
    let stats = writer.stats();
    assert_eq!((stats.entries, stats.queue_length, stats.head_seq), (500, 0, 500));
    assert!(stats.commits < 500, "many batches share a commit: {stats:?}");
    assert!(stats.last_commit_ms > 0.0 && !stats.disk_full);
    assert_eq!(*writer.head().borrow(), 500);
}

#[actix_rt::test]
async fn a_desk_may_run_ahead_of_the_disk() {
    let folder = folder();
    let store = open(&folder);
    let writer = store.writer().unwrap();
    let first = ticket(1);
    let issue = writer.submit(batch().with(first.clone())).unwrap();
    let call = writer.submit(batch().with(called(&first, 1)).with(counter(1, 1))).unwrap();
    assert_eq!(issue.await.unwrap().seq, 1);
    assert_eq!(call.await.unwrap().seq, 2);
    // what builds on a failed batch fails too, what does not, does not
    let taken = ticket(1);
    let issue = writer.submit(batch().with(taken.clone())).unwrap();
    let call = writer.submit(batch().with(called(&taken, 1))).unwrap();
    let other = writer.submit(batch().with(ticket(2))).unwrap();
    assert_eq!(issue.await.unwrap_err().code(), "store.taken");
    assert_eq!(call.await.unwrap_err().code(), "store.stale_revision");
    assert_eq!(other.await.unwrap().seq, 3);
}

#[actix_rt::test]
async fn a_full_queue_answers_busy_and_does_nothing() {
    let folder = folder();
    let store = Store::open(StoreConfig { queue_length_max: 8, ..config(&folder) }).unwrap();
    let writer = store.writer().unwrap();
    let mut accepted = Vec::new();
    let mut busy = 0;
    for number in 1..=400 {
        match writer.submit(batch().with(ticket(number))) {
            Ok(pending) => accepted.push(pending),
            Err(error) => {
                assert_eq!(error, StoreError::Busy);
                busy += 1;
            }
        }
    }
    let count = accepted.len() as u64;
    assert!(busy > 0);
    assert!(join_all(accepted).await.iter().all(Result::is_ok));
    assert_eq!(store.readers().read(query::journal::head).await.unwrap().seq, count);
    assert!(
        writer.submit(batch().with(ticket(1000))).unwrap().await.is_ok(),
        "it goes on when there is room"
    );
}

#[actix_rt::test]
async fn the_same_request_from_many_sides_is_done_once() {
    let folder = folder();
    let store = open(&folder);
    let writer = store.writer().unwrap();
    let tap = |number: u32| Batch {
        request: RequestKey::new("kiosk-1", "same"),
        outcome: json!(number),
        ..batch().with(ticket(number))
    };
    let pending: Vec<_> = (1..=20).map(|number| writer.submit(tap(number)).unwrap()).collect();
    let answers = join_all(pending).await;
    assert!(answers[0].is_ok());
    assert!(answers[1..].iter().all(|answer| *answer == Err(StoreError::Repeated(json!(1)))));
}

#[actix_rt::test]
async fn closing_commits_what_waits_cuts_the_log_and_frees_the_folder() {
    let folder = folder();
    let store = open(&folder);
    let writer = store.writer().unwrap();
    // With a reader open, as in a daemon, closing the writer's connection alone would leave the log.
    read(&store, query::journal::head);
    let pending: Vec<_> =
        (1..=50).map(|number| writer.submit(batch().with(ticket(number))).unwrap()).collect();
    writer.close().await;
    assert!(join_all(pending).await.iter().all(Result::is_ok));
    assert_eq!(writer.commit(batch().with(ticket(51))).await, Err(StoreError::Stopped));
    let log = config(&folder).folder.join("center.db-wal");
    assert_eq!(std::fs::metadata(log).unwrap().len(), 0, "all of it is in the database");
    drop(store);
    let report = check_journal(&config(&folder).folder, &keys()).unwrap();
    assert!(report.is_ok() && report.entries == 50, "{report:?}");
    assert!(Store::open(config(&folder)).is_ok());
}

#[actix_rt::test]
async fn dropping_without_closing_loses_nothing_that_was_answered() {
    let folder = folder();
    let mut answered = Vec::new();
    for round in 0..10 {
        let store = open(&folder);
        let writer = store.writer().unwrap();
        let tickets: Vec<Ticket> = (1..=30).map(|number| ticket(round * 100 + number)).collect();
        let mut pending: Vec<_> = tickets
            .iter()
            .map(|ticket| writer.submit(batch().with(ticket.clone())).unwrap())
            .collect();
        // some are waited for, the rest is on its way when everything is dropped
        for ticket in &tickets[..=round as usize] {
            pending.remove(0).await.unwrap();
            answered.push(ticket.id);
        }
        drop(store);
        for (answer, ticket) in join_all(pending).await.iter().zip(&tickets[round as usize + 1..]) {
            match answer {
                Ok(_) => answered.push(ticket.id),
                Err(error) => assert_eq!(*error, StoreError::Stopped),
            }
        }
    }
    let store = open(&folder);
    for id in answered {
        assert!(store.readers().read_now(|c| query::tickets::by_id(c, id)).unwrap().is_some());
    }
    drop(store);
    assert_in_order(&folder);
}

#[actix_rt::test]
async fn readers_see_what_was_answered_and_never_hold_the_writer_up() {
    let folder = folder();
    let store = open(&folder);
    let writer = store.writer().unwrap();
    let readers = store.readers();
    for number in 1..=50 {
        let ticket = ticket(number);
        writer.commit(batch().with(ticket.clone())).await.unwrap();
        let seen = readers.read(move |c| query::tickets::by_id(c, ticket.id)).await.unwrap();
        assert!(seen.is_some());
    }
    // more questions at once than there are connections
    let questions = (0..40).map(|_| readers.read(|c| query::tickets::of_day(c, day())));
    assert!(join_all(questions).await.iter().all(|answer| answer.as_ref().unwrap().len() == 50));
    let refused = readers.read(|c| Ok(c.execute("DELETE FROM ticket", [])?)).await;
    assert!(refused.is_err(), "a reader cannot write");
}

/// Prints what this machine gives; the bound is only there to notice a writer that has lost its group
/// commit.
#[actix_rt::test]
async fn many_senders_share_commits() {
    let folder = folder();
    let store = open(&folder);
    let writer = store.writer().unwrap();
    let mut number = 0;
    for senders in [1_u32, 64] {
        let (begun, mut done) = (Instant::now(), 0_u32);
        let commits = writer.stats().commits;
        while begun.elapsed() < Duration::from_millis(700) {
            let round: Vec<_> = (0..senders)
                .map(|_| {
                    number += 1;
                    writer.submit(batch().with(ticket(number))).unwrap()
                })
                .collect();
            assert!(join_all(round).await.iter().all(Result::is_ok));
            done += senders;
        }
        let rate = f64::from(done) / begun.elapsed().as_secs_f64();
        let commits = writer.stats().commits - commits;
        println!("{senders} senders: {rate:.0} entries/s in {commits} commits");
        assert!(
            senders == 1 || u64::from(done) >= commits * 8,
            "{done} entries in {commits} commits"
        );
    }
}
