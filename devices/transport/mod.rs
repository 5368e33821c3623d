//! Ways to a device: serial line, TCP, and a simulated line inside this process.
//!
//! A transport gives a [`Wire`], bytes in and out. Reopening is the same for all: by path or
//! address, with a growing pause. An end of file means that the device is gone, on a serial line
//! too: an unplugged adapter reads as `Ok(0)` for ever, and taking that for "nothing yet" would
//! turn a core.

pub mod serial;
pub mod simulated;
pub mod tcp;

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::config::TransportConfig;
use crate::manifest::SerialForm;

/// An open line to a device.
pub trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// Why a line could not be opened, or was lost.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The serial adapter is not there.
    #[error("not plugged in: {0}")]
    Unplugged(String),
    /// Another program holds the serial line.
    #[error("in use by another program: {0}")]
    InUse(String),
    /// The LAN device does not answer, or refuses.
    #[error("not reachable: {0}")]
    Unreachable(String),
    /// The line was open and ended.
    #[error("the line ended: {0}")]
    Lost(String),
    /// The device did not take our bytes in time.
    #[error("does not take data")]
    Stuck,
}

impl Fault {
    /// Stable code, used as the reason of the state.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unplugged(_) => "device.unplugged",
            Self::InUse(_) => "device.in_use",
            Self::Unreachable(_) => "device.unreachable",
            Self::Lost(_) => "device.line_lost",
            Self::Stuck => "device.stuck",
        }
    }
}

/// Opens the line of a device, again and again.
#[derive(Clone, Debug)]
pub struct Opener {
    config: TransportConfig,
    form: SerialForm,
}

/// How long connecting may take.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long the device may refuse to take our bytes.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(5);

impl Opener {
    /// An opener with the driver's own form of a serial line, used where the settings are silent.
    pub fn new(config: TransportConfig, form: SerialForm) -> Self {
        Self { config, form }
    }

    /// Opens the line once.
    pub async fn open(&self) -> Result<Box<dyn Wire>, Fault> {
        match &self.config {
            TransportConfig::Tcp { address } => tcp::open(address, CONNECT_TIMEOUT).await,
            TransportConfig::Serial { path, baud, format } => {
                let format = format.as_ref().unwrap_or(&self.form.format);
                serial::open(path, baud.unwrap_or(self.form.baud), format)
            }
            TransportConfig::Simulated(line) => line.open(),
        }
    }
}

/// Reads what is there; end of file is a lost line.
pub async fn read_some(wire: &mut dyn Wire, buffer: &mut [u8]) -> Result<usize, Fault> {
    match wire.read(buffer).await {
        Ok(0) => Err(Fault::Lost("end of file".to_owned())),
        Ok(count) => Ok(count),
        Err(error) => Err(Fault::Lost(error.to_string())),
    }
}

/// Writes all of it in time. Does not flush: on a serial line that blocks the thread until the
/// last bit has left, and nothing here buffers.
pub async fn write_all(wire: &mut dyn Wire, bytes: &[u8]) -> Result<(), Fault> {
    match tokio::time::timeout(WRITE_TIMEOUT, wire.write_all(bytes)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(Fault::Lost(error.to_string())),
        Err(_) => Err(Fault::Stuck),
    }
}

/// The growing pause between two tries to open: 0.5 s, doubling to 2 s. Somebody is at the counter
/// and has just put the plug back, so it stays short.
#[derive(Debug)]
pub struct Backoff {
    next: Duration,
}

impl Backoff {
    const FIRST: Duration = Duration::from_millis(500);
    const LAST: Duration = Duration::from_secs(2);

    /// At its start.
    pub fn new() -> Self {
        Self { next: Self::FIRST }
    }

    /// The pause to make now; the next one is longer.
    pub fn pause(&mut self) -> Duration {
        let pause = self.next;
        self.next = (pause * 2).min(Self::LAST);
        pause
    }

    /// It worked: the next pause is short again.
    pub fn reset(&mut self) {
        self.next = Self::FIRST;
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new()
    }
}
