//! Where the buckets live: the contract of a bucket store, and the store in memory.

use std::{future::Future, pin::Pin};

use tollgate_engine::{BucketState, Charge, Decision, Quota, SpendError, Timestamp};

mod memory;

pub use memory::{MemoryStore, MemoryStoreOptions};

/// A future that borrows from its arguments.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// A bucket's name: the keyed 128-bit hash of (limit, key).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BucketId(pub [u64; 2]);

/// The secret key of an installation, under which bucket names are hashed.
#[derive(Clone)]
pub struct HashKey([u8; 16]);

impl HashKey {
    /// From 16 random bytes.
    #[must_use]
    pub fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
    /// The name of the bucket that `parts` describe. Each part is hashed with its length.
    #[must_use]
    pub fn bucket(&self, limit: u8, key: &[&[u8]]) -> BucketId {
        let _ = (self.0, limit, key);
        todo!()
    }
}

/// One bucket's part of a batch.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Which bucket.
    pub id: BucketId,
    /// What to do with it.
    pub charge: Charge,
}

/// Why a store could not answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The batch can never be decided.
    #[error("cost exceeds burst")]
    Spend(SpendError),
    /// The same bucket stands twice in one batch.
    #[error("a bucket stands twice in one batch")]
    DuplicateBucket,
    /// The store holds as many buckets as it may.
    #[error("the store is full")]
    Full,
}

/// The contract every store keeps: a batch is one decision, whatever the concurrency.
pub trait BucketStore: Send + Sync {
    /// Decides over the batch and spends when allowed, all or nothing.
    fn decide<'a>(&'a self, batch: &'a [Entry], now: Timestamp) -> StoreFuture<'a, Decision>;
    /// Gives back what the batch's charges cost. Never above full, never creates a bucket.
    fn refund<'a>(&'a self, batch: &'a [Entry], now: Timestamp) -> StoreFuture<'a, ()>;
    /// Makes the buckets full.
    fn reset<'a>(&'a self, ids: &'a [BucketId]) -> StoreFuture<'a, ()>;
    /// What a bucket holds, without touching it.
    fn peek<'a>(&'a self, id: BucketId, quota: &'a Quota, now: Timestamp) -> StoreFuture<'a, BucketState>;
}
