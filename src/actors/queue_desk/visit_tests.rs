//! Numbers for several services and transfers with return, through the desk, its tables and its screens.

use super::{Issuing, Which};
use crate::actors::failure::Failure;
use crate::actors::live::Topic;
use crate::actors::origin::Origin;
use crate::actors::testing::{Center, ONE, TWO, at_counter, issuing, officer, until};
use domain::ids::{CounterNumber, ServiceCode};
use domain::queue::{CallRule, Ticket, TicketState, TransferTo};
use domain::refusal::Refusal;
use uuid::Uuid;

const THREE: CounterNumber = CounterNumber(3);

fn code(text: &str) -> ServiceCode {
    ServiceCode::parse(text).unwrap()
}

async fn open(center: &Center) {
    for counter in [ONE, TWO, THREE] {
        center.queue.open_counter(at_counter(), counter, officer()).await.unwrap();
    }
}

async fn issued(center: &Center, next: &[&str]) -> Ticket {
    let next_services = next.iter().map(|service| code(service)).collect();
    let wanted = Issuing { next_services, ..issuing() };
    center.queue.issue(Origin::device("kiosk-1"), wanted).await.unwrap().ticket.unwrap()
}

async fn called(center: &Center, counter: CounterNumber) -> Ticket {
    center.queue.call_next(at_counter(), counter).await.unwrap().ticket.unwrap()
}

async fn served(center: &Center, counter: CounterNumber) -> Ticket {
    center.queue.begin(at_counter(), counter).await.unwrap();
    center.queue.complete(at_counter(), counter).await.unwrap().ticket.unwrap()
}

async fn now(center: &Center, id: Uuid) -> Ticket {
    center.queue.look(Which::One(id)).await.unwrap().tickets.remove(0)
}

#[actix_rt::test]
async fn a_number_for_two_services_goes_on_by_itself_and_survives_a_restart() {
    let mut center = Center::start().await;
    open(&center).await;
    let ticket = issued(&center, &["dat-dai"]).await;
    assert_eq!(called(&center, ONE).await.id, ticket.id);
    until("the called list", async || (!center.live.hall().calls.is_empty()).then_some(())).await;
    let waits = served(&center, ONE).await;
    assert_eq!((waits.state, &waits.service), (TicketState::Waiting, &code("dat-dai")));
    assert_eq!((&waits.label, waits.queued_at), (&ticket.label, ticket.queued_at));
    // The hall shows it as one that waits, not as one that is called.
    until("the call to be over", async || {
        let hall = center.live.hall();
        (hall.calls.is_empty() && hall.next == [ticket.label.clone()]).then_some(())
    })
    .await;
    center.restart_queue();
    assert_eq!(now(&center, ticket.id).await, waits);
    assert_eq!(called(&center, THREE).await.id, ticket.id);
    assert_eq!(served(&center, THREE).await.state, TicketState::Completed);
}

#[actix_rt::test]
async fn what_an_officer_adds_is_stored_and_the_same_counter_goes_on_with_it() {
    let mut center = Center::start().await;
    open(&center).await;
    let wanted = Issuing { service: code("dat-dai"), ..issuing() };
    let ticket =
        center.queue.issue(Origin::device("kiosk-1"), wanted).await.unwrap().ticket.unwrap();
    called(&center, THREE).await;
    let other = Origin::officer("tran.minh", "").at_own_counter(true);
    let add = |origin| center.queue.set_next_services(origin, THREE, vec![code("xa-hoi")]);
    let refused = add(other).await.unwrap_err();
    assert!(matches!(refused, Failure::Refused(Refusal::CounterTaken { .. })), "{refused:?}");
    let added = add(at_counter()).await.unwrap().ticket.unwrap();
    assert_eq!(added.next_services, [code("xa-hoi")]);
    center.queue.begin(at_counter(), THREE).await.unwrap();
    center.restart_queue();
    let keyed = || at_counter().with_request(Some("go-on-1"));
    let on = center.queue.go_on(keyed(), THREE).await.unwrap();
    assert_eq!(center.queue.go_on(keyed(), THREE).await.unwrap(), on, "pressed twice");
    let on = on.ticket.unwrap();
    assert_eq!((on.id, on.state), (ticket.id, TicketState::Serving));
    assert_eq!(on.service, code("xa-hoi"));
    assert_eq!(on.call_reason.unwrap().rule, CallRule::WentOn);
    let over = center.queue.complete(at_counter(), THREE).await.unwrap().ticket.unwrap();
    assert_eq!(over.state, TicketState::Completed);
}

#[actix_rt::test]
async fn a_number_that_was_passed_on_with_return_comes_back_and_the_call_says_so() {
    let mut center = Center::start().await;
    open(&center).await;
    let ticket = issued(&center, &[]).await;
    called(&center, ONE).await;
    let to = TransferTo::Counter(THREE);
    center.queue.transfer_and_return(at_counter(), ONE, to).await.unwrap();
    // The live picture names the counter as the answers do.
    until("the picture of the queue", async || {
        let picture = center.live.snapshot(Topic::Queue)?.data;
        (picture["tickets"][0]["return_to"] == 1).then_some(())
    })
    .await;
    center.restart_queue();
    called(&center, THREE).await;
    let back = served(&center, THREE).await;
    assert_eq!((back.for_counter, back.returned_from), (Some(ONE), Some(THREE)));
    let refused = center.queue.call_next(at_counter(), TWO).await.unwrap_err();
    assert_eq!(refused, Failure::Refused(Refusal::NobodyWaiting { counter: TWO }));
    let called = called(&center, ONE).await;
    assert_eq!(called.id, ticket.id);
    assert_eq!(called.call_reason.unwrap().returned_from, Some(THREE));
}
