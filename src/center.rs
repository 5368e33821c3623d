//! Wires every part of the center daemon. Reading order is start order: identity, store, screens,
//! devices, voice and announcer, rating desk, queue desk and dossier desk, uplink, health, keeper, web,
//! renewal.
//!
//! Nothing here decides anything. After a crash each desk reads its tables; see [`crate::actors`].

use crate::actors::announcer::Announcer;
use crate::actors::device_host::{DeviceHost, DeviceHostSettings, DevicePorts};
use crate::actors::dossier_desk::{
    DossierDesk, DossierDeskSettings, DossierPorts, Rules, SlipPaper, paper_title,
};
use crate::actors::hall_teller;
use crate::actors::health::{Health, HealthPorts};
use crate::actors::keeper::{Keeper, KeeperSettings};
use crate::actors::live::Live;
use crate::actors::pairing::Pairing;
use crate::actors::queue_desk::{QueueDesk, QueueDeskSettings, QueuePorts, TicketPaper};
use crate::actors::rating_desk::{RatingDesk, RatingPorts};
use crate::actors::second_medium::{self, MediumPorts, MediumSettings, MediumView};
use crate::actors::surfaces::Surfaces;
use crate::actors::uplink::{Hub, NodeKeys, NodeTables, Stuck, UplinkDesk, UplinkPorts};
use crate::actors::{EventLog, OfficerNames, StorePorts, StoreWatch};
use crate::api::{self, CenterAccounts};
use crate::clock;
use crate::forms_client::{FormsClient, FormsSettings};
use crate::identity::{Identity, lan_names};
use crate::province_data::ProvinceData;
use crate::recovery::RecoveryFile;
use crate::renewal::{Renewal, ask_for_the_time};
use crate::restore;
use crate::settings::{Node, Settings};
use crate::voice;
use actix::{Addr, Arbiter};
use anyhow::Context;
use devices::RawDevice;
use devices::discovery::HelperCommand;
use domain::dossier::{CodeError, CodePattern};
use domain::{retention, text_fold};
use hub::renew_client::RenewOrder;
use jiff::SignedDuration;
use journal::Sealing;
use link::mqtt::GuardedMqttPipe;
use link::pipe::Pipe;
use link::settings::LinkSettings;
use link::uplink::UplinkConfig;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use store::{ClockKind, Store, StoreConfig, Swept, Syncing};
use tokio::sync::{Notify, watch};
use web::{Auth, AuthSettings, LiveHub, LiveSettings, ServeOptions, Serving};

/// The longest wait for an answer, as a multiple of the first one.
const ANSWER_GROWS: f64 = 30.0;
/// Without a form for so long the renderer is stopped.
const FORMS_IDLE: Duration = Duration::from_secs(60);
/// One form may take so long, the renderer's start included.
const FORMS_TIME_MAX: Duration = Duration::from_secs(20);

/// How long the store's last commit and the cutting of its log may take when the daemon stops.
const CLOSE_MAX: Duration = Duration::from_secs(8);
/// A month of the settings.
const DAYS_A_MONTH: u32 = 30;
/// Files of scans that nobody recorded are looked for so long after a start: the hall comes first.
const SWEEP_AFTER: Duration = Duration::from_secs(60);

/// A running center.
pub struct Center {
    /// Where it listens.
    pub serving: Serving,
    store: Store,
    _keeper: Addr<Keeper>,
    _arbiters: Vec<Arbiter>,
}

impl Center {
    /// Closes for an orderly end: open requests are answered, what waits is committed, and the write-ahead
    /// log is brought into the database, so that the next start has nothing of it to read.
    pub async fn stop(self) {
        self.serving.stop().await;
        let Ok(writer) = self.store.writer() else { return };
        // A backup from outside may hold the log. Nothing is lost by leaving it: it is read at the start.
        if tokio::time::timeout(CLOSE_MAX, writer.close()).await.is_err() {
            tracing::warn!("the write-ahead log is left to the next start");
        }
    }
}

