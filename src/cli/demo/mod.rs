//! `motcua demo`: a hub, one or more centers and their devices on this machine, each a process of its
//! own, in a temporary folder marked as a demo. Ctrl-C stops everything in the reverse order; while
//! it is still starting, what has come up is ended and the folder goes.
//!
//! What runs: a private PostgreSQL cluster, mosquitto with the hub's own files, the hub, for each
//! center a line that can be cut, a daemon, and simulated devices that speak the real bytes through
//! the real drivers. Beyond the whole centers: nodes with real links and journals, many in a process
//! ([`many`]). Nothing listens outside the loopback address. A process that ends by itself is started
//! again ([`restarts`]).

pub mod books;
pub mod center_files;
pub mod folder;
pub mod guide;
pub mod many;
pub mod processes;
pub mod restarts;
mod start;
mod wish;

use crate::cli::day::Site;
use crate::clock::RateClock;
use anyhow::{Context, bail};
use books::{Books, JournalState, VoteCount};
use center_files::CenterFiles;
use folder::Folder;
use jiff::Timestamp;
use many::Coming;
use nix::sys::signal::Signal;
use processes::{Process, Recipe, wait_for};
use restarts::{Restarts, Turn};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::Instant;

pub use wish::{LinkTimes, Place, Wish};

/// The whole centers of a demo, in the order of `--nodes`.
pub const NODES: &[(&str, &str)] =
    &[("06658-1", "phường Cao Xanh"), ("06652-1", "phường Hà Tu"), ("06661-1", "phường Việt Hưng")];
/// The password of every account of a demo.
pub const PASSWORD: &str = "motcua-demo-2026";
/// The login at the hub.
pub const TECHNICIAN: &str = "tinh";
/// The database in messages.
const POSTGRES: &str = "PostgreSQL";
/// How long a part may take to come up.
const UP_MAX: Duration = Duration::from_secs(180);

/// A demo that is up. Dropping it ends its processes at once, in the order of the fields, and the
/// folder last; [`Demo::stop`] lets them end by themselves.
pub struct Demo {
    /// The clock of all its daemons.
    pub clock: RateClock,
    hub_config: PathBuf,
    hub_port: u16,
    broker_port: u16,
    place: Place,
    times: Option<LinkTimes>,
    centers: Vec<Center>,
    simulated: Vec<Process>,
    coming: Coming,
    hub: Process,
    broker: Process,
    cluster: hub::testing::Cluster,
    restarts: Restarts,
    folder: Folder,
}

struct Center {
    files: CenterFiles,
    daemon: Process,
    others: Vec<Process>,
}

impl Demo {
    /// `https://address:port` of the hub.
    #[must_use]
    pub fn hub_address(&self) -> String {
        format!("https://{}", SocketAddr::new(self.place.hub, self.hub_port))
    }

    /// Waits until the hub answers.
    ///
    /// # Errors
    /// It does not.
    pub async fn wait_hub(&self) -> anyhow::Result<()> {
        let address = SocketAddr::new(self.place.hub, self.hub_port);
        wait_for("the hub to answer", UP_MAX, async || listens(address).await).await
    }

    /// Waits until the first center answers.
    ///
    /// # Errors
    /// It does not.
    pub async fn wait_center(&self) -> anyhow::Result<()> {
        wait_center(&self.centers[0].files).await
    }

    /// Stops the first center for the night, starts it on the next morning, and waits until it has done
    /// what belongs to the day before: then no vote lies in the box.
    ///
    /// # Errors
    /// It does not come back, or keeps votes in the box.
    pub async fn next_morning(&mut self) -> anyhow::Result<()> {
        self.morning_after(1).await
    }

    /// The same so many days after the one on which the demo was started.
    ///
    /// # Errors
    /// As [`Self::next_morning`].
    pub async fn morning_after(&mut self, days: u32) -> anyhow::Result<()> {
        let center = &mut self.centers[0];
        center.daemon.stop(Signal::SIGTERM).await;
        let later_us = i64::from(days) * 24 * 3600 * 1_000_000;
        center.files.write_clock(&RateClock {
            real_start_us: Timestamp::now().as_microsecond(),
            virtual_start_us: self.clock.virtual_start_us + later_us,
            rate: self.clock.rate,
        })?;
        center.daemon.start_again()?;
        self.wait_center().await.context("the center does not come back in the morning")?;
        wait_for("yesterday's votes to be journalled", UP_MAX, async || {
            (self.votes().await.ok()?.held == 0).then_some(())
        })
        .await
    }

