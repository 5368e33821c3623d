//! The first half of a base of the second medium: a copy of the database on the box's own disk, so that
//! nothing of the database is held while the medium is written to ([`crate::beside`] tells why). The second
//! half is [`crate::medium::Medium::make_base`].

use std::fs;
use std::path::{Path, PathBuf};

use crate::beside::Beside;
use crate::connection::{Opener, Purpose};
use crate::medium::mark;
use crate::query::journal::JournalHead;
use crate::records::SegmentRecord;
use crate::{Readers, StoreError, query};

/// Where the copy lies below the store's folder while it is needed.
const COPY: &str = "medium-copy";

/// How the base is encrypted: as the database is.
pub struct MediumOpener(pub(crate) Opener);

/// A copy of the database as it was at one moment. It goes when this is dropped.
pub struct BaseCopy {
    /// Where the journal ends in it.
    pub(crate) head: JournalHead,
    /// What [`mark`] says of it.
    pub(crate) mark: u64,
    /// The sealed runs that it names.
    pub(crate) segments: Vec<SegmentRecord>,
    beside: Beside,
}

impl BaseCopy {
    /// Copies the database as it is now, beside it. Blocks on the box's own disk, while the center goes on;
    /// only so long is anything of the database held. Refused where the disk has too little room, or where
    /// the copy would stop the scans at the counters.
    pub fn take(
        readers: &Readers,
        opener: &MediumOpener,
        store: &Path,
    ) -> Result<BaseCopy, StoreError> {
        remove_left(store)?;
        let beside = Beside::take(readers, &opener.0, store, COPY)?;
        let copied = opener.0.elsewhere(beside.database()).open(Purpose::Read)?;
        Ok(BaseCopy {
            head: query::journal::head(&copied)?,
            mark: mark(&copied)?,
            segments: query::segments::all(&copied)?,
            beside,
        })
    }

    /// The copied database.
    pub(crate) fn database(&self) -> PathBuf {
        self.beside.database()
    }
}

/// Removes what a killed daemon left.
pub(crate) fn remove_left(store: &Path) -> Result<(), StoreError> {
    match fs::remove_dir_all(store.join(COPY)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}
