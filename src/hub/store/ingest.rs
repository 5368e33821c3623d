//! What nodes send: one transaction for each frame. The stream's row is locked first; an entry is
//! taken only at the cursor + 1, in the granted epoch and with the right previous hash. What was
//! taken before is ignored and acknowledged again, so a frame may come any number of times.
//!
//! An entry that is in the chain but cannot be applied (an unknown format or schema, a sealed part
//! that does not open, a record that does not read) is parked with its bytes and its code; the chain
//! goes on over it. A frame that is not the next one is refused as a whole.

use std::collections::{BTreeMap, BTreeSet};

use deadpool_postgres::Transaction;
use domain::dossier::Dossier;
use domain::ids::NodeId;
use jiff::Timestamp;
use journal::entry::{Outline, outline};
use journal::seal::{self, DataKey, WrappedKey, WrappingKey};
use journal::{Change, Entry, Frame, Stream};
use link::hublink::IngestOutcome;
use link::types::{Hash, Position};
use serde_json::Value;
use tokio_postgres::Row;

use super::erase::is_erasure;
use super::reading::{Readable, Seen, check_frame, look_at};
use super::{Store, hash, micros, signed, unsigned};
use crate::error::{HubError, Result};

/// Parked entries that are read at once to be tried again: each may be half a megabyte.
const REPLAYED_AT_ONCE: i64 = 20;

/// The cursor's row, locked.
struct Cursor {
    position: Position,
    wrapping: WrappingKey,
}

/// States that were not written because a newer one of the same subject stands: number of the entry,
/// kind and subject.
type Overtaken = BTreeSet<(u64, String, String)>;

/// Whether entries are applied together, or one by one with a savepoint each.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Care {
    /// The usual way: a few statements for the whole frame.
    Together,
    /// After PostgreSQL has refused something in the frame: find what, and park only that.
    OneByOne,
}

impl Store {
    /// Takes a frame. An error means that nothing was committed and the same frame may come again.
    pub async fn ingest_frame(
        &self,
        node: &NodeId,
        frame: Frame,
        now: Timestamp,
    ) -> Result<IngestOutcome> {
        match self.ingest_with(node, &frame, now, Care::Together).await {
            Err(error) if !error.is_transient() => {
                tracing::warn!(%node, %error, "a frame is applied entry by entry");
                self.ingest_with(node, &frame, now, Care::OneByOne).await
            }
            outcome => outcome,
        }
    }

