//! What the console asks of dossiers, step by step, and what it is answered.

use super::dossier_views::{DossierRow, DossierView};
use super::procedures::DeadlineView;
use super::tickets::PrintJobStarted;
use super::words;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// What the officer entered at reception.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDossier {
    /// Code of the procedure.
    pub procedure: String,
    /// The counter.
    pub counter: u16,
    /// The ticket being served.
    #[serde(default)]
    pub ticket: Option<Uuid>,
    /// Whose dossier it is.
    pub applicant: NewApplicant,
    /// The checklist.
    pub components: Vec<GivenPaper>,
    /// `direct`, `online`, `post`.
    #[serde(default = "direct")]
    #[schema(value_type = words::Channel)]
    pub channel: String,
    /// `counter`, `online`, `post`.
    #[serde(default = "at_counter")]
    #[schema(value_type = words::ResultChannel)]
    pub result_channel: String,
    /// Free words; required when a paper without a condition is missing.
    #[serde(default)]
    pub note: Option<String>,
}

fn direct() -> String {
    "direct".to_owned()
}

fn at_counter() -> String {
    "counter".to_owned()
}

/// Whose dossier it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApplicant {
    /// As on the card.
    pub name: String,
    /// Twelve digits.
    #[serde(default)]
    pub citizen_number: Option<String>,
    /// `yyyy-mm-dd`.
    #[serde(default)]
    pub birth_date: Option<String>,
    /// `male`/`Nam` or `female`/`Nữ`.
    #[serde(default)]
    pub sex: Option<String>,
    /// Where they live.
    #[serde(default)]
    pub address: Option<String>,
    /// Telephone.
    #[serde(default)]
    pub phone: Option<String>,
}

/// A line of the checklist.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GivenPaper {
    /// Number in the procedure's list.
    pub seq: u16,
    /// Originals.
    #[serde(default)]
    pub originals: u16,
    /// Copies.
    #[serde(default)]
    pub copies: u16,
    /// Whether it was received.
    pub received: bool,
}

/// The answer to every step.
#[derive(Debug, Serialize, ToSchema)]
pub struct DossierAnswer {
    /// The dossier after it.
    pub dossier: DossierView,
    /// The deadline with its steps in words.
    pub deadline: DeadlineView,
    /// Whether the counter's tablet may vote now.
    pub rating_token_issued: bool,
    /// The short slip, if one is being printed.
    pub print_job: Option<PrintJobStarted>,
}

/// Which dossiers.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// `open`, `ready`, `returned`, `incoming`, `outgoing`, `declined`; all when absent.
    #[serde(default)]
    pub view: Option<String>,
    /// Words of the code, the applicant or the procedure, with or without tones.
    #[serde(default)]
    pub q: Option<String>,
    /// From 0.
    #[serde(default)]
    pub page: u32,
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct DossierPage {
    /// The dossiers, newest first.
    pub rows: Vec<DossierRow>,
    /// How many there are in all.
    pub total: u64,
    /// How many on a page.
    pub page_length: u32,
    /// Where to ask, when the words are the code of a dossier that is not here and another place of the unit
    /// gave it: that place.
    pub given_at: Option<String>,
}

/// The result is there.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResultGiven {
    /// What it is.
    pub title: String,
}

/// The result is handed out.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Returning {
    /// At which counter.
    pub counter: u16,
    /// Who takes it, when not the applicant.
    #[serde(default)]
    pub collector: Option<NewCollector>,
}

/// Who takes a result.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCollector {
    /// Name.
    pub name: String,
    /// Number of the card.
    #[serde(default)]
    pub number: Option<String>,
}

/// To whom a dossier is offered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandingOver {
    /// The node, as `06652-1`.
    pub to_node: String,
    /// What is said with it.
    #[serde(default)]
    pub note: Option<String>,
}

/// Why an offer is declined.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Declining {
    /// In the officer's words.
    #[serde(default)]
    pub reason: Option<String>,
}

/// Where the slip is printed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SlipWanted {
    /// The officer's own counter, whose printer prints it.
    pub counter: u16,
}
