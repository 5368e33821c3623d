//! `/cho`: every unit with who waits there now and how long a newcomer will, so that a citizen picks the
//! nearer or the faster center. What is old is said to be old, and then no wait is promised.

use domain::report::outside::{HallNow, ServiceNow, is_stale};
use jiff::{SignedDuration, Timestamp};

use super::page::{both, clock, page, text, wait, wait_over};
use crate::store::halls::Hall;

/// Where it is.
pub const PATH: &str = "/cho";
/// Where a time can be booked.
const BOOKING_PATH: &str = "/dat-lich";
/// The word of the address by which the units come in the order of who waits.
pub const FEWEST_FIRST: &str = "it-nguoi";

/// A box that has told nothing for so long is out of use, or its commune has other worries than this page:
/// it is not listed.
const GONE_AFTER: SignedDuration = SignedDuration::from_hours(7 * 24);

/// In which order the units stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// By their names.
    Name,
    /// Those first where a counter is open and fewest wait; those of which nothing fresh is known last.
    FewestFirst,
}

/// The page.
#[must_use]
pub fn render(halls: &[Hall], order: Order, now: Timestamp) -> String {
    let title = ("Số người đang chờ tại các Trung tâm", "How many wait at the service centers now");
    let mut halls: Vec<&Hall> = halls.iter().filter(|hall| !is_gone(hall, now)).collect();
    if halls.is_empty() {
        let nothing = ("Chưa có Trung tâm nào kết nối.", "No center is connected yet.");
        return page(title, &both("large", nothing));
    }
    if order == Order::FewestFirst {
        halls.sort_by_key(|hall| match fresh(hall, now) {
            Some(told) if told.open_counters > 0 => (0, told.waiting),
            Some(told) => (1, told.waiting),
            None => (2, 0),
        });
    }
    let again = match order {
        Order::Name => PATH.to_owned(),
        Order::FewestFirst => format!("{PATH}?xep={FEWEST_FIRST}"),
    };
    let made = clock(now, now);
    let mut body = format!(
        "<p>Lúc {made}. <a class=\"again\" href=\"{again}\">Tải lại</a> \
         <span class=\"en\" lang=\"en\">At {made}; reload for newer figures.</span></p>\n"
    );
    let current = |of: Order| if of == order { " aria-current=\"page\"" } else { "" };
    body.push_str(&format!(
        "<nav class=\"order\" aria-label=\"Thứ tự\"><a href=\"{PATH}\"{}>Theo tên</a> \
         <a href=\"{PATH}?xep={FEWEST_FIRST}\"{}>Ít người chờ trước</a></nav>\n<ul class=\"units\">\n",
        current(Order::Name),
        current(Order::FewestFirst)
    ));
    for hall in halls {
        body.push_str(&unit(hall, now));
    }
    body.push_str("</ul>\n");
    body.push_str(&format!(
        "<p><a href=\"{BOOKING_PATH}\">Đặt lịch hẹn</a> \
         <span class=\"en\" lang=\"en\">book a time</span></p>\n"
    ));
    body.push_str(&both(
        "as-of",
        (
            "Thời gian chờ là dự kiến; Trung tâm gọi theo quy tắc của quầy. Mời lấy số tại Trung tâm.",
            "Waits are estimates. Numbers are given at the center.",
        ),
    ));
    page(title, &body)
}

fn is_gone(hall: &Hall, now: Timestamp) -> bool {
    hall.told.as_ref().is_some_and(|(_, as_of)| now.duration_since(*as_of) > GONE_AFTER)
}

/// What is known and not old.
fn fresh(hall: &Hall, now: Timestamp) -> Option<&HallNow> {
    hall.told.as_ref().filter(|(_, as_of)| !is_stale(*as_of, now)).map(|(told, _)| told)
}

fn unit(hall: &Hall, now: Timestamp) -> String {
    let mut html = format!("<li>\n<h2>{}</h2>\n", text(&name(hall)));
    match (&hall.told, fresh(hall, now)) {
        (None, _) => html.push_str(&both(
            "old",
            ("Trung tâm chưa gửi số liệu.", "This center has sent no figures yet."),
        )),
        (Some((told, as_of)), None) => {
            let (at, waiting) = (clock(*as_of, now), told.waiting);
            html.push_str(&both(
                "old",
                (
                    &format!("Số liệu cũ: lúc {at} có {waiting} người chờ. Từ đó Trung tâm chưa gửi số mới."),
                    &format!("Old figures: {waiting} waited at {at}; nothing newer has come."),
                ),
            ));
        }
        (Some((_, as_of)), Some(told)) => {
            html.push_str(&now_there(told));
            let at = clock(*as_of, now);
            html.push_str(&both("as-of", (&format!("Tính đến {at}"), &format!("as of {at}"))));
        }
    }
    html.push_str("</li>\n");
    html
}

/// A unit's name; a further reception point of it has its number behind.
fn name(hall: &Hall) -> String {
    match hall.node.split_once('-') {
        Some((_, number)) if number != "1" => format!("{} (điểm {number})", hall.unit_name),
        _ => hall.unit_name.clone(),
    }
}

