//! New accounts and new orders: what is refused, until when, and what is exempt.

use std::time::Duration;

use jiff::ToSpan;
use tollgate_acme::certificate::CertificateId;
use tollgate_limiter::{Cause, NewOrder};
use tollgate_policy::{
    Policy, event::Exemption, limit::LimitName, message::Language, preset::Preset, renewal::Window,
};
use tollgate_records::{Admitted, Certificate, Issuance, Order};

use crate::fixture::*;

#[tokio::test]
async fn the_sixth_certificate_for_a_set_is_refused_until_the_told_wait_has_passed() {
    let world = World::new().await;
    for _ in 0..5 {
        world.obtain(&account(1), &["a.example.com", "b.example.com"]).await;
    }
    let refusal = refused(world.order(&account(1), &["b.example.com", "A.example.com."]).await);
    let (limit, wait) = limit_and_wait(&refusal);
    assert_eq!(limit, LimitName::CertificatesPerExactSet);

    world.advance(Duration::from_secs(wait - 1));
    refused(world.order(&account(1), &["a.example.com", "b.example.com"]).await);
    world.advance(Duration::from_secs(1));
    admitted(world.order(&account(1), &["a.example.com", "b.example.com"]).await);
}

#[tokio::test]
async fn the_told_moment_and_the_told_wait_are_the_same_moment_jitter_included() {
    for chance in [0.0, 0.5, 0.999] {
        let store = std::sync::Arc::new(tollgate_store::MemoryStore::new(Default::default()));
        let world = World::with(Policy::preset(Preset::Letsencrypt), store, chance).await;
        for _ in 0..5 {
            world.obtain(&account(1), &["a.example.com"]).await;
        }
        world.advance(Duration::from_nanos(123_456_789));
        let Cause::Limit { refusal, retry_after_seconds } =
            refused(world.order(&account(1), &["a.example.com"]).await).cause
        else {
            panic!("not a limit")
        };
        let retry_at = refusal.retry_at();
        assert_eq!(retry_at.as_nanos() % 1_000_000_000, 0, "{chance}");
        let wait = retry_at.since(world.limiter.now());
        assert_eq!(wait.as_nanos().div_ceil(1_000_000_000), u128::from(retry_after_seconds), "{chance}");
        // A fifth of a week for one certificate, and at most 3 % of it for jitter.
        let least = 7 * 24 * 3600 / 5 - 1;
        assert!(
            (least..=least * 103 / 100 + 2).contains(&retry_after_seconds),
            "{chance}: {retry_after_seconds}"
        );
    }
}

#[tokio::test]
async fn the_fifty_first_certificate_of_a_domain_is_refused_and_names_the_domain() {
    let world = World::new().await;
    for host in 0..50 {
        world.obtain(&account(host), &[&format!("h{host}.example.co.uk")]).await;
    }
    let refusal = refused(world.order(&account(99), &["new.example.co.uk", "other.test"]).await);
    assert_eq!(limit_and_wait(&refusal).0, LimitName::CertificatesPerRegisteredDomain);
    let detail = world.limiter.detail(&refusal, Language::English);
    assert!(
        detail.starts_with(
            r#"too many certificates (50) already issued for "example.co.uk" in the last 168h0m0s"#
        ),
        "{detail}"
    );
    assert_eq!(refusal.identifiers, [name("new.example.co.uk")], "one identifier among several is the cause");
}

#[tokio::test]
async fn the_301st_order_of_an_account_is_refused_and_another_accounts_is_not() {
    let world = World::new().await;
    for host in 0..300 {
        admitted(world.order(&account(1), &[&format!("h{host}.test")]).await);
    }
    let (limit, _) = limit_and_wait(&refused(world.order(&account(1), &["one-more.test"]).await));
    assert_eq!(limit, LimitName::NewOrdersPerAccount);
    admitted(world.order(&account(2), &["one-more.test"]).await);
}

#[tokio::test]
async fn two_hundred_orders_at_once_pass_no_more_than_the_burst() {
    let world = std::sync::Arc::new(World::new().await);
    for host in 0..250 {
        admitted(world.order(&account(1), &[&format!("h{host}.test")]).await);
    }
    let mut tasks = tokio::task::JoinSet::new();
    for host in 0..200 {
        let world = world.clone();
        tasks.spawn(async move {
            let admission = world.order(&account(1), &[&format!("p{host}.test")]).await;
            matches!(admission, tollgate_limiter::Admission::Admitted(_))
        });
    }
    let admitted = tasks.join_all().await.into_iter().filter(|passed| *passed).count();
    assert_eq!(admitted, 50);
}

#[tokio::test]
async fn the_eleventh_account_of_an_address_is_refused_and_a_refund_makes_room() {
    let world = World::new().await;
    let address = "192.0.2.7".parse().unwrap();
    let mut reservations = Vec::new();
    for _ in 0..10 {
        reservations.push(admitted(world.limiter.admit_new_account(address).await));
    }
    let (limit, _) = limit_and_wait(&refused(world.limiter.admit_new_account(address).await));
    assert_eq!(limit, LimitName::NewRegistrationsPerIp);
    world.limiter.refund(reservations.pop().unwrap()).await;
    admitted(world.limiter.admit_new_account(address).await);
    refused(world.limiter.admit_new_account(address).await);
}

