//! People who work with a center all day, and a ledger of what they were answered.
//!
//! Each person sends a request with its key until it is answered, and writes the answer down. The
//! ledger is the truth: whatever was broken meanwhile, everything in it must be found again, once.

use crate::{CATCH_UP_MAX, Center, House, get, post, printed, scaled};
use dice::Dice;
use motcua::cli::day::Site;
use motcua::cli::day::client::{Answer, As, CenterClient};
use motcua::cli::day::crowd::scan;
use motcua::cli::demo::books::{Books, VoteCount};
use motcua::cli::demo::processes::wait_for;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// The most tickets of a day that the number bands can take, with a margin.
pub const TICKETS_MAX: usize = 4_300;
/// How long the people may take to finish what they are at.
const CLOSING_MAX: Duration = Duration::from_secs(240);
const SERVICES: [&str; 5] = ["ho-tich", "dat-dai", "xa-hoi", "khac", "tra-ket-qua"];

/// What people were answered, by request key.
#[derive(Default)]
pub struct Answers {
    /// Key -> the request's body, the ticket's id and label.
    pub tickets: HashMap<String, (Value, String, String)>,
    /// Key -> the counter, the ticket's id.
    pub calls: HashMap<String, (u16, String)>,
    /// Key -> the request's body, the dossier's id and code.
    pub dossiers: HashMap<String, (Value, String, String)>,
    /// SHA-256 of the scans.
    pub scans: HashSet<String>,
    /// The votes that were counted: client id -> the vote, the id in the answer, which is not that of
    /// the vote in the books.
    pub votes: HashMap<String, (Value, String)>,
}

/// What the people share.
pub struct Ledger {
    /// Tokens and addresses.
    pub site: Site,
    /// Where they work.
    pub center: Center,
    answers: Mutex<Answers>,
    count: AtomicU64,
    repeats: AtomicU64,
    under_way: AtomicU64,
    tries: AtomicU64,
    closing: AtomicBool,
    keys: AtomicU64,
}

/// How many people, and how they work.
#[derive(Debug, Clone, Copy)]
pub struct Crowd {
    /// Kiosks that take tickets.
    pub kiosks: usize,
    /// Officers, from counter 1 on; at most three.
    pub officers: u16,
    /// How long each person rests between two things; a day has only so many numbers.
    pub rest: Duration,
    /// The size of a scan. KiB.
    pub scan_kib: usize,
    /// So many tickets are taken before [`People::let_in`] lets more of them be.
    pub tickets: usize,
}

impl Crowd {
    /// Four kiosks and three officers without a rest.
    pub const TIRELESS: Self =
        Self { kiosks: 4, officers: 3, rest: Duration::ZERO, scan_kib: 8, tickets: TICKETS_MAX };
}

/// People at work.
pub struct People {
    ledger: Arc<Ledger>,
    all: JoinSet<()>,
    door: Arc<Semaphore>,
}

impl People {
    /// They begin, and one of them sends again what was answered long ago.
    pub fn start(ledger: &Arc<Ledger>, dice: &mut Dice, crowd: Crowd) -> Self {
        ledger.closing.store(false, Ordering::Relaxed);
        let mut all = JoinSet::new();
        let door = Arc::new(Semaphore::new(crowd.tickets));
        for _ in 0..crowd.kiosks {
            all.spawn(kiosk(ledger.clone(), door.clone(), Dice::new(dice.roll()), crowd));
        }
        for counter in 1..=crowd.officers.min(3) {
            all.spawn(officer(ledger.clone(), counter, Dice::new(dice.roll()), crowd));
        }
        all.spawn(repeater(ledger.clone(), Dice::new(dice.roll()), crowd));
        Self { ledger: ledger.clone(), all, door }
    }

    /// So many more citizens may take a ticket.
    pub fn let_in(&self, citizens: usize) {
        self.door.add_permits(citizens);
    }

    /// Panics when one of them did.
    pub fn check(&mut self) {
        while let Some(ended) = self.all.try_join_next() {
            if let Err(error) = ended {
                std::panic::resume_unwind(error.into_panic());
            }
        }
    }

    /// They finish what they are at.
    pub async fn close(mut self) {
        self.ledger.closing.store(true, Ordering::Relaxed);
        self.door.close();
        let closed = tokio::time::timeout(scaled(CLOSING_MAX), async {
            while let Some(ended) = self.all.join_next().await {
                if let Err(error) = ended {
                    std::panic::resume_unwind(error.into_panic());
                }
            }
        });
        closed.await.expect("the people do not come to an end");
    }
}

