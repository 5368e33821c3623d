//! Years of a center, made up: real rows, a real chain, real segments, through the same writer as
//! everything else. For demonstrations and for measuring that years cost nothing. No person is meant.
//!
//! A day is a row of tickets, each issued, printed, called, begun and completed, some of them with a
//! dossier that is received, gets its result and is returned, some with a vote; the grounds of priority
//! are erased when their day is over. The same seed gives the same days.

mod lives;

use dice::Dice;
use domain::dossier::Dossier;
use domain::ids::NodeId;
use domain::time::instant;
use jiff::civil::{self, Weekday};
use jiff::{SignedDuration, Timestamp};
use journal::{WrappedKey, WrappingKey};
use rusqlite::Connection;
use uuid::Uuid;

use crate::archive::checkpoint;
use crate::batch::{Batch, LocalWrite, RequestKey};
use crate::config::StoreConfig;
use crate::connection::{Opener, Purpose, is_demo};
use crate::core::WriterCore;
use crate::{Store, StoreError, WriterPlace, query};

/// Batches in one transaction while building.
const BATCHES_PER_COMMIT: usize = 1024;
/// Entries written between two looks whether segments are full.
const ENTRIES_PER_LOOK: u64 = 64 * 1024;
/// Rows that leave the database at once while building: nobody waits at a counter.
const ROWS_PER_REMOVAL: u32 = 4096;

/// How much is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryPlan {
    /// The last day; the years lie before it.
    pub until: civil::Date,
    /// How many years.
    pub years: u32,
    /// Which ones: the same seed gives the same.
    pub seed: u64,
    /// Tickets of a working day.
    pub tickets_a_day: u32,
    /// Dossiers of a working day; not more than tickets.
    pub dossiers_a_day: u32,
}

/// Working days of a year, holidays left out.
pub const DAYS_A_YEAR: u32 = 250;

impl HistoryPlan {
    /// A center's usual years: 150,000 entries and 7,500 dossiers each.
    pub fn usual(until: civil::Date, years: u32, seed: u64) -> HistoryPlan {
        HistoryPlan { until, years, seed, tickets_a_day: 100, dossiers_a_day: 30 }
    }

    /// Ten times as much.
    pub fn full(until: civil::Date, years: u32, seed: u64) -> HistoryPlan {
        HistoryPlan {
            tickets_a_day: 1000,
            dossiers_a_day: 300,
            ..HistoryPlan::usual(until, years, seed)
        }
    }

    /// The working days, oldest first.
    fn days(&self) -> Vec<civil::Date> {
        let most = (self.years * DAYS_A_YEAR) as usize;
        let mut days = Vec::with_capacity(most);
        let mut day = self.until;
        while days.len() < most {
            let Ok(before) = day.yesterday() else { break };
            day = before;
            let free = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
            // The rest of the year's weekdays are holidays, here those of its first days.
            if !free && day.day_of_year() > 15 {
                days.push(day);
            }
        }
        days.reverse();
        days
    }
}

/// What was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HistoryReport {
    /// Entries.
    pub entries: u64,
    /// Dossiers.
    pub dossiers: u64,
    /// Tickets.
    pub tickets: u64,
    /// Segments.
    pub segments: u64,
}

/// Writes the years into an empty folder that is marked as a demonstration's. `told` hears of every
/// finished day.
pub fn make(
    config: StoreConfig,
    plan: &HistoryPlan,
    mut told: impl FnMut(civil::Date),
) -> Result<HistoryReport, StoreError> {
    if !is_demo(&config.folder) {
        return Err(StoreError::NotADemo);
    }
    let store = Store::open(config)?;
    let mut maker = Maker::new(&store, plan)?;
    for day in plan.days() {
        maker.day(day)?;
        told(day);
    }
    maker.finish()
}

