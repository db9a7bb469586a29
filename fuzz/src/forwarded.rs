//! What a proxy says about the client, and what the client says through it.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::client_address::{ForwardingHeader, Scheme, TrustedProxies};

/// A line that a client puts into a header which its proxy then appends to.
pub fn forwarded(line: &[u8]) {
    let Ok(forged) = HeaderValue::from_bytes(line) else { return };
    let (stranger, proxy, client): (IpAddr, IpAddr, IpAddr) =
        ([198, 51, 100, 1].into(), [10, 0, 0, 1].into(), [192, 0, 2, 1].into());
    for (header, name, told) in [
        (ForwardingHeader::XForwardedFor, HeaderName::from_static("x-forwarded-for"), "192.0.2.1"),
        (ForwardingHeader::Forwarded, HeaderName::from_static("forwarded"), "for=192.0.2.1;proto=https"),
    ] {
        let proxies = TrustedProxies::in_networks(vec!["10.0.0.0/8".parse().expect("a network")], header);
        let resolve = |peer, headers: &HeaderMap| proxies.resolve(peer, Scheme::Https, headers).ip();

        let mut headers = HeaderMap::from_iter([(name.clone(), forged.clone())]);
        assert_eq!(resolve(stranger, &headers), stranger);
        resolve(proxy, &headers);
        headers.append(&name, HeaderValue::from_static(told));
        assert_eq!(resolve(proxy, &headers), client);

        let appended = [line, b", ", told.as_bytes()].concat();
        if let Ok(appended) = HeaderValue::from_bytes(&appended) {
            // A line that is not text is junk as a whole, whoever wrote which part of it.
            let text = appended.to_str().is_ok();
            let headers = HeaderMap::from_iter([(name, appended)]);
            assert_eq!(resolve(proxy, &headers), if text { client } else { proxy });
        }
    }
}
