//! Values on their way into and out of columns.

use jiff::Timestamp;
use rusqlite::Row;
use rusqlite::types::Type;
use uuid::Uuid;

use crate::StoreError;

/// An instant as its column.
pub(crate) fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// An instant from its column.
pub(crate) fn instant(micros: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(micros)
        .map_err(|_| StoreError::Damaged("time out of range".to_owned()))
}

/// Reading columns by place.
pub(crate) trait Columns {
    fn instant(&self, place: usize) -> rusqlite::Result<Timestamp>;
    fn instant_option(&self, place: usize) -> rusqlite::Result<Option<Timestamp>>;
    fn uuid(&self, place: usize) -> rusqlite::Result<Uuid>;
    fn uuid_option(&self, place: usize) -> rusqlite::Result<Option<Uuid>>;
    fn hash(&self, place: usize) -> rusqlite::Result<[u8; 32]>;
    fn number(&self, place: usize) -> rusqlite::Result<u64>;
    /// A text that is read by a rule of its own.
    fn parsed<T, E: std::error::Error + Send + Sync + 'static>(
        &self,
        place: usize,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> rusqlite::Result<T>;
}

impl Columns for Row<'_> {
    fn instant(&self, place: usize) -> rusqlite::Result<Timestamp> {
        Timestamp::from_microsecond(self.get(place)?)
            .map_err(|error| wrong(place, Type::Integer, error))
    }

    fn instant_option(&self, place: usize) -> rusqlite::Result<Option<Timestamp>> {
        match self.get::<_, Option<i64>>(place)? {
            Some(_) => self.instant(place).map(Some),
            None => Ok(None),
        }
    }

    fn uuid(&self, place: usize) -> rusqlite::Result<Uuid> {
        self.get::<_, [u8; 16]>(place).map(Uuid::from_bytes)
    }

    fn uuid_option(&self, place: usize) -> rusqlite::Result<Option<Uuid>> {
        self.get::<_, Option<[u8; 16]>>(place).map(|bytes| bytes.map(Uuid::from_bytes))
    }

    fn hash(&self, place: usize) -> rusqlite::Result<[u8; 32]> {
        self.get(place)
    }

    fn number(&self, place: usize) -> rusqlite::Result<u64> {
        self.get::<_, i64>(place).map(|number| u64::try_from(number).unwrap_or(0))
    }

    fn parsed<T, E: std::error::Error + Send + Sync + 'static>(
        &self,
        place: usize,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> rusqlite::Result<T> {
        let text = self.get_ref(place)?.as_str()?;
        parse(text).map_err(|error| wrong(place, Type::Text, error))
    }
}

fn wrong(
    place: usize,
    kind: Type,
    error: impl std::error::Error + Send + Sync + 'static,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(place, kind, Box::new(error))
}

/// A number for an INTEGER column; those of ours stay far below the column's bound.
pub(crate) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
