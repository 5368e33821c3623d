//! The list of faults: a province is broken in every way that a center, a line and a power socket can
//! break it, one way after the other, and after each it is looked whether anything was lost.
//!
//! One line a fault on the standard output: its name, whether it was survived or what was lost, what
//! was injected, and what that disturbed, from the counters of both ends. A fault that disturbed
//! nothing has failed: it has shown nothing. The exit status is 0 only when every fault was survived.
//!
//! A package of its own and a program, not a test: it takes an hour, has arguments and a report, and
//! is asked for by name (`./provision/faults`), never by running all tests.
//!
//! - [`catalogue`]: the list; [`run`]: goes through it; [`speed`]: how fast the machine is, and so how
//!   long things take; [`province`]: what is broken, and the oracles that are asked after each fault;
//!   [`watch`]: what both ends count; [`history`]: what people were told against what the hub has.
//! - [`network`], [`broker`], [`messages`], [`crashes`], [`disks`], [`clocks`], [`certificates`], [`poison`], [`hands`],
//!   [`cuts`]: the faults. [`power`]: disks that forget at a cut. [`chaos`] and [`mqtt`]: the proxy that doubles, swaps, delays and bends.

// A fault that finds something lost panics, as a test does; the runner catches it and tells.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod broker;
mod catalogue;
mod certificates;
mod chaos;
mod clocks;
mod crashes;
mod cuts;
mod disks;
mod hands;
mod history;
mod messages;
mod mqtt;
mod network;
mod poison;
mod power;
mod province;
mod restores;
mod run;
mod speed;
mod watch;

use clap::Parser;
use std::path::PathBuf;
use std::process::ExitCode;

/// Breaks a province in every way that the list of faults names.
#[derive(Debug, Clone, Parser)]
#[command(name = "faults")]
struct Arguments {
    /// The same seed gives the same choices; chosen and printed when absent.
    #[arg(long)]
    seed: Option<u64>,
    /// Only these faults, by name or number, separated by commas.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// How often center, hub or broker are killed at random moments (a part of fault 16).
    #[arg(long, default_value_t = 1000)]
    kills: usize,
    /// How often the power is cut (fault 18).
    #[arg(long, default_value_t = 200)]
    cuts: usize,
    /// Every fault of the network (1 to 14) together with a kill of center, hub and broker in the middle
    /// of it, instead of the list; not of what the fault itself takes away.
    #[arg(long)]
    pairs: bool,
    /// Where the lines go, apart from what the parts of a province say while they start and stop.
    #[arg(long, default_value = "/dev/stdout")]
    lines: PathBuf,
    /// Prints the names and numbers, and ends.
    #[arg(long)]
    list: bool,
}

fn main() -> ExitCode {
    let mut first = std::env::args_os().skip(1);
    if first.next().is_some_and(|argument| argument == power::SERVE)
        && let Some(at) = first.next()
    {
        return match power::serve(at.as_ref()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                println!("failed: {error:#}");
                ExitCode::FAILURE
            }
        };
    }
    let arguments = Arguments::parse();
    if arguments.list {
        let all = catalogue::FAULTS.iter();
        let list: String =
            all.map(|fault| format!("{:2} {}\n", fault.number, fault.name)).collect();
        return match std::fs::write(&arguments.lines, list) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        };
    }
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    match runtime.block_on(run::all(&arguments)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("faults: {error:#}");
            ExitCode::FAILURE
        }
    }
}
