//! Buckets in Valkey (7.2 or later) or Redis (7.0 or later), on one server or on a cluster, where each node that has
//! buckets of a decision is called (`cluster`).
//!
//! A decision is one script call to a server, which the server runs with nothing in between: it reads every bucket of the batch,
//! and writes all or none. It answers the time and the buckets as they were, from which the engine makes the decision
//! here, as it does for every other store.
//!
//! Decisions that come while a server is busy share calls (`together`), in which they are decided one after another: what a
//! call costs whatever it decides is more than a decision over a few buckets.
//!
//! What is lost when: the server answers before its data are on a disk or at a replica. A crash loses what its
//! persistence had not written yet, a failover what the replica had not received: up to those spends are granted again.
//! A call that failed by its deadline or a broken connection, or whose future was dropped after it was sent, may have spent all the same;
//! it is never sent a second time.

mod address;
mod breaker;
mod cluster;
mod failure;
mod node;
mod options;
mod script;
mod store;
mod together;
mod transfer;

pub use options::{
    Clock, RedisOptionsError, RedisServers, RedisStoreOptions, RedisTls, RedisUrl, RedisUrlError,
};
pub use store::RedisStore;
