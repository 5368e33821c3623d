//! `motcua check`, `motcua books`, `motcua backup`: looking at a center from outside, also while its
//! daemon runs.

use super::check_notes::{hours_note, year_notes};
use super::demo::books::{BookLine, JournalState, VoteCount};
use super::{CENTER_FILE, Config};
use crate::center::store_config;
use crate::clock;
use crate::identity::Identity;
use crate::province_data::ProvinceData;
use crate::recovery::{self, Recovery};
use crate::settings::{Node, Reading, Settings, places};
use crate::voice::{self, recordings};
use anyhow::bail;
use clap::Subcommand;
use domain::ids::NodeId;
use domain::problem::{Problem, Problems};
use domain::time::business_day;
use domain::units::Units;
use jiff::{Timestamp, civil};
use journal::books::BookRow;
use std::path::{Path, PathBuf};
use store::query::ratings;
use store::{CheckReport, Depth, Onlooker, check_folder};

/// What may be checked beside settings and data.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Walks the journal's chain from the last checkpoint and compares it with the tables.
    Journal {
        /// Everything: every segment, every page, every row, however many years there are.
        #[arg(long)]
        full: bool,
        /// Checks everything, and prints number and hash of every entry as JSON.
        #[arg(long)]
        json: bool,
    },
    /// How many votes lie in the box, and how many are journalled, as JSON. No page says it so exactly:
    /// whoever watched the first number beside the hall would know who voted.
    Votes,
}

/// Checks.
///
/// # Errors
/// Every mistake, one a line.
pub fn run(config: &Config, action: Option<Action>) -> anyhow::Result<()> {
    match action {
        None => settings_and_data(config),
        Some(Action::Journal { full, json }) => journal_of(config, full, json),
        Some(Action::Votes) => votes_of(config),
    }
}

fn settings_and_data(config: &Config) -> anyhow::Result<()> {
    let file = config.file(CENTER_FILE);
    let reading = Settings::read(file.as_deref())?;
    // A demo lives on a day of its own; one whose clock does not read is told so at its start.
    let clock = clock::for_folder(&reading.settings.node.data_folder);
    let now = clock.map_or_else(|_| Timestamp::now(), |clock| clock.now());
    let (problems, notes) = examine(reading, file.as_deref(), business_day(now));
    for note in notes {
        println!("note: {note}");
    }
    if !problems.is_empty() {
        return Err(Problems(problems).into());
    }
    println!("settings and data are in order");
    Ok(())
}

/// Every mistake of settings, devices and data, and what is still to be done on this day.
fn examine(
    reading: Reading,
    file: Option<&Path>,
    today: civil::Date,
) -> (Vec<Problem>, Vec<String>) {
    let Reading { mut settings, mut problems, file_unread } = reading;
    if file_unread {
        // The defaults would be judged instead of what the site wrote.
        return (problems, Vec::new());
    }
    let file = file.unwrap_or(Path::new("config/center.toml")).display().to_string();
    if let Err(found) = devices::read(&settings.raw_devices()) {
        problems.extend(
            found.into_iter().map(|one| Problem::new(&file, one.key, one.wrong, one.works)),
        );
    }
    let mut found = places::look(&settings, &file);
    problems.append(&mut found.problems);
    // Without its service groups neither counters nor procedures can be judged.
    if !found.missing.contains(&"queue") {
        let stand_ins = stand_in_for_missing(&mut settings, &found.missing);
        let loaded = ProvinceData::load(&settings);
        if let Ok(data) = &loaded {
            found.notes.extend(hours_note(&data.queue.hours));
            found.notes.extend(year_notes(&data.calendar, today));
            problems.extend(code_start_of_another(&settings.node, &data.units, &file));
        }
        let mut in_data = of_data(loaded, &stand_ins, &file);
        // That no counter serves a service may come from a counter that is named already.
        if problems.iter().any(|one| one.key.starts_with("counter")) {
            in_data.retain(|one| one.key != "counter");
        }
        problems.append(&mut in_data);
    }
    (problems, found.notes)
}

