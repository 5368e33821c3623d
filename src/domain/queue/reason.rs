//! Why a ticket was called: the policy, the line of it that decided, and the facts behind that line.
//!
//! These words are written into the journal with every call. Words are added, never changed; what a
//! line needs beyond the first policy's facts is written only where it is there.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::types::Class;
use crate::ids::CounterNumber;
use crate::refusal::{Refusal, told};

/// How the next ticket is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallPolicy {
    /// Priority first; once the oldest regular waited longer than the threshold, one and one.
    Guard,
    /// Priority first, always.
    Strict,
    /// So many regular calls of a counter for each priority one.
    Ratio,
    /// A minute of a priority caller counts as several; who waited longer so goes first.
    Ageing,
}

impl CallPolicy {
    /// Every policy with its word, as the settings and the command line name it; the default first.
    pub const WORDS: [(&'static str, Self); 4] = [
        ("guard", Self::Guard),
        ("strict", Self::Strict),
        ("ratio", Self::Ratio),
        ("ageing", Self::Ageing),
    ];

    /// The policy of a word.
    ///
    /// # Errors
    /// There is none with this word.
    pub fn parse(word: &str) -> Result<Self, Refusal> {
        let known = Self::WORDS.iter().find(|(known, _)| *known == word);
        known
            .map(|(_, policy)| *policy)
            .ok_or_else(|| Refusal::UnknownPolicy { policy: told(word) })
    }

    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Guard => "guard",
            Self::Strict => "strict",
            Self::Ratio => "ratio",
            Self::Ageing => "ageing",
        }
    }
}

/// Which line of the policy decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallRule {
    /// Only regular callers waited.
    OnlyRegular,
    /// Only priority callers waited.
    OnlyPriority,
    /// Both waited, and no regular caller longer than the threshold.
    PriorityFirst,
    /// A regular caller waited longer than the threshold, and it is the regular callers' turn.
    RegularTurn,
    /// A regular caller waited longer than the threshold, and it is the priority callers' turn.
    PriorityTurn,
    /// *strict*: both waited.
    PriorityAlways,
    /// *ratio*: the counter has called its regular callers since the last priority one.
    PriorityShare,
    /// *ratio*: it has not.
    RegularShare,
    /// *ageing*: the priority caller's wait counts for more.
    PriorityAged,
    /// *ageing*: the regular caller's wait is the longer one all the same.
    RegularAged,
    /// The policy would have called a priority caller once more past a regular one who was passed
    /// over as often as may be.
    OvertakenEnough,
    /// No call: the counter went straight on with the next service of the ticket that it had served.
    WentOn,
}

impl CallRule {
    /// Whether the number that was passed over is of the priority class, and the one that was called a
    /// regular one.
    #[must_use]
    pub fn passes_priority(self) -> bool {
        match self {
            Self::RegularTurn | Self::RegularShare | Self::RegularAged | Self::OvertakenEnough => {
                true
            }
            Self::OnlyRegular
            | Self::OnlyPriority
            | Self::PriorityFirst
            | Self::PriorityTurn
            | Self::PriorityAlways
            | Self::PriorityShare
            | Self::PriorityAged
            | Self::WentOn => false,
        }
    }
}

/// Why this ticket and no other: facts, from which a sentence is made elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallReason {
    /// The policy in force.
    pub policy: CallPolicy,
    /// The line that decided.
    pub rule: CallRule,
    /// How long the called ticket waited.
    pub waited_s: i64,
    /// The first ticket of the other class, which was passed over.
    #[serde(default)]
    pub over: Option<String>,
    /// How long that one has waited.
    #[serde(default)]
    pub over_waited_s: Option<i64>,
    /// The longest wait of a regular caller whom this counter may serve.
    #[serde(default)]
    pub oldest_regular_wait_s: Option<i64>,
    /// The wait after which regular callers get every second call.
    pub threshold_s: i64,
    /// The class of the counter's call before this one.
    #[serde(default)]
    pub previous: Option<Class>,
    /// The number that the line goes by, where it goes by one: regular calls for each priority one, how
    /// often a priority minute counts, how often a regular caller may be passed over. Not written for
    /// the lines without, whose entries stay as they always were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The appointment by which the ticket was called, where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appointment_at: Option<Timestamp>,
    /// The counter from which the ticket had come back to who sent it there, where it had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returned_from: Option<CounterNumber>,
}
