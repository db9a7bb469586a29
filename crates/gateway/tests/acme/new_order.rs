//! newOrder is decided before it is forwarded, and settled by what the CA answers.

use http::Method;
use serde_json::{Value, json};
use tollgate_gateway::upstream::UpstreamError;
use tollgate_records::Admitted;

use crate::world::{
    Client, World, answer, created, document, field, new_order, ok, order_body, path, problem,
};

#[tokio::test]
async fn only_an_order_that_the_ca_accepts_counts() {
    let accepted = || order_body("/order/1", "pending", &["a.example"]);
    for (what, answer, left) in [
        ("accepted", created("/order/1", accepted()), 299),
        ("answered 200", ok(accepted()), 300),
        ("a spent nonce", problem(400, "badNonce", "no"), 300),
        ("refused", problem(403, "rejectedIdentifier", "no"), 300),
        ("broken", problem(500, "serverInternal", "no"), 300),
    ] {
        let world = World::new().await;
        let client = world.registered("/acct/1").await;
        world.ca.will_answer(answer);
        world.post(&client, "/order-plz", new_order(&["a.example"])).await;
        assert_eq!(world.orders_left("/acct/1").await, left, "{what}");
    }
}

#[tokio::test]
async fn a_ca_that_cannot_be_reached_costs_nothing() {
    let world = World::new().await;
    let client = world.registered("/acct/1").await;
    world.ca.will_fail(UpstreamError::TimedOut);
    let answer = world.post(&client, "/order-plz", new_order(&["a.example"])).await;
    assert_eq!(answer.status(), 503);
    assert_eq!(world.orders_left("/acct/1").await, 300);
}

#[tokio::test]
async fn an_order_that_the_ca_gives_again_counts_once() {
    let world = World::new().await;
    let client = world.registered("/acct/1").await;
    for _ in 0..3 {
        world.ordered(&client, "/order/1", &["a.example"]).await;
    }
    assert_eq!(world.orders_left("/acct/1").await, 299);
}

#[tokio::test]
async fn an_order_without_an_orders_shape_is_the_cas_to_refuse() {
    let many: Vec<_> = (0..101).map(|n| json!({"type": "dns", "value": format!("{n}.example")})).collect();
    for payload in [
        json!({}),
        json!([]),
        json!({"identifiers": []}),
        json!({"identifiers": many}),
        json!({"identifiers": [{"type": "dns", "value": "a..example"}]}),
        json!({"identifiers": [{"type": "dns", "value": "*.*.example"}]}),
        json!({"identifiers": [{"type": "dns", "value": format!("{}.example", "a".repeat(300))}]}),
        json!({"identifiers": [{"type": "ip", "value": "fe80::1%eth0"}]}),
        json!({"identifiers": [{"type": "email", "value": "a@example.com"}]}),
        json!({"identifiers": [{"type": "dns", "value": "a.example"}, null]}),
    ] {
        let world = World::new().await;
        let client = world.registered("/acct/1").await;
        world.ca.will_answer(problem(400, "malformed", "the CA's own words"));
        let answer = world.post(&client, "/order-plz", payload.clone()).await;
        assert_eq!(document_detail(&answer), "the CA's own words", "{payload}");
        assert_eq!(world.orders_left("/acct/1").await, 300, "{payload}");
    }
}

#[tokio::test]
async fn a_ca_that_takes_odd_identifiers_is_no_way_around_the_limits() {
    let world = World::new().await;
    let client = world.registered("/acct/1").await;
    for n in 0..5 {
        issue(&world, &client, &format!("/order/{n}"), &["a.example"]).await;
    }
    let odd =
        json!({"identifiers": [{"type": "dns", "value": "a.example"}, {"type": "dns", "value": "a..b"}]});
    assert_eq!(world.post(&client, "/order-plz", odd).await.status(), 429);
}

#[tokio::test]
async fn an_odd_order_that_the_ca_accepts_counts_after_the_fact() {
    let world = World::new().await;
    let client = world.registered("/acct/1").await;
    world.ca.will_answer(created("/order/1", order_body("/order/1", "pending", &["a.example"])));
    world.post(&client, "/order-plz", json!({"identifiers": [{"type": "name", "value": "a.example"}]})).await;
    assert_eq!(world.orders_left("/acct/1").await, 299);
    assert!(world.records().await.order(&path("/order/1")).await.unwrap().is_some());
}

