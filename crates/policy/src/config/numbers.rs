//! Numbers and durations of configuration, and quotas made of them.

use std::{fmt::Display, ops::RangeInclusive, time::Duration};

use tollgate_engine::{Quota, QuotaError};
use toml::Spanned;

use super::Mistakes;
use crate::duration::parse_duration;

/// What is written of a quota; the rest comes from the one it changes.
#[derive(Clone, Copy)]
pub(super) struct WrittenQuota<'a> {
    pub(super) count: Option<&'a Spanned<u64>>,
    pub(super) burst: Option<&'a Spanned<u64>>,
    pub(super) period: Option<&'a Spanned<String>>,
}

impl WrittenQuota<'_> {
    pub(super) fn is_empty(self) -> bool {
        self.count.is_none() && self.burst.is_none() && self.period.is_none()
    }

    /// `before` with what is written. A burst that was the same as the count follows it: who writes
    /// "100 a week" over "50 a week" means 100 at once as well. A burst of its own stays.
    pub(super) fn on(self, before: Quota, key: &str, mistakes: &mut Mistakes) -> Quota {
        let count = self.count.map_or(before.count(), |count| *count.get_ref());
        let follows = if before.burst() == before.count() { count } else { before.burst() };
        let burst = self.burst.map_or(follows, |burst| *burst.get_ref());
        let period = match self.period {
            None => before.period(),
            Some(written) => match duration(written, &format!("{key}.period"), mistakes) {
                Some(period) => period,
                None => return before,
            },
        };

        Quota::new(count, period, burst).unwrap_or_else(|error| {
            self.blame(&error, key, mistakes);
            before
        })
    }

    /// Adds the mistake at the number that is at fault, as far as it is written here.
    fn blame(self, error: &QuotaError, key: &str, mistakes: &mut Mistakes) {
        let burst = self.burst.map(|burst| (burst.span(), "burst"));
        let count = self.count.map(|count| (count.span(), "count"));
        let period = self.period.map(|period| (period.span(), "period"));
        let [first, second, third] = match error {
            QuotaError::BurstZero | QuotaError::BurstTooLarge { .. } => [burst, count, period],
            QuotaError::PeriodOutOfRange { .. } => [period, count, burst],
            _ => [count, burst, period],
        };
        match first.or(second).or(third) {
            Some((span, name)) => mistakes.add(format!("{key}.{name}"), Some(span), error.to_string()),
            None => mistakes.add(key, None, error.to_string()),
        }
    }
}

pub(super) fn duration(written: &Spanned<String>, key: &str, mistakes: &mut Mistakes) -> Option<Duration> {
    parse_duration(written.get_ref())
        .map_err(|error| mistakes.at(key, written, format!("{:?}: {error}", written.get_ref())))
        .ok()
}

/// The number, if it lies in its range.
pub(super) fn within<T: Copy + PartialOrd + Display>(
    written: &Spanned<T>,
    range: RangeInclusive<T>,
    key: String,
    mistakes: &mut Mistakes,
) -> Option<T> {
    let number = *written.get_ref();
    if range.contains(&number) {
        return Some(number);
    }
    mistakes.at(key, written, format!("{number} does not lie between {} and {}", range.start(), range.end()));
    None
}
