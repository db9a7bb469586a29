//! All buckets of a server, looked through beside its other callers, and buckets of other stores taken over.

use tollgate_engine::{Bucket, Timestamp};
use tollgate_store::{
    BucketId, StoreError, StoreFuture,
    transfer::{BucketTransfer, Part, Place},
};

use crate::{failure::Failure, script, store::RedisStore};

/// Keys the server looks at in one call: a fraction of a millisecond, in which it does nothing else.
const KEYS_PER_LOOK: usize = 1000;

/// Buckets taken in one call: a millisecond or two.
const BUCKETS_PER_CALL: usize = 500;

impl RedisStore {
    async fn look(&self, place: Place) -> Result<Part, StoreError> {
        let scan = script::scan(place.cursor, KEYS_PER_LOOK);
        let (cursor, keys): (u64, Vec<Vec<u8>>) =
            self.connection.call(async |mut connection| scan.query_async(&mut connection).await).await?;
        let ids: Vec<_> = keys.iter().filter_map(|key| script::id(key)).collect();
        let next = (cursor != 0).then_some(Place { cursor, ..place });
        if ids.is_empty() {
            return Ok(Part { buckets: Vec::new(), next });
        }

        let read = script::read(&ids);
        let tats: Vec<Option<u64>> =
            self.connection.call(async |mut connection| read.query_async(&mut connection).await).await?;
        if tats.len() != ids.len() {
            return Err(Failure::Malformed.into());
        }
        // What has expired since it was looked at is full.
        let held = ids.into_iter().zip(tats).filter_map(|(id, tat)| Some((id, tat?)));
        let buckets = held.map(|(id, tat)| (id, Bucket::from_tat(Timestamp::from_nanos(tat)))).collect();
        Ok(Part { buckets, next })
    }

    async fn raise(&self, buckets: &[(BucketId, Bucket)], now: Timestamp) -> Result<(), StoreError> {
        let time = script::time(self.given(now));
        for some in buckets.chunks(BUCKETS_PER_CALL) {
            let keys: Vec<_> = some.iter().map(|(id, _)| script::key(*id)).collect();
            let mut tats = Vec::new();
            for (_, bucket) in some {
                script::put_nanos(bucket.tat().as_nanos(), &mut tats);
            }
            let ask = async |connection| script::call(&self.raise, &keys, [&time, &tats], connection).await;
            let _: u64 = self.connection.call(ask).await?;
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
