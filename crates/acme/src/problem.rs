//! Problem documents (RFC 9457; RFC 8555, section 6.7).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    identifier::{Identifier, IdentifierError},
    json,
};

/// At most this many subproblems are read.
pub const SUBPROBLEMS_MAX: usize = 1000;

const NAMESPACE: &str = "urn:ietf:params:acme:error:";

macro_rules! problem_types {
    ($($variant:ident = $name:literal,)*) => {
        /// An error type of the ACME namespace.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        #[expect(missing_docs, reason = "RFC 8555 section 6.7, RFC 9773 and the profiles draft name them")]
        pub enum ProblemType {
            $($variant,)*
        }

        impl ProblemType {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// `urn:ietf:params:acme:error:…`.
            #[must_use]
            pub fn urn(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!("urn:ietf:params:acme:error:", $name),)*
                }
            }
        }
    };
}

problem_types! {
    AccountDoesNotExist = "accountDoesNotExist",
    AlreadyReplaced = "alreadyReplaced",
    AlreadyRevoked = "alreadyRevoked",
    BadCsr = "badCSR",
    BadNonce = "badNonce",
    BadPublicKey = "badPublicKey",
    BadRevocationReason = "badRevocationReason",
    BadSignatureAlgorithm = "badSignatureAlgorithm",
    Caa = "caa",
    Compound = "compound",
    Connection = "connection",
    Dns = "dns",
    ExternalAccountRequired = "externalAccountRequired",
    IncorrectResponse = "incorrectResponse",
    InvalidContact = "invalidContact",
    InvalidProfile = "invalidProfile",
    Malformed = "malformed",
    OrderNotReady = "orderNotReady",
    RateLimited = "rateLimited",
    RejectedIdentifier = "rejectedIdentifier",
    ServerInternal = "serverInternal",
    Tls = "tls",
    Unauthorized = "unauthorized",
    UnsupportedContact = "unsupportedContact",
    UnsupportedIdentifier = "unsupportedIdentifier",
    UserActionRequired = "userActionRequired",
}

impl ProblemType {
    /// The type of a `urn:ietf:params:acme:error:…`, if known.
    #[must_use]
    pub fn of_urn(urn: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.urn() == urn)
    }

    /// The URN's last part, such as `rateLimited`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.urn().strip_prefix(NAMESPACE).expect("every URN is in the namespace")
    }
}

/// A problem document. Written with these members in this order; absent ones left out. Read
/// leniently: what is missing or junk is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Value")]
pub struct Problem {
    /// The type's URN (or any URI, when read).
    #[serde(rename = "type")]
    pub kind: String,
    /// The HTTP status, repeated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// What happened, for people.
    pub detail: String,
    /// One for each identifier at fault (RFC 8555, 6.7.1); at most [`SUBPROBLEMS_MAX`] when read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subproblems: Vec<Subproblem>,
}

/// A problem with one identifier. Read leniently.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Value")]
pub struct Subproblem {
    /// The type's URN.
    #[serde(rename = "type")]
    pub kind: String,
    /// What happened, for people.
    pub detail: String,
    /// Which identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
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

    /// Reads a problem document; `None` when the body is no JSON object.
    #[must_use]
    pub fn parse(body: &[u8]) -> Option<Self> {
        json::object(body).map(|members| Self::from(Value::Object(members)))
    }

    /// The ACME type, if it is one.
    #[must_use]
    pub fn problem_type(&self) -> Option<ProblemType> {
        ProblemType::of_urn(&self.kind)
    }
}

impl From<Value> for Problem {
    fn from(value: Value) -> Self {
        let members = into_members(value);
        let subproblems = members.get("subproblems").and_then(Value::as_array);
        Self {
            kind: text(&members, "type"),
            status: members
                .get("status")
                .and_then(Value::as_u64)
                .and_then(|status| u16::try_from(status).ok()),
            detail: text(&members, "detail"),
            subproblems: subproblems
                .into_iter()
                .flatten()
                .filter(|subproblem| subproblem.is_object())
                .take(SUBPROBLEMS_MAX)
                .cloned()
                .map(Subproblem::from)
                .collect(),
        }
    }
}

impl From<Value> for Subproblem {
    fn from(value: Value) -> Self {
        let members = into_members(value);
        Self {
            kind: text(&members, "type"),
            detail: text(&members, "detail"),
            identifier: members.get("identifier").and_then(IdentifierMember::of),
        }
    }
}

impl IdentifierMember {
    /// Reads an identifier object; `None` unless `type` and `value` are strings.
    #[must_use]
    pub fn of(value: &Value) -> Option<Self> {
        let members = value.as_object()?;
        Some(Self {
            kind: json::string(members, "type")?.to_owned(),
            value: json::string(members, "value")?.to_owned(),
        })
    }

    /// The identifier it names.
    ///
    /// # Errors
    ///
    /// [`IdentifierError`].
    pub fn parse(&self) -> Result<Identifier, IdentifierError> {
        Identifier::parse(&self.kind, &self.value)
    }
}

impl From<&Identifier> for IdentifierMember {
    fn from(identifier: &Identifier) -> Self {
        Self { kind: identifier.kind().to_owned(), value: identifier.to_string() }
    }
}

fn into_members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn text(members: &Map<String, Value>, member: &str) -> String {
    json::string(members, member).unwrap_or_default().to_owned()
}
