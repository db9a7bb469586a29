//! Where the buckets live: the contract of a bucket store, the store in memory, and the one that keeps a file
//! beside it.
//!
//! A store knows buckets by their hash and nothing of limits or keys. What happens when it is away or
//! full is not its business either: it answers a [`StoreError`], and each limit says what that means.

use tollgate_engine::{BucketState, Charge, Decision, Quota, SpendError, Timestamp};

mod bucket_id;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod durable;
mod future;
mod memory;
pub mod private_file;
mod record;
pub mod transfer;

pub use bucket_id::{BucketId, HashKey};
pub use durable::{Durability, DurableStore, DurableStoreOptions, OpenError};
pub use future::StoreFuture;
pub use memory::{MemoryStore, MemoryStoreOptions};

/// One bucket's part of a batch.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Which bucket.
    pub id: BucketId,
    /// What to do with it.
    pub charge: Charge,
}

/// Why a store could not answer. Nothing was spent, but for [`Self::Unavailable`], after which it may have been:
/// that errs on the side of the limit.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The batch can never be decided.
    #[error(transparent)]
    Spend(#[from] SpendError),
    /// The same bucket stands twice in one batch.
    #[error("bucket {} stands twice in one batch", .id)]
    DuplicateBucket {
        /// The bucket.
        id: BucketId,
    },
    /// The batch would create buckets, and the store holds as many as it may.
    #[error("the store is full with {buckets_max} buckets")]
    Full {
        /// The most buckets the store may hold.
        buckets_max: usize,
    },
    /// The store cannot be asked now: its server is away, its disk is full or read-only.
    #[error("the bucket store is unavailable")]
    Unavailable {
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// The contract every store keeps; the `conformance` module tests it.
///
/// - A batch is one decision: all its charges are spent or none is, and no other decision sees or
///   changes its buckets half way, whatever the concurrency.
/// - `now` is the same for every bucket of a batch.
/// - A bucket that is not stored is full. A bucket that is stored is kept until its theoretical arrival
///   time, to the nanosecond; from then on the store may forget it.
/// - A quota is an argument: a changed one applies from the next call on to the TAT as stored.
/// - A clock that moves back grants nothing: the theoretical arrival time stays where it was. Only what
///   was forgotten as full while the clock was ahead is full when it has moved back.
pub trait BucketStore: Send + Sync {
    /// Decides over the batch and spends when allowed, all or nothing.
    ///
    /// # Errors
    ///
    /// [`StoreError`]: nothing was spent. An empty batch is [`SpendError::NoCharges`].
    fn decide<'a>(&'a self, batch: &'a [Entry], now: Timestamp) -> StoreFuture<'a, Decision>;

    /// Gives back what the batch's charges cost when it was decided; a charge that only checks cost
    /// nothing. Never lifts a bucket above full, never creates one. Each bucket is changed atomically,
    /// the batch as a whole is not.
    ///
    /// # Errors
    ///
    /// [`StoreError`]: the store is away.
    fn refund<'a>(&'a self, batch: &'a [Entry], now: Timestamp) -> StoreFuture<'a, ()>;

    /// Makes the buckets full.
    ///
    /// # Errors
    ///
    /// [`StoreError`]: the store is away.
    fn reset<'a>(&'a self, ids: &'a [BucketId]) -> StoreFuture<'a, ()>;

    /// What a bucket holds, without touching it.
    ///
    /// # Errors
    ///
    /// [`StoreError`]: the store is away.
    fn peek<'a>(&'a self, id: BucketId, quota: &'a Quota, now: Timestamp) -> StoreFuture<'a, BucketState>;
}