    /// Stops everything, and removes the folder unless it was asked for by name.
    pub async fn stop(mut self) {
        for nodes in self.simulated.iter_mut().rev() {
            nodes.stop(Signal::SIGTERM).await;
        }
        for center in self.centers.iter_mut().rev() {
            center.daemon.stop(Signal::SIGTERM).await;
            for other in center.others.iter_mut().rev() {
                other.stop(Signal::SIGTERM).await;
            }
        }
        self.hub.stop(Signal::SIGTERM).await;
        self.broker.stop(Signal::SIGTERM).await;
        drop(self.cluster);
    }

    fn logs(&self) -> PathBuf {
        self.folder.path().join("logs")
    }

    /// Keeps the folder after the end, for a look at the logs.
    pub fn keep(&mut self) {
        self.folder.keep();
    }

    /// Starts what ended although nobody asked it to, as systemd would; a line for each of them.
    ///
    /// # Errors
    /// One ended too often, or cannot be started.
    pub fn start_ended(&mut self) -> anyhow::Result<Vec<String>> {
        let now = Instant::now();
        let Self { broker, hub, centers, simulated, cluster, restarts, folder, .. } = self;
        let mut told = Vec::new();
        // It is up, or its start failed, as it does while processes of the killed one are still ending:
        // then the next look tries again.
        let database = cluster.start_if_ended();
        if !matches!(database, Ok(false)) {
            let log = folder.path().join("postgres/postgres.log");
            if restarts.ended_too_often(POSTGRES, now) {
                let last = database.err().map(|error| format!("\n{error}")).unwrap_or_default();
                bail!("{}{last}", ends_too_often(POSTGRES, &log));
            }
            told.push(starts_again(POSTGRES, &log));
        }
        let of_centers = centers
            .iter_mut()
            .flat_map(|center| std::iter::once(&mut center.daemon).chain(center.others.iter_mut()));
        let at_hub = std::iter::once(broker).chain(std::iter::once(hub));
        for process in at_hub.chain(of_centers).chain(simulated) {
            if !process.has_ended() {
                continue;
            }
            let log = process.recipe().log_file();
            match restarts.found_ended(process.name(), now) {
                Turn::Wait => {}
                Turn::StartAgain => {
                    process.start_again()?;
                    told.push(starts_again(process.name(), &log));
                }
                Turn::GiveUp => bail!("{}", ends_too_often(process.name(), &log)),
            }
        }
        Ok(told)
    }

    /// What the people of a day must know.
    ///
    /// # Errors
    /// The first center has no accounts.
    pub fn site(&self) -> anyhow::Result<Site> {
        self.centers[0].files.site()
    }

    /// The pages of the first center with their tokens, to be opened in a browser.
    #[must_use]
    pub fn pages(&self) -> Vec<(&'static str, String)> {
        self.centers[0].files.pages()
    }

    /// The codes of the grounds of priority in the province's data.
    ///
    /// # Errors
    /// The data cannot be read.
    pub fn priority_grounds(&self) -> anyhow::Result<Vec<String>> {
        self.centers[0].files.priority_grounds()
    }

    /// The counters of the first center.
    #[must_use]
    pub fn counters(&self) -> Vec<u16> {
        center_files::COUNTERS.to_vec()
    }

    /// The first center's daemon.
    pub fn center_process(&mut self) -> &mut Process {
        &mut self.centers[0].daemon
    }

    /// The daemon of one of the centers.
    pub fn daemon(&mut self, index: usize) -> &mut Process {
        &mut self.centers[index].daemon
    }

    /// Where the broker listens.
    #[must_use]
    pub fn broker_address(&self) -> SocketAddr {
        SocketAddr::new(self.place.hub, self.broker_port)
    }

    /// The private PostgreSQL.
    pub fn cluster(&mut self) -> &mut hub::testing::Cluster {
        &mut self.cluster
    }

