//! The page behind a ticket's QR code: how many wait before it, how long that may take, why others went
//! first or why it was called, and how old the answer is. It has what the paper has and nothing of a person. Without a code, or with a wrong one, it
//! says the same plain sentence.

use domain::queue::{Class, Ticket, TicketState};
use domain::report::outside::is_stale;
use domain::time::business_day;
use jiff::Timestamp;

use super::page::{both, clock, page, text, wait, wait_over};
use super::why::{why, why_first};
use crate::store::halls::TicketAnswer;

/// Where the page is: before the code, as `node.ticket_address` names it.
pub const PATHS: [&str; 2] = ["/t", "/status"];

/// What is known of a ticket.
#[must_use]
pub fn render(answer: &TicketAnswer, code: &str, now: Timestamp) -> String {
    let TicketAnswer { unit_name, ticket, as_of, .. } = answer;
    let title = (format!("Số {}", ticket.label), format!("Number {}", ticket.label));
    let mut body = format!("<p class=\"large\">{}</p>\n", text(unit_name));
    body.push_str(&service(answer));
    if ticket.class == Class::Priority {
        body.push_str(&both("", ("Ưu tiên", "priority")));
    }
    if let Some(appointment) = ticket.appointment_at {
        let at = clock(appointment, now);
        body.push_str(&both("", (&format!("Lịch hẹn {at}"), &format!("appointment at {at}"))));
    }
    let over = is_over(ticket, now);
    if over {
        let day = ticket.queue_day().strftime("%d/%m/%Y");
        body.push_str(&both(
            "large",
            (
                &format!("Phiếu của ngày {day}, nay không còn giá trị."),
                &format!("This ticket was for {day} and is not valid any more."),
            ),
        ));
        return page((&title.0, &title.1), &body);
    }
    body.push_str(&state(answer, now));
    // The reason of the call that is under way; an earlier one is nothing to who waits again.
    let called = matches!(ticket.state, TicketState::Called | TicketState::Serving);
    if let Some(reason) = ticket.call_reason.as_ref().filter(|_| called) {
        let (vi, en) = why(ticket.class, reason);
        body.push_str(&both("", (&vi, &en)));
    }
    body.push_str(&went_first(answer, now));
    let at = clock(*as_of, now);
    if is_stale(*as_of, now) {
        body.push_str(&both(
            "old",
            (
                &format!(
                    "Tính đến {at}. Từ đó tỉnh chưa nhận tin mới của Trung tâm: mời xem màn hình tại Trung tâm."
                ),
                &format!("As of {at}. Nothing newer has come: please look at the center's screens."),
            ),
        ));
    } else {
        body.push_str(&both("as-of", (&format!("Tính đến {at}"), &format!("as of {at}"))));
    }
    // Only a code that a center has made comes here: it is letters and digits.
    body.push_str(&format!(
        "<p><a class=\"again\" href=\"{}/{}\">Tải lại</a> <span class=\"en\" lang=\"en\">reload</span></p>\n",
        PATHS[0],
        text(code)
    ));
    page((&title.0, &title.1), &body)
}

/// For a code that no center has made, and for none.
#[must_use]
pub fn render_unknown() -> String {
    let title = ("Không tìm thấy số này", "No such number");
    let body = both(
        "large",
        (
            "Mời quét lại mã QR trên phiếu. Phiếu mới lấy có thể chậm một phút mới xem được ở đây.",
            "Please scan the QR code on the ticket again. A new ticket may take a minute to show here.",
        ),
    );
    page(title, &body)
}

/// Not of today's queue any more, and nobody is at a counter with it.
fn is_over(ticket: &Ticket, now: Timestamp) -> bool {
    ticket.queue_day() < business_day(now)
}

fn service(answer: &TicketAnswer) -> String {
    let code = &answer.ticket.service;
    let known = answer.hall.as_ref().and_then(|(hall, _)| hall.service(code));
    known.map_or_else(String::new, |service| both("", (&service.name_vi, &service.name_en)))
}

