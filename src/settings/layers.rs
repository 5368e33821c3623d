//! Laying one file over another, and telling every mistake by file and key.

use super::{FILE_SIZE_MAX, Settings};
use domain::problem::{Problem, Problems};
use std::path::Path;
use toml::{Table, Value};

/// The merged table and the file to name in what is found later.
pub(super) struct Merged {
    table: Table,
    file: String,
    /// The file could not be read, or is not TOML: nothing of it is in the table.
    pub(super) file_unread: bool,
}

/// Keys that stand in one entry of a list of blocks; the blocks themselves replace the default's. What
/// stands in a device's block is judged where devices are read.
const BLOCKS: &[(&str, &[&str])] = &[("counter", &["number", "name", "services"]), ("device", &[])];

const NO_SUCH_SETTING: &str = "no such setting";
const A_TEXT: &str = "a text in quotes";

/// A mistake leaves its key at the default, so that everything else can be judged in the same run.
pub(super) fn merge(
    defaults: &str,
    defaults_name: &str,
    file: Option<&Path>,
    environment: &[(String, String)],
) -> Result<(Merged, Vec<Problem>), Problems> {
    let mut problems = Vec::new();
    let mut table = parse(defaults, defaults_name).map_err(|problem| Problems(vec![problem]))?;
    let mut name = defaults_name.to_owned();
    let mut file_unread = false;
    if let Some(path) = file {
        name = path.display().to_string();
        match read(path).and_then(|text| parse(&text, &name)) {
            Ok(layer) => lay_over(&mut table, layer, &name, "", &mut problems),
            Err(problem) => {
                file_unread = true;
                problems.push(problem);
            }
        }
    }
    for (path, value) in environment {
        set_from_text(&mut table, path, value, &mut problems);
    }
    Ok((Merged { table, file: name, file_unread }, problems))
}

