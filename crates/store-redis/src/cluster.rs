//! Decisions over buckets on several nodes of a cluster.
//!
//! Each node decides over its part of a decision, all parts at once, and spends what it allows. When any part denies or
//! fails, the others give back what they spent. So a bucket never grants more than its burst, whatever fails between;
//! for a moment it may grant less: another decision may be denied for what is about to be given back. Decisions of one
//! process over several nodes wait for each other where they share a bucket, for half their deadline: so this is one
//! decision of each process at most, but for those that wait for a silent node. While there is room for all that is asked for, nothing is ever denied.
//!
//! A denial is not tried again for that: who is over a limit would then cost the nodes twice, and a second look could
//! meet the next decision half way just as well.
//!
//! What may have been carried out, but was not answered, is neither repeated nor given back.

mod in_flight;
mod routes;
mod topology;

use std::sync::Arc;

use redis::Value;
use tokio::{sync::Semaphore, time::timeout_at};
use tollgate_engine::{Bucket, Decision, Timestamp, Transaction, Verdict};
use tollgate_store::{Entry, StoreError};

use crate::{
    RedisOptionsError, RedisStoreOptions, RedisUrl,
    failure::Failure,
    node::Deadline,
    script::{Call, Found, Refund, Scripts, Task},
};
use in_flight::InFlight;
use routes::Routes;

pub(crate) use routes::Outcome;

/// Decisions under way at once, those included that nobody waits for any more; further ones wait, within their
/// deadlines.
const DECISIONS_MAX: usize = 4096;

pub(crate) struct Cluster {
    routes: Routes,
    scripts: Arc<Scripts>,
    options: RedisStoreOptions,
    in_flight: InFlight,
    room: Arc<Semaphore>,
}

impl Cluster {
    pub(crate) fn new(
        options: &RedisStoreOptions,
        seeds: &[RedisUrl],
        scripts: Arc<Scripts>,
    ) -> Result<Self, RedisOptionsError> {
        Ok(Self {
            routes: Routes::new(options.clone(), seeds)?,
            scripts,
            options: options.clone(),
            in_flight: InFlight::default(),
            room: Arc::new(Semaphore::new(DECISIONS_MAX)),
        })
    }

    /// Decides in a task of its own, so that what has to be given back is, even when nobody waits any more.
    pub(crate) async fn decide(
        self: &Arc<Self>,
        batch: &[Entry],
        task: Task,
        now: Option<Timestamp>,
        deadline: Deadline,
    ) -> Result<Decision, StoreError> {
        let passed = || StoreError::from(deadline.passed());
        let Ok(room) = timeout_at(deadline.at, self.room.clone().acquire_owned()).await else {
            return Err(passed());
        };
        let (cluster, batch) = (self.clone(), batch.to_vec());
        let decision = tokio::spawn(async move {
            let decision = cluster.decide_to_the_end(&batch, &task, now, deadline).await;
            drop(room);
            decision
        });
        match timeout_at(deadline.at, decision).await {
            Ok(Ok(decision)) => decision,
            Ok(Err(_)) => Err(Failure::Malformed.into()),
            Err(_) => Err(passed()),
        }
    }

    async fn decide_to_the_end(
        &self,
        batch: &[Entry],
        task: &Task,
        now: Option<Timestamp>,
        deadline: Deadline,
    ) -> Result<Decision, StoreError> {
        let mut _entered = None;
        if self.routes.nodes_of(task, deadline).await > 1 {
            // No longer than that: who waits for a silent node must not take others along, who have other nodes to ask.
            let patience = deadline.at - self.options.deadline / 2;
            _entered = timeout_at(patience, self.in_flight.enter(task.keys())).await.ok();
        }
        let verdict = weigh(batch, self.routes.run(task, deadline).await);
        if !verdict.to_give_back.is_empty() {
            self.give_back(&verdict.to_give_back, now).await;
        }
        verdict.decision
    }

