//! `motcua queue replay`: the center's own days once more under another policy of calling, so that a head
//! sees what both classes would have waited before anything is changed. Also while the daemon runs; it
//! changes nothing.

use super::Config;
use super::check::onlooker;
use crate::clock;
use crate::province_data::ProvinceData;
use crate::text;
use anyhow::bail;
use clap::{Args, Subcommand};
use domain::queue::replay::{ClassFigures, Comparison, Figures, REPLAY_DAYS};
use domain::queue::{CallPolicy, QueueRules, QueueSettings, RulesChange, within};
use domain::refusal::Refusal;
use domain::time::business_day;
use jiff::civil;
use serde::Serialize;
use store::{Readers, query};

/// What may be done with the queue's past.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Plays the latest days before today again under another policy, and compares what both classes wait.
    Replay(Replay),
}

/// Under which rules; what is not named stays as the settings say.
#[derive(Debug, Default, Args)]
pub struct Replay {
    /// guard, strict, ratio or ageing.
    #[arg(long)]
    policy: Option<String>,
    /// How many business days: the latest before today that have tickets here, 1 to 366.
    #[arg(long, default_value_t = 20, allow_negative_numbers = true)]
    days: i64,
    /// guard: minutes after which a regular caller gets every second call, 1 to 480.
    #[arg(long, allow_negative_numbers = true)]
    threshold_min: Option<i64>,
    /// ratio: regular calls for each priority one, 1 to 10.
    #[arg(long, allow_negative_numbers = true)]
    regular_per_priority: Option<i64>,
    /// ageing: how often a priority caller's minute counts, 2 to 10.
    #[arg(long, allow_negative_numbers = true)]
    priority_weight: Option<i64>,
    /// How often a regular caller may be passed over by who came later, 0 to 100; 0 sets no bound.
    #[arg(long, allow_negative_numbers = true)]
    overtakes_max: Option<i64>,
    /// One JSON object.
    #[arg(long)]
    json: bool,
}

/// Replays.
///
/// # Errors
/// A number lies outside its bounds, there is no such policy, or the store cannot be read.
pub fn run(config: &Config, action: &Action) -> anyhow::Result<()> {
    let Action::Replay(wish) = action;
    let settings = config.settings()?;
    let files = ProvinceData::load(&settings)?.queue;
    // A slip in what was typed is said first, whatever state the box is in.
    wish.tried(&files.rules).map_err(|refusal| refused(&refusal))?;
    let onlooker = onlooker(config)?;
    let readers = onlooker.readers();
    // What the head has chosen in the console is in force, not what the files say.
    let queue = readers.read_now(|c| query::governed::in_force(c, files))?;
    let (days, tried) = wish.tried(&queue.rules).map_err(|refusal| refused(&refusal))?;
    let clock = clock::for_folder(&settings.node.data_folder).map_err(anyhow::Error::msg)?;
    let today = business_day(clock.now());
    let report = replay(readers, &queue, (today, days), tried)?;
    if wish.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        for line in report.lines() {
            println!("{line}");
        }
    }
    Ok(())
}

impl Replay {
    /// How many days, and under which rules.
    fn tried(&self, in_force: &QueueRules) -> Result<(usize, QueueRules), Refusal> {
        let days = within("days", self.days, REPLAY_DAYS)?;
        let tried = in_force.changed(&RulesChange {
            policy: self.policy.as_deref().map(CallPolicy::parse).transpose()?,
            threshold_min: self.threshold_min,
            regular_per_priority: self.regular_per_priority,
            priority_weight: self.priority_weight,
            overtakes_max: self.overtakes_max,
        })?;
        Ok((usize::try_from(days).unwrap_or(usize::MAX), tried))
    }
}

fn refused(refusal: &Refusal) -> anyhow::Error {
    let said = text::sentence(refusal.code(), &refusal.details());
    anyhow::anyhow!("{} / {} ({})", said.vi, said.en, refusal.code())
}

/// What the days were, and what they would have been.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Report {
    from: civil::Date,
    until: civil::Date,
    days: usize,
    /// Citizens who were called.
    visits: usize,
    /// Tickets that were never called.
    left_out: usize,
    as_it_was: Figures,
    in_force: Played,
    tried: Played,
}

/// The days under some rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Played {
    rules: QueueRules,
    figures: Figures,
}

