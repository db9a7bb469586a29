//! Decisions of the memory store with a million live buckets, hashing of the keys included:
//! `cargo bench -p tollgate-store`.
//!
//! Each figure is for one decision. A new order with n names charges 2n + 2 buckets: it spends from the
//! account's and checks the others.

use std::{
    hint::black_box,
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use divan::{Bencher, counter::ItemsCount};
use smallvec::SmallVec;
use tollgate_engine::{Action, Charge, Cost, Quota, Timestamp};
use tollgate_store::{Entry, HashKey, MemoryStore, MemoryStoreOptions};

const LIVE: u64 = 1_000_000;
const T0: Timestamp = Timestamp::from_secs(1_795_000_000);

/// Filled once: every benchmark decides over the same million buckets.
static FILLED: LazyLock<Filled> = LazyLock::new(Filled::new);

struct Filled {
    store: MemoryStore,
    hash_key: HashKey,
    spend: Charge,
    check: Charge,
}

fn main() {
    LazyLock::force(&FILLED);
    divan::main();
}

impl Filled {
    fn new() -> Self {
        // A burst that is not used up while measuring, of which one unit lasts.
        let quota = Quota::new(1, Duration::from_secs(1), Quota::BURST_MAX).expect("representable");
        let filled = Self {
            store: MemoryStore::new(MemoryStoreOptions::default()),
            hash_key: HashKey::new(*b"only for benches"),
            spend: Charge { quota, cost: Cost(1), action: Action::Spend },
            check: Charge { quota, cost: Cost(1), action: Action::Check },
        };
        for number in 0..LIVE {
            let entry = filled.entry(number, filled.spend);
            filled.store.decide_now(&[entry], T0).expect("there is room");
        }
        filled
    }

    /// A key of 22 bytes, as an account number or a domain has.
    fn entry(&self, number: u64, charge: Charge) -> Entry {
        let mut key = *b"account/00000000000000";
        key[14..].copy_from_slice(&number.to_le_bytes());
        Entry { id: self.hash_key.bucket(1, &[&key]), charge }
    }
}

/// Buckets far from each other, without the cost of a random number.
fn any_bucket(turn: &AtomicU64) -> u64 {
    turn.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32
}

#[divan::bench(threads = [1, 2], sample_size = 2000)]
fn spend_one_bucket(bencher: Bencher) {
    let (filled, turn) = (&*FILLED, AtomicU64::new(0));
    bencher.counter(ItemsCount::new(1_u32)).bench(|| {
        let entry = filled.entry(any_bucket(&turn) % LIVE, filled.spend);
        filled.store.decide_now(black_box(&[entry]), T0).expect("it is held")
    });
}

#[divan::bench(threads = [1, 2], sample_size = 2000)]
fn check_one_bucket(bencher: Bencher) {
    let (filled, turn) = (&*FILLED, AtomicU64::new(0));
    bencher.counter(ItemsCount::new(1_u32)).bench(|| {
        let entry = filled.entry(any_bucket(&turn) % LIVE, filled.check);
        filled.store.decide_now(black_box(&[entry]), T0).expect("it is held")
    });
}

/// Of a new order with 1, 10 and 100 names.
#[divan::bench(threads = [1, 2], args = [4, 22, 202], sample_size = 100)]
fn decide_new_order(bencher: Bencher, buckets: u64) {
    let (filled, turn) = (&*FILLED, AtomicU64::new(0));
    bencher.counter(ItemsCount::new(buckets)).bench(|| {
        let first = any_bucket(&turn);
        let batch: SmallVec<[Entry; 208]> = (0..buckets)
            .map(|number| {
                let charge = if number == 0 { filled.spend } else { filled.check };
                filled.entry((first + number * 4_099) % LIVE, charge)
            })
            .collect();
        filled.store.decide_now(black_box(&batch), T0).expect("they are held")
    });
}

/// Every bucket is changed.
#[divan::bench(threads = [1, 2], args = [4, 202], sample_size = 100)]
fn spend_batch(bencher: Bencher, buckets: u64) {
    let (filled, turn) = (&*FILLED, AtomicU64::new(0));
    bencher.counter(ItemsCount::new(buckets)).bench(|| {
        let first = any_bucket(&turn);
        let batch: SmallVec<[Entry; 208]> =
            (0..buckets).map(|number| filled.entry((first + number * 4_099) % LIVE, filled.spend)).collect();
        filled.store.decide_now(black_box(&batch), T0).expect("they are held")
    });
}

/// Buckets that were not there: insertion, growth and expiry.
#[divan::bench(sample_size = 2000)]
fn spend_new_bucket(bencher: Bencher) {
    let filled = &*FILLED;
    let store = MemoryStore::new(MemoryStoreOptions::default());
    let turn = AtomicU64::new(0);
    bencher.counter(ItemsCount::new(1_u32)).bench(|| {
        let entry = filled.entry(turn.fetch_add(1, Ordering::Relaxed), filled.spend);
        store.decide_now(black_box(&[entry]), T0).expect("there is room")
    });
}

#[divan::bench]
fn hash_key_of_22_bytes(bencher: Bencher) {
    let filled = &*FILLED;
    bencher.bench(|| filled.hash_key.bucket(1, black_box(&[b"account/00000000000000"])));
}
