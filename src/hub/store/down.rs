//! The journal from the hub to each node: the same entries as the nodes write, with its own sequence
//! and chain. An entry is appended in the transaction of what it follows from (an order, a custody
//! decision), so it exists exactly when that does.

use deadpool_postgres::{GenericClient, Transaction};
use domain::ids::NodeId;
use jiff::Timestamp;
use journal::ctl::Parked;
use journal::seal::{DataKey, Place, WrappedKey};
use journal::{Change, ClockState, Entry};
use link::types::{EntriesRead, Hash, RawEntry, ReadLimits};
use serde_json::Value;

use super::{Store, hash, micros, signed, unsigned};
use crate::error::{HubError, Result};

/// PostgreSQL's channel on which the running hub hears that a node's down journal has grown or its
/// record has changed; the payload is the node. An order given on the command line reaches the nodes
/// through it.
pub const WAKE_CHANNEL: &str = "motcua_wake";

/// Which boot of the machine this is, for `boot_id` and `monotonic_ns` of entries.
#[derive(Debug, Clone, Copy)]
pub struct Boot {
    id: [u8; 16],
}

impl Boot {
    /// As the kernel says; zeros where it does not.
    pub fn read() -> Boot {
        let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
            .ok()
            .and_then(|text| text.trim().parse::<uuid::Uuid>().ok())
            .map(uuid::Uuid::into_bytes)
            .unwrap_or_default();
        Boot { id }
    }

    fn monotonic_ns(&self) -> u64 {
        let uptime = std::fs::read_to_string("/proc/uptime").unwrap_or_default();
        let seconds: f64 =
            uptime.split_whitespace().next().and_then(|text| text.parse().ok()).unwrap_or(0.0);
        (seconds * 1e9) as u64
    }
}

/// One change for a node.
pub struct DownChange<'a> {
    /// `message`, `hand_over_offer`, `custody_decision`, `enrolled_nodes`, `booking`.
    pub kind: &'a str,
    /// Id of the subject.
    pub subject: String,
    /// Revision of the subject in this journal.
    pub rev: u64,
    /// Term of a dossier's holder; 0 for what has none.
    pub term: u64,
    /// Version of the JSON.
    pub schema: u16,
    /// What everybody on the way may read.
    pub public: Value,
    /// What tells about a person: the id of the data key, and the value.
    pub sealed: Option<(String, Value)>,
    /// Scans that the state names.
    pub blobs: Vec<Hash>,
}