/// The latest days before `today`: of that one nobody knows yet who will be called. Reads day by day, so
/// that a year needs no more memory than its waits.
fn replay(
    readers: &Readers,
    queue: &QueueSettings,
    (today, days): (civil::Date, usize),
    tried: QueueRules,
) -> anyhow::Result<Report> {
    let days = readers.read_now(|c| query::tickets::latest_days(c, today, days))?;
    let (Some(from), Some(until)) = (days.first().copied(), days.last().copied()) else {
        bail!(
            "trung tâm này chưa cấp số nào trước hôm nay / no ticket was given here before today"
        );
    };
    let mut comparison = Comparison::of([queue.rules.clone(), tried]);
    for day in &days {
        let tickets = readers.read_now(|c| query::tickets::of_day(c, *day))?;
        comparison.add(*day, &tickets, queue);
    }
    let mut played = comparison.played().map(|(rules, figures)| (rules.clone(), figures));
    let (Some(in_force), Some(tried)) = (played.next(), played.next()) else {
        bail!("two replays were asked for and not made");
    };
    Ok(Report {
        from,
        until,
        days: comparison.days,
        visits: comparison.visits,
        left_out: comparison.left_out,
        as_it_was: comparison.as_it_was(),
        in_force: Played { rules: in_force.0, figures: in_force.1 },
        tried: Played { rules: tried.0, figures: tried.1 },
    })
}

impl Report {
    fn lines(&self) -> Vec<String> {
        let Self { days, visits, left_out, .. } = self;
        let date = |day: civil::Date| day.strftime("%d/%m/%Y").to_string();
        let (from, until) = (date(self.from), date(self.until));
        let mut lines = vec![
            format!("Chạy lại {days} ngày có số ({from} - {until}): {visits} lượt đã gọi."),
            format!("Không tính {left_out} số chưa từng được gọi. Số chuyển quầy, gọi lại tính một lượt."),
            "«Chạy lại»: quầy rảnh thì gọi ngay, mỗi lượt kéo dài như đã xảy ra; để so sánh, không phải dự báo."
                .to_owned(),
            String::new(),
            row(["", "lượt", "trung vị", "95 %", "đúng mức chờ", "bị vượt nhiều nhất"]),
        ];
        let in_force = format!("Chạy lại: {} (đang dùng)", described(&self.in_force.rules));
        let tried = format!("Chạy lại: {}", described(&self.tried.rules));
        for (title, figures) in [
            ("Như đã xảy ra", &self.as_it_was),
            (in_force.as_str(), &self.in_force.figures),
            (tried.as_str(), &self.tried.figures),
        ] {
            // A line of its own: some policies take many words.
            lines.push(title.to_owned());
            lines.push(class_row("thường", &figures.regular));
            lines.push(class_row("ưu tiên", &figures.priority));
            if figures.not_called > 0 {
                lines.push(format!("  {} lượt không kịp gọi trong ngày", figures.not_called));
            }
        }
        lines.push(String::new());
        lines.push(
            "In English: the days as they were, replayed under the rules in force, and under those tried;"
                .to_owned(),
        );
        lines.push(
            "thường = regular, ưu tiên = priority: calls, median wait, 95 %, promises kept, most often passed over."
                .to_owned(),
        );
        lines
    }
}

/// The policy with the numbers that it goes by.
fn described(rules: &QueueRules) -> String {
    let word = rules.policy.as_str();
    let policy = match rules.policy {
        CallPolicy::Guard => format!("{word}, ngưỡng {} phút", rules.threshold_s / 60),
        CallPolicy::Strict => word.to_owned(),
        CallPolicy::Ratio => format!("{word}, {} thường : 1 ưu tiên", rules.regular_per_priority),
        CallPolicy::Ageing => format!("{word}, 1 phút ưu tiên tính {} phút", rules.priority_weight),
    };
    match rules.overtakes_max {
        0 => policy,
        most => format!("{policy}, vượt tối đa {most}"),
    }
}

fn class_row(class: &str, figures: &ClassFigures) -> String {
    let kept = match figures.promised {
        0 => "-".to_owned(),
        promised => format!("{} %", figures.kept * 100 / promised),
    };
    row([
        class,
        &figures.called.to_string(),
        &minutes(figures.median_s),
        &minutes(figures.p95_s),
        &kept,
        &figures.passed_over_most.to_string(),
    ])
}

fn row(columns: [&str; 6]) -> String {
    let [class, called, median, p95, kept, passed_over] = columns;
    format!("  {class:<8}{called:>6}{median:>12}{p95:>12}{kept:>14}{passed_over:>20}")
}

