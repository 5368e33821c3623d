//! What the screens show right now: one whole snapshot a topic, with a version.
//!
//! Desks publish after a commit, never before, and `web` carries the snapshots to the pages. What a
//! page missed in between is gone on purpose, because each snapshot is whole. Nothing here survives
//! a restart: the desks publish again from their tables when they start.
//!
//! Bounds: one snapshot a topic, and topics exist only for the counters of the settings.

use domain::announce::Way;
use domain::ids::{CounterNumber, ServiceCode};
use domain::queue::PauseReason;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use web::LiveHub;

/// A topic of `/live`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Topic {
    /// The hall's screens: [`HallBoard`]. Labels and counters, never a person.
    Hall,
    /// The console's queue: waiting and called tickets, counters.
    Queue,
    /// States of the devices.
    Devices,
    /// The assessment tablet of a counter: whether it may vote now.
    Tablet(CounterNumber),
    /// The last citizen card that was read at a counter.
    Card(CounterNumber),
    /// Messages from the hub.
    Messages,
    /// State of the link to the hub.
    Uplink,
    /// How many dossiers wait here to be accepted, and what the hub said last about hand-overs.
    HandOvers,
    /// Whether the machine's clock can be believed.
    Clock,
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hall => f.write_str("hall"),
            Self::Queue => f.write_str("queue"),
            Self::Devices => f.write_str("devices"),
            Self::Tablet(counter) => write!(f, "tablet:{}", counter.0),
            Self::Card(counter) => write!(f, "card:{}", counter.0),
            Self::Messages => f.write_str("messages"),
            Self::Uplink => f.write_str("uplink"),
            Self::HandOvers => f.write_str("hand-overs"),
            Self::Clock => f.write_str("clock"),
        }
    }
}

/// The text is not a topic.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a topic")]
pub struct NotATopic;

impl FromStr for Topic {
    type Err = NotATopic;

    fn from_str(text: &str) -> Result<Self, NotATopic> {
        let counter =
            |number: &str| number.parse::<u16>().map(CounterNumber).map_err(|_| NotATopic);
        match text.split_once(':') {
            None => match text {
                "hall" => Ok(Self::Hall),
                "queue" => Ok(Self::Queue),
                "devices" => Ok(Self::Devices),
                "messages" => Ok(Self::Messages),
                "uplink" => Ok(Self::Uplink),
                "hand-overs" => Ok(Self::HandOvers),
                "clock" => Ok(Self::Clock),
                _ => Err(NotATopic),
            },
            Some(("tablet", number)) => counter(number).map(Self::Tablet),
            Some(("card", number)) => counter(number).map(Self::Card),
            Some(_) => Err(NotATopic),
        }
    }
}

/// One whole state of a topic.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Snapshot {
    /// The topic's name.
    pub topic: String,
    /// Grows with every change, also over restarts as long as the clock goes forward.
    pub version: u64,
    /// When it was published.
    pub at: Timestamp,
    /// The state; what it holds depends on the topic.
    pub data: Arc<Value>,
}

/// Whether a number is called or called again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HallCallKind {
    /// The first call.
    Call,
    /// Called again.
    Recall,
}

/// A line of the called list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HallCall {
    /// The number on the ticket.
    pub label: String,
    /// Where the citizen is expected.
    pub counter: CounterNumber,
    /// First call or again.
    pub kind: HallCallKind,
    /// When.
    pub at: Timestamp,
}

/// A counter as the hall sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HallCounter {
    /// Its number.
    pub number: CounterNumber,
    /// Its name.
    pub name: String,
    /// open, paused or closed.
    pub state: String,
    /// The number that is at this counter.
    pub label: Option<String>,
    /// Whether its citizen is being served; else it is still called.
    #[serde(default)]
    pub serving: bool,
    /// Why it is paused, from the fixed list.
    #[serde(default)]
    pub pause_reason: Option<PauseReason>,
    /// The service groups whose tickets it may call.
    #[serde(default)]
    pub services: Vec<ServiceCode>,
}

/// The large "now calling" line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HallNow {
    /// The number on the ticket.
    pub label: String,
    /// Where the citizen is expected.
    pub counter: CounterNumber,
    /// When it began; it begins anew with a recall of the same number, and when it is said once more.
    pub since: Timestamp,
    /// The clips that a screen plays one after the other, as addresses under `/api/v1/voice/`; none
    /// where screens are silent.
    pub voice: Vec<String>,
    /// How its citizen gets there.
    #[serde(default)]
    pub way: Way,
    /// Whether a result is returned there.
    #[serde(default)]
    pub result: bool,
}

/// What the hall's screens draw.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HallBoard {
    /// Name of the center.
    pub unit_name: String,
    /// The last calls, newest first, at most [`HALL_CALLS_MAX`].
    pub calls: Vec<HallCall>,
    /// What the announcer calls at this moment.
    pub now: Option<HallNow>,
    /// Every counter.
    pub counters: Vec<HallCounter>,
    /// The next numbers, at most [`HALL_NEXT_MAX`].
    pub next: Vec<String>,
    /// How long somebody who takes a number now will wait, by service group.
    #[serde(default)]
    pub waits: Vec<HallWait>,
}

/// How long somebody who takes a number of a service group now will wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HallWait {
    /// Code of the service group.
    pub service: ServiceCode,
    /// Its name in Vietnamese.
    pub name_vi: String,
    /// Its name in English.
    pub name_en: String,
    /// Minutes at the short end; nothing while no counter that serves it is open.
    pub low_min: Option<u32>,
    /// Minutes at the long end.
    pub high_min: Option<u32>,
    /// The end of the break that lies in it, `HH:MM` in Vietnam.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub break_until: Option<String>,
    /// The end of the day, past which it may run, `HH:MM` in Vietnam.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closes_at: Option<String>,
}

