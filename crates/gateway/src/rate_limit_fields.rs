//! The `RateLimit-Policy` and `RateLimit` fields (draft-ietf-httpapi-ratelimit-headers).

use http::{HeaderMap, HeaderName, HeaderValue};
use tollgate_limiter::QuotaLine;

const RATELIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const RATELIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// Adds both fields: every limit that was decided, and what is left of the decisive one.
pub(crate) fn insert(headers: &mut HeaderMap, quotas: &[QuotaLine]) {
    let policies: Vec<_> = quotas.iter().map(policy).collect();
    let left: Vec<_> = quotas.iter().filter_map(left).collect();
    for (name, items) in [(RATELIMIT_POLICY, policies), (RATELIMIT, left)] {
        if let Ok(value) = HeaderValue::try_from(items.join(", "))
            && !items.is_empty()
        {
            headers.insert(name, value);
        }
    }
}

/// `"new-orders-per-account";q=300;w=10800`: the burst, and how long an empty bucket takes to fill.
fn policy(line: &QuotaLine) -> String {
    let burst = line.quota.burst();
    let window = line.quota.emission_interval().as_nanos().saturating_mul(u128::from(burst));
    // Rounded to the nearest second: the emission interval was rounded down to a nanosecond.
    let seconds = window.saturating_add(500_000_000) / 1_000_000_000;
    format!("\"{}\";q={burst};w={}", line.limit.as_str(), seconds.max(1))
}

/// `"new-orders-per-account";r=299;t=36`: what is left, and the seconds until the bucket is full.
fn left(line: &QuotaLine) -> Option<String> {
    let state = line.state.as_ref()?;
    let full_in = state.full_in.as_nanos().div_ceil(1_000_000_000);
    Some(format!("\"{}\";r={};t={full_in}", line.limit.as_str(), state.remaining))
}
