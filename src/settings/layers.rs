//! Laying one file over another, and telling every mistake by file and key.

use super::{FILE_SIZE_MAX, Settings};
use domain::problem::{Problem, Problems};
use std::path::Path;
use toml::{Table, Value};

/// The merged table and the file to name in what is found later.
pub(super) struct Merged {
    table: Table,
    file: String,
}

/// Keys that stand in one entry of a list of blocks; the blocks themselves replace the default's.
const BLOCKS: &[(&str, &[&str])] = &[
    ("counter", &["number", "name", "services"]),
    ("device", &["id", "driver", "counter", "transport", "settings", "title"]),
];

pub(super) fn merge(
    defaults: &str,
    defaults_name: &str,
    file: Option<&Path>,
    environment: &[(String, String)],
) -> Result<(Merged, Vec<Problem>), Problems> {
    let mut problems = Vec::new();
    let mut table = parse(defaults, defaults_name).map_err(|problem| Problems(vec![problem]))?;
    let mut name = defaults_name.to_owned();
    if let Some(path) = file {
        name = path.display().to_string();
        match read(path).and_then(|text| parse(&text, &name)) {
            Ok(layer) => lay_over(&mut table, layer, &name, "", &mut problems),
            Err(problem) => problems.push(problem),
        }
    }
    for (path, value) in environment {
        set_from_text(&mut table, path, value, &mut problems);
    }
    Ok((Merged { table, file: name }, problems))
}

impl Merged {
    pub(super) fn into_settings(self) -> Result<Settings, Problems> {
        let file = self.file;
        Settings::deserialize_from(self.table).map_err(|error| {
            Problems(vec![Problem {
                file,
                key: "(whole file)".to_owned(),
                message: error,
                works: String::new(),
            }])
        })
    }
}

impl Settings {
    fn deserialize_from(table: Table) -> Result<Self, String> {
        Value::Table(table).try_into().map_err(|error: toml::de::Error| error.message().to_owned())
    }
}

fn read(path: &Path) -> Result<String, Problem> {
    let told = |what: String| Problem {
        file: path.display().to_string(),
        key: "(whole file)".to_owned(),
        message: what,
        works: "a file made from config/center.toml".to_owned(),
    };
    let size = std::fs::metadata(path).map_err(|error| told(format!("cannot be read: {error}")))?;
    if size.len() > FILE_SIZE_MAX {
        return Err(told(format!("is larger than {FILE_SIZE_MAX} bytes")));
    }
    std::fs::read_to_string(path).map_err(|error| told(format!("cannot be read: {error}")))
}

fn parse(text: &str, name: &str) -> Result<Table, Problem> {
    text.parse::<Table>().map_err(|error| {
        let line = error.span().map_or(1, |span| {
            text.as_bytes().iter().take(span.start).filter(|byte| **byte == b'\n').count() + 1
        });
        Problem {
            file: name.to_owned(),
            key: format!("line {line}"),
            message: error.message().to_owned(),
            works: "key = \"value\"".to_owned(),
        }
    })
}

fn lay_over(base: &mut Table, layer: Table, file: &str, start: &str, problems: &mut Vec<Problem>) {
    for (key, value) in layer {
        let path = if start.is_empty() { key.clone() } else { format!("{start}.{key}") };
        if let Some((_, known)) = BLOCKS.iter().find(|(name, _)| *name == path) {
            match check_blocks(&path, &value, known, file) {
                found if found.is_empty() => drop(base.insert(key, value)),
                found => problems.extend(found),
            }
            continue;
        }
        match (base.get_mut(&key), value) {
            (Some(Value::Table(inner)), Value::Table(layer)) => {
                lay_over(inner, layer, file, &path, problems);
            }
            (Some(old), new) if same_kind(old, &new) => *old = as_kind_of(old, new),
            (Some(old), new) => problems.push(Problem {
                file: file.to_owned(),
                key: path,
                message: format!("is {}, but must be {}", kind(&new), kind(old)),
                works: old.to_string(),
            }),
            (None, _) => {
                let nearest = nearest(base, &key);
                problems.push(Problem {
                    file: file.to_owned(),
                    key: path,
                    message: "no such setting".to_owned(),
                    works: nearest.map(|name| format!("{name} = …")).unwrap_or_default(),
                });
            }
        }
    }
}

