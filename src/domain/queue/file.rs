//! Reading what a center decides about its queue from `config/queue/*.toml`.

use std::collections::BTreeSet;

use super::bands::NumberBand;
use super::booking_slots::{BookingRules, DAYS_AHEAD, PER_SLOT, SLOT_MIN};
use super::choice::Chosen;
use super::day_end::DayEnd;
use super::hours::QueueHours;
use super::reason::CallPolicy;
use super::settings::{
    APPOINTMENT_GRACE_MIN, CounterPlan, OVERTAKES_MAX, PRIORITY_WEIGHT, PriorityGround, QueueRules,
    QueueSettings, REGULAR_PER_PRIORITY, THRESHOLD_MIN,
};
use super::types::Service;
use crate::fields::{Checks, Fields};
use crate::ids::ServiceCode;
use crate::problem::{Problem, Problems, all_or};

/// Highest number of a band: four digits on the ticket, the sign and in the voice.
const NUMBER_MAX: i64 = 9_999;

impl QueueSettings {
    /// Puts the three files (services, priority grounds, rules; each as name and text) and the
    /// center's counters together. All problems of all files come at once; those of the counters are
    /// named under `counters_file`.
    pub fn parse(
        services: (&str, &str),
        grounds: (&str, &str),
        rules: (&str, &str),
        counters_file: &str,
        counters: Vec<CounterPlan>,
    ) -> Result<Self, Problems> {
        let mut problems = Vec::new();
        let mut keep = |found: Problems| problems.extend(found.0);
        let services = parse_services(services.0, services.1).map_err(&mut keep).ok();
        let grounds = parse_grounds(grounds.0, grounds.1).map_err(&mut keep).ok();
        let rules = QueueRules::parse(rules.0, rules.1).map_err(&mut keep).ok();
        if let Some(services) = &services {
            problems.extend(check_counters(counters_file, &counters, services));
        }
        let settings = Self {
            services: services.unwrap_or_default(),
            counters,
            grounds: grounds.unwrap_or_default(),
            rules: rules.unwrap_or_default(),
            hours: QueueHours::default(),
            chosen: Chosen::default(),
        };
        all_or(settings, problems)
    }

    /// The same with the opening hours of `config/queue/hours.toml`, given as its name and its text.
    ///
    /// # Errors
    /// All problems of that file.
    pub fn with_hours(self, (file, text): (&str, &str)) -> Result<Self, Problems> {
        let hours = QueueHours::parse(file, text, &self.services)?;
        Ok(Self { hours, ..self })
    }
}

impl QueueRules {
    /// Reads `config/queue/rules.toml`. What a file of an older release does not name is as delivered.
    pub fn parse(file: &str, text: &str) -> Result<Self, Problems> {
        let checks = Checks::new(file);
        let Some(table) = checks.table(text) else { return checks.finish(None) };
        let root = checks.root(&table);
        let delivered = Self::default();
        let policy = root.one_of("policy", &CallPolicy::WORDS);
        let threshold_min = root.number("threshold_min", THRESHOLD_MIN, 30);
        let number =
            |key, bounds, delivered: i64| root.number_or(key, bounds, delivered, Some(delivered));
        let regular_per_priority = number(
            "regular_per_priority",
            REGULAR_PER_PRIORITY,
            i64::from(delivered.regular_per_priority),
        );
        let priority_weight =
            number("priority_weight", PRIORITY_WEIGHT, i64::from(delivered.priority_weight));
        let overtakes_max =
            number("overtakes_max", OVERTAKES_MAX, i64::from(delivered.overtakes_max));
        let appointment_grace_min = number(
            "appointment_grace_min",
            APPOINTMENT_GRACE_MIN,
            delivered.appointment_grace_s / 60,
        );
        let slot_min = number("booking_slot_min", SLOT_MIN, i64::from(delivered.booking.slot_min));
        let per_slot = number("booking_per_slot", PER_SLOT, i64::from(delivered.booking.per_slot));
        let days_ahead =
            number("booking_days_ahead", DAYS_AHEAD, i64::from(delivered.booking.days_ahead));
        let recall_max = root.number("recall_max", 0..=10, 3);
        let recall_gap_s = root.number("recall_gap_s", 0..=600, 20);
        let return_places = root.number("return_places", 0..=50, 3);
        let day_end = if table.contains_key("day_end") {
            root.one_of("day_end", &DayEnd::WORDS)
        } else {
            Some(delivered.day_end)
        };
        root.no_others();
        let rules = (|| {
            Some(Self {
                policy: policy?,
                threshold_s: threshold_min? * 60,
                regular_per_priority: u32::try_from(regular_per_priority?).ok()?,
                priority_weight: u32::try_from(priority_weight?).ok()?,
                overtakes_max: u32::try_from(overtakes_max?).ok()?,
                appointment_grace_s: appointment_grace_min? * 60,
                recall_max: u8::try_from(recall_max?).ok()?,
                recall_gap_s: recall_gap_s?,
                return_places: u32::try_from(return_places?).ok()?,
                day_end: day_end?,
                booking: BookingRules {
                    slot_min: u32::try_from(slot_min?).ok()?,
                    per_slot: u32::try_from(per_slot?).ok()?,
                    days_ahead: u32::try_from(days_ahead?).ok()?,
                },
            })
        })();
        checks.finish(rules)
    }
}

