//! The box of votes, its tokens, and the figures by officer.

use domain::ballot::Asked;
use domain::ids::CounterNumber;
use domain::rating::{LATE_MAX_S, OfficerTally, RatingToken, TOKEN_LIFE_S, TallyMark};
use query::ratings::TokenState;

use super::erase::erasure;
use super::medium::{mirror, rebuilt};
use super::*;
use crate::erase::Erasable;
use crate::medium::Medium;

fn token(hash: &str, issued_at: Timestamp) -> RatingToken {
    let service = "ho-tich".parse().unwrap();
    let officer = Some("nguyen.lan".parse().unwrap());
    RatingToken::issue(
        hash.to_owned(),
        Stage::Receipt,
        CounterNumber(2),
        service,
        officer,
        issued_at,
    )
}

fn state(store: &Store, hash: &'static str) -> Option<TokenState> {
    read(store, move |c| query::ratings::token(c, hash))
}

fn texts_of(store: &Store, sql: &'static str) -> Vec<String> {
    read(store, move |c| {
        let mut statement = c.prepare(sql)?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    })
}

#[test]
fn a_vote_needs_an_unused_token_and_lies_in_the_box() {
    let folder = folder();
    let store = open(&folder);
    let open = token("ab12", now());
    put(&store, LocalWrite::RatingToken(open.clone()));
    assert_eq!(state(&store, "ab12"), Some(TokenState::Open(open.clone())));
    let vote = || {
        let token_hash = "ab12".to_owned();
        store.commit_now(
            batch()
                .and(LocalWrite::UseRatingToken { token_hash, answered: [5; 32] })
                .and(LocalWrite::HoldRating(rating(Level::Satisfied))),
        )
    };
    assert!(!vote().unwrap().entry, "nothing is journalled yet");
    assert_eq!(vote(), Err(StoreError::Conflict("rating_token.used")));
    assert_eq!(state(&store, "ab12"), Some(TokenState::Used([5; 32])));
    // an old state of the token does not make it usable again
    put(&store, LocalWrite::RatingToken(open));
    assert_eq!(state(&store, "ab12"), Some(TokenState::Used([5; 32])));
    assert_eq!(read(&store, query::ratings::held_count), 1);
    assert_eq!(
        read(&store, query::ratings::journalled_count),
        0,
        "what is in the box is not counted"
    );
}

#[test]
fn a_used_token_keeps_neither_officer_nor_moment() {
    let folder = folder();
    let store = open(&folder);
    put(&store, LocalWrite::RatingToken(token("ab12", now())));
    let all = "SELECT coalesce(body, '') || expires_at_us FROM rating_token";
    assert!(texts_of(&store, all)[0].contains("nguyen.lan"));
    let token_hash = "ab12".to_owned();
    put(&store, LocalWrite::UseRatingToken { token_hash, answered: [5; 32] });
    let until = domain::ballot::used_known_until(now());
    assert_eq!(texts_of(&store, all), [until.as_microsecond().to_string()]);
    assert_eq!(until.as_second() % 86_400, 17 * 3600, "midnight in Vietnam");
}

#[test]
fn tokens_that_ended_unused_go_so_that_the_used_ones_cannot_be_told_by_them() {
    let folder = folder();
    let store = open(&folder);
    put(&store, LocalWrite::RatingToken(token("a", now())));
    // A vote for it may stand on a tablet that has lost the box.
    put(&store, LocalWrite::RatingToken(token("b", after_s(601))));
    assert_eq!(texts_of(&store, "SELECT token_hash FROM rating_token"), ["a", "b"]);
    let later = TOKEN_LIFE_S + LATE_MAX_S + 1;
    put(&store, LocalWrite::RatingToken(token("c", after_s(later))));
    assert_eq!(texts_of(&store, "SELECT token_hash FROM rating_token"), ["b", "c"]);
}