/// One folder that is missing does not hide the mistakes in the others: the program's own stands in.
fn stand_in_for_missing(settings: &mut Settings, missing: &[&str]) -> Vec<PathBuf> {
    let Ok(Settings { folders, .. }) = Settings::load_from(None, &[]) else { return Vec::new() };
    let mut stand_ins = Vec::new();
    for (name, place, default) in [
        ("catalogue", &mut settings.folders.catalogue, folders.catalogue),
        ("calendar", &mut settings.folders.calendar, folders.calendar),
        ("units", &mut settings.folders.units, folders.units),
        ("retention", &mut settings.folders.retention, folders.retention),
    ] {
        if missing.contains(&name) {
            place.clone_from(&default);
            stand_ins.push(default);
        }
    }
    stand_ins.iter().map(|folder| settings.folder(folder)).collect()
}

/// That the codes of this box begin with another unit's code, as in a file that was copied from there: that
/// unit's own box of the same number gives the same codes.
fn code_start_of_another(node: &Node, units: &Units, file: &str) -> Option<Problem> {
    let start = &node.dossier_code_start;
    let own = NodeId::parse(&node.id).ok()?;
    let named = units.get(start.rsplit('.').next()?)?;
    (named.code.as_str() != own.unit()).then(|| {
        let wrong = format!(
            "«{start}» has the code of {}, but this box is {own}: both would give the same codes",
            named.name
        );
        Problem::new(file, "node.dossier_code_start", wrong, "\"\" for the unit's own code")
    })
}

/// The mistakes in the data, but for those in the folders that only stand in.
fn of_data(
    loaded: Result<ProvinceData, Problems>,
    stand_ins: &[PathBuf],
    file: &str,
) -> Vec<Problem> {
    let mut problems = loaded.err().map(|all| all.0).unwrap_or_default();
    problems.retain(|one| !stand_ins.iter().any(|folder| Path::new(&one.file).starts_with(folder)));
    // Numbers of counters are judged with the settings, which count their blocks from 1.
    problems.retain(|one| !(one.key.starts_with("counter[") && one.key.ends_with(".number")));
    for problem in problems.iter_mut().filter(|one| one.file == "center.toml") {
        file.clone_into(&mut problem.file);
        problem.key = counted_from_one(&problem.key);
    }
    problems
}

/// The queue's data counts the blocks of counters from 0, and everything else counts from 1.
fn counted_from_one(key: &str) -> String {
    let block = key.strip_prefix("counter[").and_then(|rest| rest.split_once("]."));
    match block.map(|(index, name)| (index.parse::<usize>(), name)) {
        Some((Ok(index), name @ ("name" | "services"))) => {
            format!("counter[{}].{name}", index + 1)
        }
        _ => key.to_owned(),
    }
}

fn journal_of(config: &Config, full: bool, json: bool) -> anyhow::Result<()> {
    let settings = config.settings()?;
    let identity = Identity::load(&settings.node.data_folder)?;
    let store = store_config(&settings, &identity);
    let depth = if full || json { Depth::Full } else { Depth::SinceCheckpoint };
    let report = check_folder(&store.folder, &store.keys, depth)?;
    if json {
        let onlooker = Onlooker::open(&store)?;
        let entries = onlooker
            .readers()
            .read_now(|c| store::segments::all_hashes(c, onlooker.segments()))?
            .into_iter()
            .map(|(seq, hash)| (seq, journal::hex::encode(&hash)))
            .collect();
        let state = JournalState { entries, chain_ok: report.is_ok() };
        println!("{}", serde_json::to_string(&state)?);
        return Ok(());
    }
    let CheckReport { entries, from_seq, segments, .. } = report;
    println!("{entries} entries from {from_seq} on, {segments} segments");
    for problem in &report.problems {
        println!("{}: {:?}: {}", problem.code, problem.seq, problem.detail);
    }
    if report.is_ok() {
        match depth {
            Depth::Full => {
                println!("the chain holds from end to end, and the tables say the same");
            }
            Depth::SinceCheckpoint => {
                println!("the chain holds from the last checkpoint, and the tables say the same");
                println!("everything is checked with --full");
            }
        }
        return Ok(());
    }
    bail!("the journal is not in order");
}

