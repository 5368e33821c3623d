//! Devices of a center: what the hall's signs, printers and readers understand.
//!
//! Start at [`class`]: it says what the center wants (show a number, print a ticket, hear a card),
//! free of any protocol. Each driver is a folder that fulfils one class over the transports of
//! [`transport`]; [`DRIVERS`] lists them. [`read`] turns the center's `[[device]]` tables into
//! checked [`DeviceConfig`]s and names every mistake at once; [`spawn`] starts one device. What a
//! device tells comes as [`DeviceEvent`]s on one bounded channel. [`discovery`] lists what
//! announces itself on the LAN.
//!
//! This package knows nothing of tickets, citizens or journals: the root's device host joins the
//! two worlds. Unplugging is normal life here: it is reported once, the driver keeps trying, and
//! it recovers alone.
//!
//! Adding a kind of device: its folder, one `mod` line and one entry in [`DRIVERS`].

pub mod class;
mod config;
pub mod discovery;
mod event;
mod manifest;
mod task;
pub mod transport;

pub mod led_alpha;
pub mod printer_escpos;
pub mod reader_qr;

#[cfg(test)]
mod tests;

pub use class::Class;
pub use config::{ConfigProblem, DeviceConfig, RawDevice, TransportConfig, read};
pub use event::{DeviceEvent, DeviceState, EventKind, Events, StateNow};
pub use manifest::{Manifest, Setting, SettingKind};
pub use task::{DeviceHandle, DeviceTask, Driver, TryOutcome};

/// Every driver, by name. A test compares this list with the folders.
pub static DRIVERS: &[&Driver] = &[&led_alpha::DRIVER, &printer_escpos::DRIVER, &reader_qr::DRIVER];

/// The driver of that name.
pub fn driver(name: &str) -> Option<&'static Driver> {
    DRIVERS.iter().find(|driver| driver.name == name).copied()
}

/// Starts one device in the current tokio runtime. The device need not be there: the task keeps
/// trying. Fails only for settings that [`read`] would have refused too.
pub fn spawn(config: DeviceConfig, events: Events) -> Result<DeviceTask, Vec<ConfigProblem>> {
    let Some(driver) = driver(&config.driver) else {
        return Err(vec![config::unknown_driver("device.driver", &config.driver)]);
    };
    let problems = config::check(driver, &config, "device");
    if problems.is_empty() { (driver.spawn)(config, events) } else { Err(problems) }
}
