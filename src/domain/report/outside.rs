//! What a center tells of its hall to those outside, so that a citizen picks the nearer or the faster
//! one: how many wait for what, how long a newcomer will wait, how many counters call. No number, no
//! name, nothing of a person. And what can be said of one ticket from the tickets alone, at the hub,
//! which has them by replication a moment later.
//!
//! Left to others: the counting (the center's queue desk), the way to the hub (link), words (hub).

use jiff::{SignedDuration, Timestamp, civil};
use serde::{Deserialize, Serialize};

use crate::ids::ServiceCode;
use crate::queue::{Class, Ticket, TicketState};
use crate::text_fold::turns_direction;

/// Service groups of one message; a center has twelve or so. Further ones are left out, their callers
/// still count in the sum.
pub const SERVICES_MAX: usize = 40;
/// Longest name of a service group in a message. Characters.
pub const NAME_LENGTH_MAX: usize = 60;
/// Figures older than this are told as old: the hall may look otherwise by now. A center sends at least
/// once a minute while its line holds.
pub const STALE_AFTER: SignedDuration = SignedDuration::from_mins(5);
/// Ranges are told in such steps, from [`LONG_MIN`] on in the long ones. Minutes; as on the ticket.
const STEP_MIN: u64 = 5;
const LONG_STEP_MIN: u64 = 10;
/// Where the long steps begin. Minutes.
const LONG_MIN: u64 = 60;

/// A hall at an instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HallNow {
    /// When it was so, by the center's clock.
    pub at: Timestamp,
    /// Counters that call.
    #[serde(default)]
    pub open_counters: u32,
    /// Everybody who waits.
    #[serde(default)]
    pub waiting: u32,
    /// The groups that an open counter serves or for which somebody waits.
    #[serde(default)]
    pub services: Vec<ServiceNow>,
}

/// One service group of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceNow {
    /// Its code.
    pub code: ServiceCode,
    /// Its name in Vietnamese.
    pub name_vi: String,
    /// Its name in English.
    #[serde(default)]
    pub name_en: String,
    /// So many wait for it, of both classes.
    #[serde(default)]
    pub waiting: u32,
    /// The short end of a newcomer's wait in minutes; nothing while no open counter serves it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low_min: Option<u32>,
    /// The long end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high_min: Option<u32>,
    /// The end of a break into which that wait runs, which is not counted in; centers of an older release
    /// do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub break_until: Option<civil::Time>,
    /// The end of the day, past which it may run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closes_at: Option<civil::Time>,
}

/// A wait as a range in minutes; zero at the low end reads as "less than the high end".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Range {
    /// The short end.
    pub low_min: u32,
    /// The long end.
    pub high_min: u32,
}

impl HallNow {
    /// Within the bounds of a message, whoever made it: so many groups, names of one short line.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        self.services.truncate(SERVICES_MAX);
        for service in &mut self.services {
            service.name_vi = one_line(&service.name_vi);
            service.name_en = one_line(&service.name_en);
        }
        self
    }

    /// Whether it says the same of another instant.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.open_counters == other.open_counters
            && self.waiting == other.waiting
            && self.services == other.services
    }

    /// As of when it may be told at `heard`, the hub's time of its coming: a center whose clock is ahead
    /// does not make its figures younger.
    #[must_use]
    pub fn as_of(&self, heard: Timestamp) -> Timestamp {
        self.at.min(heard)
    }

    /// One group.
    #[must_use]
    pub fn service(&self, code: &ServiceCode) -> Option<&ServiceNow> {
        self.services.iter().find(|service| service.code == *code)
    }

    /// The waits of all groups that are served, as one range: from the shortest to the longest.
    #[must_use]
    pub fn range(&self) -> Option<Range> {
        let ranges = || self.services.iter().filter_map(ServiceNow::range);
        let low_min = ranges().map(|range| range.low_min).min()?;
        let high_min = ranges().map(|range| range.high_min).max()?;
        Some(Range { low_min, high_min })
    }
}

impl ServiceNow {
    /// A newcomer's wait.
    #[must_use]
    pub fn range(&self) -> Option<Range> {
        let (low_min, high_min) = (self.low_min?, self.high_min?);
        Some(Range { low_min, high_min: high_min.max(low_min) })
    }

