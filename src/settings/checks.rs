//! What the kind of a value cannot say: ranges, and names that refer to each other.

use super::Settings;
use domain::dossier::{BOXES_MAX, CodePattern};
use domain::problem::Problem;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;

/// A frame that is waited for longer than this is not waited for any more, whatever is written. Seconds.
const ANSWER_SECONDS_MAX: f64 = 300.0;
/// A hub that does not answer must show within two minutes. Seconds.
const ALARM_SECONDS_MAX: f64 = 120.0;
/// A system of level 3 keeps its logs for three months at least. Days.
const ACCESSES_KEPT_DAYS_MIN: u32 = 92;
/// Longer than anybody asks; what is kept about officers' work is personal data, too. Days.
const ACCESSES_KEPT_DAYS_MAX: u32 = 3_650;
/// The most counters of one center.
pub const COUNTERS_MAX: usize = 48;
/// The longest start of the address in a ticket's code: a longer one makes dots too small for 80 mm
/// paper and an old phone. Bytes.
const TICKET_ADDRESS_LENGTH_MAX: usize = 80;
/// Lines of a center's own on a ticket: more push the number down.
const TICKET_HEADER_LINES_MAX: usize = 4;
/// The longest of them, two rows of 80 mm paper. Characters.
const TICKET_HEADER_LENGTH_MAX: usize = 64;
/// The start with which a pattern of dossier codes is tried: it ends in a digit, as every unit's does.
const CODE_START_TRIED: &str = "H49.06658";
/// The longest name of a sound output. Bytes.
const SOUND_DEVICE_LENGTH_MAX: usize = 100;

/// What may be meant so, and should be looked at once.
pub(super) fn notes(settings: &Settings) -> Vec<String> {
    let voice = &settings.voice;
    let both = voice.screens && !voice.device.is_empty();
    let note = "voice.screens is true, and voice.device names a sound output: where both are heard in \
                one hall, write voice.screens = false";
    both.then(|| note.to_owned()).into_iter().collect()
}