/// Puts the data keys of a made folder under another wrapping key: that of the demonstration in which
/// the years are to lie. The folder's database key stays.
pub fn rewrap(config: &StoreConfig, to: &WrappingKey) -> Result<(), StoreError> {
    let opener = Opener::new(&config.folder, &config.keys, config.sealing)?;
    let mut connection = opener.open(Purpose::Write)?;
    let transaction = connection.transaction()?;
    {
        // Of an erased subject only the mark is there.
        let mut read = transaction
            .prepare("SELECT key_id, wrapped FROM data_key WHERE destroyed_at_us IS NULL")?;
        let mut write =
            transaction.prepare("UPDATE data_key SET wrapped = ?2 WHERE key_id = ?1")?;
        let mut rows = read.query([])?;
        let mut keys = Vec::new();
        while let Some(row) = rows.next()? {
            keys.push(WrappedKey { key_id: row.get(0)?, wrapped: row.get(1)? });
        }
        for key in keys {
            let opened = config.keys.wrapping.unwrap(&key)?;
            write.execute((&key.key_id, to.wrap(&key.key_id, &opened)?.wrapped))?;
        }
    }
    transaction.commit()?;
    connection.pragma_update_and_check(None, "wal_checkpoint", "TRUNCATE", |_| Ok(()))?;
    Ok(())
}

struct Maker<'a> {
    store: &'a Store,
    plan: HistoryPlan,
    random: Dice,
    batches: Vec<Batch>,
    open: Vec<Dossier>,
    looked_at: u64,
    report: HistoryReport,
    last_at: Timestamp,
    day_before: Option<civil::Date>,
}

