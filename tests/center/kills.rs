//! kill -9 of the center at random moments, again and again, while eight people work with it.
//!
//! Each person sends a request with its key until it is answered, and writes the answer into one
//! ledger. The ledger is the truth: after every restart and at the end everything in it must be found
//! again, once.

use crate::house::{CATCH_UP_MAX, Center, House, get, post};
use motcua::cli::day::Site;
use motcua::cli::day::client::{Answer, As, CenterClient};
use motcua::cli::day::crowd::{Dice, scan};
use motcua::cli::demo::books::Books;
use motcua::cli::demo::processes::wait_for;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};
use tokio::task::JoinSet;
use tokio::time::Instant;

/// How often the center is killed.
const KILLS: usize = 100;
/// Of these, one in so many hits the center while it is still starting.
const AT_START_ONE_IN: usize = 6;
/// The load runs until so many more answers have come, at most; then the kill comes.
const ANSWERS_MAX: usize = 30;
/// The most tickets of a day that the number bands can take, with a margin.
const TICKETS_MAX: usize = 4_300;
const SERVICES: [&str; 5] = ["ho-tich", "dat-dai", "xa-hoi", "khac", "tra-ket-qua"];

/// What people were answered, by request key.
#[derive(Default)]
struct Answers {
    /// Key -> the request's body, the ticket's id and label.
    tickets: HashMap<String, (Value, String, String)>,
    /// Key -> the counter, the ticket's id.
    calls: HashMap<String, (u16, String)>,
    /// Key -> the request's body, the dossier's id and code.
    dossiers: HashMap<String, (Value, String, String)>,
    /// SHA-256 of the scans.
    scans: HashSet<String>,
    /// The votes that were counted: client id -> the vote, the rating's id.
    votes: HashMap<String, (Value, String)>,
}

/// What the people share.
struct Ledger {
    site: Site,
    center: Center,
    answers: Mutex<Answers>,
    count: AtomicU64,
    repeats: AtomicU64,
    closing: AtomicBool,
    keys: AtomicU64,
}

impl Ledger {
    fn write<T>(&self, write: impl FnOnce(&mut Answers) -> T) -> T {
        let written = write(&mut self.locked());
        self.count.fetch_add(1, Ordering::Relaxed);
        written
    }

    fn locked(&self) -> MutexGuard<'_, Answers> {
        self.answers.lock().unwrap()
    }

    fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    fn closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }

    fn key(&self, what: &str) -> String {
        format!("{what}-{}", self.keys.fetch_add(1, Ordering::Relaxed))
    }

    fn kiosk(&self) -> CenterClient {
        self.center.client(As::Device(self.site.load_token.clone()))
    }

    fn tablet(&self, counter: u16) -> CenterClient {
        let token = self.site.tablet_tokens.iter().find(|(number, _)| *number == counter).unwrap();
        self.center.client(As::Device(token.1.clone()))
    }
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_else(|| panic!("no {key} in {value}")).to_owned()
}

fn granted(answer: Answer) -> Value {
    assert!(answer.granted(), "{} {}", answer.status, answer.body);
    answer.body
}

async fn keyed(client: &mut CenterClient, path: &str, key: &str, body: &Value) -> Answer {
    client.send(Method::POST, path, Some(key), Some(body)).await.unwrap()
}

/// Takes tickets all the time; one in ten is put on paper, one in six has priority.
async fn kiosk(ledger: Arc<Ledger>, mut dice: Dice) {
    let mut client = ledger.kiosk();
    while !ledger.closing() && ledger.locked().tickets.len() < TICKETS_MAX {
        let service = SERVICES[dice.below(SERVICES.len())];
        let mut body = json!({ "service": service, "print": dice.happens(0.1) });
        if dice.happens(0.15) {
            body["priority_ground"] = json!("elderly");
        }
        let key = ledger.key("ticket");
        let answer = granted(keyed(&mut client, "/api/v1/tickets", &key, &body).await);
        let ticket = &answer["ticket"];
        let (id, label) = (text(ticket, "id"), text(ticket, "label"));
        ledger.write(|all| all.tickets.insert(key, (body, id, label)));
    }
}

