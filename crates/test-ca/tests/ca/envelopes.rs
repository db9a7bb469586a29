//! What a request must be like, and what every answer has.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use http::{Method, Request};
use serde_json::{Value, json};
use tollgate_acme::jws::Signer;

use crate::client::*;

#[tokio::test]
async fn the_directory_names_every_resource_and_what_the_ca_offers() {
    let ca = open(always_valid()).await;
    let answer = get(&ca, &url("/directory")).await.ok();
    assert_eq!(answer.header("cache-control"), "public, max-age=0, no-cache");
    insta::assert_json_snapshot!(answer.json());
}

#[tokio::test]
async fn urls_are_those_of_the_name_and_scheme_the_client_used() {
    let ca = open(always_valid()).await;
    for (host, scheme, expected) in [
        ("localhost:14000", "https", "https://localhost:14000/acme/new-order"),
        ("acme.example", "http", "http://acme.example/acme/new-order"),
    ] {
        let request = Request::get("/directory").header("host", host).header("x-forwarded-proto", scheme);
        let directory = send(&ca, request.body("".into()).unwrap()).await.json();
        assert_eq!(directory["newOrder"], expected);
    }
}

#[tokio::test]
async fn new_nonce_answers_head_with_200_and_get_with_204() {
    let ca = open(always_valid()).await;
    for (method, status) in [(Method::HEAD, 200), (Method::GET, 204)] {
        let answer = send(&ca, request(method, &url("/acme/new-nonce"), "")).await;
        assert_eq!((answer.status, answer.text.as_str()), (status, ""));
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_ne!(answer.header("replay-nonce"), "");
    }
}

#[tokio::test]
async fn every_answer_leads_to_the_directory_and_brings_a_nonce_even_an_error() {
    let ca = open(always_valid()).await;
    let client = Client::register(&ca).await;
    for (path, status) in [("/acme/new-order", 400), ("/acme/order/1", 404), ("/acme/nowhere", 404)] {
        let answer = client.post(&url(path), json!([])).await;
        assert!(answer.status == status || answer.status == 400, "{answer:?}");
        assert_eq!(answer.link("index"), Some(url("/directory")));
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_ne!(answer.header("replay-nonce"), "");
    }
}

#[tokio::test]
async fn only_post_reads_a_resource_and_the_answer_says_so() {
    let ca = open(always_valid()).await;
    for path in ["/acme/new-account", "/acme/order/1", "/acme/cert/00", "/acme/authz/1"] {
        let answer = get(&ca, &url(path)).await;
        answer.refused(405, "malformed");
        assert_eq!(answer.header("allow"), "POST");
    }
}

#[tokio::test]
async fn directory_and_new_nonce_can_be_read_by_post_too() {
    let ca = open(always_valid()).await;
    let client = Client::register(&ca).await;
    assert!(client.read(&url("/directory")).await.ok().json()["newOrder"].is_string());
    assert_eq!(client.read(&url("/acme/new-nonce")).await.status, 204);
}

#[tokio::test]
async fn a_request_without_a_usable_host_is_refused() {
    let ca = open(always_valid()).await;
    let answer = send(&ca, Request::get("/directory").body("".into()).unwrap()).await;
    answer.refused(400, "malformed");
}

/// A request with a protected header of its own, signed by nobody.
fn unsigned(protected: &Value) -> String {
    let base64 = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    json!({"protected": base64(&protected.to_string()), "payload": "", "signature": base64("signature")})
        .to_string()
}