/// Where a store lies and how it is opened, for the daemon and for the commands beside it.
#[must_use]
pub fn store_config(settings: &Settings, identity: &Identity) -> StoreConfig {
    let folder = settings.node.data_folder.join("store");
    let mut config =
        StoreConfig::new(folder, identity.node.clone(), identity.epoch, identity.keys.clone());
    config.reserve_bytes = store::room::RESERVE_BYTES_MAX;
    if settings.node.data_folder.join(clock::DEMO_MARK).exists() {
        config.clock = ClockKind::Demo;
        if settings.node.data_folder.join("UNSEALED").exists() {
            config.sealing = Sealing::Off;
        }
        if settings.node.data_folder.join("UNSYNCED").exists() {
            config.syncing = Syncing::Off;
        }
    }
    config
}

/// Marks the store of a demonstration as one.
///
/// # Errors
/// The folder cannot be written to.
pub fn mark_demo(config: &StoreConfig) -> std::io::Result<()> {
    if config.clock != ClockKind::Demo {
        return Ok(());
    }
    std::fs::create_dir_all(&config.folder)?;
    std::fs::write(config.folder.join(store::DEMO_MARK), "")
}

/// How dossier codes are made here: by the boxes of one unit from its one start and pattern, each with its
/// own share of the day's numbers.
///
/// # Errors
/// The settings' start or pattern of the codes cannot be one; the box has a number that no unit has.
pub fn code_pattern(settings: &Settings) -> Result<CodePattern, CodeError> {
    let node = &settings.node;
    let number = domain::ids::NodeId::parse(&node.id).map_or(1, |id| id.number());
    CodePattern::for_box(&node.dossier_code_pattern, &node.dossier_code_start, number)
}

