//! What `motcua hub ...` calls: one function a subcommand, each taking loaded settings and giving
//! back what is to be printed.

use std::sync::Arc;

use domain::ids::NodeId;
use domain::time::Clock;
use jiff::Timestamp;
use journal::books::BookRow;
use serde::Serialize;
use web::auth::Role;

use crate::authority::Paths;
use crate::authority::device::DeviceAuthority;
use crate::authority::init::InitReport;
use crate::error::{HubError, Result};
use crate::keys::HubKeys;
use crate::settings::Settings;
use crate::store::Store;
pub use crate::store::erase::EraseOrder;
use crate::store::orders::{NewOrder, OrderShown};
use crate::units::{points, units};
use crate::{books as book_rows, enrol as enrolment, run as running};

/// The province's own center, which stands in no list of communes.
const PROVINCE_UNIT: &str = "22";
const PROVINCE_NAME: &str = "Trung tâm Phục vụ hành chính công tỉnh Quảng Ninh";

/// `motcua hub init [--renew]`: keys, authorities, certificates, the broker's files, the database.
pub async fn init(settings: &Settings, now: Timestamp, renew: bool) -> Result<InitReport> {
    let report = crate::authority::init::init(settings, now, renew)?;
    if renew {
        crate::authority::broker::reload(&Paths::new(&settings.data_folder)).await?;
    }
    Store::open(settings).await?;
    Ok(report)
}

/// `motcua hub enrol NODE`: the token's text, to be printed.
pub async fn enrol(settings: &Settings, node: &str, now: Timestamp) -> Result<String> {
    let node = NodeId::parse(node)
        .map_err(|error| HubError::refused("enrol.bad_node", error.to_string()))?;
    Ok(enrol_all(settings, &[node], now).await?.concat())
}

/// The tokens of many nodes, in their order: the store is opened once.
///
/// # Errors
/// A node's unit stands in no list, or the store cannot be reached; then some have a token already.
pub async fn enrol_all(
    settings: &Settings,
    nodes: &[NodeId],
    now: Timestamp,
) -> Result<Vec<String>> {
    let store = Store::open(settings).await?;
    let mut tokens = Vec::with_capacity(nodes.len());
    for node in nodes {
        let unit_name = unit_name(settings, node)?;
        let token = enrolment::make_token(&store, settings, node, &unit_name, now).await?;
        tokens.push(token.to_text());
    }
    Ok(tokens)
}

/// `motcua hub order TEXT [--node NODE]...`: a message to all counters of some or all centers.
pub async fn order(
    settings: &Settings,
    text: &str,
    nodes: Option<Vec<String>>,
    by: &str,
    now: Timestamp,
) -> Result<OrderShown> {
    let store = Store::open(settings).await?;
    let order = NewOrder { text: text.to_owned(), nodes, by: by.to_owned(), request_key: None };
    store.order(&order, now).await
}

/// `motcua hub books NODE`: one line a subject, to be compared with `motcua books` at the node.
pub async fn books(settings: &Settings, node: &str) -> Result<Vec<BookRow>> {
    let store = Store::open(settings).await?;
    book_rows::books(&store, node).await
}

/// `motcua hub blobs`: the scans that are whole here and whose bytes still have their name, as
/// SHA-256 in hexadecimal.
pub async fn blobs(settings: &Settings) -> Result<Vec<String>> {
    let store = Store::open(settings).await?;
    let verified = store.verified_blobs().await?;
    Ok(verified.iter().map(|sha256| journal::hex::encode(sha256)).collect())
}

/// `motcua hub check NODE`: number and hash of every entry of a node, and whether its chain holds.
pub async fn journal(settings: &Settings, node: &str) -> Result<(Vec<(u64, String)>, bool)> {
    let store = Store::open(settings).await?;
    let chains = store.check_chains().await?;
    let mut chains = chains.iter().filter(|chain| chain.node == node).peekable();
    let chain_ok = chains.peek().is_some() && chains.all(|chain| chain.chain_ok);
    Ok((store.entry_hashes(node).await?, chain_ok))
}

/// `motcua hub erase`: what stands to be erased under a code: id, and when its result was returned.
pub async fn erasable(
    settings: &Settings,
    code: &str,
) -> Result<Vec<(uuid::Uuid, Option<Timestamp>)>> {
    Store::open(settings).await?.dossiers_of_code(code).await
}

/// `motcua hub erase --yes`: orders it from every node that wrote about the dossier.
pub async fn erase(settings: &Settings, order: &EraseOrder, now: Timestamp) -> Result<Vec<String>> {
    Store::open(settings).await?.order_erasure(order, now).await
}

/// When the newest entry of all centers was written, by their own clocks: what an erasure is judged by
/// where nothing keeps the hub's clock.
pub async fn newest_entry_at(settings: &Settings) -> Result<Option<Timestamp>> {
    Store::open(settings).await?.newest_entry_at().await
}

/// `motcua hub sweep`: old versions of erased rows leave PostgreSQL's files; how many files of scans
/// went.
pub async fn sweep(settings: &Settings) -> Result<u64> {
    Store::open(settings).await?.sweep().await
}

/// `motcua hub thaw NODE`: lets a frozen node's stream go on from the hub's cursor.
pub async fn thaw(settings: &Settings, node: &str, now: Timestamp) -> Result<bool> {
    let store = Store::open(settings).await?;
    store.thaw(node, now).await
}

