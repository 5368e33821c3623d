//! How things stand, as the pages get it.

use super::words;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// Whether the center works.
#[derive(Debug, Serialize, ToSchema)]
pub struct HealthView {
    /// The node.
    pub node: String,
    /// Name of the center.
    pub unit_name: String,
    /// Version of the program.
    pub version: String,
    /// The center's clock.
    pub now: String,
    /// `ok`, or the code of what is wrong with the store.
    pub store: String,
    /// `ok`; `wrong` when the machine's clock is and the time is counted on without it; `suspect` when
    /// nothing confirms the time.
    #[schema(value_type = words::ClockState)]
    pub clock: String,
    /// `ok`, `low`, `tight`, `scans_stopped`, `unknown`.
    pub disk: String,
    /// Free bytes on the disk, when known.
    pub disk_free_bytes: Option<u64>,
    /// What the last nightly checks found.
    pub checks: Vec<CheckView>,
    /// The line to the province; nothing in the first moments.
    pub uplink: Option<UplinkView>,
    /// A restore that is not over.
    pub restore: Option<RestoreView>,
    /// What would be lost if this disk died now; nothing while the tables cannot be read.
    pub at_risk: Option<AtRiskView>,
}

/// What only this disk has.
#[derive(Debug, Serialize, ToSchema)]
pub struct AtRiskView {
    /// Entries that neither the hub nor the second medium has.
    pub entries: u64,
    /// Scans that neither the hub nor the second medium has.
    pub scans: u64,
    /// Votes of past hours that lie in the box until they are journalled together, at least so many: whole
    /// fives. How many exactly, and how many of this hour, nobody is told: it would say who voted.
    pub votes: u64,
    /// `off`, `ok`, `missing`, `full`, `slow`, `failing`.
    pub medium: String,
}

/// A restore that is under way, or that did not bring what the hub said.
#[derive(Debug, Serialize, ToSchema)]
pub struct RestoreView {
    /// Subjects of the second part that are here.
    pub subjects: u64,
    /// How many there will be; nothing while the hub has not said so.
    pub of: Option<u64>,
    /// What came is not what the hub's books say: a person must look.
    pub differs: bool,
}

/// What the last check of a kind found.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckView {
    /// `journal`, `database`, `blobs`.
    pub name: String,
    /// When it ended.
    pub at: String,
    /// How many entries, tables or scans were looked at.
    pub looked_at: u64,
    /// How much is wrong.
    pub problems: u64,
}

/// The machine's clock as the console tells it; also the live topic `clock`.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ClockView {
    /// `ok`, `wrong`, `suspect`.
    #[schema(value_type = words::ClockState)]
    pub state: String,
    /// The time that the center goes by.
    pub now: String,
    /// What the machine's clock shows.
    pub machine: String,
}

/// What time it is, by the head's word.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClockSet {
    /// On a clock in Viet Nam, `yyyy-mm-ddThh:mm`.
    pub at: String,
}

/// A live topic's newest state with its version.
#[derive(Debug, Serialize, ToSchema)]
pub struct Versioned<T> {
    /// Grows with every change.
    pub version: u64,
    /// When it became so.
    pub at: String,
    /// The state.
    #[serde(flatten)]
    pub data: T,
}

/// The line to the province.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct UplinkView {
    /// `not_enrolled`, `offline`, `greeting`, `online`, `frozen`.
    #[schema(value_type = words::UplinkState)]
    pub state: String,
    /// Entries that the hub has not acknowledged.
    pub entries_waiting: u64,
    /// Scans that the hub does not have.
    pub blobs_waiting: u64,
    /// Their bytes.
    pub bytes_waiting: u64,
    /// When the hub last acknowledged something.
    pub last_ack_at: Option<String>,
    /// Stable code of what a person should look at.
    pub reason_code: Option<String>,
    /// Connections to the province since the start.
    pub connections: u64,
    /// Frames sent and not acknowledged.
    pub frames_under_way: u64,
    /// Frames sent more than once since the start.
    pub frames_repeated: u64,
    /// Messages that came with other bytes than were sent, since the start.
    pub messages_spoilt: u64,
    /// Things that happened once and that the events tell: forged messages, parked entries.
    pub reports: u64,
}

