//! Certificates: renewals by ARI inside the window, and revocation.

use serde_json::json;
use tollgate_acme::{certificate::CertificateId, resource::AccountId};
use tollgate_records::Certificate;

use crate::world::{Client, ORIGIN, World, created, field, new_order, ok, order_body, path, problem, set};

const ID: &str = "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE";

/// A client with a certificate of 90 days for `a.example`, issued `days` ago.
async fn with_certificate(days: i64) -> (World, Client) {
    let world = World::new().await;
    let client = world.registered("/acct/1").await;
    let now: jiff::Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
    let not_before = now - jiff::SignedDuration::from_hours(24 * days);
    let certificate = Certificate {
        id: CertificateId::parse(ID).unwrap(),
        account: AccountId::of("/acct/1").unwrap(),
        order: None,
        identifiers: set(&["a.example"]),
        not_before,
        not_after: not_before + jiff::SignedDuration::from_hours(24 * 90),
        revoked: false,
        replaced_by: None,
    };
    world.records().await.save_certificate(&certificate).await.unwrap();
    (world, client)
}

/// Orders a replacement, whatever the CA says about the window, and tells how many orders are left.
async fn left_after_replacement(world: &World, client: &Client, order: &str) -> u64 {
    world.ca.will_answer(created(order, order_body(order, "pending", &["a.example"])));
    let mut wanted = new_order(&["a.example"]);
    wanted["replaces"] = json!(ID);
    let answer = world.post(client, "/order-plz", wanted).await;
    assert_eq!(answer.status(), 201, "{answer:?}");
    world.orders_left("/acct/1").await
}

fn window(start: &str, end: &str) -> bytes::Bytes {
    json!({"suggestedWindow": {"start": start, "end": end}}).to_string().into()
}

#[tokio::test]
async fn a_replacement_is_exempt_inside_the_window_once() {
    // A third of the validity before the end, within a hundredth of it.
    for (days, left) in [(0, 299), (59, 299), (60, 300), (61, 299)] {
        let (world, client) = with_certificate(days).await;
        world.ca.will_answer(problem(404, "malformed", "no renewal information"));
        assert_eq!(left_after_replacement(&world, &client, "/order/1").await, left, "{days} days old");
    }
    let (world, client) = with_certificate(60).await;
    for (order, left) in [("/order/1", 300), ("/order/2", 299)] {
        world.ca.will_answer(problem(404, "malformed", "no renewal information"));
        assert_eq!(left_after_replacement(&world, &client, order).await, left, "{order}");
    }
}

#[tokio::test]
async fn the_issuers_window_counts_more_than_our_own() {
    for (start, end, left) in [
        ("2026-11-23T11:00:00Z", "2026-11-23T13:00:00Z", 300),
        ("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z", 299),
    ] {
        let (world, client) = with_certificate(1).await;
        world.ca.will_answer(http::Response::new(window(start, end)));
        assert_eq!(left_after_replacement(&world, &client, "/order/1").await, left, "{start}");
        let asked = world.ca.asked();
        assert_eq!(
            (asked[0].method().as_str(), asked[0].uri().path()),
            ("GET", format!("/renewal/{ID}").as_str())
        );
        assert!(asked[0].body().is_empty());
    }
}

#[tokio::test]
async fn an_exempt_order_is_told_no_quota() {
    let (world, client) = with_certificate(60).await;
    world.ca.will_answer(problem(404, "malformed", "no renewal information"));
    world.ca.will_answer(created("/order/1", order_body("/order/1", "pending", &["a.example"])));
    let mut wanted = new_order(&["a.example"]);
    wanted["replaces"] = json!(ID);
    let answer = world.post(&client, "/order-plz", wanted).await;
    assert_eq!(field(&answer, "ratelimit-policy"), None);
    assert_eq!(field(&answer, "x-of-the-ca"), Some("kept"));
}

#[tokio::test]
async fn a_replacement_that_fails_gives_the_certificate_free_again() {
    let (world, client) = with_certificate(60).await;
    let replaced_by = async || {
        world
            .records()
            .await
            .certificate(&CertificateId::parse(ID).unwrap())
            .await
            .unwrap()
            .unwrap()
            .replaced_by
    };
    world.ca.will_answer(problem(404, "malformed", "no renewal information"));
    left_after_replacement(&world, &client, "/order/1").await;
    assert_eq!(replaced_by().await, Some(path("/order/1")));
    world.ca.will_answer(ok(json!({"status": "invalid"})));
    world.post(&client, "/order/1", "").await;
    assert_eq!(replaced_by().await, None);
}

#[tokio::test]
async fn a_revoked_certificate_is_known_as_revoked() {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    let issued = crate::transcripts::a_certificate();
    let world = World::new().await;
    let client = world.registered("/acct/1").await;
    world.ca.will_answer(http::Response::new(issued.pem.clone()));
    world.post(&client, "/certificates/1", "").await;
    let revoked =
        async || world.records().await.certificate(&issued.id).await.unwrap().expect("learned").revoked;
    assert!(!revoked().await);

    let request = json!({"certificate": BASE64_URL_SAFE_NO_PAD.encode(&issued.der), "reason": 4});
    for (answer, is_revoked) in [(problem(403, "unauthorized", "no"), false), (ok(json!({})), true)] {
        world.ca.will_answer(answer);
        let body = client.signer.sign(
            client.kid.as_deref(),
            Some("n"),
            &format!("{ORIGIN}/revoke"),
            &request.to_string(),
        );
        world.request(http::Method::POST, "/revoke", &body).await;
        assert_eq!(revoked().await, is_revoked);
    }
}
