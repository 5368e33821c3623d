//! The short slip of a dossier on the ticket printer: code, when to come, what was handed in. The
//! official form is a PDF of its own.

use devices::class::ticket_printer::{Document, SlipLayout};
use domain::dossier::{Dossier, ResultChannel};
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
            (
                "Nhận hồ sơ".to_owned(),
                format!("{}, tại Quầy {}", received.strftime("%H:%M %d/%m/%Y"), dossier.counter),
            ),
            (
                "Hẹn trả kết quả".to_owned(),
                dossier.deadline.due.strftime("%H:%M %d/%m/%Y").to_string(),
            ),
            ("Nhận kết quả".to_owned(), result_way(dossier.result_channel).to_owned()),
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
        // The code holds no address: there is no page to look a dossier up at home yet.
        let mut footer = vec![
            "Mã QR là mã hồ sơ.".to_owned(),
            "Mang theo phiếu này khi nhận kết quả.".to_owned(),
        ];
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

/// How and where the result is to be had; the center's name stands at the head of the slip.
fn result_way(channel: ResultChannel) -> &'static str {
    match channel {
        ResultChannel::Counter => "trực tiếp, tại Trung tâm",
        ResultChannel::Online => "trực tuyến",
        ResultChannel::Post => "qua bưu chính công ích",
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
    use super::*;

    #[test]
    fn money_is_written_with_points() {
        for (amount, text) in [(0, "0"), (800, "800"), (8_000, "8.000"), (1_234_567, "1.234.567")] {
            assert_eq!(thousands(amount), text);
        }
    }

    #[test]
    fn where_a_dossier_was_received_is_not_taken_for_where_its_result_is_returned() {
        use ResultChannel::{Counter, Online, Post};
        assert_eq!(result_way(Counter), "trực tiếp, tại Trung tâm");
        assert!([Online, Post].into_iter().all(|way| !result_way(way).contains("Trung tâm")));
    }
}
