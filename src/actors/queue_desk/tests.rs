use super::{Issuing, QueueHandle, QueueReply, Which};
use crate::actors::failure::Failure;
use crate::actors::live::Topic;
use crate::actors::origin::Origin;
use crate::actors::testing::{
    Center, ONE, TWO, at_counter, issuing, officer, queue_settings, until,
};
use devices::class::ticket_printer::Paper;
use domain::queue::{CallRule, Class, FirstBecause, Printed, Ticket, TicketState, TransferTo};
use domain::refusal::Refusal;
use futures_util::future::join_all;
use std::collections::BTreeSet;
use store::{Batch, Fact};
use uuid::Uuid;

pub(super) fn kiosk() -> Origin {
    Origin::device("kiosk-1")
}

pub(super) async fn open(center: &Center) {
    for counter in [ONE, TWO] {
        center.queue.open_counter(at_counter(), counter, officer()).await.unwrap();
    }
}

pub(super) async fn label(queue: &QueueHandle) -> String {
    queue.issue(kiosk(), issuing()).await.unwrap().ticket.unwrap().label
}

pub(super) async fn stored(center: &Center, id: Uuid) -> Ticket {
    let read = center.ports.readers.read(move |conn| store::query::tickets::by_id(conn, id)).await;
    read.unwrap().unwrap()
}

#[actix_rt::test]
async fn a_number_is_answered_only_when_it_is_stored() {
    let center = Center::start().await;
    let reply = center.queue.issue(kiosk(), issuing()).await.unwrap();
    let ticket = reply.ticket.unwrap();
    assert_eq!(ticket.label, "A001");
    assert_eq!(reply.waiting_ahead, Some(0));
    assert_eq!(stored(&center, ticket.id).await, ticket);
    let second = center.queue.issue(kiosk(), issuing()).await.unwrap();
    assert_eq!(second.waiting_ahead, Some(1));
}

#[actix_rt::test]
async fn eight_clients_never_get_the_same_number() {
    let center = Center::start().await;
    let clients = (0..8).map(|client| {
        let queue = center.queue.clone();
        actix_rt::spawn(async move {
            let mut labels = Vec::new();
            for _ in 0..25 {
                let origin = Origin::device(&format!("kiosk-{client}"));
                let reply = queue.issue(origin, issuing()).await.unwrap();
                labels.push(reply.ticket.unwrap().label);
            }
            labels
        })
    });
    let labels: Vec<String> =
        join_all(clients).await.into_iter().flat_map(Result::unwrap).collect();
    assert_eq!(labels.len(), 200);
    assert_eq!(labels.iter().collect::<BTreeSet<_>>().len(), 200);
}

#[actix_rt::test]
async fn two_counters_never_call_the_same_ticket() {
    let center = Center::start().await;
    open(&center).await;
    join_all((0..40).map(|_| center.queue.issue(kiosk(), issuing()))).await;
    let officers = [ONE, TWO].map(|counter| {
        let queue = center.queue.clone();
        actix_rt::spawn(async move {
            let mut called = Vec::new();
            loop {
                match queue.call_next(at_counter(), counter).await {
                    Ok(reply) => called.push(reply.ticket.unwrap().id),
                    Err(Failure::Refused(Refusal::NobodyWaiting { .. })) => return called,
                    Err(other) => panic!("{other}"),
                }
                queue.begin(at_counter(), counter).await.unwrap();
                queue.complete(at_counter(), counter).await.unwrap();
            }
        })
    });
    let called: Vec<Uuid> = join_all(officers).await.into_iter().flat_map(Result::unwrap).collect();
    assert_eq!(called.len(), 40);
    assert_eq!(called.iter().collect::<BTreeSet<_>>().len(), 40);
}

