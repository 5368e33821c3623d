//! How many pages a ticket changes, and that what an older database holds is found after its tables were
//! laid out for fewer.

use domain::split::Journaled;
use serde_json::json;

use super::medium::{mirror, mirrored, rebuilt};
use super::*;
use crate::connection::{Opener, Purpose, database_path};
use crate::migrations::{MIGRATIONS, migrate};
use crate::restore::{RestoredPage, RestoredRow};
use crate::{RequestKey, WriterPlace};

/// Pages that one ticket alone may change on average: the answer, its key, the ticket, its id, its
/// number, the entry and the journal's head are seven; trees grow by a page now and then.
const PAGES_ALONE_MAX: usize = 10;
/// So many committed together fill some fifty pages anew; the rest are pages that they share.
const TOGETHER: usize = 64;
const PAGES_TOGETHER_MAX: usize = 72;
/// The version of the tables before.
const BEFORE: usize = 2;

fn issue(number: u32) -> Batch {
    Batch {
        request: RequestKey::new("queue:kiosk-1@kiosk-1", &Uuid::now_v7().to_string()),
        outcome: json!({ "asked": "0".repeat(32), "reply": { "ticket": ticket(number) } }),
        ..batch().with(ticket(number))
    }
}

/// Pages of the log that so many commits of so many tickets take, on a day that has many already.
fn pages_of(commits: usize, together: usize) -> usize {
    let folder = folder();
    let store = open(&folder);
    let all: Vec<Batch> = (1..).take(2_000 + commits * together).map(issue).collect();
    let (before, counted) = all.split_at(2_000);
    commit_many(&store, before);
    let mut place = store.writer.lock().unwrap();
    let WriterPlace::Waiting(core) = &mut *place else { panic!("the writer runs") };
    assert!(core.bring_log_in());
    for some in counted.chunks(together) {
        assert!(core.commit(some).iter().all(Result::is_ok));
    }
    core.log_grown()
}

#[test]
fn a_ticket_alone_changes_few_pages() {
    let pages = pages_of(100, 1);
    assert!(pages <= 100 * PAGES_ALONE_MAX, "{pages} pages for 100 tickets");
}

#[test]
fn tickets_committed_together_share_their_pages() {
    let pages = pages_of(10, TOGETHER);
    assert!(pages <= 10 * PAGES_TOGETHER_MAX, "{pages} pages for ten times {TOGETHER} tickets");
}

#[test]
fn a_day_is_noted_until_its_tickets_are_over() {
    let folder = folder();
    let store = open(&folder);
    let noted = || -> Vec<String> {
        read(&store, |c| {
            let mut statement = c.prepare("SELECT business_day FROM open_day")?;
            let days = statement.query_map([], |row| row.get(0))?;
            Ok(days.collect::<Result<_, _>>()?)
        })
    };
    let left = |day| -> Vec<Uuid> {
        let tickets = read(&store, |c| query::tickets::unfinished_before(c, day, 10));
        tickets.iter().map(|ticket| ticket.id).collect()
    };
    let later = |days: i64| Batch::new("nguyen.lan", after_s(days * 86_400));
    let (first, second) = (ticket(1), ticket(2));
    store.commit_now(batch().with(first.clone()).with(second.clone())).unwrap();
    let over = |ticket: &Ticket| Ticket {
        state: TicketState::NoShow,
        finished_at: Some(after_s(86_400)),
        rev: ticket.rev + 1,
        ..ticket.clone()
    };
    let tomorrow = day().tomorrow().unwrap();
    assert!(left(day()).is_empty());
    assert_eq!(left(tomorrow), [first.id, second.id]);

    store.commit_now(later(1).with(over(&first))).unwrap();
    assert_eq!((noted(), left(tomorrow)), (vec![day().to_string()], vec![second.id]));
    store.commit_now(later(2).with(over(&second))).unwrap();
    assert_eq!((noted(), left(tomorrow)), (vec![], vec![]));
    // An officer brings it back: its day has an open ticket again.
    let back = Ticket { state: TicketState::Waiting, finished_at: None, rev: 3, ..second.clone() };
    store.commit_now(later(2).with(back)).unwrap();
    assert_eq!((noted(), left(tomorrow)), (vec![day().to_string()], vec![second.id]));
}

#[test]
fn a_start_takes_out_no_day_with_an_open_ticket() {
    let folder = folder();
    let store = open(&folder);
    let first = ticket(1);
    store.commit_now(batch().with(first.clone())).unwrap();
    drop(store);
    let store = open(&folder);
    let later = Batch::new("nguyen.lan", after_s(3 * 86_400));
    store.commit_now(later.with(counter(1, 1))).unwrap();
    let left =
        read(&store, |c| query::tickets::unfinished_before(c, day().tomorrow().unwrap(), 10));
    assert_eq!(left, [first]);
}

