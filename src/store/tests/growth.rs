//! Years make no question dearer. What a question costs is counted in steps of SQLite's machine, not
//! in time: the same on every machine, and a table that is read through shows at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::Connection;

use super::*;
use crate::connection::{Opener, Purpose};
use crate::history::{HistoryPlan, make, rewrap};
use crate::query::{self, dossiers::DossierView};
use crate::{RequestKey, StoreError, check_journal};

/// The counter is told after so many steps.
const GRAIN: i32 = 8;
/// Trees grow a level now and then, and days differ a little: with four times the years a question
/// may take so many steps more, and not four times as many.
const MORE_MAX: u64 = 80;

fn years(years: u32) -> (TempDir, Store) {
    let folder = folder();
    let config = config(&folder);
    std::fs::create_dir_all(&config.folder).unwrap();
    std::fs::write(config.folder.join(crate::DEMO_MARK), b"").unwrap();
    let plan =
        HistoryPlan { tickets_a_day: 2, dossiers_a_day: 1, ..HistoryPlan::usual(day(), years, 7) };
    make(config.clone(), &plan, |_| {}).unwrap();
    let store = Store::open(config).unwrap();
    (folder, store)
}

/// What lies around the days, so many rows of each a year: papers, scans, tokens of votes, events, who
/// looked at a dossier. All of it is done with, as after a year.
const BESIDE: &[&str] = &[
    "INSERT INTO blob (sha256, size, media_type, state, created_at_us, named_seq, at_hub_us, dropped_at_us)
     SELECT randomblob(32), 9, 'image/jpeg', 'at_hub', n, n, n, n FROM number",
    "INSERT INTO scan (dossier, component, sha256, size, media_type)
     SELECT randomblob(16), 1, randomblob(32), 9, 'image/jpeg' FROM number",
    "INSERT INTO print_job (id, kind, ticket, state, attempts, created_at_us, updated_at_us)
     SELECT randomblob(16), 'ticket', randomblob(16), 'printed', 1, n, n FROM number",
    "INSERT INTO access_log (at_us, officer, dossier, action, why)
     SELECT n, 'nguyen.lan', randomblob(16), 'read', 'work' FROM number",
    "INSERT INTO event (at_us, code, source, detail) SELECT n, 'a.code', 'test', '{}' FROM number",
    "INSERT INTO rating_token (token_hash, expires_at_us, answered)
     SELECT hex(randomblob(32)), n, randomblob(32) FROM number",
    "INSERT INTO request (id, key, at_us, outcome)
     SELECT n, 'tablet:' || n, n, 'null' FROM number",
];
const BESIDE_A_YEAR: u32 = 400;

/// As [`years`], with all that lies around the days.
fn years_with_all(count: u32) -> (TempDir, Store) {
    let (folder, store) = years(count);
    let config = store.config().clone();
    drop(store);
    let opener = Opener::new(&config.folder, &config.keys, config.sealing).unwrap();
    let c = opener.open(Purpose::Write).unwrap();
    let most = count * BESIDE_A_YEAR;
    for insert in BESIDE {
        let sql = format!(
            "WITH RECURSIVE number (n) AS
             (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < {most}) {insert}"
        );
        assert_eq!(c.execute(&sql, []).unwrap(), most as usize);
    }
    drop(c);
    (folder, Store::open(config).unwrap())
}

/// Counts the steps of a connection from now on.
fn counter(c: &mut Connection) -> Arc<AtomicU64> {
    let count = Arc::new(AtomicU64::new(0));
    let counting = Arc::clone(&count);
    let tell = move || {
        counting.fetch_add(GRAIN as u64, Ordering::Relaxed);
        false
    };
    c.progress_handler(GRAIN, Some(tell)).unwrap();
    count
}

fn reader(store: &Store) -> (Connection, Arc<AtomicU64>) {
    let config = store.config();
    let opener = Opener::new(&config.folder, &config.keys, config.sealing).unwrap();
    let mut connection = opener.open(Purpose::Read).unwrap();
    let count = counter(&mut connection);
    (connection, count)
}

type Question = fn(&Connection) -> Result<(), StoreError>;

