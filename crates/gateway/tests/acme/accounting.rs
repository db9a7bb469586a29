//! When certificates are counted: as they are issued, or strictly, as they are ordered.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use tollgate_gateway::upstream::UpstreamError;
use tollgate_policy::{Policy, config};

use crate::world::{Client, ORIGIN, World, created, field, new_order, ok, order_body, problem};

const ORDERS: usize = 200;

fn policy(file: &str) -> Policy {
    Policy::from_raw(&config::parse(file).unwrap()).unwrap()
}

async fn strict() -> (World, Client) {
    let world = World::with_policy(policy("accounting = \"order\"")).await;
    let client = world.registered("/acct/1").await;
    (world, client)
}

/// What is left of the five certificates for a set, the scarcest of its limits. The order that asks takes
/// one and is taken back.
async fn left(world: &World, name: &str) -> u64 {
    world.certificates_or_failures_left("/acct/1", &[name]).await
}

/// How many reservations a sweep gives back.
async fn swept(world: &World) -> usize {
    world.gateway.settled().await;
    world.limiter.sweep_reservations().await.unwrap()
}

async fn finalized(world: &World, client: &Client, order: &str, status: &str, names: &[&str]) {
    world.ca.will_answer(ok(order_body(order, status, names)));
    world.post(client, &format!("{order}/finalize"), json!({"csr": "MII"})).await;
}