/// Prints the books.
///
/// # Errors
/// The store cannot be read.
pub fn books(config: &Config) -> anyhow::Result<()> {
    let onlooker = onlooker(config)?;
    for row in onlooker.readers().read_now(store::books)? {
        println!("{}", book_line(&row)?);
    }
    Ok(())
}

fn votes_of(config: &Config) -> anyhow::Result<()> {
    let count = onlooker(config)?.readers().read_now(|c| {
        Ok(VoteCount { held: ratings::held_count(c)?, journalled: ratings::journalled_count(c)? })
    })?;
    println!("{}", serde_json::to_string(&count)?);
    Ok(())
}

/// Copies the store and the site's recordings of the voice, also while the daemon runs.
///
/// # Errors
/// The target exists, or the copy fails.
pub fn backup(config: &Config, to: &Path) -> anyhow::Result<()> {
    let settings = config.settings()?;
    let identity = Identity::load(&settings.node.data_folder)?;
    let recovery = Recovery::of(&settings.node.data_folder, &identity.keys.master)?;
    let report = onlooker(config)?.backup(to)?;
    hub::keys::write_public(&to.join(recovery::FILE), &recovery.bytes()?)?;
    let voice = voice::RECORDINGS;
    let copied = recordings::back_up(&settings.node.data_folder.join(voice), &to.join(voice))?;
    println!(
        "{}: up to entry {}, {} scans, {} recordings",
        to.display(),
        report.seq,
        report.blobs,
        copied.count
    );
    tell_left_out(&copied);
    Ok(())
}

/// Names the recordings of the voice that were not copied.
pub(super) fn tell_left_out(copied: &recordings::Copied) {
    for (file, code) in &copied.left_out {
        println!(
            "Đoạn giọng không được chép / a recording was not copied: {} ({code})",
            file.display()
        );
    }
}

/// The store of these settings, for reading; the daemon may be running on it.
///
/// # Errors
/// The box is not enrolled, or its store cannot be opened.
pub(super) fn onlooker(config: &Config) -> anyhow::Result<Onlooker> {
    let settings = config.settings()?;
    let identity = Identity::load(&settings.node.data_folder)?;
    Ok(Onlooker::open(&store_config(&settings, &identity))?)
}

