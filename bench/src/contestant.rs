//! Who is measured: each decides over one bucket, from a number to the verdict.
//!
//! Equal for all: the key is 22 bytes of text made from the number, hashing it and reading a clock are
//! part of a decision, and no bucket ever runs empty.

use std::{
    cell::RefCell,
    collections::HashMap,
    num::NonZeroU32,
    pin::pin,
    task::{Context, Poll, Waker},
    time::{Duration, SystemTime},
};

use anyhow::{Result, bail};
use governor::DefaultKeyedRateLimiter;
use tollgate_engine::{Action, Charge, Cost, Quota, Timestamp, Verdict};
use tollgate_store::{Entry, HashKey, MemoryStore, MemoryStoreOptions};

/// More than any bucket loses in a run, and few enough that every peer can count them.
const BURST: u32 = 1_000_000;

/// One unit comes back in this time: no bucket is full again, and forgotten, while it is measured.
const EMISSION_INTERVAL: Duration = Duration::from_secs(3600);

/// One way to decide; whether the decision allows.
pub trait Contestant: Sync {
    fn decide(&self, number: u64) -> bool;
}

/// The names, ours first. The last is measured with a million keys only: it takes a kilobyte each.
pub const NAMES: [&str; 5] =
    ["Tollgate, memory", "governor, String keys", "governor, 128-bit keys", "gcra", "limitador, in memory"];

/// The contestant of a name, ready for `keys` keys.
pub fn make(name: &str, keys: u64) -> Result<Box<dyn Contestant>> {
    let burst = NonZeroU32::new(BURST).expect("it is not zero");
    let quota = governor::Quota::with_period(EMISSION_INTERVAL).expect("it is not zero").allow_burst(burst);
    Ok(match name {
        "Tollgate, memory" => Box::new(Tollgate::new(keys)),
        "governor, String keys" => Box::new(GovernorString(DefaultKeyedRateLimiter::keyed(quota))),
        "governor, 128-bit keys" => {
            Box::new(GovernorHashed(DefaultKeyedRateLimiter::keyed(quota), hash_key()))
        }
        "gcra" => {
            let limit = gcra::RateLimit::new(BURST, EMISSION_INTERVAL * BURST);
            // A capacity in keys, which it allots to its shards beforehand.
            Box::new(Gcra(gcra::RateLimiter::new(keys as usize), limit))
        }
        "limitador, in memory" => Box::new(Limitador::new(keys)?),
        _ => bail!("no contestant is named {name}"),
    })
}

/// 22 bytes, as an account number has.
pub fn key(mut number: u64) -> [u8; 22] {
    let mut key = *b"account/00000000000000";
    for digit in key[8..].iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
    key
}

fn text(key: &[u8]) -> &str {
    std::str::from_utf8(key).expect("it is ASCII")
}

pub fn hash_key() -> HashKey {
    HashKey::new(*b"only for benches")
}

pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("it is past 1970");
    Timestamp::from_nanos(since.as_nanos() as u64)
}

/// The memory store.
pub struct Tollgate {
    pub store: MemoryStore,
    hash_key: HashKey,
    charge: Charge,
}

impl Tollgate {
    pub fn new(keys: u64) -> Self {
        let quota = Quota::new(1, EMISSION_INTERVAL, BURST.into()).expect("representable");
        Self {
            store: MemoryStore::new(MemoryStoreOptions { buckets_max: 2 * keys as usize }),
            hash_key: hash_key(),
            charge: Charge { quota, cost: Cost(1), action: Action::Spend },
        }
    }

    pub fn entry(&self, number: u64) -> Entry {
        Entry { id: self.hash_key.bucket(1, &[&key(number)]), charge: self.charge }
    }

    /// Spends from all of them, or from none.
    pub fn decide_all(&self, entries: &[Entry], now: Timestamp) -> bool {
        let decision = self.store.decide_now(entries, now).expect("there is room");
        decision.verdict == Verdict::Allow
    }
}

impl Contestant for Tollgate {
    fn decide(&self, number: u64) -> bool {
        self.decide_all(&[self.entry(number)], now())
    }
}

struct GovernorString(DefaultKeyedRateLimiter<String>);

thread_local! {
    /// The library asks for a `&String`: one that is used again spares it an allocation.
    static OWNED: RefCell<String> = const { RefCell::new(String::new()) };
}

impl Contestant for GovernorString {
    fn decide(&self, number: u64) -> bool {
        OWNED.with_borrow_mut(|owned| {
            owned.clear();
            owned.push_str(text(&key(number)));
            self.0.check_key(owned).is_ok()
        })
    }
}

struct GovernorHashed(DefaultKeyedRateLimiter<[u64; 2]>, HashKey);

impl Contestant for GovernorHashed {
    fn decide(&self, number: u64) -> bool {
        self.0.check_key(&self.1.bucket(1, &[&key(number)]).0).is_ok()
    }
}

struct Gcra(gcra::RateLimiter<String>, gcra::RateLimit);

impl Contestant for Gcra {
    fn decide(&self, number: u64) -> bool {
        // It is async in name only.
        let answer = pin!(self.0.check(text(&key(number)).to_owned(), &self.1, 1));
        match answer.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(answer) => answer.is_ok(),
            Poll::Pending => unreachable!("it never waits"),
        }
    }
}

struct Limitador(limitador::RateLimiter, limitador::limit::Namespace);

impl Limitador {
    fn new(keys: u64) -> Result<Self> {
        let limiter = limitador::RateLimiter::new(2 * keys);
        let variables = vec!["account".try_into().expect("it is an expression")];
        let limit = limitador::limit::Limit::new(
            "bench",
            u64::from(BURST),
            u64::from(BURST) * EMISSION_INTERVAL.as_secs(),
            Vec::<limitador::limit::Predicate>::new(),
            variables,
        );
        limiter.add_limit(limit);
        Ok(Self(limiter, "bench".into()))
    }
}

impl Contestant for Limitador {
    fn decide(&self, number: u64) -> bool {
        let values = HashMap::from([("account".to_owned(), text(&key(number)).to_owned())]);
        let answer = self.0.check_rate_limited_and_update(&self.1, &values.into(), 1);
        !answer.expect("memory does not fail").limited
    }
}