impl Ledger {
    /// An empty ledger of the first center.
    pub fn of(house: &House) -> Arc<Self> {
        Arc::new(Self {
            site: house.demo.site().unwrap(),
            center: house.center(0),
            answers: Mutex::default(),
            count: AtomicU64::new(0),
            repeats: AtomicU64::new(0),
            under_way: AtomicU64::new(0),
            tries: AtomicU64::new(0),
            closing: AtomicBool::new(false),
            keys: AtomicU64::new(1),
        })
    }

    fn write<T>(&self, write: impl FnOnce(&mut Answers) -> T) -> T {
        let written = write(&mut self.locked());
        self.count.fetch_add(1, Ordering::Relaxed);
        written
    }

    /// What was answered so far.
    pub fn locked(&self) -> MutexGuard<'_, Answers> {
        self.answers.lock().unwrap()
    }

    /// How many answers there were.
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// How many old requests were sent again and got the first answer.
    pub fn repeats(&self) -> u64 {
        self.repeats.load(Ordering::Relaxed)
    }

    /// Requests that wait for their answer now.
    pub fn under_way(&self) -> u64 {
        self.under_way.load(Ordering::Relaxed)
    }

    /// How often a request had to be sent once more because no answer came.
    pub fn tried_again(&self) -> u64 {
        self.tries.load(Ordering::Relaxed)
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

    /// Sends until there is an answer, and counts what it took.
    async fn keyed(
        &self,
        client: &mut CenterClient,
        path: &str,
        key: &str,
        body: &Value,
    ) -> Answer {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        let before = client.tried_again();
        let answer = client.send(Method::POST, path, Some(key), Some(body)).await;
        self.under_way.fetch_sub(1, Ordering::Relaxed);
        self.tries.fetch_add(client.tried_again() - before, Ordering::Relaxed);
        answer.unwrap()
    }
}

/// A text of an answer.
pub fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_else(|| panic!("no {key} in {value}")).to_owned()
}

fn granted(answer: Answer) -> Value {
    assert!(answer.granted(), "{} {}", answer.status, answer.body);
    answer.body
}

async fn rest(crowd: Crowd, dice: &mut Dice) {
    if crowd.rest.is_zero() {
        tokio::task::yield_now().await;
    } else {
        // From nothing to twice as long: nobody works in step.
        tokio::time::sleep(crowd.rest.mul_f64(2.0 * dice.share())).await;
    }
}

/// Takes tickets all the time; one in ten is put on paper, one in six has priority.
async fn kiosk(ledger: Arc<Ledger>, door: Arc<Semaphore>, mut dice: Dice, crowd: Crowd) {
    let mut client = ledger.kiosk();
    while !ledger.closing() && ledger.locked().tickets.len() < TICKETS_MAX {
        let Ok(let_in) = door.acquire().await else { return };
        let_in.forget();
        let service = SERVICES[dice.index(SERVICES.len())];
        let mut body = json!({ "service": service, "print": dice.happens(0.1) });
        if dice.happens(0.15) {
            body["priority_ground"] = json!("elderly");
        }
        let key = ledger.key("ticket");
        let answer = granted(ledger.keyed(&mut client, "/api/v1/tickets", &key, &body).await);
        let ticket = &answer["ticket"];
        let (id, label) = (text(ticket, "id"), text(ticket, "label"));
        ledger.write(|all| all.tickets.insert(key, (body, id, label)));
        rest(crowd, &mut dice).await;
    }
}

