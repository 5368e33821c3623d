use super::VoteTaken;
use crate::actors::failure::Failure;
use crate::actors::live::Topic;
use crate::actors::origin::Origin;
use crate::actors::testing::{Center, ONE, TWO, at_counter, issuing, officer, receiving, until};
use domain::ballot::VOTES_PER_ENTRY_MAX;
use domain::rating::{Level, Rating, Respondent, Stage, Vote, Within};
use domain::refusal::Refusal;
use domain::split::Journaled;
use domain::time::{Clock, business_day};
use futures_util::future::join_all;
use journal::Entry;
use store::query::journal::entries_from as journal_of;
use store::query::ratings;

fn vote() -> Vote {
    Vote {
        level: Level::Dissatisfied,
        reasons: vec!["long_wait".to_owned()],
        comment: Some("Chờ lâu".to_owned()),
        respondent: Respondent::Citizen,
    }
}

async fn token(center: &Center) -> String {
    center.dossiers.receive(at_counter(), receiving()).await.unwrap();
    let shown = until("the token", async || center.ratings.token_of(ONE).await.unwrap()).await;
    assert_eq!(shown.stage, Stage::Receipt);
    shown.token
}

/// The token of the dossier after that of `before`, which nobody has used.
async fn next_token(center: &Center, before: &str) -> String {
    center.dossiers.receive(at_counter(), receiving()).await.unwrap();
    let shown = until("the next token", async || {
        center.ratings.token_of(ONE).await.unwrap().filter(|shown| shown.token != before)
    });
    shown.await.token
}

/// A citizen is served and votes.
async fn one_votes(center: &Center, vote: Vote) {
    let token = token(center).await;
    center.ratings.vote(&uuid::Uuid::new_v4().to_string(), &token, vote, None).await.unwrap();
}

async fn read<T: Send + 'static>(
    center: &Center,
    look: impl FnOnce(&rusqlite::Connection) -> Result<T, store::StoreError> + Send + 'static,
) -> T {
    center.ports.readers.read(look).await.unwrap()
}

async fn in_box(center: &Center) -> u64 {
    read(center, ratings::held_count).await
}

async fn entries(center: &Center) -> Vec<Entry> {
    let stored = read(center, |conn| journal_of(conn, 1, 1000, 1 << 20)).await;
    stored.iter().map(|entry| Entry::decode(&entry.raw).unwrap()).collect()
}

/// The votes in the journal, entry by entry.
async fn journalled(center: &Center) -> Vec<Vec<Rating>> {
    let of_entry = |entry: &Entry| -> Vec<Rating> {
        let ratings = entry.changes.iter().filter(|change| change.kind == "rating");
        ratings
            .map(|change| {
                let public = serde_json::from_slice(&change.public).unwrap();
                Rating::join(public, serde_json::Value::Null).unwrap()
            })
            .collect()
    };
    let all = entries(center).await;
    all.iter().map(of_entry).filter(|votes| !votes.is_empty()).collect()
}

async fn until_journalled(center: &Center, entries: usize) -> Vec<Vec<Rating>> {
    until("the votes to be journalled", async || {
        let votes = journalled(center).await;
        (votes.len() >= entries).then_some(votes)
    })
    .await
}

#[actix_rt::test]
async fn one_token_is_one_vote() {
    let center = Center::start().await;
    let token = token(&center).await;
    assert!(center.ratings.token_of(TWO).await.unwrap().is_none());
    let clients = ["a", "b", "c"].map(|id| center.ratings.vote(id, &token, vote(), None));
    let answers = join_all(clients).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert!(answers.contains(&Err(Failure::Refused(Refusal::TokenUsed))));
    assert_eq!(in_box(&center).await, 1);
    assert!(center.ratings.token_of(ONE).await.unwrap().is_none());
}

#[actix_rt::test]
async fn a_vote_sent_again_counts_once() {
    let mut center = Center::start().await;
    let token = token(&center).await;
    // Together, so that the second comes while the first is on its way to the disk.
    let twice = [1, 2].map(|_| center.ratings.vote("client-1", &token, vote(), None));
    assert_eq!(join_all(twice).await, [Ok(VoteTaken), Ok(VoteTaken)]);
    assert_eq!(center.ratings.vote("client-1", &token, vote(), None).await, Ok(VoteTaken));
    center.restart_dossiers();
    assert_eq!(center.ratings.vote("client-1", &token, vote(), None).await, Ok(VoteTaken));
    let other = Vote { level: Level::Satisfied, ..vote() };
    let changed = center.ratings.vote("client-1", &token, other, None).await;
    assert_eq!(changed, Err(Failure::Refused(Refusal::TokenUsed)));
    assert_eq!(in_box(&center).await, 1);
}