impl<'a> Maker<'a> {
    fn new(store: &'a Store, plan: &HistoryPlan) -> Result<Maker<'a>, StoreError> {
        if store.readers().read_now(query::journal::head)?.seq != 0 {
            return Err(StoreError::Conflict("history.not_empty"));
        }
        Ok(Maker {
            store,
            plan: *plan,
            random: Dice::new(plan.seed ^ 0x6d6f_7463_7561),
            batches: Vec::with_capacity(BATCHES_PER_COMMIT),
            open: Vec::new(),
            looked_at: 0,
            report: HistoryReport::default(),
            last_at: Timestamp::UNIX_EPOCH,
            day_before: None,
        })
    }

    fn day(&mut self, day: civil::Date) -> Result<(), StoreError> {
        let opening = instant(day.at(7, 30, 0, 0));
        if let Some(before) = self.day_before.replace(day) {
            self.erase_grounds(before, opening)?;
        }
        // What was received a few working days ago is ready, then returned.
        let due: Vec<Dossier> = {
            let age = self.plan.dossiers_a_day as usize * 3;
            let count = self.open.len().saturating_sub(age);
            self.open.drain(..count).collect()
        };
        for (index, dossier) in due.into_iter().enumerate() {
            self.end_dossier(dossier, opening + SignedDuration::from_secs(20 * index as i64))?;
        }
        let tickets = self.plan.tickets_a_day;
        // The day has eight hours, whatever is to be done in it.
        let step = SignedDuration::from_millis(8 * 3600 * 1000 / i64::from(tickets.max(1)));
        for number in 1..=tickets {
            let at = opening + step * (number as i32);
            let ticket = self.ticket(day, number, at)?;
            if number <= self.plan.dossiers_a_day {
                self.dossier(day, number, &ticket, at + SignedDuration::from_secs(300))?;
            }
        }
        self.commit()?;
        if self.report.entries - self.looked_at >= ENTRIES_PER_LOOK {
            self.looked_at = self.report.entries;
            self.archive()?;
        }
        Ok(())
    }

    fn write(
        &mut self,
        state: impl Into<crate::Fact>,
        actor: &str,
        at: Timestamp,
        key: Option<String>,
    ) -> Result<(), StoreError> {
        let mut batch = Batch::new(actor, at).with(state);
        batch.request = key.and_then(|key| RequestKey::new("history", &key));
        self.last_at = self.last_at.max(at);
        self.report.entries += 1;
        self.batches.push(batch);
        if self.batches.len() == BATCHES_PER_COMMIT { self.commit() } else { Ok(()) }
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        let batches = std::mem::take(&mut self.batches);
        commit(self.store, &batches)
    }

    /// Seals what is full, as the keeper would have done over the years.
    fn archive(&mut self) -> Result<(), StoreError> {
        let now = self.last_at;
        let Ok(floor) = now.checked_sub(FLOOR) else { return Ok(()) };
        let acknowledged = self.store.readers().read_now(acknowledge)?;
        commit(self.store, &[Batch::new("hub", now).and(acknowledged)])?;
        loop {
            let sealed =
                self.store.readers().read_now(|c| self.store.archive().seal_next(c, floor, now))?;
            let Some(record) = sealed else { break };
            self.report.segments += 1;
            self.report.entries += 1;
            commit(self.store, &[checkpoint(record, now)])?;
            while self.store.readers().read_now(query::segments::rows_behind)? {
                let removal = LocalWrite::RemoveArchived { rows: ROWS_PER_REMOVAL };
                commit(self.store, &[Batch::new("center", now).and(removal)])?;
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<HistoryReport, StoreError> {
        self.commit()?;
        self.archive()?;
        with_core(self.store, |core| core.checkpoint())?;
        Ok(self.report)
    }

    fn node(&self) -> NodeId {
        self.store.config().node.clone()
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.random.index(all.len())]
    }

    /// A UUID of version 7 for an instant, as the desks give them.
    fn uuid(&mut self, at: Timestamp) -> Uuid {
        let millis = at.as_millisecond().unsigned_abs();
        let mut random = [0; 10];
        random[..8].copy_from_slice(&self.random.roll().to_be_bytes());
        random[8..].copy_from_slice(&self.random.roll().to_be_bytes()[..2]);
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }
}

/// What the keeper's setting is by default.
const FLOOR: SignedDuration = SignedDuration::from_hours(90 * 24);

/// The hub's word for everything that is there. Nobody signed it: a demonstration's hub does not have
/// these years, and is sent them when it is reached.
fn acknowledge(c: &Connection) -> Result<LocalWrite, StoreError> {
    let head = query::journal::head(c)?;
    Ok(LocalWrite::UplinkAcked {
        epoch: head.epoch,
        seq: head.seq,
        hash: head.hash,
        parked: vec![],
        message: Vec::new(),
    })
}

fn commit(store: &Store, batches: &[Batch]) -> Result<(), StoreError> {
    with_core(store, |core| core.commit(batches).into_iter().try_for_each(|done| done.map(drop)))?
}

fn with_core<T>(store: &Store, work: impl FnOnce(&mut WriterCore) -> T) -> Result<T, StoreError> {
    let mut place = store.writer.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    match &mut *place {
        WriterPlace::Waiting(core) => Ok(work(core)),
        _ => Err(StoreError::Busy),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Keys, check_journal};

    #[test]
    fn a_day_of_the_full_years_is_ten_usual_days_and_lies_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().join("data");
        let keys = Keys { master: [7; 32], wrapping: WrappingKey::from_bytes([9; 32]) };
        let node = NodeId::parse("06658-1").unwrap();
        let store = Store::open(StoreConfig::new(&at, node, 1, keys.clone())).unwrap();
        let plan = HistoryPlan::full(civil::date(2026, 11, 1), 10, 7);
        let days = plan.days();
        assert_eq!(days.len(), 2_500);
        let mut maker = Maker::new(&store, &plan).unwrap();
        maker.day(days[0]).unwrap();
        let report = maker.finish().unwrap();
        // Five entries a ticket, one a dossier that is received, and a vote beside each third of these. The
        // two that end a dossier come some days later.
        let expected = HistoryReport { entries: 5_400, dossiers: 300, tickets: 1_000, segments: 0 };
        assert_eq!(report, expected);
        let a_day = report.entries + 2 * report.dossiers;
        assert_eq!((a_day * 2_500, report.dossiers * 2_500), (15_000_000, 750_000));
        drop(store);
        let checked = check_journal(&at, &keys).unwrap();
        assert!(checked.is_ok(), "{checked:?}");
    }
}
