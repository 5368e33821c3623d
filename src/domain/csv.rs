//! Tables of rows as text: fields between commas, quoted with `"` where they hold a comma, a quote or
//! a line end. Small on purpose: it reads the files of `config/`, which are UTF-8 with a head line.

use crate::problem::Problem;

/// One row with the number of its line, for messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Line on which the row begins, from 1.
    pub line: usize,
    /// The fields in the order of the wanted columns.
    pub fields: Vec<String>,
}

/// Reads the wanted columns of a table, in the order wanted; other columns are left aside. Adds a
/// problem for each missing column and each row of a wrong length.
pub fn rows(file: &str, text: &str, columns: &[&str], problems: &mut Vec<Problem>) -> Vec<Row> {
    let mut records = records(text.strip_prefix('\u{feff}').unwrap_or(text)).into_iter();
    let Some(head) = records.next() else {
        problems.push(Problem::new(file, "line 1", "the file is empty", columns.join(",")));
        return Vec::new();
    };
    let mut wanted = Vec::with_capacity(columns.len());
    for column in columns {
        match head.fields.iter().position(|name| name.trim() == *column) {
            Some(index) => wanted.push(index),
            None => problems.push(Problem::new(
                file,
                "line 1",
                format!("the column {column} is missing"),
                columns.join(","),
            )),
        }
    }
    if wanted.len() < columns.len() {
        return Vec::new();
    }
    let mut rows = Vec::new();
    for record in records {
        if record.fields.len() == head.fields.len() {
            let fields = wanted.iter().map(|index| record.fields[*index].trim().to_owned());
            rows.push(Row { line: record.line, fields: fields.collect() });
        } else if record.fields.iter().any(|field| !field.trim().is_empty()) {
            problems.push(Problem::new(
                file,
                format!("line {}", record.line),
                format!("{} fields instead of {}", record.fields.len(), head.fields.len()),
                head.fields.join(","),
            ));
        }
    }
    rows
}

fn records(text: &str) -> Vec<Row> {
    let mut records = Vec::new();
    let (mut line, mut start, mut quoted) = (1, 1, false);
    let mut fields = Vec::new();
    let mut field = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if field.is_empty() => quoted = true,
            ',' if !quoted => fields.push(std::mem::take(&mut field)),
            '\r' if !quoted && chars.peek() == Some(&'\n') => {}
            '\n' if !quoted => {
                line += 1;
                fields.push(std::mem::take(&mut field));
                records.push(Row { line: start, fields: std::mem::take(&mut fields) });
                start = line;
            }
            c => {
                line += usize::from(c == '\n');
                field.push(c);
            }
        }
    }
    if !field.is_empty() || !fields.is_empty() {
        fields.push(field);
        records.push(Row { line: start, fields });
    }
    records
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_protect_commas_and_lines() {
        let text = "a,b,c\n1,\"x, \"\"y\"\"\nz\",3\r\n4,5,6";
        let mut problems = Vec::new();
        let rows = rows("t.csv", text, &["c", "b"], &mut problems);
        assert!(problems.is_empty());
        assert_eq!(rows[0].fields, ["3", "x, \"y\"\nz"]);
        assert_eq!(rows[1], Row { line: 4, fields: vec!["6".into(), "5".into()] });
    }

    #[test]
    fn every_bad_row_is_named() {
        let mut problems = Vec::new();
        rows("t.csv", "a,b\n1\n1,2,3\n\n1,2\n", &["a"], &mut problems);
        let keys: Vec<_> = problems.iter().map(|problem| problem.key.as_str()).collect();
        assert_eq!(keys, ["line 2", "line 3"]);
        rows("t.csv", "a\n", &["x", "y"], &mut problems);
        assert_eq!(problems.len(), 4);
    }
}