fn minutes(seconds: i64) -> String {
    if seconds < 60 { "<1 phút".to_owned() } else { format!("{} phút", seconds / 60) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actors::Origin;
    use crate::actors::queue_desk::Issuing;
    use crate::actors::testing::{Center, ONE, at_counter, issuing, officer, queue_settings};
    use domain::time::Clock as _;

    #[actix_rt::test]
    async fn a_replay_tells_what_both_classes_waited_and_would_have_waited() {
        let center = Center::start().await;
        center.queue.open_counter(at_counter(), ONE, officer()).await.unwrap();
        let kiosk = || Origin::device("kiosk-1");
        for _ in 0..3 {
            center.queue.issue(kiosk(), issuing()).await.unwrap();
        }
        let ground = Some("elderly".to_owned());
        let elderly = Issuing { priority_ground: ground, ..issuing() };
        center.queue.issue(kiosk(), elderly).await.unwrap();
        for _ in 0..4 {
            center.queue.call_next(at_counter(), ONE).await.unwrap();
            center.queue.begin(at_counter(), ONE).await.unwrap();
            center.clock.move_by(600);
            center.queue.complete(at_counter(), ONE).await.unwrap();
        }
        center.queue.issue(kiosk(), issuing()).await.unwrap();
        let queue = queue_settings();
        let wish = Replay { policy: Some("ratio".into()), days: 5, ..Replay::default() };
        let (days, tried) = wish.tried(&queue.rules).unwrap();
        let today = business_day(center.clock.now());
        let over = |today| replay(&center.ports.readers, &queue, (today, days), tried.clone());
        let said = over(today).unwrap_err().to_string();
        assert!(said.contains("no ticket"), "a day that runs is not over: {said}");
        let report = over(today.tomorrow().unwrap()).unwrap();
        assert_eq!((report.days, report.visits, report.left_out), (1, 4, 1));
        assert_eq!(report.as_it_was, report.in_force.figures);
        let Figures { regular, priority, .. } = report.as_it_was;
        assert_eq!((regular.called, regular.median_s, regular.p95_s), (3, 1_200, 1_800));
        assert_eq!((priority.called, priority.median_s, priority.kept), (1, 0, 1));
        let lines = report.lines();
        assert!(lines[0].contains("1 ngày có số (23/11/2026 - 23/11/2026): 4 lượt"), "{lines:?}");
        let said = lines.join("\n");
        for expected in
            ["guard, ngưỡng 30 phút (đang dùng)", "ratio, 2 thường : 1 ưu tiên", "20 phút"]
        {
            assert!(said.contains(expected), "{expected} is not in:\n{said}");
        }
        // Calls, median, 95 %, promises kept and most overtakes of both classes, as they were and twice more.
        let words = |line: &String| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let rows: Vec<Vec<String>> =
            lines.iter().filter(|line| line.starts_with("  ")).map(words).collect();
        assert_eq!(rows[0].join(" "), "lượt trung vị 95 % đúng mức chờ bị vượt nhiều nhất");
        assert_eq!(rows[1].join(" "), "thường 3 20 phút 30 phút 100 % 0");
        assert_eq!(rows[2].join(" "), "ưu tiên 1 <1 phút <1 phút 100 % 0");
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["tried"]["rules"]["policy"], "ratio");
        assert_eq!(json["as_it_was"]["regular"]["median_s"], 1_200);
    }

    #[test]
    fn the_columns_stand_in_line_however_many_words_a_policy_takes() {
        let most = QueueRules { overtakes_max: 100, ..QueueRules::default() };
        let played = |policy| {
            let rules = QueueRules { policy, ..most.clone() };
            Played { rules, figures: Figures::default() }
        };
        let day = civil::date(2026, 11, 23);
        let report = Report {
            from: day,
            until: day,
            days: 1,
            visits: 0,
            left_out: 0,
            as_it_was: Figures::default(),
            in_force: played(CallPolicy::Ageing),
            tried: played(CallPolicy::Ratio),
        };
        let lines = report.lines();
        let rows = lines.iter().filter(|line| line.starts_with("  "));
        let widths: Vec<usize> = rows.map(|line| line.chars().count()).collect();
        assert_eq!(widths, [widths[0]; 7], "{lines:?}");
        let title = "Chạy lại: ageing, 1 phút ưu tiên tính 2 phút, vượt tối đa 100 (đang dùng)";
        assert!(lines.iter().any(|line| line == title), "{lines:?}");
    }

    #[test]
    fn a_wish_outside_its_bounds_is_refused_with_a_code() {
        let refusal = |wish: Replay| {
            let refusal = wish.tried(&QueueRules::default()).unwrap_err();
            refused(&refusal).to_string()
        };
        let said = refusal(Replay { days: 0, ..Replay::default() });
        assert!(said.contains("days = 0") && said.contains("(queue.policy_parameter)"), "{said}");
        let said = refusal(Replay { days: 1, overtakes_max: Some(101), ..Replay::default() });
        assert!(said.contains("0 đến 100") && said.contains("from 0 to 100"), "{said}");
        let said = refusal(Replay { days: 1, policy: Some("loud".into()), ..Replay::default() });
        assert!(said.contains("«loud»") && said.contains("(queue.unknown_policy)"), "{said}");
    }
}
