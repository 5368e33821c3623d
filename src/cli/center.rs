//! `motcua center`: the daemon, and its enrolment.

use super::Config;
use crate::settings::Settings;
use crate::{api, center, identity};
use anyhow::Context;
use clap::Subcommand;
use domain::ids::NodeId;
use hub::enrol_client::{self, EnrolOrder, Way};
use tracing_subscriber::EnvFilter;
use utoipa::OpenApi;

/// What may be done with a center.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Registers this box with the hub and prints the recovery sheet, once.
    Enrol {
        /// Address of the hub's pages, `https://hub.example:8443`.
        #[arg(long)]
        hub: String,
        /// The token that `motcua hub enrol` printed.
        #[arg(long)]
        token: String,
        /// Begins from nothing although the hub has data of this node. Numbers are given twice.
        #[arg(long)]
        anew: bool,
    },
    /// Puts this box in the place of an old one of the same node: everything comes back from the hub.
    Restore(super::restore::Arguments),
}

/// Runs the daemon, or enrols.
///
/// # Errors
/// Wrong settings, all at once; a part that does not start.
pub fn run(config: &Config, action: Option<Action>) -> anyhow::Result<()> {
    let settings = config.settings()?;
    log_to_stderr(&settings)?;
    match action {
        None => daemon(settings),
        Some(Action::Enrol { hub, token, anew }) => enrol(&settings, hub, token, anew),
        Some(Action::Restore(arguments)) => super::restore::run(&settings, &arguments),
    }
}

fn daemon(settings: Settings) -> anyhow::Result<()> {
    actix::System::new().block_on(async move {
        let center = center::start(settings)?;
        let mut terminate =
            tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("the center closes");
        center.stop().await;
        Ok(())
    })
}

fn enrol(settings: &Settings, hub: String, token: String, anew: bool) -> anyhow::Result<()> {
    crate::restore::may_open(&settings.node.data_folder)?;
    let node = NodeId::parse(&settings.node.id).context("node.id")?;
    let lan_names = identity::lan_names(settings, &node);
    let folder = identity::folder(&settings.node.data_folder);
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let order = EnrolOrder {
        hub_url: hub,
        token,
        node: Some(node),
        lan_names,
        folder,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        way: if anew { Way::BeginAnew } else { Way::Join },
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let enrolled = runtime.block_on(enrol_client::enrol(&order))?;
    if let Some(sheet) = enrolled.sheet_text() {
        println!("{sheet}");
    }
    Ok(())
}

/// Logs go to the standard error, which systemd gives to the journal.
///
/// # Errors
/// The filter cannot be read.
pub fn log_to_stderr(settings: &Settings) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&settings.log.level)
        .with_context(|| format!("log.level: «{}»; write \"info\"", settings.log.level))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start in one process, as tests do, keeps the first one's log.
    let _ = if settings.log.format == "json" {
        builder.json().try_init()
    } else {
        builder.with_ansi(false).try_init()
    };
    Ok(())
}

/// Prints the description of the center's HTTP interface, or of the hub's.
///
/// # Errors
/// It cannot be rendered.
pub fn print_openapi(of_hub: bool) -> anyhow::Result<()> {
    let document = if of_hub { hub::api::HubApi::openapi() } else { api::Description::openapi() };
    println!("{}", document.to_pretty_json()?);
    Ok(())
}
