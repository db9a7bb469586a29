//! Problem documents (RFC 9457; RFC 8555, section 6.7).

use serde::{Deserialize, Serialize};

use crate::identifier::Identifier;

/// An error type of the ACME namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "RFC 8555 section 6.7 and RFC 9773 name them")]
pub enum ProblemType {
    AccountDoesNotExist,
    AlreadyReplaced,
    AlreadyRevoked,
    BadCsr,
    BadNonce,
    BadPublicKey,
    BadRevocationReason,
    BadSignatureAlgorithm,
    Caa,
    Compound,
    Connection,
    Dns,
    ExternalAccountRequired,
    IncorrectResponse,
    InvalidContact,
    InvalidProfile,
    Malformed,
    OrderNotReady,
    RateLimited,
    RejectedIdentifier,
    ServerInternal,
    Tls,
    Unauthorized,
    UnsupportedContact,
    UnsupportedIdentifier,
    UserActionRequired,
}

impl ProblemType {
    /// `urn:ietf:params:acme:error:…`.
    #[must_use]
    pub fn urn(self) -> &'static str {
        todo!()
    }
    /// The type of a `urn:ietf:params:acme:error:…`, if known.
    #[must_use]
    pub fn of_urn(urn: &str) -> Option<Self> {
        let _ = urn;
        todo!()
    }
}

/// A problem document. Written with these members in this order; absent ones left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The type's URN (or any URI, when read).
    #[serde(rename = "type", default)]
    pub kind: String,
    /// The HTTP status, repeated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// What happened, for people.
    #[serde(default)]
    pub detail: String,
    /// One for each identifier at fault (RFC 8555, 6.7.1).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subproblems: Vec<Subproblem>,
}

/// A problem with one identifier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subproblem {
    /// The type's URN.
    #[serde(rename = "type", default)]
    pub kind: String,
    /// What happened, for people.
    #[serde(default)]
    pub detail: String,
    /// Which identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identifier: Option<IdentifierMember>,
}

/// An identifier as ACME objects write it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentifierMember {
    /// `dns` or `ip`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The name or address.
    pub value: String,
}

impl From<&Identifier> for IdentifierMember {
    fn from(identifier: &Identifier) -> Self {
        Self { kind: identifier.kind().to_owned(), value: identifier.to_string() }
    }
}

impl Problem {
    /// A problem of an ACME type.
    #[must_use]
    pub fn new(kind: ProblemType, status: u16, detail: impl Into<String>) -> Self {
        Self {
            kind: kind.urn().to_owned(),
            status: Some(status),
            detail: detail.into(),
            subproblems: Vec::new(),
        }
    }
}