#[tokio::test]
async fn the_answer_passes_untouched_and_tells_what_is_left() {
    let world = World::new().await;
    let client = world.registered("/acct/1").await;
    let answer = world.ordered(&client, "/order/1", &["a.example"]).await;
    assert_eq!(
        serde_json::from_slice::<Value>(answer.body()).unwrap(),
        order_body("/order/1", "pending", &["a.example"])
    );
    assert_eq!(field(&answer, "x-of-the-ca"), Some("kept"));
    assert_eq!(field(&answer, "replay-nonce"), Some("fresh"));
    let policy = field(&answer, "ratelimit-policy").unwrap();
    assert!(policy.contains(r#""new-orders-per-account";q=300;w=10800"#), "{policy}");
    let left = field(&answer, "ratelimit").unwrap();
    assert_eq!(left, r#""authorization-failures-per-identifier";r=5;t=0"#, "the scarcest");
}

#[tokio::test]
async fn the_path_the_host_and_the_body_reach_the_ca_as_they_were() {
    let world = World::new().await;
    let client = world.registered("/acct/1").await;
    let body = world.signed(&client, "/order-plz", new_order(&["a.example"]));
    world.request(Method::POST, "/order-plz", &body).await;
    let asked = world.ca.asked().remove(0);
    assert_eq!((asked.uri().to_string(), &asked.body()[..]), ("/order-plz".to_owned(), body.as_bytes()));
    assert_eq!(asked.headers()["host"], "acme.example");
    assert_eq!(asked.headers()["accept-encoding"], "identity");
    assert_eq!(asked.headers()["x-forwarded-for"], "203.0.113.7");
}

#[tokio::test]
async fn an_order_signed_with_the_key_itself_is_its_accounts() {
    let world = World::new().await;
    let client = world.registered("/acct/1").await;
    let bare = Client { kid: None, signer: client.signer };
    world.ca.will_answer(created("/order/1", order_body("/order/1", "pending", &["a.example"])));
    world.post(&bare, "/order-plz", new_order(&["a.example"])).await;
    assert_eq!(world.orders_left("/acct/1").await, 299);

    let answer = world.post(&Client::new(), "/order-plz", new_order(&["a.example"])).await;
    assert_eq!(answer.status(), 400);
    assert_eq!(document(&answer)["type"], "urn:ietf:params:acme:error:malformed");
}

#[tokio::test]
async fn the_sixth_certificate_for_a_set_is_refused_until_the_wait_has_passed() {
    let world = World::new().await;
    let client = world.registered("/acct/1").await;
    for n in 0..5 {
        issue(&world, &client, &format!("/order/{n}"), &["a.example"]).await;
    }
    let refused = world.post(&client, "/order-plz", new_order(&["a.example"])).await;
    assert_eq!(refused.status(), 429);
    // A refusal does not make the wait longer, however often the client comes back.
    world.post(&client, "/order-plz", new_order(&["a.example"])).await;
    let wait = field(&refused, "retry-after").unwrap().parse().unwrap();
    world.advance(std::time::Duration::from_secs(wait)).await;
    assert_eq!(world.ordered(&client, "/order/9", &["a.example"]).await.status(), 201);
}

#[tokio::test]
async fn a_made_up_replaces_is_no_exemption_and_one_that_the_ca_shows_is() {
    let replaces = "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE";
    for (shown, left, admitted) in [(false, 299, Admitted::Limited), (true, 300, Admitted::Ari)] {
        let world = World::new().await;
        let client = world.registered("/acct/1").await;
        let mut body = order_body("/order/1", "pending", &["a.example"]);
        if shown {
            body["replaces"] = json!(replaces);
        }
        world.ca.will_answer(created("/order/1", body));
        let mut order = new_order(&["a.example"]);
        order["replaces"] = json!(replaces);
        world.post(&client, "/order-plz", order).await;
        assert_eq!(world.orders_left("/acct/1").await, left, "shown: {shown}");
        let order = world.records().await.order(&path("/order/1")).await.unwrap().unwrap();
        assert_eq!(order.admitted, admitted);
    }
}

/// An order that goes all the way.
async fn issue(world: &World, client: &Client, order: &str, names: &[&str]) {
    assert_eq!(world.ordered(client, order, names).await.status(), 201, "{order}");
    world.ca.will_answer(ok(order_body(order, "valid", names)));
    world.post(client, &format!("{order}/finalize"), json!({"csr": "MII"})).await;
}

fn document_detail(answer: &http::Response<bytes::Bytes>) -> String {
    serde_json::from_slice::<Value>(answer.body()).unwrap()["detail"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_ca_that_answers_201_without_a_location_is_counted() {
    let world = World::new().await;
    let client = world.registered("/acct/1").await;
    world.ca.will_answer(answer(201, order_body("/order/1", "pending", &["a.example"])));
    world.post(&client, "/order-plz", new_order(&["a.example"])).await;
    assert_eq!(world.orders_left("/acct/1").await, 299);
}
