//! All buckets of an installation, to be moved into another store or taken from one.

use std::{sync::Arc, time::Duration};

use tollgate_engine::Timestamp;
use tollgate_store::{HashKey, transfer::BucketTransfer};

use super::{
    StartError,
    buckets::{Buckets, Surroundings},
    installed,
};
use crate::{
    clock::MovableClock,
    config::{Config, StoreConfig},
    data_dir::DataDir,
    secrets::Secrets,
};

/// The buckets where the configuration says they are.
pub(crate) struct MovingBuckets {
    /// Under which they are named.
    pub(crate) hash_key: HashKey,
    /// By the clock of the installation.
    pub(crate) now: Timestamp,
    buckets: Buckets,
    /// In our hands as long as this lives, where buckets are kept in it. Unlocked last.
    _data_dir: Option<DataDir>,
}

/// The longest a call may take: nobody waits for a decision meanwhile.
const DEADLINE: Duration = Duration::from_secs(10);

impl MovingBuckets {
    /// Opens the store. Buckets of a data directory are taken from whoever runs on it; a server's may be in use.
    pub(crate) async fn open(config: &Config) -> Result<Self, StartError> {
        let data_dir = match config.store {
            StoreConfig::Redis(_) => None,
            StoreConfig::Memory { .. } | StoreConfig::Embedded { .. } => {
                Some(DataDir::open(&config.data_dir)?)
            }
        };
        let hash_key = Secrets::hash_key(config.secrets_dir.as_ref().unwrap_or(&config.data_dir))?;
        let now = installed(MovableClock::system(), config)?.now();
        let around = Surroundings {
            directory: config.data_dir.join("buckets"),
            deadline: DEADLINE,
            now,
            clock_is_movable: config.upstream.is_none(),
        };
        let buckets = Buckets::open(&config.store, around).await?;
        Ok(Self { hash_key, now, buckets, _data_dir: data_dir })
    }

    pub(crate) fn store(&self) -> Arc<dyn BucketTransfer> {
        self.buckets.transfer()
    }
}
