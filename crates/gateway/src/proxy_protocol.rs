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
