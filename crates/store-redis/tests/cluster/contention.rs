//! Two stores, as two gateways have them, that want the same buckets at the same moment.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use futures_util::future::join_all;
use tollgate_engine::Verdict;
use tollgate_store::{BucketStore, Entry};
use tollgate_store_redis::{Clock, RedisStore};
use tollgate_test_servers::redis_cluster::RedisCluster;

use crate::{BURST, PATIENT, entry, left, number_on, rest, store, verdict};

/// Enough that every node has some.
const BUCKETS: u64 = 12;
const ROUNDS: usize = 5;

fn two(cluster: &RedisCluster) -> [Arc<RedisStore>; 2] {
    [(); 2].map(|()| Arc::new(store(cluster, PATIENT, Clock::Server)))
}

/// Decisions over three buckets each, and some over all, that want exactly a burst of each bucket, `times` over.
fn demand(times: u64) -> Vec<Vec<u64>> {
    let threes = (0..BUCKETS).flat_map(|first| {
        let three = [first, first + 1, first + 5].map(|number| number % BUCKETS).to_vec();
        std::iter::repeat_n(three, usize::try_from(times * (BURST / 3)).expect("it is small"))
    });
    let all = std::iter::repeat_n(
        (0..BUCKETS).collect(),
        usize::try_from(times * (BURST % 3)).expect("it is small"),
    );
    threes.chain(all).collect()
}

fn batch(numbers: &[u64]) -> Vec<Entry> {
    numbers.iter().map(|number| entry(*number, 1)).collect()
}

/// Makes all decisions at once, half of them at each store: those that were allowed and those that were denied.
async fn at_once(stores: &[Arc<RedisStore>; 2], decisions: Vec<Vec<u64>>) -> [Vec<Vec<u64>>; 2] {
    let callers = decisions.into_iter().enumerate().map(|(turn, numbers)| {
        let store = stores[turn % 2].clone();
        tokio::spawn(async move {
            let verdict = verdict(&store, &batch(&numbers)).await.expect("the nodes answer");
            (verdict == Verdict::Allow, numbers)
        })
    });
    let (mut allowed, mut denied) = (Vec::new(), Vec::new());
    for caller in join_all(callers.collect::<Vec<_>>()).await {
        let (is_allowed, numbers) = caller.expect("no caller panics");
        if is_allowed { &mut allowed } else { &mut denied }.push(numbers);
    }
    [allowed, denied]
}

async fn make_full(store: &RedisStore) {
    let ids: Vec<_> = (0..BUCKETS).map(|number| entry(number, 1).id).collect();
    store.reset(&ids).await.expect("the nodes answer");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_denied_while_there_is_room_for_all() {
    let cluster = RedisCluster::start(3, false, &[]).await;
    let stores = two(&cluster);
    for round in 0..ROUNDS {
        make_full(&stores[0]).await;
        let [_, denied] = at_once(&stores, demand(1)).await;
        assert_eq!(denied.len(), 0, "round {round}");
        assert_eq!(rest(&stores[1], BUCKETS).await, [0; BUCKETS as usize], "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_bucket_grants_more_than_its_burst_and_what_is_denied_spends_nothing() {
    let cluster = RedisCluster::start(3, false, &[]).await;
    let stores = two(&cluster);
    for round in 0..ROUNDS {
        make_full(&stores[0]).await;
        let [allowed, denied] = at_once(&stores, demand(2)).await;
        let mut granted = [0; BUCKETS as usize];
        for number in allowed.iter().flatten() {
            granted[usize::try_from(*number).expect("it is small")] += 1;
        }
        let rest = rest(&stores[1], BUCKETS).await;
        assert_eq!(granted.map(|granted| BURST - granted).to_vec(), rest, "round {round}");

        // Denied for what another decision gave back a moment later.
        let mut too_early = 0;
        for numbers in &denied {
            let again = verdict(&stores[0], &batch(numbers)).await.expect("the nodes answer");
            too_early += u64::from(again == Verdict::Allow);
        }
        println!(
            "round {round}: {} allowed, {too_early} of {} denied too early",
            allowed.len(),
            denied.len()
        );
    }
}

/// As the book has it: a store's decisions over several nodes wait for each other where they share a bucket, so of each
/// store one at most has spent there what it gives back.
#[tokio::test(flavor = "multi_thread")]
async fn bucket_seems_emptier_than_it_is_by_one_decision_of_each_gateway_at_most() {
    let cluster = RedisCluster::start(3, false, &[]).await;
    let stores = two(&cluster);
    let (wanted, beside, empty) =
        (number_on(&cluster, 0).await, number_on(&cluster, 1).await, number_on(&cluster, 2).await);
    // (what good decisions are about, how many there are): by the last one, there is room for itself and for one of
    // each store that it does not wait for.
    for (good, count) in [(vec![wanted, beside], BURST - 1), (vec![wanted], BURST - 2)] {
        let ids: Vec<_> = [wanted, beside, empty].iter().map(|number| entry(*number, 1).id).collect();
        stores[0].reset(&ids).await.expect("the nodes answer");
        let emptied = verdict(&stores[0], &[entry(empty, BURST)]).await.expect("the node answers");
        assert_eq!(emptied, Verdict::Allow);

        let (stop, in_vain) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let denied = (0..16).map(|caller| {
            let (store, stop, in_vain) = (stores[caller % 2].clone(), stop.clone(), in_vain.clone());
            let batch = batch(&[wanted, empty]);
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let denied = verdict(&store, &batch).await.expect("the nodes answer");
                    assert!(matches!(denied, Verdict::Deny { .. }), "one bucket is empty");
                    in_vain.fetch_add(1, Ordering::Relaxed);
                }
            })
        });
        let denied: Vec<_> = denied.collect();
        for turn in 0..count {
            // Each beside some that are denied.
            let before = in_vain.load(Ordering::Relaxed);
            while in_vain.load(Ordering::Relaxed) < before + 4 {
                tokio::task::yield_now().await;
            }
            let store = &stores[usize::from(turn % 2 == 1)];
            let verdict = verdict(store, &batch(&good)).await.expect("the nodes answer");
            assert_eq!(verdict, Verdict::Allow, "{turn} of {count} over {} buckets", good.len());
        }
        stop.store(true, Ordering::Relaxed);
        for caller in denied {
            caller.await.expect("all were denied");
        }
        assert_eq!(left(&stores[0], wanted).await, BURST - count, "what was denied is given back");
    }
}
