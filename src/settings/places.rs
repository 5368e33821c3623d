//! What the settings say about the disk: folders that must be there, and whether the box is enrolled.
//! Asked by `motcua check` alone. The data in the folders is judged where it is read.

use super::{DEFAULTS, Settings, checks};
use crate::voice;
use crate::voice::clip::{ClipFault, RATE_HZ, SECONDS_MAX};
use crate::voice::library::{self, Found, Refused};
use domain::problem::Problem;
use hub::enrol_client::Identity as Enrolment;
use std::path::Path;

/// The form that every center prints.
const TEMPLATE: &str = "slip/slip.typ";

/// What was found on the disk.
#[derive(Debug, Default)]
pub struct Places {
    /// What must be mended.
    pub problems: Vec<Problem>,
    /// What is still to be done, and is no mistake.
    pub notes: Vec<String>,
    /// Keys of the folders that are not there.
    pub missing: Vec<&'static str>,
}

/// Looks at every folder of the settings; `file` is the name to tell in mistakes.
#[must_use]
pub fn look(settings: &Settings, file: &str) -> Places {
    let mut found = Places::default();
    let folders = &settings.folders;
    for (name, configured) in [
        ("catalogue", &folders.catalogue),
        ("calendar", &folders.calendar),
        ("units", &folders.units),
        ("queue", &folders.queue),
        ("retention", &folders.retention),
        ("forms", &folders.forms),
        ("voice", &folders.voice),
    ] {
        let path = settings.folder(configured);
        let message = if !path.is_dir() {
            found.missing.push(name);
            format!("«{}» is not a folder", path.display())
        } else if name == "forms" && !path.join(TEMPLATE).is_file() {
            format!("«{}» does not hold {TEMPLATE}", path.display())
        } else {
            continue;
        };
        found.problems.push(Problem::new(
            file,
            format!("folders.{name}"),
            message,
            default_of(name),
        ));
    }
    look_at_data(&settings.node.data_folder, file, &mut found);
    if !found.missing.contains(&"voice") {
        look_at_voice(settings, &mut found);
    }
    found.notes.extend(checks::notes(settings));
    found
}

/// Calling goes on without a voice: what is refused must be mended, what is missing is only noted.
fn look_at_voice(settings: &Settings, found: &mut Places) {
    let Found { refused, missing, .. } = library::read(&voice::folders(settings));
    let (unreadable, refused): (Vec<_>, Vec<_>) =
        refused.into_iter().partition(|one| one.fault == ClipFault::Unreadable);
    // The recordings' folder belongs to the daemon's user; somebody else may check the settings all the
    // same, and then no file of it can be looked at: one note for all.
    if let Some(first) = unreadable.first() {
        let (code, file, count) = (first.fault.code(), first.file.display(), unreadable.len());
        found.notes.push(format!(
            "{code}: clips of the voice that cannot be read here: {count}, the first is {file}; \
             ask again as the daemon's user"
        ));
    }
    found.problems.extend(refused.into_iter().map(|Refused { file, fault }| {
        let file = file.display().to_string();
        let works = format!("a WAV file: PCM, 16 bit, mono, {RATE_HZ} Hz, up to {SECONDS_MAX} s");
        Problem::new(&file, fault.code(), fault.to_string(), works)
    }));
    if !missing.is_empty() {
        let missing = missing.join(", ");
        found.notes.push(format!("clips of the voice are missing: {missing}; ./provision/setup"));
    }
}

fn look_at_data(data: &Path, file: &str, found: &mut Places) {
    if data.exists() && !data.is_dir() {
        let message = format!("«{}» is not a folder", data.display());
        found.problems.push(Problem::new(file, "node.data_folder", message, "\"/var/lib/motcua\""));
        return;
    }
    match Enrolment::load(&crate::identity::folder(data)) {
        Ok(Some(_)) => {}
        Ok(None) => found.notes.push(format!(
            "not enrolled yet (no identity in {}): motcua center enrol --hub https://… --token …",
            data.display()
        )),
        // The folder belongs to the daemon's user; somebody else may check the settings all the same.
        Err(error) => found.notes.push(format!(
            "{}: whether this box is enrolled cannot be told: {error}",
            data.display()
        )),
    }
}

fn default_of(name: &str) -> String {
    let defaults = DEFAULTS.parse::<toml::Table>().unwrap_or_default();
    let value = defaults.get("folders").and_then(|folders| folders.get(name));
    value.map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(places: &Places) -> Vec<&str> {
        places.problems.iter().map(|problem| problem.key.as_str()).collect()
    }

    #[test]
    fn a_folder_that_does_not_exist_is_named_by_its_key() {
        let mut settings = Settings::load_from(None, &[]).unwrap();
        settings.folders.forms = "/nowhere/formz".into();
        let found = look(&settings, "center.toml");
        assert_eq!(keys(&found), ["folders.forms"]);
        assert_eq!(found.missing, ["forms"]);
        assert_eq!(found.problems[0].works, "\"config/forms\"");
    }

    #[test]
    fn a_folder_of_forms_without_the_slip_is_a_mistake() {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = Settings::load_from(None, &[]).unwrap();
        settings.folders.forms = folder.path().to_owned();
        let found = look(&settings, "center.toml");
        assert_eq!(keys(&found), ["folders.forms"]);
        assert!(found.missing.is_empty());
    }

    #[test]
    fn a_clip_that_cannot_be_read_is_noted_and_no_mistake() {
        let folder = tempfile::tempdir().unwrap();
        let clip = folder.path().join("voice/chime.wav");
        std::fs::create_dir_all(&clip).unwrap();
        let mut settings = Settings::load_from(None, &[]).unwrap();
        settings.node.data_folder = folder.path().to_owned();
        let found = look(&settings, "center.toml");
        assert!(found.problems.is_empty(), "{:?}", found.problems);
        let named = clip.display().to_string();
        let noted = found.notes.iter().find(|note| note.starts_with("voice.unreadable")).unwrap();
        assert!(noted.contains(&named), "{noted}");
    }

    #[test]
    fn a_box_that_is_not_enrolled_is_noted_and_no_mistake() {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = Settings::load_from(None, &[]).unwrap();
        settings.node.data_folder = folder.path().join("not/there");
        let found = look(&settings, "center.toml");
        assert!(found.problems.is_empty(), "{:?}", found.problems);
        assert!(found.notes[0].contains("motcua center enrol"), "{:?}", found.notes);
    }
}
