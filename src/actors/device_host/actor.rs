//! The thin shell: starts the devices, hears them, and drives printers, cards and the event log.

mod printing;
mod ticket_cards;

use super::cards::Cards;
use super::handle::DeviceHostHandle;
use super::messages::{
    CardRead, DeviceView, ForgetCard, JobNow, LastCard, ListDevices, ListDiscovered, PrintOrder,
    TryDevice, WithdrawPaper,
};
use super::outbox::Outbox;
use super::print::Lane;
use super::printers::Printers;
use super::signs::Signs;
use crate::actors::event_log::EventLog;
use crate::actors::failure::Failure;
use crate::actors::guard::AbortGuard;
use crate::actors::live::{Live, Topic};
use crate::actors::pipeline::StorePorts;
use actix::{
    Actor, ArbiterHandle, AsyncContext, Context, Handler, MessageResult, ResponseFuture,
    SpawnHandle, StreamHandler,
};
use devices::discovery::{HelperCommand, Supervisor};
use devices::{
    Class, DeviceConfig, DeviceEvent, DeviceState, DeviceTask, EventKind, Events, TryOutcome,
};
use domain::ids::CounterNumber;
use domain::time::Clock;
use futures_util::stream;
use jiff::Timestamp;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use store::LocalWrite;
use store::records::DeviceRecord;

/// Messages that may wait.
const MAILBOX_LENGTH_MAX: usize = 512;
/// Device events that may wait; a device's state is not lost when one is dropped.
const EVENTS_LENGTH_MAX: usize = 256;
/// How often blocked jobs and remembered cards are looked at, while there are any.
const TICK: Duration = Duration::from_millis(250);
/// How often it is looked whether a device's task still lives, and a number's card is too old.
const CARE: Duration = Duration::from_secs(5);

/// Whom the host tells.
pub struct DevicePorts {
    /// Tables.
    pub store: StorePorts,
    /// Screens.
    pub live: Live,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// What the host is told at start.
pub struct DeviceHostSettings {
    /// The devices of the settings.
    pub devices: Vec<DeviceConfig>,
    /// Printers, by their ids, that may print slips of every counter.
    pub slip_printers: Vec<String>,
    /// How discovery's helper is started; nothing when discovery is off.
    pub discovery: Option<HelperCommand>,
}

/// The actor.
pub struct DeviceHost {
    settings: DeviceHostSettings,
    ports: DevicePorts,
    signs: Signs,
    printers: Arc<Printers>,
    events: Option<Events>,
    running: BTreeMap<String, Arc<DeviceTask>>,
    discovery: Option<Supervisor>,
    lanes: BTreeMap<String, Lane>,
    outbox: Outbox,
    cards: Cards,
    log: EventLog,
    tick: Option<SpawnHandle>,
    _guard: AbortGuard,
}

impl DeviceHost {
    /// A host that starts its devices when it is spawned.
    #[must_use]
    pub fn new(settings: DeviceHostSettings, ports: DevicePorts) -> Self {
        let log = EventLog::new(ports.store.writer.clone());
        let printers = Printers::new(&settings.devices, settings.slip_printers.clone());
        Self {
            printers: Arc::new(printers),
            settings,
            ports,
            signs: Signs::default(),
            events: None,
            running: BTreeMap::new(),
            discovery: None,
            lanes: BTreeMap::new(),
            outbox: Outbox::default(),
            cards: Cards::default(),
            log,
            tick: None,
            _guard: AbortGuard::of("device_host"),
        }
    }

    /// Starts it on an arbiter; the devices' tasks run there, too.
    #[must_use]
    pub fn spawn(self, arbiter: &ArbiterHandle) -> DeviceHostHandle {
        let (signs, printers) = (self.signs.clone(), Arc::clone(&self.printers));
        let readers = self.ports.store.readers.clone();
        let addr = Self::start_in_arbiter(arbiter, |_| self);
        DeviceHostHandle { addr, signs, printers, readers }
    }

    fn start_device(&mut self, config: DeviceConfig, events: Events) {
        let id = config.id.clone();
        match devices::spawn(config, events) {
            Ok(task) => {
                let counter = task.counter.map(CounterNumber);
                match (task.sign(), counter) {
                    (Some(sign), Some(counter)) => self.signs.add(counter, &id, sign.clone()),
                    // The settings let only a board stand at no counter.
                    (Some(board), None) => self.signs.add_board(&id, board.clone()),
                    (None, _) => {}
                }
                if task.class == Class::TicketPrinter {
                    self.lanes.entry(id.clone()).or_insert_with(|| Lane::new(&id));
                }
                self.running.insert(id, Arc::new(task));
            }
            // The settings were checked before; what is left is a device of a newer file.
            Err(problems) => {
                for problem in problems {
                    tracing::error!(device = %id, %problem, "device not started");
                }
            }
        }
    }

