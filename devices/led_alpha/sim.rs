//! A simulated Alpha sign: understands the real bytes, keeps what it shows and since when.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::Serialize;
use tokio::io::AsyncReadExt;
use tokio::sync::watch;

use super::protocol::{CALL_PICTURE, CALL_STRING, EOT, ESC, ETX, PRIORITY_FILE, ROW_END, SOH, STX};
use crate::transport::Wire;
use crate::transport::simulated::{Log, Place, Plug, Server, SimulatedLine, serve, serve_control};

/// Longest packet that the sign takes; a longer one is thrown away.
const PACKET_LENGTH_MAX: usize = 4096;

/// What the sign shows, and since when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// The text; empty when dark.
    pub text: String,
    /// `hold`, `flash`, or the raw mode letter.
    pub mode: String,
    /// What is drawn: rows from the top, `.` dark, `1` red, `2` green, `3` amber.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub picture: Vec<String>,
    /// When the last byte of the packet that changed it arrived, in microseconds since 1970.
    pub at_us: u64,
}

/// Settings of a simulated sign.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Bytes a second that its line carries; none: as fast as they come. 9600 baud carry 960.
    pub bytes_per_s: Option<u32>,
    /// Where it writes a line for each packet.
    pub log: Option<PathBuf>,
}

/// The control of a simulated sign.
#[derive(Clone, Debug)]
pub struct Control {
    plug: Plug,
    memory: Arc<Mutex<Memory>>,
    shown: Arc<watch::Sender<Shown>>,
    log: Log,
    bytes_per_s: Option<u32>,
}

impl Control {
    /// A sign, plugged in and dark.
    pub fn new(options: &Options) -> io::Result<Self> {
        let log = options.log.as_deref().map(Log::open).transpose()?.unwrap_or_default();
        let (text, mode, picture) = Memory::default().shown();
        let dark = Shown { text, mode, picture, at_us: 0 };
        Ok(Self {
            plug: Plug::new(),
            memory: Arc::default(),
            shown: Arc::new(watch::Sender::new(dark)),
            log,
            bytes_per_s: options.bytes_per_s,
        })
    }

    /// Puts the plug in.
    pub fn plug(&self) {
        self.plug.plug();
    }

    /// Pulls the plug.
    pub fn unplug(&self) {
        self.plug.unplug();
    }

    /// What it shows.
    pub fn shown(&self) -> Shown {
        self.shown.borrow().clone()
    }

    /// What it shows, with changes.
    pub fn watch(&self) -> watch::Receiver<Shown> {
        self.shown.subscribe()
    }

    /// Packets that it took and packets that it refused.
    pub fn counts(&self) -> (u64, u64) {
        let memory = self.memory();
        (memory.taken, memory.refused)
    }

    /// Another sign in its place: memory empty, dark.
    pub fn swap(&self) {
        *self.memory() = Memory::default();
    }

    /// A line inside this process for the driver's settings, served by this sign.
    pub async fn line(&self) -> io::Result<(SimulatedLine, Server)> {
        let line = SimulatedLine::new(self.plug.clone());
        let server = self.serve(Place::Line(line.clone())).await?;
        Ok((line, server))
    }

    async fn serve(&self, place: Place) -> io::Result<Server> {
        let control = self.clone();
        serve(place, self.plug.clone(), move |wire| control.clone().session(wire)).await
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn session(self, mut wire: Box<dyn Wire>) {
        let mut parser = Parser::default();
        let mut buffer = [0u8; 64];
        let mut line = LineClock::new(self.bytes_per_s);
        let mut bytes = 0;
        while let Ok(count @ 1..) = wire.read(&mut buffer).await {
            line.start(Instant::now());
            for byte in &buffer[..count] {
                line.carry();
                bytes += 1;
                if let Some(packet) = parser.take(*byte & 0x7F) {
                    line.wait().await;
                    self.packet(packet, std::mem::take(&mut bytes), line.unix_us());
                }
            }
            line.wait().await;
        }
    }

    /// `bytes` is what the line carried for it, from the packet before on.
    fn packet(&self, packet: Result<Packet, &'static str>, bytes: u64, at_us: u64) {
        #[derive(Serialize)]
        struct Line<'a> {
            at_us: u64,
            bytes: u64,
            packet: &'a str,
            shown: &'a str,
            mode: &'a str,
            #[serde(skip_serializing_if = "<[String]>::is_empty")]
            picture: &'a [String],
        }
        let (what, after) = {
            let mut memory = self.memory();
            let what = match packet.and_then(|packet| memory.take(&packet)) {
                Ok(what) => {
                    memory.taken += 1;
                    what
                }
                Err(why) => {
                    memory.refused += 1;
                    why
                }
            };
            (what, memory.shown())
        };
        let (text, mode, picture) = after;
        let (shown, packet) = (&*text, what);
        self.log.write(&Line { at_us, bytes, packet, shown, mode: &mode, picture: &picture });
        self.shown.send_if_modified(|shown| {
            let changed = shown.text != text || shown.mode != mode || shown.picture != picture;
            if changed {
                *shown = Shown { text, mode, picture, at_us };
            }
            changed
        });
    }
}

