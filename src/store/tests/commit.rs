use journal::{ClockState, Entry};
use serde_json::json;

use super::*;
use crate::core::WriterCore;
use crate::query;
use crate::{ClockKind, Fact, LocalWrite, RequestKey, StoreError};

fn entries(store: &Store) -> Vec<Entry> {
    let stored =
        store.readers().read_now(|c| query::journal::entries_from(c, 1, 1000, 1 << 24)).unwrap();
    stored.iter().map(|entry| Entry::decode(&entry.raw).unwrap()).collect()
}

/// The writer's thinking on an open store's folder, for several batches in one transaction.
fn core(folder: &TempDir) -> WriterCore {
    let config = config(folder);
    drop(Store::open(config.clone()).unwrap());
    let opener =
        crate::connection::Opener::new(&config.folder, &config.keys, config.sealing).unwrap();
    WriterCore::new(opener.open(crate::connection::Purpose::Write).unwrap(), &config).unwrap()
}

fn key(text: &str) -> RequestKey {
    RequestKey::new("kiosk-1", text).unwrap()
}

#[test]
fn what_changes_together_is_one_entry() {
    let folder = folder();
    let store = open(&folder);
    let (ticket, counter, dossier) = (ticket(1), counter(1, 1), dossier(1));
    let committed = store
        .commit_now(batch().with(ticket.clone()).with(counter.clone()).with(dossier.clone()))
        .unwrap();
    assert_eq!((committed.seq, committed.entry), (1, true));

    let entries = entries(&store);
    assert_eq!(entries.len(), 1);
    let entry = &entries[0];
    assert_eq!(
        (entry.node.as_str(), entry.epoch, entry.seq, entry.hash),
        ("06658-1", 1, 1, committed.hash)
    );
    assert_eq!((entry.actor.as_str(), entry.at_utc_us), ("nguyen.lan", now().as_microsecond()));
    let kinds: Vec<&str> = entry.changes.iter().map(|change| change.kind.as_str()).collect();
    assert_eq!(kinds, ["ticket", "counter", "dossier"]);
    assert_eq!((entry.changes[2].axis.as_str(), entry.changes[2].term), ("business", 1));
    assert!(entry.changes[0].sealed.is_empty(), "nothing about a person in a regular ticket");
    assert!(!entry.changes[2].sealed.is_empty());

    let readers = store.readers();
    assert_eq!(readers.read_now(|c| query::tickets::of_day(c, day())).unwrap(), [ticket]);
    assert_eq!(readers.read_now(query::counters::all).unwrap(), [counter]);
    assert_eq!(readers.read_now(|c| query::dossiers::by_id(c, dossier.id)).unwrap(), Some(dossier));
}

#[test]
fn entries_are_chained_without_gaps() {
    let folder = folder();
    let store = open(&folder);
    for number in 1..=5 {
        store.commit_now(batch().with(ticket(number))).unwrap();
    }
    drop(store);
    let store = open(&folder);
    store.commit_now(batch().with(ticket(6))).unwrap();
    let mut prev = journal::entry::NO_HASH;
    for (entry, seq) in entries(&store).iter().zip(1..) {
        assert_eq!(entry.seq, seq);
        entry.verify(&prev).unwrap();
        prev = entry.hash;
    }
    let head = store.readers().read_now(query::journal::head).unwrap();
    assert_eq!((head.seq, head.entries, head.hash), (6, 6, prev));
}

#[test]
fn a_failed_batch_fails_alone() {
    let folder = folder();
    let mut core = core(&folder);
    let twice = ticket(1);
    let taken = Ticket { id: Uuid::now_v7(), ..twice.clone() };
    let answers = core.commit(&[
        batch().with(twice.clone()),
        batch().with(dossier(1)).with(taken),
        batch().with(ticket(2)),
    ]);
    assert_eq!(answers[0].as_ref().unwrap().seq, 1);
    assert!(matches!(answers[1], Err(StoreError::Taken(_))), "{:?}", answers[1]);
    assert_eq!(answers[2].as_ref().unwrap().seq, 2);
    let dossiers: i64 =
        core.connection().query_row("SELECT count(*) FROM dossier", [], |row| row.get(0)).unwrap();
    assert_eq!(dossiers, 0, "nothing of the failed batch was kept");
}

#[test]
fn a_data_key_made_by_a_failed_batch_is_not_used_again() {
    let folder = folder();
    let mut core = core(&folder);
    let grounded =
        |number| Ticket { priority_ground: Some("elderly".to_owned()), ..ticket(number) };
    // The failing batch is the first to need the day's key; the next one must make its own.
    let stale = Fact::from(Ticket { rev: 5, ..ticket(9) });
    let answers = core.commit(&[batch().with(grounded(1)).with(stale), batch().with(grounded(2))]);
    assert!(answers[0].is_err() && answers[1].is_ok(), "{answers:?}");
    drop(core);
    let report = crate::check_journal(&config(&folder).folder, &keys()).unwrap();
    assert!(report.is_ok(), "{report:?}");
}