    /// A driver that panicked is started again; the others never noticed.
    fn care(&mut self, ctx: &mut Context<Self>) {
        let ended: Vec<String> = self
            .running
            .iter()
            .filter(|(_, task)| task.ended())
            .map(|(id, _)| id.clone())
            .collect();
        for id in ended {
            self.note(&id, "device.driver_ended", json!({}));
            self.running.remove(&id);
            let config = self.settings.devices.iter().find(|config| config.id == id).cloned();
            if let (Some(config), Some(events)) = (config, self.events.clone()) {
                self.start_device(config, events);
            }
        }
        let now = self.ports.clock.now();
        self.log.close_windows(now);
        self.cards.forget_old_of_tickets(now);
        self.publish();
        self.advance_all(ctx);
    }

    fn hear(&mut self, event: DeviceEvent, ctx: &mut Context<Self>) {
        let DeviceEvent { device, at, kind } = event;
        match kind {
            EventKind::State { state, reason_code, detail } => {
                self.note(&device, reason_code, json!({ "state": state, "detail": detail }));
                self.store_device(&device);
                if state == DeviceState::Online {
                    self.printer_is_well(&device, ctx);
                }
                self.publish();
            }
            EventKind::PrinterStatus { status } => {
                if status.problem().is_none() {
                    self.printer_is_well(&device, ctx);
                }
            }
            EventKind::Problem { code, detail } => {
                self.note(&device, code, json!({ "detail": detail }));
            }
            EventKind::Scanned { text } => self.card(&device, &text, at, ctx),
        }
    }

    fn card(&mut self, device: &str, text: &str, at: Timestamp, ctx: &mut Context<Self>) {
        let counter = self.running.get(device).and_then(|task| task.counter).map(CounterNumber);
        let Some(counter) = counter else {
            self.note(device, "reader.no_counter", json!({}));
            return;
        };
        let now = self.ports.clock.now();
        match domain::card::parse(text.as_bytes()) {
            Ok(card) => {
                self.cards.remember(counter, card, now);
                self.publish_card(counter, json!({ "read_at": at, "problem": null }));
                self.arm(ctx);
            }
            Err(error) => {
                self.note(device, error.code(), json!({}));
                self.publish_card(counter, json!({ "read_at": at, "problem": error.code() }));
            }
        }
    }

    /// The page only learns that a card was read: the card itself is fetched by who may see it.
    fn publish_card(&self, counter: CounterNumber, data: serde_json::Value) {
        self.ports.live.publish(Topic::Card(counter), data, self.ports.clock.now());
    }

    /// Time matters only while jobs wait or cards are remembered.
    fn arm(&mut self, ctx: &mut Context<Self>) {
        let rests = self.cards.is_empty() && self.lanes.values().all(Lane::idle);
        if rests {
            if let Some(tick) = self.tick.take() {
                ctx.cancel_future(tick);
            }
        } else if self.tick.is_none() {
            self.tick = Some(ctx.run_interval(TICK, |host, ctx| {
                for counter in host.cards.forget_old(host.ports.clock.now()) {
                    host.publish_card(counter, serde_json::Value::Null);
                }
                host.advance_all(ctx);
            }));
        }
    }

    fn note(&mut self, device: &str, code: &str, detail: serde_json::Value) {
        self.log.add(self.ports.clock.now(), device, code, detail);
    }

    fn store_device(&self, id: &str) {
        let Some(view) = self.running.get(id).map(|task| view(task)) else { return };
        let record = DeviceRecord {
            id: view.id,
            title: view.title,
            class: view.class,
            driver: view.driver,
            transport: view.transport,
            state: state_word(view.state).to_owned(),
            reason_code: Some(view.reason_code),
            since: view.since,
            detail: view.detail,
        };
        self.log.write(self.ports.clock.now(), LocalWrite::Device(record));
    }

    fn publish(&self) {
        let devices: Vec<DeviceView> = self.running.values().map(|task| view(task)).collect();
        let waiting: usize = self.lanes.values().map(Lane::length).sum();
        let data = json!({ "devices": devices, "print_jobs_waiting": waiting });
        self.ports.live.publish(Topic::Devices, data, self.ports.clock.now());
    }
}

fn state_word(state: DeviceState) -> &'static str {
    match state {
        DeviceState::Online => "online",
        DeviceState::Degraded => "degraded",
        DeviceState::Offline => "offline",
    }
}

