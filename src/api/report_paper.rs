//! The report as a paper: tables of the same figures, fewer columns, for the template `report`. Officers
//! are not on it: a paper lies about, and their figures are for the head's eyes.

use super::report_files::{row_name, rows_are};
use super::report_views::{FiguresView, ReportView};
use crate::forms_client::FormRequest;
use domain::report::By;
use domain::sheet::clock_form;
use domain::time::local;
use jiff::Timestamp;
use serde_json::{Value, json};
use web::report::SpreadView;

/// The tables of one day.
pub const OF_A_DAY: &[By] = &[By::Hour, By::Service, By::Class, By::Counter];
/// The tables of several days.
pub const OF_DAYS: &[By] = &[By::Day, By::Hour, By::Service, By::Class, By::Counter];

const COLUMNS: [&str; 10] = [
    "Số đã cấp",
    "Chờ: trung vị · 90% · 95%",
    "Đúng mức chờ",
    "Lượt gọi",
    "Đến quầy: trung vị · 95%",
    "Phục vụ: trung vị · 90% · 95%",
    "Vắng mặt",
    "Chuyển quầy",
    "Quầy rảnh: trung vị · 95%",
    "Tổng rảnh (có người chờ)",
];
const NOTES: [&str; 4] = [
    "Thời gian: phút:giây, từ một giờ là giờ:phút:giây; phân vị theo hạng gần nhất (nearest-rank).",
    "Chờ: từ lúc lấy số đến lần gọi đầu, ghi ở giờ lấy số; lượt gọi ghi ở giờ gọi.",
    "Quầy rảnh: giữa hai lượt gọi, gồm cả lúc tạm dừng, trừ giờ nghỉ đã khai; trong ngoặc là phần có người chờ.",
    "Theo lĩnh vực, đối tượng: quầy rảnh trước lượt gọi đó; theo giờ: phần trong giờ đó.",
];

/// Whose report it is.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// Name of the center.
    pub unit: &'a str,
    /// Stands before the date.
    pub place: &'a str,
    /// Who made it.
    pub made_by: &'a str,
    /// The days, as they are written here.
    pub days: (&'a str, &'a str),
}

/// The request for the renderer.
#[must_use]
pub fn paper(head: Head<'_>, reports: &[ReportView], now: Timestamp) -> FormRequest {
    let tables: Vec<Value> =
        reports.iter().filter(|report| !report.rows.is_empty()).map(table).collect();
    let (from, to) = head.days;
    let data = json!({
        "unit": { "name": head.unit, "place": head.place },
        "from": from,
        "to": to,
        "made_at": local(now).strftime("%Y-%m-%dT%H:%M").to_string(),
        "made_by": head.made_by,
        "tables": tables,
        "notes": NOTES,
    });
    FormRequest { template: "report".to_owned(), data, timestamp: now, qr: None }
}

fn table(report: &ReportView) -> Value {
    let name = rows_are(&report.by);
    let mut head = vec![name];
    head.extend(COLUMNS);
    let rows: Vec<Vec<String>> =
        report.rows.iter().map(|row| line(row_name(&report.by, row), &row.figures)).collect();
    json!({
        "title": format!("Theo {}", name.to_lowercase()),
        "head": head,
        "rows": rows,
        "total": line("Tất cả".to_owned(), &report.total),
    })
}

fn line(name: String, figures: &FiguresView) -> Vec<String> {
    let share = match figures.promised {
        0 => String::new(),
        promised => format!("{}%", figures.kept * 100 / promised),
    };
    let free_all = match (figures.free_s, figures.free_waiting_s) {
        (Some(free), Some(waiting)) => format!("{} ({})", short(free), short(waiting)),
        _ => String::new(),
    };
    let free = figures.free.as_ref();
    let free = free.map_or_else(String::new, |free| spread(free, &[free.p50_s, free.p95_s]));
    let all = |of: &SpreadView| spread(of, &[of.p50_s, of.p90_s, of.p95_s]);
    vec![
        name,
        figures.issued.to_string(),
        all(&figures.wait),
        share,
        figures.calls.to_string(),
        spread(&figures.walk, &[figures.walk.p50_s, figures.walk.p95_s]),
        all(&figures.serving),
        figures.no_shows.to_string(),
        figures.transfers.to_string(),
        free,
        free_all,
    ]
}

fn spread(of: &SpreadView, seconds: &[i64]) -> String {
    if of.count == 0 {
        return String::new();
    }
    let words: Vec<String> = seconds.iter().map(|seconds| short(*seconds)).collect();
    words.join(" · ")
}

/// A duration in few letters: columns of a paper are narrow.
fn short(seconds: i64) -> String {
    if seconds < 3_600 {
        return format!("{}:{:02}", seconds.max(0) / 60, seconds.max(0) % 60);
    }
    clock_form(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::report_files::tests::report;

    #[test]
    fn every_row_of_the_paper_is_as_long_as_its_head_and_no_officer_stands_on_it() {
        let now: Timestamp = "2026-11-23T10:05:00Z".parse().unwrap();
        let head = Head {
            unit: "Trung tâm Cao Xanh",
            place: "Cao Xanh",
            made_by: "Nguyễn Thu Hằng",
            days: ("01/11/2026", "30/11/2026"),
        };
        let mut empty = report("class", "regular", None);
        empty.rows.clear();
        let request = paper(head, &[report("hour", "8", None), empty], now);
        assert_eq!(
            (request.template.as_str(), &request.data["made_at"]),
            ("report", &json!("2026-11-23T17:05"))
        );
        let tables = request.data["tables"].as_array().unwrap();
        assert_eq!(tables.len(), 1, "a table without rows is left out");
        let length = |value: &Value| value.as_array().unwrap().len();
        assert_eq!(length(&tables[0]["rows"][0]), length(&tables[0]["head"]));
        assert_eq!(length(&tables[0]["total"]), length(&tables[0]["head"]));
        assert_eq!(
            (&tables[0]["title"], &tables[0]["rows"][0][2]),
            (&json!("Theo giờ"), &json!("12:34 · 12:34 · 12:34"))
        );
        assert!(!OF_A_DAY.contains(&By::Officer) && !OF_DAYS.contains(&By::Officer));
    }
}
