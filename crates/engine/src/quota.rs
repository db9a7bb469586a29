//! What a bucket holds and how fast it refills.

use std::time::Duration;

/// How many units are spent at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cost(pub u64);

/// A quota: `burst` units at most, refilled at `count` units every `period`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    count: u64,
    period: Duration,
    burst: u64,
    emission_interval: u64,
}

/// Why a quota cannot be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum QuotaError {
    /// Count, period or burst is zero.
    Zero,
}

impl Quota {
    /// # Errors
    ///
    /// [`QuotaError`]: the numbers cannot be kept in nanoseconds.
    pub fn new(count: u64, period: Duration, burst: u64) -> Result<Self, QuotaError> {
        let _ = (count, period, burst);
        todo!()
    }
    /// Units that come back every period.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }
    /// The period in which `count` units come back.
    #[must_use]
    pub fn period(&self) -> Duration {
        self.period
    }
    /// The most a bucket can hold.
    #[must_use]
    pub fn burst(&self) -> u64 {
        self.burst
    }
    /// The time one unit takes to come back, rounded down to a nanosecond.
    #[must_use]
    pub fn emission_interval(&self) -> Duration {
        Duration::from_nanos(self.emission_interval)
    }
}
