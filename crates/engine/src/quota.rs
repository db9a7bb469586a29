//! What a bucket holds and how fast it refills.

use std::time::Duration;

/// How many units are spent at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cost(pub u64);

/// A quota: `burst` units at most, refilled at `count` units every `period`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    count: u64,
    burst: u64,
    // Nanoseconds, not `Duration`s: half the size, and a batch holds hundreds.
    period: u64,
    emission_interval: u64,
    burst_offset: u64,
}

/// Why a quota cannot be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QuotaError {
    /// Nothing would ever come back.
    #[error("count is zero")]
    CountZero,
    /// Nothing could ever be spent.
    #[error("burst is zero")]
    BurstZero,
    /// More than [`Quota::BURST_MAX`].
    #[error("burst {burst} is above {}", Quota::BURST_MAX)]
    BurstTooLarge {
        /// The burst asked for.
        burst: u64,
    },
    /// Shorter than [`Quota::PERIOD_MIN`] or longer than [`Quota::PERIOD_MAX`].
    #[error("period {period:?} is not between 1 ms and 10 years (3653 days)")]
    PeriodOutOfRange {
        /// The period asked for.
        period: Duration,
    },
    /// More than one unit a nanosecond: the emission interval rounds to zero.
    #[error("count {count} in {period:?} is more than one per nanosecond")]
    EmissionIntervalZero {
        /// The count asked for.
        count: u64,
        /// The period asked for.
        period: Duration,
    },
    /// An empty bucket would take longer than [`Quota::BURST_OFFSET_MAX`] to refill.
    #[error(
        "burst {burst} at one unit every {emission_interval:?} takes more than 292 years to refill, \
         which cannot be kept in nanoseconds"
    )]
    BurstOffsetTooLong {
        /// The burst asked for.
        burst: u64,
        /// Period divided by count.
        emission_interval: Duration,
    },
}

impl Quota {
    /// The largest burst.
    pub const BURST_MAX: u64 = 1_000_000_000;
    /// The shortest period.
    pub const PERIOD_MIN: Duration = Duration::from_millis(1);
    /// The longest period: ten years, three of them leap years.
    pub const PERIOD_MAX: Duration = Duration::from_secs(3653 * 86_400);
    /// The longest time from empty to full: 2^63 - 1 nanoseconds, about 292 years. It leaves room for
    /// the burst offset above any present moment until the year 2262.
    pub const BURST_OFFSET_MAX: Duration = Duration::from_nanos(i64::MAX as u64);

    /// A quota of `burst` units at most, of which `count` come back every `period`.
    ///
    /// # Errors
    ///
    /// [`QuotaError`]: a number is out of its range, or the combination cannot be kept in nanoseconds.
    pub fn new(count: u64, period: Duration, burst: u64) -> Result<Self, QuotaError> {
        if count == 0 {
            return Err(QuotaError::CountZero);
        }
        if burst == 0 {
            return Err(QuotaError::BurstZero);
        }
        if burst > Self::BURST_MAX {
            return Err(QuotaError::BurstTooLarge { burst });
        }
        if !(Self::PERIOD_MIN..=Self::PERIOD_MAX).contains(&period) {
            return Err(QuotaError::PeriodOutOfRange { period });
        }
        let emission_interval = nanos(period) / count;
        if emission_interval == 0 {
            return Err(QuotaError::EmissionIntervalZero { count, period });
        }
        let burst_offset = emission_interval
            .checked_mul(burst)
            .filter(|offset| *offset <= nanos(Self::BURST_OFFSET_MAX))
            .ok_or(QuotaError::BurstOffsetTooLong {
                burst,
                emission_interval: Duration::from_nanos(emission_interval),
            })?;
        Ok(Self { count, period: nanos(period), burst, emission_interval, burst_offset })
    }

