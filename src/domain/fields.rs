//! Reading a TOML file so that every mistake is found in one go: each accessor notes what is wrong
//! with its key and goes on; keys that nobody asked for are noted at the end.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use jiff::civil;
use toml::{Table, Value};

use crate::problem::{Problem, Problems, all_or};
use crate::text_fold::normalise;

/// One file being checked.
#[derive(Debug)]
pub struct Checks {
    file: String,
    problems: RefCell<Vec<Problem>>,
}

impl Checks {
    /// Starts checking a file.
    pub fn new(file: &str) -> Self {
        Self { file: file.to_owned(), problems: RefCell::new(Vec::new()) }
    }

    /// Reads the text as TOML; a file that is not TOML has one problem, with its line.
    pub fn table(&self, text: &str) -> Option<Table> {
        match text.parse::<Table>() {
            Ok(table) => Some(table),
            Err(error) => {
                let at = error.span().map_or(0, |span| span.start).min(text.len());
                let line = text.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
                self.note(format!("line {line}"), error.message(), "key = \"value\"");
                None
            }
        }
    }

    /// The whole file's keys.
    pub fn root<'a>(&'a self, table: &'a Table) -> Fields<'a> {
        Fields { checks: self, prefix: String::new(), table, asked: RefCell::default() }
    }

    /// Notes a problem that concerns several keys together.
    pub fn note(
        &self,
        key: impl Into<String>,
        message: impl Into<String>,
        works: impl Into<String>,
    ) {
        self.problems.borrow_mut().push(Problem::new(&self.file, key, message, works));
    }

    /// The value if nothing was wrong, otherwise everything that was.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, Problems> {
        let problems = self.problems.into_inner();
        match value {
            Some(value) => all_or(value, problems),
            None if problems.is_empty() => Err(Problems(vec![Problem::new(
                &self.file,
                "",
                "the file cannot be read",
                "the file as delivered",
            )])),
            None => Err(Problems(problems)),
        }
    }
}

/// The keys of one table.
#[derive(Debug)]
pub struct Fields<'a> {
    checks: &'a Checks,
    prefix: String,
    table: &'a Table,
    asked: RefCell<BTreeSet<&'static str>>,
}

impl<'a> Fields<'a> {
    /// A required text, NFC and trimmed, not empty.
    pub fn text(&self, key: &'static str, works: &str) -> Option<String> {
        match self.value(key) {
            None => self.wrong(key, "is missing", works),
            Some(Value::String(text)) if !text.trim().is_empty() => Some(normalise(text.trim())),
            Some(Value::String(_)) => self.wrong(key, "is empty", works),
            Some(_) => self.wrong(key, "is not a text in quotes", works),
        }
    }

    /// A text that may be missing; empty reads as missing.
    pub fn text_or_none(&self, key: &'static str, works: &str) -> Option<String> {
        match self.value(key) {
            None => None,
            Some(Value::String(text)) => {
                Some(normalise(text.trim())).filter(|text| !text.is_empty())
            }
            Some(_) => self.wrong(key, "is not a text in quotes", works),
        }
    }

    /// A required text that reads as a `T`.
    pub fn parsed<T>(&self, key: &'static str, works: &str) -> Option<T>
    where
        T: FromStr,
        T::Err: Display,
    {
        let text = self.text(key, works)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => self.wrong(key, &format!("{text:?} does not read: {error}"), works),
        }
    }

    /// A required whole number in a range.
    pub fn number(&self, key: &'static str, range: RangeInclusive<i64>, works: i64) -> Option<i64> {
        self.number_or(key, range, works, None)
    }

    /// A whole number in a range, or a default when the key is missing.
    pub fn number_or(
        &self,
        key: &'static str,
        range: RangeInclusive<i64>,
        works: i64,
        default: Option<i64>,
    ) -> Option<i64> {
        let works_text = works.to_string();
        match self.value(key) {
            None if default.is_some() => default,
            None => self.wrong(key, "is missing", &works_text),
            Some(Value::Integer(number)) if range.contains(number) => Some(*number),
            Some(Value::Integer(number)) => self.wrong(
                key,
                &format!("{number} is not between {} and {}", range.start(), range.end()),
                &works_text,
            ),
            Some(_) => self.wrong(key, "is not a whole number", &works_text),
        }
    }

    /// A required `true` or `false`.
    pub fn flag(&self, key: &'static str) -> Option<bool> {
        match self.value(key) {
            None => self.wrong(key, "is missing", "true"),
            Some(Value::Boolean(flag)) => Some(*flag),
            Some(_) => self.wrong(key, "is neither true nor false", "true"),
        }
    }

