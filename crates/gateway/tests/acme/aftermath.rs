//! Answers go back before what they tell is written, and nobody can tell.

use std::{future::Future, num::NonZeroU32, pin::pin, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Method, Response};
use serde_json::json;
use sqlx::{AnyConnection, Connection};
use tollgate_acme::{authorization::AuthorizationStatus::Invalid, resource::AccountId};
use tollgate_policy::{Policy, config, preset::Preset};
use tollgate_records::{Issuance, PostgresqlOptions, Records, Resource};
use tollgate_test_servers::postgres::PostgresServer;

use crate::world::{
    Client, HeldWrites, World, authorization_body, authorization_of, created, field, new_order, ok,
    order_body, path,
};

fn policy(file: &str) -> Policy {
    Policy::from_raw(&config::parse(file).unwrap()).unwrap()
}

async fn finalized(world: &World, client: &Client, order: &str, names: &[&str]) -> Response<Bytes> {
    world.ca.will_answer(ok(order_body(order, "valid", names)));
    world.post(client, &format!("{order}/finalize"), json!({"csr": "MII"})).await
}

async fn issued(world: &World, client: &Client, order: &str, names: &[&str]) {
    assert_eq!(world.ordered(client, order, names).await.status(), 201, "{order}");
    assert_eq!(finalized(world, client, order, names).await.status(), 200, "{order}");
}

/// The answer to a request that has to wait until what is held back is written, while others go on.
async fn waited_for(
    world: &World,
    held: HeldWrites,
    request: impl Future<Output = Response<Bytes>>,
) -> Response<Bytes> {
    let mut request = pin!(request);
    // More of them than the request takes steps.
    let others = async {
        for n in 0..30 {
            world.request(Method::GET, &format!("/unrelated/{n}"), "").await;
        }
    };
    tokio::select! {
        biased;
        answer = &mut request => panic!("it did not wait: {answer:?}"),
        () = others => {}
    }
    held.let_go().await;
    request.await
}

#[tokio::test]
async fn answers_go_back_while_nothing_can_be_written_and_nothing_they_tell_is_lost() {
    for accounting in ["issuance", "order"] {
        let world = World::on_disk(policy(&format!("accounting = \"{accounting}\""))).await;
        let left = async |name: &str| world.certificates_or_failures_left("/acct/0", &[name]).await;
        let full = left("untouched.example").await;
        let mut clients = Vec::new();
        for n in 0..4 {
            clients.push(world.registered(&format!("/acct/{n}")).await);
        }
        for (n, client) in clients.iter().enumerate().skip(1) {
            world.ordered(client, &format!("/order/{n}"), &[&format!("{n}.example")]).await;
        }

        let held = world.hold_writes().await;
        let registered = world.registered("/acct/new").await;
        let ordered = world.ordered(&clients[0], "/order/0", &["0.example"]).await;
        assert_eq!(ordered.status(), 201);
        assert!(field(&ordered, "ratelimit").is_some());
        assert_eq!(finalized(&world, &clients[1], "/order/1", &["1.example"]).await.status(), 200);
        let authorization = authorization_of("/order/2", 0);
        world.ca.will_answer(ok(authorization_body(&authorization, "invalid", "2.example")));
        assert_eq!(world.post(&clients[2], &authorization, "").await.status(), 200);
        world.ca.will_answer(ok(order_body("/order/3", "invalid", &["3.example"])));
        assert_eq!(world.post(&clients[3], "/order/3", "").await.status(), 200);
        held.let_go().await;

        let records = world.records().await;
        let account = records.account(&AccountId::of("/acct/new").unwrap()).await.unwrap().unwrap();
        assert_eq!(account.key, Some(registered.signer.jwk()));
        let order = async |n: u64| records.order(&path(&format!("/order/{n}"))).await.unwrap().unwrap();
        assert_eq!(order(0).await.account, AccountId::of("/acct/0").unwrap());
        let finalize = records.resource(&path("/order/0/finalize")).await.unwrap();
        assert_eq!(finalize, Some(Resource::Finalize(path("/order/0"))), "{accounting}: its other URLs");
        assert_eq!(order(1).await.issuance, Issuance::Counted);
        assert_eq!(records.authorization(&path(&authorization)).await.unwrap().unwrap().status, Invalid);
        let of_an_order = u64::from(accounting == "order");
        assert_eq!(left("0.example").await, full - of_an_order, "{accounting}: ordered");
        assert_eq!(left("1.example").await, full - 1, "{accounting}: issued");
        assert_eq!(left("3.example").await, full, "{accounting}: failed");
        // What the order holds is known by it.
        world.ca.will_answer(ok(order_body("/order/0", "invalid", &["0.example"])));
        world.post(&clients[0], "/order/0", "").await;
        assert_eq!(left("0.example").await, full, "{accounting}");
    }
}

