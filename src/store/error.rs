//! What can go wrong in the store. An error is cloned to everyone whose batch was in the same
//! transaction, so it carries texts, not sources; the writer logs the source where it happened.

use journal::{EntryError, SealError, SegmentError};
use serde_json::Value;

/// Why the store did not do what it was asked.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum StoreError {
    /// Another daemon holds the folder.
    #[error("another motcua daemon is running on this folder")]
    AlreadyRunning,
    /// The database does not open with the key given.
    #[error("the database does not open with this master key")]
    WrongKey,
    /// Sealing or syncing is off, and the folder is not marked as a demonstration.
    #[error(
        "an unkeyed or unsynced store is only allowed in a folder that holds the file THIS-IS-A-DEMO"
    )]
    NotADemo,
    /// The folder belongs to another node.
    #[error("the folder belongs to node {0}")]
    OtherNode(String),
    /// The hub granted an older epoch than the folder has.
    #[error("the folder is at epoch {folder}, which is newer than {given}")]
    EpochBehind {
        /// Epoch in the folder.
        folder: u64,
        /// Epoch in the settings.
        given: u64,
    },
    /// The hub granted a newer epoch than the folder has, and the folder holds entries.
    #[error(
        "the folder's journal is of epoch {folder}, and {given} was granted: restore the box, or take the folder away"
    )]
    EpochAhead {
        /// Epoch in the folder.
        folder: u64,
        /// Epoch in the settings.
        given: u64,
    },
    /// The database was written by a newer program.
    #[error("the database has version {found}, this program knows up to {known}")]
    NewerSchema {
        /// Version of the database.
        found: u32,
        /// Newest version known here.
        known: u32,
    },
    /// A released migration is not what it was when it ran.
    #[error("migration {0} was changed after its release")]
    MigrationChanged(u32),
    /// Too many batches wait; nothing was done, try again.
    #[error("the store is busy")]
    Busy,
    /// The disk is full; nothing of the batch was kept, repeat it when there is room.
    #[error("the disk is full")]
    DiskFull,
    /// The disk is so full that no new scan is taken; tickets and dossiers go on.
    #[error("the disk has no room for scans")]
    NoRoomForScans,
    /// This request was done before; this was its outcome.
    #[error("the request was answered before")]
    Repeated(Value),
    /// The state does not follow the stored one: it was decided on something that was not stored.
    #[error("{kind} {subject} is at revision {stored}, cannot store revision {given}")]
    StaleRevision {
        /// Kind of the subject.
        kind: &'static str,
        /// The subject.
        subject: String,
        /// Revision in the tables; 0 when there is none.
        stored: u64,
        /// Revision of the state given.
        given: u64,
    },
    /// A condition of the batch does not hold, such as a token that was used already.
    #[error("condition not met: {0}")]
    Conflict(&'static str),
    /// A number or name that must be unique is taken.
    #[error("already taken: {0}")]
    Taken(String),
    /// More than an entry, a blob or a field may hold.
    #[error("too large: {0}")]
    TooLarge(&'static str),
    /// There is no such thing.
    #[error("not found: {0}")]
    NotFound(&'static str),
    /// What is stored cannot be read.
    #[error("stored data cannot be read: {0}")]
    Damaged(String),
    /// The writer has ended.
    #[error("the store has stopped")]
    Stopped,
    /// The database refused something.
    #[error("database: {0}")]
    Database(String),
    /// A file could not be read or written.
    #[error("file: {0}")]
    File(String),
}

impl StoreError {
    /// The stable code, for answers and support.
    pub fn code(&self) -> &'static str {
        match self {
            StoreError::AlreadyRunning => "store.already_running",
            StoreError::WrongKey => "store.wrong_key",
            StoreError::NotADemo => "store.not_a_demo",
            StoreError::OtherNode(_) => "store.other_node",
            StoreError::EpochBehind { .. } => "store.epoch_behind",
            StoreError::EpochAhead { .. } => "store.epoch_ahead",
            StoreError::NewerSchema { .. } => "store.newer_schema",
            StoreError::MigrationChanged(_) => "store.migration_changed",
            StoreError::Busy => "store.busy",
            StoreError::DiskFull => "store.disk_full",
            StoreError::NoRoomForScans => "store.no_room_for_scans",
            StoreError::Repeated(_) => "store.repeated",
            StoreError::StaleRevision { .. } => "store.stale_revision",
            StoreError::Conflict(_) => "store.conflict",
            StoreError::Taken(_) => "store.taken",
            StoreError::TooLarge(_) => "store.too_large",
            StoreError::NotFound(_) => "store.not_found",
            StoreError::Damaged(_) => "store.damaged",
            StoreError::Stopped => "store.stopped",
            StoreError::Database(_) => "store.database",
            StoreError::File(_) => "store.file",
        }
    }

    /// Whether the same batch may well succeed later, unchanged.
    pub fn is_passing(&self) -> bool {
        matches!(self, StoreError::Busy | StoreError::DiskFull | StoreError::Stopped)
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> StoreError {
        use rusqlite::ErrorCode;
        let text = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => StoreError::DiskFull,
            Some(ErrorCode::NotADatabase) => StoreError::WrongKey,
            Some(ErrorCode::ConstraintViolation) => StoreError::Taken(text),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy,
            Some(ErrorCode::DatabaseCorrupt) => StoreError::Damaged(text),
            _ => StoreError::Database(text),
        }
    }
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> StoreError {
        match error.kind() {
            std::io::ErrorKind::StorageFull
            | std::io::ErrorKind::QuotaExceeded
            | std::io::ErrorKind::FileTooLarge => StoreError::DiskFull,
            _ => StoreError::File(error.to_string()),
        }
    }
}

impl From<EntryError> for StoreError {
    fn from(error: EntryError) -> StoreError {
        match error {
            EntryError::TooLarge => StoreError::TooLarge("entry"),
            other => StoreError::Damaged(format!("{}: {other}", other.code())),
        }
    }
}

impl From<SegmentError> for StoreError {
    fn from(error: SegmentError) -> StoreError {
        match error {
            SegmentError::TooLarge => StoreError::TooLarge("segment"),
            other => StoreError::Damaged(format!("{}: {other}", other.code())),
        }
    }
}

impl From<SealError> for StoreError {
    fn from(error: SealError) -> StoreError {
        StoreError::Damaged(format!("{}: {error}", error.code()))
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> StoreError {
        // serde_json may quote a value, which may be a person's: only its place is told.
        StoreError::Damaged(format!("JSON at line {} column {}", error.line(), error.column()))
    }
}

impl From<domain::split::JoinError> for StoreError {
    fn from(error: domain::split::JoinError) -> StoreError {
        StoreError::Damaged(format!("{}: {error}", error.code()))
    }
}
