//! Which bucket store there is, by configuration, and what it needs beside deciding.

use std::{path::PathBuf, sync::Arc, time::Duration};

use tollgate_engine::Timestamp;
use tollgate_store::{
    BucketStore, DurableStore, DurableStoreOptions, MemoryStore, MemoryStoreOptions, transfer::BucketTransfer,
};
use tollgate_store_redis::{Clock, RedisStore, RedisStoreOptions, RedisTls};

use super::{StartError, password, read};
use crate::config::{RedisConfig, StoreConfig};

/// The buckets, and their keeper.
#[derive(Clone)]
pub(super) enum Buckets {
    Memory(Arc<MemoryStore>),
    Embedded(Arc<DurableStore>),
    Redis(Arc<RedisStore>),
}

/// What a store is opened with beside its own configuration.
pub(super) struct Surroundings {
    /// Where an embedded store keeps its files.
    pub(super) directory: PathBuf,
    /// The longest a call may take.
    pub(super) deadline: Duration,
    pub(super) now: Timestamp,
    /// Whether our clock may be moved: then it decides, not a server's.
    pub(super) clock_is_movable: bool,
}

impl Buckets {
    pub(super) async fn open(config: &StoreConfig, around: Surroundings) -> Result<Self, StartError> {
        Ok(match *config {
            StoreConfig::Memory { buckets_max } => {
                Self::Memory(Arc::new(MemoryStore::new(MemoryStoreOptions { buckets_max })))
            }
            StoreConfig::Embedded { durability, buckets_max } => {
                let Surroundings { directory, now, .. } = around;
                let options = DurableStoreOptions { directory, buckets_max, durability };
                let opened = tokio::task::spawn_blocking(move || DurableStore::open(options, now)).await;
                let store = opened.expect("opening does not panic")?;
                tracing::info!(buckets = store.len(), "buckets as they were left");
                Self::Embedded(Arc::new(store))
            }
            StoreConfig::Redis(ref config) => {
                tracing::info!(servers = %config.servers, "buckets are kept in Redis");
                Self::Redis(Arc::new(RedisStore::connect(&redis_options(config, &around)?)?))
            }
        })
    }

    /// What decides.
    pub(super) fn store(&self) -> Arc<dyn BucketStore> {
        match self {
            Self::Memory(store) => store.clone(),
            Self::Embedded(store) => store.clone(),
            Self::Redis(store) => store.clone(),
        }
    }

    /// What can be looked through and takes buckets of another store.
    pub(super) fn transfer(&self) -> Arc<dyn BucketTransfer> {
        match self {
            Self::Memory(store) => store.clone(),
            Self::Embedded(store) => store.clone(),
            Self::Redis(store) => store.clone(),
        }
    }

    /// Forgets full buckets; a server does that by itself.
    pub(super) fn sweep(&self, now: Timestamp) {
        match self {
            Self::Memory(store) => _ = store.sweep(now),
            Self::Embedded(store) => _ = store.sweep(now),
            Self::Redis(_) => (),
        }
    }

    /// Writes down what is not on the disk yet.
    pub(super) async fn close(&self) {
        if let Self::Embedded(store) = self {
            let store = store.clone();
            let closed = tokio::task::spawn_blocking(move || store.close()).await;
            if let Err(error) = closed.expect("closing does not panic") {
                tracing::error!(error = &error as &dyn std::error::Error, "the last bucket changes are lost");
            }
        }
    }
}

fn redis_options(config: &RedisConfig, around: &Surroundings) -> Result<RedisStoreOptions, StartError> {
    let client_identity = match &config.client_identity {
        Some((chain, key)) => Some((read(chain)?, read(key)?)),
        None => None,
    };
    Ok(RedisStoreOptions {
        username: config.username.clone(),
        password: config.password.as_ref().map(|whence| password::read(whence, "store.redis")).transpose()?,
        tls: RedisTls { roots: config.roots.as_ref().map(read).transpose()?, client_identity },
        connections_max: config.connections_max,
        deadline: around.deadline,
        clock: if around.clock_is_movable { Clock::Given } else { Clock::Server },
        ..RedisStoreOptions::new(config.servers.clone())
    })
}
