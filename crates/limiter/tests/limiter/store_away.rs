//! A bucket store that fails or does not answer: each limit's own failure mode, within the deadline.

use std::{sync::Arc, time::Duration};

use tollgate_engine::{BucketState, Decision, Quota, Timestamp};
use tollgate_limiter::Cause;
use tollgate_policy::{Policy, limit::LimitName};
use tollgate_store::{BucketId, BucketStore, Entry, StoreError, StoreFuture};

use crate::fixture::*;

/// How a store is away.
enum Away {
    Failing,
    Silent,
}

impl Away {
    fn answer<T: Send + 'static>(&self) -> StoreFuture<'static, T> {
        match self {
            Self::Failing => StoreFuture::ready(Err(StoreError::Full { buckets_max: 1 })),
            Self::Silent => StoreFuture::pending(std::future::pending()),
        }
    }
}

impl BucketStore for Away {
    fn decide<'a>(&'a self, _: &'a [Entry], _: Timestamp) -> StoreFuture<'a, Decision> {
        self.answer()
    }
    fn refund<'a>(&'a self, _: &'a [Entry], _: Timestamp) -> StoreFuture<'a, ()> {
        self.answer()
    }
    fn reset<'a>(&'a self, _: &'a [BucketId]) -> StoreFuture<'a, ()> {
        self.answer()
    }
    fn peek<'a>(&'a self, _: BucketId, _: &'a Quota, _: Timestamp) -> StoreFuture<'a, BucketState> {
        self.answer()
    }
}

/// Short, since the store that keeps silent is waited for in real time.
const DEADLINE: Duration = Duration::from_millis(2);

async fn without_store(away: Away, config: &str) -> World {
    let raw = toml::from_str(config).expect("a configuration");
    let policy = Policy::from_raw(&raw).expect("a policy");
    World::with_deadline(policy, Arc::new(away), 0.0, DEADLINE).await
}

#[tokio::test]
async fn a_store_that_is_away_lets_through_by_the_presets() {
    for away in [Away::Failing, Away::Silent] {
        let world = without_store(away, "").await;
        let reservation = admitted(world.order(&account(1), &["a.test"]).await);
        assert!(reservation.quotas().is_empty(), "nothing is known, so nothing is told");
        world.limiter.refund(reservation).await;
        world.limiter.validation_failed(&account(1), &name("a.test")).await.unwrap();
        world.limiter.validation_succeeded(&account(1), &name("a.test")).await;
    }
}

#[tokio::test]
async fn a_limit_that_says_deny_refuses_and_only_what_it_concerns() {
    let config = "[limits.new-orders-per-account]\non-store-failure = \"deny\"";
    for away in [Away::Failing, Away::Silent] {
        let world = without_store(away, config).await;
        let refusal = refused(world.order(&account(1), &["a.test"]).await);
        assert_eq!(refusal.cause, Cause::Unavailable { limit: LimitName::NewOrdersPerAccount });
        admitted(world.limiter.admit_new_account("192.0.2.7".parse().unwrap()).await);
    }
}

#[tokio::test]
async fn a_limit_that_only_observes_never_refuses_and_never_hides_another() {
    let config =
        "[limits.certificates-per-exact-set]\nenforce = false\n[limits.new-orders-per-account]\ncount = 7";
    let policy = Policy::from_raw(&toml::from_str(config).unwrap()).unwrap();
    let world = World::with_policy(policy).await;
    for _ in 0..7 {
        world.obtain(&account(1), &["a.test"]).await;
    }
    let (limit, _) = limit_and_wait(&refused(world.order(&account(1), &["a.test"]).await));
    assert_eq!(limit, LimitName::NewOrdersPerAccount);
}

#[tokio::test]
async fn a_policy_put_in_force_counts_from_the_next_decision_on() {
    let world = World::new().await;
    for _ in 0..5 {
        world.obtain(&account(1), &["a.test"]).await;
    }
    refused(world.order(&account(1), &["a.test"]).await);
    let raw = toml::from_str("[limits.certificates-per-exact-set]\ncount = 10\nperiod = \"14d\"").unwrap();
    world.limiter.set_policy(Arc::new(Policy::from_raw(&raw).unwrap()));
    admitted(world.order(&account(1), &["a.test"]).await);
}
