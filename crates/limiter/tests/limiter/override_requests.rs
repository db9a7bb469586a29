use std::num::NonZeroU64;

use tollgate_limiter::SpentUnits;
use tollgate_policy::{limit::LimitName, message::Language, overrides::Subject};
use tollgate_records::{Approval, Decided, EmailAddress, OverrideForm, StoredOverride};

use crate::fixture::*;

const DOMAINS: LimitName = LimitName::CertificatesPerRegisteredDomain;
const ORDERS: LimitName = LimitName::NewOrdersPerAccount;

async fn asked(world: &World, number: u8, limit: LimitName, subject: &str, tier: u64) -> u64 {
    let form = OverrideForm {
        limit,
        subject: Subject::parse(limit, subject).unwrap(),
        tier: NonZeroU64::new(tier).unwrap(),
        email: EmailAddress("anna@example.com".to_owned()),
        organisation: "Example Hosting".to_owned(),
        use_case: "a certificate for each customer".to_owned(),
        language: Language::English,
    };
    let records = world.limiter.records();
    records.submit_override_request(form, [number; 32], world.moment()).await.unwrap().expect("there is room")
}

fn approval(force: bool) -> Approval {
    Approval { author: "ann".to_owned(), reason: "known".to_owned(), expires: None, force }
}

async fn approve(world: &World, id: u64, force: bool, spent: SpentUnits) {
    let decided = world.limiter.approve_override_request(id, approval(force), spent).await.unwrap();
    assert!(matches!(decided, Decided::Done(_)), "{decided:?}");
    // As every gateway does within a second.
    let stored = world.limiter.records().overrides().await.unwrap();
    let policy =
        world.limiter.policy().with_overrides(stored.overrides.iter().map(StoredOverride::in_policy));
    world.limiter.set_policy(policy.into());
}

/// Uses up example.com and example.org, 50 certificates each.
async fn used_up() -> World {
    let world = World::new().await;
    for domain in ["example.com", "example.org"] {
        for number in 0..50 {
            world.obtain(&account(number), &[&format!("n{number}.{domain}")]).await;
        }
        refused(world.order(&account(1), &[&format!("new.{domain}")]).await);
    }
    world
}

#[tokio::test]
async fn approval_lets_the_refused_client_pass_and_resets_no_other_bucket() {
    let world = used_up().await;
    let id = asked(&world, 1, DOMAINS, "example.com", 300).await;
    approve(&world, id, false, SpentUnits::Forgiven).await;
    admitted(world.order(&account(1), &["new.example.com"]).await);
    refused(world.order(&account(1), &["new.example.org"]).await);
    let audit = world.limiter.records().audit(None, 1).await.unwrap();
    assert_eq!(
        (audit[0].what.as_str(), audit[0].who.as_str(), audit[0].why.as_str()),
        ("bucket reset", "ann", "known")
    );
    assert_eq!(audit[0].subject, "certificates-per-registered-domain example.com");
}

#[tokio::test]
async fn spent_units_are_kept_where_the_operator_says_so() {
    let world = used_up().await;
    let id = asked(&world, 1, DOMAINS, "example.com", 300).await;
    approve(&world, id, false, SpentUnits::Kept).await;
    refused(world.order(&account(1), &["new.example.com"]).await);
    let audit = world.limiter.records().audit(None, 9).await.unwrap();
    assert!(audit.iter().all(|entry| entry.what != "bucket reset"), "{audit:?}");
}

#[tokio::test]
async fn what_does_not_raise_the_numbers_resets_nothing() {
    let world = World::new().await;
    // (tier, forced, resets so far)
    for (number, (tier, force, resets)) in
        [(1000, false, 1), (1000, false, 1), (300, true, 1), (1000, false, 2)].into_iter().enumerate()
    {
        let id = asked(&world, number.try_into().unwrap(), DOMAINS, "example.com", tier).await;
        approve(&world, id, force, SpentUnits::Forgiven).await;
        let audit = world.limiter.records().audit(None, 99).await.unwrap();
        let reset = audit.iter().filter(|entry| entry.what == "bucket reset").count();
        assert_eq!(reset, resets, "{number}: {tier}");
    }
}

#[tokio::test]
async fn orders_of_an_account_pass_at_every_gateway_after_an_approval() {
    let world = World::new().await;
    let account = account(1);
    for number in 0..300 {
        admitted(world.order(&account, &[&format!("n{number}.example")]).await);
    }
    refused(world.order(&account, &["new.example"]).await);
    let id = asked(&world, 1, ORDERS, account.as_str(), 1000).await;
    let other = world.another_gateway();
    other.approve_override_request(id, approval(false), SpentUnits::Forgiven).await.unwrap();
    assert_eq!(other.policy().overrides().len(), 1, "the new numbers count before the bucket is full");
    admitted(world.order(&account, &["new.example"]).await);
}
