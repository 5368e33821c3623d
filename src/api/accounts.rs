//! Who may talk to the center, as the web's sign-in asks for it: accounts, sessions and device tokens
//! over the store. Reads go through the readers, writes through the one writer; a device's token that was
//! found is remembered for a moment ([`super::token_cache`]).

use super::failure::{problem, unreadable};
use super::token_cache::TokenCache;
use actix_web::http::StatusCode;
use domain::ids::{CounterNumber, OfficerId};
use domain::time::Clock;
use futures_util::FutureExt as _;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use store::records::{DeviceToken, Session};
use store::{Batch, LocalWrite, Readers, StoreError, WriterHandle, query};
use web::session::{
    Account, Accounts, DeviceTokens, SessionRecord, SessionStore, StoreFuture, TokenHash,
};
use web::{Device, DeviceRole, Officer, Problem, Role};

/// Accounts, sessions and tokens of this center.
#[derive(Clone)]
pub struct CenterAccounts {
    readers: Readers,
    writer: WriterHandle,
    clock: Arc<dyn Clock>,
    absolute: SignedDuration,
    demo: bool,
    tokens: Arc<Mutex<TokenCache>>,
}

impl CenterAccounts {
    /// Over the store of this center; a session lives at most `absolute`. Only a demonstration knows
    /// load generators.
    #[must_use]
    pub fn new(
        readers: Readers,
        writer: WriterHandle,
        clock: Arc<dyn Clock>,
        absolute: SignedDuration,
        demo: bool,
    ) -> Self {
        Self { readers, writer, clock, absolute, demo, tokens: Arc::default() }
    }

    /// Stores devices' tokens, new or withdrawn, in one entry; in force when it returns.
    ///
    /// # Errors
    /// The store does not take it now, or the book of accounts and devices is full.
    pub async fn store_tokens(&self, actor: &str, tokens: Vec<DeviceToken>) -> Result<(), Problem> {
        let writes = tokens.into_iter().map(LocalWrite::DeviceToken);
        let batch = writes.fold(Batch::new(actor, self.clock.now()), Batch::and);
        let stored = self.writer.commit(batch).await;
        // Also after a failure: what is on the disk then is not known here.
        self.cache().written();
        stored.map(|_| ()).map_err(|error| match error {
            // Trying again would not help: the accounts take no more in the journal.
            StoreError::TooLarge(_) => problem(StatusCode::CONFLICT, "pairing.no_room", json!({})),
            error => unreadable(&error),
        })
    }

    /// Withdraws a token that was refused, should it be stored all the same: a yes of which nobody heard
    /// whether it reached the disk. Gives whether it was there.
    ///
    /// # Errors
    /// The store cannot be read or does not take it now.
    pub async fn withdraw(&self, actor: &str, token: TokenHash) -> Result<bool, Problem> {
        let Some(stored) = self.token(token).await? else { return Ok(false) };
        let revoked_at = Some(self.clock.now());
        self.store_tokens(actor, vec![DeviceToken { revoked_at, ..stored }]).await?;
        Ok(true)
    }

    /// All devices' tokens, also those that were withdrawn not long ago.
    ///
    /// # Errors
    /// The store cannot be read now.
    pub async fn tokens(&self) -> Result<Vec<DeviceToken>, Problem> {
        self.read(query::sessions::devices).await
    }

    /// The token with a hash, as it is stored, if it is not withdrawn.
    ///
    /// # Errors
    /// The store cannot be read now.
    pub async fn token(&self, token: TokenHash) -> Result<Option<DeviceToken>, Problem> {
        self.read(move |c| query::sessions::device_by_token(c, &token.0)).await
    }

    /// When a device's token was used last since the daemon started.
    #[must_use]
    pub fn token_seen(&self, token: TokenHash) -> Option<Timestamp> {
        self.cache().seen(token)
    }