/// Reads `config/queue/services.toml`.
pub fn parse_services(file: &str, text: &str) -> Result<Vec<Service>, Problems> {
    let checks = Checks::new(file);
    let Some(table) = checks.table(text) else { return checks.finish(None) };
    let root = checks.root(&table);
    let mut services: Vec<Service> = Vec::new();
    let parts = root.tables("service");
    if parts.is_empty() {
        checks.note("service", "there is no service group", "[[service]] code = \"ho-tich\"");
    }
    for part in parts {
        let Some(service) = parse_service(&part) else { continue };
        if services.iter().any(|other| other.code == service.code) {
            part.wrong::<()>("code", &format!("{} stands twice", service.code), "ho-tich-2");
        }
        for (key, band) in ["number_from", "overflow_from"].into_iter().zip(service.bands()) {
            let overlaps = |other: &&Service| {
                let meets = |taken: NumberBand| {
                    taken.number_from <= band.number_to && band.number_from <= taken.number_to
                };
                other.series == service.series && other.bands().any(meets)
            };
            if let Some(other) = services.iter().find(overlaps) {
                part.wrong::<()>(
                    key,
                    &format!("numbers of series {} are those of {}", service.series, other.code),
                    &(other.number_max() + 1).to_string(),
                );
            }
        }
        services.push(service);
    }
    root.no_others();
    checks.finish(Some(services))
}

fn parse_service(part: &Fields<'_>) -> Option<Service> {
    let code = part.parsed("code", "ho-tich");
    let name_vi = part.text("name_vi", "Hộ tịch, tư pháp");
    let name_en = part.text("name_en", "Civil status, justice");
    let series = part.text("series", "A");
    let number_from = part.number("number_from", 1..=NUMBER_MAX, 1);
    let number_to = part.number("number_to", 1..=NUMBER_MAX, 999);
    let overflow = parse_overflow(part, number_to);
    let promise_regular_min = part.number("promise_regular_min", 1..=480, 45);
    let promise_priority_min = part.number("promise_priority_min", 1..=480, 15);
    part.no_others();
    let mut letters = series.as_deref().unwrap_or("A").chars();
    let series = match (letters.next(), letters.next()) {
        (Some(letter), None) if letter.is_ascii_uppercase() => Some(letter),
        _ => part.wrong("series", "is not one letter from A to Z", "A"),
    };
    if let (Some(from), Some(to)) = (number_from, number_to)
        && from > to
    {
        return part.wrong("number_to", "is below number_from", "999");
    }
    let number = |value: Option<i64>| value.and_then(|value| u32::try_from(value).ok());
    Some(Service {
        code: code?,
        name_vi: name_vi?,
        name_en: name_en?,
        series: series?,
        number_from: number(number_from)?,
        number_to: number(number_to)?,
        overflow: overflow?,
        promise_regular_min: number(promise_regular_min)?,
        promise_priority_min: number(promise_priority_min)?,
    })
}

/// The overflow band, when one is named: both of its ends, above the band. Nothing when it is wrong.
fn parse_overflow(part: &Fields<'_>, number_to: Option<i64>) -> Option<Option<NumberBand>> {
    // 0 stands for a key that is not there; no number is that low.
    let end = |key, works| part.number_or(key, 1..=NUMBER_MAX, works, Some(0));
    let (from, to) = (end("overflow_from", 1001)?, end("overflow_to", 1999)?);
    match (from, to) {
        (0, 0) => return Some(None),
        (0, _) => return part.wrong("overflow_from", "is missing", "1001"),
        (_, 0) => return part.wrong("overflow_to", "is missing", "1999"),
        _ => {}
    }
    if number_to.is_some_and(|number_to| from <= number_to) {
        return part.wrong("overflow_from", "is not above number_to", "1001");
    }
    if from > to {
        return part.wrong("overflow_to", "is below overflow_from", "1999");
    }
    let number = |value: i64| u32::try_from(value).ok();
    Some(Some(NumberBand { number_from: number(from)?, number_to: number(to)? }))
}

