//! The people of a simulated day: a kiosk, officers at their counters, a specialist who finishes
//! dossiers, citizens who vote. Each keeps a log of the answers it got; the report is made from these
//! logs, never from the product's own counters.

use super::client::{Answer, CenterClient};
use super::crowd::{Citizen, scan};
use super::{Pace, Site};
use anyhow::{Context, bail};
use dice::Dice;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// How often the console is looked at for a card, and after how many looks it is laid on the reader anew.
const CARD_LOOKS: u32 = 150;
const CARD_LAID_AGAIN: u32 = 50;

/// A ticket that a kiosk was given.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The ticket's id.
    pub id: String,
    /// The number on the paper.
    pub label: String,
}

/// A call that an officer was answered.
#[derive(Debug, Clone)]
pub struct Called {
    /// The ticket's id.
    pub ticket: String,
    /// The number.
    pub label: String,
    /// The counter.
    pub counter: u16,
    /// When the officer pressed the key, real microseconds since 1970.
    pub pressed_at_us: i64,
    /// When the answer was there.
    pub answered_at_us: i64,
}

/// What the people were answered during the day.
#[derive(Debug, Default)]
pub struct Answers {
    /// Tickets issued.
    pub issued: Vec<Issued>,
    /// Calls granted by call-next.
    pub called: Vec<Called>,
    /// Dossiers received: id and code.
    pub dossiers: Vec<(String, String)>,
    /// Scans stored: SHA-256 in hex.
    pub scans: Vec<String>,
    /// Votes counted: client id.
    pub votes: Vec<String>,
    /// Dossiers returned.
    pub returned: Vec<String>,
    /// Requests that were refused although they should not be.
    pub refused: Vec<String>,
}

/// What the people share.
#[derive(Debug)]
pub struct Hall {
    answers: Mutex<Answers>,
    citizens: Mutex<HashMap<String, Citizen>>,
    for_specialist: Mutex<VecDeque<(f64, String)>>,
    ready: Mutex<VecDeque<String>>,
    arrivals_open: std::sync::atomic::AtomicUsize,
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // A person that panicked leaves its log as it was: still the truth of what was answered.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Hall {
    /// An empty hall with a number of kiosks.
    #[must_use]
    pub fn new(kiosks: usize) -> Arc<Self> {
        Arc::new(Self {
            answers: Mutex::default(),
            citizens: Mutex::default(),
            for_specialist: Mutex::default(),
            ready: Mutex::default(),
            arrivals_open: kiosks.into(),
        })
    }

    /// Looks at the answers.
    pub fn with<T>(&self, look: impl FnOnce(&mut Answers) -> T) -> T {
        look(&mut locked(&self.answers))
    }

    fn arrivals_over(&self) -> bool {
        self.arrivals_open.load(std::sync::atomic::Ordering::SeqCst) == 0
    }
}

/// A kiosk: citizens step up in the order of their arrival.
///
/// # Errors
/// The center did not answer within a person's patience.
pub async fn kiosk(
    site: Arc<Site>,
    pace: Pace,
    hall: Arc<Hall>,
    citizens: Vec<Citizen>,
) -> anyhow::Result<()> {
    let mut client = site.kiosk()?;
    for citizen in citizens {
        pace.until_minute(citizen.arrives_minute).await;
        let mut body = json!({ "service": citizen.service });
        if let Some(ground) = &citizen.priority_ground {
            body["priority_ground"] = json!(ground);
        }
        let key = format!("day-ticket-{}", citizen.index);
        let answer = client.send(Method::POST, "/api/v1/tickets", Some(&key), Some(&body)).await?;
        if !granted(&hall, "POST tickets", &answer) {
            continue;
        }
        let ticket = &answer.body["ticket"];
        let id = text(ticket, "id")?;
        hall.with(|all| {
            all.issued
                .push(Issued { id: id.clone(), label: text(ticket, "label").unwrap_or_default() });
        });
        locked(&hall.citizens).insert(id, citizen);
    }
    hall.arrivals_open.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
    Ok(())
}

