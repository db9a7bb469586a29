//! renewalInfo, and orders that replace a certificate (RFC 9773).

use serde_json::{Value, json};
use tollgate_acme::problem::ProblemType;
use tollgate_test_ca::{NameRule, TestCa, TestCaOptions, ValidationOptions, Verdict};

use crate::client::*;

async fn window(ca: &TestCa, id: &str) -> (jiff::Timestamp, jiff::Timestamp) {
    let window =
        get(ca, &url(&format!("/acme/renewal-info/{id}"))).await.ok().json()["suggestedWindow"].clone();
    let moment = |name: &str| text(&window[name]).parse().unwrap();
    (moment("start"), moment("end"))
}

#[tokio::test]
async fn a_certificate_is_to_be_renewed_when_a_third_of_its_life_is_left() {
    let ca = open(always_valid()).await;
    let client = Client::register(&ca).await;
    let issued = client.issue(&["example.com"]).await;
    let answer = get(&ca, &url(&format!("/acme/renewal-info/{}", issued.id()))).await;
    assert_eq!(answer.header("retry-after"), "21600");
    let (start, end) = window(&ca, &issued.id()).await;
    let leaf = issued.leaf();
    let before_expiry = |at: jiff::Timestamp| leaf.not_after.as_second() - at.as_second();
    assert_eq!(before_expiry(start), 30 * 86_400 + 90 * 864);
    assert_eq!(before_expiry(end), 30 * 86_400 - 90 * 864);
}

#[tokio::test]
async fn a_revoked_certificate_has_its_window_behind_it() {
    let clock = MovableClock::new();
    let ca = TestCa::open(always_valid(), clock.clone()).await.unwrap();
    let client = Client::register(&ca).await;
    let issued = client.issue(&["example.com"]).await;
    client.post(&url("/acme/revoke-cert"), issued.revocation(json!(4))).await.ok();
    for now in [NOW, NOW + DAY, NOW - DAY] {
        clock.set(now);
        let (start, end) = window(&ca, &issued.id()).await;
        assert!(start < end && end < now, "{start} to {end} at {now}");
    }
}

#[tokio::test]
async fn an_identifier_of_no_certificate_is_refused() {
    let ca = open(always_valid()).await;
    let client = Client::register(&ca).await;
    let id = client.issue(&["example.com"]).await.id();
    let (key, serial) = id.split_once('.').unwrap();
    for (id, status) in [
        ("x".to_owned(), 400),
        (format!("{key}."), 400),
        (format!("{key}.AQIDBA"), 404),
        (format!("{serial}.{serial}"), 404),
    ] {
        get(&ca, &url(&format!("/acme/renewal-info/{id}"))).await.refused(status, "malformed");
    }
}

#[tokio::test]
async fn an_order_shows_what_it_replaces() {
    let ca = open(always_valid()).await;
    let client = Client::register(&ca).await;
    let id = client.issue(&["example.com"]).await.id();
    let order = client.new_order(&["example.com", "new.example.com"], json!({"replaces": id})).await.ok();
    assert_eq!(order.json()["replaces"], id.as_str());
    let other = client.new_order(&["example.com"], json!({"replaces": null})).await.ok();
    assert!(other.json().get("replaces").is_none());
}

#[tokio::test]
async fn replaces_has_its_four_errors() {
    let ca = open(always_valid()).await;
    let (client, other) = (Client::register(&ca).await, Client::register(&ca).await);
    let id = client.issue(&["example.com"]).await.id();
    let (key, _) = id.split_once('.').unwrap();
    let replace = |id: &str| json!({"replaces": id});

    let replaces = json!({"replaces": 7});
    client.new_order(&["example.com"], replaces).await.refused(400, "malformed");
    client.new_order(&["example.com"], replace("no-id")).await.refused(400, "malformed");
    client.new_order(&["example.com"], replace(&format!("{key}.AQID"))).await.refused(404, "malformed");
    client.new_order(&["example.com"], replace("AAAA.AQID")).await.refused(404, "malformed");
    other.new_order(&["example.com"], replace(&id)).await.refused(403, "unauthorized");
    client.new_order(&["other.example.com"], replace(&id)).await.refused(400, "malformed");
    client.new_order(&["example.com"], replace(&id)).await.ok();
    client.new_order(&["example.com"], replace(&id)).await.refused(409, "alreadyReplaced");
}

#[tokio::test]
async fn a_wildcard_shares_a_name_with_what_it_covers() {
    let ca = open(always_valid()).await;
    let client = Client::register(&ca).await;
    let id = client.issue(&["*.example.com"]).await.id();
    client.new_order(&["www.example.com"], json!({"replaces": id})).await.ok();
}

#[tokio::test]
async fn a_failed_replacement_can_be_tried_again() {
    let rule = NameRule {
        suffix: "fail.test".to_owned(),
        verdict: Verdict::Invalid(ProblemType::Dns),
        delay: std::time::Duration::ZERO,
    };
    let validation = ValidationOptions { rules: vec![rule], ..always_valid().validation };
    let ca = open(TestCaOptions { validation, ..always_valid() }).await;
    let client = Client::register(&ca).await;
    let replaces: Value = json!({"replaces": client.issue(&["example.com"]).await.id()});
    let order = Order::of(&client.new_order(&["example.com", "fail.test"], replaces.clone()).await.ok());
    client.new_order(&["example.com"], replaces.clone()).await.refused(409, "alreadyReplaced");
    client.answer_challenges(&order).await;
    assert_eq!(client.order_status(&order).await, "invalid");
    client.issue_as(&["example.com"], replaces.clone()).await;
    client.new_order(&["example.com"], replaces).await.refused(409, "alreadyReplaced");
}