/// Starts everything inside a running actix system.
///
/// # Errors
/// A part cannot start: not enrolled, another daemon on the folder, wrong data, port taken.
pub fn start(settings: Settings) -> anyhow::Result<Center> {
    restore::may_open(&settings.node.data_folder)?;
    let identity = Identity::load(&settings.node.data_folder)?;
    if identity.node.as_str() != settings.node.id {
        anyhow::bail!(
            "node.id is {}, but this box is enrolled as {}; write node.id = \"{}\"",
            settings.node.id,
            identity.node,
            identity.node
        );
    }
    let demo_mark = settings.node.data_folder.join(clock::DEMO_MARK).exists();
    crashpoint::arm(demo_mark).map_err(anyhow::Error::msg)?;
    let data = Arc::new(ProvinceData::load(&settings)?);
    let settings = Arc::new(settings);

    let config = store_config(&settings, &identity);
    let (sealing, demo) = (config.sealing, config.clock == ClockKind::Demo);
    mark_demo(&config)?;
    // A store that was made for a demonstration stays one, also when the demo's clock is taken from it.
    let load_let_in = config.folder.join(store::DEMO_MARK).exists();
    let opened = Store::open(config).with_context(|| {
        format!("the store in {} cannot be opened", settings.node.data_folder.display())
    })?;
    let clocks = clock::of_center(
        &settings.node.data_folder,
        opened.readers().read_now(store::query::journal::last_time)?,
        opened.config().clock_trust.clone(),
    )
    .map_err(anyhow::Error::msg)?;
    if let Some(guarded) = &clocks.guarded {
        ask_for_the_time(&identity.files.0, guarded);
    }
    let clock = clocks.business;
    let pipe: Arc<dyn Pipe> = Arc::new(GuardedMqttPipe(Arc::clone(&clocks.certificates)));
    // The power may have gone between two files of a renewal. Only whoever holds the store may mend that.
    hub::renew_client::settle(&identity.files.0)?;
    let store = StorePorts {
        writer: opened.writer()?,
        readers: opened.readers(),
        watch: StoreWatch::default(),
    };

    sweep_blobs(&opened);

    let ticking = Arc::clone(&clock);
    let now: web::Now = Arc::new(move || ticking.now());
    let pages = LiveHub::new(LiveSettings::default(), now.clone(), api::may_follow);
    let live = Live::new(pages.clone());

    // Desks share one thread: each decides in microseconds and waits for the writer, which has its
    // own. Devices and the link have theirs, so that neither can hold up a call.
    let (desks, hardware, line) = (Arbiter::new(), Arbiter::new(), Arbiter::new());
    let devices = DeviceHost::new(
        device_settings(&settings)?,
        DevicePorts { store: store.clone(), live: live.clone(), clock: Arc::clone(&clock) },
    )
    .spawn(&hardware.handle());
    let (voice, clips) = voice::start(&settings, &store.writer, &clock, &hardware);
    let announcer = Announcer::new(
        SignedDuration::from_secs(i64::from(settings.queue.call_seconds)),
        live.clone(),
        Arc::clone(&clock),
        Box::new(voice),
    )
    .with_boards(devices.clone())
    .spawn(&desks.handle());
    let ratings = RatingDesk::load(RatingPorts {
        store: store.clone(),
        live: live.clone(),
        clock: Arc::clone(&clock),
    })?
    .spawn(&desks.handle());
    let title = paper_title(&settings.node.unit_name);
    let officers = OfficerNames::read_now(&store.readers)?;
    let queue = QueueDesk::load(
        QueueDeskSettings {
            queue: data.queue.clone(),
            unit_name: settings.node.unit_name.clone(),
            paper: TicketPaper {
                title: ticket_title(&settings.node),
                key: identity.keys.wrapping.clone(),
                address: settings.node.ticket_address.clone(),
            },
            officers: officers.clone(),
        },
        QueuePorts {
            store: store.clone(),
            announcer,
            devices: devices.clone(),
            ratings: ratings.clone(),
            live: live.clone(),
            clock: Arc::clone(&clock),
        },
    )?
    .spawn(&desks.handle());
    let dossiers = DossierDesk::load(
        DossierDeskSettings {
            rules: Rules {
                node: identity.node.clone(),
                codes: code_pattern(&settings)?,
                catalogue: Arc::new(data.catalogue.clone()),
                calendar: Arc::new(data.calendar.clone()),
                deadlines: data.deadline_rules.clone(),
            },
            paper: SlipPaper {
                title,
                hotline: settings.node.hotline.clone(),
                node: Some(identity.node.clone()),
                units: data.units.clone(),
                points: data.points.clone(),
            },
        },
        DossierPorts {
            store: store.clone(),
            devices: devices.clone(),
            ratings: ratings.clone(),
            live: live.clone(),
            clock: Arc::clone(&clock),
        },
    )?
    .spawn(&desks.handle());
    let tables = NodeTables {
        writer: store.writer.clone(),
        readers: store.readers.clone(),
        segments: opened.segments(),
        blobs: opened.blobs(),
        dossiers: dossiers.clone(),
        keys: NodeKeys {
            node: identity.node.clone(),
            wrapping: identity.keys.wrapping.clone(),
            sealing,
        },
        clock: Arc::clone(&clock),
        messages_changed: Arc::new(Notify::new()),
        stuck: Stuck::default(),
    };
    let uplink = UplinkDesk::new(
        Some(hub_of(&settings, &identity, Arc::clone(&pipe))),
        UplinkPorts {
            tables,
            live: live.clone(),
            clock: Arc::clone(&clock),
            guarded: clocks.guarded.clone(),
        },
    )
    .spawn(&line.handle());
    line.spawn(hall_teller::run(queue.clone(), uplink.clone()));
    let health = Health::new(
        settings.node.data_folder.clone(),
        HealthPorts {
            store: store.clone(),
            live: live.clone(),
            clock: Arc::clone(&clock),
            accesses_kept: SignedDuration::from_hours(
                i64::from(settings.access_log.kept_days) * 24,
            ),
            guarded: clocks.guarded,
        },
    )
    .spawn(&desks.handle());

    let restored = restore::progress(&store.readers)?;
    let (shown, restoring) = watch::channel(restored.clone());
    let hub_scans = match &restored {
        Some(progress) => Some(restore::client(&identity, &progress.hub_url)?),
        None => None,
    };
    if let (Some(progress), Some(client)) = (restored, &hub_scans)
        && progress.unfinished()
    {
        let (writer, readers) = (store.writer.clone(), store.readers.clone());
        let rest =
            restore::finish(client.clone(), writer, readers, Arc::clone(&clock), progress, shown);
        line.spawn(rest);
    }

    let (medium_shown, medium) = watch::channel(MediumView::default());
    let medium_folder = Some(&settings.medium.folder).filter(|folder| **folder != Path::new(""));
    if let Some(folder) = medium_folder {
        let recovery = RecoveryFile::new(&settings.node.data_folder, identity.keys.master);
        let mirrored = MediumSettings {
            folder: Some(folder.clone()),
            store: opened.config().folder.clone(),
            node: identity.node.clone(),
            keys: identity.keys.clone(),
            recovery,
            same_disk_allowed: demo,
        };
        let ports = MediumPorts {
            readers: store.readers.clone(),
            writer: store.writer.clone(),
            opener: opened.medium_opener(),
            segments: opened.segments(),
            clock: Arc::clone(&clock),
        };
        line.spawn(second_medium::run(mirrored, ports, medium_shown));
    }

    let days = |days: u32| SignedDuration::from_hours(24 * i64::from(days));
    let keeper = Keeper::load(
        KeeperSettings {
            journal_kept: days(settings.keep.journal_days),
            scans_kept: days(settings.keep.scan_months * DAYS_A_MONTH),
            tickets_rule: retention::by_itself(&data.retention).cloned(),
        },
        &opened,
        store.clone(),
        Arc::clone(&clock),
    )?
    .spawn(&line.handle());

    let auth_settings = AuthSettings {
        idle: SignedDuration::from_mins(i64::from(settings.web.session_idle_minutes)),
        ..AuthSettings::default()
    };
    let accounts = Arc::new(CenterAccounts::new(
        store.readers.clone(),
        store.writer.clone(),
        Arc::clone(&clock),
        auth_settings.absolute,
        load_let_in,
    ));
    let shared = CenterAccounts::clone(&accounts);
    let auth = Auth::new(auth_settings, now, accounts.clone(), accounts.clone(), accounts);
    let (renewing, renewal_clock) = (store.writer.clone(), Arc::clone(&clock));
    let center = api::Center {
        node: identity.node.clone(),
        unit_name: settings.node.unit_name.clone(),
        clock,
        data,
        queue,
        officers,
        dossiers,
        ratings,
        devices,
        uplink,
        health,
        restoring,
        medium,
        hub_scans,
        live,
        surfaces: Surfaces::default(),
        pairing: Pairing::default(),
        accounts: shared,
        replays: api::Replays::default(),
        readers: store.readers,
        writer: store.writer,
        blobs: opened.blobs(),
        clips,
        forms: FormsClient::start(forms_settings(&settings)?)?,
        ticket_key: identity.keys.wrapping.clone(),
        settings: Arc::clone(&settings),
    };
    let tls =
        web::tls::Identity::load(&identity.files.lan_certificate(), &identity.files.lan_key())?;
    let serving = web::serve(
        settings.web.listen.as_str(),
        Some(&tls),
        &ServeOptions::default(),
        move |cfg| api::configure(cfg, &center, &auth, &pages),
    )
    .with_context(|| format!("{} cannot be listened on", settings.web.listen))?;
    let renewal = Renewal {
        order: RenewOrder {
            folder: identity.files.0.clone(),
            lan_names: lan_names(&settings, &identity.node),
            pipe,
        },
        tls,
        events: EventLog::new(renewing),
        clock: renewal_clock,
        certificates: clocks.certificates,
    };
    line.spawn(renewal.run());
    tracing::info!(node = %identity.node, listen = %settings.web.listen, "the center is open");
    Ok(Center { serving, store: opened, _keeper: keeper, _arbiters: vec![desks, hardware, line] })
}

