//! Live snapshots for the pages.
//!
//! A topic has a version and a whole snapshot; the hub keeps the newest one only. A page that
//! subscribes gets it at once and then each newer one. A page too slow for every version gets the
//! newest it can take: nothing queues up for it. Publishing never waits, so an actor may call it.
//!
//! The protocol on the wire stands in [`crate::live_socket`]'s code: the page sends
//! `{"subscribe":[...]}`, the server `{"topic","version","at","data"}` and a heartbeat.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;

use crate::Now;
use crate::auth::Caller;
pub use crate::live_socket::live;

/// The limits of the live connections.
#[derive(Debug, Clone, Copy)]
pub struct LiveSettings {
    /// Open pages; one more is answered "busy".
    pub clients_max: usize,
    /// Topics that may exist; publishing to one more is refused and logged.
    pub topics_max: usize,
    /// Topics that a page may follow.
    pub topics_per_client_max: usize,
    /// Longest message of a page.
    pub message_bytes_max: usize,
    /// A page without a heartbeat for three of these shows itself stale.
    pub heartbeat: Duration,
    /// A page that takes nothing, or answers no ping, for so long is closed.
    pub silence: Duration,
    /// How often the session behind an open page is asked for again.
    pub recheck: Duration,
}

impl Default for LiveSettings {
    fn default() -> Self {
        Self {
            clients_max: 200,
            topics_max: 256,
            topics_per_client_max: 32,
            message_bytes_max: 4 * 1024,
            heartbeat: Duration::from_secs(5),
            silence: Duration::from_secs(20),
            recheck: Duration::from_secs(15),
        }
    }
}

/// Whether a caller may follow a topic.
pub type Authorise = Arc<dyn Fn(&Caller, &str) -> bool + Send + Sync>;

/// The hub; cheap to clone, usable from any thread. Put it into the app as `web::Data<LiveHub>`.
#[derive(Clone)]
pub struct LiveHub {
    inner: Arc<Inner>,
}

struct Inner {
    settings: LiveSettings,
    now: Now,
    authorise: Authorise,
    topics: Mutex<HashMap<String, Snapshot>>,
    /// Counts publications; pages wait for it to move.
    moved: watch::Sender<u64>,
    clients: AtomicUsize,
}

/// The newest state of a topic, rendered once for all pages.
#[derive(Clone)]
pub(crate) struct Snapshot {
    pub(crate) version: u64,
    pub(crate) text: Arc<str>,
}

