//! Whether a form was sent from one of our own pages.

use http::{HeaderMap, Uri, header};

/// Whether a browser says that the request comes from another site's page.
///
/// `Sec-Fetch-Site` decides where it is sent, as no page can forge it; else `Origin` must name the host
/// asked. Without either this is no browser of the last years, and there is nothing to ride on: what is
/// asked for is in the signed token, not in a cookie.
pub(crate) fn is_foreign(headers: &HeaderMap, uri: &Uri) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site != "same-origin";
    }
    match headers.get(header::ORIGIN) {
        Some(origin) => !is_host(origin.as_bytes(), headers, uri),
        None => false,
    }
}

fn is_host(origin: &[u8], headers: &HeaderMap, uri: &Uri) -> bool {
    let origin = std::str::from_utf8(origin).ok().and_then(|origin| origin.parse::<Uri>().ok());
    let Some(origin) = origin.as_ref().and_then(Uri::authority) else { return false };
    let host = match uri.authority() {
        Some(authority) => Some(authority.as_str()),
        None => headers.get(header::HOST).and_then(|host| host.to_str().ok()),
    };
    host.is_some_and(|host| host.eq_ignore_ascii_case(origin.as_str()))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn request_is_ours_when_the_browser_says_so_or_is_none() {
        // (Sec-Fetch-Site, Origin, foreign)
        for (site, origin, foreign) in [
            (Some("same-origin"), Some("https://acme.example"), false),
            (Some("same-origin"), Some("null"), false),
            (Some("same-site"), Some("https://acme.example"), true),
            (Some("cross-site"), None, true),
            (Some("none"), None, true),
            (None, Some("https://acme.example"), false),
            (None, Some("https://ACME.example"), false),
            (None, Some("https://acme.example:8443"), true),
            (None, Some("https://acme.example.attacker.example"), true),
            (None, Some("https://attacker.example"), true),
            (None, Some("null"), true),
            (None, Some("///"), true),
            (None, None, false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static("acme.example"));
            for (name, value) in [("sec-fetch-site", site), ("origin", origin)] {
                if let Some(value) = value {
                    headers.insert(name, HeaderValue::from_static(value));
                }
            }
            assert_eq!(is_foreign(&headers, &Uri::from_static("/x")), foreign, "{site:?} {origin:?}");
        }
    }

    #[test]
    fn host_of_http_2_is_in_the_uri() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ORIGIN, HeaderValue::from_static("https://acme.example:14000"));
        assert!(!is_foreign(&headers, &Uri::from_static("https://acme.example:14000/x")));
        assert!(is_foreign(&headers, &Uri::from_static("https://acme.example/x")));
    }
}
