use super::*;
use crate::actors::testing::{Center, at_counter, issuing};
use domain::time::Clock;
use futures_util::StreamExt;
use store::Fact;

type Line = Pipeline<u32, ()>;

fn admit(line: &mut Line, key: Option<&str>, now: Timestamp) -> Result<Admitted, Failure> {
    match line.admit(&at_counter().with_request(key), &"verb", now)? {
        Admission::Fresh(admitted) => Ok(admitted),
        Admission::Again(_) => panic!("it was asked before"),
    }
}

#[actix_rt::test]
async fn one_more_than_the_bound_is_answered_busy() {
    let center = Center::start().await;
    let now = center.clock.now();
    let (mut line, finished) = Line::new("line", center.ports.clone(), 2);
    let mut finished = Box::pin(finished);
    for reply in 0..2 {
        let admitted = admit(&mut line, None, now).unwrap();
        drop(line.submit(admitted, Batch::new("test", now), reply, ()).unwrap());
    }
    assert_eq!(admit(&mut line, None, now).err(), Some(Failure::Busy));
    let settled = line.settle(finished.next().await.unwrap(), now);
    assert!(settled.effects.is_some() && !settled.reload);
    assert!(admit(&mut line, None, now).is_ok());
}

#[actix_rt::test]
async fn after_a_failed_batch_the_desk_reads_its_tables_once_all_are_answered() {
    let center = Center::start().await;
    let now = center.clock.now();
    let (mut line, finished) = Line::new("line", center.ports.clone(), 8);
    let mut finished = Box::pin(finished);
    let issued = center.queue.issue(at_counter(), issuing()).await.unwrap();
    // Its revision is the stored one: decided on something that is not there any more.
    let stale = Batch::new("test", now).with(Fact::Ticket(issued.ticket.unwrap()));
    let admitted = admit(&mut line, None, now).unwrap();
    let lost = line.submit(admitted, stale, 1, ()).unwrap();
    let admitted = admit(&mut line, None, now).unwrap();
    let kept = line.submit(admitted, Batch::new("test", now), 2, ()).unwrap();
    let settled = line.settle(finished.next().await.unwrap(), now);
    assert!(settled.effects.is_none() && !settled.reload, "one is still under way");
    assert_eq!(admit(&mut line, None, now).err(), Some(Failure::Repeat));
    let settled = line.settle(finished.next().await.unwrap(), now);
    assert!(settled.effects.is_some() && settled.reload);
    assert_eq!((lost.await, kept.await), (Err(Failure::Repeat), Ok(2)));
    line.reloaded();
    assert!(admit(&mut line, None, now).is_ok());
}

#[actix_rt::test]
async fn a_key_that_only_the_table_knows_gets_the_first_answer_all_the_same() {
    let center = Center::start().await;
    let now = center.clock.now();
    for (reply, first) in [(1, true), (2, false)] {
        // A line that was never told which keys there are.
        let (mut line, finished) = Line::new("line", center.ports.clone(), 8);
        let mut finished = Box::pin(finished);
        let admitted = admit(&mut line, Some("key"), now).unwrap();
        let answer = line.submit(admitted, Batch::new("test", now), reply, ()).unwrap();
        let settled = line.settle(finished.next().await.unwrap(), now);
        assert_eq!((settled.effects.is_some(), settled.reload), (first, !first));
        assert_eq!(answer.await, Ok(1));
    }
}

#[test]
fn what_is_the_callers_matter_does_not_make_the_store_look_ill() {
    use crate::actors::health::StoreState;
    let stale =
        StoreError::StaleRevision { kind: "ticket", subject: "t".into(), stored: 2, given: 2 };
    let watch = StoreWatch::default();
    for error in [
        stale,
        StoreError::Taken("number".into()),
        StoreError::NotFound("blob"),
        StoreError::Conflict("token"),
    ] {
        watch.saw(Err(&error));
        assert_eq!(watch.state(), StoreState::Ok, "{error}");
    }
    watch.saw(Err(&StoreError::Database("I/O".into())));
    assert_eq!(watch.state(), StoreState::Failing);
    watch.saw(Err(&StoreError::Taken("number".into())));
    assert_eq!(watch.state(), StoreState::Failing, "nor does it make an ill one look well");
}

#[test]
fn of_more_keys_than_are_kept_the_oldest_go() {
    let at = |second| Timestamp::from_second(second).unwrap();
    let key = |number: i64| RequestKey::new("line:who@where", &number.to_string()).unwrap();
    let mut known = KnownKeys::default();
    for number in 0..10 {
        known.add(&key(number), at(number));
    }
    known.keep_newest(4);
    let left: Vec<i64> = (0..10).filter(|number| known.contains(&key(*number))).collect();
    assert_eq!(left, [6, 7, 8, 9]);
    assert_eq!((known.hashes.len(), known.ages.len()), (4, 4));
}

#[actix_rt::test]
async fn keys_are_forgotten_before_the_store_forgets_their_answers() {
    let center = Center::start().await;
    let now = center.clock.now();
    let (mut line, _finished) = Line::new("line", center.ports.clone(), 8);
    line.remember_keys(vec![("line:nguyen.lan@console-1:key".to_owned(), now)]);
    let ask = |line: &mut Line, now| {
        let origin = at_counter().with_request(Some("key"));
        matches!(line.admit(&origin, &"verb", now), Ok(Admission::Again(_)))
    };
    assert!(ask(&mut line, now + SignedDuration::from_hours(7 * 24 - 2)));
    assert!(!ask(&mut line, now + SignedDuration::from_hours(7 * 24 - 1)));
    assert!(REMEMBERED < store::REQUEST_KEPT);
}
