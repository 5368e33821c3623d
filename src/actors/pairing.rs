//! Screens, kiosks and tablets that ask to be let in: each shows a short code, and a head of the center
//! says yes or no to it at the console.
//!
//! What it owns: the open requests, in memory only and for [`VALID_FOR`]. What it leaves to others: the
//! tokens (`crate::api`'s accounts, over the store) and who may decide. A request is asked about by a
//! secret that only its browser has; the code that everybody in the hall can read opens nothing. After a
//! restart of the daemon the requests are gone and the pages ask anew by themselves; one that was
//! approved before it is found by its token in the store.
//!
//! Nobody is signed in who asks here, so everything is bounded by the address that asks: open requests,
//! new requests a minute, wrong secrets a minute. A right secret is never counted.

use ring::rand::SecureRandom as _;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use store::records::DeviceToken;
use web::DeviceRole;
use web::session::TokenHash;
use web::throttle::network;

/// The letters of a code: none that is taken for another, read from afar or told by telephone.
pub const LETTERS: &[u8; 22] = b"ACDEFHJKMNPQRTVWXY3479";
/// Letters of a code: 113 million codes for at most [`OPEN_MAX`] open ones.
pub const CODE_LENGTH: usize = 6;
/// So long a code is good for; then its page asks for another one.
pub const VALID_FOR: Duration = Duration::from_secs(10 * 60);
/// Open requests; one more takes the place of an answered one, else of the oldest of an address that has
/// several, else it is refused.
pub const OPEN_MAX: usize = 64;
/// Open requests of one address; one more takes the place of its oldest.
pub const OPEN_PER_ADDRESS_MAX: usize = 4;
/// Requests that one address may open in a minute; a further one waits.
pub const OPENED_A_MINUTE_MAX: u32 = 30;
/// Wrong secrets that one address may send in a minute and have looked for; further ones are refused
/// unseen.
pub const WRONG_A_MINUTE_MAX: u32 = 30;
/// Addresses that are counted; of one more, the one whose minute began first is forgotten.
pub const ADDRESSES_MAX: usize = 1_024;
/// The longest name of a browser that is shown; the rest is cut off. Characters.
pub const USER_AGENT_LENGTH_MAX: usize = 160;

const MINUTE: Duration = Duration::from_secs(60);
/// A byte is cut to so many values before it stands for a letter: the fewest that hold all letters.
const LETTER_MASK: u8 = 31;

/// What a page asks for, and with which secrets.
#[derive(Debug, Clone)]
pub struct Wish {
    /// What it is there for.
    pub role: DeviceRole,
    /// Where it stands in the network.
    pub address: IpAddr,
    /// What its browser calls itself.
    pub user_agent: String,
    /// What it asks about this request with.
    pub claim: TokenHash,
    /// The token that it will have when the answer is yes.
    pub token: TokenHash,
}

/// Where a request stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Nobody has said anything.
    Waiting,
    /// Somebody is saying yes or no at this moment.
    Deciding,
    /// Yes; with the token as it is stored.
    Approved(Box<DeviceToken>),
    /// No.
    Refused,
}

/// A request.
#[derive(Debug, Clone)]
pub struct Asked {
    /// What stands on the device's screen.
    pub code: String,
    /// What was asked for.
    pub wish: Wish,
    /// Where it stands.
    pub state: State,
    opened_at: Instant,
}

impl Asked {
    /// How long it has been open.
    #[must_use]
    pub fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.opened_at)
    }

    /// Whether somebody has said yes or no.
    fn is_answered(&self) -> bool {
        matches!(self.state, State::Approved(_) | State::Refused)
    }

    /// How long its code is good for.
    #[must_use]
    pub fn left(&self, now: Instant) -> Duration {
        VALID_FOR.saturating_sub(self.age(now))
    }
}

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Declined {
    /// This address asks too often; to be asked again after so long.
    TooFast(Duration),
    /// Too many devices of too many addresses ask at once.
    Full,
    /// No open request has this code.
    UnknownCode,
    /// Somebody was there first; where the request stands.
    Decided(State),
}

/// Counts by the address and the minute.
#[derive(Debug, Default)]
struct Rates(HashMap<IpAddr, (Instant, u32)>);