    async fn ingest_with(
        &self,
        node: &NodeId,
        frame: &Frame,
        now: Timestamp,
        care: Care,
    ) -> Result<IngestOutcome> {
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        let (cursor, frozen) = lock_cursor(self, &tx, node).await?;
        let position = cursor.position;
        let refuse = |code: &str, detail: String| IngestOutcome::Refused {
            code: code.to_owned(),
            detail,
            position,
        };
        if let Some(code) = frozen {
            return Ok(refuse(&code, "the stream is frozen until a person decides".into()));
        }
        let outlines = match check_frame(node, frame, position.epoch) {
            Ok(outlines) => outlines,
            Err((code, index)) => {
                tx.rollback().await?;
                drop(client); // what follows takes a connection of its own
                let raw = frame.entries.get(index).map(Vec::as_slice).unwrap_or_default();
                let detail = format!("entry {} of the frame from {}", index + 1, frame.first_seq);
                self.keep_refused(node.as_str(), code, &detail, raw, now).await?;
                return Ok(refuse(code, detail));
            }
        };
        let last_seq = frame.first_seq + outlines.len() as u64 - 1;
        if last_seq <= position.seq {
            let same = is_known(&tx, node, position.epoch, &outlines).await?;
            tx.rollback().await?;
            if same {
                return Ok(IngestOutcome::Committed { position, parked: Vec::new() });
            }
            // Two journals under one name: a restored backup or a cloned disk.
            let detail = format!("entry {last_seq} is known here with another content");
            drop(client);
            self.freeze(node.as_str(), "stream.fork", &detail, now).await?;
            return Ok(refuse("stream.fork", detail));
        }
        if frame.first_seq > position.seq + 1 {
            let detail = format!("it begins at {}, expected {}", frame.first_seq, position.seq + 1);
            return Ok(refuse("frame.gap", detail));
        }
        let skip = (position.seq + 1 - frame.first_seq) as usize;
        let first_new = &outlines[skip];
        if first_new.prev != position.hash {
            let detail = format!("entry {} does not follow the one before it", first_new.seq);
            let raw = frame.entries[skip].clone();
            tx.rollback().await?;
            drop(client);
            self.keep_refused(node.as_str(), "entry.chain_broken", &detail, &raw, now).await?;
            return Ok(refuse("entry.chain_broken", detail));
        }
        let new: Vec<(Outline, &Vec<u8>)> =
            outlines.into_iter().zip(&frame.entries).skip(skip).collect();
        let keys = self.keys_of_frame(&tx, node.as_str(), &cursor, frame).await?;
        crashpoint::at("hub.keys_kept");
        let mut seen: Vec<Seen> = new
            .into_iter()
            .map(|(outline, raw)| look_at(outline, raw.clone(), &keys, self.sealing))
            .collect();

        let overtaken = if care == Care::Together {
            self.apply(&tx, node, &seen).await?
        } else {
            self.apply_one_by_one(&tx, node, &mut seen).await?
        };
        crashpoint::at("hub.subjects_written");
        // A revision that does not grow: the newer state stays, this one is kept beside it.
        for one in &seen {
            for readable in one.content.iter().flatten().filter(|r| is_in(&overtaken, one, r)) {
                let (epoch, seq) = (one.outline.epoch, one.outline.seq);
                let code = "subject.stale_revision";
                self.keep_beside(&tx, node.as_str(), epoch, seq, readable, code, now).await?;
            }
        }
        self.erase_named(&tx, node.as_str(), &seen).await?;
        let position = self.enter_in_books(&tx, node.as_str(), &seen, now).await?;
        crashpoint::at("hub.entries_written");
        self.move_custody(&tx, node, &seen_dossiers(&seen, &overtaken), now).await?;
        crashpoint::at("hub.before_commit");
        tx.commit().await?;
        crashpoint::at("hub.committed");
        let parked = seen
            .iter()
            .filter_map(|seen| {
                let (code, detail) = seen.content.as_ref().err()?;
                tracing::warn!(%node, seq = seen.outline.seq, code, detail, "an entry is parked");
                Some(journal::ctl::Parked { seq: seen.outline.seq, code: code.clone() })
            })
            .collect();
        Ok(IngestOutcome::Committed { position, parked })
    }

    /// Every data key that the frame's entries may need: those that came with it first, then those
    /// that are known here. New ones are kept, sealed under the hub's own key. An id without any key
    /// is that of a subject which the node has erased before its entries came here.
    async fn keys_of_frame(
        &self,
        tx: &Transaction<'_>,
        node: &str,
        cursor: &Cursor,
        frame: &Frame,
    ) -> Result<BTreeMap<String, Vec<DataKey>>> {
        let mut ids: Vec<&str> = frame.keys.iter().map(|key| key.key_id.as_str()).collect();
        let entries: Vec<Entry> =
            frame.entries.iter().filter_map(|raw| Entry::decode(raw).ok()).collect();
        for change in entries.iter().flat_map(|entry| &entry.changes) {
            if let Ok(key_id) = seal::key_id(&change.sealed) {
                ids.push(key_id);
            }
        }
        ids.retain(|id| !id.contains('\0'));
        ids.sort_unstable();
        ids.dedup();
        let mut keys: BTreeMap<String, Vec<DataKey>> = BTreeMap::new();
        if ids.is_empty() {
            return Ok(keys);
        }
        let epoch = signed(cursor.position.epoch);
        let statement = tx
            .prepare_cached(
                "SELECT key_id, sealed, epoch FROM data_key
                 WHERE node = $1 AND stream = 'up' AND key_id = ANY($2) ORDER BY epoch DESC",
            )
            .await?;
        let mut known_now: Vec<String> = Vec::new();
        for row in tx.query(&statement, &[&node, &ids]).await? {
            let key_id: String = row.get(0);
            let key = self.keys.unwrap_data_key(&key_id, row.get(1))?;
            if row.get::<_, i64>(2) == epoch {
                known_now.push(key_id.clone());
            }
            keys.entry(key_id).or_default().push(key);
        }
        let (mut new_ids, mut new_keys) = (Vec::new(), Vec::new());
        for wrapped in &frame.keys {
            let WrappedKey { key_id, .. } = wrapped;
            if key_id.contains('\0') {
                continue;
            }
            if wrapped.is_destroyed() {
                keys.entry(key_id.clone()).or_default();
                continue;
            }
            match cursor.wrapping.unwrap(wrapped) {
                Ok(key) if known_now.contains(key_id) => {
                    let known = keys.entry(key_id.clone()).or_default();
                    if !known.contains(&key) {
                        tracing::warn!(node, key_id, "a second data key under one id");
                        known.insert(0, key);
                    }
                }
                Ok(key) => {
                    new_ids.push(key_id.clone());
                    new_keys.push(self.keys.wrap_data_key(key_id, &key)?);
                    keys.entry(key_id.clone()).or_default().insert(0, key);
                    known_now.push(key_id.clone());
                }
                // The entries that need it are parked by the code of their sealed part.
                Err(error) => tracing::warn!(node, key_id, %error, "a data key does not open"),
            }
        }
        if !new_ids.is_empty() {
            let statement = tx
                .prepare_cached(
                    "INSERT INTO data_key (node, stream, key_id, epoch, sealed)
                     SELECT $1, 'up', i, $2, k FROM unnest($3::text[], $4::bytea[]) AS n (i, k)
                     ON CONFLICT DO NOTHING",
                )
                .await?;
            tx.execute(&statement, &[&node, &epoch, &new_ids, &new_keys]).await?;
        }
        Ok(keys)
    }

