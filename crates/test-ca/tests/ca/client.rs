//! A small ACME client that calls the CA in the same process.

use std::{
    cell::RefCell,
    sync::{Arc, Mutex},
    time::Duration,
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use jiff::Timestamp;
use rcgen::{CertificateParams, DnType, KeyPair};
use serde_json::{Value, json};
use tollgate_acme::{certificate::Leaf, jws::Signer};
use tollgate_test_ca::{Clock, TestCa, TestCaOptions, ValidationMode, ValidationOptions};

pub(crate) const ORIGIN: &str = "https://ca.test:14000";
pub(crate) const NOW: Timestamp = Timestamp::constant(1_795_000_000, 0);

pub(crate) fn url(path: &str) -> String {
    format!("{ORIGIN}{path}")
}

/// A clock that stands still until it is moved.
pub(crate) struct MovableClock(Mutex<Timestamp>);

impl MovableClock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(NOW)))
    }

    pub(crate) fn advance(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }

    pub(crate) fn set(&self, to: Timestamp) {
        *self.0.lock().unwrap() = to;
    }
}

impl Clock for MovableClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// In memory, and every challenge succeeds.
pub(crate) fn always_valid() -> TestCaOptions {
    TestCaOptions {
        validation: ValidationOptions { mode: ValidationMode::AlwaysValid, ..ValidationOptions::default() },
        ..TestCaOptions::default()
    }
}

pub(crate) async fn open(options: TestCaOptions) -> TestCa {
    TestCa::open(options, MovableClock::new()).await.unwrap()
}

/// An answer, read.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("JSON expected: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("{name} expected: {self:?}")).to_str().unwrap()
    }

    /// The URL of a link relation.
    pub(crate) fn link(&self, relation: &str) -> Option<String> {
        let links = self.headers.get_all("link").iter().map(|link| link.to_str().unwrap());
        let suffix = format!(">;rel=\"{relation}\"");
        links.filter_map(|link| link.strip_prefix('<')?.strip_suffix(&suffix)).next().map(str::to_owned)
    }

    /// Status and short error type: `(400, "badNonce")`.
    #[track_caller]
    pub(crate) fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["status"], self.status);
        assert!(problem["detail"].is_string(), "{problem}");
        let kind = problem["type"].as_str().unwrap();
        (self.status, kind.strip_prefix("urn:ietf:params:acme:error:").unwrap().to_owned())
    }

    #[track_caller]
    pub(crate) fn refused(&self, status: u16, kind: &str) {
        assert_eq!(self.problem(), (status, kind.to_owned()), "{}", self.text);
    }

    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert!((200..300).contains(&self.status), "{self:?}");
        self
    }
}

pub(crate) async fn send(ca: &TestCa, request: Request<Bytes>) -> Answer {
    let (parts, body) = ca.answer(request).await.unwrap().into_parts();
    let text = String::from_utf8(body.to_vec()).unwrap();
    Answer { status: parts.status.as_u16(), headers: parts.headers, text }
}

pub(crate) fn request(method: Method, url: &str, body: impl Into<Bytes>) -> Request<Bytes> {
    let target = url.strip_prefix(ORIGIN).unwrap_or_else(|| panic!("{url} is of another CA"));
    let request = Request::builder().method(method.clone()).uri(target).header("host", "ca.test:14000");
    let request = if method == Method::POST {
        request.header("content-type", "application/jose+json")
    } else {
        request
    };
    request.body(body.into()).unwrap()
}

pub(crate) async fn get(ca: &TestCa, url: &str) -> Answer {
    send(ca, request(Method::GET, url, "")).await
}

pub(crate) async fn nonce(ca: &TestCa) -> String {
    let answer = send(ca, request(Method::HEAD, &url("/acme/new-nonce"), "")).await.ok();
    answer.header("replay-nonce").to_owned()
}

/// An account and its key.
pub(crate) struct Client<'a> {
    pub(crate) ca: &'a TestCa,
    pub(crate) signer: Signer,
    /// The account's URL.
    pub(crate) account: String,
    nonce: RefCell<Option<String>>,
}

impl<'a> Client<'a> {
    /// A client with a new account.
    pub(crate) async fn register(ca: &'a TestCa) -> Self {
        let signer = Signer::generate().unwrap();
        let answer = new_account(ca, &signer, json!({"termsOfServiceAgreed": true})).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        Self::known(ca, signer, answer.header("location"))
    }

    /// A client with an account that exists.
    pub(crate) fn known(ca: &'a TestCa, signer: Signer, account: &str) -> Self {
        Self { ca, signer, account: account.to_owned(), nonce: RefCell::new(None) }
    }

    /// The text of a request, signed for the account.
    pub(crate) async fn signed(&self, url: &str, payload: &str) -> String {
        let kept = self.nonce.borrow_mut().take();
        let nonce = match kept {
            Some(nonce) => nonce,
            None => nonce(self.ca).await,
        };
        self.signer.sign(Some(&self.account), Some(&nonce), url, payload)
    }

