//! Numbers and durations in words.

use std::time::Duration;

/// Units of time for people, the longest first, in nanoseconds.
const UNITS: [(&str, u128); 6] = [
    ("day", 86_400_000_000_000),
    ("hour", 3_600_000_000_000),
    ("minute", 60_000_000_000),
    ("second", 1_000_000_000),
    ("millisecond", 1_000_000),
    ("microsecond", 1_000),
];

/// Below this nothing is told beside the first unit.
const SECOND: u128 = 1_000_000_000;

/// With separators between thousands: `30,000`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `3 hours`, `7 days`, `3 hours 21 minutes`: the two largest units, the rest left out. A unit that
/// would be told once, with something left, gives way to the next: `25 hours`, not `1 day 1 hour`.
pub(crate) fn spoken(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    let first = UNITS.iter().position(|(_, unit)| *unit == nanos || *unit * 2 <= nanos);
    let Some(first) = first else { return "no time".to_owned() };
    let (name, unit) = UNITS[first];
    let mut text = counted(nanos / unit, name);
    if let Some((name, smaller)) = UNITS.get(first + 1)
        && unit > SECOND
        && nanos % unit >= *smaller
    {
        text.push(' ');
        text.push_str(&counted(nanos % unit / smaller, name));
    }
    text
}

fn counted(count: u128, unit: &str) -> String {
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// After "every": `second` for one second, else as [`spoken`].
pub(crate) fn every(duration: Duration) -> String {
    let text = spoken(duration);
    match text.strip_prefix("1 ") {
        Some(unit) if !unit.contains(' ') => unit.to_owned(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated() {
        for (number, text) in
            [(0, "0"), (999, "999"), (1_000, "1,000"), (30_000, "30,000"), (1_234_567, "1,234,567")]
        {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn durations_are_told_in_their_two_largest_units() {
        for (millis, text, after_every) in [
            (0, "no time", "no time"),
            (1_000, "1 second", "second"),
            (36_000, "36 seconds", "36 seconds"),
            (10_800_000, "3 hours", "3 hours"),
            (12_096_000, "3 hours 21 minutes", "3 hours 21 minutes"),
            (86_400_000, "1 day", "day"),
            (90_000_000, "25 hours", "25 hours"),
            (90_060_000, "25 hours 1 minute", "25 hours 1 minute"),
            (120_960_000, "33 hours 36 minutes", "33 hours 36 minutes"),
            (172_800_000, "2 days", "2 days"),
            (21_600, "21 seconds", "21 seconds"),
            (1_500, "1500 milliseconds", "1500 milliseconds"),
            (604_800_000, "7 days", "7 days"),
            (20, "20 milliseconds", "20 milliseconds"),
        ] {
            assert_eq!(spoken(Duration::from_millis(millis)), text);
            assert_eq!(every(Duration::from_millis(millis)), after_every);
        }
    }
}
