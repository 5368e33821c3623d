//! A ticket on paper. No name and no number of a person stands on it, also when a card was read.

use devices::class::ticket_printer::{Document, TicketLayout};
use domain::queue::{Class, Service, Ticket};
use domain::time;

/// What stands on every ticket of a center.
#[derive(Debug, Clone, Default)]
pub struct TicketPaper {
    /// Name of the center, one line of paper each.
    pub title: Vec<String>,
    /// The start of the address in the ticket's code, to which the ticket's id is appended; without
    /// it no code is printed.
    pub status_address: Option<String>,
}

impl TicketPaper {
    /// `ahead`: how many wait before it, when that is known at this moment.
    pub(super) fn of(
        &self,
        ticket: &Ticket,
        service: Option<&Service>,
        ahead: Option<u64>,
        reprint: bool,
    ) -> Document {
        let issued = time::local(ticket.issued_at);
        let mut lines = Vec::new();
        if let Some(service) = service {
            lines.push(service.name_vi.clone());
        }
        if ticket.class == Class::Priority {
            lines.push("Ưu tiên".to_owned());
        }
        if let Some(ahead) = ahead {
            lines.push(format!("Còn {ahead} người chờ trước"));
        }
        lines.push(format!("Cấp lúc {}", issued.strftime("%H:%M")));
        let mut footer = vec![
            "Mời đến đúng quầy khi số được gọi.".to_owned(),
            "Lỡ lượt gọi? Mời báo cán bộ tại quầy.".to_owned(),
            format!("Phiếu có giá trị trong ngày {}.", ticket.business_day.strftime("%d/%m/%Y")),
        ];
        let qr = self.status_address.as_ref().map(|start| {
            footer.push("Quét mã để xem số đang gọi.".to_owned());
            format!("{start}{}", ticket.id)
        });
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
