//! A report as a table in Vietnamese, and that as a spreadsheet file. Text goes in as text: what looks
//! like a formula is none.

use super::report_views::{FiguresView, ReportRowView, ReportView};
use domain::sheet::{Cell, Sheet};
use jiff::civil;
use rust_xlsxwriter::{Format, Workbook, XlsxError};

/// The columns after the first one.
const COLUMNS: [&str; 21] = [
    "Số đã cấp",
    "Chờ: trung vị",
    "Chờ: 90%",
    "Chờ: 95%",
    "Chờ lâu nhất",
    "Gọi đúng mức chờ",
    "Tỷ lệ đúng mức chờ",
    "Lượt gọi",
    "Đến quầy: trung vị",
    "Đến quầy: 90%",
    "Đến quầy: 95%",
    "Phục vụ: trung vị",
    "Phục vụ: 90%",
    "Phục vụ: 95%",
    "Hoàn thành",
    "Vắng mặt",
    "Chuyển quầy",
    "Đã hủy",
    "Còn lại cuối ngày",
    "Quầy rảnh giữa hai lượt",
    "Trong đó có người chờ",
];
/// The name of the only page.
const PAGE: &str = "Số liệu";
/// Width of the first column and of the others. Characters.
const WIDTHS: (f64, f64) = (32.0, 16.0);
/// Seconds of a day: a spreadsheet counts time in days.
const DAY_S: f64 = 86_400.0;

/// The table of a report.
#[must_use]
pub fn sheet(unit: &str, report: &ReportView) -> Sheet {
    let mut head = vec![rows_are(&report.by).to_owned()];
    head.extend(COLUMNS.map(str::to_owned));
    let mut rows: Vec<Vec<Cell>> = report
        .rows
        .iter()
        .map(|row| line(Cell::text(row_name(&report.by, row)), &row.figures))
        .collect();
    rows.push(line(Cell::text("Tất cả"), &report.total));
    let (from, to) = (day_text(&report.from), day_text(&report.to));
    let title = vec![
        unit.to_owned(),
        format!("Số liệu hàng chờ từ ngày {from} đến ngày {to}"),
        "Thời gian: giờ:phút:giây; phân vị theo hạng gần nhất (nearest-rank).".to_owned(),
    ];
    Sheet { title, head, rows }
}

pub(super) fn rows_are(by: &str) -> &'static str {
    match by {
        "hour" => "Giờ",
        "day" => "Ngày",
        "service" => "Lĩnh vực",
        "class" => "Đối tượng",
        "officer" => "Cán bộ",
        _ => "Quầy",
    }
}

pub(super) fn row_name(by: &str, row: &ReportRowView) -> String {
    let name = row.name_vi.as_deref();
    match by {
        "hour" => format!("{} giờ", row.key),
        "day" => day_text(&row.key),
        "class" if row.key == "priority" => "Ưu tiên".to_owned(),
        "class" => "Thường".to_owned(),
        "officer" if row.key.is_empty() => "Không ghi".to_owned(),
        "counter" => match name {
            Some(name) => format!("Quầy {} ({name})", row.key),
            None => format!("Quầy {}", row.key),
        },
        _ => name.unwrap_or(&row.key).to_owned(),
    }
}

/// A day as it is written here; what is none stays as it is.
pub(super) fn day_text(text: &str) -> String {
    match text.parse::<civil::Date>() {
        Ok(day) => day.strftime("%d/%m/%Y").to_string(),
        Err(_) => text.to_owned(),
    }
}

fn line(name: Cell, figures: &FiguresView) -> Vec<Cell> {
    let FiguresView { wait, walk, serving, .. } = figures;
    let of = |count: usize, seconds: i64| match count {
        0 => Cell::Empty,
        _ => Cell::Duration(seconds),
    };
    let free = |seconds: Option<i64>| seconds.map_or(Cell::Empty, Cell::Duration);
    vec![
        name,
        Cell::Count(figures.issued),
        of(wait.count, wait.p50_s),
        of(wait.count, wait.p90_s),
        of(wait.count, wait.p95_s),
        of(wait.count, wait.longest_s),
        Cell::Count(figures.kept),
        Cell::Share(figures.kept, figures.promised),
        Cell::Count(figures.calls),
        of(walk.count, walk.p50_s),
        of(walk.count, walk.p90_s),
        of(walk.count, walk.p95_s),
        of(serving.count, serving.p50_s),
        of(serving.count, serving.p90_s),
        of(serving.count, serving.p95_s),
        Cell::Count(figures.completed),
        Cell::Count(figures.no_shows),
        Cell::Count(figures.transfers),
        Cell::Count(figures.cancelled),
        Cell::Count(figures.left),
        free(figures.free_s),
        free(figures.free_waiting_s),
    ]
}

/// A table as an XLSX file.
///
/// # Errors
/// The file cannot be put together: a text longer than a cell may be.
pub fn xlsx(sheet: &Sheet) -> Result<Vec<u8>, XlsxError> {
    let (bold, time) = (Format::new().set_bold(), Format::new().set_num_format("[h]:mm:ss"));
    let (head, share) =
        (Format::new().set_bold().set_text_wrap(), Format::new().set_num_format("0%"));
    let mut book = Workbook::new();
    let page = book.add_worksheet();
    page.set_name(PAGE)?;
    for (row, text) in (0..).zip(&sheet.title) {
        page.write_string_with_format(row, 0, text, &bold)?;
    }
    let head_row = u32::try_from(sheet.title.len()).unwrap_or(u32::MAX);
    for (column, name) in (0..).zip(&sheet.head) {
        page.write_string_with_format(head_row, column, name, &head)?;
        page.set_column_width(column, if column == 0 { WIDTHS.0 } else { WIDTHS.1 })?;
    }
    let first_row = head_row.saturating_add(1);
    page.set_freeze_panes(first_row, 1)?;
    for (row, cells) in (first_row..).zip(&sheet.rows) {
        for (column, cell) in (0..).zip(cells) {
            match cell {
                Cell::Empty | Cell::Share(_, 0) => {}
                Cell::Text(text) => {
                    page.write_string(row, column, text)?;
                }
                Cell::Count(count) => {
                    page.write_number(row, column, *count as f64)?;
                }
                Cell::Duration(seconds) => {
                    let days = *seconds as f64 / DAY_S;
                    page.write_number_with_format(row, column, days, &time)?;
                }
                Cell::Share(part, whole) => {
                    let part = *part as f64 / *whole as f64;
                    page.write_number_with_format(row, column, part, &share)?;
                }
            }
        }
    }
    book.save_to_buffer()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::api::report_views::SpreadView;

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
        assert!(lines[1].ends_with(",0,,"), "{}", lines[1]);
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
