use super::messages::{JobState, PrintNews, PrintOrder};
use super::outbox::Outbox;
use super::print::{JOBS_MAX, Lane, Step, Taken};
use crate::actors::failure::Failure;
use crate::actors::live::Topic;
use crate::actors::testing::{Center, ONE, TWO, until};
use actix::{Actor, Context, Handler, Recipient};
use devices::DeviceState;
use devices::class::ticket_printer::{Document, PrintOutcome, PrinterProblem, TicketLayout};
use jiff::Timestamp;
use uuid::Uuid;

const CARD: &str = "022099000123||Nguyễn Văn An|01021999|Nam|Cao Xanh, Quảng Ninh|01012022";

struct Owner;

impl Actor for Owner {
    type Context = Context<Self>;
}

impl Handler<PrintNews> for Owner {
    type Result = Result<(), Failure>;

    fn handle(&mut self, _: PrintNews, _ctx: &mut Self::Context) -> Self::Result {
        Ok(())
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_764_000_000 + second).unwrap()
}

fn order(number: u128, owner: &Recipient<PrintNews>) -> PrintOrder {
    PrintOrder {
        job: Uuid::from_u128(number),
        subject: Uuid::from_u128(1000 + number),
        document: Document::Ticket(TicketLayout::default()),
        ordered_at: at(0),
        counter: None,
        valid_until: at(3600),
        doubtful: false,
        owner: owner.clone(),
    }
}

fn owner() -> Recipient<PrintNews> {
    Owner.start().recipient()
}

const OUT: PrintOutcome = PrintOutcome::Blocked {
    problem: PrinterProblem::PaperOut,
    code: "printer.paper_out",
    sent: false,
};

fn states(step: &Step) -> Vec<JobState> {
    step.news.iter().map(|(_, news)| news.state).collect()
}

fn reprint(step: &Step) -> bool {
    match &step.start.as_ref().unwrap().document {
        Document::Ticket(layout) => layout.reprint,
        _ => false,
    }
}

#[actix_rt::test]
async fn a_blocked_job_keeps_its_place_and_is_tried_again_with_growing_pauses() {
    let mut lane = Lane::new("printer");
    let owner = owner();
    for number in [1, 2] {
        assert_eq!(lane.add(order(number, &owner)), Taken::Yes);
    }
    let first = lane.advance(at(0));
    assert_eq!(states(&first), [JobState::Printing]);
    let job = first.start.unwrap().job;
    assert!(lane.advance(at(0)).start.is_none(), "one at a time");
    let blocked = lane.finished(job, OUT, at(0));
    assert_eq!(
        states(&blocked),
        [JobState::Blocked { problem: PrinterProblem::PaperOut, code: "printer.paper_out" }]
    );
    let mut tries = Vec::new();
    for second in 0..40 {
        let step = lane.advance(at(second));
        assert!(step.news.is_empty(), "nothing new is told between two tries");
        if let Some(start) = step.start {
            tries.push(second);
            assert_eq!(start.job, job, "the second job does not overtake");
            assert!(lane.finished(job, OUT, at(second)).news.is_empty());
        }
    }
    assert_eq!(tries, [1, 3, 7, 15, 30]);
    lane.printer_is_well();
    assert_eq!(lane.advance(at(40)).start.unwrap().job, job);
    assert_eq!(states(&lane.finished(job, PrintOutcome::Printed, at(41))), [JobState::Printed]);
    assert_eq!(lane.advance(at(41)).start.unwrap().job, Uuid::from_u128(2));
}

#[actix_rt::test]
async fn a_job_behind_a_blocked_one_is_told_as_blocked_and_waits_its_turn() {
    let mut lane = Lane::new("printer");
    let owner = owner();
    for number in [1, 2] {
        lane.add(order(number, &owner));
    }
    let second = Uuid::from_u128(2);
    let told = |lane: &Lane| lane.job(second).unwrap().state;
    let first = lane.advance(at(0)).start.unwrap().job;
    assert_eq!(told(&lane), JobState::Pending);
    lane.finished(first, OUT, at(0));
    assert!(matches!(told(&lane), JobState::Blocked { problem: PrinterProblem::PaperOut, .. }));
    lane.printer_is_well();
    lane.advance(at(1));
    lane.finished(first, PrintOutcome::Printed, at(2));
    assert_eq!(told(&lane), JobState::Pending);
    assert_eq!(lane.advance(at(2)).start.unwrap().job, second);
}

