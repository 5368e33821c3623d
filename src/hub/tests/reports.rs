//! Figures of all units, from the tickets that came by replication.

use domain::ids::{CounterNumber, ServiceCode};
use domain::queue::{Ticket, TicketState};
use domain::split::Journaled;
use jiff::SignedDuration;
use uuid::Uuid;

use super::fixture::*;
use crate::api::reports::{ProvinceReportAsked, ProvinceReportView, report_of};

/// A ticket that waited so many minutes, was called to counter 1 and served in five.
fn served(id: u128, number: u32, wait_min: i64) -> Ticket {
    let at = |minutes| now() - SignedDuration::from_mins(120 - minutes);
    let day = domain::time::business_day(now());
    let service = ServiceCode::parse("ho-tich").unwrap();
    let new =
        Ticket::waiting(Uuid::from_u128(id), day, ('A', number), service, at(0), "kiosk".into());
    Ticket {
        state: TicketState::Completed,
        counter: Some(CounterNumber(1)),
        called_at: Some(at(wait_min)),
        begun_at: Some(at(wait_min + 1)),
        finished_at: Some(at(wait_min + 6)),
        ..new
    }
}

async fn asked(province: &Province, by: Option<&str>, unit: Option<&str>) -> ProvinceReportView {
    let day = "2026-11-23".to_owned();
    let asked = ProvinceReportAsked {
        from: day.clone(),
        to: day,
        by: by.map(str::to_owned),
        unit: unit.map(str::to_owned),
    };
    report_of(&province.state(), &asked).await.unwrap()
}

async fn with_tickets() -> Province {
    let province = Province::new().await;
    province.enrol("22-1").await;
    for (node, tickets) in [
        ("06658-1", vec![served(1, 1, 10), served(2, 2, 20)]),
        ("06676-1", vec![served(3, 1, 40)]),
        ("06676-2", vec![served(4, 1, 50)]),
    ] {
        let mut node = province.enrol(node).await;
        let change = |one: &Ticket| change(Ticket::KIND, &one.id.to_string(), 1, one.split().0);
        node.write(tickets.iter().map(change).collect());
        committed(&province.send(node.frame(1, 1)).await);
    }
    province
}

#[actix_web::test]
async fn each_unit_has_a_row_with_all_its_boxes_and_one_without_figures_has_none() {
    let province = with_tickets().await;
    let report = asked(&province, None, None).await;
    let rows: Vec<_> = report
        .rows
        .iter()
        .map(|row| (row.key.as_str(), row.figures.issued, row.figures.wait.longest_s))
        .collect();
    assert_eq!(rows, [("06658", 2, 20 * 60), ("06676", 2, 50 * 60)]);
    assert_eq!((report.units, report.total.issued, report.total.completed), (2, 4, 4));
    assert_eq!((report.total.wait.p50_s, report.total.free_s), (20 * 60, None));
}

#[actix_web::test]
async fn the_places_of_a_unit_are_told_apart_and_add_up_to_it() {
    let province = Province::new().await;
    for (node, ids) in [("06994-1", 1..4), ("06994-2", 4..6)] {
        let mut node = province.enrol(node).await;
        let tickets: Vec<Ticket> = ids.map(|id| served(id, id as u32, 10)).collect();
        let change = |one: &Ticket| change(Ticket::KIND, &one.id.to_string(), 1, one.split().0);
        node.write(tickets.iter().map(change).collect());
        committed(&province.send(node.frame(1, 1)).await);
    }
    let of_places = asked(&province, Some("place"), Some("06994")).await;
    let rows: Vec<_> = of_places
        .rows
        .iter()
        .map(|row| (row.key.as_str(), row.name_vi.as_deref().unwrap(), row.figures.issued))
        .collect();
    let point = "Trung tâm, điểm Quan Lạn";
    assert_eq!(rows, [("06994-1", "Trung tâm", 3), ("06994-2", point, 2)]);
    assert_eq!((of_places.units, of_places.total.issued), (1, 5));
    let of_unit = asked(&province, None, Some("06994")).await;
    assert_eq!((of_unit.rows.len(), of_unit.rows[0].figures.issued), (1, 5));
}

#[actix_web::test]
async fn the_same_figures_are_had_by_hour_and_service_and_of_one_unit() {
    let province = with_tickets().await;
    for by in ["hour", "day", "service", "class"] {
        let report = asked(&province, Some(by), None).await;
        let sum: usize = report.rows.iter().map(|row| row.figures.issued).sum();
        assert_eq!((sum, report.total.issued), (4, 4), "{by}");
    }
    let one = asked(&province, Some("service"), Some("06676")).await;
    assert_eq!((one.rows.len(), one.total.issued, one.units), (1, 2, 1));
    assert_eq!(one.rows[0].key, "ho-tich");
    assert_eq!(one.unit_name.as_deref(), Some("Trung tâm"));
    assert!(one.rows[0].name_vi.is_some(), "the province's own file names it");
    assert!(one.total.promised > 0);
    assert_eq!(asked(&province, None, Some("99999")).await.rows.len(), 0);
}
