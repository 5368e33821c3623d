//! A ticket on paper. No name and no number of a person stands on it, also when a card was read.

use super::waits::Ahead;
use devices::class::ticket_printer::{Document, TicketLayout};
use domain::queue::{Class, CounterPlan, DayEnd, Service, Ticket, Wait};
use domain::time;
use jiff::civil::Time;
use journal::WrappingKey;
use journal::ticket_code::ticket_code;

/// What stands on every ticket of a center.
#[derive(Debug, Clone)]
pub struct TicketPaper {
    /// Name of the center, one line of paper each.
    pub title: Vec<String>,
    /// What makes the codes of this node's tickets.
    pub key: WrappingKey,
    /// The start of a public address to which the ticket's code is appended; empty where there is no
    /// such page, and then the code stands alone.
    pub address: String,
}

impl TicketPaper {
    /// `next`: what it has still to visit after `service`. `ahead`: how many wait before it and how long,
    /// when that is known at this moment.
    pub(super) fn of(
        &self,
        ticket: &Ticket,
        service: Option<&Service>,
        next: &[&Service],
        ahead: Option<Ahead>,
        reprint: bool,
        day_end: DayEnd,
    ) -> Document {
        let issued = time::local(ticket.issued_at);
        let mut lines = Vec::new();
        if let Some(service) = service {
            lines.push(service.name_vi.clone());
        }
        lines.extend(next.iter().map(|service| format!("Sau đó: {}", service.name_vi)));
        if ticket.class == Class::Priority {
            lines.push("Ưu tiên".to_owned());
        }
        if let Some(appointment) = ticket.appointment_at {
            lines.push(format!("Lịch hẹn {}", time::local(appointment).strftime("%H:%M")));
        }
        if let Some(ahead) = ahead {
            lines.push(ahead_line(ahead.count));
            lines.push(wait_line(ahead.wait));
            lines.extend(ahead.wait.and_then(over_line));
        }
        lines.push(format!("Cấp lúc {}", issued.strftime("%H:%M")));
        let mut footer = vec![
            "Mời đến đúng quầy khi số được gọi.".to_owned(),
            "Lỡ lượt gọi? Mời báo cán bộ tại quầy.".to_owned(),
            format!("Phiếu có giá trị trong ngày {}.", ticket.queue_day().strftime("%d/%m/%Y")),
        ];
        if day_end == DayEnd::CarryOver {
            footer.push("Chưa đến lượt trong ngày thì số được chuyển sang hôm sau.".to_owned());
        }
        // Nothing is promised that nobody can do: without a public page a phone only shows letters.
        footer.push(if self.address.is_empty() {
            "Mã QR: để Trung tâm tra lại số này.".to_owned()
        } else {
            "Quét mã QR để xem còn bao nhiêu người chờ.".to_owned()
        });
        let qr = Some(format!("{}{}", self.address, ticket_code(&self.key, ticket.id)));
        Document::Ticket(TicketLayout {
            title: self.title.clone(),
            heading: "SỐ THỨ TỰ".to_owned(),
            label: ticket.label.clone(),
            lines,
            qr,
            footer,
            reprint,
        })
    }
}

/// Adds under the service where the number will be called: the counters planned for it, or the one to
/// which it was passed on. Which of them is open may change until then, so all of them stand there.
pub(super) fn with_counters(
    document: Document,
    ticket: &Ticket,
    counters: &[CounterPlan],
) -> Document {
    let mut layout = match document {
        Document::Ticket(layout) => layout,
        other => return other,
    };
    let serves = |plan: &&CounterPlan| match ticket.for_counter {
        Some(counter) => plan.number == counter,
        None => plan.services.contains(&ticket.service),
    };
    let named: Vec<String> =
        counters.iter().filter(serves).map(|plan| plan.number.to_string()).collect();
    if !named.is_empty() {
        let place = layout.lines.len().min(1);
        layout.lines.insert(place, format!("Quầy phục vụ: {}", named.join(", ")));
    }
    Document::Ticket(layout)
}

