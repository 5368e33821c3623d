//! A running device: its handle, its state, and the static description of its driver.

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::class::Class;
use crate::class::sign::SignHandle;
use crate::class::ticket_printer::PrinterHandle;
use crate::config::{ConfigProblem, DeviceConfig};
use crate::event::{Events, StateNow};
use crate::manifest::Manifest;

/// A kind of device that we can drive.
pub struct Driver {
    /// Name of the folder and of `driver = "..."` in the settings.
    pub name: &'static str,
    /// What the center uses it for.
    pub class: Class,
    /// The text of its `device.toml`.
    pub manifest: &'static str,
    pub(crate) check: fn(&DeviceConfig, &str) -> Vec<ConfigProblem>,
    pub(crate) spawn: fn(DeviceConfig, Events) -> Result<DeviceTask, Vec<ConfigProblem>>,
}

impl Driver {
    /// The manifest, typed. That each one reads is kept by a test.
    pub fn manifest(&self) -> Result<Manifest, toml::de::Error> {
        toml::from_str(self.manifest)
    }
}

/// What the center does with a device of each class.
#[derive(Clone)]
pub enum DeviceHandle {
    /// Shows numbers.
    Sign(SignHandle),
    /// Prints tickets and slips.
    Printer(PrinterHandle),
    /// Only speaks: its readings arrive as events.
    Reader,
}

/// What came of a technician's try.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct TryOutcome {
    /// Whether the device did it, as far as it can tell.
    pub done: bool,
    /// Stable code: `device.tried`, `device.offline`, `printer.paper_out`, `reader.scan_something`.
    pub code: &'static str,
}

/// A device that is being driven. Dropping it stops the device's task.
pub struct DeviceTask {
    /// Id from the settings.
    pub id: String,
    /// The driver's name.
    pub driver: &'static str,
    /// What the center uses it for.
    pub class: Class,
    /// Transport in words, for lists: `tcp 10.0.0.7:9100`.
    pub transport: String,
    /// The counter it stands at, when it stands at one.
    pub counter: Option<u16>,
    pub(crate) handle: DeviceHandle,
    pub(crate) state: watch::Receiver<StateNow>,
    pub(crate) task: JoinHandle<()>,
}

impl DeviceTask {
    /// The commands of this device.
    pub fn handle(&self) -> &DeviceHandle {
        &self.handle
    }

    /// The commands of a sign, when it is one.
    pub fn sign(&self) -> Option<&SignHandle> {
        if let DeviceHandle::Sign(handle) = &self.handle { Some(handle) } else { None }
    }

    /// The commands of a printer, when it is one.
    pub fn printer(&self) -> Option<&PrinterHandle> {
        if let DeviceHandle::Printer(handle) = &self.handle { Some(handle) } else { None }
    }

    /// The state now, and its changes.
    pub fn state(&self) -> watch::Receiver<StateNow> {
        self.state.clone()
    }

    /// Whether its task has ended, which only a panic in the driver does.
    pub fn ended(&self) -> bool {
        self.task.is_finished()
    }

    /// Lets the device show that it works: a test text, a test page.
    pub async fn try_it(&self) -> TryOutcome {
        match &self.handle {
            DeviceHandle::Sign(sign) => {
                sign.try_it();
                let online = self.state.borrow().state == crate::DeviceState::Online;
                let code = if online { "device.tried" } else { "device.offline" };
                TryOutcome { done: online, code }
            }
            DeviceHandle::Printer(printer) => printer.try_it().await,
            DeviceHandle::Reader => TryOutcome { done: true, code: "reader.scan_something" },
        }
    }
}

impl Drop for DeviceTask {
    fn drop(&mut self) {
        self.task.abort();
    }
}
