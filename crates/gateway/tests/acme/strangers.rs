//! What an unverified claim can do to somebody else's buckets: nothing.

use std::time::Duration;

use http::{Method, header};
use serde_json::json;
use tollgate_acme::resource::AccountId;

use crate::world::{CLIENT, Client, ORIGIN, World, created, new_order, ok, order_body, path, plain, problem};

#[tokio::test]
async fn a_forged_kid_leaves_its_victims_buckets_as_they_were() {
    let world = World::new().await;
    world.registered("/acct/victim").await;
    let forger = Client::with_account("/acct/victim");
    for _ in 0..3 {
        world.ca.will_answer(problem(400, "malformed", "the signature does not fit"));
        let answer = world.post(&forger, "/order-plz", new_order(&["a.example"])).await;
        assert_eq!(answer.status(), 400, "the CA's own refusal");
        assert!(answer.headers().get("ratelimit").is_none(), "nothing is told of the victim's limits");
    }
    assert_eq!(world.orders_left("/acct/victim").await, 300);
}

#[tokio::test]
async fn a_forged_kid_is_told_nothing_of_its_victims_limits() {
    let world = World::new().await;
    let victim = world.registered("/acct/victim").await;
    for n in 0..300 {
        world.advance(Duration::from_millis(4)).await;
        assert_eq!(world.ordered(&victim, &format!("/order/{n}"), &["a.example"]).await.status(), 201);
    }
    assert_eq!(world.post(&victim, "/order-plz", new_order(&["a.example"])).await.status(), 429);
    world.ca.will_answer(problem(400, "malformed", "the signature does not fit"));
    let forger = Client::with_account("/acct/victim");
    assert_eq!(world.post(&forger, "/order-plz", new_order(&["a.example"])).await.status(), 400);
}

#[tokio::test]
async fn a_replayed_order_leaves_its_victims_buckets_as_they_were() {
    let world = World::new().await;
    let victim = world.registered("/acct/victim").await;
    let body = world.signed(&victim, "/order-plz", new_order(&["a.example"]));
    for _ in 0..3 {
        world.ca.will_answer(problem(400, "badNonce", "spent"));
        world.request(Method::POST, "/order-plz", &body).await;
    }
    assert_eq!(world.orders_left("/acct/victim").await, 300);
}

#[tokio::test]
async fn what_was_signed_for_another_url_costs_nothing_when_the_ca_refuses_it_and_no_less_when_not() {
    let world = World::new().await;
    let client = world.registered("/acct/1").await;
    let body = world.signed(&client, "/elsewhere", new_order(&["a.example"]));
    world.ca.will_answer(problem(401, "unauthorized", "wrong url"));
    assert_eq!(world.request(Method::POST, "/order-plz", &body).await.status(), 401);
    assert_eq!(world.orders_left("/acct/1").await, 300);
    for n in 0..300 {
        world.advance(Duration::from_millis(4)).await;
        let order = format!("/order/{n}");
        world.ca.will_answer(created(&order, order_body(&order, "pending", &["a.example"])));
        assert_eq!(world.request(Method::POST, "/order-plz", &body).await.status(), 201);
    }
    assert_eq!(world.request(Method::POST, "/order-plz", &body).await.status(), 429);
}

#[tokio::test]
async fn an_account_older_than_the_gateway_pays_only_when_the_ca_accepts() {
    let world = World::new().await;
    let old = Client::with_account("/acct/old");
    world.ca.will_answer(problem(400, "malformed", "no"));
    world.post(&old, "/order-plz", new_order(&["a.example"])).await;
    assert_eq!(world.orders_left("/acct/old").await, 300);
    world.ordered(&old, "/order/1", &["a.example"]).await;
    assert_eq!(world.orders_left("/acct/old").await, 299);
    assert!(world.records().await.account(&AccountId::of("/acct/old").unwrap()).await.unwrap().is_some());
}

#[tokio::test]
async fn a_key_that_the_ca_knows_better_is_forgotten_and_the_order_counted() {
    let world = World::new().await;
    world.registered("/acct/1").await;
    let rekeyed = Client::with_account("/acct/1");
    world.ordered(&rekeyed, "/order/1", &["a.example"]).await;
    assert_eq!(world.orders_left("/acct/1").await, 299);
    let account = world.records().await.account(&AccountId::of("/acct/1").unwrap()).await.unwrap().unwrap();
    assert_eq!(account.key, None);
}

#[tokio::test]
async fn a_client_does_not_get_a_fresh_account_by_another_spelling_of_its_url() {
    let world = World::new().await;
    let client = world.registered("/acct/1").await;
    for (n, kid) in [
        "https://acme.example/acct/1",
        "https://other.example/acct/1",
        "http://acme.example:8080/acct/1",
        "https://acme.example/acct/1?x=1",
        "https://acme.example/acct/1#x",
        "https://acme.example//acct/1",
        "https://acme.example/acct/%31",
        "https://acme.example/acct/01",
        "https://acme.example/acct/1/",
        "/acct/1",
    ]
    .into_iter()
    .enumerate()
    {
        let order = format!("/order/{n}");
        let body = client.signer.sign(
            Some(kid),
            Some("nonce"),
            &format!("{ORIGIN}/order-plz"),
            &new_order(&["a.example"]).to_string(),
        );
        world.ca.will_answer(created(&order, order_body(&order, "pending", &["a.example"])));
        let mut request = plain(Method::POST, "/order-plz", &body);
        request.headers_mut().insert(header::HOST, format!("host{n}.example").parse().unwrap());
        assert_eq!(world.send(request).await.status(), 201, "{kid}");
        assert_eq!(world.orders_left("/acct/1").await, 299 - n as u64, "{kid}");
    }
}