/// What the hall's screens draw; also the live topic `hall`.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct HallView {
    /// Name of the center.
    pub unit_name: String,
    /// The last calls, newest first.
    pub calls: Vec<HallCallView>,
    /// What is called at this moment.
    pub now: Option<HallNowView>,
    /// Every counter.
    pub counters: Vec<HallCounterView>,
    /// The next numbers.
    pub next: Vec<String>,
    /// How long somebody who takes a number now will wait, by service group.
    #[serde(default)]
    pub waits: Vec<HallWaitView>,
}

/// How long somebody who takes a number of a service group now will wait.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct HallWaitView {
    /// Code of the service group.
    pub service: String,
    /// Its name in Vietnamese.
    pub name_vi: String,
    /// Its name in English.
    pub name_en: String,
    /// Minutes at the short end; nothing while no counter that serves it is open.
    pub low_min: Option<u32>,
    /// Minutes at the long end.
    pub high_min: Option<u32>,
    /// The end of the break that lies in it, `HH:MM` in Vietnam.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub break_until: Option<String>,
    /// The end of the day, past which it may run, `HH:MM` in Vietnam.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closes_at: Option<String>,
}

/// A line of the called list.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct HallCallView {
    /// The number on the ticket.
    pub label: String,
    /// Where the citizen is expected.
    pub counter: u16,
    /// `call`, or `recall` when called again.
    #[schema(value_type = words::CallKind)]
    pub kind: String,
    /// When.
    pub at: String,
}

/// The large line.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct HallNowView {
    /// The number on the ticket.
    pub label: String,
    /// Where the citizen is expected.
    pub counter: u16,
    /// When it began; it begins anew with a recall of the same number, and when it is said once more.
    pub since: String,
    /// The clips that a screen plays one after the other, each an address under `/api/v1/voice/`.
    pub voice: Vec<String>,
    /// How its citizen gets there: from the hall, on from another counter, or back to the one that had
    /// sent them there.
    #[serde(default)]
    #[schema(value_type = words::CallWay)]
    pub way: String,
    /// Whether a result is returned there.
    #[serde(default)]
    pub result: bool,
}

/// A counter as the hall sees it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct HallCounterView {
    /// Its number.
    pub number: u16,
    /// Its name.
    pub name: String,
    /// `closed`, `open`, `paused`.
    #[schema(value_type = words::CounterState)]
    pub state: String,
    /// The number that is at this counter.
    pub label: Option<String>,
    /// Whether its citizen is being served; else it is still called.
    #[serde(default)]
    pub serving: bool,
    /// Why it is paused.
    #[serde(default)]
    #[schema(value_type = Option<words::PauseReason>)]
    pub pause_reason: Option<String>,
    /// Codes of the service groups whose tickets it may call.
    #[serde(default)]
    pub services: Vec<String>,
}

/// A message of the province.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageView {
    /// Its id.
    pub id: String,
    /// What it says.
    pub text: String,
    /// Who says it.
    pub from: String,
    /// When it was written.
    pub at: String,
    /// When somebody here read it.
    pub read_at: Option<String>,
    /// Who.
    pub read_by: Option<String>,
    /// Every officer who has read it; it stands over the pages of all others.
    pub readers: Vec<String>,
}

/// Something for the technician.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventView {
    /// When.
    pub at: String,
    /// Stable code.
    pub code: String,
    /// Device or part of the daemon.
    pub source: String,
    /// Further facts.
    #[schema(value_type = Object)]
    pub detail: Value,
}

/// How many.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Lines {
    /// At most so many, newest first.
    #[serde(default)]
    pub limit: Option<u32>,
}

/// The votes that are counted.
#[derive(Debug, Serialize, ToSchema)]
pub struct RatingSummary {
    /// By stage, level and service group: groups of five or more of days that are over.
    pub counts: Vec<RatingCountView>,
    /// Of the votes of past hours that are journalled when their day is over, at least so many: whole
    /// fives.
    pub not_yet_counted: u64,
}

/// Votes of one kind.
#[derive(Debug, Serialize, ToSchema)]
pub struct RatingCountView {
    /// `receipt` or `return`.
    #[schema(value_type = words::Stage)]
    pub stage: String,
    /// What was said.
    #[schema(value_type = words::Level)]
    pub level: String,
    /// About which service group; none where too few were asked about it on the day of the vote.
    pub service: Option<String>,
    /// How many.
    pub count: u64,
}
