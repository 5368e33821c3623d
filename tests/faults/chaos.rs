//! The chaos proxy: stands between a center and the broker with the broker's certificate on one side
//! and the center's on the other, reads the messages inside, and doubles, swaps, delays, drops and
//! bends them, or says old ones again. What it does is drawn from a seed and counted.
//!
//! Each side keeps its own numbering of messages: the proxy gives numbers of its own towards the other
//! side and translates the answers back, so that neither side sees what it did not ask for. A message
//! that is dropped is answered all the same: that is what a broker does that loses one.

use crate::mqtt::{self, Packet, Publish};
use anyhow::Context;
use dice::Dice;
use house::{House, scaled};
use hub::enrol_client::IdentityFiles;
use motcua::cli::demo::processes::free_port;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// Packets that may wait for one side; more hold the other side back.
const WAITING_MAX: usize = 1_024;
/// Old messages that are remembered to be said again; the oldest go.
const REMEMBERED_MAX: usize = 400;
/// A message that is held back comes so much later, at most.
const HELD_MAX: Duration = Duration::from_millis(1_500);

/// What is done to messages. Shares of one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mischief {
    /// Said twice.
    pub double: f64,
    /// Held back while later ones pass.
    pub hold: f64,
    /// Answered and not passed on.
    pub lose: f64,
    /// One bit of the payload turned over.
    pub bend: f64,
    /// An old message of this or an earlier connection said again, behind this one.
    pub replay: f64,
    /// Everything comes later by this much, plus or minus the other.
    pub delay: Duration,
    /// See there.
    pub jitter: Duration,
}

/// What was done so far.
#[derive(Debug, Default)]
pub struct Done {
    passed: AtomicU64,
    doubled: AtomicU64,
    held: AtomicU64,
    lost: AtomicU64,
    bent: AtomicU64,
    replayed: AtomicU64,
}

impl Done {
    /// Whether anything was done.
    pub fn anything(&self) -> bool {
        [&self.doubled, &self.held, &self.lost, &self.bent, &self.replayed]
            .iter()
            .any(|count| count.load(Ordering::Relaxed) > 0)
    }
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        write!(f, "{} messages passed", of(&self.passed))?;
        for (count, what) in [
            (&self.doubled, "doubled"),
            (&self.held, "held back"),
            (&self.lost, "lost"),
            (&self.bent, "bent"),
            (&self.replayed, "said again late"),
        ] {
            if of(count) > 0 {
                write!(f, ", {} {what}", of(count))?;
            }
        }
        Ok(())
    }
}