    /// The wait of somebody before whom so many wait: the part of a newcomer's wait, rounded outwards.
    /// Whoever stands behind more than a newcomer would is told no more than the newcomer: the tickets
    /// are then older than the figures.
    #[must_use]
    pub fn range_behind(&self, ahead: usize) -> Option<Range> {
        let newcomer = self.range()?;
        let all = u64::from(self.waiting) + 1;
        let own = u64::try_from(ahead).unwrap_or(u64::MAX).saturating_add(1).min(all);
        let part = |minutes: u32| (u64::from(minutes) * own, all);
        let ((low, of), (high, _)) = (part(newcomer.low_min), part(newcomer.high_min));
        let step = |minutes: u64| if minutes < LONG_MIN { STEP_MIN } else { LONG_STEP_MIN };
        let (down, up) = (step(low / of), step(high / of));
        let low_min = low / of / down * down;
        let high_min = high.div_ceil(of).div_ceil(up).max(1) * up;
        Some(Range { low_min: small(low_min), high_min: small(high_min) })
    }
}

/// How old something may be to be told as it is.
#[must_use]
pub fn is_stale(as_of: Timestamp, now: Timestamp) -> bool {
    now.duration_since(as_of) > STALE_AFTER
}

/// How many wait before a ticket: of its service those of its class who stand before it, and before a
/// regular one everybody who stands among the priority callers; appointments by [`Ticket::standing`]
/// with `grace_s`. As the center counts for a newcomer; the policy may call in another order.
#[must_use]
pub fn ahead_of(ticket: &Ticket, tickets: &[Ticket], now: Timestamp, grace_s: i64) -> usize {
    tickets.iter().filter(|other| stands_before(other, ticket, now, grace_s)).count()
}

/// Whether `other` is one of those, before `ticket`.
#[must_use]
pub fn stands_before(other: &Ticket, ticket: &Ticket, now: Timestamp, grace_s: i64) -> bool {
    if other.id == ticket.id
        || other.state != TicketState::Waiting
        || other.service != ticket.service
        || other.queue_day() != ticket.queue_day()
    {
        return false;
    }
    let (class, place) = ticket.standing(now, grace_s);
    let (their_class, their_place) = other.standing(now, grace_s);
    match (their_class, class) {
        (Class::Priority, Class::Regular) => true,
        (Class::Regular, Class::Priority) => false,
        _ => their_place < place,
    }
}

/// A name on one line, without what steers a printer or turns the direction of text.
fn one_line(name: &str) -> String {
    let harmless = |c: &char| !c.is_control() && !turns_direction(*c);
    name.chars().filter(harmless).take(NAME_LENGTH_MAX).collect()
}

