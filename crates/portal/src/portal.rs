//! Which path is which page.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use tollgate_limiter::{
    Limiter,
    unpause::{TOKEN_BYTES_MAX, UnpauseClaim, UnpauseLinkError},
};
use tollgate_policy::message::Language;
use tollgate_records::RecordsError;
use url::form_urlencoded;

use crate::{
    language,
    limits_page::LimitsPage,
    origin,
    refusal_page::{Refusal, RefusalPage},
    response::{Caching, answer, page, unless_known},
    unpause_page::{NoticePage, UnpausePage, UnpausedPage},
    words::{Notice, Words, own_name},
};

pub(crate) const LIMITS: &str = "/rate-limits/";
pub(crate) const LIMITS_JSON: &str = "/rate-limits.json";
pub(crate) const UNPAUSE: &str = "/rate-limits/unpause";
pub(crate) const STYLESHEET: &str = "/rate-limits/portal.css";

/// The largest form that is looked at; the longest token has 16 KiB.
const FORM_BYTES_MAX: usize = 24 * 1024;

/// Identifiers listed on the unpause page; a token names 15 unless configured.
const IDENTIFIERS_LISTED_MAX: usize = 100;

/// The most pauses lifted at once where the policy, which no longer pauses, does not say (RULES 6.2).
const LIFT_MAX: u32 = 50_000;

/// What a portal is told besides the limiter.
#[derive(Clone, Debug, Default)]
pub struct PortalOptions {
    /// A line above every page, as plain text: `This certificate authority is for tests.`
    pub banner: Option<String>,
}

/// The pages for people. Share it by `Arc`.
pub struct Portal {
    limiter: Arc<Limiter>,
    options: PortalOptions,
    words: [Words; Language::ALL.len()],
}

/// What is around every page.
pub(crate) struct Frame<'a> {
    pub(crate) banner: Option<&'a str>,
    /// The same page in each language.
    pub(crate) languages: Vec<InLanguage>,
}

/// A link of the language switch.
pub(crate) struct InLanguage {
    pub(crate) tag: &'static str,
    pub(crate) name: &'static str,
    pub(crate) link: String,
    pub(crate) current: bool,
}

/// One request, and the language it is answered in.
struct Visit<'a> {
    limiter: &'a Limiter,
    options: &'a PortalOptions,
    words: &'a Words,
    /// What a link to the same page needs beside the language.
    token: String,
}

impl Portal {
    /// Pages about the policy, the records and the unpause links of `limiter`.
    #[must_use]
    pub fn new(limiter: Arc<Limiter>, options: PortalOptions) -> Self {
        Self { limiter, options, words: Language::ALL.map(Words::new) }
    }

    /// Answers a request for `/rate-limits/`, what is below it, or `/rate-limits.json`; `None` for any
    /// other path. The caller bounds the body as it is read.
    ///
    /// Dropped half way, it has lifted the pauses or it has not, as for any write of the records.
    pub async fn answer(&self, request: Request<Bytes>) -> Option<Response<Bytes>> {
        let path = request.uri().path();
        if path != LIMITS_JSON && path != "/rate-limits" && !path.starts_with(LIMITS) {
            return None;
        }
        let query = request.uri().query().unwrap_or_default();
        let chosen = language::chosen(query);
        let language = chosen.unwrap_or_else(|| language::remembered_or_negotiated(request.headers()));
        // A token that no link has is not carried on.
        let token =
            token_in(if request.method() == Method::POST { request.body() } else { query.as_bytes() });
        let token = if token.len() <= TOKEN_BYTES_MAX { token } else { String::new() };
        let visit = Visit {
            limiter: &self.limiter,
            options: &self.options,
            words: &self.words[language as usize],
            token,
        };
        let mut response = match path {
            UNPAUSE => visit.unpause(&request).await,
            "/rate-limits" | LIMITS | LIMITS_JSON | STYLESHEET => match *request.method() {
                Method::GET | Method::HEAD => visit.document(&request),
                _ => visit.method_not_allowed("GET, HEAD"),
            },
            path if let Some(refusal) = Refusal::at(path) => match *request.method() {
                Method::GET | Method::HEAD => unless_known(visit.refusal(refusal), request.headers()),
                _ => visit.method_not_allowed("GET, HEAD"),
            },
            _ => visit.notice(StatusCode::NOT_FOUND, "no-such-page"),
        };
        if path != LIMITS_JSON && path != STYLESHEET {
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
            headers.insert(header::VARY, HeaderValue::from_static("accept-language, cookie"));
            if let Some(language) = chosen {
                headers.insert(header::SET_COOKIE, language::remember(language));
            }
        }
        Some(if request.method() == Method::HEAD { head_of(response) } else { response })
    }
}