/// Beside everything else: nobody waits for it.
fn sweep_blobs(opened: &Store) {
    let (blobs, readers) = (opened.blobs(), opened.readers());
    let sweep = move || match store::sweep_blobs(&blobs, &readers) {
        Ok(Swept { looked_at, removed }) => {
            tracing::debug!(looked_at, removed, "files of scans that nobody recorded");
        }
        Err(error) => {
            tracing::warn!(code = error.code(), %error, "the files of scans were not looked through");
        }
    };
    actix_rt::spawn(async move {
        actix_rt::time::sleep(SWEEP_AFTER).await;
        actix_rt::task::spawn_blocking(sweep);
    });
}

fn device_settings(settings: &Settings) -> anyhow::Result<DeviceHostSettings> {
    let devices = devices::read(&settings.raw_devices()).map_err(|problems| {
        let all: Vec<String> = problems.iter().map(ToString::to_string).collect();
        anyhow::anyhow!(all.join("\n"))
    })?;
    let discovery = if settings.discovery.enabled {
        let mut arguments = vec!["discover"];
        arguments.extend(settings.discovery.types.iter().map(String::as_str));
        Some(HelperCommand::own(&arguments)?)
    } else {
        None
    };
    Ok(DeviceHostSettings {
        devices,
        slip_printers: settings.dossier.slip_printers.clone(),
        discovery,
    })
}

