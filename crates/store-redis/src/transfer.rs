//! All buckets of a server or a cluster, looked through beside its other callers, and buckets of other stores taken
//! over.

use redis::FromRedisValue;
use tollgate_engine::{Bucket, Timestamp};
use tollgate_store::{
    BucketId, StoreError, StoreFuture,
    transfer::{BucketTransfer, Part, Place},
};

use crate::{
    failure::Failure,
    script::{Call, Found, Task, id},
    store::RedisStore,
};

/// Keys a server looks at in one call: a fraction of a millisecond, in which it does nothing else.
const KEYS_PER_LOOK: usize = 1000;

/// Buckets taken in one call: a millisecond or two.
const BUCKETS_PER_CALL: usize = 500;

impl RedisStore {
    async fn look(&self, place: Place) -> Result<Part, StoreError> {
        let scan = Call::scan(place.cursor, KEYS_PER_LOOK);
        let (answer, is_last_node) = self.call_node(place.part, &scan).await?;
        let (cursor, keys) =
            <(u64, Vec<Vec<u8>>)>::from_redis_value(answer).map_err(|_| Failure::Malformed)?;
        let next = match cursor {
            0 if is_last_node => None,
            0 => Some(Place { part: place.part + 1, cursor: 0 }),
            cursor => Some(Place { cursor, ..place }),
        };

        let ids: Vec<_> = keys.iter().filter_map(|key| id(key)).collect();
        let mut buckets = Vec::with_capacity(ids.len());
        if ids.is_empty() {
            return Ok(Part { buckets, next });
        }
        for outcome in self.each(&Task::peek(&self.scripts, &ids, self.given(Timestamp::EPOCH))).await {
            let found = Found::read(&outcome.answer?, outcome.places.len())?;
            let held = outcome.places.into_iter().map(|place| ids[place]).zip(found.buckets);
            // What has expired since it was looked at is full.
            buckets.extend(held.filter(|(_, bucket)| *bucket != Bucket::default()));
        }
        Ok(Part { buckets, next })
    }

    async fn raise(&self, buckets: &[(BucketId, Bucket)], now: Timestamp) -> Result<(), StoreError> {
        for some in buckets.chunks(BUCKETS_PER_CALL) {
            self.all(&Task::raise(&self.scripts, some, self.given(now))).await?;
        }
        Ok(())
    }
}

impl BucketTransfer for RedisStore {
    fn part(&self, place: Place) -> StoreFuture<'_, Part> {
        StoreFuture::pending(self.look(place))
    }

    fn take<'a>(&'a self, buckets: &'a [(BucketId, Bucket)], now: Timestamp) -> StoreFuture<'a, ()> {
        StoreFuture::pending(self.raise(buckets, now))
    }
}