#[test]
fn those_who_are_asked_are_counted_by_hour_once_each() {
    let folder = folder();
    let store = open(&folder);
    for (hash, later_s) in [("a", 0), ("b", 1), ("b", 1), ("c", 3600)] {
        put(&store, LocalWrite::RatingToken(token(hash, after_s(later_s))));
    }
    let asked = |hour: Timestamp, count| Asked {
        hour: domain::rating::whole_hour(hour),
        stage: Stage::Receipt,
        service: "ho-tich".parse().unwrap(),
        count,
    };
    assert_eq!(read(&store, query::ratings::asked), [asked(now(), 2), asked(after_s(3600), 1)]);
    let before = domain::rating::whole_hour(after_s(3600));
    put(&store, LocalWrite::ReleaseRatings { ids: vec![], asked_before: Some(before) });
    assert_eq!(read(&store, query::ratings::asked), [asked(after_s(3600), 1)]);
}

#[test]
fn a_vote_leaves_the_box_once_and_with_its_entry() {
    let folder = folder();
    let store = open(&folder);
    let vote = rating(Level::Dissatisfied);
    put(&store, LocalWrite::HoldRating(vote.clone()));
    assert_eq!(read(&store, query::ratings::held), std::slice::from_ref(&vote));
    let release = || {
        store.commit_now(
            batch()
                .with(vote.clone())
                .and(LocalWrite::ReleaseRatings { ids: vec![vote.id], asked_before: None }),
        )
    };
    assert!(release().unwrap().entry);
    assert_eq!(release(), Err(StoreError::Conflict("rating.not_held")));
    assert_eq!(read(&store, query::ratings::held), []);
    let id = vote.id;
    assert_eq!(read(&store, move |c| query::ratings::by_id(c, id)), Some(vote));
}

#[test]
fn votes_lie_in_the_order_of_their_random_ids() {
    let folder = folder();
    let store = open(&folder);
    for number in [7, 3, 9, 1] {
        let vote = Rating { id: Uuid::from_u128(number), ..rating(Level::Satisfied) };
        put(&store, LocalWrite::HoldRating(vote.clone()));
        let journalled = Rating { id: Uuid::from_u128(number + 100), ..vote };
        store.commit_now(batch().with(journalled)).unwrap();
    }
    for table in ["rating", "rating_held"] {
        let rowid = format!("SELECT rowid FROM {table}");
        let prepared = read(&store, move |c| Ok(c.prepare(&rowid).map(drop)));
        assert!(prepared.is_err(), "{table} has an order of arrival");
    }
    let held: Vec<u128> =
        read(&store, query::ratings::held).iter().map(|vote| vote.id.as_u128()).collect();
    assert_eq!(held, [1, 3, 7, 9]);
}

#[test]
fn a_vote_is_sealed_under_the_key_of_its_own_day() {
    let folder = folder();
    let store = open(&folder);
    let comment = Some("Chờ lâu".to_owned());
    let vote = Rating { comment, at: after_s(-86_400), ..rating(Level::Dissatisfied) };
    store.commit_now(batch().with(vote)).unwrap();
    let keys = texts_of(&store, "SELECT key_id FROM data_key");
    let day = domain::time::business_day(after_s(-86_400));
    assert_eq!(keys, [format!("rating-day:{day}")]);
}

/// Marks that an officer gets on a day of November 2026, or, from 31 on, of December.
fn mark(officer: &str, level: Level, day: i16) -> TallyMark {
    TallyMark { officer: officer.parse().unwrap(), stage: Stage::Receipt, level, day: on(day) }
}

fn on(day: i16) -> civil::Date {
    civil::date(2026, 11, 1) + jiff::Span::new().days(day - 1)
}

/// What is told of an officer on a day: the first days of the months, and the votes.
fn told(store: &Store, officer: &'static str, today: i16) -> Vec<(civil::Date, u32)> {
    let figures = read(store, move |c| {
        query::rating_figures::by_officer(c, on(1), civil::date(2026, 12, 1), on(today))
    });
    figures
        .iter()
        .filter(|tally: &&OfficerTally| tally.officer.as_str() == officer)
        .map(|tally| (tally.month, tally.count))
        .collect()
}

