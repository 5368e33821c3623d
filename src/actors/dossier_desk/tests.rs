use super::{DossierReply, Receiving, SlipPaper};
use crate::actors::failure::Failure;
use crate::actors::origin::Origin;
use crate::actors::testing::{Center, ONE, TWO, at_counter, issuing, officer, receiving, until};
use devices::class::ticket_printer::Document;
use domain::dossier::{Applicant, Collector, Custody, Dossier, NationalState, ScanGiven};
use domain::ids::{NodeId, OfficerId};
use domain::rating::Stage;
use domain::refusal::Refusal;
use domain::units::Units;
use futures_util::future::join_all;
use std::collections::BTreeSet;
use uuid::Uuid;

async fn received(center: &Center) -> Dossier {
    let reply = center.dossiers.receive(at_counter(), receiving()).await.unwrap();
    assert!(reply.rating_token_issued);
    reply.dossier.unwrap()
}

async fn stored(center: &Center, id: Uuid) -> Option<Dossier> {
    center.ports.readers.read(move |conn| store::query::dossiers::by_id(conn, id)).await.unwrap()
}

fn dossier(reply: Result<DossierReply, Failure>) -> Dossier {
    reply.unwrap().dossier.unwrap()
}

#[actix_rt::test]
async fn codes_of_a_day_follow_each_other_also_after_a_restart() {
    let mut center = Center::start().await;
    let all = join_all((0..5).map(|_| center.dossiers.receive(at_counter(), receiving()))).await;
    let codes: BTreeSet<String> = all.into_iter().map(|reply| dossier(reply).code).collect();
    assert_eq!(codes.len(), 5);
    assert!(codes.contains("H49.06658-261123-0001") && codes.contains("H49.06658-261123-0005"));
    center.restart_dossiers();
    assert_eq!(received(&center).await.code, "H49.06658-261123-0006");
    center.clock.move_by(24 * 3600);
    assert_eq!(received(&center).await.code, "H49.06658-261124-0001");
}

#[actix_rt::test]
async fn a_received_dossier_has_a_deadline_a_slip_and_a_token_for_the_tablet() {
    let center = Center::start().await;
    let reply = center.dossiers.receive(at_counter(), receiving()).await.unwrap();
    let dossier = reply.dossier.unwrap();
    assert_eq!(stored(&center, dossier.id).await.as_ref(), Some(&dossier));
    assert!(!dossier.deadline.reasons.is_empty());
    until("the slip", async || (center.simulated.printer.sheets().len() == 1).then_some(())).await;
    let job = reply.print_job.unwrap();
    until("the job to be printed", async || {
        let job = center.devices.print_job(job).await.unwrap();
        (job.state == "printed" && job.dossier == Some(dossier.id)).then_some(())
    })
    .await;
    let token = until("the token", async || center.ratings.token_of(ONE).await.unwrap()).await;
    assert_eq!(token.stage, Stage::Receipt);
}

#[actix_rt::test]
async fn where_no_officers_printer_stands_a_dossier_is_received_without_a_slip() {
    let center = Center::start().await;
    let at_two = Receiving { counter: TWO, ..receiving() };
    let reply = center.dossiers.receive(at_counter(), at_two).await.unwrap();
    assert_eq!(reply.print_job, None, "the printer of counter 1 is not an officer's of counter 2");
    let id = reply.dossier.unwrap().id;
    let refused = Failure::Refused(Refusal::NoSlipPrinter { counter: TWO });
    assert_eq!(center.dossiers.print_slip(at_counter(), id, TWO).await, Err(refused));
    assert!(center.dossiers.print_slip(at_counter(), id, ONE).await.unwrap().print_job.is_some());
    until("the slip", async || (center.simulated.printer.sheets().len() == 1).then_some(())).await;
}

