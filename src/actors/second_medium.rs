//! The second medium: every committed entry goes to a stick or a disk of its own, sealed, within a few
//! seconds. It never holds anybody up: a medium that is missing, full or slow is told once and tried
//! again, and what was not mirrored meanwhile is mirrored then.
//!
//! What lies on it is `store::medium`'s business, and one round of the work is `work`'s; this loop only
//! decides when, and tells by `pulse` whether a round is in time.

mod pulse;
mod work;

use crate::actors::event_log::EventLog;
use crate::recovery::RecoveryFile;
use domain::ids::NodeId;
use domain::time::Clock;
use pulse::Round;
use serde::Serialize;
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::medium::MediumOpener;
use store::{Keys, Readers, SegmentFiles, StoreError, WriterHandle};
use tokio::sync::watch;
use work::Work;

/// What is committed waits so long for company before it goes to the medium.
const LINGER: Duration = Duration::from_millis(500);
/// A medium that is not well is tried again after so long.
const AGAIN: Duration = Duration::from_secs(3);
/// While a round goes on it is looked at so often.
const LOOK: Duration = Duration::from_millis(500);

/// What is mirrored, and where to.
pub struct MediumSettings {
    /// The configured folder; none: there is no second medium.
    pub folder: Option<PathBuf>,
    /// The store's folder.
    pub store: PathBuf,
    /// The node.
    pub node: NodeId,
    /// Its keys.
    pub keys: Keys,
    /// Who the box is, and its keys under the recovery sheet.
    pub recovery: RecoveryFile,
    /// A demonstration may mirror to the disk that it runs on.
    pub same_disk_allowed: bool,
}

/// How the medium is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MediumState {
    /// None is configured.
    #[default]
    Off,
    /// Everything is on it.
    Ok,
    /// It is not there, or it is the same disk.
    Missing,
    /// It is full.
    Full,
    /// Something is on it later than 5 s after its commit, or it does not answer for so long.
    Slow,
    /// It fails otherwise.
    Failing,
}

impl MediumState {
    /// Stable code of the event.
    fn code(self) -> &'static str {
        match self {
            Self::Off => "medium.off",
            Self::Ok => "medium.ok",
            Self::Missing => "medium.missing",
            Self::Full => "medium.full",
            Self::Slow => "medium.slow",
            Self::Failing => "medium.failing",
        }
    }
}

/// What the console and health show.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MediumView {
    /// How it is.
    pub state: MediumState,
    /// The last entry on it; 0 when none is.
    pub mirrored_seq: u64,
    /// How many of the scans that the hub lacks are on it.
    pub mirrored_scans: u64,
}

/// The parts of the center that the loop works with.
pub struct MediumPorts {
    /// Read-only connections.
    pub readers: Readers,
    /// For events, and to hear of new entries.
    pub writer: WriterHandle,
    /// How copies of the database are opened.
    pub opener: MediumOpener,
    /// The sealed runs of the journal here.
    pub segments: SegmentFiles,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Runs as long as the center.
pub async fn run(settings: MediumSettings, ports: MediumPorts, shown: watch::Sender<MediumView>) {
    let Some(folder) = settings.folder.clone() else { return };
    let mut log = EventLog::new(ports.writer.clone());
    let mut head = ports.writer.head();
    let clock = Arc::clone(&ports.clock);
    let mut work = Some(Work::new(folder, settings, ports));
    loop {
        let wanted = *head.borrow_and_update();
        let Some(mut working) = work.take() else { return };
        let pulse = working.pulse();
        let mut round = Round::begin(wanted, pulse.now().1, Instant::now());
        let mut late = false;
        let looking = tokio::task::spawn_blocking(move || {
            let result = working.mirror();
            (working, result)
        });
        tokio::pin!(looking);
        // A medium that does not answer at all shows as slow while it is waited for.
        let done = loop {
            tokio::select! {
                done = &mut looking => break done,
                () = tokio::time::sleep(LOOK) => {}
            }
            let (told, before) = (pulse.now(), *shown.borrow());
            let newest = *head.borrow();
            late |= round.is_late(newest, told, Instant::now());
            let state = if late { MediumState::Slow } else { before.state };
            show(&shown, &mut log, &clock, state, (told.0, before.mirrored_scans));
        };
        let Ok((working, result)) = done else { return };
        let on_it = working.on_it();
        work = Some(working);
        let state = match &result {
            Ok(()) if late => MediumState::Slow,
            Ok(()) => MediumState::Ok,
            Err(error) => {
                tracing::debug!(code = error.code(), %error, "second medium");
                state_of(error)
            }
        };
        show(&shown, &mut log, &clock, state, on_it);
        let (mirrored, _) = on_it;
        if result.is_err() {
            tokio::time::sleep(AGAIN).await;
        } else if mirrored >= wanted && !work.as_ref().is_some_and(|work| work.more_scans) {
            // The look every few seconds finds a medium that was pulled out while nothing happens.
            tokio::select! {
                changed = head.changed() => if changed.is_err() { return },
                () = tokio::time::sleep(AGAIN) => {}
            }
            tokio::time::sleep(LINGER).await;
        }
    }
}

/// Tells once what has changed.
fn show(
    shown: &watch::Sender<MediumView>,
    log: &mut EventLog,
    clock: &Arc<dyn Clock>,
    state: MediumState,
    (mirrored_seq, mirrored_scans): (u64, u64),
) {
    let before = *shown.borrow();
    if before.state != state {
        let first = before.state == MediumState::Off && state == MediumState::Ok;
        if !first {
            log.add(clock.now(), "medium", state.code(), json!({ "mirrored_seq": mirrored_seq }));
        }
        if state != MediumState::Ok {
            tracing::warn!(code = state.code(), mirrored_seq, "second medium");
        }
    }
    shown.send_if_modified(|view| {
        let now = MediumView { state, mirrored_seq, mirrored_scans };
        std::mem::replace(view, now) != now
    });
}

fn state_of(error: &StoreError) -> MediumState {
    match error {
        StoreError::DiskFull => MediumState::Full,
        StoreError::NotFound(_) => MediumState::Missing,
        _ => MediumState::Failing,
    }
}

#[cfg(test)]
mod tests;
