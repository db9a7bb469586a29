//! The suite every bucket store passes.
//!
//! A crate that implements [`BucketStore`](crate::BucketStore) writes
//! `tollgate_store::conformance_suite!(make_store());` in its tests: each sentence below becomes one
//! test, on an empty store of its own. The suite moves `now` itself and never waits.

#![expect(missing_docs, reason = "each sentence is its own documentation")]

use std::{sync::Arc, time::Duration};

use tokio::{sync::Barrier, task::JoinSet};
use tollgate_engine::{Action, BucketState, Charge, Cost, Decision, Quota, SpendError, Timestamp, Verdict};

use crate::{BucketId, BucketStore, Entry, HashKey, StoreError};

/// The store under test.
pub type Store = Arc<dyn BucketStore>;

/// Makes a test of every sentence of the suite. The argument is an expression that makes an empty
/// store, an `Arc<dyn BucketStore>`, inside a running tokio runtime.
#[macro_export]
macro_rules! conformance_suite {
    ($store:expr) => {
        $crate::conformance_suite! { $store;
            burst_is_admitted_and_no_more
            batch_is_all_or_nothing
            decisive_bucket_is_told_by_its_place_in_the_batch
            exactly_the_burst_is_admitted_of_200_at_once_on_a_fresh_bucket
            exactly_the_burst_is_admitted_of_200_at_once_on_a_stale_bucket
            exactly_one_is_admitted_of_200_at_once_on_the_last_unit
            exactly_the_burst_is_admitted_of_200_batches_that_share_a_bucket
            refunds_at_once_never_lift_a_bucket_above_full
            told_wait_is_exact_to_the_nanosecond
            check_leaves_the_bucket_as_it_was
            record_never_denies_and_an_empty_bucket_stays_empty
            refund_gives_back_what_was_spent_and_nothing_for_a_check
            refund_never_lifts_above_full_and_never_creates_a_bucket
            reset_makes_a_bucket_full
            peek_touches_nothing
            bucket_is_kept_until_its_tat_and_full_from_then_on
            clock_set_back_and_forth_grants_no_second_burst
            changed_quota_applies_to_the_stored_tat
            batches_of_1_to_1000_buckets_are_decided
            duplicate_in_a_batch_is_refused_and_nothing_spent
            cost_above_the_burst_is_refused_and_nothing_spent
            empty_batch_is_refused
        }
    };
    ($store:expr; $($sentence:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $sentence() {
                $crate::conformance::$sentence($store).await;
            }
        )*
    };
}

const T0: Timestamp = Timestamp::from_secs(1_795_000_000);
const NANOSECOND: Duration = Duration::from_nanos(1);
const SECOND: Duration = Duration::from_secs(1);

/// One unit a second comes back.
fn one_per_second(burst: u64) -> Quota {
    Quota::new(1, SECOND, burst).expect("representable")
}

fn name(number: u64) -> BucketId {
    HashKey::new([1; 16]).bucket(0, &[&number.to_le_bytes()])
}

fn entry(number: u64, burst: u64, cost: u64, action: Action) -> Entry {
    Entry { id: name(number), charge: Charge { quota: one_per_second(burst), cost: Cost(cost), action } }
}

fn spend(number: u64, burst: u64) -> Entry {
    entry(number, burst, 1, Action::Spend)
}

fn after(seconds: u64) -> Timestamp {
    T0.saturating_add(Duration::from_secs(seconds))
}

async fn decide(store: &Store, batch: &[Entry], now: Timestamp) -> Decision {
    store.decide(batch, now).await.expect("the store answers")
}

async fn allows(store: &Store, batch: &[Entry], now: Timestamp) -> bool {
    decide(store, batch, now).await.verdict == Verdict::Allow
}

async fn left(store: &Store, number: u64, burst: u64, now: Timestamp) -> u64 {
    peek(store, number, burst, now).await.remaining
}

async fn peek(store: &Store, number: u64, burst: u64, now: Timestamp) -> BucketState {
    store.peek(name(number), &one_per_second(burst), now).await.expect("the store answers")
}

