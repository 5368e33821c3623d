//! As many nodes as the country has communes, for a hub that is to take them in: their journals, and
//! what they say to the hub and hear from it, in this process.
//!
//! Real: the frames (entries of tickets, hashed and chained, compressed, with the check behind them),
//! the hellos, the topics, the broker with TLS, and everything at the hub. Not real: the way in and the
//! connections. The nodes are written into the hub's tables instead of being enrolled one by one, since
//! each enrolment tells every node of all others, which for thousands is a day's work of its own. And
//! two connections carry them all: with two for each node, 6,642 TLS sessions would take gigabytes
//! of a small machine, and would measure the broker's. Both show the hub's own certificate, the one
//! to which the broker's access list gives every node's topics; the hub cannot tell. Signatures of the
//! hub's answers are not verified here: at a node that costs the node.

use crate::baseline::{Way, connect, subscribed};
use anyhow::{Context, bail, ensure};
use domain::ids::NodeId;
use domain::queue::{Ticket, TicketState};
use domain::split::Journaled;
use domain::time::business_day;
use hub::keys::HubKeys;
use jiff::{SignedDuration, Timestamp};
use journal::checked::{checked, with_check};
use journal::ctl::{Hello, HubMessage, NodeMessage};
use journal::entry::{FORMAT, NO_HASH};
use journal::topics::{self, Lane, Topic};
use journal::{Change, ClockState, Entry, WrappingKey};
use rumqttc::{AsyncClient, Event, EventLoop, Packet, Publish, QoS};
use std::collections::{HashMap, HashSet};
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_postgres::Client;
use uuid::Uuid;

/// The epoch of every node.
pub const EPOCH: u64 = 1;
/// Frames under way at once, of all nodes: the hub never waits for the next one, and none waits so
/// long for a connection to PostgreSQL that the hub gives it up.
const UNDER_WAY_MAX: usize = 512;
/// Words of the hub that may wait for their reader.
const WORDS_MAX: usize = 1024;
/// What all nodes hear.
const ANSWERS: &str = "motcua/v1/+/+/down/ctl";
/// Nodes that got no answer for so long say hello again: the hub may only just have come.
const QUIET: Duration = Duration::from_secs(3);
/// Nothing may hang longer.
const PATIENCE: Duration = Duration::from_secs(120);

/// The nodes.
pub struct Fleet {
    nodes: Vec<Node>,
    places: HashMap<NodeId, usize>,
    now: Timestamp,
}

struct Node {
    id: NodeId,
    seq: u64,
    hash: [u8; 32],
}

/// A frame on its way.
pub struct Sent {
    node: usize,
    last_seq: u64,
    payload: Vec<u8>,
}

/// When a frame was due to be sent, and when its acknowledgement was here.
#[derive(Debug, Clone, Copy)]
pub struct Acked {
    /// Not when it was sent: one that has to wait for those before it has waited, too.
    pub due: Instant,
    /// As heard here.
    pub at: Instant,
}

impl Acked {
    /// From the one to the other. Milliseconds.
    pub fn ms(&self) -> f64 {
        (self.at - self.due).as_secs_f64() * 1000.0
    }
}

impl Fleet {
    /// Box `number` of the communes 1, 2, 3, and so on.
    pub fn new(count: usize, number: u8) -> anyhow::Result<Self> {
        let mut fleet = Self { nodes: Vec::new(), places: HashMap::new(), now: Timestamp::now() };
        for place in 0..count {
            let id = NodeId::parse(&format!("{:05}-{number}", place + 1))?;
            fleet.places.insert(id.clone(), place);
            fleet.nodes.push(Node { id, seq: 0, hash: NO_HASH });
        }
        Ok(fleet)
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// One's name.
    pub fn id(&self, node: usize) -> &NodeId {
        &self.nodes[node].id
    }

    /// Makes them known to a hub, as an enrolment leaves a node that has written nothing yet.
    pub async fn enrol(&self, hub: &Client, keys: &HubKeys) -> anyhow::Result<()> {
        let names: Vec<&str> = self.nodes.iter().map(|node| node.id.as_str()).collect();
        let mut sealed = Vec::with_capacity(names.len());
        for name in &names {
            sealed.push(keys.seal_wrapping_key(name, &WrappingKey::generate()?)?);
        }
        let (epoch, nothing) = (i64::try_from(EPOCH)?, NO_HASH.to_vec());
        hub.execute(
            "INSERT INTO node (node, unit_name, state, epoch)
             SELECT name, name, 'enrolled', $2 FROM unnest($1::text[]) AS name",
            &[&names, &epoch],
        )
        .await?;
        for stream in ["stream", "down_stream"] {
            hub.execute(
                &format!(
                    "INSERT INTO {stream} (node, epoch, head_hash)
                     SELECT name, $2, $3 FROM unnest($1::text[]) AS name"
                ),
                &[&names, &epoch, &nothing],
            )
            .await?;
        }
        hub.execute(
            "INSERT INTO wrapping_key (node, sealed, wrapped_master, granted_us)
             SELECT name, sealed, $3, 0 FROM unnest($1::text[], $2::bytea[]) AS key (name, sealed)",
            &[&names, &sealed, &nothing],
        )
        .await?;
        Ok(())
    }

    /// How many of them the hub has up to their end, and how many of their entries stand parked.
    pub async fn at_hub(&self, hub: &Client) -> anyhow::Result<(usize, i64)> {
        let names: Vec<&str> = self.nodes.iter().map(|node| node.id.as_str()).collect();
        let ends: Vec<i64> =
            self.nodes.iter().map(|node| i64::try_from(node.seq)).collect::<Result<_, _>>()?;
        let row = hub
            .query_one(
                "SELECT (SELECT count(*) FROM stream JOIN unnest($1::text[], $2::bigint[])
                             AS ended (node, seq) USING (node) WHERE acked_seq = ended.seq),
                        (SELECT count(*) FROM parked WHERE node = ANY($1))",
                &[&names, &ends],
            )
            .await?;
        Ok((usize::try_from(row.get::<_, i64>(0))?, row.get(1)))
    }

