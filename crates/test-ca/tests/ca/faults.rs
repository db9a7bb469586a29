//! Scripted faults, as a client meets them.

use std::time::Duration;

use http::Method;
use serde_json::json;
use tollgate_test_ca::{DropConnection, TestCa};

use crate::client::*;

fn script(ca: &TestCa, fault: &str) {
    ca.faults().add(fault.parse().unwrap()).unwrap();
}

#[tokio::test]
async fn a_scripted_status_comes_as_a_problem_and_the_identical_request_passes_later() {
    let ca = open(always_valid()).await;
    let client = Client::register(&ca).await;
    script(&ca, "--on newOrder --status 503 --retry-after 7 --times 2 --after 1");
    let payload = json!({"identifiers": [identifier("example.com")]}).to_string();
    let order = url("/acme/new-order");
    assert_eq!(client.post_text(&order, &payload).await.status, 201, "the first is let through");

    let body = client.signed(&order, &payload).await;
    for _ in 0..2 {
        let answer = send(&ca, request(Method::POST, &order, body.clone())).await;
        answer.refused(503, "serverInternal");
        assert_eq!(answer.header("retry-after"), "7");
        assert_ne!(answer.header("replay-nonce"), "");
    }
    assert_eq!(send(&ca, request(Method::POST, &order, body)).await.status, 201);
}

#[tokio::test]
async fn each_kind_of_fault_looks_as_it_should() {
    let ca = open(always_valid()).await;
    let client = Client::register(&ca).await;
    script(&ca, "--on directory --empty-body");
    let empty = get(&ca, &url("/directory")).await;
    assert_eq!((empty.status, empty.text.as_str()), (200, ""));

    script(&ca, "--on directory --html-body");
    let page = get(&ca, &url("/directory")).await;
    assert_eq!((page.status, page.header("content-type")), (502, "text/html"));
    assert!(page.text.starts_with("<html>"));

    script(&ca, "--on account --status 429");
    client.read(&client.account).await.refused(429, "rateLimited");
    script(&ca, "--on any --bad-nonce");
    client.read(&client.account).await.refused(400, "badNonce");

    script(&ca, "--on newNonce --drop-connection");
    let answer = ca.answer(request(Method::HEAD, &url("/acme/new-nonce"), "")).await;
    assert_eq!(answer.unwrap_err(), DropConnection);
    client.read(&client.account).await.ok();
}

#[tokio::test(start_paused = true)]
async fn a_delayed_request_is_answered_all_the_same() {
    let ca = open(always_valid()).await;
    script(&ca, "--on directory --delay 2s");
    let asked = tokio::time::Instant::now();
    get(&ca, &url("/directory")).await.ok();
    assert!(Duration::from_secs(2) <= asked.elapsed());
}

#[tokio::test]
async fn every_endpoint_can_be_struck_by_its_name() {
    let ca = open(always_valid()).await;
    let client = Client::register(&ca).await;
    let issued = client.issue(&["example.com"]).await;
    let order = client.order(&["example.com"]).await;
    let challenge = text(&client.read(&order.authorizations[0]).await.json()["challenges"][0]["url"]);
    for (name, target) in [
        ("newAccount", url("/acme/new-account")),
        ("newOrder", url("/acme/new-order")),
        ("newAuthz", url("/acme/new-authz")),
        ("revokeCert", url("/acme/revoke-cert")),
        ("keyChange", url("/acme/key-change")),
        ("account", client.account.clone()),
        ("orders", client.account.replace("/acct/", "/orders/")),
        ("order", order.url),
        ("finalize", order.finalize),
        ("authorization", order.authorizations[0].clone()),
        ("challenge", challenge),
        ("certificate", issued.certificate.clone()),
    ] {
        script(&ca, &format!("--on {name} --status 418"));
        assert_eq!(client.read(&target).await.status, 418, "{name}");
        assert_eq!(ca.faults().list(), [], "{name}");
    }
    script(&ca, "--on renewalInfo --status 503");
    let info = url(&format!("/acme/renewal-info/{}", issued.id()));
    assert_eq!(get(&ca, &info).await.status, 503);
}
