//! What the rating desk is asked.

use crate::actors::failure::Failure;
use actix::Message;
use domain::ids::CounterNumber;
use domain::rating::{RatingToken, Stage, Vote};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A token that was stored, with the secret that only the tablet gets.
#[derive(Clone, Message)]
#[rtype(result = "()")]
pub struct Offer {
    /// What the tablet shows back.
    pub secret: String,
    /// The token as stored.
    pub token: RatingToken,
}

/// Somebody else is called to a counter: what its tablet asks is not for them.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct Withdraw(pub CounterNumber);

/// Whether the tablet of a counter may vote now.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Option<TabletToken>")]
pub struct TokenOf(pub CounterNumber);

/// What a tablet needs for a vote.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct TabletToken {
    /// The secret.
    pub token: String,
    /// After which step.
    pub stage: Stage,
    /// Until when its ballot may be begun.
    pub expires_at: Timestamp,
}

/// A vote. It says neither from which tablet it comes nor at which counter that stands.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<VoteTaken, Failure>")]
pub struct Voting {
    /// Made by the tablet, random.
    pub client_id: String,
    /// The secret.
    pub token: String,
    /// What the citizen said.
    pub vote: Vote,
    /// When, by the tablet's word, if it could not bring the vote at once.
    pub cast_at: Option<Timestamp>,
}

/// The vote is stored. The answer does not say under which id: that would lead from a tablet, so from
/// a counter, to the vote in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoteTaken;