#[actix_rt::test]
async fn the_short_slip_says_where_it_was_received_and_where_the_result_is_to_be_had() {
    let center = Center::start().await;
    let dossier = received(&center).await;
    let Document::Slip(slip) = SlipPaper::default().of(&dossier, false) else {
        panic!("a dossier has a slip");
    };
    let field = |name: &str| slip.fields.iter().find(|(label, _)| label == name);
    assert!(field("Nhận hồ sơ").unwrap().1.ends_with("tại Quầy 1"), "{:?}", slip.fields);
    assert_eq!(field("Nhận kết quả").unwrap().1, "trực tiếp, tại Trung tâm");
    assert_eq!(field("Nơi nhận"), None, "it may be read as either");
    // The code holds no address: nothing may promise a look-up.
    assert_eq!(slip.qr.as_deref(), Some(dossier.code.as_str()));
    assert!(!slip.footer.iter().any(|line| line.to_lowercase().contains("tra cứu")));
}

#[actix_rt::test]
async fn the_short_slip_is_headed_by_the_center_that_received_the_dossier() {
    let center = Center::start().await;
    let dossier = received(&center).await;
    let units = include_str!("../../../config/units/centers.csv");
    let head_at = |node: &str| {
        let paper = SlipPaper {
            title: vec!["Trung tâm đang in".to_owned()],
            hotline: "0203 3 000 000".to_owned(),
            node: Some(NodeId::parse(node).unwrap()),
            units: Units::parse("centers.csv", units).unwrap(),
            ..SlipPaper::default()
        };
        let Document::Slip(slip) = paper.of(&dossier, true) else {
            panic!("a dossier has a slip");
        };
        (slip.title.join(" "), slip.footer.iter().any(|line| line.contains("0203")))
    };
    assert_eq!(head_at("06658-1"), ("Trung tâm đang in".to_owned(), true));
    let received_at = "Trung tâm Phục vụ hành chính công phường Cao Xanh".to_owned();
    assert_eq!(head_at("06652-1"), (received_at, false));
}

#[actix_rt::test]
async fn a_repeated_reception_is_one_dossier() {
    let center = Center::start().await;
    let keyed = || at_counter().with_request(Some("form-1"));
    let first = center.dossiers.receive(keyed(), receiving()).await.unwrap();
    assert_eq!(center.dossiers.receive(keyed(), receiving()).await.unwrap(), first);
    let other = Receiving { counter: TWO, ..receiving() };
    assert_eq!(center.dossiers.receive(keyed(), other).await, Err(Failure::KeyReused));
}

#[actix_rt::test]
async fn a_request_key_with_another_person_is_refused_and_not_answered_with_the_first() {
    let center = Center::start().await;
    let keyed = || at_counter().with_request(Some("form-1"));
    let first = dossier(center.dossiers.receive(keyed(), receiving()).await);
    let applicant = Applicant { name: "Trần Thị Bình".to_owned(), ..receiving().applicant };
    let other = Receiving { applicant, ..receiving() };
    assert_eq!(center.dossiers.receive(keyed(), other).await, Err(Failure::KeyReused));
    let title = || "Giấy khai sinh".to_owned();
    center.dossiers.set_result(at_counter(), first.id, title(), officer()).await.unwrap();
    let given = |name: &str| {
        let collector = Collector { name: name.to_owned(), number: None };
        let origin = at_counter().with_request(Some("return-1"));
        center.dossiers.return_result(origin, first.id, Some(collector), officer(), ONE)
    };
    given("Nguyễn Văn An").await.unwrap();
    assert_eq!(given("Trần Thị Bình").await, Err(Failure::KeyReused));
}

#[actix_rt::test]
async fn a_slip_waits_for_paper_and_is_printed_after_a_restart() {
    let mut center = Center::start().await;
    center.simulated.printer.unplug();
    let reply = center.dossiers.receive(at_counter(), receiving()).await.unwrap();
    let job = reply.print_job.unwrap();
    until("the job to be blocked", async || {
        let job = center.devices.print_job(job).await.unwrap();
        (job.state == "blocked").then_some(())
    })
    .await;
    center.restart_dossiers();
    center.simulated.printer.plug();
    until("the slip", async || {
        center.clock.move_by(1);
        (center.devices.print_job(job).await.unwrap().state == "printed").then_some(())
    })
    .await;
    assert_eq!(center.simulated.printer.sheets().len(), 1);
}

