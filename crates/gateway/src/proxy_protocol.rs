//! The PROXY protocol, versions 1 and 2: a load balancer's word about who connected to it, ahead of the
//! connection's own bytes.
//!
//! Source: "The PROXY protocol, versions 1 & 2", haproxy.org. The addresses are read by `ppp`; where a
//! header ends, and that it is bounded, is decided here.

use std::net::SocketAddr;

use ppp::{v1, v2};

/// The longest header of version 1, its line end included (section 2.1).
pub const V1_BYTES_MAX: usize = 107;
/// The longest header of version 2 accepted. The addresses need at most 232 bytes; the rest is room for
/// what balancers append (TLS details, cloud endpoint names).
pub const V2_BYTES_MAX: usize = 4096;

const V1_PREFIX: &[u8] = b"PROXY ";
const V2_PREFIX: &[u8] = v2::PROTOCOL_PREFIX;
/// Prefix, version and command, family and protocol, length.
const V2_FIXED_BYTES: usize = 16;

/// What the start of a connection turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyHeader {
    /// A whole header.
    Complete {
        /// Its length in bytes; what follows belongs to the connection.
        length: usize,
        /// Who connected to the balancer. `None`: the balancer itself speaks (LOCAL), or it does not
        /// know (UNKNOWN, UNSPEC, a Unix socket); then the peer's own address counts.
        source: Option<SocketAddr>,
    },
    /// The start of one; more bytes are needed.
    Incomplete,
}

/// Why the start of a connection is no PROXY header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProxyHeaderError {
    /// It starts otherwise.
    #[error("the connection does not start with a PROXY header")]
    NoHeader,
    /// It starts as one, and goes on wrong.
    #[error("the PROXY header is malformed")]
    Malformed,
    /// It is longer than accepted.
    #[error("the PROXY header is longer than {bytes_max} bytes")]
    TooLong {
        /// The bound of its version.
        bytes_max: usize,
    },
}

/// Reads the PROXY header that a connection starts with.
///
/// # Errors
///
/// [`ProxyHeaderError`]: more bytes would not make it one.
pub fn parse_proxy_header(bytes: &[u8]) -> Result<ProxyHeader, ProxyHeaderError> {
    if begins_as(bytes, V2_PREFIX) {
        parse_v2(bytes)
    } else if begins_as(bytes, V1_PREFIX) {
        parse_v1(bytes)
    } else {
        Err(ProxyHeaderError::NoHeader)
    }
}

/// Whether `bytes` may, as far as they go, start with `prefix`.
fn begins_as(bytes: &[u8], prefix: &[u8]) -> bool {
    let common = bytes.len().min(prefix.len());
    bytes[..common] == prefix[..common]
}

fn parse_v1(bytes: &[u8]) -> Result<ProxyHeader, ProxyHeaderError> {
    let line = &bytes[..bytes.len().min(V1_BYTES_MAX)];
    let Some(end) = line.windows(2).position(|pair| pair == b"\r\n") else {
        let full = line.len() == V1_BYTES_MAX;
        return if full {
            Err(ProxyHeaderError::TooLong { bytes_max: V1_BYTES_MAX })
        } else {
            Ok(ProxyHeader::Incomplete)
        };
    };
    let length = end + 2;
    let header = v1::Header::try_from(&bytes[..length]).map_err(|_| ProxyHeaderError::Malformed)?;
    let source = match header.addresses {
        v1::Addresses::Unknown => None,
        v1::Addresses::Tcp4(ip) => Some((ip.source_address, ip.source_port).into()),
        v1::Addresses::Tcp6(ip) => Some((ip.source_address, ip.source_port).into()),
    };
    Ok(ProxyHeader::Complete { length, source })
}

fn parse_v2(bytes: &[u8]) -> Result<ProxyHeader, ProxyHeaderError> {
    let Some(fixed) = bytes.first_chunk::<V2_FIXED_BYTES>() else { return Ok(ProxyHeader::Incomplete) };
    let length = V2_FIXED_BYTES + usize::from(u16::from_be_bytes([fixed[14], fixed[15]]));
    if length > V2_BYTES_MAX {
        return Err(ProxyHeaderError::TooLong { bytes_max: V2_BYTES_MAX });
    }
    let Some(header) = bytes.get(..length) else { return Ok(ProxyHeader::Incomplete) };
    let header = v2::Header::try_from(header).map_err(|_| ProxyHeaderError::Malformed)?;
    let source = match (header.command, header.protocol, header.addresses) {
        (v2::Command::Local, ..) | (_, _, v2::Addresses::Unspecified | v2::Addresses::Unix(_)) => None,
        (v2::Command::Proxy, v2::Protocol::Datagram, _) => return Err(ProxyHeaderError::Malformed),
        (_, _, v2::Addresses::IPv4(ip)) => Some((ip.source_address, ip.source_port).into()),
        (_, _, v2::Addresses::IPv6(ip)) => Some((ip.source_address, ip.source_port).into()),
    };
    Ok(ProxyHeader::Complete { length, source })
}

