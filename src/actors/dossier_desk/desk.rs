//! Dossiers ahead of the disk, and the day's sequence of codes. No actix, no clock; what it lacks it
//! asks for through [`Source`].

use super::board::News;
use super::down::{Known, Taken, take_items};
use super::messages::{DossierReply, Receiving, Verb};
use crate::actors::failure::Failure;
use domain::calendar::Calendar;
use domain::catalogue::Catalogue;
use domain::deadline::DeadlineRules;
use domain::dossier::{self, CodePattern, Dossier, Effect, Outcome, Receive, Reception, custody};
use domain::ids::{CounterNumber, NodeId, OfficerId, ServiceCode};
use domain::queue::Booking;
use domain::rating::Stage;
use domain::refusal::Refusal;
use domain::time::business_day;
use jiff::{Timestamp, civil};
use journal::hex;
use std::collections::HashMap;
use std::sync::Arc;
use store::down::DownEntry;
use store::records::{BlobRecord, BlobState};
use store::{Fact, LocalWrite, StoreError};
use uuid::Uuid;

/// Dossiers kept in memory besides those under way to the disk.
const KEPT_MAX: usize = 256;

/// What reception stands on.
pub struct Rules {
    /// This node.
    pub node: NodeId,
    /// How codes are made.
    pub codes: CodePattern,
    /// Procedures.
    pub catalogue: Arc<Catalogue>,
    /// Working days.
    pub calendar: Arc<Calendar>,
    /// How deadlines are counted.
    pub deadlines: DeadlineRules,
}

/// The committed tables.
pub(super) trait Source: Known {
    /// The codes that this node gave on a day.
    fn codes_of_day(&self, node: &NodeId, day: civil::Date) -> Result<Vec<String>, StoreError>;
    /// Below this no number is given on a day: the box was restored, and what came before is unknown.
    fn skipped_to(&self, day: civil::Date) -> Result<Option<u32>, StoreError>;
}

/// A decision: facts, what stays at this node, the answer, and what follows.
#[derive(Debug, Default)]
pub(super) struct Step {
    pub(super) facts: Vec<Fact>,
    pub(super) local: Vec<LocalWrite>,
    pub(super) reply: DossierReply,
    pub(super) rating: Option<RatingWish>,
    pub(super) print: Option<PrintWish>,
    /// Custody moved: lists of hand-overs are old.
    pub(super) custody_moved: bool,
    /// What the hub said about hand-overs.
    pub(super) news: Vec<News>,
    /// The dossiers after it.
    pub(super) dossiers: Vec<Dossier>,
    /// The sequence number that was given.
    pub(super) sequence: Option<(civil::Date, u32)>,
}

/// A tablet should ask for a vote.
#[derive(Debug, Clone)]
pub(super) struct RatingWish {
    pub(super) stage: Stage,
    pub(super) counter: CounterNumber,
    pub(super) service: ServiceCode,
    pub(super) officer: OfficerId,
}

/// A dossier wants its short slip.
#[derive(Debug, Clone)]
pub(super) struct PrintWish {
    pub(super) dossier: Dossier,
    pub(super) counter: CounterNumber,
    pub(super) reprint: bool,
}

/// Dossiers ahead of the disk.
pub(super) struct Desk {
    rules: Rules,
    /// What is under way to the disk, with how many batches, and the last ones used.
    dossiers: HashMap<Uuid, Kept>,
    sequence: Option<(civil::Date, u32)>,
    uses: u64,
}

struct Kept {
    dossier: Dossier,
    under_way: usize,
    used: u64,
}

impl Desk {
    pub(super) fn new(rules: Rules) -> Self {
        Self { rules, dossiers: HashMap::new(), sequence: None, uses: 0 }
    }

    /// Forgets everything: the tables say otherwise.
    pub(super) fn forget(&mut self) {
        self.dossiers.clear();
        self.sequence = None;
    }

