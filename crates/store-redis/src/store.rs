//! The bucket store over one node.

use std::{fmt, time::Duration};

use redis::Script;
use tollgate_engine::{Action, Bucket, BucketState, Decision, Quota, Timestamp, Transaction};
use tollgate_store::{BucketId, BucketStore, Entry, StoreError, StoreFuture};

use crate::{Clock, RedisOptionsError, RedisStoreOptions, connection::Connection, failure::Failure, script};

/// Buckets on one Valkey or Redis server.
pub struct RedisStore {
    pub(crate) connection: Connection,
    clock: Clock,
    decide: Script,
    refund: Script,
    pub(crate) raise: Script,
}

impl RedisStore {
    /// A store over the server. A connection is made when it is first needed, so a server that is away is no error
    /// here.
    ///
    /// # Errors
    ///
    /// [`RedisOptionsError`]: the options do not go together.
    pub fn connect(options: &RedisStoreOptions) -> Result<Self, RedisOptionsError> {
        Ok(Self {
            connection: Connection::new(options.client()?, options.deadline),
            clock: options.clock,
            decide: script::decide(),
            refund: script::refund(),
            raise: script::raise(),
        })
    }

    async fn decide_batch(&self, batch: &[Entry], now: Timestamp) -> Result<Decision, StoreError> {
        refuse_impossible(batch)?;
        let keys: Vec<_> = batch.iter().map(|entry| script::key(entry.id)).collect();
        let mut charges = Vec::new();
        for entry in batch {
            script::put_charge(&entry.charge, &mut charges);
        }
        let time = script::time(self.given(now));
        let ask = async |connection| script::call(&self.decide, &keys, [&time, &charges], connection).await;
        let answer: Vec<Option<u64>> = self.connection.call(ask).await?;

        let (now, tats) = match answer.split_first() {
            Some((Some(now), tats)) if tats.len() == batch.len() => (Timestamp::from_nanos(*now), tats),
            _ => return Err(Failure::Malformed.into()),
        };
        let mut transaction = Transaction::new(now);
        for (entry, tat) in batch.iter().zip(tats) {
            transaction.charge(&entry.charge, bucket(*tat))?;
        }
        Ok(transaction.decide()?)
    }

    async fn refund_batch(&self, batch: &[Entry], now: Timestamp) -> Result<(), StoreError> {
        let (mut keys, mut increments) = (Vec::new(), Vec::new());
        for Entry { id, charge } in batch.iter().filter(|entry| entry.charge.action != Action::Check) {
            keys.push(script::key(*id));
            script::put_nanos(charge.quota.cost_increment_nanos(charge.cost), &mut increments);
        }
        if keys.is_empty() {
            return Ok(());
        }
        let time = script::time(self.given(now));
        let ask =
            async |connection| script::call(&self.refund, &keys, [&time, &increments], connection).await;
        let _: u64 = self.connection.call(ask).await?;
        Ok(())
    }

    async fn reset_buckets(&self, ids: &[BucketId]) -> Result<(), StoreError> {
        if ids.is_empty() {
            return Ok(());
        }
        let delete = script::delete(ids);
        let _: u64 =
            self.connection.call(async |mut connection| delete.query_async(&mut connection).await).await?;
        Ok(())
    }

    async fn peek_bucket(
        &self,
        id: BucketId,
        quota: &Quota,
        now: Timestamp,
    ) -> Result<BucketState, StoreError> {
        let peek = script::peek(id);
        let ((seconds, micros), tat): ((u64, u64), Option<u64>) =
            self.connection.call(async |mut connection| peek.query_async(&mut connection).await).await?;
        let server = Timestamp::from_secs(seconds).saturating_add(Duration::from_micros(micros));
        Ok(bucket(tat).state(quota, self.given(now).unwrap_or(server)))
    }

    pub(crate) fn given(&self, now: Timestamp) -> Option<Timestamp> {
        (self.clock == Clock::Given).then_some(now)
    }
}

/// Refuses what no server need be asked about: no charges, a cost above the burst, a bucket named twice.
fn refuse_impossible(batch: &[Entry]) -> Result<(), StoreError> {
    let mut transaction = Transaction::new(Timestamp::EPOCH);
    for entry in batch {
        transaction.charge(&entry.charge, Bucket::default())?;
    }
    transaction.decide()?;

    let mut ids: Vec<_> = batch.iter().map(|entry| entry.id).collect();
    ids.sort_unstable();
    match ids.array_windows().find(|[one, next]| one == next) {
        Some([id, _]) => Err(StoreError::DuplicateBucket { id: *id }),
        None => Ok(()),
    }
}

fn bucket(tat: Option<u64>) -> Bucket {
    tat.map_or_else(Bucket::default, |tat| Bucket::from_tat(Timestamp::from_nanos(tat)))
}

impl BucketStore for RedisStore {
    fn decide<'a>(&'a self, batch: &'a [Entry], now: Timestamp) -> StoreFuture<'a, Decision> {
        StoreFuture::pending(self.decide_batch(batch, now))
    }

    fn refund<'a>(&'a self, batch: &'a [Entry], now: Timestamp) -> StoreFuture<'a, ()> {
        StoreFuture::pending(self.refund_batch(batch, now))
    }

    fn reset<'a>(&'a self, ids: &'a [BucketId]) -> StoreFuture<'a, ()> {
        StoreFuture::pending(self.reset_buckets(ids))
    }

    fn peek<'a>(&'a self, id: BucketId, quota: &'a Quota, now: Timestamp) -> StoreFuture<'a, BucketState> {
        StoreFuture::pending(self.peek_bucket(id, quota, now))
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").field("clock", &self.clock).finish_non_exhaustive()
    }
}
