//! A bucket store that fails or does not answer: each limit's own failure mode, within the deadline.

use std::sync::Arc;

use tollgate_engine::{BucketState, Decision, Quota, Timestamp};
use tollgate_policy::{Policy, preset::Preset};
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

#[tokio::test(start_paused = true)]
async fn a_store_that_is_away_lets_through_by_the_presets() {
    for away in [Away::Failing, Away::Silent] {
        let world = World::with(Policy::preset(Preset::Letsencrypt), Arc::new(away), 0.0).await;
        let reservation = admitted(world.order(&account(1), &["a.test"]).await);
        assert!(reservation.quotas().is_empty(), "nothing is known, so nothing is told");
        world.limiter.refund(reservation).await;
        world.limiter.validation_failed(&account(1), &name("a.test")).await.unwrap();
        world.limiter.validation_succeeded(&account(1), &name("a.test")).await;
    }
}
