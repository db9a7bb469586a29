//! The way of a request: from the client to the CA and back.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header, request::Parts};
use tollgate_acme::{
    jws::{Jws, JwsError, KeyReference},
    resource::{AccountId, ResourcePath},
};
use tollgate_engine::Timestamp;
use tollgate_limiter::Limiter;
use tollgate_policy::message::Language;
use tollgate_records::{Records, RecordsError};

use crate::{
    aftermath::{self, UnderWay},
    apply::records_failed,
    client_address::ClientAddress,
    directory::Endpoints,
    listener::{Answer, AnswerFuture, DropConnection},
    observe::{Exchange, Fact, observe},
    overall::OverallLimits,
    refusal::{self, Told},
    request_body::IncomingBody,
    resource::Resource,
    second_look::looked_up,
    signer::Signer,
    spelling,
    upstream::{Upstream, UpstreamRequest, UpstreamResponse, clean_request},
};

/// The longest body a client may send.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
/// The longest a client may take to send it.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// What a gateway is made of.
pub struct GatewayOptions {
    /// Decides and accounts.
    pub limiter: Arc<Limiter>,
    /// The CA.
    pub upstream: Arc<dyn Upstream>,
    /// Requests per client address and second.
    pub overall: Arc<OverallLimits>,
    /// The path of the CA's directory.
    pub directory: ResourcePath,
    /// The URL of the machine-readable list of limits, which the directory's `meta` then names.
    pub rate_limits_url: Option<String>,
}

/// The gateway in front of one CA.
pub struct Gateway {
    pub(crate) limiter: Arc<Limiter>,
    pub(crate) upstream: Arc<dyn Upstream>,
    pub(crate) endpoints: Endpoints,
    overall: Arc<OverallLimits>,
    pub(crate) under_way: UnderWay,
    pub(crate) rate_limits_url: Option<String>,
    /// When the directory could last not be fetched. Held while one request fetches it for all.
    pub(crate) directory_failed_at: tokio::sync::Mutex<Option<Timestamp>>,
}

/// The answer to a request, or none.
pub(crate) type Answered = Result<Response<Bytes>, DropConnection>;

/// A request that has passed the overall limits, read whole.
pub(crate) struct Asked {
    /// As it goes to the CA.
    pub(crate) request: UpstreamRequest,
    pub(crate) client: ClientAddress,
    pub(crate) path: ResourcePath,
    pub(crate) resource: Resource,
    pub(crate) signer: Signer,
    /// `None` when the body is no JWS.
    pub(crate) jws: Option<Jws>,
    /// For its refusal.
    pub(crate) told: Told,
}

impl Answer for Gateway {
    fn answer(&self, request: Request<IncomingBody>, client: ClientAddress) -> AnswerFuture<'_> {
        Box::pin(self.respond(request, client))
    }
}

impl Gateway {
    /// A gateway that knows nothing of its CA yet but the path of the directory.
    #[must_use]
    pub fn new(options: GatewayOptions) -> Self {
        Self {
            limiter: options.limiter,
            upstream: options.upstream,
            endpoints: Endpoints::new(options.directory),
            overall: options.overall,
            under_way: UnderWay::new(),
            rate_limits_url: options.rate_limits_url,
            directory_failed_at: tokio::sync::Mutex::default(),
        }
    }