#[tokio::test]
async fn the_sixth_certificate_of_a_set_is_refused_however_late_the_fifth_is_written() {
    let world = World::on_disk(Policy::preset(Preset::Letsencrypt)).await;
    let client = world.registered("/acct/1").await;
    for n in 0..4 {
        issued(&world, &client, &format!("/order/{n}"), &["a.example"]).await;
    }
    world.ordered(&client, "/order/4", &["a.example"]).await;
    let held = world.hold_writes().await;
    finalized(&world, &client, "/order/4", &["a.example"]).await;
    let sixth = waited_for(&world, held, world.post(&client, "/order-plz", new_order(&["a.example"]))).await;
    assert_eq!(sixth.status(), 429);
}

#[tokio::test]
async fn a_certificate_of_one_account_counts_before_the_order_of_another_for_its_domain() {
    let limit = "[limits.certificates-per-registered-domain]\nburst = 1\ncount = 1\n";
    let (one, other) = (["a.crowded.example"], ["b.crowded.example"]);
    // Some CAs name identifiers only where the order was made.
    for shown in [&one[..], &[]] {
        let world = World::on_disk(policy(limit)).await;
        let (client, another) = (world.registered("/acct/1").await, world.registered("/acct/2").await);
        world.ordered(&client, "/order/1", &one).await;
        let held = world.hold_writes().await;
        finalized(&world, &client, "/order/1", shown).await;
        let refused = waited_for(&world, held, world.post(&another, "/order-plz", new_order(&other))).await;
        assert_eq!(refused.status(), 429);
        assert_eq!(world.ordered(&another, "/order/2", &["c.empty.example"]).await.status(), 201);
    }
}

#[tokio::test]
async fn an_order_for_another_domain_does_not_wait() {
    let world = World::on_disk(Policy::preset(Preset::Letsencrypt)).await;
    let (client, another) = (world.registered("/acct/1").await, world.registered("/acct/2").await);
    world.ordered(&client, "/order/1", &["a.example", "192.0.2.1"]).await;
    let held = world.hold_writes().await;
    finalized(&world, &client, "/order/1", &["a.example", "192.0.2.1"]).await;
    let others = ["b.example", "192.0.2.2"];
    assert_eq!(world.ordered(&another, "/order/2", &others).await.status(), 201, "while nothing is written");
    held.let_go().await;
    let records = world.records().await;
    assert!(records.order(&path("/order/2")).await.unwrap().is_some());
    let first = records.order(&path("/order/1")).await.unwrap().unwrap();
    assert_eq!(first.issuance, Issuance::Counted, "it was still on its way");
}

#[tokio::test]
async fn an_account_is_known_by_its_key_as_soon_as_it_is_made() {
    // As a new one it would be refused.
    let world = World::on_disk(policy("[limits.new-registrations-per-ip]\nburst = 1\ncount = 1\n")).await;
    let held = world.hold_writes().await;
    let client = Client { kid: None, ..world.registered("/acct/1").await };
    let asked = waited_for(&world, held, world.post(&client, "/sign-me-up", json!({}))).await;
    assert_eq!(asked.status(), 500, "the CA was asked, which has no answer to it");
}