/// Lines of the called list.
pub const HALL_CALLS_MAX: usize = 8;
/// Numbers in the list of the next.
pub const HALL_NEXT_MAX: usize = 12;

/// The board of snapshots. Cloning shares it.
#[derive(Clone, Default)]
pub struct Live {
    pages: Option<LiveHub>,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    topics: HashMap<Topic, Snapshot>,
    hall: HallBoard,
}

impl Inner {
    fn publish(&mut self, pages: Option<&LiveHub>, topic: Topic, data: Value, at: Timestamp) {
        let before = self.topics.get(&topic);
        if before.is_some_and(|snapshot| *snapshot.data == data) {
            return;
        }
        // Microseconds since 1970 as a floor make versions grow over a restart, too; they stay
        // below 2^53, so that a browser counts them exactly.
        let floor = u64::try_from(at.as_microsecond()).unwrap_or(0);
        let version = before.map_or(floor, |snapshot| floor.max(snapshot.version + 1));
        let name = topic.to_string();
        if let Some(pages) = pages {
            pages.publish(&name, version, data.clone());
        }
        self.topics.insert(topic, Snapshot { topic: name, version, at, data: Arc::new(data) });
    }

    fn publish_hall(&mut self, pages: Option<&LiveHub>, at: Timestamp) {
        match serde_json::to_value(&self.hall) {
            Ok(data) => self.publish(pages, Topic::Hall, data, at),
            Err(error) => tracing::error!(%error, "the hall's board cannot be written as JSON"),
        }
    }
}

impl Live {
    /// A board whose snapshots go to the pages of this hub.
    #[must_use]
    pub fn new(pages: LiveHub) -> Self {
        Self { pages: Some(pages), inner: Arc::default() }
    }

    /// A board that nobody looks at.
    #[must_use]
    pub fn unseen() -> Self {
        Self::default()
    }

    /// Replaces a topic's snapshot; an equal one changes nothing.
    pub fn publish(&self, topic: Topic, data: Value, at: Timestamp) {
        self.lock().publish(self.pages.as_ref(), topic, data, at);
    }

    /// Replaces the hall's board but for its "now calling" line, which is the announcer's.
    pub fn publish_hall(&self, board: HallBoard, at: Timestamp) {
        let mut inner = self.lock();
        let now = inner.hall.now.take();
        inner.hall = HallBoard { now, ..board };
        inner.publish_hall(self.pages.as_ref(), at);
    }

    /// Replaces the "now calling" line.
    pub fn publish_hall_now(&self, now: Option<HallNow>, at: Timestamp) {
        let mut inner = self.lock();
        inner.hall.now = now;
        inner.publish_hall(self.pages.as_ref(), at);
    }

    /// The hall's board as it is.
    #[must_use]
    pub fn hall(&self) -> HallBoard {
        self.lock().hall.clone()
    }

    /// A topic's newest snapshot, if anything was published yet.
    #[must_use]
    pub fn snapshot(&self, topic: Topic) -> Option<Snapshot> {
        self.lock().topics.get(&topic).cloned()
    }

    // A panic while holding the lock can only leave a whole snapshot behind, so the board stays
    // usable.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_764_000_000 + second).unwrap()
    }

    #[test]
    fn every_topic_reads_back_from_its_name() {
        for topic in [
            Topic::Hall,
            Topic::Queue,
            Topic::Devices,
            Topic::Tablet(CounterNumber(3)),
            Topic::Card(CounterNumber(12)),
            Topic::Messages,
            Topic::Uplink,
            Topic::HandOvers,
        ] {
            assert_eq!(topic.to_string().parse(), Ok(topic));
        }
        for text in ["", "tablet", "tablet:", "tablet:x", "tablet:70000", "hall:1"] {
            assert_eq!(text.parse::<Topic>(), Err(NotATopic), "{text}");
        }
    }

    #[test]
    fn a_changed_snapshot_has_a_higher_version_also_when_the_clock_stands_still() {
        let live = Live::unseen();
        let version = || live.snapshot(Topic::Queue).unwrap().version;
        live.publish(Topic::Queue, 1.into(), at(0));
        let first = version();
        live.publish(Topic::Queue, 2.into(), at(0));
        assert!(version() > first);
        live.publish(Topic::Queue, 3.into(), at(-60));
        assert!(version() > first + 1);
    }

    #[test]
    fn an_equal_snapshot_disturbs_nobody() {
        let live = Live::unseen();
        live.publish(Topic::Queue, 1.into(), at(0));
        let first = live.snapshot(Topic::Queue);
        live.publish(Topic::Queue, 1.into(), at(5));
        assert_eq!(live.snapshot(Topic::Queue), first);
    }

    #[test]
    fn the_queue_desk_and_the_announcer_share_the_board_without_erasing_each_other() {
        let live = Live::unseen();
        let line = HallNow {
            label: "A012".into(),
            counter: CounterNumber(3),
            since: at(0),
            voice: vec!["chime/00".into()],
            way: Way::Comes,
            result: false,
        };
        live.publish_hall_now(Some(line.clone()), at(0));
        live.publish_hall(HallBoard { next: vec!["A013".into()], ..HallBoard::default() }, at(1));
        let board = live.hall();
        assert_eq!(board.now, Some(line));
        assert_eq!(board.next, vec!["A013".to_owned()]);
    }
}
