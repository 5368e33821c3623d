//! A center for tests: real store in a temporary folder, a clock that is moved, devices simulated in
//! this process, and all actors on the test's own arbiter.

use super::announcer::{Announcer, AnnouncerHandle, Silence};
use super::device_host::{DeviceHost, DeviceHostHandle, DeviceHostSettings, DevicePorts};
use super::dossier_desk::{
    DossierDesk, DossierDeskSettings, DossierHandle, DossierPorts, Receiving, Rules, SlipPaper,
};
use super::live::Live;
use super::officer_names::OfficerNames;
use super::origin::Origin;
use super::pipeline::{StorePorts, StoreWatch};
use super::queue_desk::{
    Issuing, QueueDesk, QueueDeskSettings, QueueHandle, QueuePorts, TicketPaper,
};
use super::rating_desk::{RatingDesk, RatingHandle, RatingPorts};
use devices::transport::simulated::Server;
use devices::{DeviceConfig, TransportConfig, led_alpha, printer_escpos, reader_qr};
use domain::calendar::Calendar;
use domain::catalogue::Catalogue;
use domain::deadline::{Channel, DeadlineRules};
use domain::dossier::{Applicant, CodePattern, ComponentGiven, ResultChannel};
use domain::ids::{CounterNumber, NodeId, OfficerId, ServiceCode};
use domain::queue::{CounterPlan, QueueSettings};
use domain::time::Clock;
use jiff::{SignedDuration, Timestamp};
use journal::WrappingKey;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};
use store::{Keys, Store, StoreConfig};

pub(crate) const NODE: &str = "06658-1";
pub(crate) const ONE: CounterNumber = CounterNumber(1);
pub(crate) const TWO: CounterNumber = CounterNumber(2);
pub(crate) const WRAPPING: [u8; 32] = [7; 32];
/// A Monday, 08:00 in Vietnam.
const START: &str = "2026-11-23T01:00:00Z";

/// A clock that stands still until it is moved.
pub(crate) struct MovedClock(AtomicI64);

impl MovedClock {
    pub(crate) fn move_by(&self, seconds: i64) {
        self.move_by_us(seconds * 1_000_000);
    }

    pub(crate) fn move_by_us(&self, microseconds: i64) {
        self.0.fetch_add(microseconds, Ordering::SeqCst);
    }
}

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// The simulated devices, each with its plug.
pub(crate) struct Simulated {
    pub(crate) printer: printer_escpos::sim::Control,
    pub(crate) sign: led_alpha::sim::Control,
    pub(crate) reader: reader_qr::sim::Control,
    _servers: Vec<Server>,
}

pub(crate) struct Center {
    pub(crate) clock: Arc<MovedClock>,
    pub(crate) live: Live,
    pub(crate) ports: StorePorts,
    pub(crate) simulated: Simulated,
    pub(crate) announcer: AnnouncerHandle,
    pub(crate) devices: DeviceHostHandle,
    pub(crate) ratings: RatingHandle,
    pub(crate) queue: QueueHandle,
    pub(crate) dossiers: DossierHandle,
    pub(crate) store: Store,
    settings: QueueSettings,
    _folder: tempfile::TempDir,
}

impl Center {
    /// A center with counters 1 and 2 for `ho-tich` and 3 for the rest; sign, reader and printer.
    pub(crate) async fn start() -> Self {
        Self::start_with(queue_settings()).await
    }

    /// The same with other settings of its queue.
    pub(crate) async fn start_with(settings: QueueSettings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys { master: [9; 32], wrapping: WrappingKey::from_bytes(WRAPPING) };
        let config = StoreConfig::new(folder.path(), NodeId::parse(NODE).unwrap(), 1, keys);
        let store = Store::open(config).unwrap();
        let ports = StorePorts {
            writer: store.writer().unwrap(),
            readers: store.readers(),
            watch: StoreWatch::default(),
        };
        let start: Timestamp = START.parse().unwrap();
        let clock = Arc::new(MovedClock(AtomicI64::new(start.as_microsecond())));
        let live = Live::unseen();
        let (simulated, devices) = simulate().await;
        let arbiter = actix_rt::System::current().arbiter().clone();
        let announcer = announcer(&live, &clock, &arbiter);
        let devices = DeviceHost::new(
            DeviceHostSettings { devices, slip_printers: Vec::new(), discovery: None },
            DevicePorts { store: ports.clone(), live: live.clone(), clock: clock.clone() },
        )
        .spawn(&arbiter);
        let ratings = RatingDesk::load(RatingPorts {
            store: ports.clone(),
            live: live.clone(),
            clock: clock.clone(),
        })
        .unwrap()
        .spawn(&arbiter);
        let shown = (&live, &clock);
        let queue = queue_desk(&settings, &ports, &announcer, &devices, &ratings, shown);
        let queue = queue.spawn(&arbiter);
        let dossiers = dossier_desk(&ports, &devices, &ratings, &live, &clock).spawn(&arbiter);
        Self {
            clock,
            live,
            ports,
            simulated,
            announcer,
            devices,
            ratings,
            queue,
            dossiers,
            store,
            settings,
            _folder: folder,
        }
    }

