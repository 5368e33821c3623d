//! A simulated QR reader: sends what it is told to have scanned, as the real ones send it.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use tokio::io::AsyncWriteExt;
use tokio::sync::{Mutex, mpsc};

use crate::transport::Wire;
use crate::transport::simulated::{Place, Plug, Server, SimulatedLine, serve, serve_control};

/// Scans that wait for the line.
const SCANS_WAITING_MAX: usize = 64;
/// Bytes of noise that one command may ask for.
const NOISE_MAX: usize = 64 * 1024 * 1024;

/// The control of a simulated reader.
#[derive(Clone, Debug)]
pub struct Control {
    plug: Plug,
    scans: mpsc::Sender<Vec<u8>>,
    waiting: Arc<Mutex<mpsc::Receiver<Vec<u8>>>>,
    terminator: &'static str,
}

impl Control {
    /// A reader, plugged in, that ends each reading with CR.
    pub fn new() -> Self {
        Self::with_terminator("\r")
    }

    /// The same with another end of a reading, or none.
    pub fn with_terminator(terminator: &'static str) -> Self {
        let (scans, waiting) = mpsc::channel(SCANS_WAITING_MAX);
        Self { plug: Plug::new(), scans, waiting: Arc::new(Mutex::new(waiting)), terminator }
    }

    /// Puts the plug in.
    pub fn plug(&self) {
        self.plug.plug();
    }

    /// Pulls the plug.
    pub fn unplug(&self) {
        self.plug.unplug();
    }

    /// Reads a code.
    pub async fn scan(&self, text: &str) -> Result<(), &'static str> {
        self.raw(format!("{text}{}", self.terminator).into_bytes()).await
    }

    /// Sends bytes as they are.
    pub async fn raw(&self, bytes: Vec<u8>) -> Result<(), &'static str> {
        if !self.plug.is_in() {
            return Err("unplugged");
        }
        self.scans.send(bytes).await.map_err(|_| "stopped")
    }

    /// A line inside this process for the driver's settings, served by this reader.
    pub async fn line(&self) -> io::Result<(SimulatedLine, Server)> {
        let line = SimulatedLine::new(self.plug.clone());
        let server = self.serve(Place::Line(line.clone())).await?;
        Ok((line, server))
    }

    async fn serve(&self, place: Place) -> io::Result<Server> {
        let control = self.clone();
        serve(place, self.plug.clone(), move |wire| control.clone().session(wire)).await
    }

    async fn session(self, mut wire: Box<dyn Wire>) {
        let mut waiting = self.waiting.lock().await;
        while let Some(bytes) = waiting.recv().await {
            if wire.write_all(&bytes).await.is_err() {
                return;
            }
        }
    }
}

impl Default for Control {
    fn default() -> Self {
        Self::new()
    }
}

/// Serves a reader on a TCP address, as behind a serial converter.
pub async fn serve_tcp(address: SocketAddr, control: &Control) -> io::Result<Server> {
    control.serve(Place::Tcp(address)).await
}

/// Serves a reader on a pseudo-terminal that `link` names.
pub async fn serve_pty(link: &Path, control: &Control) -> io::Result<Server> {
    control.serve(Place::Pty(link.to_owned())).await
}

/// Bytes as from a reader gone mad: every value comes, line ends too.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..length).map(|_| next()).collect()
}

/// Takes `scan TEXT`, `noise BYTES`, `plug` and `unplug` as one-line commands on a TCP port.
pub async fn serve_commands(address: SocketAddr, control: &Control) -> io::Result<SocketAddr> {
    let control = control.clone();
    serve_control(address, move |command| {
        let control = control.clone();
        async move {
            match command.split_once(' ').unwrap_or((&command, "")) {
                ("scan", text) if !text.is_empty() => {
                    control.scan(text).await.map_err(str::to_owned)?;
                }
                ("noise", length) => {
                    let length = length.parse().ok().filter(|length| *length <= NOISE_MAX);
                    let length = length.ok_or("noise BYTES, at most 64 MiB")?;
                    control.raw(noise(length)).await.map_err(str::to_owned)?;
                }
                ("plug", "") => control.plug(),
                ("unplug", "") => control.unplug(),
                _ => return Err("commands: scan TEXT, noise BYTES, plug, unplug".to_owned()),
            }
            Ok(String::new())
        }
    })
    .await
}
