//! Several buckets, one decision: all are spent or none is.

use std::time::Duration;

use crate::{Bucket, BucketState, Cost, Quota, Timestamp};

/// What a charge does to its bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Decide, and spend when every bucket of the transaction allows.
    Spend,
    /// Decide, but leave the bucket as it is.
    Check,
    /// Spend without deciding: what happened has happened. An empty bucket stays empty.
    Record,
}

/// One bucket's part of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charge {
    /// The quota in force for this bucket now.
    pub quota: Quota,
    /// How much.
    pub cost: Cost,
    /// What to do.
    pub action: Action,
}

/// Allowed or denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every bucket allowed; what was to be spent is spent.
    Allow,
    /// At least one bucket denied; nothing was spent.
    Deny {
        /// The wait until every bucket of the transaction allows, if nothing else is spent.
        retry_after: Duration,
    },
}

/// The outcome of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Allowed or denied.
    pub verdict: Verdict,
    /// The charge that decided: the denial with the longest wait, else the one with the fewest remaining.
    pub decisive: usize,
    /// What the decisive bucket holds after the decision.
    pub state: BucketState,
}

/// Why a transaction could not be decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SpendError {
    /// No wait would ever be long enough.
    CostExceedsBurst {
        /// Index of the charge.
        charge: usize,
        /// Its cost.
        cost: u64,
        /// The burst of its quota.
        burst: u64,
    },
}

/// Decides over `charges`, whose buckets are `buckets` in the same order, and spends when allowed.
///
/// # Errors
///
/// [`SpendError`]: nothing was spent.
pub fn decide(charges: &[Charge], buckets: &mut [Bucket], now: Timestamp) -> Result<Decision, SpendError> {
    let _ = (charges, buckets, now);
    todo!()
}
