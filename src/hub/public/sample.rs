//! The pages of a made-up province on a busy morning: as full as real ones, for measuring what a phone
//! loads.

use std::iter;

use domain::ids::ServiceCode;
use domain::points::Points;
use domain::queue::{FirstBecause, Ticket, WENT_FIRST_MAX, WentFirst};
use domain::report::outside::{HallNow, ServiceNow};
use domain::time::business_day;
use domain::units::Units;
use jiff::Timestamp;
use jiff::civil::{Time, time};
use journal::WrappingKey;
use journal::ticket_code::ticket_code;
use uuid::Uuid;

use super::{centers, status};
use crate::store::halls::{Hall, TicketAnswer};

/// The province's centers: names that are made up by counting would pack better than real ones.
const CENTERS: &str = include_str!("../../../config/units/centers.csv");
/// Where the special zones receive beside their centers.
const POINTS: &str = include_str!("../../../config/units/points.csv");
/// What most centers have: code, Vietnamese, English.
const SERVICES: [(&str, &str, &str); 5] = [
    ("ho-tich", "Hộ tịch, tư pháp, chứng thực", "Civil status, justice, certification"),
    ("dat-dai", "Đất đai, xây dựng, môi trường", "Land, construction, environment"),
    ("xa-hoi", "Lao động, xã hội, y tế, giáo dục", "Labour, social affairs, health, education"),
    ("khac", "Hộ kinh doanh và lĩnh vực khác", "Household business and other sectors"),
    ("tra-ket-qua", "Trả kết quả", "Return of results"),
];
/// The end of the break: late in the morning every wait runs into it.
const BREAK_UNTIL: Time = time(13, 30, 0, 0);

/// The address that the QR code of the made-up ticket opens, without the province's own part.
#[must_use]
pub fn ticket_path() -> String {
    let nobody = WrappingKey::from_bytes([0; 32]);
    format!("{}/{}", status::PATHS[0], ticket_code(&nobody, Uuid::nil()))
}

/// The page behind it.
#[must_use]
pub fn ticket(code: &str, now: Timestamp) -> String {
    let Ok(service) = ServiceCode::parse(SERVICES[0].0) else { return status::render_unknown() };
    let day = business_day(now);
    let ticket = Ticket::waiting(Uuid::nil(), day, ('A', 12), service, now, String::new());
    let first = WentFirst { called_at: now, because: FirstBecause::Priority };
    let answer = TicketAnswer {
        node: String::new(),
        unit_name: "Trung tâm Phục vụ hành chính công phường Cao Xanh".to_owned(),
        ticket,
        ahead: Some(3),
        went_first: vec![first; WENT_FIRST_MAX],
        counter_name: None,
        as_of: now,
        hall: Some((hall(0, now), now)),
    };
    status::render(&answer, code, now)
}

/// The list of all centers and reception points with what each tells.
#[must_use]
pub fn list(now: Timestamp) -> String {
    let units = Units::parse("centers.csv", CENTERS).unwrap_or_default();
    let points = Points::parse("points.csv", POINTS, &units).unwrap_or_default();
    let halls: Vec<Hall> = units
        .iter()
        .flat_map(|unit| {
            let points = points.of_unit(unit.code.as_str()).map(|point| point.node.to_string());
            let boxes = iter::once(format!("{}-1", unit.code)).chain(points);
            boxes.map(move |node| (node, unit.center_name()))
        })
        .zip(0..)
        .map(|((node, unit_name), place)| Hall {
            node,
            unit_name,
            told: Some((hall(place, now), now)),
        })
        .collect();
    centers::render(&halls, &points, centers::Order::Name, now)
}

/// A hall, a little different at each place.
fn hall(place: u32, at: Timestamp) -> HallNow {
    let services: Vec<ServiceNow> = SERVICES
        .iter()
        .zip(1..)
        .filter_map(|((code, name_vi, name_en), number)| {
            let low_min = (place * 7 + number * 5) % 55;
            Some(ServiceNow {
                code: ServiceCode::parse(code).ok()?,
                name_vi: (*name_vi).to_owned(),
                name_en: (*name_en).to_owned(),
                waiting: (place * 5 + number * 3) % 31 + 1,
                low_min: Some(low_min),
                high_min: Some(low_min + 5 + number * 5),
                break_until: Some(BREAK_UNTIL),
                closes_at: None,
            })
        })
        .collect();
    let waiting = services.iter().map(|service| service.waiting).sum();
    HallNow { at, open_counters: place % 6 + 1, waiting, services }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_samples_have_every_line_that_a_real_page_may_have() {
        let now: Timestamp = "2026-11-23T02:42:00Z".parse().unwrap();
        let path = ticket_path();
        let code = path.strip_prefix("/t/").unwrap();
        let page = ticket(code, now);
        let waits = ["Còn 3 người chờ trước", "Chờ", "phút", "Chưa kể giờ nghỉ", "được gọi trước"];
        for said in ["Số A012", "Hộ tịch", "Tính đến 09:42"].into_iter().chain(waits) {
            assert!(page.contains(said), "{said}\n{page}");
        }
        assert!(page.contains(&format!("href=\"{path}\"")), "{page}");
        let list = list(now);
        assert_eq!(list.matches("<h2>").count(), 54);
        assert_eq!(list.matches("<h3>").count(), 2 + 6, "the places of the special zones");
        assert!(list.contains("Đất đai") && list.contains("phút"), "{list}");
    }
}