impl Rates {
    fn count(&mut self, network: IpAddr, max: u32, now: Instant) -> Result<(), Declined> {
        if !self.0.contains_key(&network) && self.0.len() >= ADDRESSES_MAX {
            let oldest = self.0.iter().min_by_key(|(_, (began, _))| *began);
            if let Some(oldest) = oldest.map(|(network, _)| *network) {
                self.0.remove(&oldest);
            }
        }
        let (began, count) = self.0.entry(network).or_insert((now, 0));
        let passed = now.saturating_duration_since(*began);
        if passed >= MINUTE {
            (*began, *count) = (now, 0);
        } else if *count >= max {
            return Err(Declined::TooFast(MINUTE - passed));
        }
        *count += 1;
        Ok(())
    }
}

/// The open requests. Plain: time and codes are passed in.
#[derive(Debug, Default)]
pub struct PairingDesk {
    open: Vec<Asked>,
    opened: Rates,
    wrong: Rates,
}

impl PairingDesk {
    /// Whether an open request has this code.
    #[must_use]
    pub fn knows(&self, code: &str) -> bool {
        self.open.iter().any(|asked| asked.code == code)
    }

    /// Opens a request under a code that no open one has.
    ///
    /// # Errors
    /// The address asks too often, or too many devices ask at once.
    pub fn open(&mut self, wish: Wish, code: String, now: Instant) -> Result<Asked, Declined> {
        let asking = network(wish.address);
        self.opened.count(asking, OPENED_A_MINUTE_MAX, now)?;
        self.forget_old(now);
        self.make_room(asking)?;
        let asked = Asked { code, wish, state: State::Waiting, opened_at: now };
        self.open.push(asked.clone());
        Ok(asked)
    }

    /// The request of a secret. `None` when there is none, which is counted against the address.
    ///
    /// # Errors
    /// The address sent too many wrong secrets: this one was not looked for further.
    pub fn of_claim(
        &mut self,
        claim: TokenHash,
        address: IpAddr,
        now: Instant,
    ) -> Result<Option<Asked>, Declined> {
        self.forget_old(now);
        if let Some(asked) = self.open.iter().find(|asked| asked.wish.claim == claim) {
            return Ok(Some(asked.clone()));
        }
        self.wrong.count(network(address), WRONG_A_MINUTE_MAX, now).map(|()| None)
    }

    /// The requests that wait for an answer, the oldest first.
    pub fn waiting(&mut self, now: Instant) -> Vec<Asked> {
        self.forget_old(now);
        self.open.iter().filter(|asked| asked.state == State::Waiting).cloned().collect()
    }

    /// Somebody begins to answer: nobody else can until [`Self::settle`].
    ///
    /// # Errors
    /// There is no such code, or somebody was there first.
    pub fn begin(&mut self, code: &str, now: Instant) -> Result<Asked, Declined> {
        self.forget_old(now);
        let found = self.open.iter_mut().find(|asked| asked.code == code);
        let asked = found.ok_or(Declined::UnknownCode)?;
        if asked.state != State::Waiting {
            return Err(Declined::Decided(asked.state.clone()));
        }
        asked.state = State::Deciding;
        Ok(asked.clone())
    }

    /// The answer. A request that is over meanwhile stays so.
    pub fn settle(&mut self, code: &str, state: State) {
        let found = self.open.iter_mut().find(|asked| asked.code == code);
        if let Some(asked) = found.filter(|asked| asked.state == State::Deciding) {
            asked.state = state;
        }
    }

    /// The token of a request was withdrawn: it is answered no more, neither its page nor the console.
    pub fn forget(&mut self, token: TokenHash) {
        self.open.retain(|asked| asked.wish.token != token);
    }

    fn forget_old(&mut self, now: Instant) {
        self.open.retain(|asked| !asked.left(now).is_zero());
    }

    fn make_room(&mut self, asking: IpAddr) -> Result<(), Declined> {
        let own = self.count_of(asking);
        if own >= OPEN_PER_ADDRESS_MAX {
            self.drop_oldest(|one| network(one.wish.address) == asking);
        } else if self.open.len() >= OPEN_MAX && !self.drop_oldest(Asked::is_answered) {
            let addresses = self.open.iter().map(|asked| network(asked.wish.address));
            let most = addresses.map(|one| (self.count_of(one), one)).max();
            // Nobody loses a code to somebody who has as many afterwards.
            let (_, greedy) = most.filter(|(count, _)| *count > own + 1).ok_or(Declined::Full)?;
            self.drop_oldest(|one| network(one.wish.address) == greedy);
        }
        Ok(())
    }

