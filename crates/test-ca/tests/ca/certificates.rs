//! Finalizing, and the certificates that come of it.

use std::time::Duration;

use rcgen::{KeyPair, PublicKeyData};
use serde_json::json;
use tollgate_test_ca::TestCaOptions;
use x509_parser::{certificate::X509Certificate, extensions::ParsedExtension, pem::Pem, prelude::FromDer};

use crate::client::*;

fn pems(text: &str) -> Vec<Pem> {
    Pem::iter_from_buffer(text.as_bytes()).collect::<Result<_, _>>().unwrap()
}

#[tokio::test]
async fn both_chains_lead_to_their_root() {
    let ca = open(always_valid()).await;
    let client = Client::register(&ca).await;
    let issued = client.issue(&["example.com"]).await;
    let default = client.read(&issued.certificate).await.ok();
    assert_eq!(default.header("content-type"), "application/pem-certificate-chain");
    let alternate = client.read(&default.link("alternate").unwrap()).await.ok();
    assert_eq!(alternate.link("alternate"), Some(issued.certificate.clone()));
    assert_ne!(ca.root_pem(), ca.alternate_root_pem());

    for (chain, root) in [(&default.text, ca.root_pem()), (&alternate.text, ca.alternate_root_pem())] {
        let pems = pems(&format!("{chain}{root}"));
        let certificates: Vec<X509Certificate<'_>> =
            pems.iter().map(|pem| pem.parse_x509().unwrap()).collect();
        let [leaf, intermediate, root] = certificates.as_slice() else { panic!("{}", certificates.len()) };
        for (signed, by) in [(leaf, intermediate), (intermediate, root), (root, root)] {
            signed.verify_signature(Some(by.public_key())).unwrap();
            assert_eq!(signed.issuer(), by.subject());
        }
        assert!(intermediate.is_ca() && root.is_ca() && !leaf.is_ca());
    }
}

#[tokio::test]
async fn every_certificate_says_that_it_is_for_tests() {
    let ca = open(always_valid()).await;
    let client = Client::register(&ca).await;
    let issued = client.issue(&["example.com"]).await;
    let subjects: Vec<String> = pems(&format!("{}{}", issued.chain, ca.root_pem()))
        .iter()
        .map(|pem| pem.parse_x509().unwrap().subject().to_string())
        .collect();
    insta::assert_json_snapshot!(subjects);
}

#[tokio::test]
async fn a_leaf_has_what_clients_and_ari_look_for() {
    let ca = open(always_valid()).await;
    let client = Client::register(&ca).await;
    let issued = client.issue(&["example.com", "*.example.com", "192.0.2.1"]).await;
    let der = issued.der();
    let (_, leaf) = X509Certificate::from_der(&der).unwrap();
    assert!(16 <= leaf.raw_serial().len() && leaf.raw_serial().len() <= 20);
    assert_eq!(leaf.raw_serial()[0] & 0x80, 0, "positive without a leading zero");
    assert!(leaf.extended_key_usage().unwrap().unwrap().value.server_auth);
    let has = |wanted: fn(&ParsedExtension<'_>) -> bool| {
        leaf.extensions().iter().any(|extension| wanted(extension.parsed_extension()))
    };
    assert!(has(|e| matches!(e, ParsedExtension::AuthorityKeyIdentifier(id) if id.key_identifier.is_some())));
    assert!(has(|e| matches!(e, ParsedExtension::SubjectKeyIdentifier(_))));
    assert_eq!(leaf.public_key().raw, issued.key.subject_public_key_info());
    let names: Vec<String> = issued.leaf().identifiers.iter().map(ToString::to_string).collect();
    assert_eq!(names, ["*.example.com", "example.com", "192.0.2.1"]);
}

