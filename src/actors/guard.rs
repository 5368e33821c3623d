//! What happens when an actor panics.
//!
//! A panic in a handler kills the actor and leaves its address dead, while the rest of the daemon
//! would go on and answer "stopped" to every officer. Nothing is lost by ending: all state is in the
//! tables, and systemd starts the daemon again within a second. So each actor holds a guard that ends
//! the process when it is dropped by a panic.

/// Ends the process when a panic unwinds through its owner.
pub(crate) struct AbortGuard {
    actor: &'static str,
}

impl AbortGuard {
    /// The guard of an actor; the name goes to the log.
    pub(crate) fn of(actor: &'static str) -> Self {
        Self { actor }
    }
}

impl Drop for AbortGuard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tracing::error!(
                actor = self.actor,
                "an actor panicked; the daemon ends and starts again"
            );
            // A failed assertion of a unit test unwinds through actors of its own thread, too.
            if !cfg!(test) {
                std::process::abort();
            }
        }
    }
}
