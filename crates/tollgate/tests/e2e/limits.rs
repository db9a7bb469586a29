//! Let's Encrypt's limits, met one by one: refused with the exact text, and passed once the told wait is over.

use tollgate::client::{AcmeClient, Answer};

use crate::{
    clients::{Client, Program},
    gateway::{ALWAYS_INVALID, ALWAYS_VALID, Gateway},
    refusal::{expect_limit, passes_after},
    volume::{NO_OVERALL_LIMITS, fail, order, order_afresh},
};

#[tokio::test]
async fn the_sixth_certificate_for_one_set_is_refused() {
    let gateway = Gateway::start_with_stopped_clock(ALWAYS_VALID).await;
    let mut client = gateway.client().await;
    for _ in 0..5 {
        client.obtain(&["www.example.com", "example.com"]).await.expect("five fit");
    }

    let refused = order(&mut client, &["EXAMPLE.com", "www.example.com"]).await;
    let wait = expect_limit(
        &refused,
        gateway.now().await,
        "too many certificates (5) already issued for this exact set of identifiers in the last 168h0m0s",
        "new-certificates-per-exact-set-of-identifiers",
    );
    // Another account has no room of its own: the limit is global.
    let mut other = gateway.client().await;
    assert_eq!(order(&mut other, &["example.com", "www.example.com"]).await.status(), 429);
    // Another set has.
    assert_eq!(order(&mut client, &["www.example.com"]).await.status(), 201);
    passes_after(&gateway, wait, async || {
        order_afresh(&mut client, &["www.example.com", "example.com"]).await
    })
    .await;
}

#[tokio::test]
async fn certbot_shows_its_user_why_the_sixth_certificate_is_refused() {
    shows_the_refusal(Program::Certbot).await;
}

#[tokio::test]
async fn lego_shows_its_user_why_the_sixth_certificate_is_refused() {
    shows_the_refusal(Program::Lego).await;
}

async fn shows_the_refusal(program: Program) {
    let gateway = Gateway::start(ALWAYS_VALID).await;
    let client = Client::new(program);
    client.obtain(gateway.site(), &["example.com"]).await.expect_certificate(&["example.com"]);
    let mut other = gateway.client().await;
    for _ in 0..4 {
        other.obtain(&["example.com"]).await.expect("five fit");
    }

    let attempt = client.obtain(gateway.site(), &["example.com"]).await;
    // Some clients break lines.
    let shown = attempt.expect_refusal().split_whitespace().collect::<Vec<_>>().join(" ");
    let told = "too many certificates (5) already issued for this exact set of identifiers in the last 168h0m0s, \
                retry after ";
    assert!(shown.contains(told), "{shown}");
}

#[tokio::test]
async fn the_fifty_first_certificate_for_one_domain_is_refused_but_renewals_of_a_set_pass() {
    let gateway = Gateway::start_with_stopped_clock(&format!("{ALWAYS_VALID}{NO_OVERALL_LIMITS}")).await;
    let mut client = gateway.client().await;
    for number in 0..50 {
        client.obtain(&[&format!("host{number}.example.com")]).await.expect("fifty fit");
    }

    let refused = order(&mut client, &["host50.example.com", "www.example.org"]).await;
    let wait = expect_limit(
        &refused,
        gateway.now().await,
        "too many certificates (50) already issued for \"example.com\" in the last 168h0m0s",
        "new-certificates-per-registered-domain",
    );
    assert_eq!(order(&mut client, &["www.example.org"]).await.status(), 201, "another domain has room");
    assert_eq!(order(&mut client, &["host7.example.com"]).await.status(), 201, "a renewal by set is exempt");
    passes_after(&gateway, wait, async || {
        order_afresh(&mut client, &["host50.example.com", "www.example.org"]).await
    })
    .await;
}

#[tokio::test]
async fn the_eleventh_account_from_one_address_is_refused() {
    let gateway = Gateway::start_with_stopped_clock(NO_OVERALL_LIMITS).await;
    let mut first = gateway.client().await;
    for _ in 1..10 {
        gateway.client().await;
    }

    let mut eleventh = gateway.stranger().await;
    let refused = register(&mut eleventh).await;
    let wait = expect_limit(
        &refused,
        gateway.now().await,
        "too many new registrations (10) from this IP address in the last 3h0m0s",
        "new-registrations-per-ip-address",
    );
    assert_eq!(register(&mut first).await.status(), 200, "a known key registers nothing new");
    passes_after(&gateway, wait, async || register(&mut eleventh).await).await;
}

async fn register(client: &mut AcmeClient) -> Answer {
    client.forget_nonce();
    client.try_register().await.expect("the gateway answers")
}

#[tokio::test]
async fn the_three_hundred_first_order_of_an_account_is_refused_but_a_renewal_passes() {
    let gateway = Gateway::start_with_stopped_clock(&format!("{ALWAYS_VALID}{NO_OVERALL_LIMITS}")).await;
    let mut client = gateway.client().await;
    client.obtain(&["www.example.org"]).await.expect("a certificate to renew");
    for number in 1..300 {
        let answer = order(&mut client, &[&format!("host{number}.example.com")]).await;
        assert_eq!(answer.status(), 201, "order {number}: {}", answer.detail());
    }

    let refused = order(&mut client, &["host300.example.com"]).await;
    let wait = expect_limit(
        &refused,
        gateway.now().await,
        "too many new orders (300) from this account in the last 3h0m0s",
        "new-orders-per-account",
    );
    let mut other = gateway.client().await;
    assert_eq!(order(&mut other, &["host300.example.com"]).await.status(), 201, "another account has room");
    assert_eq!(order(&mut client, &["www.example.org"]).await.status(), 201, "a renewal by set is exempt");
    passes_after(&gateway, wait, async || order_afresh(&mut client, &["host300.example.com"]).await).await;
}

#[tokio::test]
async fn the_sixth_failure_for_a_name_is_refused_before_it_happens() {
    let gateway = Gateway::start_with_stopped_clock(ALWAYS_INVALID).await;
    let mut client = gateway.client().await;
    for _ in 0..5 {
        fail(&mut client, &["www.example.com"]).await;
    }

    let refused = order(&mut client, &["www.example.com", "mail.example.com"]).await;
    let wait = expect_limit(
        &refused,
        gateway.now().await,
        "too many failed authorizations (5) for \"www.example.com\" in the last 1h0m0s",
        "authorization-failures-per-identifier-per-account",
    );
    let blamed: Vec<_> = refused.json()["subproblems"]
        .as_array()
        .expect("one name among two is to blame")
        .iter()
        .map(|subproblem| subproblem["identifier"]["value"].clone())
        .collect();
    assert_eq!(blamed, ["www.example.com"]);
    assert_eq!(order(&mut client, &["mail.example.com"]).await.status(), 201, "another name has room");
    let mut other = gateway.client().await;
    assert_eq!(order(&mut other, &["www.example.com"]).await.status(), 201, "another account has room");
    passes_after(&gateway, wait, async || {
        order_afresh(&mut client, &["www.example.com", "mail.example.com"]).await
    })
    .await;
}
