//! The suite every bucket store passes.
//!
//! A crate that implements [`BucketStore`](crate::BucketStore) writes
//! `tollgate_store::conformance_suite!(make_store());` in its tests: each sentence below becomes one
//! test, on an empty store of its own. The suite moves `now` itself and never waits.
//!
//! # Which sentence answers which trap
//!
//! Stores of rate limits are known to have these faults. None of them may be ours:
//!
//! | The trap | The sentence that would see it |
//! |---|---|
//! | Concurrent callers overwrite each other: more than the burst is admitted | `exactly_the_burst_is_admitted_of_200_at_once_on_a_fresh_bucket`, `…_on_a_stale_bucket`, `exactly_one_is_admitted_of_200_at_once_on_the_last_unit`, `exactly_the_burst_is_admitted_of_200_batches_that_share_a_bucket` |
//! | Concurrent records are lost, or drive a bucket into debt | `records_at_once_are_all_counted_and_end_exactly_empty` |
//! | A refund lifts a bucket above full, or is lost beside a spend | `refunds_at_once_never_lift_a_bucket_above_full`, `refunds_beside_decisions_are_all_counted_and_nothing_more` |
//! | A reset beside decisions grants more than one more burst | `reset_beside_decisions_grants_one_more_burst_at_most` |
//! | Time to live from the burst offset, or cut to whole seconds | `bucket_is_kept_until_its_tat_and_full_from_then_on` |
//! | A bucket that vanished or went stale is counted on from 1970 or from its old TAT | `refund_never_lifts_above_full_and_never_creates_a_bucket`, `record_and_refund_of_a_stale_bucket_count_from_now` |
//! | Part of a refused batch is spent | `batch_is_all_or_nothing`, `last_of_1000_buckets_denies_and_nothing_of_the_others_is_spent` |
//! | A batch reads the clock several times | `every_bucket_of_a_large_batch_ends_at_the_same_tat` |
//! | A clock set back grants a second burst | `clock_set_back_and_forth_grants_no_second_burst`, `refund_while_the_clock_is_back_gives_back_no_more_than_it_says` |
//! | Keys are split at colons or cut at odd bytes (IPv6 addresses) | `keys_of_any_bytes_have_buckets_of_their_own`, `names_that_differ_in_one_half_or_one_bit_are_different_buckets` |
//! | More than one unit a nanosecond divides by zero | `fastest_quota_is_counted_to_the_nanosecond` |
//!
//! What a store cannot show is tested where it is decided: addresses in overrides and texts, and the last
//! override removed, in `tollgate-policy`; a shard that is lost, in the stores that have shards.

#![expect(missing_docs, reason = "each sentence is its own documentation")]

use std::{sync::Arc, time::Duration};

use tokio::{sync::Barrier, task::JoinSet};
use tollgate_engine::{Action, BucketState, Charge, Cost, Decision, Quota, SpendError, Timestamp, Verdict};

use crate::{BucketId, BucketStore, Entry, HashKey, StoreError, StoreFuture};

/// The store under test.
pub type Store = Arc<dyn BucketStore>;

/// A store, and what must live as long as it does: its folder, its server.
#[derive(Debug)]
pub struct Keeping<S, K>(pub S, pub K);

impl<S: BucketStore, K: Send + Sync> BucketStore for Keeping<S, K> {
    fn decide<'a>(&'a self, batch: &'a [Entry], now: Timestamp) -> StoreFuture<'a, Decision> {
        self.0.decide(batch, now)
    }

    fn refund<'a>(&'a self, batch: &'a [Entry], now: Timestamp) -> StoreFuture<'a, ()> {
        self.0.refund(batch, now)
    }

    fn reset<'a>(&'a self, ids: &'a [BucketId]) -> StoreFuture<'a, ()> {
        self.0.reset(ids)
    }

