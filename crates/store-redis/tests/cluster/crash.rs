//! Gateways that end in the middle of a decision: nothing of them goes on, and nothing is given back any more.

use std::sync::Arc;

use tokio::runtime::Runtime;
use tollgate_engine::Verdict;
use tollgate_store_redis::Clock;
use tollgate_test_servers::{process::Signal, redis_cluster::RedisCluster};

use crate::{BURST, PATIENT, entry, left, load::Load, number_on, rest, store, verdict, wait_until_left};

#[tokio::test]
async fn what_a_gateway_had_spent_when_it_ended_stays_spent_and_no_more() {
    let cluster = RedisCluster::start(3, false, &["--cluster-require-full-coverage", "no"]).await;
    let other = store(&cluster, PATIENT, Clock::Server);
    let (there, silent) = (number_on(&cluster, 0).await, number_on(&cluster, 1).await);
    let gateway = Runtime::new().expect("threads can be made");
    let its = store(&cluster, PATIENT, Clock::Server);
    cluster.node(1).signal(Signal::STOP);
    gateway.spawn(async move { verdict(&its, &[entry(there, 1), entry(silent, 1)]).await });
    // One part is spent while the other is waited for.
    wait_until_left(&other, there, BURST - 1).await;
    gateway.shutdown_background();
    cluster.node(1).signal(Signal::CONT);
    cluster.wait_until(0, &["CLUSTER", "INFO"], "cluster_slots_ok:16384").await;

    assert_eq!(left(&other, there).await, BURST - 1, "nobody gives it back");
    for number in [there, silent] {
        let rest = left(&other, number).await;
        assert!((BURST - 1..=BURST).contains(&rest), "{rest}");
        let all = verdict(&other, &[entry(number, rest)]).await.expect("the node answers");
        assert_eq!(all, Verdict::Allow, "what is left can be spent");
        let more = verdict(&other, &[entry(number, 1)]).await.expect("the node answers");
        assert!(matches!(more, Verdict::Deny { .. }), "and no more");
    }
}

#[tokio::test]
async fn gateways_that_end_under_load_lose_no_more_than_was_under_way() {
    const BUCKETS: u64 = 40;
    const GATEWAYS: u64 = 6;
    let cluster = RedisCluster::start(3, false, &[]).await;
    let mut granted = vec![0; BUCKETS as usize];
    for _ in 0..GATEWAYS {
        let gateway = Runtime::new().expect("threads can be made");
        let load = {
            let _inside = gateway.enter();
            Load::start(&Arc::new(store(&cluster, PATIENT, Clock::Server)), BUCKETS)
        };
        load.goes_on(50).await;
        gateway.shutdown_background();
        granted.iter_mut().zip(load.admitted()).for_each(|(granted, admitted)| *granted += admitted);
    }

    let other = store(&cluster, PATIENT, Clock::Server);
    for (number, (granted, rest)) in granted.iter().zip(rest(&other, BUCKETS).await).enumerate() {
        assert!(granted + rest <= BURST, "bucket {number}: {granted} granted, {rest} left");
        let lost = BURST - granted - rest;
        assert!(lost <= GATEWAYS * Load::CALLERS, "bucket {number}: {lost} lost");
    }
}
