//! Goes through the list: one fault after the other, each caught, each told in one line.

use crate::Arguments;
use crate::catalogue::{FAULTS, Fault};
use crate::province::{Crash, Province};
use crate::speed::Speed;
use anyhow::{Context, bail};
use dice::Dice;
use futures_util::FutureExt;
use std::fs::File;
use std::io::Write;
use std::os::fd::AsFd;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::time::SystemTime;
use tokio::time::Instant;

/// A province that has given out so many of its day's numbers is replaced by a fresh one.
const TICKETS_OF_A_PROVINCE_MAX: usize = 2_800;

/// What a fault tells when it was survived.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// What was done to the province.
    pub injected: String,
    /// What that disturbed, from the counters of both ends.
    pub disturbed: String,
}

/// What the faults of one run share.
pub struct Run {
    /// Chooses; from the seed.
    pub dice: Dice,
    /// How often to kill.
    pub kills: usize,
    /// How often to cut the power.
    pub cuts: usize,
    /// A crash in the middle of a fault of the network.
    pub crash: Option<Crash>,
    shared: Option<Province>,
    day_lost: bool,
    lines: File,
}

impl Run {
    /// One line of the report.
    fn tell(&mut self, line: &str) {
        // Who does not listen any more hears nothing; the exit status still says it.
        let _ = writeln!(self.lines, "{line}");
    }

    /// The province that the faults share while nothing is wrong with it, at work.
    pub async fn province(&mut self) -> &mut Province {
        let used_up =
            self.shared.as_ref().is_some_and(|shared| shared.tickets() > TICKETS_OF_A_PROVINCE_MAX);
        if used_up {
            self.close_province().await;
        }
        if self.shared.is_none() {
            self.shared = Some(Province::open("shared", &mut self.dice).await);
        }
        let shared = self.shared.as_mut().unwrap();
        shared.crash = self.crash;
        shared
    }

    /// The shared province ends its day. What is lost then was lost by one of its faults, and the whole
    /// run has failed.
    async fn close_province(&mut self) {
        let Some(mut shared) = self.shared.take() else { return };
        let morning = AssertUnwindSafe(shared.morning(&mut self.dice)).catch_unwind().await;
        match outcome(morning) {
            Ok(()) => shared.close().await,
            Err(error) => {
                self.day_lost = true;
                self.tell(&format!("the_day_of_a_province NOT survived: {}", one_line(&error)));
                shared.keep();
                shared.close_by_force().await;
            }
        }
    }
}

/// Runs what was asked for; true when all of it was survived.
pub async fn all(arguments: &Arguments) -> anyhow::Result<bool> {
    house::prepare();
    let seed = match arguments.seed {
        Some(seed) => seed,
        None => SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs(),
    };
    let chosen = chosen(&arguments.only)?;
    let mut jobs: Vec<(&Fault, Option<Crash>)> = Vec::new();
    for fault in chosen {
        if arguments.pairs {
            jobs.extend(fault.crashes.iter().map(|crash| (fault, Some(*crash))));
        } else {
            jobs.push((fault, None));
        }
    }
    let speed = Speed::measure(&std::env::temp_dir()).context("the machine's speed")?;
    house::pace::stretch(speed.factor());
    let begun = Instant::now();
    let mut survived = 0;
    let mut run = Run {
        dice: Dice::new(seed),
        kills: arguments.kills,
        cuts: arguments.cuts,
        crash: None,
        shared: None,
        day_lost: false,
        lines: lines(&arguments.lines).with_context(|| arguments.lines.display().to_string())?,
    };
    run.tell(&format!("seed {seed}; {speed}"));
    for (fault, crash) in &jobs {
        // Each fault draws from a seed of its own: alone it does the same as in the list.
        run.dice = Dice::new(seed ^ (u64::from(fault.number) << 32));
        run.crash = *crash;
        survived += usize::from(one(&mut run, fault).await);
    }
    run.close_province().await;
    eprintln!("faults: {} s", begun.elapsed().as_secs());
    run.tell(&format!("{} faults, {survived} survived", jobs.len()));
    Ok(!jobs.is_empty() && survived == jobs.len() && !run.day_lost)
}

/// Where the lines go. The output's own file is not opened a second time: the two would have places of
/// their own in it, and each would write over the other.
fn lines(path: &Path) -> std::io::Result<File> {
    if path == Path::new("/dev/stdout") {
        return Ok(File::from(std::io::stdout().as_fd().try_clone_to_owned()?));
    }
    File::options().append(true).create(true).open(path)
}

fn chosen(only: &[String]) -> anyhow::Result<Vec<&'static Fault>> {
    if only.is_empty() {
        return Ok(FAULTS.iter().collect());
    }
    only.iter()
        .map(|wanted| {
            FAULTS
                .iter()
                .find(|fault| fault.name == wanted || fault.number.to_string() == *wanted)
                .with_context(|| format!("no fault is named {wanted}; --list names them"))
        })
        .collect()
}

async fn one(run: &mut Run, fault: &Fault) -> bool {
    let begun = Instant::now();
    let ended = AssertUnwindSafe((fault.run)(run)).catch_unwind().await;
    let ended = outcome(ended);
    let took = begun.elapsed().as_secs();
    let name = match run.crash {
        Some(crash) => format!("{}+{}_killed", fault.name, crash.name()),
        None => fault.name.to_owned(),
    };
    match ended {
        Ok(Told { injected, disturbed }) => {
            run.tell(&format!(
                "{name} survived; injected: {injected}; disturbed: {disturbed} ({took} s)"
            ));
            true
        }
        Err(error) => {
            let lost = one_line(&error);
            run.tell(&format!("{name} NOT survived: {lost} ({took} s)"));
            // Whatever state it is in, the next fault begins with a whole one.
            if let Some(mut broken) = run.shared.take() {
                broken.keep();
                broken.close_by_force().await;
            }
            false
        }
    }
}

/// A panic is an error like another.
fn outcome<T>(caught: std::thread::Result<anyhow::Result<T>>) -> Result<T, String> {
    match caught {
        Ok(ended) => ended.map_err(|error| format!("{error:#}")),
        Err(panic) => Err(words_of(panic.as_ref())),
    }
}

/// What a panic said.
pub fn words_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "it ended by a panic".to_owned())
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A fault that disturbed nothing has shown nothing.
pub fn must_disturb(disturbed: bool, told: &str) -> anyhow::Result<()> {
    if !disturbed {
        bail!("it disturbed nothing: {told}");
    }
    Ok(())
}
