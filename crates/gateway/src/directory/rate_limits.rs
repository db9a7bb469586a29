//! The directory's `meta` names the machine-readable list of limits: the one place where a body of the CA
//! is changed.

use std::ops::Range;

use bytes::Bytes;
use http::Response;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

/// The directory with `meta.rateLimits` added, every other byte as the CA sent it. `None` when the body
/// is no directory or names `rateLimits` itself.
pub(super) fn named_in(body: &Bytes, url: &str) -> Option<Bytes> {
    let text = std::str::from_utf8(body).ok()?;
    let members = Members::of(text)?;
    let url = serde_json::to_string(url).ok()?;
    let Some(meta) = members.value("meta") else {
        return Some(members.with_first(text, &format!(r#""meta":{{"rateLimits":{url}}}"#)).into());
    };
    let inside = Members::of(&text[meta.clone()])?;
    if inside.value("rateLimits").is_some() {
        return None;
    }
    let with_url = inside.with_first(&text[meta.clone()], &format!(r#""rateLimits":{url}"#));
    Some(format!("{}{with_url}{}", &text[..meta.start], &text[meta.end..]).into())
}

/// Where the members of a JSON object stand in its text.
struct Members {
    /// Behind the brace that opens the object.
    start: usize,
    values: Vec<(String, Range<usize>)>,
}

impl Members {
    /// `None` when the text is anything but one JSON object.
    fn of(text: &str) -> Option<Self> {
        let _is_object: serde_json::Map<String, Value> = serde_json::from_str(text).ok()?;
        let start = text.find('{')? + 1;
        let mut values = Vec::new();
        let mut at = skip(text, start, "");
        while !text[at..].starts_with('}') {
            let (name, end) = next::<String>(text, at)?;
            let value = skip(text, end, ":");
            let (_, end) = next::<IgnoredAny>(text, value)?;
            values.push((name, value..end));
            at = skip(text, end, ",");
        }
        Some(Self { start, values })
    }

    /// Of a repeated member the last one counts, as most parsers see it.
    fn value(&self, name: &str) -> Option<Range<usize>> {
        self.values.iter().rev().find(|(one, _)| one == name).map(|(_, value)| value.clone())
    }

    fn with_first(&self, text: &str, member: &str) -> String {
        let comma = if self.values.is_empty() { "" } else { "," };
        let (before, after) = text.split_at(self.start);
        format!("{before}{member}{comma}{after}")
    }
}

/// The next JSON value and where it ends.
fn next<'t, T: Deserialize<'t>>(text: &'t str, at: usize) -> Option<(T, usize)> {
    let mut values = serde_json::Deserializer::from_str(&text[at..]).into_iter();
    let value = values.next()?.ok()?;
    Some((value, at + values.byte_offset()))
}

/// Past white space and one separator with white space around it.
fn skip(text: &str, at: usize, separator: &str) -> usize {
    let rest = text[at..].trim_ascii_start();
    text.len() - rest.strip_prefix(separator).unwrap_or(rest).trim_ascii_start().len()
}

/// Puts another body into an answer. What described the old one goes.
pub(super) fn replace_body(response: &mut Response<Bytes>, body: Bytes) {
    let headers = response.headers_mut();
    for described in ["content-length", "content-digest", "repr-digest", "digest", "content-md5", "etag"] {
        headers.remove(described);
    }
    *response.body_mut() = body;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_limits_are_added_and_every_other_byte_stays() {
        // (as the CA sends it, as the client gets it)
        let cases = [
            (
                "{\n  \"newOrder\": \"x\",\n  \"meta\": {\n    \"website\": \"w\"\n  }\n}",
                Some(
                    "{\n  \"newOrder\": \"x\",\n  \"meta\": {\"rateLimits\":\"https://l\",\n    \"website\": \"w\"\n  }\n}",
                ),
            ),
            (
                r#"{"meta":{},"b":{"meta":{}}}"#,
                Some(r#"{"meta":{"rateLimits":"https://l"},"b":{"meta":{}}}"#),
            ),
            (r#"{"b":1}"#, Some(r#"{"meta":{"rateLimits":"https://l"},"b":1}"#)),
            (r#"{}"#, Some(r#"{"meta":{"rateLimits":"https://l"}}"#)),
            (r#"{"meta":{"rateLimits":"theirs"}}"#, None),
            (r#"{"meta":null}"#, None),
            ("[]", None),
            ("<html>", None),
            ("", None),
        ];
        for (body, expected) in cases {
            let got = named_in(&Bytes::from_static(body.as_bytes()), "https://l");
            assert_eq!(got.as_deref(), expected.map(str::as_bytes), "{body}");
        }
    }
}
