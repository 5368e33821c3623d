//! `motcua sim …`: simulated devices as processes, and `motcua discover`, the discovery helper.
//!
//! Each device takes one-line orders on a control port (`motcua sim order`) and answers `ok` or
//! `error …`. [`nodes`] are boxes without a center, for a hub that is to have many.

mod node_day;
mod node_tables;
pub mod nodes;

use super::line;
use clap::Subcommand;
use devices::{led_alpha, printer_escpos, reader_qr};
use std::net::SocketAddr;
use std::path::PathBuf;

/// What is simulated.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// A ticket printer on a TCP port; its papers become pictures in a folder.
    Printer {
        /// Where it prints.
        #[arg(long)]
        listen: SocketAddr,
        /// Where it takes orders.
        #[arg(long)]
        control: SocketAddr,
        /// Where the papers go.
        #[arg(long)]
        papers: Option<PathBuf>,
        /// A line for each paper.
        #[arg(long)]
        log: Option<PathBuf>,
    },
    /// An LED sign on a TCP port or a serial line.
    Led {
        /// Its TCP port.
        #[arg(long, conflicts_with = "serial", required_unless_present = "serial")]
        listen: Option<SocketAddr>,
        /// The link to its serial line.
        #[arg(long)]
        serial: Option<PathBuf>,
        /// Where it takes orders.
        #[arg(long)]
        control: SocketAddr,
        /// A line for each change.
        #[arg(long)]
        log: Option<PathBuf>,
        /// How fast its line carries bytes; 9600 baud are 960.
        #[arg(long)]
        bytes_per_second: Option<u32>,
    },
    /// A reader of citizen cards' QR codes on a serial line.
    Qr {
        /// The link to its serial line.
        #[arg(long)]
        serial: PathBuf,
        /// Where it takes orders.
        #[arg(long)]
        control: SocketAddr,
    },
    /// Gives a running simulation one order, as `paper_out`, `unplug`, `cut`.
    Order {
        /// Where it takes orders.
        control: SocketAddr,
        /// The order's words.
        #[arg(required = true)]
        words: Vec<String>,
    },
    /// A line that can be cut, between two TCP ports.
    Line {
        /// The near end.
        #[arg(long)]
        listen: SocketAddr,
        /// The far end.
        #[arg(long)]
        to: SocketAddr,
        /// Where it takes orders.
        #[arg(long)]
        control: SocketAddr,
    },
    /// Nodes with real links and journals, many in this process.
    Nodes(nodes::Arguments),
}

/// Simulates until the process is stopped.
///
/// # Errors
/// A port or a serial line cannot be opened.
pub fn run(action: Action) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .max_blocking_threads(nodes::DISK_THREADS_MAX)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        match action {
            Action::Printer { listen, control, papers, log } => {
                let options =
                    printer_escpos::sim::Options { paper: papers, log, ..Default::default() };
                let printer = printer_escpos::sim::Control::new(&options)?;
                let mut server = printer_escpos::sim::serve_tcp(listen, &printer).await?;
                printer_escpos::sim::serve_commands(control, &printer).await?;
                server.ended().await;
            }
            Action::Led { listen, serial, control, log, bytes_per_second } => {
                let options = led_alpha::sim::Options { bytes_per_s: bytes_per_second, log };
                let sign = led_alpha::sim::Control::new(&options)?;
                let mut server = match (listen, serial) {
                    (Some(address), _) => led_alpha::sim::serve_tcp(address, &sign).await?,
                    (None, Some(link)) => led_alpha::sim::serve_pty(&link, &sign).await?,
                    (None, None) => anyhow::bail!("--listen or --serial is needed"),
                };
                led_alpha::sim::serve_commands(control, &sign).await?;
                server.ended().await;
            }
            Action::Qr { serial, control } => {
                let reader = reader_qr::sim::Control::new();
                let mut server = reader_qr::sim::serve_pty(&serial, &reader).await?;
                reader_qr::sim::serve_commands(control, &reader).await?;
                server.ended().await;
            }
            Action::Order { control, words } => {
                super::day::order(control, &words.join(" ")).await?
            }
            Action::Line { listen, to, control } => line::run(listen, to, control).await?,
            Action::Nodes(arguments) => nodes::run(&arguments).await?,
        }
        Ok(())
    })
}

/// Browses the LAN and prints what it sees, as JSON lines, until nobody reads any more.
///
/// # Errors
/// The output is closed.
pub fn discover(types: &[String]) -> anyhow::Result<()> {
    let types: Vec<String> = if types.is_empty() {
        devices::discovery::KINDS.iter().map(|kind| (*kind).to_owned()).collect()
    } else {
        types.to_vec()
    };
    devices::discovery::run_helper(&types, std::io::stdout().lock())?;
    Ok(())
}