/// What is asked at a start, at every call and ticket, by health, the link and the keeper.
const QUESTIONS: &[(&str, Question)] = &[
    ("tickets of the day", |c| query::tickets::of_day(c, day()).map(drop)),
    ("tickets left open", |c| query::tickets::unfinished_before(c, day(), 1000).map(drop)),
    ("tickets waiting", |c| query::tickets::waiting(c, day()).map(drop)),
    ("a ticket", |c| query::tickets::by_id(c, Uuid::nil()).map(drop)),
    ("counters", |c| query::counters::all(c).map(drop)),
    ("calls of an hour", |c| query::calls::recent(c, now(), 50).map(drop)),
    ("print jobs", |c| query::print_jobs::open(c, now()).map(drop)),
    ("print job of a ticket", |c| query::print_jobs::of_ticket(c, Uuid::nil()).map(drop)),
    ("codes of the day", |c| query::dossiers::codes_of_day(c, &node(), day()).map(drop)),
    ("dossiers of a code", |c| query::dossiers::by_code(c, "H49").map(drop)),
    ("dossiers of a ticket", |c| query::dossiers::of_ticket(c, Uuid::nil()).map(drop)),
    ("open dossiers", |c| query::dossiers::list(c, Some(DossierView::Open), None, 0, 50).map(drop)),
    ("number of the day", |c| query::numbers::last(c, day(), "A").map(drop)),
    ("tokens", |c| query::ratings::tokens(c, now()).map(drop)),
    ("votes in the box", |c| query::ratings::held(c).map(drop)),
    // Read from the beginning of a year on, which here has none yet.
    ("votes of a month", |c| {
        let (first, last) = (civil::date(2027, 1, 1), civil::date(2027, 1, 31));
        query::told_votes::told(c, first, last, last, 200).map(drop)
    }),
    ("keys", |c| query::requests::keys(c, "queue:", 1000).map(drop)),
    ("events", |c| query::events::recent(c, 50).map(drop)),
    ("messages", |c| query::messages::recent(c, 50).map(drop)),
    ("who looked", |c| query::access::of_dossier(c, Uuid::nil(), 50).map(drop)),
    ("scan of a blob", |c| query::dossiers::scans_of_blob(c, &[0; 32]).map(drop)),
    ("blobs to send", |c| query::blobs::to_send(c, u64::MAX >> 1, 10).map(drop)),
    ("blobs waiting", |c| query::blobs::backlog(c).map(drop)),
    ("head", |c| query::journal::head(c).map(drop)),
    ("last entry", |c| query::journal::last_time(c).map(drop)),
    ("entries waiting", |c| query::journal::waiting(c).map(drop)),
    ("last segment", |c| query::segments::last(c).map(drop)),
    ("rows behind", |c| query::segments::rows_behind(c).map(drop)),
    ("scans to drop", |c| query::blobs::droppable(c, now(), 100).map(drop)),
    ("ticket day to erase", |c| crate::erase::oldest_ticket_day(c, day()).map(drop)),
];

#[test]
fn four_times_the_years_make_no_question_dearer() {
    let (_one_folder, one) = years_with_all(1);
    let (_four_folder, four) = years_with_all(4);
    let (young, old) = (reader(&one), reader(&four));
    let cost = |(c, count): &(Connection, Arc<AtomicU64>), question: Question| {
        count.store(0, Ordering::Relaxed);
        question(c).unwrap();
        count.load(Ordering::Relaxed)
    };
    let dearer: Vec<String> = QUESTIONS
        .iter()
        .map(|(name, question)| (name, cost(&young, *question), cost(&old, *question)))
        .filter(|(_, young, old)| *old > young + MORE_MAX)
        .map(|(name, young, old)| format!("{name}: {young} steps, {old} with four times the years"))
        .collect();
    assert!(dearer.is_empty(), "{dearer:#?}");
}

#[test]
fn four_times_the_years_make_no_ticket_and_no_call_dearer() {
    let cost = |(_folder, store): (TempDir, Store)| {
        let mut place = store.writer.lock().unwrap();
        let crate::WriterPlace::Waiting(core) = &mut *place else { panic!("the writer runs") };
        let mut commit = |batch: Batch| core.commit(&[batch]).pop().unwrap().unwrap();
        // The first commits after a start also let old request keys go, some at a time.
        for number in 1..=20 {
            commit(batch().with(ticket(900 + number)));
        }
        let first = ticket(950);
        commit(batch().with(first.clone()).with(counter_of(1)));
        let count = counter(core.connection_mut());
        let keyed = RequestKey::new("queue", "kiosk-1:1");
        let issue = Batch { request: keyed, ..batch().with(ticket(951)) };
        core.commit(&[issue]).pop().unwrap().unwrap();
        let issued = count.swap(0, Ordering::Relaxed);
        let call = batch().with(called(&first, 1)).with(super::counter(1, 2));
        core.commit(&[call]).pop().unwrap().unwrap();
        (issued, count.load(Ordering::Relaxed))
    };
    let (young, old) = (cost(years(1)), cost(years(4)));
    assert!(old.0 <= young.0 + MORE_MAX, "a ticket: {young:?} steps, {old:?} with more years");
    assert!(old.1 <= young.1 + MORE_MAX, "a call: {young:?} steps, {old:?} with more years");
}

#[test]
fn made_years_lie_in_order_under_another_wrapping_key_with_their_erased_grounds() {
    let (folder, store) = years(1);
    drop(store);
    let config = config(&folder);
    let erased = {
        let opener = Opener::new(&config.folder, &config.keys, config.sealing).unwrap();
        let sql = "SELECT count(*) FROM data_key WHERE destroyed_at_us IS NOT NULL";
        let c = opener.open(Purpose::Read).unwrap();
        c.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert!(erased > 0);
    let other = WrappingKey::from_bytes([77; 32]);
    rewrap(&config, &other).unwrap();
    let keys = Keys { wrapping: other, ..keys() };
    let report = check_journal(&config.folder, &keys).unwrap();
    assert!(report.is_ok(), "{report:?}");
    assert!(!check_journal(&config.folder, &self::keys()).unwrap().is_ok());
}

fn counter_of(number: u16) -> Counter {
    super::counter(number, 1)
}