    async fn apply_one_by_one(
        &self,
        tx: &Transaction<'_>,
        node: &NodeId,
        seen: &mut [Seen],
    ) -> Result<Overtaken> {
        let mut overtaken = Overtaken::new();
        for one in seen {
            tx.batch_execute("SAVEPOINT one_entry").await?;
            match self.apply(tx, node, std::slice::from_ref(one)).await {
                Ok(older) => {
                    tx.batch_execute("RELEASE SAVEPOINT one_entry").await?;
                    overtaken.extend(older);
                }
                Err(error) if !error.is_transient() => {
                    tx.batch_execute("ROLLBACK TO SAVEPOINT one_entry").await?;
                    one.content = Err(("entry.not_applicable".into(), error.to_string()));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(overtaken)
    }

    /// Writes the subjects' states and the blobs they name. Of several changes to one subject the
    /// last one is what stands afterwards. Gives the states that a newer one has overtaken.
    async fn apply(&self, tx: &Transaction<'_>, node: &NodeId, seen: &[Seen]) -> Result<Overtaken> {
        let mut last: BTreeMap<(&str, &str, &str), (&Seen, &Readable)> = BTreeMap::new();
        let mut blobs = Blobs::default();
        for one in seen {
            for readable in one.content.iter().flatten() {
                let change = &readable.change;
                last.insert((&change.kind, &change.subject, &change.axis), (one, readable));
                for sha256 in &change.blobs {
                    blobs.hashes.push(sha256.as_slice());
                    blobs.kinds.push(&change.kind);
                    blobs.subjects.push(&change.subject);
                }
            }
        }
        let overtaken = self.upsert_subjects(tx, node.as_str(), &last).await?;
        if !blobs.hashes.is_empty() {
            let statement = tx
                .prepare_cached(
                    "INSERT INTO blob_ref (node, sha256, kind, subject)
                     SELECT $1, * FROM unnest($2::bytea[], $3::text[], $4::text[])
                     ON CONFLICT DO NOTHING",
                )
                .await?;
            tx.execute(&statement, &[&node.as_str(), &blobs.hashes, &blobs.kinds, &blobs.subjects])
                .await?;
        }
        Ok(overtaken)
    }

    async fn upsert_subjects(
        &self,
        tx: &Transaction<'_>,
        node: &str,
        last: &BTreeMap<(&str, &str, &str), (&Seen, &Readable)>,
    ) -> Result<Overtaken> {
        let Some((first, _)) = last.values().next() else { return Ok(Overtaken::new()) };
        let epoch = signed(first.outline.epoch);
        let mut rows = Rows::default();
        for (one, readable) in last.values() {
            rows.push(one, readable);
        }
        let statement = tx
            .prepare_cached(
                "INSERT INTO subject
                     (node, epoch, kind, subject, axis, rev, term, schema, public, private, seq)
                 SELECT $1, $2, * FROM unnest($3::text[], $4::text[], $5::text[], $6::bigint[],
                     $7::bigint[], $8::integer[], $9::jsonb[], $10::jsonb[], $11::bigint[])
                 ON CONFLICT (node, kind, subject, axis) DO UPDATE
                 SET epoch = excluded.epoch, rev = excluded.rev, term = excluded.term,
                     schema = excluded.schema, public = excluded.public,
                     private = excluded.private, seq = excluded.seq
                 WHERE (subject.epoch, subject.rev) < (excluded.epoch, excluded.rev)
                 RETURNING kind, subject, axis",
            )
            .await?;
        let written = tx
            .query(
                &statement,
                &[
                    &node,
                    &epoch,
                    &rows.kinds,
                    &rows.subjects,
                    &rows.axes,
                    &rows.revs,
                    &rows.terms,
                    &rows.schemas,
                    &rows.publics,
                    &rows.privates,
                    &rows.seqs,
                ],
            )
            .await?;
        let mut overtaken = Overtaken::new();
        if written.len() == last.len() {
            return Ok(overtaken);
        }
        for ((kind, subject, axis), (one, _)) in last {
            let stands = written.iter().any(|row| {
                row.get::<_, &str>(0) == *kind
                    && row.get::<_, &str>(1) == *subject
                    && row.get::<_, &str>(2) == *axis
            });
            if !stands {
                overtaken.insert((one.outline.seq, (*kind).to_owned(), (*subject).to_owned()));
            }
        }
        Ok(overtaken)
    }

    /// Keeps a state that does not become the subject's own, for a person to look at.
    #[allow(clippy::too_many_arguments)] // a row's columns
    pub(super) async fn keep_beside(
        &self,
        tx: &Transaction<'_>,
        node: &str,
        epoch: u64,
        seq: u64,
        readable: &Readable,
        code: &str,
        now: Timestamp,
    ) -> Result<()> {
        let change = &readable.change;
        tx.execute(
            "INSERT INTO conflict
                 (node, epoch, seq, kind, subject, code, term, public, private, kept_us)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING",
            &[
                &node,
                &signed(epoch),
                &signed(seq),
                &change.kind,
                &change.subject,
                &code,
                &signed(change.term),
                &readable.public,
                &readable.private,
                &micros(now),
            ],
        )
        .await?;
        tracing::warn!(
            node,
            seq,
            kind = change.kind,
            subject = change.subject,
            code,
            "kept beside"
        );
        Ok(())
    }

    /// Writes the entries themselves, what is parked, and the cursor.
    async fn enter_in_books(
        &self,
        tx: &Transaction<'_>,
        node: &str,
        seen: &[Seen],
        now: Timestamp,
    ) -> Result<Position> {
        let Some(last) = seen.last() else {
            return Err(HubError::refused("frame.empty", "there is nothing new in it"));
        };
        let seqs: Vec<i64> = seen.iter().map(|one| signed(one.outline.seq)).collect();
        let ats: Vec<i64> = seen.iter().map(|one| one.at_us).collect();
        let raws: Vec<&[u8]> = seen.iter().map(|one| one.raw.as_slice()).collect();
        let hashes: Vec<&[u8]> = seen.iter().map(|one| one.outline.hash.as_slice()).collect();
        let epoch = signed(last.outline.epoch);
        let statement = tx
            .prepare_cached(
                "INSERT INTO entry (node, epoch, seq, at_us, raw, hash)
                 SELECT $1, $2, * FROM unnest($3::bigint[], $4::bigint[], $5::bytea[], $6::bytea[])",
            )
            .await?;
        tx.execute(&statement, &[&node, &epoch, &seqs, &ats, &raws, &hashes]).await?;
        for one in seen {
            let Err((code, detail)) = &one.content else { continue };
            tx.execute(
                "INSERT INTO parked (node, epoch, seq, code, detail, raw, parked_us)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)",
                &[&node, &epoch, &signed(one.outline.seq), code, detail, &one.raw, &micros(now)],
            )
            .await?;
        }
        let statement = tx
            .prepare_cached(
                "UPDATE stream SET acked_seq = $2, head_hash = $3, entries = entries + $4,
                        last_entry_us = $5, committed_us = $6
                 WHERE node = $1",
            )
            .await?;
        tx.execute(
            &statement,
            &[
                &node,
                &signed(last.outline.seq),
                &last.outline.hash.as_slice(),
                &(seen.len() as i64),
                &last.at_us,
                &micros(now),
            ],
        )
        .await?;
        Ok(Position { epoch: last.outline.epoch, seq: last.outline.seq, hash: last.outline.hash })
    }

    /// Keeps a refused frame's bytes for a person to look at. The same bytes stand once and are
    /// counted; beyond the limit the oldest go.
    pub(crate) async fn keep_refused(
        &self,
        node: &str,
        code: &str,
        detail: &str,
        raw: &[u8],
        now: Timestamp,
    ) -> Result<()> {
        tracing::warn!(node, code, detail, "a frame is refused");
        let client = self.client().await?;
        let digest = journal::entry::sha256(raw);
        client
            .execute(
                "INSERT INTO refused_frame (node, code, digest, detail, raw, first_us, last_us)
                 VALUES ($1, $2, $3, $4, $5, $6, $6)
                 ON CONFLICT (node, code, digest) DO UPDATE
                 SET times = refused_frame.times + 1, last_us = excluded.last_us",
                &[&node, &code, &digest.as_slice(), &detail, &raw, &micros(now)],
            )
            .await?;
        client
            .execute(
                "DELETE FROM refused_frame WHERE (node, code, digest) IN (
                     SELECT node, code, digest FROM refused_frame WHERE node = $1
                     ORDER BY last_us DESC OFFSET $2)",
                &[&node, &self.refused_frames_max],
            )
            .await?;
        Ok(())
    }

    /// The hash of an entry of a node's journal in the granted epoch; zeros before the first.
    pub async fn entry_hash(&self, node: &str, seq: u64) -> Result<Option<Hash>> {
        if seq == 0 {
            return Ok(Some(journal::entry::NO_HASH));
        }
        let client = self.client().await?;
        let row = client
            .query_opt(
                "SELECT e.hash FROM entry e JOIN stream s ON s.node = e.node AND s.epoch = e.epoch
                 WHERE e.node = $1 AND e.seq = $2",
                &[&node, &signed(seq)],
            )
            .await?;
        row.map(|row| hash(row.get(0))).transpose()
    }

    /// Tries parked entries again, oldest first: after an update they may be readable. What has been
    /// overtaken by a newer state of its subject changes nothing. Gives how many were applied.
    pub async fn replay_parked(&self, now: Timestamp) -> Result<u64> {
        let (mut applied, mut behind) = (0, (String::new(), 0_i64, 0_i64));
        loop {
            let client = self.client().await?;
            let rows = client
                .query(
                    "SELECT node, epoch, seq, raw FROM parked
                     WHERE replayed_us IS NULL AND (node, epoch, seq) > ($1, $2, $3)
                     ORDER BY node, epoch, seq LIMIT $4",
                    &[&behind.0, &behind.1, &behind.2, &REPLAYED_AT_ONCE],
                )
                .await?;
            drop(client);
            let Some(last) = rows.last() else { return Ok(applied) };
            behind = (last.get(0), last.get(1), last.get(2));
            applied += self.replay_rows(rows, now).await?;
        }
    }

    async fn replay_rows(&self, rows: Vec<Row>, now: Timestamp) -> Result<u64> {
        let mut client = self.client().await?;
        let mut applied = 0;
        for row in rows {
            let (node, epoch, seq): (String, i64, i64) = (row.get(0), row.get(1), row.get(2));
            let raw: Vec<u8> = row.get(3);
            let (Ok(node_id), Ok(outline)) = (NodeId::parse(&node), outline(&raw)) else {
                continue;
            };
            let tx = client.transaction().await?;
            let (mut cursor, _) = lock_cursor(self, &tx, &node_id).await?;
            cursor.position.epoch = unsigned(epoch);
            let frame = Frame {
                node: node_id.clone(),
                stream: Stream::Up,
                epoch: unsigned(epoch),
                first_seq: unsigned(seq),
                keys: Vec::new(),
                entries: vec![raw.clone()],
            };
            let keys = self.keys_of_frame(&tx, &node, &cursor, &frame).await?;
            let seen = [look_at(outline, raw, &keys, self.sealing)];
            if seen[0].content.is_err() {
                tx.rollback().await?;
                continue;
            }
            match self.apply(&tx, &node_id, &seen).await {
                Ok(overtaken) => {
                    tx.execute(
                        "UPDATE parked SET replayed_us = $4
                         WHERE node = $1 AND epoch = $2 AND seq = $3",
                        &[&node, &epoch, &seq, &micros(now)],
                    )
                    .await?;
                    let dossiers = seen_dossiers(&seen, &overtaken);
                    self.move_custody(&tx, &node_id, &dossiers, now).await?;
                    tx.commit().await?;
                    applied += 1;
                }
                Err(error) if error.is_transient() => return Err(error),
                Err(_) => tx.rollback().await?,
            }
        }
        Ok(applied)
    }
}

#[derive(Default)]
struct Blobs<'a> {
    hashes: Vec<&'a [u8]>,
    kinds: Vec<&'a str>,
    subjects: Vec<&'a str>,
}

#[derive(Default)]
struct Rows<'a> {
    kinds: Vec<&'a str>,
    subjects: Vec<&'a str>,
    axes: Vec<&'a str>,
    revs: Vec<i64>,
    terms: Vec<i64>,
    schemas: Vec<i32>,
    publics: Vec<&'a Value>,
    privates: Vec<&'a Value>,
    seqs: Vec<i64>,
}