    /// A queue desk, an announcer and screens as after a restart of the daemon, on the same tables.
    pub(crate) fn restart_queue(&mut self) {
        let arbiter = actix_rt::System::current().arbiter().clone();
        self.live = Live::unseen();
        self.announcer = announcer(&self.live, &self.clock, &arbiter);
        let shown = (&self.live, &self.clock);
        let (ports, settings) = (&self.ports, &self.settings);
        let desk =
            queue_desk(settings, ports, &self.announcer, &self.devices, &self.ratings, shown);
        self.queue = desk.spawn(&arbiter);
    }

    /// A dossier desk and a rating desk as after a restart of the daemon, on the same tables.
    pub(crate) fn restart_dossiers(&mut self) {
        let arbiter = actix_rt::System::current().arbiter().clone();
        let (store, live, clock) = (self.ports.clone(), self.live.clone(), self.clock.clone());
        let ratings = RatingDesk::load(RatingPorts { store, live, clock }).unwrap();
        self.ratings = ratings.spawn(&arbiter);
        let desk = dossier_desk(&self.ports, &self.devices, &self.ratings, &self.live, &self.clock);
        self.dossiers = desk.spawn(&arbiter);
    }
}

fn dossier_desk(
    ports: &StorePorts,
    devices: &DeviceHostHandle,
    ratings: &RatingHandle,
    live: &Live,
    clock: &Arc<MovedClock>,
) -> DossierDesk {
    DossierDesk::load(
        DossierDeskSettings { rules: rules(), paper: SlipPaper::default() },
        DossierPorts {
            store: ports.clone(),
            devices: devices.clone(),
            ratings: ratings.clone(),
            live: live.clone(),
            clock: clock.clone(),
        },
    )
    .unwrap()
}

fn announcer(
    live: &Live,
    clock: &Arc<MovedClock>,
    arbiter: &actix_rt::ArbiterHandle,
) -> AnnouncerHandle {
    let hold = SignedDuration::from_secs(3);
    Announcer::new(hold, live.clone(), clock.clone(), Box::new(Silence)).spawn(arbiter)
}

fn queue_desk(
    settings: &QueueSettings,
    ports: &StorePorts,
    announcer: &AnnouncerHandle,
    devices: &DeviceHostHandle,
    ratings: &RatingHandle,
    (live, clock): (&Live, &Arc<MovedClock>),
) -> QueueDesk {
    QueueDesk::load(
        QueueDeskSettings {
            queue: settings.clone(),
            unit_name: "Cao Xanh".to_owned(),
            paper: TicketPaper {
                title: Vec::new(),
                key: WrappingKey::from_bytes(WRAPPING),
                address: String::new(),
            },
            officers: OfficerNames::of([account(officer().as_str(), "Nguyễn Thị Lan")]),
        },
        QueuePorts {
            store: ports.clone(),
            announcer: announcer.clone(),
            devices: devices.clone(),
            ratings: ratings.clone(),
            live: live.clone(),
            clock: clock.clone(),
        },
    )
    .unwrap()
}