    async fn respond(&self, request: Request<IncomingBody>, client: ClientAddress) -> Answered {
        let (parts, body) = request.into_parts();
        let told = self.told(&parts, client);
        let path = parts.uri.path_and_query().and_then(|path| ResourcePath::of(path.as_str()));
        let (Some(path), Ok(head)) = (path, clean_request(&parts, Bytes::new(), client)) else {
            return Ok(refusal::malformed(
                &told,
                "the request has no host, or no path that a CA could have named",
                None,
            ));
        };
        if let Err(failure) = self.know_directory(&path, &head).await {
            return refusal::unanswered(&told, &failure);
        }
        let endpoint = self.endpoint(&path, &parts.method);
        let class = endpoint.as_ref().unwrap_or(&Resource::Unknown).class();
        if let Err(excess) = self.overall.check(class, client.ip(), self.limiter.now()) {
            let detail = self.limiter.policy().too_many_requests_detail(told.language);
            return Ok(refusal::overall(&told, detail, excess));
        }
        let body = match body.read(BODY_BYTES_MAX, BODY_TIMEOUT).await {
            Ok(body) => body,
            Err(error) => return Ok(refusal::unreadable(&told, error)),
        };
        let request = match clean_request(&parts, body, client) {
            Ok(request) => request,
            Err(error) => return Ok(refusal::malformed(&told, &error.to_string(), None)),
        };
        // A CA may take more methods than POST for one; what cannot change anything is not signed.
        let parsed = (!request.method().is_safe()).then(|| Jws::parse(request.body())).transpose();
        let (jws, no_jws) = parsed.map_or_else(|error| (None, Some(error)), |jws| (jws, None));
        let unnamed = endpoint.is_none().then_some(&path);
        self.settled_for(&aftermath::needed(unnamed, jws.as_ref())).await;
        let (resource, signer) =
            tokio::join!(self.resource(endpoint, &path, jws.is_some()), self.signer(jws.as_ref(), &path));
        self.dispatch(Asked { request, client, path, resource, signer, jws, told }, no_jws).await
    }

    async fn dispatch(&self, asked: Asked, no_jws: Option<JwsError>) -> Answered {
        match no_jws {
            Some(error) if must_be_understood(&asked.resource, &error) => {
                Ok(refusal::no_jws(&asked.told, &error))
            }
            None if asked.jws.is_some() => self.signed(asked).await,
            // Refusing what should be signed is the CA's (RULES 4); it proves nothing, so it counts for nobody.
            _ => self.pass(asked).await,
        }
    }

    async fn signed(&self, asked: Asked) -> Answered {
        match asked.signer {
            Signer::Stranger(_) => metrics::counter!("tollgate_gateway_provisional_total").increment(1),
            Signer::Unfit(_) | Signer::Misdirected(_) | Signer::Nobody => {
                metrics::counter!("tollgate_gateway_unverified_total").increment(1);
            }
            Signer::Account(_) | Signer::Key(_) => {}
        }
        match asked.resource {
            Resource::NewAccount => self.new_account(asked).await,
            Resource::NewOrder => self.new_order(asked).await,
            _ => self.pass(asked).await,
        }
    }

    /// Passes a request on, and learns from the answer.
    pub(crate) async fn pass(&self, asked: Asked) -> Answered {
        let mut response = match self.forward(&asked).await {
            Ok(response) => response,
            Err(failure) => return refusal::unanswered(&asked.told, &failure),
        };
        let facts = self.observe(&asked, &response);
        if asked.resource == Resource::Unknown {
            self.recognise(&asked, &response, &facts).await;
        }
        self.afterwards(&asked, facts).await;
        if asked.resource == Resource::Directory {
            self.directory_answered(asked.request.method(), &mut response);
        }
        Ok(response)
    }

    /// An endpoint that the directory did not name shows itself by what the CA makes there; from then on
    /// it is one. Orders made before are counted as they are applied, an account here.
    async fn recognise(&self, asked: &Asked, response: &UpstreamResponse, facts: &[Fact]) {
        if response.status() != StatusCode::CREATED {
            return;
        }
        if facts.iter().any(|fact| matches!(fact, Fact::OrderCreated(_))) {
            self.endpoints.add(&asked.path, Resource::NewOrder);
        }
        if facts.iter().any(|fact| matches!(fact, Fact::AccountSeen { .. })) {
            self.endpoints.add(&asked.path, Resource::NewAccount);
            self.count_unadmitted_account(asked.client).await;
        }
    }