    fn peek<'a>(&'a self, id: BucketId, quota: &'a Quota, now: Timestamp) -> StoreFuture<'a, BucketState> {
        self.0.peek(id, quota, now)
    }
}

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
            records_at_once_are_all_counted_and_end_exactly_empty
            refunds_at_once_never_lift_a_bucket_above_full
            refunds_beside_decisions_are_all_counted_and_nothing_more
            reset_beside_decisions_grants_one_more_burst_at_most
            told_wait_is_exact_to_the_nanosecond
            check_leaves_the_bucket_as_it_was
            record_never_denies_and_an_empty_bucket_stays_empty
            refund_gives_back_what_was_spent_and_nothing_for_a_check
            refund_never_lifts_above_full_and_never_creates_a_bucket
            record_and_refund_of_a_stale_bucket_count_from_now
            reset_makes_a_bucket_full
            peek_touches_nothing
            bucket_is_kept_until_its_tat_and_full_from_then_on
            clock_set_back_and_forth_grants_no_second_burst
            refund_while_the_clock_is_back_gives_back_no_more_than_it_says
            changed_quota_applies_to_the_stored_tat
            fastest_quota_is_counted_to_the_nanosecond
            batches_of_1_to_1000_buckets_are_decided
            last_of_1000_buckets_denies_and_nothing_of_the_others_is_spent
            every_bucket_of_a_large_batch_ends_at_the_same_tat
            duplicate_in_a_batch_is_refused_and_nothing_spent
            names_that_differ_in_one_half_or_one_bit_are_different_buckets
            keys_of_any_bytes_have_buckets_of_their_own
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
    admitted_among(store, batches.into_iter().map(Call::Decide).collect(), now).await
}

/// What one of many callers asks of the store.
enum Call {
    Decide(Vec<Entry>),
    Refund(Vec<Entry>),
    Reset(Vec<BucketId>),
}

/// How many of the decisions among the calls, all made at the same moment, are allowed.
async fn admitted_among(store: &Store, calls: Vec<Call>, now: Timestamp) -> usize {
    let start = Arc::new(Barrier::new(calls.len()));
    let mut callers = JoinSet::new();
    for call in calls {
        let (store, start) = (Arc::clone(store), Arc::clone(&start));
        callers.spawn(async move {
            start.wait().await;
            match call {
                Call::Decide(batch) => allows(&store, &batch, now).await,
                Call::Refund(batch) => {
                    store.refund(&batch, now).await.expect("the store answers");
                    false
                }
                Call::Reset(ids) => {
                    store.reset(&ids).await.expect("the store answers");
                    false
                }
            }
        });
    }
    callers.join_all().await.into_iter().filter(|allowed| *allowed).count()
}

/// Two hundred decisions over the batch and, at every tenth place from the first on, `others` other calls.
fn decisions_beside(others: usize, batch: &[Entry], other: impl Fn() -> Call) -> Vec<Call> {
    let decision = || Call::Decide(batch.to_vec());
    (0..200 + others)
        .map(|place| if place % 10 == 0 && place / 10 < others { other() } else { decision() })
        .collect()
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
    for day in 1..=20 {
        let later = after(day * 86_400);
        assert_eq!(admitted_at_once(&store, vec![vec![spend(1, 50)]; 200], later).await, 50, "day {day}");
        assert_eq!(admitted_at_once(&store, vec![vec![spend(1, 50)]; 200], later).await, 0, "day {day}");
    }
}

pub async fn exactly_one_is_admitted_of_200_at_once_on_the_last_unit(store: Store) {
    assert!(allows(&store, &[entry(1, 50, 49, Action::Spend)], T0).await);
    // Each second brings one more.
    for second in 0..20 {
        let now = after(second);
        assert_eq!(admitted_at_once(&store, vec![vec![spend(1, 50)]; 200], now).await, 1, "second {second}");
    }
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
    let refunds = (0..200).map(|_| Call::Refund(vec![spend(1, 50)])).collect();
    admitted_among(&store, refunds, T0).await;
    assert_eq!(peek(&store, 1, 50, T0).await, BucketState { remaining: 50, full_in: Duration::ZERO });
    assert_eq!(admitted_at_once(&store, vec![vec![spend(1, 50)]; 200], T0).await, 50);
}