#[actix_rt::test]
async fn an_officer_does_nothing_at_a_counter_that_another_has_open() {
    let center = Center::start().await;
    open(&center).await;
    label(&center.queue).await;
    let other = || Origin::officer("tran.minh", "").at_own_counter(true);
    let taken = Failure::Refused(Refusal::CounterTaken {
        counter: ONE,
        counter_name: "Quầy 1".to_owned(),
        officer: officer(),
    });
    assert_eq!(center.queue.call_next(other(), ONE).await, Err(taken.clone()));
    assert_eq!(center.queue.close_counter(other(), ONE).await, Err(taken));
    let own = || Origin::officer(officer().as_str(), "").at_own_counter(true);
    center.queue.call_next(own(), ONE).await.unwrap();
    // The head of the center may.
    center.queue.begin(Origin::officer("tran.minh", ""), ONE).await.unwrap();
    center.queue.complete(own(), ONE).await.unwrap();
    center.queue.close_counter(own(), ONE).await.unwrap();
    assert_eq!(
        center.queue.call_next(other(), ONE).await,
        Err(Failure::Refused(Refusal::CounterNotOpen { counter: ONE }))
    );
}

#[actix_rt::test]
async fn a_repeated_request_gets_the_first_answer() {
    let mut center = Center::start().await;
    let keyed = || kiosk().with_request(Some("tap-1"));
    let issue = || center.queue.issue(keyed(), issuing());
    let (first, at_once) = futures_util::join!(issue(), issue());
    let first: QueueReply = first.unwrap();
    assert_eq!(at_once.unwrap(), first);
    assert_eq!(center.queue.issue(keyed(), issuing()).await.unwrap(), first);
    center.restart_queue();
    assert_eq!(center.queue.issue(keyed(), issuing()).await.unwrap(), first);
    assert_eq!(label(&center.queue).await, "A002");
}

#[actix_rt::test]
async fn a_request_key_used_for_something_else_is_refused() {
    let center = Center::start().await;
    let keyed = || kiosk().with_request(Some("tap-1"));
    center.queue.issue(keyed(), issuing()).await.unwrap();
    let other = Issuing { print: true, ..issuing() };
    assert_eq!(center.queue.issue(keyed(), other).await, Err(Failure::KeyReused));
    let another_kiosk = Origin::device("kiosk-2").with_request(Some("tap-1"));
    assert_eq!(
        center.queue.issue(another_kiosk, issuing()).await.unwrap().ticket.unwrap().label,
        "A002"
    );
    // Officers have no device of their own, and still not each other's answers.
    let one = Origin::officer("nguyen.lan", "").with_request(Some("1"));
    let other = Origin::officer("tran.minh", "").with_request(Some("1"));
    let first = center.queue.issue(one, issuing()).await.unwrap();
    assert_ne!(center.queue.issue(other, issuing()).await.unwrap().ticket, first.ticket);
    let control = kiosk().with_request(Some("a\nb"));
    assert_eq!(center.queue.issue(control, issuing()).await, Err(Failure::BadRequestKey));
}

#[actix_rt::test]
async fn a_store_error_reloads_the_desk() {
    let center = Center::start().await;
    let first = center.queue.issue(kiosk(), issuing()).await.unwrap().ticket.unwrap();
    // Behind the desk's back somebody takes the number that the desk will give next.
    let intruder = Ticket { id: Uuid::now_v7(), number: 2, label: "A002".into(), ..first };
    let batch = Batch::new("intruder", intruder.issued_at).with(Fact::Ticket(intruder));
    center.ports.writer.commit(batch).await.unwrap();
    let answers = join_all((0..3).map(|_| center.queue.issue(kiosk(), issuing()))).await;
    assert_eq!(
        answers[0],
        Err(Failure::NotStorable("store.taken")),
        "nothing for a machine to repeat"
    );
    let reply = until("the desk to read its tables again", async || {
        center.queue.issue(kiosk(), issuing()).await.ok()
    })
    .await;
    let view = center.queue.look(Which::All).await.unwrap();
    let numbers: Vec<u32> = view.tickets.iter().map(|ticket| ticket.number).collect();
    assert_eq!(numbers.iter().collect::<BTreeSet<_>>().len(), numbers.len());
    assert!(reply.ticket.unwrap().number > 2);
    assert!(numbers.contains(&2), "the intruder's ticket is in the queue now");
}

