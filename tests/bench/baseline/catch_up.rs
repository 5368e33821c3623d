//! Catching up without us: frames that are built already go through the same broker, eight under way;
//! the other end decompresses each, writes it with the same SQL in one transaction, and says so. No
//! reading of journals, no building, no chain, no hashes, no sealed parts, no signatures; the values
//! of the SQL lie ready.

use super::{Way, connect, subscribed};
use anyhow::{Context, bail, ensure};
use rumqttc::{AsyncClient, Event, EventLoop, Packet, QoS};
use serde_json::Value;
use std::time::{Duration, Instant};
use tokio_postgres::{Client, NoTls, Statement};

/// Frames under way.
const WINDOW: usize = 8;
/// A plain frame decompresses to at most this. Bytes.
const PLAIN_BYTES_MAX: usize = 1024 * 1024;
/// Nothing may hang longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A frame: the message as it was sent by the product, and the values of its rows.
#[derive(Debug, Clone, Default)]
pub struct Frame {
    /// The message: four bytes of magic, then zstd.
    pub message: Vec<u8>,
    /// Of each entry: seq, time, bytes, hash.
    pub entries: Vec<(i64, i64, Vec<u8>, Vec<u8>)>,
    /// Of each change: kind, subject, axis, rev, term, schema, public, seq.
    pub subjects: Vec<Subject>,
}

/// Kind, subject, axis, rev, term, schema, public, seq.
pub type Subject = (String, String, String, i64, i64, i32, Value, i64);

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
        write(&plan, &mut database, &statements, &frame).await?;
        client.try_publish(&plan.acks_topic, QoS::AtLeastOnce, false, "committed")?;
    }
}

/// The product's statements, prepared once.
struct Statements {
    lock: Statement,
    subject: Statement,
    entry: Statement,
    stream: Statement,
}

impl Statements {
    async fn prepare(client: &Client) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            lock: client
                .prepare(
                    "SELECT s.epoch, s.acked_seq, s.head_hash, w.sealed, n.state, n.frozen_code
                     FROM stream s JOIN node n USING (node) JOIN wrapping_key w USING (node)
                     WHERE s.node = $1 FOR UPDATE OF s",
                )
                .await?,
            subject: client
                .prepare(
                    "INSERT INTO subject
                         (node, epoch, kind, subject, axis, rev, term, schema, public, private, seq)
                     SELECT $1, $2, * FROM unnest($3::text[], $4::text[], $5::text[], $6::bigint[],
                         $7::bigint[], $8::integer[], $9::jsonb[], $10::jsonb[], $11::bigint[])
                     ON CONFLICT (node, kind, subject, axis) DO UPDATE
                     SET epoch = excluded.epoch, rev = excluded.rev, term = excluded.term,
                         schema = excluded.schema, public = excluded.public,
                         private = excluded.private, seq = excluded.seq
                     WHERE (subject.epoch, subject.rev) < (excluded.epoch, excluded.rev)
                     RETURNING kind, subject, axis",
                )
                .await?,
            entry: client
                .prepare(
                    "INSERT INTO entry (node, epoch, seq, at_us, raw, hash)
                     SELECT $1, $2, *
                     FROM unnest($3::bigint[], $4::bigint[], $5::bytea[], $6::bytea[])",
                )
                .await?,
            stream: client
                .prepare(
                    "UPDATE stream SET acked_seq = $2, head_hash = $3, entries = entries + $4,
                            last_entry_us = $5, committed_us = $6
                     WHERE node = $1",
                )
                .await?,
        })
    }
}

/// One frame in one transaction.
async fn write(
    plan: &Plan,
    database: &mut Client,
    statements: &Statements,
    frame: &Frame,
) -> anyhow::Result<()> {
    let (node, epoch) = (&plan.node, plan.epoch);
    let transaction = database.transaction().await?;
    transaction.query(&statements.lock, &[node]).await?;
    macro_rules! column {
        ($rows:expr, $place:tt) => {
            $rows.iter().map(|row| &row.$place).collect::<Vec<_>>()
        };
    }
    let s = &frame.subjects;
    let private = vec![Value::Null; s.len()];
    let written = transaction
        .query(
            &statements.subject,
            &[
                node,
                &epoch,
                &column!(s, 0),
                &column!(s, 1),
                &column!(s, 2),
                &column!(s, 3),
                &column!(s, 4),
                &column!(s, 5),
                &column!(s, 6),
                &private,
                &column!(s, 7),
            ],
        )
        .await?;
    ensure!(written.len() == s.len(), "{} of {} states were written", written.len(), s.len());
    let e = &frame.entries;
    transaction
        .execute(
            &statements.entry,
            &[node, &epoch, &column!(e, 0), &column!(e, 1), &column!(e, 2), &column!(e, 3)],
        )
        .await?;
    let (seq, at_us, _, hash) = e.last().context("an empty frame")?;
    transaction
        .execute(&statements.stream, &[node, seq, hash, &(e.len() as i64), at_us, at_us])
        .await?;
    transaction.commit().await?;
    Ok(())
}