async fn simulate() -> (Simulated, Vec<DeviceConfig>) {
    let printer = printer_escpos::sim::Control::new(&printer_escpos::sim::Options::default());
    let printer = printer.unwrap();
    let sign = led_alpha::sim::Control::new(&led_alpha::sim::Options::default()).unwrap();
    let reader = reader_qr::sim::Control::new();
    let (printer_line, printer_server) = printer.line().await.unwrap();
    let (sign_line, sign_server) = sign.line().await.unwrap();
    let (reader_line, reader_server) = reader.line().await.unwrap();
    let device = |id: &str, driver: &str, counter, line, settings: &str| DeviceConfig {
        id: id.to_owned(),
        driver: driver.to_owned(),
        transport: TransportConfig::Simulated(line),
        counter,
        settings: toml::from_str(settings).unwrap(),
    };
    let quick = "status_timeout_ms = 300\nprint_timeout_ms = 2000\npoll_ms = 100";
    let devices = vec![
        // Tickets come out here, too; slips only those of counter 1.
        device("printer", "printer_escpos", Some(1), printer_line, quick),
        device("sign-1", "led_alpha", Some(1), sign_line, ""),
        device("reader-1", "reader_qr", Some(1), reader_line, ""),
    ];
    let servers = vec![printer_server, sign_server, reader_server];
    (Simulated { printer, sign, reader, _servers: servers }, devices)
}

pub(crate) fn queue_settings() -> QueueSettings {
    let counter = |number, services: &[&str]| CounterPlan {
        number: CounterNumber(number),
        name: format!("Quầy {number}"),
        services: services.iter().map(|code| ServiceCode::parse(code).unwrap()).collect(),
    };
    let rest = ["dat-dai", "xa-hoi", "khac", "tra-ket-qua"];
    QueueSettings::parse(
        ("services.toml", include_str!("../../config/queue/services.toml")),
        ("priority_grounds.toml", include_str!("../../config/queue/priority_grounds.toml")),
        ("rules.toml", include_str!("../../config/queue/rules.toml")),
        "center.toml",
        vec![counter(1, &["ho-tich"]), counter(2, &["ho-tich"]), counter(3, &rest)],
    )
    .unwrap()
}

pub(crate) fn rules() -> Rules {
    let services: Vec<ServiceCode> =
        queue_settings().services.iter().map(|service| service.code.clone()).collect();
    let catalogue = Catalogue::parse(
        &[("ho-tich.toml", include_str!("../../config/catalogue/ho-tich.toml"))],
        &services,
    );
    let calendar = Calendar::parse(
        ("holidays.csv", include_str!("../../config/calendar/holidays.csv")),
        ("hours.toml", include_str!("../../config/calendar/hours.toml")),
    );
    Rules {
        node: NodeId::parse(NODE).unwrap(),
        codes: CodePattern::parse(CodePattern::DEFAULT, "H49.06658", 1, 8999).unwrap(),
        catalogue: Arc::new(catalogue.unwrap()),
        calendar: Arc::new(calendar.unwrap()),
        deadlines: DeadlineRules::default(),
    }
}

pub(crate) fn officer() -> OfficerId {
    OfficerId::parse("nguyen.lan").unwrap()
}

/// A number for `ho-tich` without paper.
pub(crate) fn issuing() -> Issuing {
    let service = ServiceCode::parse("ho-tich").unwrap();
    Issuing {
        service,
        next_services: Vec::new(),
        priority_ground: None,
        print: false,
        outside_hours: None,
    }
}

/// What an officer enters for a birth certificate.
pub(crate) fn receiving() -> Receiving {
    Receiving {
        procedure: "1.001193".to_owned(),
        counter: ONE,
        ticket: None,
        applicant: Applicant {
            name: "Nguyễn Văn An".to_owned(),
            citizen_number: Some("022099000123".to_owned()),
            ..Applicant::default()
        },
        components: vec![ComponentGiven { seq: 1, originals: 1, copies: 0, received: true }],
        channel: Channel::Direct,
        result_channel: ResultChannel::Counter,
        note: Some("Giấy chứng sinh mang bổ sung trong ngày".to_owned()),
        officer: officer(),
    }
}

/// An officer at a console.
pub(crate) fn at_counter() -> Origin {
    Origin::officer("nguyen.lan", "console-1")
}

/// Waits for a condition, at most a minute.
pub(crate) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < end, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// An account that may log in nowhere.
pub(crate) fn account(login: &str, name: &str) -> store::records::Officer {
    store::records::Officer {
        id: OfficerId::parse(login).unwrap(),
        login: login.to_owned(),
        name: name.to_owned(),
        role: "officer".to_owned(),
        password_hash: String::new(),
        disabled: true,
        created_at: START.parse().unwrap(),
    }
}