#[tokio::test]
async fn an_account_is_known_by_any_spelling_of_its_path_as_soon_as_it_is_made() {
    let world = World::on_disk(Policy::preset(Preset::Letsencrypt)).await;
    let held = world.hold_writes().await;
    world.registered("/acct/1").await;
    let forger = Client::with_account("/acct/1/?x=1");
    let made = created("/order/1", order_body("/order/1", "pending", &["a.example"]));
    world.ca.will_answer_at("/order-plz", made);
    let order = world.post(&forger, "/order-plz", new_order(&["a.example"]));
    let answer = waited_for(&world, held, order).await;
    assert_eq!(answer.status(), 201);
    assert_eq!(field(&answer, "ratelimit"), None, "it does not have the account's key, and spends nothing");
}

#[tokio::test]
async fn the_key_of_an_account_that_was_just_deactivated_is_no_free_pass() {
    let world = World::on_disk(policy("[limits.new-registrations-per-ip]\nburst = 1\ncount = 1\n")).await;
    let client = world.registered("/acct/1").await;
    let held = world.hold_writes().await;
    world.ca.will_answer(ok(json!({"status": "deactivated"})));
    world.post(&client, "/acct/1", json!({"status": "deactivated"})).await;
    let again = Client { kid: None, signer: client.signer };
    let again = waited_for(&world, held, world.post(&again, "/sign-me-up", json!({}))).await;
    assert_eq!(again.status(), 429);
}

#[tokio::test]
async fn a_pair_is_paused_right_after_its_last_failure() {
    let file = "[limits.consecutive-authorization-failures]\nburst = 2\ncount = 1\nperiod = \"24h\"\n";
    let world = World::on_disk(policy(file)).await;
    let client = world.registered("/acct/1").await;
    for order in ["/order/1", "/order/2"] {
        world.ordered(&client, order, &["bad.example"]).await;
    }
    let failed = async |order| {
        let authorization = authorization_of(order, 0);
        world.ca.will_answer(ok(authorization_body(&authorization, "invalid", "bad.example")));
        world.post(&client, &authorization, "").await;
    };
    failed("/order/1").await;
    let held = world.hold_writes().await;
    failed("/order/2").await;
    let order = world.post(&client, "/order-plz", new_order(&["bad.example"]));
    let refused = waited_for(&world, held, order).await;
    assert_eq!(
        (refused.status().as_u16(), field(&refused, "retry-after")),
        (429, None),
        "waiting does not help"
    );
}

#[tokio::test]
async fn what_nobody_signed_is_waited_for_by_its_owner_and_by_its_path() {
    let world = World::on_disk(Policy::preset(Preset::Letsencrypt)).await;
    let client = world.registered("/acct/1").await;
    let shown = async |order: &str| {
        let authorization = authorization_of(order, 0);
        world.ca.will_answer(ok(authorization_body(&authorization, "invalid", "a.example")));
        world.request(Method::GET, &authorization, "").await;
    };
    for order in ["/order/1", "/order/2"] {
        world.ordered(&client, order, &["a.example"]).await;
    }

    let held = world.hold_writes().await;
    shown("/order/1").await;
    waited_for(&world, held, world.post(&client, "/order-plz", new_order(&["a.example"]))).await;
    assert_eq!(world.certificates_or_failures_left("/acct/1", &["a.example"]).await, 4);

    let held = world.hold_writes().await;
    shown("/order/2").await;
    let spelled = format!("{}/", authorization_of("/order/2", 0));
    waited_for(&world, held, world.request(Method::GET, &spelled, "")).await;
    assert_eq!(world.certificates_or_failures_left("/acct/1", &["a.example"]).await, 3);
}