#[actix_rt::test]
async fn the_same_scan_twice_changes_nothing() {
    let center = Center::start().await;
    let id = received(&center).await.id;
    let blob = center.store.blobs().put(b"%PDF-1.7 a scan").unwrap();
    let scan = ScanGiven {
        component: 1,
        sha256: journal::hex::encode(&blob.sha256),
        size: blob.size,
        media_type: "application/pdf".to_owned(),
        name: Some("khai sinh.pdf".to_owned()),
    };
    let first = dossier(center.dossiers.add_scan(at_counter(), id, scan.clone()).await);
    let second = dossier(center.dossiers.add_scan(at_counter(), id, scan.clone()).await);
    assert_eq!((first.rev, second.rev), (2, 2));
    let wrong = ScanGiven { sha256: "not a digest".to_owned(), ..scan };
    assert_eq!(
        center.dossiers.add_scan(at_counter(), id, wrong).await,
        Err(Failure::Refused(Refusal::BadDigest))
    );
    let backlog = center.ports.readers.read(store::query::blobs::backlog).await.unwrap();
    assert_eq!(backlog.0, 1);
}

#[actix_rt::test]
async fn steps_that_follow_each_other_without_waiting_are_all_kept() {
    let center = Center::start().await;
    let id = received(&center).await.id;
    let result = center.dossiers.set_result(at_counter(), id, "Giấy khai sinh".into(), officer());
    let back = center.dossiers.return_result(at_counter(), id, None, officer(), TWO);
    let (result, back) = futures_util::join!(result, back);
    assert_eq!(dossier(result).state, NationalState::Processed);
    let back = back.unwrap();
    assert!(back.rating_token_issued);
    assert_eq!(back.dossier.unwrap().state, NationalState::Returned);
    assert_eq!(stored(&center, id).await.unwrap().state, NationalState::Returned);
    let token = until("the token", async || center.ratings.token_of(TWO).await.unwrap()).await;
    assert_eq!(token.stage, Stage::Return);
}

#[actix_rt::test]
async fn nobody_edits_a_dossier_that_is_being_handed_over() {
    let center = Center::start().await;
    let id = received(&center).await.id;
    let other = NodeId::parse("22-1").unwrap();
    let moved = dossier(center.dossiers.hand_over(at_counter(), id, other.clone(), None).await);
    assert!(matches!(moved.custody, Custody::HandingOver { .. }));
    let edit = center.dossiers.set_result(at_counter(), id, "x".into(), officer()).await;
    assert_eq!(edit, Err(Failure::Refused(Refusal::InHandOver { other })));
    let back = dossier(center.dossiers.take_back(at_counter(), id).await);
    assert!(matches!(back.custody, Custody::TakingBack { .. }));
}

#[actix_rt::test]
async fn an_unknown_dossier_and_an_unknown_procedure_are_named() {
    let center = Center::start().await;
    assert_eq!(
        center.dossiers.take_back(Origin::center(), Uuid::now_v7()).await,
        Err(Failure::Refused(Refusal::UnknownDossier))
    );
    let wrong = Receiving { procedure: "9.999999".into(), ..receiving() };
    assert_eq!(
        center.dossiers.receive(at_counter(), wrong).await,
        Err(Failure::Refused(Refusal::UnknownProcedure { procedure: "9.999999".into() }))
    );
}

#[actix_rt::test]
async fn a_dossier_is_filed_only_at_the_officers_own_counter() {
    let center = Center::start().await;
    let at = |counter, who: &str| {
        let queue = center.queue.clone();
        let who = Some(OfficerId::parse(who).unwrap());
        async move { queue.dossier_place(counter, who, None).await.unwrap() }
    };
    let closed = Refusal::CounterNotYours { counter: ONE };
    assert_eq!(at(ONE, "nguyen.lan").await, Err(closed.clone()), "nobody opened it");
    center.queue.open_counter(at_counter(), ONE, officer()).await.unwrap();
    assert_eq!(at(ONE, "nguyen.lan").await, Ok(()));
    assert_eq!(at(TWO, "nguyen.lan").await, Err(Refusal::CounterNotYours { counter: TWO }));
    let refused = at(ONE, "tran.ha").await;
    assert_eq!(refused, Err(closed.clone()));
    let keyed = || at_counter().with_request(Some("dossier-1"));
    let answer = center.dossiers.at(refused.clone()).receive(keyed(), receiving()).await;
    assert_eq!(answer, Err(Failure::Refused(closed)));
    // A request that was answered gets its answer, whoever has the counter open by then.
    let first = center.dossiers.at(Ok(())).receive(keyed(), receiving()).await.unwrap();
    let again = center.dossiers.at(refused).receive(keyed(), receiving()).await.unwrap();
    assert_eq!(again, first);
}