/// Reads `config/queue/priority_grounds.toml`.
pub fn parse_grounds(file: &str, text: &str) -> Result<Vec<PriorityGround>, Problems> {
    let checks = Checks::new(file);
    let Some(table) = checks.table(text) else { return checks.finish(None) };
    let root = checks.root(&table);
    let mut grounds: Vec<PriorityGround> = Vec::new();
    for part in root.tables("ground") {
        let code = part.parsed::<ServiceCode>("code", "elderly");
        let name_vi = part.text("name_vi", "Người cao tuổi");
        let name_en = part.text("name_en", "Elderly person");
        let legal_basis = part.text("legal_basis", "Luật Người cao tuổi 2009");
        let needs_confirmation = part.flag("needs_confirmation");
        part.no_others();
        let ground = (|| {
            Some(PriorityGround {
                code: code?.to_string(),
                name_vi: name_vi?,
                name_en: name_en?,
                legal_basis: legal_basis?,
                needs_confirmation: needs_confirmation?,
            })
        })();
        if let Some(ground) = ground {
            if grounds.iter().any(|other| other.code == ground.code) {
                part.wrong::<()>("code", &format!("{} stands twice", ground.code), "elderly");
            }
            grounds.push(ground);
        }
    }
    root.no_others();
    checks.finish(Some(grounds))
}