    /// Units that come back every period.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The period in which `count` units come back.
    #[must_use]
    pub fn period(&self) -> Duration {
        Duration::from_nanos(self.period)
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

    /// The time an empty bucket takes to be full: burst × emission interval.
    #[must_use]
    pub fn burst_offset(&self) -> Duration {
        Duration::from_nanos(self.burst_offset)
    }

    pub(crate) fn emission_interval_nanos(&self) -> u64 {
        self.emission_interval
    }

    /// The burst offset in nanoseconds.
    #[must_use]
    pub fn burst_offset_nanos(&self) -> u64 {
        self.burst_offset
    }

    /// The time `cost` units take to come back; saturates for a cost far above the burst.
    #[must_use]
    pub fn cost_increment_nanos(&self, cost: Cost) -> u64 {
        self.emission_interval.saturating_mul(cost.0)
    }
}

/// Nanoseconds of a duration known to be under 584 years.
const fn nanos(duration: Duration) -> u64 {
    duration.as_secs() * 1_000_000_000 + duration.subsec_nanos() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    #[test]
    fn quota_outside_its_ranges_is_refused_with_its_numbers() {
        let second = Duration::from_secs(1);
        let (short, long) = (Duration::from_nanos(999_999), Quota::PERIOD_MAX + Duration::from_nanos(1));
        let cases = [
            (0, second, 1, QuotaError::CountZero),
            (1, second, 0, QuotaError::BurstZero),
            (1, second, 1_000_000_001, QuotaError::BurstTooLarge { burst: 1_000_000_001 }),
            (1, second, u64::MAX, QuotaError::BurstTooLarge { burst: u64::MAX }),
            (1, Duration::ZERO, 1, QuotaError::PeriodOutOfRange { period: Duration::ZERO }),
            (1, short, 1, QuotaError::PeriodOutOfRange { period: short }),
            (1, long, 1, QuotaError::PeriodOutOfRange { period: long }),
            (1, Duration::MAX, 1, QuotaError::PeriodOutOfRange { period: Duration::MAX }),
        ];
        for (count, period, burst, error) in cases {
            assert_eq!(Quota::new(count, period, burst), Err(error), "{count} / {period:?}, burst {burst}");
        }
    }

    #[test]
    fn more_than_one_unit_a_nanosecond_is_refused_instead_of_dividing_by_zero() {
        let period = Duration::from_millis(1);
        assert_eq!(Quota::new(1_000_000, period, 1).map(|quota| quota.emission_interval), Ok(1));
        for count in [1_000_001, u64::MAX] {
            let error = QuotaError::EmissionIntervalZero { count, period };
            assert_eq!(Quota::new(count, period, 1), Err(error));
        }
    }

    #[test]
    fn burst_that_takes_more_than_292_years_to_refill_is_refused() {
        let longest = nanos(Quota::BURST_OFFSET_MAX) / nanos(DAY);
        assert!(Quota::new(1, DAY, longest).is_ok());
        let error = QuotaError::BurstOffsetTooLong { burst: longest + 1, emission_interval: DAY };
        assert_eq!(Quota::new(1, DAY, longest + 1), Err(error));
        let error =
            QuotaError::BurstOffsetTooLong { burst: Quota::BURST_MAX, emission_interval: Quota::PERIOD_MAX };
        assert_eq!(Quota::new(1, Quota::PERIOD_MAX, Quota::BURST_MAX), Err(error));
        assert_eq!(
            error.to_string(),
            "burst 1000000000 at one unit every 315619200s takes more than 292 years to refill, \
             which cannot be kept in nanoseconds"
        );
    }

    #[test]
    fn emission_interval_is_period_over_count_rounded_down() {
        // (count, period, burst, emission interval, burst offset), both in nanoseconds
        let cases = [
            (300, Duration::from_secs(3 * 3600), 300, 36_000_000_000, 10_800_000_000_000),
            (30_000, Duration::from_secs(1), 30_000, 33_333, 999_990_000),
            (1, DAY, 1152, 86_400_000_000_000, 99_532_800_000_000_000),
            (1, Duration::from_millis(1), 1_000_000_000, 1_000_000, 1_000_000_000_000_000),
            (1, Quota::PERIOD_MAX, 1, 315_619_200_000_000_000, 315_619_200_000_000_000),
            (7, Duration::from_millis(1), 3, 142_857, 428_571),
        ];
        for (count, period, burst, emission_interval, burst_offset) in cases {
            let quota = Quota::new(count, period, burst).expect("representable");
            assert_eq!(quota.emission_interval(), Duration::from_nanos(emission_interval));
            assert_eq!(quota.burst_offset(), Duration::from_nanos(burst_offset));
            assert_eq!((quota.count(), quota.period(), quota.burst()), (count, period, burst));
        }
    }
}
