use crate::actors::failure::Failure;
use crate::actors::live::Topic;
use crate::actors::origin::Origin;
use crate::actors::testing::{Center, ONE, TWO, at_counter, officer, receiving, until};
use domain::rating::{Level, Respondent, Stage, Vote};
use domain::refusal::Refusal;
use domain::time::{Clock, business_day};
use futures_util::future::join_all;

fn tablet() -> Origin {
    Origin::device("tablet-1")
}

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

async fn votes(center: &Center) -> u64 {
    let (from, to) = (jiff::Timestamp::MIN, jiff::Timestamp::MAX);
    let read =
        center.ports.readers.read(move |conn| store::query::ratings::summary(conn, from, to)).await;
    read.unwrap().iter().map(|count| count.count).sum()
}

#[actix_rt::test]
async fn one_token_is_one_vote() {
    let center = Center::start().await;
    let token = token(&center).await;
    assert!(center.ratings.token_of(TWO).await.unwrap().is_none());
    let clients = ["a", "b", "c"].map(|id| center.ratings.vote(tablet(), id, &token, vote(), None));
    let answers = join_all(clients).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert!(answers.contains(&Err(Failure::Refused(Refusal::TokenUsed))));
    assert_eq!(votes(&center).await, 1);
    assert!(center.ratings.token_of(ONE).await.unwrap().is_none());
}

#[actix_rt::test]
async fn a_vote_sent_again_gets_the_first_answer() {
    let mut center = Center::start().await;
    let token = token(&center).await;
    let first = center.ratings.vote(tablet(), "client-1", &token, vote(), None).await.unwrap();
    let again = center.ratings.vote(tablet(), "client-1", &token, vote(), None).await;
    assert_eq!(again, Ok(first.clone()));
    center.restart_dossiers();
    let again = center.ratings.vote(tablet(), "client-1", &token, vote(), None).await;
    assert_eq!(again, Ok(first));
    assert_eq!(votes(&center).await, 1);
}

#[actix_rt::test]
async fn a_token_that_a_tablet_has_works_after_a_restart_of_the_center() {
    let mut center = Center::start().await;
    let token = token(&center).await;
    center.restart_dossiers();
    assert!(center.ratings.token_of(ONE).await.unwrap().is_none());
    center.ratings.vote(tablet(), "client-1", &token, vote(), None).await.unwrap();
    assert_eq!(votes(&center).await, 1);
}

#[actix_rt::test]
async fn a_vote_that_a_tablet_kept_while_the_box_was_away_counts_once_also_after_a_restart() {
    let mut center = Center::start().await;
    let token = token(&center).await;
    let pressed = Some(center.clock.now());
    center.clock.move_by(domain::rating::TOKEN_LIFE_S + 3600);
    center.restart_dossiers();
    let first = center.ratings.vote(tablet(), "kept-1", &token, vote(), pressed).await.unwrap();
    let again = center.ratings.vote(tablet(), "kept-1", &token, vote(), pressed).await;
    assert_eq!(again, Ok(first));
    let other = center.ratings.vote(tablet(), "kept-2", &token, vote(), pressed).await;
    assert_eq!(other, Err(Failure::Refused(Refusal::TokenUsed)));
    assert_eq!(votes(&center).await, 1);
}

#[actix_rt::test]
async fn a_forged_and_an_ended_token_are_refused() {
    let center = Center::start().await;
    let token = token(&center).await;
    let forged =
        center.ratings.vote(tablet(), "client-1", "0".repeat(32).as_str(), vote(), None).await;
    assert_eq!(forged, Err(Failure::Refused(Refusal::UnknownToken)));
    center.clock.move_by(domain::rating::TOKEN_LIFE_S + 1);
    until("the tablet to be told", async || {
        center.live.snapshot(Topic::Tablet(ONE)).unwrap().data.is_null().then_some(())
    })
    .await;
    let late = center.ratings.vote(tablet(), "client-2", &token, vote(), None).await;
    assert_eq!(late, Err(Failure::Refused(Refusal::TokenExpired)));
    assert_eq!(votes(&center).await, 0);
}

#[actix_rt::test]
async fn a_vote_names_neither_officer_nor_dossier_and_counts_for_the_officer_apart() {
    let center = Center::start().await;
    let token = token(&center).await;
    let id = center.ratings.vote(tablet(), "client-1", &token, vote(), None).await.unwrap().id;
    let month = business_day(center.clock.now()).first_of_month();
    let (rating, tallies) = center
        .ports
        .readers
        .read(move |conn| {
            let rating = store::query::ratings::by_id(conn, id)?;
            Ok((rating, store::query::ratings::tallies(conn, month)?))
        })
        .await
        .unwrap();
    let rating = serde_json::to_string(&rating).unwrap();
    assert!(!rating.contains(officer().as_str()) && !rating.contains("dossier"), "{rating}");
    assert_eq!(tallies.len(), 1);
    assert_eq!((tallies[0].officer.clone(), tallies[0].count), (officer(), 1));
    let entries = center
        .ports
        .readers
        .read(|conn| store::query::journal::entries_from(conn, 1, 100, 1 << 20))
        .await
        .unwrap();
    let entry = journal::Entry::decode(&entries.last().unwrap().raw).unwrap();
    assert_eq!((entry.actor.as_str(), entry.device.as_str()), ("citizen", ""));
    assert!(!entry.request_key.contains("tablet"), "{}", entry.request_key);
}
