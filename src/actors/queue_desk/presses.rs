//! Holds each kiosk to what citizens can press, and knows which paper each ticket waits for. No actix,
//! no clock.

use super::messages::Verb;
use crate::actors::failure::Failure;
use crate::actors::origin::Origin;
use domain::queue::Queue;
use domain::queue::kiosk::{Presses, share_of};
use domain::refusal::Refusal;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use store::records::PrintJob;
use uuid::Uuid;

/// Kiosks that are remembered. A center has a handful; of more, the one that was pressed longest ago
/// is forgotten and begins calm.
const KIOSKS_MAX: usize = 64;

/// The presses of all kiosks.
#[derive(Default)]
pub(super) struct Kiosks {
    presses: HashMap<String, Presses>,
}

impl Kiosks {
    /// Whether what a kiosk asks for may be decided about. Everybody else may always ask.
    pub(super) fn check(
        &mut self,
        origin: &Origin,
        verb: &Verb,
        queue: &Queue,
        now: Timestamp,
    ) -> Result<(), Failure> {
        self.press(origin, now)?;
        if let Verb::Issue(issuing) = verb
            && origin.kiosk
        {
            let service = queue.service(&issuing.service)?;
            let share = share_of(service);
            let given = queue
                .tickets()
                .filter(|ticket| ticket.issued_by == origin.device && ticket.carried_to.is_none())
                .filter(|ticket| service.holds(ticket.series, ticket.number))
                .count();
            if u32::try_from(given).unwrap_or(u32::MAX) >= share {
                return Err(Refusal::KioskShareUsed { series: service.series, share }.into());
            }
        }
        Ok(())
    }

    /// Whether a kiosk may be pressed now; codes that are tried there are slowed down by it, too.
    pub(super) fn press(&mut self, origin: &Origin, now: Timestamp) -> Result<(), Failure> {
        if !origin.kiosk {
            return Ok(());
        }
        if !self.presses.contains_key(&origin.device) && self.presses.len() >= KIOSKS_MAX {
            self.forget_calmest();
        }
        let presses = self.presses.entry(origin.device.clone()).or_default();
        presses.press(origin.request.as_deref().unwrap_or_default(), now).map_err(too_fast)
    }

    fn forget_calmest(&mut self) {
        let calmest = self.presses.iter().min_by_key(|(_, presses)| presses.last_at());
        if let Some(device) = calmest.map(|(device, _)| device.clone()) {
            self.presses.remove(&device);
        }
    }
}

fn too_fast(wait: SignedDuration) -> Failure {
    let whole = wait.as_secs() + i64::from(wait.subsec_nanos() > 0);
    Failure::TooFast { wait_s: u32::try_from(whole).unwrap_or(1).max(1) }
}

/// The paper that each ticket of today waits for: asked for again, it is not printed twice.
#[derive(Default)]
pub(super) struct OpenPapers {
    jobs: HashMap<Uuid, Uuid>,
}

impl OpenPapers {
    /// From the jobs that the tables have open.
    pub(super) fn of(jobs: &[PrintJob]) -> Self {
        let jobs = jobs.iter().filter_map(|job| Some((job.ticket?, job.id))).collect();
        Self { jobs }
    }

    /// The open job of a ticket.
    pub(super) fn of_ticket(&self, ticket: Uuid) -> Option<Uuid> {
        self.jobs.get(&ticket).copied()
    }

    /// A ticket waits for a paper.
    pub(super) fn ordered(&mut self, ticket: Uuid, job: Uuid) {
        self.jobs.insert(ticket, job);
    }

    /// A paper is there, or will never be.
    pub(super) fn ended(&mut self, ticket: Uuid, job: Uuid) {
        if self.jobs.get(&ticket) == Some(&job) {
            self.jobs.remove(&ticket);
        }
    }
}
