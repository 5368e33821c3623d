//! The daemon's clock: the machine's, as far as it can be believed; or, in a folder marked as a demo, a
//! clock that runs at a rate.
//!
//! Everything below takes `now` as a value; only the shells ask a [`Clock`]. The rate clock lies in a
//! file, so that it goes on where it was after a process was killed and started again. In the field the
//! clock is a [`GuardedClock`]: what it believes is decided in [`guard`].

pub mod guard;
mod kernel;

use domain::time::Clock;
use guard::{Guard, Known, Reading, Trust};
use jiff::Timestamp;
use journal::ClockState;
use link::types::HubTime;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use store::query::journal::EntryTime;
use store::{ClockTrust, boot};

/// The file that marks a folder as a demo: what only a demo may do looks for it.
pub const DEMO_MARK: &str = "THIS-IS-A-DEMO";
/// The file of the rate clock, beside the mark.
pub const DEMO_CLOCK: &str = "demo-clock.json";
/// The fastest a demo clock may run: one real second is at most ten minutes.
pub const DEMO_RATE_MAX: f64 = 600.0;

/// The machine's own clock.
pub struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that started at one moment and runs at a rate since then.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RateClock {
    /// The real moment at which it was started, microseconds since 1970.
    pub real_start_us: i64,
    /// The moment that it showed then, microseconds since 1970.
    pub virtual_start_us: i64,
    /// Virtual seconds per real second, 0 < rate <= [`DEMO_RATE_MAX`].
    pub rate: f64,
}

impl RateClock {
    /// What it shows at a real moment.
    #[must_use]
    pub fn at(&self, real: Timestamp) -> Timestamp {
        let elapsed_us = real.as_microsecond().saturating_sub(self.real_start_us).max(0);
        // Days at a rate of some hundreds stay far inside 2^53, where f64 counts every microsecond.
        #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
        let shown = self.virtual_start_us.saturating_add((elapsed_us as f64 * self.rate) as i64);
        Timestamp::from_microsecond(shown).unwrap_or(Timestamp::MAX)
    }
}

impl Clock for RateClock {
    fn now(&self) -> Timestamp {
        self.at(Timestamp::now())
    }
}

/// The machine's clock, guarded: what it shows is believed only while something else agrees with it.
pub struct GuardedClock {
    guard: Mutex<Guard>,
    told: ClockTrust,
}

/// How the clock is, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockReport {
    /// How far business time can be believed.
    pub trust: Trust,
    /// Business time.
    pub now: Timestamp,
    /// What the machine's clock shows.
    pub machine: Timestamp,
}

impl GuardedClock {
    /// Goes on from the journal's last entry. `told` is what the writer reads for each entry.
    #[must_use]
    pub fn new(last: Option<EntryTime>, told: ClockTrust) -> Self {
        let known = last.map_or(Known::Nothing, |last| {
            let this_boot = last.boot_id == boot::boot_id();
            let counted_us = if this_boot { microseconds(last.monotonic_ns) } else { 0 };
            let entry = Reading { wall_us: last.at_us, counted_us };
            if this_boot && believed(last.clock_state) {
                Known::At(entry)
            } else {
                Known::NotBefore(entry)
            }
        });
        Self { guard: Mutex::new(Guard::new(known)), told }
    }

    /// The hub's signed word, heard at this moment.
    pub fn hear_hub(&self, said: HubTime, heard: Instant) {
        let since = heard.elapsed().saturating_add(said.took);
        let took_us = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
        self.locked().hear_hub(said.us, took_us, counted_us());
    }

    /// Whether the hub should be asked for the time before anything is done: the machine's clock alone
    /// says it, and no time source keeps that clock.
    #[must_use]
    pub fn wants_a_second_voice(&self) -> bool {
        !self.locked().proven() && !kernel::keeps(Timestamp::now().as_microsecond())
    }

    /// A person says what time it is; from now on it is counted from there.
    pub fn set(&self, at: Timestamp) {
        self.locked().set(at.as_microsecond(), counted_us());
    }

    /// Business time, for what cannot be undone; `None` while nothing confirms it. After a boot the machine's
    /// clock is believed though it may be weeks ahead: enough for work, too little for an erasure.
    #[must_use]
    pub fn confirmed(&self) -> Option<Timestamp> {
        let (now, machine, _) = self.look();
        let synced = kernel::keeps(machine.as_microsecond());
        self.locked().confirmed(synced).then_some(now)
    }

