//! Authorizations and challenges.

use std::time::Duration;

use serde_json::{Value, json};
use tollgate_acme::problem::ProblemType;
use tollgate_test_ca::{NameRule, TestCa, TestCaOptions, ValidationMode, ValidationOptions, Verdict};

use crate::client::*;

fn kinds(authorization: &Value) -> Vec<String> {
    authorization["challenges"].as_array().unwrap().iter().map(|c| text(&c["type"])).collect()
}

fn with_rule(suffix: &str, verdict: Verdict, delay: Duration) -> TestCaOptions {
    let rule = NameRule { suffix: suffix.to_owned(), verdict, delay };
    let validation = ValidationOptions { rules: vec![rule], ..ValidationOptions::default() };
    TestCaOptions { validation, ..TestCaOptions::default() }
}

#[tokio::test]
async fn an_identifier_has_the_challenges_that_can_prove_it() {
    let ca = open(always_valid()).await;
    let client = Client::register(&ca).await;
    for (name, value, wildcard, expected) in [
        ("example.com", "example.com", false, vec!["http-01", "dns-01", "tls-alpn-01"]),
        ("*.example.com", "example.com", true, vec!["dns-01"]),
        ("192.0.2.1", "192.0.2.1", false, vec!["http-01", "tls-alpn-01"]),
        ("2001:db8::1", "2001:db8::1", false, vec!["http-01", "tls-alpn-01"]),
    ] {
        let order = client.order(&[name]).await;
        let authorization = client.read(&order.authorizations[0]).await.ok().json();
        assert_eq!(authorization["identifier"]["value"], value);
        assert_eq!(authorization["wildcard"] == true, wildcard, "{authorization}");
        assert_eq!(kinds(&authorization), expected, "{name}");
        for challenge in authorization["challenges"].as_array().unwrap() {
            let read = client.read(&text(&challenge["url"])).await.ok();
            assert_eq!(read.json(), *challenge);
            assert_eq!(read.link("up"), Some(order.authorizations[0].clone()));
        }
        let other = format!("{}/device-01", order.authorizations[0].replace("/authz/", "/chall/"));
        client.post(&other, json!({})).await.refused(404, "malformed");
    }
}

#[tokio::test]
async fn once_decided_only_the_challenge_that_decided_is_shown() {
    let ca = open(with_rule("fail.test", Verdict::Invalid(ProblemType::Unauthorized), Duration::ZERO)).await;
    let client = Client::register(&ca).await;
    let order = client.order(&["fail.test"]).await;
    let before = client.read(&order.authorizations[0]).await.json();
    let challenge = text(&before["challenges"][1]["url"]);
    let answered = client.post(&challenge, json!({})).await.ok().json();
    assert_eq!(answered["status"], "invalid");
    assert_eq!(answered["error"]["type"], "urn:ietf:params:acme:error:unauthorized");

    let after = client.read(&order.authorizations[0]).await.json();
    assert_eq!(after["status"], "invalid");
    assert_eq!(after["challenges"], json!([answered]));
    assert_eq!(client.post(&challenge, json!({})).await.ok().json(), answered, "asked again");
    client.post(&text(&before["challenges"][0]["url"]), json!({})).await.refused(404, "malformed");
}

#[tokio::test(start_paused = true)]
async fn a_challenge_is_processing_until_its_delay_has_passed() {
    let ca = open(with_rule("", Verdict::Valid, Duration::from_secs(5))).await;
    let client = Client::register(&ca).await;
    let order = client.order(&["example.com"]).await;
    let authorization = client.read(&order.authorizations[0]).await;
    assert!(!authorization.headers.contains_key("retry-after"), "nothing to wait for yet");
    let challenges = authorization.json()["challenges"].clone();

    let answered = client.post(&text(&challenges[0]["url"]), json!({})).await.ok();
    assert_eq!((&answered.json()["status"], answered.header("retry-after")), (&json!("processing"), "1"));
    client.post(&text(&challenges[1]["url"]), json!({})).await.refused(400, "malformed");
    let polled = client.read(&order.authorizations[0]).await;
    assert_eq!((&polled.json()["status"], polled.header("retry-after")), (&json!("pending"), "1"));
    assert_eq!(client.order_status(&order).await, "pending");

    tokio::time::sleep(Duration::from_secs(6)).await;
    let polled = client.read(&order.authorizations[0]).await;
    assert_eq!(polled.json()["status"], "valid");
    assert!(!polled.headers.contains_key("retry-after"));
    assert_eq!(client.order_status(&order).await, "ready");
}