/// Calls, begins, receives a dossier now and then, lets the citizen vote, completes.
async fn officer(ledger: Arc<Ledger>, counter: u16, mut dice: Dice) {
    let mut client = ledger.center.officer(counter);
    let mut tablet = ledger.tablet(counter);
    let verb = |verb: &str| format!("/api/v1/counters/{counter}/{verb}");
    granted(post(&mut client, &verb("open"), &json!({})).await);
    while !ledger.closing() {
        let key = ledger.key("call");
        let answer = keyed(&mut client, &verb("call-next"), &key, &json!({})).await;
        if answer.code() == "queue.nobody_waiting" {
            tokio::task::yield_now().await;
            continue;
        }
        let answer = granted(answer);
        let ticket = text(&answer["ticket"], "id");
        ledger.write(|all| all.calls.insert(key, (counter, ticket.clone())));
        granted(post(&mut client, &verb("begin"), &json!({})).await);
        if dice.happens(0.4) {
            receive(&ledger, &mut client, counter, &ticket, &mut dice).await;
            vote(&ledger, &mut tablet, counter).await;
        }
        granted(post(&mut client, &verb("complete"), &json!({})).await);
    }
}

async fn receive(
    ledger: &Ledger,
    client: &mut CenterClient,
    counter: u16,
    ticket: &str,
    dice: &mut Dice,
) {
    let key = ledger.key("dossier");
    let body = json!({
        "procedure": "1.001193", "counter": counter, "ticket": ticket,
        "applicant": { "name": "Nguyễn Văn Bền", "citizen_number": "022090000123" },
        "components": [], "note": "Giấy tờ mang bổ sung sau",
    });
    let answer = keyed(client, "/api/v1/dossiers", &key, &body).await;
    let dossier = &granted(answer)["dossier"];
    let (id, code) = (text(dossier, "id"), text(dossier, "code"));
    ledger.write(|all| all.dossiers.insert(key, (body, id.clone(), code)));
    if dice.happens(0.3) {
        let path = format!("/api/v1/dossiers/{id}/scans?component=1");
        let page = scan(dice, 8);
        let answer = client.upload(&path, &ledger.key("scan"), "application/pdf", &page).await;
        let sha256 = text(&granted(answer.unwrap()), "sha256");
        ledger.write(|all| all.scans.insert(sha256));
    }
}

/// The tablet's token lives in memory: a kill takes it along, and then nobody votes.
async fn vote(ledger: &Ledger, tablet: &mut CenterClient, counter: u16) {
    let path = format!("/api/v1/tablets/{counter}/token");
    let token = tablet.send(Method::GET, &path, None, None).await.unwrap();
    let Some(secret) = token.body["token"].as_str() else { return };
    let client_id = uuid::Uuid::new_v4().to_string();
    let body = json!({ "token": secret, "level": "satisfied", "reasons": [],
                       "respondent": "citizen", "client_id": client_id });
    let stored = granted(keyed(tablet, "/api/v1/ratings", &client_id, &body).await);
    ledger.write(|all| all.votes.insert(client_id, (body, text(&stored, "id"))));
}

/// Sends requests again that were answered long ago.
async fn repeater(ledger: Arc<Ledger>, mut dice: Dice) {
    let mut kiosk = ledger.kiosk();
    let mut officers = officers(&ledger.center);
    while !ledger.closing() {
        repeat_one(&ledger, &mut kiosk, &mut officers, &mut dice).await;
    }
}

/// A dossier belongs to the officer who received it: the same request is the same officer's.
fn officers(center: &Center) -> HashMap<u64, CenterClient> {
    (1..=3).map(|counter| (u64::from(counter), center.officer(counter))).collect()
}

