//! Which path is which page.

use std::{net::IpAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use tollgate_engine::Quota;
use tollgate_limiter::{Limiter, unpause::TOKEN_BYTES_MAX};
use tollgate_policy::{message::Language, view::LimitsInForce};
use url::form_urlencoded;

use crate::{
    language,
    limits_page::LimitsPage,
    override_page::OverrideRequests,
    refusal_page::{Refusal, RefusalPage},
    response::{Caching, answer, page, unless_known},
    visit::Visit,
    words::Words,
};

pub(crate) const LIMITS: &str = "/rate-limits/";
pub(crate) const LIMITS_JSON: &str = "/rate-limits.json";
pub(crate) const LIMITS_SCHEMA: &str = "/rate-limits/schema.json";
pub(crate) const STATUS: &str = "/rate-limits/status";
pub(crate) const STATUS_JSON: &str = "/rate-limits/status.json";
pub(crate) const UNPAUSE: &str = "/rate-limits/unpause";
pub(crate) const OVERRIDE: &str = "/rate-limits/override";
pub(crate) const OVERRIDE_REQUEST: &str = "/rate-limits/override/request";
pub(crate) const STYLESHEET: &str = "/rate-limits/portal.css";

/// What a page is asked for by its query, which a link to the same page in another language keeps.
const KEPT: [&str; 5] = ["token", "domain", "names", "address", "subject"];

/// The longest of these that is kept; the longest link has a token of 16 KiB.
const KEPT_BYTES_MAX: usize = TOKEN_BYTES_MAX;

/// What a portal is told besides the limiter.
#[derive(Clone, Debug, Default)]
pub struct PortalOptions {
    /// Whether a line above every page says that the CA is for tests.
    pub is_test_ca: bool,
    /// Looking up what is left.
    pub look_ups: LookUps,
    /// Asking for overrides; `None`: not here.
    pub override_requests: Option<OverrideRequests>,
}

/// Who may look up what is left, and how often.
#[derive(Clone, Copy, Debug)]
pub struct LookUps {
    /// Whether anybody may look up any domain, set or address; else only one's own address.
    pub public: bool,
    /// How often one client may.
    pub per_client: Quota,
}

impl Default for LookUps {
    fn default() -> Self {
        let per_client = Quota::new(30, Duration::from_secs(60), 30).expect("a quota");
        Self { public: true, per_client }
    }
}

/// Who asks for a page, as the listener knows it.
#[derive(Clone, Copy, Debug)]
pub struct Visitor {
    /// The client's address.
    pub address: IpAddr,
    /// Whether the browser came over TLS.
    pub over_tls: bool,
}

/// The pages for people. Share it by `Arc`.
pub struct Portal {
    pub(crate) limiter: Arc<Limiter>,
    pub(crate) options: PortalOptions,
    pub(crate) words: [Words; Language::ALL.len()],
}

impl Portal {
    /// Pages about the policy, the records and the unpause links of `limiter`.
    #[must_use]
    pub fn new(limiter: Arc<Limiter>, options: PortalOptions) -> Self {
        Self { limiter, options, words: Language::ALL.map(Words::new) }
    }

    /// Whether a path is one of the pages': `/rate-limits/`, what is below it, or `/rate-limits.json`.
    #[must_use]
    pub fn has(path: &str) -> bool {
        path == LIMITS_JSON || path == "/rate-limits" || path.starts_with(LIMITS)
    }

    /// Answers a request for a path that it [`has`](Self::has); `None` for any other. The caller bounds
    /// the body as it is read.
    ///
    /// Dropped half way, it has lifted the pauses or it has not, as for any write of the records.
    pub async fn answer(&self, request: Request<Bytes>, visitor: Visitor) -> Option<Response<Bytes>> {
        let path = request.uri().path();
        if !Self::has(path) {
            return None;
        }
        let query = request.uri().query().unwrap_or_default();
        let chosen = language::chosen(query);
        let language = chosen.unwrap_or_else(|| language::remembered_or_negotiated(request.headers()));
        let asked = if request.method() == Method::POST { request.body() } else { query.as_bytes() };
        let visit = Visit {
            limiter: &self.limiter,
            options: &self.options,
            words: &self.words[language as usize],
            visitor,
            kept: kept_of(asked),
        };
        let mut response = visit.respond(&request).await;
        if response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "text/html; charset=utf-8")
            || response.status() == StatusCode::NOT_MODIFIED
        {
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
            headers.insert(header::VARY, HeaderValue::from_static("accept-language, cookie"));
            if let Some(language) = chosen {
                headers.insert(header::SET_COOKIE, language::remember(language, visitor.over_tls));
            }
        }
        Some(if request.method() == Method::HEAD { head_of(response) } else { response })
    }
}

