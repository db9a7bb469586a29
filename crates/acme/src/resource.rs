//! A CA's resources by their URLs.

use std::fmt;

use url::Url;

/// Longer URLs are no resource of a CA.
pub const URL_BYTES_MAX: usize = 2048;

/// Longer paths are no resource of a CA, either. Two of this length fit into a row of any database's index.
pub const PATH_BYTES_MAX: usize = 1024;

/// A URL of the CA without its origin: path and query.
///
/// Most CAs build the origin of their URLs from the request's `Host`, so the same account has as many
/// URLs as the CA has names, and a client could make itself a fresh account by asking under another
/// one. The path is what stays. For the same reason spellings that servers commonly take for one
/// another are one path: dot segments, repeated slashes and needless percent-encoding (RFC 3986,
/// 6.2.2) are resolved, and a fragment is dropped.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourcePath(Box<str>);

impl ResourcePath {
    /// From an absolute URL or an absolute path; `None` for anything else, a URL beyond [`URL_BYTES_MAX`], and one
    /// whose path is beyond [`PATH_BYTES_MAX`].
    #[must_use]
    pub fn of(url: &str) -> Option<Self> {
        // The URL parser skips tabs and line breaks that a CA may not skip.
        if url.len() > URL_BYTES_MAX || url.bytes().any(|b| b <= b' ' || b == 0x7f) {
            return None;
        }

        // Any origin will do: it is thrown away. Put in front, it makes "//x" a path and not a host.
        let url =
            if url.starts_with('/') { Url::parse(&format!("https://ca{url}")) } else { Url::parse(url) };
        let url = url.ok().filter(|url| matches!(url.scheme(), "https" | "http"))?;

        let mut path = normalised(url.path(), true);
        if let Some(query) = url.query() {
            path.push('?');
            path.push_str(&normalised(query, false));
        }
        (path.len() <= PATH_BYTES_MAX).then(|| Self(path.into_boxed_str()))
    }

    /// `/acme/acct/1`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ResourcePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An account, by the path of its URL.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(pub ResourcePath);

impl AccountId {
    /// From an account URL; see [`ResourcePath::of`].
    #[must_use]
    pub fn of(url: &str) -> Option<Self> {
        ResourcePath::of(url).map(Self)
    }

    /// The path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Percent-encoding as RFC 3986, 6.2.2 wants it: unreserved characters plain, hexadecimal digits in
/// upper case. One slash in place of several when `merge_slashes`.
fn normalised(text: &str, merge_slashes: bool) -> String {
    let mut normal = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let escaped = (c == '%').then(|| rest.get(1..3).and_then(hex_byte)).flatten();
        match escaped {
            Some(byte) if is_unreserved(byte) => normal.push(char::from(byte)),
            Some(byte) => normal.push_str(&format!("%{byte:02X}")),
            None if c == '/' && merge_slashes && normal.ends_with('/') => {}
            None => normal.push(c),
        }
        rest = &rest[if escaped.is_some() { 3 } else { c.len_utf8() }..];
    }
    normal
}

fn hex_byte(digits: &str) -> Option<u8> {
    // `from_str_radix` alone would take a sign.
    digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u8::from_str_radix(digits, 16).ok()).flatten()
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_resource_has_one_path_however_its_url_is_written() {
        // (written, path)
        let cases = [
            ("https://ca.example/acme/acct/1", "/acme/acct/1"),
            ("https://other.example:14000/acme/acct/1", "/acme/acct/1"),
            ("http://user:pw@ca.example/acme/acct/1#top", "/acme/acct/1"),
            ("HTTPS://CA.example/acme/acct/1", "/acme/acct/1"),
            ("/acme/acct/1", "/acme/acct/1"),
            ("//acme//acct/1", "/acme/acct/1"),
            ("/acme/./acct/../acct/1", "/acme/acct/1"),
            ("/acme/%61cct/%31", "/acme/acct/1"),
            ("/acme/acct%2f1", "/acme/acct%2F1"),
            ("/acme/%e", "/acme/%e"),
            ("/acme/%é1", "/acme/%%C3%A91"),
            ("/acme/acct/1/", "/acme/acct/1/"),
            ("https://ca.example", "/"),
            ("/acme/Acct/é", "/acme/Acct/%C3%A9"),
            ("/order?id=%7E1", "/order?id=~1"),
        ];
        for (written, path) in cases {
            assert_eq!(ResourcePath::of(written).expect(written).as_str(), path, "{written}");
        }
    }

    #[test]
    fn what_is_no_url_of_a_ca_has_no_path() {
        let long = format!("/{}", "a".repeat(PATH_BYTES_MAX));
        // Three bytes each in the path.
        let long_when_encoded = format!("/{}", "é".repeat(PATH_BYTES_MAX / 6 + 1));
        let long_before_it_is_resolved = format!("/{}a", "./".repeat(URL_BYTES_MAX / 2));
        for text in [
            "",
            "acme/acct/1",
            "mailto:me@example.test",
            "urn:x",
            "/acme/ acct",
            "/acme/\nacct",
            "https://",
            &long,
            &long_when_encoded,
            &long_before_it_is_resolved,
        ] {
            assert_eq!(ResourcePath::of(text), None, "{text:?}");
        }
        let longest = &long[..PATH_BYTES_MAX];
        assert_eq!(ResourcePath::of(longest).expect("it just fits").as_str(), longest);
        let resolved = format!("/{}a", "./".repeat(PATH_BYTES_MAX / 2));
        assert_eq!(ResourcePath::of(&resolved).expect("its path is short").as_str(), "/a");
    }

    proptest! {
        #[test]
        fn a_path_is_its_own_path(url in "(https://ca.example)?/[ -~éß%0-9a-f./]{0,40}") {
            if let Some(path) = ResourcePath::of(&url) {
                prop_assert_eq!(ResourcePath::of(path.as_str()), Some(path));
            }
        }

        #[test]
        fn any_text_is_read_without_panic(text in ".{0,200}") {
            let _ = ResourcePath::of(&text);
        }
    }
}