#[test]
fn a_decision_on_something_that_was_not_stored_is_refused() {
    let folder = folder();
    let store = open(&folder);
    let first = ticket(1);
    let error = store.commit_now(batch().with(called(&first, 1))).unwrap_err();
    assert!(matches!(error, StoreError::StaleRevision { stored: 0, given: 2, .. }), "{error:?}");
    store.commit_now(batch().with(first.clone())).unwrap();
    store.commit_now(batch().with(called(&first, 1))).unwrap();
    let error = store.commit_now(batch().with(called(&first, 2))).unwrap_err();
    assert!(matches!(error, StoreError::StaleRevision { stored: 2, given: 2, .. }), "{error:?}");
    let error = store.commit_now(batch().with(first)).unwrap_err();
    assert!(matches!(error, StoreError::StaleRevision { stored: 2, given: 1, .. }), "{error:?}");
}

#[test]
fn a_number_is_given_once_a_day_and_series() {
    let folder = folder();
    let store = open(&folder);
    store.commit_now(batch().with(ticket(7))).unwrap();
    let error = store.commit_now(batch().with(ticket(7))).unwrap_err();
    assert_eq!(error.code(), "store.taken");
    store.commit_now(batch().with(Ticket { series: 'B', ..ticket(7) })).unwrap();
    store
        .commit_now(batch().with(Ticket { business_day: day().tomorrow().unwrap(), ..ticket(7) }))
        .unwrap();
    let last = |day| store.readers().read_now(|c| query::numbers::last(c, day, "A")).unwrap();
    assert_eq!(last(day()), Some(7));
    assert_eq!(last(day().yesterday().unwrap()), None);
}

#[test]
fn a_repeated_request_gets_the_first_answer() {
    let folder = folder();
    let store = open(&folder);
    let request = |number: u32, outcome: &str| Batch {
        request: Some(key("tap-1")),
        outcome: json!({ "label": outcome }),
        ..batch().with(ticket(number))
    };
    store.commit_now(request(1, "A001")).unwrap();
    let repeated = store.commit_now(request(2, "A002"));
    assert_eq!(repeated, Err(StoreError::Repeated(json!({ "label": "A001" }))));
    assert_eq!(entries(&store).len(), 1);
    let mark = journal::RequestMarks::of(&keys().wrapping).unwrap().mark("kiosk-1:tap-1");
    assert_eq!(entries(&store)[0].request_key, mark);
    let kept = store.readers().read_now(|c| query::requests::outcome(c, &key("tap-1"))).unwrap();
    assert_eq!(kept, Some(json!({ "label": "A001" })));
}

#[test]
fn two_taps_in_one_transaction_are_one_ticket() {
    let folder = folder();
    let mut core = core(&folder);
    let tap = |number| Batch {
        request: Some(key("tap")),
        outcome: json!(number),
        ..batch().with(ticket(number))
    };
    let answers = core.commit(&[tap(1), tap(2)]);
    assert!(answers[0].is_ok());
    assert_eq!(answers[1], Err(StoreError::Repeated(json!(1))));
}

#[test]
fn a_failed_request_may_be_tried_again_with_its_key() {
    let folder = folder();
    let store = open(&folder);
    store.commit_now(batch().with(ticket(1))).unwrap();
    let request = |number| Batch { request: Some(key("a")), ..batch().with(ticket(number)) };
    assert_eq!(store.commit_now(request(1)).unwrap_err().code(), "store.taken");
    assert!(store.commit_now(request(2)).is_ok());
}

#[test]
fn answers_are_kept_for_seven_days() {
    let folder = folder();
    let store = open(&folder);
    let tap = |text: &str, days: i64| Batch {
        request: Some(key(text)),
        outcome: json!(text),
        ..Batch::new("citizen", after_s(days * 86_400))
    };
    store.commit_now(tap("old", 0)).unwrap();
    store.commit_now(tap("young", 6)).unwrap();
    store.commit_now(tap("now", 8)).unwrap();
    let outcome = |text: &str| {
        let key = key(text);
        store.readers().read_now(move |c| query::requests::outcome(c, &key)).unwrap()
    };
    assert_eq!(outcome("old"), None);
    assert_eq!(outcome("young"), Some(json!("young")));
}

const YEAR_S: i64 = 365 * 86_400;
const DAY_S: i64 = 86_400;

fn tap(text: &str, number: u32, seconds: i64) -> Batch {
    Batch {
        request: Some(key(text)),
        outcome: json!(text),
        ..Batch::new("citizen", after_s(seconds)).with(ticket(number))
    }
}

fn commit_one(core: &mut WriterCore, batch: Batch) {
    core.commit(&[batch]).remove(0).unwrap();
}

