//! Which bucket store there is, by configuration, and what it needs beside deciding.

use std::{path::PathBuf, sync::Arc};

use tollgate_engine::Timestamp;
use tollgate_store::{
    BucketStore, Durability, DurableStore, DurableStoreOptions, MemoryStore, MemoryStoreOptions, OpenError,
};

/// The buckets, and their keeper.
#[derive(Clone)]
pub(super) enum Buckets {
    Memory(Arc<MemoryStore>),
    Embedded(Arc<DurableStore>),
}

impl Buckets {
    /// In memory, or in `directory` too where a durability is asked for.
    pub(super) async fn open(
        durability: Option<Durability>,
        buckets_max: usize,
        directory: PathBuf,
        now: Timestamp,
    ) -> Result<Self, OpenError> {
        let Some(durability) = durability else {
            return Ok(Self::Memory(Arc::new(MemoryStore::new(MemoryStoreOptions { buckets_max }))));
        };
        let options = DurableStoreOptions { directory, buckets_max, durability };
        let opened = tokio::task::spawn_blocking(move || DurableStore::open(options, now)).await;
        let store = opened.expect("opening does not panic")?;
        tracing::info!(buckets = store.len(), "buckets as they were left");
        Ok(Self::Embedded(Arc::new(store)))
    }

    /// What decides.
    pub(super) fn store(&self) -> Arc<dyn BucketStore> {
        match self {
            Self::Memory(store) => store.clone(),
            Self::Embedded(store) => store.clone(),
        }
    }

    /// Forgets full buckets.
    pub(super) fn sweep(&self, now: Timestamp) {
        match self {
            Self::Memory(store) => store.sweep(now),
            Self::Embedded(store) => store.sweep(now),
        };
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