#[tokio::test]
async fn what_is_no_acceptable_jws_is_refused_by_its_type() {
    let ca = open(always_valid()).await;
    let order = url("/acme/new-order");
    let key = Signer::generate().unwrap().jwk().to_json();
    let account = url("/acme/acct/1");
    for (body, status, kind) in [
        (String::new(), 400, "malformed"),
        ("no JSON".to_owned(), 400, "malformed"),
        (json!({"protected": "", "payload": ""}).to_string(), 400, "malformed"),
        ("x".repeat(64 * 1024 + 1), 413, "malformed"),
        (unsigned(&json!({"alg": "ES256", "kid": account, "jwk": key, "url": order})), 400, "malformed"),
        (unsigned(&json!({"alg": "ES256", "url": order})), 400, "malformed"),
        (unsigned(&json!({"alg": "none", "kid": account, "url": order})), 400, "badSignatureAlgorithm"),
        (unsigned(&json!({"alg": "HS256", "kid": account, "url": order})), 400, "badSignatureAlgorithm"),
        (unsigned(&json!({"alg": "RS256", "jwk": {"kty": "RSA"}, "url": order})), 400, "badPublicKey"),
        (unsigned(&json!({"alg": "ES256", "kid": account})), 400, "malformed"),
        (unsigned(&json!({"alg": "ES256", "kid": account, "url": order})), 400, "accountDoesNotExist"),
        (unsigned(&json!({"alg": "ES256", "kid": "x", "url": order})), 400, "accountDoesNotExist"),
        (unsigned(&json!({"alg": "ES256", "jwk": key, "url": order})), 400, "malformed"),
    ] {
        let answer = send(&ca, request(Method::POST, &order, body.clone())).await;
        assert_eq!(answer.problem(), (status, kind.to_owned()), "{}", body.get(..200).unwrap_or(&body));
    }
}

#[tokio::test]
async fn a_bad_algorithm_is_answered_with_the_good_ones() {
    let ca = open(always_valid()).await;
    let body = unsigned(&json!({"alg": "none", "kid": "x", "url": url("/acme/new-order")}));
    let answer = send(&ca, request(Method::POST, &url("/acme/new-order"), body)).await;
    assert_eq!(answer.json()["algorithms"], json!(["RS256", "ES256", "ES384", "ES512", "EdDSA"]));
}

#[tokio::test]
async fn another_content_type_is_refused_with_415() {
    let ca = open(always_valid()).await;
    let client = Client::register(&ca).await;
    for content_type in ["application/json", "application/jose", ""] {
        let body = client.signed(&url("/acme/new-order"), "{}").await;
        let mut request = request(Method::POST, &url("/acme/new-order"), body);
        request.headers_mut().insert("content-type", content_type.parse().unwrap());
        send(&ca, request).await.refused(415, "malformed");
    }
}

#[tokio::test]
async fn a_request_signed_for_another_url_is_refused() {
    let ca = open(always_valid()).await;
    let client = Client::register(&ca).await;
    for signed_for in
        [url("/acme/new-authz"), "https://other.test/acme/new-order".to_owned(), url("/acme/new-order?x")]
    {
        let body = client.signed(&signed_for, "{}").await;
        send(&ca, request(Method::POST, &url("/acme/new-order"), body)).await.refused(403, "unauthorized");
    }
}

#[tokio::test]
async fn a_nonce_is_needed_and_good_once() {
    let ca = open(always_valid()).await;
    let client = Client::register(&ca).await;
    let order = url("/acme/new-order");
    let payload = json!({"identifiers": [identifier("example.com")]}).to_string();

    let body = client.signer.sign(Some(&client.account), None, &order, &payload);
    send(&ca, request(Method::POST, &order, body)).await.refused(400, "badNonce");
    let body = client.signer.sign(Some(&client.account), Some("AAAA"), &order, &payload);
    send(&ca, request(Method::POST, &order, body)).await.refused(400, "badNonce");

    let body = client.signed(&order, &payload).await;
    assert_eq!(send(&ca, request(Method::POST, &order, body.clone())).await.status, 201);
    let replayed = send(&ca, request(Method::POST, &order, body)).await;
    replayed.refused(400, "badNonce");

    let fresh = replayed.header("replay-nonce");
    let body = client.signer.sign(Some(&client.account), Some(fresh), &order, &payload);
    assert_eq!(send(&ca, request(Method::POST, &order, body)).await.status, 201);
}

#[tokio::test]
async fn a_nonce_expires_with_the_clock() {
    let clock = MovableClock::new();
    let ca = tollgate_test_ca::TestCa::open(always_valid(), clock.clone()).await.unwrap();
    let client = Client::register(&ca).await;
    let body = client.signed(&client.account, "").await;
    clock.advance(Duration::from_secs(3601));
    send(&ca, request(Method::POST, &client.account, body)).await.refused(400, "badNonce");
}

