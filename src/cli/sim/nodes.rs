//! `motcua sim nodes`: many simulated nodes in one process, each with what a real one has towards the
//! hub: an enrolment with keys and a certificate of its own, two connections to the broker with that
//! certificate, and a keyed store with a journal in a folder of its own. What it has not is a center:
//! no pages, no devices, no scans, no desks; [`super::node_day`] makes up what happens there.
//!
//! Only in a folder that is marked as a demonstration's. A node costs two megabytes or three, half of
//! them its two TLS connections, and ten open files.

use super::node_day::Day;
use super::node_tables::NodeTables;
use crate::center::mark_demo;
use crate::clock::{self, DEMO_MARK};
use crate::identity::{self, Identity};
use crate::province_data::ProvinceData;
use crate::settings::Settings;
use anyhow::{Context, bail, ensure};
use clap::Args;
use dice::Dice;
use domain::ids::NodeId;
use domain::time::Clock;
use hub::enrol_client::{EnrolOrder, Identity as Enrolment, Way, enrol};
use hub::enrol_words::EnrolToken;
use link::mqtt::MqttPipe;
use link::settings::LinkSettings;
use link::uplink::{Uplink, UplinkConfig};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use store::{ClockKind, Store, StoreConfig};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tracing_subscriber::EnvFilter;

/// Most nodes of one process: their files stay below the 1,024 that a process may usually have open.
pub const NODES_PER_PROCESS_MAX: usize = 60;
/// Reads and writes of all nodes of a process that are under way at once; more wait.
pub const DISK_THREADS_MAX: usize = 8;
/// Between two events of a node at the least.
const EVENT_PAUSE_MIN: Duration = Duration::from_millis(50);
/// How often a hub that does not answer is asked again for an enrolment, and how long between.
const ENROL_TRIES: usize = 30;
const ENROL_AGAIN: Duration = Duration::from_secs(2);
/// The longest wait before connecting again: a demonstration's hub comes back soon.
const RECONNECT_MAX_MS: u64 = 10_000;

/// `motcua sim nodes …`
#[derive(Debug, Args)]
pub struct Arguments {
    /// Where the nodes lie, a folder each; marked as a demonstration's.
    #[arg(long)]
    folder: PathBuf,
    /// Address of the hub's pages, `https://hub.example:8443`.
    #[arg(long)]
    hub: String,
    /// A file with the token of each node, one a line, as `motcua hub enrol` prints them.
    #[arg(long)]
    tokens: PathBuf,
    /// What happens at each of them, on the average. Entries a minute.
    #[arg(long, default_value_t = 2.0)]
    entries_per_minute: f64,
    /// So much happens at each of them from the start of the process on, and then nothing more: it only
    /// keeps its link. Without it things go on happening.
    #[arg(long)]
    events: Option<u64>,
}

/// What all nodes of the process share.
struct Common {
    data: Arc<ProvinceData>,
    clock: Arc<dyn Clock>,
    pause: Duration,
    events: Option<u64>,
}

/// Enrols the nodes, one after the other, and runs each as soon as it is.
///
/// # Errors
/// The folder is not a demonstration's, the tokens cannot be read, or no node could be started.
pub async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let _ = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into()))
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .try_init();
    let Arguments { folder, hub, tokens, entries_per_minute, events } = arguments;
    ensure!(
        folder.join(DEMO_MARK).exists(),
        "{} is not a demonstration's folder",
        folder.display()
    );
    ensure!(
        *entries_per_minute > 0.0 && *entries_per_minute <= 1000.0,
        "--entries-per-minute {entries_per_minute}: above 0 and at most 1000"
    );
    let text = std::fs::read_to_string(tokens).with_context(|| tokens.display().to_string())?;
    let tokens: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    ensure!(
        tokens.len() <= NODES_PER_PROCESS_MAX,
        "{} nodes are too many for one process; {NODES_PER_PROCESS_MAX} are the most",
        tokens.len()
    );
    let common = Arc::new(Common {
        data: Arc::new(ProvinceData::load(&Settings::load_from(None, &[])?)?),
        clock: clock::for_folder(folder).map_err(anyhow::Error::msg)?,
        pause: Duration::from_secs_f64(60.0 / entries_per_minute),
        events: *events,
    });
    let mut nodes = JoinSet::new();
    for token in tokens {
        match come_in(folder, hub, token).await {
            Ok(data_folder) => {
                let common = Arc::clone(&common);
                nodes.spawn(async move { live(&data_folder, &common).await });
            }
            // The others are of use without it; its token is told by its node alone.
            Err(error) => eprintln!("{error:#}"),
        }
    }
    let ended = nodes.join_next().await.context("no node could be enrolled")?;
    // A node ends only by an error. The process is started again, and all of them with it.
    ended?
}

