//! Tokens in memory: which is shown where, which may still be used; and the box of votes that are not
//! journalled yet. No actix, no clock.

use super::messages::{Offer, TabletToken};
use domain::ballot::{self, Asked};
use domain::ids::{CounterNumber, ServiceCode};
use domain::rating::{LATE_MAX_S, Rating, Stage, TallyMark, Vote, Within, whole_hour};
use domain::refusal::Refusal;
use domain::time::business_day;
use jiff::{SignedDuration, Timestamp};
use journal::hex;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use std::collections::{BTreeMap, HashMap};
use store::query::ratings::{KnownToken, TokenState};
use uuid::Uuid;

/// How long after its end a token is still known: as long as a vote that was given in time may arrive,
/// and an hour more, so that a later one is told why it is refused.
pub(super) const KNOWN_AFTER_END: SignedDuration = SignedDuration::from_secs(LATE_MAX_S + 3600);

/// A new secret for a tablet: 128 random bits. `None` when the machine gives no chance.
#[must_use]
pub fn new_secret() -> Option<String> {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(hex::encode(&bytes))
}

/// The hash under which a secret is stored.
pub(crate) fn hash_of(secret: &str) -> String {
    hex::encode(digest(&SHA256, secret.as_bytes()).as_ref())
}

/// All tokens that may still matter, and the box.
#[derive(Default)]
pub(super) struct Desk {
    tokens: HashMap<String, KnownToken>,
    shown: HashMap<CounterNumber, Shown>,
    held: HashMap<Uuid, Rating>,
    asked: BTreeMap<(Timestamp, Stage, ServiceCode), u32>,
}

struct Shown {
    secret: String,
    hash: String,
}

/// What the tables hold.
pub(super) struct Loaded {
    pub(super) tokens: Vec<KnownToken>,
    pub(super) held: Vec<Rating>,
    pub(super) asked: Vec<Asked>,
}

/// A vote as the tablet sent it.
pub(super) struct Ballot {
    /// Hash of the token's secret.
    pub(super) token_hash: String,
    /// What a repetition is known by.
    pub(super) answered: [u8; 32],
    pub(super) vote: Vote,
    /// When the citizen pressed, if the tablet had to keep the vote.
    pub(super) cast_at: Option<Timestamp>,
}

impl Ballot {
    /// The hash holds the tablet's own id of the vote, which is random and kept nowhere: nobody can
    /// find out by trying what was voted.
    pub(super) fn new(
        secret: &str,
        client_id: &str,
        vote: Vote,
        cast_at: Option<Timestamp>,
    ) -> Self {
        let sent = format!("{secret}\n{client_id}\n{vote:?}");
        let mut answered = [0; 32];
        answered.copy_from_slice(digest(&SHA256, sent.as_bytes()).as_ref());
        Self { token_hash: hash_of(secret), answered, vote, cast_at }
    }
}

/// What becomes of a vote.
#[derive(Debug)]
pub(super) enum Decided {
    /// It was taken before.
    Before,
    /// It is taken now.
    Now { rating: Rating, tally: Option<TallyMark>, counter: CounterNumber },
}

impl Desk {
    /// From what the tables hold.
    pub(super) fn new(loaded: Loaded) -> Self {
        let Loaded { tokens, held, asked } = loaded;
        Self {
            tokens: tokens.into_iter().map(|known| (known.token_hash.clone(), known)).collect(),
            shown: HashMap::new(),
            held: held.into_iter().map(|vote| (vote.id, vote)).collect(),
            asked: asked
                .into_iter()
                .map(|Asked { hour, stage, service, count }| ((hour, stage, service), count))
                .collect(),
        }
    }

    /// Takes the tables over and keeps what tablets show, as far as it is still there.
    pub(super) fn reload(&mut self, loaded: Loaded) {
        let shown = std::mem::take(&mut self.shown);
        *self = Self::new(loaded);
        self.shown = shown;
        self.shown.retain(|_, shown| self.tokens.contains_key(&shown.hash));
    }

