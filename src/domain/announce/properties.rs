//! What must hold for every morning of calls, tried with random ones against plain counting.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::tests::{Call, SHORTEST};
use super::*;

#[derive(Debug, Clone)]
enum Step {
    /// A ticket is called, or called again, so many milliseconds ago.
    Call { ticket: u64, ago_ms: i64 },
    /// Its citizen came.
    Withdraw(u64),
    /// Time passes.
    Pass(i64),
}

/// Few tickets, so that recalls and withdrawals meet those that wait; sometimes more than may wait.
fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0_u64..40, 0_i64..2_000).prop_map(|(ticket, ago_ms)| Step::Call { ticket, ago_ms }),
        1 => (0_u64..40, 50_000_i64..70_000)
            .prop_map(|(ticket, ago_ms)| Step::Call { ticket, ago_ms }),
        2 => (0_u64..40).prop_map(Step::Withdraw),
        4 => (0_i64..4_000).prop_map(Step::Pass),
        1 => (4_000_i64..30_000).prop_map(Step::Pass),
    ]
}

/// Some voices are shorter than the shortest time, some longer; in short all are shorter.
fn voice(call: &Call, hurried: bool) -> SignedDuration {
    let left_out = if hurried { 400 } else { 0 };
    SignedDuration::from_millis(500 + 97 * (i64::try_from(call.name).unwrap() % 80) - left_out)
}

/// The second time it is shorter, too.
fn reminder(call: &Call) -> SignedDuration {
    voice(call, false) - SignedDuration::from_millis(300)
}

/// What was begun last.
struct Spoken {
    call: Call,
    since: Timestamp,
    lasts: SignedDuration,
    /// It is still to be said a second time, if nobody waits.
    owed: bool,
}

/// What becomes of the calls, counted beside the queue.
#[derive(Default)]
struct Fate {
    /// Those that must still be heard or dropped, in their order.
    waiting: Vec<Call>,
    spoken: Option<Spoken>,
    of_ticket: BTreeMap<u64, usize>,
}

impl Fate {
    fn forget(&mut self, ticket: u64) {
        self.waiting.retain(|call| call.ticket != ticket);
        if let Some(spoken) = &mut self.spoken {
            spoken.owed &= spoken.call.ticket != ticket;
        }
    }

    fn advance(&mut self, queue: &mut Announcements<Call>, now: Timestamp) {
        let Due { begins, repeats, stale } = queue.advance(now, voice, reminder);
        let gone = stale.iter().chain(&begins);
        // Nothing jumps and nothing is lost: whatever left the queue stood at its head, in this order.
        let head: Vec<Call> = self.waiting.drain(..gone.clone().count()).collect();
        assert!(head.iter().eq(gone), "{head:?} stood at the head");
        for call in &stale {
            assert!(now.duration_since(call.at) > STALE_AFTER, "{call:?} was not stale");
        }
        let over =
            self.spoken.as_ref().is_none_or(|one| now.duration_since(one.since) >= one.lasts);
        if let Some(call) = begins {
            assert!(now.duration_since(call.at) <= STALE_AFTER, "{call:?} is stale");
            assert!(over, "what is heard is cut by {call:?}");
            assert_eq!(repeats, None, "two are heard at once");
            *self.of_ticket.entry(call.ticket).or_default() += 1;
            let lasts = voice(&call, !self.waiting.is_empty()).max(SHORTEST);
            self.spoken = Some(Spoken { owed: !call.again, call, since: now, lasts });
        } else if over {
            // Nobody waits while nothing is heard; then, and only then, the last one is said again.
            assert!(self.waiting.is_empty(), "{:?} wait for nothing", self.waiting);
            let owed = self.spoken.as_mut().filter(|one| one.owed);
            assert_eq!(repeats.as_ref(), owed.as_ref().map(|one| &one.call));
            if let Some(one) = owed {
                (one.owed, one.since, one.lasts) = (false, now, reminder(&one.call));
            }
        } else {
            assert_eq!(repeats, None, "what is heard is cut");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_morning_of_calls_overlaps_cuts_jumps_or_loses_one(
        steps in prop::collection::vec(step(), 1..200),
    ) {
        let mut now = Timestamp::from_second(1_764_000_000).unwrap();
        let mut queue = Announcements::new(SHORTEST);
        let mut fate = Fate::default();
        for (name, step) in steps.into_iter().enumerate() {
            match step {
                Step::Call { ticket, ago_ms } => {
                    let at = now - SignedDuration::from_millis(ago_ms);
                    let call = Call { ticket, name, at, again: name % 4 == 0 };
                    fate.forget(ticket);
                    let full = fate.waiting.len() == QUEUE_LENGTH_MAX;
                    let oldest = full.then(|| fate.waiting.remove(0));
                    fate.waiting.push(call.clone());
                    prop_assert_eq!(queue.add(call), oldest);
                }
                Step::Withdraw(ticket) => {
                    fate.forget(ticket);
                    queue.withdraw(Call { ticket, name, at: now, again: false }.ticket());
                }
                Step::Pass(ms) => now += SignedDuration::from_millis(ms),
            }
            fate.advance(&mut queue, now);
        }
        // When the officers rest, so does the queue.
        for _ in 0..QUEUE_LENGTH_MAX + 20 {
            now += SignedDuration::from_secs(10);
            fate.advance(&mut queue, now);
        }
        prop_assert!(fate.waiting.is_empty());
        prop_assert!(queue.idle());
    }

    #[test]
    fn a_recall_is_heard_again_whatever_is_called_around_it(
        before in prop::collection::vec(1_u64..40, 0..8),
        after in prop::collection::vec(1_u64..40, 0..8),
    ) {
        let mut now = Timestamp::from_second(1_764_000_000).unwrap();
        let mut queue = Announcements::new(SHORTEST);
        let mut fate = Fate::default();
        let mut name = 0;
        let mut call = |ticket: u64, now: Timestamp, fate: &mut Fate, queue: &mut Announcements<Call>| {
            let call = Call { ticket, name, at: now, again: false };
            name += 1;
            fate.forget(ticket);
            fate.waiting.push(call.clone());
            queue.add(call);
            fate.advance(queue, now);
        };
        call(0, now, &mut fate, &mut queue);
        for ticket in before {
            call(ticket, now, &mut fate, &mut queue);
        }
        call(0, now, &mut fate, &mut queue);
        for ticket in after {
            call(ticket, now, &mut fate, &mut queue);
        }
        while !queue.idle() {
            now += SignedDuration::from_millis(100);
            fate.advance(&mut queue, now);
        }
        prop_assert_eq!(fate.of_ticket[&0], 2);
    }
}
