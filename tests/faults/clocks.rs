//! Clocks that jump. (A certificate that runs out is in [`crate::certificates`].)
//!
//! The clock is libfaketime's: it stands between the center's daemon and the system, for this process
//! alone, and is turned while the daemon runs. The monotonic clock is left alone, as a jump leaves it.

use crate::network::BUSY;
use crate::province::{NODE, Province};
use crate::run::{Run, Told, must_disturb};
use anyhow::{Context, ensure};
use dice::Dice;
use house::ledger::{nobody_was_called_twice, old_answers_stand, scans_are_at_the_hub};
use journal::{ClockState, Entry};
use motcua::clock::{DEMO_CLOCK, DEMO_MARK};
use nix::sys::signal::Signal;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where Debian puts it.
const LIBRARY: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";
/// How far the clock is set, in seconds from the true time, and what that is.
const JUMPS: [(i64, &str); 5] = [
    (-3 * 3_600, "3 h back in mid-day"),
    (86_400, "a day on"),
    (-86_400, "a day back"),
    (-3_650 * 86_400, "ten years back"),
    (0, "right again"),
];
/// How long people work after each.
const LASTS: Duration = Duration::from_secs(5);

/// The clock of one process.
struct FakeClock(PathBuf);

impl FakeClock {
    fn in_folder(folder: &Path) -> anyhow::Result<Self> {
        ensure!(
            Path::new(LIBRARY).exists(),
            "{LIBRARY} is missing; ./provision/setup installs faketime"
        );
        let clock = Self(folder.join("faketime"));
        clock.set(0)?;
        Ok(clock)
    }

    fn set(&self, seconds: i64) -> anyhow::Result<()> {
        // Written beside and renamed: the daemon may read it at any moment.
        let new = self.0.with_extension("new");
        std::fs::write(&new, format!("{seconds:+}\n"))?;
        std::fs::rename(new, &self.0)?;
        Ok(())
    }

    fn environment(&self) -> [(&'static str, String); 4] {
        [
            ("LD_PRELOAD", LIBRARY.to_owned()),
            ("FAKETIME_TIMESTAMP_FILE", self.0.display().to_string()),
            ("FAKETIME_NO_CACHE", "1".to_owned()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
        ]
    }
}

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
    let clock = FakeClock::in_folder(&p.house.folder.path)?;
    let data = p.ledger.center.data.clone();
    p.house.demo.center_process().stop(Signal::SIGTERM).await;
    for file in [DEMO_MARK, DEMO_CLOCK] {
        std::fs::remove_file(data.join(file)).with_context(|| file.to_owned())?;
    }
    let environment = clock.environment();
    let environment: Vec<(&str, &str)> =
        environment.iter().map(|(key, value)| (*key, value.as_str())).collect();
    p.house.demo.center_process().start_again_with(&environment)?;
    p.begin(dice, BUSY).await?;
    let mut told = Vec::new();
    for (index, (seconds, what)) in JUMPS.into_iter().enumerate() {
        // The first jump hits people at work. A jump over midnight closes the counters for them, so
        // they open them again.
        if index > 0 {
            p.pause().await;
        }
        clock.set(seconds)?;
        if index > 0 {
            p.resume(dice, BUSY);
        }
        let before = p.ledger.count();
        p.work(LASTS).await;
        ensure!(p.ledger.count() > before, "nobody was answered {what}");
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
    let rows = hub.query("SELECT raw FROM entry WHERE node = $1 ORDER BY seq", &[&NODE]).await?;
    let states = rows.iter().map(|row| Entry::decode(row.get(0)).map(|entry| entry.clock_state));
    let states: Vec<ClockState> = states.collect::<Result<_, _>>()?;
    let of = |state: ClockState| states.iter().filter(|one| **one == state).count();
    let (jumped, behind) = (of(ClockState::Jumped), of(ClockState::Behind));
    let seen = p.seen();
    must_disturb(jumped >= 4 && behind > 0, &format!("{jumped} entries jumped, {behind} behind"))?;
    Ok(Told {
        injected: format!("the center's clock set {}", told.join(", ")),
        disturbed: format!(
            "{jumped} entries marked as jumped, {behind} as behind, of {}; {seen}",
            states.len()
        ),
    })
}
