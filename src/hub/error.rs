//! What can go wrong at the hub, each with a stable code. The text is for the log and for the
//! technician at the command line; the API translates by code.

/// Result of the hub's functions.
pub type Result<T, E = HubError> = std::result::Result<T, E>;

/// Everything that the hub refuses or fails at.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// Mistakes in the settings, all at once.
    #[error(transparent)]
    Settings(#[from] domain::problem::Problems),
    /// PostgreSQL answered with an error.
    #[error("the store refused: {}", describe(.0))]
    Postgres(#[from] tokio_postgres::Error),
    /// No connection to PostgreSQL.
    #[error("the store cannot be reached: {0}")]
    Pool(#[from] deadpool_postgres::PoolError),
    /// A file or folder.
    #[error("{path}: {cause}")]
    File {
        /// Which file.
        path: String,
        /// What the system said.
        cause: std::io::Error,
    },
    /// A certificate could not be made or read.
    #[error("certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// A refusal with its code and what to do.
    #[error("{code}: {detail}")]
    Refused {
        /// Stable, dotted.
        code: &'static str,
        /// For people.
        detail: String,
    },
}

impl HubError {
    /// A refusal with a stable code.
    pub fn refused(code: &'static str, detail: impl Into<String>) -> HubError {
        HubError::Refused { code, detail: detail.into() }
    }

    /// A failure on a file, with its path.
    pub fn file(path: &std::path::Path, cause: std::io::Error) -> HubError {
        HubError::File { path: path.display().to_string(), cause }
    }

    /// The stable code of this failure.
    pub fn code(&self) -> &'static str {
        match self {
            HubError::Settings(_) => "hub.settings",
            HubError::Postgres(_) => "hub.store_refused",
            HubError::Pool(_) => "hub.store_unreachable",
            HubError::File { .. } => "hub.file",
            HubError::Certificate(_) => "hub.certificate",
            HubError::Refused { code, .. } => code,
        }
    }

    /// True when the same call may well succeed later: a lost connection, a lock, a full disk. False
    /// when the data itself is refused.
    pub fn is_transient(&self) -> bool {
        match self {
            HubError::Pool(_) | HubError::File { .. } => true,
            HubError::Postgres(error) => match error.code() {
                // Class 22: data exception, 23: constraint violated, 54: a limit of the program. The
                // data is at fault.
                Some(state) => {
                    !["22", "23", "54"].iter().any(|class| state.code().starts_with(class))
                }
                None => true,
            },
            _ => false,
        }
    }
}

fn describe(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        // The message names columns and constraints; values stand in the detail, which is left out: it
        // may be a person's.
        Some(db) => format!("{} ({})", db.message(), db.code().code()),
        None => {
            let mut text = error.to_string();
            if let Some(source) = std::error::Error::source(error) {
                text.push_str(": ");
                text.push_str(&source.to_string());
            }
            text
        }
    }
}
