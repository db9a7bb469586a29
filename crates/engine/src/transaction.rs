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

#[cfg(test)]
mod tests {
    use super::*;

    const T0: Timestamp = Timestamp::from_secs(1_795_000_000);

    /// One unit a second.
    fn charge(burst: u64, cost: u64, action: Action) -> Charge {
        let quota = Quota::new(1, Duration::from_secs(1), burst).expect("representable");
        Charge { quota, cost: Cost(cost), action }
    }

    /// A bucket that is full in so many seconds.
    fn full_in(seconds: u64) -> Bucket {
        Bucket::from_tat(T0.saturating_add(Duration::from_secs(seconds)))
    }

    fn told(decision: Decision) -> (Option<u64>, usize, u64) {
        let wait = match decision.verdict {
            Verdict::Allow => None,
            Verdict::Deny { retry_after } => Some(retry_after.as_secs()),
        };
        (wait, decision.decisive, decision.state.remaining)
    }

    #[test]
    fn decisive_bucket_is_the_longest_wait_then_the_fewest_remaining_then_the_first() {
        use Action::{Check, Record, Spend};
        // (what is shown, charges with their buckets, (wait, decisive charge, remaining))
        let cases = [
            ("fewest remaining after the spend", vec![(9, 1, Spend, 0), (5, 1, Spend, 0)], (None, 1, 4)),
            ("a check leaves what there is", vec![(5, 1, Spend, 0), (4, 1, Check, 0)], (None, 0, 4)),
            ("the first of equals", vec![(5, 1, Spend, 0), (5, 1, Spend, 0)], (None, 0, 4)),
            ("a denial beats an allowance", vec![(1, 1, Spend, 0), (9, 2, Spend, 8)], (Some(1), 1, 1)),
            ("the longest wait", vec![(5, 1, Spend, 6), (5, 1, Spend, 9), (5, 1, Spend, 7)], (Some(5), 1, 0)),
            ("a check denies, too", vec![(5, 1, Spend, 6), (5, 1, Check, 9)], (Some(5), 1, 0)),
            ("equal waits: fewest remaining", vec![(5, 3, Spend, 4), (5, 1, Spend, 6)], (Some(2), 1, 0)),
            ("equal denials: the first", vec![(5, 1, Spend, 6), (5, 1, Spend, 6)], (Some(2), 0, 0)),
            ("a record never denies", vec![(5, 1, Spend, 0), (5, 1, Record, 9)], (None, 1, 0)),
        ];
        for (shown, charged, expected) in cases {
            let charges: Vec<_> =
                charged.iter().map(|(burst, cost, action, _)| charge(*burst, *cost, *action)).collect();
            let mut buckets: Vec<_> = charged.iter().map(|(.., seconds)| full_in(*seconds)).collect();
            let decision = decide(&charges, &mut buckets, T0).expect("the costs fit");
            assert_eq!(told(decision), expected, "{shown}");
        }
    }

    #[test]
    fn one_denial_leaves_every_bucket_as_it_was() {
        let charges =
            [charge(5, 1, Action::Spend), charge(5, 1, Action::Record), charge(5, 1, Action::Check)];
        let before = [full_in(1), full_in(2), full_in(5)];
        let mut buckets = before;
        let decision = decide(&charges, &mut buckets, T0).expect("the costs fit");
        assert_eq!(told(decision), (Some(1), 2, 0));
        assert_eq!(buckets, before);

        let later = T0.saturating_add(Duration::from_secs(1));
        let decision = decide(&charges, &mut buckets, later).expect("the costs fit");
        assert_eq!(told(decision), (None, 2, 1));
        assert_eq!(buckets, [full_in(2), full_in(3), full_in(5)]);
    }

    #[test]
    fn cost_above_the_burst_names_its_charge_before_anything_is_changed() {
        let charges = [charge(5, 1, Action::Spend), charge(3, 4, Action::Record)];
        let mut buckets = [Bucket::default(); 2];
        let error = SpendError::CostExceedsBurst { charge: 1, cost: 4, burst: 3 };
        assert_eq!(decide(&charges, &mut buckets, T0), Err(error));
        assert_eq!(buckets, [Bucket::default(); 2]);
        assert_eq!(error.to_string(), "cost 4 of charge 1 exceeds the burst 3");
    }

    #[test]
    fn transaction_without_charges_is_an_error() {
        assert_eq!(decide(&[], &mut [], T0), Err(SpendError::NoCharges));
    }
}