    /// A date as text; missing reads as none.
    pub fn date_or_none(&self, key: &'static str, works: &str) -> Option<civil::Date> {
        if self.table.contains_key(key) { self.parsed(key, works) } else { self.asked(key) }
    }

    /// Whether a key is there at all; a key that may be missing is looked for so before it is read.
    pub fn has(&self, key: &'static str) -> bool {
        self.value(key).is_some()
    }

    /// A time of day as text, `15:00`.
    pub fn time(&self, key: &'static str, works: &str) -> Option<civil::Time> {
        self.parsed(key, works)
    }

    /// One of a fixed list of words.
    pub fn one_of<T: Copy>(&self, key: &'static str, choices: &[(&str, T)]) -> Option<T> {
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        let text = self.text(key, words.first().copied().unwrap_or_default())?;
        match choices.iter().find(|(word, _)| *word == text) {
            Some((_, value)) => Some(*value),
            None => {
                self.wrong(key, &format!("{text:?} is none of the choices"), &words.join(" | "))
            }
        }
    }

    /// A list of tables; a missing list reads as empty.
    pub fn tables(&self, key: &'static str) -> Vec<Fields<'a>> {
        let works = format!("[[{key}]]");
        match self.value(key) {
            None => Vec::new(),
            Some(Value::Array(items)) => items
                .iter()
                .enumerate()
                .filter_map(|(index, item)| match item {
                    Value::Table(table) => Some(Fields {
                        checks: self.checks,
                        prefix: format!("{}{key}[{index}].", self.prefix),
                        table,
                        asked: RefCell::default(),
                    }),
                    _ => self.wrong(key, &format!("item {index} is not a table"), &works),
                })
                .collect(),
            Some(_) => self.wrong(key, "is not a list of tables", &works).unwrap_or_default(),
        }
    }

    /// A required table.
    pub fn table(&self, key: &'static str, works: &str) -> Option<Fields<'a>> {
        match self.value(key) {
            Some(Value::Table(table)) => Some(Fields {
                checks: self.checks,
                prefix: format!("{}{key}.", self.prefix),
                table,
                asked: RefCell::default(),
            }),
            Some(_) => self.wrong(key, "is not a table", works),
            None => self.wrong(key, "is missing", works),
        }
    }

    /// Notes a problem with a key and gives nothing.
    pub fn wrong<T>(&self, key: &str, message: &str, works: &str) -> Option<T> {
        self.checks.note(format!("{}{key}", self.prefix), message, works);
        None
    }

    /// Notes every key that nobody asked for: a misspelt key must not pass as a default.
    pub fn no_others(&self) {
        let asked = self.asked.borrow();
        for key in self.table.keys().filter(|key| !asked.contains(key.as_str())) {
            let near = asked.iter().copied().collect::<Vec<_>>().join(" | ");
            self.checks.note(format!("{}{key}", self.prefix), "is not a key known here", near);
        }
    }

    fn value(&self, key: &'static str) -> Option<&'a Value> {
        self.asked.borrow_mut().insert(key);
        self.table.get(key)
    }

    fn asked<T>(&self, key: &'static str) -> Option<T> {
        self.asked.borrow_mut().insert(key);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_mistakes_come_at_once_with_a_value_that_works() {
        let text = "nam = \"x\"\ncount = 99\nday = \"2026-13-01\"\n[[row]]\nflag = 1\n";
        let checks = Checks::new("a.toml");
        let table = checks.table(text).unwrap();
        let root = checks.root(&table);
        assert_eq!(root.text("name", "Cao Xanh"), None);
        assert_eq!(root.number("count", 1..=9, 3), None);
        assert_eq!(root.date_or_none("day", "2026-01-01"), None);
        assert_eq!(root.date_or_none("end", "2026-01-01"), None);
        for row in root.tables("row") {
            assert_eq!(row.flag("flag"), None);
            row.no_others();
        }
        root.no_others();
        let problems = checks.finish(Some(())).unwrap_err();
        let keys: Vec<_> = problems.0.iter().map(|problem| problem.key.as_str()).collect();
        assert_eq!(keys, ["name", "count", "day", "row[0].flag", "nam"]);
        assert!(problems.0.iter().all(|p| p.file == "a.toml" && !p.works.is_empty()));
        assert!(
            problems.to_string().contains("a.toml: name: is missing; a value that works: Cao Xanh")
        );
    }

    #[test]
    fn a_file_that_is_not_toml_names_the_line() {
        let checks = Checks::new("a.toml");
        assert!(checks.table("a = 1\nb = = 2\n").is_none());
        assert_eq!(checks.finish::<()>(None).unwrap_err().0[0].key, "line 2");
    }
}
