//! What a certificate is for: a DNS name or an IP address (RFC 8555, 9.7.7; RFC 8738).

use std::{fmt, net::IpAddr};

/// A canonical identifier: DNS names lower-cased A-labels without a trailing dot, addresses parsed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Identifier {
    /// A DNS name, perhaps a wildcard `*.x`.
    Dns(DnsName),
    /// An IP address.
    Ip(IpAddr),
}

/// A canonical DNS name; private text, checked by the constructor.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DnsName(Box<str>);

/// Why a text is no identifier.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdentifierError {
    /// The type is neither `dns` nor `ip`.
    #[error("unsupported identifier type")]
    UnsupportedType,
    /// Placeholder: the owner of this file names each mistake.
    #[error("malformed identifier")]
    Malformed,
}

impl DnsName {
    /// The canonical text, `*.` included.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// Whether this is `*.x`.
    #[must_use]
    pub fn is_wildcard(&self) -> bool {
        self.0.starts_with("*.")
    }
    /// `x` of `*.x`, else the name itself.
    #[must_use]
    pub fn base(&self) -> &str {
        self.0.strip_prefix("*.").unwrap_or(&self.0)
    }
}

impl Identifier {
    /// From the `type` and `value` members of an ACME identifier.
    ///
    /// # Errors
    ///
    /// [`IdentifierError`].
    pub fn parse(kind: &str, value: &str) -> Result<Self, IdentifierError> {
        let _ = (kind, value);
        todo!()
    }
    /// A DNS identifier.
    ///
    /// # Errors
    ///
    /// [`IdentifierError`].
    pub fn dns(value: &str) -> Result<Self, IdentifierError> {
        Self::parse("dns", value)
    }
    /// From a text as a person writes it: an address if it parses as one, else a DNS name.
    ///
    /// # Errors
    ///
    /// [`IdentifierError`].
    pub fn from_text(text: &str) -> Result<Self, IdentifierError> {
        let _ = text;
        todo!()
    }
    /// `dns` or `ip`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Dns(_) => "dns",
            Self::Ip(_) => "ip",
        }
    }
    /// Whether this is a wildcard name.
    #[must_use]
    pub fn is_wildcard(&self) -> bool {
        matches!(self, Self::Dns(name) if name.is_wildcard())
    }
    /// Whether this identifier covers `other`: equal, or a wildcard one label above it.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        let _ = other;
        todo!()
    }
}

/// The canonical text.
impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => f.write_str(name.as_str()),
            Self::Ip(address) => address.fmt(f),
        }
    }
}

/// The identifiers of an order: sorted, each once, at least one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IdentifierSet(Box<[Identifier]>);

/// SHA-256 over a set's canonical text: equal for equal sets, however they were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SetId(pub [u8; 32]);

impl IdentifierSet {
    /// Sorts and de-duplicates; `None` for no identifier at all.
    #[must_use]
    pub fn new(identifiers: Vec<Identifier>) -> Option<Self> {
        let _ = identifiers;
        todo!()
    }
    /// The identifiers in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Identifier> {
        self.0.iter()
    }
    /// The identifiers in order.
    #[must_use]
    pub fn as_slice(&self) -> &[Identifier] {
        &self.0
    }
    /// The digest by which exact sets are compared.
    #[must_use]
    pub fn id(&self) -> SetId {
        todo!()
    }
}
