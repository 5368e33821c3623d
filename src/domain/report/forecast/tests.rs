//! The forecast told as facts. Calls take six minutes, as where nothing was learned of them; regular callers
//! are promised 45 minutes, those with priority 15.

use proptest::prelude::*;

use super::*;
use crate::calendar::Session;
use crate::queue::{CounterState, TicketState, Week};
use crate::report::tests::{DAY, at, came, code, counter, served, services};

const CALL_S: i64 = 360;

/// From 7:30 to 11:30 and from 13:30 to 17:00.
fn hours() -> QueueHours {
    let session = |from, to| Session { from: civil::time(from, 30, 0, 0), to };
    let morning = session(7, civil::time(11, 30, 0, 0));
    let afternoon = session(13, civil::time(17, 0, 0, 0));
    let week = Week::every_day(vec![morning, afternoon]);
    QueueHours { week, open_before_s: 0, ..QueueHours::default() }
}

fn add(day: &mut DayArrivals, service: &str, class: Class, hours: &[i8], each: u32) {
    for hour in hours {
        for _ in 0..each {
            day.add(&code(service), class, instant(DAY.at(*hour, 0, 0, 0)));
        }
    }
}

/// A day on which so many came for civil status in each of the hours from eight to eleven.
fn day(each: u32) -> DayArrivals {
    let mut day = DayArrivals::default();
    add(&mut day, "ho-tich", Class::Regular, &[8, 9, 10], each);
    day
}

fn told(
    tickets: &[Ticket],
    counters: &[Counter],
    days_like: &[DayArrivals],
    now: Timestamp,
) -> Forecast {
    let (services, hours, means) = (services(), hours(), Means::default());
    let (services, means, hours) = (services.as_slice(), &means, &hours);
    forecast(&Scene { tickets, counters, services, means, hours, days_like }, now)
}

fn open(number: u16) -> Counter {
    counter(number, CounterState::Open, None)
}

#[test]
fn a_morning_like_the_others_passes_the_promise_at_a_time_that_follows_from_its_numbers() {
    let counters =
        [open(1), counter(3, CounterState::Closed, None), counter(2, CounterState::Paused, None)];
    let told = told(&[], &counters, &vec![day(24); 6], at(0));
    assert_eq!((told.state, told.days, told.days_over), (ForecastState::Known, 6, 6));
    assert_eq!((told.until, told.coming), (Some(at(240)), 72));
    let [one] = told.overloads.as_slice() else { panic!("{told:?}") };
    assert_eq!(
        (one.services.as_slice(), one.class),
        ([code("ho-tich")].as_slice(), Class::Regular)
    );
    // Two come in five minutes with twelve minutes of work, of which five are done: seven more each time,
    // and after seven times it is 49 minutes.
    assert_eq!((one.at, one.waiting, one.waiting_s), (at(35), 0, 0));
    assert_eq!((one.coming, one.coming_s), (14, 14 * CALL_S));
    assert_eq!((one.counters, one.done_s), (1, 35 * 60));
    assert_eq!((one.left_s, one.last_s, one.wait_s), (49 * 60, 0, 49 * 60));
    assert_eq!(one.promise_s, 45 * 60);
    assert_eq!((one.more, one.open.as_slice()), (1, [CounterNumber(2)].as_slice()));
    assert_eq!((one.days_over, one.early, one.late), (6, Some(at(35)), Some(at(35))));
}

#[test]
fn of_too_few_days_nothing_is_said_however_many_wait() {
    let tickets: Vec<Ticket> = (1..=40).map(|number| came(number, 0)).collect();
    let few = told(&tickets, &[open(1)], &vec![day(24); LEARNED_DAYS_MIN - 1], at(0));
    let nothing = Forecast::nothing(ForecastState::TooFewDays, LEARNED_DAYS_MIN - 1);
    assert_eq!(few, nothing);
    let enough = told(&tickets, &[open(1)], &vec![day(24); LEARNED_DAYS_MIN], at(0));
    assert_eq!((enough.state, enough.overloads.len()), (ForecastState::Known, 1));
    // Enough days, but hardly anybody came on them: nor is it said that no promise will be passed.
    let quiet = told(&tickets, &[open(1)], &vec![day(1); LEARNED_DAYS_MIN], at(0));
    assert_eq!(quiet, Forecast::nothing(ForecastState::TooFewCalls, LEARNED_DAYS_MIN));
}