/// Serves a sign on a TCP address, as behind a serial converter.
pub async fn serve_tcp(address: SocketAddr, control: &Control) -> io::Result<Server> {
    control.serve(Place::Tcp(address)).await
}

/// Serves a sign on a pseudo-terminal that `link` names.
pub async fn serve_pty(link: &Path, control: &Control) -> io::Result<Server> {
    control.serve(Place::Pty(link.to_owned())).await
}

/// Takes `plug`, `unplug`, `swap` and `shown` as one-line commands on a TCP port.
pub async fn serve_commands(address: SocketAddr, control: &Control) -> io::Result<SocketAddr> {
    let control = control.clone();
    serve_control(address, move |command| {
        let control = control.clone();
        async move {
            match command.as_str() {
                "plug" => control.plug(),
                "unplug" => control.unplug(),
                "swap" => control.swap(),
                "shown" => {
                    return serde_json::to_string(&control.shown()).map_err(|e| e.to_string());
                }
                _ => return Err("commands: plug, unplug, swap, shown".to_owned()),
            }
            Ok(String::new())
        }
    })
    .await
}

/// When each byte has arrived on a line of a given speed.
struct LineClock {
    byte: Option<Duration>,
    at: Instant,
}

impl LineClock {
    fn new(bytes_per_s: Option<u32>) -> Self {
        let byte = bytes_per_s.map(|rate| Duration::from_secs(1) / rate.max(1));
        Self { byte, at: Instant::now() }
    }

    fn start(&mut self, now: Instant) {
        self.at = self.at.max(now);
        if self.byte.is_none() {
            self.at = now;
        }
    }

    fn carry(&mut self) {
        self.at += self.byte.unwrap_or_default();
    }

    async fn wait(&self) {
        if self.byte.is_some() {
            tokio::time::sleep_until(self.at.into()).await;
        }
    }

    /// The moment of the last byte on the wall clock.
    fn unix_us(&self) -> u64 {
        let ago = Instant::now().saturating_duration_since(self.at);
        let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(at.saturating_sub(ago).as_micros()).unwrap_or(u64::MAX)
    }
}

/// A packet whose frame is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Packet {
    pub(super) sign_type: u8,
    pub(super) address: [u8; 2],
    pub(super) command: Vec<u8>,
}

/// Finds packets in a stream of bytes.
#[derive(Debug, Default)]
pub(super) struct Parser {
    packet: Option<Vec<u8>>,
}

impl Parser {
    /// Takes one byte; answers with a packet when it was its last.
    pub(super) fn take(&mut self, byte: u8) -> Option<Result<Packet, &'static str>> {
        match (&mut self.packet, byte) {
            (_, SOH) => self.packet = Some(Vec::new()),
            (None, _) => {}
            (Some(_), EOT) => return self.packet.take().map(|packet| frame(&packet)),
            (Some(packet), _) if packet.len() >= PACKET_LENGTH_MAX => {
                self.packet = None;
                return Some(Err("too_long"));
            }
            (Some(packet), _) => packet.push(byte),
        }
        None
    }
}

fn frame(packet: &[u8]) -> Result<Packet, &'static str> {
    let [sign_type, first, second, STX, rest @ ..] = packet else { return Err("malformed") };
    let command = match rest.iter().position(|byte| *byte == ETX) {
        None => rest,
        Some(end) => {
            let sum = rest[..=end]
                .iter()
                .fold(u16::from(STX), |sum, byte| sum.wrapping_add((*byte).into()));
            if rest[end + 1..] != *format!("{sum:04X}").as_bytes() {
                return Err("wrong_checksum");
            }
            &rest[..end]
        }
    };
    Ok(Packet { sign_type: *sign_type, address: [*first, *second], command: command.to_vec() })
}