fn now_there(told: &HallNow) -> String {
    let (waiting, open) = (told.waiting, told.open_counters);
    let mut html = match waiting {
        0 => both("large", ("Không có ai chờ", "nobody waits")),
        _ => both("large", (&format!("{waiting} người đang chờ"), &format!("{waiting} waiting"))),
    };
    match (open, told.range()) {
        (0, _) => {
            html.push_str(&both("", ("Hiện không có quầy nào mở.", "No counter is open now.")));
        }
        (_, range) => {
            let (vi, en) = range.map(wait).unwrap_or_default();
            let point = if vi.is_empty() { "" } else { "; " };
            html.push_str(&both(
                "",
                (
                    &format!("{open} quầy đang mở{point}{}", lower(&vi)),
                    &format!("{open} open{point}{en}"),
                ),
            ));
        }
    }
    if told.services.is_empty() {
        return html;
    }
    html.push_str(
        "<details><summary>Theo lĩnh vực <span class=\"en\" lang=\"en\">by service</span></summary>\n\
         <table>\n<thead><tr><th scope=\"col\">Lĩnh vực</th><th scope=\"col\">Đang chờ</th>\
         <th scope=\"col\">Lấy số bây giờ</th></tr></thead>\n<tbody>\n",
    );
    for service in &told.services {
        html.push_str(&row(service));
    }
    html.push_str("</tbody>\n</table>\n</details>\n");
    html
}

fn row(service: &ServiceNow) -> String {
    let ServiceNow { name_vi, name_en, waiting, .. } = service;
    let mut wait = service.range().map_or_else(|| "Chưa mở quầy".to_owned(), |range| wait(range).0);
    if let Some((vi, _)) = wait_over(service) {
        wait = format!("{wait}. {vi}");
    }
    format!(
        "<tr><th scope=\"row\">{} <span class=\"en\" lang=\"en\">{}</span></th>\
         <td class=\"count\">{waiting}</td><td>{wait}</td></tr>\n",
        text(name_vi),
        text(name_en)
    )
}

/// A sentence that goes on behind another one.
fn lower(sentence: &str) -> String {
    let mut chars = sentence.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::ServiceCode;

    fn now() -> Timestamp {
        "2026-11-23T02:42:00Z".parse().unwrap()
    }

    fn hall(node: &str, name: &str, minutes_ago: Option<i64>, waiting: u32, open: u32) -> Hall {
        let told = minutes_ago.map(|minutes| {
            let at = now() - SignedDuration::from_mins(minutes);
            let services = vec![ServiceNow {
                code: ServiceCode::parse("ho-tich").unwrap(),
                name_vi: "Hộ tịch <b>".into(),
                name_en: "Civil status".into(),
                waiting,
                low_min: (open > 0).then_some(10),
                high_min: (open > 0).then_some(20),
                break_until: None,
                closes_at: None,
            }];
            (HallNow { at, open_counters: open, waiting, services }, at)
        });
        Hall { node: node.into(), unit_name: name.into(), told }
    }

    #[test]
    fn a_unit_says_who_waits_how_long_and_as_of_when() {
        let page = render(&[hall("06658-1", "Cao Xanh", Some(1), 12, 3)], Order::Name, now());
        for said in ["12 người đang chờ", "3 quầy đang mở; chờ khoảng 10–20 phút", "Tính đến 09:41"]
        {
            assert!(page.contains(said), "{said}\n{page}");
        }
        assert!(page.contains("Hộ tịch &lt;b&gt;") && !page.contains("<b>"));
        assert!(page.contains("href=\"/dat-lich\""), "whoever sees a long wait may book a time");
    }

    #[test]
    fn what_is_old_is_said_to_be_old_and_promises_no_wait() {
        let old = render(&[hall("06658-1", "Cao Xanh", Some(6), 12, 3)], Order::Name, now());
        assert!(old.contains("Số liệu cũ: lúc 09:36 có 12 người chờ"), "{old}");
        assert!(!old.contains("phút") && !old.contains("Theo lĩnh vực"), "{old}");
        let week_ago = Some(8 * 24 * 60);
        let gone = render(&[hall("06658-1", "Cao Xanh", week_ago, 1, 1)], Order::Name, now());
        assert!(!gone.contains("Cao Xanh"), "a box out of use");
        let never = render(&[hall("06658-1", "Cao Xanh", None, 0, 0)], Order::Name, now());
        assert!(never.contains("chưa gửi số liệu"));
        let closed = render(&[hall("06658-1", "Cao Xanh", Some(1), 2, 0)], Order::Name, now());
        assert!(closed.contains("không có quầy nào mở") && closed.contains("Chưa mở quầy"));
        assert!(render(&[], Order::Name, now()).contains("Chưa có Trung tâm nào kết nối"));
    }

    #[test]
    fn the_fewest_come_first_only_where_they_are_served_and_known() {
        let halls = [
            hall("06658-1", "Old", Some(60), 0, 1),
            hall("06676-1", "Closed", Some(1), 0, 0),
            hall("06994-1", "Full", Some(1), 30, 2),
            hall("06994-2", "Quick", Some(1), 2, 1),
        ];
        let place = |page: &str, name: &str| page.find(name).unwrap();
        let page = render(&halls, Order::FewestFirst, now());
        let names = ["Quick (điểm 2)", "Full", "Closed", "Old"].map(|name| place(&page, name));
        assert!(names.is_sorted(), "{names:?}");
        let page = render(&halls, Order::Name, now());
        assert!(place(&page, "Old") < place(&page, "Quick"));
    }
}