impl Settings {
    /// The device blocks as the drivers read them.
    #[must_use]
    pub fn raw_devices(&self) -> Vec<RawDevice> {
        self.device.iter().cloned().map(RawDevice).collect()
    }
}

fn hub_of(settings: &Settings, identity: &Identity, pipe: Arc<dyn Pipe>) -> Hub {
    let link = &settings.link;
    // Settings are checked to be small and positive.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let milliseconds = |seconds: f64| (seconds * 1000.0) as u64;
    let link = LinkSettings {
        keep_alive_s: u16::try_from(link.keepalive_seconds).unwrap_or(u16::MAX),
        reconnect_first_ms: milliseconds(link.backoff_first_seconds),
        reconnect_max_ms: milliseconds(link.backoff_max_seconds),
        window_frames: link.window_frames as usize,
        probe_first_ms: milliseconds(link.answer_seconds),
        probe_max_ms: milliseconds(link.answer_seconds * ANSWER_GROWS),
        alarm_after_ms: milliseconds(link.alarm_seconds),
        ..LinkSettings::default()
    };
    Hub {
        config: UplinkConfig {
            node: identity.node.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            host: identity.broker_host.clone(),
            port: identity.broker_port,
            tls: Some(identity.files.broker_tls()),
            hub_keys: vec![identity.hub_key],
            settings: link,
        },
        pipe,
    }
}

fn forms_settings(settings: &Settings) -> anyhow::Result<FormsSettings> {
    let templates = settings.folder(&settings.folders.forms);
    let mut forms = FormsSettings::beside_this_executable(templates)?;
    if settings.forms.executable != Path::new("") {
        forms.executable.clone_from(&settings.forms.executable);
    }
    forms.fonts.clone_from(&settings.forms.fonts);
    forms.idle = FORMS_IDLE;
    forms.time_max = FORMS_TIME_MAX;
    Ok(forms)
}

/// What stands above the number on a ticket: the name, then the center's own lines.
fn ticket_title(node: &Node) -> Vec<String> {
    let mut lines = paper_title(&node.unit_name);
    lines.extend(node.ticket_header.iter().map(|line| text_fold::normalise(line.trim())));
    lines.retain(|line| !line.is_empty());
    lines
}

#[cfg(test)]
mod tests {
    use super::{code_pattern, paper_title, ticket_title};
    use crate::settings::Settings;

    #[test]
    fn codes_of_dossiers_are_made_by_the_pattern_that_the_site_writes() {
        let mut settings = Settings::load_from(None, &[]).unwrap();
        settings.node.dossier_code_pattern = "{yymmdd}_{org}.{seq:5}".to_owned();
        let codes = code_pattern(&settings).unwrap();
        let day = jiff::civil::date(2026, 11, 23);
        assert_eq!(codes.code(day, 7).unwrap(), "261123_H49.06658.00007");
        assert_eq!(codes.next_sequence(day, ["261123_H49.06658.00041"]), 42);
    }

    #[test]
    fn a_center_writes_its_own_lines_under_its_name_on_the_ticket() {
        let mut node = Settings::load_from(None, &[]).unwrap().node;
        let name = paper_title(&node.unit_name);
        assert_eq!(ticket_title(&node), name, "as delivered there are none");
        node.ticket_header = vec![" 142 Lê Thánh Tông ".to_owned(), String::new()];
        let lines = ticket_title(&node);
        assert_eq!(lines, [name, vec!["142 Lê Thánh Tông".to_owned()]].concat());
    }

    #[test]
    fn a_long_name_is_broken_between_words() {
        let lines = paper_title("Trung tâm Phục vụ hành chính công phường Cao Xanh");
        assert_eq!(lines, ["Trung tâm Phục vụ hành chính", "công phường Cao Xanh"]);
    }
}
