//! Answers: objects, certificates, pages and problem documents, with the headers each needs.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use jiff::Timestamp;
use serde_json::{Value, json};
use tollgate_acme::problem::{Problem, ProblemType};

/// The signature algorithms accepted, as `badSignatureAlgorithm` lists them.
const ALGORITHMS: [&str; 5] = ["RS256", "ES256", "ES384", "ES512", "EdDSA"];

/// An answer, before the headers that all answers have.
#[derive(Debug)]
pub(crate) struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Reply {
    /// An answer without a body.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), body: Bytes::new() }
    }

    /// An answer of a media type.
    pub(crate) fn content(status: StatusCode, media_type: &'static str, body: impl Into<Bytes>) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        Self { status, headers, body: body.into() }
    }

    /// An ACME object.
    pub(crate) fn json(status: StatusCode, object: &Value) -> Self {
        Self::content(status, "application/json", object.to_string())
    }

    /// A problem document.
    pub(crate) fn problem(problem: &Problem) -> Self {
        let status = problem.status.and_then(|status| StatusCode::from_u16(status).ok());
        let mut document = json!(problem);
        if problem.kind == ProblemType::BadSignatureAlgorithm.urn() {
            document["algorithms"] = json!(ALGORITHMS);
        }
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self::content(status, "application/problem+json", document.to_string())
    }

    /// Adds a header; a value no header can have is left out.
    pub(crate) fn with(mut self, name: HeaderName, value: impl AsRef<str>) -> Self {
        if let Ok(value) = HeaderValue::from_str(value.as_ref()) {
            self.headers.append(name, value);
        }
        self
    }

    pub(crate) fn location(self, url: impl AsRef<str>) -> Self {
        self.with(header::LOCATION, url)
    }

    pub(crate) fn link(self, url: impl AsRef<str>, relation: &str) -> Self {
        self.with(header::LINK, format!("<{}>;rel=\"{relation}\"", url.as_ref()))
    }

    /// `Retry-After` in seconds, where there is something to wait for.
    pub(crate) fn retry_after(self, seconds: Option<u64>) -> Self {
        match seconds {
            Some(seconds) => self.with(header::RETRY_AFTER, seconds.to_string()),
            None => self,
        }
    }

    /// The answer as it leaves, `Cache-Control: no-store` unless it says otherwise itself.
    pub(crate) fn into_response(mut self) -> Response<Bytes> {
        let no_store = HeaderValue::from_static("no-store");
        self.headers.entry(header::CACHE_CONTROL).or_insert(no_store);
        let mut response = Response::new(self.body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

/// A moment as ACME objects write it: RFC 3339, whole seconds.
pub(crate) fn moment(at: Timestamp) -> Value {
    Value::from(Timestamp::from_second(at.as_second()).unwrap_or(at).to_string())
}

/// An answer that says no.
#[derive(Debug)]
pub(crate) struct Refusal(Box<Reply>);

/// What answering comes to.
pub(crate) type Answer = Result<Reply, Refusal>;

impl Refusal {
    /// A problem document.
    pub(crate) fn new(kind: ProblemType, status: StatusCode, detail: impl Into<String>) -> Self {
        Problem::new(kind, status.as_u16(), detail).into()
    }

    /// 400 `malformed`.
    pub(crate) fn malformed(detail: impl Into<String>) -> Self {
        Self::new(ProblemType::Malformed, StatusCode::BAD_REQUEST, detail)
    }

    /// 403 `unauthorized`.
    pub(crate) fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(ProblemType::Unauthorized, StatusCode::FORBIDDEN, detail)
    }

    /// 404 `malformed`.
    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(ProblemType::Malformed, StatusCode::NOT_FOUND, detail)
    }

    /// 500 `serverInternal`.
    pub(crate) fn internal(detail: impl Into<String>) -> Self {
        Self::new(ProblemType::ServerInternal, StatusCode::INTERNAL_SERVER_ERROR, detail)
    }

    /// The same refusal with more headers.
    pub(crate) fn map(self, more: impl FnOnce(Reply) -> Reply) -> Self {
        Self(Box::new(more(*self.0)))
    }

    pub(crate) fn into_reply(self) -> Reply {
        *self.0
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self(Box::new(Reply::problem(&problem)))
    }
}
