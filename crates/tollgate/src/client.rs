//! A small ACME client: what `tollgate demo` orders with, and what the tests drive the gateway with.
//!
//! It shows every answer as it came, refusals included, and never retries by itself.

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::HttpsConnector;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use rcgen::{CertificateParams, DistinguishedName, KeyPair};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use serde_json::{Value, json};
use tollgate_acme::{directory::Directory, jws::Signer, problem::Problem};

/// The largest answer that is read.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;

/// How often an authorization or order is polled before giving up.
const POLLS_MAX: usize = 50;

/// An ACME client with a key pair and, once registered, an account.
pub struct AcmeClient {
    http: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    directory: Directory,
    signer: Signer,
    account: Option<String>,
    nonce: Option<String>,
    language: Option<String>,
}

/// An answer of the server.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Status, headers and body as they came.
    pub response: Response<Bytes>,
}

/// Why there is no answer, or not the one that was needed to go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// No answer.
    #[error("{method} {url}: no answer: {problem}")]
    NoAnswer {
        /// The request.
        method: Method,
        /// Where to.
        url: String,
        /// What went wrong.
        problem: String,
    },
    /// A refusal: the server's problem document, or whatever it said instead.
    #[error("{}: {}", .0.status(), .0.detail())]
    Refused(Box<Answer>),
    /// The server left out something the protocol asks for.
    #[error("the server gave no {0}")]
    Missing(&'static str),
    /// The authorization or order did not end in time, or ended badly.
    #[error("{what} became {status}")]
    Ended {
        /// `order` or `authorization`.
        what: &'static str,
        /// Its last status.
        status: String,
    },
    /// The root certificate or the certificate request could not be made use of.
    #[error("{0}")]
    Certificate(String),
}

type Result<T> = std::result::Result<T, ClientError>;

impl Answer {
    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.response.status()
    }

    /// A header, if it is there and text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }

    /// The body as JSON; null when it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(self.response.body()).unwrap_or(Value::Null)
    }

    /// The body as a problem document, if it is one.
    #[must_use]
    pub fn problem(&self) -> Option<Problem> {
        serde_json::from_slice(self.response.body()).ok()
    }

    /// What a person is told.
    #[must_use]
    pub fn detail(&self) -> String {
        self.problem()
            .map_or_else(|| String::from_utf8_lossy(self.response.body()).into_owned(), |it| it.detail)
    }

    /// `Retry-After` in seconds.
    #[must_use]
    pub fn retry_after(&self) -> Option<u64> {
        self.header("retry-after")?.parse().ok()
    }

    fn expect(self, statuses: &[StatusCode]) -> Result<Self> {
        if statuses.contains(&self.status()) { Ok(self) } else { Err(ClientError::Refused(Box::new(self))) }
    }

    fn location(&self) -> Result<String> {
        self.header("location").map(str::to_owned).ok_or(ClientError::Missing("Location"))
    }

    fn member(&self, name: &'static str) -> Result<String> {
        self.json()[name].as_str().map(str::to_owned).ok_or(ClientError::Missing(name))
    }
}

