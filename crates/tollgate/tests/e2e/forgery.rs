//! What others send in an account's name leaves its buckets as they were.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use tollgate::client::{AcmeClient, Answer};
use tollgate_acme::jws::Signer;

use crate::{
    gateway::{ALWAYS_VALID, Gateway},
    volume::order,
};

/// Room for three orders and three accounts.
const THREE_OF_EACH: &str = "[limits.new-orders-per-account]\nburst = 3\ncount = 3\n\
                             [limits.new-registrations-per-ip]\nburst = 3\ncount = 3\n";

const TERMS_AGREED: &str = r#"{"termsOfServiceAgreed":true}"#;
const ORDER: &str = r#"{"identifiers":[{"type":"dns","value":"www.example.com"}]}"#;

#[tokio::test]
async fn orders_forged_with_the_victims_account_url_spend_nothing() {
    let gateway = Gateway::start(&format!("{ALWAYS_VALID}{THREE_OF_EACH}")).await;
    let mut victim = gateway.client().await;
    assert_eq!(order(&mut victim, &["www.example.com"]).await.status(), 201);

    let mut forger = gateway.client().await;
    forger.claim_account(victim.account().expect("it is registered"));
    for _ in 0..10 {
        let answer = order(&mut forger, &["www.example.com"]).await;
        assert!([400, 401, 403].contains(&answer.status().as_u16()), "{}", answer.detail());
    }
    expect_two_orders_left(&mut victim).await;
}

#[tokio::test]
async fn a_request_sent_again_by_somebody_else_spends_nothing() {
    let gateway = Gateway::start(&format!("{ALWAYS_VALID}{THREE_OF_EACH}")).await;
    let mut wire = gateway.stranger().await;
    let directory = wire.directory().clone();
    let new_account = directory.new_account.expect("the directory has it");
    let new_order = directory.new_order.expect("the directory has it");
    let victim = key();
    let nonce = fresh_nonce(&mut wire).await;
    let registration = victim.sign(None, Some(&nonce), &new_account, TERMS_AGREED);
    let registered = send(&mut wire, &new_account, registration).await;
    let account = registered.header("location").expect("the account is made").to_owned();
    let sign_order = async |wire: &mut AcmeClient| {
        let nonce = fresh_nonce(wire).await;
        victim.sign(Some(&account), Some(&nonce), &new_order, ORDER)
    };

    let first = sign_order(&mut wire).await;
    assert_eq!(send(&mut wire, &new_order, first.clone()).await.status(), 201);
    for _ in 0..10 {
        let again = send(&mut wire, &new_order, first.clone()).await;
        assert_eq!(again.json()["type"], "urn:ietf:params:acme:error:badNonce", "{}", again.detail());
    }
    for expected in [201, 201, 429] {
        let next = sign_order(&mut wire).await;
        let answer = send(&mut wire, &new_order, next).await;
        assert_eq!(answer.status(), expected, "{}", answer.detail());
    }
}

#[tokio::test]
async fn an_order_that_the_ca_refuses_spends_nothing() {
    let gateway = Gateway::start(&format!("{ALWAYS_VALID}{THREE_OF_EACH}")).await;
    let mut client = gateway.client().await;
    assert_eq!(order(&mut client, &["www.example.com"]).await.status(), 201);

    let url = client.directory().new_order.clone().expect("the directory has it");
    let unknown_profile = json!({
        "identifiers": [{ "type": "dns", "value": "www.example.com" }],
        "profile": "no such profile",
    });
    for _ in 0..10 {
        let answer = client.post(&url, &unknown_profile.to_string()).await.expect("the gateway answers");
        assert!(answer.status().is_client_error() && answer.status() != 429, "{}", answer.detail());
    }
    expect_two_orders_left(&mut client).await;
}

#[tokio::test]
async fn registrations_that_come_to_nothing_spend_nothing() {
    let gateway = Gateway::start(THREE_OF_EACH).await;
    let mut known = gateway.client().await;
    let url = known.directory().new_account.clone().expect("the directory has it");
    for _ in 0..4 {
        assert_eq!(known.try_register().await.expect("the gateway answers").status(), StatusCode::OK);
        let mut forged = parsed(&key().sign(None, Some("x"), &url, TERMS_AGREED));
        forged["signature"] = parsed(&key().sign(None, Some("x"), &url, TERMS_AGREED))["signature"].clone();
        let answer = send(&mut known, &url, forged.to_string()).await;
        assert!(answer.status().is_client_error() && answer.status() != 429, "{}", answer.detail());
    }

    for expected in [201, 201, 429] {
        let answer = gateway.stranger().await.try_register().await.expect("the gateway answers");
        assert_eq!(answer.status(), expected, "{}", answer.detail());
    }
}

async fn expect_two_orders_left(client: &mut AcmeClient) {
    for expected in [201, 201, 429] {
        let answer = order(client, &["www.example.com"]).await;
        assert_eq!(answer.status(), expected, "{}", answer.detail());
    }
}

fn key() -> Signer {
    Signer::generate().expect("P-256 keys can be made")
}

async fn send(wire: &mut AcmeClient, url: &str, body: String) -> Answer {
    wire.send(Method::POST, url, Some(body)).await.expect("the gateway answers")
}

async fn fresh_nonce(wire: &mut AcmeClient) -> String {
    let url = wire.directory().new_nonce.clone().expect("the directory has it");
    let answer = wire.send(Method::HEAD, &url, None).await.expect("the gateway answers");
    answer.header("replay-nonce").expect("newNonce gives one").to_owned()
}

fn parsed(jws: &str) -> Value {
    serde_json::from_str(jws).expect("a JWS is JSON")
}