impl Store {
    /// Appends one entry to a node's down journal; gives epoch and number.
    pub(crate) async fn append_down(
        &self,
        tx: &Transaction<'_>,
        node: &str,
        actor: &str,
        changes: Vec<DownChange<'_>>,
        now: Timestamp,
    ) -> Result<(u64, u64)> {
        let row = tx
            .query_opt(
                "SELECT epoch, last_seq, head_hash FROM down_stream WHERE node = $1 FOR UPDATE",
                &[&node],
            )
            .await?
            .ok_or_else(|| {
                HubError::refused("hub.node_not_enrolled", format!("{node} is not enrolled"))
            })?;
        let (epoch, seq) = (unsigned(row.get(0)), unsigned(row.get(1)) + 1);
        let kind = changes.first().map(|change| change.kind.to_owned()).unwrap_or_default();
        let mut key_ids = Vec::new();
        let mut written = Vec::with_capacity(changes.len());
        for change in changes {
            let mut sealed = Vec::new();
            if let Some((key_id, value)) = change.sealed {
                let key = self.down_key(tx, node, &key_id).await?;
                let place = Place {
                    key_id: &key_id,
                    kind: change.kind,
                    subject: &change.subject,
                    rev: change.rev,
                };
                sealed = key.seal(place, value.to_string().as_bytes()).map_err(sealing)?;
                key_ids.push(key_id);
            }
            written.push(Change {
                kind: change.kind.to_owned(),
                subject: change.subject,
                axis: String::new(),
                rev: change.rev,
                base_rev: change.rev.saturating_sub(1),
                term: change.term,
                schema: change.schema,
                public: change.public.to_string().into_bytes(),
                sealed,
                blobs: change.blobs,
            });
        }
        let mut entry = Entry {
            format: journal::entry::FORMAT,
            node: NodeId::parse(node)
                .map_err(|error| HubError::refused("hub.bad_node", error.to_string()))?,
            epoch,
            seq,
            at_utc_us: micros(now),
            boot_id: self.boot.id,
            monotonic_ns: self.boot.monotonic_ns(),
            clock_state: ClockState::Steady,
            actor: actor.to_owned(),
            device: "hub".to_owned(),
            request_key: String::new(),
            changes: written,
            prev: hash(row.get(2))?,
            hash: journal::entry::NO_HASH,
        };
        let raw = entry
            .seal_hash()
            .map_err(|error| HubError::refused(error.code(), error.to_string()))?;
        let (epoch_column, seq_column) = (signed(epoch), signed(seq));
        tx.execute(
            "INSERT INTO down_entry (node, epoch, seq, kind, key_ids, at_us, raw, hash)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            &[
                &node,
                &epoch_column,
                &seq_column,
                &kind,
                &key_ids,
                &micros(now),
                &raw,
                &entry.hash.as_slice(),
            ],
        )
        .await?;
        tx.execute(
            "UPDATE down_stream SET last_seq = $2, head_hash = $3 WHERE node = $1",
            &[&node, &seq_column, &entry.hash.as_slice()],
        )
        .await?;
        wake(tx, node).await?;
        Ok((epoch, seq))
    }

    /// The data key of a subject in this journal, made at its first use. It is not the key under
    /// which another node sealed the same subject: what two nodes hold is erased at each by itself.
    async fn down_key(&self, tx: &Transaction<'_>, node: &str, key_id: &str) -> Result<DataKey> {
        let known = tx
            .query_opt(
                "SELECT sealed FROM data_key
                 WHERE node = $1 AND stream = 'down' AND key_id = $2",
                &[&node, &key_id],
            )
            .await?;
        if let Some(row) = known {
            return self.keys.unwrap_data_key(key_id, row.get(0));
        }
        let key = DataKey::generate().map_err(sealing)?;
        let sealed = self.keys.wrap_data_key(key_id, &key)?;
        tx.execute(
            "INSERT INTO data_key (node, stream, key_id, epoch, sealed)
             VALUES ($1, 'down', $2, 0, $3)",
            &[&node, &key_id, &sealed],
        )
        .await?;
        Ok(key)
    }

    /// Entries of a node's down journal from `seq` on, with their data keys wrapped for that node.
    pub async fn down_entries(
        &self,
        node: &str,
        seq: u64,
        limits: ReadLimits,
    ) -> Result<EntriesRead> {
        let client = self.client().await?;
        let rows = client
            .query(
                "SELECT e.seq, e.hash, e.raw, e.key_ids FROM down_entry e
                 JOIN down_stream s ON s.node = e.node AND s.epoch = e.epoch
                 WHERE e.node = $1 AND e.seq >= $2 ORDER BY e.seq LIMIT $3",
                &[&node, &signed(seq), &(limits.entries_max.min(10_000) as i64)],
            )
            .await?;
        let mut read = EntriesRead::default();
        let mut bytes = 0;
        let mut key_ids: Vec<String> = Vec::new();
        for row in rows {
            let raw: Vec<u8> = row.get(2);
            bytes += raw.len();
            if !read.entries.is_empty() && bytes > limits.bytes_max {
                break;
            }
            for key_id in row.get::<_, Vec<String>>(3) {
                if !key_ids.contains(&key_id) {
                    key_ids.push(key_id);
                }
            }
            read.entries.push(RawEntry { seq: unsigned(row.get(0)), hash: hash(row.get(1))?, raw });
        }
        if !key_ids.is_empty() {
            read.keys = self.keys_for(&client, node, &key_ids).await?;
        }
        Ok(read)
    }

    async fn keys_for(
        &self,
        client: &impl GenericClient,
        node: &str,
        key_ids: &[String],
    ) -> Result<Vec<WrappedKey>> {
        let wrapping = self.wrapping_key(client, node).await?;
        let rows = client
            .query(
                "SELECT key_id, sealed FROM data_key
                 WHERE node = $1 AND stream = 'down' AND key_id = ANY($2)",
                &[&node, &key_ids],
            )
            .await?;
        rows.into_iter()
            .map(|row| {
                let key_id: String = row.get(0);
                let key = self.keys.unwrap_data_key(&key_id, row.get(1))?;
                wrapping.wrap(&key_id, &key).map_err(sealing)
            })
            .collect()
    }

    /// The hash of one entry of a node's down journal; zeros before the first.
    pub async fn down_hash(&self, node: &str, seq: u64) -> Result<Option<Hash>> {
        if seq == 0 {
            return Ok(Some(journal::entry::NO_HASH));
        }
        let client = self.client().await?;
        let row = client
            .query_opt(
                "SELECT e.hash FROM down_entry e
                 JOIN down_stream s ON s.node = e.node AND s.epoch = e.epoch
                 WHERE e.node = $1 AND e.seq = $2",
                &[&node, &signed(seq)],
            )
            .await?;
        row.map(|row| hash(row.get(0))).transpose()
    }

    /// The node has committed everything up to here; what it could not apply is kept in view. An
    /// older word changes nothing.
    pub async fn down_acknowledged(
        &self,
        node: &str,
        seq: u64,
        parked: &[Parked],
        now: Timestamp,
    ) -> Result<()> {
        let client = self.client().await?;
        client
            .execute(
                "UPDATE down_stream SET acked_seq = $2, acked_us = $3
                 WHERE node = $1 AND acked_seq < $2 AND last_seq >= $2",
                &[&node, &signed(seq), &micros(now)],
            )
            .await?;
        for one in parked {
            client
                .execute(
                    "INSERT INTO down_parked (node, epoch, seq, code, heard_us)
                     SELECT node, epoch, $2, $3, $4 FROM down_stream WHERE node = $1
                     ON CONFLICT DO NOTHING",
                    &[&node, &signed(one.seq), &one.code, &micros(now)],
                )
                .await?;
        }
        Ok(())
    }
}

/// Tells the running hub, when the transaction is committed.
pub(super) async fn wake(tx: &Transaction<'_>, node: &str) -> Result<()> {
    tx.execute("SELECT pg_notify($1, $2)", &[&WAKE_CHANNEL, &node]).await?;
    Ok(())
}

pub(crate) fn sealing(error: journal::SealError) -> HubError {
    HubError::refused(error.code(), error.to_string())
}
