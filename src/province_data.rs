//! The data that the province keeps and a center runs on: procedures, calendar, units, service groups.
//! Read once at start from the folders of the settings; every mistake of every file comes at once.

use crate::settings::Settings;
use domain::calendar::Calendar;
use domain::catalogue::Catalogue;
use domain::deadline::DeadlineRules;
use domain::ids::{CounterNumber, ServiceCode};
use domain::points::Points;
use domain::problem::{Problem, Problems};
use domain::queue::{CounterPlan, QueueSettings};
use domain::retention::RetentionRule;
use domain::units::Units;
use domain::wayfinding::ServiceWords;
use std::path::Path;

/// A data file larger than this is not read. Bytes.
pub const FILE_SIZE_MAX: u64 = 16 * 1024 * 1024;

/// All of it.
#[derive(Debug, Clone)]
pub struct ProvinceData {
    /// The procedures.
    pub catalogue: Catalogue,
    /// Holidays and sessions.
    pub calendar: Calendar,
    /// How time limits are counted.
    pub deadline_rules: DeadlineRules,
    /// The 54 units.
    pub units: Units,
    /// The reception points of the special zones.
    pub points: Points,
    /// Services, counters, grounds, rule of calls.
    pub queue: QueueSettings,
    /// How long what tells of a person is kept.
    pub retention: Vec<RetentionRule>,
    /// Everyday words for the service groups.
    pub words: ServiceWords,
}

impl ProvinceData {
    /// Reads everything.
    ///
    /// # Errors
    /// All problems of all files.
    pub fn load(settings: &Settings) -> Result<Self, Problems> {
        let mut problems = Vec::new();
        let mut read = |path: &Path| match read_text(path) {
            Ok(text) => text,
            Err(problem) => {
                problems.push(problem);
                String::new()
            }
        };
        let name = |path: &Path| path.display().to_string();
        let folders = &settings.folders;
        let (queue, calendar) =
            (settings.folder(&folders.queue), settings.folder(&folders.calendar));
        let paths = [
            queue.join("services.toml"),
            queue.join("priority_grounds.toml"),
            queue.join("rules.toml"),
            calendar.join("holidays.csv"),
            calendar.join("hours.toml"),
            calendar.join("deadline.toml"),
            settings.folder(&folders.units).join("centers.csv"),
            settings.folder(&folders.retention).join("rules.toml"),
        ];
        let files: Vec<(String, String)> =
            paths.iter().map(|path| (name(path), read(path))).collect();
        // The folder of an older release has none: then numbers are given around the clock.
        let queue_hours = queue.join("hours.toml");
        let queue_hours = queue_hours.exists().then(|| (name(&queue_hours), read(&queue_hours)));
        // Nor has it everyday words: then the kiosk finds by names and by the catalogue alone.
        let words = queue.join("words.toml");
        let words = words.exists().then(|| (name(&words), read(&words)));
        // Nor has it the reception points: then their boxes are called by their units' names.
        let points = settings.folder(&folders.units).join("points.csv");
        let points = points.exists().then(|| (name(&points), read(&points)));
        let catalogue_folder = settings.folder(&folders.catalogue);
        let mut catalogue_files = Vec::new();
        for path in toml_files(&catalogue_folder) {
            let text = read(&path);
            catalogue_files.push((name(&path), text));
        }
        if catalogue_files.is_empty() {
            problems.push(Problem {
                file: name(&catalogue_folder),
                key: "(folder)".to_owned(),
                message: "holds no file of procedures".to_owned(),
                works: "config/catalogue".to_owned(),
            });
        }
        if !problems.is_empty() {
            return Err(Problems(problems));
        }

        let [services, grounds, rules, holidays, hours, deadline, units, retention] = &files[..]
        else {
            return Err(Problems(Vec::new()));
        };
        let pair = |file: &'_ (String, String)| (file.0.clone(), file.1.clone());
        let parsed_queue = {
            let (services, grounds, rules) = (pair(services), pair(grounds), pair(rules));
            let (counters, found) = counters(settings);
            problems.extend(found);
            QueueSettings::parse(
                (&services.0, &services.1),
                (&grounds.0, &grounds.1),
                (&rules.0, &rules.1),
                "center.toml",
                counters,
            )
            .and_then(|queue| match &queue_hours {
                Some((file, text)) => queue.with_hours((file, text)),
                None => Ok(queue),
            })
        };
        let codes: Vec<ServiceCode> = parsed_queue
            .as_ref()
            .map(|queue| queue.services.iter().map(|service| service.code.clone()).collect())
            .unwrap_or_default();
        let borrowed: Vec<(&str, &str)> =
            catalogue_files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        // Without its service groups every procedure would be told wrong: first things first.
        let catalogue =
            parsed_queue.is_ok().then(|| Catalogue::parse(&borrowed, &codes)).transpose();
        let words = match &words {
            Some((file, text)) if parsed_queue.is_ok() => ServiceWords::parse(file, text, &codes),
            _ => Ok(ServiceWords::default()),
        };
        let calendar = Calendar::parse((&holidays.0, &holidays.1), (&hours.0, &hours.1));
        let deadline_rules = DeadlineRules::parse(&deadline.0, &deadline.1);
        let units = Units::parse(&units.0, &units.1);
        let points = match (&points, &units) {
            (Some((file, text)), Ok(units)) => Points::parse(file, text, units),
            _ => Ok(Points::default()),
        };
        let retention = domain::retention::parse(&retention.0, &retention.1);
        let mut keep = |found: Problems| problems.extend(found.0);
        let mut queue = parsed_queue.map_err(&mut keep).ok();
        let catalogue = catalogue.map_err(&mut keep).ok().flatten();
        let calendar = calendar.map_err(&mut keep).ok();
        if let (Some(queue), Some(calendar)) = (&mut queue, &calendar) {
            // On which days nobody is there is written once, for deadlines and for numbers.
            queue.hours = std::mem::take(&mut queue.hours).following(calendar);
        }
        let deadline_rules = deadline_rules.map_err(&mut keep).ok();
        let units = units.map_err(&mut keep).ok();
        let points = points.map_err(&mut keep).unwrap_or_default();
        let retention = retention.map_err(&mut keep).unwrap_or_default();
        let words = words.map_err(&mut keep).unwrap_or_default();
        match (catalogue, calendar, deadline_rules, units, queue) {
            (Some(catalogue), Some(calendar), Some(deadline_rules), Some(units), Some(queue))
                if problems.is_empty() =>
            {
                Ok(Self {
                    catalogue,
                    calendar,
                    deadline_rules,
                    units,
                    points,
                    queue,
                    retention,
                    words,
                })
            }
            _ => Err(Problems(problems)),
        }
    }
}

