//! A dossier as the console sees it: whole when it is opened, which the access log keeps; a row of a list
//! is less, because nobody writes down who has looked at a list.

use super::procedures::DeadlineView;
use super::views::word;
use super::words;
use domain::dossier::{Custody, Dossier};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Digits of a citizen's number that a list shows: enough to tell two people of one name apart.
const DIGITS_SHOWN: usize = 4;

/// A dossier in a list. `GET /dossiers/{id}` gives the whole.
#[derive(Clone, Serialize, ToSchema)]
pub struct DossierRow {
    /// Id, unique everywhere.
    pub id: Uuid,
    /// The code on the slip.
    pub code: String,
    /// Code of the procedure.
    pub procedure: String,
    /// Its name when the dossier came.
    pub procedure_name: String,
    /// Whose it is.
    pub applicant_name: String,
    /// The last digits of their number, the others as `*`.
    pub applicant_number: Option<String>,
    /// How it came.
    #[schema(value_type = words::Channel)]
    pub channel: String,
    /// How the result goes.
    #[schema(value_type = words::ResultChannel)]
    pub result_channel: String,
    /// When it was received.
    pub received_at: String,
    /// When it is due, on a clock in Viet Nam, `yyyy-mm-ddThh:mm:ss`.
    pub due: String,
    /// The same as an instant.
    pub due_at: String,
    /// What is to be paid in đồng, when the amount is known.
    pub fee_vnd: Option<u64>,
    /// The national state, 1 to 10.
    #[schema(minimum = 1, maximum = 10)]
    pub state: u8,
    /// The node that may edit it.
    pub holder: String,
    /// Where the right to edit is.
    pub custody: CustodyView,
    /// What was said with a hand-over, or with a refusal of one.
    pub custody_note: Option<String>,
    /// Why it is here again after a hand-over.
    pub last_hand_over: Option<HandOverEndView>,
    /// What the result is, once it is there.
    pub result_title: Option<String>,
    /// When it was returned.
    pub returned_at: Option<String>,
}

/// A dossier.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DossierView {
    /// Id, unique everywhere.
    pub id: Uuid,
    /// The code on the slip.
    pub code: String,
    /// Code of the procedure.
    pub procedure: String,
    /// Its version when the dossier came.
    pub procedure_version: u32,
    /// Its name then.
    pub procedure_name: String,
    /// Code of the service group.
    pub service: String,
    /// Whose it is.
    pub applicant: ApplicantView,
    /// The officer's note.
    pub note: Option<String>,
    /// The checklist.
    pub components: Vec<ComponentView>,
    /// How it came.
    #[schema(value_type = words::Channel)]
    pub channel: String,
    /// How the result goes.
    #[schema(value_type = words::ResultChannel)]
    pub result_channel: String,
    /// When it was received.
    pub received_at: String,
    /// Id of the officer who received it.
    pub received_by: String,
    /// At which counter.
    pub counter: u16,
    /// With which ticket.
    pub ticket: Option<Uuid>,
    /// The number on that ticket, where one dossier was asked for and this center gave it.
    pub ticket_label: Option<String>,
    /// When it is due, and why.
    pub deadline: DeadlineView,
    /// What is to be paid in đồng, when the amount is known.
    pub fee_vnd: Option<u64>,
    /// The national state, 1 to 10.
    #[schema(minimum = 1, maximum = 10)]
    pub state: u8,
    /// The node that received it.
    pub origin: String,
    /// The node that may edit it.
    pub holder: String,
    /// Grows with each holder.
    pub term: u64,
    /// Where the right to edit is.
    pub custody: CustodyView,
    /// What was said with a hand-over, or with a refusal of one.
    pub custody_note: Option<String>,
    /// Why it is here again after a hand-over.
    pub last_hand_over: Option<HandOverEndView>,
    /// The result, once it is there.
    pub result: Option<ResultView>,
    /// Its return.
    pub returned: Option<ReturnView>,
    /// Counts every change.
    pub rev: u64,
}

/// Whose dossier it is.
#[derive(Clone, Serialize, ToSchema)]
pub struct ApplicantView {
    /// Name, as on the card.
    pub name: String,
    /// Twelve digits.
    pub citizen_number: Option<String>,
    /// `yyyy-mm-dd`.
    pub birth_date: Option<String>,
    /// Sex.
    #[schema(value_type = Option<words::Sex>)]
    pub sex: Option<String>,
    /// Where they live.
    pub address: Option<String>,
    /// Telephone.
    pub phone: Option<String>,
}

