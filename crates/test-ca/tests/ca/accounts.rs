//! Accounts: made, found, changed, bound, deactivated.

use http::Method;
use serde_json::{Value, json};
use tollgate_acme::jws::Signer;
use tollgate_test_ca::{ExternalAccount, TestCaOptions};

use crate::client::*;

fn agreed() -> Value {
    json!({"termsOfServiceAgreed": true})
}

#[tokio::test]
async fn a_new_key_makes_an_account_and_a_known_key_finds_it() {
    let ca = open(always_valid()).await;
    let signer = Signer::generate().unwrap();
    let payload = json!({"termsOfServiceAgreed": true, "contact": ["mailto:me@example.test"]});
    let created = new_account(&ca, &signer, payload).await;
    assert_eq!(created.status, 201);
    assert_eq!(created.link("terms-of-service"), Some(url("/terms")));
    let account = created.json();
    assert_eq!(account["status"], "valid");
    assert_eq!(account["contact"], json!(["mailto:me@example.test"]));
    assert_eq!(account["key"], signer.jwk().to_json());

    for payload in [agreed(), json!({"onlyReturnExisting": true}), json!({"contact": ["tel:1"]})] {
        let found = new_account(&ca, &signer, payload).await;
        assert_eq!(found.status, 200);
        assert_eq!(found.header("location"), created.header("location"));
        assert_eq!(found.json(), account);
    }
}

#[tokio::test]
async fn only_return_existing_never_makes_an_account() {
    let ca = open(always_valid()).await;
    let signer = Signer::generate().unwrap();
    for _ in 0..2 {
        let payload = json!({"onlyReturnExisting": true, "termsOfServiceAgreed": true});
        new_account(&ca, &signer, payload).await.refused(400, "accountDoesNotExist");
    }
}

#[tokio::test]
async fn the_terms_must_be_agreed_to() {
    let ca = open(always_valid()).await;
    for payload in [json!({}), json!({"termsOfServiceAgreed": false}), json!({"termsOfServiceAgreed": "yes"})]
    {
        let answer = new_account(&ca, &Signer::generate().unwrap(), payload).await;
        answer.refused(403, "userActionRequired");
        assert_eq!(answer.link("terms-of-service"), Some(url("/terms")));
    }
    let ca = open(TestCaOptions { terms_required: false, ..always_valid() }).await;
    assert_eq!(new_account(&ca, &Signer::generate().unwrap(), json!({})).await.status, 201);
}

#[tokio::test]
async fn contacts_are_single_mail_addresses() {
    let ca = open(always_valid()).await;
    let many = vec!["mailto:me@example.test"; 11];
    let long = format!("mailto:{}@example.test", "x".repeat(250));
    for (contact, expected) in [
        (json!(["mailto:me@example.test", "mailto:you@example.test"]), None),
        (json!([]), None),
        (json!(null), None),
        (json!(["tel:+4512345678"]), Some("unsupportedContact")),
        (json!(["me@example.test"]), Some("invalidContact")),
        (json!(["mailto:me"]), Some("invalidContact")),
        (json!(["mailto:@example.test"]), Some("invalidContact")),
        (json!(["mailto:me@"]), Some("invalidContact")),
        (json!(["mailto:me@example..test"]), Some("invalidContact")),
        (json!(["mailto:me@*.example.test"]), Some("invalidContact")),
        (json!(["mailto:me@example.test?subject=hi"]), Some("invalidContact")),
        (json!(["mailto:me@example.test,you@example.test"]), Some("invalidContact")),
        (json!(["mailto:me @example.test"]), Some("invalidContact")),
        (json!([long]), Some("invalidContact")),
        (json!(many), Some("invalidContact")),
        (json!([17]), Some("malformed")),
        (json!("mailto:me@example.test"), Some("malformed")),
    ] {
        let payload = json!({"termsOfServiceAgreed": true, "contact": contact});
        let answer = new_account(&ca, &Signer::generate().unwrap(), payload).await;
        match expected {
            None => assert_eq!(answer.status, 201, "{contact}"),
            Some(kind) => assert_eq!(answer.problem(), (400, kind.to_owned()), "{contact}"),
        }
    }
}

