//! Failed and passed validations, issuance and its undoing: each counted once, by whatever tells it.

use serde_json::{Value, json};
use tollgate_acme::{
    authorization::AuthorizationStatus::{Invalid, Pending, Valid},
    resource::AccountId,
};
use tollgate_records::{Authorization, Issuance};

use crate::world::{
    Client, ORIGIN, World, authorization_body, authorization_of, created, ok, order_body, path, problem,
};

const ORDER: &str = "/order/1";

async fn ordered(names: &[&str]) -> (World, Client) {
    let world = World::new().await;
    let client = world.registered("/acct/1").await;
    world.ordered(&client, ORDER, names).await;
    for (n, name) in names.iter().enumerate() {
        let authorization = authorization_of(ORDER, n);
        world.ca.will_answer(ok(authorization_body(&authorization, "pending", name)));
        world.post(&client, &authorization, "").await;
    }
    (world, client)
}

async fn attempt(world: &World, client: &Client, n: usize) {
    world.ca.will_answer(ok(json!({"type": "http-01", "status": "pending"})));
    world.post(client, &challenge(n), json!({})).await;
}

async fn authorization(world: &World, n: usize) -> Authorization {
    world.records().await.authorization(&path(&authorization_of(ORDER, n))).await.unwrap().unwrap()
}

fn challenge(n: usize) -> String {
    format!("{}/challenge", authorization_of(ORDER, n))
}

/// Failures left for a name, as newOrder sees it; five at most, as for certificates of a set.
async fn left(world: &World, name: &str) -> u64 {
    world.certificates_or_failures_left("/acct/1", &[name]).await
}

#[tokio::test]
async fn a_failure_counts_once_whatever_tells_it_first() {
    let authorization = authorization_of(ORDER, 0);
    let in_authorization = authorization_body(&authorization, "invalid", "a.example");
    let in_challenge = json!({"type": "http-01", "status": "invalid"});
    let in_order = order_body(ORDER, "invalid", &["a.example"]);
    let in_pending_authorization = {
        let mut body = authorization_body(&authorization, "pending", "a.example");
        body["challenges"][0]["status"] = json!("invalid");
        body
    };
    let asks: [(&str, Value); 4] = [
        (&authorization, in_authorization),
        (&challenge(0), in_challenge),
        (ORDER, in_order),
        (&authorization, in_pending_authorization),
    ];
    for first in 0..asks.len() {
        let (world, client) = ordered(&["a.example"]).await;
        attempt(&world, &client, 0).await;
        for n in 0..asks.len() {
            let (path, body) = &asks[(first + n) % asks.len()];
            for _ in 0..2 {
                world.ca.will_answer(ok(body.clone()));
                world.post(&client, path, "").await;
            }
            assert_eq!(left(&world, "a.example").await, 4, "{path} first");
        }
    }
}

#[tokio::test]
async fn a_success_is_no_failure_and_a_later_deactivation_neither() {
    let (world, client) = ordered(&["a.example"]).await;
    attempt(&world, &client, 0).await;
    for status in ["valid", "deactivated"] {
        let path = authorization_of(ORDER, 0);
        world.ca.will_answer(ok(authorization_body(&path, status, "a.example")));
        world.post(&client, &path, "").await;
    }
    assert_eq!(authorization(&world, 0).await.status, Valid);
    assert_eq!(left(&world, "a.example").await, 5);
}

#[tokio::test]
async fn giving_up_a_pending_authorization_is_a_failure() {
    let (world, client) = ordered(&["a.example"]).await;
    let path = authorization_of(ORDER, 0);
    world.ca.will_answer(ok(authorization_body(&path, "deactivated", "a.example")));
    world.post(&client, &path, json!({"status": "deactivated"})).await;
    assert_eq!(left(&world, "a.example").await, 4);
}