#[test]
fn an_officers_figure_grows_by_five_votes_or_more_of_days_that_are_over() {
    let folder = folder();
    let store = open(&folder);
    let put = |officer, day| {
        put(&store, LocalWrite::OfficerTally(mark(officer, Level::Dissatisfied, day)));
    };
    for _ in 0..4 {
        put("nguyen.lan", 23);
    }
    assert_eq!(told(&store, "nguyen.lan", 24), [], "four would name the voters");
    put("nguyen.lan", 24);
    assert_eq!(told(&store, "nguyen.lan", 24), [], "today's is not told");
    assert_eq!(told(&store, "nguyen.lan", 25), [(on(1), 5)]);
    // One by one nothing is added, however often somebody looks.
    for day in 25..29 {
        put("nguyen.lan", day);
        assert_eq!(told(&store, "nguyen.lan", day + 1), [(on(1), 5)], "after day {day}");
    }
    // A colleague's marks neither help nor are lost.
    put("tran.nam", 29);
    assert_eq!(told(&store, "tran.nam", 30), []);
    // The fifth comes on the first of the next month, and with it the group.
    put("nguyen.lan", 31);
    assert_eq!(told(&store, "nguyen.lan", 31), [(on(1), 5)]);
    assert_eq!(told(&store, "nguyen.lan", 32), [(on(1), 5), (on(31), 5)]);
    put("tran.nam", 32);
    assert_eq!(told(&store, "nguyen.lan", 32), [(on(1), 5), (on(31), 5)], "moved, and the same");
    let days = "SELECT officer || ' ' || day FROM officer_tally_day ORDER BY 1";
    assert_eq!(texts_of(&store, days), ["tran.nam 2026-11-29", "tran.nam 2026-12-02"]);
}

#[test]
fn a_vote_that_was_journalled_behind_a_copy_is_not_in_the_box_made_of_it() {
    let (folder, place, other) = (folder(), folder(), folder());
    let at = place.path().join("m");
    let store = open(&folder);
    let mut medium = Medium::open(at.clone(), &keys()).unwrap();
    let [gone, waits] = [Level::Satisfied, Level::Dissatisfied].map(rating);
    for vote in [&gone, &waits] {
        put(&store, LocalWrite::HoldRating(vote.clone()));
    }
    mirror(&store, &mut medium);
    store.commit_now(leaves(&gone)).unwrap();
    mirror(&store, &mut medium);
    drop(medium);
    drop(store);

    let copy = rebuilt(&at, &other);
    assert_eq!(read(&copy, query::ratings::journalled_count), 1);
    assert_eq!(read(&copy, query::ratings::held), std::slice::from_ref(&waits));
    copy.commit_now(leaves(&waits)).unwrap();
    assert_eq!(read(&copy, query::ratings::journalled_count), 2);
}

/// A vote leaves the box and is journalled.
fn leaves(vote: &Rating) -> Batch {
    let release = LocalWrite::ReleaseRatings { ids: vec![vote.id], asked_before: None };
    batch().with(vote.clone()).and(release)
}

fn journalled(store: &Store, vote: &Rating) -> Rating {
    let id = vote.id;
    read(store, move |c| query::ratings::by_id(c, id)).unwrap()
}

#[test]
fn a_vote_that_an_earlier_release_left_in_the_box_holds_up_nobody_and_goes_with_the_next() {
    let folder = folder();
    let store = open(&folder);
    let [left, waits] = [Level::Satisfied, Level::Dissatisfied].map(rating);
    for vote in [&left, &waits] {
        put(&store, LocalWrite::HoldRating(vote.clone()));
    }
    store.commit_now(batch().with(left)).unwrap();
    assert_eq!(read(&store, query::ratings::held), std::slice::from_ref(&waits));
    assert_eq!(read(&store, query::ratings::held_count), 1, "it is counted once");
    store.commit_now(leaves(&waits)).unwrap();
    assert_eq!(texts_of(&store, "SELECT body FROM rating_held"), Vec::<String>::new());
    assert_eq!(read(&store, query::ratings::journalled_count), 2);
}