fn state(answer: &TicketAnswer, now: Timestamp) -> String {
    let (vi, en) = match answer.ticket.state {
        TicketState::Waiting => return waiting(answer, now),
        TicketState::Called => {
            let (vi, en) = at_counter(answer);
            (format!("Đang mời đến {vi}"), format!("Please go to {en} now"))
        }
        TicketState::Serving => {
            let (vi, en) = at_counter(answer);
            (format!("Đang được phục vụ tại {vi}"), format!("being served at {en}"))
        }
        TicketState::OnHold => {
            let (vi, en) = at_counter(answer);
            (
                format!("Đang tạm dừng: mời trở lại {vi} khi đã sẵn sàng"),
                format!("on hold: please come back to {en} when ready"),
            )
        }
        TicketState::Completed => ("Đã phục vụ xong".to_owned(), "served".to_owned()),
        TicketState::NoShow => (
            "Đã gọi nhưng chưa thấy đến: mời báo cán bộ tại quầy".to_owned(),
            "called and not there: please tell an officer at the counter".to_owned(),
        ),
        TicketState::Cancelled => ("Số này đã hủy".to_owned(), "given up".to_owned()),
    };
    both("large", (&vi, &en))
}

fn waiting(answer: &TicketAnswer, now: Timestamp) -> String {
    let mut html = match answer.ahead {
        None => both("large", ("Đang chờ", "waiting")),
        Some(0) => both("large", ("Không còn ai chờ trước", "nobody waits before you")),
        Some(ahead) => both(
            "large",
            (&format!("Còn {ahead} người chờ trước"), &format!("{ahead} wait before you")),
        ),
    };
    // A wait is foretold from fresh figures alone; without them the number of people has to do.
    let hall = answer.hall.as_ref().filter(|(_, as_of)| !is_stale(*as_of, now));
    let Some((hall, _)) = hall.filter(|_| !is_stale(answer.as_of, now)) else { return html };
    let service = hall.service(&answer.ticket.service);
    match service.and_then(|service| service.range_behind(answer.ahead?)) {
        Some(range) => {
            let (vi, en) = wait(range);
            html.push_str(&both("", (&vi, &en)));
            if let Some((vi, en)) = service.and_then(wait_over) {
                html.push_str(&both("", (&vi, &en)));
            }
        }
        None => html.push_str(&both(
            "",
            ("Hiện chưa mở quầy cho lĩnh vực này", "No counter is open for this service now"),
        )),
    }
    html
}

/// Why others were called before it; nothing where nobody was.
fn went_first(answer: &TicketAnswer, now: Timestamp) -> String {
    if answer.went_first.is_empty() {
        return String::new();
    }
    let mut html = both(
        "",
        (
            "Vì sao số khác được gọi trước (các lượt gần nhất):",
            "Why others went first (the latest):",
        ),
    );
    for first in &answer.went_first {
        let (vi, en) = why_first(first, now);
        html.push_str(&both("", (&vi, &en)));
    }
    html
}

