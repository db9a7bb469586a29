//! Buckets in the memory of this process.

use tollgate_engine::{BucketState, Decision, Quota, Timestamp};

use crate::{BucketId, BucketStore, Entry, StoreError, StoreFuture};

/// Bounds of a [`MemoryStore`].
#[derive(Clone, Copy, Debug)]
pub struct MemoryStoreOptions {
    /// The most buckets held at once.
    pub buckets_max: usize,
}

impl Default for MemoryStoreOptions {
    fn default() -> Self {
        Self { buckets_max: 50_000_000 }
    }
}

/// Buckets in a sharded table.
pub struct MemoryStore {}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new(options: MemoryStoreOptions) -> Self {
        let _ = options;
        todo!()
    }
    /// As [`BucketStore::decide`], without a future.
    ///
    /// # Errors
    ///
    /// [`StoreError`]: nothing was spent.
    pub fn decide_now(&self, batch: &[Entry], now: Timestamp) -> Result<Decision, StoreError> {
        let _ = (batch, now);
        todo!()
    }
}

impl BucketStore for MemoryStore {
    fn decide<'a>(&'a self, batch: &'a [Entry], now: Timestamp) -> StoreFuture<'a, Decision> {
        Box::pin(std::future::ready(self.decide_now(batch, now)))
    }
    fn refund<'a>(&'a self, _batch: &'a [Entry], _now: Timestamp) -> StoreFuture<'a, ()> {
        todo!()
    }
    fn reset<'a>(&'a self, _ids: &'a [BucketId]) -> StoreFuture<'a, ()> {
        todo!()
    }
    fn peek<'a>(&'a self, _id: BucketId, _quota: &'a Quota, _now: Timestamp) -> StoreFuture<'a, BucketState> {
        todo!()
    }
}
