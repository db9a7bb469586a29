//! One bucket of the generic cell rate algorithm (GCRA): a single moment in time.

use std::time::Duration;

use crate::{Cost, Quota, SpendError, Timestamp};

/// A bucket, kept as its theoretical arrival time (TAT): when it will be full again.
///
/// A bucket whose TAT is not in the future is full and need not be stored. The default bucket has its
/// TAT at the epoch: full at any moment.
///
/// The TAT knows nothing of the quota, so a changed quota applies from the next call on, to the TAT as
/// stored. A spend never lowers it: a clock that is set back leaves the TAT further in the future, so
/// the bucket denies until the clock has caught up, and then grants what it would have granted. (To
/// cut the TAT down to a burst offset from the earlier now would grant a second burst when the clock
/// is set forward again.)
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bucket {
    tat: Timestamp,
}

/// What a bucket holds at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BucketState {
    /// Whole units that can be spent now, rounded down.
    pub remaining: u64,
    /// How long until the bucket is full; zero when it is.
    pub full_in: Duration,
}

/// Allowed or denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every bucket allowed; what was to be spent is spent.
    Allow,
    /// At least one bucket denied; nothing was spent.
    Deny {
        /// The wait until every bucket allows, if nothing else is spent; never zero.
        retry_after: Duration,
    },
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

    /// Whether the bucket is full, whatever its quota.
    #[must_use]
    pub fn is_full(self, now: Timestamp) -> bool {
        self.tat <= now
    }

    /// Spends `cost`, or says how long to wait. A denied spend changes nothing.
    ///
    /// A spend whose TAT would lie after [`Timestamp::MAX`] is denied, too; the wait told is then only
    /// the time in which the bucket would refill.
    ///
    /// # Errors
    ///
    /// [`SpendError::CostExceedsBurst`]: no wait would ever be long enough.
    pub fn spend(&mut self, quota: &Quota, cost: Cost, now: Timestamp) -> Result<Verdict, SpendError> {
        fits(quota, cost)?;
        Ok(match self.spent(quota, cost, now) {
            Ok(spent) => {
                *self = spent;
                Verdict::Allow
            }
            Err(retry_after) => Verdict::Deny { retry_after: Duration::from_nanos(retry_after) },
        })
    }

    /// Says what [`Self::spend`] would say, and changes nothing.
    ///
    /// # Errors
    ///
    /// [`SpendError::CostExceedsBurst`]: no wait would ever be long enough.
    pub fn check(mut self, quota: &Quota, cost: Cost, now: Timestamp) -> Result<Verdict, SpendError> {
        self.spend(quota, cost, now)
    }

    /// Spends without deciding: what happened has happened. A bucket that lacks the capacity becomes
    /// empty, one that is empty stays empty: no wait grows beyond that of an empty bucket.
    ///
    /// # Errors
    ///
    /// [`SpendError::CostExceedsBurst`]: nothing was spent.
    pub fn record(&mut self, quota: &Quota, cost: Cost, now: Timestamp) -> Result<(), SpendError> {
        fits(quota, cost)?;
        *self = self.recorded(quota, cost, now);
        Ok(())
    }

    /// Gives back `cost`. Never lifts the bucket above full.
    pub fn refund(&mut self, quota: &Quota, cost: Cost, now: Timestamp) {
        if self.is_full(now) {
            return;
        }
        let tat = self.tat.as_nanos().saturating_sub(quota.cost_increment_nanos(cost));
        self.tat = Timestamp::from_nanos(tat).max(now);
    }

    /// Makes the bucket full.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// What the bucket holds.
    #[must_use]
    pub fn state(self, quota: &Quota, now: Timestamp) -> BucketState {
        BucketState {
            remaining: self.capacity(quota, now) / quota.emission_interval_nanos(),
            full_in: self.tat.since(now),
        }
    }

    /// What the bucket holds, in nanoseconds of refilling: burst offset when full, 0 when empty.
    pub(crate) fn capacity(self, quota: &Quota, now: Timestamp) -> u64 {
        quota.burst_offset_nanos().saturating_sub(self.backlog(now))
    }

    /// The bucket after a spend of a cost that fits the burst, or the nanoseconds to wait.
    pub(crate) fn spent(self, quota: &Quota, cost: Cost, now: Timestamp) -> Result<Self, u64> {
        let increment = quota.cost_increment_nanos(cost);
        debug_assert!(increment <= quota.burst_offset_nanos(), "the caller compared cost and burst");

        // `max(TAT, now) + increment - burst offset <= now`, without leaving 64 bits.
        let backlog = self.backlog(now);
        let backlog_max = quota.burst_offset_nanos() - increment;
        if backlog > backlog_max {
            return Err(backlog - backlog_max);
        }
        // A full bucket gains nothing by waiting: start from now, not from a TAT in the past.
        match self.tat.max(now).as_nanos().checked_add(increment) {
            Some(tat) => Ok(Self { tat: Timestamp::from_nanos(tat) }),
            None => Err(backlog + increment),
        }
    }

    /// The bucket after recording a cost that fits the burst.
    pub(crate) fn recorded(self, quota: &Quota, cost: Cost, now: Timestamp) -> Self {
        let empty = now.as_nanos().saturating_add(quota.burst_offset_nanos());
        let spent = self.tat.max(now).as_nanos().saturating_add(quota.cost_increment_nanos(cost));
        // A TAT beyond empty (the clock was set back, the quota lowered) is not drawn nearer.
        Self { tat: Timestamp::from_nanos(spent.min(empty)).max(self.tat) }
    }

    /// Nanoseconds until full.
    fn backlog(self, now: Timestamp) -> u64 {
        self.tat.as_nanos().saturating_sub(now.as_nanos())
    }
}

/// Refuses a cost for which no wait would ever be long enough.
fn fits(quota: &Quota, cost: Cost) -> Result<(), SpendError> {
    if cost.0 > quota.burst() {
        return Err(SpendError::CostExceedsBurst { charge: 0, cost: cost.0, burst: quota.burst() });
    }
    Ok(())
}
