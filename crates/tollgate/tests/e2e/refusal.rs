//! What a refused client must be told (RULES 7).

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tollgate::client::Answer;

use crate::gateway::Gateway;

/// Asserts that an answer is a complete refusal by a limit, its text exactly `"{text}, retry after {time}: see
/// {docs}#{anchor}"` with the very time that `Retry-After` tells; returns that wait.
#[track_caller]
pub(crate) fn expect_limit(answer: &Answer, gateway_now: Timestamp, text: &str, anchor: &str) -> Duration {
    assert_eq!(answer.status(), 429, "{}", answer.detail());
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(answer.header("replay-nonce").is_some(), "a refused client needs a nonce");
    let links: Vec<_> =
        answer.response.headers().get_all("link").iter().map(|link| link.to_str().unwrap()).collect();
    assert!(links.iter().any(|link| link.ends_with(";rel=\"help\"")), "{links:?}");
    assert!(links.iter().any(|link| link.ends_with("/directory>;rel=\"index\"")), "{links:?}");

    let problem = answer.json();
    assert_eq!(problem["type"], "urn:ietf:params:acme:error:rateLimited");
    assert_eq!(problem["status"], 429);
    let detail = problem["detail"].as_str().expect("a problem has a detail");
    let wait = answer.retry_after().expect("a refusal by a limit has Retry-After in seconds");
    assert!(wait >= 1, "Retry-After: {wait}");

    let (told, rest) = detail.split_once(", retry after ").unwrap_or_else(|| panic!("{detail}"));
    assert_eq!(told, text);
    let (time, docs) = rest.split_once(": see ").unwrap_or_else(|| panic!("{detail}"));
    assert!(docs.starts_with("https://") && docs.ends_with(&format!("#{anchor}")), "{docs}");
    let time: Timestamp =
        time.replace(" UTC", "Z").replace(' ', "T").parse().unwrap_or_else(|_| panic!("{time}"));
    let wait = Duration::from_secs(wait);
    let told = gateway_now + SignedDuration::try_from(wait).expect("waits are short");
    let difference = time.duration_since(told).abs();
    assert!(difference <= SignedDuration::from_secs(1), "{detail}, but Retry-After is {wait:?}");
    wait
}

/// Asserts that the same request is still refused well before the told wait has passed (which holds up to 3 % of
/// jitter) and passes at its end.
pub(crate) async fn passes_after<F: AsyncFnMut() -> Answer>(
    gateway: &Gateway,
    wait: Duration,
    mut request: F,
) {
    let most = Duration::from_secs((wait.as_secs() * 96 / 100).saturating_sub(2));
    gateway.advance(most).await;
    let early = request().await;
    assert_eq!(early.status(), 429, "after {most:?} of {wait:?}: {}", early.detail());
    gateway.advance(wait - most).await;
    let answer = request().await;
    assert_eq!(answer.status(), 201, "after {wait:?}: {}", answer.detail());
}
