//! The book of accounts and devices: what is forgotten of it, and that it never keeps a device in.

use super::medium::{mirror, rebuilt};
use super::*;
use crate::medium::Medium;
use crate::own::WITHDRAWN_KEPT;
use crate::records::DeviceToken;

/// More withdrawn tokens than half of the book holds.
const MANY: u32 = 400;

fn token(number: u32) -> DeviceToken {
    let mut token_hash = [7; 32];
    token_hash[..4].copy_from_slice(&number.to_be_bytes());
    DeviceToken {
        token_hash,
        role: "hall".to_owned(),
        counter: None,
        title: "x".repeat(64),
        created_at: now(),
        revoked_at: None,
    }
}

fn withdrawn(number: u32) -> DeviceToken {
    DeviceToken { revoked_at: Some(now()), ..token(number) }
}

fn write(
    store: &Store,
    at: Timestamp,
    tokens: impl IntoIterator<Item = DeviceToken>,
) -> Result<(), StoreError> {
    let writes = tokens.into_iter().map(LocalWrite::DeviceToken);
    let batch = writes.fold(Batch::new("head", at), Batch::and);
    let committed = store.commit_now(batch)?;
    assert!(committed.entry, "the accounts are journaled");
    Ok(())
}

fn devices(store: &Store) -> Vec<DeviceToken> {
    let mut all = read(store, query::sessions::devices);
    all.sort_by_key(|token| token.token_hash);
    all
}

#[test]
fn a_withdrawn_token_is_named_for_a_while_and_then_forgotten_with_the_next_device() {
    let folder = folder();
    let store = open(&folder);
    write(&store, now(), [token(1), token(2)]).unwrap();
    write(&store, now(), [withdrawn(1)]).unwrap();
    let kept_until = now() + WITHDRAWN_KEPT;
    write(&store, kept_until, [token(3)]).unwrap();
    assert!(devices(&store).contains(&withdrawn(1)));
    let over = kept_until + SignedDuration::from_secs(1);
    write(&store, over, [token(4)]).unwrap();
    assert_eq!(devices(&store), [token(2), token(3), token(4)], "the good ones stay");
    // The entry says the same as the table.
    assert!(store.bring_accounts_back().unwrap());
    assert_eq!(devices(&store), [token(2), token(3), token(4)]);
    drop(store);
    assert_in_order(&folder);
}

#[test]
fn any_number_of_devices_let_in_and_put_out_leaves_room_for_another() {
    let folder = folder();
    let store = open(&folder);
    write(&store, now(), [token(0)]).unwrap();
    for round in 0..4 {
        let first = 1 + round * MANY;
        write(&store, now(), (first..first + MANY).map(withdrawn)).unwrap();
        assert!(devices(&store).contains(&token(0)));
    }
    assert!(devices(&store).len() < usize::try_from(2 * MANY).unwrap());
    write(&store, now(), [token(5_000)]).unwrap();
    assert_eq!(
        read(&store, |c| query::sessions::device_by_token(c, &withdrawn(1).token_hash)),
        None
    );
}

#[test]
fn a_full_book_takes_no_device_more_but_lets_each_be_put_out() {
    let folder = folder();
    let store = open(&folder);
    let mut next = 0;
    for many in [50, 1] {
        while write(&store, now(), (next..next + many).map(token)).is_ok() {
            next += many;
        }
    }
    let refused = write(&store, now(), [token(next)]).unwrap_err();
    assert_eq!(refused, StoreError::TooLarge("accounts"));
    assert_eq!(devices(&store).len(), usize::try_from(next).unwrap(), "a refusal changes nothing");
    // Each of them is a little longer with the time at which it was put out.
    write(&store, now(), (0..40).map(withdrawn)).unwrap();
    assert_eq!(devices(&store).len(), usize::try_from(next - 40).unwrap());
    assert_eq!(read(&store, |c| query::sessions::device_by_token(c, &token(0).token_hash)), None);
    write(&store, now(), [token(next)]).unwrap();
}

#[test]
fn a_token_that_was_withdrawn_and_forgotten_after_a_copy_is_not_good_again_from_it() {
    let (folder, place, other) = (folder(), folder(), super::folder());
    let store = open(&folder);
    write(&store, now(), [token(1)]).unwrap();
    let at = place.path().join("m");
    let mut medium = Medium::open(at.clone(), &keys()).unwrap();
    mirror(&store, &mut medium);
    write(&store, now(), [withdrawn(1)]).unwrap();
    let later = now() + WITHDRAWN_KEPT + SignedDuration::from_secs(1);
    write(&store, later, [token(2)]).unwrap();
    mirror(&store, &mut medium);
    drop((store, medium));

    let copy = rebuilt(&at, &other);
    assert_eq!(devices(&copy), [token(1)], "the copy was made before it was withdrawn");
    assert!(copy.bring_accounts_back().unwrap());
    assert_eq!(devices(&copy), [token(2)]);
}

#[test]
fn a_token_that_is_stored_once_more_for_another_counter_belongs_to_that_one() {
    let folder = folder();
    let store = open(&folder);
    let of = |number| DeviceToken { counter: Some(CounterNumber(number)), ..token(1) };
    write(&store, now(), [of(2)]).unwrap();
    write(&store, now(), [of(3)]).unwrap();
    assert_eq!(devices(&store), [of(3)]);
}
