//! The short slip of a dossier on the ticket printer: code, when to come, what was handed in. The
//! official form is a PDF of its own.

use devices::class::ticket_printer::{Document, SlipLayout};
use domain::dossier::{Dossier, ResultChannel};
use domain::ids::NodeId;
use domain::points::Points;
use domain::time;
use domain::units::Units;

/// What stands on every short slip of a center.
#[derive(Debug, Clone, Default)]
pub struct SlipPaper {
    /// Name of the center, one line of paper each.
    pub title: Vec<String>,
    /// A contact; empty when there is none.
    pub hotline: String,
    /// This node; without it every dossier counts as received here.
    pub node: Option<NodeId>,
    /// Where other centers have their names from.
    pub units: Units,
    /// And reception points.
    pub points: Points,
}

/// Width of the name's lines on an 80 mm ticket. Characters.
const PAPER_WIDTH: usize = 32;

/// Papers of the list that fit on a short slip; more are counted.
const ITEMS_MAX: usize = 20;

impl SlipPaper {
    /// The center that received the dossier, with its contact: what a citizen holds does not change when
    /// the dossier is handed over, and the contact of another center is not known here.
    fn head(&self, dossier: &Dossier) -> (Vec<String>, &str) {
        if self.node.as_ref().is_none_or(|node| *node == dossier.origin) {
            return (self.title.clone(), self.hotline.as_str());
        }
        (paper_title(&self.points.center_at(&self.units, &dossier.origin)), "")
    }

    pub(super) fn of(&self, dossier: &Dossier, reprint: bool) -> Document {
        let (title, hotline) = self.head(dossier);
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
        fields.push(("Phí, lệ phí".to_owned(), fee_line(dossier.fee_vnd)));
        let missing = bounded(dossier.missing().map(|component| component.name.clone()).collect());
        if !missing.is_empty() {
            fields.push(("Giấy tờ còn thiếu".to_owned(), missing.join("; ")));
        }
        let given: Vec<String> = dossier
            .components
            .iter()
            .filter(|component| component.received)
            .map(|component| component.name.clone())
            .collect();
        let items = bounded(given);
        // The code holds no address: there is no page to look a dossier up at home yet.
        let mut footer = vec![
            "Mã QR là mã hồ sơ.".to_owned(),
            "Mang theo phiếu này khi nhận kết quả.".to_owned(),
        ];
        if !hotline.is_empty() {
            footer.push(format!("Liên hệ: {hotline}"));
        }
        Document::Slip(SlipLayout {
            title,
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

/// The center's name in lines that fit the paper.
#[must_use]
pub fn paper_title(name: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in name.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= PAPER_WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// As many as fit on a short slip, and how many more there are.
fn bounded(names: Vec<String>) -> Vec<String> {
    let more = names.len().saturating_sub(ITEMS_MAX);
    let mut shown: Vec<String> = names.into_iter().take(ITEMS_MAX).collect();
    if more > 0 {
        shown.push(format!("và {more} giấy tờ khác"));
    }
    shown
}

/// Nothing known is not nothing to pay: the officer knows what the catalogue does not.
fn fee_line(fee_vnd: Option<u64>) -> String {
    match fee_vnd {
        None => "cán bộ thông báo tại quầy".to_owned(),
        Some(0) => "không thu".to_owned(),
        Some(fee) => format!("{} đồng", thousands(fee)),
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
    fn an_amount_that_is_not_known_does_not_read_as_nothing_to_pay() {
        assert_eq!(fee_line(None), "cán bộ thông báo tại quầy");
        assert_eq!(fee_line(Some(0)), "không thu");
        assert_eq!(fee_line(Some(8_000)), "8.000 đồng");
    }

    #[test]
    fn a_short_slip_counts_what_does_not_fit() {
        assert_eq!(bounded(vec!["Tờ khai".to_owned()]), ["Tờ khai"]);
        let many = bounded(vec!["Tờ khai".to_owned(); ITEMS_MAX + 3]);
        assert_eq!((many.len(), many[ITEMS_MAX].as_str()), (ITEMS_MAX + 1, "và 3 giấy tờ khác"));
    }

    #[test]
    fn where_a_dossier_was_received_is_not_taken_for_where_its_result_is_returned() {
        use ResultChannel::{Counter, Online, Post};
        assert_eq!(result_way(Counter), "trực tiếp, tại Trung tâm");
        assert!([Online, Post].into_iter().all(|way| !result_way(way).contains("Trung tâm")));
    }
}