#[tokio::test]
async fn giving_up_an_authorization_that_was_valid_before_the_gateway_is_none() {
    let (world, client) = ordered(&["a.example"]).await;
    let mut body = authorization_body("/authz/old", "deactivated", "a.example");
    body["challenges"][0]["status"] = json!("valid");
    world.ca.will_answer(ok(body));
    world.post(&client, "/authz/old", json!({"status": "deactivated"})).await;
    assert_eq!(left(&world, "a.example").await, 5);
}

#[tokio::test]
async fn a_failed_order_counts_what_was_attempted_and_nothing_else() {
    let (world, client) = ordered(&["a.example", "b.example", "c.example"]).await;
    attempt(&world, &client, 0).await;
    attempt(&world, &client, 1).await;
    let mut body = order_body(ORDER, "invalid", &["a.example", "b.example", "c.example"]);
    body["error"] = json!({"type": "urn:ietf:params:acme:error:dns", "detail": "no A record for b.example"});
    world.ca.will_answer(ok(body));
    world.post(&client, ORDER, "").await;
    let statuses =
        [authorization(&world, 0).await, authorization(&world, 1).await, authorization(&world, 2).await]
            .map(|a| a.status);
    assert_eq!(statuses, [Pending, Invalid, Pending]);
}

#[tokio::test]
async fn an_order_that_expired_has_no_failure() {
    let (world, client) = ordered(&["a.example"]).await;
    world.ca.will_answer(ok(json!({"status": "invalid", "expires": "2026-11-24T00:00:00Z"})));
    world.post(&client, ORDER, "").await;
    assert_eq!(left(&world, "a.example").await, 5);
}

#[tokio::test]
async fn an_order_past_pending_has_only_valid_authorizations() {
    for status in ["ready", "processing", "valid"] {
        let (world, client) = ordered(&["a.example", "b.example"]).await;
        world.ca.will_answer(ok(json!({"status": status})));
        world.post(&client, ORDER, "").await;
        for n in 0..2 {
            let authorization = authorization(&world, n).await;
            assert_eq!((authorization.status, authorization.counted), (Valid, true), "{status}");
        }
    }
}

#[tokio::test]
async fn a_refused_challenge_is_a_failure_when_its_problem_is_one() {
    for (kind, status, left_after) in [
        ("connection", 400, 4),
        ("dns", 400, 4),
        ("dnsNoNameServers", 400, 4),
        ("incorrectResponse", 400, 4),
        ("unauthorized", 400, 4),
        ("unauthorized", 403, 5),
        ("badNonce", 400, 5),
        ("malformed", 400, 5),
        ("accountDoesNotExist", 400, 5),
        ("serverInternal", 500, 5),
        ("rateLimited", 429, 5),
    ] {
        let (world, client) = ordered(&["a.example"]).await;
        for _ in 0..2 {
            world.ca.will_answer(problem(status, kind, "no"));
            world.post(&client, &challenge(0), json!({})).await;
        }
        assert_eq!(left(&world, "a.example").await, left_after, "{kind} {status}");
    }
}

#[tokio::test]
async fn a_refused_challenge_proves_nothing_unless_its_owner_signed_it() {
    let (world, owner) = ordered(&["a.example"]).await;
    let other = world.registered("/acct/2").await;
    let forger = Client::with_account("/acct/1");
    let stranger = Client::with_account("/acct/unknown");
    for client in [&other, &forger, &stranger] {
        world.ca.will_answer(problem(400, "connection", "no"));
        world.post(client, &challenge(0), json!({})).await;
        assert_eq!(left(&world, "a.example").await, 5);
    }
    // A replay of what the owner once signed for something else is not a request to validate.
    world.ca.will_answer(problem(400, "connection", "no"));
    let body = world.signed(&owner, &authorization_of(ORDER, 0), json!({}));
    world.request(http::Method::POST, &challenge(0), &body).await;
    assert_eq!(left(&world, "a.example").await, 5);
}