fn is_kept(core: &WriterCore, text: &str) -> bool {
    query::requests::outcome(core.connection(), &key(text)).unwrap().is_some()
}

#[test]
fn a_clock_that_cannot_be_right_makes_no_answer_forgotten() {
    for new_boot in [false, true] {
        let folder = folder();
        let mut core = core(&folder);
        commit_one(&mut core, tap("before", 1, 0));
        // The clock's battery is dead: it is eleven years later, while the machine runs or after a boot.
        if new_boot {
            core.boot_again();
        }
        commit_one(&mut core, tap("jumped", 2, 11 * YEAR_S));
        commit_one(&mut core, tap("goes on", 3, 11 * YEAR_S + 60));
        commit_one(&mut core, tap("goes on later", 4, 11 * YEAR_S + 7200));
        assert!(is_kept(&core, "before"), "new boot: {new_boot}");
        let again = core.commit(&[tap("before", 9, 11 * YEAR_S + 7300)]).remove(0);
        assert_eq!(again, Err(StoreError::Repeated(json!("before"))));
    }
}

#[test]
fn after_a_clock_was_put_back_old_answers_are_forgotten_again() {
    let folder = folder();
    let mut core = core(&folder);
    commit_one(&mut core, tap("a", 1, 0));
    core.boot_again();
    commit_one(&mut core, tap("far ahead", 2, 11 * YEAR_S));
    core.end_purge_pause();
    commit_one(&mut core, tap("looked for old ones there", 3, 11 * YEAR_S));
    core.boot_again();
    commit_one(&mut core, tap("put back", 4, 60));
    core.end_purge_pause();
    core.boot_again();
    commit_one(&mut core, tap("five days", 5, 5 * DAY_S));
    core.boot_again();
    commit_one(&mut core, tap("nine days", 6, 9 * DAY_S));
    assert!(!is_kept(&core, "put back") && is_kept(&core, "five days"));
}

#[test]
fn a_batch_without_facts_writes_no_entry() {
    let folder = folder();
    let store = open(&folder);
    let committed = store
        .commit_now(
            batch().and(LocalWrite::Meta { name: "hub_key".to_owned(), value: "ab".to_owned() }),
        )
        .unwrap();
    assert_eq!((committed.seq, committed.entry), (0, false));
    assert!(entries(&store).is_empty());
    let value = store.readers().read_now(|c| query::meta::get(c, "hub_key")).unwrap();
    assert_eq!(value.as_deref(), Some("ab"));
}

#[test]
fn an_entry_says_how_far_its_clock_can_be_trusted() {
    let folder = folder();
    let store = open(&folder);
    let at = |seconds, number| Batch { at: after_s(seconds), ..batch().with(ticket(number)) };
    store.commit_now(at(0, 1)).unwrap();
    store.commit_now(at(1, 2)).unwrap();
    store.commit_now(at(0, 3)).unwrap();
    store.commit_now(at(3600, 4)).unwrap();
    store.commit_now(at(0, 5)).unwrap();
    let states: Vec<ClockState> = entries(&store).iter().map(|entry| entry.clock_state).collect();
    use ClockState::{Behind, Jumped, Steady};
    assert_eq!(states, [Steady, Steady, Behind, Jumped, Jumped]);

    let folder = super::folder();
    let store = Store::open(StoreConfig { clock: ClockKind::Demo, ..config(&folder) }).unwrap();
    store.commit_now(at(7200, 1)).unwrap();
    assert_eq!(entries(&store)[0].clock_state, ClockState::Demo);
}

#[test]
fn an_epoch_begins_in_an_empty_folder_and_what_was_written_keeps_its_own() {
    let folder = folder();
    let epoch = |epoch| Store::open(StoreConfig { epoch, ..config(&folder) });
    drop(epoch(1).unwrap());
    // Enrolled again before anything was written.
    epoch(2).unwrap().commit_now(batch().with(ticket(1))).unwrap();
    assert_eq!(epoch(1).err(), Some(StoreError::EpochBehind { folder: 2, given: 1 }));
    assert_eq!(epoch(3).err(), Some(StoreError::EpochAhead { folder: 2, given: 3 }));
    let store = epoch(2).unwrap();
    store.commit_now(batch().with(ticket(2))).unwrap();
    let epochs: Vec<(u64, u64)> =
        entries(&store).iter().map(|entry| (entry.epoch, entry.seq)).collect();
    assert_eq!(epochs, [(2, 1), (2, 2)]);
}

#[test]
fn a_batch_that_is_too_large_is_refused_alone() {
    let folder = folder();
    let store = open(&folder);
    let mut large = dossier(1);
    large.note = Some("x".repeat(300 * 1024));
    assert_eq!(store.commit_now(batch().with(large)), Err(StoreError::TooLarge("entry")));
    assert!(store.commit_now(batch().with(dossier(1))).is_ok());
}