async fn repeat_one(
    ledger: &Ledger,
    kiosk: &mut CenterClient,
    officers: &mut HashMap<u64, CenterClient>,
    dice: &mut Dice,
) {
    fn any<V: Clone>(of: &HashMap<String, V>, dice: &mut Dice) -> Option<(String, V)> {
        let place = dice.below(of.len().max(1));
        of.iter().nth(place).map(|(key, value)| (key.clone(), value.clone()))
    }
    let (ticket, call, dossier) = {
        let all = ledger.locked();
        (any(&all.tickets, dice), any(&all.calls, dice), any(&all.dossiers, dice))
    };
    if let Some((key, (body, id, label))) = ticket {
        let again = granted(keyed(kiosk, "/api/v1/tickets", &key, &body).await);
        assert_eq!((text(&again["ticket"], "id"), text(&again["ticket"], "label")), (id, label));
        ledger.repeats.fetch_add(1, Ordering::Relaxed);
    }
    if let Some((key, (counter, id))) = call {
        let path = format!("/api/v1/counters/{counter}/call-next");
        let officer = officers.get_mut(&u64::from(counter)).unwrap();
        let again = granted(keyed(officer, &path, &key, &json!({})).await);
        assert_eq!(text(&again["ticket"], "id"), id, "{key} gave another ticket than at first");
        ledger.repeats.fetch_add(1, Ordering::Relaxed);
    }
    if let Some((key, (body, id, code))) = dossier {
        let officer = officers.get_mut(&body["counter"].as_u64().unwrap()).unwrap();
        let again = granted(keyed(officer, "/api/v1/dossiers", &key, &body).await);
        assert_eq!((text(&again["dossier"], "id"), text(&again["dossier"], "code")), (id, code));
        ledger.repeats.fetch_add(1, Ordering::Relaxed);
    }
    tokio::task::yield_now().await;
}

/// Everything that was answered before this is there, and no number stands twice.
async fn audit(ledger: &Ledger, head: &mut CenterClient) {
    let (tickets, dossiers) = {
        let all = ledger.locked();
        let tickets: HashMap<String, String> =
            all.tickets.values().map(|(_, id, label)| (id.clone(), label.clone())).collect();
        let dossiers: HashMap<String, String> =
            all.dossiers.values().map(|(_, id, code)| (id.clone(), code.clone())).collect();
        (tickets, dossiers)
    };
    let listed = get(head, "/api/v1/tickets").await;
    let mut found: HashMap<String, String> = HashMap::new();
    let mut labels = HashSet::new();
    for ticket in listed["tickets"].as_array().unwrap() {
        assert!(labels.insert(text(ticket, "label")), "two tickets have the number of {ticket}");
        found.insert(text(ticket, "id"), text(ticket, "label"));
    }
    for (id, label) in &tickets {
        assert_eq!(found.get(id), Some(label), "the ticket {label} was answered and is not there");
    }
    let mut codes: HashMap<String, String> = HashMap::new();
    for page in 0.. {
        let rows = get(head, &format!("/api/v1/dossiers?page={page}")).await;
        let rows = rows["rows"].as_array().unwrap().clone();
        if rows.is_empty() {
            break;
        }
        codes.extend(rows.iter().map(|row| (text(row, "id"), text(row, "code"))));
    }
    // New dossiers come first and may push one over a page's border: it is then read twice.
    let different: HashSet<&String> = codes.values().collect();
    assert_eq!(different.len(), codes.len(), "two dossiers have one code");
    for (id, code) in &dossiers {
        assert_eq!(codes.get(id), Some(code), "the dossier {code} was answered and is not there");
    }
}

fn nobody_was_called_twice(ledger: &Ledger) {
    let all = ledger.locked();
    let mut called = HashMap::new();
    for (key, (counter, ticket)) in &all.calls {
        if let Some(before) = called.insert(ticket.clone(), (key, counter)) {
            panic!("{ticket} was called by {key} at {counter} and before that by {before:?}");
        }
    }
}

