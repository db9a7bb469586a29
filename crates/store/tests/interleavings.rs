//! The memory store's locking under thousands of interleavings, each replayable from what `shuttle` prints:
//! `cargo test -p tollgate-store --features interleavings --test interleavings`.

use std::{sync::Arc, time::Duration};

use shuttle::thread;
use tollgate_engine::{Action, Charge, Cost, Quota, Timestamp, Verdict};
use tollgate_store::{Entry, HashKey, MemoryStore, MemoryStoreOptions, StoreError};

const T0: Timestamp = Timestamp::from_secs(1_795_000_000);

/// Interleavings tried in each test.
const ITERATIONS: usize = 5000;

/// Switches of threads that are placed where they hurt most.
const DEPTH: usize = 3;

fn check(scenario: impl Fn() + Send + Sync + Clone + 'static) {
    shuttle::check_pct(scenario.clone(), ITERATIONS, DEPTH);
    shuttle::check_random(scenario, ITERATIONS);
}

fn store(buckets_max: usize) -> Arc<MemoryStore> {
    Arc::new(MemoryStore::new(MemoryStoreOptions { buckets_max }))
}

fn spend(number: u64) -> Entry {
    let quota = Quota::new(1, Duration::from_secs(1), 3).expect("representable");
    let id = HashKey::new([1; 16]).bucket(0, &[&number.to_le_bytes()]);
    Entry { id, charge: Charge { quota, cost: Cost(1), action: Action::Spend } }
}

fn allows(store: &MemoryStore, numbers: &[u64], now: Timestamp) -> bool {
    let batch: Vec<_> = numbers.iter().copied().map(spend).collect();
    store.decide_now(&batch, now).expect("there is room").verdict == Verdict::Allow
}

/// Runs them beside each other, and counts what they say.
fn admitted(callers: Vec<Box<dyn FnOnce() -> usize + Send>>) -> usize {
    let threads: Vec<_> = callers.into_iter().map(thread::spawn).collect();
    threads.into_iter().map(|thread| thread.join().expect("it does not panic")).sum()
}

fn caller(
    store: &Arc<MemoryStore>,
    call: impl FnOnce(&MemoryStore) -> usize + Send + 'static,
) -> Box<dyn FnOnce() -> usize + Send> {
    let store = Arc::clone(store);
    Box::new(move || call(&store))
}

#[test]
fn batches_that_share_buckets_in_any_order_spend_exactly_the_burst_and_never_wait_for_each_other() {
    check(|| {
        let store = store(100);
        let batch = |numbers: &'static [u64]| {
            move |store: &MemoryStore| (0..2).filter(|_| allows(store, numbers, T0)).count()
        };
        let callers = vec![
            caller(&store, batch(&[1, 2, 3, 4])),
            caller(&store, batch(&[4, 3, 2, 1])),
            caller(&store, batch(&[2, 5, 4])),
        ];
        assert_eq!(admitted(callers), 3, "what bucket 2 holds");
    });
}

#[test]
fn sweeps_and_looks_beside_decisions_change_no_count() {
    check(|| {
        let store = store(100);
        let callers = vec![
            caller(&store, |store| (0..3).filter(|_| allows(store, &[1, 2], T0)).count()),
            caller(&store, |store| (0..3).filter(|_| allows(store, &[2], T0)).count()),
            caller(&store, |store| {
                store.sweep(T0);
                let state = store.peek_now(spend(2).id, &spend(2).charge.quota, T0);
                assert!(state.remaining <= 3);
                0
            }),
        ];
        assert_eq!(admitted(callers), 3);
    });
}

#[test]
fn cap_holds_and_room_is_neither_lost_nor_made_up() {
    check(|| {
        let store = store(4);
        let insert = |first: u64| {
            move |store: &MemoryStore| {
                let pairs = [[first, first + 1], [first + 2, first + 3]];
                let admitted = pairs.iter().filter(|pair| match store.decide_now(&pair.map(spend), T0) {
                    Ok(decision) => decision.verdict == Verdict::Allow,
                    Err(StoreError::Full { .. }) => false,
                    Err(error) => panic!("{error}"),
                });
                let admitted = admitted.count();
                assert!(store.len() <= 4);
                admitted
            }
        };
        assert_eq!(admitted(vec![caller(&store, insert(0)), caller(&store, insert(10))]), 2);
        let later = T0.saturating_add(Duration::from_secs(1));
        assert_eq!((store.sweep(later), store.len()), (4, 0));
    });
}

#[test]
fn refunds_and_resets_beside_decisions_grant_no_more_than_they_give_back() {
    check(|| {
        let store = store(100);
        assert!(allows(&store, &[1], T0));
        let callers = vec![
            caller(&store, |store| (0..4).filter(|_| allows(store, &[1], T0)).count()),
            caller(&store, |store| {
                store.refund_now(&[spend(1)], T0);
                0
            }),
        ];
        let admitted = admitted(callers);
        let left = store.peek_now(spend(1).id, &spend(1).charge.quota, T0).remaining;
        assert_eq!(admitted as u64 + left, 3, "one was spent and given back");
        store.reset_now(&[spend(1).id]);
        assert!(store.is_empty());
    });
}
