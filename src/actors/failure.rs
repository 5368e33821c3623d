//! Why an actor did not do what it was asked: one type for every handle.

use domain::refusal::Refusal;

/// The answer of a handle that is not the wished one. Each has a stable code; the sentences for
/// people stand in `text`.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Failure {
    /// A rule says no, and says which. Nothing was written.
    #[error("refused: {}", .0.code())]
    Refused(Refusal),
    /// More is under way than the actor takes at once. Nothing was written; ask again in a moment.
    #[error("busy")]
    Busy,
    /// A kiosk is pressed faster than citizens can. Nothing was written; so many seconds later it may
    /// be pressed again.
    #[error("pressed too fast")]
    TooFast {
        /// Whole seconds, at least one.
        wait_s: u32,
    },
    /// The actor is gone: the daemon is stopping or starting.
    #[error("stopped")]
    Stopped,
    /// The store failed or the actor reads its tables again. Whether it was written is not known:
    /// repeat the request with the same key, and it happens exactly once.
    #[error("repeat")]
    Repeat,
    /// The store will not take it, however often it is tried: the store's code says why. Nothing was
    /// written.
    #[error("not storable: {0}")]
    NotStorable(&'static str),
    /// The disk is full. Nothing was written; it goes on by itself when there is room.
    #[error("disk full")]
    DiskFull,
    /// This request key was used before, for something else.
    #[error("request key used for something else")]
    KeyReused,
    /// The request key is empty, too long, or holds control characters.
    #[error("bad request key")]
    BadRequestKey,
    /// There is no such thing here; the word says what was looked for.
    #[error("unknown {0}")]
    Unknown(&'static str),
}

impl Failure {
    /// Whether it is certain that nothing of the request was written.
    #[must_use]
    pub fn nothing_was_written(&self) -> bool {
        !matches!(self, Self::Stopped | Self::Repeat)
    }

    /// The stable code, for support and for the sentences.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.code(),
            Self::Busy => "center.busy",
            Self::TooFast { .. } => "kiosk.too_fast",
            Self::Stopped => "center.stopped",
            Self::Repeat => "center.repeat",
            Self::NotStorable(_) => "center.not_storable",
            Self::DiskFull => "center.disk_full",
            Self::KeyReused => "center.key_reused",
            Self::BadRequestKey => "center.bad_request_key",
            Self::Unknown(_) => "center.unknown",
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<actix::MailboxError> for Failure {
    fn from(error: actix::MailboxError) -> Self {
        match error {
            actix::MailboxError::Closed => Self::Stopped,
            actix::MailboxError::Timeout => Self::Busy,
        }
    }
}
