//! Answers and the headers all of them have.

use std::hash::Hasher;

use askama::Template;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use siphasher::sip128::{Hasher128, SipHasher24};

/// What a browser may do with a page of ours: load our stylesheet and send our form, and nothing else.
const CONTENT_SECURITY_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
);

/// Whether and how long an answer may be kept by others.
#[derive(Clone, Copy)]
pub(crate) enum Caching {
    /// Not at all: it is about one account, or a refusal.
    Never,
    /// It may be kept, and must be asked about each time: the numbers are live.
    Revalidated,
    /// For an hour.
    Hour,
}

/// A page.
pub(crate) fn page(status: StatusCode, page: &impl Template, caching: Caching) -> Response<Bytes> {
    match page.render() {
        Ok(html) => answer(status, "text/html; charset=utf-8", html.into(), caching),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            answer(StatusCode::INTERNAL_SERVER_ERROR, "text/plain", Bytes::new(), Caching::Never)
        }
    }
}

/// Any other content, the security headers included.
pub(crate) fn answer(
    status: StatusCode,
    content_type: &'static str,
    body: Bytes,
    caching: Caching,
) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    for name in ["cross-origin-opener-policy", "cross-origin-resource-policy"] {
        headers.insert(name, HeaderValue::from_static("same-origin"));
    }
    let cache_control = match caching {
        Caching::Never => "no-store",
        Caching::Revalidated => "no-cache",
        Caching::Hour => "public, max-age=3600",
    };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache_control));
    response
}

/// The same answer with an entity tag, or 304 when the client has it already (RFC 9110, 13.1.2).
pub(crate) fn unless_known(mut response: Response<Bytes>, request: &HeaderMap) -> Response<Bytes> {
    let tag = entity_tag(response.body());
    let known = request.get_all(header::IF_NONE_MATCH).iter().any(|known| names(known, &tag));
    response.headers_mut().insert(header::ETAG, tag);
    if known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = Bytes::new();
        response.headers_mut().remove(header::CONTENT_TYPE);
    }
    response
}

/// Equal for equal content, on every node: the keys are fixed, as nothing here is secret.
fn entity_tag(content: &[u8]) -> HeaderValue {
    let mut hasher = SipHasher24::new();
    hasher.write(content);
    HeaderValue::try_from(format!("\"{:032x}\"", hasher.finish128().as_u128()))
        .expect("hexadecimal digits in quotes are a header value")
}

/// Weak comparison, as for GET.
fn names(if_none_match: &HeaderValue, tag: &HeaderValue) -> bool {
    let Ok(known) = if_none_match.to_str() else { return false };
    known.split(',').map(str::trim).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}