    /// A token may be shown now; the counter's older one may still be used, but is not told any more.
    pub(super) fn offer(&mut self, offer: Offer, now: Timestamp) {
        let Offer { secret, token } = offer;
        self.tokens.retain(|_, known| now.duration_since(known.ends_at) < KNOWN_AFTER_END);
        let asked = (whole_hour(token.issued_at), token.stage, token.service.clone());
        *self.asked.entry(asked).or_default() += 1;
        let hash = token.token_hash.clone();
        self.shown.insert(token.counter, Shown { secret, hash: hash.clone() });
        let ends_at = token.expires_at;
        let known =
            KnownToken { token_hash: hash.clone(), state: TokenState::Open(token), ends_at };
        self.tokens.insert(hash, known);
    }

    /// A counter's tablet is told of no question any more. The token takes its vote as before: who has
    /// begun the ballot finishes it. Says whether there was one.
    pub(super) fn withdraw(&mut self, counter: CounterNumber) -> bool {
        self.shown.remove(&counter).is_some()
    }

    /// What a counter's tablet may use.
    pub(super) fn shown_at(&self, counter: CounterNumber, now: Timestamp) -> Option<TabletToken> {
        let shown = self.shown.get(&counter)?;
        let TokenState::Open(token) = &self.tokens.get(&shown.hash)?.state else { return None };
        (now <= token.expires_at).then(|| TabletToken {
            token: shown.secret.clone(),
            stage: token.stage,
            expires_at: token.expires_at,
        })
    }

    /// Decides about a vote. `id` is random.
    pub(super) fn vote(
        &self,
        ballot: &Ballot,
        id: Uuid,
        now: Timestamp,
    ) -> Result<Decided, Refusal> {
        match self.tokens.get(&ballot.token_hash).map(|known| &known.state) {
            None => Err(Refusal::UnknownToken),
            Some(TokenState::Used(answered)) if *answered == ballot.answered => Ok(Decided::Before),
            Some(TokenState::Used(_)) => Err(Refusal::TokenUsed),
            Some(TokenState::Open(token)) => {
                let (rating, tally) = token.vote(id, ballot.vote.clone(), ballot.cast_at, now)?;
                Ok(Decided::Now { rating, tally, counter: token.counter })
            }
        }
    }

    /// A token that is being used up, and its vote in the box: no second vote gets through while the
    /// first is on its way.
    pub(super) fn apply(&mut self, ballot: &Ballot, rating: Rating, now: Timestamp) {
        let used = KnownToken {
            token_hash: ballot.token_hash.clone(),
            state: TokenState::Used(ballot.answered),
            ends_at: ballot::used_known_until(now),
        };
        self.tokens.insert(ballot.token_hash.clone(), used);
        self.held.insert(rating.id, rating);
    }

    /// The votes that may be journalled now.
    pub(super) fn may_leave(&self, now: Timestamp) -> Vec<Rating> {
        if self.held.is_empty() {
            return Vec::new();
        }
        let asked: Vec<Asked> = self
            .asked
            .iter()
            .map(|((hour, stage, service), count)| Asked {
                hour: *hour,
                stage: *stage,
                service: service.clone(),
                count: *count,
            })
            .collect();
        ballot::may_leave(self.held.values(), &asked, now)
    }

    /// Votes are journalled. Who was asked on a day that is over hides nobody any more.
    pub(super) fn left(&mut self, ids: &[Uuid], now: Timestamp) {
        for id in ids {
            self.held.remove(id);
        }
        if let Some(before) = self.asked_before(&[], now) {
            self.asked.retain(|(hour, ..), _| *hour >= before);
        }
    }

    /// Where yesterday begins, if no older vote is in the box once some have left for which it matters who
    /// was asked; and none can come: one that a tablet kept is a vote of the day on which it comes, and
    /// waits for company, however long.
    pub(super) fn asked_before(&self, leaving: &[Uuid], now: Timestamp) -> Option<Timestamp> {
        let today = business_day(now);
        let yesterday = today.yesterday().unwrap_or(today);
        let none_older = self.held.values().all(|vote| {
            leaving.contains(&vote.id)
                || vote.within == Within::Day
                || business_day(vote.at) >= yesterday
        });
        none_older.then(|| domain::time::instant(yesterday.at(0, 0, 0, 0)))
    }

    /// How many votes are in the box.
    pub(super) fn held_count(&self) -> usize {
        self.held.len()
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

    /// Whether no tablet shows anything and the box is empty.
    pub(super) fn idle(&self) -> bool {
        self.shown.is_empty() && self.held.is_empty()
    }
}
