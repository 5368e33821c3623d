//! What both ends count while a fault lasts, gathered over restarts: a process that was killed counts
//! from zero again.

use house::ledger::Ledger;
use house::{Center, House, scaled};
use reqwest::{Certificate, Client};
use serde_json::Value;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinHandle;

/// How often both ends are asked.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How long one question may take; an end that is halted does not answer.
const ANSWER_MAX: Duration = Duration::from_millis(900);

/// What was counted since the fault began.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Connections of the center's records to the broker.
    pub connections: u64,
    /// Frames that the center sent again.
    pub frames_again: u64,
    /// Things that the center told once: forgeries, parked entries.
    pub reports: u64,
    /// The most entries that waited.
    pub waiting_most: u64,
    /// The most frames under way.
    pub under_way_most: u64,
    /// Connections of the hub to the broker, both lanes.
    pub hub_connections: u64,
    /// Frames that the hub had already.
    pub doubles: u64,
    /// Frames before which the hub missed something.
    pub gaps: u64,
    /// Messages that came spoilt at either end.
    pub spoilt: u64,
    /// Messages that the hub did not take.
    pub refused: u64,
    /// Requests of people that had to be sent again.
    pub tried_again: u64,
    /// The most requests of people that waited for their answer.
    pub requests_most: u64,
    /// Codes of what the center's head was shown.
    pub reasons: Vec<String>,
}

impl Seen {
    /// Whether the link or a person noticed anything.
    pub fn anything(&self) -> bool {
        self.connections + self.frames_again + self.reports + self.hub_connections > 0
            || self.doubles + self.gaps + self.spoilt + self.refused + self.tried_again > 0
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = [
            (self.connections, "reconnects of the center"),
            (self.hub_connections, "of the hub"),
            (self.frames_again, "frames sent again"),
            (self.doubles, "doubles refused"),
            (self.gaps, "gaps seen"),
            (self.spoilt, "messages came spoilt"),
            (self.refused, "messages refused"),
            (self.reports, "reports at the center"),
            (self.tried_again, "requests tried again"),
        ];
        for (count, what) in counted.iter().filter(|(count, _)| *count > 0) {
            write!(f, "{count} {what}, ")?;
        }
        write!(
            f,
            "at most {} entries waiting, {} frames and {} requests in flight",
            self.waiting_most, self.under_way_most, self.requests_most
        )?;
        if !self.reasons.is_empty() {
            write!(f, ", shown: {}", self.reasons.join(" "))?;
        }
        Ok(())
    }
}

/// A counter of a process that may begin anew.
#[derive(Default)]
struct Counter {
    last: Option<u64>,
    grown: u64,
}

impl Counter {
    fn look(&mut self, now: u64) -> u64 {
        self.grown += match self.last {
            None => 0,
            Some(last) if now >= last => now - last,
            // It counts from zero since it was started again.
            Some(_) => now,
        };
        self.last = Some(now);
        self.grown
    }

    /// The process was started again and counts from zero, whatever it says next.
    fn anew(&mut self) {
        self.last = Some(0);
    }
}

/// Asks both ends until it is dropped.
pub struct Watch {
    seen: Arc<Mutex<Seen>>,
    ledger: Arc<Ledger>,
    tried_before: u64,
    anew: Arc<[AtomicBool; 2]>,
    task: JoinHandle<()>,
}

impl Watch {
    /// Begins to count.
    pub async fn start(house: &House, ledger: &Arc<Ledger>) -> Self {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let hub = hub_client(house);
        let hub_health = format!("{}/api/v1/health", house.demo.hub_address());
        let anew = Arc::new([const { AtomicBool::new(false) }; 2]);
        let mut asking = Asking {
            center: ledger.center.clone(),
            hub,
            hub_health,
            counters: Default::default(),
            anew: anew.clone(),
        };
        // What was counted before the fault is not the fault's.
        asking.look(&seen, ledger).await;
        let task = tokio::spawn({
            let (seen, ledger) = (seen.clone(), ledger.clone());
            async move {
                loop {
                    asking.look(&seen, &ledger).await;
                    tokio::time::sleep(LOOK_EVERY).await;
                }
            }
        });
        Self { seen, ledger: ledger.clone(), tried_before: ledger.tried_again(), anew, task }
    }