impl Visit<'_> {
    fn document(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let response = match request.uri().path() {
            LIMITS => self.limits(),
            LIMITS_JSON => self.limits_json(),
            STYLESHEET => {
                let stylesheet = Bytes::from_static(include_bytes!("assets/portal.css"));
                answer(StatusCode::OK, "text/css; charset=utf-8", stylesheet, Caching::Hour)
            }
            _ => return redirect_to_limits(),
        };
        unless_known(response, request.headers())
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
        answer(StatusCode::OK, "application/json", json.into(), Caching::Revalidated)
    }

    async fn unpause(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let answered = match *request.method() {
            Method::GET | Method::HEAD => {
                let query = request.uri().query().unwrap_or_default();
                self.ask_to_unpause(&token_in(query.as_bytes())).await
            }
            Method::POST => match self.form(request) {
                Ok(form) => self.lift(&token_in(form)).await,
                Err(refusal) => return refusal,
            },
            _ => return self.method_not_allowed("GET, HEAD, POST"),
        };
        answered.unwrap_or_else(|error| self.failed(&error))
    }

    /// The page with the button.
    async fn ask_to_unpause(&self, token: &str) -> Result<Response<Bytes>, RecordsError> {
        let claim = match self.claim(token) {
            Ok(claim) => claim,
            Err(refusal) => return Ok(refusal),
        };
        let records = self.limiter.records();
        let paused = records.pause_count(&claim.account).await?;
        if paused == 0 {
            return Ok(self.notice(StatusCode::OK, "nothing-paused"));
        }
        let named = records.paused_among(&claim.account, &claim.identifiers, IDENTIFIERS_LISTED_MAX).await?;
        let listed = u64::try_from(named.len()).unwrap_or(u64::MAX);
        let immunity = self.limiter.policy().pausing().map(|pausing| self.words.spoken(pausing.immunity));
        let unpause = UnpausePage {
            words: self.words,
            frame: self.frame(),
            account: claim.account.as_str(),
            paused,
            identifiers: named.iter().map(ToString::to_string).collect(),
            more: paused.saturating_sub(listed),
            lift_max: self.lift_max(),
            immunity: immunity.unwrap_or_default(),
            token,
        };
        Ok(page(StatusCode::OK, &unpause, Caching::Never))
    }

    /// What the button does.
    async fn lift(&self, token: &str) -> Result<Response<Bytes>, RecordsError> {
        let claim = match self.claim(token) {
            Ok(claim) => claim,
            Err(refusal) => return Ok(refusal),
        };
        let now = jiff::Timestamp::from_nanosecond(self.limiter.now().as_nanos().into())
            .expect("the engine's time ends in 2554, this one's in 9999");
        let lifted = self.limiter.records().unpause(&claim.account, now, self.lift_max()).await?;
        tracing::info!(
            account = %claim.account,
            lifted = lifted.lifted,
            remaining = lifted.remaining,
            "pauses lifted"
        );
        let unpaused = UnpausedPage {
            words: self.words,
            frame: self.frame(),
            account: claim.account.as_str(),
            lifted: lifted.lifted,
            remaining: lifted.remaining,
            lift_max: self.lift_max(),
            token,
        };
        Ok(page(StatusCode::OK, &unpaused, Caching::Never))
    }

    /// What a token claims, or the page that says why it does not.
    #[expect(clippy::result_large_err, reason = "the error is the answer")]
    fn claim(&self, token: &str) -> Result<UnpauseClaim, Response<Bytes>> {
        self.limiter.unpause_links().open(token, self.limiter.now()).map_err(|error| match error {
            UnpauseLinkError::Expired => self.notice(StatusCode::GONE, "link-expired"),
            _ => self.notice(StatusCode::FORBIDDEN, "link-invalid"),
        })
    }

    /// The body of our own form, or the refusal of anything else.
    #[expect(clippy::result_large_err, reason = "the error is the answer")]
    fn form<'r>(&self, request: &'r Request<Bytes>) -> Result<&'r [u8], Response<Bytes>> {
        if origin::is_foreign(request.headers(), request.uri()) {
            return Err(self.notice(StatusCode::FORBIDDEN, "foreign-form"));
        }
        let kind = request.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
        let kind = kind.and_then(|kind| kind.split(|&byte| byte == b';').next()).unwrap_or_default();
        if !kind.trim_ascii().eq_ignore_ascii_case(b"application/x-www-form-urlencoded") {
            return Err(self.notice(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-a-form"));
        }
        if request.body().len() > FORM_BYTES_MAX {
            return Err(self.notice(StatusCode::PAYLOAD_TOO_LARGE, "form-too-large"));
        }
        Ok(request.body())
    }

    fn failed(&self, error: &RecordsError) -> Response<Bytes> {
        tracing::error!(error = error as &dyn std::error::Error, "pauses could not be read or lifted");
        let mut response = self.notice(StatusCode::SERVICE_UNAVAILABLE, "unavailable");
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
        response
    }

    fn method_not_allowed(&self, allowed: &'static str) -> Response<Bytes> {
        let mut response = self.notice(StatusCode::METHOD_NOT_ALLOWED, "no-such-method");
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
        response
    }

    fn notice(&self, status: StatusCode, id: &str) -> Response<Bytes> {
        let notice: Notice = self.words.notice(id);
        let notice = NoticePage { words: self.words, frame: self.frame(), notice };
        page(status, &notice, Caching::Never)
    }

    fn frame(&self) -> Frame<'_> {
        let link = |language: Language| {
            let mut query = form_urlencoded::Serializer::for_suffix("?".to_owned(), 1);
            query.append_pair("lang", language.tag());
            if !self.token.is_empty() {
                query.append_pair("token", &self.token);
            }
            query.finish()
        };
        let languages = Language::ALL.map(|language| InLanguage {
            tag: language.tag(),
            name: own_name(language),
            link: link(language),
            current: language.tag() == self.words.language(),
        });
        Frame { banner: self.options.banner.as_deref(), languages: languages.into() }
    }

    fn lift_max(&self) -> u32 {
        self.limiter.policy().pausing().map_or(LIFT_MAX, |pausing| pausing.lift_max)
    }
}

/// The first `token` of a query or form; empty when there is none, which no link has.
fn token_in(form: &[u8]) -> String {
    form_urlencoded::parse(form)
        .find(|(name, _)| name == "token")
        .map(|(_, token)| token.into_owned())
        .unwrap_or_default()
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
