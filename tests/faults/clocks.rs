//! Clocks that jump, while people work, over a restart and while the box is off. (A certificate that runs
//! out is in [`crate::certificates`].)

use crate::network::BUSY;
use crate::province::{Crash, NODE, Province};
use crate::run::{Run, Told, must_disturb};
use anyhow::{Context, ensure};
use dice::Dice;
use house::clock::FakeClock;
use house::ledger::{nobody_was_called_twice, old_answers_stand, scans_are_at_the_hub};
use house::{CATCH_UP_MAX, scaled};
use jiff::{SignedDuration, Timestamp};
use journal::{ClockState, Entry};
use motcua::cli::demo::processes::wait_for;
use std::time::Duration;

const DAY: i64 = 86_400;

/// What happens to the box when its clock is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meanwhile {
    /// People work on.
    Work,
    /// The daemon is killed and started again.
    Restart,
    /// The box is switched off and on again.
    Boot,
}

/// How far the clock is set, in seconds from the true time, and what that is.
const JUMPS: [(i64, Meanwhile, &str); 8] = [
    (-3 * 3_600, Meanwhile::Work, "3 h back in mid-day"),
    (DAY, Meanwhile::Work, "a day on"),
    (-DAY, Meanwhile::Work, "a day back"),
    (-3_650 * DAY, Meanwhile::Work, "ten years back"),
    (-3_650 * DAY, Meanwhile::Restart, "so at a restart"),
    (-3_650 * DAY, Meanwhile::Boot, "so when switched on"),
    (DAY, Meanwhile::Boot, "a day on when switched on"),
    (0, Meanwhile::Work, "right again"),
];
/// How long people work after each.
const LASTS: Duration = Duration::from_secs(5);
/// The first entries are from so long before people are at work, at most: the province opens meanwhile.
const OPENED_BEFORE_MAX: Duration = Duration::from_secs(180);
/// An entry's time may be so far from the truth: what the hub's word was under way, and the rounding of
/// libfaketime.
const OFF_MAX: SignedDuration = SignedDuration::from_secs(3);

/// 23: the daemon runs as in the field, without a demo's mark and clock.
pub async fn jumps(run: &mut Run) -> anyhow::Result<Told> {
    let mut dice = run.dice.clone();
    let mut p = Province::open("clock", &mut dice).await;
    let told = jump(&mut p, &mut dice).await;
    if told.is_err() {
        p.keep();
    }
    p.close().await;
    told
}

async fn jump(p: &mut Province, dice: &mut Dice) -> anyhow::Result<Told> {
    let clock = FakeClock::of(&mut p.house).await?;
    clock.start(&mut p.house, false)?;
    p.begin(dice, BUSY).await?;
    let begun = Timestamp::now();
    let mut told = Vec::new();
    for (seconds, meanwhile, what) in JUMPS {
        if meanwhile == Meanwhile::Work {
            clock.set(seconds)?;
        } else {
            p.process(Crash::Center).kill_hard().await?;
            clock.set(seconds)?;
            clock.start(&mut p.house, meanwhile == Meanwhile::Boot)?;
            p.began_anew(Crash::Center);
            p.is_whole().await?;
        }
        let wanted = if seconds == 0 { "ok" } else { "wrong" };
        wait_for(
            &format!("the clock to be told {wanted}, {what}"),
            scaled(CATCH_UP_MAX),
            async || (p.ledger.center.health().await?["clock"] == wanted).then_some(()),
        )
        .await?;
        let before = p.ledger.count();
        p.work(scaled(LASTS)).await;
        ensure!(p.ledger.count() > before + 10, "people were not answered {what}");
        told.push(what);
    }
    p.pause().await;
    p.is_whole().await?;
    nobody_was_called_twice(&p.ledger);
    old_answers_stand(&p.ledger, dice, 10).await;
    scans_are_at_the_hub(&p.house, &p.ledger).await;
    let in_the_box = p.agreed().await;
    let hub = p.house.hub_tables().await?;
    crate::history::compare(&hub, NODE, &p.ledger, in_the_box).await?;

    let (ended, entries) = (Timestamp::now(), entries(p).await?);
    let entries: Vec<_> =
        entries.iter().filter(|entry| entry.clock_state != ClockState::Demo).collect();
    let mut last = begun;
    let mut off_most = SignedDuration::ZERO;
    for entry in &entries {
        // The first ones are from before the clock was set for the first time.
        let at = Timestamp::from_microsecond(entry.at_utc_us)?;
        ensure!(
            at >= begun.saturating_sub(scaled(OPENED_BEFORE_MAX))? && at <= ended + OFF_MAX,
            "entry {} says {at}; the test lasted from {begun} to {ended}",
            entry.seq
        );
        let back = last.duration_since(at);
        ensure!(back <= OFF_MAX, "entry {} goes back from {last} to {at}", entry.seq);
        off_most = off_most.max(back);
        last = last.max(at);
    }
    let of = |state: ClockState| entries.iter().filter(|one| one.clock_state == state).count();
    let (counted, suspect) = (of(ClockState::Counted), of(ClockState::Suspect));
    let seen = p.seen();
    must_disturb(counted > 50, &format!("{counted} entries with a counted time"))?;
    Ok(Told {
        injected: format!("the center's clock set {}", told.join(", ")),
        disturbed: format!(
            "{counted} entries with a counted time, {suspect} suspect, of {}; none further back than \
             {} ms, none outside the test's own time; {seen}",
            entries.len(),
            off_most.as_millis()
        ),
    })
}

/// The center's journal as the hub has it.
async fn entries(p: &mut Province) -> anyhow::Result<Vec<Entry>> {
    let hub = p.house.hub_tables().await?;
    let rows = hub.query("SELECT raw FROM entry WHERE node = $1 ORDER BY seq", &[&NODE]).await?;
    let entries: Result<Vec<Entry>, _> = rows.iter().map(|row| Entry::decode(row.get(0))).collect();
    entries.context("an entry at the hub cannot be read")
}