#[actix_rt::test]
async fn a_result_is_handed_out_only_at_the_officers_own_counter() {
    let center = Center::start().await;
    let id = received(&center).await.id;
    center.dossiers.set_result(at_counter(), id, "Kết quả".into(), officer()).await.unwrap();
    let place = center.queue.dossier_place(TWO, Some(officer()), None).await.unwrap();
    let not_yours = Refusal::CounterNotYours { counter: TWO };
    assert_eq!(
        center.dossiers.at(place).return_result(at_counter(), id, None, officer(), TWO).await,
        Err(Failure::Refused(not_yours))
    );
    let head = center.queue.dossier_place(TWO, None, None).await.unwrap();
    let back = center.dossiers.at(head).return_result(at_counter(), id, None, officer(), TWO).await;
    assert!(dossier(back).returned.is_some(), "the head may act at every counter");
}

#[actix_rt::test]
async fn a_dossier_is_filed_only_for_a_ticket_that_is_at_the_counter_or_on_hold_there() {
    let center = Center::start().await;
    let ticket = center.queue.issue(at_counter(), issuing()).await.unwrap().ticket.unwrap().id;
    let place = |counter, ticket| {
        let queue = center.queue.clone();
        async move { queue.dossier_place(counter, None, Some(ticket)).await.unwrap() }
    };
    let not_here = |counter| Err(Refusal::TicketNotHere { counter });
    assert_eq!(place(ONE, ticket).await, not_here(ONE), "it waits");
    assert_eq!(place(ONE, Uuid::now_v7()).await, not_here(ONE), "it was never issued");
    center.queue.open_counter(at_counter(), ONE, officer()).await.unwrap();
    center.queue.call_next(at_counter(), ONE).await.unwrap();
    assert_eq!(place(ONE, ticket).await, Ok(()));
    assert_eq!(place(TWO, ticket).await, not_here(TWO));
    center.queue.begin(at_counter(), ONE).await.unwrap();
    center.queue.hold(at_counter(), ONE, None).await.unwrap();
    assert_eq!(place(ONE, ticket).await, Ok(()), "on hold there");
    assert_eq!(place(TWO, ticket).await, not_here(TWO));
    center.queue.resume(at_counter(), ONE, ticket).await.unwrap();
    center.queue.complete(at_counter(), ONE).await.unwrap();
    assert_eq!(place(ONE, ticket).await, not_here(ONE), "it is over");
}

#[actix_rt::test]
async fn a_scan_that_will_be_refused_is_refused_before_its_first_byte() {
    let center = Center::start().await;
    let id = received(&center).await.id;
    let may = |key: &str, component| {
        let origin = at_counter().with_request(Some(key));
        let dossiers = center.dossiers.clone();
        async move { dossiers.may_add_scan(origin, id, component).await }
    };
    assert_eq!(may("scan-1", 1).await, Ok(()));
    let unknown = Refusal::UnknownComponent { seq: 99 };
    assert_eq!(may("scan-1", 99).await, Err(Failure::Refused(unknown)));
    let nowhere = center.dossiers.may_add_scan(at_counter(), Uuid::now_v7(), 1).await;
    assert_eq!(nowhere, Err(Failure::Refused(Refusal::UnknownDossier)));
    let scan = ScanGiven {
        component: 1,
        sha256: "a".repeat(64),
        size: 3,
        media_type: "application/pdf".into(),
        name: None,
    };
    let origin = at_counter().with_request(Some("scan-1"));
    center.dossiers.add_scan(origin, id, scan).await.unwrap();
    center.dossiers.set_result(at_counter(), id, "Kết quả".into(), officer()).await.unwrap();
    center.dossiers.return_result(at_counter(), id, None, officer(), ONE).await.unwrap();
    assert_eq!(may("scan-1", 1).await, Ok(()), "it gets its first answer");
    assert!(matches!(may("scan-2", 1).await, Err(Failure::Refused(Refusal::WrongState { .. }))));
}