    fn cache(&self) -> MutexGuard<'_, TokenCache> {
        // Each change is a single insertion: a panic beside it leaves nothing half done.
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn device(&self, token: TokenHash) -> Result<Option<Device>, Problem> {
        let asked_at = Instant::now();
        let (kept, writes) = {
            let cache = self.cache();
            (cache.get(token, asked_at), cache.writes())
        };
        if kept.is_some() {
            return Ok(kept);
        }
        let found = self.token(token).await?;
        let device = found.as_ref().and_then(device_of);
        let device = device.filter(|device| self.demo || device.role != DeviceRole::Load);
        if let Some(device) = &device {
            self.cache().put(token, device.clone(), asked_at, writes);
        }
        Ok(device)
    }

    async fn write(&self, actor: &str, write: LocalWrite) -> Result<(), Problem> {
        let batch = Batch::new(actor, self.clock.now()).and(write);
        self.writer.commit(batch).await.map(|_| ()).map_err(|error| unreadable(&error))
    }

    async fn officer(&self, id: OfficerId) -> Result<Option<Officer>, Problem> {
        let found = self.read(move |c| query::officers::by_id(c, &id)).await?;
        Ok(found.filter(|account| !account.disabled).map(|account| officer_of(&account)))
    }

    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&rusqlite::Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Problem> {
        self.readers.read(read).await.map_err(|error| unreadable(&error))
    }
}

fn officer_of(account: &store::records::Officer) -> Officer {
    Officer {
        id: account.id.to_string(),
        name: account.name.clone(),
        role: Role::of_name(&account.role),
    }
}

impl Accounts for CenterAccounts {
    fn find<'a>(&'a self, login: &'a str) -> StoreFuture<'a, Option<Account>> {
        let login = login.to_owned();
        async move {
            let found = self.read(move |c| query::officers::by_login(c, &login)).await?;
            Ok(found.filter(|account| !account.disabled).map(|account| Account {
                officer: officer_of(&account),
                password_hash: account.password_hash,
            }))
        }
        .boxed_local()
    }
}

impl SessionStore for CenterAccounts {
    fn create<'a>(
        &'a self,
        token: TokenHash,
        officer_id: &'a str,
        at: Timestamp,
    ) -> StoreFuture<'a, ()> {
        async move {
            let officer = OfficerId::parse(officer_id).map_err(|_| Problem::internal())?;
            let expires_at = at.saturating_add(self.absolute).unwrap_or(Timestamp::MAX);
            let session = Session {
                token_hash: token.0,
                officer,
                // The confirmation code follows from the token; nothing of it is stored.
                csrf: String::new(),
                created_at: at,
                seen_at: at,
                expires_at,
            };
            self.write(officer_id, LocalWrite::Session(session)).await
        }
        .boxed_local()
    }

    fn find(&self, token: TokenHash) -> StoreFuture<'_, Option<SessionRecord>> {
        async move {
            let now = self.clock.now();
            let found = self.read(move |c| query::sessions::by_token(c, &token.0, now)).await?;
            let Some(session) = found else { return Ok(None) };
            let officer = self.officer(session.officer).await?;
            Ok(officer.map(|officer| SessionRecord {
                officer,
                created_at: session.created_at,
                seen_at: session.seen_at,
            }))
        }
        .boxed_local()
    }

    fn touch(&self, token: TokenHash, at: Timestamp) -> StoreFuture<'_, ()> {
        async move {
            let now = self.clock.now();
            let found = self.read(move |c| query::sessions::by_token(c, &token.0, now)).await?;
            let Some(session) = found else { return Ok(()) };
            let actor = session.officer.to_string();
            self.write(&actor, LocalWrite::Session(Session { seen_at: at, ..session })).await
        }
        .boxed_local()
    }

    fn delete(&self, token: TokenHash) -> StoreFuture<'_, ()> {
        async move { self.write("center", LocalWrite::EndSession { token_hash: token.0 }).await }
            .boxed_local()
    }
}

impl DeviceTokens for CenterAccounts {
    fn find(&self, token: TokenHash) -> StoreFuture<'_, Option<Device>> {
        async move {
            let device = self.device(token).await?;
            if device.is_some() {
                self.cache().used(token, self.clock.now());
            }
            Ok(device)
        }
        .boxed_local()
    }
}

/// The role of a device token in words, as `motcua device token` takes it.
#[must_use]
pub fn device_role_of(name: &str) -> Option<DeviceRole> {
    serde_json::from_value(name.into()).ok()
}