pub async fn records_at_once_are_all_counted_and_end_exactly_empty(store: Store) {
    // (burst, what is left of it once 200 have recorded 3 each)
    for (round, (burst, expected)) in (0..).zip([(1000, 400), (600, 0), (50, 0), (1000, 400), (50, 0)]) {
        let record = vec![entry(round, burst, 3, Action::Record)];
        assert_eq!(admitted_at_once(&store, vec![record; 200], T0).await, 200, "a record is never denied");
        let full_in = Duration::from_secs(burst - expected);
        assert_eq!(peek(&store, round, burst, T0).await, BucketState { remaining: expected, full_in });
    }
}

pub async fn refunds_beside_decisions_are_all_counted_and_nothing_more(store: Store) {
    for round in 0..10 {
        // Twenty are left and twenty come back, so no refund finds the bucket full.
        assert!(allows(&store, &[entry(round, 50, 30, Action::Spend)], T0).await);
        let refund = || Call::Refund(vec![spend(round, 50)]);
        let calls = decisions_beside(20, &[spend(round, 50)], refund);
        let admitted = admitted_among(&store, calls, T0).await as u64;
        assert!((20..=40).contains(&admitted), "{admitted} admitted");
        let left = left(&store, round, 50, T0).await;
        assert_eq!(admitted + left, 40, "no refund is lost, none counts twice");
        assert_eq!(admitted_at_once(&store, vec![vec![spend(round, 50)]; 200], T0).await as u64, left);
    }
}

