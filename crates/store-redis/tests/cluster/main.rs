//! The store on a real cluster, also while nodes fail and slots move.

mod contention;
mod crash;
mod load;
mod tls;

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use tollgate_engine::{Action, Charge, Cost, Quota, Timestamp, Verdict};
use tollgate_store::{
    BucketStore, Entry, HashKey, StoreError,
    transfer::{BucketTransfer, Place},
};
use tollgate_store_redis::{Clock, RedisServers, RedisStore, RedisStoreOptions};
use tollgate_test_servers::{process::Signal, redis_cluster::RedisCluster};

use load::Load;

/// Long enough for a busy machine.
const PATIENT: Duration = Duration::from_secs(60);
/// Ignored: the nodes' clocks decide.
const NOW: Timestamp = Timestamp::EPOCH;
const BURST: u64 = 50;

mod conformance {
    use super::*;

    tollgate_store::conformance_suite!(empty_store().await);

    async fn empty_store() -> Arc<dyn BucketStore> {
        let cluster = RedisCluster::start(3, false, &[]).await;
        Arc::new(tollgate_store::conformance::Keeping(store(&cluster, PATIENT, Clock::Given), cluster))
    }
}

fn store(cluster: &RedisCluster, deadline: Duration, clock: Clock) -> RedisStore {
    connect(&RedisStoreOptions { deadline, clock, ..options(cluster) })
}

fn connect(options: &RedisStoreOptions) -> RedisStore {
    RedisStore::connect(options).expect("they go together")
}

fn options(cluster: &RedisCluster) -> RedisStoreOptions {
    let urls = cluster.urls().iter().map(|url| url.parse().expect("the URL makes sense")).collect();
    RedisStoreOptions::new(RedisServers::Cluster(urls))
}

/// A burst of which nothing comes back while a test runs.
fn quota() -> Quota {
    Quota::new(1, Duration::from_secs(3600), BURST).expect("representable")
}

fn entry(number: u64, cost: u64) -> Entry {
    let charge = Charge { quota: quota(), cost: Cost(cost), action: Action::Spend };
    Entry { id: HashKey::new([1; 16]).bucket(0, &[&number.to_le_bytes()]), charge }
}

async fn verdict(store: &RedisStore, batch: &[Entry]) -> Result<Verdict, StoreError> {
    store.decide(batch, NOW).await.map(|decision| decision.verdict)
}

async fn left(store: &RedisStore, number: u64) -> u64 {
    store.peek(entry(number, 1).id, &quota(), NOW).await.expect("the node answers").remaining
}