    /// Gives back what a decision spent that did not come about; with a deadline of its own.
    async fn give_back(&self, refunds: &[Refund], now: Option<Timestamp>) {
        let task = Task::refund(&self.scripts, refunds, now);
        let outcomes = self.routes.run(&task, Deadline::within(self.options.deadline)).await;
        for Outcome { places, answer } in outcomes {
            let buckets = places.len() as u64;
            metrics::counter!("tollgate_redis_given_back_total").increment(buckets);
            if let Err(failure) = answer {
                metrics::counter!("tollgate_redis_give_backs_lost_total").increment(buckets);
                tracing::warn!(error = %failure, buckets, "a decision that did not come about stays spent");
            }
        }
    }

    /// What becomes of each bucket of a task that need not come about as a whole.
    pub(crate) async fn each(&self, task: &Task, deadline: Deadline) -> Vec<Outcome> {
        self.routes.run(task, deadline).await
    }

    /// Calls one master by its number among them, and says whether it is the last.
    pub(crate) async fn call_master(
        &self,
        number: usize,
        call: &Call,
        deadline: Deadline,
    ) -> Result<(Value, bool), Failure> {
        self.routes.call_master(number, call, deadline).await
    }
}

struct Weighed {
    decision: Result<Decision, StoreError>,
    to_give_back: Vec<Refund>,
}

/// The decision, of those of the nodes.
fn weigh(batch: &[Entry], outcomes: Vec<Outcome>) -> Weighed {
    let mut buckets = vec![Bucket::default(); batch.len()];
    let mut spent = Vec::new();
    let (mut reference, mut all_allow, mut failed) = (None, true, None);
    for Outcome { places, answer } in outcomes {
        let found = match answer.and_then(|answer| Found::read(&answer, places.len())) {
            Ok(found) => found,
            Err(failure) => {
                failed.get_or_insert(StoreError::from(failure));
                continue;
            }
        };
        match part(batch, &places, &found) {
            Ok(Some(part)) => spent.extend(part),
            Ok(None) => all_allow = false,
            Err(error) => _ = failed.get_or_insert(error),
        }
        // The nodes' clocks differ: what counts is how long each bucket has until it is full.
        let reference = *reference.get_or_insert(found.now);
        for (place, bucket) in places.into_iter().zip(found.buckets) {
            buckets[place] = shifted(bucket, found.now, reference);
        }
    }
    let decision = match (failed, reference) {
        (Some(failure), _) => Err(failure),
        (None, Some(now)) => decision(batch, &buckets, now),
        (None, None) => Err(Failure::Malformed.into()),
    };
    let came_about = all_allow && decision.is_ok();
    Weighed { decision, to_give_back: if came_about { Vec::new() } else { spent } }
}

/// What a node spent of its part, or that it denied, from what it found: the engine decides as the node did.
fn part(batch: &[Entry], places: &[usize], found: &Found) -> Result<Option<Vec<Refund>>, StoreError> {
    let mut transaction = Transaction::new(found.now);
    let mut spent = Vec::new();
    for (&place, &before) in places.iter().zip(&found.buckets) {
        let Entry { id, charge } = batch[place];
        let after = transaction.charge(&charge, before)?;
        // A record stops at empty, so it may have taken less than its cost.
        let full_since = before.tat().max(found.now);
        let nanos = after.tat().as_nanos().saturating_sub(full_since.as_nanos());
        if after != before && nanos > 0 {
            spent.push(Refund { id, nanos, full_since });
        }
    }
    Ok((transaction.decide()?.verdict == Verdict::Allow).then_some(spent))
}

fn decision(batch: &[Entry], buckets: &[Bucket], now: Timestamp) -> Result<Decision, StoreError> {
    let mut transaction = Transaction::new(now);
    for (entry, bucket) in batch.iter().zip(buckets) {
        transaction.charge(&entry.charge, *bucket)?;
    }
    Ok(transaction.decide()?)
}

/// As full at `reference` as it is at `now`.
fn shifted(bucket: Bucket, now: Timestamp, reference: Timestamp) -> Bucket {
    match bucket.is_full(now) {
        true => Bucket::default(),
        false => Bucket::from_tat(reference.saturating_add(bucket.tat().since(now))),
    }
}