/// An officer from opening the counter until the hall is empty.
///
/// # Errors
/// The center did not answer within a person's patience.
pub async fn officer(
    site: Arc<Site>,
    pace: Pace,
    hall: Arc<Hall>,
    counter: u16,
    seed: u64,
) -> anyhow::Result<()> {
    let mut desk = Desk {
        client: site.officer(counter)?,
        tablet: site.tablet(counter)?,
        dice: Dice::new(seed),
        procedures: HashMap::new(),
        step: 0,
        site,
        pace,
        hall,
        counter,
    };
    desk.act("open", &json!({})).await?;
    let mut idle_rounds = 0;
    loop {
        let pressed_at_us = jiff::Timestamp::now().as_microsecond();
        let answer = desk.act("call-next", &json!({})).await?;
        let answered_at_us = jiff::Timestamp::now().as_microsecond();
        if answer.code() == "queue.nobody_waiting" {
            idle_rounds = if desk.hall.arrivals_over() { idle_rounds + 1 } else { 0 };
            if idle_rounds >= 3 {
                break;
            }
            desk.pace.minutes(0.5).await;
            continue;
        }
        idle_rounds = 0;
        if !granted(&desk.hall, "call-next", &answer) {
            desk.pace.minutes(0.5).await;
            continue;
        }
        let ticket = &answer.body["ticket"];
        let (id, label) = (text(ticket, "id")?, text(ticket, "label")?);
        desk.hall.with(|all| {
            let ticket = id.clone();
            all.called.push(Called { ticket, label, counter, pressed_at_us, answered_at_us });
        });
        let citizen = locked(&desk.hall.citizens).get(&id).cloned();
        desk.serve(&id, citizen).await?;
    }
    desk.act("close", &json!({})).await?;
    Ok(())
}

struct Desk {
    client: CenterClient,
    tablet: CenterClient,
    dice: Dice,
    procedures: HashMap<String, Vec<Value>>,
    step: u64,
    site: Arc<Site>,
    pace: Pace,
    hall: Arc<Hall>,
    counter: u16,
}

impl Desk {
    fn key(&mut self, what: &str) -> String {
        self.step += 1;
        format!("day-{what}-{}-{}", self.counter, self.step)
    }

    async fn act(&mut self, verb: &str, body: &Value) -> anyhow::Result<Answer> {
        let key = self.key(verb);
        let path = format!("/api/v1/counters/{}/{verb}", self.counter);
        self.client.send(Method::POST, &path, Some(&key), Some(body)).await
    }

    async fn must(&mut self, verb: &str, body: &Value) -> anyhow::Result<Answer> {
        let answer = self.act(verb, body).await?;
        granted(&self.hall, verb, &answer);
        Ok(answer)
    }

    async fn serve(&mut self, ticket: &str, citizen: Option<Citizen>) -> anyhow::Result<()> {
        if citizen.as_ref().is_some_and(|citizen| citizen.no_show) {
            self.pace.minutes(1.0).await;
            self.must("recall", &json!({})).await?;
            self.pace.minutes(1.0).await;
            self.must("no-show", &json!({})).await?;
            return Ok(());
        }
        self.pace.minutes(0.3).await;
        self.must("begin", &json!({})).await?;
        let minutes = citizen.as_ref().map_or(3.0, |citizen| citizen.service_minutes);
        if self.dice.happens(0.05) {
            self.must("hold", &json!({ "reason": "Khách hàng đi sao chụp giấy tờ" })).await?;
            self.pace.minutes(0.5).await;
            self.must("resume", &json!({ "ticket": ticket })).await?;
        }
        self.pace.minutes(minutes * 0.5).await;
        if let Some(citizen) = citizen {
            if citizen.service == "tra-ket-qua" {
                self.give_result(&citizen).await?;
            } else if citizen.files_dossier {
                self.receive(ticket, &citizen).await?;
            }
        }
        self.pace.minutes(minutes * 0.5).await;
        self.must("complete", &json!({})).await?;
        Ok(())
    }

