//! The report of the queue's figures as pdftotext reads it.

use super::slip::text;
use super::{pdf, templates};

fn sample() -> serde_json::Value {
    let text = std::fs::read_to_string(templates().join("report/sample.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn the_report_has_its_days_its_tables_and_who_made_it() {
    let text = text(&pdf(&sample()));
    for fact in [
        "TRUNG TÂM PHỤC VỤ HÀNH CHÍNH CÔNG PHƯỜNG HỒNG GAI",
        "BÁO CÁO SỐ LIỆU HÀNG CHỜ",
        "Ngày 23/11/2026",
        "Theo giờ",
        "12:30 · 38:05 · 1:02:12",
        "0:15 · 4:05",
        "16:45 (3:10)",
        "Tất cả",
        "Nguyễn Thu Hằng",
        "Trang 1/1",
    ] {
        assert!(text.contains(fact), "“{fact}” is missing in: {text}");
    }
}

#[test]
fn a_report_of_a_quarter_takes_its_pages_and_one_of_nothing_says_so() {
    let mut quarter = sample();
    let row = quarter["data"]["tables"][0]["rows"][0].clone();
    quarter["data"]["tables"][0]["rows"] = vec![row; 92].into();
    quarter["data"]["to"] = "22/02/2027".into();
    let told = text(&pdf(&quarter));
    assert!(told.contains("Từ ngày 23/11/2026 đến ngày 22/02/2027"), "{told}");
    let mut nothing = sample();
    nothing["data"]["tables"] = serde_json::json!([]);
    assert!(text(&pdf(&nothing)).contains("Không có số nào trong những ngày này."));
}