#[tokio::test]
async fn an_account_is_read_and_updated_by_itself_only() {
    let ca = open(always_valid()).await;
    let (client, other) = (Client::register(&ca).await, Client::register(&ca).await);
    let updated = client.post(&client.account, json!({"contact": ["mailto:new@example.test"]})).await.ok();
    assert_eq!(updated.json()["contact"], json!(["mailto:new@example.test"]));
    assert_eq!(client.read(&client.account).await.ok().json(), updated.json());
    client.post(&client.account, json!({"status": "revoked"})).await.refused(400, "malformed");
    client.post(&client.account, json!({"contact": ["tel:1"]})).await.refused(400, "unsupportedContact");
    other.read(&client.account).await.refused(403, "unauthorized");
    other.read(&url("/acme/acct/1")).await.refused(403, "unauthorized");
}

#[tokio::test]
async fn a_deactivated_account_can_do_nothing_more() {
    let ca = open(always_valid()).await;
    let client = Client::register(&ca).await;
    let answer = client.post(&client.account, json!({"status": "deactivated"})).await.ok();
    assert_eq!(answer.json()["status"], "deactivated");
    client.read(&client.account).await.refused(401, "unauthorized");
    client.new_order(&["example.com"], json!({})).await.refused(401, "unauthorized");
    new_account(&ca, &client.signer, agreed()).await.refused(401, "unauthorized");
}

#[tokio::test]
async fn a_changed_key_is_the_accounts_key_from_then_on() {
    let ca = open(always_valid()).await;
    let client = Client::register(&ca).await;
    let new = Signer::generate().unwrap();
    let change = url("/acme/key-change");
    let body = client.signer.sign_key_change(&new, &client.account, Some(&nonce(&ca).await), &change);
    let changed = send(&ca, request(Method::POST, &change, body)).await.ok();
    assert_eq!(changed.json()["key"], new.jwk().to_json());

    client.read(&client.account).await.refused(400, "malformed");
    let renewed = Client::known(&ca, new, &client.account);
    renewed.read(&client.account).await.ok();
    let found = new_account(&ca, &renewed.signer, json!({"onlyReturnExisting": true})).await;
    assert_eq!((found.status, found.header("location")), (200, client.account.as_str()));
    new_account(&ca, &client.signer, json!({"onlyReturnExisting": true}))
        .await
        .refused(400, "accountDoesNotExist");
}

#[tokio::test]
async fn a_key_change_to_a_key_in_use_names_its_account() {
    let ca = open(always_valid()).await;
    let (client, other) = (Client::register(&ca).await, Client::register(&ca).await);
    let change = url("/acme/key-change");
    let nonce = nonce(&ca).await;
    let body = client.signer.sign_key_change(&other.signer, &client.account, Some(&nonce), &change);
    let answer = send(&ca, request(Method::POST, &change, body)).await;
    answer.refused(409, "malformed");
    assert_eq!(answer.header("location"), other.account);
}

#[tokio::test]
async fn a_key_change_must_be_consistent() {
    let ca = open(always_valid()).await;
    let (client, other) = (Client::register(&ca).await, Client::register(&ca).await);
    let (new, change) = (Signer::generate().unwrap(), url("/acme/key-change"));
    let payload = |account: &str, key: &Signer| json!({"account": account, "oldKey": key.jwk().to_json()});
    let good = payload(&client.account, &client.signer).to_string();
    let elsewhere = url("/acme/new-order");
    for (why, inner) in [
        ("no JWS", "{}".to_owned()),
        ("a kid", new.sign(Some(&client.account), None, &change, &good)),
        ("another URL", new.sign(None, None, &elsewhere, &good)),
        (
            "another account",
            new.sign(None, None, &change, &payload(&other.account, &client.signer).to_string()),
        ),
        (
            "another old key",
            new.sign(None, None, &change, &payload(&client.account, &other.signer).to_string()),
        ),
        ("no old key", new.sign(None, None, &change, &json!({"account": client.account}).to_string())),
        ("no object", new.sign(None, None, &change, "[]")),
    ] {
        let answer = client.post_text(&change, &inner).await;
        assert_eq!(answer.problem(), (400, "malformed".to_owned()), "{why}");
    }
    client.post_text(&change, &new.sign(None, None, &change, &good)).await.ok();
}

