//! A node's subjects as they stand, for a new box in its place: first what it needs to open, then the
//! rest. What the new box itself has written since is left out: it has that already, and so a page
//! asked for again is the same page.

use deadpool_postgres::GenericClient;
use journal::books::{BookRow, digest, row_hash};
use serde_json::Value;

use super::{Store, unsigned};
use crate::error::Result;
use crate::restore_words::{
    PAGE_BYTES_MAX, PAGE_ROWS_MAX, PageAsk, Part, PartDigest, RestoreOffer, SnapshotPage,
    SnapshotRow,
};

/// What a center cannot open without. $3 is the day since which tickets and dossiers count as today's.
/// Of bookings also today's by which somebody came: their places must not be given again, nor their codes
/// be unknown.
const OPEN: &str =
    "(kind IN ('counter', 'down_cursor', 'accounts', 'calling_policy', 'officer_skills')
    OR (kind = 'dossier' AND (public ->> 'state' = ANY('{1,2,4,5,6,9}')
        OR (public ->> 'received_at')::timestamptz >= ($3::text || ' 00:00+07')::timestamptz))
    OR (kind = 'ticket'
        AND COALESCE(public ->> 'carried_to', public ->> 'business_day') >= $3)
    OR (kind = 'number_gap' AND public ->> 'business_day' >= $3)
    OR (kind = 'booking' AND public ->> 'state' IN ('booked', 'too_late'))
    OR CASE WHEN kind = 'booking' AND public ->> 'state' = 'arrived'
        THEN (public ->> 'to')::timestamptz >= ($3::text || ' 00:00+07')::timestamptz END
    OR (kind = 'message' AND public ->> 'read_at' IS NULL))";
/// Subjects that are read at once for a digest.
const DIGEST_ROWS: i64 = 2000;

impl Store {
    /// What there is to restore of a node; nothing when it never sent anything.
    pub async fn restore_offer(&self, node: &str) -> Result<Option<RestoreOffer>> {
        let client = self.client().await?;
        let row = client
            .query_opt(
                "SELECT n.unit_name, w.wrapped_master, s.epoch, s.acked_seq, s.last_entry_us,
                        (SELECT count(*) FROM subject u WHERE u.node = n.node), n.online
                 FROM node n JOIN stream s USING (node) JOIN wrapping_key w USING (node)
                 WHERE n.node = $1",
                &[&node],
            )
            .await?;
        Ok(row.map(|row| RestoreOffer {
            unit_name: row.get(0),
            wrapped_master: journal::hex::encode(row.get(1)),
            epoch: unsigned(row.get(2)),
            last_seq: unsigned(row.get(3)),
            last_entry_us: row.get(4),
            subjects: unsigned(row.get(5)),
            online: row.get(6),
        }))
    }

    /// Whether a node has ever sent an entry.
    pub(crate) async fn has_history(
        &self,
        client: &impl GenericClient,
        node: &str,
    ) -> Result<bool> {
        let row = client
            .query_one("SELECT EXISTS (SELECT 1 FROM subject WHERE node = $1)", &[&node])
            .await?;
        Ok(row.get(0))
    }

    /// One page of the snapshot of everything before an epoch.
    pub async fn snapshot_page(
        &self,
        node: &str,
        epoch: u64,
        ask: &PageAsk,
    ) -> Result<SnapshotPage> {
        let client = self.client().await?;
        let rows_max = i64::from(ask.rows_max.clamp(1, PAGE_ROWS_MAX));
        let digest = match &ask.after {
            None => Some(self.part_digest(&client, node, epoch, ask).await?),
            Some(_) => None,
        };
        let (mut rows, mut more) =
            part_rows(&client, node, epoch, ask, ask.after.as_ref(), rows_max).await?;
        let mut bytes = 0;
        let mut fitting = 0;
        for row in &rows {
            bytes += row.public.to_string().len() + row.private.to_string().len();
            if fitting > 0 && bytes > PAGE_BYTES_MAX {
                more = true;
                break;
            }
            fitting += 1;
        }
        rows.truncate(fitting);
        let subjects: Vec<&str> = rows
            .iter()
            .filter(|row| row.kind == "dossier")
            .map(|row| row.subject.as_str())
            .collect();
        let blobs = client
            .query(
                "SELECT DISTINCT encode(b.sha256, 'hex') FROM blob_ref r JOIN blob b USING (sha256)
                 WHERE r.node = $1 AND r.subject = ANY($2) AND b.state = 'complete'",
                &[&node, &subjects],
            )
            .await?;
        let next = rows
            .last()
            .filter(|_| more)
            .map(|row| (row.kind.clone(), row.subject.clone(), row.axis.clone()));
        let blobs = blobs.iter().map(|row| row.get(0)).collect();
        Ok(SnapshotPage { rows, blobs, next, digest })
    }

    async fn part_digest(
        &self,
        client: &impl GenericClient,
        node: &str,
        epoch: u64,
        ask: &PageAsk,
    ) -> Result<PartDigest> {
        let mut books = Vec::new();
        let mut after = None;
        loop {
            let (rows, more) =
                part_rows(client, node, epoch, ask, after.as_ref(), DIGEST_ROWS).await?;
            after =
                rows.last().map(|row| (row.kind.clone(), row.subject.clone(), row.axis.clone()));
            books.extend(rows.iter().map(|row| BookRow {
                kind: row.kind.clone(),
                subject: row.subject.clone(),
                axis: row.axis.clone(),
                rev: row.rev,
                sha256: row_hash(&row.public, &row.private),
            }));
            if !more {
                break;
            }
        }
        Ok(PartDigest { rows: books.len() as u64, sha256: digest(&mut books) })
    }
}

/// Subjects of a part after a place, and whether there are more. Ordered byte by byte, whatever the
/// database's own order is.
async fn part_rows(
    client: &impl GenericClient,
    node: &str,
    epoch: u64,
    ask: &PageAsk,
    after: Option<&(String, String, String)>,
    rows_max: i64,
) -> Result<(Vec<SnapshotRow>, bool)> {
    let (which, not) = match ask.part {
        Part::Open => (OPEN, ""),
        Part::Rest => (OPEN, "NOT "),
    };
    // A column that is missing makes the condition NULL: then it belongs to the rest.
    let sql = format!(
        "SELECT kind, subject, axis, rev, public, private FROM subject
         WHERE node = $1 AND epoch < $2 AND {not}coalesce({which}, false)
           AND (kind COLLATE \"C\", subject COLLATE \"C\", axis COLLATE \"C\") > ($4, $5, $6)
         ORDER BY kind COLLATE \"C\", subject COLLATE \"C\", axis COLLATE \"C\" LIMIT $7"
    );
    let empty = (String::new(), String::new(), String::new());
    let (kind, subject, axis) = after.unwrap_or(&empty);
    let since = ask.since.to_string();
    let found = client
        .query(
            sql.as_str(),
            &[&node, &super::signed(epoch), &since, kind, subject, axis, &(rows_max + 1)],
        )
        .await?;
    let more = found.len() as i64 > rows_max;
    let rows = found
        .into_iter()
        .take(usize::try_from(rows_max).unwrap_or(usize::MAX))
        .map(|row| SnapshotRow {
            kind: row.get(0),
            subject: row.get(1),
            axis: row.get(2),
            rev: unsigned(row.get(3)),
            public: row.get::<_, Value>(4),
            private: row.get::<_, Value>(5),
        })
        .collect();
    Ok((rows, more))
}
