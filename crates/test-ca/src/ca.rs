//! The CA as a whole: from a request to an answer.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use parking_lot::Mutex;
use tollgate_acme::problem::{Problem, ProblemType};

use crate::{
    Clock,
    authority::{Authority, AuthorityKeys},
    envelope::Incoming,
    fault::{FaultKind, Faults},
    journal::{Journal, JournalError},
    nonce::Nonces,
    options::TestCaOptions,
    reply::{Answer, Refusal, Reply},
    resource::{Chain, DIRECTORY, Origin, Resource},
    state::State,
    validation::Validator,
};

pub(crate) const REPLAY_NONCE: HeaderName = HeaderName::from_static("replay-nonce");

/// A page as a broken proxy writes it.
const BROKEN_PAGE: &str = "<html>\n<head><title>Bad Gateway</title></head>\n<body>\n<h1>Bad Gateway</h1>\n\
                           <p>A scripted fault of the test CA.</p>\n</body>\n</html>\n";

/// The built-in test CA.
pub struct TestCa {
    ca: Arc<Ca>,
    journal: Journal,
}

/// What the endpoints work with.
pub(crate) struct Ca {
    pub(crate) options: TestCaOptions,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) nonces: Nonces,
    pub(crate) authority: Authority,
    pub(crate) state: Arc<Mutex<State>>,
    pub(crate) validator: Validator,
    faults: Faults,
}

/// Why a test CA cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TestCaError {
    /// The state cannot be read or kept.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The CA's own keys or certificates cannot be made or used.
    #[error("cannot make or use the CA's certificates")]
    Authority(#[from] rcgen::Error),
    /// There is no profile to issue by.
    #[error("no profile is given")]
    NoProfile,
}

/// The client's connection is to be closed without an answer, by a scripted fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the connection is to be dropped")]
pub struct DropConnection;

impl TestCa {
    /// Starts a CA, with what an earlier one left in the data directory.
    ///
    /// # Errors
    ///
    /// [`TestCaError`].
    pub async fn open(options: TestCaOptions, clock: Arc<dyn Clock>) -> Result<Self, TestCaError> {
        if options.profiles.is_empty() {
            return Err(TestCaError::NoProfile);
        }
        let state = Arc::new(Mutex::new(State::new()));
        let journal = Journal::open(options.data_dir.as_deref(), Arc::clone(&state)).await?;
        let authority = authority(&state, &*clock)?;
        let ca = Arc::new(Ca {
            nonces: Nonces::new(options.nonce_lifetime),
            validator: Validator::new(options.validation.clone()),
            faults: Faults::default(),
            options,
            clock,
            authority,
            state,
        });
        ca.resume();
        let this = Self { ca, journal };
        this.keep().await?;
        Ok(this)
    }

    /// Answers a request with its whole body. URLs are built from `Host` (else the URI's authority) and
    /// `X-Forwarded-Proto`. Dropped half way, the request may still take effect.
    ///
    /// # Errors
    ///
    /// [`DropConnection`], only by a scripted fault.
    pub async fn answer(&self, request: Request<Bytes>) -> Result<Response<Bytes>, DropConnection> {
        let resource = Resource::of(request.uri().path());
        let fault = resource.as_ref().and_then(|resource| self.ca.faults.strike(resource.endpoint()));
        let Some(request) = incoming(request) else {
            let reply = Refusal::malformed("the request has no usable Host").into_reply();
            return Ok(reply.into_response());
        };
        let reply = match fault {
            Some(FaultKind::DropConnection) => return Err(DropConnection),
            Some(FaultKind::Delay(delay)) => {
                tokio::time::sleep(delay).await;
                self.reply(resource.as_ref(), &request).await
            }
            Some(fault) => broken(fault),
            None => self.reply(resource.as_ref(), &request).await,
        };
        Ok(self.ca.complete(reply, resource.as_ref(), &request))
    }

    /// The scripted faults.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.ca.faults
    }

    /// The root that certificate chains lead to, as PEM.
    #[must_use]
    pub fn root_pem(&self) -> &str {
        self.ca.authority.keys().root_pem(Chain::Default)
    }

    /// The root that alternate chains lead to, as PEM.
    #[must_use]
    pub fn alternate_root_pem(&self) -> &str {
        self.ca.authority.keys().root_pem(Chain::Alternate)
    }

    /// Writes down what is not yet written and frees the data directory. Without it, what was answered
    /// is kept all the same, but the directory is free only a moment later.
    pub async fn close(mut self) {
        self.journal.closed().await;
    }

    async fn reply(&self, resource: Option<&Resource>, request: &Incoming) -> Reply {
        let answer = match resource {
            Some(resource) => self.ca.route(resource, request).await,
            None => Err(Refusal::not_found("this CA has no such resource")),
        };
        let reply = answer.unwrap_or_else(Refusal::into_reply);
        if request.method == Method::POST && self.journal.flushed().await.is_err() {
            return Refusal::internal("the CA cannot write to its database").into_reply();
        }
        reply
    }

    /// Writes down what has changed.
    async fn keep(&self) -> Result<(), TestCaError> {
        Ok(self.journal.flushed().await.map_err(|_| JournalError::NotWritten)?)
    }
}

