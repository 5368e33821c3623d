//! What the fleet page shows: one row a node, and what stands aside for a person to look at.

use domain::time::business_day;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::alarms::AlarmRow;
use super::forks::SalvagedRow;
use super::{Store, instant, unsigned};
use crate::error::{HubError, Result};

/// Rows of each kind that are listed at once, newest first.
const LISTED_MAX: i64 = 200;

/// Whether a node is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NodeState {
    /// A token was made, the box has not come yet.
    Invited,
    /// Connected.
    Online,
    /// Not connected.
    Offline,
    /// Nothing is taken from it until a person decides.
    Frozen,
}

/// One node.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct NodeRow {
    /// The node.
    pub node: String,
    /// Its unit's name.
    pub unit_name: String,
    /// What people call its place: the unit's name, for a reception point with the point's behind it.
    pub place_name: String,
    /// Whether it is there.
    pub state: NodeState,
    /// Why it is frozen.
    pub frozen_code: Option<String>,
    /// Version of its program.
    pub version: Option<String>,
    /// The granted epoch.
    pub epoch: u64,
    /// Entries at the hub, of all epochs.
    pub entries: u64,
    /// Last applied entry of this epoch.
    pub last_seq: u64,
    /// Since when the hub does not see it; nothing while it does. What follows is then as it was last
    /// known: how far it really is behind, and who waits there, nobody here can say.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub unseen_since: Option<Timestamp>,
    /// Entries that it has said to have and the hub has not.
    pub lag_entries: u64,
    /// Seconds since its last applied entry was written, while it lags; else 0.
    pub lag_s: i64,
    /// When its last applied entry was written.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub last_entry_at: Option<Timestamp>,
    /// When the hub last heard from it: a greeting, entries, an acknowledgement.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub last_seen_at: Option<Timestamp>,
    /// Dossiers that it holds and that are not finished.
    pub open_dossiers: u64,
    /// Citizens who wait there today.
    pub waiting_citizens: u64,
    /// Entries that stand parked.
    pub parked: u64,
    /// Frames that were refused.
    pub refused_frames: u64,
    /// States that stand beside, for a person to decide.
    pub conflicts: u64,
    /// Scans that its entries name and the hub does not have whole.
    pub blobs_missing: u64,
    /// Entries for it that it has not acknowledged.
    pub down_waiting: u64,
    /// Alarms that stand.
    pub alarms: u64,
    /// When its newest device certificate ends; the box renews it by itself at half life.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub certificate_ends_at: Option<Timestamp>,
    /// Its certificate was not renewed when it should have been, or is revoked: somebody should look.
    pub certificate_late: bool,
}

/// What stands aside at the hub about one node.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Aside {
    /// Entries that could not be applied.
    pub parked: Vec<ParkedRow>,
    /// Frames that were refused as a whole.
    pub refused: Vec<RefusedRow>,
    /// States that stand beside.
    pub conflicts: Vec<ConflictRow>,
    /// Entries of the hub's journal that the node could not apply.
    pub down_parked: Vec<DownParkedRow>,
    /// Entries of another journal under this name, kept for reading.
    pub salvaged: Vec<SalvagedRow>,
    /// Alarms.
    pub alarms: Vec<AlarmRow>,
}

/// A parked entry.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ParkedRow {
    /// Its epoch.
    pub epoch: u64,
    /// Its place.
    pub seq: u64,
    /// Why.
    pub code: String,
    /// For the technician; names subjects, never persons.
    pub detail: String,
    /// Since when.
    #[schema(value_type = String, format = "date-time")]
    pub parked_at: Timestamp,
}

/// A refused frame.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RefusedRow {
    /// Why.
    pub code: String,
    /// For the technician.
    pub detail: String,
    /// Bytes that were kept.
    pub bytes: u64,
    /// How often the same came.
    pub times: u64,
    /// First time.
    #[schema(value_type = String, format = "date-time")]
    pub first_at: Timestamp,
    /// Last time.
    #[schema(value_type = String, format = "date-time")]
    pub last_at: Timestamp,
}