fn check_blocks(path: &str, value: &Value, known: &[&str], file: &str) -> Vec<Problem> {
    let told = |key: String, what: &str| Problem {
        file: file.to_owned(),
        key,
        message: what.to_owned(),
        works: format!("[[{path}]] with {}", known.join(", ")),
    };
    let Some(blocks) = value.as_array() else {
        return vec![told(path.to_owned(), "must be a list of blocks")];
    };
    let mut problems = Vec::new();
    for (index, block) in blocks.iter().enumerate() {
        let at = format!("{path}[{}]", index + 1);
        let Some(table) = block.as_table() else {
            problems.push(told(at, "must be a block"));
            continue;
        };
        for key in table.keys().filter(|key| !known.contains(&key.as_str())) {
            problems.push(told(format!("{at}.{key}"), "no such setting"));
        }
        if path == "counter" {
            let right = [
                ("number", table.get("number").is_some_and(Value::is_integer)),
                ("name", table.get("name").is_some_and(Value::is_str)),
                (
                    "services",
                    table
                        .get("services")
                        .and_then(Value::as_array)
                        .is_some_and(|all| all.iter().all(Value::is_str)),
                ),
            ];
            for (key, _) in right.iter().filter(|(_, right)| !right) {
                problems.push(told(format!("{at}.{key}"), "is missing or of the wrong kind"));
            }
        }
    }
    problems
}

fn set_from_text(table: &mut Table, path: &str, text: &str, problems: &mut Vec<Problem>) {
    let told = |what: String, instead: String| Problem {
        file: format!("{}{}", super::ENVIRONMENT_START, path.to_uppercase().replace('.', "__")),
        key: path.to_owned(),
        message: what,
        works: instead,
    };
    let Some((section, key)) = path.rsplit_once('.') else {
        problems.push(told("no such setting".to_owned(), String::new()));
        return;
    };
    let found =
        table.get_mut(section).and_then(Value::as_table_mut).and_then(|in_| in_.get_mut(key));
    let Some(old) = found else {
        problems.push(told("no such setting".to_owned(), String::new()));
        return;
    };
    let parsed = match old {
        Value::String(_) => Some(Value::String(text.to_owned())),
        Value::Integer(_) => text.parse().ok().map(Value::Integer),
        Value::Float(_) => text.parse().ok().map(Value::Float),
        Value::Boolean(_) => text.parse().ok().map(Value::Boolean),
        _ => format!("v = {text}").parse::<Table>().ok().and_then(|mut all| all.remove("v")),
    };
    match parsed {
        Some(new) if same_kind(old, &new) => *old = new,
        _ => {
            let example = old.to_string();
            let what = format!("«{text}» is not {}", kind(old));
            problems.push(told(what, example));
        }
    }
}

/// A whole number may stand where a number is wanted.
fn same_kind(old: &Value, new: &Value) -> bool {
    old.type_str() == new.type_str() || matches!((old, new), (Value::Float(_), Value::Integer(_)))
}

fn as_kind_of(old: &Value, new: Value) -> Value {
    match (old, new) {
        // Settings are small numbers; f64 holds every one of them.
        #[allow(clippy::cast_precision_loss)]
        (Value::Float(_), Value::Integer(number)) => Value::Float(number as f64),
        (_, new) => new,
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a text in quotes",
        Value::Integer(_) => "a whole number",
        Value::Float(_) => "a number",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date",
        Value::Array(_) => "a list",
        Value::Table(_) => "a section",
    }
}

/// The known key that shares the longest start with the unknown one.
fn nearest(table: &Table, key: &str) -> Option<String> {
    table
        .keys()
        .map(|known| {
            let shared = known.chars().zip(key.chars()).take_while(|(a, b)| a == b).count();
            (shared, known)
        })
        .filter(|(shared, _)| *shared >= 2)
        .max_by_key(|(shared, _)| *shared)
        .map(|(_, known)| known.clone())
}
