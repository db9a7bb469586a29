//! A limiter whose clock, chance and store are the test's.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tollgate_acme::{
    identifier::{Identifier, IdentifierSet},
    resource::AccountId,
};
use tollgate_engine::Timestamp;
use tollgate_limiter::{
    Admission, Cause, Chance, Clock, Limiter, LimiterOptions, NewOrder, Refusal, Reservation,
    unpause::UnpauseLinks,
};
use tollgate_policy::{Policy, event::Exemption, limit::LimitName, preset::Preset};
use tollgate_records::Records;
use tollgate_store::{BucketStore, HashKey, MemoryStore, MemoryStoreOptions};

pub(crate) const START: Timestamp = Timestamp::from_secs(1_795_424_400);
pub(crate) const DAY: Duration = Duration::from_secs(86_400);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);
pub(crate) const UNPAUSE_KEY: [u8; 32] = [42; 32];
pub(crate) const UNPAUSE_PAGE: &str = "https://acme.example/rate-limits/unpause";

/// Stands until it is moved.
pub(crate) struct TestClock(AtomicU64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_nanos(self.0.load(Ordering::Relaxed))
    }
}

/// Always draws the same.
pub(crate) struct Fixed(pub(crate) f64);

impl Chance for Fixed {
    fn fraction(&self) -> f64 {
        self.0
    }
}

pub(crate) struct World {
    pub(crate) limiter: Limiter,
    policy: Arc<Policy>,
    store: Arc<dyn BucketStore>,
    clock: Arc<TestClock>,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with_policy(Policy::preset(Preset::Letsencrypt)).await
    }

    pub(crate) async fn with_policy(policy: Policy) -> Self {
        Self::with(policy, Arc::new(MemoryStore::new(MemoryStoreOptions::default())), 0.0).await
    }

    pub(crate) async fn with(policy: Policy, store: Arc<dyn BucketStore>, chance: f64) -> Self {
        Self::with_deadline(policy, store, chance, Duration::from_millis(250)).await
    }

    pub(crate) async fn with_deadline(
        policy: Policy,
        store: Arc<dyn BucketStore>,
        chance: f64,
        store_deadline: Duration,
    ) -> Self {
        let clock = Arc::new(TestClock(AtomicU64::new(START.as_nanos())));
        let policy = Arc::new(policy);
        let limiter = Limiter::new(LimiterOptions {
            policy: policy.clone(),
            store: store.clone(),
            store_deadline,
            hash_key: HashKey::new([7; 16]),
            records: Records::in_memory().await.expect("records in memory"),
            unpause: UnpauseLinks::new(UNPAUSE_PAGE.to_owned(), &UNPAUSE_KEY, 14 * DAY),
            clock: clock.clone(),
            chance: Arc::new(Fixed(chance)),
        });
        Self { limiter, policy, store, clock }
    }

    /// A limiter with the same buckets, records and clock.
    pub(crate) fn another_gateway(&self) -> Limiter {
        Limiter::new(LimiterOptions {
            policy: self.policy.clone(),
            store: self.store.clone(),
            store_deadline: Duration::from_millis(250),
            hash_key: HashKey::new([7; 16]),
            records: self.limiter.records().clone(),
            unpause: UnpauseLinks::new(UNPAUSE_PAGE.to_owned(), &UNPAUSE_KEY, 14 * DAY),
            clock: self.clock.clone(),
            chance: Arc::new(Fixed(0.0)),
        })
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.clock.0.store(self.limiter.now().saturating_add(by).as_nanos(), Ordering::Relaxed);
    }

    pub(crate) fn moment(&self) -> jiff::Timestamp {
        jiff::Timestamp::from_nanosecond(i128::from(self.limiter.now().as_nanos())).expect("a moment")
    }

    pub(crate) async fn order(&self, account: &AccountId, names: &[&str]) -> Admission {
        let identifiers = set(names);
        self.limiter
            .admit_new_order(NewOrder {
                account,
                identifiers: &identifiers,
                replaces: None,
                issuer_window: None,
            })
            .await
    }

    /// An order that must pass; its certificate is issued and remembered as such.
    pub(crate) async fn obtain(&self, account: &AccountId, names: &[&str]) {
        let reservation = admitted(self.order(account, names).await);
        let identifiers = set(names);
        self.limiter.issued(account, &identifiers, reservation.exemption()).await;
    }
}

pub(crate) fn admitted(admission: Admission) -> Reservation {
    match admission {
        Admission::Admitted(reservation) => reservation,
        Admission::Refused(refusal) => panic!("refused: {refusal:?}"),
    }
}

pub(crate) fn refused(admission: Admission) -> Refusal {
    match admission {
        Admission::Refused(refusal) => *refusal,
        Admission::Admitted(reservation) => panic!("admitted: {reservation:?}"),
    }
}

/// The limit that refused and the seconds to wait.
pub(crate) fn limit_and_wait(refusal: &Refusal) -> (LimitName, u64) {
    match &refusal.cause {
        Cause::Limit { refusal, retry_after_seconds } => (refusal.limit(), *retry_after_seconds),
        other => panic!("refused for another cause: {other:?}"),
    }
}

pub(crate) fn account(number: u32) -> AccountId {
    AccountId::of(&format!("https://acme.example/acct/{number}")).expect("an account URL")
}

pub(crate) fn name(text: &str) -> Identifier {
    Identifier::from_text(text).expect("an identifier")
}

pub(crate) fn set(names: &[&str]) -> IdentifierSet {
    IdentifierSet::new(names.iter().map(|one| name(one)).collect()).expect("at least one")
}

pub(crate) const NOT_EXEMPT: Exemption = Exemption::None;
