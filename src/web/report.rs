//! A report of the queue's figures as both ends show it: the form of a row, the table in Vietnamese, and
//! that as a spreadsheet file. Text goes in as text: what looks like a formula is none. The figures are
//! `domain::report`'s; who may ask, which tickets are read and what rows are called is each end's own.

use domain::queue::Class;
use domain::report::{Figures, Key, Spread};
use domain::sheet::{Cell, Sheet};
use jiff::civil;
use rust_xlsxwriter::{Format, Workbook, XlsxError};
use serde::Serialize;
use utoipa::ToSchema;

/// The columns after the first one.
const COLUMNS: [&str; 25] = [
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
    "Quầy rảnh giữa hai lượt: trung vị",
    "Quầy rảnh giữa hai lượt: 90%",
    "Quầy rảnh giữa hai lượt: 95%",
    "Quầy rảnh lâu nhất",
    "Quầy rảnh: tổng",
    "Trong đó có người chờ",
];
/// The name of the only page.
const PAGE: &str = "Số liệu";
/// Width of the first column and of the others. Characters.
const WIDTHS: (f64, f64) = (32.0, 16.0);
/// Seconds of a day: a spreadsheet counts time in days.
const DAY_S: f64 = 86_400.0;

/// How a number of durations lie, by the nearest-rank method. Seconds.
#[derive(Debug, Serialize, ToSchema)]
pub struct SpreadView {
    /// So many.
    pub count: usize,
    /// Half of them did not exceed this.
    pub p50_s: i64,
    /// 90 of 100 did not.
    pub p90_s: i64,
    /// 95 of 100 did not.
    pub p95_s: i64,
    /// The longest.
    pub longest_s: i64,
}

/// Figures of one row. Of an hour: who came in it, and what was called in it.
#[derive(Debug, Serialize, ToSchema)]
pub struct FiguresView {
    /// Numbers that were given; of an officer or a counter: those it called first.
    pub issued: usize,
    /// From the coming to the first call.
    pub wait: SpreadView,
    /// Called, with a promise that is known.
    pub promised: usize,
    /// Of those, called within it.
    pub kept: usize,
    /// Calls, also second ones of one number; not recalls.
    pub calls: usize,
    /// From the call to the citizen's being there.
    pub walk: SpreadView,
    /// From then to the end.
    pub serving: SpreadView,
    /// Served to the end: pieces of work, of which a number for several services is several.
    pub completed: usize,
    /// Called and not there.
    pub no_shows: usize,
    /// Passed on.
    pub transfers: usize,
    /// Given up by a person.
    pub cancelled: usize,
    /// Still waiting or on hold when the day ended, also what was carried over.
    pub left: usize,
    /// The times in which a counter called nobody between two of its calls; nothing where they are not
    /// known. Of a service or a class: those before a call for it; of an hour: the part in it; of an
    /// officer: those in which the officer was with nobody, at whatever counter.
    pub free: Option<SpreadView>,
    /// All of them together. Seconds; in the total those of the counters.
    pub free_s: Option<i64>,
    /// How long of that somebody waited whom the counter then called. Seconds.
    pub free_waiting_s: Option<i64>,
}

/// One row.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportRowView {
    /// The hour `0` to `23`, the day `yyyy-mm-dd`, or the code; empty for calls of which nobody wrote
    /// down who made them.
    pub key: String,
    /// The name of a service, an officer or a counter.
    pub name_vi: Option<String>,
    /// The same in English, where there is one.
    pub name_en: Option<String>,
    /// The figures.
    pub figures: FiguresView,
}

/// A report as it is put into a table.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// What the rows are: a word of [`domain::report::By`], or `unit`.
    pub by: &'a str,
    /// The first day and the last one, `yyyy-mm-dd`.
    pub days: (&'a str, &'a str),
    /// The rows.
    pub rows: &'a [ReportRowView],
    /// All together.
    pub total: &'a FiguresView,
}

/// The table of a report; `whose` stands over it.
#[must_use]
pub fn sheet(whose: &str, report: &Shown<'_>) -> Sheet {
    let mut head = vec![rows_are(report.by).to_owned()];
    head.extend(COLUMNS.map(str::to_owned));
    let mut rows: Vec<Vec<Cell>> = report
        .rows
        .iter()
        .map(|row| line(Cell::text(row_name(report.by, row)), &row.figures))
        .collect();
    rows.push(line(Cell::text("Tất cả"), report.total));
    let (from, to) = (day_text(report.days.0), day_text(report.days.1));
    let title = vec![
        whose.to_owned(),
        format!("Số liệu hàng chờ từ ngày {from} đến ngày {to}"),
        "Thời gian: giờ:phút:giây; phân vị theo hạng gần nhất (nearest-rank).".to_owned(),
    ];
    Sheet { title, head, rows }
}

/// What the rows of a report are, as the head of their column.
#[must_use]
pub fn rows_are(by: &str) -> &'static str {
    match by {
        "hour" => "Giờ",
        "day" => "Ngày",
        "service" => "Lĩnh vực",
        "class" => "Đối tượng",
        "officer" => "Cán bộ",
        "unit" => "Trung tâm",
        "place" => "Nơi tiếp nhận",
        _ => "Quầy",
    }
}

