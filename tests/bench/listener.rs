//! A screen without a browser: a WebSocket that follows the hall and reads whatever it is sent.

use anyhow::{Context, bail, ensure};
use motcua::cli::day::Site;
use reqwest::header::{
    CONNECTION, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use reqwest::{Certificate, Client, StatusCode, Upgraded};
use serde_json::Value;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How long it may take to be let in, and a call to be heard.
const PATIENCE: Duration = Duration::from_secs(20);
/// The longest message: a hall's board is far smaller. Bytes.
const MESSAGE_BYTES_MAX: u64 = 1 << 20;
/// Kinds of frames (RFC 6455, 5.2).
const TEXT: u8 = 0x1;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xa;
/// The last frame of a message (RFC 6455, 5.2).
const WHOLE: u8 = 0x80;
/// A client's payload is masked (RFC 6455, 5.3); four zeros as mask leave it as it is.
const MASKED: u8 = 0x80;
const MASK: [u8; 4] = [0; 4];

/// The listener. Dropping it closes its connection.
pub struct Listener {
    newest: watch::Receiver<Vec<u8>>,
    reading: JoinHandle<()>,
}

impl Listener {
    /// Opens the connection with a screen's token, and follows the hall.
    pub async fn open(site: &Site, token: &str) -> anyhow::Result<Self> {
        let pem = std::fs::read(&site.authority)?;
        let http = Client::builder().add_root_certificate(Certificate::from_pem(&pem)?).build()?;
        let asked = http
            .get(format!("{}/live", site.base))
            .header(CONNECTION, "Upgrade")
            .header(UPGRADE, "websocket")
            .header(SEC_WEBSOCKET_VERSION, "13")
            .header(SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZQ==")
            .header(SEC_WEBSOCKET_PROTOCOL, format!("motcua.{token}"));
        let answer = timeout(PATIENCE, asked.send()).await.context("no answer")??;
        let status = answer.status();
        ensure!(status == StatusCode::SWITCHING_PROTOCOLS, "a listener is not let in: {status}");
        let mut socket = answer.upgrade().await?;
        send(&mut socket, TEXT, br#"{"subscribe":["hall"]}"#).await?;
        let (news, newest) = watch::channel(Vec::new());
        let reading = tokio::spawn(async move {
            if let Err(error) = read(socket, &news).await {
                eprintln!("bench: a listener ended: {error:#}");
            }
        });
        Ok(Self { newest, reading })
    }

    /// Waits until it has been told that a number was called.
    pub async fn heard(&mut self, label: &str) -> anyhow::Result<()> {
        let told = self.newest.wait_for(|board| calls(board, label));
        let told = timeout(PATIENCE, told).await;
        told.with_context(|| format!("a listener never heard of {label}"))?
            .map(drop)
            .context("a listener has ended")
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

/// Whether a message has a number among its calls.
fn calls(message: &[u8], label: &str) -> bool {
    let message: Value = serde_json::from_slice(message).unwrap_or_default();
    let calls = message["data"]["calls"].as_array();
    calls.is_some_and(|calls| calls.iter().any(|call| call["label"] == label))
}

async fn read(mut socket: Upgraded, news: &watch::Sender<Vec<u8>>) -> anyhow::Result<()> {
    loop {
        let (kind, payload) = frame(&mut socket).await?;
        match kind {
            // A heartbeat is a text of some tens of bytes, without a board.
            TEXT if payload.windows(8).any(|part| part == br#""calls":"#) => {
                news.send_replace(payload);
            }
            PING => send(&mut socket, PONG, &payload).await?,
            CLOSE => bail!("the center closed the connection"),
            _ => {}
        }
    }
}

/// The next frame: its kind and its payload.
async fn frame(socket: &mut Upgraded) -> anyhow::Result<(u8, Vec<u8>)> {
    let (kind, length) = (socket.read_u8().await?, socket.read_u8().await?);
    let length = match length {
        126 => u64::from(socket.read_u16().await?),
        127 => socket.read_u64().await?,
        short => u64::from(short),
    };
    ensure!(length <= MESSAGE_BYTES_MAX, "a message of {length} bytes");
    ensure!(kind & WHOLE != 0, "a message in pieces");
    let mut payload = vec![0; usize::try_from(length)?];
    socket.read_exact(&mut payload).await?;
    Ok((kind & 0x0f, payload))
}

/// Sends a short frame.
async fn send(socket: &mut Upgraded, kind: u8, payload: &[u8]) -> anyhow::Result<()> {
    let length = u8::try_from(payload.len()).ok().filter(|length| *length < 126);
    let mut bytes = vec![WHOLE | kind, MASKED | length.context("the message is too long")?];
    bytes.extend_from_slice(&MASK);
    bytes.extend_from_slice(payload);
    socket.write_all(&bytes).await?;
    Ok(socket.flush().await?)
}