    fn count_of(&self, asking: IpAddr) -> usize {
        self.open.iter().filter(|asked| network(asked.wish.address) == asking).count()
    }

    /// Drops the oldest of some requests, an answered one before one that waits: its page has heard the
    /// answer, or learns a yes from the store. False when there is none.
    fn drop_oldest(&mut self, of: impl Fn(&Asked) -> bool) -> bool {
        // They stand in the order in which they came.
        let answered = self.open.iter().position(|one| of(one) && one.is_answered());
        let place = answered.or_else(|| self.open.iter().position(of));
        place.map(|place| self.open.remove(place)).is_some()
    }
}

/// The open requests; cheap to clone, usable from any thread.
#[derive(Debug, Clone, Default)]
pub struct Pairing(Arc<Mutex<PairingDesk>>);

impl Pairing {
    /// Opens a request under a fresh code; `None` when the system has no chance to give.
    ///
    /// # Errors
    /// The address asks too often, or too many devices ask at once.
    pub fn open(&self, wish: Wish, now: Instant) -> Option<Result<Asked, Declined>> {
        let mut desk = self.locked();
        loop {
            let code = fresh_code()?;
            if !desk.knows(&code) {
                return Some(desk.open(wish, code, now));
            }
        }
    }

    /// The request of a secret; see [`PairingDesk::of_claim`].
    ///
    /// # Errors
    /// The address sent too many wrong secrets.
    pub fn of_claim(
        &self,
        claim: TokenHash,
        address: IpAddr,
        now: Instant,
    ) -> Result<Option<Asked>, Declined> {
        self.locked().of_claim(claim, address, now)
    }

    /// The requests that wait for an answer, the oldest first.
    #[must_use]
    pub fn waiting(&self, now: Instant) -> Vec<Asked> {
        self.locked().waiting(now)
    }

    /// Begins an answer. It is taken back when it is dropped before [`Decision::settle`].
    ///
    /// # Errors
    /// There is no such code, or somebody was there first.
    pub fn begin(&self, code: &str, now: Instant) -> Result<Decision, Declined> {
        let asked = self.locked().begin(code, now)?;
        Ok(Decision { pairing: self.clone(), asked, outcome: State::Waiting })
    }

    /// The token of a request was withdrawn; see [`PairingDesk::forget`].
    pub fn forget(&self, token: TokenHash) {
        self.locked().forget(token);
    }

    fn locked(&self) -> MutexGuard<'_, PairingDesk> {
        // A panic beside it leaves at worst a count that is one off.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An answer that is being given. Whoever goes away in the middle has said nothing.
#[derive(Debug)]
pub struct Decision {
    pairing: Pairing,
    asked: Asked,
    outcome: State,
}

impl Decision {
    /// The request.
    #[must_use]
    pub fn asked(&self) -> &Asked {
        &self.asked
    }

    /// The answer stands: [`State::Approved`] only after the token is stored.
    pub fn settle(mut self, outcome: State) {
        self.outcome = outcome;
    }
}

impl Drop for Decision {
    fn drop(&mut self) {
        let outcome = std::mem::replace(&mut self.outcome, State::Waiting);
        self.pairing.locked().settle(&self.asked.code, outcome);
    }
}

/// The code as it is compared: people type it in small letters, with spaces and dashes.
#[must_use]
pub fn typed(code: &str) -> String {
    let letters = code.chars().filter(char::is_ascii_alphanumeric);
    letters.take(CODE_LENGTH + 1).map(|letter| letter.to_ascii_uppercase()).collect()
}

/// A code by chance; each letter is as likely as any other.
fn fresh_code() -> Option<String> {
    let chance = ring::rand::SystemRandom::new();
    let mut code = String::with_capacity(CODE_LENGTH);
    while code.len() < CODE_LENGTH {
        let mut bytes = [0_u8; 16];
        chance.fill(&mut bytes).ok()?;
        for byte in bytes {
            if code.len() < CODE_LENGTH
                && let Some(letter) = LETTERS.get(usize::from(byte & LETTER_MASK))
            {
                code.push(char::from(*letter));
            }
        }
    }
    Some(code)
}

#[cfg(test)]
mod tests;