#[tokio::test]
async fn a_refused_order_spends_nothing() {
    let world = World::new().await;
    for _ in 0..5 {
        world.obtain(&account(1), &["a.example.com"]).await;
    }
    for _ in 0..400 {
        refused(world.order(&account(1), &["a.example.com"]).await);
    }
    admitted(world.order(&account(1), &["b.example.com"]).await);
}

#[tokio::test]
async fn a_renewal_by_set_passes_a_domain_and_an_account_that_are_used_up() {
    let world = World::new().await;
    remember_issued(&world, &["renewed.example.com"]).await;
    for host in 0..300 {
        world.obtain_elsewhere(host).await;
    }
    let reservation = admitted(world.order(&account(1), &["renewed.example.com"]).await);
    assert_eq!(reservation.exemption(), Exemption::RenewalBySet);
    refused(world.order(&account(1), &["renewed.example.com", "more.example.com"]).await);

    world.advance(121 * DAY);
    let late = admitted(world.order(&account(1), &["renewed.example.com"]).await);
    assert_eq!(late.exemption(), Exemption::None, "120 days are over");
}

impl World {
    async fn obtain_elsewhere(&self, host: u32) {
        let host = format!("h{host}.example.com");
        let admission = self.order(&account(1), &[&host]).await;
        if let tollgate_limiter::Admission::Admitted(_) = admission {
            self.limiter.issued(&account(1), &set(&[&host]), NOT_EXEMPT).await;
        }
    }
}

async fn remember_issued(world: &World, names: &[&str]) {
    let order = order("/order/seen", names, world.moment());
    world.limiter.records().save_order(&order).await.unwrap();
    assert!(world.limiter.records().claim_issuance(&order.id, world.moment()).await.unwrap());
}

fn order(path: &str, names: &[&str], created: jiff::Timestamp) -> Order {
    Order {
        id: tollgate_acme::resource::ResourcePath::of(path).unwrap(),
        account: account(1),
        identifiers: set(names),
        admitted: Admitted::Limited,
        replaces: None,
        status: tollgate_acme::order::OrderStatus::Valid,
        issuance: Issuance::NotCounted,
        created,
    }
}

const CERTIFICATE: &str = "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE";

/// 90 days from the start of the test, so the window is centred on day 60 and reaches 21.6 hours.
async fn certificate_of(world: &World, owner: u32) -> CertificateId {
    let id = CertificateId::parse(CERTIFICATE).unwrap();
    let not_before = world.moment();
    let certificate = Certificate {
        id: id.clone(),
        account: account(owner),
        order: None,
        identifiers: set(&["*.example.com", "example.com"]),
        not_before,
        not_after: not_before + 2160.hours(),
        revoked: false,
        replaced_by: None,
    };
    world.limiter.records().save_certificate(&certificate).await.unwrap();
    id
}

async fn replacing(
    world: &World,
    id: &CertificateId,
    names: &[&str],
    issuer_window: Option<Window>,
) -> Exemption {
    let identifiers = set(names);
    let order =
        NewOrder { account: &account(1), identifiers: &identifiers, replaces: Some(id), issuer_window };
    admitted(world.limiter.admit_new_order(order).await).exemption()
}

#[tokio::test]
async fn an_order_that_replaces_inside_the_window_is_exempt_and_outside_is_not() {
    let world = World::new().await;
    let id = certificate_of(&world, 1).await;
    world.advance(58 * DAY);
    assert_eq!(replacing(&world, &id, &["www.example.com"], None).await, Exemption::None, "two days early");
    world.advance(2 * DAY);
    assert_eq!(replacing(&world, &id, &["www.example.com"], None).await, Exemption::Ari);
    assert_eq!(
        replacing(&world, &id, &["other.test"], None).await,
        Exemption::None,
        "no identifier in common"
    );
    world.advance(DAY);
    assert_eq!(
        replacing(&world, &id, &["www.example.com"], None).await,
        Exemption::None,
        "the window is over"
    );
}

#[tokio::test]
async fn the_issuers_own_window_is_authoritative() {
    let world = World::new().await;
    let id = certificate_of(&world, 1).await;
    let now = world.moment();
    let window = Window { start: now, end: now + 1.hours() };
    assert_eq!(replacing(&world, &id, &["example.com"], Some(window)).await, Exemption::Ari);
    world.advance(HOUR);
    assert_eq!(
        replacing(&world, &id, &["example.com"], Some(window)).await,
        Exemption::None,
        "the end is excluded"
    );
}

#[tokio::test]
async fn a_made_up_or_foreign_replaces_exempts_nothing() {
    let world = World::new().await;
    let foreign = certificate_of(&world, 2).await;
    let made_up = CertificateId::parse("AAAA.AQ").unwrap();
    world.advance(60 * DAY);
    for id in [foreign, made_up] {
        assert_eq!(replacing(&world, &id, &["example.com"], None).await, Exemption::None, "{id}");
    }
}

#[tokio::test]
async fn an_ari_renewal_passes_limits_that_are_used_up() {
    let world = World::new().await;
    let id = certificate_of(&world, 1).await;
    world.advance(60 * DAY);
    for _ in 0..5 {
        world.obtain(&account(3), &["example.com"]).await;
    }
    refused(world.order(&account(1), &["example.com"]).await);
    assert_eq!(replacing(&world, &id, &["example.com"], None).await, Exemption::Ari);
}