/// `motcua hub adopt NODE`: lets the journal of a box go on whose epoch the database has forgotten; gives
/// the epoch.
pub async fn adopt(settings: &Settings, node: &str, now: Timestamp) -> Result<u64> {
    let store = Store::open(settings).await?;
    let device = DeviceAuthority::load(&Paths::new(&settings.data_folder))?;
    let epoch = store.adopt(node, now).await?;
    crate::renew::publish(&store, settings, &device, now).await?;
    Ok(epoch)
}

/// `motcua hub revoke NODE`: takes a node's certificates away; gives how many.
pub async fn revoke(settings: &Settings, node: &str, now: Timestamp) -> Result<u64> {
    let store = Store::open(settings).await?;
    let device = DeviceAuthority::load(&Paths::new(&settings.data_folder))?;
    crate::renew::revoke(&store, settings, &device, node, "motcua hub revoke", now).await
}

/// `motcua hub down-anew NODE`: begins the hub's journal for a node anew, after a fork of it. Gives the
/// new epoch and how many entries are said again.
pub async fn down_anew(settings: &Settings, node: &str, now: Timestamp) -> Result<(u64, u64)> {
    let store = Store::open(settings).await?;
    store.begin_down_anew(node, now).await
}

/// `motcua hub replay`: tries parked entries again. Gives how many could be applied.
pub async fn replay(settings: &Settings, now: Timestamp) -> Result<u64> {
    let store = Store::open(settings).await?;
    store.replay_parked(now).await
}

/// `motcua hub officer add`: a technician who may sign in.
pub async fn officer_add(
    settings: &Settings,
    login: &str,
    name: &str,
    role: Role,
    password: &str,
    now: Timestamp,
) -> Result<()> {
    let store = Store::open(settings).await?;
    store.put_officer(login, name, role, password, now).await
}

/// What `motcua hub check` looked at.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CheckReport {
    /// What is in order, a sentence each.
    pub fine: Vec<String>,
    /// What is not, and what to do.
    pub wrong: Vec<String>,
    /// For each node: entries checked, and whether the chain holds.
    pub chains: Vec<ChainReport>,
}

/// A node's journal at the hub.
#[derive(Debug, Clone, Serialize)]
pub struct ChainReport {
    /// The node.
    pub node: String,
    /// The epoch.
    pub epoch: u64,
    /// It is the granted one; an older one gets no more entries.
    pub granted: bool,
    /// Entries that were read.
    pub entries: u64,
    /// Every entry has its number, its hash, and the hash of the one before; the last is the cursor.
    pub chain_ok: bool,
}

impl CheckReport {
    /// Whether nothing is wrong.
    pub fn is_fine(&self) -> bool {
        self.wrong.is_empty() && self.chains.iter().all(|chain| chain.chain_ok)
    }
}

/// `motcua hub check`: files, store and every chain; all findings at once.
pub async fn check(settings: &Settings) -> Result<CheckReport> {
    let mut report = CheckReport::default();
    let mut note = |what: &str, result: Result<()>| match result {
        Ok(()) => report.fine.push(what.to_owned()),
        Err(error) => report.wrong.push(format!("{what}: {error}")),
    };
    let paths = Paths::new(&settings.data_folder);
    note("keys", HubKeys::load(&settings.data_folder).map(|_| ()));
    note("device authority", DeviceAuthority::load(&paths).map(|_| ()));
    note(
        "LAN authority",
        crate::authority::lan::LanAuthority::load(&paths, &settings.authority.lan_domains)
            .map(|_| ()),
    );
    note("list of centers", units(settings).map(|_| ()));
    note("list of reception points", points(settings).map(|_| ()));
    note("own certificates", late_certificates(&paths, Timestamp::now()));
    let root_key = settings.authority.offline_folder.join(crate::authority::init::ROOT_KEY_FILE);
    if root_key.exists() {
        report.wrong.push(format!(
            "the root key still lies on this machine: take {} away",
            settings.authority.offline_folder.display()
        ));
    }
    match Store::open(settings).await {
        Ok(store) => {
            report.fine.push("store".to_owned());
            report.chains = store.check_chains().await?;
        }
        Err(error) => report.wrong.push(format!("store: {error}")),
    }
    Ok(report)
}

/// `motcua hub`: runs until it is asked to stop (Ctrl-C or SIGTERM). Call it inside an actix system.
pub async fn run(settings: &Settings, clock: Arc<dyn Clock>) -> Result<()> {
    let hub = running::start(settings, clock).await?;
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
        .map_err(|cause| HubError::File { path: "SIGTERM".into(), cause })?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => {
            interrupted.map_err(|cause| HubError::File { path: "SIGINT".into(), cause })?;
        }
        _ = terminate.recv() => {}
    }
    tracing::info!("the hub stops");
    hub.stop().await;
    Ok(())
}

/// Refuses when one of the hub's own certificates ends soon.
fn late_certificates(paths: &Paths, now: Timestamp) -> Result<()> {
    let all = crate::authority::own::own_certificates(paths, now)?;
    match all.iter().find(|own| own.late) {
        None => Ok(()),
        Some(own) => Err(HubError::refused(
            "hub.certificate_late",
            format!(
                "{:?} ends at {}; run motcua hub init --renew, reload mosquitto, restart the hub",
                own.which, own.ends_at
            ),
        )),
    }
}

fn unit_name(settings: &Settings, node: &NodeId) -> Result<String> {
    if node.unit() == PROVINCE_UNIT {
        return Ok(PROVINCE_NAME.to_owned());
    }
    match units(settings)?.get(node.unit()) {
        Some(unit) => Ok(unit.center_name()),
        None => Err(HubError::refused(
            "enrol.unknown_unit",
            format!("{} stands not in {}", node.unit(), settings.centers_file.display()),
        )),
    }
}
