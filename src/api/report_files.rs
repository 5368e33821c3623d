//! A report as a table in Vietnamese, and that as a spreadsheet file: the form is the province's too.

use super::report_views::ReportView;
use domain::sheet::Sheet;
use web::report::Shown;

pub use web::report::{day_text, row_name, rows_are, xlsx};

/// The table of a report.
#[must_use]
pub fn sheet(unit: &str, report: &ReportView) -> Sheet {
    let ReportView { from, to, by, rows, total } = report;
    web::report::sheet(unit, &Shown { by, days: (from, to), rows, total })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::api::report_views::{FiguresView, ReportRowView};
    use domain::sheet::Cell;
    use web::report::SpreadView;

    /// What Excel takes in one cell. Characters.
    const CELL_LENGTH_MAX: usize = 32_767;

    fn figures(wait_s: i64) -> FiguresView {
        let spread = |seconds| SpreadView {
            count: usize::from(seconds > 0),
            p50_s: seconds,
            p90_s: seconds,
            p95_s: seconds,
            longest_s: seconds,
        };
        FiguresView {
            issued: 3,
            wait: spread(wait_s),
            promised: 2,
            kept: 1,
            calls: 2,
            walk: spread(0),
            serving: spread(61),
            completed: 2,
            no_shows: 0,
            transfers: 0,
            cancelled: 1,
            left: 0,
            free: None,
            free_s: None,
            free_waiting_s: None,
        }
    }

    pub(in crate::api) fn report(by: &str, key: &str, name: Option<&str>) -> ReportView {
        ReportView {
            from: "2026-11-01".into(),
            to: "2026-11-30".into(),
            by: by.into(),
            rows: vec![ReportRowView {
                key: key.into(),
                name_vi: name.map(str::to_owned),
                name_en: None,
                figures: figures(754),
            }],
            total: figures(754),
        }
    }

    #[test]
    fn a_table_has_a_cell_for_each_column_and_says_what_is_not_known_by_saying_nothing() {
        let table = sheet("Cao Xanh", &report("service", "ho-tich", Some("Hộ tịch, tư pháp")));
        assert!(table.rows.iter().all(|row| row.len() == table.head.len()));
        let csv = table.csv();
        let lines: Vec<&str> = csv.lines().collect();
        assert!(lines[0].starts_with("\u{feff}Lĩnh vực,Số đã cấp,"), "{}", lines[0]);
        assert!(lines[1].starts_with("\"Hộ tịch, tư pháp\",3,0:12:34,"), "{}", lines[1]);
        assert!(lines[1].contains(",1,50%,2,,,,0:01:01,"), "{}", lines[1]);
        assert!(lines[1].ends_with(",0,,,,,,"), "{}", lines[1]);
        assert!(lines[2].starts_with("Tất cả,3,"));
    }

    #[test]
    fn the_name_of_an_officer_is_no_formula() {
        let named = report("officer", "lan", Some("=HYPERLINK(\"http://x\")"));
        let csv = sheet("Cao Xanh", &named).csv();
        assert!(csv.contains("\"'=HYPERLINK(\"\"http://x\"\")\",3"), "{csv}");
        let unknown = sheet("Cao Xanh", &report("officer", "", None));
        assert_eq!(unknown.rows[0][0], Cell::text("Không ghi"));
    }

    #[test]
    fn a_spreadsheet_is_written_and_a_name_that_no_cell_can_hold_is_refused() {
        let named = |name: &str| xlsx(&sheet("Cao Xanh", &report("officer", "lan", Some(name))));
        // A ZIP file. What its cells are is tried in the browser's tests.
        assert_eq!(&named("=1+1").unwrap()[..4], b"PK\x03\x04");
        assert!(named(&"x".repeat(CELL_LENGTH_MAX + 1)).is_err());
        assert!(xlsx(&Sheet { title: vec![], head: vec![], rows: vec![] }).is_ok());
    }

    #[test]
    fn rows_are_named_as_people_here_say_it() {
        let name = |by: &str, key: &str, name| {
            let report = report(by, key, name);
            row_name(by, &report.rows[0])
        };
        assert_eq!(name("hour", "8", None), "8 giờ");
        assert_eq!(name("day", "2026-11-23", None), "23/11/2026");
        assert_eq!(name("class", "priority", None), "Ưu tiên");
        assert_eq!(name("counter", "2", Some("Hộ tịch")), "Quầy 2 (Hộ tịch)");
        assert_eq!(name("service", "khac", None), "khac");
    }
}