/// How many of the batches, all decided at the same moment, are allowed.
async fn admitted_at_once(store: &Store, batches: Vec<Vec<Entry>>, now: Timestamp) -> usize {
    let start = Arc::new(Barrier::new(batches.len()));
    let mut callers = JoinSet::new();
    for batch in batches {
        let (store, start) = (Arc::clone(store), Arc::clone(&start));
        callers.spawn(async move {
            start.wait().await;
            allows(&store, &batch, now).await
        });
    }
    callers.join_all().await.into_iter().filter(|allowed| *allowed).count()
}

pub async fn burst_is_admitted_and_no_more(store: Store) {
    for left in (0..5).rev() {
        let decision = decide(&store, &[spend(1, 5)], T0).await;
        assert_eq!((decision.verdict, decision.state.remaining), (Verdict::Allow, left));
        assert_eq!(decision.state.full_in, Duration::from_secs(5 - left));
    }
    for _ in 0..3 {
        let denied = decide(&store, &[spend(1, 5)], T0).await;
        assert_eq!(denied.verdict, Verdict::Deny { retry_after: SECOND });
        assert_eq!(denied.state, BucketState { remaining: 0, full_in: Duration::from_secs(5) });
    }
    assert!(allows(&store, &[spend(2, 5)], T0).await, "another bucket is untouched");
}

pub async fn batch_is_all_or_nothing(store: Store) {
    assert!(allows(&store, &[spend(1, 3), spend(2, 1)], T0).await);
    assert!(!allows(&store, &[spend(1, 3), spend(2, 1), spend(3, 9)], T0).await);
    assert!(!allows(&store, &[spend(4, 3), entry(5, 9, 1, Action::Record), spend(2, 1)], T0).await);
    for (number, burst, expected) in [(1, 3, 2), (2, 1, 0), (3, 9, 9), (4, 3, 3), (5, 9, 9)] {
        assert_eq!(left(&store, number, burst, T0).await, expected, "bucket {number}");
    }
    assert!(allows(&store, &[spend(1, 3), spend(2, 1), spend(3, 9)], after(1)).await);
}

pub async fn decisive_bucket_is_told_by_its_place_in_the_batch(store: Store) {
    let batch: Vec<_> = (0..40).map(|number| spend(number, if number == 23 { 7 } else { 9 })).collect();
    let decision = decide(&store, &batch, T0).await;
    assert_eq!((decision.decisive, decision.state.remaining), (23, 6));

    assert!(allows(&store, &[entry(31, 9, 8, Action::Spend)], T0).await);
    assert!(allows(&store, &[entry(17, 9, 7, Action::Spend), entry(18, 9, 8, Action::Spend)], T0).await);
    let more: Vec<_> = (0..40).map(|number| entry(number, 9, 2, Action::Spend)).collect();
    let decision = decide(&store, &more, T0).await;
    assert_eq!(decision.verdict, Verdict::Deny { retry_after: 2 * SECOND });
    assert_eq!((decision.decisive, decision.state.remaining), (18, 0), "the first of the longest waits");
}

pub async fn exactly_the_burst_is_admitted_of_200_at_once_on_a_fresh_bucket(store: Store) {
    for round in 0..20 {
        assert_eq!(admitted_at_once(&store, vec![vec![spend(round, 50)]; 200], T0).await, 50);
        assert_eq!(left(&store, round, 50, T0).await, 0);
    }
}

pub async fn exactly_the_burst_is_admitted_of_200_at_once_on_a_stale_bucket(store: Store) {
    assert!(allows(&store, &[spend(1, 50)], T0).await);
    let later = after(86_400);
    assert_eq!(admitted_at_once(&store, vec![vec![spend(1, 50)]; 200], later).await, 50);
    assert_eq!(admitted_at_once(&store, vec![vec![spend(1, 50)]; 200], later).await, 0);
}