#[actix_rt::test]
async fn every_call_carries_its_reason() {
    let center = Center::start().await;
    open(&center).await;
    label(&center.queue).await;
    let ground = queue_settings().grounds[0].code.clone();
    let priority = Issuing { priority_ground: Some(ground), ..issuing() };
    center.queue.issue(kiosk(), priority).await.unwrap();
    let called = center.queue.call_next(at_counter(), ONE).await.unwrap().ticket.unwrap();
    assert_eq!(called.class, Class::Priority);
    let reason = called.call_reason.unwrap();
    assert_eq!(reason.rule, CallRule::PriorityFirst);
    assert_eq!(reason.over.as_deref(), Some("A001"));
}

#[actix_rt::test]
async fn a_call_is_shown_on_the_counters_own_sign_at_once_and_announced() {
    let center = Center::start().await;
    open(&center).await;
    label(&center.queue).await;
    center.queue.call_next(at_counter(), ONE).await.unwrap();
    let board = until("the called list", async || {
        Some(center.live.hall()).filter(|board| !board.calls.is_empty())
    })
    .await;
    assert_eq!(board.calls[0].label, "A001");
    assert_eq!(board.counters[0].label.as_deref(), Some("A001"));
    until("the sign to show it", async || {
        center.simulated.sign.shown().text.contains("A001").then_some(())
    })
    .await;
    until("the announcer", async || center.live.hall().now.filter(|now| now.label == "A001")).await;
    center.queue.begin(at_counter(), ONE).await.unwrap();
    center.queue.complete(at_counter(), ONE).await.unwrap();
    until("the sign to be empty", async || {
        (!center.simulated.sign.shown().text.contains("A001")).then_some(())
    })
    .await;
}

#[actix_rt::test]
async fn the_printers_word_does_not_silence_a_call_that_waits_its_turn() {
    let center = Center::start().await;
    open(&center).await;
    label(&center.queue).await;
    center.simulated.printer.change(|condition| condition.paper = Paper::Out);
    let reply = center.queue.issue(kiosk(), Issuing { print: true, ..issuing() }).await.unwrap();
    let second = reply.ticket.unwrap().id;
    until("the printer to say no", async || {
        (stored(&center, second).await.printed == Printed::Failed).then_some(())
    })
    .await;
    center.queue.call_next(at_counter(), ONE).await.unwrap();
    center.queue.call_next(at_counter(), TWO).await.unwrap();
    until("the first call", async || center.live.hall().now.filter(|now| now.label == "A001"))
        .await;
    center.simulated.printer.change(|condition| condition.paper = Paper::Present);
    center.clock.move_by(1);
    until("the printer to say yes", async || {
        (stored(&center, second).await.printed == Printed::Printed).then_some(())
    })
    .await;
    center.clock.move_by(3);
    until("the second call", async || center.live.hall().now.filter(|now| now.label == "A002"))
        .await;
}

#[actix_rt::test]
async fn calls_younger_than_a_minute_are_announced_again() {
    let mut center = Center::start().await;
    open(&center).await;
    label(&center.queue).await;
    center.queue.call_next(at_counter(), ONE).await.unwrap();
    center.clock.move_by(59);
    center.restart_queue();
    until("the call to be announced again", async || {
        center.live.hall().now.filter(|now| now.label == "A001")
    })
    .await;
    center.clock.move_by(2);
    center.restart_queue();
    center.queue.look(Which::All).await.unwrap();
    // The announcer has had its say by now: it shares the desk's arbiter.
    assert_eq!(center.live.hall().now, None);
    assert_eq!(center.live.hall().counters[0].label.as_deref(), Some("A001"));
}

#[actix_rt::test]
async fn a_missed_number_leaves_the_console_only_when_its_return_is_used_up() {
    let center = Center::start().await;
    open(&center).await;
    label(&center.queue).await;
    let missed = center.queue.call_next(at_counter(), ONE).await.unwrap().ticket.unwrap();
    center.queue.no_show(at_counter(), ONE).await.unwrap();
    let listed = || {
        let picture = center.live.snapshot(Topic::Queue).unwrap().data;
        picture["tickets"].as_array().unwrap().len()
    };
    until("the console to list the missed number", async || (listed() == 1).then_some(())).await;
    center.queue.return_to_queue(at_counter(), missed.id).await.unwrap();
    center.queue.call_next(at_counter(), ONE).await.unwrap();
    let again = center.queue.no_show(at_counter(), ONE).await.unwrap().ticket.unwrap();
    assert_eq!(again.state, TicketState::NoShow);
    until("the console to drop it", async || (listed() == 0).then_some(())).await;
    assert_eq!(
        center.queue.return_to_queue(at_counter(), missed.id).await,
        Err(Failure::Refused(Refusal::ReturnUsed { label: "A001".into() }))
    );
}

