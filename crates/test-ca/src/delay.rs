//! Delays as they are written on a command line: `500ms`, `2s`, `1m`.

use std::time::Duration;

/// The delay a text stands for; `None` when it is none.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let milliseconds = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        _ => return None,
    };
    let count = digits.parse::<u64>().ok()?;
    count.checked_mul(milliseconds).map(Duration::from_millis)
}

/// The text that [`parse`] reads, in its largest whole unit.
pub(crate) fn text(delay: Duration) -> String {
    let milliseconds = delay.as_millis();
    match (milliseconds % 60_000, milliseconds % 1_000) {
        (0, _) if milliseconds != 0 => format!("{}m", milliseconds / 60_000),
        (_, 0) => format!("{}s", milliseconds / 1_000),
        _ => format!("{milliseconds}ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_is_a_number_and_its_unit() {
        for (written, milliseconds) in [
            ("500ms", Some(500)),
            ("2s", Some(2_000)),
            ("3m", Some(180_000)),
            ("2", None),
            ("s", None),
            ("", None),
            ("2h", None),
            ("-2s", None),
            ("2 s", None),
            ("99999999999999999999ms", None),
            ("18446744073709551615m", None),
        ] {
            assert_eq!(parse(written), milliseconds.map(Duration::from_millis), "{written}");
        }
    }

    #[test]
    fn a_delay_is_written_as_it_is_read() {
        for written in ["0s", "1ms", "999ms", "1s", "1500ms", "59s", "1m", "61s", "90m"] {
            assert_eq!(text(parse(written).unwrap()), written);
        }
    }
}
