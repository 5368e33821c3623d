//! The short slip of a dossier on the ticket printer: code, when to come, what was handed in. The
//! official form is a PDF of its own.

use devices::class::ticket_printer::{Document, SlipLayout};
use domain::dossier::Dossier;
use domain::time;

/// What stands on every short slip of a center.
#[derive(Debug, Clone, Default)]
pub struct SlipPaper {
    /// Name of the center, one line of paper each.
    pub title: Vec<String>,
    /// A contact; empty when there is none.
    pub hotline: String,
}

/// Papers of the list that fit on a short slip; more are counted.
const ITEMS_MAX: usize = 20;

impl SlipPaper {
    pub(super) fn of(&self, dossier: &Dossier, reprint: bool) -> Document {
        let received = time::local(dossier.received_at);
        let mut fields = vec![
            ("Thủ tục".to_owned(), dossier.procedure_name.clone()),
            ("Chủ hồ sơ".to_owned(), dossier.applicant.name.clone()),
            ("Nhận hồ sơ".to_owned(), received.strftime("%H:%M %d/%m/%Y").to_string()),
            (
                "Hẹn trả kết quả".to_owned(),
                dossier.deadline.due.strftime("%H:%M %d/%m/%Y").to_string(),
            ),
            ("Nơi nhận".to_owned(), format!("Quầy {}", dossier.counter)),
        ];
        if let Some(fee) = dossier.fee_vnd.filter(|fee| *fee > 0) {
            fields.push(("Phí, lệ phí".to_owned(), format!("{} đồng", thousands(fee))));
        }
        let given: Vec<String> = dossier
            .components
            .iter()
            .filter(|component| component.received)
            .map(|component| component.name.clone())
            .collect();
        let more = given.len().saturating_sub(ITEMS_MAX);
        let mut items: Vec<String> = given.into_iter().take(ITEMS_MAX).collect();
        if more > 0 {
            items.push(format!("và {more} giấy tờ khác"));
        }
        let mut footer = vec!["Mang theo phiếu này khi nhận kết quả.".to_owned()];
        if !self.hotline.is_empty() {
            footer.push(format!("Liên hệ: {}", self.hotline));
        }
        Document::Slip(SlipLayout {
            title: self.title.clone(),
            heading: "TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ".to_owned(),
            code: dossier.code.clone(),
            fields,
            items,
            qr: Some(dossier.code.clone()),
            footer,
            reprint,
        })
    }
}

/// 1234567 as 1.234.567.
fn thousands(amount: u64) -> String {
    let digits = amount.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('.');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn money_is_written_with_points() {
        for (amount, text) in [(0, "0"), (800, "800"), (8_000, "8.000"), (1_234_567, "1.234.567")] {
            assert_eq!(super::thousands(amount), text);
        }
    }
}
