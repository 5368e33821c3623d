//! `motcua demo --day`: a service day that runs by itself against the real processes of a demo, is
//! disturbed on the way, and is judged at the end by comparing what people were answered, the books
//! of the node and the books of the hub.

pub mod client;
pub mod crowd;
pub mod faults;
pub mod people;
pub mod report;

use super::demo::Demo;
use crate::clock::RateClock;
use anyhow::{Context, bail};
use client::{As, CenterClient};
use dice::Dice;
use jiff::Timestamp;
use people::Hall;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// Citizens of the day.
const CITIZENS: usize = 240;
/// Kiosks at which they take their tickets.
const KIOSKS: usize = 2;
/// How fast the day's clock runs: virtual seconds per real second.
pub const RATE: f64 = 80.0;
/// The longest a day may take. Real time.
const DAY_MAX: Duration = Duration::from_secs(9 * 60);
/// How long a simulated device may take to answer an order.
const ORDER_MAX: Duration = Duration::from_secs(5);

/// The day's clock as its people see it.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// The clock that the daemons run on too.
    pub clock: RateClock,
}

impl Pace {
    /// Minutes since the day's clock was started.
    #[must_use]
    pub fn minute(&self) -> f64 {
        let shown = self.clock.at(Timestamp::now()).as_microsecond() - self.clock.virtual_start_us;
        // A day's microseconds are far inside 2^53.
        #[allow(clippy::cast_precision_loss)]
        let minutes = shown as f64 / 60_000_000.0;
        minutes
    }

    /// Waits some virtual minutes.
    pub async fn minutes(&self, minutes: f64) {
        tokio::time::sleep(Duration::from_secs_f64(minutes.max(0.0) * 60.0 / self.clock.rate))
            .await;
    }

    /// Waits until a virtual minute of the day.
    pub async fn until_minute(&self, minute: f64) {
        self.minutes(minute - self.minute()).await;
    }
}

/// What the people must know of the center.
#[derive(Debug)]
pub struct Site {
    /// `https://…`.
    pub base: String,
    /// The LAN authority's certificate.
    pub authority: PathBuf,
    /// The kiosks' token.
    pub kiosk_token: String,
    /// The token of another system, or of a load generator, which presses faster than citizens may.
    pub load_token: String,
    /// A tablet's token by counter.
    pub tablet_tokens: Vec<(u16, String)>,
    /// The officers' password; they are called `officer-N`.
    pub password: String,
    /// The counter with the card reader.
    pub reader_counter: u16,
    /// Where the reader takes orders.
    pub reader_control: SocketAddr,
    /// The account that the specialist uses.
    pub specialist_counter: u16,
}

impl Site {
    fn client(&self, who: As) -> anyhow::Result<CenterClient> {
        CenterClient::new(&self.base, &self.authority, who)
    }

    /// A kiosk's client.
    ///
    /// # Errors
    /// The authority's file cannot be read.
    pub fn kiosk(&self) -> anyhow::Result<CenterClient> {
        self.client(As::Device(self.kiosk_token.clone()))
    }

    /// An officer's client.
    ///
    /// # Errors
    /// The authority's file cannot be read.
    pub fn officer(&self, counter: u16) -> anyhow::Result<CenterClient> {
        self.client(As::Officer {
            login: super::demo::center_files::officer_of(counter),
            password: self.password.clone(),
        })
    }

    /// The head's client.
    ///
    /// # Errors
    /// The authority's file cannot be read.
    pub fn head(&self) -> anyhow::Result<CenterClient> {
        let login = super::demo::center_files::HEAD.to_owned();
        self.client(As::Officer { login, password: self.password.clone() })
    }

    /// A tablet's client.
    ///
    /// # Errors
    /// The counter has no tablet, or the authority's file cannot be read.
    pub fn tablet(&self, counter: u16) -> anyhow::Result<CenterClient> {
        let token = self.tablet_tokens.iter().find(|(number, _)| *number == counter);
        let (_, token) = token.with_context(|| format!("counter {counter} has no tablet"))?;
        self.client(As::Device(token.clone()))
    }

    /// Gives a simulated device one order and waits for its word.
    ///
    /// # Errors
    /// It does not answer, or refuses.
    pub async fn order(&self, control: SocketAddr, line: &str) -> anyhow::Result<()> {
        order(control, line).await
    }
}

