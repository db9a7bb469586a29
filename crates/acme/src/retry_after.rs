//! `Retry-After` in both its forms (RFC 9110, 10.2.3).

use std::time::Duration;

/// The wait a `Retry-After` value asks for, at `now`; `None` when it is neither seconds nor a date.
#[must_use]
pub fn parse(value: &str, now: jiff::Timestamp) -> Option<Duration> {
    let _ = (value, now);
    todo!()
}
