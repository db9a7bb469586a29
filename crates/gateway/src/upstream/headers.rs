//! What of a request's and an answer's headers crosses the gateway.
//!
//! A header that is about one connection (RFC 9110, 7.6.1) ends here, as does whatever a client says
//! about where it comes from. Everything else passes as it is.

use ::http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri, Version, header,
    request::Parts, uri::Authority,
};
use bytes::Bytes;

use super::UpstreamRequest;
use crate::client_address::{ClientAddress, X_FORWARDED_FOR, X_FORWARDED_PROTO};

const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");

/// Headers about one connection, besides those that `Connection` names.
const HOP_BY_HOP: [&str; 9] = [
    "connection",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "upgrade",
];

/// Why a request cannot be forwarded. The client's mistake: a 400 answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// No authority in its URI and no Host (RFC 9112, 3.2).
    #[error("the request names no host")]
    NoHost,
    /// Several Host headers, or one that is not a host with an optional port.
    #[error("the request's host is malformed")]
    MalformedHost,
    /// A target without a path: `*`, or the authority of a CONNECT.
    #[error("the request's target has no path")]
    NoPath,
}

/// The request to forward: the client's method, path, Host and headers, with `body` complete and
/// framed anew, and with our word about the client instead of its own.
///
/// # Errors
///
/// [`RequestError`]: no CA could tell what was asked for.
pub fn clean_request(
    parts: &Parts,
    body: Bytes,
    client: ClientAddress,
) -> Result<UpstreamRequest, RequestError> {
    let host = host(parts)?;
    let path = parts.uri.path_and_query().filter(|path| path.as_str().starts_with('/'));
    let path = path.cloned().ok_or(RequestError::NoPath)?;

    let mut headers = parts.headers.clone();
    remove_hop_by_hop(&mut headers);
    remove_claims_about_the_client(&mut headers);
    // Read whole and decoded by now. `Expect` was answered when the body was read.
    for framing in [header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::EXPECT] {
        headers.remove(framing);
    }
    if !body.is_empty() || parts.method == Method::POST {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    }
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    tell_about_the_client(&mut headers, client, &host);
    headers.insert(header::HOST, host);

    let mut request = Request::new(body);
    *request.method_mut() = parts.method.clone();
    *request.uri_mut() = Uri::from(path);
    *request.version_mut() = Version::HTTP_11;
    *request.headers_mut() = headers;
    Ok(request)
}

/// Takes from an answer to `method` what was about the connection to the CA.
#[must_use]
pub fn clean_response(mut response: Response<Bytes>, method: &Method) -> Response<Bytes> {
    *response.version_mut() = Version::HTTP_11;
    let bodiless = *method == Method::HEAD || response.status() == StatusCode::NOT_MODIFIED;
    let headers = response.headers_mut();
    remove_hop_by_hop(headers);
    headers.remove(header::TRANSFER_ENCODING);
    if !bodiless {
        // The listener knows the length; the CA's may have been left out, or belong to an encoding.
        headers.remove(header::CONTENT_LENGTH);
    }
    response
}

/// The host that the client asked for: the URI's authority (HTTP/2, absolute form), which overrides
/// the header (RFC 9112, 3.2.2), else the one Host header.
fn host(parts: &Parts) -> Result<HeaderValue, RequestError> {
    if let Some(authority) = parts.uri.authority() {
        return host_of(authority.as_str());
    }
    let mut lines = parts.headers.get_all(header::HOST).iter();
    let host = lines.next().ok_or(RequestError::NoHost)?;
    if lines.next().is_some() {
        return Err(RequestError::MalformedHost);
    }
    host_of(host.to_str().map_err(|_| RequestError::MalformedHost)?)
}

/// Checks `host [":" port]`; credentials (`user@`) have no place in it.
fn host_of(text: &str) -> Result<HeaderValue, RequestError> {
    if text.is_empty() {
        return Err(RequestError::NoHost);
    }
    if text.contains('@') || text.parse::<Authority>().is_err() {
        return Err(RequestError::MalformedHost);
    }
    HeaderValue::from_str(text).map_err(|_| RequestError::MalformedHost)
}

fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .filter(|name| !needed_end_to_end(name))
        .collect();
    for name in named {
        headers.remove(name);
    }
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
}

/// `Connection: content-type` is an attempt to have us drop what the CA needs, not a statement about
/// the connection (RFC 9110, 7.6.1).
fn needed_end_to_end(name: &HeaderName) -> bool {
    [header::HOST, header::CONTENT_TYPE, header::CACHE_CONTROL, header::LOCATION, header::RETRY_AFTER]
        .contains(name)
        || name == "replay-nonce"
}

/// `X-Forwarded-*`, `X-Real-IP`, `Forwarded`, and `Proxy` (which CGI programs take for a setting),
/// also spelt with underscores: WSGI and CGI programs see no difference.
fn remove_claims_about_the_client(headers: &mut HeaderMap) {
    let claims: Vec<HeaderName> = headers
        .keys()
        .filter(|name| {
            let name = name.as_str().replace('_', "-");
            name.starts_with("x-forwarded-") || ["x-real-ip", "forwarded", "proxy"].contains(&name.as_str())
        })
        .cloned()
        .collect();
    for name in claims {
        headers.remove(name);
    }
}