/// Gives a simulated device one order and waits for its word.
///
/// # Errors
/// It does not answer, or refuses.
pub async fn order(control: SocketAddr, line: &str) -> anyhow::Result<()> {
    let answered = tokio::time::timeout(ORDER_MAX, async {
        let socket = TcpStream::connect(control).await?;
        let (reading, mut writing) = socket.into_split();
        writing.write_all(format!("{line}\n").as_bytes()).await?;
        BufReader::new(reading).lines().next_line().await
    })
    .await
    .with_context(|| format!("«{line}»: no answer from {control}"))??;
    match answered.as_deref() {
        Some(word) if word.starts_with("ok") => Ok(()),
        other => bail!("«{line}»: {control} answered {other:?}"),
    }
}

/// Runs the day on a demo that is up, and writes the report.
///
/// # Errors
/// The day could not be run, or its report has a figure that must be zero and is not.
pub async fn run(demo: &mut Demo, seed: u64, report_file: Option<&Path>) -> anyhow::Result<()> {
    let pace = Pace { clock: demo.clock };
    let site = Arc::new(demo.site()?);
    let hall = Hall::new(KIOSKS);
    let mut dice = Dice::new(seed);
    let services: Vec<(String, f64)> = [
        ("ho-tich", 0.40),
        ("dat-dai", 0.22),
        ("xa-hoi", 0.14),
        ("khac", 0.08),
        ("tra-ket-qua", 0.16),
    ]
    .map(|(code, weight)| (code.to_owned(), weight))
    .to_vec();
    let grounds = demo.priority_grounds()?;
    let with_dossier: Vec<String> = services
        .iter()
        .map(|(code, _)| code.clone())
        .filter(|code| code != "tra-ket-qua")
        .collect();
    let citizens = crowd::plan(&mut dice, CITIZENS, &services, &grounds, &with_dossier);

    let mut people = tokio::task::JoinSet::new();
    for kiosk in 0..KIOSKS {
        let share = citizens.iter().filter(|one| one.index % KIOSKS == kiosk).cloned().collect();
        people.spawn(people::kiosk(site.clone(), pace, hall.clone(), share));
    }
    for counter in demo.counters() {
        people.spawn(people::officer(site.clone(), pace, hall.clone(), counter, dice.roll()));
    }
    let mut specialist = tokio::task::JoinSet::new();
    specialist.spawn(people::specialist(site.clone(), pace, hall.clone()));

    let begun = tokio::time::Instant::now();
    println!(
        "the day begins; seed {seed}, {CITIZENS} citizens, one minute takes {:.2} s",
        60.0 / RATE
    );
    let disturbed = tokio::time::timeout(DAY_MAX, async {
        let mut disturbed = faults::Disturbed::default();
        let faults = faults::run(demo, pace, &mut disturbed);
        let everybody = async {
            while let Some(ended) = people.join_next().await {
                ended.context("a person of the day stopped")??;
            }
            anyhow::Ok(())
        };
        tokio::try_join!(faults, everybody)?;
        anyhow::Ok(disturbed)
    })
    .await
    .context("the day took longer than it may")??;
    // The specialist works until the hall is empty: one that is done by itself has failed.
    if let Some(ended) = specialist.try_join_next() {
        ended.context("the specialist stopped")??;
        bail!("the specialist went home before the hall was empty");
    }
    specialist.abort_all();
    println!("the hall is empty after {} s; papers, then the night", begun.elapsed().as_secs());
    report::wait_for_papers(demo, &hall).await;
    demo.next_morning().await?;
    println!("the next morning; waiting for the hub");

    let report = report::make(demo, &hall, &disturbed, seed).await?;
    let text = serde_json::to_string_pretty(&report)?;
    if let Some(file) = report_file {
        std::fs::write(file, format!("{text}\n")).with_context(|| file.display().to_string())?;
    }
    println!("{text}");
    let failed = report.failures();
    if failed.is_empty() {
        println!("the day ended well after {} s", begun.elapsed().as_secs());
        return Ok(());
    }
    bail!("the day did not end well: {}", failed.join("; "))
}