#[actix_rt::test]
async fn a_token_that_a_tablet_has_works_after_a_restart_of_the_center() {
    let mut center = Center::start().await;
    let token = token(&center).await;
    center.restart_dossiers();
    assert!(center.ratings.token_of(ONE).await.unwrap().is_none());
    center.ratings.vote("client-1", &token, vote(), None).await.unwrap();
    assert_eq!(in_box(&center).await, 1);
}

#[actix_rt::test]
async fn a_vote_that_a_tablet_kept_while_the_box_was_away_counts_once_also_after_a_restart() {
    let mut center = Center::start().await;
    let token = token(&center).await;
    let pressed = Some(center.clock.now());
    center.clock.move_by(domain::rating::TOKEN_LIFE_S + 3600);
    center.restart_dossiers();
    for _ in 0..2 {
        assert_eq!(center.ratings.vote("kept-1", &token, vote(), pressed).await, Ok(VoteTaken));
    }
    let other = center.ratings.vote("kept-2", &token, vote(), pressed).await;
    assert_eq!(other, Err(Failure::Refused(Refusal::TokenUsed)));
    assert_eq!(in_box(&center).await, 1);
}

#[actix_rt::test]
async fn who_is_still_writing_when_the_next_is_asked_votes_once_and_the_next_votes_too() {
    let mut center = Center::start().await;
    let writing = token(&center).await;
    let next = next_token(&center, &writing).await;
    assert_ne!(writing, next);
    assert_eq!(center.ratings.vote("writing", &writing, vote(), None).await, Ok(VoteTaken));
    let shown = center.ratings.token_of(ONE).await.unwrap().unwrap();
    assert_eq!(shown.token, next, "the vote for the one before takes nothing from the tablet");
    assert_eq!(center.ratings.vote("next", &next, vote(), None).await, Ok(VoteTaken));
    center.restart_dossiers();
    for (client, token) in [("writing", &writing), ("next", &next)] {
        assert_eq!(center.ratings.vote(client, token, vote(), None).await, Ok(VoteTaken));
        let second = center.ratings.vote("another", token, vote(), None).await;
        assert_eq!(second, Err(Failure::Refused(Refusal::TokenUsed)));
    }
    assert_eq!(in_box(&center).await, 2);
}

#[actix_rt::test]
async fn a_question_leaves_the_tablet_when_the_next_is_called_and_a_begun_ballot_still_counts() {
    let center = Center::start().await;
    center.queue.open_counter(at_counter(), ONE, officer()).await.unwrap();
    for _ in 0..2 {
        center.queue.issue(Origin::device("kiosk-1"), issuing()).await.unwrap();
    }
    center.queue.call_next(at_counter(), ONE).await.unwrap();
    let begun = token(&center).await;
    // The same person called once more, served, gone: the question is still theirs.
    center.clock.move_by(60);
    center.queue.recall(at_counter(), ONE).await.unwrap();
    center.queue.begin(at_counter(), ONE).await.unwrap();
    center.queue.complete(at_counter(), ONE).await.unwrap();
    assert_eq!(center.ratings.token_of(ONE).await.unwrap().unwrap().token, begun);
    center.queue.call_next(at_counter(), ONE).await.unwrap();
    until("the tablet to be told", async || {
        center.live.snapshot(Topic::Tablet(ONE)).unwrap().data.is_null().then_some(())
    })
    .await;
    assert!(center.ratings.token_of(ONE).await.unwrap().is_none());
    assert_eq!(center.ratings.vote("writing", &begun, vote(), None).await, Ok(VoteTaken));
    let second = center.ratings.vote("another", &begun, vote(), None).await;
    assert_eq!(second, Err(Failure::Refused(Refusal::TokenUsed)));
    let next = next_token(&center, &begun).await;
    assert_eq!(center.ratings.vote("next", &next, vote(), None).await, Ok(VoteTaken));
    assert_eq!(in_box(&center).await, 2);
}

#[actix_rt::test]
async fn a_call_at_one_counter_takes_nothing_from_the_tablet_of_another() {
    let center = Center::start().await;
    center.queue.open_counter(at_counter(), TWO, officer()).await.unwrap();
    center.queue.issue(Origin::device("kiosk-1"), issuing()).await.unwrap();
    let token = token(&center).await;
    center.queue.call_next(at_counter(), TWO).await.unwrap();
    // The next press is handled after everything that follows from the one before.
    center.queue.begin(at_counter(), TWO).await.unwrap();
    assert_eq!(center.ratings.token_of(ONE).await.unwrap().unwrap().token, token);
}

