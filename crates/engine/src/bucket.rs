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

#[cfg(test)]
mod tests {
    use super::*;

    const T0: Timestamp = Timestamp::from_secs(1_795_000_000);
    const YEAR: Duration = Duration::from_secs(365 * 86_400);

    fn two_per_minute() -> Quota {
        Quota::new(2, Duration::from_secs(60), 2).expect("representable")
    }

    fn emptied() -> Bucket {
        let mut bucket = Bucket::default();
        assert_eq!(bucket.spend(&two_per_minute(), Cost(2), T0), Ok(Verdict::Allow));
        bucket
    }

    fn deny(seconds: u64) -> Verdict {
        Verdict::Deny { retry_after: Duration::from_secs(seconds) }
    }

    fn state(remaining: u64, full_in_seconds: u64) -> BucketState {
        BucketState { remaining, full_in: Duration::from_secs(full_in_seconds) }
    }

    #[test]
    fn denied_spend_fits_once_retry_after_has_passed() {
        // (seconds since the bucket was emptied, cost, verdict)
        let cases = [
            (0, 1, deny(30)),
            (0, 2, deny(60)),
            (29, 1, deny(1)),
            (30, 1, Verdict::Allow),
            (30, 2, deny(30)),
            (60, 2, Verdict::Allow),
            (3600, 2, Verdict::Allow),
        ];
        for (after, cost, verdict) in cases {
            let now = T0.saturating_add(Duration::from_secs(after));
            let mut bucket = emptied();
            assert_eq!(
                bucket.check(&two_per_minute(), Cost(cost), now),
                Ok(verdict),
                "{cost} {after}s after"
            );
            assert_eq!(bucket, emptied(), "a check changes nothing");
            assert_eq!(
                bucket.spend(&two_per_minute(), Cost(cost), now),
                Ok(verdict),
                "{cost} {after}s after"
            );
            assert_eq!(bucket == emptied(), verdict != Verdict::Allow, "a denied spend changes nothing");
        }
    }

    #[test]
    fn remaining_is_rounded_down_and_full_in_is_exact() {
        let quota = two_per_minute();
        assert_eq!(Bucket::default().state(&quota, T0), state(2, 0));
        for (after, expected) in
            [(0, state(0, 60)), (29, state(0, 31)), (30, state(1, 30)), (59, state(1, 1))]
        {
            let now = T0.saturating_add(Duration::from_secs(after));
            assert_eq!(emptied().state(&quota, now), expected, "{after}s after");
        }
        assert_eq!(emptied().state(&quota, T0.saturating_add(Duration::from_secs(60))), state(2, 0));
    }

    #[test]
    fn idle_bucket_holds_no_more_than_its_burst() {
        let (quota, later) = (two_per_minute(), T0.saturating_add(YEAR));
        let mut bucket = emptied();
        assert_eq!(bucket.spend(&quota, Cost(2), later), Ok(Verdict::Allow));
        assert_eq!(bucket.spend(&quota, Cost(1), later), Ok(deny(30)));
    }

    #[test]
    fn cost_above_the_burst_is_an_error_and_changes_nothing() {
        for cost in [3, u64::MAX] {
            let error = SpendError::CostExceedsBurst { charge: 0, cost, burst: 2 };
            let mut bucket = emptied();
            assert_eq!(bucket.spend(&two_per_minute(), Cost(cost), T0), Err(error));
            assert_eq!(bucket.check(&two_per_minute(), Cost(cost), T0), Err(error));
            assert_eq!(bucket.record(&two_per_minute(), Cost(cost), T0), Err(error));
            assert_eq!(bucket, emptied());
        }
    }

    #[test]
    fn recording_on_an_empty_bucket_leaves_it_empty() {
        let quota = two_per_minute();
        let mut bucket = Bucket::default();
        for remaining in [1, 0, 0, 0] {
            bucket.record(&quota, Cost(1), T0).expect("it fits");
            assert_eq!(bucket.state(&quota, T0).remaining, remaining);
        }
        assert_eq!(bucket, emptied(), "the wait does not grow");

        // Half a unit has come back: it is taken, and no more.
        let later = T0.saturating_add(Duration::from_secs(15));
        bucket.record(&quota, Cost(1), later).expect("it fits");
        assert_eq!(bucket.state(&quota, later), state(0, 60));
    }