/// Certificates issued for one domain when all orders come at once.
async fn issued_of_parallel_orders(accounting: &str) -> usize {
    let world = Arc::new(
        World::with_policy(policy(&format!(
            "accounting = \"{accounting}\"\n[requests]\nother = {{ enabled = false }}"
        )))
        .await,
    );
    let client = Arc::new(world.registered("/acct/1").await);
    world.ca.will_make_orders();
    let orders: Vec<_> = (0..ORDERS)
        .map(|n| {
            let (world, client) = (world.clone(), client.clone());
            tokio::spawn(async move {
                let name = format!("{n}.crowded.example");
                world.post(&client, "/order-plz", new_order(&[&name])).await
            })
        })
        .collect();
    let mut made = Vec::new();
    for order in orders {
        let answer = order.await.unwrap();
        match answer.status().as_u16() {
            201 => made.push(field(&answer, "location").unwrap().replace(ORIGIN, "")),
            status => assert_eq!(status, 429),
        }
    }
    let mut issued = 0;
    for order in made {
        let answer = world.post(&client, &format!("{order}/finalize"), json!({"csr": "MII"})).await;
        issued += usize::from(answer.status() == 200);
    }
    issued
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_200_parallel_orders_with_50_tokens_exactly_50_are_issued_strictly_and_more_otherwise() {
    assert_eq!(issued_of_parallel_orders("order").await, 50);
    // All pass the check before any is issued: the overshoot that is documented.
    assert_eq!(issued_of_parallel_orders("issuance").await, ORDERS);
}

#[tokio::test]
async fn an_order_holds_its_tokens_from_when_it_is_made_and_its_certificate_costs_nothing_more() {
    let (world, client) = strict().await;
    assert_eq!(left(&world, "a.example").await, 4, "one is taken by the asking itself");
    world.ordered(&client, "/order/1", &["a.example"]).await;
    assert_eq!(left(&world, "a.example").await, 3);
    for _ in 0..2 {
        finalized(&world, &client, "/order/1", "valid", &["a.example"]).await;
        assert_eq!(left(&world, "a.example").await, 3);
    }
}

#[tokio::test]
async fn an_order_that_does_not_come_about_gives_back_once() {
    let (world, client) = strict().await;
    world.ordered(&client, "/order/1", &["a.example"]).await;
    for what in ["refused", "unreachable", "given again"] {
        match what {
            "refused" => world.ca.will_answer(problem(403, "rejectedIdentifier", "no")),
            "unreachable" => world.ca.will_fail(UpstreamError::TimedOut),
            _ => world.ca.will_answer(created("/order/1", order_body("/order/1", "pending", &["a.example"]))),
        }
        world.post(&client, "/order-plz", new_order(&["a.example"])).await;
        assert_eq!(left(&world, "a.example").await, 3, "{what}");
    }
}

#[tokio::test]
async fn an_order_that_turns_invalid_gives_back_once_whether_finalized_or_not() {
    for before in [None, Some("processing")] {
        let (world, client) = strict().await;
        world.ordered(&client, "/order/1", &["a.example"]).await;
        world.ordered(&client, "/order/2", &["a.example"]).await;
        if let Some(status) = before {
            finalized(&world, &client, "/order/1", status, &["a.example"]).await;
        }
        for _ in 0..2 {
            world.ca.will_answer(ok(order_body("/order/1", "invalid", &["a.example"])));
            world.post(&client, "/order/1", "").await;
            assert_eq!(left(&world, "a.example").await, 3, "{before:?}");
        }
    }
}

#[tokio::test]
async fn an_order_that_nobody_saw_made_gives_back_after_ten_minutes_and_one_that_was_after_a_week() {
    // A token of this domain takes ten weeks to come back by itself.
    let slow = "accounting = \"order\"\n[limits.certificates-per-exact-set]\ncount = 5\nperiod = \"350d\"";
    let world = World::with_policy(policy(slow)).await;
    let client = world.registered("/acct/1").await;
    world.ordered(&client, "/order/1", &["a.example"]).await;
    drop(world.admit("/acct/1", &["a.example"]).await);
    assert_eq!(left(&world, "a.example").await, 2);

    world.advance(Duration::from_secs(9 * 60)).await;
    assert_eq!(swept(&world).await, 0);
    world.advance(Duration::from_secs(2 * 60)).await;
    assert_eq!(swept(&world).await, 1);
    world.advance(Duration::from_secs(7 * 86_400)).await;
    assert_eq!(swept(&world).await, 1);
    assert_eq!(swept(&world).await, 0);

    // Its certificate comes all the same, and is counted as any other.
    let before = left(&world, "a.example").await;
    finalized(&world, &client, "/order/1", "valid", &["a.example"]).await;
    assert_eq!(left(&world, "a.example").await, before - 1);
}

#[tokio::test]
async fn an_order_is_counted_as_the_accounting_was_when_it_was_made() {
    let (world, client) = strict().await;
    world.limiter.set_policy(Arc::new(policy("")));
    world.ordered(&client, "/order/1", &["a.example"]).await;
    world.limiter.set_policy(Arc::new(policy("accounting = \"order\"")));
    world.ordered(&client, "/order/2", &["a.example"]).await;
    assert_eq!(left(&world, "a.example").await, 3, "only the second holds");
    finalized(&world, &client, "/order/1", "valid", &["a.example"]).await;
    assert_eq!(left(&world, "a.example").await, 2);
    world.limiter.set_policy(Arc::new(policy("")));
    finalized(&world, &client, "/order/2", "valid", &["a.example"]).await;
    assert_eq!(left(&world, "a.example").await, 3, "checked, and not taken by the asking");
}

#[tokio::test]
async fn an_order_that_the_ca_lets_expire_gives_back_an_hour_after_that_and_not_before() {
    // A token takes 700 days to come back by itself.
    let slow = "accounting = \"order\"\n[limits.certificates-per-exact-set]\ncount = 5\nperiod = \"3500d\"";
    let hours = |hours: u64| Duration::from_secs(hours * 3600);
    // (hours that the CA gives it, hours that are believed)
    for (given, believed) in [(24, 24), (20 * 24, 20 * 24), (9_000 * 24, 90 * 24)] {
        let world = World::with_policy(policy(slow)).await;
        let client = world.registered("/acct/1").await;
        let mut body = order_body("/order/1", "pending", &["a.example"]);
        let now = i128::from(world.limiter.now().as_nanos());
        let expires = now + i128::try_from(hours(given).as_nanos()).unwrap();
        body["expires"] = jiff::Timestamp::from_nanosecond(expires).unwrap().to_string().into();
        world.ca.will_answer(created("/order/1", body));
        world.post(&client, "/order-plz", new_order(&["a.example"])).await;
        world.advance(hours(believed)).await;
        assert_eq!(swept(&world).await, 0, "{given} hours");
        world.advance(hours(2)).await;
        assert_eq!(swept(&world).await, 1, "{given} hours");
    }
}

#[tokio::test]
async fn what_an_order_gives_back_is_what_it_took_whatever_override_came_between() {
    let overridden = |count: u64| {
        policy(&format!(
            "accounting = \"order\"\n[limits.certificates-per-exact-set]\nburst = 1000\ncount = 1000\n\
             [[overrides]]\nlimit = \"certificates-per-registered-domain\"\ndomain = \"a.example\"\n\
             count = {count}\nburst = {count}\nperiod = \"7d\"\nauthor = \"ops\"\nreason = \"a test\"\n"
        ))
    };
    // Fewer than the failures that a pair may have, which are asked about, too.
    for (before, after) in [(4, 40), (4, 2)] {
        let world = World::with_policy(overridden(before)).await;
        let client = world.registered("/acct/1").await;
        let full = left(&world, "a.example").await;
        for order in ["/order/1", "/order/2"] {
            world.ordered(&client, order, &["a.example"]).await;
        }
        assert_eq!(left(&world, "a.example").await, full - 2);
        world.limiter.set_policy(Arc::new(overridden(after)));
        for order in ["/order/1", "/order/2"] {
            world.ca.will_answer(ok(order_body(order, "invalid", &["a.example"])));
            world.post(&client, order, "").await;
        }
        world.limiter.set_policy(Arc::new(overridden(before)));
        assert_eq!(left(&world, "a.example").await, full, "from {before} to {after}");
    }
}
