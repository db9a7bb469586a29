//! The first bytes of a connection from a load balancer.

use crate::proxy_protocol::{ProxyHeader, V1_BYTES_MAX, V2_BYTES_MAX, parse_proxy_header};

/// A PROXY header and what follows it.
pub fn proxy_header(bytes: &[u8]) {
    match parse_proxy_header(bytes) {
        Ok(ProxyHeader::Complete { length, .. }) => {
            assert!(length <= bytes.len() && length <= V2_BYTES_MAX);
            let alone = parse_proxy_header(&bytes[..length]);
            assert_eq!(alone, parse_proxy_header(bytes), "what follows a header does not change it");
            assert_eq!(parse_proxy_header(&bytes[..length - 1]), Ok(ProxyHeader::Incomplete));
        }
        Ok(ProxyHeader::Incomplete) => assert!(bytes.len() < V1_BYTES_MAX.max(V2_BYTES_MAX)),
        Err(error) => {
            let longer = [bytes, b"\r\n"].concat();
            assert!(parse_proxy_header(&longer).is_err(), "more bytes do not mend {error}");
        }
    }
}
