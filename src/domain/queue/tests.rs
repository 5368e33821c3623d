//! The queue's rules, told as facts. `Hall` is a small hall with a clock that moves.

use jiff::{Timestamp, civil};
use uuid::Uuid;

use super::*;
use crate::ids::{CounterNumber, OfficerId, ServiceCode};
use crate::refusal::Refusal;
use crate::split::Journaled;

pub(super) const SERVICES: &str = include_str!("../../../config/queue/services.toml");
pub(super) const GROUNDS: &str = include_str!("../../../config/queue/priority_grounds.toml");
pub(super) const RULES: &str = include_str!("../../../config/queue/rules.toml");

pub(super) fn code(text: &str) -> ServiceCode {
    ServiceCode::parse(text).unwrap()
}

pub(super) fn officer(name: &str) -> OfficerId {
    OfficerId::parse(name).unwrap()
}

pub(super) fn plan(number: u16, services: &[&str]) -> CounterPlan {
    CounterPlan {
        number: CounterNumber(number),
        name: format!("Quầy {number}"),
        services: services.iter().map(|service| code(service)).collect(),
    }
}

pub(super) fn settings(counters: Vec<CounterPlan>) -> QueueSettings {
    let mut settings = QueueSettings {
        services: parse_services("services.toml", SERVICES).unwrap(),
        counters,
        grounds: parse_grounds("priority_grounds.toml", GROUNDS).unwrap(),
        rules: QueueRules::parse("rules.toml", RULES).unwrap(),
        hours: QueueHours::default(),
        chosen: Chosen::default(),
    };
    settings.services[4].number_to = 3;
    settings
}

pub(super) struct Hall {
    pub queue: Queue,
    pub now: Timestamp,
    /// The last id that a ticket got.
    pub ids: u128,
}

impl Hall {
    /// Counters 1 and 2 for civil status, 3 for land and results; all open.
    pub fn open() -> Self {
        Self::with(vec![
            plan(1, &["ho-tich"]),
            plan(2, &["ho-tich"]),
            plan(3, &["dat-dai", "xa-hoi", "khac", "tra-ket-qua"]),
        ])
    }

    pub fn with(counters: Vec<CounterPlan>) -> Self {
        Self::of(settings(counters))
    }

    /// The same with other rules of calling.
    pub fn ruled(counters: Vec<CounterPlan>, rules: &QueueRules) -> Self {
        Self::of(QueueSettings { rules: rules.clone(), ..settings(counters) })
    }

    pub fn of(settings: QueueSettings) -> Self {
        let numbers: Vec<CounterNumber> =
            settings.counters.iter().map(|plan| plan.number).collect();
        let day = civil::date(2026, 11, 23);
        let queue = Queue::for_day(settings, day, [], []);
        let mut hall = Self { queue, now: "2026-11-23T00:30:00Z".parse().unwrap(), ids: 0 };
        for number in numbers {
            hall.take(Command::OpenCounter(number, officer(&format!("officer-{number}")))).unwrap();
        }
        hall
    }

    pub fn take(&mut self, command: Command) -> Result<Decision, Refusal> {
        let decision = self.queue.decide(command, self.now)?;
        self.queue.apply(&decision);
        Ok(decision)
    }

    pub fn issue(&mut self, service: &str, ground: Option<&str>) -> Result<Ticket, Refusal> {
        self.issue_all(&[service], ground)
    }

    /// One number for several services, in this order.
    pub fn issue_all(
        &mut self,
        services: &[&str],
        ground: Option<&str>,
    ) -> Result<Ticket, Refusal> {
        self.ids += 1;
        let issue = Issue {
            id: Uuid::from_u128(self.ids),
            service: code(services[0]),
            next_services: services[1..].iter().map(|service| code(service)).collect(),
            priority_ground: ground.map(str::to_owned),
            print: true,
            issued_by: "kiosk".into(),
            outside_hours: None,
        };
        self.take(Command::Issue(issue)).map(|decision| decision.tickets[0].clone())
    }