#[cfg(test)]
#[expect(unreachable_pub, reason = "the target is in another crate")]
#[path = "../../../fuzz/src/proxy_header.rs"]
mod fuzz_target;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn v2(version_and_command: u8, family: u8, addresses: &[u8]) -> Vec<u8> {
        let mut header = V2_PREFIX.to_vec();
        header.extend([version_and_command, family]);
        header.extend(u16::try_from(addresses.len()).unwrap().to_be_bytes());
        header.extend(addresses);
        header
    }

    const V4: [u8; 12] = [192, 0, 2, 1, 192, 0, 2, 2, 0x12, 0x67, 0x01, 0xbb];

    fn v6() -> Vec<u8> {
        let client: std::net::Ipv6Addr = "2001:db8::1".parse().unwrap();
        [&client.octets()[..], &[0; 16], &[0x12, 0x67, 0, 80]].concat()
    }

    /// The seeds of the fuzz target, through what the target does.
    #[test]
    fn seeds_whole_and_cut_off_are_read_or_refused() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/proxy_header");
        let seeds: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(seeds.len() >= 7);
        for seed in seeds {
            let seed = std::fs::read(seed).unwrap();
            for length in 0..=seed.len() {
                fuzz_target::proxy_header(&seed[..length]);
            }
        }
    }

    #[test]
    fn a_header_tells_who_connected() {
        let four = Some("192.0.2.1:4711".parse().unwrap());
        let six = Some("[2001:db8::1]:4711".parse().unwrap());
        for (bytes, source) in [
            (b"PROXY TCP4 192.0.2.1 192.0.2.2 4711 443\r\n".to_vec(), four),
            (b"PROXY TCP6 2001:db8::1 ::1 4711 443\r\n".to_vec(), six),
            (b"PROXY UNKNOWN\r\n".to_vec(), None),
            (b"PROXY UNKNOWN ff::1 whatever 1 2\r\n".to_vec(), None),
            (v2(0x21, 0x11, &V4), four),
            (v2(0x21, 0x11, &[&V4[..], &[0x04, 0, 3, 1, 2, 3]].concat()), four),
            (v2(0x21, 0x21, &v6()), six),
            (v2(0x20, 0x11, &V4), None),
            (v2(0x20, 0x00, &[]), None),
            (v2(0x21, 0x00, &[]), None),
            (v2(0x21, 0x31, &[0; 216]), None),
        ] {
            let expected = ProxyHeader::Complete { length: bytes.len(), source };
            let with_rest = [&bytes[..], b"GET / HTTP/1.1\r\n\r\n"].concat();
            assert_eq!(parse_proxy_header(&with_rest), Ok(expected), "{bytes:?}");
            for end in 0..bytes.len() {
                assert_eq!(
                    parse_proxy_header(&bytes[..end]),
                    Ok(ProxyHeader::Incomplete),
                    "{end} of {bytes:?}"
                );
            }
        }
    }

    #[test]
    fn what_is_no_header_is_refused_as_soon_as_it_shows() {
        use ProxyHeaderError::{Malformed, NoHeader, TooLong};
        for (bytes, error) in [
            (b"G".to_vec(), NoHeader),
            (b"\x16\x03\x01".to_vec(), NoHeader),
            (b"PROXY-".to_vec(), NoHeader),
            (b"PROXY TCP4 192.0.2.256 192.0.2.2 1 2\r\n".to_vec(), Malformed),
            (b"PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n".to_vec(), Malformed),
            (b"PROXY TCP5 192.0.2.1 192.0.2.2 1 2\r\n".to_vec(), Malformed),
            (b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n".to_vec(), Malformed),
            (b"PROXY \r\n".to_vec(), Malformed),
            (b"PROXY \xff\xfe\r\n".to_vec(), Malformed),
            ([b"PROXY UNKNOWN ".to_vec(), vec![b'x'; 200]].concat(), TooLong { bytes_max: V1_BYTES_MAX }),
            (v2(0x11, 0x11, &V4), Malformed),
            (v2(0x22, 0x11, &V4), Malformed),
            (v2(0x21, 0x12, &V4), Malformed),
            (v2(0x21, 0x11, &V4[..8]), Malformed),
            (v2(0x21, 0x11, &vec![0; V2_BYTES_MAX]), TooLong { bytes_max: V2_BYTES_MAX }),
        ] {
            assert_eq!(parse_proxy_header(&bytes), Err(error), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_within_bounds(
            start in prop_oneof![Just(&b""[..]), Just(V1_PREFIX), Just(V2_PREFIX)],
            rest in prop::collection::vec(any::<u8>(), 0..600),
        ) {
            let bytes = [start, &rest].concat();
            match parse_proxy_header(&bytes) {
                Ok(ProxyHeader::Complete { length, .. }) => prop_assert!(length <= bytes.len().min(V2_BYTES_MAX)),
                Ok(ProxyHeader::Incomplete) => prop_assert!(bytes.len() < V2_BYTES_MAX),
                Err(_) => {}
            }
        }
    }
}
