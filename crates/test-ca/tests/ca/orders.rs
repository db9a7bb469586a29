//! newOrder and orders.

use serde_json::{Value, json};
use tollgate_acme::problem::ProblemType;
use tollgate_test_ca::{NameRule, TestCa, TestCaOptions, ValidationOptions, Verdict};

use crate::client::*;

#[tokio::test]
async fn identifiers_are_canonical_and_each_there_once() {
    let ca = open(always_valid()).await;
    let client = Client::register(&ca).await;
    let names = ["B.example.com", "a.example.com.", "b.example.com", "2001:DB8:0::1", "192.0.2.1"];
    let order = client.new_order(&names, json!({})).await;
    assert_eq!(order.status, 201);
    let values = |order: &Value| {
        let identifiers = order["identifiers"].as_array().unwrap().iter();
        identifiers.map(|i| format!("{} {}", text(&i["type"]), text(&i["value"]))).collect::<Vec<_>>()
    };
    let expected = ["dns a.example.com", "dns b.example.com", "ip 192.0.2.1", "ip 2001:db8::1"];
    assert_eq!(values(&order.json()), expected);
    assert_eq!(Order::of(&order).authorizations.len(), 4);
}

#[tokio::test]
async fn an_order_that_cannot_be_is_refused_by_its_type() {
    let ca = open(always_valid()).await;
    let client = Client::register(&ca).await;
    let dns = |name: &str| json!({"identifiers": [{"type": "dns", "value": name}]});
    let many: Vec<Value> = (0..101).map(|n| identifier(&format!("{n}.example.com"))).collect();
    for (payload, kind) in [
        (json!({}), "malformed"),
        (json!({"identifiers": null}), "malformed"),
        (json!({"identifiers": []}), "malformed"),
        (json!({"identifiers": ["example.com"]}), "malformed"),
        (json!({"identifiers": [{"type": "dns"}]}), "malformed"),
        (json!({"identifiers": many}), "malformed"),
        (json!({"identifiers": [{"type": "email", "value": "me@example.com"}]}), "unsupportedIdentifier"),
        (dns(""), "rejectedIdentifier"),
        (dns("a..example.com"), "rejectedIdentifier"),
        (dns("*.*.example.com"), "rejectedIdentifier"),
        (dns("a.*.example.com"), "rejectedIdentifier"),
        (dns(&"a.".repeat(150)), "rejectedIdentifier"),
        (dns("192.0.2.1"), "rejectedIdentifier"),
        (json!({"identifiers": [{"type": "ip", "value": "fe80::1%eth0"}]}), "rejectedIdentifier"),
        (json!({"identifiers": [identifier("example.com")], "profile": "unheard-of"}), "invalidProfile"),
        (json!({"identifiers": [identifier("example.com")], "profile": 7}), "invalidProfile"),
        (json!({"identifiers": [identifier("example.com")], "notAfter": "tomorrow"}), "malformed"),
        (json!({"identifiers": [identifier("example.com")], "notBefore": 7}), "malformed"),
        (json!({"identifiers": [identifier("example.com")], "replaces": "x"}), "malformed"),
    ] {
        let answer = client.post(&url("/acme/new-order"), payload.clone()).await;
        assert_eq!(answer.problem(), (400, kind.to_owned()), "{payload}");
    }
}

#[tokio::test]
async fn a_refusal_names_each_identifier_at_fault() {
    let rule = NameRule {
        suffix: "forbidden.test".to_owned(),
        verdict: Verdict::Rejected,
        delay: std::time::Duration::ZERO,
    };
    let validation = ValidationOptions { rules: vec![rule], ..always_valid().validation };
    let ca = open(TestCaOptions { validation, ..always_valid() }).await;
    let client = Client::register(&ca).await;
    let answer =
        client.new_order(&["a.forbidden.test", "fine.test", "a..b", "*.forbidden.test"], json!({})).await;
    answer.refused(400, "rejectedIdentifier");
    insta::assert_json_snapshot!(answer.json());
}

#[tokio::test]
async fn a_profile_decides_how_long_the_certificate_is_valid() {
    let ca = open(always_valid()).await;
    let client = Client::register(&ca).await;
    for (profile, days) in
        [(None, 90), (Some("classic"), 90), (Some("tlsserver"), 45), (Some("shortlived"), 6)]
    {
        let more = profile.map_or(json!({}), |profile| json!({"profile": profile}));
        let issued = client.issue_as(&["example.com"], more).await;
        let order = client.read(&issued.order).await.json();
        assert_eq!(order["profile"], profile.unwrap_or("classic"));
        let leaf = issued.leaf();
        assert_eq!(leaf.not_after.as_second() - leaf.not_before.as_second() + 1, days * 86_400);
        assert_eq!(leaf.not_before, NOW - std::time::Duration::from_secs(3600), "backdated by an hour");
    }
}

