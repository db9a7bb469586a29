//! The peers among themselves, with no gateway between them: when these fail, it is not ours.

use crate::{
    ca::{DjangoCa, Pebble, Serles, Validation},
    clients::{Client, Program},
    site::Site,
};

async fn obtains_from_pebble_alone(program: Program) {
    let client = Client::new(program);
    let pebble = Pebble::start(Validation::AlwaysValid).await;
    let names = ["www.example.com", "example.com"];
    client.obtain(pebble.site(), &names).await.expect_certificate(&names);
}

#[tokio::test]
async fn certbot_alone() {
    obtains_from_pebble_alone(Program::Certbot).await;
}

#[tokio::test]
async fn lego_alone() {
    obtains_from_pebble_alone(Program::Lego).await;
}

#[tokio::test]
async fn dehydrated_alone() {
    obtains_from_pebble_alone(Program::Dehydrated).await;
}

#[tokio::test]
async fn uacme_alone() {
    obtains_from_pebble_alone(Program::Uacme).await;
}

#[tokio::test]
async fn acme_tiny_alone() {
    obtains_from_pebble_alone(Program::AcmeTiny).await;
}

#[tokio::test]
async fn instant_acme_alone() {
    obtains_from_pebble_alone(Program::InstantAcme).await;
}

#[tokio::test]
async fn certbot_answers_a_real_http_01_challenge_alone() {
    let client = Client::new(Program::Certbot);
    let pebble = Pebble::start(Validation::Http { port: client.http_port() }).await;
    client.obtain(pebble.site(), &["www.example.com"]).await.expect_certificate(&["www.example.com"]);
}

#[tokio::test]
async fn django_ca_alone() {
    let ca = DjangoCa::start().await;
    obtains_over_plain_http(Program::Lego, ca.directory()).await;
}

#[tokio::test]
async fn serles_alone() {
    let ca = Serles::start().await;
    obtains_over_plain_http(Program::Dehydrated, ca.directory()).await;
}

async fn obtains_over_plain_http(program: Program, directory: String) {
    let site = Site { directory, root: "/etc/ssl/certs/ca-certificates.crt".into() };
    let names = ["www.example.com"];
    Client::new(program).obtain(&site, &names).await.expect_certificate(&names);
}
