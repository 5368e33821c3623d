//! The running hub: store, link and pages, started in this order and stopped in the reverse one. A
//! second process over the same store and data folder stands by ([`crate::shards`]): its pages answer,
//! and it takes over from the broker what the first one lets go.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use domain::ids::NodeId;
use domain::time::Clock;
use futures_util::StreamExt;
use link::hublink::{HubLink, HubLinkConfig, HubWaker};
use link::mqtt::MqttPipe;
use tokio::task::JoinHandle;
use tokio_postgres::{AsyncMessage, NoTls};
use web::tls::Identity;

use crate::api::{self, HubState};
use crate::authority::Paths;
use crate::enrol::Enroller;
use crate::error::{HubError, Result};
use crate::link_store::LinkStore;
use crate::public::Public;
use crate::settings::Settings;
use crate::shards::{Holding, Taken};
use crate::store::Store;
use crate::store::down::WAKE_CHANNEL;
use crate::store::enrolled::Newcomers;

/// Between two attempts to listen to PostgreSQL again.
const LISTEN_AGAIN: Duration = Duration::from_secs(2);

/// Between two looks for boxes of which the others have not heard.
const NEWCOMERS_EVERY: Duration = Duration::from_secs(5);

/// Between two looks at certificates.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// The machine's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now()
    }
}

/// A running hub. [`RunningHub::stop`] ends it; dropping it cuts it off.
pub struct RunningHub {
    serving: web::Serving,
    link: HubLink,
    holding: Holding,
    listening: JoinHandle<()>,
    daily: JoinHandle<()>,
    telling: JoinHandle<()>,
    store: Store,
}

/// Starts the hub. Call it inside an actix system: the web server spawns on the current thread.
///
/// `clock` dates what the hub writes. Certificates, tokens and sign-ins go by the machine's own clock
/// in any case: TLS at the other end and the person at the screen do so too, also while a demo's day
/// runs faster.
pub async fn start(settings: &Settings, clock: Arc<dyn Clock>) -> Result<RunningHub> {
    let store = Store::open(settings).await?;
    let paths = Paths::new(&settings.data_folder);
    let enroller = Arc::new(Enroller::load(settings, &store)?);
    let identity = Identity::load(&paths.tls_certificate(), &paths.tls_key())
        .map_err(|error| HubError::refused("hub.certificate", error.to_string()))?;
    let take_over = TakeOver { store: store.clone(), clock: clock.clone() };
    let (holding, shards) = Holding::start(settings.postgres.connection.clone(), take_over);

    let config = HubLinkConfig {
        // Two processes of one name would push each other off the broker, also from two machines.
        client_id: format!("hub-{}", uuid::Uuid::new_v4().simple()),
        host: settings.broker.host.clone(),
        port: settings.broker.port,
        tls: Some(paths.broker_tls()),
        signer: Arc::new(store.keys().signer()?),
        shards,
        settings: settings.link.clone(),
    };
    let link_store = Arc::new(LinkStore::new(store.clone(), clock.clone()));
    let link = HubLink::start(config, Arc::new(MqttPipe), link_store, clock.clone());
    let listening =
        tokio::spawn(listen(settings.postgres.connection.clone(), store.clone(), link.waker()));

    let telling = tokio::spawn(tell_of_newcomers(store.clone(), clock.clone()));
    let machine: Arc<dyn Clock> = Arc::new(SystemClock);
    let daily = tokio::spawn(every_day(enroller.clone(), machine.clone()));
    let auth = actix_web::web::Data::new(api::auth(&store, settings, &machine));
    let state = actix_web::web::Data::new(HubState {
        store: store.clone(),
        enroller,
        clock,
        machine_clock: machine,
        link: link.status(),
        public: Public::default(),
        bookings: api::bookings::SharedLimits::default(),
    });
    let options =
        web::ServeOptions { workers: settings.http.workers, limits: web::Limits::default() };
    let serving = web::serve(settings.http.listen, Some(&identity), &options, move |cfg| {
        api::configure(state.clone(), auth.clone(), cfg);
    })
    .map_err(|cause| HubError::File { path: settings.http.listen.to_string(), cause })?;
    tracing::info!(addresses = ?serving.addresses, "the hub is ready");
    Ok(RunningHub { serving, link, holding, listening, daily, telling, store })
}