impl Visit<'_> {
    async fn respond(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let readable = matches!(*request.method(), Method::GET | Method::HEAD);
        if request.uri().path().starts_with(OVERRIDE)
            && let Some(response) = self.override_requests(request).await
        {
            return response;
        }
        match request.uri().path() {
            UNPAUSE => self.unpause(request).await,
            _ if !readable => self.method_not_allowed("GET, HEAD"),
            STATUS => self.status(request).await,
            STATUS_JSON => self.status_json().await,
            "/rate-limits" => redirect_to_limits(),
            path => unless_known(self.document(path), request.headers()),
        }
    }

    /// What is the same for everybody who reads the language.
    fn document(&self, path: &str) -> Response<Bytes> {
        match path {
            LIMITS => self.limits(),
            LIMITS_JSON => self.limits_json(),
            LIMITS_SCHEMA => {
                let schema = serde_json::to_vec_pretty(&schemars::schema_for!(LimitsInForce));
                let schema = schema.expect("a schema is JSON").into();
                answer(StatusCode::OK, "application/schema+json", schema, Caching::Hour)
            }
            STYLESHEET => {
                let stylesheet = Bytes::from_static(include_bytes!("assets/portal.css"));
                answer(StatusCode::OK, "text/css; charset=utf-8", stylesheet, Caching::Hour)
            }
            path => match Refusal::at(path) {
                Some(refusal) => self.refusal(refusal),
                None => self.notice(StatusCode::NOT_FOUND, "no-such-page"),
            },
        }
    }

    fn limits(&self) -> Response<Bytes> {
        let in_force = self.limiter.policy().limits_in_force();
        page(StatusCode::OK, &LimitsPage::new(&in_force, self.words, self.frame()), Caching::Revalidated)
    }

    fn refusal(&self, refusal: &'static Refusal) -> Response<Bytes> {
        let policy = self.limiter.policy();
        page(
            StatusCode::OK,
            &RefusalPage::new(refusal, &policy, self.words, self.frame()),
            Caching::Revalidated,
        )
    }

    fn limits_json(&self) -> Response<Bytes> {
        let in_force = self.limiter.policy().limits_in_force();
        let json = serde_json::to_vec_pretty(&in_force).expect("plain strings and numbers serialise");
        let mut response = answer(StatusCode::OK, "application/json", json.into(), Caching::Revalidated);
        let schema = HeaderValue::from_static("</rate-limits/schema.json>;rel=\"describedby\"");
        response.headers_mut().insert(header::LINK, schema);
        response
    }
}

/// The parts of a query or form that a link to the same page keeps. What no link has is not carried on.
fn kept_of(asked: &[u8]) -> Vec<(&'static str, String)> {
    let mut kept = Vec::new();
    for (name, value) in form_urlencoded::parse(asked) {
        let name = KEPT.into_iter().find(|kept| *kept == name);
        if let Some(name) = name
            && value.len() <= KEPT_BYTES_MAX
            && !value.is_empty()
            && kept.iter().all(|(other, _)| *other != name)
        {
            kept.push((name, value.into_owned()));
        }
    }
    kept
}

fn redirect_to_limits() -> Response<Bytes> {
    let mut response = answer(StatusCode::PERMANENT_REDIRECT, "text/plain", Bytes::new(), Caching::Hour);
    response.headers_mut().insert(header::LOCATION, HeaderValue::from_static(LIMITS));
    response
}

/// The same without its content, whose length is still told (RFC 9110, 9.3.2).
fn head_of(mut response: Response<Bytes>) -> Response<Bytes> {
    let length = response.body().len();
    response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
    *response.body_mut() = Bytes::new();
    response
}