#[test]
fn what_an_earlier_day_left_open_is_found_after_a_restore_from_the_hub() {
    let folder = folder();
    let store = open(&folder);
    let left = called(&ticket(1), 1);
    let over = Ticket { state: TicketState::Completed, ..called(&ticket(2), 1) };
    let row = |ticket: &Ticket| {
        let (public, private) = ticket.split();
        let (kind, subject) = (Ticket::KIND.to_owned(), ticket.id.to_string());
        RestoredRow { kind, subject, axis: String::new(), rev: ticket.rev, public, private }
    };
    let page = RestoredPage {
        part: "open".to_owned(),
        rows: vec![row(&left), row(&over)],
        blobs_at_hub: Vec::new(),
        progress: "one".to_owned(),
    };
    // It arrives on a later day, whose first commit looks which days are over.
    let later = |days: i64| Batch::new("system", after_s(days * 86_400));
    store.commit_now(later(2).and(page.into())).unwrap();
    store.commit_now(later(3).with(counter(1, 1))).unwrap();
    let tomorrow = day().tomorrow().unwrap();
    assert_eq!(read(&store, |c| query::tickets::unfinished_before(c, tomorrow, 10)), [left]);
    // The numbers on both papers are given, and not again.
    assert_eq!(read(&store, |c| query::numbers::last(c, day(), "A")), Some(2));
    let again = Ticket { id: Uuid::now_v7(), ..ticket(2) };
    assert_eq!(store.commit_now(batch().with(again)).unwrap_err().code(), "store.taken");
}

#[test]
fn what_a_day_left_open_is_found_after_its_entries_were_taken_in_again() {
    let (_folders, at, store, mut medium) = mirrored();
    let (left, over) = (ticket(901), ticket(902));
    store.commit_now(batch().with(left.clone()).with(over.clone())).unwrap();
    let over = Ticket { state: TicketState::Completed, ..called(&over, 1) };
    store.commit_now(batch().with(over)).unwrap();
    mirror(&store, &mut medium);
    let tomorrow = day().tomorrow().unwrap();
    let open_in =
        |store: &Store| read(store, |c| query::tickets::unfinished_before(c, tomorrow, 10));
    let before = open_in(&store);
    assert!(before.contains(&left));
    drop((store, medium));

    let other = super::folder();
    let copy = rebuilt(&at, &other);
    assert_eq!(open_in(&copy), before);
    assert_eq!(read(&copy, |c| query::numbers::last(c, day(), "A")), Some(902));
}

#[test]
fn answers_of_one_second_all_have_their_places() {
    let folder = folder();
    let store = open(&folder);
    let tap = |text: &str, seconds: i64| Batch {
        request: RequestKey::new("queue", text),
        outcome: json!(text),
        ..Batch::new("citizen", after_s(seconds))
    };
    // The clock is put back in between: each lies where its time is.
    for (text, seconds) in [("b1", 10), ("c1", 20), ("a1", 0), ("b2", 10), ("b3", 10)] {
        store.commit_now(tap(text, seconds)).unwrap();
    }
    let keys = read(&store, |c| query::requests::keys(c, "queue:", 4));
    let newest: Vec<(&str, Timestamp)> = keys.iter().map(|(key, at)| (&**key, *at)).collect();
    assert_eq!(
        newest,
        [
            ("queue:c1", after_s(20)),
            ("queue:b3", after_s(10)),
            ("queue:b2", after_s(10)),
            ("queue:b1", after_s(10)),
        ]
    );
    let again = store.commit_now(tap("b2", 900));
    assert_eq!(again, Err(StoreError::Repeated(json!("b2"))));
}

#[test]
fn the_log_of_the_copying_is_brought_in_before_anybody_comes() {
    let folder = folder();
    let config = config(&folder);
    std::fs::create_dir_all(&config.folder).unwrap();
    let opener = Opener::new(&config.folder, &config.keys, config.sealing).unwrap();
    let mut c = opener.open(Purpose::Write).unwrap();
    migrate(&mut c, &MIGRATIONS[..BEFORE]).unwrap();
    store_as_before(&c, 1, &ticket(1));
    let log = database_path(&config.folder).with_extension("db-wal");
    let bytes = || std::fs::metadata(&log).unwrap().len();
    assert!(bytes() > 0);
    migrate(&mut c, MIGRATIONS).unwrap();
    assert_eq!(bytes(), 0);
}

