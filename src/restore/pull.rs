//! One part of the snapshot, page by page, into the store.

use super::Progress;
use anyhow::bail;
use domain::time::Clock;
use hub::restore_client::RestoreClient;
use hub::restore_words::{PAGE_ROWS_MAX, PageAsk, Part, SnapshotPage};
use store::restore::{RestoredPage, RestoredRow};
use store::{Batch, LocalWrite, Readers, Store, StoreError, WriterHandle};

/// Subjects of one transaction while the center works: the writer is held up for a few milliseconds
/// only, and tickets go in between.
const ROWS_AT_ONCE: usize = 50;

/// Where pages go.
pub enum Keep<'a> {
    /// A store without a writer: the command line.
    Now(&'a Store),
    /// The running center.
    Running(WriterHandle, Readers),
}

impl Keep<'_> {
    async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        match self {
            Keep::Now(store) => store.commit_now(batch).map(|_| ()),
            Keep::Running(writer, _) => writer.commit(batch).await.map(|_| ()),
        }
    }

    async fn digest(&self, part: Part) -> Result<(u64, String), StoreError> {
        match self {
            Keep::Now(store) => {
                store.readers().read_now(|c| store::restore::digest(c, part.as_str()))
            }
            Keep::Running(_, readers) => {
                readers.read(move |c| store::restore::digest(c, part.as_str())).await
            }
        }
    }

    fn rows_at_once(&self) -> usize {
        match self {
            Keep::Now(_) => PAGE_ROWS_MAX as usize,
            Keep::Running(..) => ROWS_AT_ONCE,
        }
    }
}

/// Brings the rest of the part in that `progress` is at, compares it with the hub's word, and goes
/// over to the next part or to the end.
///
/// # Errors
/// The hub or the store does not answer: the same call goes on where this one stopped. The first part
/// is not what the hub said.
pub async fn part(
    client: &RestoreClient,
    keep: &Keep<'_>,
    progress: &mut Progress,
    clock: &dyn Clock,
    seen: impl Fn(&Progress),
) -> anyhow::Result<()> {
    loop {
        let ask = PageAsk {
            part: progress.part,
            since: progress.since,
            after: progress.after.clone(),
            rows_max: PAGE_ROWS_MAX,
        };
        let page = client.page(&ask).await?;
        let last = page.next.is_none();
        if let Some(digest) = &page.digest {
            progress.digest = Some(digest.clone());
        }
        let (before, mut after) = (progress.clone(), progress.clone());
        after.after.clone_from(&page.next);
        after.rows += page.rows.len() as u64;
        for page in pieces(page, keep.rows_at_once(), &before, &after)? {
            keep.commit(Batch::new("system", clock.now()).and(LocalWrite::from(page))).await?;
        }
        *progress = after;
        seen(progress);
        if last {
            break;
        }
    }
    let Some(wanted) = progress.digest.take() else { bail!("the hub told no digest") };
    let (rows, sha256) = keep.digest(progress.part).await?;
    let same = rows == wanted.rows && sha256 == wanted.sha256;
    match progress.part {
        Part::Open if !same => bail!(
            "restore.digest_differs: {rows} subjects are here, the hub said {}; begin again with an \
             empty data folder and a new token",
            wanted.rows
        ),
        Part::Open => {
            progress.part = Part::Rest;
            progress.after = None;
            progress.rows = 0;
        }
        Part::Rest => {
            progress.differs = !same;
            progress.done_at = Some(clock.now());
        }
    }
    keep.commit(Batch::new("system", clock.now()).and(progress.kept()?)).await?;
    seen(progress);
    Ok(())
}

/// A page in pieces; only the last one says that the page is over, so that a kill between two pieces
/// has the page come again.
fn pieces(
    page: SnapshotPage,
    rows_at_once: usize,
    before: &Progress,
    after: &Progress,
) -> anyhow::Result<Vec<RestoredPage>> {
    let rows: Vec<RestoredRow> = page
        .rows
        .into_iter()
        .map(|row| RestoredRow {
            kind: row.kind,
            subject: row.subject,
            axis: row.axis,
            rev: row.rev,
            public: row.public,
            private: row.private,
        })
        .collect();
    let mut pieces = Vec::new();
    for rows in rows.chunks(rows_at_once.max(1)) {
        pieces.push(RestoredPage {
            part: before.part.as_str().to_owned(),
            rows: rows.to_vec(),
            blobs_at_hub: Vec::new(),
            progress: before.text()?,
        });
    }
    if pieces.is_empty() {
        pieces.push(RestoredPage {
            part: before.part.as_str().to_owned(),
            rows: Vec::new(),
            blobs_at_hub: Vec::new(),
            progress: String::new(),
        });
    }
    if let Some(last) = pieces.last_mut() {
        // Their dossiers are in this piece or in one before it.
        last.blobs_at_hub =
            page.blobs.iter().filter_map(|sha256| journal::hex::decode_array(sha256)).collect();
        last.progress = after.text()?;
    }
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hub::restore_words::SnapshotRow;
    use serde_json::Value;

    #[test]
    fn a_page_counts_as_taken_only_with_its_last_piece() {
        let before = Progress::begin("https://hub", true, jiff::Timestamp::UNIX_EPOCH);
        let mut after = before.clone();
        after.rows = 120;
        let row = |n: u32| SnapshotRow {
            kind: "ticket".into(),
            subject: n.to_string(),
            axis: String::new(),
            rev: 1,
            public: Value::Null,
            private: Value::Null,
        };
        let page = SnapshotPage {
            rows: (0..120).map(row).collect(),
            blobs: vec!["ab".repeat(32)],
            next: None,
            digest: None,
        };
        let pieces = pieces(page, 50, &before, &after).unwrap();
        let sizes: Vec<usize> = pieces.iter().map(|piece| piece.rows.len()).collect();
        assert_eq!(sizes, [50, 50, 20]);
        for piece in &pieces[..2] {
            assert_eq!(piece.progress, before.text().unwrap());
            assert!(piece.blobs_at_hub.is_empty());
        }
        assert_eq!(pieces[2].progress, after.text().unwrap());
        assert_eq!(pieces[2].blobs_at_hub, [[0xab; 32]]);
    }
}
