use super::*;

const SECOND: i64 = 1_000_000;
const HOUR: i64 = 3600 * SECOND;
const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 365 * DAY;
/// A Monday, 08:00 in Vietnam.
const TRUTH: i64 = 1_795_482_000 * SECOND;

/// A machine whose clock can be set, and the truth beside it.
struct Machine {
    guard: Guard,
    /// Since boot.
    counted: i64,
    /// The truth at boot.
    booted: i64,
    /// How far its clock is from the truth.
    off: i64,
    synced: bool,
}

impl Machine {
    /// Switched on at the truth, with a clock that is off by so much.
    fn switched_on(last_entry: i64, off: i64) -> Self {
        let entry = Reading { wall_us: last_entry, counted_us: 0 };
        let guard = Guard::new(Known::NotBefore(entry));
        Self { guard, counted: 10 * SECOND, booted: TRUTH - 10 * SECOND, off, synced: false }
    }

    /// Well and at work since yesterday evening's last entry.
    fn at_work() -> Self {
        let mut machine = Self::switched_on(TRUTH - 15 * HOUR, 0);
        assert_eq!(machine.after(SECOND), (0, Trust::Steady));
        machine
    }

    fn truth(&self) -> i64 {
        self.booted + self.counted
    }

    fn reading(&self) -> Reading {
        Reading { wall_us: self.truth() + self.off, counted_us: self.counted }
    }

    /// How far from the truth the time is after so long, and the judgement.
    fn after(&mut self, passed: i64) -> (i64, Trust) {
        self.counted += passed;
        let synced = self.synced;
        let shown = self.guard.now(self.reading(), || synced);
        (shown - self.truth(), self.guard.trust())
    }

    fn hub_says(&mut self, hub_off: i64, took: i64) {
        self.guard.hear_hub(self.truth() + hub_off - took, took, self.counted);
    }

    /// The daemon starts again in the same boot, after an entry just now.
    fn daemon_started_again(&mut self) {
        let at = self.guard.now(self.reading(), || false);
        let entry = Reading { wall_us: at, counted_us: self.counted };
        self.guard = Guard::new(Known::At(entry));
    }
}

#[test]
fn a_clock_that_jumps_while_people_work_moves_nothing_and_is_told() {
    for jump in [-10 * YEAR, -DAY, -3 * HOUR, 3 * HOUR, DAY, 10 * YEAR] {
        let mut machine = Machine::at_work();
        machine.off = jump;
        assert_eq!(machine.after(SECOND), (0, Trust::Counted), "{jump}");
        assert_eq!(machine.after(5 * HOUR), (0, Trust::Counted), "{jump}");
        machine.off = 0;
        assert_eq!(machine.after(SECOND), (0, Trust::Steady), "{jump}");
    }
}

#[test]
fn a_clock_that_is_put_right_by_a_little_is_followed_and_no_time_comes_twice() {
    let mut machine = Machine::at_work();
    machine.off = 2 * 60 * SECOND;
    assert_eq!(machine.after(SECOND), (120 * SECOND, Trust::Steady));
    machine.off = 0;
    let mut last = machine.truth() + 120 * SECOND;
    for _ in 0..300 {
        let (ahead, trust) = machine.after(SECOND);
        let now = machine.truth() + ahead;
        assert!(now > last && trust == Trust::Steady);
        last = now;
    }
    assert_eq!(last, machine.truth());
}

#[test]
fn a_clock_kept_by_a_time_source_is_believed_however_far_it_moves() {
    let mut machine = Machine::switched_on(TRUTH - 15 * HOUR, DAY);
    assert_eq!(machine.after(SECOND), (DAY, Trust::Steady));
    machine.off = 0;
    assert_eq!(machine.after(SECOND), (DAY, Trust::Counted));
    machine.synced = true;
    assert_eq!(machine.after(SECOND), (0, Trust::Steady));
    machine.synced = false;
    assert_eq!(machine.after(SECOND), (0, Trust::Steady));
}