#[test]
fn without_an_open_counter_and_after_the_end_of_the_day_it_is_said_why_nothing_is_foretold() {
    let days = vec![day(24); 6];
    let paused = [counter(1, CounterState::Paused, None)];
    assert_eq!(told(&[], &paused, &days, at(0)).state, ForecastState::NoCounter);
    assert_eq!(told(&[], &[open(1)], &days, at(539)).state, ForecastState::Known);
    assert_eq!(told(&[], &[open(1)], &days, at(540)).state, ForecastState::DayOver);
}

#[test]
fn who_waits_and_who_is_served_now_stands_before_who_comes() {
    let serving =
        Ticket { state: TicketState::Serving, finished_at: None, ..served(came(1, 0), 1, 0, 9) };
    let mut tickets = vec![serving];
    tickets.extend((2..=5).map(|number| came(number, 0)));
    let busy = [counter(1, CounterState::Open, Some(&tickets[0]))];
    // Five times six minutes, less the two that are over.
    let told = told(&tickets, &busy, &vec![day(24); 6], at(2));
    let one = &told.overloads[0];
    assert_eq!((one.waiting, one.waiting_s), (4, 28 * 60));
    assert!(at(10) <= one.at && one.at < at(35), "sooner than without them: {}", one.at);
    assert_eq!(one.waiting_s + one.coming_s - one.done_s, one.left_s);
    // So many that the promise is passed already.
    let tickets: Vec<Ticket> = (1..=8).map(|number| came(number, 0)).collect();
    let now = super::tests::told(&tickets, &[open(1)], &vec![day(24); 6], at(1));
    assert_eq!((now.overloads[0].at, now.overloads[0].coming), (at(1), 0));
}

#[test]
fn the_promise_of_priority_callers_is_passed_by_priority_callers_alone() {
    let mut like = day(3);
    add(&mut like, "ho-tich", Class::Priority, &[8, 9, 10], 24);
    let told = told(&[], &[open(1)], &vec![like; 6], at(0));
    let [one] = told.overloads.as_slice() else { panic!("{told:?}") };
    assert_eq!((one.class, one.promise_s), (Class::Priority, 15 * 60));
    // Seven minutes more each five minutes: 21 after a quarter of an hour.
    assert_eq!((one.at, one.coming, one.wait_s), (at(15), 6, 21 * 60));
}

#[test]
fn how_sure_it_is_the_single_days_say() {
    // Four market days and four on which nobody came at that time.
    let mut days = vec![day(48); 4];
    days.resize(8, DayArrivals::default());
    let told = told(&[], &[open(1)], &days, at(0));
    let one = &told.overloads[0];
    assert_eq!((told.days, told.days_over, one.days_over), (8, 4, 4));
    assert_eq!(one.at, at(35), "in the mean 24 an hour");
    assert_eq!((one.early, one.late), (Some(at(15)), Some(at(15))));
    // In the mean the counter does what comes; on three of nine days it did not.
    let mut days = vec![day(24); 3];
    days.resize(9, day(2));
    let calm = super::tests::told(&[], &[open(1)], &days, at(0));
    assert_eq!((calm.overloads.len(), calm.days_over), (0, 3));
}

#[test]
fn nobody_comes_or_is_served_in_the_break_and_half_an_hour_of_opening_has_its_whole_hour() {
    let mut like = DayArrivals::default();
    add(&mut like, "ho-tich", Class::Regular, &[13], 12);
    add(&mut like, "ho-tich", Class::Regular, &[14, 15], 24);
    // 11:25: the twelve of the hour from one to two come after half past one.
    let told = told(&[], &[open(1)], &vec![like; 6], at(205));
    let one = &told.overloads[0];
    assert_eq!((one.at, one.coming, one.done_s), (at(365), 14, 35 * 60));
    assert_eq!(told.until, Some(at(445)));
}

