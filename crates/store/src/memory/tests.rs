//! What the memory store promises beyond the contract: bounds, expiry, exactness beside a model.

use std::{
    collections::HashMap,
    sync::{Arc, Barrier},
    thread,
    time::Duration,
};

use proptest::{collection::btree_set, collection::vec, prelude::*};
use tollgate_engine::{Charge, Cost, Verdict, decide};

use super::*;
use crate::HashKey;

crate::conformance_suite!(Arc::new(MemoryStore::new(MemoryStoreOptions::default())));

const T0: Timestamp = Timestamp::from_secs(1_795_000_000);

fn store(buckets_max: usize) -> MemoryStore {
    MemoryStore::new(MemoryStoreOptions { buckets_max })
}

/// One unit a second comes back.
fn entry(number: u64, burst: u64, cost: u64, action: Action) -> Entry {
    let quota = Quota::new(1, Duration::from_secs(1), burst).expect("representable");
    let id = HashKey::new([1; 16]).bucket(0, &[&number.to_le_bytes()]);
    Entry { id, charge: Charge { quota, cost: Cost(cost), action } }
}

fn spend(number: u64) -> Entry {
    entry(number, 5, 1, Action::Spend)
}

fn after(seconds: u64) -> Timestamp {
    T0.saturating_add(Duration::from_secs(seconds))
}

fn allows(store: &MemoryStore, batch: &[Entry], now: Timestamp) -> bool {
    store.decide_now(batch, now).expect("the store answers").verdict == Verdict::Allow
}

fn is_full(store: &MemoryStore, batch: &[Entry], now: Timestamp) -> bool {
    matches!(store.decide_now(batch, now), Err(StoreError::Full { .. }))
}

#[test]
fn full_buckets_are_forgotten_to_the_nanosecond() {
    let store = store(1000);
    assert!(allows(&store, &[spend(1), entry(2, 5, 2, Action::Spend)], T0));
    assert_eq!((store.sweep(Timestamp::from_nanos(after(1).as_nanos() - 1)), store.len()), (0, 2));
    assert_eq!((store.sweep(after(1)), store.len()), (1, 1));
    assert_eq!((store.sweep(after(2)), store.len()), (1, 0));
    assert!(store.is_empty());
}

#[test]
fn what_is_full_anyway_is_never_stored() {
    let store = store(1000);
    for action in [Action::Check, Action::Spend, Action::Record] {
        let cost = u64::from(action == Action::Check);
        assert!(allows(&store, &[entry(1, 5, cost, action)], T0));
        assert!(allows(&store, &[entry(1, 5, cost, action), entry(2, 5, cost, action)], T0));
    }
    store.refund_now(&[spend(1)], T0);
    let _ = store.peek_now(spend(1).id, &spend(1).charge.quota, T0);
    assert_eq!(store.len(), 0);
}

#[test]
fn refund_and_reset_forget_the_bucket_they_fill() {
    let store = store(1000);
    assert!(allows(&store, &[spend(1), spend(2), entry(3, 5, 2, Action::Spend)], T0));
    store.refund_now(&[spend(1), spend(3)], T0);
    assert_eq!(store.len(), 2);
    store.reset_now(&[spend(2).id, spend(2).id, spend(4).id]);
    assert_eq!(store.len(), 1);
}

#[test]
fn insertions_alone_keep_full_buckets_from_piling_up() {
    let store = store(10_000_000);
    // A thousand buckets a second, each full again after one.
    for number in 0..60_000 {
        assert!(allows(&store, &[spend(number)], T0.saturating_add(Duration::from_millis(number))));
    }
    assert!(store.len() < 10_000, "{} held", store.len());
}

#[test]
fn store_at_its_cap_refuses_new_buckets_spends_nothing_and_grants_no_more_than_the_burst() {
    let store = store(10);
    for number in 0..10 {
        assert!(allows(&store, &[spend(number)], T0));
    }
    assert!(is_full(&store, &[spend(10)], T0));
    assert!(is_full(&store, &[spend(0), spend(10)], T0), "also beside one that is held");
    assert!(allows(&store, &[spend(0), entry(10, 5, 1, Action::Check)], T0), "a check needs no room");
    for left in [2, 1, 0] {
        let decision = store.decide_now(&[spend(0)], T0).expect("it is held");
        assert_eq!((decision.verdict, decision.state.remaining), (Verdict::Allow, left));
    }
    assert!(!allows(&store, &[spend(0)], T0));
    assert!(!allows(&store, &[spend(0), spend(10)], T0), "a denial needs no room");
    assert_eq!(store.len(), 10);
}

#[test]
fn store_at_its_cap_forgets_full_buckets_before_it_refuses() {
    let store = store(10);
    for number in 0..10 {
        assert!(allows(&store, &[entry(number, 50, number + 1, Action::Spend)], T0));
    }
    let news: Vec<_> = (10..15).map(spend).collect();
    assert!(is_full(&store, &news, after(4)), "four are full again");
    assert!(allows(&store, &news, after(5)));
    assert_eq!(store.len(), 10);
    for number in 5..10 {
        let state = store.peek_now(entry(number, 50, 1, Action::Check).id, &news[0].charge.quota, after(5));
        assert_eq!(state.full_in, Duration::from_secs(number - 4), "bucket {number} is kept");
    }
}