    /// The hub.
    pub fn hub_process(&mut self) -> &mut Process {
        &mut self.hub
    }

    /// The broker.
    pub fn broker_process(&mut self) -> &mut Process {
        &mut self.broker
    }

    /// Where a center's line takes orders.
    #[must_use]
    pub fn line_control(&self, index: usize) -> SocketAddr {
        self.centers[index].files.line_control
    }

    /// Where its printer takes orders.
    #[must_use]
    pub fn printer_control(&self) -> SocketAddr {
        self.centers[0].files.printer_control
    }

    /// Where the sign of a counter takes orders.
    #[must_use]
    pub fn sign_control(&self, counter: u16) -> SocketAddr {
        self.centers[0].files.sign_control(counter)
    }

    /// The node's books.
    ///
    /// # Errors
    /// They cannot be read.
    pub async fn node_books(&self) -> anyhow::Result<Books> {
        let config = self.centers[0].files.config.display().to_string();
        books::read(&run(&["books", "--config", &config], &self.logs()).await?)
    }

    /// The hub's books of that node.
    ///
    /// # Errors
    /// They cannot be read.
    pub async fn hub_books(&self) -> anyhow::Result<Books> {
        books::read(&self.hub_command(&["hub", "books", NODES[0].0]).await?)
    }

    /// How many votes the node has taken.
    ///
    /// # Errors
    /// They cannot be read.
    pub async fn votes(&self) -> anyhow::Result<VoteCount> {
        let config = self.centers[0].files.config.display().to_string();
        let printed = run(&["check", "votes", "--config", &config], &self.logs()).await?;
        Ok(serde_json::from_str(&printed)?)
    }

    /// The node's journal.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn node_journal(&self) -> anyhow::Result<JournalState> {
        let config = self.centers[0].files.config.display().to_string();
        let arguments = ["check", "journal", "--json", "--config", &config];
        Ok(serde_json::from_str(&run(&arguments, &self.logs()).await?)?)
    }

    /// That node's journal at the hub.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn hub_journal(&self) -> anyhow::Result<JournalState> {
        Ok(serde_json::from_str(&self.hub_command(&["hub", "check", NODES[0].0]).await?)?)
    }

    /// SHA-256 of every scan that the hub has whole and verified.
    ///
    /// # Errors
    /// They cannot be read.
    pub async fn hub_blobs(&self) -> anyhow::Result<BTreeSet<String>> {
        let printed = self.hub_command(&["hub", "blobs"]).await?;
        Ok(printed.lines().map(str::to_owned).collect())
    }

    async fn hub_command(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let config = self.hub_config.display().to_string();
        let mut all = arguments.to_vec();
        all.extend(["--config", &config]);
        run(&all, &self.logs()).await
    }

    /// What the signs showed, with the real moment of each frame's last byte.
    ///
    /// # Errors
    /// A log cannot be read.
    pub fn sign_log(&self) -> anyhow::Result<Vec<center_files::SignSeen>> {
        self.centers[0].files.sign_log()
    }

    /// How many slips came out of the printer.
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn printed_count(&self) -> anyhow::Result<usize> {
        self.centers[0].files.printed_count()
    }
}

async fn wait_center(files: &CenterFiles) -> anyhow::Result<()> {
    let address = files.web_address();
    wait_for("the center to answer", UP_MAX, async || listens(address).await).await
}

async fn listens(address: SocketAddr) -> Option<()> {
    tokio::net::TcpStream::connect(address).await.ok().map(|_| ())
}

/// Runs this program with other arguments to its end.
async fn run(arguments: &[&str], logs: &Path) -> anyhow::Result<String> {
    Recipe::own(&arguments.join(" "), arguments, logs)?.run().await
}

fn starts_again(name: &str, log: &Path) -> String {
    format!(
        "{name} đã dừng, được khởi động lại / ended, is started again; nhật ký / log: {}",
        log.display()
    )
}

fn ends_too_often(name: &str, log: &Path) -> String {
    format!(
        "{name} dừng quá nhiều lần trong một phút / ended too often within a minute; \
         nhật ký / log: {}",
        log.display()
    )
}

fn say(what: &str) {
    println!("demo: {what}");
}
