//! Keeps this box's certificates young: looks once an hour, and at the start, whether one has passed the
//! middle of its life, and lets `hub::renew_client` do what is due. A box that was off for long renews by
//! its old key before anything else goes over the link.
//!
//! Certificates go by the machine's clock as far as it can be believed, also while a demo's day runs faster.

use crate::actors::EventLog;
use crate::clock::GuardedClock;
use domain::time::Clock;
use hub::renew_client::{self, RenewOrder};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(3600);
/// Between two looks while something is due and does not succeed; doubles up to [`LOOK_EVERY`].
const AGAIN_FIRST: Duration = Duration::from_secs(15);

/// The start waits so long for the hub to say what time it is; then it goes on without.
const FIRST_WORD_MAX: Duration = Duration::from_secs(5);

/// Asks the hub for the time before anything is done by it: a box that was just switched on with a clock
/// that is a day ahead would close the day under those who wait. Blocks for [`FIRST_WORD_MAX`] at most.
pub fn ask_for_the_time(identity: &Path, guarded: &GuardedClock) {
    if !guarded.wants_a_second_voice() {
        return;
    }
    let folder = identity.to_owned();
    let asking = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
        let asked = renew_client::hub_time(&folder);
        runtime.block_on(async { tokio::time::timeout(FIRST_WORD_MAX, asked).await.ok() })
    });
    match asking.join() {
        Ok(Some(Ok(said))) => guarded.hear_hub(said, Instant::now()),
        Ok(Some(Err(error))) => {
            tracing::warn!(code = error.code(), %error, "the hub does not say what time it is");
        }
        _ => tracing::warn!("the hub does not say what time it is"),
    }
}

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
    /// What certificates go by.
    pub certificates: Arc<dyn Clock>,
}

impl Renewal {
    /// Runs for as long as the daemon does.
    pub async fn run(mut self) {
        let mut again = AGAIN_FIRST;
        loop {
            let pause = match renew_client::step(&self.order, self.certificates.now()).await {
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
