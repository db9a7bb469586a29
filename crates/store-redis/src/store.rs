//! The bucket store over one server or a cluster.

use std::{fmt, sync::Arc};

use redis::Value;
use tollgate_engine::{Action, Bucket, BucketState, Decision, Quota, Timestamp, Transaction};
use tollgate_store::{BucketId, BucketStore, Entry, StoreError, StoreFuture};

use crate::{
    Clock, RedisOptionsError, RedisServers, RedisStoreOptions,
    address::Address,
    cluster::{Cluster, Outcome},
    failure::Failure,
    node::{Deadline, Node},
    script::{Call, Found, Refund, Scripts, Task},
    together::Together,
};

/// Buckets on a Valkey or Redis server, or on a cluster of them.
pub struct RedisStore {
    servers: Servers,
    pub(crate) scripts: Arc<Scripts>,
    options: RedisStoreOptions,
}

enum Servers {
    One(Arc<Together>),
    Cluster(Arc<Cluster>),
}

impl RedisStore {
    /// A store over the servers. A connection is made when it is first needed, so servers that are away are no error
    /// here.
    ///
    /// # Errors
    ///
    /// [`RedisOptionsError`]: the options do not go together.
    pub fn connect(options: &RedisStoreOptions) -> Result<Self, RedisOptionsError> {
        let scripts = Arc::new(Scripts::new());
        let servers = match &options.servers {
            RedisServers::One(url) => {
                let address = url.address().unwrap_or_else(Address::of_socket);
                let node = Node::new(options.client(url)?, address, options.connections_max);
                Servers::One(Arc::new(Together::new(node, options.connections_max)))
            }
            RedisServers::Cluster(seeds) => {
                Servers::Cluster(Arc::new(Cluster::new(options, seeds, scripts.clone())?))
            }
        };
        Ok(Self { servers, scripts, options: options.clone() })
    }

    async fn decide_batch(&self, batch: &[Entry], now: Timestamp) -> Result<Decision, StoreError> {
        refuse_impossible(batch)?;
        let given = self.given(now);
        let task = Task::decide(&self.scripts, batch.iter().map(|entry| (entry.id, &entry.charge)), given);
        let found = match &self.servers {
            Servers::One(server) => server.decide(task, self.deadline()).await?,
            Servers::Cluster(cluster) => return cluster.decide(batch, task, given, self.deadline()).await,
        };
        let mut transaction = Transaction::new(found.now);
        for (entry, bucket) in batch.iter().zip(&found.buckets) {
            transaction.charge(&entry.charge, *bucket)?;
        }
        Ok(transaction.decide()?)
    }

    async fn refund_batch(&self, batch: &[Entry], now: Timestamp) -> Result<(), StoreError> {
        let spent = batch.iter().filter(|entry| entry.charge.action != Action::Check);
        let refund = |Entry { id, charge }: &Entry| Refund {
            id: *id,
            nanos: charge.quota.cost_increment_nanos(charge.cost),
            full_since: Timestamp::MAX,
        };
        let refunds: Vec<_> = spent.map(refund).collect();
        if !refunds.is_empty() {
            self.all(&Task::refund(&self.scripts, &refunds, self.given(now))).await?;
        }
        Ok(())
    }

    async fn reset_buckets(&self, ids: &[BucketId]) -> Result<(), StoreError> {
        if !ids.is_empty() {
            self.all(&Task::reset(&self.scripts, ids)).await?;
        }
        Ok(())
    }

    async fn peek_bucket(
        &self,
        id: BucketId,
        quota: &Quota,
        now: Timestamp,
    ) -> Result<BucketState, StoreError> {
        let outcome = self.each(&Task::peek(&self.scripts, &[id], self.given(now))).await.pop();
        let found = Found::read(&outcome.ok_or(Failure::Malformed)?.answer?, 1)?;
        Ok(found.buckets[0].state(quota, found.now))
    }

    /// What becomes of each bucket of a task that need not come about as a whole.
    pub(crate) async fn each(&self, task: &Task) -> Vec<Outcome> {
        match &self.servers {
            Servers::One(server) => {
                let answer = server.node().call(&task.whole(), self.deadline()).await;
                vec![Outcome { places: (0..task.keys().len()).collect(), answer }]
            }
            Servers::Cluster(cluster) => cluster.each(task, self.deadline()).await,
        }
    }

    /// The same, where what is answered says nothing more.
    pub(crate) async fn all(&self, task: &Task) -> Result<(), Failure> {
        self.each(task).await.into_iter().try_for_each(|outcome| outcome.answer.map(drop))
    }

    /// Calls one node by its number, and says whether it is the last.
    pub(crate) async fn call_node(&self, number: usize, call: &Call) -> Result<(Value, bool), Failure> {
        match &self.servers {
            Servers::One(server) => Ok((server.node().call(call, self.deadline()).await?, true)),
            Servers::Cluster(cluster) => cluster.call_master(number, call, self.deadline()).await,
        }
    }

    fn deadline(&self) -> Deadline {
        Deadline::within(self.options.deadline)
    }

    pub(crate) fn given(&self, now: Timestamp) -> Option<Timestamp> {
        (self.options.clock == Clock::Given).then_some(now)
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
        f.debug_struct("RedisStore").field("options", &self.options).finish_non_exhaustive()
    }
}
