//! Every client gets its certificate through the gateway: from the built-in test CA, and from other people's CAs
//! behind it.

use crate::{
    ca::{DjangoCa, Pebble, Serles, Validation},
    clients::{Client, Program},
    gateway::{ALWAYS_VALID, Gateway},
    site::Site,
};

/// With room for one certificate per set, a second order for the same set is refused just when the gateway has
/// learnt from the client's and the CA's messages that the first was issued.
const ONE_PER_SET: &str = "[limits.certificates-per-exact-set]\nburst = 1\ncount = 1\n";

const NAMES: [&str; 2] = ["www.example.com", "example.com"];

async fn obtains_and_is_counted(client: Client, gateway: &Gateway) {
    client.obtain(gateway.site(), &NAMES).await.expect_certificate(&NAMES);

    let again = gateway.client().await.try_order(&NAMES).await.expect("the gateway answers");
    assert_eq!(again.status(), 429, "{}", again.detail());
    assert!(
        again.detail().starts_with("too many certificates (1) already issued for this exact set"),
        "{}",
        again.detail()
    );
}

/// The test CA, validating by http-01 for real, for clients that answer by themselves.
async fn obtains_from_the_test_ca_by_real_http_01(program: Program) {
    let client = Client::new(program);
    let tables = format!(
        "[test-ca]\nhttp-port = {}\nhosts = {{ \"example.com\" = \"127.0.0.1\", \"*.example.com\" = \"127.0.0.1\" \
         }}\n{ONE_PER_SET}",
        client.http_port()
    );
    obtains_and_is_counted(client, &Gateway::start(&tables).await).await;
}

async fn obtains_from_the_test_ca(program: Program) {
    let gateway = Gateway::start(&format!("{ALWAYS_VALID}{ONE_PER_SET}")).await;
    obtains_and_is_counted(Client::new(program), &gateway).await;
}

#[tokio::test]
async fn certbot_gets_a_certificate_from_the_test_ca_by_a_real_http_01_challenge() {
    obtains_from_the_test_ca_by_real_http_01(Program::Certbot).await;
}

#[tokio::test]
async fn lego_gets_a_certificate_from_the_test_ca_by_a_real_http_01_challenge() {
    obtains_from_the_test_ca_by_real_http_01(Program::Lego).await;
}

#[tokio::test]
async fn dehydrated_gets_a_certificate_from_the_test_ca() {
    obtains_from_the_test_ca(Program::Dehydrated).await;
}

#[tokio::test]
async fn uacme_gets_a_certificate_from_the_test_ca() {
    obtains_from_the_test_ca(Program::Uacme).await;
}

#[tokio::test]
async fn acme_tiny_gets_a_certificate_from_the_test_ca() {
    obtains_from_the_test_ca(Program::AcmeTiny).await;
}

#[tokio::test]
async fn instant_acme_gets_a_certificate_from_the_test_ca() {
    obtains_from_the_test_ca(Program::InstantAcme).await;
}

async fn gateway_before(pebble: &Pebble) -> Gateway {
    let Site { directory, root } = pebble.site();
    let root = root.display();
    Gateway::start(&format!("[upstream]\ndirectory = \"{directory}\"\nroots = \"{root}\"\n{ONE_PER_SET}"))
        .await
}

async fn obtains_from_pebble(program: Program) {
    let pebble = Pebble::start(Validation::AlwaysValid).await;
    obtains_and_is_counted(Client::new(program), &gateway_before(&pebble).await).await;
}

#[tokio::test]
async fn certbot_gets_a_certificate_from_pebble() {
    obtains_from_pebble(Program::Certbot).await;
}

#[tokio::test]
async fn lego_gets_a_certificate_from_pebble() {
    obtains_from_pebble(Program::Lego).await;
}

#[tokio::test]
async fn dehydrated_gets_a_certificate_from_pebble() {
    obtains_from_pebble(Program::Dehydrated).await;
}

#[tokio::test]
async fn a_ca_that_is_gone_is_answered_for_with_503_and_when_to_come_back() {
    let pebble = Pebble::start(Validation::AlwaysValid).await;
    let gateway = gateway_before(&pebble).await;
    let mut client = gateway.client().await;
    drop(pebble);

    let answer = client.try_order(&NAMES).await.expect("the gateway answers");
    assert_eq!(answer.status(), 503, "{}", answer.detail());
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert!(answer.retry_after().is_some_and(|wait| 1 <= wait), "{:?}", answer.header("retry-after"));
}

async fn obtains_from(program: Program, directory: &str) {
    let upstream = format!("[upstream]\ndirectory = \"{directory}\"\n{ONE_PER_SET}");
    obtains_and_is_counted(Client::new(program), &Gateway::start(&upstream).await).await;
}

#[tokio::test]
async fn certbot_gets_a_certificate_from_django_ca() {
    let ca = DjangoCa::start().await;
    obtains_from(Program::Certbot, &ca.directory()).await;
}

// dehydrated finds no certificate with django-ca, gateway or not: it reads `finalize` from the order's second
// answer, where django-ca leaves it out.
#[tokio::test]
async fn lego_gets_a_certificate_from_django_ca() {
    let ca = DjangoCa::start().await;
    obtains_from(Program::Lego, &ca.directory()).await;
}

#[tokio::test]
async fn certbot_gets_a_certificate_from_serles() {
    let ca = Serles::start().await;
    obtains_from(Program::Certbot, &ca.directory()).await;
}

#[tokio::test]
async fn lego_gets_a_certificate_from_serles() {
    let ca = Serles::start().await;
    obtains_from(Program::Lego, &ca.directory()).await;
}

#[tokio::test]
async fn dehydrated_gets_a_certificate_from_serles() {
    let ca = Serles::start().await;
    obtains_from(Program::Dehydrated, &ca.directory()).await;
}