/// The words that the kiosk shows with the same number.
fn ahead_line(ahead: u64) -> String {
    match ahead {
        0 => "Không có ai chờ trước".to_owned(),
        _ => format!("Còn {ahead} người chờ trước"),
    }
}

fn wait_line(wait: Option<Wait>) -> String {
    match wait {
        None => "Hiện chưa mở quầy cho lĩnh vực này".to_owned(),
        Some(Wait { low_min: 0, high_min, .. }) => format!("Chờ dưới {high_min} phút"),
        Some(Wait { low_min, high_min, .. }) => format!("Chờ khoảng {low_min}–{high_min} phút"),
    }
}

/// What lies in the wait beside work, in the same words as at the kiosk.
fn over_line(wait: Wait) -> Option<String> {
    let at = |at: Time| at.strftime("%H:%M").to_string();
    let resumes = wait.break_until().map(|until| format!("Có giờ nghỉ, làm lại lúc {}", at(until)));
    let closes = wait.closes_at().map(|end| format!("Có thể không kịp trước {}", at(end)));
    resumes.or(closes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actors::testing::{Center, WRAPPING, at_counter, issuing, queue_settings};
    use domain::queue::WaitOver;
    use journal::ticket_code::read_ticket_code;

    #[actix_rt::test]
    async fn every_ticket_carries_a_code_that_its_center_reads_without_the_line() {
        let center = Center::start().await;
        let ticket = center.queue.issue(at_counter(), issuing()).await.unwrap().ticket.unwrap();
        let key = WrappingKey::from_bytes(WRAPPING);
        for (address, promised) in [("", "Trung tâm tra lại"), ("https://tinh.vn/t/", "Quét mã")]
        {
            let paper = TicketPaper {
                title: Vec::new(),
                key: WrappingKey::from_bytes(WRAPPING),
                address: address.to_owned(),
            };
            let document = paper.of(&ticket, None, &[], None, false, DayEnd::Close);
            let Document::Ticket(layout) = document else { panic!("a ticket's paper") };
            let code = layout.qr.unwrap();
            assert!(code.starts_with(address));
            assert_eq!(read_ticket_code(&key, &code), Some(ticket.id));
            assert!(layout.footer.iter().any(|line| line.contains(promised)));
        }
    }

    #[actix_rt::test]
    async fn a_paper_says_that_a_number_is_carried_over_only_where_it_is() {
        let center = Center::start().await;
        let issued = center.queue.issue(at_counter(), issuing()).await.unwrap().ticket.unwrap();
        let key = WrappingKey::from_bytes(WRAPPING);
        let paper = TicketPaper { title: Vec::new(), key, address: String::new() };
        let footer =
            |ticket: &Ticket, day_end| match paper.of(ticket, None, &[], None, false, day_end) {
                Document::Ticket(layout) => layout.footer.join(" "),
                _ => panic!("a ticket's paper"),
            };
        assert!(!footer(&issued, DayEnd::Close).contains("chuyển sang hôm sau"));
        assert!(footer(&issued, DayEnd::CarryOver).contains("chuyển sang hôm sau"));
        let tomorrow = issued.business_day.tomorrow().unwrap();
        let carried = Ticket { carried_to: Some(tomorrow), ..issued };
        let valid = tomorrow.strftime("%d/%m/%Y").to_string();
        assert!(footer(&carried, DayEnd::CarryOver).contains(&valid));
    }

    #[actix_rt::test]
    async fn what_is_still_to_be_visited_stands_under_the_service() {
        let center = Center::start().await;
        let ticket = center.queue.issue(at_counter(), issuing()).await.unwrap().ticket.unwrap();
        let paper = TicketPaper {
            title: Vec::new(),
            key: WrappingKey::from_bytes(WRAPPING),
            address: String::new(),
        };
        let services = queue_settings().services;
        let [first, second, third, ..] = services.as_slice() else { panic!("three groups") };
        let lines = |next: &[&Service]| {
            let close = DayEnd::Close;
            let two = Some(Ahead { count: 2, wait: None });
            let document = paper.of(&ticket, Some(first), next, two, false, close);
            let Document::Ticket(layout) = document else { panic!("a ticket's paper") };
            layout.lines
        };
        let expected = [
            first.name_vi.clone(),
            format!("Sau đó: {}", second.name_vi),
            format!("Sau đó: {}", third.name_vi),
            "Còn 2 người chờ trước".to_owned(),
        ];
        assert_eq!(lines(&[second, third])[..4], expected);
        assert_eq!(lines(&[])[1], "Còn 2 người chờ trước");
    }

    #[actix_rt::test]
    async fn the_counters_that_may_call_it_stand_on_the_ticket_under_its_service() {
        let center = Center::start().await;
        let issued = center.queue.issue(at_counter(), issuing()).await.unwrap().ticket.unwrap();
        let other = domain::ids::ServiceCode::parse("khac").unwrap();
        let plan = |number, service: &domain::ids::ServiceCode| CounterPlan {
            number: domain::ids::CounterNumber(number),
            name: String::new(),
            services: vec![service.clone()],
        };
        let counters = [plan(1, &issued.service), plan(2, &other), plan(12, &issued.service)];
        let lines = |ticket: &Ticket, counters: &[CounterPlan]| {
            let lines = vec!["Hộ tịch".to_owned(), "Cấp lúc 08:00".to_owned()];
            let bare = Document::Ticket(TicketLayout { lines, ..TicketLayout::default() });
            match with_counters(bare, ticket, counters) {
                Document::Ticket(layout) => layout.lines.join(" | "),
                _ => panic!("a ticket's paper"),
            }
        };
        let told = "Hộ tịch | Quầy phục vụ: 1, 12 | Cấp lúc 08:00";
        assert_eq!(lines(&issued, &counters), told);
        assert_eq!(lines(&issued, &counters[1..2]), "Hộ tịch | Cấp lúc 08:00");
        let passed_on = Ticket { for_counter: Some(counters[1].number), ..issued };
        let told = "Hộ tịch | Quầy phục vụ: 2 | Cấp lúc 08:00";
        assert_eq!(lines(&passed_on, &counters), told);
    }

    #[test]
    fn nobody_ahead_is_said_as_at_the_kiosk() {
        let kiosk = include_str!("../../web/ui/src/text/vi/kiosk.ts");
        for (ahead, key) in [(0, "aheadNone"), (3, "ahead")] {
            let shown = ahead_line(ahead).replace("3 ", "{count}~");
            assert!(kiosk.contains(&format!("  {key}: '{shown}.',")), "{shown}");
        }
    }

    fn told(low_min: u32, over: Option<WaitOver>) -> Wait {
        Wait { expected_min: 15, low_min, high_min: 20, learned_from: 9, over }
    }

    #[test]
    fn a_break_and_the_end_of_the_day_are_said_as_at_the_kiosk() {
        let kiosk = include_str!("../../web/ui/src/text/vi/kiosk.ts");
        let at = jiff::civil::time(13, 30, 0, 0);
        for (over, key) in [
            (WaitOver::Break { until: at }, "waitBreak"),
            (WaitOver::Closing { at }, "waitClosing"),
        ] {
            let shown = over_line(told(10, Some(over))).unwrap().replace("13:30", "{at}");
            assert!(kiosk.contains(&format!("  {key}: '{shown}.',")), "{shown}");
        }
        assert_eq!(over_line(told(10, None)), None);
    }

    #[test]
    fn the_wait_is_said_as_at_the_kiosk() {
        let kiosk = include_str!("../../web/ui/src/text/vi/kiosk.ts");
        let wait = |low_min| told(low_min, None);
        for (told, key) in
            [(None, "waitUnknown"), (Some(wait(0)), "waitShort"), (Some(wait(10)), "waitRange")]
        {
            let shown = wait_line(told).replace("10–20 ", "{low}–{high}~");
            let shown = shown.replace("20 ", "{high}~");
            assert!(kiosk.contains(&format!("  {key}: '{shown}.',")), "{shown}");
        }
    }
}
