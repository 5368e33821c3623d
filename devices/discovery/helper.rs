//! The helper process: browses, prints a line for each thing it sees.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use zeroconf::prelude::*;
use zeroconf::{BrowserEvent, MdnsBrowser, ServiceDiscovery, ServiceType, TxtRecord};

use super::{Announcement, HelperLine};

/// TXT keys that say what a device is. Only these are read: reading all of them goes through the
/// function that panics on a value that is not text.
const TXT_KEYS: &[&str] = &[
    "ty", "rs", "note", "vers", "pdl", "cs", "is", "duplex", "adminurl", "product", "usb_MFG",
    "usb_MDL", "uuid", "UUID", "serial", "mac", "rp", "priority",
];
/// One poll of the event loop. Zero would spin at full speed.
const POLL: Duration = Duration::from_millis(500);
/// A browser's life: changes are not reported, so each kind is browsed anew.
const ROUND: Duration = Duration::from_secs(180);
/// At least one line in this time, so that both ends notice the other's end.
const HEARTBEAT: Duration = Duration::from_secs(10);
const PAUSE_FIRST: Duration = Duration::from_secs(1);
const PAUSE_LAST: Duration = Duration::from_secs(30);
/// Lines that wait for a slow reader; more are dropped, the next round brings them again.
const LINES_WAITING_MAX: usize = 256;
/// Longest name, address or value that is passed on.
const TEXT_LENGTH_MAX: usize = 255;

/// Browses the kinds and writes lines to `out` until that fails, which is how the helper learns
/// that nobody reads any more. Call it in a process of its own: a panic inside Avahi's callbacks
/// would end that process.
pub fn run_helper(kinds: &[String], mut out: impl Write) -> io::Result<()> {
    // The helper must not outlive the daemon; the heartbeat would notice too, but later.
    if let Err(error) = nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGTERM) {
        tracing::debug!(%error, "no signal at the parent's death");
    }
    let (lines, waiting) = sync_channel(LINES_WAITING_MAX);
    let stop = Arc::new(AtomicBool::new(false));
    for kind in kinds {
        let browse = Browse { kind: kind.clone(), lines: lines.clone(), stop: Arc::clone(&stop) };
        std::thread::Builder::new().name(format!("browse {kind}")).spawn(move || browse.run())?;
    }
    drop(lines);
    let result = write_lines(&waiting, &mut out);
    stop.store(true, Ordering::Relaxed);
    result
}

fn write_lines(waiting: &Receiver<HelperLine>, out: &mut impl Write) -> io::Result<()> {
    loop {
        let line = match waiting.recv_timeout(HEARTBEAT) {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout) => HelperLine::Alive,
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        };
        let mut line = serde_json::to_vec(&line)?;
        line.push(b'\n');
        out.write_all(&line)?;
        out.flush()?;
    }
}

struct Browse {
    kind: String,
    lines: SyncSender<HelperLine>,
    stop: Arc<AtomicBool>,
}

impl Browse {
    fn run(self) {
        let mut pause = PAUSE_FIRST;
        while !self.stop.load(Ordering::Relaxed) {
            match self.round() {
                Ok(()) => pause = PAUSE_FIRST,
                Err(detail) => {
                    self.tell(HelperLine::Trouble {
                        code: "discovery.no_avahi".to_owned(),
                        detail: short(&detail),
                    });
                    std::thread::sleep(pause);
                    pause = (pause * 2).min(PAUSE_LAST);
                }
            }
        }
    }

    fn tell(&self, line: HelperLine) {
        // A full queue drops the line: the next round says it again.
        let _ = self.lines.try_send(line);
    }

    /// One browser's life.
    fn round(&self) -> Result<(), String> {
        let kind = ServiceType::from_str(&self.kind).map_err(|error| error.to_string())?;
        let failed: Arc<Mutex<Option<String>>> = Arc::default();
        let mut browser = MdnsBrowser::new(kind);
        let (lines, failure, name) = (self.lines.clone(), Arc::clone(&failed), self.kind.clone());
        browser.set_service_callback(Box::new(move |event, _context| {
            // The caller is C: a panic that left here would abort the process.
            let judged = catch_unwind(AssertUnwindSafe(|| match event {
                Ok(BrowserEvent::Add(service)) => seen(&name, &service),
                Ok(BrowserEvent::Remove(service)) => {
                    Some(HelperLine::Gone { kind: name.clone(), name: short(service.name()) })
                }
                Err(error) => {
                    let error = error.to_string();
                    // One service that does not resolve says nothing about the others.
                    if !error.starts_with("failed to resolve service") {
                        *failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                    }
                    None
                }
            }));
            if let Ok(Some(line)) = judged {
                let _ = lines.try_send(line);
            }
        }));
        let events = browser.browse_services().map_err(|error| error.to_string())?;
        self.tell(HelperLine::Round { kind: self.kind.clone() });
        let until = Instant::now() + ROUND;
        let mut result = Ok(());
        while Instant::now() < until && !self.stop.load(Ordering::Relaxed) {
            if let Err(error) = events.poll(POLL) {
                result = Err(error.to_string());
                break;
            }
            // Polling goes on well after the daemon has gone; only the callback knows.
            if let Some(error) = failed.lock().unwrap_or_else(PoisonError::into_inner).take() {
                result = Err(error);
                break;
            }
        }
        // In this order: a browser that goes before its loop crashes.
        drop(events);
        drop(browser);
        result
    }
}

fn seen(kind: &str, service: &ServiceDiscovery) -> Option<HelperLine> {
    let address = service.address();
    if address.to_ascii_lowercase().starts_with("fe80:") {
        return None;
    }
    let mut txt = BTreeMap::new();
    let mut unreadable = Vec::new();
    if let Some(record) = service.txt() {
        for key in TXT_KEYS {
            match value(record, key) {
                Ok(Some(value)) => {
                    txt.insert((*key).to_owned(), short(&value));
                }
                Ok(None) => {}
                Err(()) => unreadable.push((*key).to_owned()),
            }
        }
    }
    Some(HelperLine::Seen(Announcement {
        kind: kind.to_owned(),
        name: short(service.name()),
        host: short(service.host_name()),
        address: short(address),
        port: *service.port(),
        txt,
        unreadable,
    }))
}

fn value(record: &TxtRecord, key: &str) -> Result<Option<String>, ()> {
    catch_unwind(AssertUnwindSafe(|| record.get(key))).map_err(|_| ())
}

fn short(text: &str) -> String {
    let mut end = text.len().min(TEXT_LENGTH_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}
