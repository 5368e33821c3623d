//! How officers are called: what a colleague reads instead of a login.

use domain::ids::OfficerId;
use std::collections::BTreeMap;
use std::sync::Arc;
use store::records::Officer;
use store::{Readers, StoreError, query};

/// The names of all accounts. Read once: accounts are made while the daemon rests.
#[derive(Debug, Clone, Default)]
pub struct OfficerNames(Arc<BTreeMap<OfficerId, String>>);

impl OfficerNames {
    /// From the accounts of this center.
    ///
    /// # Errors
    /// The table cannot be read.
    pub fn read_now(readers: &Readers) -> Result<Self, StoreError> {
        Ok(Self::of(readers.read_now(query::officers::all)?))
    }

    /// From a list of accounts.
    #[must_use]
    pub fn of(accounts: impl IntoIterator<Item = Officer>) -> Self {
        let name = |account: Officer| (account.id, account.name.trim().to_owned());
        let named = |(_, name): &(OfficerId, String)| !name.is_empty();
        Self(Arc::new(accounts.into_iter().map(name).filter(named).collect()))
    }

    /// The name of one; nothing for another system that acts at a counter, or an account without one.
    #[must_use]
    pub fn of_officer(&self, officer: &OfficerId) -> Option<&str> {
        self.0.get(officer).map(String::as_str)
    }
}
