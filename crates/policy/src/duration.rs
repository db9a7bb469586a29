//! Durations as people and Go programs write them.

use std::time::Duration;

/// As in the published refusals: `168h0m0s`, `3h0m0s`, `1s`.
#[must_use]
pub fn go_duration(duration: Duration) -> String {
    let _ = duration;
    todo!()
}

/// From configuration: `3h`, `7d`, `90s`, `1h30m`, `250ms`.
///
/// # Errors
///
/// What is wrong with the text.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let _ = text;
    todo!()
}
