//! How the store fares, by what the desks' last writes met.

use crate::actors::health::StoreState;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use store::StoreError;

/// The store as the desks last saw it; shared with health.
#[derive(Clone, Default)]
pub struct StoreWatch(Arc<AtomicU8>);

impl StoreWatch {
    /// How the last write went.
    #[must_use]
    pub fn state(&self) -> StoreState {
        match self.0.load(Ordering::Relaxed) {
            0 => StoreState::Ok,
            1 => StoreState::DiskFull,
            _ => StoreState::Failing,
        }
    }

    pub(crate) fn saw(&self, result: Result<(), &StoreError>) {
        let state = match result {
            Ok(()) => 0,
            Err(StoreError::DiskFull) => 1,
            // The caller's affair, not the store's.
            Err(
                StoreError::Busy
                | StoreError::Repeated(_)
                | StoreError::Conflict(_)
                | StoreError::StaleRevision { .. }
                | StoreError::Taken(_)
                | StoreError::NotFound(_)
                | StoreError::TooLarge(_),
            ) => return,
            Err(_) => 2,
        };
        self.0.store(state, Ordering::Relaxed);
    }
}
