//! A client that can also misbehave: half a head, a slow body, a socket that reads nothing.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Whatever is waited for in a test comes within this, or the test fails.
const DEADLINE: Duration = Duration::from_secs(60);

pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|err| panic!("{err}: {} {:?} {}", self.status, self.headers, self.body))
    }

    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap().to_owned()
    }

    /// The value of the session cookie.
    pub fn cookie(&self) -> String {
        let (_, rest) = self.header("set-cookie").unwrap().split_once('=').unwrap();
        rest.split_once(';').unwrap().0.to_owned()
    }
}

pub struct Client(pub TcpStream);

impl Client {
    pub async fn connect(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.unwrap())
    }

    pub async fn write(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    /// Bytes until `end` is seen; `None` when the server closes first.
    async fn until(&mut self, end: &[u8]) -> Option<Vec<u8>> {
        let mut seen = Vec::new();
        while !seen.ends_with(end) {
            let byte = timeout(DEADLINE, self.0.read_u8()).await.expect("no answer in time");
            seen.push(byte.ok()?);
        }
        Some(seen)
    }

    pub async fn exactly(&mut self, count: usize) -> Option<Vec<u8>> {
        let mut bytes = vec![0; count];
        let read = timeout(DEADLINE, self.0.read_exact(&mut bytes)).await;
        read.expect("no answer in time").ok().map(|_| bytes)
    }

    pub async fn answer(&mut self) -> Answer {
        self.try_answer().await.expect("the server closed the connection")
    }

    pub async fn try_answer(&mut self) -> Option<Answer> {
        let head = String::from_utf8(self.until(b"\r\n\r\n").await?).unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers: Vec<_> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let mut answer = Answer { status, headers, body: String::new() };
        if let Some(length) = answer.header("content-length").map(|l| l.parse().unwrap()) {
            answer.body = String::from_utf8_lossy(&self.exactly(length).await?).into_owned();
        }
        Some(answer)
    }

    /// Whether the server closes the connection before it says anything more.
    pub async fn closed(&mut self) -> bool {
        timeout(DEADLINE, self.0.read_u8()).await.expect("not closed in time").is_err()
    }
}

/// One request on a connection of its own.
pub async fn ask(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let mut client = Client::connect(address).await;
    client.write(request(address, method, path, headers, body).as_bytes()).await;
    client.answer().await
}

pub fn request(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> String {
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\n");
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    if !body.is_empty() {
        text += &format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
    }
    text + "\r\n" + body
}

/// A WebSocket, as far as the tests need one.
pub struct Socket(pub Client);

impl Socket {
    /// Opens it; `Err` is the refusal.
    pub async fn open(address: SocketAddr, headers: &[(&str, &str)]) -> Result<Self, Answer> {
        let mut all = vec![
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ];
        all.extend_from_slice(headers);
        let mut client = Client::connect(address).await;
        client.write(request(address, "GET", "/api/v1/live", &all, "").as_bytes()).await;
        let answer = client.answer().await;
        if answer.status == 101 { Ok(Self(client)) } else { Err(answer) }
    }

    pub async fn send(&mut self, text: &str) {
        // Masked with zeros, which leaves the text as it is; the bit must be set.
        let mut frame = vec![0x81];
        match u16::try_from(text.len()).unwrap() {
            short @ 0..126 => frame.push(0x80 | u8::try_from(short).unwrap()),
            long => {
                frame.push(0x80 | 126);
                frame.extend(long.to_be_bytes());
            }
        }
        frame.extend([0; 4]);
        frame.extend(text.as_bytes());
        self.0.write(&frame).await;
    }

    /// The next frame: its kind and its payload; `None` when the server closed.
    pub async fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let head = self.0.exactly(2).await?;
        let length = match head[1] {
            126 => u64::from(u16::from_be_bytes(self.0.exactly(2).await?.try_into().unwrap())),
            127 => u64::from_be_bytes(self.0.exactly(8).await?.try_into().unwrap()),
            short => u64::from(short),
        };
        let payload = self.0.exactly(usize::try_from(length).unwrap()).await?;
        Some((head[0] & 0x0f, payload))
    }

    /// The next message that is not a heartbeat; pings are left unanswered.
    pub async fn message(&mut self) -> Value {
        loop {
            let (kind, payload) = self.frame().await.expect("the server closed the socket");
            if kind != 1 {
                continue;
            }
            let message: Value = serde_json::from_slice(&payload).unwrap();
            if message["topic"] != "heartbeat" {
                return message;
            }
        }
    }

    /// The code and the reason with which the server closes; `None` when it says none.
    pub async fn close(&mut self) -> Option<(u16, String)> {
        loop {
            let (kind, payload) = self.frame().await?;
            if kind == 8 {
                let code = u16::from_be_bytes(payload.get(..2)?.try_into().ok()?);
                return Some((code, String::from_utf8(payload.get(2..)?.to_vec()).ok()?));
            }
        }
    }

    /// The reason with which the server closes.
    pub async fn close_reason(&mut self) -> String {
        loop {
            match self.frame().await {
                Some((8, payload)) => {
                    let reason = payload.get(2..).unwrap_or_default().to_vec();
                    return String::from_utf8(reason).unwrap();
                }
                Some(_) => {}
                None => return "closed without a word".to_owned(),
            }
        }
    }
}