#[test]
fn a_clock_with_which_the_hub_agrees_is_believed_however_far_it_moves() {
    let mut machine = Machine::switched_on(TRUTH - 15 * HOUR, DAY);
    machine.after(SECOND);
    machine.off = 0;
    machine.hub_says(SECOND, SECOND);
    assert_eq!(machine.after(SECOND), (0, Trust::Steady));
}

#[test]
fn with_a_dead_battery_in_the_morning_the_time_is_not_earlier_than_the_last_entry_and_suspect() {
    let mut machine = Machine::switched_on(TRUTH - 15 * HOUR, -10 * YEAR);
    // Counted since boot: so long the machine has surely been on after that entry.
    assert_eq!(machine.after(0), (-15 * HOUR + 10 * SECOND, Trust::Suspect));
    assert_eq!(machine.after(60 * SECOND), (-15 * HOUR + 10 * SECOND, Trust::Suspect));
    // The technician sets the clock.
    machine.off = 0;
    assert_eq!(machine.after(SECOND), (0, Trust::Steady));
}

#[test]
fn with_a_dead_battery_the_hub_tells_the_time() {
    let mut machine = Machine::switched_on(TRUTH - 15 * HOUR, -10 * YEAR);
    machine.after(0);
    machine.hub_says(0, 2 * SECOND);
    let (off, trust) = machine.after(SECOND);
    assert!(off.abs() <= SECOND && trust == Trust::Counted, "{off}");
    let (off, trust) = machine.after(9 * HOUR);
    assert!(off.abs() <= SECOND && trust == Trust::Counted, "{off}");
}

#[test]
fn a_clock_a_day_ahead_after_a_boot_is_put_right_by_the_hub() {
    let mut machine = Machine::switched_on(TRUTH - 15 * HOUR, DAY);
    assert_eq!(machine.after(0), (DAY, Trust::Steady));
    machine.hub_says(0, 0);
    assert_eq!(machine.after(SECOND), (0, Trust::Counted));
}

#[test]
fn after_a_boot_a_clock_far_ahead_of_the_last_entry_needs_a_second_voice() {
    let mut machine = Machine::switched_on(TRUTH - 15 * HOUR, 2 * OFF_US_MAX);
    assert_eq!(machine.after(0).1, Trust::Suspect);
    machine.hub_says(2 * OFF_US_MAX, SECOND);
    assert_eq!(machine.after(SECOND), (2 * OFF_US_MAX, Trust::Steady));
}

#[test]
fn a_word_of_the_hub_that_was_long_under_way_is_not_taken() {
    let mut machine = Machine::switched_on(TRUTH - 15 * HOUR, -10 * YEAR);
    machine.after(0);
    machine.hub_says(0, HUB_ANSWER_US_MAX + 1);
    assert_eq!(machine.after(SECOND).1, Trust::Suspect);
}

#[test]
fn a_hub_whose_own_clock_jumps_moves_no_center() {
    for jump in [-10 * YEAR, -DAY, DAY, 10 * YEAR] {
        let mut machine = Machine::at_work();
        machine.hub_says(0, SECOND);
        machine.after(SECOND);
        machine.hub_says(jump, SECOND);
        assert_eq!(machine.after(SECOND), (0, Trust::Suspect));
        // Nor a center that is started again meanwhile.
        machine.daemon_started_again();
        machine.hub_says(jump, SECOND);
        assert_eq!(machine.after(SECOND), (0, Trust::Suspect));
        machine.hub_says(0, SECOND);
        assert_eq!(machine.after(SECOND), (0, Trust::Steady));
    }
}

#[test]
fn a_hub_behind_the_journal_puts_no_booted_center_back() {
    let mut machine = Machine::switched_on(TRUTH - 15 * HOUR, -10 * YEAR);
    machine.hub_says(-YEAR, SECOND);
    assert_eq!(machine.after(0), (-15 * HOUR + 10 * SECOND, Trust::Suspect));
}

