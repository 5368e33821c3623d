//! What the head is told of the votes: groups of five or more of days that are over.

use query::told_votes::{Told, told};

use super::*;

const HOUR: SignedDuration = SignedDuration::from_hours(1);
/// When the business day of [`now`] begins.
const MIDNIGHT: &str = "2026-11-22T17:00:00Z";

/// A day of November 2026.
fn on(day: i8) -> civil::Date {
    civil::date(2026, 11, day)
}

/// What is told of some days on another.
fn asked(store: &Store, first: i8, last: i8, today: i8) -> Told {
    read(store, move |c| told(c, on(first), on(last), on(today), 10))
}

fn count_of(told: &Told) -> u64 {
    told.counts.iter().map(|figure| figure.count).sum()
}

fn journalled(store: &Store, vote: Rating) {
    store.commit_now(batch().with(vote)).unwrap();
}

fn of_organisation(level: Level) -> Rating {
    Rating { respondent: Respondent::Organisation, ..rating(level) }
}

#[test]
fn figures_say_level_reason_and_who_and_what_was_written() {
    let folder = folder();
    let store = open(&folder);
    let bad = Rating {
        reasons: vec!["late_result".to_owned(), "long_wait".to_owned()],
        comment: Some("<b>Chờ</b> \u{202e}lâu".to_owned()),
        ..of_organisation(Level::Dissatisfied)
    };
    journalled(&store, bad.clone());
    for _ in 0..4 {
        journalled(&store, of_organisation(Level::Satisfied));
    }
    for _ in 0..5 {
        journalled(&store, Rating { service: None, ..rating(Level::Satisfied) });
    }
    let told = asked(&store, 23, 23, 24);
    let counts: Vec<_> = told
        .counts
        .iter()
        .map(|row| (row.level.as_str(), row.respondent.as_str(), row.service.as_str(), row.count))
        .collect();
    assert_eq!(
        counts,
        [
            ("dissatisfied", "organisation", "ho-tich", 1),
            ("satisfied", "citizen", "", 5),
            ("satisfied", "organisation", "ho-tich", 4),
        ]
    );
    let reasons: Vec<_> = told.reasons.iter().map(|row| (row.reason.as_str(), row.count)).collect();
    assert_eq!(reasons, [("late_result", 1), ("long_wait", 1)]);
    let said: Vec<_> = told.comments.iter().map(|one| (one.day, &one.vote)).collect();
    assert_eq!(said, [(on(23), &bad)]);
}

#[test]
fn four_organisations_of_a_day_are_told_with_the_fifth_and_count_on_its_day() {
    let folder = folder();
    let store = open(&folder);
    for _ in 0..20 {
        journalled(&store, rating(Level::Satisfied));
    }
    let angry = Rating {
        reasons: vec!["long_wait".to_owned()],
        comment: Some("Chờ lâu".to_owned()),
        ..of_organisation(Level::Dissatisfied)
    };
    for _ in 0..4 {
        journalled(&store, Rating { id: Uuid::new_v4(), ..angry.clone() });
    }
    let few = asked(&store, 1, 30, 24);
    assert_eq!(count_of(&few), 20, "the citizens alone");
    assert_eq!((few.reasons.len(), few.comments.len()), (0, 0));
    journalled(&store, Rating { at: after_s(2 * 86_400), ..of_organisation(Level::Satisfied) });
    assert_eq!(asked(&store, 1, 30, 25), few, "its day is not over");
    let all = asked(&store, 1, 30, 26);
    assert_eq!((count_of(&all), all.reasons[0].count), (25, 4));
    assert!(all.comments.iter().all(|one| one.day == on(25)), "not their own day");
    // No choice of days leaves fewer than five as the difference.
    assert_eq!(count_of(&asked(&store, 23, 23, 26)), 20);
    assert_eq!(count_of(&asked(&store, 25, 25, 26)), 5);
    assert_eq!(count_of(&asked(&store, 24, 24, 26)), 0);
}

#[test]
fn a_day_is_told_when_it_is_over_and_none_of_its_votes_is_in_the_box() {
    let folder = folder();
    let store = open(&folder);
    for _ in 0..5 {
        journalled(&store, rating(Level::Satisfied));
    }
    assert_eq!(count_of(&asked(&store, 23, 23, 23)), 0, "the sixth would be seen to come");
    assert_eq!(count_of(&asked(&store, 23, 23, 24)), 5);
    let sixth = rating(Level::Dissatisfied);
    put(&store, LocalWrite::HoldRating(sixth.clone()));
    // One that came late leaves with those of another day, or of this one, but not into one that is told.
    let late = Rating { within: Within::Day, ..rating(Level::Satisfied) };
    put(&store, LocalWrite::HoldRating(late.clone()));
    assert_eq!(count_of(&asked(&store, 23, 23, 24)), 0);
    let leaves = LocalWrite::ReleaseRatings { ids: vec![sixth.id], asked_before: None };
    store.commit_now(batch().with(sixth).and(leaves)).unwrap();
    assert_eq!(count_of(&asked(&store, 23, 23, 24)), 6);
    assert_eq!(read(&store, query::ratings::held), [late]);
}

#[test]
fn a_day_is_not_told_before_late_votes_that_leave_with_it() {
    let folder = folder();
    let store = open(&folder);
    for _ in 0..5 {
        journalled(&store, Rating { service: None, ..rating(Level::Satisfied) });
    }
    // A disk that takes nothing at midnight holds them up.
    let late = || Rating {
        service: None,
        at: MIDNIGHT.parse().unwrap(),
        within: Within::Day,
        ..rating(Level::Dissatisfied)
    };
    let all: Vec<Rating> = (0..5).map(|_| late()).collect();
    for vote in &all[..4] {
        put(&store, LocalWrite::HoldRating(vote.clone()));
    }
    assert_eq!(count_of(&asked(&store, 23, 23, 24)), 5, "four wait for those of another day");
    put(&store, LocalWrite::HoldRating(all[4].clone()));
    assert_eq!(count_of(&asked(&store, 23, 23, 24)), 0);
    let ids = all.iter().map(|vote| vote.id).collect();
    let mut leaving = batch().and(LocalWrite::ReleaseRatings { ids, asked_before: None });
    for vote in all {
        leaving = leaving.with(vote);
    }
    store.commit_now(leaving).unwrap();
    assert_eq!(count_of(&asked(&store, 23, 23, 24)), 10);
}

#[test]
fn the_order_of_comments_tells_the_day_and_nothing_of_the_hour() {
    let folder = folder();
    let store = open(&folder);
    // The ids are against the order of arrival and of the hours; the last is of the next day.
    let day: Timestamp = MIDNIGHT.parse().unwrap();
    for (number, at) in [(3, day), (1, day + HOUR), (2, day + HOUR * 23), (9, day + HOUR * 24)] {
        let comment = Some(number.to_string());
        let id = Uuid::from_u128(number);
        journalled(&store, Rating { id, at, comment, ..rating(Level::Dissatisfied) });
    }
    for at in [day, day, day + HOUR * 24, day + HOUR * 24, day + HOUR * 24, day + HOUR * 24] {
        journalled(&store, Rating { at, ..rating(Level::Satisfied) });
    }
    let ids = |told: Told| -> Vec<u128> {
        told.comments.iter().map(|one| one.vote.id.as_u128()).collect()
    };
    assert_eq!(ids(asked(&store, 23, 24, 25)), [9, 1, 2, 3]);
    let newest = read(&store, move |c| told(c, on(23), on(24), on(25), 1));
    assert_eq!(ids(newest), [9]);
}
