//! Which epochs may never be granted again, as far as PostgreSQL itself cannot know. The database may
//! be set back to a dump that is older than a grant; the box has that epoch all the same, and two
//! journals under one (node, epoch) could not be told apart any more. So a folder beside the database
//! holds an empty file for each epoch: `reserved-N` from before the grant is committed, `held-N` once a
//! box has it for certain, because the grant was committed or because the box has shown it.
//!
//! An epoch that is only reserved is left out: the grant was not committed, or was forgotten within the
//! same moment. An epoch that is held and that the database does not know is a matter for a person: the
//! node is frozen and nothing is granted until somebody has said at the node's page that the journal here
//! goes on, or by a command that the box's does ([`super::adopt`]). For the latter `key-N` keeps the newest
//! epoch's keys, sealed as in the database. Where the folder cannot be written to, what a box has shown is
//! counted in the database.

use std::fs;
use std::path::{Path, PathBuf};

use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;

use super::adopt::KeyBeside;
use super::{Store, micros, signed, unsigned};
use crate::error::{HubError, Result};
use crate::keys::{make_folder, read_secret, sync_folder, write_secret};

/// Why a node is frozen whose epoch the database has forgotten, and the alarm about it. It stands until
/// a person ends it.
pub const FORGOTTEN: &str = "node.epoch_forgotten";
/// With which a box is refused meanwhile.
pub(crate) const REFUSED: &str = "enrol.epoch_forgotten";
/// An epoch further than this beyond the granted one is not believed: no dump is older by so many
/// grants, and a box gone mad must not use up the numbers.
const AHEAD_MAX: u64 = 1000;

const FOLDER: &str = "epochs";
const RESERVED: &str = "reserved-";
const HELD: &str = "held-";
const KEY: &str = "key-";

/// The folder beside the database.
#[derive(Clone)]
pub(crate) struct Epochs {
    folder: PathBuf,
}

impl Epochs {
    /// Below the hub's data folder.
    pub(crate) fn new(data_folder: &Path) -> Epochs {
        Epochs { folder: data_folder.join(FOLDER) }
    }

    /// The highest epoch that a box of this node has for certain; 0 when none is known here.
    pub(crate) fn held(&self, node: &str) -> Result<u64> {
        self.highest(node, &[HELD])
    }

    /// Takes the next epoch that was never given, for good: it stays taken when the grant comes to
    /// nothing. Only under the lock of whoever grants.
    pub(crate) fn reserve(&self, node: &str, counted: u64) -> Result<u64> {
        let epoch = self.highest(node, &[RESERVED, HELD])?.max(counted) + 1;
        self.mark(node, RESERVED, epoch)?;
        Ok(epoch)
    }

    /// A box has this epoch.
    pub(crate) fn hold(&self, node: &str, epoch: u64) -> Result<()> {
        if self.held(node)? >= epoch {
            return Ok(());
        }
        self.mark(node, HELD, epoch)
    }

    /// Keeps the keys of an epoch; those of older ones go.
    fn keep_key(&self, node: &str, epoch: u64, key: &KeyBeside) -> Result<()> {
        let text = serde_json::to_vec(key)
            .map_err(|error| HubError::refused("hub.epoch_key", error.to_string()))?;
        write_secret(&self.key_file(node, epoch), &text)?;
        let folder = self.folder.join(node);
        let files = fs::read_dir(&folder).map_err(|cause| HubError::file(&folder, cause))?;
        for file in files {
            let file = file.map_err(|cause| HubError::file(&folder, cause))?;
            let kept = file.file_name().to_str().and_then(|name| number(name, &[KEY]));
            if kept.is_some_and(|kept| kept < epoch) {
                fs::remove_file(file.path())
                    .map_err(|cause| HubError::file(&file.path(), cause))?;
            }
        }
        Ok(())
    }

    /// The keys of an epoch, if they are kept.
    pub(super) fn key(&self, node: &str, epoch: u64) -> Result<Option<KeyBeside>> {
        let file = self.key_file(node, epoch);
        if !file.exists() {
            return Ok(None);
        }
        let key = serde_json::from_slice(&read_secret(&file)?);
        key.map(Some).map_err(|error| {
            HubError::refused("hub.epoch_key", format!("{}: {error}", file.display()))
        })
    }

    fn key_file(&self, node: &str, epoch: u64) -> PathBuf {
        self.folder.join(node).join(format!("{KEY}{epoch}"))
    }