/// A row of the books as a line.
///
/// # Errors
/// It cannot be written as JSON.
pub fn book_line(row: &BookRow) -> anyhow::Result<String> {
    let line = BookLine {
        kind: row.kind.clone(),
        subject: row.subject.clone(),
        rev: row.rev,
        sha256: row.sha256.clone(),
    };
    Ok(serde_json::to_string(&line)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> (String, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("center.toml");
        std::fs::write(&file, text).unwrap();
        let reading = Settings::read_from(Some(&file), &[]).unwrap();
        let today = civil::date(2026, 11, 23);
        let (problems, notes) = examine(reading, Some(&file), today);
        (Problems(problems).to_string(), notes)
    }

    #[test]
    fn a_reception_point_of_no_unit_is_told_with_its_line_and_none_at_all_is_no_mistake() {
        let units = tempfile::tempdir().unwrap();
        std::fs::copy("config/units/centers.csv", units.path().join("centers.csv")).unwrap();
        let text = format!("[folders]\nunits = {:?}\n", units.path());
        assert_eq!(told(&text).0, "", "the folder of an earlier release has no points");
        let points = "node,short_name,address,certainty,source\n99999-2,A,B,confirmed,s\n";
        std::fs::write(units.path().join("points.csv"), points).unwrap();
        let (said, _) = told(&text);
        for expected in ["points.csv", "line 2", "there is no unit 99999"] {
            assert!(said.contains(expected), "{expected} is not in:\n{said}");
        }
    }

    #[test]
    fn mistakes_of_settings_devices_folders_and_data_come_in_one_run() {
        let (told, _) = told(
            "[web]\nlisten = \"nowhere\"\n[link]\nkeepalive_seconds = -5\n\
             [folders]\nforms = \"/nowhere/formz\"\nunits = \"/nowhere/units\"\n\
             [[counter]]\nnumber = 1\nname = \"a\"\nservices = [\"no-such\"]\n\
             [[device]]\nid = \"sign-1\"\ndriver = \"led_alfa\"\ncounter = 99\n\
             transport = { kind = \"tcp\", address = \"127.0.0.1:9100\" }\n",
        );
        for expected in [
            "web.listen",
            "link.keepalive_seconds",
            "folders.forms",
            "folders.units",
            "counter[1].services: no-such",
            "device[1].driver",
            "device[1].counter",
        ] {
            assert!(told.contains(expected), "{expected} is not in:\n{told}");
        }
        assert!(told.lines().all(|line| !line.ends_with("works: ")), "{told}");
    }

    #[test]
    fn a_box_that_is_not_enrolled_has_a_note_and_no_mistake() {
        let (told, notes) = told("[node]\ndata_folder = \"/nowhere/at/all\"\n");
        assert_eq!(told, "");
        assert!(notes[0].starts_with("not enrolled yet"), "{notes:?}");
    }

    #[test]
    fn a_voice_that_is_heard_from_the_box_and_from_the_screens_has_a_note() {
        let noted = |text: &str| {
            let (told, notes) = told(text);
            assert_eq!(told, "");
            notes.iter().any(|note| note.starts_with("voice.screens"))
        };
        assert!(noted("[voice]\ndevice = \"default\"\n"));
        assert!(!noted("[voice]\ndevice = \"default\"\nscreens = false\n"));
        assert!(!noted(""));
    }

    #[test]
    fn a_box_whose_codes_begin_as_those_of_another_unit_is_a_mistake() {
        let said = |more: &str| told(&format!("[node]\n{more}")).0;
        assert_eq!(said("id = \"06994-1\"\n"), "", "as delivered, at another unit");
        assert_eq!(said("id = \"06994-2\"\ndossier_code_start = \"H49.06994\"\n"), "");
        let confirmed = "id = \"06994-1\"\ndossier_code_start = \"H49.65.12\"\n";
        assert_eq!(said(confirmed), "", "as the province may say");
        let copied = said("id = \"06994-1\"\ndossier_code_start = \"H49.06658\"\n");
        for expected in ["node.dossier_code_start", "Cao Xanh", "06994-1", "the same codes"] {
            assert!(copied.contains(expected), "{expected} is not in:\n{copied}");
        }
    }

    #[test]
    fn a_year_of_which_the_folder_has_no_holidays_has_a_note() {
        let calendar = tempfile::tempdir().unwrap();
        for name in ["hours.toml", "deadline.toml"] {
            let from = Path::new("config/calendar").join(name);
            std::fs::copy(from, calendar.path().join(name)).unwrap();
        }
        let delivered = std::fs::read_to_string("config/calendar/holidays.csv").unwrap();
        let of_2026 = |line: &&str| line.starts_with("date,") || line.starts_with("2026-");
        let lines: Vec<&str> = delivered.lines().filter(of_2026).collect();
        std::fs::write(calendar.path().join("holidays.csv"), lines.join("\n")).unwrap();
        let noted = |text: &str| {
            let (told, notes) = told(text);
            assert_eq!(told, "");
            notes.into_iter().find(|note| note.starts_with("calendar/holidays.csv"))
        };
        assert_eq!(noted(""), None, "as delivered");
        let note = noted(&format!("[folders]\ncalendar = {:?}\n", calendar.path())).unwrap();
        assert!(note.contains("says nothing of 2027"), "{note}");
    }

    #[test]
    fn a_file_that_is_not_toml_names_its_line_and_nothing_of_the_defaults() {
        let (told, _) = told("[discovery]\nfoo = = 1\n");
        assert!(told.contains("line 2") && !told.contains("folders"), "{told}");
    }
}