    pub fn call(&mut self, counter: u16) -> Result<Ticket, Refusal> {
        self.take(Command::CallNext(CounterNumber(counter)))
            .map(|decision| decision.tickets[0].clone())
    }

    /// Calls, serves and completes; gives the label.
    pub fn serve(&mut self, counter: u16) -> String {
        let label = self.call(counter).unwrap().label;
        self.take(Command::Begin(CounterNumber(counter))).unwrap();
        self.take(Command::Complete(CounterNumber(counter))).unwrap();
        label
    }

    /// Calls and marks missed; gives the id.
    pub fn miss(&mut self, counter: u16) -> Uuid {
        let id = self.call(counter).unwrap().id;
        self.take(Command::NoShow(CounterNumber(counter))).unwrap();
        id
    }

    /// A ticket with an appointment comes in: that many seconds from now; of a kind that the hall cannot
    /// issue itself.
    pub fn appointed(&mut self, service: &str, in_s: i64) -> Ticket {
        let id = self.issue(service, None).unwrap().id;
        let at = Timestamp::from_second(self.now.as_second() + in_s).unwrap();
        let ticket = self.queue.ticket(id).unwrap();
        let ticket = Ticket { appointment_at: Some(at), rev: ticket.rev + 1, ..ticket.clone() };
        self.queue.apply(&Decision { tickets: vec![ticket.clone()], ..Decision::default() });
        ticket
    }

    pub fn pass(&mut self, seconds: i64) {
        self.now = Timestamp::from_second(self.now.as_second() + seconds).unwrap();
    }

    /// Throws the memory away and reads the rows again, as after a restart, through their halves.
    pub fn restart(&mut self) {
        let day = self.queue.day();
        let tickets: Vec<Ticket> = self.queue.tickets().map(through_halves).collect();
        let counters: Vec<Counter> = self.queue.counters().map(through_halves).collect();
        self.queue = Queue::for_day(self.queue.settings().clone(), day, tickets, counters);
    }
}

pub(super) fn through_halves<T: Journaled>(record: &T) -> T {
    let (public, sealed) = record.split();
    T::join(public, sealed).unwrap()
}

const ONE: CounterNumber = CounterNumber(1);
const TWO: CounterNumber = CounterNumber(2);
const THREE: CounterNumber = CounterNumber(3);

#[test]
fn a_ticket_gets_the_next_number_of_its_series() {
    let mut hall = Hall::open();
    let labels: Vec<String> = ["ho-tich", "ho-tich", "dat-dai", "ho-tich"]
        .iter()
        .map(|service| hall.issue(service, None).unwrap().label)
        .collect();
    assert_eq!(labels, ["A001", "A002", "B001", "A003"]);
    assert_eq!(label('A', 1000), "A1000");
    hall.restart();
    assert_eq!(hall.issue("ho-tich", None).unwrap().label, "A004");
}

#[test]
fn a_full_series_is_refused_and_the_others_go_on() {
    let mut hall = Hall::open();
    for _ in 0..3 {
        hall.issue("tra-ket-qua", None).unwrap();
    }
    let refusal = hall.issue("tra-ket-qua", None).unwrap_err();
    assert_eq!(refusal, Refusal::SeriesFull { series: 'T', number_to: 3 });
    assert_eq!(hall.issue("dat-dai", None).unwrap().label, "B001");
}

#[test]
fn a_ticket_needs_a_known_service_a_counter_and_a_known_ground() {
    let mut hall = Hall::with(vec![plan(1, &["ho-tich"])]);
    assert_eq!(hall.issue("vang", None).unwrap_err().code(), "queue.unknown_service");
    assert_eq!(hall.issue("khac", None).unwrap_err().code(), "queue.service_not_served");
    let refusal = hall.issue("ho-tich", Some("rich")).unwrap_err();
    assert_eq!(refusal.code(), "queue.unknown_priority_ground");
    let ticket = hall.issue("ho-tich", Some("elderly")).unwrap();
    assert_eq!(ticket.class, Class::Priority);
}

