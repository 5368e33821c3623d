use super::{Issuing, QueueHandle, QueueReply, Which};
use crate::actors::failure::Failure;
use crate::actors::live::Topic;
use crate::actors::origin::Origin;
use crate::actors::testing::{
    Center, ONE, TWO, at_counter, issuing, officer, queue_settings, until,
};
use devices::class::ticket_printer::Paper;
use domain::calendar::Session;
use domain::queue::{CallRule, Class, DayEnd, Printed, Ticket, TicketState, TransferTo};
use domain::refusal::Refusal;
use domain::time::Clock;
use futures_util::future::join_all;
use jiff::civil;
use std::collections::BTreeSet;
use store::{Batch, Fact};
use uuid::Uuid;

fn kiosk() -> Origin {
    Origin::device("kiosk-1")
}

async fn open(center: &Center) {
    for counter in [ONE, TWO] {
        center.queue.open_counter(at_counter(), counter, officer()).await.unwrap();
    }
}

async fn label(queue: &QueueHandle) -> String {
    queue.issue(kiosk(), issuing()).await.unwrap().ticket.unwrap().label
}

async fn stored(center: &Center, id: Uuid) -> Ticket {
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
async fn whoever_asks_first_on_a_new_day_does_not_leave_yesterdays_number_on_a_sign() {
    let center = Center::start().await;
    open(&center).await;
    label(&center.queue).await;
    center.queue.call_next(at_counter(), ONE).await.unwrap();
    until("the sign to show it", async || {
        center.simulated.sign.shown().text.contains("A001").then_some(())
    })
    .await;
    center.clock.move_by(24 * 3600);
    assert!(center.queue.look(Which::All).await.unwrap().tickets.is_empty());
    assert_eq!(center.live.hall().counters[0].label, None);
    until("the sign to be empty", async || {
        (!center.simulated.sign.shown().text.contains("A001")).then_some(())
    })
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
async fn a_ticket_is_printed_only_when_the_printer_says_so() {
    let center = Center::start().await;
    let printer = &center.simulated.printer;
    printer.change(|condition| condition.paper = Paper::Out);
    let reply = center.queue.issue(kiosk(), Issuing { print: true, ..issuing() }).await.unwrap();
    let (ticket, job) = (reply.ticket.unwrap(), reply.print_job.unwrap());
    assert_eq!(ticket.printed, Printed::Pending);
    let problem = until("the job to be blocked", async || {
        let job = center.devices.print_job(job).await.unwrap();
        (job.state == "blocked").then_some(job.problem)
    })
    .await;
    assert_eq!(problem.as_deref(), Some("paper_out"));
    until("the ticket to say that it is not on paper", async || {
        (stored(&center, ticket.id).await.printed == Printed::Failed).then_some(())
    })
    .await;
    assert!(printer.sheets().is_empty());
    printer.change(|condition| condition.paper = Paper::Present);
    until("the ticket to be printed", async || {
        center.clock.move_by(1);
        (stored(&center, ticket.id).await.printed == Printed::Printed).then_some(())
    })
    .await;
    assert_eq!(printer.sheets().len(), 1);
    assert_eq!(center.devices.print_job(job).await.unwrap().state, "printed");
}

#[actix_rt::test]
async fn a_reprint_puts_the_same_number_on_paper_again() {
    let center = Center::start().await;
    let reply = center.queue.issue(kiosk(), Issuing { print: true, ..issuing() }).await.unwrap();
    let ticket = reply.ticket.unwrap();
    until("the first paper", async || {
        (stored(&center, ticket.id).await.printed == Printed::Printed).then_some(())
    })
    .await;
    let again = center.queue.reprint(at_counter(), ticket.id).await.unwrap();
    assert_ne!(again.print_job, reply.print_job);
    assert_eq!(again.ticket.unwrap().label, ticket.label);
    until("both papers", async || (center.simulated.printer.sheets().len() == 2).then_some(()))
        .await;
    assert_eq!(center.queue.look(Which::All).await.unwrap().tickets.len(), 1);
}

#[actix_rt::test]
async fn a_ticket_waits_for_one_paper_however_often_it_is_asked_for() {
    let mut center = Center::start().await;
    center.simulated.printer.change(|condition| condition.paper = Paper::Out);
    let reply = center.queue.issue(kiosk(), Issuing { print: true, ..issuing() }).await.unwrap();
    let (ticket, job) = (reply.ticket.unwrap().id, reply.print_job);
    for _ in 0..5 {
        let again = center.queue.reprint(at_counter(), ticket).await.unwrap();
        assert_eq!((again.print_job, again.ticket.unwrap().id), (job, ticket));
    }
    center.restart_queue();
    let again = center.queue.reprint(at_counter(), ticket).await.unwrap();
    assert_eq!(again.print_job, job, "also after a restart");
    center.simulated.printer.change(|condition| condition.paper = Paper::Present);
    until("the paper", async || {
        center.clock.move_by(1);
        (stored(&center, ticket).await.printed == Printed::Printed).then_some(())
    })
    .await;
    assert_eq!(center.simulated.printer.sheets().len(), 1);
    let unknown = center.queue.reprint(at_counter(), Uuid::nil()).await;
    assert_eq!(unknown, Err(Failure::Refused(Refusal::UnknownTicket)));
}

fn pressed(kiosk: &str, press: usize) -> Origin {
    Origin::kiosk(kiosk).with_request(Some(&format!("press-{press}")))
}

#[actix_rt::test]
async fn ten_thousand_taps_a_minute_at_one_kiosk_are_one_number_and_hold_up_nobody() {
    let center = Center::start().await;
    let (mut granted, mut of_others) = (0, 0);
    for tap in 0..10_000 {
        center.clock.move_by_us(6_000);
        match center.queue.issue(pressed("stuck", tap), issuing()).await {
            Ok(_) => granted += 1,
            Err(failure) => {
                assert_eq!(failure, Failure::TooFast { wait_s: 2 });
                assert_eq!(failure.code(), "kiosk.too_fast");
            }
        }
        if tap % 1_000 == 0 {
            // Meanwhile at the other kiosk, and at the usher's console.
            center.queue.issue(pressed("kiosk-2", tap), issuing()).await.unwrap();
            center.queue.issue(at_counter(), issuing()).await.unwrap();
            of_others += 2;
        }
    }
    assert_eq!(granted, 1);
    let tickets = center.queue.look(Which::All).await.unwrap().tickets;
    assert_eq!(tickets.len(), granted + of_others);
}

#[actix_rt::test]
async fn one_kiosk_never_uses_up_more_than_half_of_a_series() {
    let mut center = Center::start().await;
    let mut press = 0;
    let mut issue = async |center: &Center, kiosk: &str| {
        center.clock.move_by(10);
        press += 1;
        center.queue.issue(pressed(kiosk, press), issuing()).await
    };
    for _ in 0..500 {
        issue(&center, "stuck").await.unwrap();
    }
    let refused = Failure::Refused(Refusal::KioskShareUsed { series: 'A', share: 500 });
    assert_eq!(issue(&center, "stuck").await, Err(refused.clone()));
    center.restart_queue();
    assert_eq!(issue(&center, "stuck").await, Err(refused), "counted from the tickets");
    issue(&center, "kiosk-2").await.unwrap();
    center.clock.move_by(24 * 3600);
    issue(&center, "stuck").await.unwrap();
}

#[actix_rt::test]
async fn a_kiosk_whose_answer_was_lost_gets_the_first_one_however_soon_it_asks() {
    let center = Center::start().await;
    let first = center.queue.issue(pressed("kiosk-1", 1), issuing()).await;
    assert!(first.is_ok());
    assert_eq!(center.queue.issue(pressed("kiosk-1", 1), issuing()).await, first);
}

#[actix_rt::test]
async fn a_print_job_goes_on_after_a_restart() {
    let mut center = Center::start().await;
    center.simulated.printer.unplug();
    let reply = center.queue.issue(kiosk(), Issuing { print: true, ..issuing() }).await.unwrap();
    let ticket = reply.ticket.unwrap().id;
    center.restart_queue();
    center.simulated.printer.plug();
    until("the paper", async || {
        center.clock.move_by(1);
        (stored(&center, ticket).await.printed == Printed::Printed).then_some(())
    })
    .await;
    assert_eq!(center.simulated.printer.sheets().len(), 1);
}

#[actix_rt::test]
async fn a_new_day_begins_with_the_first_number_and_needs_no_restart() {
    let center = Center::start().await;
    open(&center).await;
    assert_eq!(label(&center.queue).await, "A001");
    assert_eq!(label(&center.queue).await, "A002");
    center.queue.call_next(at_counter(), ONE).await.unwrap();
    center.clock.move_by(24 * 3600);
    assert_eq!(
        center.queue.call_next(at_counter(), ONE).await,
        Err(Failure::Refused(Refusal::CounterNotOpen { counter: ONE }))
    );
    assert_eq!(label(&center.queue).await, "A001");
    // Back on the day before: its tickets are there, and no number is given twice.
    center.clock.move_by(-24 * 3600);
    assert_eq!(label(&center.queue).await, "A003");
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
async fn the_first_command_of_a_day_closes_what_the_day_before_left_open() {
    let mut center = Center::start().await;
    center.queue.open_counter(at_counter(), ONE, officer()).await.unwrap();
    for _ in 0..60 {
        center.queue.issue(at_counter(), issuing()).await.unwrap();
    }
    center.queue.call_next(at_counter(), ONE).await.unwrap();
    let unfinished = async |center: &Center| {
        let tomorrow = domain::time::business_day(center.clock.now()).tomorrow().unwrap();
        let read = move |conn: &rusqlite::Connection| {
            Ok((
                store::query::tickets::unfinished_before(conn, tomorrow, 1000)?,
                store::query::counters::all(conn)?,
            ))
        };
        center.ports.readers.read(read).await.unwrap()
    };
    assert_eq!(unfinished(&center).await.0.len(), 60);
    // Switched off in the evening and on in the morning: there was no midnight to hear.
    center.clock.move_by(24 * 3600);
    center.restart_queue();
    let view = center.queue.look(Which::All).await.unwrap();
    assert!(view.tickets.is_empty(), "looking is no command");
    let new = center.queue.issue(at_counter(), issuing()).await.unwrap().ticket.unwrap();
    assert_eq!(new.label, "A001");
    let (tickets, counters) = until("yesterday to be closed", async || {
        let (tickets, counters) = unfinished(&center).await;
        (tickets.len() == 1).then_some((tickets, counters))
    })
    .await;
    assert_eq!(tickets[0].id, new.id, "only today's waits");
    assert_eq!(counters[0].state, domain::queue::CounterState::Closed);
    assert!(counters[0].closed_at_day_end);
    let yesterday = new.business_day.yesterday().unwrap();
    let all = center.ports.readers.read(move |c| store::query::tickets::of_day(c, yesterday)).await;
    let states: Vec<TicketState> = all
        .unwrap()
        .iter()
        .inspect(|ticket| assert!(ticket.closed_at_day_end, "{}", ticket.label))
        .map(|ticket| ticket.state)
        .collect();
    assert_eq!(states.iter().filter(|state| **state == TicketState::NoShow).count(), 1);
    assert_eq!(states.iter().filter(|state| **state == TicketState::Cancelled).count(), 59);
    center.queue.open_counter(at_counter(), ONE, officer()).await.unwrap();
    assert_eq!(center.queue.call_next(at_counter(), ONE).await.unwrap().ticket.unwrap().id, new.id);
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
async fn a_kiosk_gives_its_last_number_back_and_nobody_elses() {
    let center = Center::start().await;
    let ours = center.queue.issue(pressed("kiosk-1", 1), issuing()).await.unwrap().ticket.unwrap();
    let theirs =
        center.queue.issue(pressed("kiosk-2", 1), issuing()).await.unwrap().ticket.unwrap();
    center.clock.move_by(5);
    let refused = Failure::Refused(Refusal::NotLastOfKiosk { label: theirs.label.clone() });
    assert_eq!(center.queue.cancel_last(pressed("kiosk-1", 2), theirs.id).await, Err(refused));
    center.clock.move_by(5);
    let cancel = || center.queue.cancel_last(pressed("kiosk-1", 3), ours.id);
    let reply = cancel().await.unwrap();
    assert_eq!(reply.ticket.as_ref().unwrap().state, TicketState::Cancelled);
    assert_eq!(cancel().await.unwrap(), reply, "its answer was lost");
    let kept = stored(&center, ours.id).await;
    assert_eq!((kept.state, kept.rev), (TicketState::Cancelled, ours.rev + 1));
    center.clock.move_by(5);
    let next = center.queue.issue(pressed("kiosk-1", 4), issuing()).await.unwrap();
    assert_eq!(next.ticket.unwrap().label, "A003");
    assert_eq!(next.waiting_ahead, Some(1));
}

#[actix_rt::test]
async fn a_number_outside_the_hours_is_an_officers_word_and_its_reason_is_kept() {
    let mut settings = queue_settings();
    let (from, to) = (civil::time(13, 30, 0, 0), civil::time(17, 0, 0, 0));
    settings.hours.sessions = vec![Session { from, to }];
    let center = Center::start_with(settings).await;
    let now = domain::time::local(center.clock.now()).time();
    assert!(now < civil::time(13, 15, 0, 0), "the center's clock begins in the morning");
    let closed = Refusal::OutsideHours { from: "13:15".to_owned() };
    let refused = Err(Failure::Refused(closed.clone()));
    assert_eq!(center.queue.issue(kiosk(), issuing()).await, refused);
    let view = center.queue.look(Which::Nothing).await.unwrap();
    assert!(view.hours.iter().all(|hours| *hours == Err(closed.clone())));
    let reason = Some("đi từ đảo vào".to_owned());
    let with_reason = Issuing { outside_hours: reason.clone(), ..issuing() };
    let ticket = center.queue.issue(at_counter(), with_reason).await.unwrap().ticket.unwrap();
    assert_eq!(stored(&center, ticket.id).await.outside_hours, reason);
    // Into the afternoon.
    let opens = from.duration_since(now).as_secs();
    center.clock.move_by(opens);
    assert_eq!(label(&center.queue).await, "A002");
}

#[actix_rt::test]
async fn where_a_center_says_so_what_is_left_is_carried_over_and_stays_so_over_a_restart() {
    let mut settings = queue_settings();
    settings.rules.day_end = DayEnd::CarryOver;
    let mut center = Center::start_with(settings).await;
    center.queue.open_counter(at_counter(), ONE, officer()).await.unwrap();
    for _ in 0..60 {
        center.queue.issue(at_counter(), issuing()).await.unwrap();
    }
    let called = center.queue.call_next(at_counter(), ONE).await.unwrap().ticket.unwrap();
    center.queue.begin(at_counter(), ONE).await.unwrap();
    center.clock.move_by(24 * 3600);
    center.queue.open_counter(at_counter(), ONE, officer()).await.unwrap();
    let today = domain::time::business_day(center.clock.now());
    let served = until("yesterday to be closed", async || {
        let ticket = stored(&center, called.id).await;
        ticket.closed_at_day_end.then_some(ticket)
    })
    .await;
    assert_eq!((served.state, served.carried_to), (TicketState::Completed, None));
    let carried = async |center: &Center| {
        let tickets = center.queue.look(Which::All).await.unwrap().tickets;
        assert!(tickets.iter().all(|ticket| ticket.carried_to == Some(today)));
        tickets.len()
    };
    until("the rest to be there", async || (carried(&center).await == 59).then_some(())).await;
    let first = center.queue.call_next(at_counter(), ONE).await.unwrap().ticket.unwrap();
    assert_eq!(first.label, "A002");
    center.queue.begin(at_counter(), ONE).await.unwrap();
    center.queue.complete(at_counter(), ONE).await.unwrap();
    center.restart_queue();
    assert_eq!(carried(&center).await, 59, "the one that is over belongs to today, too");
    let next = center.queue.call_next(at_counter(), ONE).await.unwrap().ticket.unwrap();
    assert_eq!((next.label.as_str(), next.carried_to), ("A003", Some(today)));
    // A001 was served yesterday; the others' numbers are in the hall.
    let new: Vec<String> = vec![label(&center.queue).await, label(&center.queue).await];
    assert_eq!(new, ["A001", "A061"]);
}
