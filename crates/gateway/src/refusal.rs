//! What a refused client is told: problem documents (RFC 8555, 6.7; RULES 7).

use std::time::Duration;

use bytes::Bytes;
use http::{
    HeaderName, HeaderValue, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_TYPE, LINK, RETRY_AFTER},
};
use tollgate_acme::{
    identifier::Identifier,
    jws::{Algorithm, JwsError},
    problem::{IdentifierMember, Problem, ProblemType, Subproblem},
};
use tollgate_limiter::{Cause, QuotaLine, Refusal};
use tollgate_policy::message::Language;

use crate::{
    gateway::{Asked, Gateway},
    listener::DropConnection,
    overall::Excess,
    rate_limit_fields,
    request_body::BodyError,
    upstream::UpstreamError,
};

/// In which a nonce is handed out (RFC 8555, 6.5.1).
const REPLAY_NONCE: HeaderName = HeaderName::from_static("replay-nonce");

/// How long a client is asked to wait when the CA or a store is away. Nobody knows better; it is short
/// enough for clients that give up beyond ten minutes.
const UNAVAILABLE_RETRY_AFTER: Duration = Duration::from_secs(30);

/// The signature algorithms that can be checked here.
const ALGORITHMS: [Algorithm; 5] =
    [Algorithm::Rs256, Algorithm::Es256, Algorithm::Es384, Algorithm::Es512, Algorithm::EdDsa];

/// What every refusal of one request says beside its problem.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) language: Language,
    /// The URL of the limits page.
    pub(crate) help: String,
    /// The URL of the directory.
    pub(crate) index: String,
}

impl Gateway {
    /// The answer to a request that a limit or a pause refuses. Its nonce is echoed, since no CA has seen
    /// it: clients that get none back reuse a spent one, and an invented one costs them a request.
    ///
    /// `names`: how many identifiers the request has. Those at fault are named where others are not.
    pub(crate) fn refuse(&self, asked: &Asked, refusal: &Refusal, names: usize) -> Response<Bytes> {
        let told = &asked.told;
        let detail = self.limiter.detail(refusal, told.language);
        let at_fault = if names > 1 { refusal.identifiers.as_slice() } else { &[] };
        let mut response = match &refusal.cause {
            Cause::Limit { .. } | Cause::Paused { .. } => {
                respond(told, told.language, &rate_limited(detail, at_fault))
            }
            Cause::Unavailable { .. } => {
                let problem = Problem::new(ProblemType::ServerInternal, 503, detail);
                retry_later(respond(told, told.language, &problem))
            }
        };
        if let Cause::Limit { retry_after_seconds, .. } = &refusal.cause {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(*retry_after_seconds));
        }
        self.tell_quotas(&mut response, &refusal.quotas);
        with_nonce(response, asked.nonce())
    }

    /// Adds the `RateLimit` fields, unless they are switched off.
    pub(crate) fn tell_quotas(&self, response: &mut Response<Bytes>, quotas: &[QuotaLine]) {
        if self.limiter.policy().answers().rate_limit_fields {
            rate_limit_fields::insert(response.headers_mut(), quotas);
        }
    }
}

fn rate_limited(detail: String, identifiers: &[Identifier]) -> Problem {
    let subproblem = |identifier| Subproblem {
        kind: ProblemType::RateLimited.urn().to_owned(),
        detail: detail.clone(),
        identifier: Some(IdentifierMember::from(identifier)),
    };
    let subproblems = identifiers.iter().map(subproblem).collect();
    Problem { subproblems, ..Problem::new(ProblemType::RateLimited, 429, detail) }
}

/// An overall request limit, in the words of the policy.
pub(crate) fn overall(told: &Told, detail: String, excess: Excess) -> Response<Bytes> {
    let problem = Problem::new(ProblemType::RateLimited, excess.status, detail);
    let mut response = respond(told, told.language, &problem);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(excess.retry_after_seconds));
    response
}

/// The CA gave no answer. Whether it has spent the request's nonce is unknown, so none is echoed.
pub(crate) fn unanswered(told: &Told, failure: &UpstreamError) -> Result<Response<Bytes>, DropConnection> {
    let detail = match failure {
        UpstreamError::DropClient => return Err(DropConnection),
        UpstreamError::Unreachable(_) => "the certificate authority cannot be reached",
        UpstreamError::TimedOut => "the certificate authority did not answer in time",
        UpstreamError::TooLarge { .. } => "the certificate authority's answer is too large",
    };
    let problem = Problem::new(ProblemType::ServerInternal, 503, detail);
    Ok(retry_later(respond(told, Language::English, &problem)))
}

/// The body could not be read.
pub(crate) fn unreadable(told: &Told, error: BodyError) -> Response<Bytes> {
    let status = match error {
        BodyError::TooLarge { .. } => 413,
        BodyError::TooSlow => 408,
        BodyError::Broken => 400,
    };
    respond(told, Language::English, &Problem::new(ProblemType::Malformed, status, error.to_string()))
}

/// The body is no JWS that could be counted.
pub(crate) fn no_jws(told: &Told, error: &JwsError) -> Response<Bytes> {
    let kind = match error {
        JwsError::UnsupportedAlgorithm(_) => ProblemType::BadSignatureAlgorithm,
        JwsError::Key(_) => ProblemType::BadPublicKey,
        _ => ProblemType::Malformed,
    };
    let problem = Problem::new(kind, 400, error.to_string());
    let mut response = respond(told, Language::English, &problem);
    if kind == ProblemType::BadSignatureAlgorithm {
        *response.body_mut() = with_algorithms(&problem);
    }
    response
}

/// A refusal of `badSignatureAlgorithm` lists those that would do (RFC 8555, 6.2).
fn with_algorithms(problem: &Problem) -> Bytes {
    let mut document = serde_json::to_value(problem).expect("a problem is JSON");
    document["algorithms"] = ALGORITHMS.iter().map(|algorithm| algorithm.as_str()).collect();
    document.to_string().into()
}

/// A request that is wrong in itself, with its nonce where it has one.
pub(crate) fn malformed(told: &Told, detail: &str, nonce: Option<&str>) -> Response<Bytes> {
    with_nonce(respond(told, Language::English, &Problem::new(ProblemType::Malformed, 400, detail)), nonce)
}

fn respond(told: &Told, language: Language, problem: &Problem) -> Response<Bytes> {
    let body = serde_json::to_vec(problem).expect("a problem is JSON");
    let mut response = Response::new(Bytes::from(body));
    let status = problem.status.and_then(|status| StatusCode::from_u16(status).ok());
    *response.status_mut() = status.unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for (target, relation) in [(&told.help, "help"), (&told.index, "index")] {
        if let Ok(link) = HeaderValue::try_from(format!("<{target}>;rel=\"{relation}\"")) {
            headers.append(LINK, link);
        }
    }
    response
}

fn with_nonce(mut response: Response<Bytes>, nonce: Option<&str>) -> Response<Bytes> {
    if let Some(Ok(nonce)) = nonce.map(HeaderValue::from_str) {
        response.headers_mut().insert(REPLAY_NONCE, nonce);
    }
    response
}

fn retry_later(mut response: Response<Bytes>) -> Response<Bytes> {
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(UNAVAILABLE_RETRY_AFTER.as_secs()));
    response
}