#[tokio::test]
async fn of_two_answers_that_give_the_same_order_at_once_one_is_new() {
    for accounting in ["issuance", "order"] {
        let world = World::with_policy(policy(&format!("accounting = \"{accounting}\""))).await;
        let client = world.registered("/acct/1").await;
        let full = world.certificates_or_failures_left("/acct/1", &["b.example"]).await;
        let body = order_body("/order/1", "pending", &["a.example"]);
        world.ca.will_answer_together(vec![created("/order/1", body.clone()), created("/order/1", body)]);
        let order = || world.post(&client, "/order-plz", new_order(&["a.example"]));
        let (one, other) = tokio::join!(order(), order());
        let told = [&one, &other].map(|answer| field(answer, "ratelimit").is_some());
        assert_eq!(told.into_iter().filter(|told| *told).count(), 1, "{accounting}");
        let held = u64::from(accounting == "order");
        let left = world.certificates_or_failures_left("/acct/1", &["a.example"]).await;
        assert_eq!(left, full - held, "{accounting}");
        world.limiter.set_policy(Arc::new(policy("")));
        assert_eq!(world.orders_left("/acct/1").await, 299, "{accounting}");
    }
}

#[tokio::test]
async fn a_write_that_fails_or_panics_holds_nobody_up_and_loses_no_other() {
    let world = World::on_disk(Policy::preset(Preset::Letsencrypt)).await;
    let (client, another) = (world.registered("/acct/1").await, world.registered("/acct/2").await);
    world.sql("CREATE TRIGGER refusing BEFORE INSERT ON orders BEGIN SELECT RAISE(ABORT, 'no'); END").await;
    assert_eq!(world.ordered(&client, "/order/lost", &["a.example"]).await.status(), 201);
    let next = world.ordered(&client, "/order/also-lost", &["a.example"]).await;
    assert_eq!(next.status(), 201);
    assert!(world.records().await.order(&path("/order/lost")).await.unwrap().is_none());
    world.sql("DROP TRIGGER refusing").await;

    for (client, order) in [(&client, "/order/1"), (&another, "/order/2")] {
        assert_eq!(world.ordered(client, order, &["a.example"]).await.status(), 201);
    }
    world.buckets.will_panic();
    finalized(&world, &client, "/order/1", &["a.example"]).await;
    // Waits for the panic.
    assert_eq!(world.ordered(&client, "/order/3", &["a.example"]).await.status(), 201);
    finalized(&world, &another, "/order/2", &["a.example"]).await;
    let order = world.records().await.order(&path("/order/2")).await.unwrap().unwrap();
    assert_eq!(order.issuance, Issuance::Counted);
    assert_eq!(world.certificates_or_failures_left("/acct/2", &["a.example"]).await, 4, "one of the two");
}

#[tokio::test]
async fn a_database_that_hangs_in_the_middle_of_a_write_holds_nobody_up_for_long() {
    let server = tokio::task::spawn_blocking(|| PostgresServer::start(&[])).await.unwrap();
    let url = server.database();
    let options = PostgresqlOptions {
        url: url.parse().unwrap(),
        password: None,
        tls_ca: None,
        connections_max: NonZeroU32::new(3).unwrap(),
        deadline: Duration::from_millis(500),
    };
    let records = Records::connect(&options).await.unwrap();
    let world = World::with_records(Policy::preset(Preset::Letsencrypt), records).await;
    let mut connection = AnyConnection::connect(&url).await.unwrap();
    sqlx::raw_sql("BEGIN; LOCK TABLE accounts IN SHARE MODE").execute(&mut connection).await.unwrap();
    let client = world.registered("/acct/1").await;
    let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted";
    while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut connection).await.unwrap() == 0 {}

    server.hang(true);
    let answer = world.ordered(&client, "/order/1", &["a.example"]);
    let answer = tokio::time::timeout(Duration::from_secs(30), answer).await;
    server.hang(false);
    assert_eq!(answer.expect("it does not wait for the write").status(), 201);
}