#[actix_rt::test]
async fn grounds_and_reasons_are_not_in_the_picture_of_the_queue() {
    let center = Center::start().await;
    let ground = queue_settings().grounds[0].code.clone();
    let priority = Issuing { priority_ground: Some(ground.clone()), ..issuing() };
    center.queue.issue(kiosk(), priority).await.unwrap();
    let picture = until("the picture", async || {
        let picture = center.live.snapshot(Topic::Queue).unwrap().data.to_string();
        picture.contains("A001").then_some(picture)
    })
    .await;
    assert!(!picture.contains(&ground), "{picture}");
}

#[test]
fn handles_may_be_used_from_any_thread() {
    fn any_thread<T: Send + Sync + Clone + 'static>() {}
    any_thread::<QueueHandle>();
    any_thread::<crate::actors::dossier_desk::DossierHandle>();
    any_thread::<crate::actors::rating_desk::RatingHandle>();
    any_thread::<crate::actors::device_host::DeviceHostHandle>();
    any_thread::<crate::actors::announcer::AnnouncerHandle>();
    any_thread::<crate::actors::uplink::UplinkHandle>();
    any_thread::<crate::actors::health::HealthHandle>();
}

#[actix_rt::test]
async fn a_question_gets_the_tickets_it_is_about_and_no_others() {
    let center = Center::start().await;
    open(&center).await;
    for _ in 0..3 {
        label(&center.queue).await;
    }
    let call = async || center.queue.call_next(at_counter(), ONE).await.unwrap().ticket.unwrap();
    let gone_on = call().await;
    center.queue.begin(at_counter(), ONE).await.unwrap();
    center.queue.transfer(at_counter(), ONE, TransferTo::Counter(TWO)).await.unwrap();
    let here = call().await;
    let asked = async |which| {
        let view = center.queue.look(which).await.unwrap();
        assert_eq!(view.counters.len(), 3, "counters and services are always there");
        view.tickets.into_iter().map(|ticket| ticket.id).collect::<Vec<Uuid>>()
    };
    assert_eq!(asked(Which::Nothing).await.len(), 0);
    assert_eq!(asked(Which::One(here.id)).await, [here.id]);
    assert_eq!(asked(Which::One(Uuid::nil())).await.len(), 0);
    let ahead = async |id| center.queue.look(Which::One(id)).await.unwrap().ahead;
    assert_eq!((ahead(here.id).await, ahead(Uuid::nil()).await), (None, None), "it was called");
    let last = center.queue.look(Which::All).await.unwrap().tickets.pop().unwrap();
    assert_eq!(ahead(last.id).await, Some(1), "who was passed on waits before it");
    let newest = center.queue.issue(kiosk(), issuing()).await.unwrap();
    assert_eq!(ahead(newest.ticket.unwrap().id).await, newest.waiting_ahead);
    assert_eq!(asked(Which::CalledAt(ONE)).await, [gone_on.id, here.id]);
    assert_eq!(asked(Which::CalledAt(TWO)).await.len(), 0);
    assert_eq!(asked(Which::All).await.len(), 4);
}

#[actix_rt::test]
async fn who_asks_for_a_waiting_number_is_told_that_priority_went_first() {
    let center = Center::start().await;
    open(&center).await;
    let waiting = center.queue.issue(kiosk(), issuing()).await.unwrap().ticket.unwrap().id;
    let elderly = Issuing { priority_ground: Some("elderly".into()), ..issuing() };
    center.queue.issue(kiosk(), elderly).await.unwrap();
    let told = async |which| center.queue.look(which).await.unwrap().went_first;
    assert!(told(Which::One(waiting)).await.is_empty());
    center.queue.call_next(at_counter(), ONE).await.unwrap();
    assert_eq!(told(Which::One(waiting)).await[0].because, FirstBecause::Priority);
    assert!(told(Which::All).await.is_empty(), "only of one that was asked for");
}