/// A ticket as a program before these tables wrote it, in a place of its own.
fn store_as_before(c: &rusqlite::Connection, place: i64, ticket: &Ticket) {
    let public = ticket.split().0.to_string();
    c.execute(
        "INSERT INTO ticket (rowid, id, business_day, series, number, label, service, class, state,
             issued_at_us, queued_at_us, rev, public)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'ho-tich', 'regular', ?7, ?8, ?8, ?9, ?10)",
        rusqlite::params![
            place,
            ticket.id.into_bytes(),
            ticket.business_day.to_string(),
            ticket.series.to_string(),
            ticket.number,
            ticket.label,
            ticket.state.as_str(),
            ticket.issued_at.as_microsecond(),
            ticket.rev as i64,
            public,
        ],
    )
    .unwrap();
    c.execute(
        "INSERT INTO number_counter (business_day, series, number) VALUES (?1, 'A', ?2)
         ON CONFLICT DO UPDATE SET number = max(number, excluded.number)",
        (ticket.business_day.to_string(), ticket.number),
    )
    .unwrap();
}

#[test]
fn what_an_older_database_holds_is_carried_over() {
    let folder = folder();
    let config = config(&folder);
    std::fs::create_dir_all(&config.folder).unwrap();
    let opener = Opener::new(&config.folder, &config.keys, config.sealing).unwrap();
    let mut c = opener.open(Purpose::Write).unwrap();
    migrate(&mut c, &MIGRATIONS[..BEFORE]).unwrap();
    let yesterday = day().yesterday().unwrap();
    let old = |number, state| Ticket { business_day: yesterday, state, ..ticket(number) };
    let (done, open) = (old(1, TicketState::Completed), old(2, TicketState::OnHold));
    let today = ticket(1);
    store_as_before(&c, 3, &done);
    store_as_before(&c, 5, &open);
    store_as_before(&c, 9, &today);
    c.execute("INSERT INTO number_counter VALUES (?1, 'codes', 4)", [day().to_string()]).unwrap();
    let at_us = now().as_microsecond();
    for (key, at_us) in [("queue:b", at_us + 1), ("queue:a", at_us + 2), ("queue:c", at_us - 90)] {
        let sql = "INSERT INTO request (key, at_us, outcome) VALUES (?1, ?2, json_quote(?1))";
        c.execute(sql, (key, at_us)).unwrap();
    }
    let (job, of_ticket) = (Uuid::now_v7(), today.id);
    let sql =
        "INSERT INTO print_job (id, kind, ticket, state, attempts, created_at_us, updated_at_us)
               VALUES (?1, 'ticket', ?2, 'pending', 1, ?3, ?3)";
    c.execute(sql, (job.into_bytes(), of_ticket.into_bytes(), at_us)).unwrap();
    drop(c);

    let store = Store::open(config).unwrap();
    let jobs = [
        read(&store, |c| query::print_jobs::by_id(c, job)),
        read(&store, |c| query::print_jobs::of_ticket(c, of_ticket)),
        read(&store, |c| query::print_jobs::open(c, now())).pop(),
    ];
    assert!(jobs.iter().all(|found| found.as_ref().is_some_and(|found| found.id == job)));
    assert_eq!(read(&store, |c| query::tickets::of_day(c, yesterday)), [done, open.clone()]);
    assert_eq!(read(&store, |c| query::tickets::of_day(c, day())), [today]);
    assert_eq!(read(&store, |c| query::tickets::unfinished_before(c, day(), 10)), [open]);
    let places: Vec<i64> = read(&store, |c| {
        let mut statement = c.prepare("SELECT rowid FROM ticket ORDER BY rowid")?;
        let places = statement.query_map([], |row| row.get(0))?;
        Ok(places.collect::<Result<_, _>>()?)
    });
    assert_eq!(places, [3, 5, 9]);
    let last = |day, series| read(&store, |c| query::numbers::last(c, day, series));
    assert_eq!([last(yesterday, "A"), last(day(), "A")], [Some(2), Some(1)]);
    assert_eq!([last(day(), "B"), last(day(), "codes")], [None, Some(4)]);
    let taken = Ticket { id: Uuid::now_v7(), ..ticket(1) };
    assert_eq!(store.commit_now(batch().with(taken)).unwrap_err().code(), "store.taken");

    let keys = read(&store, |c| query::requests::keys(c, "queue:", 10));
    let newest: Vec<&str> = keys.iter().map(|(key, _)| &**key).collect();
    assert_eq!(newest, ["queue:a", "queue:b", "queue:c"]);
    let again = Batch { request: RequestKey::new("queue", "c"), ..batch().with(ticket(3)) };
    assert_eq!(store.commit_now(again), Err(StoreError::Repeated(json!("queue:c"))));
    store.commit_now(issue(4)).unwrap();
    assert_eq!(read(&store, |c| query::numbers::last(c, day(), "A")), Some(4));
}
