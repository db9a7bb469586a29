//! What a restart leaves.

use std::{path::Path, sync::Arc, time::Duration};

use serde_json::json;
use tollgate_test_ca::{NameRule, TestCa, TestCaError, TestCaOptions, ValidationOptions, Verdict};

use crate::client::*;

fn kept_in(directory: &Path) -> TestCaOptions {
    TestCaOptions { data_dir: Some(directory.to_owned()), ..always_valid() }
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let options = kept_in(&directory.path().join("deeper"));
    let ca = open(options.clone()).await;
    let root = ca.root_pem().to_owned();
    let client = Client::register(&ca).await;
    let revoked = client.issue(&["revoked.test"]).await;
    client.post(&url("/acme/revoke-cert"), revoked.revocation(json!(1))).await.ok();
    let issued = client.issue(&["example.com", "192.0.2.1"]).await;
    let open_order = client.order(&["*.example.com"]).await;
    client.new_order(&["example.com"], json!({"replaces": issued.id()})).await.ok();
    let account = client.read(&client.account).await.json();
    let (signer, account_url) = (client.signer, client.account);
    ca.close().await;

    let ca = open(options).await;
    assert_eq!(ca.root_pem(), root);
    let client = Client::known(&ca, signer, &account_url);
    assert_eq!(client.read(&client.account).await.ok().json(), account);
    assert_eq!(client.read(&issued.certificate).await.ok().text, issued.chain);
    client
        .new_order(&["example.com"], json!({"replaces": issued.id()}))
        .await
        .refused(409, "alreadyReplaced");
    let revoke = url("/acme/revoke-cert");
    client.post(&revoke, revoked.revocation(json!(1))).await.refused(400, "alreadyRevoked");
    let payload = json!({"termsOfServiceAgreed": true});
    new_account(&ca, &revoked.signer(), payload).await.refused(400, "badPublicKey");

    client.answer_challenges(&open_order).await;
    assert_eq!(client.order_status(&open_order).await, "ready");
    let found = new_account(&ca, &client.signer, json!({"onlyReturnExisting": true})).await;
    assert_eq!(found.header("location"), account_url);
    let other = Client::register(&ca).await;
    assert_ne!(other.account, account_url);
}

#[tokio::test]
async fn what_was_answered_is_kept_even_when_the_ca_ends_without_a_word() {
    let directory = tempfile::tempdir().unwrap();
    let ca = open(kept_in(directory.path())).await;
    let Client { signer, account, .. } = Client::register(&ca).await;
    drop(ca);
    let ca = open(kept_in(directory.path())).await;
    Client::known(&ca, signer, &account).read(&account).await.ok();
}

#[tokio::test]
async fn a_nonce_from_before_a_restart_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let ca = open(kept_in(directory.path())).await;
    let client = Client::register(&ca).await;
    let body = client.signed(&client.account, "").await;
    let account = client.account;
    ca.close().await;
    let ca = open(kept_in(directory.path())).await;
    let answer = send(&ca, request(http::Method::POST, &account, body)).await;
    answer.refused(400, "badNonce");
}

#[tokio::test]
async fn a_validation_cut_short_is_done_again() {
    let rule = |delay| NameRule { suffix: String::new(), verdict: Verdict::Valid, delay };
    let options = |data_dir: &Path, delay| TestCaOptions {
        data_dir: Some(data_dir.to_owned()),
        validation: ValidationOptions { rules: vec![rule(delay)], ..ValidationOptions::default() },
        ..TestCaOptions::default()
    };
    let directory = tempfile::tempdir().unwrap();
    let ca = open(options(directory.path(), Duration::from_secs(3600))).await;
    let client = Client::register(&ca).await;
    let order = client.order(&["example.com"]).await;
    client.answer_challenges(&order).await;
    assert_eq!(client.order_status(&order).await, "pending");
    let (signer, account) = (client.signer, client.account);
    ca.close().await;

    let ca = open(options(directory.path(), Duration::ZERO)).await;
    assert_eq!(Client::known(&ca, signer, &account).order_status(&order).await, "ready");
}

#[cfg(unix)]
#[tokio::test]
async fn the_key_of_the_ca_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;

    let directory = tempfile::tempdir().unwrap();
    let ca = open(kept_in(directory.path())).await;
    Client::register(&ca).await;
    let files: Vec<_> = std::fs::read_dir(directory.path()).unwrap().map(Result::unwrap).collect();
    assert!(!files.is_empty());
    for file in files {
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{file:?}");
    }
}

#[tokio::test]
async fn a_folder_that_cannot_be_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    std::fs::write(&file, "").unwrap();
    let opened = TestCa::open(kept_in(&file.join("below")), MovableClock::new()).await;
    assert!(matches!(opened, Err(TestCaError::Journal(_))));
    let no_profile = TestCaOptions { profiles: Vec::new(), ..always_valid() };
    assert!(matches!(TestCa::open(no_profile, MovableClock::new()).await, Err(TestCaError::NoProfile)));
}

#[tokio::test]
async fn many_requests_at_once_are_all_kept() {
    let directory = tempfile::tempdir().unwrap();
    let ca = Arc::new(open(kept_in(directory.path())).await);
    let client = Client::register(&ca).await;
    let mut tasks = tokio::task::JoinSet::new();
    for index in 0..50 {
        let name = format!("{index}.example.com");
        let payload = json!({"identifiers": [identifier(&name)]}).to_string();
        let order = url("/acme/new-order");
        let body = client.signer.sign(Some(&client.account), Some(&nonce(&ca).await), &order, &payload);
        let ca = Arc::clone(&ca);
        tasks.spawn(async move { send(&ca, request(http::Method::POST, &order, body)).await });
    }
    let orders: Vec<Order> = tasks.join_all().await.iter().map(Order::of).collect();
    let (signer, account) = (client.signer, client.account);
    Arc::into_inner(ca).unwrap().close().await;

    let ca = open(kept_in(directory.path())).await;
    let client = Client::known(&ca, signer, &account);
    for order in orders {
        assert_eq!(client.order_status(&order).await, "pending");
    }
}