fn counters(settings: &Settings) -> (Vec<CounterPlan>, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut plans = Vec::new();
    for (index, counter) in settings.counter.iter().enumerate() {
        let mut services = Vec::new();
        for (place, code) in counter.services.iter().enumerate() {
            match ServiceCode::parse(code) {
                Ok(code) => services.push(code),
                Err(_) => problems.push(Problem {
                    file: "center.toml".to_owned(),
                    key: format!("counter[{}].services[{}]", index + 1, place + 1),
                    message: format!("«{code}» is not the code of a service group"),
                    works: "\"ho-tich\"".to_owned(),
                }),
            }
        }
        plans.push(CounterPlan {
            number: CounterNumber(counter.number),
            name: counter.name.clone(),
            services,
        });
    }
    (plans, problems)
}

fn toml_files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found: Vec<_> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    found.sort();
    found
}

fn read_text(path: &Path) -> Result<String, Problem> {
    let told = |message: String| Problem {
        file: path.display().to_string(),
        key: "(whole file)".to_owned(),
        message,
        works: "the file that comes with the program".to_owned(),
    };
    let size =
        std::fs::metadata(path).map_err(|error| told(format!("cannot be read: {error}")))?.len();
    if size > FILE_SIZE_MAX {
        return Err(told(format!("is larger than {FILE_SIZE_MAX} bytes")));
    }
    std::fs::read_to_string(path).map_err(|error| told(format!("cannot be read: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    /// The delivered data with other hours of the queue.
    fn with_hours(text: &str) -> ProvinceData {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = Settings::load_from(None, &[]).unwrap();
        let delivered = settings.folder(&settings.folders.queue);
        for file in ["services.toml", "priority_grounds.toml", "rules.toml", "words.toml"] {
            std::fs::copy(delivered.join(file), folder.path().join(file)).unwrap();
        }
        std::fs::write(folder.path().join("hours.toml"), text).unwrap();
        settings.folders.queue = folder.path().to_owned();
        ProvinceData::load(&settings).unwrap()
    }

    #[test]
    fn hours_by_weekday_follow_the_calendar_and_others_do_not() {
        let holiday = date(2026, 11, 24);
        let named = "[[session]]\nweekdays = \"T2-T6\"\nfrom = \"07:30\"\nto = \"11:30\"\n";
        let by_weekday = with_hours(named).queue.hours;
        assert!(!by_weekday.is_open_on(holiday) && by_weekday.is_open_on(date(2026, 11, 23)));
        let old = "[[session]]\nfrom = \"07:30\"\nto = \"11:30\"\n";
        assert!(with_hours(old).queue.hours.is_open_on(holiday));
        assert!(with_hours("").queue.hours.week.is_around_the_clock());
    }
}