#[tokio::test]
async fn not_before_and_not_after_are_honoured_within_the_profile() {
    let ca = open(always_valid()).await;
    let client = Client::register(&ca).await;
    let (from, to) = (NOW + DAY, NOW + 10 * DAY);
    let more = json!({"notBefore": from.to_string(), "notAfter": to.to_string()});
    let leaf = client.issue_as(&["example.com"], more.clone()).await.leaf();
    assert_eq!((leaf.not_before, leaf.not_after), (from, to));
    let order = client.new_order(&["example.com"], more.clone()).await.json();
    assert_eq!((&order["notBefore"], &order["notAfter"]), (&more["notBefore"], &more["notAfter"]));

    for (why, more) in [
        ("in the past", json!({"notAfter": (NOW - DAY).to_string()})),
        ("too long", json!({"notAfter": (NOW + 91 * DAY).to_string()})),
        ("the wrong way round", json!({"notBefore": to.to_string(), "notAfter": from.to_string()})),
        ("too far ahead", json!({"notBefore": (NOW + 30 * DAY).to_string()})),
    ] {
        let answer = client.new_order(&["example.com"], more).await;
        assert_eq!(answer.problem(), (400, "malformed".to_owned()), "{why}");
    }
}

#[tokio::test]
async fn an_order_expires_with_the_clock() {
    let clock = MovableClock::new();
    let ca = TestCa::open(always_valid(), clock.clone()).await.unwrap();
    let client = Client::register(&ca).await;
    let order = client.order(&["example.com"]).await;
    let expires = text(&client.read(&order.url).await.json()["expires"]);
    assert_eq!(expires, (NOW + 7 * DAY).to_string());

    clock.set(NOW + 7 * DAY - std::time::Duration::from_secs(1));
    let client = Client::known(&ca, client.signer, &client.account);
    assert_eq!(client.order_status(&order).await, "pending");
    clock.set(NOW + 7 * DAY);
    assert_eq!(client.order_status(&order).await, "invalid");
    let authorization = client.read(&order.authorizations[0]).await.ok().json();
    assert_eq!(authorization["status"], "expired");
    let challenge = text(&authorization["challenges"][0]["url"]);
    client.post(&challenge, json!({})).await.refused(400, "malformed");
}

#[tokio::test]
async fn an_order_belongs_to_its_account() {
    let ca = open(always_valid()).await;
    let (client, other) = (Client::register(&ca).await, Client::register(&ca).await);
    let order = client.order(&["example.com"]).await;
    other.read(&order.url).await.refused(403, "unauthorized");
    other.read(&order.authorizations[0]).await.refused(403, "unauthorized");
    other.post(&order.finalize, json!({"csr": ""})).await.refused(403, "unauthorized");
    let challenge = client.read(&order.authorizations[0]).await.json()["challenges"][0]["url"].clone();
    other.post(&text(&challenge), json!({})).await.refused(403, "unauthorized");
    client.read(&url("/acme/order/1")).await.refused(404, "malformed");
    client.read(&url("/acme/authz/1")).await.refused(404, "malformed");
}

#[tokio::test]
async fn an_order_fails_with_the_error_of_its_validation() {
    let rules = [ProblemType::Dns, ProblemType::Connection, ProblemType::Caa].map(|kind| NameRule {
        suffix: format!("{}.test", kind.urn().rsplit(':').next().unwrap()),
        verdict: Verdict::Invalid(kind),
        delay: std::time::Duration::ZERO,
    });
    let validation = ValidationOptions { rules: rules.to_vec(), ..always_valid().validation };
    let ca = open(TestCaOptions { validation, ..always_valid() }).await;
    let client = Client::register(&ca).await;
    for kind in ["dns", "connection", "caa"] {
        let name = format!("www.{kind}.test");
        let order = client.order(&["example.com", &name]).await;
        client.answer_challenges(&order).await;
        let failed = client.read(&order.url).await.json();
        assert_eq!(failed["status"], "invalid");
        assert_eq!(failed["error"]["type"], format!("urn:ietf:params:acme:error:{kind}"));
        let key = rcgen::KeyPair::generate().unwrap();
        let answer = client.finalize(&order, &csr(&["example.com", &name], &key)).await;
        answer.refused(403, "orderNotReady");
    }
}

#[tokio::test]
async fn a_valid_authorization_is_reused_only_when_the_ca_is_set_up_so() {
    for (reuse, status) in [(true, "ready"), (false, "pending")] {
        let ca = open(TestCaOptions { reuse_authorizations: reuse, ..always_valid() }).await;
        let client = Client::register(&ca).await;
        client.issue(&["example.com"]).await;
        let again = client.order(&["example.com"]).await;
        assert_eq!(client.order_status(&again).await, status, "reuse {reuse}");
        let other = Client::register(&ca).await;
        let others = other.order(&["example.com"]).await;
        assert_eq!(other.order_status(&others).await, "pending", "never another account's");
    }
}