#[actix_rt::test]
async fn a_paper_that_may_have_come_out_carries_the_reprint_mark_the_next_time() {
    let mut lane = Lane::new("printer");
    let owner = owner();
    lane.add(order(1, &owner));
    let step = lane.advance(at(0));
    assert!(!reprint(&step));
    let job = step.start.unwrap().job;
    lane.finished(job, OUT, at(0));
    let step = lane.advance(at(1));
    assert!(!reprint(&step), "no byte had left");
    let sent = PrintOutcome::Blocked {
        problem: PrinterProblem::Unknown,
        code: "printer.no_answer",
        sent: true,
    };
    lane.finished(job, sent, at(1));
    assert!(reprint(&lane.advance(at(10))));
}

#[actix_rt::test]
async fn a_full_lane_tells_so_once_and_takes_again_when_it_has_room() {
    let mut lane = Lane::new("printer");
    let owner = owner();
    for number in 0..JOBS_MAX as u128 {
        assert_eq!(lane.add(order(number, &owner)), Taken::Yes);
    }
    let late = JOBS_MAX as u128;
    assert_eq!(lane.add(order(late, &owner)), Taken::No { first: true });
    assert_eq!(lane.add(order(late, &owner)), Taken::No { first: false });
    assert_eq!(lane.add(order(7, &owner)), Taken::Yes, "it waits here already");
    let job = lane.advance(at(0)).start.unwrap().job;
    lane.finished(job, PrintOutcome::Printed, at(1));
    assert_eq!(lane.add(order(late, &owner)), Taken::Yes);
    assert_eq!(lane.add(order(late + 1, &owner)), Taken::No { first: true }, "full once more");
}

#[actix_rt::test]
async fn a_number_of_yesterday_is_not_printed_any_more() {
    let mut lane = Lane::new("printer");
    let owner = owner();
    lane.add(order(1, &owner));
    let step = lane.advance(at(3601));
    assert!(step.start.is_none() && lane.idle());
    assert!(matches!(states(&step)[..], [JobState::Blocked { code: "printer.too_late", .. }]));
}

#[actix_rt::test]
async fn a_number_that_was_given_up_is_not_printed_once_the_printer_is_well() {
    let mut lane = Lane::new("printer");
    let owner = owner();
    for number in [1, 2] {
        lane.add(order(number, &owner));
    }
    let job = lane.advance(at(0)).start.unwrap().job;
    // While the printer has it, and is out of paper.
    lane.withdraw(Uuid::from_u128(1001));
    lane.finished(job, OUT, at(0));
    lane.printer_is_well();
    let step = lane.advance(at(1));
    assert!(matches!(
        states(&step)[..],
        [JobState::Blocked { code: "printer.too_late", .. }, JobState::Printing]
    ));
    assert_eq!(step.start.unwrap().job, Uuid::from_u128(2), "the one behind it comes out");
}

#[actix_rt::test]
async fn an_order_given_twice_is_printed_once() {
    let mut lane = Lane::new("printer");
    let owner = owner();
    for _ in 0..2 {
        assert_eq!(lane.add(order(1, &owner)), Taken::Yes);
    }
    assert_eq!(lane.length(), 1);
}

#[actix_rt::test]
async fn an_owner_that_was_busy_hears_only_the_newest_word() {
    let mut outbox = Outbox::default();
    let owner = owner();
    let news = |state| PrintNews {
        job: Uuid::from_u128(1),
        subject: Uuid::from_u128(2),
        ordered_at: at(0),
        printer: "printer".to_owned(),
        state,
        attempts: 1,
    };
    outbox.add(owner.clone(), news(JobState::Printing));
    assert_eq!(outbox.next().unwrap().1.state, JobState::Printing);
    outbox.add(owner.clone(), news(JobState::Printed));
    assert!(outbox.next().is_none(), "one word at a time");
    outbox.not_told();
    assert_eq!(outbox.next().unwrap().1.state, JobState::Printed);
    outbox.told();
    assert!(outbox.next().is_none());
}

