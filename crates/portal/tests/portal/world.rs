//! A portal and what is behind it, with a clock that is moved.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, header, request};
use tollgate_acme::{identifier::Identifier, resource::AccountId};
use tollgate_engine::Timestamp;
use tollgate_limiter::{Chance, Clock, Limiter, LimiterOptions, unpause::UnpauseLinks};
use tollgate_policy::{Policy, config, preset::Preset};
use tollgate_portal::{Portal, PortalOptions, Visitor};
use tollgate_records::Records;
use tollgate_store::{HashKey, MemoryStore, MemoryStoreOptions};

/// 2026-11-23 10:00:00 UTC.
pub(crate) const START: Timestamp = Timestamp::from_secs(1_795_428_000);
pub(crate) const DAY: Duration = Duration::from_secs(86_400);
const LINKS: &str = "https://acme.example/rate-limits/unpause";

struct TestClock(AtomicU64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_nanos(self.0.load(Ordering::Relaxed))
    }
}

struct Never;

impl Chance for Never {
    fn fraction(&self) -> f64 {
        0.0
    }
}

/// A portal and what is behind it.
pub(crate) struct World {
    pub(crate) portal: Portal,
    pub(crate) limiter: Arc<Limiter>,
    clock: Arc<TestClock>,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(Policy::preset(Preset::Letsencrypt), false).await
    }

    pub(crate) async fn with(policy: Policy, is_test_ca: bool) -> Self {
        let options = PortalOptions { is_test_ca, ..PortalOptions::default() };
        Self::with_options(policy, options).await
    }

    pub(crate) async fn with_options(policy: Policy, options: PortalOptions) -> Self {
        let clock = Arc::new(TestClock(AtomicU64::new(START.as_nanos())));
        let limiter = Arc::new(Limiter::new(LimiterOptions {
            policy: Arc::new(policy),
            store: Arc::new(MemoryStore::new(MemoryStoreOptions::default())),
            store_deadline: Duration::from_millis(250),
            hash_key: HashKey::new([7; 16]),
            records: Records::in_memory().await.unwrap(),
            unpause: UnpauseLinks::new(LINKS.to_owned(), &[7; 32], 14 * DAY),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            chance: Arc::new(Never),
        }));
        Self { portal: Portal::new(Arc::clone(&limiter), options), limiter, clock }
    }

    /// Pauses names of an account and gives the token of the link in a refusal naming them.
    pub(crate) async fn paused(&self, names: &[&str]) -> String {
        self.paused_of(&account(), names).await
    }

    pub(crate) async fn paused_of(&self, account: &AccountId, names: &[&str]) -> String {
        let identifiers: Vec<_> = names.iter().map(|name| Identifier::from_text(name).unwrap()).collect();
        let now = jiff::Timestamp::from_nanosecond(self.limiter.now().as_nanos().into()).unwrap();
        let records = self.limiter.records();
        for identifier in &identifiers {
            assert!(records.pause(account, identifier, now, jiff::Timestamp::MIN).await.unwrap());
        }
        let link = self.limiter.unpause_links().link(account, &identifiers, self.limiter.now());
        link.split_once("?token=").unwrap().1.to_owned()
    }

    pub(crate) async fn pauses(&self) -> u64 {
        self.limiter.records().pause_count(&account()).await.unwrap()
    }

    pub(crate) fn advance(&self, by: Duration) {
        let by = u64::try_from(by.as_nanos()).unwrap();
        self.clock.0.fetch_add(by, Ordering::Relaxed);
    }

    pub(crate) async fn send(&self, request: request::Builder, body: impl Into<Bytes>) -> Response<Bytes> {
        self.portal.answer(request.body(body.into()).unwrap(), visitor()).await.expect("a page of the portal")
    }

    /// Asks for a path that may be none of the portal's.
    pub(crate) async fn answers(&self, path: &str) -> bool {
        let request = Request::get(path).body(Bytes::new()).unwrap();
        self.portal.answer(request, visitor()).await.is_some()
    }

    pub(crate) async fn get(&self, path: &str) -> Response<Bytes> {
        self.send(Request::get(path), "").await
    }

    /// Follows the link of a refusal.
    pub(crate) async fn follow(&self, token: &str) -> Response<Bytes> {
        self.get(&format!("/rate-limits/unpause?token={token}")).await
    }

    /// Presses the button, as a browser does.
    pub(crate) async fn press(&self, token: &str) -> Response<Bytes> {
        self.send(form(), format!("token={token}")).await
    }
}

pub(crate) fn form() -> request::Builder {
    form_to("/rate-limits/unpause")
}

/// A form as a browser sends it from a page of ours.
pub(crate) fn form_to(path: &str) -> request::Builder {
    Request::post(path)
        .header(header::HOST, "acme.example")
        .header(header::ORIGIN, "null")
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
}

pub(crate) fn visitor() -> Visitor {
    Visitor { address: "192.0.2.7".parse().unwrap(), over_tls: true }
}

pub(crate) fn account() -> AccountId {
    AccountId::of("/acme/acct/1").unwrap()
}

pub(crate) fn configured(file: &str) -> Policy {
    Policy::from_raw(&config::parse(file).unwrap()).unwrap()
}

pub(crate) fn text(response: &Response<Bytes>) -> &str {
    std::str::from_utf8(response.body()).unwrap()
}

pub(crate) fn heading(response: &Response<Bytes>) -> &str {
    let (_, rest) = text(response).split_once("<h1>").unwrap();
    rest.split_once("</h1>").unwrap().0
}
