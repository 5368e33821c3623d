//! Reception: from what the officer entered to a dossier with its code and its deadline.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::bounds;
use super::code::CodePattern;
use super::types::{
    Applicant, ComponentReceived, Custody, Dossier, Effect, NationalState, Outcome, ResultChannel,
};
use crate::calendar::Calendar;
use crate::card::is_citizen_number;
use crate::catalogue::{FeeKind, Procedure};
use crate::deadline::{Channel, DeadlineRules, deadline};
use crate::ids::{CounterNumber, NodeId, OfficerId};
use crate::rating::Stage;
use crate::refusal::{Refusal, name_text, short_text};
use crate::text_fold::normalise;
use crate::time::{business_day, whole_microseconds};

/// Longest name of a person or a file, in characters; a longer one is refused, as are those below.
pub(super) const NAME_LENGTH_MAX: usize = 200;
const ADDRESS_LENGTH_MAX: usize = 500;
const NOTE_LENGTH_MAX: usize = 1_000;

/// What reception stands on.
#[derive(Debug, Clone, Copy)]
pub struct Reception<'a> {
    /// This node.
    pub node: &'a NodeId,
    /// How codes are made.
    pub codes: &'a CodePattern,
    /// The day's next sequence number.
    pub sequence: u32,
    /// The procedure's version valid today.
    pub procedure: &'a Procedure,
    /// Working days.
    pub calendar: &'a Calendar,
    /// How deadlines are counted.
    pub rules: &'a DeadlineRules,
}

/// A line of the checklist as the officer ticked it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComponentGiven {
    /// Number in the procedure's list.
    pub seq: u16,
    /// Originals.
    pub originals: u16,
    /// Copies.
    pub copies: u16,
    /// Whether it was received.
    pub received: bool,
}

/// What the officer entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receive {
    /// The new dossier's id, made by the caller.
    pub id: Uuid,
    /// Applicant.
    pub applicant: Applicant,
    /// Checklist; lines not named are taken as not received.
    pub components: Vec<ComponentGiven>,
    /// How it came.
    pub channel: Channel,
    /// How the result goes.
    pub result_channel: ResultChannel,
    /// Note.
    pub note: Option<String>,
    /// Officer.
    pub received_by: OfficerId,
    /// Counter.
    pub counter: CounterNumber,
    /// Ticket.
    pub ticket: Option<Uuid>,
}

impl Reception<'_> {
    /// Receives a dossier.
    pub fn receive(&self, given: Receive, now: Timestamp) -> Result<Outcome, Refusal> {
        let now = whole_microseconds(now);
        let day = business_day(now);
        let procedure = self.procedure;
        if !procedure.is_valid_on(day) {
            return Err(Refusal::UnknownProcedure { procedure: procedure.code.to_string() });
        }
        let applicant = checked(given.applicant, day)?;
        let note = short_text("note", given.note.as_deref().unwrap_or_default(), NOTE_LENGTH_MAX)?;
        let components = self.components(&given.components)?;
        let missing = components.iter().filter(|component| component.is_missing()).count();
        // An incomplete dossier is as a rule not received: the citizen is told what to add (form 02).
        // Whoever receives it all the same says why, and the slip says what is missing.
        if missing > 0 && note.is_empty() {
            return Err(Refusal::IncompleteWithoutReason { missing });
        }
        let code = self.codes.code(day, self.sequence)?;
        let fee_vnd = match procedure.fee.kind {
            FeeKind::Free => Some(0),
            FeeKind::Fee | FeeKind::Charge => procedure.fee.amount_vnd,
            FeeKind::SetByCouncil => None,
        };
        let dossier = Dossier {
            id: given.id,
            code,
            procedure: procedure.code.clone(),
            procedure_version: procedure.version,
            procedure_name: procedure.name.clone(),
            service: procedure.service.clone(),
            applicant,
            note: Some(note).filter(|note| !note.is_empty()),
            components,
            channel: given.channel,
            result_channel: given.result_channel,
            received_at: now,
            received_by: given.received_by,
            counter: given.counter,
            ticket: given.ticket,
            deadline: deadline(now, procedure.limit, self.calendar, self.rules, &[], given.channel),
            fee_vnd,
            state: NationalState::Received,
            origin: self.node.clone(),
            holder: self.node.clone(),
            term: 1,
            custody: Custody::Held,
            custody_note: None,
            last_hand_over: None,
            result: None,
            returned: None,
            rev: 1,
        };
        let effects = vec![
            Effect::PrintSlip { dossier: dossier.id },
            Effect::OfferRating {
                stage: Stage::Receipt,
                counter: dossier.counter,
                service: dossier.service.clone(),
            },
        ];
        Ok(Outcome { dossier, effects })
    }

    fn components(&self, given: &[ComponentGiven]) -> Result<Vec<ComponentReceived>, Refusal> {
        let mut seen = BTreeSet::new();
        for line in given {
            if !self.procedure.papers.iter().any(|paper| paper.seq == line.seq) {
                return Err(Refusal::UnknownComponent { seq: line.seq });
            }
            if !seen.insert(line.seq) {
                return Err(Refusal::ComponentTwice { seq: line.seq });
            }
        }
        let received = |seq| given.iter().find(|line| line.seq == seq);
        Ok(self
            .procedure
            .papers
            .iter()
            .map(|paper| {
                let line = received(paper.seq);
                ComponentReceived {
                    seq: paper.seq,
                    name: paper.name.clone(),
                    originals: line.map_or(0, |line| line.originals),
                    copies: line.map_or(0, |line| line.copies),
                    received: line.is_some_and(|line| line.received),
                    condition: paper.condition.clone(),
                    scans: Vec::new(),
                }
            })
            .collect())
    }
}

fn checked(applicant: Applicant, today: Date) -> Result<Applicant, Refusal> {
    let optional = |field, text: Option<String>, length_max| -> Result<Option<String>, Refusal> {
        let text = short_text(field, text.as_deref().unwrap_or_default(), length_max)?;
        Ok(Some(text).filter(|text| !text.is_empty()))
    };
    let name = name_text("applicant.name", &applicant.name, NAME_LENGTH_MAX)?;
    if !name.chars().any(char::is_alphabetic) {
        return Err(Refusal::ApplicantNameMissing);
    }
    let citizen_number = applicant.citizen_number.map(|number| normalise(number.trim()));
    let citizen_number = citizen_number.filter(|number| !number.is_empty());
    if citizen_number.as_deref().is_some_and(|number| !is_citizen_number(number)) {
        return Err(Refusal::BadCitizenNumber);
    }
    Ok(Applicant {
        name,
        citizen_number,
        birth_date: bounds::birth_date(applicant.birth_date, today)?,
        sex: applicant.sex,
        address: optional("applicant.address", applicant.address, ADDRESS_LENGTH_MAX)?,
        phone: bounds::phone(applicant.phone.as_deref())?,
    })
}
