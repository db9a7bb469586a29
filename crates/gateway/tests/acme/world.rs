//! A gateway with everything below it, a CA that answers what it was told to, and clients.

use std::{
    collections::{HashMap, VecDeque},
    future::Future,
    net::{IpAddr, Ipv4Addr},
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{Method, Request, Response, header};
use serde_json::{Value, json};
use sqlx::{AnyConnection, Connection};
use tempfile::TempDir;
use tokio::sync::Barrier;
use tollgate_acme::{
    identifier::{Identifier, IdentifierSet},
    jws::Signer,
    resource::{AccountId, ResourcePath},
};
use tollgate_engine::{Action, BucketState, Decision, Quota, Timestamp};
use tollgate_gateway::{
    Gateway, GatewayOptions,
    client_address::{ClientAddress, Scheme},
    listener::Answer,
    overall::OverallLimits,
    request_body::IncomingBody,
    upstream::{Upstream, UpstreamError, UpstreamRequest, UpstreamResponse},
};
use tollgate_limiter::{
    Admission, Chance, Clock, Limiter, LimiterOptions, NewOrder, Reservation, unpause::UnpauseLinks,
};
use tollgate_policy::{Policy, preset::Preset};
use tollgate_records::Records;
use tollgate_store::{BucketId, BucketStore, Entry, HashKey, MemoryStore, MemoryStoreOptions, StoreFuture};

pub(crate) const ORIGIN: &str = "https://acme.example";
pub(crate) const DIRECTORY: &str = r#"{
  "newNonce": "https://acme.example/nonce-plz",
  "newAccount": "https://acme.example/sign-me-up",
  "newOrder": "https://acme.example/order-plz",
  "revokeCert": "https://acme.example/revoke",
  "keyChange": "https://acme.example/rollover",
  "renewalInfo": "https://acme.example/renewal",
  "meta": {
    "website": "https://example.test"
  }
}"#;
/// 2026-11-23 12:00:00 UTC.
pub(crate) const START: Timestamp = Timestamp::from_secs(1_795_435_200);
pub(crate) const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7));

/// A clock that stands still unless moved.
pub(crate) struct StillClock(AtomicU64);

impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_nanos(self.0.load(Ordering::SeqCst))
    }
}

struct NoChance;

impl Chance for NoChance {
    fn fraction(&self) -> f64 {
        0.0
    }
}

/// A CA that gives the answers it was told to give, in order.
#[derive(Default)]
pub(crate) struct ScriptedCa {
    script: Mutex<VecDeque<Reply>>,
    /// By path, once each, before the script.
    set_aside: Mutex<HashMap<String, UpstreamResponse>>,
    asked: Mutex<Vec<UpstreamRequest>>,
    /// Orders made so far, once it makes them without being told.
    orders_made: Mutex<Option<u64>>,
}

pub(crate) enum Reply {
    Answer(UpstreamResponse),
    /// Once all have been asked for.
    Together(Arc<Barrier>, UpstreamResponse),
    Failure(UpstreamError),
}

impl Upstream for ScriptedCa {
    fn call(
        &self,
        request: UpstreamRequest,
    ) -> Pin<Box<dyn Future<Output = Result<UpstreamResponse, UpstreamError>> + Send + '_>> {
        let asked_for = request.uri().path().to_owned();
        self.asked.lock().unwrap().push(request);
        let set_aside = self.set_aside.lock().unwrap().remove(&asked_for).map(Reply::Answer);
        let reply = match set_aside.or_else(|| self.script.lock().unwrap().pop_front()) {
            Some(reply) => reply,
            None if asked_for == "/dir" => {
                Reply::Answer(Response::new(Bytes::from_static(DIRECTORY.as_bytes())))
            }
            None if self.makes_orders() => Reply::Answer(self.make_or_finish(&asked_for)),
            None => Reply::Answer(problem(500, "serverInternal", "nobody told the CA what to answer")),
        };
        Box::pin(async move {
            match reply {
                Reply::Answer(response) => Ok(response),
                Reply::Together(all, response) => {
                    all.wait().await;
                    Ok(response)
                }
                Reply::Failure(failure) => Err(failure),
            }
        })
    }
}

