//! One bucket of the generic cell rate algorithm (GCRA): a single moment in time.

use std::time::Duration;

use crate::Timestamp;

/// A bucket, kept as its theoretical arrival time (TAT): when it will be full again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bucket {
    tat: Timestamp,
}

impl Bucket {
    /// The bucket whose theoretical arrival time is `tat`.
    #[must_use]
    pub const fn from_tat(tat: Timestamp) -> Self {
        Self { tat }
    }
    /// The theoretical arrival time.
    #[must_use]
    pub const fn tat(self) -> Timestamp {
        self.tat
    }
}

/// What a bucket holds at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BucketState {
    /// Whole units that can be spent now.
    pub remaining: u64,
    /// How long until the bucket is full; zero when it is.
    pub full_in: Duration,
}