impl<'a> Rows<'a> {
    fn push(&mut self, one: &Seen, readable: &'a Readable) {
        let change = &readable.change;
        self.kinds.push(&change.kind);
        self.subjects.push(&change.subject);
        self.axes.push(&change.axis);
        self.revs.push(signed(change.rev));
        self.terms.push(signed(change.term));
        self.schemas.push(i32::from(change.schema));
        self.publics.push(&readable.public);
        self.privates.push(&readable.private);
        self.seqs.push(signed(one.outline.seq));
    }
}

/// A dossier as a frame leaves it.
pub(super) struct MovedDossier<'a> {
    pub(super) dossier: &'a Dossier,
    pub(super) readable: &'a Readable,
    pub(super) epoch: u64,
    pub(super) seq: u64,
}

fn is_in(overtaken: &Overtaken, one: &Seen, readable: &Readable) -> bool {
    let Change { kind, subject, .. } = &readable.change;
    !overtaken.is_empty()
        && overtaken.contains(&(one.outline.seq, kind.to_owned(), subject.to_owned()))
}

/// The last state of each dossier in the frame, in the order of their last changes. One that was
/// overtaken is what once was: it hands nothing over any more.
fn seen_dossiers<'a>(seen: &'a [Seen], overtaken: &Overtaken) -> Vec<MovedDossier<'a>> {
    let mut moved: Vec<MovedDossier<'_>> = Vec::new();
    for one in seen {
        for readable in one.content.iter().flatten() {
            let Some(dossier) = &readable.dossier else { continue };
            if is_in(overtaken, one, readable) || is_erasure(one) {
                continue;
            }
            moved.retain(|known| known.dossier.id != dossier.id);
            let (epoch, seq) = (one.outline.epoch, one.outline.seq);
            moved.push(MovedDossier { dossier, readable, epoch, seq });
        }
    }
    moved
}