    /// The center was started again.
    pub fn center_began_anew(&self) {
        self.anew[0].store(true, Ordering::Relaxed);
    }

    /// The hub was started again.
    pub fn hub_began_anew(&self) {
        self.anew[1].store(true, Ordering::Relaxed);
    }

    /// What was counted so far.
    pub fn seen(&self) -> Seen {
        let mut seen = self.seen.lock().unwrap().clone();
        seen.tried_again = self.ledger.tried_again() - self.tried_before;
        seen
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Somebody who asks the hub how it is.
pub fn hub_client(house: &House) -> Client {
    let pem = std::fs::read(hub::authority::Paths::new(&house.folder.path.join("hub")).lan());
    Client::builder()
        .add_root_certificate(Certificate::from_pem(&pem.unwrap()).unwrap())
        .timeout(scaled(ANSWER_MAX))
        .build()
        .unwrap()
}

struct Asking {
    center: Center,
    hub: Client,
    hub_health: String,
    counters: [Counter; 9],
    anew: Arc<[AtomicBool; 2]>,
}

/// Which counters are whose.
const OF_CENTER: [usize; 4] = [0, 1, 2, 7];
const OF_HUB: [usize; 5] = [3, 4, 5, 6, 8];

impl Asking {
    async fn look(&mut self, seen: &Mutex<Seen>, ledger: &Ledger) {
        let center = tokio::time::timeout(scaled(ANSWER_MAX), self.center.health());
        let hub = async { self.hub.get(&self.hub_health).send().await.ok()?.json().await.ok() };
        let (center, hub): (_, Option<Value>) = tokio::join!(center, hub);
        let mut seen = seen.lock().unwrap();
        seen.requests_most = seen.requests_most.max(ledger.under_way());
        let number = |of: &Value, key: &str| of[key].as_u64().unwrap_or(0);
        for (end, counters) in [OF_CENTER.as_slice(), OF_HUB.as_slice()].into_iter().enumerate() {
            if self.anew[end].swap(false, Ordering::Relaxed) {
                counters.iter().for_each(|index| self.counters[*index].anew());
            }
        }
        if let Ok(Some(health)) = center
            && health["uplink"].is_object()
        {
            let uplink = &health["uplink"];
            seen.connections = self.counters[0].look(number(uplink, "connections"));
            seen.frames_again = self.counters[1].look(number(uplink, "frames_repeated"));
            seen.reports = self.counters[2].look(number(uplink, "reports"));
            let spoilt_here = self.counters[7].look(number(uplink, "messages_spoilt"));
            seen.spoilt = spoilt_here + self.counters[8].grown;
            seen.waiting_most = seen.waiting_most.max(number(uplink, "entries_waiting"));
            seen.under_way_most = seen.under_way_most.max(number(uplink, "frames_under_way"));
            if let Some(reason) = uplink["reason_code"].as_str()
                && !seen.reasons.iter().any(|known| known == reason)
            {
                seen.reasons.push(reason.to_owned());
            }
        }
        if let Some(health) = hub {
            seen.hub_connections = self.counters[3].look(number(&health, "connections"));
            seen.doubles = self.counters[4].look(number(&health, "frames_repeated"));
            seen.gaps = self.counters[5].look(number(&health, "frames_missing"));
            let spoilt_there = self.counters[8].look(number(&health, "messages_spoilt"));
            seen.spoilt = spoilt_there + self.counters[7].grown;
            seen.refused = self.counters[6].look(number(&health, "messages_refused"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_goes_on_over_a_restart() {
        let mut counter = Counter::default();
        assert_eq!([5, 7, 1, 3].map(|now| counter.look(now)), [0, 2, 3, 5]);
        counter.anew();
        assert_eq!(counter.look(4), 9);
    }
}
