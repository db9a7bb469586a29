//! What is left, for those who ask.

use std::net::IpAddr;

use tollgate_engine::Quota;
use tollgate_limiter::{Standing, StandingError};
use tollgate_policy::{event::Subject, limit::LimitName};

use crate::fixture::*;

const MINUTE: std::time::Duration = std::time::Duration::from_secs(60);

fn told(standing: &[Standing]) -> Vec<(LimitName, &str, u64)> {
    standing.iter().map(|one| (one.limit, one.key.as_str(), one.remaining)).collect()
}

#[tokio::test]
async fn what_is_left_is_told_with_the_moments_it_comes_back_and_nothing_is_spent() {
    let world = World::new().await;
    let names = set(&["example.com", "www.example.org"]);
    for _ in 0..5 {
        world.obtain(&account(1), &["example.com", "www.example.org"]).await;
    }
    for _ in 0..100 {
        let standing = world.limiter.standing(Subject::Set(&names)).await.unwrap();
        assert_eq!(
            told(&standing),
            [
                (LimitName::CertificatesPerExactSet, "", 0),
                (LimitName::CertificatesPerRegisteredDomain, "example.com", 45),
                (LimitName::CertificatesPerRegisteredDomain, "example.org", 45),
            ]
        );
        let now = world.limiter.now();
        assert_eq!(standing[0].next_at, Some(now.saturating_add(7 * DAY / 5)));
        assert_eq!(standing[0].full_at, Some(now.saturating_add(7 * DAY)));
        assert_eq!(standing[1].next_at, None, "there is one");
    }
    world.advance(7 * DAY);
    let standing = world.limiter.standing(Subject::Set(&names)).await.unwrap();
    assert_eq!((standing[0].remaining, standing[0].next_at, standing[0].full_at), (5, None, None));
}

#[tokio::test]
async fn account_is_told_its_orders_and_its_failures() {
    let world = World::new().await;
    admitted(world.order(&account(1), &["a.test"]).await);
    world.limiter.validation_failed(&account(1), &name("a.test")).await.unwrap();
    let names = [name("a.test"), name("b.test")];
    let standing = world.limiter.standing(Subject::Account(&account(1), &names)).await.unwrap();
    assert_eq!(
        told(&standing),
        [
            (LimitName::NewOrdersPerAccount, account(1).as_str(), 299),
            (LimitName::AuthorizationFailuresPerIdentifier, "a.test", 4),
            (LimitName::AuthorizationFailuresPerIdentifier, "b.test", 5),
        ]
    );
}

#[tokio::test]
async fn address_is_told_its_new_accounts_and_those_of_its_range() {
    let world = World::new().await;
    let client: IpAddr = "2001:db8:1:2::3".parse().unwrap();
    admitted(world.limiter.admit_new_account(client).await);
    let standing = world.limiter.standing(Subject::Address(client)).await.unwrap();
    assert_eq!(
        told(&standing),
        [
            (LimitName::NewRegistrationsPerIp, "2001:db8:1:2::3", 9),
            (LimitName::NewRegistrationsPerIpv6Range, "2001:db8:1::/48", 499),
            (LimitName::OverrideRequestsPerIp, "2001:db8:1:2::3", 100),
        ]
    );
}

#[tokio::test]
async fn look_ups_are_counted_for_each_client_alone() {
    let world = World::new().await;
    let quota = Quota::new(2, MINUTE, 2).unwrap();
    let [one, neighbour, other] =
        ["2001:db8::1", "2001:db8::2", "192.0.2.1"].map(|address| address.parse().unwrap());
    assert!(world.limiter.count_look_up(one, quota).await.is_ok());
    assert!(world.limiter.count_look_up(neighbour, quota).await.is_ok());
    let refused = world.limiter.count_look_up(one, quota).await.unwrap_err();
    assert!(matches!(refused, StandingError::TooMany { retry_after } if retry_after == MINUTE / 2));
    assert!(world.limiter.count_look_up(other, quota).await.is_ok());
    world.advance(MINUTE / 2);
    assert!(world.limiter.count_look_up(one, quota).await.is_ok());
}