impl AcmeClient {
    /// A client with a fresh key for the CA at `directory_url`, trusting `root_pem` only.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub async fn connect(directory_url: &str, root_pem: &str) -> Result<Self> {
        let http = https_client(root_pem)?;
        let mut client = Self {
            http,
            directory: Directory::default(),
            signer: fresh_key(),
            account: None,
            nonce: None,
            language: None,
        };
        let answer = client.send(Method::GET, directory_url, None).await?.expect(&[StatusCode::OK])?;
        client.directory =
            Directory::parse(answer.response.body()).map_err(|_| ClientError::Missing("directory"))?;
        Ok(client)
    }

    /// The same client with another key and no account.
    #[must_use]
    pub fn with_fresh_key(&self) -> Self {
        Self {
            http: self.http.clone(),
            directory: self.directory.clone(),
            signer: fresh_key(),
            account: None,
            nonce: None,
            language: self.language.clone(),
        }
    }

    /// Sends `Accept-Language` from now on.
    pub fn speak(&mut self, language: &str) {
        self.language = Some(language.to_owned());
    }

    /// Asks for a fresh nonce before the next request: the one at hand has expired, since a clock was moved.
    pub fn forget_nonce(&mut self) {
        self.nonce = None;
    }

    /// What the CA names.
    #[must_use]
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// The account's URL, once registered.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }

    /// Makes requests in the name of another account, with this client's key: what a forger does.
    pub fn claim_account(&mut self, account_url: &str) {
        self.account = Some(account_url.to_owned());
    }

    /// newAccount, as the server answers it. A success is remembered.
    ///
    /// # Errors
    ///
    /// [`ClientError::NoAnswer`].
    pub async fn try_register(&mut self) -> Result<Answer> {
        let url = self.directory.new_account.clone().ok_or(ClientError::Missing("newAccount"))?;
        let payload = json!({ "termsOfServiceAgreed": true });
        let answer = self.post_signed(&url, &payload.to_string(), true).await?;
        if answer.status().is_success() {
            self.account = Some(answer.location()?);
        }
        Ok(answer)
    }

    /// Registers, or says why not.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub async fn register(&mut self) -> Result<()> {
        self.try_register().await?.expect(&[StatusCode::OK, StatusCode::CREATED]).map(drop)
    }

    /// newOrder, as the server answers it.
    ///
    /// # Errors
    ///
    /// [`ClientError::NoAnswer`].
    pub async fn try_order(&mut self, names: &[&str]) -> Result<Answer> {
        self.try_order_replacing(names, None).await
    }

    /// newOrder with `replaces` (RFC 9773, section 5).
    ///
    /// # Errors
    ///
    /// [`ClientError::NoAnswer`].
    pub async fn try_order_replacing(&mut self, names: &[&str], replaces: Option<&str>) -> Result<Answer> {
        let identifiers: Vec<_> = names
            .iter()
            .map(|name| {
                let kind = if name.parse::<std::net::IpAddr>().is_ok() { "ip" } else { "dns" };
                json!({ "type": kind, "value": name })
            })
            .collect();
        let mut payload = json!({ "identifiers": identifiers });
        if let Some(replaces) = replaces {
            payload["replaces"] = json!(replaces);
        }
        let url = self.directory.new_order.clone().ok_or(ClientError::Missing("newOrder"))?;
        self.post(&url, &payload.to_string()).await
    }

    /// Orders, answers every challenge, finalizes and downloads: the PEM chain.
    ///
    /// # Errors
    ///
    /// [`ClientError`]: the first answer that stops it.
    pub async fn obtain(&mut self, names: &[&str]) -> Result<String> {
        let order = self.try_order(names).await?.expect(&[StatusCode::CREATED])?;
        self.complete(&order, names).await
    }

    /// Takes an accepted order to its certificate.
    ///
    /// # Errors
    ///
    /// [`ClientError`]: the first answer that stops it.
    pub async fn complete(&mut self, order: &Answer, names: &[&str]) -> Result<String> {
        let order_url = order.location()?;
        for authorization in urls(&order.json()["authorizations"]) {
            self.answer_challenge(&authorization).await?;
            self.poll(&authorization, "authorization", "valid").await?;
        }
        let ready = self.poll(&order_url, "order", "ready").await?;
        self.finalize(&ready, names).await?.expect(&[StatusCode::OK])?;
        let valid = self.poll(&order_url, "order", "valid").await?;
        let certificate = self.post(&valid.member("certificate")?, "").await?.expect(&[StatusCode::OK])?;
        String::from_utf8(certificate.response.into_body().into())
            .map_err(|_| ClientError::Missing("PEM chain"))
    }

    /// Tells the server that an authorization's first challenge is ready.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub async fn answer_challenge(&mut self, authorization: &str) -> Result<Answer> {
        let body = self.post(authorization, "").await?.expect(&[StatusCode::OK])?.json();
        if body["status"] == "valid" {
            return self.post(authorization, "").await;
        }
        let challenge = body["challenges"][0]["url"].as_str().ok_or(ClientError::Missing("challenge"))?;
        self.post(challenge, "{}").await
    }

    /// Asks for the certificate of an order that is ready, with a fresh key for it.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub async fn finalize(&mut self, order: &Answer, names: &[&str]) -> Result<Answer> {
        let csr = json!({ "csr": base64url(&certificate_request(names)?) });
        self.post(&order.member("finalize")?, &csr.to_string()).await
    }

    /// Polls until `what` has the `wanted` status.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub async fn poll(&mut self, url: &str, what: &'static str, wanted: &str) -> Result<Answer> {
        let mut status = String::new();
        for _ in 0..POLLS_MAX {
            let answer = self.post(url, "").await?.expect(&[StatusCode::OK])?;
            status = answer.member("status")?;
            if status == wanted || (wanted == "ready" && status == "valid") {
                return Ok(answer);
            }
            if status == "invalid" {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        Err(ClientError::Ended { what, status })
    }

    /// A request signed by the account.
    ///
    /// # Errors
    ///
    /// [`ClientError::NoAnswer`].
    pub async fn post(&mut self, url: &str, payload: &str) -> Result<Answer> {
        self.post_signed(url, payload, false).await
    }

    async fn post_signed(&mut self, url: &str, payload: &str, with_key: bool) -> Result<Answer> {
        let nonce = self.take_nonce().await?;
        let kid = if with_key { None } else { self.account.as_deref() };
        let body = self.signer.sign(kid, Some(&nonce), url, payload);
        self.send(Method::POST, url, Some(body)).await
    }

    /// Sends a body as it is.
    ///
    /// # Errors
    ///
    /// [`ClientError::NoAnswer`].
    pub async fn send(&mut self, method: Method, url: &str, body: Option<String>) -> Result<Answer> {
        let mut request = Request::builder().method(method.clone()).uri(url);
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/jose+json");
        }
        if let Some(language) = &self.language {
            request = request.header(header::ACCEPT_LANGUAGE, language);
        }
        let no_answer =
            |problem: String| ClientError::NoAnswer { method: method.clone(), url: url.to_owned(), problem };
        let request = request
            .body(Full::new(Bytes::from(body.unwrap_or_default())))
            .map_err(|error| no_answer(error.to_string()))?;
        let response = self.http.request(request).await.map_err(|error| no_answer(error.to_string()))?;
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, ANSWER_BYTES_MAX)
            .collect()
            .await
            .map_err(|error| no_answer(error.to_string()))?
            .to_bytes();
        let answer = Answer { response: Response::from_parts(parts, body) };
        if let Some(nonce) = answer.header("replay-nonce") {
            self.nonce = Some(nonce.to_owned());
        }
        Ok(answer)
    }

    async fn take_nonce(&mut self) -> Result<String> {
        if self.nonce.is_none() {
            let url = self.directory.new_nonce.clone().ok_or(ClientError::Missing("newNonce"))?;
            let answer = self.send(Method::HEAD, &url, None).await?;
            if !answer.status().is_success() {
                return Err(ClientError::Refused(Box::new(answer)));
            }
        }
        self.nonce.take().ok_or(ClientError::Missing("Replay-Nonce"))
    }
}