#[test]
fn each_overload_is_about_its_own_services_and_what_no_open_counter_serves_is_left_out() {
    let mut like = day(3);
    add(&mut like, "dat-dai", Class::Regular, &[8, 9, 10], 24);
    add(&mut like, "xa-hoi", Class::Regular, &[8, 9, 10], 90);
    let land = Counter { services: vec![code("dat-dai")], ..open(3) };
    let days = vec![like; 6];
    let told = told(&[], &[open(1), land], &days, at(0));
    let [one] = told.overloads.as_slice() else { panic!("{told:?}") };
    assert_eq!((one.services.as_slice(), one.at), ([code("dat-dai")].as_slice(), at(35)));
    assert_eq!((one.counters, told.coming), (1, 3 * 27));
    // Counters that serve both share what comes: no single service passes, both together do.
    let both =
        |number| Counter { services: vec![code("ho-tich"), code("dat-dai")], ..open(number) };
    let mut like = day(18);
    add(&mut like, "dat-dai", Class::Regular, &[8, 9, 10], 18);
    let shared = super::tests::told(&[], &[both(1), both(2)], &vec![like; 6], at(0));
    let [one] = shared.overloads.as_slice() else { panic!("{shared:?}") };
    assert_eq!((one.services.len(), one.counters, one.last_s), (2, 2, CALL_S));
}

/// How long who comes at an instant waits, when the counters serve one after the other, in order.
fn waits_s(comes_s: &[i64], counters: usize, at_s: i64) -> i64 {
    let mut free_s = vec![0_i64; counters];
    for &comes_s in comes_s.iter().filter(|comes_s| **comes_s < at_s) {
        free_s.sort_unstable();
        free_s[0] = free_s[0].max(comes_s) + CALL_S;
    }
    free_s.iter().map(|free_s| (free_s - at_s).max(0)).min().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_numbers_add_up_and_another_counter_or_fewer_people_never_bring_it_forward(
        days in prop::collection::vec(0u32..50, 5..9),
        waiting in 0u32..12,
        counters in 1u16..4,
    ) {
        let tickets: Vec<Ticket> = (0..waiting).map(|number| came(number + 1, 0)).collect();
        let of = |counters: u16, tickets: &[Ticket], less: u32| {
            let days: Vec<DayArrivals> =
                days.iter().map(|each| day(each.saturating_sub(less))).collect();
            let counters: Vec<Counter> = (1..=counters).map(open).collect();
            told(tickets, &counters, &days, at(0))
        };
        let told = of(counters, &tickets, 0);
        let first = |told: &Forecast| told.overloads.first().map_or(at(10_000), |one| one.at);
        prop_assert!(first(&of(counters + 1, &tickets, 0)) >= first(&told));
        prop_assert!(first(&of(counters, &tickets, 1)) >= first(&told));
        prop_assert!(first(&of(counters, &[], 0)) >= first(&told));
        prop_assert!(told.overloads.len() <= 1 && told.days_over <= told.days);
        for one in &told.overloads {
            prop_assert_eq!(one.waiting_s + one.coming_s - one.done_s, one.left_s);
            prop_assert!(one.wait_s >= one.promise_s);
            prop_assert!(at(0) <= one.at && Some(one.at) <= told.until);
            let passed_s = one.at.duration_since(at(0)).as_secs();
            prop_assert!((0..=i64::from(counters) * passed_s + 2).contains(&one.done_s));
            prop_assert!(one.early <= one.late && one.early.is_some() == (one.days_over > 0));
            prop_assert_eq!(one.days_over, told.days_over);
            let enough = of(counters + u16::try_from(one.more).unwrap(), &tickets, 0);
            prop_assert!(enough.overloads.is_empty());
        }
    }

    /// A hall in which people come one by one, evenly, and are served in their order has that wait at that
    /// time, but for one call.
    #[test]
    fn who_comes_one_by_one_waits_as_long_as_the_flow_says(
        each in 0u32..80,
        waiting in 0u32..12,
        counters in 1u16..4,
    ) {
        let tickets: Vec<Ticket> = (0..waiting).map(|number| came(number + 1, 0)).collect();
        let open: Vec<Counter> = (1..=counters).map(open).collect();
        let told = told(&tickets, &open, &vec![day(each); 5], at(0));
        let hours = [0, 3_600, 7_200].into_iter();
        let in_hour = |from_s: i64| {
            let every = i64::from(each);
            (0..every).map(move |place| from_s + place * 3_600 / every)
        };
        let comes_s: Vec<i64> =
            (0..waiting).map(|_| -1).chain(hours.flat_map(in_hour)).collect();
        for one in told.overloads.iter().filter(|one| one.at <= at(210)) {
            let at_s = one.at.duration_since(at(0)).as_secs();
            let waited_s = waits_s(&comes_s, usize::from(counters), at_s);
            prop_assert!(waited_s + CALL_S >= one.wait_s, "{waited_s} {one:?}");
        }
    }
}
