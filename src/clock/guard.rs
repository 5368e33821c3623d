//! Which time is business time, when the machine's clock may be wrong. Pure: the clocks' readings come
//! in, a time and a judgement go out.
//!
//! Three things can be compared: the machine's clock, the time counted on from the journal's last entry,
//! and the hub's signed word. Two of them that agree outvote the third; a machine's clock that the kernel
//! keeps by a time source counts for two. See `src/decisions/0014-guarded-clock.md`.

/// The machine's clock is believed while it differs by no more than this from the time counted on. A
/// clock that is put right by less is followed; by more it needs a second voice. Microseconds.
pub const AGREE_US_MAX: i64 = 5 * 60 * 1_000_000;
/// After a boot the machine's clock is believed when it is later than the last entry by no more than
/// this: no center is closed for longer. A clock beyond it needs a second voice. Microseconds.
pub const OFF_US_MAX: i64 = 31 * 24 * 3600 * 1_000_000;
/// A word of the hub that may be older than this says too little about the present, and is not taken.
/// Microseconds.
pub const HUB_ANSWER_US_MAX: i64 = 60 * 1_000_000;
/// The hub's word is counted on for so long, and then forgotten: the machine's counter drifts by a
/// minute a week. Microseconds.
pub const HUB_KEPT_US: i64 = 7 * 24 * 3600 * 1_000_000;

/// What the machine shows at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// Its clock, microseconds since 1970 UTC.
    pub wall_us: i64,
    /// Its counter since boot, which nobody sets. Microseconds.
    pub counted_us: i64,
}

/// What the journal says of the time at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// It is empty.
    Nothing,
    /// An entry was written before this boot (then the counter was at 0 later than that), or in it with
    /// a time that nobody confirmed: it is not earlier than so.
    NotBefore(Reading),
    /// An entry was written in this boot, at this time, when the counter stood so.
    At(Reading),
}

/// How far the time can be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// It is the machine's clock.
    Steady,
    /// The machine's clock is wrong; the time is counted on from one that was believed.
    Counted,
    /// Nothing confirms it: it may be too early, or the hub says another.
    Suspect,
}

/// A time and what the counter showed then.
#[derive(Debug, Clone, Copy)]
struct Anchor {
    us: i64,
    counted_us: i64,
}

impl From<Reading> for Anchor {
    fn from(reading: Reading) -> Self {
        Self { us: reading.wall_us, counted_us: reading.counted_us }
    }
}

impl Anchor {
    fn passed(&self, counted_us: i64) -> i64 {
        counted_us.saturating_sub(self.counted_us).max(0)
    }

    fn at(&self, counted_us: i64) -> i64 {
        self.us.saturating_add(self.passed(counted_us))
    }
}

/// The hub's word, and by how much it may be off.
#[derive(Debug, Clone, Copy)]
struct HubWord {
    anchor: Anchor,
    within_us: i64,
}

/// Decides. Ask it often: what it has not seen it can only count.
#[derive(Debug)]
pub struct Guard {
    /// Not earlier than this.
    floor: Option<Anchor>,
    /// The time that was given last.
    given: Option<Anchor>,
    /// Somebody else than the machine's clock has confirmed what is counted on.
    proven: bool,
    /// A person has set the time; the hub's other word is known to that person.
    by_person: bool,
    hub: Option<HubWord>,
    trust: Trust,
}

impl Guard {
    /// From what the journal says.
    #[must_use]
    pub fn new(known: Known) -> Self {
        let (floor, given) = match known {
            Known::Nothing => (None, None),
            Known::NotBefore(entry) => (Some(entry.into()), None),
            Known::At(entry) => (None, Some(entry.into())),
        };
        let proven = given.is_some();
        Self { floor, given, proven, by_person: false, hub: None, trust: Trust::Steady }
    }

    /// The judgement of the last [`Guard::now`].
    #[must_use]
    pub fn trust(&self) -> Trust {
        self.trust
    }

    /// Whether somebody else than the machine's clock has confirmed the time.
    #[must_use]
    pub fn proven(&self) -> bool {
        self.proven
    }

    /// Whether what cannot be undone may be judged by the time of the last [`Guard::now`]: something beside
    /// the machine's clock says it, be it only the time source that keeps that clock (`synced`).
    #[must_use]
    pub fn confirmed(&self, synced: bool) -> bool {
        self.trust != Trust::Suspect && (self.proven || synced)
    }

