//! Revoking certificates.

use http::Method;
use rcgen::KeyPair;
use serde_json::{Value, json};
use tollgate_acme::jws::Signer;
use tollgate_test_ca::TestCa;

use crate::client::*;

/// revokeCert by the certificate's own key, or any other.
async fn revoke_by_key(ca: &TestCa, signer: &Signer, payload: &Value) -> Answer {
    let url = url("/acme/revoke-cert");
    let body = signer.sign(None, Some(&nonce(ca).await), &url, &payload.to_string());
    send(ca, request(Method::POST, &url, body)).await
}

#[tokio::test]
async fn a_certificate_is_revoked_once_by_its_account() {
    let ca = open(always_valid()).await;
    let client = Client::register(&ca).await;
    let issued = client.issue(&["example.com"]).await;
    let revoke = url("/acme/revoke-cert");
    let answer = client.post(&revoke, issued.revocation(json!(null))).await;
    assert_eq!((answer.status, answer.text.as_str()), (200, ""));
    client.post(&revoke, issued.revocation(json!(4))).await.refused(400, "alreadyRevoked");
}

#[tokio::test]
async fn a_certificate_is_revoked_by_its_own_key_and_no_other() {
    let ca = open(always_valid()).await;
    let client = Client::register(&ca).await;
    let issued = client.issue(&["example.com"]).await;
    let payload = issued.revocation(json!(0));
    revoke_by_key(&ca, &Signer::generate().unwrap(), &payload).await.refused(403, "unauthorized");
    // The account's key is no certificate key: it must name its account.
    revoke_by_key(&ca, &client.signer, &payload).await.refused(403, "unauthorized");
    revoke_by_key(&ca, &issued.signer(), &payload).await.ok();
}

#[tokio::test]
async fn another_account_revokes_only_with_authorizations_for_every_name() {
    let ca = open(always_valid()).await;
    let (client, other) = (Client::register(&ca).await, Client::register(&ca).await);
    let issued = client.issue(&["a.test", "b.test"]).await;
    let revoke = url("/acme/revoke-cert");
    other.issue(&["a.test"]).await;
    other.post(&revoke, issued.revocation(json!(0))).await.refused(403, "unauthorized");
    other.issue(&["b.test"]).await;
    other.post(&revoke, issued.revocation(json!(0))).await.ok();
}

#[tokio::test]
async fn what_cannot_be_revoked_is_refused_by_its_type() {
    let ca = open(always_valid()).await;
    let client = Client::register(&ca).await;
    let issued = client.issue(&["example.com"]).await;
    let foreign = {
        let other = open(always_valid()).await;
        Client::register(&other).await.issue(&["example.com"]).await.revocation(json!(0))
    };
    for (payload, status, kind) in [
        (json!({}), 400, "malformed"),
        (json!({"certificate": 7}), 400, "malformed"),
        (json!({"certificate": "!"}), 400, "malformed"),
        (json!({"certificate": "AAAA"}), 404, "malformed"),
        (foreign, 404, "malformed"),
        (issued.revocation(json!("superseded")), 400, "malformed"),
        (issued.revocation(json!(2)), 400, "badRevocationReason"),
        (issued.revocation(json!(7)), 400, "badRevocationReason"),
        (issued.revocation(json!(256)), 400, "badRevocationReason"),
    ] {
        let answer = client.post(&url("/acme/revoke-cert"), payload.clone()).await;
        assert_eq!(answer.problem(), (status, kind.to_owned()), "{payload}");
    }
}

#[tokio::test]
async fn a_compromised_key_is_good_for_nothing_more() {
    let ca = open(always_valid()).await;
    let client = Client::register(&ca).await;
    let issued = client.issue(&["example.com"]).await;
    let key = KeyPair::try_from(issued.key.serialize_der()).unwrap();
    client.post(&url("/acme/revoke-cert"), issued.revocation(json!(1))).await.ok();

    let order = client.order(&["example.com"]).await;
    client.answer_challenges(&order).await;
    client.finalize(&order, &csr(&["example.com"], &key)).await.refused(400, "badCSR");
    let payload = json!({"termsOfServiceAgreed": true});
    new_account(&ca, &issued.signer(), payload).await.refused(400, "badPublicKey");
    let change = url("/acme/key-change");
    let nonce = nonce(&ca).await;
    let body = client.signer.sign_key_change(&issued.signer(), &client.account, Some(&nonce), &change);
    send(&ca, request(Method::POST, &change, body)).await.refused(400, "badPublicKey");
}