fn panic_of(people: &mut JoinSet<()>) {
    while let Some(ended) = people.try_join_next() {
        if let Err(error) = ended {
            std::panic::resume_unwind(error.into_panic());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_was_answered_is_found_again_after_a_hundred_kills() {
    let seed = match std::env::var("MOTCUA_SEED") {
        Ok(given) => given.parse().unwrap(),
        Err(_) => SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs(),
    };
    println!("MOTCUA_SEED={seed}");
    let mut dice = Dice::new(seed);
    let mut house = House::open("kills", 1).await;
    let ledger = Arc::new(Ledger {
        site: house.demo.site().unwrap(),
        center: house.center(0),
        answers: Mutex::default(),
        count: AtomicU64::new(0),
        repeats: AtomicU64::new(0),
        closing: AtomicBool::new(false),
        keys: AtomicU64::new(1),
    });
    let mut head = ledger.center.head();
    audit(&ledger, &mut head).await;

    let mut people = JoinSet::new();
    for _ in 0..4 {
        people.spawn(kiosk(ledger.clone(), Dice::new(dice.roll())));
    }
    for counter in 1..=3 {
        people.spawn(officer(ledger.clone(), counter, Dice::new(dice.roll())));
    }
    people.spawn(repeater(ledger.clone(), Dice::new(dice.roll())));

    let begun = Instant::now();
    let mut under_load = 0;
    for _ in 0..KILLS {
        if dice.below(AT_START_ONE_IN) != 0 {
            let wanted = ledger.count() + dice.below(ANSWERS_MAX) as u64;
            wait_for("people to be answered", Duration::from_secs(60), async || {
                panic_of(&mut people);
                (ledger.count() > wanted).then_some(())
            })
            .await
            .unwrap();
            under_load += 1;
        }
        // The moment itself is chance: anywhere between two answers, or while the center starts.
        let moment = Instant::now() + Duration::from_micros(dice.below(60_000) as u64);
        tokio::time::sleep_until(moment).await;
        let daemon = house.demo.center_process();
        assert!(!daemon.has_ended(), "{}", daemon.last_words());
        daemon.kill_hard().await.unwrap();
        daemon.start_again().unwrap();
        audit(&ledger, &mut head).await;
    }
    println!("{KILLS} kills in {} s, {under_load} of them under load", begun.elapsed().as_secs());

    ledger.closing.store(true, Ordering::Relaxed);
    let closed = tokio::time::timeout(Duration::from_secs(120), async {
        while let Some(ended) = people.join_next().await {
            if let Err(error) = ended {
                std::panic::resume_unwind(error.into_panic());
            }
        }
    });
    closed.await.expect("the people do not come to an end");
    audit(&ledger, &mut head).await;
    nobody_was_called_twice(&ledger);
    let mut at_end = (ledger.kiosk(), officers(&ledger.center));
    for _ in 0..60 {
        repeat_one(&ledger, &mut at_end.0, &mut at_end.1, &mut dice).await;
    }
    let votes: Vec<(Value, String)> = ledger.locked().votes.values().cloned().collect();
    let mut tablet = ledger.tablet(1);
    for (body, id) in &votes {
        let again = keyed(&mut tablet, "/api/v1/ratings", &text(body, "client_id"), body).await;
        assert_eq!(&text(&granted(again), "id"), id);
    }
    // Overnight: what lies in the box of votes goes into the journal when the next day begins.
    house.demo.next_morning().await.unwrap();
    let journal = house.books_agree(0).await;
    let hub_blobs = || house.demo.hub_blobs();
    let scans = ledger.locked().scans.clone();
    wait_for("every scan to be at the hub", CATCH_UP_MAX, async || {
        hub_blobs().await.ok()?.is_superset(&scans.iter().cloned().collect()).then_some(())
    })
    .await
    .unwrap();

    let books = house.demo.node_books().await.unwrap();
    the_books_hold_what_was_answered(&ledger, &books);
    println!("{} entries", journal.entries.len());
    house.close().await;
}

/// Everybody tried until there was an answer: the books hold what was answered, and no more.
fn the_books_hold_what_was_answered(ledger: &Ledger, books: &Books) {
    let all = ledger.locked();
    assert_eq!(books.count("ticket"), all.tickets.len());
    assert_eq!(books.count("dossier"), all.dossiers.len());
    assert_eq!(books.count("rating"), all.votes.len());
    println!(
        "{} tickets, {} calls, {} dossiers, {} scans, {} votes, {} repeats",
        all.tickets.len(),
        all.calls.len(),
        all.dossiers.len(),
        all.scans.len(),
        all.votes.len(),
        ledger.repeats.load(Ordering::Relaxed),
    );
    assert!(all.tickets.len() > KILLS && all.dossiers.len() > 10 && !all.votes.is_empty());
}