    /// A node writes so many entries, each of a ticket; their bytes.
    pub fn write(&mut self, node: usize, entries: usize) -> anyhow::Result<Vec<Vec<u8>>> {
        let now = self.now;
        // Not today's, and nothing left open.
        let day = business_day(now - SignedDuration::from_hours(48));
        let Node { id, seq, hash } = &mut self.nodes[node];
        let mut raws = Vec::with_capacity(entries);
        for _ in 0..entries {
            let number = ('A', u32::try_from(*seq + 1)?);
            let service = "ho-tich".parse()?;
            let by = "kiosk-1".to_owned();
            let ticket = Ticket {
                state: TicketState::Completed,
                finished_at: Some(now),
                ..Ticket::waiting(Uuid::now_v7(), day, number, service, now, by)
            };
            let (public, private) = ticket.split();
            ensure!(private.is_null(), "the tickets tell of nobody");
            let mut entry = Entry {
                format: FORMAT,
                node: id.clone(),
                epoch: EPOCH,
                seq: *seq + 1,
                at_utc_us: now.as_microsecond(),
                boot_id: [0; 16],
                monotonic_ns: 0,
                clock_state: ClockState::Steady,
                actor: "citizen".to_owned(),
                device: "kiosk-1".to_owned(),
                request_key: String::new(),
                changes: vec![Change {
                    kind: Ticket::KIND.to_owned(),
                    subject: ticket.id.to_string(),
                    axis: String::new(),
                    rev: ticket.rev,
                    base_rev: 0,
                    term: 0,
                    schema: 1,
                    public: serde_json::to_vec(&public)?,
                    sealed: Vec::new(),
                    blobs: Vec::new(),
                }],
                prev: *hash,
                hash: NO_HASH,
            };
            raws.push(entry.seal_hash()?);
            (*seq, *hash) = (entry.seq, entry.hash);
        }
        Ok(raws)
    }

    /// A frame with everything that a node has written up to now, ready to be sent.
    pub fn sent(&self, node: usize, message: Vec<u8>) -> Sent {
        Sent { node, last_seq: self.nodes[node].seq, payload: with_check(message) }
    }

    fn hello(&self, node: usize) -> Vec<u8> {
        let Node { seq, hash, .. } = &self.nodes[node];
        let hello = NodeMessage::Hello(Hello {
            session: format!("bench-{node}.1"),
            epoch: EPOCH,
            max_seq: *seq,
            head_hash: *hash,
            down_epoch: 0,
            down_seq: 0,
            down_hash: NO_HASH,
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        });
        with_check(hello.encode())
    }
}

/// What carries the words of all nodes.
pub struct Wires {
    up: AsyncClient,
    heard: mpsc::Receiver<(Instant, Publish)>,
    _polling: JoinSet<()>,
}

impl Wires {
    /// Connects, by the hub's own way.
    pub async fn connect(way: &Way) -> anyhow::Result<Self> {
        let (down, mut answers) = connect("bench-nodes-down", way)?;
        subscribed(&down, &mut answers, ANSWERS).await.context("the nodes' ears")?;
        let (up, events) = connect("bench-nodes-up", way)?;
        let (said, heard) = mpsc::channel(WORDS_MAX);
        let mut polling = JoinSet::new();
        polling.spawn(poll(events, None));
        polling.spawn(async move {
            // The client must stay: without it the connection ends.
            let _down = down;
            poll(answers, Some(said)).await;
        });
        Ok(Self { up, heard, _polling: polling })
    }

