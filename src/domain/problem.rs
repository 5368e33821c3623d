//! A mistake in a file of data or settings, told so that a technician can mend it: which file, which
//! key, what is wrong, and a value that would work. Checks collect all of them before they answer.

use std::fmt;

/// One mistake in one file.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// The file's name as the caller gave it.
    pub file: String,
    /// The key, with its place: `service[2].series`, or `line 14` for a table of rows.
    pub key: String,
    /// What is wrong.
    pub message: String,
    /// A value that would work.
    pub works: String,
}

impl Problem {
    /// Puts the four parts together.
    pub fn new(
        file: &str,
        key: impl Into<String>,
        message: impl Into<String>,
        works: impl Into<String>,
    ) -> Self {
        Self {
            file: file.to_owned(),
            key: key.into(),
            message: message.into(),
            works: works.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {}: {}; a value that works: {}",
            self.file, self.key, self.message, self.works
        )
    }
}

/// Every mistake of a check. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// The value when nothing was wrong, otherwise every problem.
pub fn all_or<T>(value: T, problems: Vec<Problem>) -> Result<T, Problems> {
    if problems.is_empty() { Ok(value) } else { Err(Problems(problems)) }
}