fn at_counter(answer: &TicketAnswer) -> (String, String) {
    match (answer.ticket.counter, &answer.counter_name) {
        (Some(number), Some(name)) if !name.is_empty() => {
            (format!("quầy {number} ({name})"), format!("counter {number}"))
        }
        (Some(number), _) => (format!("quầy {number}"), format!("counter {number}")),
        (None, _) => ("quầy".to_owned(), "the counter".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::{CounterNumber, ServiceCode};
    use domain::queue::WentFirst;
    use domain::report::outside::{HallNow, ServiceNow};
    use jiff::SignedDuration;
    use uuid::Uuid;

    fn now() -> Timestamp {
        "2026-11-23T02:42:00Z".parse().unwrap()
    }

    fn answer(state: TicketState, minutes_ago: i64) -> TicketAnswer {
        let as_of = now() - SignedDuration::from_mins(minutes_ago);
        let code = ServiceCode::parse("ho-tich").unwrap();
        let day = business_day(now());
        let new = Ticket::waiting(Uuid::nil(), day, ('A', 12), code.clone(), as_of, "kiosk".into());
        let service = ServiceNow {
            code,
            name_vi: "Hộ tịch".into(),
            name_en: "Civil status".into(),
            waiting: 9,
            low_min: Some(20),
            high_min: Some(40),
            break_until: None,
            closes_at: None,
        };
        let services = vec![service];
        let hall = HallNow { at: as_of, open_counters: 1, waiting: 9, services };
        TicketAnswer {
            node: "06658-1".into(),
            unit_name: "Cao Xanh".into(),
            ticket: Ticket { state, ..new },
            ahead: (state == TicketState::Waiting).then_some(4),
            went_first: Vec::new(),
            counter_name: None,
            as_of,
            hall: Some((hall, as_of)),
        }
    }

    #[test]
    fn a_waiting_number_says_how_many_how_long_and_as_of_when() {
        let page = render(&answer(TicketState::Waiting, 0), "T1AB", now());
        for said in ["Số A012", "Cao Xanh", "Hộ tịch", "Còn 4 người chờ trước", "Tính đến 09:42"]
        {
            assert!(page.contains(said), "{said}\n{page}");
        }
        assert!(page.contains("Chờ khoảng 10–20 phút") && page.contains("href=\"/t/T1AB\""));
    }

    #[test]
    fn a_number_of_a_booking_says_its_time_as_the_paper_does() {
        let mut booked = answer(TicketState::Waiting, 0);
        assert!(!render(&booked, "T1AB", now()).contains("Lịch hẹn"));
        booked.ticket.appointment_at = Some(now() + SignedDuration::from_mins(18));
        assert!(render(&booked, "T1AB", now()).contains("Lịch hẹn 10:00"));
    }

    #[test]
    fn an_old_answer_says_so_and_foretells_no_wait() {
        let page = render(&answer(TicketState::Waiting, 20), "T1AB", now());
        assert!(page.contains("Tính đến 09:22. Từ đó tỉnh chưa nhận tin mới"), "{page}");
        assert!(page.contains("Còn 4 người chờ trước") && !page.contains("phút"), "{page}");
    }

    #[test]
    fn each_state_has_its_sentence_and_a_called_number_its_counter() {
        let mut called = answer(TicketState::Called, 0);
        called.ticket.counter = Some(CounterNumber(3));
        assert!(render(&called, "T1", now()).contains("Đang mời đến quầy 3"));
        called.counter_name = Some("<Đất đai>".into());
        assert!(render(&called, "T1", now()).contains("quầy 3 (&lt;Đất đai&gt;)"));
        for (state, said) in [
            (TicketState::Serving, "Đang được phục vụ"),
            (TicketState::OnHold, "tạm dừng"),
            (TicketState::Completed, "Đã phục vụ xong"),
            (TicketState::NoShow, "mời báo cán bộ"),
            (TicketState::Cancelled, "đã hủy"),
        ] {
            let page = render(&answer(state, 0), "T1", now());
            assert!(page.contains(said) && !page.contains("chờ trước"), "{said}\n{page}");
        }
    }

    #[test]
    fn a_called_number_is_told_why_and_one_that_waits_again_is_not() {
        let mut called = answer(TicketState::Called, 0);
        let reason = serde_json::json!({ "policy": "guard", "rule": "priority_first",
            "waited_s": 300, "over": "A<031>", "oldest_regular_wait_s": 1080, "threshold_s": 1800 });
        called.ticket.call_reason = Some(serde_json::from_value(reason).unwrap());
        let page = render(&called, "T1", now());
        assert!(
            page.contains("Vì sao: gọi trước A&lt;031&gt;: số ưu tiên; số thường chờ"),
            "{page}"
        );
        called.ticket.state = TicketState::Waiting;
        assert!(!render(&called, "T1", now()).contains("Vì sao"));
    }

    #[test]
    fn who_waits_is_told_why_others_went_first_and_how_long_ago() {
        let mut waiting = answer(TicketState::Waiting, 0);
        assert!(!render(&waiting, "T1", now()).contains("được gọi trước"));
        let called_at = now() - SignedDuration::from_mins(13);
        waiting.went_first =
            vec![WentFirst { called_at, because: domain::queue::FirstBecause::Priority }];
        let page = render(&waiting, "T1", now());
        for said in [
            "Vì sao số khác được gọi trước",
            "Một số thứ tự được ưu tiên theo luật đã được gọi trước, khoảng 15 phút trước.",
            "A number with priority by law went first, about 15 minutes ago.",
        ] {
            assert!(page.contains(said), "{said}\n{page}");
        }
    }

    #[test]
    fn a_ticket_of_yesterday_is_over_and_one_carried_over_is_not() {
        let mut old = answer(TicketState::Waiting, 0);
        old.ticket.business_day = jiff::civil::date(2026, 11, 22);
        let page = render(&old, "T1", now());
        assert!(page.contains("Phiếu của ngày 22/11/2026") && !page.contains("chờ trước"));
        old.ticket.carried_to = Some(jiff::civil::date(2026, 11, 23));
        assert!(render(&old, "T1", now()).contains("Còn 4 người chờ trước"));
    }
}
