//! Sessions and device tokens: what is stored, and the traits that the center's and the hub's
//! stores fill.
//!
//! A token is 256 random bits; only its SHA-256 is stored, so a stolen table opens nothing.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::LocalBoxFuture;
use jiff::Timestamp;
use ring::rand::SecureRandom;

use crate::auth::{Device, Officer};
use crate::problem::Problem;

/// What a store answers: it fails with a [`Problem`], so it can say "busy" or "disk full" itself.
pub type StoreFuture<'a, T> = LocalBoxFuture<'a, Result<T, Problem>>;

/// The SHA-256 of a token, as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenHash(pub [u8; 32]);

impl TokenHash {
    /// Lower-case hexadecimal, for a text column.
    pub fn to_hex(self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// A secret that is shown to its owner once. Not `Debug`: it must not reach a log.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

/// Base64url of 32 bytes without padding.
const TOKEN_CHARACTERS: usize = 43;

impl Token {
    /// A new token from the system's random source.
    pub fn random() -> Result<Self, Problem> {
        let mut bytes = [0_u8; 32];
        ring::rand::SystemRandom::new().fill(&mut bytes).map_err(|_| {
            tracing::error!("the system's random source gave nothing");
            Problem::internal()
        })?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// A token that came from outside; `None` when it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let right = text.len() == TOKEN_CHARACTERS
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        right.then(|| Self(text.to_owned()))
    }

    /// The text to give to its owner.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored.
    pub fn hash(&self) -> TokenHash {
        let digest = ring::digest::digest(&ring::digest::SHA256, self.0.as_bytes());
        let mut bytes = [0_u8; 32];
        bytes.copy_from_slice(digest.as_ref());
        TokenHash(bytes)
    }

    /// Another secret that follows from this one, for a purpose: whoever holds this one has it, too, and
    /// nobody finds this one from it.
    #[must_use]
    pub fn derived(&self, purpose: &[u8]) -> Self {
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, self.0.as_bytes());
        Self(URL_SAFE_NO_PAD.encode(ring::hmac::sign(&key, purpose)))
    }

    /// The session's confirmation code for the header `X-CSRF-Token`. It follows from the token, so
    /// it needs no column, and a page of another site cannot compute it.
    pub fn csrf(&self) -> String {
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, self.0.as_bytes());
        URL_SAFE_NO_PAD.encode(ring::hmac::sign(&key, b"motcua csrf v1"))
    }
}

/// A session as stored, with the officer as the account says today.
#[derive(Debug, Clone)]
pub struct SessionRecord {
    /// Name and role from the account now, not from the time of sign-in.
    pub officer: Officer,
    /// When it was opened.
    pub created_at: Timestamp,
    /// Last request, kept to the minute.
    pub seen_at: Timestamp,
}

/// An account that may sign in.
#[derive(Clone)]
pub struct Account {
    /// Who it is.
    pub officer: Officer,
    /// Argon2id in PHC form.
    pub password_hash: String,
}

/// Where sessions are kept.
pub trait SessionStore: Send + Sync {
    /// Opens a session; stored before it answers.
    fn create<'a>(
        &'a self,
        token: TokenHash,
        officer_id: &'a str,
        at: Timestamp,
    ) -> StoreFuture<'a, ()>;
    /// The session, or `None` when there is none or its account is locked.
    fn find(&self, token: TokenHash) -> StoreFuture<'_, Option<SessionRecord>>;
    /// Notes that it was used. Called at most once a minute for a session.
    fn touch(&self, token: TokenHash, at: Timestamp) -> StoreFuture<'_, ()>;
    /// Ends it; ending what is not there is no error.
    fn delete(&self, token: TokenHash) -> StoreFuture<'_, ()>;
}

/// Where accounts are kept.
pub trait Accounts: Send + Sync {
    /// The account of a login name, or `None` when there is none or it is locked.
    fn find<'a>(&'a self, login: &'a str) -> StoreFuture<'a, Option<Account>>;
}

/// Where the tokens of kiosks, screens and tablets are kept.
pub trait DeviceTokens: Send + Sync {
    /// The device of a bearer token, or `None` when there is none or it was revoked.
    fn find(&self, token: TokenHash) -> StoreFuture<'_, Option<Device>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_and_its_hash_tells_nothing_of_it() {
        let token = Token::random().unwrap();
        assert!(Token::parse(token.reveal()) == Some(token.clone()));
        assert_eq!(token.hash().to_hex().len(), 64);
        assert!(!token.hash().to_hex().contains(token.reveal()));
        assert_ne!(token.csrf(), Token::random().unwrap().csrf());
    }

    #[test]
    fn a_derived_token_is_a_token_and_differs_by_its_purpose() {
        let token = Token::random().unwrap();
        let derived = token.derived(b"one");
        assert!(Token::parse(derived.reveal()) == Some(derived.clone()));
        assert!(derived == token.derived(b"one") && derived != token.derived(b"two"));
        assert!(derived != token && derived.hash() != token.hash());
    }

    #[test]
    fn what_cannot_be_a_token_is_not_looked_up() {
        for text in ["", "short", &"a".repeat(44), &"a b".repeat(15), "đ"] {
            assert!(Token::parse(text).is_none());
        }
    }
}
