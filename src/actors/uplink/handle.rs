//! How others reach the uplink.

use super::actor::{MarkRead, StatusNow, TellHall, UplinkDesk};
use crate::actors::failure::Failure;
use crate::actors::origin::Origin;
use actix::Addr;
use domain::report::outside::HallNow;
use jiff::Timestamp;
use serde::Serialize;
use store::records::Message;
use uuid::Uuid;

/// What the console shows of the link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UplinkView {
    /// `not_enrolled`, `offline`, `greeting`, `online`, `frozen`.
    pub state: &'static str,
    /// Entries that the hub has not acknowledged.
    pub entries_waiting: u64,
    /// Blobs that the hub does not have.
    pub blobs_waiting: u64,
    /// Their bytes.
    pub bytes_waiting: u64,
    /// When the hub last acknowledged something.
    pub last_ack_at: Option<Timestamp>,
    /// Stable code of what a person should look at, or of why there is no connection.
    pub reason_code: Option<String>,
    /// Connections to the broker since the start.
    pub connections: u64,
    /// Frames sent and not acknowledged.
    pub frames_under_way: u64,
    /// Frames sent more than once since the start.
    pub frames_repeated: u64,
    /// Messages that came with other bytes than were sent.
    pub messages_spoilt: u64,
    /// Things that happened once and that the events tell: forged messages, parked entries.
    pub reports: u64,
}

/// What others know of the uplink.
#[derive(Clone)]
pub struct UplinkHandle {
    pub(super) addr: Addr<UplinkDesk>,
}

impl UplinkHandle {
    /// Where the link stands.
    ///
    /// # Errors
    /// The actor has stopped, or the tables cannot be read.
    pub async fn status(&self) -> Result<UplinkView, Failure> {
        self.addr.send(StatusNow).await?
    }

    /// The province is told this of the hall, now or when there is a line.
    ///
    /// # Errors
    /// The actor has stopped.
    pub async fn tell_hall(&self, hall: &HallNow) -> Result<(), Failure> {
        let Ok(hall) = serde_json::to_value(hall) else { return Ok(()) };
        self.addr.send(TellHall(hall)).await.map_err(Failure::from)
    }

    /// An officer has read a message of the hub. Who reads it first is what the hub sees; each later
    /// officer is noted too, and a second time by the same one changes nothing.
    ///
    /// # Errors
    /// There is no such message; the store refuses.
    pub async fn mark_read(&self, origin: Origin, message: Uuid) -> Result<Message, Failure> {
        self.addr.send(MarkRead { origin, message }).await?
    }
}
