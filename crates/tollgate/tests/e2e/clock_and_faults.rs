//! The test CA's clock and scripted faults, by the commands people type.

use std::{path::Path, time::Duration};

use jiff::Timestamp;
use tollgate::client::{AcmeClient, ClientError};

use crate::{
    binary::tollgate,
    clients::{Client, Program},
    gateway::{ALWAYS_VALID, Gateway},
    process::printed,
    volume::order,
};

async fn manage(gateway: &Gateway, arguments: &[&str]) -> String {
    let management = gateway.management().to_string();
    let arguments = [arguments, &["--management", &management]].concat();
    let output = tollgate(&arguments, Path::new("/")).await;
    assert!(output.status.success(), "{arguments:?}: {}", printed(&output));
    printed(&output)
}

#[tokio::test]
async fn the_clock_is_shown_advanced_and_set_and_certificates_follow_it() {
    let gateway = Gateway::start(ALWAYS_VALID).await;
    let mut client = gateway.client().await;
    let start = gateway.now().await;
    manage(&gateway, &["clock", "advance", "7d"]).await;
    assert!(gateway.now().await.duration_since(start).as_hours() >= 7 * 24);

    manage(&gateway, &["clock", "set", "2100-01-01T00:00:00Z"]).await;
    let shown = manage(&gateway, &["clock", "show"]).await;
    assert!(shown.contains("2100-01-01 00:0"), "{shown}");
    client.forget_nonce();
    let chain = client.obtain(&["www.example.com"]).await.expect("nonces and orders follow the clock");
    let leaf = tollgate_acme::certificate::Leaf::from_pem_chain(chain.as_bytes()).expect("it can be read");
    let at: Timestamp = "2100-01-01T00:00:00Z".parse().expect("a time");
    assert!(leaf.not_before.duration_since(at).as_hours().abs() <= 24, "{}", leaf.not_before);
    assert!(leaf.not_after.duration_since(at).as_hours() > 24 * 24, "{}", leaf.not_after);
}

#[tokio::test]
async fn the_clock_never_goes_back() {
    let gateway = Gateway::start(ALWAYS_VALID).await;
    let management = gateway.management().to_string();
    let arguments = ["clock", "set", "2020-01-01T00:00:00Z", "--management", &management];
    let output = tollgate(&arguments, Path::new("/")).await;
    assert_eq!(output.status.code(), Some(1), "{}", printed(&output));
}

#[tokio::test]
async fn a_fault_of_status_503_hits_after_one_order_and_two_times() {
    let gateway = Gateway::start(ALWAYS_VALID).await;
    let mut client = gateway.client().await;
    let arguments = ["fault", "add", "--on", "newOrder", "--status", "503", "--times", "2", "--after", "1"];
    manage(&gateway, &arguments).await;
    let listed = manage(&gateway, &["fault", "list"]).await;
    assert!(listed.contains("newOrder") && listed.contains("503"), "{listed}");

    for expected in [201, 503, 503, 201] {
        assert_eq!(order(&mut client, &["www.example.com"]).await.status(), expected);
    }
}

#[tokio::test]
async fn every_kind_of_fault_reaches_the_client() {
    let gateway = Gateway::start(ALWAYS_VALID).await;
    let mut client = gateway.client().await;

    manage(&gateway, &["fault", "add", "--on", "newOrder", "--empty-body"]).await;
    assert!(order(&mut client, &["www.example.com"]).await.response.body().is_empty());
    manage(&gateway, &["fault", "add", "--on", "newOrder", "--html-body"]).await;
    let html = order(&mut client, &["www.example.com"]).await;
    assert!(String::from_utf8_lossy(html.response.body()).contains("<html"), "{}", html.detail());
    manage(&gateway, &["fault", "add", "--on", "newOrder", "--bad-nonce"]).await;
    let refused = order(&mut client, &["www.example.com"]).await;
    assert_eq!(refused.json()["type"], "urn:ietf:params:acme:error:badNonce");
    manage(&gateway, &["fault", "add", "--on", "newOrder", "--drop-connection"]).await;
    let dropped = client.try_order(&["www.example.com"]).await;
    assert!(matches!(dropped, Err(ClientError::NoAnswer { .. })), "{dropped:?}");
    manage(&gateway, &["fault", "add", "--on", "newOrder", "--delay", "300ms"]).await;
    assert!(Duration::from_millis(300) <= time_of_order(&mut client).await);

    manage(&gateway, &["fault", "add", "--on", "any", "--status", "500", "--times", "1000"]).await;
    manage(&gateway, &["fault", "clear"]).await;
    assert_eq!(order(&mut client, &["www.example.com"]).await.status(), 201);
}

#[expect(clippy::disallowed_methods, reason = "a delay is told by the real clock")]
async fn time_of_order(client: &mut AcmeClient) -> Duration {
    let start = std::time::Instant::now();
    assert_eq!(order(client, &["www.example.com"]).await.status(), 201);
    start.elapsed()
}

#[tokio::test]
async fn orders_that_failed_by_a_fault_spend_nothing() {
    let gateway =
        Gateway::start(&format!("{ALWAYS_VALID}[limits.new-orders-per-account]\nburst = 2\ncount = 2\n"))
            .await;
    let mut client = gateway.client().await;
    manage(&gateway, &["fault", "add", "--on", "newOrder", "--status", "500", "--times", "5"]).await;
    for expected in [500, 500, 500, 500, 500, 201, 201, 429] {
        assert_eq!(order(&mut client, &["www.example.com"]).await.status(), expected);
    }
}

#[tokio::test]
async fn certbot_gets_through_one_bad_nonce() {
    let gateway = Gateway::start(ALWAYS_VALID).await;
    manage(&gateway, &["fault", "add", "--on", "newOrder", "--bad-nonce"]).await;
    let names = ["www.example.com"];
    Client::new(Program::Certbot).obtain(gateway.site(), &names).await.expect_certificate(&names);
}