#[tokio::test]
async fn a_csr_must_fit_the_order() {
    let ca = open(always_valid()).await;
    let client = Client::register(&ca).await;
    let names = ["example.com", "www.example.com"];
    let order = client.order(&names).await;
    client.answer_challenges(&order).await;
    let key = KeyPair::generate().unwrap();
    let account_key = KeyPair::try_from(client.signer.to_pkcs8().unwrap()).unwrap();
    let mut forged = csr(&names, &key);
    // In the middle of the signature, so that it stays well formed.
    let last = forged.len() - 10;
    forged[last] ^= 1;
    for (why, csr) in [
        ("nothing", Vec::new()),
        ("no PKCS #10", b"no request".to_vec()),
        ("too long", vec![0x30; 33 * 1024]),
        ("something after it", [csr(&names, &key), vec![0]].concat()),
        ("a forged signature", forged),
        ("no name", csr(&[], &key)),
        ("a name too few", csr(&["example.com"], &key)),
        ("a name too many", csr(&["example.com", "www.example.com", "mail.example.com"], &key)),
        ("another common name", csr_with_common_name(&names, Some("mail.example.com"), &key)),
        ("a common name that is none", csr_with_common_name(&names, Some("An Example"), &key)),
        ("the account's key", csr(&names, &account_key)),
    ] {
        assert_eq!(client.finalize(&order, &csr).await.problem(), (400, "badCSR".to_owned()), "{why}");
    }
    for payload in [json!({}), json!({"csr": 7}), json!({"csr": "not base64!"})] {
        client.post(&order.finalize, payload).await.refused(400, "malformed");
    }
    let good = csr_with_common_name(&["WWW.example.com"], Some("example.com"), &key);
    let finalized = client.finalize(&order, &good).await.ok();
    assert_eq!(finalized.json()["status"], "valid", "the order was not spoilt");
    assert_eq!(finalized.header("location"), order.url);
    client.finalize(&order, &good).await.refused(403, "orderNotReady");
}

#[tokio::test]
async fn keys_of_every_usual_kind_get_a_certificate() {
    let ca = open(always_valid()).await;
    let client = Client::register(&ca).await;
    for algorithm in [
        &rcgen::PKCS_ECDSA_P256_SHA256,
        &rcgen::PKCS_ECDSA_P384_SHA384,
        &rcgen::PKCS_ED25519,
        &rcgen::PKCS_RSA_SHA256,
    ] {
        let order = client.order(&["example.com"]).await;
        client.answer_challenges(&order).await;
        let key = KeyPair::generate_for(algorithm).unwrap();
        let answer = client.finalize(&order, &csr(&["example.com"], &key)).await;
        assert_eq!(answer.json()["status"], "valid", "{algorithm:?}: {answer:?}");
    }
}

#[tokio::test]
async fn an_order_is_not_finalized_before_it_is_ready() {
    let ca = open(always_valid()).await;
    let client = Client::register(&ca).await;
    let order = client.order(&["example.com"]).await;
    let csr = csr(&["example.com"], &KeyPair::generate().unwrap());
    client.finalize(&order, &csr).await.refused(403, "orderNotReady");
}

#[tokio::test(start_paused = true)]
async fn issuing_can_take_its_time() {
    let ca = open(TestCaOptions { issuance_delay: Duration::from_secs(3), ..always_valid() }).await;
    let client = Client::register(&ca).await;
    let order = client.order(&["example.com"]).await;
    client.answer_challenges(&order).await;
    let csr = csr(&["example.com"], &KeyPair::generate().unwrap());
    let finalized = client.finalize(&order, &csr).await.ok();
    assert_eq!((&finalized.json()["status"], finalized.header("retry-after")), (&json!("processing"), "1"));
    assert!(finalized.json().get("certificate").is_none());
    tokio::time::sleep(Duration::from_secs(4)).await;
    let order = client.read(&order.url).await.json();
    assert_eq!(order["status"], "valid");
    client.read(&text(&order["certificate"])).await.ok();
}

#[tokio::test]
async fn a_certificate_is_for_its_account() {
    let ca = open(always_valid()).await;
    let (client, other) = (Client::register(&ca).await, Client::register(&ca).await);
    let issued = client.issue(&["example.com"]).await;
    other.read(&issued.certificate).await.refused(403, "unauthorized");
    client.read(&url("/acme/cert/00ff")).await.refused(404, "malformed");
    client.read(&url("/acme/cert/x")).await.refused(404, "malformed");
}
