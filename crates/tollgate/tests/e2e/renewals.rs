//! Renewals: by ARI exempt from every limit inside the window, otherwise not.

use std::time::Duration;

use tollgate::client::{AcmeClient, Answer};
use tollgate_acme::certificate::Leaf;

use crate::{
    gateway::{ALWAYS_VALID, Gateway},
    volume::order,
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const NAMES: [&str; 1] = ["www.example.com"];

/// Certificates live 90 days, so the window is the 1.8 days around the sixtieth.
const WINDOW: Duration = DAY.saturating_mul(60);

#[tokio::test]
async fn a_replacement_inside_its_window_passes_when_every_limit_is_used_up() {
    let gateway = Gateway::start(ALWAYS_VALID).await;
    let mut client = gateway.client().await;
    let id = certificate_id(&client.obtain(&NAMES).await.expect("the first fits"));
    gateway.advance(WINDOW).await;
    use_up_the_set(&mut client).await;

    let answer = replace(&mut client, &id).await;
    assert_eq!(answer.status(), 201, "{}", answer.detail());
    assert_eq!(answer.json()["replaces"], id);
    client.complete(&answer, &NAMES).await.expect("it is issued like any other");

    let again = replace(&mut client, &id).await;
    assert_eq!(again.status(), 429, "replaced already, so no longer exempt: {}", again.detail());
}

#[tokio::test]
async fn a_replacement_outside_its_window_is_an_order_like_any_other() {
    let gateway = Gateway::start(ALWAYS_VALID).await;
    let mut client = gateway.client().await;
    let id = certificate_id(&client.obtain(&NAMES).await.expect("the first fits"));
    gateway.advance(WINDOW - DAY).await;
    use_up_the_set(&mut client).await;

    assert_eq!(replace(&mut client, &id).await.status(), 429);
}

#[tokio::test]
async fn a_made_up_replaces_is_no_exemption_and_the_ca_says_what_is_wrong_with_it() {
    const MADE_UP: &str = "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE";

    let gateway = Gateway::start(ALWAYS_VALID).await;
    let mut client = gateway.client().await;
    let answer = replace(&mut client, MADE_UP).await;
    assert_eq!(answer.json()["type"], "urn:ietf:params:acme:error:malformed", "{}", answer.detail());
    assert!([400, 404].contains(&answer.status().as_u16()), "{}", answer.status());

    use_up_the_set(&mut client).await;
    assert_eq!(replace(&mut client, MADE_UP).await.status(), 429);
}

#[tokio::test]
async fn somebody_elses_certificate_is_no_exemption() {
    let gateway = Gateway::start(ALWAYS_VALID).await;
    let mut owner = gateway.client().await;
    let id = certificate_id(&owner.obtain(&NAMES).await.expect("the first fits"));
    gateway.advance(WINDOW).await;
    use_up_the_set(&mut owner).await;

    let mut thief = gateway.client().await;
    assert_eq!(replace(&mut thief, &id).await.status(), 429);
}

/// Orders certificates for the set, after a leap of the clock, until there is no room for another.
async fn use_up_the_set(client: &mut AcmeClient) {
    client.forget_nonce();
    for _ in 0..5 {
        client.obtain(&NAMES).await.expect("five fit");
    }
    assert_eq!(order(client, &NAMES).await.status(), 429);
}

async fn replace(client: &mut AcmeClient, id: &str) -> Answer {
    client.try_order_replacing(&NAMES, Some(id)).await.expect("the gateway answers")
}

fn certificate_id(chain: &str) -> String {
    let leaf = Leaf::from_pem_chain(chain.as_bytes()).expect("the CA's certificates can be read");
    leaf.id.expect("they name their issuer's key").to_string()
}