/// Whether a frame that was taken before tells the same story as then.
async fn is_known(
    tx: &Transaction<'_>,
    node: &NodeId,
    epoch: u64,
    outlines: &[Outline],
) -> Result<bool> {
    let Some(last) = outlines.last() else { return Ok(true) };
    let known = tx
        .query_opt(
            "SELECT hash FROM entry WHERE node = $1 AND epoch = $2 AND seq = $3",
            &[&node.as_str(), &signed(epoch), &signed(last.seq)],
        )
        .await?;
    Ok(known.is_some_and(|row| row.get::<_, &[u8]>(0) == last.hash))
}

async fn lock_cursor(
    store: &Store,
    tx: &Transaction<'_>,
    node: &NodeId,
) -> Result<(Cursor, Option<String>)> {
    let statement = tx
        .prepare_cached(
            "SELECT s.epoch, s.acked_seq, s.head_hash, w.sealed, n.state, n.frozen_code
             FROM stream s JOIN node n USING (node) JOIN wrapping_key w USING (node)
             WHERE s.node = $1 FOR UPDATE OF s",
        )
        .await?;
    let row = tx.query_opt(&statement, &[&node.as_str()]).await?.ok_or_else(|| {
        HubError::refused("hub.node_not_enrolled", format!("{node} is not enrolled"))
    })?;
    let frozen = (row.get::<_, &str>(4) == "frozen")
        .then(|| row.get::<_, Option<String>>(5).unwrap_or_else(|| "node.frozen".into()));
    let position = Position {
        epoch: unsigned(row.get(0)),
        seq: unsigned(row.get(1)),
        hash: hash(row.get(2))?,
    };
    let wrapping = store.keys.open_wrapping_key(node.as_str(), row.get(3))?;
    Ok((Cursor { position, wrapping }, frozen))
}
