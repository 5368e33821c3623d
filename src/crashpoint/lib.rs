//! Named places between deciding, storing, sending and acknowledging at which a process can be made
//! to die as by kill -9: how "nothing is lost" is tried at each step, and not only where chance hits.
//!
//! The places are always compiled in, so that what is tried is what runs at a center. They are inert
//! unless the process was started with [`VARIABLE`] *and* its data folder is marked as a demo; then
//! [`at`] ends it. See `src/decisions/0012-crash-points.md`.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// `point` or `point:nth`: die when this place is reached for the nth time (1 when not said).
pub const VARIABLE: &str = "MOTCUA_CRASH_AT";

/// Places in the center's daemon, in the order in which an entry passes them.
pub const AT_NODE: &[&str] = &[
    "store.begun",
    "store.batch_applied",
    "store.before_commit",
    "store.committed",
    "store.answered_one",
    "blob.written",
    "blob.named",
    "blob.folder_synced",
    "uplink.connected",
    "uplink.hello_sent",
    "uplink.resumed",
    "uplink.entries_read",
    "uplink.frame_sent",
    "uplink.ack_received",
    "uplink.ack_saved",
    "uplink.down_received",
    "uplink.down_applied",
    "uplink.down_ack_sent",
    "uplink.blob_read",
    "uplink.blob_part_sent",
    "uplink.blob_done",
];

/// Places in the hub.
pub const AT_HUB: &[&str] = &[
    "hub.hello_received",
    "hub.frame_received",
    "hub.keys_kept",
    "hub.subjects_written",
    "hub.entries_written",
    "hub.before_commit",
    "hub.committed",
    "hub.ack_sent",
    "hub.down_read",
    "hub.down_sent",
    "hub.down_acked",
    "hub.blob_part_written",
    "hub.blob_part_committed",
    "hub.blob_complete",
];

struct Armed {
    point: String,
    left: AtomicU64,
}

static ARMED: OnceLock<Option<Armed>> = OnceLock::new();

/// Reads [`VARIABLE`], once, at the start of a process. Without a demo's folder it is ignored, and
/// the caller is told so.
///
/// # Errors
/// The variable is set outside a demo, names no place, or its number cannot be read.
pub fn arm(demo: bool) -> Result<(), String> {
    let Ok(wish) = std::env::var(VARIABLE) else {
        ARMED.get_or_init(|| None);
        return Ok(());
    };
    if !demo {
        ARMED.get_or_init(|| None);
        return Err(format!("{VARIABLE} is honoured only in a folder marked as a demo"));
    }
    let armed = read(&wish)?;
    ARMED.get_or_init(|| Some(armed));
    Ok(())
}

fn read(wish: &str) -> Result<Armed, String> {
    let (point, nth) = match wish.split_once(':') {
        Some((point, nth)) => {
            let nth = nth.parse().ok().filter(|nth| *nth > 0);
            (point, nth.ok_or_else(|| format!("{VARIABLE}: {wish}: write point:1 or more"))?)
        }
        None => (wish, 1),
    };
    if !AT_NODE.contains(&point) && !AT_HUB.contains(&point) {
        return Err(format!("{VARIABLE}: there is no place named {point}"));
    }
    Ok(Armed { point: point.to_owned(), left: AtomicU64::new(nth) })
}

/// Dies here if this place was asked for and has been reached often enough.
#[inline]
pub fn at(point: &str) {
    if let Some(Some(armed)) = ARMED.get() {
        armed.reached(point);
    }
}

impl Armed {
    fn reached(&self, point: &str) {
        if self.counts(point) {
            // As kill -9: nothing is flushed, nothing is dropped, nobody is told.
            let _ = nix::sys::signal::raise(nix::sys::signal::Signal::SIGKILL);
        }
    }

    /// Whether this is the time that was asked for.
    fn counts(&self, point: &str) -> bool {
        self.point == point && self.left.fetch_sub(1, Ordering::Relaxed) == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn the_nth_time_counts_and_no_other() {
        let armed = read("store.committed:3").unwrap();
        let counted: Vec<bool> = (0..5).map(|_| armed.counts("store.committed")).collect();
        assert_eq!(counted, [false, false, true, false, false]);
        assert!(!read("store.committed:3").unwrap().counts("store.begun"));
    }

    #[test]
    fn an_unknown_place_or_number_is_refused() {
        for wish in ["store.nowhere", "store.begun:0", "store.begun:x", ""] {
            assert!(read(wish).is_err(), "{wish}");
        }
    }

    /// A place that is listed and never passed would be a fault that cannot be tried.
    #[test]
    fn every_listed_place_is_passed_once_in_the_sources_and_no_other_is() {
        fn places(folder: &Path, found: &mut Vec<String>) {
            for entry in std::fs::read_dir(folder).unwrap().flatten() {
                let path = entry.path();
                if path.is_dir() && !path.ends_with("ui") && !path.ends_with("crashpoint") {
                    places(&path, found);
                } else if path.extension().is_some_and(|end| end == "rs") {
                    let text = std::fs::read_to_string(&path).unwrap();
                    for rest in text.split("crashpoint::at(\"").skip(1) {
                        found.push(rest.split('"').next().unwrap().to_owned());
                    }
                }
            }
        }
        let mut found = Vec::new();
        places(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".."), &mut found);
        found.sort();
        let mut listed: Vec<&str> = AT_NODE.iter().chain(AT_HUB).copied().collect();
        listed.sort_unstable();
        assert_eq!(found, listed);
    }
}