    /// The procedures of a service group, with their papers.
    async fn procedures_of(&mut self, service: &str) -> anyhow::Result<Vec<Value>> {
        if let Some(known) = self.procedures.get(service) {
            return Ok(known.clone());
        }
        let list = self.client.send(Method::GET, "/api/v1/procedures?q=", None, None).await?;
        let rows = list.body.as_array().cloned().unwrap_or_default();
        let mut found = Vec::new();
        for row in rows.iter().filter(|row| row["service"] == service) {
            let code = text(row, "code")?;
            let one = self
                .client
                .send(Method::GET, &format!("/api/v1/procedures/{code}"), None, None)
                .await?;
            found.push(one.body);
        }
        if found.is_empty() {
            bail!("no procedure of the service group {service} in the catalogue");
        }
        self.procedures.insert(service.to_owned(), found.clone());
        Ok(found)
    }

    async fn receive(&mut self, ticket: &str, citizen: &Citizen) -> anyhow::Result<()> {
        let choices = self.procedures_of(&citizen.service).await?;
        let procedure = &choices[self.dice.index(choices.len())];
        let person = &citizen.person;
        let mut applicant = json!({
            "name": person.name, "citizen_number": person.number, "birth_date": person.birth_date,
            "sex": person.sex, "address": person.address, "phone": "",
        });
        if self.counter == self.site.reader_counter {
            self.card(citizen, &mut applicant).await?;
        }
        let components: Vec<Value> = procedure["papers"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|paper| {
                json!({ "seq": paper["seq"], "originals": paper["originals"],
                        "copies": paper["copies"], "received": true })
            })
            .collect();
        let body = json!({
            "procedure": procedure["code"], "counter": self.counter, "ticket": ticket,
            "applicant": applicant, "components": components,
            "channel": "direct", "result_channel": "counter",
        });
        let key = self.key("dossier");
        let answer =
            self.client.send(Method::POST, "/api/v1/dossiers", Some(&key), Some(&body)).await?;
        if !granted(&self.hall, "POST dossiers", &answer) {
            return Ok(());
        }
        let dossier = &answer.body["dossier"];
        let id = text(dossier, "id")?;
        let code = text(dossier, "code")?;
        self.hall.with(|all| all.dossiers.push((id.clone(), code)));

        let kilobytes = 20 + self.dice.index(180) + if self.dice.happens(0.1) { 600 } else { 0 };
        let page = scan(&mut self.dice, kilobytes);
        let first = components.first().map_or(json!(1), |one| one["seq"].clone());
        let path = format!("/api/v1/dossiers/{id}/scans?component={first}");
        let key = self.key("scan");
        let answer = self.client.upload(&path, &key, "application/pdf", &page).await?;
        if granted(&self.hall, "POST scans", &answer) {
            let sha256 = text(&answer.body, "sha256")?;
            self.hall.with(|all| all.scans.push(sha256));
        }
        locked(&self.hall.for_specialist).push_back((self.pace.minute() + 30.0, id));
        if citizen.votes {
            self.vote("receipt").await?;
        }
        Ok(())
    }

    /// The citizen lays the card on the reader; what the console shows is what is filled in.
    async fn card(&mut self, citizen: &Citizen, applicant: &mut Value) -> anyhow::Result<()> {
        let person = &citizen.person;
        let turned = |date: &str| date.split('-').rev().collect::<String>();
        let line = format!(
            "{}||{}|{}|{}|{}|{}",
            person.number,
            person.name,
            turned(&person.birth_date),
            person.sex,
            person.address,
            "15062022"
        );
        let path = format!("/api/v1/counters/{}/card", self.counter);
        for look in 0..CARD_LOOKS {
            // Nothing comes while the center is being started again: the officer asks for the card once
            // more, as at a real counter.
            if look % CARD_LAID_AGAIN == 0 {
                self.site.order(self.site.reader_control, &format!("scan {line}")).await?;
            }
            let seen = self.client.send(Method::GET, &path, None, None).await?;
            if seen.body["card"]["number"] == person.number.as_str() {
                for field in ["name", "birth_date", "sex", "address"] {
                    applicant[field] = seen.body["card"][field].clone();
                }
                return Ok(());
            }
            self.pace.minutes(0.1).await;
        }
        self.hall.with(|all| all.refused.push("the card never came to the console".to_owned()));
        Ok(())
    }