fn view(task: &DeviceTask) -> DeviceView {
    let now = task.state().borrow().clone();
    let title = devices::driver(task.driver)
        .and_then(|driver| driver.manifest().ok())
        .map_or_else(|| task.driver.to_owned(), |manifest| manifest.title_vi);
    let class = match task.class {
        Class::CounterSign => "counter_sign",
        Class::TicketPrinter => "ticket_printer",
        Class::CardReader => "card_reader",
    };
    DeviceView {
        id: task.id.clone(),
        title,
        class: class.to_owned(),
        driver: task.driver.to_owned(),
        transport: task.transport.clone(),
        counter: task.counter.map(CounterNumber),
        state: now.state,
        reason_code: now.reason_code.to_owned(),
        since: now.since,
        detail: now.detail,
    }
}

impl Actor for DeviceHost {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX_LENGTH_MAX);
        let clock = Arc::clone(&self.ports.clock);
        let (events, heard) =
            Events::channel_with_clock(EVENTS_LENGTH_MAX, Arc::new(move || clock.now()));
        ctx.add_stream(stream::unfold(heard, |mut heard| async move {
            heard.recv().await.map(|event| (event, heard))
        }));
        for config in self.settings.devices.clone() {
            self.start_device(config, events.clone());
        }
        if let Some(helper) = self.settings.discovery.clone() {
            self.discovery = Some(Supervisor::start(helper, events.clone()));
        }
        self.events = Some(events);
        self.publish();
        ctx.run_interval(CARE, Self::care);
    }
}

impl StreamHandler<DeviceEvent> for DeviceHost {
    fn handle(&mut self, event: DeviceEvent, ctx: &mut Self::Context) {
        self.hear(event, ctx);
    }

    // The host itself holds a sender, so the stream ends only with it.
    fn finished(&mut self, _ctx: &mut Self::Context) {}
}

impl Handler<PrintOrder> for DeviceHost {
    type Result = ();

    fn handle(&mut self, order: PrintOrder, ctx: &mut Self::Context) {
        self.take_order(order, ctx);
    }
}

impl Handler<WithdrawPaper> for DeviceHost {
    type Result = ();

    fn handle(&mut self, WithdrawPaper(ticket): WithdrawPaper, ctx: &mut Self::Context) {
        self.withdraw_paper(ticket, ctx);
    }
}

impl Handler<ListDevices> for DeviceHost {
    type Result = MessageResult<ListDevices>;

    fn handle(&mut self, _: ListDevices, _ctx: &mut Self::Context) -> Self::Result {
        MessageResult(self.running.values().map(|task| view(task)).collect())
    }
}

impl Handler<ListDiscovered> for DeviceHost {
    type Result = MessageResult<ListDiscovered>;

    fn handle(&mut self, _: ListDiscovered, _ctx: &mut Self::Context) -> Self::Result {
        MessageResult(
            self.discovery.as_ref().map(|found| found.seen().to_vec()).unwrap_or_default(),
        )
    }
}

impl Handler<TryDevice> for DeviceHost {
    type Result = ResponseFuture<Result<TryOutcome, Failure>>;

    fn handle(&mut self, TryDevice(id): TryDevice, _ctx: &mut Self::Context) -> Self::Result {
        let task = self.running.get(&id).cloned();
        Box::pin(async move {
            match task {
                Some(task) => Ok(task.try_it().await),
                None => Err(Failure::Unknown("device")),
            }
        })
    }
}

impl Handler<LastCard> for DeviceHost {
    type Result = MessageResult<LastCard>;

    fn handle(&mut self, LastCard(counter): LastCard, _ctx: &mut Self::Context) -> Self::Result {
        let read: Option<CardRead> = self.cards.last(counter, self.ports.clock.now()).cloned();
        MessageResult(read)
    }
}

impl Handler<ForgetCard> for DeviceHost {
    type Result = ();

    fn handle(&mut self, ForgetCard(counter): ForgetCard, _ctx: &mut Self::Context) {
        if self.cards.forget(counter) {
            self.publish_card(counter, serde_json::Value::Null);
        }
    }
}

impl Handler<JobNow> for DeviceHost {
    type Result = MessageResult<JobNow>;

    fn handle(&mut self, JobNow(id): JobNow, _ctx: &mut Self::Context) -> Self::Result {
        MessageResult(self.lanes.values().find_map(|lane| lane.job(id)))
    }
}
