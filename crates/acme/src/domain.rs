//! Registered domains by the Public Suffix List, private section included.

use std::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
};

use crate::identifier::{Identifier, IdentifierError};

/// What `certificates-per-registered-domain` counts by. Borrows from its identifier, so that finding
/// it allocates nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RegisteredDomain<'a> {
    /// `example.com`
    Name(&'a str),
    /// An IPv4 address is its own "domain".
    Ipv4(Ipv4Addr),
    /// The /64 of an IPv6 address; the lower 64 bits are zero.
    Ipv6Prefix(Ipv6Addr),
}

/// `example.com`, `192.0.2.1` or `2001:db8::/64`.
impl fmt::Display for RegisteredDomain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Ipv4(address) => address.fmt(f),
            Self::Ipv6Prefix(address) => write!(f, "{address}/64"),
        }
    }
}

/// The Public Suffix List compiled in, and an operator's own suffixes beside it.
#[derive(Clone, Debug, Default)]
pub struct SuffixList {
    extra: Vec<Box<str>>,
}

impl SuffixList {
    /// With extra suffixes (`internal`, `corp.example`), each a DNS name without a wildcard.
    ///
    /// # Errors
    ///
    /// The first suffix that is no DNS name.
    pub fn with_extra<I: IntoIterator<Item = S>, S: AsRef<str>>(extra: I) -> Result<Self, IdentifierError> {
        let _ = extra.into_iter();
        todo!()
    }
    /// The registered domain an identifier counts for.
    #[must_use]
    pub fn registered_domain<'a>(&self, identifier: &'a Identifier) -> RegisteredDomain<'a> {
        let _ = (identifier, &self.extra);
        todo!()
    }
}