#[test]
fn a_daemon_that_starts_again_with_a_wrong_clock_goes_on_to_the_microsecond() {
    for jump in [-10 * YEAR, DAY] {
        let mut machine = Machine::at_work();
        machine.off = jump;
        machine.after(SECOND);
        machine.daemon_started_again();
        assert_eq!(machine.after(3 * SECOND), (0, Trust::Counted));
    }
}

#[test]
fn a_person_sets_the_time_where_nothing_else_can() {
    let mut machine = Machine::switched_on(TRUTH - 15 * HOUR, -10 * YEAR);
    machine.after(0);
    machine.guard.set(machine.truth(), machine.counted);
    assert_eq!(machine.after(SECOND), (0, Trust::Counted));
    // A wrong entry far in the future does not bind for ever.
    let mut machine = Machine::switched_on(TRUTH + YEAR, 0);
    assert_eq!(machine.after(0).1, Trust::Suspect);
    machine.guard.set(machine.truth(), machine.counted);
    assert_eq!(machine.after(SECOND), (0, Trust::Steady));
}

#[test]
fn who_sets_the_time_against_the_hub_is_not_asked_again() {
    let mut machine = Machine::at_work();
    machine.hub_says(DAY, 0);
    machine.after(SECOND);
    machine.hub_says(DAY, 0);
    machine.guard.set(machine.truth(), machine.counted);
    assert_eq!(machine.after(SECOND), (0, Trust::Steady));
}

#[test]
fn an_empty_journal_believes_the_machine_until_the_hub_speaks() {
    let mut machine = Machine::switched_on(0, DAY);
    machine.guard = Guard::new(Known::Nothing);
    assert_eq!(machine.after(0), (DAY, Trust::Steady));
    machine.hub_says(0, 0);
    assert_eq!(machine.after(SECOND), (0, Trust::Counted));
}

#[test]
fn the_hubs_word_is_forgotten_after_a_week() {
    let mut machine = Machine::at_work();
    machine.hub_says(0, 0);
    machine.after(SECOND);
    machine.hub_says(DAY, 0);
    assert_eq!(machine.after(HUB_KEPT_US).1, Trust::Suspect);
    assert_eq!(machine.after(SECOND).1, Trust::Steady);
}

#[test]
fn what_cannot_be_undone_waits_until_something_beside_the_clock_says_the_time() {
    // Three weeks ahead after a boot: work goes on by it until the hub is heard.
    let mut machine = Machine::switched_on(TRUTH - 15 * HOUR, 21 * DAY);
    assert_eq!(machine.after(SECOND), (21 * DAY, Trust::Steady));
    assert!(!machine.guard.confirmed(false));
    assert!(machine.guard.confirmed(true), "a time source keeps the clock");
    machine.hub_says(0, SECOND);
    assert_eq!(machine.after(SECOND).1, Trust::Counted);
    assert!(machine.guard.confirmed(false));

    let mut behind = Machine::switched_on(TRUTH - 15 * HOUR, -10 * YEAR);
    assert_eq!(behind.after(SECOND).1, Trust::Suspect);
    assert!(!behind.guard.confirmed(false));

    // A command in the boot in which the daemon worked by such a clock takes its last entry for a floor.
    let mut machine = Machine::switched_on(TRUTH - 15 * HOUR, 21 * DAY);
    let reading = machine.reading();
    let at = machine.guard.now(reading, || false);
    let entry = Reading { wall_us: at, counted_us: machine.counted };
    machine.guard = Guard::new(Known::NotBefore(entry));
    assert_eq!(machine.after(SECOND), (21 * DAY, Trust::Steady));
    assert!(!machine.guard.confirmed(false));
    // Where the clock was put right meanwhile it goes by it as soon as the hub agrees.
    machine.guard = Guard::new(Known::NotBefore(entry));
    machine.off = 0;
    assert_eq!(machine.after(SECOND).1, Trust::Suspect);
    machine.hub_says(0, SECOND);
    assert_eq!(machine.after(SECOND), (0, Trust::Steady));
    assert!(machine.guard.confirmed(false));
}
