//! Several buckets, one decision: all are spent or none is.

use std::time::Duration;

use crate::{Bucket, BucketState, Cost, Quota, Timestamp, Verdict};

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

/// The outcome of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Allowed or denied.
    pub verdict: Verdict,
    /// Index of the charge that decided: the denial with the longest wait, among equal waits the one
    /// with the fewest remaining; when all allow, the one with the fewest remaining. The first of equals.
    pub decisive: usize,
    /// What the decisive bucket holds after the decision.
    pub state: BucketState,
}

/// Why a transaction could not be decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SpendError {
    /// No wait would ever be long enough.
    #[error("cost {cost} of charge {charge} exceeds the burst {burst}")]
    CostExceedsBurst {
        /// Index of the charge; 0 when there is only one bucket.
        charge: usize,
        /// Its cost.
        cost: u64,
        /// The burst of its quota.
        burst: u64,
    },
    /// A decision over no buckets has no decisive one.
    #[error("a transaction without charges")]
    NoCharges,
}

/// A decision over several buckets in the making: [`Self::charge`] each bucket, then
/// [`Self::decide`].
///
/// It holds no bucket, so a store can hand over the buckets wherever they lie.
#[derive(Clone, Copy, Debug)]
pub struct Transaction {
    now: Timestamp,
    charges: usize,
    denial: Option<Candidate>,
    allowance: Option<Candidate>,
}

/// A charge that may be the decisive one.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    charge: usize,
    retry_after: u64,
    state: BucketState,
}

/// Decides over `charges`, whose buckets are `buckets` in the same order, and spends when allowed.
///
/// # Errors
///
/// [`SpendError`]: nothing was spent.
///
/// # Panics
///
/// When there are not as many buckets as charges.
pub fn decide(charges: &[Charge], buckets: &mut [Bucket], now: Timestamp) -> Result<Decision, SpendError> {
    assert_eq!(charges.len(), buckets.len(), "each charge has its bucket");
    let mut transaction = Transaction::new(now);
    for (charge, bucket) in charges.iter().zip(buckets.iter()) {
        transaction.charge(charge, *bucket)?;
    }
    let decision = transaction.decide()?;
    if decision.verdict == Verdict::Allow {
        for (charge, bucket) in charges.iter().zip(buckets) {
            *bucket = charge.applied(*bucket, now).expect("every charge allows");
        }
    }
    Ok(decision)
}

impl Transaction {
    /// A transaction of which every charge is decided at `now`.
    #[must_use]
    pub const fn new(now: Timestamp) -> Self {
        Self { now, charges: 0, denial: None, allowance: None }
    }

    /// Adds the next charge. Returns what is to become of its bucket when the transaction allows; the
    /// bucket unchanged when the charge only checks or denies.
    ///
    /// # Errors
    ///
    /// [`SpendError::CostExceedsBurst`]: the whole transaction must be abandoned.
    pub fn charge(&mut self, charge: &Charge, bucket: Bucket) -> Result<Bucket, SpendError> {
        let quota = &charge.quota;
        if charge.cost.0 > quota.burst() {
            return Err(SpendError::CostExceedsBurst {
                charge: self.charges,
                cost: charge.cost.0,
                burst: quota.burst(),
            });
        }
        let after = match charge.applied(bucket, self.now) {
            Ok(after) => {
                self.allow(quota, after);
                after
            }
            Err(retry_after) => {
                self.deny(quota, bucket, retry_after);
                bucket
            }
        };
        self.charges += 1;
        Ok(after)
    }

    /// The decision over all charges added.
    ///
    /// # Errors
    ///
    /// [`SpendError::NoCharges`]: there was none.
    pub fn decide(self) -> Result<Decision, SpendError> {
        let decisive = self.denial.or(self.allowance).ok_or(SpendError::NoCharges)?;
        let verdict = match self.denial {
            Some(denial) => Verdict::Deny { retry_after: Duration::from_nanos(denial.retry_after) },
            None => Verdict::Allow,
        };
        Ok(Decision { verdict, decisive: decisive.charge, state: decisive.state })
    }

    /// Keeps the denial with the longest wait, then the fewest remaining.
    fn deny(&mut self, quota: &Quota, bucket: Bucket, retry_after: u64) {
        let state = bucket.state(quota, self.now);
        let decides = self.denial.is_none_or(|denial| {
            retry_after > denial.retry_after
                || (retry_after == denial.retry_after && state.remaining < denial.state.remaining)
        });
        if decides {
            self.denial = Some(Candidate { charge: self.charges, retry_after, state });
        }
    }

    /// Keeps the allowance with the fewest remaining.
    fn allow(&mut self, quota: &Quota, after: Bucket) {
        // `remaining < fewest` without the division, which would be the dearest step of a large batch.
        let decides = self.allowance.is_none_or(|allowance| {
            let fewest = u128::from(allowance.state.remaining) * u128::from(quota.emission_interval_nanos());
            u128::from(after.capacity(quota, self.now)) < fewest
        });
        if decides {
            let state = after.state(quota, self.now);
            self.allowance = Some(Candidate { charge: self.charges, retry_after: 0, state });
        }
    }
}

impl Charge {
    /// The bucket once the transaction allows, or the nanoseconds until this charge does. The cost
    /// fits the burst.
    fn applied(&self, bucket: Bucket, now: Timestamp) -> Result<Bucket, u64> {
        match self.action {
            Action::Spend => bucket.spent(&self.quota, self.cost, now),
            Action::Check => bucket.spent(&self.quota, self.cost, now).map(|_| bucket),
            Action::Record => Ok(bucket.recorded(&self.quota, self.cost, now)),
        }
    }
}
