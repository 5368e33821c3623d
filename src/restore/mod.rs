//! A new box in an old one's place: the hub's snapshot of this node comes in, first what the center
//! needs to open, then the rest while it works.
//!
//! [`crate::cli::restore`] begins it and does the first part; the daemon does the rest ([`finish`]).
//! Either may be killed at any moment: each page is committed together with how far it went. What the
//! store does with a page is `store::restore`; what the hub gives is `hub::restore_words`.

mod numbers;
mod pull;

pub use numbers::{MadeOf, leave_out};
pub use pull::{Keep, part};

use anyhow::{Context, bail};
use domain::time::Clock;
use hub::restore_client::RestoreClient;
use hub::restore_words::{Part, PartDigest, Place};
use jiff::{Timestamp, civil};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use store::records::EventRecord;
use store::{Batch, LocalWrite, Readers, WriterHandle};
use tokio::sync::watch;

use crate::identity::Identity;

/// A file in the data folder from the first word to the hub until the center can open: while it is
/// there the daemon does not start, because an empty store would give numbers out twice.
const MARK: &str = "RESTORE-BEGUN";
/// The name of the progress among the store's own values.
const PROGRESS: &str = "restore";
/// Nobody waits for the rest: after a failure the daemon tries again after so long, and no more often
/// than at the last of these.
const AGAIN_FIRST: Duration = Duration::from_secs(2);
const AGAIN_MAX: Duration = Duration::from_secs(60);

/// Where a restore stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// From whom.
    pub hub_url: String,
    /// Tickets and dossiers since this day belong to the first part.
    pub since: civil::Date,
    /// When it began.
    pub began_at: Timestamp,
    /// When the last entry was written that the hub had.
    #[serde(default)]
    pub last_at_hub: Option<Timestamp>,
    /// Whether the old master key is here.
    pub with_sheet: bool,
    /// What is coming in.
    pub part: Part,
    /// The last subject that is here.
    pub after: Option<Place>,
    /// What the part must be when all of it is here.
    pub digest: Option<PartDigest>,
    /// Subjects of the part that are here.
    pub rows: u64,
    /// When the center could open.
    pub open_at: Option<Timestamp>,
    /// When everything was here.
    pub done_at: Option<Timestamp>,
    /// A part that is not what the hub said it would be: a person must look.
    #[serde(default)]
    pub differs: bool,
}

impl Progress {
    /// The beginning.
    #[must_use]
    pub fn begin(hub_url: &str, with_sheet: bool, now: Timestamp) -> Self {
        let today = domain::time::business_day(now);
        Self {
            hub_url: hub_url.to_owned(),
            // A box that is restored after midnight still needs the tickets of the evening.
            since: today.yesterday().unwrap_or(today),
            began_at: now,
            last_at_hub: None,
            with_sheet,
            part: Part::Open,
            after: None,
            digest: None,
            rows: 0,
            open_at: None,
            done_at: None,
            differs: false,
        }
    }

    /// Of a box that was made of a copy: nothing is to come but scans, one by one, that the copy left
    /// out because the hub has them.
    #[must_use]
    pub fn of_a_copy(hub_url: &str, now: Timestamp) -> Self {
        Self {
            part: Part::Rest,
            open_at: Some(now),
            done_at: Some(now),
            ..Self::begin(hub_url, true, now)
        }
    }

    /// Whether something is still to come.
    #[must_use]
    pub fn unfinished(&self) -> bool {
        self.done_at.is_none()
    }

    /// As the store keeps it.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn text(&self) -> anyhow::Result<String> {
        Ok(serde_json::to_string(self)?)
    }

    /// Keeps it.
    ///
    /// # Errors
    /// See [`Progress::text`].
    pub fn kept(&self) -> anyhow::Result<LocalWrite> {
        Ok(LocalWrite::Meta { name: PROGRESS.to_owned(), value: self.text()? })
    }
}

/// Where a restore stands, from the tables; nothing in a box that was never restored.
///
/// # Errors
/// The tables cannot be read.
pub fn progress(readers: &Readers) -> anyhow::Result<Option<Progress>> {
    let text = readers.read_now(store::restore::progress)?;
    text.map(|text| serde_json::from_str(&text)).transpose().context("the restore's progress")
}

/// The mark of a restore that has begun and cannot be left off.
#[must_use]
pub fn mark(data_folder: &Path) -> PathBuf {
    data_folder.join(MARK)
}

/// Refuses to open a center whose restore has not come far enough.
///
/// # Errors
/// It has not.
pub fn may_open(data_folder: &Path) -> anyhow::Result<()> {
    if mark(data_folder).exists() {
        bail!(
            "this box is being restored and does not have its open dossiers yet; \
             go on with: motcua center restore"
        );
    }
    Ok(())
}

/// Asks the hub in this box's name.
///
/// # Errors
/// The identity folder cannot be read.
pub fn client(identity: &Identity, hub_url: &str) -> anyhow::Result<RestoreClient> {
    let file = identity.files.lan_authority();
    let authority = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    let wrapping = identity.keys.wrapping.clone();
    Ok(RestoreClient::new(hub_url, &authority, identity.node.clone(), identity.epoch, wrapping)?)
}

/// Brings the rest in while the center works; ends when everything is here. What it shows goes to
/// `shown`.
pub async fn finish(
    client: RestoreClient,
    writer: WriterHandle,
    readers: Readers,
    clock: Arc<dyn Clock>,
    mut progress: Progress,
    shown: watch::Sender<Option<Progress>>,
) {
    let keep = Keep::Running(writer.clone(), readers);
    let mut wait = AGAIN_FIRST;
    loop {
        let seen = |now: &Progress| {
            shown.send_replace(Some(now.clone()));
        };
        match part(&client, &keep, &mut progress, clock.as_ref(), seen).await {
            Ok(()) => break,
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), "the restore goes on later");
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(AGAIN_MAX);
            }
        }
    }
    shown.send_replace(Some(progress.clone()));
    let now = clock.now();
    let code = if progress.differs { "restore.digest_differs" } else { "restore.complete" };
    let event = EventRecord {
        at: now,
        code: code.to_owned(),
        source: "restore".to_owned(),
        detail: json!({ "subjects": progress.rows }),
    };
    if let Err(error) = writer.commit(Batch::new("system", now).and(LocalWrite::Event(event))).await
    {
        tracing::warn!(%error, "the end of the restore is not noted");
    }
    tracing::info!(code, subjects = progress.rows, "the restore is over");
}
