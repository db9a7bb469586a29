//! Which language a visitor reads.

use http::{HeaderMap, HeaderValue, header};
use tollgate_policy::message::Language;
use url::form_urlencoded;

/// Remembers what the switch chose.
const COOKIE: &str = "tollgate-language";

/// The longest fields that are looked at.
const FIELD_BYTES_MAX: usize = 4096;

/// The switch, which stands in the query; nothing else is an explicit choice.
pub(crate) fn chosen(query: &str) -> Option<Language> {
    let (_, tag) = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "lang")?;
    of_tag(&tag)
}

/// What was chosen before, else the best match for `Accept-Language`, else English.
pub(crate) fn remembered_or_negotiated(headers: &HeaderMap) -> Language {
    let cookie = field(headers, header::COOKIE).and_then(|cookies| {
        cookies
            .split(';')
            .filter_map(|cookie| cookie.trim().split_once('='))
            .find_map(|(name, tag)| (name == COOKIE).then(|| of_tag(tag)).flatten())
    });
    cookie.unwrap_or_else(|| {
        field(headers, header::ACCEPT_LANGUAGE).map(Language::negotiate).unwrap_or_default()
    })
}

/// Keeps the choice for a year, for these pages only; where they came over TLS, for TLS only.
pub(crate) fn remember(language: Language, over_tls: bool) -> HeaderValue {
    let secure = if over_tls { "; Secure" } else { "" };
    let cookie = format!(
        "{COOKIE}={}; Path=/rate-limits; Max-Age=31536000; SameSite=Lax; HttpOnly{secure}",
        language.tag()
    );
    HeaderValue::try_from(cookie).expect("plain ASCII is a header value")
}

fn of_tag(tag: &str) -> Option<Language> {
    Language::ALL.into_iter().find(|language| language.tag() == tag)
}

fn field(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok().filter(|value| value.len() <= FIELD_BYTES_MAX)
}