pub async fn exactly_one_is_admitted_of_200_at_once_on_the_last_unit(store: Store) {
    assert!(allows(&store, &[entry(1, 50, 49, Action::Spend)], T0).await);
    assert_eq!(admitted_at_once(&store, vec![vec![spend(1, 50)]; 200], T0).await, 1);
}

pub async fn exactly_the_burst_is_admitted_of_200_batches_that_share_a_bucket(store: Store) {
    // Every batch has buckets of its own, and names the shared ones in another order.
    let batches = (0..200).map(|number: u64| {
        let mut batch = vec![spend(1, 50), spend(2, 60), spend(3, 70)];
        batch.rotate_left(usize::try_from(number % 3).expect("it is small"));
        batch.extend([spend(1000 + number, 1), spend(2000 + number, 1)]);
        batch
    });
    assert_eq!(admitted_at_once(&store, batches.collect(), T0).await, 50);
    for (number, burst, expected) in [(1, 50, 0), (2, 60, 10), (3, 70, 20)] {
        assert_eq!(left(&store, number, burst, T0).await, expected, "bucket {number}");
    }
    let mut spent = 0;
    for number in 1000..1200 {
        spent += 1 - left(&store, number, 1, T0).await;
        assert_eq!(left(&store, number, 1, T0).await, left(&store, number + 1000, 1, T0).await);
    }
    assert_eq!(spent, 50, "a refused batch spent nothing of its own");
}

pub async fn refunds_at_once_never_lift_a_bucket_above_full(store: Store) {
    assert!(allows(&store, &[entry(1, 50, 30, Action::Spend)], T0).await);
    let start = Arc::new(Barrier::new(200));
    let mut callers = JoinSet::new();
    for _ in 0..200 {
        let (store, start) = (Arc::clone(&store), Arc::clone(&start));
        callers.spawn(async move {
            start.wait().await;
            store.refund(&[spend(1, 50)], T0).await.expect("the store answers");
        });
    }
    callers.join_all().await;
    assert_eq!(peek(&store, 1, 50, T0).await, BucketState { remaining: 50, full_in: Duration::ZERO });
    assert_eq!(admitted_at_once(&store, vec![vec![spend(1, 50)]; 200], T0).await, 50);
}

pub async fn told_wait_is_exact_to_the_nanosecond(store: Store) {
    // 7 units in 1 s: 142,857,142 ns each.
    let quota = Quota::new(7, SECOND, 3).expect("representable");
    let batch =
        [spend(1, 2), Entry { id: name(2), charge: Charge { quota, cost: Cost(2), action: Action::Spend } }];
    assert!(allows(&store, &batch, T0).await);
    let denied = decide(&store, &batch, T0).await;
    let retry_after = Duration::from_nanos(142_857_142);
    assert_eq!((denied.verdict, denied.decisive), (Verdict::Deny { retry_after }, 1));
    let early = decide(&store, &batch, T0.saturating_add(retry_after - NANOSECOND)).await;
    assert_eq!(early.verdict, Verdict::Deny { retry_after: NANOSECOND });
    assert!(allows(&store, &batch, T0.saturating_add(retry_after)).await);
}

pub async fn check_leaves_the_bucket_as_it_was(store: Store) {
    let check = entry(1, 2, 1, Action::Check);
    for _ in 0..5 {
        let decision = decide(&store, &[check], T0).await;
        assert_eq!((decision.verdict, decision.state.remaining), (Verdict::Allow, 2));
    }
    assert!(allows(&store, &[entry(1, 2, 2, Action::Spend)], T0).await);
    let denied = decide(&store, &[check, spend(2, 5)], T0).await;
    assert_eq!((denied.verdict, denied.decisive), (Verdict::Deny { retry_after: SECOND }, 0));
    assert_eq!(left(&store, 2, 5, T0).await, 5);
}