/// `counters_known`: the counters are those that the site wrote.
pub(super) fn check(
    settings: &Settings,
    file: Option<&Path>,
    counters_known: bool,
) -> Vec<Problem> {
    let file =
        file.map_or_else(|| "config/center.toml".to_owned(), |path| path.display().to_string());
    let mut problems = Vec::new();
    let mut tell = |wrong: bool, key: String, what: String, instead: &str| {
        if wrong {
            problems.push(Problem {
                file: file.clone(),
                key,
                message: what,
                works: instead.to_owned(),
            });
        }
    };

    let node = &settings.node;
    tell(
        domain::ids::NodeId::parse(&node.id).is_err(),
        "node.id".into(),
        format!("«{}» is not a unit code of five digits, a dash and the box's number", node.id),
        "\"06658-1\"",
    );
    tell(
        domain::ids::NodeId::parse(&node.id).is_ok_and(|id| id.number() > BOXES_MAX),
        "node.id".into(),
        format!("a unit has at most {BOXES_MAX} boxes: they share the numbers of a day's dossiers"),
        "\"06994-2\"",
    );
    tell(
        node.unit_name.trim().is_empty(),
        "node.unit_name".into(),
        "is empty".into(),
        "\"Trung tâm Phục vụ hành chính công phường Cao Xanh\"",
    );
    let start = &node.dossier_code_start;
    tell(
        // Empty only where the box's name is wrong, which is told above.
        !start.trim().is_empty() && CodePattern::parse(CodePattern::DEFAULT, start, 1, 1).is_err(),
        "node.dossier_code_start".into(),
        format!("«{start}» is not up to 30 letters, digits, dots and dashes"),
        "\"H49.06658\", or \"\" for the unit's own code",
    );
    let pattern = &node.dossier_code_pattern;
    tell(
        // Not with this box's start: that one may be wrong by itself, which is told above.
        CodePattern::for_box(pattern, CODE_START_TRIED, 1).is_err(),
        "node.dossier_code_pattern".into(),
        format!(
            "«{pattern}» does not have {{org}}, {{yymmdd}} and {{seq:4}} once each, with letters, dots, \
             dashes or underscores between the number and other digits"
        ),
        "\"{org}-{yymmdd}-{seq:4}\"",
    );
    let address = &node.ticket_address;
    let is_an_address = address.starts_with("https://")
        && address.ends_with('/')
        && address.len() <= TICKET_ADDRESS_LENGTH_MAX
        && address.bytes().all(|byte| byte.is_ascii_graphic());
    tell(
        !address.is_empty() && !is_an_address,
        "node.ticket_address".into(),
        format!("«{address}» is not a short address with https:// before and / at its end"),
        "\"https://motcua.quangninh.gov.vn/t/\", or \"\" for none",
    );
    let odd = |c: char| c.is_control() || domain::text_fold::turns_direction(c);
    let fits =
        |line: &String| line.chars().count() <= TICKET_HEADER_LENGTH_MAX && !line.chars().any(odd);
    let header = &node.ticket_header;
    tell(
        header.len() > TICKET_HEADER_LINES_MAX || !header.iter().all(fits),
        "node.ticket_header".into(),
        format!(
            "has more than {TICKET_HEADER_LINES_MAX} lines, or one of more than \
             {TICKET_HEADER_LENGTH_MAX} characters or with odd ones"
        ),
        "[\"142 Lê Thánh Tông\"], or [] for none",
    );
    tell(
        settings.web.listen.parse::<SocketAddr>().is_err(),
        "web.listen".into(),
        format!("«{}» is not an address and a port", settings.web.listen),
        "\"0.0.0.0:8443\"",
    );
    in_range(
        &mut tell,
        "web.session_idle_minutes",
        settings.web.session_idle_minutes,
        1,
        600,
        "30",
    );
    in_range(&mut tell, "queue.call_seconds", settings.queue.call_seconds, 1, 60, "3");
    let device = &settings.voice.device;
    // It becomes an argument of the player, which must not take it for an option.
    let is_a_device = device.len() <= SOUND_DEVICE_LENGTH_MAX
        && !device.starts_with('-')
        && device.bytes().all(|byte| byte.is_ascii_graphic());
    tell(
        !is_a_device,
        "voice.device".into(),
        format!("«{device}» is not the name of a sound output as «aplay -L» lists them"),
        "\"default\", or \"\" for none",
    );
    in_range(&mut tell, "dossier.scan_max_mib", settings.dossier.scan_max_mib, 1, 200, "20");
    let printers = ticket_printers(settings);
    for name in &settings.dossier.slip_printers {
        tell(
            !printers.contains(name.as_str()),
            "dossier.slip_printers".into(),
            format!("«{name}» is not the id of a printer"),
            "[\"printer-1\"], with a block [[device]] of this id, or [] for none",
        );
    }
    in_range(
        &mut tell,
        "access_log.kept_days",
        settings.access_log.kept_days,
        ACCESSES_KEPT_DAYS_MIN,
        ACCESSES_KEPT_DAYS_MAX,
        "730",
    );
    in_range(&mut tell, "keep.journal_days", settings.keep.journal_days, 1, 36_500, "90");
    in_range(&mut tell, "keep.scan_months", settings.keep.scan_months, 1, 1_200, "6");
    in_range(&mut tell, "link.keepalive_seconds", settings.link.keepalive_seconds, 1, 600, "20");
    in_range(&mut tell, "link.window_frames", settings.link.window_frames, 1, 64, "8");
    let link = &settings.link;
    tell(
        !(link.backoff_first_seconds > 0.0
            && link.backoff_first_seconds <= link.backoff_max_seconds),
        "link.backoff_first_seconds".into(),
        "must be above 0 and not above link.backoff_max_seconds".into(),
        "1.0",
    );
    tell(
        !(0.1..=ANSWER_SECONDS_MAX).contains(&link.answer_seconds),
        "link.answer_seconds".into(),
        format!("must be from 0.1 to {ANSWER_SECONDS_MAX}"),
        "10.0",
    );
    tell(
        !(1.0..=ALARM_SECONDS_MAX).contains(&link.alarm_seconds),
        "link.alarm_seconds".into(),
        format!("must be from 1 to {ALARM_SECONDS_MAX}"),
        "90.0",
    );
    tell(
        !["text", "json"].contains(&settings.log.format.as_str()),
        "log.format".into(),
        format!("«{}» is not text or json", settings.log.format),
        "\"text\"",
    );

    tell(
        settings.counter.len() > COUNTERS_MAX,
        "counter".into(),
        format!("more than {COUNTERS_MAX} counters"),
        "48 blocks [[counter]], or fewer",
    );
    let mut seen = BTreeSet::new();
    for (index, counter) in settings.counter.iter().enumerate() {
        let at = format!("counter[{}]", index + 1);
        tell(
            counter.number == 0 || counter.number > 99,
            format!("{at}.number"),
            format!("{} is not a number from 1 to 99", counter.number),
            "1",
        );
        tell(
            !seen.insert(counter.number),
            format!("{at}.number"),
            format!("counter {} stands twice", counter.number),
            "the next free number",
        );
        tell(
            counter.services.is_empty(),
            format!("{at}.services"),
            "is empty: nobody could be called here".into(),
            "[\"ho-tich\"]",
        );
    }
    let numbers: Vec<String> = seen.iter().map(ToString::to_string).collect();
    let one_of = format!("{}, or a block [[counter]] of this number", numbers.join(", "));
    for (index, device) in settings.device.iter().enumerate().filter(|_| counters_known) {
        // What is no number of a counter at all is told where devices are read.
        let number = device.get("counter").and_then(toml::Value::as_integer);
        let Some(number) = number.filter(|number| (1..=999).contains(number)) else { continue };
        tell(
            !u16::try_from(number).is_ok_and(|number| seen.contains(&number)),
            format!("device[{}].counter", index + 1),
            format!("there is no counter {number}"),
            &one_of,
        );
    }
    problems
}

/// Ids of the devices that print tickets and slips.
fn ticket_printers(settings: &Settings) -> BTreeSet<&str> {
    let prints = |device: &&toml::Table| {
        let driver = device.get("driver").and_then(toml::Value::as_str);
        driver
            .and_then(devices::driver)
            .is_some_and(|driver| driver.class == devices::Class::TicketPrinter)
    };
    let printers = settings.device.iter().filter(prints);
    printers.filter_map(|device| device.get("id").and_then(toml::Value::as_str)).collect()
}

fn in_range(
    tell: &mut impl FnMut(bool, String, String, &str),
    key: &str,
    value: u32,
    low: u32,
    high: u32,
    instead: &str,
) {
    tell(
        !(low..=high).contains(&value),
        key.to_owned(),
        format!("{value} is not from {low} to {high}"),
        instead,
    );
}
