//! Passwords: argon2id, checked in a small pool of its own, because one check costs 19 MiB and some
//! tens of milliseconds of a core.

use std::sync::Arc;

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use ring::rand::SecureRandom;
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;

/// Shorter passwords are refused when one is set.
pub const LENGTH_MIN: usize = 10;
/// Longer ones are refused before anything is computed.
pub const LENGTH_MAX: usize = 128;
/// 19 MiB, 2 passes, 1 lane: OWASP's floor, which two checks at once fit into on a mini-PC.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
/// Checks at the same time.
const PARALLEL: usize = 2;
/// Checks that wait for their turn; one more is answered "busy".
const WAITING_MAX: usize = 16;

/// Why a password was neither accepted nor refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PasswordError {
    /// Too many checks at once.
    #[error("too many password checks at once")]
    Busy,
    /// Shorter than [`LENGTH_MIN`] characters.
    #[error("a password has at least {LENGTH_MIN} characters")]
    TooShort,
    /// Longer than [`LENGTH_MAX`] characters.
    #[error("a password has at most {LENGTH_MAX} characters")]
    TooLong,
    /// The stored hash does not parse, or the system failed.
    #[error("the password could not be worked on: {0}")]
    Failed(String),
}

/// The pool.
#[derive(Clone)]
pub struct Passwords {
    waiting: Arc<Semaphore>,
    running: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            waiting: Arc::new(Semaphore::new(PARALLEL + WAITING_MAX)),
            running: Arc::new(Semaphore::new(PARALLEL)),
        }
    }
}

impl Passwords {
    /// Whether `password` belongs to `stored`. Without a stored hash (no such account) the same work
    /// is done for nothing, so that the time taken does not tell whether the account exists.
    pub async fn verify(
        &self,
        password: String,
        stored: Option<String>,
    ) -> Result<bool, PasswordError> {
        if password.chars().count() > LENGTH_MAX {
            return Err(PasswordError::TooLong);
        }
        self.in_turn(move || match stored {
            Some(stored) => verify_now(&password, &stored),
            None => hash_now(&password).map(|_| false),
        })
        .await
    }

    /// The hash to store for a new password.
    pub async fn hash(&self, password: String) -> Result<String, PasswordError> {
        self.in_turn(move || hash_new(&password)).await
    }

    /// Does the work when its turn comes. Place and turn are the job's own: it goes on when whoever asked
    /// has hung up, and so many that were hung up on would take all memory and every core.
    async fn in_turn<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let place = self.waiting.clone().try_acquire_owned().map_err(|_| PasswordError::Busy)?;
        let turn = self.running.clone().acquire_owned().await.map_err(|_| PasswordError::Busy)?;
        tokio::task::spawn_blocking(move || {
            let _held = (place, turn);
            job()
        })
        .await
        .map_err(|err| PasswordError::Failed(err.to_string()))?
    }
}

/// The hash of a new password, computed here and now: for the command line.
pub fn hash_new(password: &str) -> Result<String, PasswordError> {
    match password.chars().count() {
        0..LENGTH_MIN => Err(PasswordError::TooShort),
        LENGTH_MIN..=LENGTH_MAX => hash_now(password),
        _ => Err(PasswordError::TooLong),
    }
}

fn hash_now(password: &str) -> Result<String, PasswordError> {
    let mut salt = [0_u8; 16];
    ring::rand::SystemRandom::new()
        .fill(&mut salt)
        .map_err(|_| PasswordError::Failed("no random bytes".to_owned()))?;
    let salt = SaltString::encode_b64(&salt).map_err(failed)?;
    let hash = argon2()?.hash_password(normal(password).as_bytes(), &salt).map_err(failed)?;
    Ok(hash.to_string())
}

fn verify_now(password: &str, stored: &str) -> Result<bool, PasswordError> {
    let stored = PasswordHash::new(stored).map_err(failed)?;
    match argon2()?.verify_password(normal(password).as_bytes(), &stored) {
        Ok(()) => Ok(true),
        Err(argon2::password_hash::Error::Password) => Ok(false),
        Err(err) => Err(failed(err)),
    }
}

/// Keyboards differ in how they compose a Vietnamese letter; the password is the same.
fn normal(password: &str) -> String {
    password.nfc().collect()
}

fn argon2() -> Result<Argon2<'static>, PasswordError> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(failed)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn failed(err: impl std::fmt::Display) -> PasswordError {
    PasswordError::Failed(err.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_again_also_when_typed_with_separate_marks() {
        let stored = hash_new("trung tâm số một").unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        let separate: String = "trung tâm số một".nfd().collect();
        assert_eq!(verify_now(&separate, &stored), Ok(true));
        assert_eq!(verify_now("trung tâm số hai", &stored), Ok(false));
    }

    #[test]
    fn lengths_are_bounded() {
        assert_eq!(hash_new("ngắn quá"), Err(PasswordError::TooShort));
        assert_eq!(hash_new(&"a".repeat(129)), Err(PasswordError::TooLong));
    }

    #[tokio::test]
    async fn a_missing_account_is_simply_wrong() {
        assert_eq!(Passwords::default().verify("anything at all".into(), None).await, Ok(false));
    }

    #[tokio::test]
    async fn more_checks_than_places_are_answered_busy() {
        let passwords = Passwords::default();
        let checks = (0..PARALLEL + WAITING_MAX + 3)
            .map(|_| passwords.verify("anything at all".into(), None));
        let results = futures_util::future::join_all(checks).await;
        let busy = results.iter().filter(|r| **r == Err(PasswordError::Busy)).count();
        assert_eq!(busy, 3);
    }

    #[tokio::test]
    async fn a_check_that_nobody_waits_for_any_more_keeps_its_turn_until_it_has_ended() {
        let passwords = Passwords::default();
        let (begins, has_begun) = tokio::sync::oneshot::channel();
        let (end, ends) = std::sync::mpsc::channel::<()>();
        let checking = tokio::spawn({
            let passwords = passwords.clone();
            async move {
                let job = move || {
                    begins.send(()).ok();
                    ends.recv().ok();
                    Ok(())
                };
                passwords.in_turn(job).await
            }
        });
        let in_time = std::time::Duration::from_secs(60);
        tokio::time::timeout(in_time, has_begun).await.unwrap().unwrap();
        checking.abort();
        assert!(checking.await.unwrap_err().is_cancelled());
        assert_eq!(passwords.running.available_permits(), PARALLEL - 1, "it still runs");
        assert_eq!(passwords.waiting.available_permits(), PARALLEL + WAITING_MAX - 1);
        end.send(()).unwrap();
        let all = u32::try_from(PARALLEL).unwrap();
        let every_turn = passwords.running.acquire_many(all);
        drop(tokio::time::timeout(in_time, every_turn).await.unwrap().unwrap());
        assert_eq!(passwords.waiting.available_permits(), PARALLEL + WAITING_MAX);
    }
}
