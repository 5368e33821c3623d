//! Bytes through the broker without us: a client publishes pieces, a few under way, and another takes
//! them and drops them. No sealing, no files, no tables, no checks.

use super::{Way, connect, subscribed};
use anyhow::{Context, ensure};
use rumqttc::{Event, Packet, QoS};
use serde_json::{Value, json};
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Size of a piece, as the product sends them on a quick line. Bytes.
pub const PIECE_BYTES: usize = 256 * 1024;
/// Pieces under way.
const WINDOW: usize = 8;
/// Nothing may hang longer.
const PATIENCE: Duration = Duration::from_secs(180);

/// What is sent.
#[derive(Debug, Clone)]
pub struct Pieces {
    /// By which way.
    pub way: Way,
    /// Under which topic.
    pub topic: String,
    /// How many.
    pub count: usize,
}

impl Pieces {
    /// For the process that sends them.
    pub fn to_json(&self) -> anyhow::Result<String> {
        let files: Option<Vec<&str>> = self.way.files.iter().map(|file| file.to_str()).collect();
        let files = files.context("a path is not UTF-8")?;
        Ok(json!({
            "host": self.way.host, "port": self.way.port, "files": files,
            "topic": self.topic, "count": self.count,
        })
        .to_string())
    }

    fn from_json(text: &str) -> anyhow::Result<Self> {
        let plan: Value = serde_json::from_str(text)?;
        let word = |value: &Value| value.as_str().map(str::to_owned).context("not a text");
        let file = |place: usize| word(&plan["files"][place]).map(PathBuf::from);
        Ok(Self {
            way: Way {
                host: word(&plan["host"])?,
                port: u16::try_from(plan["port"].as_u64().context("no port")?)?,
                files: [file(0)?, file(1)?, file(2)?],
            },
            topic: word(&plan["topic"])?,
            count: usize::try_from(plan["count"].as_u64().context("no count")?)?,
        })
    }
}

/// Sends them; the other side of [`receive`], in a process on the center's host.
pub async fn send(plan: &str) -> anyhow::Result<()> {
    let Pieces { way, topic, count } = Pieces::from_json(plan)?;
    let (client, mut events) = connect("bare-node", &way)?;
    let (mut sent, mut acked) = (0, 0);
    while acked < count {
        match events.poll().await? {
            Event::Incoming(Packet::ConnAck(_)) => {}
            Event::Incoming(Packet::PubAck(_)) => acked += 1,
            _ => continue,
        }
        while sent < count && sent < acked + WINDOW {
            let piece = vec![u8::try_from(sent % 251)?; PIECE_BYTES];
            client.try_publish(&topic, QoS::AtLeastOnce, false, piece)?;
            sent += 1;
        }
    }
    Ok(())
}

/// Starts the sender, and takes what comes; from the first piece to the last.
pub async fn receive(
    way: &Way,
    topic: &str,
    count: usize,
    start: impl FnOnce() -> io::Result<tokio::process::Child>,
) -> anyhow::Result<Duration> {
    let (client, mut events) = connect("bare-hub", way)?;
    subscribed(&client, &mut events, topic).await.context("the bare receiver")?;
    let mut sender = start()?;
    let mut first = None;
    let mut there = 0;
    let all = async {
        loop {
            let Event::Incoming(Packet::Publish(message)) = events.poll().await? else { continue };
            ensure!(message.payload.len() == PIECE_BYTES, "a piece has another size");
            let begun = *first.get_or_insert_with(Instant::now);
            there += 1;
            if there == count {
                return Ok(begun.elapsed());
            }
        }
    };
    let took = tokio::time::timeout(PATIENCE, all).await;
    // The sender still waits for its last acknowledgement, which nobody holds back.
    let ended = tokio::time::timeout(PATIENCE, async {
        while !matches!(sender.try_wait(), Ok(Some(_)) | Err(_)) {
            tokio::select! {
                _ = sender.wait() => {}
                _ = events.poll() => {}
            }
        }
    })
    .await;
    ended.context("the bare client does not end")?;
    took.context("the bare client hangs")?
}