#[tokio::test]
async fn always_invalid_fails_everything() {
    let validation =
        ValidationOptions { mode: ValidationMode::AlwaysInvalid, ..ValidationOptions::default() };
    let ca = open(TestCaOptions { validation, ..TestCaOptions::default() }).await;
    let client = Client::register(&ca).await;
    let order = client.order(&["example.com", "192.0.2.1"]).await;
    client.answer_challenges(&order).await;
    assert_eq!(client.order_status(&order).await, "invalid");
}

#[tokio::test]
async fn a_valid_authorization_lives_longer_than_its_order_but_not_forever() {
    let clock = MovableClock::new();
    let ca = TestCa::open(always_valid(), clock.clone()).await.unwrap();
    let client = Client::register(&ca).await;
    let order = client.order(&["example.com"]).await;
    client.answer_challenges(&order).await;
    let status =
        async |client: &Client<'_>| text(&client.read(&order.authorizations[0]).await.json()["status"]);
    clock.set(NOW + 8 * DAY);
    let client = Client::known(&ca, client.signer, &client.account);
    assert_eq!(status(&client).await, "valid");
    clock.set(NOW + 31 * DAY);
    let client = Client::known(&ca, client.signer, &client.account);
    assert_eq!(status(&client).await, "expired");
}

#[tokio::test]
async fn a_deactivated_authorization_fails_its_order() {
    let ca = open(always_valid()).await;
    let client = Client::register(&ca).await;
    for answer_first in [false, true] {
        let order = client.order(&["example.com"]).await;
        if answer_first {
            client.answer_challenges(&order).await;
        }
        let deactivate = json!({"status": "deactivated"});
        client.post(&order.authorizations[0], json!({"status": "valid"})).await.refused(400, "malformed");
        for _ in 0..2 {
            let answer = client.post(&order.authorizations[0], deactivate.clone()).await.ok();
            assert_eq!(answer.json()["status"], "deactivated");
        }
        assert_eq!(client.order_status(&order).await, "invalid");
    }
}

#[tokio::test]
async fn an_invalid_authorization_cannot_be_deactivated() {
    let ca = open(with_rule("", Verdict::Invalid(ProblemType::Dns), Duration::ZERO)).await;
    let client = Client::register(&ca).await;
    let order = client.order(&["example.com"]).await;
    client.answer_challenges(&order).await;
    let answer = client.post(&order.authorizations[0], json!({"status": "deactivated"})).await;
    answer.refused(400, "malformed");
}

#[tokio::test]
async fn what_was_authorized_ahead_makes_an_order_ready() {
    let ca = open(always_valid()).await;
    let client = Client::register(&ca).await;
    let new = url("/acme/new-authz");
    let made = client.post(&new, json!({"identifier": identifier("example.com")})).await;
    assert_eq!(made.status, 201);
    client.post(&text(&made.json()["challenges"][0]["url"]), json!({})).await.ok();
    let again = client.post(&new, json!({"identifier": identifier("example.com")})).await;
    assert_eq!(again.header("location"), made.header("location"));

    let order = client.order(&["example.com"]).await;
    assert_eq!(order.authorizations, [made.header("location")]);
    assert_eq!(client.order_status(&order).await, "ready");
}

#[tokio::test]
async fn new_authz_refuses_what_cannot_be_authorized_ahead() {
    let ca = open(always_valid()).await;
    let client = Client::register(&ca).await;
    let new = url("/acme/new-authz");
    for (payload, kind) in [
        (json!({}), "malformed"),
        (json!({"identifier": "example.com"}), "malformed"),
        (json!({"identifier": identifier("*.example.com")}), "rejectedIdentifier"),
        (json!({"identifier": identifier("a..example.com")}), "rejectedIdentifier"),
        (json!({"identifier": {"type": "x", "value": "y"}}), "unsupportedIdentifier"),
    ] {
        let answer = client.post(&new, payload.clone()).await;
        assert_eq!(answer.problem(), (400, kind.to_owned()), "{payload}");
    }
    let ca = open(TestCaOptions { pre_authorization: false, ..always_valid() }).await;
    assert!(get(&ca, &url("/directory")).await.json().get("newAuthz").is_none());
    let client = Client::register(&ca).await;
    client.post(&new, json!({"identifier": identifier("example.com")})).await.refused(404, "malformed");
}
