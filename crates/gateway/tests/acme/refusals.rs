//! What a refused client is told, to the letter.

use bytes::Bytes;
use http::{Method, Response, header};
use serde_json::{Value, json};

use tollgate_acme::{identifier::Identifier, resource::AccountId};

use crate::world::{Client, World, document, field, new_order, ok, order_body, plain};

/// An answer as a client sees it.
fn seen(response: &Response<Bytes>) -> String {
    let mut told = format!("{}\n", response.status().as_u16());
    for (name, value) in response.headers() {
        told += &format!("{name}: {}\n", value.to_str().unwrap());
    }
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    told + "\n" + &serde_json::to_string_pretty(&body).unwrap()
}

/// With every signed token, which begins as all JSON objects in base64url do, cut out.
fn without_tokens(told: &str) -> String {
    let mut parts = told.split("eyJ");
    let first = parts.next().unwrap_or_default().to_owned();
    let is_of_token = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    parts
        .fold(first, |told, part| told + part.trim_start_matches(is_of_token))
        .replace("token=", "token=TOKEN")
}

/// A client whose certificates for these names are used up.
async fn used_up(names: &[&str]) -> (World, Client) {
    let world = World::new().await;
    let client = world.registered("/acct/1").await;
    for n in 0..5 {
        let order = format!("/order/{n}");
        world.ordered(&client, &order, names).await;
        world.ca.will_answer(ok(order_body(&order, "valid", names)));
        world.post(&client, &format!("{order}/finalize"), json!({"csr": "MII"})).await;
    }
    world.ca.asked();
    (world, client)
}

#[tokio::test]
async fn a_refused_order_is_told_why_and_until_when() {
    let (world, client) = used_up(&["a.example"]).await;
    let answer = world.post(&client, "/order-plz", new_order(&["a.example"])).await;
    insta::assert_snapshot!(seen(&answer));
    assert!(world.ca.asked().is_empty(), "not forwarded, so that its nonce is unspent");
}

#[tokio::test]
async fn a_refused_account_is_told_why_and_until_when() {
    let world = World::new().await;
    for n in 0..10 {
        world.registered(&format!("/acct/{n}")).await;
    }
    insta::assert_snapshot!(seen(&world.post(&Client::new(), "/sign-me-up", json!({})).await));
}

#[tokio::test]
async fn one_name_at_fault_among_several_is_named() {
    let world = World::new().await;
    let client = world.registered("/acct/1").await;
    for n in 0..5 {
        let order = format!("/order/{n}");
        world.ordered(&client, &order, &["bad.example"]).await;
        world.ca.will_answer(ok(json!({
            "status": "invalid",
            "error": {"type": "urn:ietf:params:acme:error:connection", "detail": "refused"},
        })));
        world.post(&client, &order, "").await;
    }
    let answer = world.post(&client, "/order-plz", new_order(&["bad.example", "good.example"])).await;
    insta::assert_snapshot!(seen(&answer));
}

#[tokio::test]
async fn a_paused_name_is_told_where_to_lift_the_pause_and_no_wait() {
    let world = World::new().await;
    let client = world.registered("/acct/1").await;
    let (account, name) = (AccountId::of("/acct/1").unwrap(), Identifier::dns("bad.example").unwrap());
    let now = "2026-11-23T12:00:00Z".parse().unwrap();
    assert!(world.records().await.pause(&account, &name, now, now).await.unwrap());
    let answer = world.post(&client, "/order-plz", new_order(&["bad.example", "good.example"])).await;
    insta::assert_snapshot!(without_tokens(&seen(&answer)));
    assert_eq!(field(&answer, "retry-after"), None);
    let alone = world.post(&client, "/order-plz", new_order(&["bad.example"])).await;
    assert_eq!((alone.status().as_u16(), document(&alone).get("subproblems")), (429, None));
}

#[tokio::test]
async fn the_language_is_the_clients() {
    let (world, client) = used_up(&["a.example"]).await;
    let body = world.signed(&client, "/order-plz", new_order(&["a.example"]));
    let mut request = plain(Method::POST, "/order-plz", &body);
    request.headers_mut().insert(header::ACCEPT_LANGUAGE, "da, en;q=0.5".parse().unwrap());
    let answer = world.send(request).await;
    assert_eq!(field(&answer, "content-language"), Some("da"));
    insta::assert_snapshot!(seen(&answer));
}

#[tokio::test]
async fn a_refusal_echoes_the_requests_own_nonce_and_none_when_it_has_none() {
    let (world, client) = used_up(&["a.example"]).await;
    let order = new_order(&["a.example"]).to_string();
    for nonce in [Some("bWluZQ"), None] {
        let body = client.signer.sign(
            client.kid.as_deref(),
            nonce,
            &format!("{}/order-plz", crate::world::ORIGIN),
            &order,
        );
        let answer = world.request(Method::POST, "/order-plz", &body).await;
        assert_eq!((answer.status().as_u16(), field(&answer, "replay-nonce")), (429, nonce));
    }
}

#[tokio::test]
async fn the_overall_limits_answer_503_before_anything_is_read() {
    let world = World::new().await;
    let mut answers = Vec::new();
    for _ in 0..12 {
        answers.push(world.request(Method::HEAD, "/nonce-plz", "").await);
    }
    let refused = answers.last().unwrap();
    assert_eq!(refused.status(), 503);
    insta::assert_snapshot!(seen(refused));
    let mut request = plain(Method::HEAD, "/nonce-plz", "");
    request.headers_mut().insert(header::ACCEPT_LANGUAGE, "it".parse().unwrap());
    let refused = world.send(request).await;
    assert_eq!((refused.status().as_u16(), field(&refused, "content-language")), (503, Some("it")));
    assert!(document(&refused)["detail"].as_str().unwrap().starts_with("troppe richieste"));
}