#[tokio::test]
async fn a_challenge_that_is_tried_again_and_passes_ends_the_row_of_failures() {
    let (world, client) = ordered(&["a.example"]).await;
    world.ca.will_answer(problem(400, "connection", "no"));
    world.post(&client, &challenge(0), json!({})).await;
    world.ca.will_answer(ok(json!({"type": "http-01", "status": "valid"})));
    world.post(&client, &challenge(0), json!({})).await;
    assert_eq!(authorization(&world, 0).await.status, Valid);
    assert_eq!(left(&world, "a.example").await, 4, "the failure itself stays counted");
}

#[tokio::test]
async fn issuance_counts_once_and_is_undone_when_the_order_turns_invalid() {
    let (world, client) = ordered(&["a.example"]).await;
    let issuance = async || world.records().await.order(&path(ORDER)).await.unwrap().unwrap().issuance;
    world.ca.will_answer(ok(json!({"status": "processing"})));
    world.post(&client, &format!("{ORDER}/finalize"), json!({"csr": "MII"})).await;
    assert_eq!((issuance().await, left(&world, "a.example").await), (Issuance::Counted, 4));
    for status in ["processing", "invalid", "invalid"] {
        world.ca.will_answer(ok(json!({"status": status})));
        world.post(&client, ORDER, "").await;
    }
    assert_eq!((issuance().await, left(&world, "a.example").await), (Issuance::Undone, 5));
}

#[tokio::test]
async fn a_finalize_that_the_ca_refuses_issues_nothing() {
    let (world, client) = ordered(&["a.example"]).await;
    world.ca.will_answer(problem(403, "orderNotReady", "no"));
    world.post(&client, &format!("{ORDER}/finalize"), json!({"csr": "MII"})).await;
    assert_eq!(left(&world, "a.example").await, 5);
}

#[tokio::test]
async fn finalizing_under_another_spelling_counts_all_the_same() {
    for spelling in
        ["/order/1/finalize?x=1", "/order/1/finalize/", "//order/1/finalize", "/order%2F1/finalize"]
    {
        let (world, client) = ordered(&["a.example"]).await;
        world.ca.will_answer(ok(json!({"status": "valid"})));
        world.post(&client, spelling, json!({"csr": "MII"})).await;
        assert_eq!(left(&world, "a.example").await, 4, "{spelling}");
    }
}

#[tokio::test]
async fn an_order_older_than_the_gateway_counts_when_it_is_finalized_here() {
    let old = |status| {
        let mut body = order_body("/old/1", status, &["a.example"]);
        body["finalize"] = json!(format!("{ORIGIN}/old/1/finalize"));
        body
    };
    for (first_seen, after_finalize) in [("ready", 4), ("valid", 5), ("processing", 5)] {
        let world = World::new().await;
        let client = world.registered("/acct/1").await;
        world.ca.will_answer(ok(old(first_seen)));
        world.post(&client, "/old/1", "").await;
        let order = world.records().await.order(&path("/old/1")).await.unwrap().expect("learned");
        assert_eq!(order.account, AccountId::of("/acct/1").unwrap());
        world.ca.will_answer(ok(old("valid")));
        world.post(&client, "/old/1/finalize", json!({"csr": "MII"})).await;
        assert_eq!(left(&world, "a.example").await, after_finalize, "{first_seen}");
    }
}

#[tokio::test]
async fn an_endpoint_that_makes_orders_is_neworder_from_then_on() {
    let world = World::new().await;
    let client = world.registered("/acct/1").await;
    for n in 0..300 {
        world.advance(std::time::Duration::from_millis(4)).await;
        let order = format!("/order/{n}");
        world.ca.will_answer(created(&order, order_body(&order, "pending", &["a.example"])));
        let answer = world.post(&client, "/another-order-plz", crate::world::new_order(&["a.example"])).await;
        assert_eq!(answer.status(), 201);
    }
    let answer = world.post(&client, "/another-order-plz", crate::world::new_order(&["a.example"])).await;
    assert_eq!(answer.status(), 429);
}