    /// How it is now.
    #[must_use]
    pub fn report(&self) -> ClockReport {
        let (now, machine, trust) = self.look();
        ClockReport { trust, now, machine }
    }

    fn look(&self) -> (Timestamp, Timestamp, Trust) {
        let mut guard = self.locked();
        // Read inside the lock: a reading that waited would look like a counter that goes back.
        let machine = Timestamp::now();
        let reading = Reading { wall_us: machine.as_microsecond(), counted_us: counted_us() };
        let us = guard.now(reading, || kernel::keeps(reading.wall_us));
        let trust = guard.trust();
        self.told.set(match trust {
            Trust::Steady => ClockState::Steady,
            Trust::Counted => ClockState::Counted,
            Trust::Suspect => ClockState::Suspect,
        });
        (Timestamp::from_microsecond(us).unwrap_or(machine), machine, trust)
    }

    fn locked(&self) -> MutexGuard<'_, Guard> {
        self.guard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for GuardedClock {
    fn now(&self) -> Timestamp {
        self.look().0
    }
}

/// An entry's time for whoever needs [`GuardedClock::confirmed`]: only a floor. That a daemon has believed
/// its clock in this boot confirms nothing, since after a boot it believes one that is weeks ahead.
#[must_use]
pub fn only_not_before(last: EntryTime) -> EntryTime {
    EntryTime { clock_state: ClockState::Suspect, ..last }
}

/// Whether the time can be counted on from an entry: one whose own time nothing confirmed is only a
/// floor, and so is that of a demo.
fn believed(state: ClockState) -> bool {
    !matches!(state, ClockState::Suspect | ClockState::Demo)
}

fn counted_us() -> i64 {
    microseconds(boot::monotonic_ns())
}

fn microseconds(ns: u64) -> i64 {
    i64::try_from(ns / 1000).unwrap_or(i64::MAX)
}

/// The clocks of a daemon.
pub struct Clocks {
    /// Business time.
    pub business: Arc<dyn Clock>,
    /// What certificates go by: also in a demo the machine's.
    pub certificates: Arc<dyn Clock>,
    /// The guard, where there is one: not in a demo, whose clock would always seem to jump.
    pub guarded: Option<Arc<GuardedClock>>,
}

/// The clocks of a center: guarded in the field, as the folder says in a demo.
///
/// # Errors
/// As for [`for_folder`].
pub fn of_center(
    folder: &Path,
    last: Option<EntryTime>,
    told: ClockTrust,
) -> Result<Clocks, String> {
    if folder.join(DEMO_MARK).exists() {
        let business = for_folder(folder)?;
        return Ok(Clocks { business, certificates: Arc::new(WallClock), guarded: None });
    }
    let guarded = Arc::new(GuardedClock::new(last, told));
    let (business, certificates) = (guarded.clone(), guarded.clone());
    Ok(Clocks { business, certificates, guarded: Some(guarded) })
}

/// The clock of a data folder: the rate clock where the folder is marked as a demo and holds one,
/// the wall clock everywhere else.
///
/// # Errors
/// A demo clock that cannot be read or runs at an impossible rate is named, never ignored.
pub fn for_folder(folder: &Path) -> Result<Arc<dyn Clock>, String> {
    let file = folder.join(DEMO_CLOCK);
    if !folder.join(DEMO_MARK).exists() || !file.exists() {
        return Ok(Arc::new(WallClock));
    }
    let text = std::fs::read_to_string(&file)
        .map_err(|error| format!("{}: cannot be read: {error}", file.display()))?;
    let clock: RateClock = serde_json::from_str(&text)
        .map_err(|error| format!("{}: not a demo clock: {error}", file.display()))?;
    if !(clock.rate > 0.0 && clock.rate <= DEMO_RATE_MAX) {
        return Err(format!(
            "{}: rate: {} is out of range; write a number above 0 and at most {DEMO_RATE_MAX}",
            file.display(),
            clock.rate
        ));
    }
    Ok(Arc::new(clock))
}

/// The time at the hub by which what cannot be undone is judged: the machine's while a time source keeps
/// its clock; otherwise no later than `newest`, the newest entry of all centers, whose clocks are guarded. In
/// a demo it is the demo's.
///
/// # Errors
/// Nothing confirms the machine's clock; or as for [`for_folder`].
pub fn confirmed_at_hub(folder: &Path, newest: Option<Timestamp>) -> Result<Timestamp, String> {
    // The mark stands in the folder that holds all of the demo, the hub's among others.
    let marked = |folder: &Path| folder.join(DEMO_MARK).exists();
    if marked(folder) || folder.parent().is_some_and(marked) {
        return Ok(for_folder(folder)?.now());
    }
    let machine = Timestamp::now();
    not_ahead(machine, kernel::keeps(machine.as_microsecond()), newest).ok_or_else(|| {
        "clock.unconfirmed: no time source keeps this machine's clock, and no center has sent an entry; \
         switch time synchronisation on (timedatectl set-ntp true)"
            .to_owned()
    })
}

fn not_ahead(machine: Timestamp, kept: bool, newest: Option<Timestamp>) -> Option<Timestamp> {
    if kept { Some(machine) } else { newest.map(|newest| newest.min(machine)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REAL: i64 = 1_764_000_000_000_000;
    const SHOWN: i64 = 1_750_000_000_000_000;

    #[test]
    fn a_rate_clock_runs_at_its_rate_from_where_it_started() {
        let clock = RateClock { real_start_us: REAL, virtual_start_us: SHOWN, rate: 60.0 };
        let later = Timestamp::from_microsecond(REAL + 1_000_000).unwrap();
        assert_eq!(clock.at(later).as_microsecond(), SHOWN + 60_000_000);
    }

    #[test]
    fn a_hub_whose_clock_is_ahead_erases_nothing_before_its_time() {
        let truth = Timestamp::from_microsecond(REAL).unwrap();
        let ahead = Timestamp::from_microsecond(REAL + 400 * 86_400_000_000).unwrap();
        assert_eq!(not_ahead(ahead, false, Some(truth)), Some(truth));
        assert_eq!(not_ahead(truth, false, Some(ahead)), Some(truth), "a center's clock is ahead");
        assert_eq!(not_ahead(truth, false, None), None);
        assert_eq!(not_ahead(ahead, true, Some(truth)), Some(ahead), "a time source says so");
    }

    #[test]
    fn that_the_daemon_believed_its_clock_in_this_boot_confirms_nothing() {
        let at = Timestamp::from_microsecond(Timestamp::now().as_microsecond()).unwrap();
        let entry = EntryTime {
            at_us: at.as_microsecond(),
            boot_id: boot::boot_id(),
            monotonic_ns: boot::monotonic_ns(),
            clock_state: ClockState::Steady,
        };
        let daemon = GuardedClock::new(Some(entry), ClockTrust::default());
        assert!(daemon.now() >= at && daemon.locked().confirmed(false), "it goes on from there");
        let floor = Some(only_not_before(entry));
        let command = GuardedClock::new(floor, ClockTrust::default());
        assert!(command.now() >= at, "not before it");
        assert!(!command.locked().confirmed(false));
        let said = HubTime { us: at.as_microsecond(), took: std::time::Duration::ZERO };
        command.hear_hub(said, Instant::now());
        assert!(command.now() >= at && command.locked().confirmed(false), "the hub says so, too");
    }

    #[test]
    fn a_demo_clock_is_ignored_in_a_folder_without_the_mark() {
        let folder = tempfile::tempdir().unwrap();
        let before = Timestamp::now();
        let real_start_us = before.as_microsecond();
        let clock = RateClock { real_start_us, virtual_start_us: SHOWN, rate: 60.0 };
        std::fs::write(folder.path().join(DEMO_CLOCK), serde_json::to_string(&clock).unwrap())
            .unwrap();
        assert!(for_folder(folder.path()).unwrap().now() >= before);
        std::fs::write(folder.path().join(DEMO_MARK), "").unwrap();
        assert!(for_folder(folder.path()).unwrap().now() < before);
    }

    #[test]
    fn an_impossible_rate_is_named_with_a_value_that_works() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(DEMO_MARK), "").unwrap();
        let clock = RateClock { real_start_us: 0, virtual_start_us: 0, rate: -1.0 };
        std::fs::write(folder.path().join(DEMO_CLOCK), serde_json::to_string(&clock).unwrap())
            .unwrap();
        let problem = for_folder(folder.path()).err().unwrap();
        assert!(problem.contains("rate") && problem.contains("600"), "{problem}");
    }
}
