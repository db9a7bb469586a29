//! What a restart keeps.

use http::Method;
use serde_json::json;
use sqlx::{AnyConnection, Connection};

use crate::{
    gateway::{ALWAYS_VALID, Gateway},
    volume::{NO_OVERALL_LIMITS, order, order_afresh},
};

#[tokio::test]
async fn a_restart_keeps_accounts_orders_and_certificates() {
    let gateway = Gateway::start(ALWAYS_VALID).await;
    let mut client = gateway.client().await;
    let account = client.account().expect("it is registered").to_owned();
    let accepted = order(&mut client, &["www.example.com"]).await;
    let order_url = accepted.header("location").expect("an order has a URL").to_owned();
    let chain = client.complete(&accepted, &["www.example.com"]).await.expect("it is issued");

    let gateway = gateway.restart().await;
    let url = client.directory().new_account.clone().expect("the directory has it");
    client.forget_nonce();
    let known = client.try_register().await.expect("the gateway answers");
    assert_eq!(
        (known.status().as_u16(), known.header("location")),
        (200, Some(account.as_str())),
        "at {url}"
    );
    let kept = client.post(&order_url, "").await.expect("the gateway answers");
    assert_eq!(kept.json()["status"], "valid", "{}", kept.detail());
    let certificate = kept.json()["certificate"].as_str().expect("a valid order has one").to_owned();
    let downloaded = client.post(&certificate, "").await.expect("the gateway answers");
    assert_eq!(downloaded.response.body(), chain.as_bytes());
    drop(gateway);
}

const TWO_ORDERS: &str = "[limits.new-orders-per-account]\nburst = 2\ncount = 2\n";

#[tokio::test]
async fn a_restart_keeps_what_is_left_of_a_limit() {
    let gateway = Gateway::start(&format!("{ALWAYS_VALID}{TWO_ORDERS}")).await;
    let mut client = gateway.client().await;
    for expected in [201, 201, 429] {
        assert_eq!(order_afresh(&mut client, &["www.example.com"]).await.status(), expected);
    }
    let gateway = gateway.restart().await;
    assert_eq!(order_afresh(&mut client, &["www.example.com"]).await.status(), 429, "still used up");
    drop(gateway);
}

#[tokio::test]
async fn what_the_last_answers_told_is_counted_before_a_stop_ends() {
    const CLIENTS: usize = 8;
    let limits = "[limits.certificates-per-registered-domain]\nburst = 1\ncount = 1\n\
                  [limits.new-registrations-per-ip]\nenforce = false\n";
    let gateway = Gateway::start(&format!("{ALWAYS_VALID}{NO_OVERALL_LIMITS}{limits}")).await;
    let mut clients = Vec::new();
    for n in 0..CLIENTS {
        let (mut client, name) = (gateway.client().await, format!("a.example{n}.com"));
        let made = order(&mut client, &[&name]).await;
        let authorization = made.json()["authorizations"][0].as_str().expect("it has one").to_owned();
        client.answer_challenge(&authorization).await.expect("the challenge is taken");
        let url = made.header("location").expect("an order has a URL").to_owned();
        let ready = client.poll(&url, "order", "ready").await.expect("it is ready");
        clients.push((client, name, ready));
    }

    // Nothing more is written until the gateway has begun to stop.
    let records = format!("sqlite://{}", gateway.folder().join("data/records.sqlite").display());
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(&records).await.expect("it is a database");
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut connection).await.expect("no other program writes");
    for (client, name, ready) in &mut clients {
        client.finalize(ready, &[name]).await.expect("the answer does not wait");
    }
    let directory = gateway.site().directory.clone();
    let mut other = gateway.stranger().await;
    let stopping = async {
        while other.send(Method::GET, &directory, None).await.is_ok() {}
        sqlx::raw_sql("ROLLBACK").execute(&mut connection).await.expect("it is let go");
    };
    let (gateway, ()) = tokio::join!(gateway.restart(), stopping);

    for (client, name, _) in &mut clients {
        client.forget_nonce();
        let refused = order_afresh(client, &[&format!("b.{name}")]).await;
        assert_eq!(refused.status(), 429, "the certificate for {name} was not counted");
    }
    drop(gateway);
}

#[tokio::test]
async fn a_restarted_gateway_knows_a_renewal_by_set() {
    // The orders' bucket is emptied after the restart: buckets in memory are full again by it.
    let gateway = Gateway::start(&format!("{ALWAYS_VALID}{TWO_ORDERS}[store]\nbackend = \"memory\"\n")).await;
    let mut client = gateway.client().await;
    client.obtain(&["www.example.com"]).await.expect("a certificate to renew");

    let gateway = gateway.restart().await;
    for expected in [201, 201, 429] {
        assert_eq!(order_afresh(&mut client, &["new.example.com"]).await.status(), expected);
    }
    assert_eq!(order(&mut client, &["www.example.com"]).await.status(), 201, "a renewal is exempt");
    drop(gateway);
}

#[tokio::test]
async fn a_restart_keeps_the_clock_and_the_root() {
    let gateway = Gateway::start(ALWAYS_VALID).await;
    gateway.advance(std::time::Duration::from_secs(7 * 24 * 60 * 60)).await;
    let (before, root) = (gateway.now().await, std::fs::read(&gateway.site().root).unwrap());

    let gateway = gateway.restart().await;
    assert!(gateway.now().await >= before);
    assert_eq!(std::fs::read(&gateway.site().root).unwrap(), root);
    let (_, answer) = gateway.manage(Method::GET, "/clock", json!(null)).await;
    assert!(answer["ahead_seconds"].as_u64() >= Some(7 * 24 * 60 * 60), "{answer}");
}