#[actix_rt::test]
async fn a_ballot_begun_in_the_last_second_may_be_finished_when_nothing_more_is_told() {
    let center = Center::start().await;
    let token = token(&center).await;
    center.clock.move_by(domain::rating::TOKEN_LIFE_S + domain::rating::FINISH_MAX_S);
    assert!(center.ratings.token_of(ONE).await.unwrap().is_none());
    assert_eq!(center.ratings.vote("slow", &token, vote(), None).await, Ok(VoteTaken));
    let second = center.ratings.vote("another", &token, vote(), None).await;
    assert_eq!(second, Err(Failure::Refused(Refusal::TokenUsed)));
    assert_eq!(in_box(&center).await, 1);
}

#[actix_rt::test]
async fn a_forged_and_an_ended_token_are_refused() {
    let center = Center::start().await;
    let token = token(&center).await;
    let forged = center.ratings.vote("client-1", "0".repeat(32).as_str(), vote(), None).await;
    assert_eq!(forged, Err(Failure::Refused(Refusal::UnknownToken)));
    center.clock.move_by(domain::rating::TOKEN_LIFE_S + 1);
    until("the tablet to be told", async || {
        center.live.snapshot(Topic::Tablet(ONE)).unwrap().data.is_null().then_some(())
    })
    .await;
    center.clock.move_by(domain::rating::FINISH_MAX_S);
    let late = center.ratings.vote("client-2", &token, vote(), None).await;
    assert_eq!(late, Err(Failure::Refused(Refusal::TokenExpired)));
    assert_eq!(in_box(&center).await, 0);
}

#[actix_rt::test]
async fn votes_of_an_hour_go_into_the_journal_together_when_it_is_over() {
    let center = Center::start().await;
    for _ in 0..5 {
        one_votes(&center, vote()).await;
    }
    center.clock.move_by(3_599);
    let before = entries(&center).await.len();
    assert_eq!((journalled(&center).await.len(), in_box(&center).await), (0, 5));
    center.clock.move_by(1);
    let votes = until_journalled(&center, 1).await;
    assert_eq!((votes.len(), votes[0].len()), (1, 5));
    assert_eq!(in_box(&center).await, 0);
    let all = entries(&center).await;
    assert_eq!(all.len(), before + 1);
    let entry = all.last().unwrap();
    let said = (entry.actor.as_str(), entry.device.as_str(), entry.request_key.as_str());
    assert_eq!(said, ("citizen", "", ""));
    for vote in &votes[0] {
        assert_eq!((vote.at.as_second() % 3600, vote.within), (0, Within::Hour));
    }
}

#[actix_rt::test]
async fn the_order_in_which_votes_were_given_is_not_the_order_in_the_journal() {
    let center = Center::start().await;
    let mut given = Vec::new();
    for number in 0..16 {
        let level = if number % 2 == 0 { Level::Satisfied } else { Level::Dissatisfied };
        given.push(level);
        one_votes(&center, Vote { level, ..vote() }).await;
    }
    center.clock.move_by(3_600);
    let votes = until_journalled(&center, 1).await.remove(0);
    let ids: Vec<uuid::Uuid> = votes.iter().map(|vote| vote.id).collect();
    let levels: Vec<Level> = votes.iter().map(|vote| vote.level).collect();
    // By chance once in 12,870; the ids are random and once in 16! in order.
    assert_ne!(levels, given);
    assert!(!ids.is_sorted(), "neither by the order in the table");
    assert!(ids.iter().all(|id| id.get_version_num() == 4), "a v7 id would tell the moment");
}

#[actix_rt::test]
async fn a_lone_vote_waits_for_its_day_and_then_says_neither_hour_nor_service() {
    let center = Center::start().await;
    one_votes(&center, vote()).await;
    // To the last minute of the day, with a look at the box in between.
    center.clock.move_by(15 * 3600 + 3599);
    let late = center.ratings.vote("late", "0", vote(), None).await;
    assert_eq!(late, Err(Failure::Refused(Refusal::UnknownToken)));
    assert_eq!((journalled(&center).await.len(), in_box(&center).await), (0, 1));
    center.clock.move_by(1);
    let votes = until_journalled(&center, 1).await.remove(0);
    assert_eq!((votes.len(), votes[0].within, votes[0].service.clone()), (1, Within::Day, None));
    assert_eq!(votes[0].at, "2026-11-22T17:00:00Z".parse().unwrap());
    center.clock.move_by(24 * 3600);
    one_votes(&center, vote()).await;
    center.clock.move_by(24 * 3600);
    until_journalled(&center, 2).await;
    let oldest = read(&center, ratings::asked).await[0].hour;
    assert_eq!(business_day(oldest), business_day(center.clock.now()).yesterday().unwrap());
}

