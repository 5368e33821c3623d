//! Catching up without us: frames that are built already go through the same broker, eight under way;
//! the other end decompresses each, writes it with the same SQL in one transaction, and says so. No
//! reading of journals, no building, no chain, no hashes, no sealed parts, no signatures; the values
//! of the SQL lie ready.

use super::frames::{Frame, Statements, write};
use super::{Way, connect, subscribed};
use anyhow::{Context, bail, ensure};
use rumqttc::{AsyncClient, Event, EventLoop, Packet, QoS};
use std::time::{Duration, Instant};
use tokio_postgres::NoTls;

/// Frames under way.
const WINDOW: usize = 8;
/// A plain frame decompresses to at most this. Bytes.
const PLAIN_BYTES_MAX: usize = 1024 * 1024;
/// Nothing may hang longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Everything that both ends need.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Whose frames.
    pub node: String,
    /// Their epoch.
    pub epoch: i64,
    /// The sender's way.
    pub node_way: Way,
    /// The receiver's.
    pub hub_way: Way,
    /// Where frames go.
    pub frames_topic: String,
    /// Where the receiver's word goes.
    pub acks_topic: String,
    /// The receiver's database.
    pub database: String,
}

/// Sends all frames; from the first word of the receiver to the last.
pub async fn catch_up(plan: &Plan, frames: Vec<Frame>) -> anyhow::Result<Duration> {
    let (hub, mut hub_events) = connect("plain-hub", &plan.hub_way)?;
    subscribed(&hub, &mut hub_events, &plan.frames_topic).await.context("the plain hub")?;
    let messages: Vec<Vec<u8>> = frames.iter().map(|frame| frame.message.clone()).collect();
    let receiver = tokio::spawn(receive(plan.clone(), hub, hub_events, frames));
    let sent = tokio::time::timeout(PATIENCE, send(plan, messages)).await;
    receiver.abort();
    let _aborted = receiver.await;
    sent.context("the plain programs hang")?
}

async fn send(plan: &Plan, messages: Vec<Vec<u8>>) -> anyhow::Result<Duration> {
    let (client, mut events) = connect("plain-node", &plan.node_way)?;
    subscribed(&client, &mut events, &plan.acks_topic).await.context("the plain node")?;
    let count = messages.len();
    let mut messages = messages.into_iter();
    for message in messages.by_ref().take(WINDOW) {
        client.try_publish(&plan.frames_topic, QoS::AtLeastOnce, false, message)?;
    }
    let (mut acked, mut first) = (0, Instant::now());
    loop {
        let Event::Incoming(Packet::Publish(_)) = events.poll().await? else { continue };
        acked += 1;
        if acked == 1 {
            first = Instant::now();
        }
        if acked == count {
            return Ok(first.elapsed());
        }
        if let Some(message) = messages.next() {
            client.try_publish(&plan.frames_topic, QoS::AtLeastOnce, false, message)?;
        }
    }
}

async fn receive(
    plan: Plan,
    client: AsyncClient,
    mut events: EventLoop,
    frames: Vec<Frame>,
) -> anyhow::Result<()> {
    let (mut database, connection) = tokio_postgres::connect(&plan.database, NoTls).await?;
    tokio::spawn(connection);
    let statements = Statements::prepare(&database).await?;
    let mut frames = frames.into_iter();
    loop {
        let Event::Incoming(Packet::Publish(message)) = events.poll().await? else { continue };
        if message.topic != plan.frames_topic {
            continue;
        }
        let packed = message.payload.get(4..).context("no frame")?;
        let plain = zstd::bulk::decompress(packed, PLAIN_BYTES_MAX)?;
        let Some(frame) = frames.next() else { bail!("more frames than there are") };
        let bytes: usize = frame.entries.iter().map(|(_, _, raw, _)| raw.len()).sum();
        ensure!(plain.len() > bytes, "another frame than expected");
        write((&plan.node, plan.epoch), &mut database, &statements, &frame).await?;
        client.try_publish(&plan.acks_topic, QoS::AtLeastOnce, false, "committed")?;
    }
}