impl ScriptedCa {
    pub(crate) fn will_answer(&self, response: UpstreamResponse) {
        self.script.lock().unwrap().push_back(Reply::Answer(response));
    }

    /// Whoever is answered before.
    pub(crate) fn will_answer_at(&self, path: &str, response: UpstreamResponse) {
        self.set_aside.lock().unwrap().insert(path.to_owned(), response);
    }

    /// Answers these requests when all of them have come.
    pub(crate) fn will_answer_together(&self, responses: Vec<UpstreamResponse>) {
        let all = Arc::new(Barrier::new(responses.len()));
        let replies = responses.into_iter().map(|response| Reply::Together(all.clone(), response));
        self.script.lock().unwrap().extend(replies);
    }

    pub(crate) fn will_fail(&self, failure: UpstreamError) {
        self.script.lock().unwrap().push_back(Reply::Failure(failure));
    }

    /// From now on every newOrder makes another order, and every finalize issues.
    pub(crate) fn will_make_orders(&self) {
        *self.orders_made.lock().unwrap() = Some(0);
    }

    fn makes_orders(&self) -> bool {
        self.orders_made.lock().unwrap().is_some()
    }

    fn make_or_finish(&self, asked_for: &str) -> UpstreamResponse {
        if let Some(order) = asked_for.strip_suffix("/finalize") {
            return ok(order_body(order, "valid", &["any.example"]));
        }
        let mut made = self.orders_made.lock().unwrap();
        let number = made.map_or(1, |made| made + 1);
        *made = Some(number);
        let order = format!("/made/{number}");
        created(&order, order_body(&order, "ready", &["any.example"]))
    }

    /// What was asked since the last call.
    pub(crate) fn asked(&self) -> Vec<UpstreamRequest> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

/// Buckets in memory, whose store can be made to panic.
pub(crate) struct Buckets {
    store: MemoryStore,
    panics: AtomicBool,
}

impl Buckets {
    fn new() -> Self {
        Self { store: MemoryStore::new(MemoryStoreOptions::default()), panics: AtomicBool::new(false) }
    }

    /// At the next thing that is counted after it has happened.
    pub(crate) fn will_panic(&self) {
        self.panics.store(true, Ordering::SeqCst);
    }
}

impl BucketStore for Buckets {
    fn decide<'a>(&'a self, batch: &'a [Entry], now: Timestamp) -> StoreFuture<'a, Decision> {
        let counts = batch.iter().any(|entry| entry.charge.action == Action::Record);
        assert!(!(counts && self.panics.swap(false, Ordering::SeqCst)), "a panic that a test is about");
        self.store.decide(batch, now)
    }

    fn refund<'a>(&'a self, batch: &'a [Entry], now: Timestamp) -> StoreFuture<'a, ()> {
        self.store.refund(batch, now)
    }

    fn reset<'a>(&'a self, ids: &'a [BucketId]) -> StoreFuture<'a, ()> {
        self.store.reset(ids)
    }

    fn peek<'a>(&'a self, id: BucketId, quota: &'a Quota, now: Timestamp) -> StoreFuture<'a, BucketState> {
        self.store.peek(id, quota, now)
    }
}

/// While it is there nothing can be written to the records. Writers wait for it, five seconds at most.
pub(crate) struct HeldWrites(AnyConnection);

impl HeldWrites {
    pub(crate) async fn let_go(mut self) {
        sqlx::raw_sql("ROLLBACK").execute(&mut self.0).await.unwrap();
    }
}

/// The gateway and everything around it.
pub(crate) struct World {
    pub(crate) gateway: Gateway,
    pub(crate) buckets: Arc<Buckets>,
    /// Where the records are, unless they are in memory.
    folder: Option<TempDir>,
    pub(crate) ca: Arc<ScriptedCa>,
    pub(crate) limiter: Arc<Limiter>,
    clock: Arc<StillClock>,
    nonces: AtomicU64,
}

impl World {
    /// With the `letsencrypt` preset, and the CA's directory known.
    pub(crate) async fn new() -> Self {
        Self::with_policy(Policy::preset(Preset::Letsencrypt)).await
    }

