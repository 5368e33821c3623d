//! A table for a spreadsheet, and its form as CSV (RFC 4180, UTF-8 with the mark by which Excel knows
//! it). Names come from settings and accounts: a cell that a spreadsheet would take for a formula is
//! written so that it stays text. [`crate::csv`] reads the files of `config/`.

/// A value in a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// Words.
    Text(String),
    /// A count.
    Count(usize),
    /// A duration. Seconds.
    Duration(i64),
    /// A share of a whole: so many, of so many; empty where there is no whole.
    Share(usize, usize),
}

impl Cell {
    /// Words.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }
}

/// A table.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// What it tells, above the table; one line each.
    pub title: Vec<String>,
    /// The columns.
    pub head: Vec<String>,
    /// The rows; as long as the head.
    pub rows: Vec<Vec<Cell>>,
}

/// A spreadsheet reads a field that begins so as a formula, also in full width; line ends and tabs are
/// skipped by some before they look.
const FORMULA: &[char] = &['=', '+', '-', '@', '\t', '\r', '\n', '\0', '＝', '＋', '－', '＠'];

/// The words, made harmless: an apostrophe before what would be a formula.
#[must_use]
pub fn harmless(text: &str) -> String {
    // Some skip blanks before they look.
    let formula = text.starts_with(FORMULA) || text.trim_start().starts_with(FORMULA);
    if formula { format!("'{text}") } else { text.to_owned() }
}

/// A duration as a spreadsheet reads it: hours, minutes, seconds.
#[must_use]
pub fn clock_form(seconds: i64) -> String {
    let s = seconds.max(0);
    format!("{}:{:02}:{:02}", s / 3_600, s / 60 % 60, s % 60)
}

impl Sheet {
    /// As CSV: the head and the rows. The title is left out, because programs read these files too.
    #[must_use]
    pub fn csv(&self) -> String {
        let mut text = String::from('\u{feff}');
        put_line(&mut text, self.head.iter().map(|name| harmless(name)));
        for row in &self.rows {
            put_row(&mut text, row);
        }
        text
    }
}

/// One more row under what [`Sheet::csv`] gave: for a table whose rows are too many to be held as cells.
pub fn put_row(text: &mut String, row: &[Cell]) {
    put_line(text, row.iter().map(field));
}

fn field(cell: &Cell) -> String {
    match cell {
        Cell::Empty | Cell::Share(_, 0) => String::new(),
        Cell::Text(text) => harmless(text),
        Cell::Count(count) => count.to_string(),
        Cell::Duration(seconds) => clock_form(*seconds),
        Cell::Share(part, whole) => format!("{}%", part * 100 / whole),
    }
}

fn put_line(text: &mut String, fields: impl Iterator<Item = String>) {
    for (place, field) in fields.enumerate() {
        if place > 0 {
            text.push(',');
        }
        // Where the list separator of a country is another one, it must not cut a name in two either:
        // its second half could be a formula.
        if field.contains([',', ';', '\t', '"', '\r', '\n']) {
            text.push('"');
            text.push_str(&field.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(&field);
        }
    }
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn one(cell: Cell) -> Sheet {
        Sheet { title: Vec::new(), head: vec!["Tên".into()], rows: vec![vec![cell]] }
    }

    #[test]
    fn a_name_that_looks_like_a_formula_stays_a_name() {
        for name in ["=cmd|'/c calc'!A0", "+84912", "-1", "@SUM(A1)", "\tx", "\rx", "＝1+1", " =1"]
        {
            let csv = one(Cell::text(name)).csv();
            let line = csv.strip_prefix("\u{feff}Tên\r\n").unwrap();
            assert!(line.starts_with('\'') || line.starts_with("\"'"), "{line:?}");
        }
        assert_eq!(one(Cell::text("Hộ tịch - A")).csv(), "\u{feff}Tên\r\nHộ tịch - A\r\n");
    }

    #[test]
    fn a_field_with_a_comma_a_quote_or_a_line_end_is_quoted() {
        let csv = one(Cell::text("Đất đai, \"nhà\"\nở")).csv();
        assert_eq!(csv, "\u{feff}Tên\r\n\"Đất đai, \"\"nhà\"\"\nở\"\r\n");
        assert_eq!(one(Cell::text("a;=1+1")).csv(), "\u{feff}Tên\r\n\"a;=1+1\"\r\n");
    }

    #[test]
    fn durations_and_shares_are_written_as_a_spreadsheet_reads_them() {
        assert_eq!(clock_form(3_725), "1:02:05");
        assert_eq!(clock_form(-5), "0:00:00");
        assert!(one(Cell::Share(2, 3)).csv().ends_with("\r\n66%\r\n"));
        assert!(one(Cell::Share(0, 0)).csv().ends_with("Tên\r\n\r\n"));
    }

    #[test]
    fn a_row_that_is_put_below_is_written_as_one_of_the_table() {
        let whole = one(Cell::text("=1, 2"));
        let mut text = Sheet { rows: Vec::new(), ..whole.clone() }.csv();
        put_row(&mut text, &whole.rows[0]);
        assert_eq!(text, whole.csv());
    }

    proptest! {
        /// What is written is what our own reader reads back, but for the apostrophe.
        #[test]
        fn every_text_comes_back(text in "[a-zđ=+@,;\t\"\r\n -]{1,12}") {
            let csv = one(Cell::text(text.clone())).csv();
            let mut problems = Vec::new();
            let rows = crate::csv::rows("t.csv", &csv, &["Tên"], &mut problems);
            prop_assert!(problems.is_empty());
            let expected = harmless(&text).trim().to_owned();
            if expected.is_empty() {
                prop_assert!(rows.len() <= 1);
            } else {
                prop_assert_eq!(&rows[0].fields[0], &expected);
            }
        }
    }
}
