//! The figures that this product is held to. Each is measured in turns with what it is held against,
//! in one run on one machine: a plain program that does the same without our parts, or a limit.
//!
//! One line a figure on the standard output: name, value, unit, what it is held against, ratio; the
//! value is the median of the turns, with its spread beside it. `--json` prints one object a line.
//! The exit status is 0 only when every figure asked for was taken and reaches what it must.
//!
//! - [`figure`]: a figure and its line. - [`rows`]: how each is measured. - [`baseline`]: the plain
//!   programs, each in a file of its own that can be read without knowing the product.
//! - [`hall`]: a queue in memory. - [`desk`]: the queue desk in this process. - [`province`]: a province
//!   of processes. - [`line`]: a slow line to it. - [`scans`]: what is sent over that. - [`fleet`]:
//!   thousands of nodes for its hub. - [`screen`]: a hall's screen in a browser. - [`listener`]: one
//!   without.

mod baseline;
mod desk;
mod figure;
mod fleet;
mod hall;
mod line;
mod listener;
mod province;
mod rows;
mod scans;
mod screen;

use anyhow::bail;
use clap::Parser;
use figure::Figure;
use rows::ROWS;
use std::process::ExitCode;

/// Turns of each side.
const TURNS: usize = 5;

/// Measures this product against plain programs that do the same.
#[derive(Debug, Parser)]
#[command(name = "bench")]
struct Arguments {
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
    /// A short run of a debug build, too: shows that everything can be measured, judges nothing.
    #[arg(long)]
    smoke: bool,
    /// Prints the names, and ends.
    #[arg(long)]
    list: bool,
    /// Sends pieces, as the bare client of a figure, and ends.
    #[arg(long, hide = true)]
    send_pieces: Option<String>,
    /// Only these figures.
    names: Vec<String>,
}

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// Turns of each side.
    pub turns: usize,
    /// Divides how much is done in each.
    pub less: usize,
}

impl Effort {
    /// A usual amount, made smaller for a short run.
    pub fn of(self, usual: usize) -> usize {
        (usual / self.less).max(1)
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.list {
        for name in ROWS.iter().flat_map(|row| row.names) {
            println!("{name}");
        }
        return ExitCode::SUCCESS;
    }
    let _ = rustls::crypto::ring::default_provider().install_default();
    if let Some(plan) = &arguments.send_pieces {
        return ended(send_pieces(plan).map(|()| true));
    }
    ended(run(&arguments).map(|reached| reached || arguments.smoke))
}

fn send_pieces(plan: &str) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(baseline::bare_blobs::send(plan))
}

fn ended(done: anyhow::Result<bool>) -> ExitCode {
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let known: Vec<&str> = ROWS.iter().flat_map(|row| row.names).copied().collect();
    if let Some(unknown) = arguments.names.iter().find(|name| !known.contains(&name.as_str())) {
        bail!("no figure is named {unknown}; there are: {}", known.join(", "));
    }
    if cfg!(debug_assertions) && !arguments.smoke {
        bail!("figures of a debug build say nothing: run ./provision/bench, or --smoke");
    }
    let effort = if arguments.smoke {
        Effort { turns: 2, less: 20 }
    } else {
        Effort { turns: TURNS, less: 1 }
    };
    let wanted =
        |name: &str| arguments.names.is_empty() || arguments.names.iter().any(|n| n == name);
    let mut reached = true;
    for row in ROWS {
        let names: Vec<&'static str> =
            row.names.iter().copied().filter(|name| wanted(name)).collect();
        if names.is_empty() {
            continue;
        }
        for figure in (row.measure)(&names, effort)? {
            print(&figure, arguments.json);
            reached &= figure.reached();
        }
    }
    Ok(reached)
}

fn print(figure: &Figure, json: bool) {
    if json {
        println!("{}", figure.json());
    } else {
        println!("{}", figure.line());
    }
}