impl Merged {
    pub(super) fn into_settings(self) -> Result<Settings, Problems> {
        let file = self.file;
        Settings::deserialize_from(self.table).map_err(|error| {
            Problems(vec![Problem {
                file,
                key: "(whole file)".to_owned(),
                message: error,
                works: "a file made from config/center.toml".to_owned(),
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
            let (blocks, found) = check_blocks(&path, value, known, base.get(&key), file);
            problems.extend(found);
            if let Some(blocks) = blocks {
                base.insert(key, blocks);
            }
            continue;
        }
        match (base.get_mut(&key), value) {
            (Some(Value::Table(inner)), Value::Table(layer)) => {
                lay_over(inner, layer, file, &path, problems);
            }
            (Some(old), new) => match misfit(old, &new) {
                None => *old = as_kind_of(old, new),
                Some(message) => {
                    let works = if old.is_table() { format!("[{path}]") } else { old.to_string() };
                    problems.push(Problem::new(file, path, message, works));
                }
            },
            (None, value) => {
                let works = instead_of_unknown(base, &key, value.is_table(), start.is_empty());
                problems.push(Problem::new(file, path, NO_SUCH_SETTING, works));
            }
        }
    }
}

/// Why a value cannot stand where the default stands; nothing when it can.
fn misfit(old: &Value, new: &Value) -> Option<String> {
    if !same_kind(old, new) {
        return Some(format!("is {}, but must be {}", kind(new), kind(old)));
    }
    match (old, new) {
        (Value::Integer(_), Value::Integer(number)) if *number < 0 => {
            Some(format!("{number} is below 0"))
        }
        // Every whole number of the sections is a u32; the narrower bounds stand in the checks.
        (Value::Integer(_), Value::Integer(number)) if u32::try_from(*number).is_err() => {
            Some(format!("{number} is above {}", u32::MAX))
        }
        // Every list of the sections is one of texts.
        (Value::Array(_), Value::Array(entries)) => entries
            .iter()
            .find(|entry| !entry.is_str())
            .map(|entry| format!("holds {}, but every entry must be {}", kind(entry), A_TEXT)),
        _ => None,
    }
}

/// The blocks, with a stand-in for what is wrong in them, and what is wrong. No blocks where there is no
/// list to judge.
fn check_blocks(
    path: &str,
    value: Value,
    known: &[&str],
    default: Option<&Value>,
    file: &str,
) -> (Option<Value>, Vec<Problem>) {
    let told = |key: String, what: &str| {
        Problem::new(file, key, what, format!("a block [[{path}]] as in config/center.toml"))
    };
    let Value::Array(mut blocks) = value else {
        return (None, vec![told(path.to_owned(), "must be a list of blocks")]);
    };
    let mut problems: Vec<Problem> = blocks
        .iter()
        .enumerate()
        .filter(|(_, block)| !block.is_table())
        .map(|(index, _)| told(format!("{path}[{}]", index + 1), "must be a block"))
        .collect();
    if !problems.is_empty() {
        return (None, problems);
    }
    if path == "counter" {
        let examples = default.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        problems = check_counters(&mut blocks, known, examples, file);
    }
    (Some(Value::Array(blocks)), problems)
}

fn check_counters(
    blocks: &mut [Value],
    known: &[&str],
    examples: &[Value],
    file: &str,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut free: Vec<i64> = (1..=99).collect();
    for block in &*blocks {
        let taken = block.get("number").and_then(Value::as_integer);
        free.retain(|number| Some(*number) != taken);
    }
    let mut free = free.into_iter();
    for (index, block) in blocks.iter_mut().enumerate() {
        let Some(table) = block.as_table_mut() else { continue };
        let at = format!("counter[{}]", index + 1);
        for key in table.keys().filter(|key| !known.contains(&key.as_str())) {
            let works = format!("one of {}; or remove the line", known.join(", "));
            problems.push(Problem::new(file, format!("{at}.{key}"), NO_SUCH_SETTING, works));
        }
        for key in known {
            let Some(wrong) = wrong_in_counter(key, table.get(*key)) else { continue };
            let example = examples.first().and_then(|example| example.get(*key)).cloned();
            let stand_in = match *key {
                "number" => free.next().map(Value::Integer).or(example),
                _ => example,
            };
            let works = stand_in.as_ref().map_or_else(|| "1".to_owned(), Value::to_string);
            problems.push(Problem::new(file, format!("{at}.{key}"), wrong, works));
            if let Some(stand_in) = stand_in {
                table.insert((*key).to_owned(), stand_in);
            }
        }
    }
    problems
}

fn wrong_in_counter(key: &str, value: Option<&Value>) -> Option<String> {
    let Some(value) = value else { return Some("is missing".to_owned()) };
    let (right, what) = match key {
        "number" => (value.is_integer(), "a whole number"),
        "name" => (value.is_str(), A_TEXT),
        _ => (
            value.as_array().is_some_and(|all| all.iter().all(Value::is_str)),
            "a list of texts in quotes",
        ),
    };
    if !right {
        return Some(format!("must be {what}"));
    }
    // 0 and 100 are numbers, too: that no sign shows them is told by the checks.
    let number = value.as_integer().filter(|number| u16::try_from(*number).is_err());
    number.map(|number| format!("{number} is not a number from 1 to 99"))
}

fn set_from_text(table: &mut Table, path: &str, text: &str, problems: &mut Vec<Problem>) {
    let variable = |path: &str| {
        format!("{}{}", super::ENVIRONMENT_START, path.to_uppercase().replace('.', "__"))
    };
    let told = |what: String, instead: String| Problem::new(&variable(path), path, what, instead);
    let (section, key) = path.rsplit_once('.').unwrap_or(("", path));
    let in_section = table.get_mut(section).and_then(Value::as_table_mut);
    let Some(in_section) = in_section else {
        let example = "unset this variable, or name section and setting: MOTCUA__WEB__LISTEN";
        problems.push(told(NO_SUCH_SETTING.to_owned(), example.to_owned()));
        return;
    };
    let near = nearest(in_section.keys(), key);
    let Some(old) = in_section.get_mut(key) else {
        let other = near.map(|near| format!("{}, or ", variable(&format!("{section}.{near}"))));
        let instead = format!("{}unset this variable", other.unwrap_or_default());
        problems.push(told(NO_SUCH_SETTING.to_owned(), instead));
        return;
    };
    let parsed = match old {
        Value::String(_) => Some(Value::String(text.to_owned())),
        Value::Integer(_) => text.parse().ok().map(Value::Integer),
        Value::Float(_) => text.parse().ok().map(Value::Float),
        Value::Boolean(_) => text.parse().ok().map(Value::Boolean),
        _ => format!("v = {text}").parse::<Table>().ok().and_then(|mut all| all.remove("v")),
    };
    let wrong = match &parsed {
        None => Some(format!("«{text}» is not {}", kind(old))),
        Some(new) => misfit(old, new),
    };
    match (wrong, parsed) {
        (None, Some(new)) => *old = new,
        (wrong, _) => problems.push(told(wrong.unwrap_or_default(), old.to_string())),
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
        Value::String(_) => A_TEXT,
        Value::Integer(_) => "a whole number",
        Value::Float(_) => "a number",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date",
        Value::Array(_) => "a list",
        Value::Table(_) => "a section",
    }
}

/// What to write instead of a key that nobody knows.
fn instead_of_unknown(base: &Table, key: &str, is_section: bool, at_the_top: bool) -> String {
    let remove = if is_section { "remove the section" } else { "remove the line" };
    let blocks = BLOCKS.iter().map(|(name, _)| *name).filter(|_| at_the_top);
    let blocks: Vec<String> = blocks.map(str::to_owned).collect();
    let Some(near) = nearest(base.keys().chain(&blocks), key) else { return remove.to_owned() };
    let near = match base.get(&near) {
        _ if blocks.contains(&near) => format!("[[{near}]]"),
        Some(Value::Table(_)) | None => format!("[{near}]"),
        Some(value) => format!("{near} = {value}"),
    };
    format!("{near}, or {remove}")
}

/// The known key that shares the longest start with the unknown one.
fn nearest<'k>(known: impl Iterator<Item = &'k String>, key: &str) -> Option<String> {
    known
        .map(|known| {
            let shared = known.chars().zip(key.chars()).take_while(|(a, b)| a == b).count();
            (shared, known)
        })
        .filter(|(shared, _)| *shared >= 2)
        .max_by_key(|(shared, _)| *shared)
        .map(|(_, known)| known.clone())
}