    /// The name alone says it, so only the folder is synced.
    fn mark(&self, node: &str, what: &str, epoch: u64) -> Result<()> {
        let folder = self.folder.join(node);
        make_folder(&folder)?;
        let file = folder.join(format!("{what}{epoch}"));
        fs::File::create(&file).map_err(|cause| HubError::file(&file, cause))?;
        sync_folder(&file)
    }

    fn highest(&self, node: &str, what: &[&str]) -> Result<u64> {
        let folder = self.folder.join(node);
        let files = match fs::read_dir(&folder) {
            Ok(files) => files,
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(0),
            Err(cause) => return Err(HubError::file(&folder, cause)),
        };
        let mut highest = 0;
        for file in files {
            let name = file.map_err(|cause| HubError::file(&folder, cause))?.file_name();
            let Some(name) = name.to_str() else { continue };
            highest = highest.max(number(name, what).unwrap_or(0));
        }
        Ok(highest)
    }
}

/// The epoch in a file's name, if it begins with one of these words.
fn number(name: &str, what: &[&str]) -> Option<u64> {
    what.iter().find_map(|what| name.strip_prefix(*what))?.parse().ok()
}

/// Whether a box that shows an epoch tells of a grant that the database does not know.
pub(crate) fn is_forgotten(counted: u64, shown: u64) -> bool {
    shown > counted && shown - counted <= AHEAD_MAX
}

/// What a box is told that cannot be given an epoch now.
pub(crate) fn refused(node: &str, counted: u64, held: u64) -> HubError {
    HubError::refused(
        REFUSED,
        format!(
            "a box of {node} is in epoch {held}, the hub's database knows of {counted}: it was set \
             back; see the alarm {FORGOTTEN} at the node's page"
        ),
    )
}

impl Store {
    /// The next epoch of a node, never one that a box may have. The caller holds the lock of whoever
    /// grants.
    pub(super) async fn next_epoch(&self, tx: &Transaction<'_>, node: &str) -> Result<u64> {
        let row = tx
            .query_one("SELECT epoch FROM node WHERE node = $1 FOR NO KEY UPDATE", &[&node])
            .await?;
        let counted = unsigned(row.get(0));
        let held = self.epochs.held(node)?;
        if held > counted || self.is_undecided(tx, node).await? {
            return Err(refused(node, counted, held.max(counted)));
        }
        self.epochs.reserve(node, counted)
    }

    /// A grant was committed. When this cannot be noted the epoch is still reserved; only that it was
    /// forgotten would not be told.
    pub(crate) async fn epoch_granted(&self, node: &str, epoch: u64) {
        let noted = async {
            self.epochs.hold(node, epoch)?;
            let client = self.client().await?;
            match KeyBeside::read(&client, node, epoch).await? {
                Some(key) => self.epochs.keep_key(node, epoch, &key),
                None => Ok(()),
            }
        };
        if let Err(error) = noted.await {
            tracing::error!(node, epoch, code = error.code(), %error, "a granted epoch is not noted");
        }
    }

    /// A box has said in which epoch it is. When the database does not know of it, it is noted beside
    /// and the node is frozen; where it cannot be noted the node is frozen all the same.
    pub async fn shown_epoch(&self, node: &str, epoch: u64, now: Timestamp) -> Result<()> {
        let client = self.client().await?;
        let counted = self.counted_epoch(&client, node).await?;
        drop(client);
        // A node that the database does not know at all is not let in, and not counted.
        if !counted.is_some_and(|counted| is_forgotten(counted, epoch)) {
            return Ok(());
        }
        if let Err(error) = self.epochs.hold(node, epoch) {
            tracing::error!(node, epoch, code = error.code(), %error, "a shown epoch is not noted");
        }
        self.freeze_forgotten(node, epoch, now).await
    }