pub async fn reset_beside_decisions_grants_one_more_burst_at_most(store: Store) {
    for round in 0..10 {
        // The second bucket, which is not reset, counts what was admitted.
        let batch = [spend(round, 50), spend(1000 + round, 1000)];
        let calls = decisions_beside(1, &batch, || Call::Reset(vec![name(round)]));
        let admitted = admitted_among(&store, calls, T0).await as u64;
        let left = left(&store, round, 50, T0).await;
        assert!(left <= 50 && (50..=100).contains(&(admitted + left)), "{admitted} admitted, {left} left");
        assert_eq!(peek(&store, 1000 + round, 1000, T0).await.remaining, 1000 - admitted);
        assert_eq!(admitted_at_once(&store, vec![vec![spend(round, 50)]; 200], T0).await as u64, left);
    }
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

pub async fn record_and_refund_of_a_stale_bucket_count_from_now(store: Store) {
    // The moment the bucket is full again, and a day later.
    for (first, now) in [(0, after(4)), (10, after(86_400))] {
        let [recorded, refunded] = [first, first + 1];
        assert!(
            allows(&store, &[recorded, refunded].map(|number| entry(number, 5, 4, Action::Spend)), T0).await
        );

        let decision = decide(&store, &[entry(recorded, 5, 2, Action::Record)], now).await;
        let state = BucketState { remaining: 3, full_in: 2 * SECOND };
        assert_eq!((decision.verdict, decision.state), (Verdict::Allow, state));
        assert_eq!(peek(&store, recorded, 5, now).await, state);

        store.refund(&[entry(refunded, 5, 4, Action::Spend)], now).await.expect("the store answers");
        assert_eq!(
            peek(&store, refunded, 5, now).await,
            BucketState { remaining: 5, full_in: Duration::ZERO }
        );
        assert!(allows(&store, &[entry(refunded, 5, 5, Action::Spend)], now).await);
        assert!(!allows(&store, &[spend(refunded, 5)], now).await, "above full there is nothing");
    }
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

pub async fn refund_while_the_clock_is_back_gives_back_no_more_than_it_says(store: Store) {
    let all = [entry(1, 5, 5, Action::Spend)];
    assert!(allows(&store, &all, T0).await);
    let back = Timestamp::from_nanos(T0.as_nanos() - Duration::from_secs(3600).as_nanos() as u64);
    store.refund(&[entry(1, 5, 2, Action::Spend)], back).await.expect("the store answers");
    let full_in = Duration::from_secs(3603);
    assert_eq!(peek(&store, 1, 5, back).await, BucketState { remaining: 0, full_in }, "while it is back");
    assert_eq!(peek(&store, 1, 5, T0).await, BucketState { remaining: 2, full_in: 3 * SECOND }, "as before");

    // More than was spent: still not above full once the clock is right.
    for _ in 0..2 {
        store.refund(&all, back).await.expect("the store answers");
    }
    assert_eq!(peek(&store, 1, 5, back).await.full_in, Duration::from_secs(3593));
    assert!(!allows(&store, &[spend(1, 5)], back).await);
    assert!(allows(&store, &all, T0).await);
    assert!(!allows(&store, &[spend(1, 5)], T0).await);
}

pub async fn changed_quota_applies_to_the_stored_tat(store: Store) {
    assert!(allows(&store, &[entry(1, 5, 5, Action::Spend)], T0).await);
    assert_eq!(left(&store, 1, 8, T0).await, 3, "a higher burst is there at once");
    assert!(allows(&store, &[entry(1, 8, 3, Action::Spend)], T0).await);
    let denied = decide(&store, &[spend(1, 2)], T0).await;
    assert_eq!(denied.verdict, Verdict::Deny { retry_after: Duration::from_secs(7) });
    assert_eq!(left(&store, 1, 8, after(1)).await, 1);
}

pub async fn fastest_quota_is_counted_to_the_nanosecond(store: Store) {
    // A unit a nanosecond; what is faster is no quota.
    assert!(Quota::new(1_000_001, Quota::PERIOD_MIN, 5).is_err());
    let quota = Quota::new(1_000_000, Quota::PERIOD_MIN, 5).expect("representable");
    let spend =
        |cost| [Entry { id: name(1), charge: Charge { quota, cost: Cost(cost), action: Action::Spend } }];
    let later = |nanos| T0.saturating_add(Duration::from_nanos(nanos));
    assert!(allows(&store, &spend(5), T0).await);
    for now in 0..3 {
        let denied = decide(&store, &spend(1), later(now)).await;
        assert_eq!(denied.verdict, Verdict::Deny { retry_after: NANOSECOND });
        assert!(allows(&store, &spend(1), later(now + 1)).await);
    }
    let denied = decide(&store, &spend(4), later(3)).await;
    assert_eq!(denied.verdict, Verdict::Deny { retry_after: 4 * NANOSECOND });
    let peek = async |now| store.peek(name(1), &quota, now).await.expect("the store answers");
    assert_eq!(peek(later(7)).await, BucketState { remaining: 4, full_in: NANOSECOND });
    assert_eq!(peek(later(8)).await, BucketState { remaining: 5, full_in: Duration::ZERO });
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

pub async fn last_of_1000_buckets_denies_and_nothing_of_the_others_is_spent(store: Store) {
    let actions = [Action::Spend, Action::Record, Action::Check, Action::Spend];
    let mut batch: Vec<_> = (0..1000)
        .zip(actions.into_iter().cycle())
        .map(|(number, action)| entry(number, 5, 1, action))
        .collect();
    batch[999] = spend(999, 5);
    // Half of the others have been there before, half have not.
    let before: Vec<_> = (0..500).map(|number| entry(2 * number, 5, 2, Action::Spend)).collect();
    assert!(allows(&store, &before, T0).await);
    assert!(allows(&store, &[entry(999, 5, 5, Action::Spend)], T0).await);

    let denied = decide(&store, &batch, T0).await;
    assert_eq!((denied.verdict, denied.decisive), (Verdict::Deny { retry_after: SECOND }, 999));
    for number in 0..999 {
        let spent = if number % 2 == 0 { 2 } else { 0 };
        let state = BucketState { remaining: 5 - spent, full_in: Duration::from_secs(spent) };
        assert_eq!(peek(&store, number, 5, T0).await, state, "bucket {number}");
    }
    assert!(allows(&store, &batch, after(1)).await);
}

pub async fn every_bucket_of_a_large_batch_ends_at_the_same_tat(store: Store) {
    let batch: Vec<_> = (0..1000).map(|number| spend(number, 5)).collect();
    // Some nanoseconds past a second, so that nothing can be rounded.
    let now = T0.saturating_add(Duration::from_nanos(123_456_789));
    assert!(allows(&store, &batch, now).await);
    for number in 0..1000 {
        assert_eq!(peek(&store, number, 5, now).await.full_in, SECOND, "bucket {number}");
    }
}

pub async fn duplicate_in_a_batch_is_refused_and_nothing_spent(store: Store) {
    // (buckets, where the same stands twice): pairs, neighbours, far apart, at both ends.
    let batches = [
        (2, [0, 1]),
        (3, [1, 2]),
        (101, [42, 100]),
        (1000, [0, 999]),
        (1000, [499, 500]),
        (1000, [998, 999]),
    ];
    for (size, [first, second]) in batches {
        let mut batch: Vec<_> = (0..size).map(|number| spend(number, 5)).collect();
        batch[second] = Entry { id: batch[first].id, ..entry(0, 9, 1, Action::Check) };
        let refused = store.decide(&batch, T0).await;
        let twice = batch[first].id;
        assert!(matches!(refused, Err(StoreError::DuplicateBucket { id }) if id == twice), "{refused:?}");
        for number in 0..size {
            assert_eq!(left(&store, number, 5, T0).await, 5, "bucket {number} of {size}");
        }
    }
}

pub async fn names_that_differ_in_one_half_or_one_bit_are_different_buckets(store: Store) {
    let BucketId([first, second]) = name(1);
    let mut ids = vec![[0, 0], [u64::MAX, u64::MAX], [0, u64::MAX], [u64::MAX, 0]];
    ids.extend([[first, second], [second, first], [first, first], [second, second]]);
    ids.extend([[first, 0], [0, first], [first, u64::MAX], [u64::MAX, first]]);
    for bit in 0..u64::BITS {
        ids.extend([
            [first ^ (1 << bit), second],
            [first, second ^ (1 << bit)],
            [1 << bit, 0],
            [0, 1 << bit],
        ]);
    }
    let quota = one_per_second(5);
    let spend = |id| Entry { id, charge: Charge { quota, cost: Cost(1), action: Action::Spend } };
    let batch: Vec<_> = ids.into_iter().map(|id| spend(BucketId(id))).collect();
    assert!(allows(&store, &batch, T0).await, "none of them is another's duplicate");
    let left = async |id| store.peek(id, &quota, T0).await.expect("the store answers").remaining;
    for entry in &batch {
        assert_eq!(left(entry.id).await, 4, "{}", entry.id);
        assert_eq!(decide(&store, std::slice::from_ref(entry), T0).await.state.remaining, 3, "{}", entry.id);
    }
    for entry in batch.iter().step_by(2) {
        store.reset(&[entry.id]).await.expect("the store answers");
    }
    for (place, entry) in batch.iter().enumerate() {
        assert_eq!(left(entry.id).await, if place % 2 == 0 { 5 } else { 3 }, "{}", entry.id);
    }
}

pub async fn keys_of_any_bytes_have_buckets_of_their_own(store: Store) {
    let mut keys: Vec<Vec<u8>> = (0..=u8::MAX).map(|byte| vec![byte]).collect();
    keys.extend(
        [&b""[..], b"\0\0", b"\r\n", b"{a}", b"a b", b"\xc3\x28", "\u{202e}ü".as_bytes()].map(Vec::from),
    );
    keys.extend(
        [&b"2001:db8::1"[..], b"2001:db8:", b"2001", b"::ffff:192.0.2.1", b"192.0.2.1"].map(Vec::from),
    );
    // As long as each other, so that only their bytes tell them apart: before, between and after the colons.
    keys.extend([&b"2001:db8::2"[..], b"3001:db8::1", b"2001:db9::1", b"2001:db8:\x001"].map(Vec::from));
    let long = vec![0; 10_000];
    let mut other = long.clone();
    other[9_999] = 1;
    keys.extend([long, other, vec![0; 9_999], vec![b':'; 10_000], vec![u8::MAX; 10_000]]);

    let hash_key = HashKey::new([9; 16]);
    for limit in [0, u8::MAX] {
        for key in &keys {
            let id = hash_key.bucket(limit, &[key]);
            let charge = Charge { quota: one_per_second(1), cost: Cost(1), action: Action::Spend };
            let shown = &key[..key.len().min(20)];
            assert!(allows(&store, &[Entry { id, charge }], T0).await, "the first of {shown:?}");
            assert!(!allows(&store, &[Entry { id, charge }], T0).await, "the second of {shown:?}");
        }
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