/// A line of the checklist as it was received.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ComponentView {
    /// Number in the procedure's list.
    pub seq: u16,
    /// Name.
    pub name: String,
    /// Originals received.
    pub originals: u16,
    /// Copies received.
    pub copies: u16,
    /// Whether it was received.
    pub received: bool,
    /// When it is asked for at all; a paper with a condition never counts as missing.
    pub condition: Option<String>,
    /// Its scans; `GET /blobs/{sha256}` gives one.
    pub scans: Vec<ScanView>,
}

/// A scanned file.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ScanView {
    /// SHA-256 in hexadecimal.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
    /// `image/jpeg` or `application/pdf`.
    pub media_type: String,
    /// The file's name.
    pub name: Option<String>,
    /// Whether the file is at this node; the scans of a dossier that was handed over are not. Known for
    /// one dossier that is read.
    pub here: bool,
}

/// Where the right to edit is.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum CustodyView {
    /// With the holder.
    Held,
    /// Offered to another node; may be taken back until the hub has given it away.
    HandingOver {
        /// To whom.
        to: String,
        /// Since when.
        at: String,
    },
    /// The hub has offered it to another node, which has not answered yet; it can no longer be taken
    /// back.
    PassedOn {
        /// To whom.
        to: String,
        /// Since when.
        at: String,
        /// A take-back was asked for and came too late.
        too_late: bool,
    },
    /// Wanted back; the hub has not decided yet.
    TakingBack {
        /// From whom.
        to: String,
        /// Since when.
        at: String,
    },
    /// Offered to this node.
    Offered {
        /// By whom.
        from: String,
        /// Since when.
        at: String,
    },
    /// This node said no.
    Declined {
        /// Who had offered it.
        from: String,
        /// Since when.
        at: String,
    },
    /// Another node has it.
    AcceptedAway {
        /// Who.
        to: String,
    },
}

/// The last hand-over from here, when the dossier came back.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HandOverEndView {
    /// To whom it had been offered.
    pub to: String,
    /// `taken_back`, `declined` (why: `custody_note`), `no_box`.
    #[schema(value_type = words::HandOverEnding)]
    pub how: String,
    /// Since when.
    pub at: String,
}

/// The result is there.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ResultView {
    /// What it is.
    pub title: String,
    /// Since when.
    pub ready_at: String,
    /// Who entered it.
    pub by: String,
}

/// The result was handed out.
#[derive(Clone, Serialize, ToSchema)]
pub struct ReturnView {
    /// When.
    pub at: String,
    /// By whom.
    pub by: String,
    /// Who took it, when not the applicant.
    pub collector: Option<CollectorView>,
}

/// Who took a result for the applicant.
#[derive(Clone, Serialize, ToSchema)]
pub struct CollectorView {
    /// Name.
    pub name: String,
    /// Number of the card.
    pub number: Option<String>,
}

// What is sealed in the journal does not show in logs either.
impl std::fmt::Debug for ApplicantView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ApplicantView(sealed)")
    }
}

impl std::fmt::Debug for DossierRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DossierRow").field("id", &self.id).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for ReturnView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReturnView").field("at", &self.at).finish_non_exhaustive()
    }
}

impl From<&Custody> for CustodyView {
    fn from(custody: &Custody) -> Self {
        match custody {
            Custody::Held => Self::Held,
            Custody::HandingOver { to, at } => {
                Self::HandingOver { to: to.to_string(), at: at.to_string() }
            }
            Custody::PassedOn { to, at, too_late } => {
                Self::PassedOn { to: to.to_string(), at: at.to_string(), too_late: *too_late }
            }
            Custody::TakingBack { to, at } => {
                Self::TakingBack { to: to.to_string(), at: at.to_string() }
            }
            Custody::Offered { from, at } => {
                Self::Offered { from: from.to_string(), at: at.to_string() }
            }
            Custody::Declined { from, at } => {
                Self::Declined { from: from.to_string(), at: at.to_string() }
            }
            Custody::AcceptedAway { to } => Self::AcceptedAway { to: to.to_string() },
        }
    }
}