/// The sign's memory.
#[derive(Debug, Default)]
struct Memory {
    /// Size of each STRING file that memory was set up for.
    string_sizes: BTreeMap<u8, usize>,
    strings: BTreeMap<u8, Vec<u8>>,
    /// Rows and columns of each DOTS PICTURE that memory was set up for.
    picture_sizes: BTreeMap<u8, (usize, usize)>,
    /// Rows of colours.
    pictures: BTreeMap<u8, Vec<String>>,
    texts: BTreeMap<u8, Vec<u8>>,
    taken: u64,
    refused: u64,
}

impl Memory {
    fn take(&mut self, packet: &Packet) -> Result<&'static str, &'static str> {
        match packet.command.as_slice() {
            [b'E', b'$', files @ ..] => {
                let (mut sizes, mut picture_sizes) = (BTreeMap::new(), BTreeMap::new());
                for file in files.chunks(11) {
                    let [label, kind, _lock, size @ .., _, _, _, _] = file else {
                        return Err("malformed_memory");
                    };
                    let size = std::str::from_utf8(size)
                        .ok()
                        .and_then(|size| usize::from_str_radix(size, 16).ok())
                        .ok_or("malformed_memory")?;
                    if *kind == b'B' {
                        sizes.insert(*label, size);
                    }
                    if *kind == b'D' {
                        picture_sizes.insert(*label, (size >> 8, size & 0xFF));
                    }
                }
                *self = Self {
                    string_sizes: sizes,
                    picture_sizes,
                    taken: self.taken,
                    refused: self.refused,
                    ..Self::default()
                };
                Ok("memory")
            }
            [b'A', PRIORITY_FILE] => {
                self.texts.remove(&PRIORITY_FILE);
                Ok("clear_priority")
            }
            [b'A', label, text @ ..] => {
                self.texts.insert(*label, text.to_vec());
                Ok(if *label == PRIORITY_FILE { "priority" } else { "text" })
            }
            [b'G', label, text @ ..] => {
                // A real sign ignores a STRING that its memory was not set up for.
                let size = *self.string_sizes.get(label).ok_or("string_without_memory")?;
                self.strings.insert(*label, text[..text.len().min(size)].to_vec());
                Ok("string")
            }
            [b'I', label, size @ ..] if size.len() >= 4 => {
                let (size, rows) = size.split_at(4);
                let most = *self.picture_sizes.get(label).ok_or("picture_without_memory")?;
                self.pictures.insert(*label, picture(size, rows, most).ok_or("malformed_picture")?);
                Ok("picture")
            }
            _ => Err("unknown_command"),
        }
    }

    /// Text, mode and picture.
    fn shown(&self) -> (String, String, Vec<String>) {
        let priority = self.texts.get(&PRIORITY_FILE);
        let Some(text) = priority.or_else(|| self.texts.values().next()) else {
            return (String::new(), "hold".to_owned(), Vec::new());
        };
        let (mode, body) = match text.as_slice() {
            [ESC, _position, mode, body @ ..] => (*mode, body),
            body => (b'b', body),
        };
        let (mut shown, mut picture) = (Vec::new(), Vec::new());
        let mut bytes = body.iter();
        while let Some(byte) = bytes.next() {
            if *byte == CALL_STRING {
                let called = bytes.next().and_then(|label| self.strings.get(label));
                shown.extend(called.into_iter().flatten());
            } else if *byte == CALL_PICTURE {
                let Some(label) = bytes.next() else { break };
                match self.pictures.get(label) {
                    Some(called) => picture.clone_from(called),
                    // As a real sign does with a picture that was never written.
                    None => shown.push(*label),
                }
            } else {
                shown.push(*byte);
            }
        }
        let mode = match mode {
            b'b' => "hold".to_owned(),
            b'c' => "flash".to_owned(),
            other => char::from(other).to_string(),
        };
        (String::from_utf8_lossy(&shown).into_owned(), mode, picture)
    }
}

/// Rows of a picture as they are shown, when they are as many and as long as their head says.
fn picture(size: &[u8], rows: &[u8], most: (usize, usize)) -> Option<Vec<String>> {
    let size = std::str::from_utf8(size).ok()?;
    let size = usize::from_str_radix(size, 16).ok()?;
    let (height, width) = (size >> 8, size & 0xFF);
    if height > most.0 || width > most.1 || rows.len() != height * (width + 1) {
        return None;
    }
    let shown = |row: &[u8]| -> Option<String> {
        let (end, dots) = row.split_last()?;
        let known = *end == ROW_END && dots.iter().all(|dot| (b'0'..=b'8').contains(dot));
        let dot = |dot: &u8| if *dot == b'0' { '.' } else { char::from(*dot) };
        known.then(|| dots.iter().map(dot).collect())
    };
    rows.chunks(width + 1).map(shown).collect()
}
