//! What devices tell the center: one bounded channel of [`DeviceEvent`]s for all of them.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::{mpsc, watch};

use crate::class::ticket_printer::PrinterStatus;

/// Something a device did or noticed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DeviceEvent {
    /// The device's id from the settings.
    pub device: String,
    /// When it was noticed.
    pub at: Timestamp,
    /// What it was.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// Kinds of events.
#[derive(Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EventKind {
    /// The device changed its state. Told once a change, however long the state lasts.
    State {
        /// The new state.
        state: DeviceState,
        /// Why, as a stable code: `device.ready`, `device.unplugged`, `printer.paper_out`, ...
        reason_code: &'static str,
        /// For the log and the technician; in English, without personal data.
        detail: String,
    },
    /// A reader read something. The text may identify a person: it is not to be logged.
    Scanned {
        /// What was read, as text.
        text: String,
    },
    /// The printer's condition changed.
    PrinterStatus {
        /// All that its status bytes say.
        status: PrinterStatus,
    },
    /// Something is wrong that does not change the state: nonsense on a line, a refused frame.
    Problem {
        /// Stable code.
        code: &'static str,
        /// For the log; without the offending bytes, which may identify a person.
        detail: String,
    },
}

impl fmt::Debug for EventKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::State { state, reason_code, detail } => {
                write!(out, "State({state:?}, {reason_code}, {detail})")
            }
            // A debug print ends in logs, and a card's text holds a name and a number.
            Self::Scanned { text } => write!(out, "Scanned({} characters)", text.chars().count()),
            Self::PrinterStatus { status } => write!(out, "{status:?}"),
            Self::Problem { code, detail } => write!(out, "Problem({code}, {detail})"),
        }
    }
}

/// How a device is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceState {
    /// Works.
    Online,
    /// Answers, but cannot do all of its work: paper out, cover open.
    Degraded,
    /// Not there: unplugged, without power, unreachable.
    Offline,
}

/// The state a device is in, with its reason and since when.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StateNow {
    /// The state.
    pub state: DeviceState,
    /// Stable code of the reason.
    pub reason_code: &'static str,
    /// For the log and the technician.
    pub detail: String,
    /// Since when.
    pub since: Timestamp,
}

/// Reason of the first state, before anything was tried.
const STARTING: &str = "device.starting";

type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The sending end that every device gets a clone of.
///
/// The channel is bounded. When the center does not keep up, an event is dropped and counted in
/// the log; a device's state is never lost by that, because [`crate::DeviceTask::state`] always
/// holds the last one.
#[derive(Clone)]
pub struct Events {
    sender: mpsc::Sender<DeviceEvent>,
    now: Now,
}

impl Events {
    /// A channel that holds `capacity` events.
    pub fn channel(capacity: usize) -> (Self, mpsc::Receiver<DeviceEvent>) {
        Self::channel_with_clock(capacity, Arc::new(Timestamp::now))
    }

    /// The same with the center's own clock.
    pub fn channel_with_clock(
        capacity: usize,
        now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    ) -> (Self, mpsc::Receiver<DeviceEvent>) {
        let (sender, receiver) = mpsc::channel(capacity);
        (Self { sender, now }, receiver)
    }

    pub(crate) fn reporter(&self, device: &str) -> (Reporter, watch::Receiver<StateNow>) {
        let first = StateNow {
            state: DeviceState::Offline,
            reason_code: STARTING,
            detail: String::new(),
            since: (self.now)(),
        };
        let (state, receiver) = watch::channel(first);
        (Reporter { device: device.to_owned(), events: self.clone(), state }, receiver)
    }

    /// Sends an event; false when the channel is full or nobody listens any more.
    pub(crate) fn send(&self, device: &str, kind: EventKind) -> bool {
        let event = DeviceEvent { device: device.to_owned(), at: (self.now)(), kind };
        match self.sender.try_send(event) {
            Ok(()) => true,
            Err(mpsc::error::TrySendError::Full(event)) => {
                tracing::warn!(device, kind = ?event.kind, "events are not taken: one is dropped");
                false
            }
            Err(mpsc::error::TrySendError::Closed(_)) => false,
        }
    }
}

/// What a driver's loop reports through: it tells a change of state once and keeps the last state.
pub(crate) struct Reporter {
    device: String,
    events: Events,
    state: watch::Sender<StateNow>,
}

impl Reporter {
    /// Reports a state; silent when state and reason are what they were. A device that is offline
    /// stays so silently, whatever else keeps it away meanwhile: one pulled plug is one event, and
    /// the freshest reason stands in the state.
    pub(crate) fn state(&self, state: DeviceState, reason_code: &'static str, detail: &str) {
        let mut tell = false;
        self.state.send_if_modified(|now| {
            if now.state == state && now.reason_code == reason_code {
                return false;
            }
            let still_away = now.state == state && state == DeviceState::Offline;
            tell = !still_away || now.reason_code == STARTING;
            let since = if still_away { now.since } else { (self.events.now)() };
            *now = StateNow { state, reason_code, detail: detail.to_owned(), since };
            true
        });
        if tell {
            tracing::info!(device = %self.device, ?state, reason_code, detail, "device state");
            let detail = detail.to_owned();
            self.events.send(&self.device, EventKind::State { state, reason_code, detail });
        }
    }

    /// The center's clock.
    pub(crate) fn now(&self) -> Timestamp {
        (self.events.now)()
    }

    /// Reports something wrong that is not a state.
    pub(crate) fn problem(&self, code: &'static str, detail: String) {
        tracing::warn!(device = %self.device, code, detail, "device problem");
        self.events.send(&self.device, EventKind::Problem { code, detail });
    }

    /// Reports anything else.
    pub(crate) fn tell(&self, kind: EventKind) {
        self.events.send(&self.device, kind);
    }
}
