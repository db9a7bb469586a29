//! Durations as people and Go programs write them.

use std::time::Duration;

/// The shortest duration configuration may name.
pub const DURATION_MIN: Duration = Duration::from_millis(1);
/// The longest duration configuration may name: ten years, three of them leap years.
pub const DURATION_MAX: Duration = Duration::from_secs(3653 * 86_400);

/// Longest text looked at; the longest sensible one, `3649d23h59m59s999ms`, has 19 characters.
const TEXT_MAX: usize = 64;

/// Units of configuration, from the longest to the shortest, in milliseconds.
const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// Why a text is no duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DurationError {
    /// Nothing, or far too much.
    #[error("a duration is written like 3h, 7d, 1h30m, 90s or 250ms")]
    NotADuration,
    /// A number is missing, or is no whole number.
    #[error("a whole number is missing before {unit:?}: write it like 3h, 7d, 1h30m, 90s or 250ms")]
    NoNumber {
        /// What stands where the number should be, or what follows it.
        unit: String,
    },
    /// A number is followed by nothing.
    #[error("{number} of what: write {number}s, {number}m, {number}h or {number}d")]
    NoUnit {
        /// The number.
        number: String,
    },
    /// A unit that is none.
    #[error("{unit:?} is no unit of time: there are d, h, m, s and ms")]
    UnknownUnit {
        /// As written.
        unit: String,
    },
    /// A unit twice, or a longer one after a shorter.
    #[error("{unit:?} stands too late: from the longest unit to the shortest, each once, as in 1d12h30m")]
    OutOfOrder {
        /// As written.
        unit: String,
    },
    /// Shorter than [`DURATION_MIN`] or longer than [`DURATION_MAX`].
    #[error("a duration lies between 1ms and 3653d")]
    OutOfRange,
}

/// As in the published refusals, which come from a Go program: `168h0m0s`, `3h0m0s`, `1s`, `1.5s`,
/// `250ms`.
#[must_use]
pub fn go_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds == 0 {
        return below_a_second(duration.subsec_nanos());
    }

    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    let last = fraction(u128::from(seconds % 60) * 1_000_000_000 + u128::from(duration.subsec_nanos()), 9);
    match (hours, minutes) {
        (0, 0) => format!("{last}s"),
        (0, _) => format!("{minutes}m{last}s"),
        _ => format!("{hours}h{minutes}m{last}s"),
    }
}

fn below_a_second(nanos: u32) -> String {
    match nanos {
        0 => "0s".to_owned(),
        1..1_000 => format!("{nanos}ns"),
        1_000..1_000_000 => format!("{}µs", fraction(nanos.into(), 3)),
        _ => format!("{}ms", fraction(nanos.into(), 6)),
    }
}

/// `value` / 10^`digits` without trailing zeros.
fn fraction(value: u128, digits: u32) -> String {
    let one = 10_u128.pow(digits);
    let (whole, part) = (value / one, value % one);
    if part == 0 {
        return whole.to_string();
    }
    let part = format!("{part:0digits$}", digits = digits as usize);
    format!("{whole}.{}", part.trim_end_matches('0'))
}

/// As configuration writes it: `7d`, `3h`, `1h30m`, `250ms`. What is below a millisecond is left out.
#[must_use]
pub fn short_duration(duration: Duration) -> String {
    let mut rest = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    if rest == 0 {
        return "0s".to_owned();
    }
    let mut text = String::new();
    for (unit, millis) in UNITS {
        if rest >= millis {
            text.push_str(&format!("{}{unit}", rest / millis));
            rest %= millis;
        }
    }
    text
}

/// From configuration: `3h`, `7d`, `90s`, `1h30m`, `250ms`; from [`DURATION_MIN`] to [`DURATION_MAX`].
///
/// # Errors
///
/// [`DurationError`].
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    let mut rest = text.trim();
    if rest.is_empty() || rest.len() > TEXT_MAX {
        return Err(DurationError::NotADuration);
    }

    let mut millis = 0_u64;
    let mut next_unit = 0;
    while !rest.is_empty() {
        let (number, unit, after) = part(rest)?;
        let index = UNITS
            .iter()
            .position(|(name, _)| *name == unit)
            .ok_or_else(|| DurationError::UnknownUnit { unit: unit.to_owned() })?;
        if index < next_unit {
            return Err(DurationError::OutOfOrder { unit: unit.to_owned() });
        }
        next_unit = index + 1;
        millis = number
            .checked_mul(UNITS[index].1)
            .and_then(|part| millis.checked_add(part))
            .ok_or(DurationError::OutOfRange)?;
        rest = after;
    }

    let duration = Duration::from_millis(millis);
    if duration < DURATION_MIN || DURATION_MAX < duration {
        return Err(DurationError::OutOfRange);
    }
    Ok(duration)
}

/// The first number, its unit and what follows.
fn part(text: &str) -> Result<(u64, &str, &str), DurationError> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at(digits);
    let letters = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
    let (unit, after) = rest.split_at(letters);
    if number.is_empty() {
        return Err(DurationError::NoNumber { unit: unit.to_owned() });
    }
    if unit.is_empty() {
        return Err(DurationError::NoUnit { number: number.to_owned() });
    }
    // Only digits: what fails to parse is too large.
    Ok((number.parse().map_err(|_| DurationError::OutOfRange)?, unit, after))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_are_told_as_go_tells_them() {
        for (nanos, told) in [
            (0, "0s"),
            (1, "1ns"),
            (1_500, "1.5µs"),
            (10_000_000, "10ms"),
            (33_333_000, "33.333ms"),
            (1_000_000_000, "1s"),
            (1_500_000_000, "1.5s"),
            (60_000_000_000, "1m0s"),
            (90_000_000_001, "1m30.000000001s"),
            (10_800_000_000_000, "3h0m0s"),
            (604_800_000_000_000, "168h0m0s"),
        ] {
            assert_eq!(go_duration(Duration::from_nanos(nanos)), told);
        }
    }

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (text, millis) in [
            ("3h", 10_800_000),
            ("7d", 604_800_000),
            ("90s", 90_000),
            ("1h30m", 5_400_000),
            ("250ms", 250),
            ("1m5ms", 60_005),
            (" 1s ", 1_000),
            ("3653d", 315_619_200_000),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused_with_the_reason() {
        let mut reasons = Vec::new();
        for text in [
            "",
            "3",
            "h",
            "3 h",
            "-3h",
            "1.5h",
            "3w",
            "3h3h",
            "1m1h",
            "0s",
            "3654d",
            "99999999999999999999s",
            "18446744073709551615d",
            "٣h",
            "1h30",
        ] {
            let error = parse_duration(text).expect_err(text);
            reasons.push(format!("{text:?}: {error}"));
        }
        insta::assert_snapshot!(reasons.join("\n"));
        assert_eq!(parse_duration(&"1".repeat(65)), Err(DurationError::NotADuration));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,80}") {
            let _ = parse_duration(&text);
        }

        #[test]
        fn what_is_written_short_reads_back(millis in 1_u64..=315_619_200_000) {
            let duration = Duration::from_millis(millis);
            prop_assert_eq!(parse_duration(&short_duration(duration)), Ok(duration));
        }
    }
}
