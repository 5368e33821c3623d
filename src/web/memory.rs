//! Sessions, accounts and device tokens in memory: for tests, and for tools that need no table.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use crate::auth::{Device, Officer};
use crate::problem::Problem;
use crate::session::{
    Account, Accounts, DeviceTokens, SessionRecord, SessionStore, StoreFuture, TokenHash,
};

/// More sessions than this are refused as "busy".
const SESSIONS_MAX: usize = 10_000;

/// All three stores in one.
#[derive(Default)]
pub struct Memory {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    accounts: HashMap<String, Account>,
    sessions: HashMap<TokenHash, (String, Timestamp, Timestamp)>,
    devices: HashMap<TokenHash, Device>,
    full: bool,
}

impl Memory {
    /// Adds an account under a login name; `password_hash` is argon2id in PHC form.
    pub fn add_account(&self, login: &str, officer: Officer, password_hash: &str) {
        let account = Account { officer, password_hash: password_hash.to_owned() };
        self.lock().accounts.insert(login.to_owned(), account);
    }

    /// Locks an account: its sessions end with it.
    pub fn remove_account(&self, login: &str) {
        self.lock().accounts.remove(login);
    }

    /// Lets a device in.
    pub fn add_device(&self, token: TokenHash, device: Device) {
        self.lock().devices.insert(token, device);
    }

    /// Withdraws a device's token.
    pub fn remove_device(&self, token: TokenHash) {
        self.lock().devices.remove(&token);
    }

    /// From here on nothing that is only used is written down, as with a full disk.
    pub fn fill(&self) {
        self.lock().full = true;
    }

    /// How many sessions are open.
    pub fn sessions(&self) -> usize {
        self.lock().sessions.len()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SessionStore for Memory {
    fn create<'a>(
        &'a self,
        token: TokenHash,
        officer_id: &'a str,
        at: Timestamp,
    ) -> StoreFuture<'a, ()> {
        let mut inner = self.lock();
        let result = if inner.sessions.len() >= SESSIONS_MAX {
            Err(Problem::busy())
        } else {
            inner.sessions.insert(token, (officer_id.to_owned(), at, at));
            Ok(())
        };
        Box::pin(std::future::ready(result))
    }

    fn find(&self, token: TokenHash) -> StoreFuture<'_, Option<SessionRecord>> {
        let inner = self.lock();
        let found = inner.sessions.get(&token).and_then(|(id, created_at, seen_at)| {
            let account = inner.accounts.values().find(|account| account.officer.id == *id)?;
            Some(SessionRecord {
                officer: account.officer.clone(),
                created_at: *created_at,
                seen_at: *seen_at,
            })
        });
        Box::pin(std::future::ready(Ok(found)))
    }

    fn touch(&self, token: TokenHash, at: Timestamp) -> StoreFuture<'_, ()> {
        let mut inner = self.lock();
        let result = if inner.full {
            Err(Problem::busy())
        } else {
            if let Some((_, _, seen_at)) = inner.sessions.get_mut(&token) {
                *seen_at = at;
            }
            Ok(())
        };
        Box::pin(std::future::ready(result))
    }

    fn delete(&self, token: TokenHash) -> StoreFuture<'_, ()> {
        self.lock().sessions.remove(&token);
        Box::pin(std::future::ready(Ok(())))
    }
}

impl Accounts for Memory {
    fn find<'a>(&'a self, login: &'a str) -> StoreFuture<'a, Option<Account>> {
        let found = self.lock().accounts.get(login).cloned();
        Box::pin(std::future::ready(Ok(found)))
    }
}

impl DeviceTokens for Memory {
    fn find(&self, token: TokenHash) -> StoreFuture<'_, Option<Device>> {
        let found = self.lock().devices.get(&token).cloned();
        Box::pin(std::future::ready(Ok(found)))
    }
}