impl LiveHub {
    /// A hub without topics. `authorise` is asked for each topic of each subscription.
    pub fn new(
        settings: LiveSettings,
        now: Now,
        authorise: impl Fn(&Caller, &str) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                settings,
                now,
                authorise: Arc::new(authorise),
                topics: Mutex::default(),
                moved: watch::Sender::new(0),
                clients: AtomicUsize::new(0),
            }),
        }
    }

    /// Publishes a whole snapshot. One that is not newer than what stands is ignored, so that two
    /// threads cannot turn a screen back. Tells whether it was taken.
    pub fn publish(&self, topic: &str, version: u64, data: Value) -> bool {
        let at = (self.inner.now)();
        let message = json!({ "topic": topic, "version": version, "at": at, "data": data });
        let text: Arc<str> = message.to_string().into();
        {
            let mut topics = self.topics();
            match topics.get(topic) {
                Some(standing) if standing.version >= version => return false,
                None if topics.len() >= self.inner.settings.topics_max => {
                    tracing::error!(topic, "no more live topics are possible");
                    return false;
                }
                _ => topics.insert(topic.to_owned(), Snapshot { version, text }),
            };
        }
        self.inner.moved.send_modify(|count| *count = count.wrapping_add(1));
        true
    }

    /// Publishes under the version after the one that stands, for a topic whose source counts none.
    pub fn publish_next(&self, topic: &str, data: Value) -> bool {
        let next = self.version(topic).map_or(1, |version| version.saturating_add(1));
        self.publish(topic, next, data)
    }

    /// The version that stands.
    pub fn version(&self, topic: &str) -> Option<u64> {
        self.topics().get(topic).map(|snapshot| snapshot.version)
    }

    /// How many pages are connected.
    pub fn clients(&self) -> usize {
        self.inner.clients.load(Ordering::Relaxed)
    }

    pub(crate) fn settings(&self) -> &LiveSettings {
        &self.inner.settings
    }

    pub(crate) fn may(&self, caller: &Caller, topic: &str) -> bool {
        (self.inner.authorise)(caller, topic)
    }

    pub(crate) fn heartbeat(&self) -> String {
        json!({ "topic": "heartbeat", "at": (self.inner.now)() }).to_string()
    }

    pub(crate) fn moved(&self) -> watch::Receiver<u64> {
        self.inner.moved.subscribe()
    }

    /// A place for one more page.
    pub(crate) fn enter(&self) -> Option<Place> {
        let max = self.inner.settings.clients_max;
        self.inner
            .clients
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| (n < max).then_some(n + 1))
            .ok()
            .map(|_| Place(self.clone()))
    }

    /// The next snapshot that a page with these topics lacks, and the topic's place in the list.
    pub(crate) fn next_for(&self, topics: &[Followed]) -> Option<(usize, Snapshot)> {
        let standing = self.topics();
        topics.iter().enumerate().find_map(|(index, followed)| {
            let snapshot = standing.get(&followed.topic)?;
            let lacks = followed.seen.is_none_or(|seen| seen < snapshot.version);
            lacks.then(|| (index, snapshot.clone()))
        })
    }

    fn topics(&self) -> MutexGuard<'_, HashMap<String, Snapshot>> {
        self.inner.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A topic that a page follows, and the version that it has.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Followed {
    pub(crate) topic: String,
    pub(crate) seen: Option<u64>,
}

/// Frees the page's place when its connection ends, however it ends.
pub(crate) struct Place(LiveHub);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.inner.clients.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hub(settings: LiveSettings) -> LiveHub {
        let now: Now = Arc::new(|| "2026-11-23T01:00:00Z".parse().unwrap());
        LiveHub::new(settings, now, |_, _| true)
    }

    fn follow(topic: &str) -> Vec<Followed> {
        vec![Followed { topic: topic.to_owned(), seen: None }]
    }

    #[test]
    fn an_older_version_does_not_turn_a_screen_back() {
        let hub = hub(LiveSettings::default());
        assert!(hub.publish("hall", 5, json!({ "n": 5 })));
        assert!(!hub.publish("hall", 4, json!({ "n": 4 })));
        assert!(!hub.publish("hall", 5, json!({ "n": 50 })));
        let (_, snapshot) = hub.next_for(&follow("hall")).unwrap();
        let message: Value = serde_json::from_str(&snapshot.text).unwrap();
        assert_eq!(message["topic"], "hall");
        assert_eq!(message["data"]["n"], 5);
        assert_eq!(message["at"], "2026-11-23T01:00:00Z");
    }

    #[test]
    fn a_page_lacks_only_what_is_newer_than_it_has() {
        let hub = hub(LiveSettings::default());
        let mut followed = follow("hall");
        assert!(hub.next_for(&followed).is_none());
        for version in 1..=3 {
            hub.publish("hall", version, json!(version));
        }
        let (index, snapshot) = hub.next_for(&followed).unwrap();
        assert_eq!(snapshot.version, 3, "the versions between are skipped");
        followed[index].seen = Some(3);
        assert!(hub.next_for(&followed).is_none());
    }

    #[test]
    fn topics_and_pages_are_bounded() {
        let hub = hub(LiveSettings { topics_max: 2, clients_max: 1, ..LiveSettings::default() });
        assert!(hub.publish("a", 1, json!(1)) && hub.publish("b", 1, json!(1)));
        assert!(!hub.publish("c", 1, json!(1)));
        assert!(hub.publish_next("a", json!(2)));
        assert_eq!(hub.version("a"), Some(2));
        let place = hub.enter().unwrap();
        assert!(hub.enter().is_none());
        drop(place);
        assert!(hub.enter().is_some());
    }
}