    pub(crate) async fn post(&self, url: &str, payload: Value) -> Answer {
        self.post_text(url, &payload.to_string()).await
    }

    /// POST-as-GET.
    pub(crate) async fn read(&self, url: &str) -> Answer {
        self.post_text(url, "").await
    }

    pub(crate) async fn post_text(&self, url: &str, payload: &str) -> Answer {
        let body = self.signed(url, payload).await;
        let answer = send(self.ca, request(Method::POST, url, body)).await;
        *self.nonce.borrow_mut() = Some(answer.header("replay-nonce").to_owned());
        answer
    }

    pub(crate) async fn order(&self, names: &[&str]) -> Order {
        Order::of(&self.new_order(names, json!({})).await.ok())
    }

    /// newOrder with more members.
    pub(crate) async fn new_order(&self, names: &[&str], more: Value) -> Answer {
        let mut payload = json!({"identifiers": names.iter().map(|n| identifier(n)).collect::<Vec<_>>()});
        payload.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.post(&url("/acme/new-order"), payload).await
    }

    pub(crate) async fn order_status(&self, order: &Order) -> String {
        text(&self.read(&order.url).await.ok().json()["status"])
    }

    /// Answers the first challenge of each authorization.
    pub(crate) async fn answer_challenges(&self, order: &Order) {
        for authorization in &order.authorizations {
            let authorization = self.read(authorization).await.ok().json();
            if authorization["status"] == "pending" {
                let challenge = text(&authorization["challenges"][0]["url"]);
                self.post(&challenge, json!({})).await.ok();
            }
        }
    }

    /// An order that was finalized, by a fresh key, with its certificate URL.
    pub(crate) async fn issue(&self, names: &[&str]) -> Issued {
        self.issue_as(names, json!({})).await
    }

    pub(crate) async fn issue_as(&self, names: &[&str], more: Value) -> Issued {
        let order = Order::of(&self.new_order(names, more).await.ok());
        self.answer_challenges(&order).await;
        let key = KeyPair::generate().unwrap();
        let finalized = self.finalize(&order, &csr(names, &key)).await.ok().json();
        assert_eq!(finalized["status"], "valid", "{finalized}");
        let certificate = text(&finalized["certificate"]);
        let chain = self.read(&certificate).await.ok().text;
        Issued { order: order.url, certificate, chain, key }
    }

    pub(crate) async fn finalize(&self, order: &Order, csr: &[u8]) -> Answer {
        self.post(&order.finalize, json!({"csr": BASE64_URL_SAFE_NO_PAD.encode(csr)})).await
    }
}

/// newAccount with any payload.
pub(crate) async fn new_account(ca: &TestCa, signer: &Signer, payload: Value) -> Answer {
    let url = url("/acme/new-account");
    let body = signer.sign(None, Some(&nonce(ca).await), &url, &payload.to_string());
    send(ca, request(Method::POST, &url, body)).await
}

/// What a client needs of an order.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) url: String,
    pub(crate) authorizations: Vec<String>,
    pub(crate) finalize: String,
}

impl Order {
    pub(crate) fn of(answer: &Answer) -> Self {
        let order = answer.json();
        Self {
            url: answer.header("location").to_owned(),
            authorizations: order["authorizations"].as_array().unwrap().iter().map(text).collect(),
            finalize: text(&order["finalize"]),
        }
    }
}

/// What issuing gave.
pub(crate) struct Issued {
    pub(crate) order: String,
    pub(crate) certificate: String,
    pub(crate) chain: String,
    pub(crate) key: KeyPair,
}

impl Issued {
    pub(crate) fn leaf(&self) -> Leaf {
        Leaf::from_pem_chain(self.chain.as_bytes()).unwrap()
    }

    pub(crate) fn id(&self) -> String {
        self.leaf().id.unwrap().to_string()
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        pem::parse_many(&self.chain).unwrap().remove(0).into_contents()
    }

    /// The payload that revokes it.
    pub(crate) fn revocation(&self, reason: Value) -> Value {
        json!({"certificate": BASE64_URL_SAFE_NO_PAD.encode(self.der()), "reason": reason})
    }

    /// Signs with the certificate's key.
    pub(crate) fn signer(&self) -> Signer {
        Signer::from_pkcs8(&self.key.serialize_der()).unwrap()
    }
}

pub(crate) fn identifier(name: &str) -> Value {
    let kind = if name.parse::<std::net::IpAddr>().is_ok() { "ip" } else { "dns" };
    json!({"type": kind, "value": name})
}

pub(crate) fn csr(names: &[&str], key: &KeyPair) -> Vec<u8> {
    csr_with_common_name(names, None, key)
}

pub(crate) fn csr_with_common_name(names: &[&str], common_name: Option<&str>, key: &KeyPair) -> Vec<u8> {
    let names: Vec<String> = names.iter().copied().map(str::to_owned).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    if let Some(name) = common_name {
        params.distinguished_name.push(DnType::CommonName, name);
    }
    params.serialize_request(key).unwrap().der().to_vec()
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a string expected: {value}")).to_owned()
}
