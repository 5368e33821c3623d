//! How long votes lie in the box, how they leave it for the journal, and what leads back from there.

use super::tests::{in_box, next_token, read, token, vote};
use crate::actors::failure::Failure;
use crate::actors::testing::{Center, officer, until};
use domain::ballot::VOTES_PER_ENTRY_MAX;
use domain::rating::{Level, Rating, Vote, Within};
use domain::refusal::Refusal;
use domain::split::Journaled;
use domain::time::{Clock, business_day};
use journal::Entry;
use store::query::journal::entries_from as journal_of;
use store::query::ratings;

/// A citizen is served and votes.
async fn one_votes(center: &Center, vote: Vote) {
    let token = token(center).await;
    center.ratings.vote(&uuid::Uuid::new_v4().to_string(), &token, vote, None).await.unwrap();
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