    /// What an exchange tells.
    pub(crate) fn observe(&self, asked: &Asked, response: &UpstreamResponse) -> Vec<Fact> {
        observe(&Exchange {
            resource: &asked.resource,
            path: &asked.path,
            signer: &asked.signer,
            payload: asked.payload(),
            status: response.status(),
            headers: response.headers(),
            body: response.body(),
        })
    }

    fn told(&self, parts: &Parts, client: ClientAddress) -> Told {
        let accepted = parts.headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        let host = match parts.uri.authority() {
            Some(authority) => Some(authority.as_str()),
            None => parts.headers.get(header::HOST).and_then(|value| value.to_str().ok()),
        };
        let directory = self.endpoints.directory();
        Told {
            language: accepted.map(Language::negotiate).unwrap_or_default(),
            help: self.limiter.policy().answers().docs.clone(),
            // Without a host, a reference relative to the request's own URL says the same.
            index: match host {
                Some(host) => format!("{}://{host}{directory}", client.scheme()),
                None => directory.to_string(),
            },
        }
    }

    /// The endpoint that a request is for. renewalInfo, known by its prefix alone, is only looked at.
    fn endpoint(&self, path: &ResourcePath, method: &Method) -> Option<Resource> {
        let endpoint = self.endpoints.resource(path)?;
        (endpoint != Resource::RenewalInfo || method.is_safe()).then_some(endpoint)
    }

    /// What a path is: an endpoint, or what the CA has ever named.
    async fn resource(&self, endpoint: Option<Resource>, path: &ResourcePath, is_signed: bool) -> Resource {
        if let Some(endpoint) = endpoint {
            return endpoint;
        }
        let records = self.limiter.records();
        let may_be_late = is_signed && records.are_shared();
        match looked_up(may_be_late, || named(path, records)).await {
            Ok(Some(known)) => known.into(),
            Ok(None) => Resource::Unknown,
            Err(error) => {
                records_failed(&error);
                Resource::Unknown
            }
        }
    }

    /// Who signed. With records that cannot be read, every account is a stranger.
    async fn signer(&self, jws: Option<&Jws>, path: &ResourcePath) -> Signer {
        let Some(jws) = jws else { return Signer::Nobody };
        match Signer::of(jws, path, self.limiter.records()).await {
            Ok(signer) => signer,
            Err(error) => {
                records_failed(&error);
                match &jws.protected().key {
                    KeyReference::Kid(kid) => AccountId::of(kid).map_or(Signer::Nobody, Signer::Stranger),
                    KeyReference::Jwk(_) => Signer::Nobody,
                }
            }
        }
    }
}

impl Asked {
    /// The signed payload; empty when nothing was signed.
    pub(crate) fn payload(&self) -> &[u8] {
        self.jws.as_ref().map_or(&[], Jws::payload)
    }

    /// The request's own nonce. As long as the request was not forwarded it is unspent.
    pub(crate) fn nonce(&self) -> Option<&str> {
        self.jws.as_ref().and_then(|jws| jws.protected().nonce.as_deref())
    }
}

/// The resource of a path, however it is spelled.
async fn named(
    path: &ResourcePath,
    records: &Records,
) -> Result<Option<tollgate_records::Resource>, RecordsError> {
    for path in spelling::variants(path) {
        if let Some(known) = records.resource(&path).await? {
            return Ok(Some(known));
        }
    }
    Ok(None)
}

/// Whether a body that is no JWS is refused here instead of by the CA. What cannot be read cannot be
/// counted: where a limit stands, a CA that reads more than we do would be a way around it. And `kid`
/// together with `jwk` is refused everywhere (RFC 8555, 6.2), since it says two things at once.
fn must_be_understood(resource: &Resource, error: &JwsError) -> bool {
    matches!(error, JwsError::KidAndJwk) || matches!(resource, Resource::NewAccount | Resource::NewOrder)
}