#[tokio::test]
async fn a_client_does_not_get_around_newaccount_and_neworder_by_another_spelling() {
    for spelling in
        ["/sign-me-up?x=1", "//sign-me-up", "/sign%2Dme-up", "/./sign-me-up", "/SIGN-me-up", "/sign-me-up/"]
    {
        let world = World::new().await;
        world.ca.will_answer(created("/acct/1", json!({"status": "valid"})));
        world.post(&Client::new(), spelling, json!({})).await;
        assert_eq!(world.accounts_left(CLIENT).await, 9, "{spelling}");
    }
    for spelling in
        ["/order-plz?x=1", "//order-plz", "/order%2Dplz", "/x/../order-plz", "/Order-plz", "/order-plz/"]
    {
        let world = World::new().await;
        let client = world.registered("/acct/1").await;
        world.ca.will_answer(created("/order/1", order_body("/order/1", "pending", &["a.example"])));
        world.post(&client, spelling, new_order(&["a.example"])).await;
        assert_eq!(world.orders_left("/acct/1").await, 299, "{spelling}");
    }
}

#[tokio::test]
async fn a_changed_key_is_the_accounts_from_then_on() {
    let world = World::new().await;
    let client = world.registered("/acct/1").await;
    let new = Client::with_account("/acct/1");
    let url = format!("{ORIGIN}/rollover");
    let body =
        client.signer.sign_key_change(&new.signer, client.kid.as_deref().unwrap(), Some("nonce"), &url);

    world.ca.will_answer(problem(409, "malformed", "the key is taken"));
    world.request(Method::POST, "/rollover", &body).await;
    let key = async || {
        world.records().await.account(&AccountId::of("/acct/1").unwrap()).await.unwrap().unwrap().key
    };
    assert_eq!(key().await, Some(client.signer.jwk()));

    world.ca.will_answer(ok(json!({"status": "valid"})));
    world.request(Method::POST, "/rollover", &body).await;
    assert_eq!(key().await, Some(new.signer.jwk()));
    world.ordered(&new, "/order/1", &["a.example"]).await;
    assert_eq!(world.orders_left("/acct/1").await, 299);
    assert_eq!(key().await, Some(new.signer.jwk()), "still known");
}

#[tokio::test]
async fn a_key_changed_at_an_endpoint_that_the_directory_does_not_name_is_no_longer_certain() {
    let world = World::new().await;
    let client = world.registered("/acct/1").await;
    let (new, forger) = (Client::new(), Client::new());
    let key = async || {
        world.records().await.account(&AccountId::of("/acct/1").unwrap()).await.unwrap().unwrap().key
    };
    for (signer, is_known) in [(&forger.signer, true), (&client.signer, false)] {
        let url = format!("{ORIGIN}/rollover-too");
        let body = signer.sign_key_change(&new.signer, client.kid.as_deref().unwrap(), Some("nonce"), &url);
        world.ca.will_answer(ok(json!({"status": "valid"})));
        world.request(Method::POST, "/rollover-too", &body).await;
        assert_eq!(key().await.is_some(), is_known);
    }
}

#[tokio::test]
async fn a_key_change_that_cannot_be_followed_leaves_no_key() {
    let world = World::new().await;
    let client = world.registered("/acct/1").await;
    world.ca.will_answer(ok(json!({"status": "valid"})));
    world.post(&client, "/rollover", json!({"odd": "inner"})).await;
    assert_eq!(
        world.records().await.account(&AccountId::of("/acct/1").unwrap()).await.unwrap().unwrap().key,
        None
    );
}

#[tokio::test]
async fn an_order_does_not_use_up_the_replacement_of_somebody_elses_certificate() {
    let world = World::new().await;
    let client = world.registered("/acct/1").await;
    let id = tollgate_acme::certificate::CertificateId::parse("aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE").unwrap();
    let certificate = tollgate_records::Certificate {
        id: id.clone(),
        account: AccountId::of("/acct/victim").unwrap(),
        order: None,
        identifiers: crate::world::set(&["a.example"]),
        not_before: "2026-11-01T00:00:00Z".parse().unwrap(),
        not_after: "2027-01-30T00:00:00Z".parse().unwrap(),
        revoked: false,
        replaced_by: None,
    };
    world.records().await.save_certificate(&certificate).await.unwrap();
    world.ca.will_answer(problem(404, "malformed", "no renewal information"));
    world.ca.will_answer(created("/order/1", order_body("/order/1", "pending", &["a.example"])));
    let mut order = new_order(&["a.example"]);
    order["replaces"] = json!(id.as_str());
    assert_eq!(world.post(&client, "/order-plz", order).await.status(), 201);
    assert_eq!(world.records().await.order(&path("/order/1")).await.unwrap().unwrap().replaces, None);
    assert_eq!(world.records().await.certificate(&id).await.unwrap().unwrap().replaced_by, None);
    assert_eq!(world.orders_left("/acct/1").await, 299);
}