    /// With the CA's directory known.
    pub(crate) async fn with_policy(policy: Policy) -> Self {
        Self::with_records(policy, Records::in_memory().await.unwrap()).await
    }

    pub(crate) async fn with_directory(directory: &str) -> Self {
        Self::over(directory, Policy::preset(Preset::Letsencrypt), Records::in_memory().await.unwrap())
    }

    /// With records in a file, and the CA's directory known.
    pub(crate) async fn on_disk(policy: Policy) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let records = Records::open(&folder.path().join("records.db")).await.unwrap();
        Self { folder: Some(folder), ..Self::with_records(policy, records).await }
    }

    /// With these records, and the CA's directory known.
    pub(crate) async fn with_records(policy: Policy, records: Records) -> Self {
        let world = Self::over("/dir", policy, records);
        world.request(Method::GET, "/dir", "").await;
        world.ca.asked();
        world
    }

    fn over(directory: &str, policy: Policy, records: Records) -> Self {
        let clock = Arc::new(StillClock(AtomicU64::new(START.as_nanos())));
        let policy = Arc::new(policy);
        let buckets = Arc::new(Buckets::new());
        let limiter = Arc::new(Limiter::new(LimiterOptions {
            policy: policy.clone(),
            store: buckets.clone(),
            store_deadline: Duration::from_secs(5),
            hash_key: HashKey::new([7; 16]),
            records,
            unpause: UnpauseLinks::new(
                "https://acme.example/unpause".to_owned(),
                &[7; 32],
                Duration::from_secs(14 * 86_400),
            ),
            clock: clock.clone(),
            chance: Arc::new(NoChance),
        }));
        let ca = Arc::new(ScriptedCa::default());
        let gateway = Gateway::new(GatewayOptions {
            limiter: limiter.clone(),
            upstream: ca.clone(),
            overall: Arc::new(OverallLimits::new(policy, HashKey::new([9; 16]), 10_000)),
            directory: path(directory),
            rate_limits_url: Some("https://acme.example/limits.json".to_owned()),
        });
        Self { gateway, buckets, folder: None, ca, limiter, clock, nonces: AtomicU64::new(0) }
    }

    /// A connection to the records' file beside their own.
    async fn connection(&self) -> AnyConnection {
        sqlx::any::install_default_drivers();
        let folder = self.folder.as_ref().expect("the records are in a file");
        let url = format!("sqlite://{}", folder.path().join("records.db").display());
        AnyConnection::connect(&url).await.unwrap()
    }

    /// Changes the records' file by hand.
    pub(crate) async fn sql(&self, sql: &'static str) {
        sqlx::raw_sql(sql).execute(&mut self.connection().await).await.unwrap();
    }

