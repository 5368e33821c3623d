//! The pipe over rumqttc's client for MQTT 3.1.1.
//!
//! The client has a store of its own for what the broker has not acknowledged, and it loses,
//! overwrites and reorders in it when a connection breaks (see `src/decisions/0002`). So a client
//! and its event loop live for one connection and are dropped at the first error; the session is
//! clean, and what matters is sent again by our own sessions from the journal.
//!
//! `EventLoop::poll` loses packets when it is cancelled between two waits. It therefore runs alone
//! in its task, never inside `select!` or `timeout`; a second task watches it from outside and
//! ends it as a whole when it falls silent.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use domain::time::Clock;
use journal::checked::{CHECK_BYTES, checked, with_check};
use rumqttc::{
    AsyncClient, ClientError, ConnectionError, Event, EventLoop, MqttOptions, NetworkOptions,
    Packet, QoS, SubscribeFilter, SubscribeReasonCode, TlsConfiguration, Transport,
};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use crate::pipe::{
    ConnectConfig, Connection, DownReason, Pipe, PipeError, PipeEvent, PublishError, Sender,
};
use crate::tls;

/// Messages that may wait between the socket and their reader. When it is full the socket is not
/// read, so the broker holds back.
const EVENTS_WAITING_MAX: usize = 64;

/// Bytes of a packet besides topic and payload: header, lengths, packet id.
const PACKET_OVERHEAD_BYTES: usize = 16;

/// Connects through rumqttc.
#[derive(Debug, Clone, Copy, Default)]
pub struct MqttPipe;

impl Pipe for MqttPipe {
    fn connect(&self, config: &ConnectConfig) -> Result<Connection, PipeError> {
        MqttPipe::start(config, None)
    }
}

/// The same where the machine's clock may be wrong: the dates of certificates are judged by a clock
/// that knows better.
pub struct GuardedMqttPipe(pub Arc<dyn Clock>);

impl Pipe for GuardedMqttPipe {
    fn connect(&self, config: &ConnectConfig) -> Result<Connection, PipeError> {
        MqttPipe::start(config, Some(Arc::clone(&self.0)))
    }
}

impl MqttPipe {
    fn start(
        config: &ConnectConfig,
        clock: Option<Arc<dyn Clock>>,
    ) -> Result<Connection, PipeError> {
        let (client, event_loop) = client(config, clock)?;
        let (events, receiver) = mpsc::channel(EVENTS_WAITING_MAX);
        let heard = Arc::new(Heard::new());
        let polling = tokio::spawn(poll_to_the_end(Polling {
            client: client.clone(),
            event_loop,
            subscriptions: config.subscriptions.clone(),
            events: events.clone(),
            heard: heard.clone(),
        }));
        let watching = tokio::spawn(watch(
            polling.abort_handle(),
            heard,
            config.silence_max.max(config.connect_timeout.saturating_mul(2)),
            config.silence_max,
            events,
        ));
        Ok(Connection {
            sender: Arc::new(MqttSender { client, packet_bytes_max: config.packet_bytes_max }),
            events: receiver,
            guard: Box::new(Tasks(vec![polling.abort_handle(), watching.abort_handle()])),
        })
    }
}

/// Ends the connection's tasks when the connection is dropped.
struct Tasks(Vec<AbortHandle>);

impl Drop for Tasks {
    fn drop(&mut self) {
        for task in &self.0 {
            task.abort();
        }
    }
}

#[derive(Clone)]
struct MqttSender {
    client: AsyncClient,
    packet_bytes_max: usize,
}

impl Sender for MqttSender {
    fn try_publish(&self, topic: &str, payload: Vec<u8>, retain: bool) -> Result<(), PublishError> {
        if topic.len() + payload.len() + CHECK_BYTES + PACKET_OVERHEAD_BYTES > self.packet_bytes_max
        {
            return Err(PublishError::TooLarge);
        }
        match self.client.try_publish(topic, QoS::AtLeastOnce, retain, with_check(payload)) {
            Ok(()) => Ok(()),
            // The client tells "full" and "closed" apart only in words; a closed connection also
            // shows as the end of its events, so "full" is the answer that does no harm.
            Err(ClientError::TryRequest(_)) => Err(PublishError::Full),
            Err(ClientError::Request(_)) => Err(PublishError::Closed),
        }
    }
}

fn client(
    config: &ConnectConfig,
    clock: Option<Arc<dyn Clock>>,
) -> Result<(AsyncClient, EventLoop), PipeError> {
    if config.keep_alive < Duration::from_secs(1) {
        return Err(PipeError::Setting("keep_alive must be at least one second".to_owned()));
    }
    if config.queue_length_max == 0 {
        return Err(PipeError::Setting("queue_length_max must be at least 1".to_owned()));
    }
    let mut options = MqttOptions::new(&config.client_id, &config.host, config.port);
    options
        .set_clean_session(true)
        .set_keep_alive(config.keep_alive)
        .set_max_packet_size(config.packet_bytes_max, config.packet_bytes_max)
        .set_inflight(config.queue_length_max);
    if let Some(files) = &config.tls {
        let tls = tls::client_config(files, clock)?;
        options.set_transport(Transport::Tls(TlsConfiguration::Rustls(tls)));
    }
    if let Some(will) = &config.last_will {
        options.set_last_will(rumqttc::LastWill::new(
            &will.topic,
            with_check(will.payload.clone()),
            QoS::AtLeastOnce,
            true,
        ));
    }
    let (client, mut event_loop) = AsyncClient::new(options, usize::from(config.queue_length_max));
    let mut network = NetworkOptions::new();
    network.set_tcp_nodelay(true);
    network.set_connection_timeout(config.connect_timeout.as_secs().max(1));
    event_loop.set_network_options(network);
    Ok((client, event_loop))
}