/// A vote with words, of so many days after the first.
fn said(words: &str, days: i64) -> Rating {
    let at = after_s(days * 86_400);
    Rating { comment: Some(words.to_owned()), at, ..rating(Level::Dissatisfied) }
}

fn erase_words_of(store: &Store, day: civil::Date) -> Result<(), StoreError> {
    store.commit_now(batch().with(erasure(Erasable::RatingDay(day)))).map(drop)
}

#[test]
fn words_that_still_wait_in_the_box_are_erased_with_their_day_and_the_vote_leaves_without_them() {
    let folder = folder();
    let store = open(&folder);
    let (gone, stays) = (said("Chờ lâu", 0), said("Rất nhanh", 1));
    for vote in [&gone, &stays] {
        put(&store, LocalWrite::HoldRating(vote.clone()));
    }
    erase_words_of(&store, day()).unwrap();
    let boxed = texts_of(&store, "SELECT body FROM rating_held").concat();
    assert!(!boxed.contains("Chờ lâu") && boxed.contains("Rất nhanh"), "{boxed}");
    // The desk has the votes in memory, and has not heard of it.
    for vote in [&gone, &stays] {
        store.commit_now(leaves(vote)).unwrap();
    }
    assert_eq!(journalled(&store, &gone), Rating { comment: None, ..gone.clone() });
    assert_eq!(journalled(&store, &stays), stays);
    assert_in_order(&folder);
}

#[test]
fn a_day_whose_waiting_votes_say_nothing_has_nothing_to_erase() {
    let folder = folder();
    let store = open(&folder);
    put(&store, LocalWrite::HoldRating(rating(Level::Satisfied)));
    let nothing = erase_words_of(&store, day());
    assert_eq!(nothing, Err(StoreError::NotFound("subject to erase")));
}

#[test]
fn the_words_of_a_day_go_from_journal_and_box_together() {
    let folder = folder();
    let store = open(&folder);
    let (told, waits) = (said("Chờ lâu", 0), said("Phải đi lại", 0));
    store.commit_now(batch().with(told.clone())).unwrap();
    put(&store, LocalWrite::HoldRating(waits.clone()));
    erase_words_of(&store, day()).unwrap();
    assert_eq!(journalled(&store, &told), Rating { comment: None, rev: 2, ..told.clone() });
    let silent = Rating { comment: None, ..waits };
    assert_eq!(read(&store, query::ratings::held), [silent]);
    assert_in_order(&folder);
}

#[test]
fn words_that_were_erased_behind_a_copy_do_not_wait_in_the_box_made_of_it() {
    let (folder, place, other) = (folder(), folder(), super::folder());
    let at = place.path().join("m");
    let store = open(&folder);
    let mut medium = Medium::open(at.clone(), &keys()).unwrap();
    mirror(&store, &mut medium);
    for vote in [said("Chờ lâu", 0), said("Phải đi lại", 1)] {
        put(&store, LocalWrite::HoldRating(vote));
    }
    // The first erasure of a day has the database copied anew, with the words of the other day in it.
    erase_words_of(&store, day()).unwrap();
    mirror(&store, &mut medium);
    erase_words_of(&store, day().tomorrow().unwrap()).unwrap();
    mirror(&store, &mut medium);
    drop(medium);
    drop(store);

    let copy = rebuilt(&at, &other);
    let held = read(&copy, query::ratings::held);
    assert_eq!(held.len(), 2, "the votes count as before");
    assert!(held.iter().all(|vote| vote.comment.is_none()), "{held:?}");
}
