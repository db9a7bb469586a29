//! newAccount spends from the client's address, and only when an account is made.

use std::net::IpAddr;

use http::Method;
use serde_json::json;
use tollgate_gateway::upstream::UpstreamError;

use crate::world::{CLIENT, Client, World, created, document, field, ok, path, plain, problem};

#[tokio::test]
async fn only_an_account_that_is_made_counts() {
    let refusal = || problem(400, "invalidContact", "no");
    for (what, answer, left) in [
        ("made", created("/acct/1", json!({"status": "valid"})), 9),
        ("already there", ok(json!({"status": "valid"})), 10),
        ("refused", refusal(), 10),
        ("a spent nonce", problem(400, "badNonce", "no"), 10),
        ("broken", problem(500, "serverInternal", "no"), 10),
    ] {
        let world = World::new().await;
        world.ca.will_answer(answer);
        world.post(&Client::new(), "/sign-me-up", json!({})).await;
        assert_eq!(world.accounts_left(CLIENT).await, left, "{what}");
    }
}

#[tokio::test]
async fn a_ca_that_cannot_be_reached_costs_nothing() {
    for (failure, detail) in [
        (UpstreamError::Unreachable("refused".into()), "the certificate authority cannot be reached"),
        (UpstreamError::TimedOut, "the certificate authority did not answer in time"),
        (UpstreamError::TooLarge { max: 1 }, "the certificate authority's answer is too large"),
    ] {
        let world = World::new().await;
        world.ca.will_fail(failure);
        let answer = world.post(&Client::new(), "/sign-me-up", json!({})).await;
        assert_eq!((answer.status().as_u16(), field(&answer, "retry-after")), (503, Some("30")));
        assert_eq!(field(&answer, "replay-nonce"), None, "the CA may have spent it");
        assert_eq!(document(&answer)["detail"], detail);
        assert_eq!(world.accounts_left(CLIENT).await, 10);
    }
}

#[tokio::test]
async fn the_eleventh_account_is_refused_and_a_known_key_passes_all_the_same() {
    let world = World::new().await;
    let mut clients = Vec::new();
    for n in 0..10 {
        clients.push(world.registered(&format!("/acct/{n}")).await);
    }
    let answer = world.post(&Client::new(), "/sign-me-up", json!({})).await;
    assert_eq!(answer.status(), 429);
    assert!(world.ca.asked().is_empty(), "not forwarded");

    world.ca.will_answer(ok(json!({"status": "valid"})));
    let known = Client { kid: None, signer: clients.remove(0).signer };
    assert_eq!(world.post(&known, "/sign-me-up", json!({})).await.status(), 200);

    world.ca.will_answer(problem(400, "accountDoesNotExist", "no"));
    let lookup = world.post(&Client::new(), "/sign-me-up", json!({"onlyReturnExisting": true})).await;
    assert_eq!(lookup.status(), 400, "the CA's own refusal");
}

#[tokio::test]
async fn the_key_of_a_deactivated_account_is_no_free_pass() {
    let world = World::new().await;
    let client = world.registered("/acct/1").await;
    world.ca.will_answer(ok(json!({"status": "deactivated"})));
    world.post(&client, "/acct/1", json!({"status": "deactivated"})).await;
    assert!(
        world
            .records()
            .await
            .account(&tollgate_acme::resource::AccountId(path("/acct/1")))
            .await
            .unwrap()
            .unwrap()
            .deactivated
    );

    for n in 1..10 {
        world.registered(&format!("/acct/other{n}")).await;
    }
    let again = world.post(&Client { kid: None, signer: client.signer }, "/sign-me-up", json!({})).await;
    assert_eq!(again.status(), 429);
}

#[tokio::test]
async fn a_lookup_by_which_the_ca_makes_an_account_counts_after_the_fact() {
    let world = World::new().await;
    world.ca.will_answer(created("/acct/1", json!({"status": "valid"})));
    world.post(&Client::new(), "/sign-me-up", json!({"onlyReturnExisting": true})).await;
    assert_eq!(world.accounts_left(CLIENT).await, 9);
}

#[tokio::test]
async fn every_address_has_its_own_accounts() {
    let world = World::new().await;
    let other: IpAddr = "198.51.100.9".parse().unwrap();
    world.ca.will_answer(created("/acct/1", json!({"status": "valid"})));
    let body = world.signed(&Client::new(), "/sign-me-up", json!({}));
    world.send_from(other, plain(Method::POST, "/sign-me-up", &body)).await;
    assert_eq!((world.accounts_left(other).await, world.accounts_left(CLIENT).await), (9, 10));
}

#[tokio::test]
async fn an_endpoint_that_makes_accounts_is_newaccount_from_then_on() {
    let world = World::new().await;
    for n in 0..10 {
        world.ca.will_answer(created(&format!("/acct/{n}"), json!({"status": "valid"})));
        assert_eq!(world.post(&Client::new(), "/sign-me-up-too", json!({})).await.status(), 201);
    }
    assert_eq!(world.post(&Client::new(), "/sign-me-up-too", json!({})).await.status(), 429);
}