fn fresh_key() -> Signer {
    Signer::generate().expect("the operating system gives random bytes for a key")
}

fn https_client(root_pem: &str) -> Result<Client<HttpsConnector<HttpConnector>, Full<Bytes>>> {
    let unusable =
        |error: &dyn std::fmt::Display| ClientError::Certificate(format!("the root certificate: {error}"));
    let mut roots = RootCertStore::empty();
    for root in CertificateDer::pem_slice_iter(root_pem.as_bytes()) {
        roots.add(root.map_err(|error| unusable(&error))?).map_err(|error| unusable(&error))?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(&error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = hyper_rustls::HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_or_http()
        .enable_all_versions()
        .build();
    Ok(Client::builder(TokioExecutor::new()).build(connector))
}

fn certificate_request(names: &[&str]) -> Result<Vec<u8>> {
    let unusable =
        |error: rcgen::Error| ClientError::Certificate(format!("the certificate request: {error}"));
    let names: Vec<String> = names.iter().copied().map(str::to_owned).collect();
    let mut params = CertificateParams::new(names).map_err(unusable)?;
    params.distinguished_name = DistinguishedName::new();
    let key = KeyPair::generate().map_err(unusable)?;
    Ok(params.serialize_request(&key).map_err(unusable)?.der().to_vec())
}

fn urls(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn base64url(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}