/// All but the last digits hidden.
fn masked(number: &str) -> String {
    let hidden = number.chars().count().saturating_sub(DIGITS_SHOWN);
    number.chars().enumerate().map(|(at, c)| if at < hidden { '*' } else { c }).collect()
}

fn hand_over_end(dossier: &Dossier) -> Option<HandOverEndView> {
    dossier.last_hand_over.as_ref().map(|end| HandOverEndView {
        to: end.to.to_string(),
        how: word(&end.how),
        at: end.at.to_string(),
    })
}

impl From<&Dossier> for DossierRow {
    fn from(dossier: &Dossier) -> Self {
        let DeadlineView { due, due_at, .. } = DeadlineView::from(&dossier.deadline);
        Self {
            id: dossier.id,
            code: dossier.code.clone(),
            procedure: dossier.procedure.to_string(),
            procedure_name: dossier.procedure_name.clone(),
            applicant_name: dossier.applicant.name.clone(),
            applicant_number: dossier.applicant.citizen_number.as_deref().map(masked),
            channel: word(&dossier.channel),
            result_channel: word(&dossier.result_channel),
            received_at: dossier.received_at.to_string(),
            due,
            due_at,
            fee_vnd: dossier.fee_vnd,
            state: dossier.state.number(),
            holder: dossier.holder.to_string(),
            custody: CustodyView::from(&dossier.custody),
            custody_note: dossier.custody_note.clone(),
            last_hand_over: hand_over_end(dossier),
            result_title: dossier.result.as_ref().map(|result| result.title.clone()),
            returned_at: dossier.returned.as_ref().map(|returned| returned.at.to_string()),
        }
    }
}

impl From<&Dossier> for DossierView {
    fn from(dossier: &Dossier) -> Self {
        let applicant = &dossier.applicant;
        Self {
            id: dossier.id,
            code: dossier.code.clone(),
            procedure: dossier.procedure.to_string(),
            procedure_version: dossier.procedure_version,
            procedure_name: dossier.procedure_name.clone(),
            service: dossier.service.to_string(),
            applicant: ApplicantView {
                name: applicant.name.clone(),
                citizen_number: applicant.citizen_number.clone(),
                birth_date: applicant.birth_date.map(|date| date.to_string()),
                sex: applicant.sex.as_ref().map(word),
                address: applicant.address.clone(),
                phone: applicant.phone.clone(),
            },
            note: dossier.note.clone(),
            components: dossier.components.iter().map(component).collect(),
            channel: word(&dossier.channel),
            result_channel: word(&dossier.result_channel),
            received_at: dossier.received_at.to_string(),
            received_by: dossier.received_by.to_string(),
            counter: dossier.counter.0,
            ticket: dossier.ticket,
            ticket_label: None,
            deadline: DeadlineView::from(&dossier.deadline),
            fee_vnd: dossier.fee_vnd,
            state: dossier.state.number(),
            origin: dossier.origin.to_string(),
            holder: dossier.holder.to_string(),
            term: dossier.term,
            custody: CustodyView::from(&dossier.custody),
            custody_note: dossier.custody_note.clone(),
            last_hand_over: hand_over_end(dossier),
            result: dossier.result.as_ref().map(|result| ResultView {
                title: result.title.clone(),
                ready_at: result.ready_at.to_string(),
                by: result.by.to_string(),
            }),
            returned: dossier.returned.as_ref().map(|returned| ReturnView {
                at: returned.at.to_string(),
                by: returned.by.to_string(),
                collector: returned.collector.as_ref().map(|collector| CollectorView {
                    name: collector.name.clone(),
                    number: collector.number.clone(),
                }),
            }),
            rev: dossier.rev,
        }
    }
}

fn component(received: &domain::dossier::ComponentReceived) -> ComponentView {
    ComponentView {
        seq: received.seq,
        name: received.name.clone(),
        originals: received.originals,
        copies: received.copies,
        received: received.received,
        condition: received.condition.clone(),
        scans: received
            .scans
            .iter()
            .map(|scan| ScanView {
                sha256: scan.sha256.clone(),
                size: scan.size,
                media_type: scan.media_type.clone(),
                name: scan.name.clone(),
                here: true,
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_shows_the_last_four_digits_of_a_number() {
        assert_eq!(masked("022199000123"), "********0123");
        assert_eq!(masked("123"), "123");
    }
}
