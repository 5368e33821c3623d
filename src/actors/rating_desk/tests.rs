use super::VoteTaken;
use crate::actors::failure::Failure;
use crate::actors::live::Topic;
use crate::actors::origin::Origin;
use crate::actors::testing::{Center, ONE, TWO, at_counter, issuing, officer, receiving, until};
use domain::rating::{Level, Respondent, Stage, Vote};
use domain::refusal::Refusal;
use domain::time::Clock;
use futures_util::future::join_all;
use store::query::ratings;

pub(super) fn vote() -> Vote {
    Vote {
        level: Level::Dissatisfied,
        reasons: vec!["long_wait".to_owned()],
        comment: Some("Chờ lâu".to_owned()),
        respondent: Respondent::Citizen,
    }
}

pub(super) async fn token(center: &Center) -> String {
    center.dossiers.receive(at_counter(), receiving()).await.unwrap();
    let shown = until("the token", async || center.ratings.token_of(ONE).await.unwrap()).await;
    assert_eq!(shown.stage, Stage::Receipt);
    shown.token
}

/// The token of the dossier after that of `before`, which nobody has used.
pub(super) async fn next_token(center: &Center, before: &str) -> String {
    center.dossiers.receive(at_counter(), receiving()).await.unwrap();
    let shown = until("the next token", async || {
        center.ratings.token_of(ONE).await.unwrap().filter(|shown| shown.token != before)
    });
    shown.await.token
}

pub(super) async fn read<T: Send + 'static>(
    center: &Center,
    look: impl FnOnce(&rusqlite::Connection) -> Result<T, store::StoreError> + Send + 'static,
) -> T {
    center.ports.readers.read(look).await.unwrap()
}

pub(super) async fn in_box(center: &Center) -> u64 {
    read(center, ratings::held_count).await
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