    /// Decides.
    pub(super) fn decide(
        &self,
        verb: Verb,
        source: &impl Source,
        fresh: Uuid,
        now: Timestamp,
    ) -> Result<Step, Failure> {
        let node = &self.rules.node;
        match verb {
            Verb::Receive(receiving) => self.receive(*receiving, source, fresh, now),
            Verb::AddScan(id, scan) => {
                let sha256 = hex::decode_array(&scan.sha256).ok_or(Refusal::BadDigest)?;
                let blob = BlobRecord {
                    sha256,
                    size: scan.size,
                    media_type: scan.media_type.clone(),
                    state: BlobState::Local,
                    created_at: now,
                };
                let before = self.find(id, source)?;
                let outcome = dossier::add_scan(&before, scan, node)?;
                let mut step = changed(&before, outcome, None);
                if !step.facts.is_empty() {
                    step.local.push(LocalWrite::Blob(blob));
                }
                Ok(step)
            }
            Verb::SetResult { dossier, title, officer } => {
                let before = self.find(dossier, source)?;
                let outcome = dossier::set_result(&before, &title, officer, node, now)?;
                Ok(changed(&before, outcome, None))
            }
            Verb::Return { dossier, collector, officer, counter } => {
                let before = self.find(dossier, source)?;
                let outcome = dossier::return_result(
                    &before,
                    collector,
                    officer.clone(),
                    counter,
                    node,
                    now,
                )?;
                Ok(changed(&before, outcome, Some(officer)))
            }
            Verb::HandOver { dossier, to, note } => {
                let before = self.find(dossier, source)?;
                let outcome = custody::hand_over(&before, to, note.as_deref(), node, now)?;
                Ok(moved(&before, outcome))
            }
            Verb::TakeBack(id) => {
                let before = self.find(id, source)?;
                let outcome = custody::take_back(&before, node, now)?;
                Ok(moved(&before, outcome))
            }
            Verb::Accept(id) => {
                let before = self.find(id, source)?;
                let outcome = custody::accept(&before, node)?;
                Ok(moved(&before, outcome))
            }
            Verb::Refuse(id, reason) => {
                let before = self.find(id, source)?;
                let outcome = custody::refuse(&before, reason.as_deref(), now)?;
                Ok(moved(&before, outcome))
            }
            Verb::PrintSlip(id, counter) => {
                let dossier = self.find(id, source)?;
                let reply = DossierReply { dossier: Some(dossier.clone()), ..Default::default() };
                let print = Some(PrintWish { dossier, counter, reprint: true });
                Ok(Step { reply, print, ..Step::default() })
            }
            Verb::TakeDown(entry) => self.take_down(&entry, source, now),
        }
    }

    /// Whether a component takes one more scan now.
    pub(super) fn may_add_scan(
        &self,
        id: Uuid,
        component: u16,
        source: &impl Source,
    ) -> Result<(), Failure> {
        let dossier = self.find(id, source)?;
        Ok(dossier::may_add_scan(&dossier, component, &self.rules.node)?)
    }

    /// Takes a decision in that is on its way to the disk.
    pub(super) fn apply(&mut self, step: &Step) {
        self.sequence = step.sequence.or(self.sequence);
        for dossier in &step.dossiers {
            self.uses += 1;
            let used = self.uses;
            let kept = self.dossiers.entry(dossier.id).or_insert_with(|| Kept {
                dossier: dossier.clone(),
                under_way: 0,
                used,
            });
            kept.dossier.clone_from(dossier);
            kept.under_way += 1;
            kept.used = used;
        }
    }

    /// A decision is on disk.
    pub(super) fn commit(&mut self, dossiers: &[Uuid]) {
        for id in dossiers {
            if let Some(kept) = self.dossiers.get_mut(id) {
                kept.under_way = kept.under_way.saturating_sub(1);
            }
        }
        while self.dossiers.len() > KEPT_MAX {
            let oldest = self
                .dossiers
                .iter()
                .filter(|(_, kept)| kept.under_way == 0)
                .min_by_key(|(_, kept)| kept.used)
                .map(|(id, _)| *id);
            let Some(oldest) = oldest else { break };
            self.dossiers.remove(&oldest);
        }
    }

    fn receive(
        &self,
        receiving: Receiving,
        source: &impl Source,
        fresh: Uuid,
        now: Timestamp,
    ) -> Result<Step, Failure> {
        let day = business_day(now);
        let procedure = self.rules.catalogue.valid_on(&receiving.procedure, day)?;
        let sequence = match self.sequence {
            Some((known, last)) if known == day => last + 1,
            _ => {
                let codes = source.codes_of_day(&self.rules.node, day).map_err(read_failed)?;
                let next = self.rules.codes.next_sequence(day, codes.iter().map(String::as_str));
                next.max(source.skipped_to(day).map_err(read_failed)?.unwrap_or(0))
            }
        };
        let reception = Reception {
            node: &self.rules.node,
            codes: &self.rules.codes,
            sequence,
            procedure,
            calendar: &self.rules.calendar,
            rules: &self.rules.deadlines,
        };
        let officer = receiving.officer.clone();
        let given = Receive {
            id: fresh,
            applicant: receiving.applicant,
            components: receiving.components,
            channel: receiving.channel,
            result_channel: receiving.result_channel,
            note: receiving.note,
            received_by: receiving.officer,
            counter: receiving.counter,
            ticket: receiving.ticket,
        };
        let outcome = reception.receive(given, now)?;
        let mut step = follow(outcome, Some(officer));
        step.sequence = Some((day, sequence));
        Ok(step)
    }

