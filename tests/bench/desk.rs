//! The queue desk with its store and writer in this process, wired as the daemon wires them; without
//! devices, pages and HTTP.

use crate::hall;
use actix::Arbiter;
use anyhow::Context;
use domain::ids::{CounterNumber, NodeId, OfficerId, ServiceCode};
use domain::queue::{QueueSettings, Ticket};
use domain::time::Clock;
use jiff::SignedDuration;
use journal::WrappingKey;
use motcua::actors::announcer::{Announcer, Silence};
use motcua::actors::device_host::{DeviceHost, DeviceHostSettings, DevicePorts};
use motcua::actors::queue_desk::{
    Issuing, QueueDesk, QueueDeskSettings, QueueHandle, QueuePorts, TicketPaper, Which,
};
use motcua::actors::rating_desk::{RatingDesk, RatingPorts};
use motcua::actors::{Live, OfficerNames, Origin, StorePorts, StoreWatch};
use motcua::clock::WallClock;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use store::{Keys, Store, StoreConfig};

/// The service groups of the settings.
pub const SERVICES: [&str; 5] = ["ho-tich", "dat-dai", "xa-hoi", "khac", "tra-ket-qua"];

/// The only counter, where nothing else is asked for.
const COUNTER: CounterNumber = CounterNumber(1);
/// A ground of priority of the settings.
const GROUND: &str = "elderly";

/// The settings of the service groups with bands as wide as they may be: a bench issues more numbers
/// than a center's day has.
pub const WIDE_SERVICES: fn() -> String = || {
    include_str!("../../config/queue/services.toml")
        .replace("number_to = 999\n", "number_to = 9999\n")
};

/// The key from which the marks of requests come.
pub fn wrapping_key() -> WrappingKey {
    WrappingKey::from_bytes([9; 32])
}

/// Whose desk it is.
pub fn node() -> anyhow::Result<NodeId> {
    Ok(NodeId::parse("06658-1")?)
}

/// A desk in a folder of its own.
pub struct Desk {
    /// The store.
    pub store: Store,
    queue: QueueHandle,
    arbiter: Arbiter,
}

impl Desk {
    /// Starts a new one. Needs a running actix system.
    pub fn start(folder: &Path) -> anyhow::Result<Self> {
        Self::start_with(folder, hall::settings(COUNTER.0)?)
    }

    /// Starts a new one with these counters and rules. Needs a running actix system.
    pub fn start_with(folder: &Path, queue: QueueSettings) -> anyhow::Result<Self> {
        let keys = Keys { master: [7; 32], wrapping: wrapping_key() };
        Self::open_with(StoreConfig::new(folder, node()?, 1, keys), queue)
    }

    /// Starts one on a store that may be there already. Needs a running actix system.
    pub fn open(config: StoreConfig) -> anyhow::Result<Self> {
        Self::open_with(config, hall::settings(COUNTER.0)?)
    }

    fn open_with(config: StoreConfig, settings: QueueSettings) -> anyhow::Result<Self> {
        let store = Store::open(config)?;
        let ports = StorePorts {
            writer: store.writer()?,
            readers: store.readers(),
            watch: StoreWatch::default(),
        };
        let clock: Arc<dyn Clock> = Arc::new(WallClock);
        let ticking = Arc::clone(&clock);
        let now: web::Now = Arc::new(move || ticking.now());
        let live = Live::new(web::LiveHub::new(
            web::LiveSettings::default(),
            now,
            motcua::api::may_follow,
        ));
        let arbiter = Arbiter::new();
        let announcer = Announcer::new(
            SignedDuration::from_secs(3),
            live.clone(),
            Arc::clone(&clock),
            Box::new(Silence),
        )
        .spawn(&arbiter.handle());
        let devices = DeviceHost::new(
            DeviceHostSettings { devices: Vec::new(), slip_printers: Vec::new(), discovery: None },
            DevicePorts { store: ports.clone(), live: live.clone(), clock: Arc::clone(&clock) },
        )
        .spawn(&arbiter.handle());
        let ratings = RatingDesk::load(RatingPorts {
            store: ports.clone(),
            live: live.clone(),
            clock: Arc::clone(&clock),
        })?
        .spawn(&arbiter.handle());
        let queue = QueueDesk::load(
            QueueDeskSettings {
                queue: settings,
                unit_name: "Trung tâm Phục vụ hành chính công phường Cao Xanh".to_owned(),
                paper: TicketPaper {
                    title: Vec::new(),
                    key: wrapping_key(),
                    address: String::new(),
                },
                officers: OfficerNames::default(),
            },
            QueuePorts { store: ports, announcer, devices, ratings, live, clock },
        )?
        .spawn(&arbiter.handle());
        Ok(Self { store, queue, arbiter })
    }