    /// Lets nothing more be written to the records, once all that answers have told is.
    pub(crate) async fn hold_writes(&self) -> HeldWrites {
        self.gateway.settled().await;
        let mut connection = self.connection().await;
        sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut connection).await.unwrap();
        HeldWrites(connection)
    }

    /// The records, with all in them that answers have told.
    pub(crate) async fn records(&self) -> &Records {
        self.gateway.settled().await;
        self.limiter.records()
    }

    /// Moves the clock. What answers have told belongs to the time before.
    pub(crate) async fn advance(&self, duration: Duration) {
        self.gateway.settled().await;
        self.clock.0.fetch_add(u64::try_from(duration.as_nanos()).unwrap(), Ordering::SeqCst);
    }

    /// Sends a request and gives the answer.
    pub(crate) async fn send(&self, request: Request<Bytes>) -> Response<Bytes> {
        self.send_from(CLIENT, request).await
    }

    pub(crate) async fn send_from(&self, client: IpAddr, request: Request<Bytes>) -> Response<Bytes> {
        let client = ClientAddress::new(client, Scheme::Https);
        self.gateway.answer(request.map(IncomingBody::from), client).await.expect("an answer")
    }

    pub(crate) async fn request(&self, method: Method, path: &str, body: &str) -> Response<Bytes> {
        self.send(plain(method, path, body)).await
    }

    /// Sends what `client` signs for `path`.
    pub(crate) async fn post(&self, client: &Client, path: &str, payload: impl Payload) -> Response<Bytes> {
        self.send(plain(Method::POST, path, &self.signed(client, path, payload))).await
    }

    /// A request body of `client` for `path`, with a fresh nonce.
    pub(crate) fn signed(&self, client: &Client, path: &str, payload: impl Payload) -> String {
        let nonce = format!("nonce{}", self.nonces.fetch_add(1, Ordering::SeqCst));
        client.signer.sign(client.kid.as_deref(), Some(&nonce), &format!("{ORIGIN}{path}"), &payload.text())
    }

    /// A client whose account the gateway saw made.
    pub(crate) async fn registered(&self, account: &str) -> Client {
        let mut client = Client::new();
        self.ca.will_answer(created(account, json!({"status": "valid"})));
        let answer = self.post(&client, "/sign-me-up", json!({"termsOfServiceAgreed": true})).await;
        assert_eq!(answer.status(), 201, "{answer:?}");
        self.ca.asked();
        client.kid = Some(format!("{ORIGIN}{account}"));
        client
    }

    /// An order of `client` that the CA accepts.
    pub(crate) async fn ordered(&self, client: &Client, order: &str, names: &[&str]) -> Response<Bytes> {
        self.ca.will_answer(created(order, order_body(order, "pending", names)));
        self.post(client, "/order-plz", new_order(names)).await
    }

    /// How many accounts may still be made from an address.
    pub(crate) async fn accounts_left(&self, client: IpAddr) -> u64 {
        let Admission::Admitted(reservation) = self.limiter.admit_new_account(client).await else { return 0 };
        let left = scarcest(&reservation);
        self.limiter.refund(reservation).await;
        left + 1
    }

    /// How many orders an account may still make: by making them, and taking them back.
    pub(crate) async fn orders_left(&self, account: &str) -> u64 {
        let mut reservations = Vec::new();
        while let Admission::Admitted(reservation) = self.admit(account, &["only-asked-here.example"]).await {
            reservations.push(reservation);
        }
        let left = reservations.len() as u64;
        for reservation in reservations {
            self.limiter.refund(reservation).await;
        }
        left
    }

    /// What is left of the scarcest limit that an order for these names is checked against: with five
    /// each, that of certificates for the set or of failures for a name.
    pub(crate) async fn certificates_or_failures_left(&self, account: &str, names: &[&str]) -> u64 {
        let Admission::Admitted(reservation) = self.admit(account, names).await else { return 0 };
        let left = scarcest(&reservation);
        self.limiter.refund(reservation).await;
        left
    }

    pub(crate) async fn admit(&self, account: &str, names: &[&str]) -> Admission {
        self.gateway.settled().await;
        let (account, identifiers) = (AccountId::of(account).unwrap(), set(names));
        let order =
            NewOrder { account: &account, identifiers: &identifiers, replaces: None, issuer_window: None };
        self.limiter.admit_new_order(order).await
    }
}

fn scarcest(reservation: &Reservation) -> u64 {
    reservation.quotas().iter().find_map(|line| line.state).expect("the decisive limit has a state").remaining
}

