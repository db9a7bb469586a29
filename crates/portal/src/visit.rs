//! One request, and what every page needs to answer it.

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use tollgate_limiter::Limiter;
use tollgate_policy::{limit::LimitName, message::Language};
use tollgate_records::RecordsError;
use url::form_urlencoded;

use crate::{
    origin,
    override_form::Kind,
    portal::{PortalOptions, Visitor},
    response::{Caching, page},
    unpause_page::NoticePage,
    words::{Notice, Words, own_name},
};

/// The largest form that is looked at; the longest token has 16 KiB.
const FORM_BYTES_MAX: usize = 24 * 1024;

/// One request, and the language it is answered in.
pub(crate) struct Visit<'a> {
    pub(crate) limiter: &'a Limiter,
    pub(crate) options: &'a PortalOptions,
    pub(crate) words: &'a Words,
    pub(crate) visitor: Visitor,
    /// What a link to the same page needs beside the language.
    pub(crate) kept: Vec<(&'static str, String)>,
}

/// What is around every page.
pub(crate) struct Frame {
    pub(crate) is_test_ca: bool,
    /// Whether overrides can be asked for here.
    pub(crate) overrides: bool,
    /// The same page in each language.
    pub(crate) languages: Vec<InLanguage>,
}

impl Frame {
    /// Where an override of this limit can be asked for.
    pub(crate) fn form(&self, limit: LimitName) -> Option<String> {
        Kind::of_limit(limit).filter(|_| self.overrides).map(Kind::path)
    }
}

/// A link of the language switch.
pub(crate) struct InLanguage {
    pub(crate) tag: &'static str,
    pub(crate) name: &'static str,
    pub(crate) link: String,
    pub(crate) current: bool,
}

impl Visit<'_> {
    /// What was asked for under this name; empty where it was not.
    pub(crate) fn asked(&self, name: &str) -> &str {
        self.kept.iter().find(|(kept, _)| *kept == name).map_or("", |(_, value)| value)
    }

    /// The time as the records write it.
    pub(crate) fn moment(&self) -> jiff::Timestamp {
        moment(self.limiter.now())
    }

    /// The body of our own form, or the refusal of anything else.
    #[expect(clippy::result_large_err, reason = "the error is the answer")]
    pub(crate) fn form<'r>(&self, request: &'r Request<Bytes>) -> Result<&'r [u8], Response<Bytes>> {
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

    pub(crate) fn failed(&self, error: &RecordsError) -> Response<Bytes> {
        tracing::error!(error = error as &dyn std::error::Error, "a page needs records that cannot be had");
        self.unavailable()
    }

    pub(crate) fn unavailable(&self) -> Response<Bytes> {
        let mut response = self.notice(StatusCode::SERVICE_UNAVAILABLE, "unavailable");
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
        response
    }

    pub(crate) fn method_not_allowed(&self, allowed: &'static str) -> Response<Bytes> {
        let mut response = self.notice(StatusCode::METHOD_NOT_ALLOWED, "no-such-method");
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
        response
    }

    pub(crate) fn notice(&self, status: StatusCode, id: &str) -> Response<Bytes> {
        self.told(status, self.words.notice(id))
    }

    /// A page of one message.
    pub(crate) fn told(&self, status: StatusCode, notice: Notice) -> Response<Bytes> {
        page(status, &NoticePage { words: self.words, frame: self.frame(), notice }, Caching::Never)
    }

    pub(crate) fn frame(&self) -> Frame {
        let link = |language: Language| {
            let mut query = form_urlencoded::Serializer::for_suffix("?".to_owned(), 1);
            query.append_pair("lang", language.tag());
            query.extend_pairs(&self.kept);
            query.finish()
        };
        let languages = Language::ALL.map(|language| InLanguage {
            tag: language.tag(),
            name: own_name(language),
            link: link(language),
            current: language.tag() == self.words.language(),
        });
        Frame {
            is_test_ca: self.options.is_test_ca,
            overrides: self.options.override_requests.is_some(),
            languages: languages.into(),
        }
    }
}

/// The engine's time as the records write it.
pub(crate) fn moment(at: tollgate_engine::Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_nanosecond(at.as_nanos().into())
        .expect("the engine's time ends in 2554, this one's in 9999")
}

/// The first value of a form field; empty when there is none.
pub(crate) fn field(form: &[u8], wanted: &str) -> String {
    form_urlencoded::parse(form)
        .find(|(name, _)| name == wanted)
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}