#[actix_rt::test]
async fn a_lone_late_vote_waits_for_company_and_says_neither_hour_nor_service() {
    let center = Center::start().await;
    let token = token(&center).await;
    let pressed = Some(center.clock.now());
    center.clock.move_by(domain::rating::TOKEN_LIFE_S + 3600);
    center.ratings.vote("kept", &token, vote(), pressed).await.unwrap();
    one_votes(&center, vote()).await;
    center.clock.move_by(24 * 3600);
    // The other of that day leaves without it: beside one vote it would be known.
    let first = until_journalled(&center, 1).await.remove(0);
    assert_eq!((first.len(), in_box(&center).await), (1, 1));
    for _ in 0..4 {
        one_votes(&center, vote()).await;
    }
    let today = center.clock.now();
    center.clock.move_by(24 * 3600);
    let together = until_journalled(&center, 2).await.remove(1);
    assert_eq!((together.len(), in_box(&center).await), (5, 0));
    for vote in together {
        assert_eq!((vote.within, vote.service), (Within::Day, None));
        assert_eq!(business_day(vote.at), business_day(today), "as its company");
    }
}

#[actix_rt::test]
async fn a_center_that_starts_on_a_later_day_journals_what_it_finds() {
    let mut center = Center::start().await;
    for _ in 0..3 {
        one_votes(&center, vote()).await;
    }
    center.clock.move_by(2 * 86_400);
    center.restart_dossiers();
    let votes = until_journalled(&center, 1).await;
    assert_eq!((votes.len(), votes[0].len(), in_box(&center).await), (1, 3, 0));
}

#[actix_rt::test]
async fn the_next_vote_journals_the_hour_before_it() {
    let center = Center::start().await;
    for _ in 0..5 {
        one_votes(&center, vote()).await;
    }
    let token = token(&center).await;
    center.clock.move_by(domain::rating::TOKEN_LIFE_S);
    center.ratings.vote("at-the-end", &token, vote(), None).await.unwrap();
    center.clock.move_by(3_600);
    one_votes(&center, vote()).await;
    let votes = until_journalled(&center, 1).await;
    assert_eq!((votes[0].len(), in_box(&center).await), (6, 1));
}

#[actix_rt::test]
async fn nothing_in_the_tables_leads_from_a_vote_to_its_officer_or_minute() {
    let center = Center::start().await;
    for _ in 0..3 {
        one_votes(&center, vote()).await;
    }
    // One is still writing when the next dossier is received: its vote lies there like any other.
    let writing = token(&center).await;
    let next = next_token(&center, &writing).await;
    for token in [&writing, &next] {
        let client = uuid::Uuid::new_v4().to_string();
        center.ratings.vote(&client, token, vote(), None).await.unwrap();
    }
    let now = center.clock.now();
    let day = business_day(now);
    let tallies = move |conn: &rusqlite::Connection, today| {
        ratings::tallies(conn, day.first_of_month(), today)
    };
    // In the box the vote lies without them already.
    let everything = read(&center, |conn| {
        let mut found = String::new();
        for table in ["rating_held", "rating_token", "request", "event"] {
            let mut statement = conn.prepare(&format!("SELECT * FROM {table}"))?;
            let columns = statement.column_count();
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                for column in 0..columns {
                    let value: rusqlite::types::Value = row.get(column)?;
                    found.push_str(&format!("{table} {value:?}\n"));
                }
            }
        }
        Ok(found)
    })
    .await;
    assert!(everything.contains("rating_held") && everything.contains("rating_token"));
    let about_votes: String = everything
        .lines()
        .filter(|line| line.starts_with("rating_") || line.contains("rating:"))
        .collect();
    assert!(!about_votes.contains(officer().as_str()), "{about_votes}");
    assert!(!about_votes.contains(&now.as_microsecond().to_string()), "{about_votes}");
    assert!(!about_votes.contains("dossier"), "{about_votes}");
    assert!(read(&center, move |conn| tallies(conn, day)).await.is_empty(), "not on the same day");
    let tomorrow = day.tomorrow().unwrap();
    let counted = read(&center, move |conn| tallies(conn, tomorrow)).await;
    assert_eq!((counted[0].officer.clone(), counted[0].count), (officer(), 5));
}

#[actix_rt::test]
async fn many_votes_go_into_several_entries() {
    let center = Center::start().await;
    let many = VOTES_PER_ENTRY_MAX + 6;
    for _ in 0..many {
        one_votes(&center, vote()).await;
    }
    center.clock.move_by(3_600);
    let votes = until_journalled(&center, 2).await;
    let sizes: Vec<usize> = votes.iter().map(Vec::len).collect();
    assert_eq!(sizes, [VOTES_PER_ENTRY_MAX, 6]);
    let different: std::collections::HashSet<uuid::Uuid> =
        votes.iter().flatten().map(|vote| vote.id).collect();
    assert_eq!(different.len(), many);
}
