//! What happens at a simulated node: now and then somebody takes a ticket, is served, brings a dossier
//! or fetches a result; a dossier that another center hands over is accepted. The facts are those that
//! the desks of a center make, by the rules of `domain`; nobody is shown anything.
//!
//! It goes on day and night: who looks at the fleet does not wait for the morning. What is decided here
//! rests on what is kept in memory; after any error it is thrown away and read from the tables again.

use crate::cli::day::crowd::person;
use crate::province_data::ProvinceData;
use anyhow::Context;
use dice::Dice;
use domain::catalogue::Procedure;
use domain::deadline::Channel;
use domain::dossier::{
    Applicant, CodePattern, ComponentGiven, Dossier, Receive, Reception, ResultChannel, custody,
    return_result, set_result,
};
use domain::ids::{CounterNumber, OfficerId};
use domain::queue::{Ticket, TicketState};
use domain::time::{business_day, whole_microseconds};
use jiff::{Timestamp, civil};
use std::collections::VecDeque;
use std::sync::Arc;
use store::query::dossiers::{self, DossierView};
use store::query::{numbers, tickets};
use store::{Batch, Store, StoreError};
use uuid::Uuid;

/// Who waits at once; with so many the next event is always that one is served.
const WAITING_MAX: usize = 12;
/// Dossiers in work at once; with so many no new one is received.
const OPEN_MAX: u32 = 40;
/// The band of a day's dossier codes. The node's whole name begins them, so that no two give the same.
const SEQUENCE: (u32, u32) = (1, 8999);
const SERIES: char = 'A';
const KIOSK: &str = "kiosk-1";
const OFFICERS: &[&str] = &["nguyen.lan", "tran.minh", "pham.hoa", "vu.nam"];
const RESULT: &str = "Kết quả";

/// A node's day.
pub struct Day {
    data: Arc<ProvinceData>,
    codes: CodePattern,
    dice: Dice,
    waiting: VecDeque<Ticket>,
    /// Oldest first; some have their result and wait to be fetched.
    open: VecDeque<Dossier>,
}