impl RunningHub {
    /// Where its pages are.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.serving.addresses
    }

    /// The store, for tools that run in the same process.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Whether the hub's link to the broker is up.
    pub fn link_status(&self) -> tokio::sync::watch::Receiver<link::hublink::HubLinkStatus> {
        self.link.status()
    }

    /// Lets open requests end, then says goodbye to the broker.
    pub async fn stop(self) {
        self.serving.stop().await;
        self.listening.abort();
        self.daily.abort();
        self.telling.abort();
        self.link.stop().await;
        // Last: the shards are another's only when nothing of them is worked on here any more.
        drop(self.holding);
    }
}

/// What comes before a shard is served that another process served, or nobody.
struct TakeOver {
    store: Store,
    clock: Arc<dyn Clock>,
}

impl Taken for TakeOver {
    async fn taken(&self, shards: &[u8]) -> Result<()> {
        let now = self.clock.now();
        // Who is there says so again to who serves now.
        self.store.offline_in(shards, now).await?;
        self.store.freeze_all_forgotten(now).await?;
        // Beside: the locks are lost to a silence, and in a large province this takes long the first time.
        let store = self.store.clone();
        tokio::spawn(async move {
            if let Err(error) = store.note_all_granted().await {
                tracing::warn!(code = error.code(), %error, "granted epochs are not noted");
            }
        });
        let replayed = self.store.replay_parked(now).await?;
        if replayed > 0 {
            tracing::info!(replayed, "parked entries could be applied now");
        }
        Ok(())
    }
}

/// What the hub looks after once a day, and when it starts.
async fn every_day(enroller: Arc<Enroller>, clock: Arc<dyn Clock>) {
    loop {
        enroller.daily(clock.now()).await;
        tokio::time::sleep(DAY).await;
    }
}

/// Tells all boxes of new ones, together. A standby does it as well: whoever comes second finds everybody
/// told.
async fn tell_of_newcomers(store: Store, clock: Arc<dyn Clock>) {
    let mut newcomers = Newcomers::default();
    loop {
        if let Err(error) = tell_if_due(&mut newcomers, &store, &*clock).await {
            tracing::warn!(code = error.code(), %error, "boxes were not told of new ones; trying again");
        }
        tokio::time::sleep(NEWCOMERS_EVERY).await;
    }
}

async fn tell_if_due(newcomers: &mut Newcomers, store: &Store, clock: &dyn Clock) -> Result<()> {
    if newcomers.look(store.boxes().await?) {
        let (told, boxes) = store.tell_of_newcomers(clock.now()).await?;
        newcomers.told(boxes);
        if told > 0 {
            tracing::info!(told, boxes, "boxes were told of new ones");
        }
    }
    Ok(())
}

/// Hears from PostgreSQL that a down journal has grown (also by another process) and wakes the link.
/// After every (re)connection all nodes are woken, so nothing that was missed waits.
async fn listen(connection: String, store: Store, link: HubWaker) {
    loop {
        if let Err(error) = listen_once(&connection, &store, &link).await {
            tracing::warn!(%error, "not hearing from the store; trying again");
        }
        tokio::time::sleep(LISTEN_AGAIN).await;
    }
}

async fn listen_once(connection: &str, store: &Store, link: &HubWaker) -> Result<()> {
    let (client, mut connection) = crate::store::connection(connection)?.connect(NoTls).await?;
    let mut messages =
        futures_util::stream::poll_fn(move |context| connection.poll_message(context));
    let listening = async {
        client.batch_execute(&format!("LISTEN {WAKE_CHANNEL}")).await?;
        for node in store.enrolled_nodes(&store.client().await?).await? {
            wake(link, &node);
        }
        // The client must stay: dropping it ends the connection.
        std::future::pending::<Result<()>>().await
    };
    let hearing = async {
        while let Some(message) = messages.next().await {
            if let AsyncMessage::Notification(word) = message? {
                wake(link, word.payload());
            }
        }
        Ok(())
    };
    // Both only read; cancelling one of them loses nothing that the next connection does not repeat.
    tokio::select! {
        ended = listening => ended,
        ended = hearing => ended,
    }
}

fn wake(link: &HubWaker, node: &str) {
    if let Ok(node) = NodeId::parse(node) {
        link.wake(&node);
    }
}
