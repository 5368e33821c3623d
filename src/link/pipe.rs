//! What the link asks of a connection, and nothing more.
//!
//! A pipe may lose, double and reorder what it carries; it never keeps anything from one
//! connection to the next. What makes a stream whole again stands in the sessions. The one
//! implementation for the field is [`crate::mqtt::MqttPipe`].

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

/// A program that can connect: hands out one fresh connection at a time.
pub trait Pipe: Send + Sync + 'static {
    /// Starts connecting and returns at once. [`PipeEvent::Up`] comes when the broker has accepted
    /// the connection and every subscription; [`PipeEvent::Down`] comes last, exactly once.
    fn connect(&self, config: &ConnectConfig) -> Result<Connection, PipeError>;
}

/// One connection. Dropping it ends it; the broker then publishes the last will.
pub struct Connection {
    /// Publishes into the connection; cheap to clone.
    pub sender: Arc<dyn Sender>,
    /// What happens on the connection. Bounded: who does not read holds the socket back, and the
    /// watchdog ends a connection that is held back too long.
    pub events: mpsc::Receiver<PipeEvent>,
    /// Ends the connection's tasks when dropped.
    pub guard: Box<dyn Send>,
}

/// Publishes with QoS 1. An `Ok` says only that there was room in the connection's queue.
pub trait Sender: Send + Sync {
    /// Hands a message over without waiting.
    fn try_publish(&self, topic: &str, payload: Vec<u8>, retain: bool) -> Result<(), PublishError>;
}

/// Why a message was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// The connection's queue is full; try again a moment later.
    #[error("the connection's queue is full")]
    Full,
    /// The connection has ended.
    #[error("the connection has ended")]
    Closed,
    /// Larger than the packet limit of both ends: would end the connection, and every one after.
    #[error("the message is larger than a packet may be")]
    TooLarge,
}

/// What happens on a connection.
#[derive(Debug)]
pub enum PipeEvent {
    /// Connected, and every subscription was granted.
    Up,
    /// A message came.
    Message {
        /// Where it was published.
        topic: String,
        /// Its bytes.
        payload: Vec<u8>,
        /// Kept by the broker from before we subscribed.
        retained: bool,
    },
    /// A message came whose bytes are not those that were sent; it counts as lost.
    Spoilt {
        /// Where it was published.
        topic: String,
    },
    /// The connection has ended; nothing follows.
    Down(DownReason),
}

/// Why a connection ended. The code is stable; the text is for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DownReason {
    /// `pipe.refused`, `pipe.tls`, `pipe.subscription_refused`, `pipe.silent`, `pipe.lost`.
    pub code: &'static str,
    /// The inner error.
    pub detail: String,
}

/// Why a connection could not even be tried: files that cannot be read, a setting out of range.
#[derive(Debug, thiserror::Error)]
pub enum PipeError {
    /// A file with a certificate or key cannot be used.
    #[error("{path}: {detail}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// A value that the client does not take.
    #[error("{0}")]
    Setting(String),
}

/// Where to connect and how.
#[derive(Debug, Clone)]
pub struct ConnectConfig {
    /// Name or address of the broker; must stand in its certificate.
    pub host: String,
    /// The broker's port.
    pub port: u16,
    /// Different for each connection of a node (`06658-1`, `06658-1-b`): the broker ends the older
    /// of two connections with one name.
    pub client_id: String,
    /// Without it the connection is plain; only for a broker on the same machine in tests.
    pub tls: Option<TlsFiles>,
    /// What to subscribe to before [`PipeEvent::Up`].
    pub subscriptions: Vec<String>,
    /// Published by the broker when the connection ends without a farewell.
    pub last_will: Option<LastWill>,
    /// A ping is sent in each such span; whole seconds, at least one.
    pub keep_alive: Duration,
    /// No event in this time: the connection is given up.
    pub silence_max: Duration,
    /// For name, socket, TLS, CONNACK and SUBACK together, and for each write.
    pub connect_timeout: Duration,
    /// Largest packet in both directions.
    pub packet_bytes_max: usize,
    /// How many messages may wait in the connection, and how many unacknowledged by the broker.
    pub queue_length_max: u16,
}

/// The PEM files of one end. Read again for each connection: a renewed certificate is used at the
/// next connection without a restart.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The authority that signed the other side.
    pub authority: PathBuf,
    /// Our certificate, with its intermediates.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// A retained message that the broker publishes in our place.
#[derive(Debug, Clone)]
pub struct LastWill {
    /// Where.
    pub topic: String,
    /// What.
    pub payload: Vec<u8>,
}