/// What a row is of, as people here say it.
#[must_use]
pub fn row_name(by: &str, row: &ReportRowView) -> String {
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
#[must_use]
pub fn day_text(text: &str) -> String {
    match text.parse::<civil::Date>() {
        Ok(day) => day.strftime("%d/%m/%Y").to_string(),
        Err(_) => text.to_owned(),
    }
}

/// The key of a row in its word: see [`ReportRowView::key`].
#[must_use]
pub fn key_text(key: &Key) -> String {
    match key {
        Key::Hour(hour) => hour.to_string(),
        Key::Day(day) => day.to_string(),
        Key::Service(code) => code.to_string(),
        Key::Class(class) => class_word(*class).to_owned(),
        Key::Officer(officer) => officer.to_string(),
        Key::UnknownOfficer => String::new(),
        Key::Counter(number) => number.to_string(),
    }
}

fn class_word(class: Class) -> &'static str {
    match class {
        Class::Regular => "regular",
        Class::Priority => "priority",
    }
}

impl FiguresView {
    /// `free_known`: whether the free times of the counters are told.
    #[must_use]
    pub fn new(figures: &Figures, free_known: bool) -> Self {
        Self {
            issued: figures.issued,
            wait: figures.wait.into(),
            promised: figures.promised,
            kept: figures.kept,
            calls: figures.calls,
            walk: figures.walk.into(),
            serving: figures.serving.into(),
            completed: figures.completed,
            no_shows: figures.no_shows,
            transfers: figures.transfers,
            cancelled: figures.cancelled,
            left: figures.left,
            free: free_known.then(|| figures.free.into()),
            free_s: free_known.then_some(figures.free_s),
            free_waiting_s: free_known.then_some(figures.free_waiting_s),
        }
    }
}

impl From<Spread> for SpreadView {
    fn from(spread: Spread) -> Self {
        let Spread { count, p50_s, p90_s, p95_s, longest_s } = spread;
        Self { count, p50_s, p90_s, p95_s, longest_s }
    }
}

fn line(name: Cell, figures: &FiguresView) -> Vec<Cell> {
    let FiguresView { wait, walk, serving, .. } = figures;
    let of = |count: usize, seconds: i64| match count {
        0 => Cell::Empty,
        _ => Cell::Duration(seconds),
    };
    let free = |seconds: fn(&SpreadView) -> i64| match &figures.free {
        Some(free) => of(free.count, seconds(free)),
        None => Cell::Empty,
    };
    let sum = |seconds: Option<i64>| seconds.map_or(Cell::Empty, Cell::Duration);
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
        free(|free| free.p50_s),
        free(|free| free.p90_s),
        free(|free| free.p95_s),
        free(|free| free.longest_s),
        sum(figures.free_s),
        sum(figures.free_waiting_s),
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
mod tests {
    use super::*;

    #[test]
    fn a_row_of_a_unit_has_its_name_and_nothing_where_nothing_is_known() {
        let figures = |issued| FiguresView::new(&Figures { issued, ..Figures::default() }, false);
        let rows = [ReportRowView {
            key: "06658".to_owned(),
            name_vi: Some("=Cao Xanh".to_owned()),
            name_en: None,
            figures: figures(3),
        }];
        let days = ("2026-11-01", "2026-11-30");
        let shown = Shown { by: "unit", days, rows: &rows, total: &figures(3) };
        let table = sheet("Quảng Ninh", &shown);
        assert!(table.title[1].contains("01/11/2026 đến ngày 30/11/2026"));
        let csv = table.csv();
        let lines: Vec<&str> = csv.lines().collect();
        assert!(lines[0].starts_with("\u{feff}Trung tâm,Số đã cấp,"), "{}", lines[0]);
        assert!(lines[1].starts_with("'=Cao Xanh,3,,"), "{}", lines[1]);
        assert!(lines[1].ends_with(",0,,,,,,") && lines[2].starts_with("Tất cả,3,"), "{csv}");
        assert_eq!(&xlsx(&table).unwrap()[..4], b"PK\x03\x04");
    }

    #[test]
    fn free_times_are_percentiles_with_their_sum_beside_them() {
        let told = Spread { count: 3, p50_s: 61, p90_s: 122, p95_s: 183, longest_s: 244 };
        let known = Figures { free: told, free_s: 366, free_waiting_s: 5, ..Figures::default() };
        let total = FiguresView::new(&known, true);
        let days = ("2026-11-23", "2026-11-23");
        let csv = sheet("Cao Xanh", &Shown { by: "hour", days, rows: &[], total: &total }).csv();
        let told = ",0:01:01,0:02:02,0:03:03,0:04:04,0:06:06,0:00:05";
        assert!(csv.lines().nth(1).unwrap().ends_with(told), "{csv}");
        let none = FiguresView::new(&Figures::default(), true);
        let csv = sheet("Cao Xanh", &Shown { by: "hour", days, rows: &[], total: &none }).csv();
        assert!(csv.lines().nth(1).unwrap().ends_with(",,,,,0:00:00,0:00:00"), "{csv}");
    }

    #[test]
    fn a_key_of_a_class_is_its_word_in_requests() {
        for class in [Class::Regular, Class::Priority] {
            let word = serde_json::to_value(class).unwrap();
            assert_eq!(word, key_text(&Key::Class(class)));
        }
    }
}