    #[test]
    fn refund_never_lifts_a_bucket_above_full() {
        let quota = two_per_minute();
        // (seconds since the bucket was emptied, refund, state)
        let cases = [
            (0, 1, state(1, 30)),
            (0, 2, state(2, 0)),
            (0, 100, state(2, 0)),
            (0, u64::MAX, state(2, 0)),
            (45, 1, state(2, 0)),
            (3600, 1, state(2, 0)),
        ];
        for (after, cost, expected) in cases {
            let now = T0.saturating_add(Duration::from_secs(after));
            let mut bucket = emptied();
            bucket.refund(&quota, Cost(cost), now);
            assert_eq!(bucket.state(&quota, now), expected, "{cost} refunded {after}s after");
            assert_eq!(bucket.spend(&quota, Cost(expected.remaining), now), Ok(Verdict::Allow));
            assert_ne!(bucket.spend(&quota, Cost(1), now), Ok(Verdict::Allow), "no more than told");
        }
    }

    #[test]
    fn reset_makes_a_bucket_full() {
        let mut bucket = emptied();
        bucket.reset();
        assert_eq!(bucket.state(&two_per_minute(), T0), state(2, 0));
    }

    #[test]
    fn clock_set_back_and_forth_never_grants_more_than_the_burst() {
        let (quota, back) = (two_per_minute(), Timestamp::from_nanos(T0.as_nanos() - 3600 * 1_000_000_000));
        let mut bucket = emptied();
        // The wait is told exactly: until the clock has caught up, and 30 seconds.
        assert_eq!(bucket.spend(&quota, Cost(1), back), Ok(deny(3600 + 30)));
        bucket.record(&quota, Cost(1), back).expect("it fits");
        assert_eq!(bucket, emptied(), "recording does not draw it nearer");
        assert_eq!(bucket.spend(&quota, Cost(1), T0), Ok(deny(30)));
        bucket.refund(&quota, Cost(1), back);
        assert_eq!(
            bucket.state(&quota, T0),
            state(1, 30),
            "a refund gives back one unit, whatever the clock"
        );
    }

    #[test]
    fn changed_quota_applies_to_the_stored_tat() {
        let quota = |count, burst| Quota::new(count, Duration::from_secs(60), burst).expect("representable");
        // TAT is 60 s ahead. (count per minute, burst, state, verdict on one unit)
        let cases = [
            (2, 4, state(2, 60), Verdict::Allow),
            (4, 4, state(0, 60), deny(15)),
            (6, 60, state(54, 60), Verdict::Allow),
            (2, 1, state(0, 60), deny(60)),
            (1, 1, state(0, 60), deny(60)),
        ];
        for (count, burst, expected, verdict) in cases {
            let quota = quota(count, burst);
            assert_eq!(emptied().state(&quota, T0), expected, "{count} per minute, burst {burst}");
            assert_eq!(
                emptied().check(&quota, Cost(1), T0),
                Ok(verdict),
                "{count} per minute, burst {burst}"
            );
        }
    }

    #[test]
    fn spend_at_the_end_of_time_is_denied_rather_than_granted_or_overflowing() {
        let quota = two_per_minute();
        let last = Timestamp::from_nanos(u64::MAX - Duration::from_secs(30).as_nanos() as u64);
        let mut bucket = Bucket::default();
        assert_eq!(bucket.spend(&quota, Cost(1), Timestamp::MAX), Ok(deny(30)));
        assert_eq!(bucket.spend(&quota, Cost(2), last), Ok(deny(60)));
        assert_eq!(bucket.spend(&quota, Cost(1), last), Ok(Verdict::Allow));
        assert_eq!(bucket.spend(&quota, Cost(1), last), Ok(deny(60)));

        bucket.record(&quota, Cost(2), Timestamp::MAX).expect("it fits");
        assert_eq!(bucket.tat(), Timestamp::MAX);
        let wait = Duration::from_nanos(u64::MAX - 30_000_000_000);
        assert_eq!(bucket.check(&quota, Cost(1), Timestamp::EPOCH), Ok(Verdict::Deny { retry_after: wait }));
    }
}
