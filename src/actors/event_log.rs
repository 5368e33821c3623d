//! Events for the technician, written beside everything else and never in anyone's way.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::collections::HashMap;
use store::records::EventRecord;
use store::{Batch, LocalWrite, WriterHandle};

/// Events of one source that are written within [`WINDOW`]; more are only logged, so that a device
/// gone mad fills neither the table nor the disk.
const EVENTS_MAX: u32 = 60;
const WINDOW: SignedDuration = SignedDuration::from_mins(1);
/// Events are kept this long.
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);
/// How often old ones go.
const TRIM_EVERY: SignedDuration = SignedDuration::from_hours(6);

/// Writes events. Losing one with the power is no harm: what it told of is told again.
pub(crate) struct EventLog {
    writer: WriterHandle,
    windows: HashMap<String, (Timestamp, u32)>,
    trimmed_at: Option<Timestamp>,
}

impl EventLog {
    pub(crate) fn new(writer: WriterHandle) -> Self {
        Self { writer, windows: HashMap::new(), trimmed_at: None }
    }

    /// Adds an event. `detail` holds nothing of a person.
    pub(crate) fn add(&mut self, at: Timestamp, source: &str, code: &str, detail: Value) {
        tracing::info!(source, code, %detail, "event");
        // Sources are devices of the settings and parts of the daemon: few.
        let window = self.windows.entry(source.to_owned()).or_insert((at, 0));
        let age = at.duration_since(window.0);
        if age > WINDOW || age < SignedDuration::ZERO {
            *window = (at, 0);
        }
        window.1 += 1;
        if window.1 > EVENTS_MAX {
            return;
        }
        let (source, code) = (source.to_owned(), code.to_owned());
        self.write(at, LocalWrite::Event(EventRecord { at, code, source, detail }));
    }

    /// Writes something that nobody waits for.
    pub(crate) fn write(&self, at: Timestamp, write: LocalWrite) {
        match self.writer.submit(Batch::new("center", at).and(write)) {
            Ok(pending) => {
                actix_rt::spawn(async move {
                    if let Err(error) = pending.await {
                        tracing::warn!(code = error.code(), %error, "an event was not stored");
                    }
                });
            }
            Err(error) => tracing::warn!(code = error.code(), %error, "an event was not stored"),
        }
    }

    /// Lets old rows go, now and then.
    pub(crate) fn trim(&mut self, now: Timestamp) {
        let due = self.trimmed_at.is_none_or(|at| now.duration_since(at) > TRIM_EVERY);
        if due {
            self.trimmed_at = Some(now);
            let before = now.saturating_sub(KEPT).unwrap_or(now);
            self.write(now, LocalWrite::Trim { before });
        }
    }
}
