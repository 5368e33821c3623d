//! The hub's store: PostgreSQL through a small pool, and the folder of encrypted scans.
//!
//! One file for each thing that is kept: [`nodes`], [`ingest`] (what nodes send), [`down`] (what the
//! hub sends them), [`enrolled`] (what they are told of each other), [`custody`], [`blobs`], [`orders`], [`bookings`], [`accounts`], [`tokens`] (enrolment), [`epochs`]
//! (and `adopt`, the journal of a forgotten one), [`halls`] and `went_first` (what people at home are
//! told).
//! What is promised to a node or a person is committed before it is said.
//! What is wrong with a node stands in [`alarms`], what waits for a person's decision in [`frozen`].

pub mod accounts;
mod adopt;
pub mod alarms;
pub mod blobs;
pub mod booking_plans;
pub mod bookings;
pub(crate) mod certificates;
pub mod check;
pub mod custody;
pub mod down;
mod down_anew;
pub mod enrolled;
pub mod epochs;
pub mod erase;
pub mod fleet;
pub mod forks;
pub mod frozen;
pub mod halls;
pub mod ingest;
pub mod migrations;
pub mod nodes;
pub mod orders;
mod reading;
pub mod snapshot;
pub mod ticket_days;
pub mod tokens;
mod went_first;

use std::path::PathBuf;
use std::sync::Arc;

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use jiff::Timestamp;
use journal::Sealing;
use tokio_postgres::NoTls;

use crate::error::{HubError, Result};
use crate::keys::HubKeys;
use crate::settings::Settings;

/// How long a caller waits for a free connection before it is told that the store is busy.
const POOL_WAIT: std::time::Duration = std::time::Duration::from_secs(10);

/// How long a connection may be without any sign of life.
const SILENCE_MAX: std::time::Duration = std::time::Duration::from_secs(30);

/// The store; cheap to clone.
#[derive(Clone)]
pub struct Store {
    pool: Pool,
    keys: Arc<HubKeys>,
    blob_folder: PathBuf,
    refused_frames_max: i64,
    sealing: Sealing,
    boot: down::Boot,
    epochs: epochs::Epochs,
}

impl Store {
    /// Connects, migrates, and reads the keys that `hub init` made.
    pub async fn open(settings: &Settings) -> Result<Store> {
        let keys = Arc::new(HubKeys::load(&settings.data_folder)?);
        let config = connection(&settings.postgres.connection)?;
        let manager = Manager::from_config(
            config,
            NoTls,
            ManagerConfig { recycling_method: RecyclingMethod::Fast },
        );
        let pool = Pool::builder(manager)
            .max_size(settings.postgres.connections_max)
            .wait_timeout(Some(POOL_WAIT))
            .create_timeout(Some(POOL_WAIT))
            .runtime(deadpool_postgres::Runtime::Tokio1)
            .build()
            .map_err(|error| HubError::refused("hub.store_pool", error.to_string()))?;
        let mut client = pool.get().await?;
        migrations::run(&mut client).await?;
        drop(client);
        let blob_folder = settings.data_folder.join("blobs");
        crate::keys::make_folder(&blob_folder)?;
        Ok(Store {
            pool,
            keys,
            blob_folder,
            refused_frames_max: i64::from(settings.ingest.refused_frames_max),
            sealing: Sealing::On,
            boot: down::Boot::read(),
            epochs: epochs::Epochs::new(&settings.data_folder),
        })
    }

    /// A connection of the pool. Whoever holds one must not ask for a second: with as many callers as
    /// there are connections each would wait for another's, until [`POOL_WAIT`] refuses them all.
    pub(crate) async fn client(&self) -> Result<deadpool_postgres::Object> {
        Ok(self.pool.get().await?)
    }

    /// The hub's keys.
    pub fn keys(&self) -> &HubKeys {
        &self.keys
    }
}

/// How to connect. A database machine that has lost its power says nothing any more: what waits for
/// it has to fail, so that it is tried again. What the settings say about it themselves stands.
pub(crate) fn connection(settings: &str) -> Result<tokio_postgres::Config> {
    let mut config: tokio_postgres::Config = settings.parse()?;
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(POOL_WAIT);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(SILENCE_MAX);
    }
    if config.get_keepalives_idle() > SILENCE_MAX {
        config.keepalives_idle(SILENCE_MAX);
        config.keepalives_interval(SILENCE_MAX / 6);
        config.keepalives_retries(3);
    }
    Ok(config)
}

/// An instant as the store keeps it.
pub(crate) fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// An instant from the store.
pub(crate) fn instant(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A number of a journal as the store keeps it. Journals count from 1 and never come near the bound.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The reverse of [`signed`].
pub(crate) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// A hash column.
pub(crate) fn hash(bytes: Vec<u8>) -> Result<[u8; 32]> {
    bytes.try_into().map_err(|_| HubError::refused("hub.store_damaged", "a hash is not 32 bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_has_gone_silent_is_given_up_unless_the_settings_say_otherwise() {
        let config = connection("host=db.example user=motcua").unwrap();
        assert_eq!(config.get_connect_timeout(), Some(&POOL_WAIT));
        assert_eq!(config.get_tcp_user_timeout(), Some(&SILENCE_MAX));
        assert_eq!(config.get_keepalives_idle(), SILENCE_MAX);
        let own = connection("host=db.example tcp_user_timeout=5 keepalives_idle=7").unwrap();
        assert_eq!(own.get_tcp_user_timeout().unwrap().as_secs(), 5);
        assert_eq!(own.get_keepalives_idle().as_secs(), 7);
    }
}