    /// The time, microseconds since 1970 UTC. `synced` asks whether the kernel keeps the machine's clock
    /// by a time source; it is asked only when there is a doubt.
    pub fn now(&mut self, reading: Reading, synced: impl Fn() -> bool) -> i64 {
        let Reading { wall_us, counted_us } = reading;
        let floor = self.floor.map(|floor| floor.at(counted_us));
        let counted = self.given.map(|given| given.at(counted_us));
        let plausible = match (counted, floor) {
            (Some(counted), _) => near(wall_us, counted, AGREE_US_MAX),
            (None, Some(floor)) => {
                wall_us >= floor.saturating_sub(AGREE_US_MAX)
                    && wall_us <= floor.saturating_add(OFF_US_MAX)
            }
            (None, None) => true,
        };
        let hub = self.hub_now(counted_us);
        let hub_agrees = hub
            .map(|(us, within)| near(wall_us, us, within))
            .filter(|agrees| *agrees || !self.by_person);
        let hub_late_enough = hub
            .filter(|(us, within)| floor.is_none_or(|floor| us.saturating_add(*within) >= floor));

        let (us, trust) = match (plausible, hub_agrees) {
            (true, None) => (self.follow(reading, floor), Trust::Steady),
            (true, Some(true)) => {
                self.proven = true;
                self.by_person = false;
                (self.follow(reading, floor), Trust::Steady)
            }
            (false, Some(true)) => self.prove(wall_us, Trust::Steady),
            (true, Some(false)) if synced() => {
                self.proven = true;
                (self.follow(reading, floor), Trust::Steady)
            }
            (false, _) if synced() => self.prove(wall_us, Trust::Steady),
            (plausible, Some(false)) if !self.proven && hub_late_enough.is_some() => {
                let hub = hub_late_enough.map_or(wall_us, |(us, _)| us);
                tracing::debug!(plausible, "the hub's word is taken for the time");
                self.prove(hub, Trust::Counted)
            }
            (true, Some(false)) => (self.follow(reading, floor), Trust::Suspect),
            (false, other) => match (counted, floor) {
                (Some(counted), _) if other.is_none() => (counted, Trust::Counted),
                // The hub, the machine and the journal say three different things.
                (Some(counted), _) => {
                    let near_hub = hub.is_some_and(|(us, within)| near(counted, us, within));
                    (counted, if near_hub { Trust::Counted } else { Trust::Suspect })
                }
                // Not an anchor: the next look must still find that it is only the earliest.
                (None, floor) => {
                    self.trust = Trust::Suspect;
                    return floor.unwrap_or(wall_us);
                }
            },
        };
        self.given = Some(Anchor { us, counted_us });
        self.trust = trust;
        us
    }

    /// The hub said that it is `hub_us`; it said so at most `took_us` before the counter stood at
    /// `counted_us`. Its signature was checked.
    pub fn hear_hub(&mut self, hub_us: i64, took_us: i64, counted_us: i64) {
        if took_us > HUB_ANSWER_US_MAX {
            return;
        }
        // In the middle of what it can be.
        let half_us = took_us.max(0) / 2;
        let anchor = Anchor { us: hub_us.saturating_add(half_us), counted_us };
        self.hub = Some(HubWord { anchor, within_us: half_us });
    }

    /// A person says what time it is.
    pub fn set(&mut self, us: i64, counted_us: i64) {
        self.given = Some(Anchor { us, counted_us });
        self.floor = None;
        self.proven = true;
        self.by_person = true;
    }

    fn hub_now(&mut self, counted_us: i64) -> Option<(i64, i64)> {
        let word = self.hub?;
        if word.anchor.passed(counted_us) > HUB_KEPT_US {
            self.hub = None;
            return None;
        }
        Some((word.anchor.at(counted_us), word.within_us.saturating_add(AGREE_US_MAX)))
    }

    /// The machine's clock as it is, but never earlier than what was given: a small step back is walked
    /// off at half speed.
    fn follow(&self, Reading { wall_us, counted_us }: Reading, floor: Option<i64>) -> i64 {
        let least = match &self.given {
            Some(given) => given.us.saturating_add(given.passed(counted_us) / 2),
            None => floor.unwrap_or(i64::MIN),
        };
        wall_us.max(least)
    }

    fn prove(&mut self, us: i64, trust: Trust) -> (i64, Trust) {
        self.proven = true;
        self.by_person = false;
        (us, trust)
    }
}

fn near(one: i64, other: i64, within: i64) -> bool {
    one.saturating_sub(other).saturating_abs() <= within
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
