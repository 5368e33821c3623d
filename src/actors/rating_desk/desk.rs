//! Tokens in memory: which is shown where, which may still be used. No actix, no clock.

use super::messages::{Offer, TabletToken};
use domain::ids::CounterNumber;
use domain::rating::{LATE_MAX_S, OfficerTally, Rating, RatingToken, Vote};
use domain::refusal::Refusal;
use jiff::{SignedDuration, Timestamp};
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use std::collections::HashMap;
use uuid::Uuid;

/// How long after its end a token is still known: as long as a vote that was given in time may arrive,
/// and an hour more, so that a later one is told why it is refused.
pub(super) const KNOWN_AFTER_END: SignedDuration = SignedDuration::from_secs(LATE_MAX_S + 3600);

/// A new secret for a tablet: 128 random bits. `None` when the machine gives no chance.
#[must_use]
pub fn new_secret() -> Option<String> {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(hex(&bytes))
}

/// The hash under which a secret is stored.
pub(crate) fn hash_of(secret: &str) -> String {
    hex(digest(&SHA256, secret.as_bytes()).as_ref())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// All tokens that may still matter.
#[derive(Default)]
pub(super) struct Desk {
    tokens: HashMap<String, RatingToken>,
    shown: HashMap<CounterNumber, Shown>,
}

struct Shown {
    secret: String,
    hash: String,
}

/// A vote that was decided.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) token: RatingToken,
    pub(super) rating: Rating,
    pub(super) tally: Option<OfficerTally>,
}

impl Desk {
    /// From the tokens that the table holds.
    pub(super) fn new(tokens: Vec<RatingToken>) -> Self {
        let tokens = tokens.into_iter().map(|token| (token.token_hash.clone(), token)).collect();
        Self { tokens, shown: HashMap::new() }
    }

    /// Takes the table's tokens over and keeps what tablets show, as far as it is still there.
    pub(super) fn reload(&mut self, tokens: Vec<RatingToken>) {
        let shown = std::mem::take(&mut self.shown);
        *self = Self::new(tokens);
        self.shown = shown;
        self.shown.retain(|_, shown| self.tokens.contains_key(&shown.hash));
    }

    /// A token may be shown now; the counter's older one may still be used, but is not shown.
    pub(super) fn offer(&mut self, offer: Offer, now: Timestamp) {
        self.tokens.retain(|_, token| now.duration_since(token.expires_at) < KNOWN_AFTER_END);
        let hash = offer.token.token_hash.clone();
        self.shown.insert(offer.token.counter, Shown { secret: offer.secret, hash: hash.clone() });
        self.tokens.insert(hash, offer.token);
    }

    /// What a counter's tablet may use.
    pub(super) fn shown_at(&self, counter: CounterNumber, now: Timestamp) -> Option<TabletToken> {
        let shown = self.shown.get(&counter)?;
        let token = self.tokens.get(&shown.hash)?;
        (!token.used && now <= token.expires_at).then(|| TabletToken {
            token: shown.secret.clone(),
            stage: token.stage,
            expires_at: token.expires_at,
        })
    }

    /// Decides about a vote.
    pub(super) fn vote(
        &self,
        secret: &str,
        (vote, cast_at): (Vote, Option<Timestamp>),
        id: Uuid,
        now: Timestamp,
    ) -> Result<Step, Refusal> {
        let token = self.tokens.get(&hash_of(secret)).ok_or(Refusal::UnknownToken)?;
        let (token, rating, tally) = token.vote(id, vote, cast_at, now)?;
        Ok(Step { token, rating, tally })
    }

    /// A token that is being used up: no second vote gets through while the first is on its way.
    pub(super) fn apply(&mut self, token: &RatingToken) {
        self.tokens.insert(token.token_hash.clone(), token.clone());
    }

    /// Forgets what is shown and can no longer be used; returns the counters.
    pub(super) fn hide_ended(&mut self, now: Timestamp) -> Vec<CounterNumber> {
        let ended: Vec<CounterNumber> = self
            .shown
            .keys()
            .filter(|counter| self.shown_at(**counter, now).is_none())
            .copied()
            .collect();
        for counter in &ended {
            self.shown.remove(counter);
        }
        ended
    }

    /// Whether no tablet shows anything.
    pub(super) fn idle(&self) -> bool {
        self.shown.is_empty()
    }
}