/// Asks again until so much is left. The servers are processes of their own, whose clock nobody can move.
async fn wait_until_left(store: &RedisStore, number: u64, wanted: u64) {
    let asking = async {
        while left(store, number).await != wanted {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENT, asking).await.unwrap_or_else(|_| panic!("{wanted} are left of {number}"));
}

/// What each bucket has left.
async fn rest(store: &RedisStore, buckets: u64) -> Vec<u64> {
    let mut rest = Vec::new();
    for number in 0..buckets {
        rest.push(left(store, number).await);
    }
    rest
}

#[tokio::test]
async fn slots_that_move_under_load_grant_nothing_twice_and_nothing_fails() {
    let cluster = RedisCluster::start(3, false, &[]).await;
    slots_move_under_load(&cluster, store(&cluster, PATIENT, Clock::Server)).await;
}

async fn slots_move_under_load(cluster: &RedisCluster, store: RedisStore) {
    const BUCKETS: u64 = 4000;
    let store = Arc::new(store);
    let load = Load::start(&store, BUCKETS);
    load.goes_on(1000).await;
    cluster.reshard(3000, 0, 1).await;
    load.goes_on(1000).await;
    cluster.reshard(2000, 2, 0).await;
    load.goes_on(1000).await;
    let (admitted, failed) = load.stop().await;
    assert_eq!(failed, 0, "a bucket on the move is found");
    nothing_is_lost(&store, &admitted).await;
}

/// What each bucket has granted and what it has left make its burst.
async fn nothing_is_lost(store: &RedisStore, admitted: &[u64]) {
    let rest = rest(store, admitted.len() as u64).await;
    for (number, (admitted, rest)) in admitted.iter().zip(rest).enumerate() {
        assert_eq!(admitted + rest, BURST, "bucket {number}");
    }
}

#[tokio::test]
async fn master_that_becomes_a_replica_under_load_loses_nothing_and_fails_nothing() {
    let cluster = RedisCluster::start(3, true, &[]).await;
    let store = Arc::new(store(&cluster, PATIENT, Clock::Server));
    let load = Load::start(&store, 4000);
    load.goes_on(1000).await;
    cluster.ask(3, &["CLUSTER", "FAILOVER"]).await;
    cluster.wait_until(0, &["ROLE"], "slave").await;
    load.goes_on(1000).await;
    let (admitted, failed) = load.stop().await;
    assert_eq!(failed, 0, "the new master is found");
    nothing_is_lost(&store, &admitted).await;
}

#[tokio::test]
async fn master_that_wants_a_replica_beside_it_is_unavailable_without_one_and_recovers() {
    let arguments =
        ["--min-replicas-to-write", "1", "--min-replicas-max-lag", "1", "--repl-ping-replica-period", "1"];
    let mut cluster = RedisCluster::start(3, true, &arguments).await;
    let store = store(&cluster, PATIENT, Clock::Server);
    let (there, alone) = (number_on(&cluster, 0).await, number_on(&cluster, 1).await);
    cluster.node_mut(4).kill().await;
    cluster.wait_until(1, &["INFO", "replication"], "connected_slaves:0").await;
    for beside in [vec![entry(alone, 1)], vec![entry(there, 1), entry(alone, 1)]] {
        let refused = verdict(&store, &beside).await;
        assert!(format!("{refused:?}").contains("NOREPLICAS"), "{refused:?}");
    }
    assert_eq!(left(&store, there).await, BURST, "it is given back");
    assert_eq!(verdict(&store, &[entry(there, 1)]).await.expect("it has its replica"), Verdict::Allow);

    cluster.node_mut(4).restart().await;
    cluster.wait_until(1, &["INFO", "replication"], "min_slaves_good_slaves:1").await;
    assert_eq!(verdict(&store, &[entry(alone, 1)]).await.expect("it is back"), Verdict::Allow);
}

#[tokio::test]
async fn bucket_of_a_slot_that_is_half_way_is_found_on_either_side() {
    let cluster = RedisCluster::start(3, false, &[]).await;
    let store = store(&cluster, PATIENT, Clock::Server);
    let moving = number_on(&cluster, 0).await;
    let ids: Vec<_> = (0..3).map(|node| cluster.ask(node, &["CLUSTER", "MYID"])).collect();
    let ids = futures_util::future::join_all(ids).await;
    let spends = async |left_then: u64| {
        // Beside buckets of every node, and alone.
        let beside: Vec<_> = (0..20).map(|number| entry(number, 1)).chain([entry(moving, 1)]).collect();
        assert_eq!(verdict(&store, &beside).await.expect("it is found"), Verdict::Allow);
        assert_eq!(verdict(&store, &[entry(moving, 1)]).await.expect("it is found"), Verdict::Allow);
        assert_eq!(left(&store, moving).await, left_then);
    };
    assert_eq!(verdict(&store, &[entry(moving, 1)]).await.expect("it answers"), Verdict::Allow);
    let client = redis::Client::open(cluster.node(0).url()).expect("the URL makes sense");
    let mut source = client.get_multiplexed_async_connection().await.expect("the node runs");
    let key: Vec<u8> = redis::cmd("RANDOMKEY").query_async(&mut source).await.expect("it has one");
    let mut ask_slot = redis::cmd("CLUSTER");
    let slot: u64 = ask_slot.arg("KEYSLOT").arg(&key).query_async(&mut source).await.expect("it has a slot");
    let slot = slot.to_string();

    cluster.ask(1, &["CLUSTER", "SETSLOT", &slot, "IMPORTING", &ids[0]]).await;
    cluster.ask(0, &["CLUSTER", "SETSLOT", &slot, "MIGRATING", &ids[1]]).await;
    spends(BURST - 3).await;
    let mut migrate = redis::cmd("MIGRATE");
    migrate.arg("127.0.0.1").arg(cluster.node(1).port()).arg(&key).arg(0).arg(5000);
    let _: String = migrate.query_async(&mut source).await.expect("the key moves");
    spends(BURST - 5).await;
    store.refund(&[entry(moving, 1)], NOW).await.expect("it is found");
    assert_eq!(left(&store, moving).await, BURST - 4);
    store.reset(&[entry(moving, 1).id]).await.expect("it is found");
    spends(BURST - 2).await;
    for node in [1, 0, 2] {
        cluster.ask(node, &["CLUSTER", "SETSLOT", &slot, "NODE", &ids[1]]).await;
    }
    spends(BURST - 4).await;
}

#[tokio::test]
async fn failover_under_load_loses_no_more_than_its_replica_had_not_received() {
    let cluster = RedisCluster::start(3, true, &[]).await;
    let store = store(&cluster, Duration::from_millis(500), Clock::Server);
    fails_over_under_load(cluster, store).await;
}

async fn fails_over_under_load(mut cluster: RedisCluster, store: RedisStore) {
    const BUCKETS: u64 = 4000;
    let store = Arc::new(store);
    let load = Load::start(&store, BUCKETS);
    load.goes_on(1000).await;
    // All that was answered until here is at the replica.
    let received = load.admitted();
    assert_eq!(cluster.ask(0, &["WAIT", "1", "10000"]).await, "1");
    cluster.node_mut(0).kill().await;
    let at_the_end = load.admitted();
    cluster.wait_until(3, &["ROLE"], "master").await;
    cluster.wait_until(1, &["CLUSTER", "INFO"], "cluster_state:ok").await;
    load.goes_on(1000).await;
    let (admitted, failed) = load.stop().await;
    assert!(failed > 0, "the master was away for a while");

    let rest = rest(&store, BUCKETS).await;
    for number in 0..admitted.len() {
        let may_be_lost = at_the_end[number] - received[number] + 1;
        let granted = admitted[number] + rest[number];
        assert!(
            granted <= BURST + may_be_lost,
            "bucket {number}: {granted} granted, {may_be_lost} may be lost"
        );
    }
}

#[tokio::test]
async fn lost_node_takes_only_its_own_buckets_away() {
    let mut cluster = RedisCluster::start(3, false, &["--cluster-require-full-coverage", "no"]).await;
    let store = store(&cluster, Duration::from_secs(5), Clock::Server);
    for number in 0..30 {
        assert_eq!(verdict(&store, &[entry(number, 1)]).await.expect("it answers"), Verdict::Allow);
    }
    cluster.node_mut(1).kill().await;
    let mut away = Vec::new();
    for number in 0..30 {
        match verdict(&store, &[entry(number, 1)]).await {
            Ok(verdict) => assert_eq!(verdict, Verdict::Allow),
            Err(StoreError::Unavailable { .. }) => away.push(number),
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!((1..30).contains(&away.len()), "{away:?}");

    // A decision over one that is there and one that is away gives back what it spent.
    let there = (0..30).find(|number| !away.contains(number)).expect("most are there");
    let before = left(&store, there).await;
    let failed = verdict(&store, &[entry(there, 1), entry(away[0], 1)]).await;
    assert!(matches!(failed, Err(StoreError::Unavailable { .. })), "{failed:?}");
    assert_eq!(left(&store, there).await, before);
}

#[tokio::test]
async fn what_a_silent_node_may_have_spent_is_not_given_back_and_the_others_part_is() {
    let cluster = RedisCluster::start(3, false, &[]).await;
    // One connection each, so that nothing is spent on making another while the node is silent.
    let connections_max = NonZeroUsize::MIN;
    let hasty =
        RedisStoreOptions { deadline: Duration::from_millis(300), connections_max, ..options(&cluster) };
    let hasty = connect(&hasty);
    let patient = store(&cluster, PATIENT, Clock::Server);
    let (there, silent) = (number_on(&cluster, 0).await, number_on(&cluster, 1).await);
    for number in [there, silent] {
        assert_eq!(verdict(&hasty, &[entry(number, 1)]).await.expect("it answers"), Verdict::Allow);
    }

    cluster.node(1).signal(Signal::STOP);
    let failed = verdict(&hasty, &[entry(there, 1), entry(silent, 1)]).await;
    assert!(matches!(failed, Err(StoreError::Unavailable { .. })), "{failed:?}");
    // It is given back although nobody waits.
    wait_until_left(&patient, there, BURST - 1).await;

    cluster.node(1).signal(Signal::CONT);
    cluster.wait_until(1, &["CLUSTER", "INFO"], "cluster_state:ok").await;
    assert_eq!(left(&patient, silent).await, BURST - 2, "it was sent, and carried out");
}

#[tokio::test]
async fn who_waits_for_a_silent_node_takes_nobody_along_who_shares_another_bucket() {
    let cluster = RedisCluster::start(3, false, &["--cluster-require-full-coverage", "no"]).await;
    let numbers = (number_on(&cluster, 0).await, number_on(&cluster, 1).await, number_on(&cluster, 2).await);
    let (shared, silent, beside) = numbers;
    let store = Arc::new(store(&cluster, Duration::from_secs(4), Clock::Server));
    for number in [shared, silent, beside] {
        assert_eq!(left(&store, number).await, BURST);
    }
    cluster.node(1).signal(Signal::STOP);
    let decisions = [silent, beside].repeat(10).into_iter().map(|other| {
        let store = store.clone();
        tokio::spawn(async move { verdict(&store, &[entry(shared, 1), entry(other, 1)]).await })
    });
    let decisions = futures_util::future::join_all(decisions.collect::<Vec<_>>()).await;
    for (turn, decision) in decisions.into_iter().enumerate() {
        match (turn % 2, decision.expect("no caller panics")) {
            (0, Err(StoreError::Unavailable { .. })) | (1, Ok(Verdict::Allow)) => (),
            (_, other) => panic!("decision {turn}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn node_that_announces_no_name_takes_only_its_own_buckets_away() {
    let by_name =
        ["--cluster-announce-hostname", "localhost", "--cluster-preferred-endpoint-type", "hostname"];
    let cluster = RedisCluster::start(3, false, &by_name).await;
    cluster.ask(1, &["CONFIG", "SET", "cluster-announce-hostname", ""]).await;
    for node in 0..3 {
        cluster.wait_until(node, &["CLUSTER", "SLOTS"], "?").await;
    }
    let store = store(&cluster, PATIENT, Clock::Server);
    let mut away = 0;
    for number in 0..30 {
        match verdict(&store, &[entry(number, 1)]).await {
            Ok(verdict) => assert_eq!(verdict, Verdict::Allow),
            Err(StoreError::Unavailable { .. }) => away += 1,
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!((1..30).contains(&away), "{away} of 30");
}

/// The number of a bucket whose slot is a master's.
async fn number_on(cluster: &RedisCluster, master: usize) -> u64 {
    let probe = store(cluster, PATIENT, Clock::Server);
    for number in 1000.. {
        let before: u64 = cluster.ask(master, &["DBSIZE"]).await.parse().expect("it is a number");
        verdict(&probe, &[entry(number, 1)]).await.expect("it answers");
        let after: u64 = cluster.ask(master, &["DBSIZE"]).await.parse().expect("it is a number");
        probe.reset(&[entry(number, 1).id]).await.expect("it answers");
        if before < after {
            return number;
        }
    }
    unreachable!("numbers do not end")
}

#[tokio::test]
async fn buckets_move_from_one_cluster_into_another() {
    let (first, second) =
        (RedisCluster::start(3, false, &[]).await, RedisCluster::start(2, false, &[]).await);
    let (from, to) = (store(&first, PATIENT, Clock::Server), store(&second, PATIENT, Clock::Server));
    for number in 0..300 {
        let spent = verdict(&from, &[entry(number, 1 + number % 3)]).await.expect("it answers");
        assert_eq!(spent, Verdict::Allow);
    }
    let mut place = Some(Place::default());
    while let Some(at) = place {
        let part = from.part(at).await.expect("the nodes answer");
        to.take(&part.buckets, NOW).await.expect("the nodes answer");
        place = part.next;
    }
    for number in 0..300 {
        assert_eq!(left(&to, number).await, left(&from, number).await, "bucket {number}");
        assert_eq!(left(&to, number).await, BURST - 1 - number % 3);
    }
}

#[tokio::test]
async fn cluster_is_found_by_any_of_its_nodes_even_a_replica() {
    let cluster = RedisCluster::start(3, true, &[]).await;
    for node in [0, 4] {
        let seed = cluster.node(node).url().parse().expect("the URL makes sense");
        let options = RedisStoreOptions {
            deadline: PATIENT,
            ..RedisStoreOptions::new(RedisServers::Cluster(vec![seed]))
        };
        let store = connect(&options);
        let batch: Vec<_> = (0..30).map(|number| entry(number, 1)).collect();
        assert_eq!(verdict(&store, &batch).await.expect("it answers"), Verdict::Allow);
    }
}