/// A state that stands beside.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ConflictRow {
    /// The entry that brought it.
    pub seq: u64,
    /// Kind of the subject.
    pub kind: String,
    /// The subject.
    pub subject: String,
    /// Why it stands beside.
    pub code: String,
    /// Its term.
    pub term: u64,
    /// Since when.
    #[schema(value_type = String, format = "date-time")]
    pub kept_at: Timestamp,
}

/// An entry that the node could not apply.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DownParkedRow {
    /// Its place in the hub's journal for the node.
    pub seq: u64,
    /// Why.
    pub code: String,
}

impl NodeRow {
    /// The hub itself has lost the line to its broker, and with it sight of every node.
    pub fn out_of_sight(&mut self, since: Timestamp) {
        if self.state == NodeState::Online {
            self.state = NodeState::Offline;
        }
        if self.state != NodeState::Invited {
            self.unseen_since = Some(self.unseen_since.map_or(since, |before| before.min(since)));
        }
    }
}

impl Store {
    /// Every node, by name.
    pub async fn fleet(&self, now: Timestamp) -> Result<Vec<NodeRow>> {
        let client = self.client().await?;
        let today = business_day(now).to_string();
        let rows = client
            .query(
                "SELECT n.node, n.unit_name, n.state, n.online, n.frozen_code, n.version,
                    n.reported_seq, n.last_seen_us, s.epoch, s.acked_seq, s.entries,
                    s.last_entry_us, s.committed_us, d.last_seq - d.acked_seq,
                    (SELECT count(*) FROM subject u WHERE u.node = n.node AND u.kind = 'dossier'
                        AND u.public ->> 'state' = ANY('{1,2,4,5,6,9}')
                        AND u.public ->> 'holder' = n.node),
                    (SELECT count(*) FROM subject u WHERE u.node = n.node AND u.kind = 'ticket'
                        AND u.public ->> 'state' = 'waiting'
                        AND COALESCE(u.public ->> 'carried_to', u.public ->> 'business_day') = $1),
                    (SELECT count(*) FROM parked p
                        WHERE p.node = n.node AND p.replayed_us IS NULL),
                    (SELECT count(*) FROM refused_frame r WHERE r.node = n.node),
                    (SELECT count(*) FROM conflict c
                        WHERE c.node = n.node AND c.settled_us IS NULL),
                    (SELECT count(DISTINCT b.sha256) FROM blob_ref b WHERE b.node = n.node
                        AND NOT EXISTS (SELECT 1 FROM blob WHERE blob.sha256 = b.sha256
                                        AND blob.state = 'complete')),
                    (SELECT count(*) FROM alarm a
                        WHERE a.node = n.node AND a.cleared_us IS NULL),
                    n.offline_us, d.acked_us
                 FROM node n LEFT JOIN stream s USING (node) LEFT JOIN down_stream d USING (node)
                 ORDER BY n.node",
                &[&today],
            )
            .await?;
        Ok(rows.iter().map(|row| node_row(row, now)).collect())
    }

    /// Adds to the rows how each node's certificate stands. `now` is the machine's: certificates go by
    /// it, also while a demo's day runs faster.
    pub async fn with_certificates(
        &self,
        mut rows: Vec<NodeRow>,
        now: Timestamp,
    ) -> Result<Vec<NodeRow>> {
        let certificates = self.newest_certificates().await?;
        for row in &mut rows {
            if let Some(newest) = certificates.get(&row.node) {
                row.certificate_ends_at = Some(newest.ends_at);
                row.certificate_late = newest.revoked
                    || crate::renew_words::is_late(newest.issued_at, newest.ends_at, now);
            }
        }
        Ok(rows)
    }

