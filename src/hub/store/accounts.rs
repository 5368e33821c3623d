//! Technicians and their sessions, as the web plumbing asks for them. A technician of the province
//! has one of the same three roles as an officer of a center: `officer` looks, `head` also gives
//! orders, `admin` also decides about frozen streams.

use jiff::{SignedDuration, Timestamp};
use web::Problem;
use web::auth::{Device, Officer, Role};
use web::session::{
    Account, Accounts, DeviceTokens, SessionRecord, SessionStore, StoreFuture, TokenHash,
};

use super::{Store, instant, micros};
use crate::error::{HubError, Result};

/// Sessions older than this are swept when a new one opens; none is valid for so long.
const SWEEP_AFTER: SignedDuration = SignedDuration::from_hours(48);
/// Longest login and name, in characters.
const NAME_LENGTH_MAX: usize = 64;

impl Store {
    /// Adds a technician, or changes name, role and password of the one with this login.
    pub async fn put_officer(
        &self,
        login: &str,
        name: &str,
        role: Role,
        password: &str,
        now: Timestamp,
    ) -> Result<()> {
        let (login, name) = (login.trim(), name.trim());
        if [login, name]
            .iter()
            .any(|text| text.is_empty() || text.chars().count() > NAME_LENGTH_MAX)
        {
            return Err(HubError::refused(
                "officer.bad_name",
                "login and name have 1 to 64 characters",
            ));
        }
        let password_hash = web::password::hash_new(password)
            .map_err(|error| HubError::refused("officer.bad_password", error.to_string()))?;
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        tx.execute(
            "INSERT INTO officer (id, login, name, role, password_hash, created_us)
             VALUES ($1, $1, $2, $3, $4, $5)
             ON CONFLICT (login) DO UPDATE
             SET name = excluded.name, role = excluded.role,
                 password_hash = excluded.password_hash, locked = false",
            &[&login, &name, &role.name(), &password_hash, &micros(now)],
        )
        .await?;
        // Who knew the old password is out.
        tx.execute("DELETE FROM session WHERE officer = $1", &[&login]).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn open_session(&self, token: TokenHash, officer: &str, at: Timestamp) -> Result<()> {
        let client = self.client().await?;
        let old = at.checked_sub(SWEEP_AFTER).unwrap_or(Timestamp::UNIX_EPOCH);
        client.execute("DELETE FROM session WHERE created_us < $1", &[&micros(old)]).await?;
        client
            .execute(
                "INSERT INTO session (token_hash, officer, created_us, seen_us)
                 VALUES ($1, $2, $3, $3)",
                &[&token.0.as_slice(), &officer, &micros(at)],
            )
            .await?;
        Ok(())
    }

    async fn session(&self, token: TokenHash) -> Result<Option<SessionRecord>> {
        let client = self.client().await?;
        let row = client
            .query_opt(
                "SELECT o.id, o.name, o.role, s.created_us, s.seen_us
                 FROM session s JOIN officer o ON o.id = s.officer
                 WHERE s.token_hash = $1 AND NOT o.locked",
                &[&token.0.as_slice()],
            )
            .await?;
        Ok(row.map(|row| SessionRecord {
            officer: Officer { id: row.get(0), name: row.get(1), role: Role::of_name(row.get(2)) },
            created_at: instant(row.get(3)),
            seen_at: instant(row.get(4)),
        }))
    }

    async fn account(&self, login: &str) -> Result<Option<Account>> {
        let client = self.client().await?;
        let row = client
            .query_opt(
                "SELECT id, name, role, password_hash FROM officer WHERE login = $1 AND NOT locked",
                &[&login],
            )
            .await?;
        Ok(row.map(|row| Account {
            officer: Officer { id: row.get(0), name: row.get(1), role: Role::of_name(row.get(2)) },
            password_hash: row.get(3),
        }))
    }

    async fn change_session(
        &self,
        sql: &str,
        token: TokenHash,
        at: Option<Timestamp>,
    ) -> Result<()> {
        let client = self.client().await?;
        match at {
            Some(at) => client.execute(sql, &[&token.0.as_slice(), &micros(at)]).await?,
            None => client.execute(sql, &[&token.0.as_slice()]).await?,
        };
        Ok(())
    }
}

impl SessionStore for Store {
    fn create<'a>(
        &'a self,
        token: TokenHash,
        officer_id: &'a str,
        at: Timestamp,
    ) -> StoreFuture<'a, ()> {
        Box::pin(async move { self.open_session(token, officer_id, at).await.map_err(failed) })
    }

    fn find(&self, token: TokenHash) -> StoreFuture<'_, Option<SessionRecord>> {
        Box::pin(async move { self.session(token).await.map_err(failed) })
    }

    fn touch(&self, token: TokenHash, at: Timestamp) -> StoreFuture<'_, ()> {
        let sql = "UPDATE session SET seen_us = $2 WHERE token_hash = $1";
        Box::pin(async move { self.change_session(sql, token, Some(at)).await.map_err(failed) })
    }

    fn delete(&self, token: TokenHash) -> StoreFuture<'_, ()> {
        let sql = "DELETE FROM session WHERE token_hash = $1";
        Box::pin(async move { self.change_session(sql, token, None).await.map_err(failed) })
    }
}

impl Accounts for Store {
    fn find<'a>(&'a self, login: &'a str) -> StoreFuture<'a, Option<Account>> {
        Box::pin(async move { self.account(login).await.map_err(failed) })
    }
}

/// No kiosks and tablets at the hub.
impl DeviceTokens for Store {
    fn find(&self, _: TokenHash) -> StoreFuture<'_, Option<Device>> {
        Box::pin(std::future::ready(Ok(None)))
    }
}

fn failed(error: HubError) -> Problem {
    crate::api::words::problem(&error)
}