fn check_counters(file: &str, counters: &[CounterPlan], services: &[Service]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let codes: Vec<&str> = services.iter().map(|service| service.code.as_str()).collect();
    let mut numbers = BTreeSet::new();
    for (index, counter) in counters.iter().enumerate() {
        let mut wrong = |key: &str, message: String, works: &str| {
            problems.push(Problem::new(file, format!("counter[{index}].{key}"), message, works));
        };
        if counter.number.0 == 0 || counter.number.0 > 99 {
            wrong("number", format!("{} is not between 1 and 99", counter.number), "1");
        }
        if !numbers.insert(counter.number) {
            wrong("number", format!("{} stands twice", counter.number), "2");
        }
        if counter.name.trim().is_empty() {
            wrong("name", "is empty".to_owned(), "Quầy 1");
        }
        for service in &counter.services {
            if !codes.contains(&service.as_str()) {
                wrong("services", format!("{service} is no service group"), &codes.join(" | "));
            }
        }
    }
    if counters.is_empty() {
        problems.push(Problem::new(
            file,
            "counter",
            "there is no counter",
            "[[counter]] number = 1",
        ));
    }
    for service in services {
        if !counters.iter().any(|counter| counter.services.contains(&service.code)) {
            problems.push(Problem::new(
                file,
                "counter",
                format!("no counter serves {}, so its tickets would never be called", service.code),
                format!("services = [\"{}\"]", service.code),
            ));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::super::tests::{GROUNDS, RULES, SERVICES, plan};
    use super::*;

    #[test]
    fn every_policy_can_be_chosen_and_its_numbers_are_held_to_their_bounds() {
        let delivered = QueueRules::parse("rules.toml", RULES).unwrap();
        assert_eq!(delivered, QueueRules::default());
        for (word, policy) in CallPolicy::WORDS {
            let rules = RULES.replace("policy = \"guard\"", &format!("policy = \"{word}\""));
            assert_eq!(QueueRules::parse("rules.toml", &rules).unwrap().policy, policy);
        }
        for (word, day_end) in DayEnd::WORDS {
            let rules = RULES.replace("day_end = \"close\"", &format!("day_end = \"{word}\""));
            assert_eq!(QueueRules::parse("rules.toml", &rules).unwrap().day_end, day_end);
        }
        // As it stood before there was anything to choose.
        let older = "policy = \"guard\"\nthreshold_min = 30\nrecall_max = 3\nrecall_gap_s = 20\n\
                     return_places = 3\n";
        assert_eq!(QueueRules::parse("rules.toml", older).unwrap(), delivered);
        let wrong = format!(
            "{}regular_per_priority = 0\npriority_weight = 11\novertakes_max = -1\n\
             appointment_grace_min = 121\nbooking_per_slot = 51\nday_end = \"erase\"\n",
            older.replace("guard", "loudest")
        );
        let told = QueueRules::parse("rules.toml", &wrong).unwrap_err().to_string();
        for expected in [
            "policy: \"loudest\" is none of the choices; a value that works: guard | strict | ratio",
            "regular_per_priority: 0 is not between 1 and 10; a value that works: 2",
            "priority_weight: 11 is not between 2 and 10; a value that works: 2",
            "overtakes_max: -1 is not between 0 and 100; a value that works: 0",
            "appointment_grace_min: 121 is not between 0 and 120; a value that works: 15",
            "booking_per_slot: 51 is not between 0 and 50; a value that works: 2",
            "day_end: \"erase\" is none of the choices; a value that works: close | carry_over",
        ] {
            assert!(told.contains(expected), "{expected} is missing in:\n{told}");
        }
    }

    #[test]
    fn an_overflow_band_lies_above_its_band_and_meets_no_other() {
        let with = |lines: &str| {
            let services =
                SERVICES.replacen("number_to = 999\n", &format!("number_to = 999\n{lines}"), 1);
            parse_services("services.toml", &services)
        };
        let services = with("overflow_from = 1001\noverflow_to = 1999\n").unwrap();
        let band = NumberBand { number_from: 1001, number_to: 1999 };
        assert_eq!((services[0].overflow, services[1].overflow), (Some(band), None));
        for (lines, expected) in [
            ("overflow_from = 1001\n", "service[0].overflow_to: is missing"),
            ("overflow_to = 1999\n", "service[0].overflow_from: is missing"),
            ("overflow_from = 999\noverflow_to = 1999\n", "overflow_from: is not above number_to"),
            ("overflow_from = 1999\noverflow_to = 1001\n", "overflow_to: is below overflow_from"),
            ("overflow_from = 10000\noverflow_to = 10001\n", "is not between 1 and 9999"),
        ] {
            let told = with(lines).unwrap_err().to_string();
            assert!(told.contains(expected), "{expected} is missing in:\n{told}");
        }
        // Another group of the same letter has these numbers.
        let shared = SERVICES
            .replacen(
                "number_to = 999\n",
                "number_to = 499\noverflow_from = 900\noverflow_to = 999\n",
                1,
            )
            .replacen(
                "series = \"B\"\nnumber_from = 1\n",
                "series = \"A\"\nnumber_from = 500\n",
                1,
            );
        let told = parse_services("services.toml", &shared).unwrap_err().to_string();
        assert!(
            told.contains("service[1].number_from: numbers of series A are those of"),
            "{told}"
        );
    }

    #[test]
    fn every_problem_of_the_queue_files_comes_at_once() {
        let services = SERVICES.replace("series = \"B\"", "series = \"A\"");
        let grounds = GROUNDS.replace("code = \"urgent\"", "code = \"elderly\"");
        let rules = RULES.replace("recall_max = 3", "recall_max = 99\nrecal = 1");
        let counters = vec![plan(1, &["ho-tich", "xa-hoi", "nope"]), plan(1, &[])];
        let problems = QueueSettings::parse(
            ("services.toml", &services),
            ("priority_grounds.toml", &grounds),
            ("rules.toml", &rules),
            "center.toml",
            counters,
        )
        .unwrap_err();
        let told = problems.to_string();
        for expected in [
            "services.toml: service[1].number_from",
            "priority_grounds.toml: ground[5].code",
            "rules.toml: recall_max: 99 is not between 0 and 10; a value that works: 3",
            "rules.toml: recal:",
        ] {
            assert!(told.contains(expected), "{expected} is missing in:\n{told}");
        }
        let counters = vec![plan(1, &["ho-tich", "nope"]), plan(1, &[])];
        let problems = QueueSettings::parse(
            ("services.toml", SERVICES),
            ("priority_grounds.toml", GROUNDS),
            ("rules.toml", RULES),
            "center.toml",
            counters,
        )
        .unwrap_err();
        let keys: Vec<&str> = problems.0.iter().map(|problem| problem.key.as_str()).collect();
        assert_eq!(
            keys,
            [
                "counter[0].services",
                "counter[1].number",
                "counter",
                "counter",
                "counter",
                "counter"
            ]
        );
    }
}
