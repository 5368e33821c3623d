//! The loop of one sign: opens the line, sends wishes, sends the state again, reopens.

use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::protocol::{DELAY, DELAY_MS, Sign};
use super::settings::Settings;
use crate::class::Class;
use crate::class::sign::{SignHandle, SignShow};
use crate::config::{ConfigProblem, DeviceConfig, manifest_of, typed};
use crate::event::{DeviceState, Events, Reporter};
use crate::manifest::SerialForm;
use crate::task::{DeviceHandle, DeviceTask};
use crate::transport::{Backoff, Fault, Opener, Wire, read_some, write_all};

/// Bytes that a sign, which has no reason to speak, may send before it is reported.
const UNEXPECTED_BYTES_MAX: usize = 1024;

pub(super) fn spawn(
    config: DeviceConfig,
    events: Events,
) -> Result<DeviceTask, Vec<ConfigProblem>> {
    let manifest = manifest_of(&super::DRIVER)?;
    let settings: Settings = typed(&manifest, &config)?;
    let form = manifest.serial.unwrap_or(SerialForm { baud: 9600, format: "7E1".to_owned() });
    let opener = Opener::new(config.transport.clone(), form);
    let (handle, wishes, tries) = SignHandle::new();
    let (reporter, state) = events.reporter(&config.id);
    let task = tokio::spawn(async move {
        SignLoop { settings, opener, reporter, wishes, tries }.run().await;
    });
    Ok(DeviceTask {
        id: config.id,
        driver: super::DRIVER.name,
        class: Class::CounterSign,
        transport: config.transport.describe(),
        counter: config.counter,
        handle: DeviceHandle::Sign(handle),
        state,
        task,
    })
}

struct SignLoop {
    settings: Settings,
    opener: Opener,
    reporter: Reporter,
    wishes: watch::Receiver<SignShow>,
    tries: watch::Receiver<u64>,
}

impl SignLoop {
    /// Ends when every handle is gone.
    async fn run(mut self) {
        let mut backoff = Backoff::new();
        let mut sign = Sign::new(&self.settings, Instant::now());
        loop {
            let fault = match self.opener.open().await {
                Ok(mut wire) => {
                    backoff.reset();
                    match self.session(wire.as_mut(), &mut sign).await {
                        Ok(()) => return,
                        Err(fault) => fault,
                    }
                }
                Err(fault) => fault,
            };
            self.reporter.state(DeviceState::Offline, fault.code(), &fault.to_string());
            tokio::time::sleep(backoff.pause()).await;
            if self.wishes.has_changed().is_err() {
                return;
            }
        }
    }

    async fn session(&mut self, wire: &mut dyn Wire, sign: &mut Sign) -> Result<(), Fault> {
        let wish = self.wishes.borrow_and_update().clone();
        let mut line_free = self.send(wire, &sign.connected(&wish, Instant::now())).await?;
        self.reporter.state(DeviceState::Online, "device.ready", "the line is open");
        let mut buffer = [0u8; 512];
        let mut heard = 0usize;
        loop {
            // While the slow line still carries the last packets, newer wishes replace each other
            // in the channel instead of queueing behind it.
            let busy = Instant::now() < line_free;
            let wake = if busy { line_free } else { sign.due() };
            let bytes = tokio::select! {
                changed = self.wishes.changed(), if !busy => {
                    if changed.is_err() {
                        return Ok(());
                    }
                    let wish = self.wishes.borrow_and_update().clone();
                    sign.show(&wish, Instant::now())
                }
                Ok(()) = self.tries.changed(), if !busy => sign.try_it(Instant::now()),
                () = tokio::time::sleep_until(wake.into()) => {
                    if busy { Vec::new() } else { sign.tick(Instant::now()) }
                }
                read = read_some(wire, &mut buffer) => {
                    // Reading tells at once when the adapter is pulled; what it says is no news.
                    let before = heard;
                    heard = heard.saturating_add(read?);
                    if before <= UNEXPECTED_BYTES_MAX && heard > UNEXPECTED_BYTES_MAX {
                        let detail = "the sign sends without being asked; ignored".to_owned();
                        self.reporter.problem("sign.unexpected_bytes", detail);
                    }
                    Vec::new()
                }
            };
            if !bytes.is_empty() {
                line_free = self.send(wire, &bytes).await?;
            }
        }
    }

    /// Sends in one piece but for the moments in which the line must be still; answers when the line
    /// will have carried it.
    async fn send(&self, wire: &mut dyn Wire, bytes: &[u8]) -> Result<Instant, Fault> {
        let mut pieces = bytes.split(|byte| *byte == DELAY).peekable();
        let mut carried = Instant::now();
        while let Some(piece) = pieces.next() {
            write_all(wire, piece).await?;
            carried = Instant::now() + self.time_of(piece);
            if pieces.peek().is_some() {
                let still = carried + Duration::from_millis(DELAY_MS);
                tokio::time::sleep_until(still.into()).await;
            }
        }
        Ok(carried)
    }

    /// How long the line carries these bytes.
    fn time_of(&self, bytes: &[u8]) -> Duration {
        // Start, seven or eight bits, parity or none, stop: ten bits a character in both forms.
        let bits = u32::try_from(bytes.len()).unwrap_or(u32::MAX).saturating_mul(10);
        Duration::from_secs_f64(f64::from(bits) / f64::from(self.settings.pace_baud))
    }
}