    /// One entry of the hub's journal. It is taken whole or kept beside whole: half of an entry
    /// would be a state that the hub never had.
    fn take_down(
        &self,
        entry: &DownEntry,
        source: &impl Source,
        now: Timestamp,
    ) -> Result<Step, Failure> {
        let taken = match &entry.items {
            Ok(items) => take_items(items, &self.rules.node, &Ahead(self, source), now)
                .map_err(read_failed)?,
            Err(code) => Err((*code).to_owned()),
        };
        let mut step = match taken {
            Ok(Taken { facts, local, dossiers, news }) => Step {
                facts,
                local,
                reply: DossierReply {
                    dossier: dossiers.last().cloned(),
                    ..DossierReply::default()
                },
                custody_moved: !dossiers.is_empty(),
                news,
                dossiers,
                ..Step::default()
            },
            Err(code) => {
                tracing::warn!(seq = entry.outline.seq, code, "an entry of the hub is kept beside");
                let local = vec![entry.parked(&code, now)];
                let reply = DossierReply { parked: Some(code), ..DossierReply::default() };
                Step { local, reply, ..Step::default() }
            }
        };
        step.local.extend(entry.data_keys());
        step.local.push(entry.taken());
        Ok(step)
    }

    fn find(&self, id: Uuid, source: &impl Source) -> Result<Dossier, Failure> {
        self.look_up(id, source)?.ok_or(Failure::Refused(Refusal::UnknownDossier))
    }

    fn look_up(&self, id: Uuid, source: &impl Source) -> Result<Option<Dossier>, Failure> {
        Ahead(self, source).dossier(id).map_err(read_failed)
    }
}

/// The committed tables, and before them what is under way to the disk.
struct Ahead<'a, S>(&'a Desk, &'a S);

impl<S: Source> Known for Ahead<'_, S> {
    fn dossier(&self, id: Uuid) -> Result<Option<Dossier>, StoreError> {
        match self.0.dossiers.get(&id) {
            Some(kept) => Ok(Some(kept.dossier.clone())),
            None => self.1.dossier(id),
        }
    }

    fn knows_message(&self, id: Uuid) -> Result<bool, StoreError> {
        self.1.knows_message(id)
    }

    fn is_erased(&self, key_id: &str) -> Result<bool, StoreError> {
        self.1.is_erased(key_id)
    }

    fn booking(&self, id: Uuid) -> Result<Option<Booking>, StoreError> {
        self.1.booking(id)
    }
}

/// A dossier after a command; the same one twice writes nothing.
fn changed(before: &Dossier, outcome: Outcome, officer: Option<OfficerId>) -> Step {
    if outcome.dossier.rev == before.rev {
        let reply = DossierReply { dossier: Some(outcome.dossier), ..DossierReply::default() };
        return Step { reply, ..Step::default() };
    }
    follow(outcome, officer)
}

/// A dossier after a step of a hand-over.
fn moved(before: &Dossier, outcome: Outcome) -> Step {
    Step { custody_moved: outcome.dossier.rev != before.rev, ..changed(before, outcome, None) }
}

fn follow(outcome: Outcome, officer: Option<OfficerId>) -> Step {
    let Outcome { dossier, effects } = outcome;
    let mut step = Step::default();
    for effect in effects {
        match effect {
            Effect::PrintSlip { .. } => {
                let counter = dossier.counter;
                step.print = Some(PrintWish { dossier: dossier.clone(), counter, reprint: false });
            }
            Effect::OfferRating { stage, counter, service } => {
                if let Some(officer) = officer.clone() {
                    step.rating = Some(RatingWish { stage, counter, service, officer });
                }
            }
        }
    }
    step.facts.push(Fact::from(dossier.clone()));
    step.reply.dossier = Some(dossier.clone());
    step.dossiers.push(dossier);
    step
}

fn read_failed(error: StoreError) -> Failure {
    tracing::error!(code = error.code(), %error, "a dossier cannot be read");
    crate::actors::pipeline::failure_of(&error)
}
