//! `motcua audit`: who called, passed over, moved or gave which number, when, from where and why, as a table
//! (CSV) for who inspects a center. Each line names its entry and that entry's hash, by which
//! `motcua check journal` proves that nothing was changed. Also while the daemon runs; it changes nothing.
//! Here are the days and where their entries are read; what a line says stands in `line`.

mod line;

use self::line::{HEAD, row};
use super::Config;
use crate::center::store_config;
use crate::clock;
use crate::identity::Identity;
use crate::province_data::ProvinceData;
use anyhow::bail;
use clap::Args;
use domain::queue::QueueSettings;
use domain::sheet::{Cell, Sheet, put_row};
use domain::time::{business_day, instant};
use jiff::{Timestamp, civil};
use rusqlite::Connection;
use std::collections::HashMap;
use std::io::Write;
use store::audit::{Sealed, changes};
use store::{Onlooker, StoreError};

/// Days of one table: a quarter of a year. Its text is put together in memory, so that whoever reads it
/// slowly holds up nothing of a center that runs.
const DAYS_MAX: i32 = 92;

/// Which days.
#[derive(Debug, Args)]
pub struct Days {
    /// First day, `yyyy-mm-dd`; today without it.
    #[arg(long)]
    from: Option<civil::Date>,
    /// Last day; the first one without it.
    #[arg(long)]
    to: Option<civil::Date>,
}

