//! One newOrder decision with 1, 10 and 100 identifiers, each of its own registered domain: 4, 22 and 202
//! buckets. A million accounts and a million domains have buckets in memory; which ones an order meets is
//! random, so nearly every look-up misses the processor's caches.
//!
//! `cargo bench -p tollgate-limiter`

use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use divan::{AllocProfiler, Bencher, black_box};
use tollgate_acme::{
    identifier::{Identifier, IdentifierSet},
    resource::AccountId,
};
use tollgate_engine::{Quota, Timestamp};
use tollgate_limiter::{Admission, Chance, Clock, Limiter, LimiterOptions, NewOrder, unpause::UnpauseLinks};
use tollgate_policy::{
    Policy,
    event::Exemption,
    limit::LimitName,
    overrides::{Override, Subject},
    preset::Preset,
};
use tollgate_records::Records;
use tollgate_store::{HashKey, MemoryStore, MemoryStoreOptions};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

const NOW: Timestamp = Timestamp::from_secs(1_795_424_400);
const ACCOUNTS: u64 = 1_000_000;
const DOMAINS: u64 = 1_000_000;
/// Orders made ready before the clock runs, so that making them is not measured.
const ORDERS: usize = 4096;

struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        NOW
    }
}

impl Chance for Stopped {
    fn fraction(&self) -> f64 {
        0.5
    }
}

fn main() {
    divan::main();
}

#[divan::bench(args = [1, 10, 100], threads = [1, 2], min_time = Duration::from_secs(2))]
fn one_decision(bencher: Bencher<'_, '_>, identifiers: usize) {
    let limiter = filled();
    let orders: Vec<_> = (0..ORDERS as u64).map(|seed| order(seed, identifiers)).collect();
    bencher
        .with_inputs(|| {
            let (account, set) = &orders[fastrand::usize(..orders.len())];
            NewOrder { account, identifiers: set, replaces: None, issuer_window: None }
        })
        .bench_values(|order| decide(&limiter, black_box(order)));
}

/// The same decision without overrides and with 10,000 for domains and as many for accounts, one in a hundred
/// of each: what looking them up costs.
#[divan::bench(args = [0, 10_000], consts = [1, 10, 100], min_time = Duration::from_secs(2))]
fn beside_overrides<const IDENTIFIERS: usize>(bencher: Bencher<'_, '_>, overrides: u64) {
    let limiter = filled();
    limiter.set_policy(Arc::new(limiter.policy().with_overrides((0..overrides).flat_map(overridden))));
    let orders: Vec<_> = (0..ORDERS as u64).map(|seed| order(seed, IDENTIFIERS)).collect();
    bencher
        .with_inputs(|| {
            let (account, set) = &orders[fastrand::usize(..orders.len())];
            NewOrder { account, identifiers: set, replaces: None, issuer_window: None }
        })
        .bench_values(|order| decide(&limiter, black_box(order)));
}

fn overridden(number: u64) -> [(LimitName, Subject, Override); 2] {
    let other = Override {
        quota: Quota::new(300, Duration::from_secs(7 * 86_400), 300).expect("it is representable"),
        author: "operator".to_owned(),
        reason: "a bench".to_owned(),
        expires: None,
    };
    let index = number * 100;
    [
        (LimitName::CertificatesPerRegisteredDomain, format!("customer-{index}.com")),
        (LimitName::NewOrdersPerAccount, format!("/acme/acct/{index}")),
    ]
    .map(|(limit, text)| (limit, Subject::parse(limit, &text).expect("a subject"), other.clone()))
}

fn decide(limiter: &Limiter, order: NewOrder<'_>) -> Admission {
    ready(limiter.decide_new_order(order, Exemption::None))
}

/// The memory store answers at once, so one poll is the whole decision.
fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("the memory store answers at once"),
    }
}

/// A limiter whose store holds a bucket for each account and each domain.
fn filled() -> Limiter {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let limiter = Limiter::new(LimiterOptions {
        policy: Arc::new(Policy::preset(Preset::Letsencrypt)),
        store: Arc::new(MemoryStore::new(MemoryStoreOptions::default())),
        store_deadline: Duration::from_millis(250),
        hash_key: HashKey::new([7; 16]),
        records: runtime.block_on(Records::in_memory()).expect("records in memory"),
        unpause: UnpauseLinks::new("https://localhost/unpause".to_owned(), &[7; 32], Duration::from_secs(60)),
        clock: Arc::new(Stopped),
        chance: Arc::new(Stopped),
    });
    for index in 0..ACCOUNTS.max(DOMAINS) {
        let (account, set) = (account(index), set([domain(index)]));
        let order = NewOrder { account: &account, identifiers: &set, replaces: None, issuer_window: None };
        let _ = decide(&limiter, order);
        ready(limiter.issued(&account, &set, Exemption::None));
    }
    limiter
}

fn order(seed: u64, identifiers: usize) -> (AccountId, IdentifierSet) {
    let mut random = fastrand::Rng::with_seed(seed);
    let account = account(random.u64(..ACCOUNTS));
    let names: Vec<_> = (0..identifiers).map(|_| domain(random.u64(..DOMAINS))).collect();
    (account, set(names))
}

fn account(index: u64) -> AccountId {
    AccountId::of(&format!("/acme/acct/{index}")).expect("a path")
}

fn domain(index: u64) -> Identifier {
    Identifier::dns(&format!("www.customer-{index}.com")).expect("a name")
}

fn set(identifiers: impl IntoIterator<Item = Identifier>) -> IdentifierSet {
    IdentifierSet::new(identifiers.into_iter().collect()).expect("at least one identifier")
}