/// Calls, begins, receives a dossier now and then, lets the citizen vote, completes.
async fn officer(ledger: Arc<Ledger>, counter: u16, mut dice: Dice, crowd: Crowd) {
    let mut client = ledger.center.officer(counter);
    let mut tablet = ledger.tablet(counter);
    let verb = |verb: &str| format!("/api/v1/counters/{counter}/{verb}");
    let counters = get(&mut client, "/api/v1/counters").await;
    let open = counters
        .as_array()
        .is_some_and(|all| all.iter().any(|c| c["number"] == counter && c["state"] == "open"));
    if !open {
        granted(post(&mut client, &verb("open"), &json!({})).await);
    }
    while !ledger.closing() {
        rest(crowd, &mut dice).await;
        let key = ledger.key("call");
        let answer = ledger.keyed(&mut client, &verb("call-next"), &key, &json!({})).await;
        if answer.code() == "queue.nobody_waiting" {
            tokio::task::yield_now().await;
            continue;
        }
        let answer = granted(answer);
        let ticket = text(&answer["ticket"], "id");
        ledger.write(|all| all.calls.insert(key, (counter, ticket.clone())));
        granted(post(&mut client, &verb("begin"), &json!({})).await);
        if dice.happens(0.4) {
            receive(&ledger, &mut client, counter, &ticket, &mut dice, crowd).await;
            vote(&ledger, &mut tablet, counter, &mut dice).await;
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
    crowd: Crowd,
) {
    let key = ledger.key("dossier");
    let body = json!({
        "procedure": "1.001193", "counter": counter, "ticket": ticket,
        "applicant": { "name": "Nguyễn Văn Bền", "citizen_number": "022090000123" },
        "components": [], "note": "Giấy tờ mang bổ sung sau",
    });
    let answer = ledger.keyed(client, "/api/v1/dossiers", &key, &body).await;
    let dossier = &granted(answer)["dossier"];
    let (id, code) = (text(dossier, "id"), text(dossier, "code"));
    ledger.write(|all| all.dossiers.insert(key, (body, id.clone(), code)));
    if dice.happens(0.3) {
        let path = format!("/api/v1/dossiers/{id}/scans?component=1");
        let page = scan(dice, crowd.scan_kib);
        let answer = client.upload(&path, &ledger.key("scan"), "application/pdf", &page).await;
        let sha256 = text(&granted(answer.unwrap()), "sha256");
        ledger.write(|all| all.scans.insert(sha256));
    }
}

/// The tablet's token lives in memory: a kill takes it along, and then nobody votes.
async fn vote(ledger: &Ledger, tablet: &mut CenterClient, counter: u16, dice: &mut Dice) {
    let path = format!("/api/v1/tablets/{counter}/token");
    let token = tablet.send(Method::GET, &path, None, None).await.unwrap();
    let Some(secret) = token.body["token"].as_str() else { return };
    let client_id = uuid::Uuid::new_v4().to_string();
    let level = if dice.happens(0.3) { "very_satisfied" } else { "satisfied" };
    let body = json!({ "token": secret, "level": level, "reasons": [],
                       "respondent": "citizen", "client_id": client_id });
    let stored = granted(ledger.keyed(tablet, "/api/v1/ratings", &client_id, &body).await);
    ledger.write(|all| all.votes.insert(client_id, (body, text(&stored, "id"))));
}

/// Receives a dossier of somebody without a ticket at counter 3 and writes it down; gives its id.
pub async fn receive_without_ticket(ledger: &Ledger) -> String {
    let counter = 3;
    let mut client = ledger.center.officer(counter);
    let key = ledger.key("dossier");
    let body = json!({
        "procedure": "1.001193", "counter": counter,
        "applicant": { "name": "Trần Thị Lành" }, "components": [],
        "note": "Giấy tờ mang bổ sung sau",
    });
    granted(post(&mut client, "/api/v1/counters/3/open", &json!({})).await);
    let answer = ledger.keyed(&mut client, "/api/v1/dossiers", &key, &body).await;
    let dossier = &granted(answer)["dossier"];
    let (id, code) = (text(dossier, "id"), text(dossier, "code"));
    ledger.write(|all| all.dossiers.insert(key, (body, id.clone(), code)));
    id
}

/// Scans so many KiB into a dossier and writes it down.
pub async fn add_scan(ledger: &Ledger, dossier: &str, dice: &mut Dice, kib: usize) {
    let mut client = ledger.center.officer(3);
    let path = format!("/api/v1/dossiers/{dossier}/scans?component=1");
    let page = scan(dice, kib);
    let answer = client.upload(&path, &ledger.key("scan"), "application/pdf", &page).await;
    let sha256 = text(&granted(answer.unwrap()), "sha256");
    ledger.write(|all| all.scans.insert(sha256));
}

/// Sends requests again that were answered long ago.
async fn repeater(ledger: Arc<Ledger>, mut dice: Dice, crowd: Crowd) {
    let mut kiosk = ledger.kiosk();
    let mut officers = officers(&ledger.center);
    while !ledger.closing() {
        repeat_one(&ledger, &mut kiosk, &mut officers, &mut dice).await;
        rest(crowd, &mut dice).await;
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
        let place = dice.index(of.len().max(1));
        of.iter().nth(place).map(|(key, value)| (key.clone(), value.clone()))
    }
    let (ticket, call, dossier) = {
        let all = ledger.locked();
        (any(&all.tickets, dice), any(&all.calls, dice), any(&all.dossiers, dice))
    };
    if let Some((key, (body, id, label))) = ticket {
        let again = granted(ledger.keyed(kiosk, "/api/v1/tickets", &key, &body).await);
        assert_eq!((text(&again["ticket"], "id"), text(&again["ticket"], "label")), (id, label));
        ledger.repeats.fetch_add(1, Ordering::Relaxed);
    }
    if let Some((key, (counter, id))) = call {
        let path = format!("/api/v1/counters/{counter}/call-next");
        let officer = officers.get_mut(&u64::from(counter)).unwrap();
        let again = granted(ledger.keyed(officer, &path, &key, &json!({})).await);
        assert_eq!(text(&again["ticket"], "id"), id, "{key} gave another ticket than at first");
        ledger.repeats.fetch_add(1, Ordering::Relaxed);
    }
    if let Some((key, (body, id, code))) = dossier {
        let officer = officers.get_mut(&body["counter"].as_u64().unwrap()).unwrap();
        let again = granted(ledger.keyed(officer, "/api/v1/dossiers", &key, &body).await);
        assert_eq!((text(&again["dossier"], "id"), text(&again["dossier"], "code")), (id, code));
        ledger.repeats.fetch_add(1, Ordering::Relaxed);
    }
    tokio::task::yield_now().await;
}

/// Everything that was answered before this is there, and no number stands twice.
pub async fn audit(ledger: &Ledger, head: &mut CenterClient) {
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

/// No two calls were answered with one ticket.
pub fn nobody_was_called_twice(ledger: &Ledger) {
    let all = ledger.locked();
    let mut called = HashMap::new();
    for (key, (counter, ticket)) in &all.calls {
        if let Some(before) = called.insert(ticket.clone(), (key, counter)) {
            panic!("{ticket} was called by {key} at {counter} and before that by {before:?}");
        }
    }
}

/// Old requests, sent again after the end, get their first answer; votes count once.
pub async fn old_answers_stand(ledger: &Ledger, dice: &mut Dice, times: usize) {
    let (mut kiosk, mut officers) = (ledger.kiosk(), officers(&ledger.center));
    for _ in 0..times {
        repeat_one(ledger, &mut kiosk, &mut officers, dice).await;
    }
    let votes: Vec<(Value, String)> = ledger.locked().votes.values().cloned().collect();
    let mut tablet = ledger.tablet(1);
    for (body, id) in votes.iter().take(times) {
        let key = text(body, "client_id");
        let again = ledger.keyed(&mut tablet, "/api/v1/ratings", &key, body).await;
        assert_eq!(&text(&granted(again), "id"), id, "a vote was counted twice");
    }
}

/// The hub has every scan whole, and its bytes have their name.
pub async fn scans_are_at_the_hub(house: &House, ledger: &Ledger) {
    let scans: std::collections::BTreeSet<String> = ledger.locked().scans.iter().cloned().collect();
    wait_for("every scan to be at the hub", scaled(CATCH_UP_MAX), async || {
        house.demo.hub_blobs().await.ok()?.is_superset(&scans).then_some(())
    })
    .await
    .unwrap();
}

/// Votes that lie in the box and are not journalled yet.
pub async fn votes_in_the_box(center: &Center) -> usize {
    let printed = printed(&["check", "votes"], &center.config).await.unwrap();
    let count: VoteCount = serde_json::from_str(&printed).unwrap();
    usize::try_from(count.held).unwrap()
}

/// Everybody tried until there was an answer: the books hold what was answered, and no more. Of the
/// votes some may lie in the box yet.
pub fn the_books_hold_what_was_answered(ledger: &Ledger, books: &Books, in_the_box: usize) {
    let all = ledger.locked();
    assert_eq!(books.count("ticket"), all.tickets.len(), "tickets");
    assert_eq!(books.count("dossier"), all.dossiers.len(), "dossiers");
    assert_eq!(books.count("rating") + in_the_box, all.votes.len(), "votes");
    for (_, id, label) in all.tickets.values() {
        assert!(books.has("ticket", id), "the ticket {label} is not in the books");
    }
    for (_, id, code) in all.dossiers.values() {
        assert!(books.has("dossier", id), "the dossier {code} is not in the books");
    }
}
