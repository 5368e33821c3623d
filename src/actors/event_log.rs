//! Events for the technician, written beside everything else and never in anyone's way.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use store::records::EventRecord;
use store::{Batch, LocalWrite, WriterHandle};

/// Events of one source that are written within [`WINDOW`]; more are only logged, so that a device
/// gone mad fills neither the table nor the disk. How many these were, and of which codes, is written
/// as one last event: a new trouble in the middle of a flood must not go unseen.
const EVENTS_MAX: u32 = 60;
/// Codes that the last event names; more are only counted.
const CODES_MAX: usize = 20;
/// The code of that event.
const NOT_WRITTEN: &str = "events.not_written";
const WINDOW: SignedDuration = SignedDuration::from_mins(1);
/// Events are kept this long.
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);
/// How often old ones go.
const TRIM_EVERY: SignedDuration = SignedDuration::from_hours(6);

/// Writes events. Losing one with the power is no harm: what it told of is told again.
pub(crate) struct EventLog {
    writer: WriterHandle,
    windows: HashMap<String, Window>,
    trimmed_at: Option<Timestamp>,
}

/// What one source told since a moment.
struct Window {
    since: Timestamp,
    written: u32,
    dropped: BTreeMap<String, u32>,
    dropped_otherwise: u32,
}

impl Window {
    fn begin(since: Timestamp) -> Self {
        Self { since, written: 0, dropped: BTreeMap::new(), dropped_otherwise: 0 }
    }

    fn is_over(&self, now: Timestamp) -> bool {
        let age = now.duration_since(self.since);
        age > WINDOW || age < SignedDuration::ZERO
    }

    /// Counts one more; says whether it is to be written.
    fn count(&mut self, code: &str) -> bool {
        if self.written < EVENTS_MAX {
            self.written += 1;
            return true;
        }
        if let Some(count) = self.dropped.get_mut(code) {
            *count += 1;
        } else if self.dropped.len() < CODES_MAX {
            self.dropped.insert(code.to_owned(), 1);
        } else {
            self.dropped_otherwise += 1;
        }
        false
    }

    /// What was not written, when there is something.
    fn summary(&self) -> Option<Value> {
        let count = self.dropped.values().sum::<u32>() + self.dropped_otherwise;
        (count > 0).then(|| json!({ "count": count, "codes": self.dropped, "since": self.since }))
    }
}

impl EventLog {
    pub(crate) fn new(writer: WriterHandle) -> Self {
        Self { writer, windows: HashMap::new(), trimmed_at: None }
    }

    /// Adds an event. `detail` holds nothing of a person.
    pub(crate) fn add(&mut self, at: Timestamp, source: &str, code: &str, detail: Value) {
        tracing::info!(source, code, %detail, "event");
        self.close_windows(at);
        // Sources are devices of the settings and parts of the daemon: few.
        let window = self.windows.entry(source.to_owned()).or_insert_with(|| Window::begin(at));
        if window.count(code) {
            let (source, code) = (source.to_owned(), code.to_owned());
            self.write(at, LocalWrite::Event(EventRecord { at, code, source, detail }));
        }
    }

    /// Ends what is over, with a word on what was not written. Called with each event and now and then
    /// without one: a flood that ends in silence is told too.
    pub(crate) fn close_windows(&mut self, now: Timestamp) {
        let over: Vec<String> = self
            .windows
            .iter()
            .filter(|(_, window)| window.is_over(now))
            .map(|(source, _)| source.clone())
            .collect();
        for source in over {
            let summary = self.windows.remove(&source).and_then(|window| window.summary());
            if let Some(detail) = summary {
                let code = NOT_WRITTEN.to_owned();
                self.write(now, LocalWrite::Event(EventRecord { at: now, code, source, detail }));
            }
        }
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

    /// Lets old rows go, now and then; accesses to dossiers are kept for a time of their own.
    pub(crate) fn trim(&mut self, now: Timestamp, accesses_kept: SignedDuration) {
        let due = self.trimmed_at.is_none_or(|at| now.duration_since(at) > TRIM_EVERY);
        if due {
            self.trimmed_at = Some(now);
            let ago = |kept| now.saturating_sub(kept).unwrap_or(Timestamp::MIN);
            let (before, accesses_before) = (ago(KEPT), ago(accesses_kept));
            self.write(now, LocalWrite::Trim { before, accesses_before });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actors::testing::{Center, until};
    use domain::time::Clock;

    #[actix_rt::test]
    async fn a_new_code_in_the_middle_of_a_flood_is_counted_in_one_last_event() {
        let center = Center::start().await;
        let mut log = EventLog::new(center.ports.writer.clone());
        let begun = center.clock.now();
        for _ in 0..100 {
            log.add(begun, "mad", "sign.unexpected_bytes", json!({}));
        }
        log.add(begun, "mad", "printer.paper_out", json!({}));
        log.add(begun, "calm", "device.ready", json!({}));
        // It falls silent, and time passes.
        log.close_windows(begun + SignedDuration::from_secs(61));
        let of = async |wanted: &str| {
            let all = center.ports.readers.read(|c| store::query::events::recent(c, 1000)).await;
            all.unwrap().into_iter().filter(|event| event.source == wanted).collect::<Vec<_>>()
        };
        let last = until("the last event", async || {
            of("mad").await.into_iter().find(|event| event.code == NOT_WRITTEN)
        })
        .await;
        assert_eq!(last.detail["count"], 41);
        assert_eq!(
            last.detail["codes"],
            json!({ "sign.unexpected_bytes": 40, "printer.paper_out": 1 })
        );
        assert_eq!(of("mad").await.len(), 61, "sixty and the last");
        assert_eq!(of("calm").await.len(), 1);
        log.close_windows(begun + SignedDuration::from_secs(200));
        assert!(log.windows.is_empty());
    }

    #[test]
    fn more_codes_than_are_named_are_counted_all_the_same() {
        let mut window = Window::begin(Timestamp::UNIX_EPOCH);
        for number in 0..160 {
            window.count(&format!("code.{number}"));
        }
        let summary = window.summary().unwrap();
        assert_eq!(summary["count"], 100);
        assert_eq!(summary["codes"].as_object().unwrap().len(), CODES_MAX);
    }
}