/// The name of a token's device in the journal and on the command line: role, counter, and the start of
/// the token's hash, which tells two kiosks apart; the token itself stands nowhere.
#[must_use]
pub fn device_name(token: &DeviceToken) -> String {
    let place = token.counter.map(|counter| format!("-{}", counter.0)).unwrap_or_default();
    let tail: String = token.token_hash.iter().take(3).map(|byte| format!("{byte:02x}")).collect();
    format!("{}{place}-{tail}", token.role)
}

fn device_of(token: &DeviceToken) -> Option<Device> {
    let role = device_role_of(&token.role)?;
    let counter = token.counter.map(|CounterNumber(number)| number);
    Some(Device { id: device_name(token), role, counter })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actors::testing::Center;

    #[actix_rt::test]
    async fn a_load_generator_is_let_in_only_in_a_demonstration() {
        let center = Center::start().await;
        let token = |number: u8, role: &str| DeviceToken {
            token_hash: [number; 32],
            role: role.to_owned(),
            counter: None,
            title: String::new(),
            created_at: center.clock.now(),
            revoked_at: None,
        };
        for token in [token(1, "load"), token(2, "kiosk")] {
            let batch = Batch::new("test", token.created_at).and(LocalWrite::DeviceToken(token));
            center.ports.writer.commit(batch).await.unwrap();
        }
        let let_in = async |demo: bool, number: u8| {
            let accounts = CenterAccounts::new(
                center.ports.readers.clone(),
                center.ports.writer.clone(),
                center.clock.clone(),
                SignedDuration::from_hours(12),
                demo,
            );
            DeviceTokens::find(&accounts, TokenHash([number; 32])).await.unwrap().is_some()
        };
        assert!(let_in(true, 1).await && let_in(true, 2).await);
        assert!(!let_in(false, 1).await);
        assert!(let_in(false, 2).await);
    }

    fn hall() -> DeviceToken {
        DeviceToken {
            token_hash: [7; 32],
            role: "hall".to_owned(),
            counter: None,
            title: "Sảnh".to_owned(),
            created_at: Timestamp::UNIX_EPOCH,
            revoked_at: None,
        }
    }

    #[actix_rt::test]
    async fn a_token_withdrawn_by_this_process_is_out_at_once_though_it_was_just_found() {
        let center = Center::start().await;
        let accounts = CenterAccounts::new(
            center.ports.readers.clone(),
            center.ports.writer.clone(),
            center.clock.clone(),
            SignedDuration::from_hours(12),
            false,
        );
        let token = DeviceToken { created_at: center.clock.now(), ..hall() };
        let hash = TokenHash([7; 32]);
        let in_use = async |accounts: &CenterAccounts| {
            DeviceTokens::find(accounts, hash).await.unwrap().is_some()
        };
        assert!(!in_use(&accounts).await);
        assert_eq!(accounts.token_seen(hash), None);
        // One that was not found before is let in at once, too.
        accounts.store_tokens("nguyen.lan", vec![token.clone()]).await.unwrap();
        assert!(in_use(&accounts).await);
        assert_eq!(accounts.token_seen(hash), Some(center.clock.now()));
        // A copy shares what is remembered, as the workers of the server do.
        let worker = accounts.clone();
        assert!(in_use(&worker).await);
        let withdrawn = DeviceToken { revoked_at: Some(center.clock.now()), ..token };
        accounts.store_tokens("nguyen.lan", vec![withdrawn]).await.unwrap();
        assert!(!in_use(&accounts).await && !in_use(&worker).await);
        // A no to a request whose yes had been stored after all.
        let late = DeviceToken { token_hash: [8; 32], created_at: center.clock.now(), ..hall() };
        accounts.store_tokens("nguyen.lan", vec![late]).await.unwrap();
        let late = TokenHash([8; 32]);
        assert!(DeviceTokens::find(&accounts, late).await.unwrap().is_some());
        assert!(accounts.withdraw("nguyen.lan", late).await.unwrap());
        assert!(DeviceTokens::find(&worker, late).await.unwrap().is_none());
        assert!(
            !accounts.withdraw("nguyen.lan", late).await.unwrap(),
            "nothing is left to withdraw"
        );
    }
}