/// Enrols a node, unless its token has done that already; gives its data folder. A node that was enrolled
/// before goes on with its journal, and learns where the broker is now.
async fn come_in(folder: &Path, hub: &str, token: &str) -> anyhow::Result<PathBuf> {
    let node = EnrolToken::parse(token)?.node;
    let data_folder = folder.join(node.as_str());
    let identity_folder = identity::folder(&data_folder);
    std::fs::create_dir_all(&identity_folder)
        .with_context(|| identity_folder.display().to_string())?;
    let known = Enrolment::load(&identity_folder)?.is_some();
    let order = EnrolOrder {
        hub_url: hub.to_owned(),
        token: token.to_owned(),
        lan_names: vec![format!("{node}.local")],
        node: Some(node.clone()),
        folder: identity_folder,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        way: Way::Join,
    };
    for _ in 0..ENROL_TRIES {
        match enrol(&order).await {
            // The recovery sheet is not kept: nobody restores a simulated node.
            Ok(_) => return Ok(data_folder),
            Err(error) if known && error.code() == "enrol.token_used" => return Ok(data_folder),
            Err(error) if error.code() == "enrol.hub_unreachable" => {
                tokio::time::sleep(ENROL_AGAIN).await;
            }
            Err(error) => return Err(error).with_context(|| format!("enrolling {node}")),
        }
    }
    bail!("enrolling {node}: {hub} does not answer")
}

/// Runs a node; comes back only with an error.
async fn live(data_folder: &Path, common: &Common) -> anyhow::Result<()> {
    let identity = Identity::load(data_folder)?;
    let node = identity.node.clone();
    let mut config = StoreConfig::new(
        data_folder.join("store"),
        node.clone(),
        identity.epoch,
        identity.keys.clone(),
    );
    config.clock = ClockKind::Demo;
    config.readers = 1;
    mark_demo(&config)?;
    let store = tokio::task::spawn_blocking(move || Store::open(config)).await?;
    let store = Arc::new(store.with_context(|| format!("the store of {node}"))?);
    let taken = Arc::new(Notify::new());
    let tables = NodeTables {
        store: Arc::clone(&store),
        clock: Arc::clone(&common.clock),
        taken: Arc::clone(&taken),
    };
    let uplink = Uplink::start(
        UplinkConfig {
            node: node.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            host: identity.broker_host.clone(),
            port: identity.broker_port,
            tls: Some(identity.files.broker_tls()),
            hub_keys: vec![identity.hub_key],
            settings: LinkSettings {
                reconnect_max_ms: RECONNECT_MAX_MS,
                ..LinkSettings::default()
            },
        },
        Arc::new(MqttPipe),
        Arc::new(tables),
        Arc::clone(&common.clock),
    );
    // A real node's writer tells the link of every entry; here nothing else would of those that what the
    // hub says makes, once the day's own events are over.
    let waker = uplink.waker();
    let answers = async {
        loop {
            taken.notified().await;
            waker.wake();
        }
    };
    tokio::select! {
        never = answers => never,
        ended = events(&node, &store, &uplink, common) => ended,
    }
}

/// What happens at a node, one after the other; comes back only with an error.
async fn events(
    node: &NodeId,
    store: &Arc<Store>,
    uplink: &Uplink,
    common: &Common,
) -> anyhow::Result<()> {
    // Chance differs from node to node and from start to start: nobody repeats a fleet's day.
    let mut dice = Dice::new(uuid::Uuid::new_v4().as_u64_pair().0);
    let mut day = None;
    let mut left = common.events;
    loop {
        if left == Some(0) {
            // The link goes on by itself, as long as it is held here.
            std::future::pending::<()>().await;
        }
        let pause = common.pause.mul_f64(dice.exponential(1.0));
        tokio::time::sleep(pause.max(EVENT_PAUSE_MIN)).await;
        let (store, data) = (Arc::clone(store), Arc::clone(&common.data));
        let (now, seed, known) = (common.clock.now(), dice.roll(), day.take());
        let happened = tokio::task::spawn_blocking(move || {
            let mut day = match known {
                Some(day) => day,
                None => Day::load(&store, data, Dice::new(seed), now)?,
            };
            day.event(&store, now).map(|()| day)
        })
        .await?;
        match happened {
            Ok(after) => {
                day = Some(after);
                left = left.map(|left| left.saturating_sub(1));
            }
            // What was in memory is gone with the day; the tables say where it goes on.
            Err(error) => tracing::warn!(%node, error = format!("{error:#}"), "nothing happened"),
        }
        uplink.wake();
    }
}
