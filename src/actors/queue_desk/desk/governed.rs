//! The two pictures of the day, when the head decides something about the queue.

use super::Desk;
use crate::actors::queue_desk::governed::Governing;
use domain::queue::{Decision, Governed, QueueSettings};
use domain::refusal::Refusal;
use jiff::Timestamp;

impl Desk {
    /// Decides by the day ahead of the disk: the fact, and the counters that change with it.
    pub(in crate::actors::queue_desk) fn govern(
        &self,
        wish: &Governing,
        by: &str,
        now: Timestamp,
    ) -> Result<(Governed, Decision), Refusal> {
        match wish {
            Governing::Policy(wish) => {
                let choice = self.ahead.choose_policy(wish, by, now)?;
                Ok((Governed::Policy(choice), Decision::default()))
            }
            Governing::Skills(officer, services) => {
                let set = self.ahead.set_skills(officer.clone(), services.clone(), by, now)?;
                Ok((Governed::Skills(set.0), set.1))
            }
        }
    }

    /// Takes in what is on its way to the disk.
    pub(in crate::actors::queue_desk) fn apply_governed(&mut self, governed: &Governed) {
        self.ahead.take(governed);
    }

    /// Takes in what is on disk.
    pub(in crate::actors::queue_desk) fn commit_governed(&mut self, governed: &Governed) {
        self.committed.take(governed);
        self.waits.changed();
    }

    /// The settings in force, as committed.
    pub(in crate::actors::queue_desk) fn in_force(&self) -> &QueueSettings {
        self.committed.settings()
    }
}