#[test]
fn a_call_tells_its_reason_and_lights_the_sign() {
    let mut hall = Hall::open();
    let regular = hall.issue("ho-tich", None).unwrap();
    hall.pass(60);
    let priority = hall.issue("ho-tich", Some("pregnant")).unwrap();
    hall.pass(17 * 60);
    let decision = hall.take(Command::CallNext(ONE)).unwrap();
    let called = &decision.tickets[0];
    assert_eq!(called.id, priority.id);
    let reason = called.call_reason.as_ref().unwrap();
    assert_eq!(reason.rule, CallRule::PriorityFirst);
    assert_eq!(reason.over.as_deref(), Some(regular.label.as_str()));
    assert_eq!(reason.oldest_regular_wait_s, Some(18 * 60));
    assert_eq!(reason.waited_s, 17 * 60);
    let sign = Effect::CounterSign { counter: ONE, label: Some(called.label.clone()) };
    let announce = Effect::Announce { ticket: called.id, counter: ONE, kind: AnnounceKind::Call };
    assert_eq!(decision.effects, [sign, announce]);
}

#[test]
fn an_overdue_regular_caller_gets_every_second_call_of_each_counter() {
    let mut hall = Hall::open();
    for _ in 0..4 {
        hall.issue("ho-tich", None).unwrap();
    }
    hall.pass(31 * 60);
    for _ in 0..6 {
        hall.issue("ho-tich", Some("elderly")).unwrap();
    }
    // counter 2 takes turns of its own: its calls do not use up those of counter 1
    let called: Vec<String> = [1, 2, 1, 2, 1, 2, 1, 2].map(|n| hall.serve(n)).into();
    assert_eq!(called, ["A001", "A002", "A005", "A006", "A003", "A004", "A007", "A008"]);
}

#[test]
fn a_counter_with_an_unfinished_ticket_cannot_call() {
    let mut hall = Hall::open();
    hall.issue("ho-tich", None).unwrap();
    hall.issue("ho-tich", None).unwrap();
    hall.call(1).unwrap();
    let refusal = hall.call(1).unwrap_err();
    assert_eq!(refusal, Refusal::CounterBusy { counter: ONE, label: "A001".into() });
    assert_eq!(hall.call(2).unwrap().label, "A002");
    assert_eq!(hall.call(3).unwrap_err(), Refusal::NobodyWaiting { counter: THREE });
}

#[test]
fn a_paused_or_closed_counter_does_not_call() {
    let mut hall = Hall::open();
    hall.issue("ho-tich", None).unwrap();
    hall.take(Command::PauseCounter(ONE, PauseReason::ShortBreak)).unwrap();
    assert_eq!(hall.call(1).unwrap_err(), Refusal::CounterNotOpen { counter: ONE });
    hall.take(Command::OpenCounter(ONE, officer("officer-1"))).unwrap();
    hall.take(Command::CloseCounter(TWO)).unwrap();
    assert_eq!(hall.call(2).unwrap_err(), Refusal::CounterNotOpen { counter: TWO });
    assert!(hall.call(1).is_ok());
    assert_eq!(hall.take(Command::CloseCounter(ONE)).unwrap_err().code(), "queue.counter_busy");
}

#[test]
fn a_counter_belongs_to_one_officer_until_it_closes() {
    let mut hall = Hall::open();
    let other = Command::OpenCounter(ONE, officer("other"));
    assert_eq!(hall.take(other.clone()).unwrap_err().code(), "queue.counter_taken");
    hall.take(Command::CloseCounter(ONE)).unwrap();
    hall.take(other.clone()).unwrap();
    assert_eq!(hall.take(other).unwrap(), Decision::default());
}