struct Polling {
    client: AsyncClient,
    event_loop: EventLoop,
    subscriptions: Vec<String>,
    events: mpsc::Sender<PipeEvent>,
    heard: Arc<Heard>,
}

/// Runs one event loop until its first error. Leaves when nobody reads the events any more.
async fn poll_to_the_end(mut polling: Polling) {
    let mut up = false;
    let mut early = Vec::new();
    loop {
        let event = match polling.event_loop.poll().await {
            Ok(event) => event,
            Err(error) => {
                let _ = polling.events.send(PipeEvent::Down(reason(&error))).await;
                return;
            }
        };
        polling.heard.note();
        match event {
            Event::Incoming(Packet::ConnAck(_)) => {
                polling.heard.connected();
                if polling.subscriptions.is_empty() {
                    up = true;
                    if polling.events.send(PipeEvent::Up).await.is_err() {
                        return;
                    }
                    continue;
                }
                let filters = polling
                    .subscriptions
                    .iter()
                    .map(|topic| SubscribeFilter::new(topic.clone(), QoS::AtLeastOnce));
                if let Err(error) = polling.client.try_subscribe_many(filters) {
                    let down =
                        DownReason { code: "pipe.subscription_refused", detail: error.to_string() };
                    let _ = polling.events.send(PipeEvent::Down(down)).await;
                    return;
                }
            }
            // Only one SUBSCRIBE is ever sent on a connection, so this is its answer.
            Event::Incoming(Packet::SubAck(answer)) => {
                let refused: Vec<&str> = answer
                    .return_codes
                    .iter()
                    .zip(&polling.subscriptions)
                    .filter(|(code, _)| matches!(code, SubscribeReasonCode::Failure))
                    .map(|(_, topic)| topic.as_str())
                    .collect();
                let event = if refused.is_empty() {
                    up = true;
                    PipeEvent::Up
                } else {
                    PipeEvent::Down(DownReason {
                        code: "pipe.subscription_refused",
                        detail: refused.join(", "),
                    })
                };
                let last = matches!(event, PipeEvent::Down(_));
                if polling.events.send(event).await.is_err() || last {
                    return;
                }
                for event in early.drain(..) {
                    if polling.events.send(event).await.is_err() {
                        return;
                    }
                }
            }
            Event::Incoming(Packet::Publish(message)) => {
                let event = match checked(&message.payload) {
                    Some(payload) => PipeEvent::Message {
                        topic: message.topic,
                        payload: payload.to_vec(),
                        retained: message.retain,
                    },
                    // As good as lost, and told: on a sound line it never happens.
                    None => PipeEvent::Spoilt { topic: message.topic },
                };
                if !up {
                    // A retained message may overtake the SUBACK; it waits until Up was told.
                    if early.len() < EVENTS_WAITING_MAX {
                        early.push(event);
                    }
                } else if polling.events.send(event).await.is_err() {
                    return;
                }
            }
            _ => {}
        }
        // Time spent handing the event on counts as life: a slow reader is not a dead line.
        polling.heard.note();
    }
}

fn reason(error: &ConnectionError) -> DownReason {
    let code = match error {
        ConnectionError::ConnectionRefused(_) => "pipe.refused",
        ConnectionError::Tls(_) => "pipe.tls",
        _ => "pipe.lost",
    };
    DownReason { code, detail: error.to_string() }
}

/// When the event loop was last heard of.
struct Heard {
    start: Instant,
    last_ms: AtomicU64,
    connected: AtomicU64,
}

impl Heard {
    fn new() -> Self {
        Self { start: Instant::now(), last_ms: AtomicU64::new(0), connected: AtomicU64::new(0) }
    }

    fn note(&self) {
        let elapsed = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last_ms.store(elapsed, Ordering::Relaxed);
    }

    fn connected(&self) {
        self.connected.store(1, Ordering::Relaxed);
    }

    fn silent_until(&self, while_connecting: Duration, when_connected: Duration) -> Instant {
        let allowed = match self.connected.load(Ordering::Relaxed) {
            0 => while_connecting,
            _ => when_connected,
        };
        self.start + Duration::from_millis(self.last_ms.load(Ordering::Relaxed)) + allowed
    }
}

/// Ends the polling task when it has had no event for too long: a half-open connection whose
/// writes vanish, a TLS handshake that never ends, a broker that is stopped.
async fn watch(
    polling: AbortHandle,
    heard: Arc<Heard>,
    while_connecting: Duration,
    when_connected: Duration,
    events: mpsc::Sender<PipeEvent>,
) {
    loop {
        let until = heard.silent_until(while_connecting, when_connected);
        tokio::time::sleep_until(until).await;
        if polling.is_finished() {
            return;
        }
        if heard.silent_until(while_connecting, when_connected) <= Instant::now() {
            polling.abort();
            let down = DownReason {
                code: "pipe.silent",
                detail: format!("no event for {} s", when_connected.as_secs()),
            };
            let _ = events.send(PipeEvent::Down(down)).await;
            return;
        }
    }
}