pub async fn record_never_denies_and_an_empty_bucket_stays_empty(store: Store) {
    let record = entry(1, 2, 1, Action::Record);
    for remaining in [1, 0, 0, 0] {
        let decision = decide(&store, &[record], T0).await;
        assert_eq!((decision.verdict, decision.state.remaining), (Verdict::Allow, remaining));
    }
    assert_eq!(peek(&store, 1, 2, T0).await.full_in, 2 * SECOND, "the wait does not grow");
    assert!(allows(&store, &[record, entry(2, 2, 1, Action::Record)], T0).await);
    assert_eq!(left(&store, 2, 2, T0).await, 1);
}

pub async fn refund_gives_back_what_was_spent_and_nothing_for_a_check(store: Store) {
    let batch =
        [entry(1, 9, 3, Action::Spend), entry(2, 9, 2, Action::Record), entry(3, 9, 1, Action::Check)];
    assert!(allows(&store, &[1, 2, 3].map(|number| entry(number, 9, 4, Action::Spend)), T0).await);
    assert!(allows(&store, &batch, T0).await);
    for (number, expected) in [(1, 2), (2, 3), (3, 5)] {
        assert_eq!(left(&store, number, 9, T0).await, expected, "bucket {number} once spent");
    }
    store.refund(&batch, T0).await.expect("the store answers");
    for number in [1, 2, 3] {
        assert_eq!(left(&store, number, 9, T0).await, 5, "bucket {number} once refunded");
    }
}

pub async fn refund_never_lifts_above_full_and_never_creates_a_bucket(store: Store) {
    // A bucket that is not there is not counted from 1970 on, nor into debt.
    store.refund(&[spend(1, 5)], T0).await.expect("the store answers");
    assert_eq!(left(&store, 1, 5, T0).await, 5);
    for left in (0..5).rev() {
        assert_eq!(decide(&store, &[spend(1, 5)], T0).await.state.remaining, left);
    }
    assert!(!allows(&store, &[spend(1, 5)], T0).await);

    store.refund(&[entry(1, 5, 4, Action::Spend)], after(3)).await.expect("the store answers");
    assert_eq!(peek(&store, 1, 5, after(3)).await, BucketState { remaining: 5, full_in: Duration::ZERO });
    assert!(allows(&store, &[entry(1, 5, 5, Action::Spend)], after(3)).await);
    assert!(!allows(&store, &[spend(1, 5)], after(3)).await);
}

pub async fn reset_makes_a_bucket_full(store: Store) {
    assert!(allows(&store, &[1, 2, 3].map(|number| entry(number, 5, 5, Action::Spend)), T0).await);
    store.reset(&[name(1), name(3), name(99)]).await.expect("the store answers");
    for (number, expected) in [(1, 5), (2, 0), (3, 5), (99, 5)] {
        assert_eq!(left(&store, number, 5, T0).await, expected, "bucket {number}");
    }
}

pub async fn peek_touches_nothing(store: Store) {
    assert!(allows(&store, &[spend(1, 5)], T0).await);
    for _ in 0..3 {
        let state = BucketState { remaining: 4, full_in: SECOND };
        assert_eq!(peek(&store, 1, 5, T0).await, state);
        assert_eq!(left(&store, 2, 5, T0).await, 5);
    }
    assert_eq!(peek(&store, 1, 5, after(86_400)).await.full_in, Duration::ZERO);
    assert_eq!(left(&store, 1, 5, T0).await, 4, "a look from the future forgets nothing");
}

pub async fn bucket_is_kept_until_its_tat_and_full_from_then_on(store: Store) {
    // A burst of years, nearly all of it left: kept for what was spent, not for the burst offset, and not
    // in whole seconds.
    let quota = Quota::new(2, 3 * SECOND, 100_000_000).expect("representable");
    let spend = Entry { id: name(1), charge: Charge { quota, cost: Cost(1), action: Action::Spend } };
    assert!(allows(&store, &[spend], T0).await);
    let tat = T0.saturating_add(Duration::from_millis(1500));
    let peek = async |now| store.peek(name(1), &quota, now).await.expect("the store answers");
    let before = Timestamp::from_nanos(tat.as_nanos() - 1);
    assert_eq!(peek(before).await, BucketState { remaining: 99_999_999, full_in: NANOSECOND });
    assert_eq!(peek(tat).await, BucketState { remaining: 100_000_000, full_in: Duration::ZERO });
}