fn small(minutes: u64) -> u32 {
    u32::try_from(minutes).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn at(minute: i64) -> Timestamp {
        let start: Timestamp = "2026-11-23T01:00:00Z".parse().unwrap();
        start + SignedDuration::from_mins(minute)
    }

    fn code(name: &str) -> ServiceCode {
        ServiceCode::parse(name).unwrap()
    }

    fn ticket(number: u32, service: &str, class: Class, minute: i64) -> Ticket {
        let id = Uuid::from_u128(u128::from(number));
        let day = crate::time::business_day(at(minute));
        let new =
            Ticket::waiting(id, day, ('A', number), code(service), at(minute), "kiosk".into());
        Ticket { class, ..new }
    }

    fn service(waiting: u32, low_min: u32, high_min: u32) -> ServiceNow {
        ServiceNow {
            code: code("ho-tich"),
            name_vi: "Hộ tịch".into(),
            name_en: "Civil status".into(),
            waiting,
            low_min: Some(low_min),
            high_min: Some(high_min),
            break_until: None,
            closes_at: None,
        }
    }

    fn hall(services: Vec<ServiceNow>) -> HallNow {
        HallNow { at: at(0), open_counters: 2, waiting: 9, services }
    }

    #[test]
    fn a_message_of_an_older_center_says_nothing_of_the_break_and_one_of_a_newer_one_is_read() {
        let old = r#"{"code": "ho-tich", "name_vi": "Hộ tịch", "low_min": 20, "high_min": 40}"#;
        let read: ServiceNow = serde_json::from_str(old).unwrap();
        assert_eq!(read, ServiceNow { name_en: String::new(), ..service(0, 20, 40) });
        let until = Some(civil::time(13, 30, 0, 0));
        let told = ServiceNow { break_until: until, ..service(9, 20, 40) };
        let sent = serde_json::to_string(&told).unwrap();
        assert_eq!(serde_json::from_str::<ServiceNow>(&sent).unwrap(), told);
        let nothing = serde_json::to_string(&service(9, 20, 40)).unwrap();
        assert!(!nothing.contains("break_until") && !nothing.contains("closes_at"), "{nothing}");
    }

    #[test]
    fn before_a_regular_ticket_stand_priority_callers_and_earlier_ones_of_its_own_service() {
        let (regular, priority) = (Class::Regular, Class::Priority);
        let mut tickets = vec![
            ticket(1, "ho-tich", regular, 0),
            ticket(2, "ho-tich", regular, 1),
            ticket(3, "ho-tich", regular, 2),
            ticket(4, "ho-tich", priority, 3),
            ticket(5, "dat-dai", regular, 0),
        ];
        let ahead =
            |tickets: &[Ticket], place: usize| ahead_of(&tickets[place], tickets, at(10), 900);
        assert_eq!([0, 1, 2, 3, 4].map(|place| ahead(&tickets, place)), [1, 2, 3, 0, 0]);
        // who was called, and who waits on another day, stands before nobody
        tickets[0].state = TicketState::Called;
        tickets[3].carried_to = Some(jiff::civil::date(2026, 11, 24));
        assert_eq!(ahead(&tickets, 2), 1);
    }

    #[test]
    fn an_appointment_stands_among_priority_callers_from_its_time_on() {
        let mut tickets =
            [ticket(1, "ho-tich", Class::Regular, 0), ticket(2, "ho-tich", Class::Regular, 5)];
        tickets[1].appointment_at = Some(at(20));
        let ahead = |now| ahead_of(&tickets[0], &tickets, now, 900);
        assert_eq!((ahead(at(19)), ahead(at(20))), (0, 1));
    }

    #[test]
    fn a_wait_behind_fewer_is_the_part_of_a_newcomers_rounded_outwards() {
        let ten = service(9, 20, 40);
        let told = |ahead| ten.range_behind(ahead).map(|range| (range.low_min, range.high_min));
        assert_eq!(told(9), Some((20, 40)));
        assert_eq!(told(4), Some((10, 20)));
        assert_eq!(told(0), Some((0, 5)));
        assert_eq!(told(50), Some((20, 40)), "older than the figures");
        let unserved = ServiceNow { low_min: None, high_min: None, ..service(3, 0, 0) };
        assert_eq!(unserved.range_behind(1), None);
        assert_eq!(hall(vec![unserved.clone()]).range(), None);
        let all = hall(vec![service(1, 10, 15), service(9, 20, 40), unserved]);
        assert_eq!(all.range(), Some(Range { low_min: 10, high_min: 40 }));
    }

    #[test]
    fn what_was_sent_is_bounded_and_a_clock_ahead_makes_nothing_younger() {
        let mut loud = service(1, 0, 5);
        loud.name_vi = format!("Hộ\n\u{202e}\u{61c}tịch{}", "x".repeat(500));
        let bounded = hall(vec![loud; 500]).bounded();
        assert_eq!(bounded.services.len(), SERVICES_MAX);
        assert!(bounded.services[0].name_vi.starts_with("Hộtịchx"));
        assert_eq!(bounded.services[0].name_vi.chars().count(), NAME_LENGTH_MAX);
        assert_eq!(bounded.as_of(at(-10)), at(-10));
        assert_eq!(bounded.as_of(at(3)), at(0));
        assert!(!is_stale(at(0), at(5)) && is_stale(at(0), at(6)));
        assert!(bounded.says_the_same(&HallNow { at: at(9), ..bounded.clone() }));
        assert!(!bounded.says_the_same(&HallNow { waiting: 10, ..bounded.clone() }));
    }

    #[test]
    fn figures_with_a_field_of_a_later_release_and_without_one_of_this_read() {
        let json = r#"{"at":"2026-11-23T01:00:00Z","voice":1,
            "services":[{"code":"ho-tich","name_vi":"Hộ tịch","colour":"red"}]}"#;
        let read: HallNow = serde_json::from_str(json).unwrap();
        assert_eq!((read.waiting, read.services[0].range()), (0, None));
    }

    proptest! {
        #[test]
        fn nobody_further_ahead_is_told_a_longer_wait(
            waiting in 0_u32..500, low in 0_u32..300, more in 0_u32..300, ahead in 0_usize..600,
        ) {
            let service = service(waiting, low / 5 * 5, (low + more) / 5 * 5 + 5);
            let (one, next) = (service.range_behind(ahead), service.range_behind(ahead + 1));
            let (one, next) = (one.unwrap(), next.unwrap());
            prop_assert!(one.low_min <= one.high_min && one.high_min > 0);
            prop_assert!(one.low_min <= next.low_min && one.high_min <= next.high_min, "{one:?} {next:?}");
        }
    }
}