fn with_external_accounts(required: bool) -> TestCaOptions {
    TestCaOptions {
        external_accounts: vec![ExternalAccount { key_id: "kid-1".to_owned(), mac_key: b"secret".to_vec() }],
        external_account_required: required,
        ..always_valid()
    }
}

#[tokio::test]
async fn an_external_account_is_bound_when_its_key_signed() {
    let ca = open(with_external_accounts(true)).await;
    assert_eq!(get(&ca, &url("/directory")).await.json()["meta"]["externalAccountRequired"], true);
    let signer = Signer::generate().unwrap();
    let binding = signer.bind_external_account("kid-1", b"secret", &url("/acme/new-account"));
    let payload = json!({"termsOfServiceAgreed": true, "externalAccountBinding": binding});
    let answer = new_account(&ca, &signer, payload).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(answer.json()["externalAccountBinding"], binding);
}

#[tokio::test]
async fn an_external_account_binding_that_does_not_hold_is_refused() {
    let ca = open(with_external_accounts(true)).await;
    let (signer, other) = (Signer::generate().unwrap(), Signer::generate().unwrap());
    let new = url("/acme/new-account");
    for (why, binding, status, kind) in [
        ("none", json!(null), 403, "externalAccountRequired"),
        ("no JWS", json!({}), 400, "malformed"),
        ("a wrong secret", signer.bind_external_account("kid-1", b"other", &new), 403, "unauthorized"),
        ("an unknown key id", signer.bind_external_account("kid-2", b"secret", &new), 403, "unauthorized"),
        ("another URL", signer.bind_external_account("kid-1", b"secret", &url("/x")), 400, "malformed"),
        ("another key", other.bind_external_account("kid-1", b"secret", &new), 400, "malformed"),
    ] {
        let payload = json!({"termsOfServiceAgreed": true, "externalAccountBinding": binding});
        let answer = new_account(&ca, &signer, payload).await;
        assert_eq!(answer.problem(), (status, kind.to_owned()), "{why}");
    }
}

#[tokio::test]
async fn a_binding_is_optional_where_it_is_not_required() {
    let ca = open(with_external_accounts(false)).await;
    assert_eq!(new_account(&ca, &Signer::generate().unwrap(), agreed()).await.status, 201);
}

#[tokio::test]
async fn the_list_of_orders_comes_in_pages_newest_first_without_failed_ones() {
    let ca = open(always_valid()).await;
    let (client, other) = (Client::register(&ca).await, Client::register(&ca).await);
    let mut made = Vec::new();
    for index in 0..103 {
        made.push(client.order(&[&format!("{index}.example.com")]).await);
    }
    let failed = made.remove(50);
    client.post(&failed.authorizations[0], json!({"status": "deactivated"})).await.ok();
    made.reverse();

    let list = text(&client.read(&client.account).await.ok().json()["orders"]);
    let first = client.read(&list).await.ok();
    let next = first.link("next").unwrap();
    let second = client.read(&next).await.ok();
    assert_eq!(second.link("next"), None);
    let urls = |answer: &Answer| answer.json()["orders"].as_array().unwrap().clone();
    let listed: Vec<Value> = [urls(&first), urls(&second)].concat();
    assert_eq!(urls(&first).len(), 100);
    assert_eq!(listed, made.iter().map(|order| json!(order.url)).collect::<Vec<_>>());

    other.read(&list).await.refused(403, "unauthorized");
    client.read(&format!("{list}?cursor=x")).await.refused(400, "malformed");
}