/// A running proxy; dropping it ends it and its connections.
pub struct Chaos {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

struct Shared {
    mischief: Mutex<Mischief>,
    dice: Mutex<Dice>,
    done: Done,
    /// Messages that went upwards, for saying them again.
    remembered: Mutex<Vec<Publish>>,
    connections: Mutex<Vec<JoinHandle<()>>>,
}

impl Chaos {
    /// Begins to listen before the broker of a house, as its first center's way to it. It passes
    /// everything on until it is told otherwise.
    pub async fn start(house: &House, seed: u64) -> anyhow::Result<Self> {
        let broker = house.demo.broker_address();
        let address = SocketAddr::new(broker.ip(), free_port()?);
        let acceptor = acceptor(house)?;
        let identity = IdentityFiles(house.center(0).data.join("identity"));
        let own = link::tls::client_config(&identity.broker_tls(), None)?;
        let connector = TlsConnector::from(own);
        let listener = TcpListener::bind(address).await.with_context(|| address.to_string())?;
        let shared = Arc::new(Shared {
            mischief: Mutex::default(),
            dice: Mutex::new(Dice::new(seed)),
            done: Done::default(),
            remembered: Mutex::default(),
            connections: Mutex::default(),
        });
        let accepting = tokio::spawn({
            let shared = shared.clone();
            async move {
                while let Ok((near, _)) = listener.accept().await {
                    let (acceptor, connector) = (acceptor.clone(), connector.clone());
                    let carried = shared.clone();
                    let task = tokio::spawn(async move {
                        // A connection that breaks is what a proxy is for.
                        let _ = carry(near, broker, acceptor, connector, carried).await;
                    });
                    let mut connections = shared.connections.lock().unwrap();
                    connections.retain(|task| !task.is_finished());
                    connections.push(task);
                }
            }
        });
        Ok(Self { address, shared, accepting })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on it does this.
    pub fn make(&self, mischief: Mischief) {
        *self.shared.mischief.lock().unwrap() = mischief;
    }

    /// What it has done.
    pub fn done(&self) -> &Done {
        &self.shared.done
    }
}

impl Drop for Chaos {
    fn drop(&mut self) {
        self.accepting.abort();
        for task in self.shared.connections.lock().unwrap().drain(..) {
            task.abort();
        }
    }
}

fn acceptor(house: &House) -> anyhow::Result<TlsAcceptor> {
    let folder = house.folder.path.join("hub/broker");
    let certificates =
        CertificateDer::pem_file_iter(folder.join("broker.pem"))?.collect::<Result<Vec<_>, _>>()?;
    let key = PrivateKeyDer::from_pem_file(folder.join("broker.key"))?;
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(certificates, key)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

async fn carry(
    near: TcpStream,
    broker: SocketAddr,
    acceptor: TlsAcceptor,
    connector: TlsConnector,
    shared: Arc<Shared>,
) -> anyhow::Result<()> {
    near.set_nodelay(true)?;
    let near = acceptor.accept(near).await?;
    let far = TcpStream::connect(broker).await?;
    far.set_nodelay(true)?;
    let far = connector.connect(ServerName::from(broker.ip()), far).await?;
    let (near_read, near_write) = tokio::io::split(near);
    let (far_read, far_write) = tokio::io::split(far);
    let (to_near, near_queue) = mpsc::channel(WAITING_MAX);
    let (to_far, far_queue) = mpsc::channel(WAITING_MAX);
    let up = Arc::new(Way::new(shared.clone(), true, to_far.clone(), to_near.clone()));
    let down = Arc::new(Way::new(shared.clone(), false, to_near, to_far));
    // Whichever ends first ends the connection on both sides.
    tokio::select! {
        ended = read_side(near_read, up.clone(), down.clone()) => ended,
        ended = read_side(far_read, down, up) => ended,
        ended = write_side(near_write, near_queue, &shared) => ended,
        ended = write_side(far_write, far_queue, &shared) => ended,
    }
}

/// One direction of a connection.
struct Way {
    shared: Arc<Shared>,
    upwards: bool,
    /// Where its messages go.
    forward: mpsc::Sender<(Instant, Vec<u8>)>,
    /// Where the answers to its messages go.
    back: mpsc::Sender<(Instant, Vec<u8>)>,
    numbers: Mutex<Numbers>,
}

/// The numbers of messages towards the receiver, and whose number each stands for.
#[derive(Default)]
struct Numbers {
    last: u16,
    waiting: HashMap<u16, Option<u16>>,
}

impl Numbers {
    fn next(&mut self, stands_for: Option<u16>) -> u16 {
        loop {
            self.last = self.last.checked_add(1).unwrap_or(1);
            if !self.waiting.contains_key(&self.last) {
                self.waiting.insert(self.last, stands_for);
                return self.last;
            }
        }
    }
}

impl Way {
    fn new(
        shared: Arc<Shared>,
        upwards: bool,
        forward: mpsc::Sender<(Instant, Vec<u8>)>,
        back: mpsc::Sender<(Instant, Vec<u8>)>,
    ) -> Self {
        Self { shared, upwards, forward, back, numbers: Mutex::default() }
    }

    fn dice<T>(&self, roll: impl FnOnce(&mut Dice) -> T) -> T {
        roll(&mut self.shared.dice.lock().unwrap())
    }

    fn happens(&self, share: f64, count: &AtomicU64) -> bool {
        let happens = share > 0.0 && self.dice(|dice| dice.happens(share));
        if happens {
            count.fetch_add(1, Ordering::Relaxed);
        }
        happens
    }

    async fn message(&self, mut message: Publish) -> anyhow::Result<()> {
        let mischief = *self.shared.mischief.lock().unwrap();
        let done = &self.shared.done;
        done.passed.fetch_add(1, Ordering::Relaxed);
        if self.upwards {
            let mut remembered = self.shared.remembered.lock().unwrap();
            if remembered.len() >= REMEMBERED_MAX {
                remembered.remove(0);
            }
            remembered.push(message.clone());
        }
        if self.happens(mischief.lose, &done.lost) {
            if let Some(id) = message.id {
                self.back.send((Instant::now(), Packet::PubAck(id).bytes())).await?;
            }
            return Ok(());
        }
        if !message.payload.is_empty() && self.happens(mischief.bend, &done.bent) {
            let (place, bit) = self.dice(|dice| (dice.index(message.payload.len()), dice.index(8)));
            message.payload[place] ^= 1 << bit;
        }
        let twin = self.happens(mischief.double, &done.doubled).then(|| message.clone());
        if self.happens(mischief.hold, &done.held) {
            let later = self.dice(|dice| scaled(HELD_MAX).mul_f64(dice.share()));
            let bytes = self.numbered(message, true);
            let forward = self.forward.clone();
            tokio::spawn(async move {
                tokio::time::sleep(later).await;
                // The connection may be gone by now: then it is lost.
                let _ = forward.send((Instant::now(), bytes)).await;
            });
        } else {
            let bytes = self.numbered(message, true);
            self.forward.send((Instant::now(), bytes)).await?;
        }
        if let Some(twin) = twin {
            let bytes = self.numbered(twin, false);
            self.forward.send((Instant::now(), bytes)).await?;
        }
        if self.upwards && self.happens(mischief.replay, &done.replayed) {
            let old = {
                let remembered = self.shared.remembered.lock().unwrap();
                let place = self.dice(|dice| dice.index(remembered.len()));
                remembered.get(place).cloned()
            };
            if let Some(old) = old {
                let bytes = self.numbered(old, false);
                self.forward.send((Instant::now(), bytes)).await?;
            }
        }
        Ok(())
    }

    /// Its bytes under a number towards the receiver; `true` when its sender waits for the answer.
    fn numbered(&self, mut message: Publish, waited_for: bool) -> Vec<u8> {
        if let Some(id) = message.id {
            let stands_for = waited_for.then_some(id);
            message.id = Some(self.numbers.lock().unwrap().next(stands_for));
        }
        Packet::Publish(message).bytes()
    }

    /// An answer of the receiver: to the sender, if it is the sender's own message.
    async fn answered(&self, id: u16) -> anyhow::Result<()> {
        let stands_for = self.numbers.lock().unwrap().waiting.remove(&id).flatten();
        if let Some(id) = stands_for {
            self.back.send((Instant::now(), Packet::PubAck(id).bytes())).await?;
        }
        Ok(())
    }
}

/// Reads one side: its messages go their way, its answers belong to the other way.
async fn read_side<R: AsyncRead + Unpin>(
    mut from: R,
    own: Arc<Way>,
    other: Arc<Way>,
) -> anyhow::Result<()> {
    while let Some(packet) = mqtt::read(&mut from).await? {
        match packet {
            Packet::Publish(message) => own.message(message).await?,
            Packet::PubAck(id) => other.answered(id).await?,
            Packet::Other(raw) => own.forward.send((Instant::now(), raw)).await?,
        }
    }
    Ok(())
}

/// Writes one side, each packet as much later as is asked for, and none before the one before it.
async fn write_side<W: AsyncWrite + Unpin>(
    mut to: W,
    mut queue: mpsc::Receiver<(Instant, Vec<u8>)>,
    shared: &Shared,
) -> anyhow::Result<()> {
    while let Some((came, bytes)) = queue.recv().await {
        let Mischief { delay, jitter, .. } = *shared.mischief.lock().unwrap();
        if !delay.is_zero() {
            let share = shared.dice.lock().unwrap().share();
            let later = delay.saturating_sub(jitter) + jitter.mul_f64(2.0 * share);
            tokio::time::sleep_until(came + later).await;
        }
        to.write_all(&bytes).await?;
        to.flush().await?;
    }
    Ok(())
}
