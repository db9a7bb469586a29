//! One resource, many spellings: what a CA may take for the same path although RFC 3986 does not.
//!
//! [`ResourcePath`] already is what RFC 3986 calls normal. Beyond that, routers ignore queries they did
//! not ask for, decode what need not be encoded, forgive a slash at the end, and number parsers accept
//! `01` for `1`. A client must not get around a limit, nor make itself a fresh account, by any of them.

use tollgate_acme::resource::ResourcePath;

/// The path as it is written, then plainer spellings of it, each once.
pub(crate) fn variants(path: &ResourcePath) -> Vec<ResourcePath> {
    let mut variants = vec![path.clone()];
    let bare = path.as_str().split('?').next().unwrap_or_default();
    let decoded = decode(bare);
    let unslashed = decoded.trim_end_matches('/');
    for text in [bare, &decoded, unslashed, &format!("{unslashed}/"), &plain_numbers(unslashed)] {
        if let Some(variant) = ResourcePath::of(text)
            && !variants.contains(&variant)
        {
            variants.push(variant);
        }
    }
    variants
}

/// The plainest spelling: no query, nothing encoded, numbers without leading zeros.
pub(crate) fn plain(path: &ResourcePath) -> ResourcePath {
    let bare = path.as_str().split('?').next().unwrap_or_default();
    ResourcePath::of(&plain_numbers(&decode(bare))).unwrap_or_else(|| path.clone())
}

/// What endpoints are compared by: the plainest spelling in lower case and without a slash at the end.
pub(crate) fn folded(path: &ResourcePath) -> String {
    let bare = path.as_str().split('?').next().unwrap_or_default();
    decode(bare).trim_end_matches('/').to_ascii_lowercase()
}

/// As [`folded`], with the query as it is, for a CA that tells its endpoints apart by one.
pub(crate) fn folded_with_query(path: &ResourcePath) -> String {
    match path.as_str().split_once('?') {
        Some((_, query)) if !query.is_empty() => format!("{}?{query}", folded(path)),
        _ => folded(path),
    }
}

/// Decodes printable ASCII; what else is encoded stays as it is.
fn decode(path: &str) -> String {
    let mut decoded = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        decoded.push_str(&rest[..at]);
        let escaped = rest.get(at + 1..at + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match escaped.filter(u8::is_ascii_graphic) {
            Some(byte) => {
                decoded.push(char::from(byte));
                rest = &rest[at + 3..];
            }
            None => {
                decoded.push('%');
                rest = &rest[at + 1..];
            }
        }
    }
    decoded.push_str(rest);
    decoded
}

/// Numbers as a number parser reads them: no sign, no leading zeros.
fn plain_numbers(path: &str) -> String {
    let segments = path.split('/').map(|segment| {
        let digits = segment.strip_prefix('+').unwrap_or(segment);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return segment;
        }
        let significant = digits.trim_start_matches('0');
        if significant.is_empty() { "0" } else { significant }
    });
    segments.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> ResourcePath {
        ResourcePath::of(text).unwrap()
    }

    #[test]
    fn spellings_that_a_server_may_take_for_one_another_are_found() {
        // (as asked, as the CA named it)
        for (asked, named) in [
            ("/acct/1", "/acct/1"),
            ("/acct/1?x=1", "/acct/1"),
            ("/acct/1/", "/acct/1"),
            ("/acct/1", "/acct/1/"),
            ("/acct/01", "/acct/1"),
            ("/acct/+1", "/acct/1"),
            ("/acct/000", "/acct/0"),
            ("/acct/urn%3Auuid%3A1", "/acct/urn:uuid:1"),
            ("/acct/1%3Fx", "/acct/1?x"),
            ("//acct/./1?", "/acct/1"),
        ] {
            assert!(variants(&path(asked)).contains(&path(named)), "{asked}");
        }
    }

    #[test]
    fn a_name_that_is_no_number_keeps_its_zeros() {
        assert_eq!(plain(&path("/acct/00a1/0x1")), path("/acct/00a1/0x1"));
    }

    #[test]
    fn endpoints_are_the_same_in_any_case_and_encoding() {
        for text in ["/New-Order", "/new-order/", "/new%2Dorder?x", "//new-order"] {
            assert_eq!(folded(&path(text)), "/new-order", "{text}");
        }
    }
}