    /// Issues tickets, so many callers at once, each asking again when it was answered. How long it
    /// took from the first question to the last answer; every answer comes after its commit. Nobody has
    /// priority.
    pub async fn issue(&self, count: usize, callers: usize) -> anyhow::Result<Duration> {
        self.issue_where(count, callers, |_| false).await
    }

    /// The same, where some have priority by their number.
    pub async fn issue_where(
        &self,
        count: usize,
        callers: usize,
        priority: fn(usize) -> bool,
    ) -> anyhow::Result<Duration> {
        let next = Arc::new(AtomicUsize::new(0));
        let begun = Instant::now();
        let all = (0..callers).map(|_| {
            let (queue, next) = (self.queue.clone(), next.clone());
            actix_rt::spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        return anyhow::Ok(());
                    }
                    issue_one(&queue, number, priority(number)).await?;
                }
            })
        });
        for ended in futures_util::future::join_all(all).await {
            ended.context("a caller ended")??;
        }
        Ok(begun.elapsed())
    }

    /// Issues the ticket of a number: the service groups take turns.
    pub async fn issue_one(&self, number: usize, priority: bool) -> anyhow::Result<()> {
        issue_one(&self.queue, number, priority).await
    }

    /// Staffs the only counter.
    pub async fn staff(&self) -> anyhow::Result<()> {
        self.staff_at(COUNTER).await
    }

    /// Staffs a counter.
    pub async fn staff_at(&self, counter: CounterNumber) -> anyhow::Result<()> {
        let officer = OfficerId::parse("nguyen.lan")?;
        let opened = self.queue.open_counter(counter_origin(), counter, officer).await;
        opened.map(drop).map_err(|failure| anyhow::anyhow!("the counter stays closed: {failure:?}"))
    }

    /// Issues one ticket, calls it, and serves it. How long the first two took.
    pub async fn serve_one(&self, number: usize) -> anyhow::Result<(Duration, Duration)> {
        let begun = Instant::now();
        self.issue(1, 1).await?;
        let issued = begun.elapsed();
        let begun = Instant::now();
        self.call_next(COUNTER).await.with_context(|| format!("ticket {number}"))?;
        let called = begun.elapsed();
        self.serve(COUNTER).await.with_context(|| format!("ticket {number}"))?;
        Ok((issued, called))
    }

    /// Calls the next citizen to a counter; the ticket that was called.
    pub async fn call_next(&self, counter: CounterNumber) -> anyhow::Result<Ticket> {
        let called = self.queue.call_next(counter_origin(), counter).await;
        let reply = called.map_err(|failure| anyhow::anyhow!("call: {failure:?}"))?;
        reply.ticket.context("a call without a ticket")
    }

    /// Serves who was called to a counter, from the beginning to the end.
    pub async fn serve(&self, counter: CounterNumber) -> anyhow::Result<()> {
        let refused = |verb: &'static str| move |failure| anyhow::anyhow!("{verb}: {failure:?}");
        self.queue.begin(counter_origin(), counter).await.map_err(refused("begin"))?;
        self.queue.complete(counter_origin(), counter).await.map_err(refused("complete"))?;
        Ok(())
    }

    /// How many wait.
    pub async fn waiting(&self) -> anyhow::Result<usize> {
        let view = self.queue.look(Which::Nothing).await?;
        Ok(view.services.iter().map(|load| load.waiting_regular + load.waiting_priority).sum())
    }

    /// Ends the desk and its thread; the store goes with it.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.store.writer()?.close().await;
        self.arbiter.stop();
        drop(self.queue);
        // Joining would block the thread that the desk's last words may need.
        let arbiter = self.arbiter;
        tokio::task::spawn_blocking(move || arbiter.join()).await?.ok();
        Ok(())
    }
}

/// A request's key, with the time first, as the pages make theirs (`requestKey` in the browser's client).
pub fn request_key() -> String {
    uuid::Uuid::now_v7().to_string()
}

async fn issue_one(queue: &QueueHandle, number: usize, priority: bool) -> anyhow::Result<()> {
    let service = ServiceCode::parse(SERVICES[number % SERVICES.len()])?;
    let key = request_key();
    let origin = Origin::device("kiosk-1").with_request(Some(&key));
    let priority_ground = priority.then(|| GROUND.to_owned());
    let issuing = Issuing {
        service,
        next_services: Vec::new(),
        priority_ground,
        print: false,
        outside_hours: None,
    };
    let issued = queue.issue(origin, issuing).await;
    issued.map(drop).map_err(|failure| anyhow::anyhow!("ticket {number} was refused: {failure:?}"))
}

fn counter_origin() -> Origin {
    let key = request_key();
    Origin::officer("nguyen.lan", "counter-1").with_request(Some(&key))
}
