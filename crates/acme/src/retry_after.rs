//! `Retry-After` in both its forms (RFC 9110, 10.2.3).

use std::time::{Duration, UNIX_EPOCH};

/// Longer waits are told as this one: ten years of 365 days.
pub const WAIT_MAX: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// The wait a `Retry-After` value asks for, at `now`: zero for a date in the past, at most
/// [`WAIT_MAX`]. `None` when it is neither seconds nor a date.
#[must_use]
pub fn parse(value: &str, now: jiff::Timestamp) -> Option<Duration> {
    let value = value.trim_matches([' ', '\t']);
    seconds(value).or_else(|| until(value, now)).map(|wait| wait.min(WAIT_MAX))
}

fn seconds(value: &str) -> Option<Duration> {
    if value.is_empty() || !value.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    // Digits only, so that the one way to fail is a number too large.
    Some(value.parse().map_or(WAIT_MAX, Duration::from_secs))
}

fn until(value: &str, now: jiff::Timestamp) -> Option<Duration> {
    let date = httpdate::parse_http_date(value).ok()?;
    let since_epoch = date.duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = Duration::try_from(now.as_duration()).unwrap_or_default();
    Some(since_epoch.saturating_sub(now))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 2026-11-23 10:00:00 UTC.
    const NOW: jiff::Timestamp = jiff::Timestamp::constant(1_795_428_000, 0);

    #[test]
    fn seconds_and_all_three_date_forms_are_read() {
        // (value, seconds)
        let cases = [
            ("0", Some(0)),
            ("120", Some(120)),
            (" 120\t", Some(120)),
            ("Mon, 23 Nov 2026 10:00:30 GMT", Some(30)),
            ("Monday, 23-Nov-26 10:01:00 GMT", Some(60)),
            ("Mon Nov 23 10:00:05 2026", Some(5)),
            ("Mon, 23 Nov 2026 09:59:59 GMT", Some(0)),
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("99999999999999999999999", Some(WAIT_MAX.as_secs())),
            ("Mon, 23 Nov 9998 10:00:00 GMT", Some(WAIT_MAX.as_secs())),
            ("", None),
            ("-1", None),
            ("+1", None),
            ("1.5", None),
            ("soon", None),
            ("2026-11-23T10:00:00Z", None),
        ];
        for (value, seconds) in cases {
            assert_eq!(parse(value, NOW), seconds.map(Duration::from_secs), "{value}");
        }
    }

    #[test]
    fn part_of_a_second_is_waited_for() {
        let now = NOW + Duration::from_millis(250);
        assert_eq!(parse("Mon, 23 Nov 2026 10:00:01 GMT", now), Some(Duration::from_millis(750)));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(value in ".{0,60}") {
            let _ = parse(&value, NOW);
        }

        #[test]
        fn a_date_is_waited_for_to_the_second(seconds in 0..WAIT_MAX.as_secs()) {
            let now = Duration::try_from(NOW.as_duration()).unwrap();
            let date = httpdate::fmt_http_date(UNIX_EPOCH + now + Duration::from_secs(seconds));
            prop_assert_eq!(parse(&date, NOW), Some(Duration::from_secs(seconds)));
        }
    }
}