#[test]
fn cap_holds_under_concurrent_insertions() {
    let (store, start) = (store(1000), Barrier::new(4));
    let admitted: usize = thread::scope(|scope| {
        let callers: Vec<_> = (0_u64..4)
            .map(|caller| {
                let (store, start) = (&store, &start);
                scope.spawn(move || {
                    start.wait();
                    let batch = |number: u64| {
                        [spend(10_000 * caller + number), spend(10_000 * caller + 5000 + number)]
                    };
                    (0..500).filter(|number| store.decide_now(&batch(*number), T0).is_ok()).count()
                })
            })
            .collect();
        callers.into_iter().map(|caller| caller.join().expect("it does not panic")).sum()
    });
    assert_eq!((admitted, store.len()), (500, 1000));
    assert_eq!((store.sweep(after(1)), store.len()), (1000, 0), "the count is what is held");
}

#[test]
fn sweeping_beside_spends_loses_nothing() {
    let (store, start) = (store(100_000), Barrier::new(3));
    let admitted: usize = thread::scope(|scope| {
        let callers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    (0..4000)
                        .filter(|number| allows(&store, &[spend(*number % 400), spend(1_000_000)], T0))
                        .count()
                })
            })
            .collect();
        scope.spawn(|| {
            start.wait();
            for _ in 0..20 {
                store.sweep(T0);
            }
        });
        callers.into_iter().map(|caller| caller.join().expect("it does not panic")).sum()
    });
    assert_eq!(admitted, 5, "the shared bucket's burst");
}

#[test]
fn memory_is_given_back_after_a_peak() {
    let store = store(10_000_000);
    for number in 0..100_000 {
        assert!(allows(&store, &[spend(number)], T0));
    }
    let slots = || store.shards.iter().map(|shard| shard.0.lock().slots()).sum::<usize>();
    assert!(slots() >= 100_000);
    store.sweep(after(60));
    assert_eq!(slots(), 0, "slots for no bucket");
}

#[test]
fn nothing_is_granted_or_broken_at_the_ends_of_time() {
    let store = store(10);
    for now in [Timestamp::MAX, Timestamp::from_nanos(u64::MAX - 1)] {
        assert!(!allows(&store, &[spend(1)], now));
        assert!(!allows(&store, &[spend(1), spend(2)], now));
    }
    assert!(allows(&store, &[entry(1, 5, 5, Action::Record)], Timestamp::MAX));
    assert_eq!(store.len(), 0, "full at the last moment: there is none after it");
    for _ in 0..5 {
        assert!(allows(&store, &[spend(1)], Timestamp::EPOCH));
    }
    assert!(!allows(&store, &[spend(1)], Timestamp::EPOCH));
}

/// What is done to the store, on bucket numbers.
#[derive(Clone, Debug)]
enum Step {
    Decide(Vec<(u64, u64, u8)>),
    Refund(u64),
    Reset(u64),
    Sweep,
}

fn any_step() -> impl Strategy<Value = Step> {
    let batch = btree_set(0_u64..24, 1..8).prop_flat_map(|numbers| {
        let numbers: Vec<_> = numbers.into_iter().collect();
        vec((0_u64..4, 0_u8..3), numbers.len()).prop_map(move |rest| {
            numbers.iter().zip(rest).map(|(number, (cost, action))| (*number, cost, action)).collect()
        })
    });
    prop_oneof![
        6 => batch.prop_map(Step::Decide),
        1 => (0_u64..24).prop_map(Step::Refund),
        1 => (0_u64..24).prop_map(Step::Reset),
        1 => Just(Step::Sweep),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    /// The model is a map that forgets nothing, decided by the engine; the store is small enough to
    /// expire, move and refuse.
    #[test]
    fn store_decides_as_a_map_that_forgets_nothing(
        steps in vec((0_u64..3_000_000_000, any_step()), 1..60),
        buckets_max in 4_usize..30,
    ) {
        let store = store(buckets_max);
        let mut model: HashMap<u64, Bucket> = HashMap::new();
        let mut now = T0;
        for (passed, step) in steps {
            now = now.saturating_add(Duration::from_nanos(passed));
            match step {
                Step::Decide(charged) => {
                    let actions = [Action::Spend, Action::Check, Action::Record];
                    let batch: Vec<_> = charged
                        .iter()
                        .map(|(number, cost, action)| entry(*number, 5, *cost, actions[usize::from(*action)]))
                        .collect();
                    let charges: Vec<_> = batch.iter().map(|entry| entry.charge).collect();
                    let bucket = |(number, ..): &(u64, u64, u8)| model.get(number).copied().unwrap_or_default();
                    let mut buckets: Vec<_> = charged.iter().map(bucket).collect();
                    let expected = decide(&charges, &mut buckets, now).expect("the costs fit");
                    match store.decide_now(&batch, now) {
                        Ok(decision) => {
                            prop_assert_eq!(decision, expected);
                            model.extend(charged.iter().map(|(number, ..)| *number).zip(buckets));
                        }
                        Err(StoreError::Full { .. }) => {
                            let held = model.values().filter(|bucket| !bucket.is_full(now)).count();
                            prop_assert!(held + charged.len() > buckets_max, "refused with room to spare");
                        }
                        Err(error) => prop_assert!(false, "{error}"),
                    }
                }
                Step::Refund(number) => {
                    store.refund_now(&[spend(number)], now);
                    if let Some(bucket) = model.get_mut(&number) {
                        bucket.refund(&spend(number).charge.quota, Cost(1), now);
                    }
                }
                Step::Reset(number) => {
                    store.reset_now(&[spend(number).id]);
                    model.remove(&number);
                }
                Step::Sweep => {
                    store.sweep(now);
                    let held = model.values().filter(|bucket| !bucket.is_full(now)).count();
                    prop_assert_eq!(store.len(), held);
                }
            }
            prop_assert!(store.len() <= buckets_max);
            for number in 0..24 {
                let Entry { id, charge } = spend(number);
                let expected = model.get(&number).copied().unwrap_or_default().state(&charge.quota, now);
                prop_assert_eq!(store.peek_now(id, &charge.quota, now), expected);
            }
        }
    }
}