#[tokio::test]
async fn a_forged_request_is_refused_and_leaves_the_nonce_unused() {
    let ca = open(always_valid()).await;
    let client = Client::register(&ca).await;
    let nonce = nonce(&ca).await;
    let forger = Signer::generate().unwrap();
    let body = forger.sign(Some(&client.account), Some(&nonce), &client.account, "");
    send(&ca, request(Method::POST, &client.account, body)).await.refused(400, "malformed");

    let body = client.signer.sign(Some(&client.account), Some(&nonce), &client.account, "");
    send(&ca, request(Method::POST, &client.account, body)).await.ok();
}

#[tokio::test]
async fn what_can_only_be_read_refuses_a_payload() {
    let ca = open(always_valid()).await;
    let client = Client::register(&ca).await;
    let issued = client.issue(&["example.com"]).await;
    let orders = client.account.replace("/acct/", "/orders/");
    for read_only in [&issued.order, &issued.certificate, &orders] {
        client.post(read_only, json!({})).await.refused(400, "malformed");
        client.read(read_only).await.ok();
    }
}

#[tokio::test]
async fn pages_say_what_this_is() {
    let ca = open(always_valid()).await;
    for path in ["/", "/terms"] {
        assert!(get(&ca, &url(path)).await.ok().text.starts_with("This is a TEST CA (Tollgate)."));
    }
    assert_eq!(get(&ca, &url("/root.pem")).await.ok().text, ca.root_pem());
    assert_eq!(get(&ca, &url("/alternate-root.pem")).await.ok().text, ca.alternate_root_pem());
}

#[tokio::test]
async fn a_well_signed_request_may_hold_anything_and_nothing_breaks() {
    let ca = open(always_valid()).await;
    let client = Client::register(&ca).await;
    let issued = client.issue(&["example.com"]).await;
    let order = client.order(&["example.com"]).await;
    let challenge = text(&client.read(&order.authorizations[0]).await.json()["challenges"][0]["url"]);
    let fixed = ["new-account", "new-order", "new-authz", "revoke-cert", "key-change", "new-nonce"];
    let mut targets: Vec<String> = fixed.map(|name| url(&format!("/acme/{name}"))).to_vec();
    let orders = client.account.replace("/acct/", "/orders/");
    targets.extend([url("/directory"), client.account.clone(), orders, order.url, order.finalize]);
    targets.extend([order.authorizations[0].clone(), challenge, issued.order, issued.certificate]);
    let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    let long =
        json!({"identifiers": [identifier(&"x".repeat(30_000))], "csr": "A".repeat(5_000)}).to_string();
    let payloads = [
        "null",
        "true",
        "-1",
        "1e999",
        "\"\"",
        "[]",
        "[{}]",
        "{",
        "\u{0}",
        "\u{feff}{}",
        &deep,
        &long,
        r#"{"identifiers": {}, "identifier": [], "status": {}, "contact": {}, "csr": [], "certificate": {}}"#,
        r#"{"identifiers": [null], "replaces": {}, "profile": {}, "notBefore": "-9999-01-01T00:00:00Z"}"#,
        r#"{"identifiers": [{"type": "dns", "value": "a.test"}], "notAfter": "9999-12-30T00:00:00Z"}"#,
        r#"{"certificate": "MAA", "reason": 18446744073709551616, "csr": "MAA", "status": "\u0000"}"#,
    ];
    for target in &targets {
        for payload in payloads {
            let answer = client.post_text(target, payload).await;
            let text = payload.get(..40).unwrap_or(payload);
            assert!((200..500).contains(&answer.status), "{target} {text}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn a_clock_at_its_ends_breaks_nothing() {
    for now in [jiff::Timestamp::MIN, jiff::Timestamp::UNIX_EPOCH, jiff::Timestamp::MAX] {
        let clock = MovableClock::new();
        clock.set(now);
        let ca = tollgate_test_ca::TestCa::open(always_valid(), clock.clone()).await.unwrap();
        let client = Client::register(&ca).await;
        let order = client.order(&["example.com"]).await;
        client.answer_challenges(&order).await;
        let csr = csr(&["example.com"], &rcgen::KeyPair::generate().unwrap());
        client.finalize(&order, &csr).await;
        client.read(&order.url).await.ok();
    }
}