    /// Whether a person has still to say what becomes of a node with a forgotten epoch.
    pub(crate) async fn is_undecided(
        &self,
        client: &impl GenericClient,
        node: &str,
    ) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM alarm
                                  WHERE node = $1 AND code = $2 AND cleared_us IS NULL)";
        Ok(client.query_one(sql, &[&node, &FORGOTTEN]).await?.get(0))
    }

    /// Freezes a node of which a box has an epoch that the database does not know. `shown` is one that a
    /// box has shown, whether it is noted or not; 0 for none. One that is not noted is counted as given in
    /// the same transaction: when a person says that the journal here goes on, nothing else would tell of
    /// it any more, and it would be granted a second time.
    pub(crate) async fn freeze_forgotten(
        &self,
        node: &str,
        shown: u64,
        now: Timestamp,
    ) -> Result<()> {
        // Before the count: a grant is committed before it is noted, so one that comes in between is never
        // taken for forgotten.
        let (held, noted) = match self.epochs.held(node) {
            Ok(held) => (held.max(shown), held >= shown),
            Err(error) if shown == 0 => return Err(error),
            Err(_) => (shown, false),
        };
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        let Some(counted) = self.counted_epoch(&tx, node).await? else { return Ok(()) };
        if held <= counted {
            return Ok(());
        }
        let detail = format!(
            "a box has epoch {held}, the database knows of {counted}: it was set back to a dump from \
             before that grant. Load a newer dump if there is one. Otherwise either let that box's journal \
             go on (motcua hub adopt {node}), or keep its disk, let the journal here go on, and enrol or \
             restore a box; it gets epoch {}",
            held + 1
        );
        self.freeze_in(&tx, node, FORGOTTEN, &detail, now).await?;
        if !noted {
            let sql = "UPDATE node SET epoch = greatest(epoch, $2) WHERE node = $1";
            tx.execute(sql, &[&node, &signed(held)]).await?;
        }
        tx.commit().await?;
        tracing::error!(node, code = FORGOTTEN, detail, "the node's stream is frozen");
        Ok(())
    }

    /// The same for every node: a database that was set back shows it before anything is taken in. A node
    /// of which the folder cannot be read keeps no other from being served.
    pub(crate) async fn freeze_all_forgotten(&self, now: Timestamp) -> Result<()> {
        for (node, counted) in self.counted_epochs().await? {
            match self.epochs.held(&node) {
                Ok(held) if held > counted => self.freeze_forgotten(&node, held, now).await?,
                Ok(_) => {}
                Err(error) => {
                    let code = error.code();
                    tracing::error!(node, code, %error, "whether epochs are forgotten is unknown");
                }
            }
        }
        Ok(())
    }

    /// Notes what the folder lacks that the database counts: it was copied, or is from before it was kept,
    /// or noting a grant failed, or another process has granted. Several syncs for each such node, so
    /// nobody waits for it.
    pub(crate) async fn note_all_granted(&self) -> Result<()> {
        for (node, counted) in self.counted_epochs().await? {
            // One that cannot be read was told of before.
            let Ok(held) = self.epochs.held(&node) else { continue };
            if held < counted || (held == counted && !self.epochs.key_file(&node, held).exists()) {
                self.epoch_granted(&node, counted).await;
            }
        }
        Ok(())
    }

    async fn counted_epochs(&self) -> Result<Vec<(String, u64)>> {
        let client = self.client().await?;
        let rows = client.query("SELECT node, epoch FROM node ORDER BY node", &[]).await?;
        Ok(rows.into_iter().map(|row| (row.get(0), unsigned(row.get(1)))).collect())
    }

    /// A person has said that the journal here goes on: the forgotten epochs are counted as given.
    /// `false` when none was told of.
    pub(super) async fn settle_forgotten(
        &self,
        tx: &Transaction<'_>,
        node: &str,
        now: Timestamp,
    ) -> Result<bool> {
        let told = tx
            .execute(
                "UPDATE alarm SET cleared_us = $3
                 WHERE node = $1 AND code = $2 AND cleared_us IS NULL",
                &[&node, &FORGOTTEN, &micros(now)],
            )
            .await?;
        if told == 0 {
            return Ok(false);
        }
        let held = signed(self.epochs.held(node)?);
        tx.execute("UPDATE node SET epoch = greatest(epoch, $2) WHERE node = $1", &[&node, &held])
            .await?;
        Ok(true)
    }

    /// The last epoch that the database knows to be granted; `None` for a node that it does not know.
    pub(crate) async fn counted_epoch(
        &self,
        client: &impl GenericClient,
        node: &str,
    ) -> Result<Option<u64>> {
        let row = client.query_opt("SELECT epoch FROM node WHERE node = $1", &[&node]).await?;
        Ok(row.map(|row| unsigned(row.get(0))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_is_reserved_once_also_when_its_grant_came_to_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let epochs = Epochs::new(folder.path());
        assert_eq!(epochs.reserve("06658-1", 0).unwrap(), 1);
        assert_eq!(epochs.reserve("06658-1", 0).unwrap(), 2);
        assert_eq!(epochs.held("06658-1").unwrap(), 0, "nobody has one");
        epochs.hold("06658-1", 12).unwrap();
        epochs.hold("06658-1", 9).unwrap();
        assert_eq!(epochs.held("06658-1").unwrap(), 12, "by number, not by name");
        assert_eq!(Epochs::new(folder.path()).reserve("06658-1", 3).unwrap(), 13);
        assert_eq!(epochs.reserve("06676-1", 3).unwrap(), 4, "each node counts for itself");
    }
}
