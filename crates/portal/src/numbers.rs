//! Numbers grouped as a language writes them, and durations taken apart for it.

use std::time::Duration;

use tollgate_policy::message::Language;

/// Units of time for people, the longest first, in nanoseconds.
const UNITS: [(&str, u128); 5] = [
    ("day", 86_400_000_000_000),
    ("hour", 3_600_000_000_000),
    ("minute", 60_000_000_000),
    ("second", SECOND),
    ("millisecond", 1_000_000),
];

/// Below this nothing is told beside the first unit.
const SECOND: u128 = 1_000_000_000;

/// So many of one unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) count: u64,
    pub(crate) unit: &'static str,
}

/// With separators between thousands: `30,000`, `30.000`, `30 000`.
pub(crate) fn grouped(number: u64, language: Language) -> String {
    let separator = match language {
        Language::English => ',',
        Language::Italian | Language::Danish | Language::Vietnamese => '.',
        Language::French => '\u{202f}',
    };
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(separator);
        }
        text.push(digit);
    }
    text
}

/// The two largest units, the rest left out; at least one. A unit that would be told once, with
/// something left, gives way to the next: 25 hours, not 1 day 1 hour.
pub(crate) fn parts(duration: Duration) -> Vec<Part> {
    let nanos = duration.as_nanos();
    let first = UNITS.iter().position(|(_, unit)| *unit == nanos || *unit * 2 <= nanos);
    let first = first.unwrap_or(UNITS.len() - 1);
    let (_, unit) = UNITS[first];
    let mut parts = vec![part(nanos / unit, first)];
    if let Some((_, smaller)) = UNITS.get(first + 1)
        && unit > SECOND
        && nanos % unit >= *smaller
    {
        parts.push(part(nanos % unit / smaller, first + 1));
    }
    parts
}

/// One unit, rounded to the nearest: seconds below three minutes, minutes below ten hours, hours below
/// ten days.
pub(crate) fn rounded(duration: Duration) -> Part {
    let seconds = duration.as_secs();
    let (unit, index) = match seconds {
        0..180 => (SECOND, 3),
        180..36_000 => (UNITS[2].1, 2),
        36_000..864_000 => (UNITS[1].1, 1),
        _ => (UNITS[0].1, 0),
    };
    part((duration.as_nanos() + unit / 2) / unit, index)
}

fn part(count: u128, unit: usize) -> Part {
    Part { count: u64::try_from(count).unwrap_or(u64::MAX), unit: UNITS[unit].0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated_as_the_language_does() {
        for (number, language, text) in [
            (0, Language::English, "0"),
            (999, Language::English, "999"),
            (1_000, Language::English, "1,000"),
            (1_234_567, Language::Italian, "1.234.567"),
            (30_000, Language::Danish, "30.000"),
            (30_000, Language::Vietnamese, "30.000"),
            (30_000, Language::French, "30\u{202f}000"),
        ] {
            assert_eq!(grouped(number, language), text);
        }
    }

    #[test]
    fn durations_are_told_in_their_two_largest_units() {
        for (millis, expected) in [
            (0, "0 millisecond"),
            (1_000, "1 second"),
            (36_000, "36 second"),
            (10_800_000, "3 hour"),
            (12_096_000, "3 hour 21 minute"),
            (86_400_000, "1 day"),
            (90_000_000, "25 hour"),
            (90_060_000, "25 hour 1 minute"),
            (172_800_000, "2 day"),
            (21_600, "21 second"),
            (1_500, "1500 millisecond"),
            (604_800_000, "7 day"),
        ] {
            let parts = parts(Duration::from_millis(millis));
            let told: Vec<_> = parts.iter().map(|part| format!("{} {}", part.count, part.unit)).collect();
            assert_eq!(told.join(" "), expected);
        }
    }

    #[test]
    fn refill_is_told_in_one_unit() {
        for (seconds, count, unit) in
            [(36, 36, "second"), (12_096, 202, "minute"), (120_960, 34, "hour"), (864_000, 10, "day")]
        {
            assert_eq!(rounded(Duration::from_secs(seconds)), Part { count, unit });
        }
    }
}