#[actix_rt::test]
async fn a_card_is_remembered_for_two_minutes_and_only_at_its_counter() {
    let center = Center::start().await;
    until("the reader", async || center.simulated.reader.scan(CARD).await.ok()).await;
    let read = until("the card", async || center.devices.last_card(ONE).await.unwrap()).await;
    assert_eq!(read.card.name, "Nguyễn Văn An");
    assert_eq!(center.devices.last_card(TWO).await.unwrap(), None);
    let told = center.live.snapshot(Topic::Card(ONE)).unwrap().data.to_string();
    assert!(!told.contains("022099000123") && !told.contains("Nguyễn"), "{told}");
    center.clock.move_by(119);
    assert!(center.devices.last_card(ONE).await.unwrap().is_some());
    center.clock.move_by(1);
    assert_eq!(center.devices.last_card(ONE).await.unwrap(), None);
    until("the page to be told", async || {
        center.live.snapshot(Topic::Card(ONE)).unwrap().data.is_null().then_some(())
    })
    .await;
}

#[actix_rt::test]
async fn a_code_that_is_no_card_is_an_event_without_its_text() {
    let center = Center::start().await;
    until("the reader", async || center.simulated.reader.scan("https://x.vn/qr?1").await.ok())
        .await;
    let event = until("the event", async || {
        let read = |conn: &rusqlite::Connection| store::query::events::recent(conn, 50);
        let events = center.ports.readers.read(read).await.unwrap();
        events.into_iter().find(|event| event.code == "card.too_few_fields")
    })
    .await;
    assert_eq!(event.source, "reader-1");
    assert!(!event.detail.to_string().contains("x.vn"));
    assert_eq!(center.devices.last_card(ONE).await.unwrap(), None);
}

#[actix_rt::test]
async fn a_card_shown_at_a_kiosk_is_told_to_its_counter_without_its_name() {
    let center = Center::start().await;
    let ticket = Uuid::from_u128(7);
    center.devices.keep_card(ticket, domain::card::parse(CARD.as_bytes()).unwrap());
    assert_eq!(center.devices.last_card(ONE).await.unwrap(), None);
    center.devices.ticket_comes(ONE, ticket);
    let read = center.devices.last_card(ONE).await.unwrap().unwrap();
    assert_eq!(read.card.name, "Nguyễn Văn An");
    assert_eq!(center.devices.last_card(TWO).await.unwrap(), None);
    let told = center.live.snapshot(Topic::Card(ONE)).unwrap().data.to_string();
    assert!(told.contains("read_at") && !told.contains("Nguyễn"), "{told}");
    center.devices.ticket_done(ticket);
    center.devices.forget_card(ONE).await.unwrap();
    center.devices.ticket_comes(ONE, ticket);
    assert_eq!(center.devices.last_card(ONE).await.unwrap(), None, "the number is done");
}

#[actix_rt::test]
async fn an_unplugged_device_is_one_event_and_comes_back_alone() {
    let center = Center::start().await;
    let state = async |state: DeviceState| {
        until("the sign's state", async || {
            let devices = center.devices.devices().await.unwrap();
            devices.into_iter().find(|device| device.id == "sign-1" && device.state == state)
        })
        .await
    };
    state(DeviceState::Online).await;
    center.simulated.sign.unplug();
    // A sign does not speak: only writing to it shows that it is gone.
    until("the sign to be missed", async || {
        center.devices.show_sign(ONE, Some("A001"), true);
        let devices = center.devices.devices().await.unwrap();
        devices
            .into_iter()
            .find(|device| device.id == "sign-1" && device.state == DeviceState::Offline)
    })
    .await;
    center.simulated.sign.plug();
    state(DeviceState::Online).await;
    until("the sign to show the latest wish", async || {
        center.simulated.sign.shown().text.contains("A001").then_some(())
    })
    .await;
    let read = |conn: &rusqlite::Connection| store::query::events::recent(conn, 50);
    let events = center.ports.readers.read(read).await.unwrap();
    let of_sign = events.iter().filter(|event| event.source == "sign-1").count();
    assert!(of_sign <= 4, "{events:?}");
}

#[actix_rt::test]
async fn a_device_can_be_tried_and_an_unknown_one_is_named() {
    let center = Center::start().await;
    let tried = until("the printer to be tried", async || {
        let tried = center.devices.try_device("printer").await.unwrap();
        tried.done.then_some(tried)
    })
    .await;
    assert_eq!(tried.code, "device.tried");
    assert_eq!(center.devices.try_device("toaster").await, Err(Failure::Unknown("device")));
}