    async fn give_result(&mut self, citizen: &Citizen) -> anyhow::Result<()> {
        let Some(id) = locked(&self.hall.ready).pop_front() else { return Ok(()) };
        let key = self.key("return");
        let path = format!("/api/v1/dossiers/{id}/return");
        let body = json!({ "counter": self.counter });
        let answer = self.client.send(Method::POST, &path, Some(&key), Some(&body)).await?;
        if granted(&self.hall, "return", &answer) {
            self.hall.with(|all| all.returned.push(id));
            if citizen.votes {
                self.vote("return").await?;
            }
        }
        Ok(())
    }

    /// The citizen votes on the tablet, if it holds a token.
    async fn vote(&mut self, stage: &str) -> anyhow::Result<()> {
        let path = format!("/api/v1/tablets/{}/token", self.counter);
        let token = self.tablet.send(Method::GET, &path, None, None).await?;
        if token.body["stage"] != stage {
            return Ok(());
        }
        let client_id = format!(
            "{:08x}-0000-4000-8000-{:012x}",
            self.dice.roll() >> 32,
            self.dice.roll() & 0xFFFF_FFFF_FFFF
        );
        let level = match self.dice.index(10) {
            0 => "dissatisfied",
            1..=3 => "satisfied",
            _ => "very_satisfied",
        };
        let reasons: &[&str] = if level == "dissatisfied" { &["long_wait"] } else { &[] };
        let body = json!({ "token": token.body["token"], "level": level, "reasons": reasons,
            "comment": "", "respondent": "citizen", "client_id": client_id });
        let answer = self
            .tablet
            .send(Method::POST, "/api/v1/ratings", Some(&client_id), Some(&body))
            .await?;
        if granted(&self.hall, "POST ratings", &answer) {
            self.hall.with(|all| all.votes.push(client_id));
        }
        Ok(())
    }
}

/// The specialist: half an hour after receipt, the result is ready.
///
/// # Errors
/// The center did not answer within a person's patience.
pub async fn specialist(site: Arc<Site>, pace: Pace, hall: Arc<Hall>) -> anyhow::Result<()> {
    let mut client = site.officer(site.specialist_counter)?;
    loop {
        let due = locked(&hall.for_specialist).front().cloned();
        match due {
            Some((minute, id)) if minute <= pace.minute() => {
                locked(&hall.for_specialist).pop_front();
                let path = format!("/api/v1/dossiers/{id}/result");
                let body = json!({ "title": "Kết quả giải quyết hồ sơ" });
                let key = format!("day-result-{id}");
                let answer = client.send(Method::POST, &path, Some(&key), Some(&body)).await?;
                if granted(&hall, "result", &answer) {
                    locked(&hall.ready).push_back(id);
                }
            }
            _ => pace.minutes(1.0).await,
        }
    }
}

/// Notes a refusal that should not have been; says whether the request was granted.
fn granted(hall: &Hall, what: &str, answer: &Answer) -> bool {
    if !answer.granted() {
        hall.with(|all| all.refused.push(format!("{what}: {} {}", answer.status, answer.body)));
    }
    answer.granted()
}

fn text(value: &Value, key: &str) -> anyhow::Result<String> {
    value[key].as_str().map(str::to_owned).with_context(|| format!("no {key} in {value}"))
}