/// Prints the table.
///
/// # Errors
/// The days run backwards or are too many, the box is not enrolled, or its store cannot be read.
pub fn run(config: &Config, days: &Days) -> anyhow::Result<()> {
    let settings = config.settings()?;
    let identity = Identity::load(&settings.node.data_folder)?;
    let queue = ProvinceData::load(&settings)?.queue;
    let clock = clock::for_folder(&settings.node.data_folder).map_err(anyhow::Error::msg)?;
    let span = days.span(business_day(clock.now()))?;
    let store = store_config(&settings, &identity);
    let onlooker = Onlooker::open(&store)?;
    let journal = Sealed {
        segments: onlooker.segments(),
        wrapping: &store.keys.wrapping,
        sealing: store.sealing,
    };
    let head = HEAD.iter().map(|name| (*name).to_owned()).collect();
    let mut text = Sheet { title: Vec::new(), head, rows: Vec::new() }.csv();
    onlooker
        .readers()
        .read_now(|c| rows(c, journal, span, &queue, |row| put_row(&mut text, &row)))?;
    // Not `print!`, which panics where a reader of the pipe has seen enough.
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

impl Days {
    fn span(&self, today: civil::Date) -> anyhow::Result<(Timestamp, Timestamp)> {
        let from = self.from.unwrap_or(today);
        let to = self.to.unwrap_or(from);
        let length = from.until(to)?.get_days();
        if !(0..DAYS_MAX).contains(&length) {
            bail!(
                "chọn từ 1 đến {DAYS_MAX} ngày, ngày đầu trước / choose 1 to {DAYS_MAX} days, the first one \
                 first: --from 2026-11-01 --to 2026-11-30"
            );
        }
        Ok((instant(from.at(0, 0, 0, 0)), instant(to.tomorrow()?.at(0, 0, 0, 0))))
    }
}

/// Gives each line as it is read: a quarter of a year has some hundred thousand.
fn rows(
    c: &Connection,
    journal: Sealed<'_>,
    span: (Timestamp, Timestamp),
    queue: &QueueSettings,
    mut put: impl FnMut(Vec<Cell>),
) -> Result<(), StoreError> {
    let mut before = HashMap::new();
    changes(c, journal, span, |change| {
        put(row(&change, &mut before, queue));
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::line::DESTROYED;
    use super::*;
    use crate::actors::origin::Origin;
    use crate::actors::queue_desk::Issuing;
    use crate::actors::testing::{
        Center, ONE, WRAPPING, at_counter, issuing, officer, queue_settings,
    };
    use domain::queue::Ticket;
    use domain::split::Journaled;
    use domain::time::Clock;
    use journal::{Sealing, WrappingKey, hex};
    use store::audit::Audited;

    /// The lines of the day, without the head: fields between commas.
    fn lines(center: &Center, day: civil::Date) -> Vec<Vec<String>> {
        let span = Days { from: Some(day), to: None }.span(day).unwrap();
        let (segments, wrapping) = (center.store.segments(), WrappingKey::from_bytes(WRAPPING));
        let journal = Sealed { segments: &segments, wrapping: &wrapping, sealing: Sealing::On };
        let queue = queue_settings();
        let cell = |cell: Cell| match cell {
            Cell::Text(text) => text,
            other => panic!("{other:?}"),
        };
        let mut told: Vec<Vec<String>> = Vec::new();
        let put = |row: Vec<Cell>| told.push(row.into_iter().map(cell).collect());
        center.ports.readers.read_now(|c| rows(c, journal, span, &queue, put)).unwrap();
        told
    }

    #[actix_rt::test]
    async fn every_call_and_every_priority_that_was_given_is_told_with_who_when_and_why() {
        let center = Center::start().await;
        let day = business_day(center.clock.now());
        center.queue.open_counter(at_counter(), ONE, officer()).await.unwrap();
        center.queue.issue(Origin::device("kiosk-1"), issuing()).await.unwrap();
        let ground = Some("elderly".to_owned());
        let priority = Issuing { priority_ground: ground, ..issuing() };
        center.queue.issue(at_counter(), priority).await.unwrap();
        center.clock.move_by(60);
        center.queue.call_next(at_counter(), ONE).await.unwrap();
        center.clock.move_by(60);
        center.queue.recall(at_counter(), ONE).await.unwrap();
        center.queue.no_show(at_counter(), ONE).await.unwrap();

        let told = lines(&center, day);
        let of = |label: &str| -> Vec<&str> {
            told.iter().filter(|line| line[5] == label).map(|line| line[6].as_str()).collect()
        };
        assert_eq!(of("A001"), ["cấp số"]);
        assert_eq!(of("A002"), ["cấp số", "gọi", "gọi lại", "vắng mặt"]);
        let find = |label: &str, step: &str| {
            told.iter().find(|line| line[5] == label && line[6] == step).unwrap()
        };
        let given = find("A002", "cấp số");
        assert_eq!((given[2].as_str(), given[9].as_str()), ("nguyen.lan", "ưu tiên"));
        assert_eq!(given[10], "Người cao tuổi");
        assert_eq!(find("A001", "cấp số")[3], "kiosk-1");
        let called = find("A002", "gọi");
        assert_eq!((called[1].as_str(), called[7].as_str()), ("2026-11-23 08:01:00", "1"));
        assert_eq!(called[8], "nguyen.lan");
        assert!(called[11].starts_with("Gọi A002 trước A001: ưu tiên"), "{called:?}");
        // Each line stands in the chain: its hash is that of its entry.
        let head = center.ports.readers.read_now(store::query::journal::head).unwrap();
        let last = told.last().unwrap();
        assert_eq!((&last[0], &last[13]), (&head.seq.to_string(), &hex::encode(&head.hash)));
        assert!(lines(&center, day.tomorrow().unwrap()).is_empty());
    }

    #[actix_rt::test]
    async fn a_ground_whose_key_was_destroyed_is_said_to_be_gone_and_the_lines_stay() {
        let center = Center::start().await;
        let day = business_day(center.clock.now());
        let priority = Issuing { priority_ground: Some("elderly".to_owned()), ..issuing() };
        let ticket = center.queue.issue(at_counter(), priority).await.unwrap().ticket.unwrap();
        let gone = Audited {
            seq: 1,
            hash: [0; 32],
            at: center.clock.now(),
            actor: "nguyen.lan".to_owned(),
            device: "console-1".to_owned(),
            kind: Ticket::KIND.to_owned(),
            subject: ticket.id.to_string(),
            rev: 1,
            public: ticket.split().0,
            private: None,
        };
        let line = row(&gone, &mut HashMap::new(), &queue_settings());
        assert_eq!((&line[6], &line[10]), (&Cell::text("cấp số"), &Cell::text(DESTROYED)));
        assert_eq!(lines(&center, day)[0][10], "Người cao tuổi");

        // Of a regular number only a reason can have been sealed.
        let regular = center.queue.issue(at_counter(), issuing()).await.unwrap().ticket.unwrap();
        let gone = Audited { subject: regular.id.to_string(), public: regular.split().0, ..gone };
        let line = row(&gone, &mut HashMap::new(), &queue_settings());
        assert_eq!((&line[10], &line[12]), (&Cell::text(""), &Cell::text(DESTROYED)));
    }

    #[test]
    fn days_that_run_backwards_or_are_too_many_are_refused_with_days_that_work() {
        let day = civil::date(2026, 11, 1);
        let span = |from: i8, to: Option<civil::Date>| {
            Days { from: Some(civil::date(2026, 11, from)), to }.span(day)
        };
        assert!(span(1, None).is_ok() && span(1, Some(civil::date(2027, 1, 31))).is_ok());
        for to in [civil::date(2026, 10, 31), civil::date(2027, 2, 1)] {
            let refused = span(1, Some(to)).unwrap_err().to_string();
            assert!(refused.contains("--from"), "{refused}");
        }
    }
}
