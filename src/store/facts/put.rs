//! Subjects that come back: rows as the hub has them, or as the entries of the own journal say them,
//! without a change of the journal.

use domain::dossier::Dossier;
use domain::queue::{Booking, Counter, Ticket};
use domain::rating::Rating;
use domain::split::Journaled;
use journal::books::is_nothing;
use rusqlite::{Connection, ToSql};

use super::{Subject, Values, to_json};
use crate::StoreError;
use crate::ballots;
use crate::data_keys;
use crate::erase::{self, Erasable};
use crate::records::{ErasureRecord, Message, SegmentRecord};
use crate::sql::integer;

/// What became of a subject that comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Put {
    /// Stored.
    Stored,
    /// It is here already, as it was or newer.
    Known,
    /// Another subject has its number: one journal began anew where the other had not ended.
    Clashes,
    /// Something of the old box's own, which this one does not have.
    Elsewhere,
    /// A kind that this program does not have.
    Unknown,
}

/// Stores a subject's rows as the hub has it, without a change of the journal.
pub(crate) fn put_back(
    c: &Connection,
    kind: &str,
    public: &serde_json::Value,
    private: &serde_json::Value,
) -> Result<Put, StoreError> {
    match kind {
        Ticket::KIND => put_one::<Ticket>(c, public, private).map(|(_, put)| put),
        Counter::KIND => put_one::<Counter>(c, public, private).map(|(_, put)| put),
        Dossier::KIND => put_one::<Dossier>(c, public, private).map(|(_, put)| put),
        Rating::KIND => {
            let (vote, put) = put_one::<Rating>(c, public, private)?;
            ballots::came_back(c, vote.id)?;
            Ok(put)
        }
        Message::KIND => put_one::<Message>(c, public, private).map(|(_, put)| put),
        Booking::KIND => put_one::<Booking>(c, public, private).map(|(_, put)| put),
        ErasureRecord::KIND => {
            let (erased, put) = put_one::<ErasureRecord>(c, public, private)?;
            // Neither here is a key ever made under that name again.
            data_keys::destroy(c, &erased.key_id, erased.at)?;
            Ok(put)
        }
        // The old box's sealed files are gone with it; the hub has what was in them.
        SegmentRecord::KIND => Ok(Put::Elsewhere),
        _ => Ok(Put::Unknown),
    }
}

/// Stores a subject's rows as an entry says them, over what is there.
pub(crate) fn put_forward(
    c: &Connection,
    kind: &str,
    public: &serde_json::Value,
    private: &serde_json::Value,
) -> Result<(), StoreError> {
    match kind {
        Ticket::KIND => forward::<Ticket>(c, public, private).map(drop),
        Counter::KIND => forward::<Counter>(c, public, private).map(drop),
        Dossier::KIND => forward::<Dossier>(c, public, private).map(drop),
        Rating::KIND => ballots::came_back(c, forward::<Rating>(c, public, private)?.id),
        Message::KIND => forward::<Message>(c, public, private).map(drop),
        Booking::KIND => forward::<Booking>(c, public, private).map(drop),
        ErasureRecord::KIND => {
            let erased = forward::<ErasureRecord>(c, public, private)?;
            if let Some(erasable) = Erasable::parse(&erased.key_id) {
                erase::beside(c, erasable)?;
            }
            data_keys::destroy(c, &erased.key_id, erased.at)
        }
        // One that is only told of has no file here, and its entries are still in the table:
        // [`crate::Store::seal_again`] comes after the last frame.
        SegmentRecord::KIND => forward::<SegmentRecord>(c, public, private).map(drop),
        other => Err(StoreError::Damaged(format!("unknown kind {other}"))),
    }
}

fn forward<S: Subject>(
    c: &Connection,
    public: &serde_json::Value,
    private: &serde_json::Value,
) -> Result<S, StoreError> {
    let state = S::join(public.clone(), private.clone())?;
    let public = to_json(public)?;
    let private = if is_nothing(private) { None } else { Some(to_json(private)?) };
    let Values { fixed, moving } = state.columns()?;
    let [id, ..] = fixed.as_slice() else {
        return Err(StoreError::Damaged("row without id".to_owned()));
    };
    let table = S::table();
    let (rev, base) = (integer(state.rev()), integer(table.stored_rev(c, id)?));
    let tail: [&dyn ToSql; 3] = [&rev, &public, &private];
    if base == 0 {
        let row: Vec<&dyn ToSql> =
            fixed.iter().chain(&moving).map(AsRef::as_ref).chain(tail).collect();
        c.prepare_cached(&table.insert)?.execute(row.as_slice())?;
    } else {
        let row: Vec<&dyn ToSql> = std::iter::once(id)
            .chain(&moving)
            .map(AsRef::as_ref)
            .chain(tail)
            .chain([&base as &dyn ToSql])
            .collect();
        c.prepare_cached(&table.update)?.execute(row.as_slice())?;
    }
    state.store_beside(c)?;
    Ok(state)
}

fn put_one<S: Subject>(
    c: &Connection,
    public: &serde_json::Value,
    private: &serde_json::Value,
) -> Result<(S, Put), StoreError> {
    let state = S::join(public.clone(), private.clone())?;
    let table = S::table();
    let Values { fixed, moving } = state.columns()?;
    let [id, ..] = fixed.as_slice() else {
        return Err(StoreError::Damaged("row without id".to_owned()));
    };
    if table.stored_rev(c, id)? > 0 {
        return Ok((state, Put::Known));
    }
    // The JSON as it came: what a newer program wrote into it stays in it.
    let rev = integer(state.rev());
    let public = to_json(public)?;
    let private = if is_nothing(private) { None } else { Some(to_json(private)?) };
    let tail: [&dyn ToSql; 3] = [&rev, &public, &private];
    let row: Vec<&dyn ToSql> = fixed.iter().chain(&moving).map(AsRef::as_ref).chain(tail).collect();
    match c.prepare_cached(&table.insert)?.execute(row.as_slice()).map_err(StoreError::from) {
        Ok(_) => {}
        Err(StoreError::Taken(_)) => return Ok((state, Put::Clashes)),
        Err(error) => return Err(error),
    }
    state.store_beside(c)?;
    Ok((state, Put::Stored))
}
