//! The loop of one reader: opens the line, hands over readings, reopens.

use std::time::{Duration, Instant};

use super::protocol::{Framer, Reading};
use super::settings::Settings;
use crate::class::Class;
use crate::config::{ConfigProblem, DeviceConfig, manifest_of, typed};
use crate::event::{DeviceState, EventKind, Events, Reporter};
use crate::manifest::SerialForm;
use crate::task::{DeviceHandle, DeviceTask};
use crate::transport::{Backoff, Fault, Opener, Wire, read_some};

pub(super) fn spawn(
    config: DeviceConfig,
    events: Events,
) -> Result<DeviceTask, Vec<ConfigProblem>> {
    let manifest = manifest_of(&super::DRIVER)?;
    let settings: Settings = typed(&manifest, &config)?;
    let form = manifest.serial.unwrap_or(SerialForm { baud: 9600, format: "8N1".to_owned() });
    let opener = Opener::new(config.transport.clone(), form);
    let (reporter, state) = events.reporter(&config.id);
    let task = tokio::spawn(run(opener, reporter, Framer::new(&settings)));
    Ok(DeviceTask {
        id: config.id,
        driver: super::DRIVER.name,
        class: Class::CardReader,
        transport: config.transport.describe(),
        counter: config.counter,
        handle: DeviceHandle::Reader,
        state,
        task,
    })
}

async fn run(opener: Opener, reporter: Reporter, mut framer: Framer) {
    let mut backoff = Backoff::new();
    loop {
        let fault = match opener.open().await {
            Ok(mut wire) => {
                backoff.reset();
                reporter.state(DeviceState::Online, "device.ready", "the line is open");
                session(wire.as_mut(), &reporter, &mut framer).await
            }
            Err(fault) => fault,
        };
        framer.reset();
        reporter.state(DeviceState::Offline, fault.code(), &fault.to_string());
        tokio::time::sleep(backoff.pause()).await;
    }
}

async fn session(wire: &mut dyn Wire, reporter: &Reporter, framer: &mut Framer) -> Fault {
    /// Nothing is waited for: woken only by bytes.
    const LONG: Duration = Duration::from_secs(3600);
    let mut buffer = [0u8; 1024];
    loop {
        let due = framer.due().unwrap_or_else(|| Instant::now() + LONG);
        let readings = tokio::select! {
            read = read_some(wire, &mut buffer) => match read {
                Ok(count) => framer.take(&buffer[..count], Instant::now()),
                Err(fault) => return fault,
            },
            () = tokio::time::sleep_until(due.into()) => framer.tick(Instant::now()),
        };
        for reading in readings {
            match reading {
                Reading::Text(text) => reporter.tell(EventKind::Scanned { text }),
                Reading::Problem { code, count } => {
                    let detail = format!("{count} since the last report; thrown away");
                    reporter.problem(code, detail);
                }
            }
        }
    }
}
