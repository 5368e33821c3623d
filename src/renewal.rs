//! Keeps this box's certificates young: looks once an hour, and at the start, whether one has passed the
//! middle of its life, and lets `hub::renew_client` do what is due. A box that was off for long renews by
//! its old key before anything else goes over the link.
//!
//! Certificates go by the machine's clock, also while a demo's day runs faster.

use crate::actors::EventLog;
use domain::time::Clock;
use hub::renew_client::{self, RenewOrder};
use jiff::Timestamp;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(3600);
/// Between two looks while something is due and does not succeed; doubles up to [`LOOK_EVERY`].
const AGAIN_FIRST: Duration = Duration::from_secs(15);

/// What renews.
pub struct Renewal {
    /// What is to be renewed.
    pub order: RenewOrder,
    /// Read again when the LAN certificate is a new one.
    pub tls: web::tls::Identity,
    /// Told to the technician.
    pub(crate) events: EventLog,
    /// Dates the events.
    pub clock: Arc<dyn Clock>,
}

impl Renewal {
    /// Runs for as long as the daemon does.
    pub async fn run(mut self) {
        let mut again = AGAIN_FIRST;
        loop {
            let pause = match renew_client::step(&self.order, Timestamp::now()).await {
                Ok(renewed) => {
                    if let Some(until) = renewed.device_until {
                        self.tell("identity.renewed", json!({ "until": until.to_string() }));
                    }
                    if renewed.lan {
                        self.read_lan();
                    }
                    again = AGAIN_FIRST;
                    LOOK_EVERY
                }
                Err(error) => {
                    tracing::warn!(code = error.code(), %error, "certificates are not renewed");
                    // A line that is away has an alarm of its own.
                    if error.code() != "enrol.hub_unreachable" && again == AGAIN_FIRST {
                        self.tell("identity.not_renewed", json!({ "code": error.code() }));
                    }
                    let pause = again;
                    again = (again * 2).min(LOOK_EVERY);
                    pause
                }
            };
            tokio::time::sleep(pause).await;
        }
    }

    fn read_lan(&mut self) {
        match self.tls.reload() {
            Ok(()) => self.tell("identity.lan_renewed", json!({})),
            Err(error) => tracing::error!(%error, "the new LAN certificate cannot be read"),
        }
    }

    fn tell(&mut self, code: &str, detail: serde_json::Value) {
        self.events.add(self.clock.now(), "identity", code, detail);
    }
}