impl Drop for TestCa {
    fn drop(&mut self) {
        self.journal.close();
    }
}

/// The CA's keys as kept, or fresh ones.
fn authority(state: &Mutex<State>, clock: &dyn Clock) -> Result<Authority, rcgen::Error> {
    let mut state = state.lock();
    if let Some(keys) = state.authority() {
        return Authority::new(keys.clone());
    }
    let keys = AuthorityKeys::generate(clock.now())?;
    state.add_authority(keys.clone());
    Authority::new(keys)
}

/// The parts of a request that matter here; `None` without a usable host.
fn incoming(request: Request<Bytes>) -> Option<Incoming> {
    let (parts, body) = request.into_parts();
    let content_type = parts.headers.get(header::CONTENT_TYPE);
    Some(Incoming {
        origin: Origin::of(&parts.headers, &parts.uri)?,
        target: parts.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned(),
        content_type: content_type.and_then(|value| value.to_str().ok()).map(str::to_owned),
        method: parts.method,
        body,
    })
}

/// What a fault answers in place of the CA.
fn broken(fault: FaultKind) -> Reply {
    match fault {
        FaultKind::Status { status, retry_after } => {
            let kind = match status {
                429 => ProblemType::RateLimited,
                status if status < 500 => ProblemType::Malformed,
                _ => ProblemType::ServerInternal,
            };
            let problem = Problem::new(kind, status, "a scripted fault of the test CA");
            Reply::problem(&problem).retry_after(retry_after)
        }
        FaultKind::EmptyBody { status } => Reply::empty(status_code(status)),
        FaultKind::HtmlBody { status } => Reply::content(status_code(status), "text/html", BROKEN_PAGE),
        FaultKind::BadNonce | FaultKind::Delay(_) | FaultKind::DropConnection => {
            let detail = "a scripted fault of the test CA: the nonce is not accepted";
            Refusal::new(ProblemType::BadNonce, StatusCode::BAD_REQUEST, detail).into_reply()
        }
    }
}

fn status_code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

impl Ca {
    async fn route(self: &Arc<Self>, resource: &Resource, request: &Incoming) -> Answer {
        self.check_method(resource, &request.method)?;
        match resource {
            Resource::Home => Ok(self.home(request)),
            Resource::Terms => Ok(self.terms()),
            Resource::Root(chain) => Ok(self.root(*chain)),
            Resource::Directory => self.directory(request),
            Resource::NewNonce => self.new_nonce(request),
            Resource::RenewalInfo(id) => self.renewal_info(id),
            Resource::NewAccount => self.new_account(request),
            Resource::Account(id) => self.account(*id, request),
            Resource::KeyChange => self.key_change(request),
            Resource::Orders(account) => self.orders(*account, request),
            Resource::NewOrder => self.new_order(request),
            Resource::Order(id) => self.order(*id, request),
            Resource::NewAuthz => self.new_authorization(request),
            Resource::Authorization(id) => self.authorization(*id, request),
            Resource::Challenge(id, kind) => self.challenge(*id, kind, request),
            Resource::Finalize(id) => self.finalize(*id, request),
            Resource::Certificate(serial, chain) => self.certificate(serial, *chain, request),
            Resource::RevokeCert => self.revoke(request),
        }
    }

    fn check_method(&self, resource: &Resource, method: &Method) -> Result<(), Refusal> {
        let allowed: &[Method] = match resource {
            Resource::Home | Resource::Terms | Resource::Root(_) | Resource::RenewalInfo(_) => {
                &[Method::GET, Method::HEAD]
            }
            Resource::Directory | Resource::NewNonce => &[Method::GET, Method::HEAD, Method::POST],
            Resource::NewAuthz if !self.options.pre_authorization => {
                return Err(Refusal::not_found("this CA has no newAuthz"));
            }
            _ => &[Method::POST],
        };
        if allowed.contains(method) {
            return Ok(());
        }
        let names = allowed.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
        let detail = format!("only {names} is allowed here");
        let refusal = Refusal::new(ProblemType::Malformed, StatusCode::METHOD_NOT_ALLOWED, detail);
        Err(refusal.map(|reply| reply.with(header::ALLOW, names)))
    }

    /// Adds the headers that all answers have.
    fn complete(&self, reply: Reply, resource: Option<&Resource>, request: &Incoming) -> Response<Bytes> {
        let mut reply = reply.with(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        if resource != Some(&Resource::Directory) {
            reply = reply.link(request.origin.url(DIRECTORY), "index");
        }
        let mut response = reply.into_response();
        if request.method == Method::POST || resource == Some(&Resource::NewNonce) {
            let nonce = self.nonces.issue(self.clock.now());
            if let Ok(nonce) = HeaderValue::from_str(&nonce) {
                response.headers_mut().insert(REPLAY_NONCE, nonce);
            }
        }
        if request.method == Method::HEAD {
            *response.body_mut() = Bytes::new();
        }
        response
    }

    /// Goes on with what an earlier process had begun.
    fn resume(self: &Arc<Self>) {
        self.resume_validations();
        self.resume_issuance();
    }
}