#[test]
fn a_clock_that_steps_back_spoils_neither_order_nor_recall() {
    let mut hall = Hall::open();
    hall.pass(600);
    let first = hall.issue("ho-tich", None).unwrap();
    hall.pass(-300);
    let second = hall.issue("ho-tich", None).unwrap();
    assert!(first.order() < second.order());
    assert_eq!(hall.call(1).unwrap().id, first.id);
    hall.pass(-100);
    assert!(hall.take(Command::Recall(ONE)).is_ok());
}

#[test]
fn a_new_day_starts_with_closed_counters_and_number_one() {
    let mut hall = Hall::open();
    hall.issue("ho-tich", None).unwrap();
    hall.call(1).unwrap();
    hall.pass(24 * 3600);
    assert_eq!(hall.issue("ho-tich", None).unwrap_err().code(), "queue.wrong_day");
    let (tickets, counters): (Vec<_>, Vec<_>) =
        (hall.queue.tickets().cloned().collect(), hall.queue.counters().cloned().collect());
    let next = civil::date(2026, 11, 24);
    hall.queue = Queue::for_day(hall.queue.settings().clone(), next, tickets, counters);
    assert_eq!(hall.issue("ho-tich", None).unwrap().label, "A001");
    let counter = hall.queue.counter(ONE).unwrap().clone();
    assert_eq!((counter.state, counter.current), (CounterState::Closed, None));
    // the record goes on counting, so a stored row is never overwritten by an older one
    let rev = hall.take(Command::OpenCounter(ONE, officer("new"))).unwrap().counters[0].rev;
    assert_eq!(rev, counter.rev + 1);
}

#[test]
fn the_number_of_people_before_a_citizen_counts_those_of_the_same_service() {
    let mut hall = Hall::open();
    for _ in 0..3 {
        hall.issue("ho-tich", None).unwrap();
    }
    hall.issue("dat-dai", None).unwrap();
    let priority = hall.issue("ho-tich", Some("elderly")).unwrap();
    let last = hall.issue("ho-tich", None).unwrap();
    assert_eq!(hall.queue.waiting_ahead(&last), 4);
    assert_eq!(hall.queue.waiting_ahead(&priority), 0);
    hall.serve(1);
    assert_eq!(hall.queue.waiting_ahead(&last), 3);
}

#[test]
fn print_is_a_state_of_its_own_and_never_goes_back_from_paper() {
    let mut hall = Hall::open();
    let ticket = hall.issue("ho-tich", None).unwrap();
    assert_eq!(ticket.printed, Printed::Pending);
    let printed = |hall: &Hall| hall.queue.ticket(ticket.id).unwrap().printed;
    hall.take(Command::MarkPrinted(ticket.id, false)).unwrap();
    assert_eq!(printed(&hall), Printed::Failed);
    let again = hall.take(Command::Reprint(ticket.id)).unwrap();
    assert_eq!(again.effects, [Effect::PrintTicket { ticket: ticket.id }]);
    hall.take(Command::MarkPrinted(ticket.id, true)).unwrap();
    hall.take(Command::MarkPrinted(ticket.id, false)).unwrap();
    assert_eq!(printed(&hall), Printed::Printed);
}

#[test]
fn the_ground_and_the_reason_are_sealed() {
    let mut hall = Hall::open();
    let ticket = hall.issue("ho-tich", Some("disabled")).unwrap();
    let reason = Some("Bà Lan về nhà".to_owned());
    let ticket = hall.take(Command::Cancel(ticket.id, reason)).unwrap().tickets[0].clone();
    let (public, sealed) = ticket.split();
    let public = public.to_string();
    assert!(!public.contains("disabled") && !public.contains("Lan"), "{public}");
    assert_eq!(sealed["/priority_ground"], "disabled");
    assert!(!format!("{ticket:?}").contains("disabled"), "logs must not tell either");
}