    /// Every node says hello, until it is answered.
    pub async fn greet(&mut self, fleet: &Fleet) -> anyhow::Result<()> {
        let mut missing: HashSet<usize> = (0..fleet.len()).collect();
        let end = Instant::now() + PATIENCE;
        while !missing.is_empty() {
            ensure!(Instant::now() < end, "{} nodes get no answer", missing.len());
            let (up, asking) = (self.up.clone(), missing.clone());
            let saying = async {
                for node in asking {
                    let topic = topics::up(fleet.id(node), Lane::Ctl);
                    up.publish(topic, QoS::AtLeastOnce, false, fleet.hello(node)).await?;
                }
                anyhow::Ok(())
            };
            let hearing = async {
                while !missing.is_empty() {
                    let Ok(heard) = timeout(QUIET, self.word(fleet)).await else { break };
                    if let (_, node, HubMessage::Resume(_)) = heard? {
                        missing.remove(&node);
                    }
                }
                anyhow::Ok(())
            };
            tokio::try_join!(saying, hearing)?;
        }
        Ok(())
    }

    /// Sends frames, each of another node, the next one `gap` after the one before; one for each
    /// acknowledgement.
    pub async fn send(
        &mut self,
        fleet: &Fleet,
        frames: Vec<Sent>,
        gap: Duration,
    ) -> anyhow::Result<Vec<Acked>> {
        let begun = Instant::now();
        let mut due = begun;
        let mut waiting = HashMap::with_capacity(frames.len());
        for frame in &frames {
            waiting.insert(frame.node, (due, frame.last_seq));
            due += gap;
        }
        let (up, under_way) = (self.up.clone(), Semaphore::new(UNDER_WAY_MAX));
        let sending = async {
            let mut due = begun;
            for Sent { node, payload, .. } in frames {
                sleep_until(due).await;
                due += gap;
                under_way.acquire().await?.forget();
                let topic = topics::up(fleet.id(node), Lane::Rec);
                up.publish(topic, QoS::AtLeastOnce, false, payload).await?;
            }
            anyhow::Ok(())
        };
        let hearing = async {
            let mut all = Vec::with_capacity(waiting.len());
            while !waiting.is_empty() {
                let heard = timeout(PATIENCE, self.word(fleet)).await;
                let (at, node, word) = heard.context("frames are not acknowledged")??;
                match word {
                    HubMessage::Ack(ack) => {
                        let Some((due, last_seq)) = waiting.get(&node).copied() else { continue };
                        if ack.acked_seq >= last_seq {
                            waiting.remove(&node);
                            all.push(Acked { due, at });
                            under_way.add_permits(1);
                        }
                    }
                    HubMessage::Refused(refused) => {
                        bail!("{}: {} {}", fleet.id(node), refused.code, refused.detail)
                    }
                    _ => {}
                }
            }
            anyhow::Ok(all)
        };
        let ((), all) = tokio::try_join!(sending, hearing)?;
        Ok(all)
    }

    /// The next word of the hub to one of these nodes, and when it was here.
    async fn word(&mut self, fleet: &Fleet) -> anyhow::Result<(Instant, usize, HubMessage)> {
        loop {
            let (at, message) = self.heard.recv().await.context("the broker is gone")?;
            let Ok(Topic::Down(node, Lane::Ctl)) = Topic::parse(&message.topic) else { continue };
            let Some(place) = fleet.places.get(&node) else { continue };
            let payload = checked(&message.payload).context("a message came spoilt")?;
            return Ok((at, *place, HubMessage::decode(payload)?));
        }
    }
}

/// Keeps a connection going, and hands on what comes.
async fn poll(mut events: EventLoop, said: Option<mpsc::Sender<(Instant, Publish)>>) {
    loop {
        match events.poll().await {
            Ok(Event::Incoming(Packet::Publish(message))) => {
                let Some(said) = &said else { continue };
                if said.send((Instant::now(), message)).await.is_err() {
                    return;
                }
            }
            Ok(_) => {}
            Err(error) => {
                eprintln!("bench: the broker: {error}");
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_nodes_entries_follow_each_other() {
        let mut fleet = Fleet::new(3, 1).unwrap();
        let mut prev = NO_HASH;
        for (index, raw) in
            [fleet.write(1, 2).unwrap(), fleet.write(1, 2).unwrap()].concat().iter().enumerate()
        {
            let entry = Entry::decode(raw).unwrap();
            entry.verify(&prev).unwrap();
            assert_eq!((entry.seq, entry.node.as_str()), (index as u64 + 1, "00002-1"));
            prev = entry.hash;
        }
        assert_eq!(fleet.sent(1, Vec::new()).last_seq, 4);
        assert_eq!(fleet.sent(0, Vec::new()).last_seq, 0);
    }
}