    /// What stands aside about one node.
    pub async fn aside(&self, node: &str) -> Result<Aside> {
        // Each over a connection of its own, and so before this one's.
        let (alarms, salvaged) = (self.alarms(node).await?, self.salvaged(node).await?);
        let client = self.client().await?;
        if client.query_opt("SELECT 1 FROM node WHERE node = $1", &[&node]).await?.is_none() {
            return Err(HubError::refused("hub.unknown_node", format!("{node} is not known")));
        }
        let parked = client
            .query(
                "SELECT epoch, seq, code, detail, parked_us FROM parked
                 WHERE node = $1 AND replayed_us IS NULL ORDER BY epoch DESC, seq DESC LIMIT $2",
                &[&node, &LISTED_MAX],
            )
            .await?;
        let refused = client
            .query(
                "SELECT code, detail, length(raw)::bigint, times, first_us, last_us
                 FROM refused_frame WHERE node = $1 ORDER BY last_us DESC LIMIT $2",
                &[&node, &LISTED_MAX],
            )
            .await?;
        let conflicts = client
            .query(
                "SELECT seq, kind, subject, code, term, kept_us FROM conflict
                 WHERE node = $1 AND settled_us IS NULL ORDER BY kept_us DESC LIMIT $2",
                &[&node, &LISTED_MAX],
            )
            .await?;
        let down_parked = client
            .query(
                "SELECT seq, code FROM down_parked WHERE node = $1 ORDER BY seq DESC LIMIT $2",
                &[&node, &LISTED_MAX],
            )
            .await?;
        Ok(Aside {
            salvaged,
            parked: parked
                .iter()
                .map(|row| ParkedRow {
                    epoch: unsigned(row.get(0)),
                    seq: unsigned(row.get(1)),
                    code: row.get(2),
                    detail: row.get(3),
                    parked_at: instant(row.get(4)),
                })
                .collect(),
            refused: refused
                .iter()
                .map(|row| RefusedRow {
                    code: row.get(0),
                    detail: row.get(1),
                    bytes: unsigned(row.get(2)),
                    times: unsigned(row.get(3)),
                    first_at: instant(row.get(4)),
                    last_at: instant(row.get(5)),
                })
                .collect(),
            conflicts: conflicts
                .iter()
                .map(|row| ConflictRow {
                    seq: unsigned(row.get(0)),
                    kind: row.get(1),
                    subject: row.get(2),
                    code: row.get(3),
                    term: unsigned(row.get(4)),
                    kept_at: instant(row.get(5)),
                })
                .collect(),
            down_parked: down_parked
                .iter()
                .map(|row| DownParkedRow { seq: unsigned(row.get(0)), code: row.get(1) })
                .collect(),
            alarms,
        })
    }
}

fn node_row(row: &tokio_postgres::Row, now: Timestamp) -> NodeRow {
    let state = match (row.get::<_, &str>(2), row.get::<_, bool>(3)) {
        ("invited", _) => NodeState::Invited,
        ("frozen", _) => NodeState::Frozen,
        (_, true) => NodeState::Online,
        _ => NodeState::Offline,
    };
    let number = |column: usize| unsigned(row.get::<_, Option<i64>>(column).unwrap_or(0));
    let last_seq = number(9);
    let lag_entries = number(6).saturating_sub(last_seq);
    let last_entry_at = row.get::<_, Option<i64>>(11).map(instant);
    let lag_s = match last_entry_at {
        Some(at) if lag_entries > 0 => now.duration_since(at).as_secs().max(0),
        _ => 0,
    };
    let heard = [7, 12, 22].map(|column| row.get::<_, Option<i64>>(column));
    let last_seen = heard.into_iter().max().flatten();
    let unseen_since = match (row.get::<_, bool>(3), row.get::<_, Option<i64>>(21)) {
        (true, _) => None,
        // A box that was never connected is unseen since it was last heard of.
        (false, since) => since.or(last_seen).map(instant),
    };
    NodeRow {
        node: row.get(0),
        unit_name: row.get(1),
        place_name: row.get(1),
        state,
        frozen_code: row.get(4),
        version: row.get(5),
        epoch: number(8),
        entries: number(10),
        last_seq,
        unseen_since,
        lag_entries,
        lag_s,
        last_entry_at,
        last_seen_at: last_seen.map(instant),
        open_dossiers: number(14),
        waiting_citizens: number(15),
        parked: number(16),
        refused_frames: number(17),
        conflicts: number(18),
        blobs_missing: number(19),
        down_waiting: number(13),
        alarms: number(20),
        certificate_ends_at: None,
        certificate_late: false,
    }
}