pub async fn clock_set_back_and_forth_grants_no_second_burst(store: Store) {
    let empty = entry(1, 5, 5, Action::Spend);
    assert!(allows(&store, &[empty], T0).await);
    let back = Timestamp::from_nanos(T0.as_nanos() - Duration::from_secs(3600).as_nanos() as u64);
    for now in [back, T0, Timestamp::EPOCH, back, T0] {
        assert!(!allows(&store, &[spend(1, 5)], now).await);
        assert!(allows(&store, &[entry(1, 5, 1, Action::Record)], now).await);
    }
    let denied = decide(&store, &[spend(1, 5)], back).await;
    assert_eq!(denied.verdict, Verdict::Deny { retry_after: Duration::from_secs(3601) });
    assert_eq!(peek(&store, 1, 5, after(1)).await.remaining, 1, "once the clock is right, as before");
}

pub async fn changed_quota_applies_to_the_stored_tat(store: Store) {
    assert!(allows(&store, &[entry(1, 5, 5, Action::Spend)], T0).await);
    assert_eq!(left(&store, 1, 8, T0).await, 3, "a higher burst is there at once");
    assert!(allows(&store, &[entry(1, 8, 3, Action::Spend)], T0).await);
    let denied = decide(&store, &[spend(1, 2)], T0).await;
    assert_eq!(denied.verdict, Verdict::Deny { retry_after: Duration::from_secs(7) });
    assert_eq!(left(&store, 1, 8, after(1)).await, 1);
}

pub async fn batches_of_1_to_1000_buckets_are_decided(store: Store) {
    for (round, size) in [1, 2, 3, 4, 10, 100, 202, 208, 209, 500, 1000].into_iter().enumerate() {
        let first = 10_000 * u64::try_from(round).expect("it is small");
        let batch: Vec<_> = (first..first + size).map(|number| spend(number, 2)).collect();
        for remaining in [1, 0] {
            let decision = decide(&store, &batch, T0).await;
            assert_eq!((decision.verdict, decision.state.remaining), (Verdict::Allow, remaining));
        }
        assert!(!allows(&store, &batch, T0).await, "{size} buckets");
        store.refund(&batch[..1], T0).await.expect("the store answers");
        assert_eq!(allows(&store, &batch, T0).await, size == 1, "{size} buckets, all or nothing");
    }
}

pub async fn duplicate_in_a_batch_is_refused_and_nothing_spent(store: Store) {
    let mut batch: Vec<_> = (0..100).map(|number| spend(number, 5)).collect();
    batch.push(entry(42, 9, 1, Action::Check));
    let refused = store.decide(&batch, T0).await;
    assert!(matches!(refused, Err(StoreError::DuplicateBucket { id }) if id == name(42)), "{refused:?}");
    for number in 0..100 {
        assert_eq!(left(&store, number, 5, T0).await, 5, "bucket {number}");
    }
}

pub async fn cost_above_the_burst_is_refused_and_nothing_spent(store: Store) {
    for batch in [vec![entry(1, 5, 6, Action::Spend)], vec![spend(2, 5), entry(1, 5, 6, Action::Record)]] {
        let charge = batch.len() - 1;
        let refused = store.decide(&batch, T0).await;
        let expected = SpendError::CostExceedsBurst { charge, cost: 6, burst: 5 };
        assert!(matches!(refused, Err(StoreError::Spend(error)) if error == expected), "{refused:?}");
    }
    for number in [1, 2] {
        assert_eq!(left(&store, number, 5, T0).await, 5, "bucket {number}");
    }
}

pub async fn empty_batch_is_refused(store: Store) {
    let refused = store.decide(&[], T0).await;
    assert!(matches!(refused, Err(StoreError::Spend(SpendError::NoCharges))), "{refused:?}");
}