fn tell_about_the_client(headers: &mut HeaderMap, client: ClientAddress, host: &HeaderValue) {
    let address = HeaderValue::from_str(&client.ip().to_string()).expect("an address is plain text");
    headers.insert(X_FORWARDED_FOR, address.clone());
    headers.insert(X_REAL_IP, address);
    headers.insert(X_FORWARDED_PROTO, HeaderValue::from_static(client.scheme().as_str()));
    headers.insert(X_FORWARDED_HOST, host.clone());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client_address::Scheme;

    fn cleaned(request: http::request::Builder, body: &'static str) -> Result<UpstreamRequest, RequestError> {
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let client = ClientAddress::new([192, 0, 2, 1].into(), Scheme::Https);
        clean_request(&parts, Bytes::from_static(body.as_bytes()), client)
    }

    #[test]
    fn the_host_is_that_of_the_uri_before_that_of_the_header() {
        for (uri, host, expected) in [
            ("/x", Some("a.test:14000"), Ok("a.test:14000")),
            ("https://b.test/x", None, Ok("b.test")),
            ("https://b.test/x", Some("a.test"), Ok("b.test")),
            ("/x", Some("[2001:db8::1]:443"), Ok("[2001:db8::1]:443")),
            ("/x", None, Err(RequestError::NoHost)),
            ("/x", Some(""), Err(RequestError::NoHost)),
            ("/x", Some("a.test/evil"), Err(RequestError::MalformedHost)),
            ("/x", Some("a.test, b.test"), Err(RequestError::MalformedHost)),
            ("https://user@b.test/x", None, Err(RequestError::MalformedHost)),
            ("b.test:443", None, Err(RequestError::NoPath)),
            ("*", Some("a.test"), Err(RequestError::NoPath)),
        ] {
            let mut request = Request::get(uri);
            if let Some(host) = host {
                request = request.header("host", host);
            }
            let found =
                cleaned(request, "").map(|request| request.headers()["host"].to_str().unwrap().to_owned());
            assert_eq!(found.as_deref().map_err(|error| *error), expected, "{uri} {host:?}");
        }
    }

    #[test]
    fn the_length_is_that_of_the_body_and_never_what_was_claimed() {
        for (method, body, expected) in [
            ("POST", "12345", Some("5")),
            ("POST", "", Some("0")),
            ("GET", "", None),
            ("GET", "123", Some("3")),
        ] {
            let request = Request::builder()
                .method(method)
                .uri("/x")
                .header("host", "a.test")
                .header("content-length", "999")
                .header("transfer-encoding", "chunked")
                .header("expect", "100-continue");
            let request = cleaned(request, body).unwrap();
            let length = request.headers().get("content-length").map(|length| length.to_str().unwrap());
            assert_eq!(length, expected, "{method} {body:?}");
            assert!(!request.headers().contains_key("transfer-encoding"));
            assert!(!request.headers().contains_key("expect"));
        }
    }

    #[test]
    fn connection_cannot_name_away_what_the_ca_or_the_client_needs() {
        let request = Request::post("/x")
            .header("host", "a.test")
            .header("content-type", "application/jose+json")
            .header("connection", "Content-Type, Host, X-Forwarded-For, X-Real-IP, X-Hop, \"junk\"")
            .header("x-hop", "1");
        let request = cleaned(request, "{}").unwrap();
        assert_eq!(request.headers()["content-type"], "application/jose+json");
        assert_eq!(request.headers()["host"], "a.test");
        assert_eq!(request.headers()["x-forwarded-for"], "192.0.2.1");
        assert_eq!(request.headers()["x-real-ip"], "192.0.2.1");
        assert!(!request.headers().contains_key("x-hop"));

        let answer =
            Response::builder().header("connection", "Replay-Nonce, Location").header("replay-nonce", "n");
        let answer = clean_response(answer.body(Bytes::new()).unwrap(), &Method::POST);
        assert_eq!(answer.headers()["replay-nonce"], "n");
    }

    #[test]
    fn an_answer_is_cleaned_once_or_twice_with_the_same_result() {
        let answer = || {
            Response::builder()
                .version(Version::HTTP_10)
                .header("connection", "close")
                .header("content-length", "7")
                .header("link", "<a>;rel=up")
                .body(Bytes::from_static(b"body"))
                .unwrap()
        };
        for (method, length) in [(Method::POST, false), (Method::HEAD, true)] {
            let once = clean_response(answer(), &method);
            assert_eq!(once.headers().contains_key("content-length"), length, "{method}");
            assert!(!once.headers().contains_key("connection"));
            let headers = once.headers().clone();
            assert_eq!(clean_response(once, &method).headers(), &headers);
        }
    }
}
