//! Dossiers: lists by view, search without diacritics, one whole.

use domain::dossier::{Custody, Dossier};
use domain::ids::NodeId;
use domain::text_fold::fold;
use domain::time::instant;
use jiff::civil;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{state, states};
use crate::StoreError;
use crate::sql::micros;

/// In which list a dossier stands; exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DossierView {
    /// Held here, without a result.
    Open,
    /// Held here, the result waits for the citizen.
    Ready,
    /// The result was handed out.
    Returned,
    /// Offered to this node.
    Incoming,
    /// Handed over, or on its way.
    Outgoing,
    /// Offered here and not taken.
    Declined,
}

impl DossierView {
    /// Every list.
    pub const ALL: [DossierView; 6] = [
        DossierView::Open,
        DossierView::Ready,
        DossierView::Returned,
        DossierView::Incoming,
        DossierView::Outgoing,
        DossierView::Declined,
    ];

    /// Where a dossier stands.
    pub fn of(dossier: &Dossier) -> DossierView {
        match &dossier.custody {
            Custody::Offered { .. } => DossierView::Incoming,
            Custody::HandingOver { .. }
            | Custody::PassedOn { .. }
            | Custody::TakingBack { .. }
            | Custody::AcceptedAway { .. } => DossierView::Outgoing,
            Custody::Declined { .. } => DossierView::Declined,
            Custody::Held if dossier.returned.is_some() => DossierView::Returned,
            Custody::Held if dossier.result.is_some() => DossierView::Ready,
            Custody::Held => DossierView::Open,
        }
    }

    /// The name in tables and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            DossierView::Open => "open",
            DossierView::Ready => "ready",
            DossierView::Returned => "returned",
            DossierView::Incoming => "incoming",
            DossierView::Outgoing => "outgoing",
            DossierView::Declined => "declined",
        }
    }

    /// Reads a name.
    pub fn parse(name: &str) -> Option<DossierView> {
        DossierView::ALL.into_iter().find(|view| view.as_str() == name)
    }
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct DossierPage {
    /// The dossiers on it, newest first.
    pub rows: Vec<Dossier>,
    /// How many there are on all pages.
    pub total: u64,
}

/// A page of a list; with `search`, only those that hold each of its words (code, name, number,
/// telephone, procedure), whatever the diacritics. Pages count from 0.
pub fn list(
    c: &Connection,
    view: Option<DossierView>,
    search: Option<&str>,
    page: u32,
    page_length: u32,
) -> Result<DossierPage, StoreError> {
    // At most four words: more only make the question dearer, not sharper.
    let mut words: Vec<String> =
        fold(search.unwrap_or_default()).split_whitespace().take(4).map(like).collect();
    words.resize(4, "%".to_owned());
    let searched = "search LIKE ?2 ESCAPE '\\' AND search LIKE ?3 ESCAPE '\\'
         AND search LIKE ?4 ESCAPE '\\' AND search LIKE ?5 ESCAPE '\\'";
    // Two questions, because each has an index of its own; `?1` is bound in both.
    let (view, condition, index) = match view {
        Some(view) => (view.as_str(), format!("view = ?1 AND {searched}"), "dossier_list"),
        None => ("", format!("?1 = '' AND {searched}"), "dossier_all"),
    };
    let from = format!("dossier INDEXED BY {index} WHERE {condition}");
    let total: i64 = c
        .prepare_cached(&format!("SELECT count(*) FROM {from}"))?
        .query_row((view, &words[0], &words[1], &words[2], &words[3]), |row| row.get(0))?;
    // The index alone says which rows the page has; only those are read whole.
    let rows = states(
        c,
        &format!(
            "SELECT public, private FROM dossier WHERE rowid IN
             (SELECT rowid FROM {from} ORDER BY received_at_us DESC, code DESC LIMIT ?6 OFFSET ?7)
             ORDER BY received_at_us DESC, code DESC"
        ),
        (
            view,
            &words[0],
            &words[1],
            &words[2],
            &words[3],
            page_length,
            i64::from(page) * i64::from(page_length),
        ),
    )?;
    Ok(DossierPage { rows, total: total.unsigned_abs() })
}

/// How many stand in a list.
pub fn count(c: &Connection, view: DossierView) -> Result<u64, StoreError> {
    let count: i64 = c
        .prepare_cached("SELECT count(*) FROM dossier WHERE view = ?1")?
        .query_row([view.as_str()], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

/// One dossier.
pub fn by_id(c: &Connection, id: Uuid) -> Result<Option<Dossier>, StoreError> {
    state(c, "SELECT public, private FROM dossier WHERE id = ?1", [id.into_bytes()])
}

/// The dossiers with a code; two nodes may have given the same one.
pub fn by_code(c: &Connection, code: &str) -> Result<Vec<Dossier>, StoreError> {
    states(c, "SELECT public, private FROM dossier WHERE code = ?1 ORDER BY origin", [code])
}

/// The dossiers of a ticket.
pub fn of_ticket(c: &Connection, ticket: Uuid) -> Result<Vec<Dossier>, StoreError> {
    states(
        c,
        "SELECT public, private FROM dossier WHERE ticket = ?1 ORDER BY code",
        [ticket.into_bytes()],
    )
}

/// The codes that a node gave on a day.
pub fn codes_of_day(
    c: &Connection,
    origin: &NodeId,
    day: civil::Date,
) -> Result<Vec<String>, StoreError> {
    let from = instant(day.at(0, 0, 0, 0));
    let to = day.tomorrow().map_or(jiff::Timestamp::MAX, |next| instant(next.at(0, 0, 0, 0)));
    let mut statement = c.prepare_cached(
        "SELECT code FROM dossier WHERE origin = ?1 AND received_at_us >= ?2 AND received_at_us < ?3",
    )?;
    let rows =
        statement.query_map((origin.as_str(), micros(from), micros(to)), |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Dossiers of one blob that are told; a page that lies in more of them says nothing of a person.
const DOSSIERS_OF_BLOB_MAX: u32 = 500;

/// The dossiers that name a blob, each once, and what kind of file it is there.
pub fn scans_of_blob(c: &Connection, sha256: &[u8; 32]) -> Result<Vec<(Uuid, String)>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT dossier, min(media_type) FROM scan WHERE sha256 = ?1
         GROUP BY dossier ORDER BY dossier LIMIT ?2",
    )?;
    let found = statement.query_map((sha256, DOSSIERS_OF_BLOB_MAX), |row| {
        Ok((Uuid::from_bytes(row.get(0)?), row.get(1)?))
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}

fn like(word: &str) -> String {
    let mut pattern = String::from("%");
    for letter in word.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}