impl Day {
    /// Goes on from what the tables say.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn load(
        store: &Store,
        data: Arc<ProvinceData>,
        dice: Dice,
        now: Timestamp,
    ) -> anyhow::Result<Self> {
        let start = format!("H49.{}", store.config().node);
        let codes = CodePattern::parse(CodePattern::DEFAULT, &start, SEQUENCE.0, SEQUENCE.1)?;
        let (waiting, mut open) = store.readers().read_now(|c| {
            let mut waiting: VecDeque<Ticket> = tickets::of_day(c, business_day(now))?.into();
            waiting.retain(|ticket| ticket.state == TicketState::Waiting);
            let mut open: Vec<Dossier> = Vec::new();
            for view in [DossierView::Open, DossierView::Ready] {
                open.extend(dossiers::list(c, Some(view), None, 0, OPEN_MAX)?.rows);
            }
            Ok::<_, StoreError>((waiting, open))
        })?;
        open.sort_by_key(|dossier| dossier.received_at);
        Ok(Self { data, codes, dice, waiting, open: open.into() })
    }

    /// Lets one thing happen and stores it. After an error the day must be loaded anew.
    ///
    /// # Errors
    /// The rules or the store refuse it.
    pub fn event(&mut self, store: &Store, now: Timestamp) -> anyhow::Result<()> {
        let now = whole_microseconds(now);
        let batch = match self.accepted(store, now)? {
            Some(batch) => batch,
            None => match self.dice.below(10) {
                0..=3 if self.waiting.len() < WAITING_MAX => self.issued(store, now)?,
                4..=5 if self.open.len() < OPEN_MAX as usize => self.received(store, now)?,
                6..=7 if !self.open.is_empty() => self.worked(store, now)?,
                _ if !self.waiting.is_empty() => self.served(now)?,
                _ => self.issued(store, now)?,
            },
        };
        store.commit_now(batch)?;
        Ok(())
    }

    /// A dossier that was handed over comes first: somebody waits for the answer.
    fn accepted(&mut self, store: &Store, now: Timestamp) -> anyhow::Result<Option<Batch>> {
        let incoming = store
            .readers()
            .read_now(|c| dossiers::list(c, Some(DossierView::Incoming), None, 0, 1))?;
        let Some(offered) = incoming.rows.first() else { return Ok(None) };
        let accepted = custody::accept(offered, &store.config().node)?.dossier;
        self.open.push_back(accepted.clone());
        Ok(Some(Batch::new(self.officer(), now).with(accepted)))
    }

    fn issued(&mut self, store: &Store, now: Timestamp) -> anyhow::Result<Batch> {
        let day = business_day(now);
        let last = store.readers().read_now(|c| numbers::last(c, day, &SERIES.to_string()))?;
        let number = last.unwrap_or(0) + 1;
        let data = Arc::clone(&self.data);
        let service = self.procedure(&data, day)?.service.clone();
        let id = Uuid::now_v7();
        let ticket = Ticket::waiting(id, day, (SERIES, number), service, now, KIOSK.to_owned());
        self.waiting.push_back(ticket.clone());
        let mut batch = Batch::new("citizen", now).with(ticket);
        KIOSK.clone_into(&mut batch.device);
        Ok(batch)
    }

    /// Called, served and done in one: what lies between is of no use to who looks at the fleet.
    fn served(&mut self, now: Timestamp) -> anyhow::Result<Batch> {
        let ticket = self.waiting.pop_front().context("nobody waits")?;
        let served = Ticket {
            state: TicketState::Completed,
            counter: Some(self.counter()),
            called_at: Some(now),
            last_called_at: Some(now),
            begun_at: Some(now),
            finished_at: Some(now),
            rev: ticket.rev + 1,
            ..ticket
        };
        Ok(Batch::new(self.officer(), now).with(served))
    }

    fn received(&mut self, store: &Store, now: Timestamp) -> anyhow::Result<Batch> {
        let node = store.config().node.clone();
        let day = business_day(now);
        let codes = store.readers().read_now(|c| dossiers::codes_of_day(c, &node, day))?;
        let data = Arc::clone(&self.data);
        let procedure = self.procedure(&data, day)?;
        let components = procedure.papers.iter().map(|paper| ComponentGiven {
            seq: paper.seq,
            originals: paper.originals,
            copies: paper.copies,
            received: true,
        });
        let person = person(&mut self.dice);
        let officer = self.officer();
        let given = Receive {
            id: Uuid::now_v7(),
            applicant: Applicant {
                name: person.name,
                citizen_number: Some(person.number),
                birth_date: None,
                sex: None,
                address: Some(person.address),
                phone: None,
            },
            components: components.collect(),
            channel: Channel::Direct,
            result_channel: ResultChannel::Counter,
            note: None,
            received_by: officer.parse::<OfficerId>()?,
            counter: self.counter(),
            ticket: None,
        };
        let reception = Reception {
            node: &node,
            codes: &self.codes,
            sequence: self.codes.next_sequence(day, codes.iter().map(String::as_str)),
            procedure,
            calendar: &data.calendar,
            rules: &data.deadline_rules,
        };
        let received = reception.receive(given, now)?.dossier;
        self.open.push_back(received.clone());
        Ok(Batch::new(officer, now).with(received))
    }

    /// The oldest dossier gets its result, or goes home with it.
    fn worked(&mut self, store: &Store, now: Timestamp) -> anyhow::Result<Batch> {
        let node = &store.config().node;
        let dossier = self.open.pop_front().context("no dossier is open")?;
        let officer = self.officer();
        let by = officer.parse::<OfficerId>()?;
        let worked = if dossier.result.is_some() {
            return_result(&dossier, None, by, self.counter(), node, now)?.dossier
        } else {
            let ready = set_result(&dossier, RESULT, by, node, now)?.dossier;
            self.open.push_back(ready.clone());
            ready
        };
        Ok(Batch::new(officer, now).with(worked))
    }

    fn procedure<'a>(
        &mut self,
        data: &'a ProvinceData,
        day: civil::Date,
    ) -> anyhow::Result<&'a Procedure> {
        let valid = data.catalogue.search("", day, usize::MAX);
        valid.get(self.dice.index(valid.len())).copied().context("no procedure is valid today")
    }

    fn officer(&mut self) -> &'static str {
        OFFICERS[self.dice.index(OFFICERS.len())]
    }

    fn counter(&mut self) -> CounterNumber {
        const COUNTERS: [u16; 4] = [1, 2, 3, 4];
        CounterNumber(COUNTERS[self.dice.index(COUNTERS.len())])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;
    use jiff::SignedDuration;
    use journal::WrappingKey;
    use store::query::journal::head;
    use store::{Keys, StoreConfig};

    #[test]
    fn a_day_goes_on_after_the_tables_were_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys { master: [7; 32], wrapping: WrappingKey::from_bytes([9; 32]) };
        let node = "06652-2".parse().unwrap();
        let store = Store::open(StoreConfig::new(folder.path(), node, 1, keys)).unwrap();
        let settings = Settings::load_from(None, &[]).unwrap();
        let data = Arc::new(ProvinceData::load(&settings).unwrap());
        let mut now: Timestamp = "2026-11-23T02:00:00Z".parse().unwrap();
        for seed in 0..3 {
            let mut day = Day::load(&store, Arc::clone(&data), Dice::new(seed), now).unwrap();
            for _ in 0..40 {
                now += SignedDuration::from_secs(30);
                day.event(&store, now).unwrap();
            }
        }
        assert_eq!(store.readers().read_now(head).unwrap().seq, 120, "an entry for each event");
        let all = store.readers().read_now(|c| dossiers::list(c, None, None, 0, 1)).unwrap();
        assert!(all.total > 0);
    }
}