/// An ACME client.
pub(crate) struct Client {
    pub(crate) signer: Signer,
    pub(crate) kid: Option<String>,
}

impl Client {
    /// With a fresh key and no account yet.
    pub(crate) fn new() -> Self {
        Self { signer: Signer::generate().unwrap(), kid: None }
    }

    /// With a fresh key and an account that nobody has seen.
    pub(crate) fn with_account(account: &str) -> Self {
        Self { kid: Some(format!("{ORIGIN}{account}")), ..Self::new() }
    }
}

/// What can be a payload.
pub(crate) trait Payload {
    fn text(&self) -> String;
}

impl Payload for Value {
    fn text(&self) -> String {
        self.to_string()
    }
}

impl Payload for &str {
    fn text(&self) -> String {
        (*self).to_owned()
    }
}

pub(crate) fn path(text: &str) -> ResourcePath {
    ResourcePath::of(text).unwrap()
}

pub(crate) fn set(names: &[&str]) -> IdentifierSet {
    IdentifierSet::new(names.iter().map(|name| Identifier::from_text(name).unwrap()).collect()).unwrap()
}

pub(crate) fn plain(method: Method, path: &str, body: &str) -> Request<Bytes> {
    Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "acme.example")
        .header(header::CONTENT_TYPE, "application/jose+json")
        .body(Bytes::from(body.to_owned()))
        .unwrap()
}

pub(crate) fn new_order(names: &[&str]) -> Value {
    json!({"identifiers": identifiers(names)})
}

pub(crate) fn order_body(order: &str, status: &str, names: &[&str]) -> Value {
    let authorizations: Vec<_> =
        names.iter().enumerate().map(|(n, _)| format!("{ORIGIN}{}", authorization_of(order, n))).collect();
    json!({
        "status": status,
        "identifiers": identifiers(names),
        "authorizations": authorizations,
        "finalize": format!("{ORIGIN}{order}/finalize"),
    })
}

/// The path of an order's nth authorization.
pub(crate) fn authorization_of(order: &str, n: usize) -> String {
    format!("/authz{order}/{n}")
}

pub(crate) fn authorization_body(authorization: &str, status: &str, name: &str) -> Value {
    json!({
        "status": status,
        "identifier": {"type": "dns", "value": name},
        "challenges": [{"type": "http-01", "url": format!("{ORIGIN}{authorization}/challenge"), "token": "t"}],
    })
}

fn identifiers(names: &[&str]) -> Vec<Value> {
    let kind = |name: &&str| if name.parse::<IpAddr>().is_ok() { "ip" } else { "dns" };
    names.iter().map(|name| json!({"type": kind(name), "value": name})).collect()
}

pub(crate) fn ok(body: Value) -> UpstreamResponse {
    answer(200, body)
}

pub(crate) fn created(location: &str, body: Value) -> UpstreamResponse {
    let mut response = answer(201, body);
    response.headers_mut().insert(header::LOCATION, format!("{ORIGIN}{location}").parse().unwrap());
    response
}

pub(crate) fn problem(status: u16, kind: &str, detail: &str) -> UpstreamResponse {
    let kind = format!("urn:ietf:params:acme:error:{kind}");
    answer(status, json!({"type": kind, "detail": detail, "status": status}))
}

pub(crate) fn answer(status: u16, body: Value) -> UpstreamResponse {
    Response::builder()
        .status(status)
        .header("replay-nonce", "fresh")
        .header("x-of-the-ca", "kept")
        .body(Bytes::from(body.to_string()))
        .unwrap()
}

/// A header of an answer as text.
pub(crate) fn field<'a>(response: &'a Response<Bytes>, name: &str) -> Option<&'a str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

/// A problem document.
pub(crate) fn document(response: &Response<Bytes>) -> Value {
    assert_eq!(field(response, "content-type"), Some("application/problem+json"), "{response:?}");
    serde_json::from_slice(response.body()).unwrap()
}
