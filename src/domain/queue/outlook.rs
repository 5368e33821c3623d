//! What the hall is shown as "next": the policy itself, played forward.

use jiff::Timestamp;
use uuid::Uuid;

use super::pick::Foreseen;
use super::state::Queue;
use super::types::{Class, Counter, CounterState, Ticket};

impl Queue {
    /// The tickets that will be called next if nobody else comes and the officers press their keys in
    /// turn: those without a citizen first, then those whose citizen was called earliest. What no
    /// staffed counter may call comes last, by class and order, because nobody knows when.
    pub fn next_labels(&self, limit: usize, now: Timestamp) -> Vec<String> {
        let mut next: Vec<Foreseen<'_>> = Vec::with_capacity(limit);
        let mut counters = self.in_turn();
        while !counters.is_empty() && next.len() < limit {
            counters.retain(|counter| {
                if next.len() >= limit {
                    return true;
                }
                let Some(picked) = self.pick(counter, &next, now) else { return false };
                next.push(picked.foreseen(counter.number));
                true
            });
        }
        let next: Vec<&Ticket> = next.into_iter().map(|call| call.ticket).collect();
        let listed: Vec<Uuid> = next.iter().map(|ticket| ticket.id).collect();
        let rest = self.waiting(Class::Priority).chain(self.waiting(Class::Regular));
        let rest = rest.filter(|ticket| !listed.contains(&ticket.id)).take(limit - next.len());
        next.iter().copied().chain(rest).map(|ticket| ticket.label.clone()).collect()
    }

    /// Open counters in the order in which they will call.
    fn in_turn(&self) -> Vec<Counter> {
        let mut open: Vec<Counter> =
            self.counters().filter(|one| one.state == CounterState::Open).cloned().collect();
        open.sort_by_key(|one| {
            let current = one.current.and_then(|id| self.ticket(id).ok());
            current.map(|ticket| ticket.called_at.unwrap_or(ticket.queued_at))
        });
        open
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Hall, officer, plan};
    use super::super::{Command, Queue, TransferTo};
    use crate::ids::CounterNumber;
    use jiff::Timestamp;

    fn next(hall: &Hall, limit: usize) -> Vec<String> {
        hall.queue.next_labels(limit, hall.now)
    }

    fn serve(queue: &mut Queue, now: Timestamp) -> String {
        let one = CounterNumber(1);
        let mut labels = Vec::new();
        for command in [Command::CallNext(one), Command::Begin(one), Command::Complete(one)] {
            let decision = queue.decide(command, now).unwrap();
            queue.apply(&decision);
            labels.push(decision.tickets[0].label.clone());
        }
        labels.remove(0)
    }

    #[test]
    fn the_hall_shows_the_order_in_which_one_counter_then_calls() {
        let mut hall = Hall::with(vec![plan(1, &["ho-tich"])]);
        for _ in 0..3 {
            hall.issue("ho-tich", None).unwrap();
        }
        for minutes in [0, 31] {
            hall.pass(minutes * 60);
            for _ in 0..2 {
                hall.issue("ho-tich", Some("elderly")).unwrap();
            }
            let shown = next(&hall, 12);
            let mut after = hall.queue.clone();
            let called: Vec<String> = shown.iter().map(|_| serve(&mut after, hall.now)).collect();
            assert_eq!(shown, called, "after {minutes} minutes");
        }
        // Overdue: one and one, not every priority caller first.
        assert_eq!(next(&hall, 3), ["A001", "A004", "A002"]);
    }

    #[test]
    fn the_free_counter_calls_before_the_busy_one_and_a_reserved_ticket_at_its_own() {
        let mut hall = Hall::with(vec![plan(1, &["ho-tich"]), plan(2, &["dat-dai", "ho-tich"])]);
        for _ in 0..4 {
            hall.issue("ho-tich", None).unwrap();
        }
        hall.issue("dat-dai", Some("elderly")).unwrap();
        assert_eq!(hall.call(1).unwrap().label, "A001");
        // Counter 2 is free: its priority caller, then counter 1, then 2 again.
        assert_eq!(next(&hall, 3), ["B001", "A002", "A003"]);
        hall.take(Command::Transfer(CounterNumber(1), TransferTo::Counter(CounterNumber(2))))
            .unwrap();
        assert_eq!(next(&hall, 4), ["A002", "B001", "A003", "A001"]);
    }

    #[test]
    fn whom_no_staffed_counter_may_call_comes_last() {
        let mut hall = Hall::with(vec![plan(1, &["ho-tich"]), plan(2, &["dat-dai"])]);
        hall.take(Command::CloseCounter(CounterNumber(2))).unwrap();
        hall.issue("dat-dai", Some("elderly")).unwrap();
        hall.issue("ho-tich", None).unwrap();
        assert_eq!(next(&hall, 12), ["A001", "B001"]);
        hall.take(Command::OpenCounter(CounterNumber(2), officer("officer-2"))).unwrap();
        assert_eq!(next(&hall, 1), ["A001"], "counter 1 comes first when both are free");
        assert_eq!(next(&hall, 12), ["A001", "B001"]);
    }
}
