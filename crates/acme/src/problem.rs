//! Problem documents (RFC 9457; RFC 8555, section 6.7).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    identifier::{Identifier, IdentifierError},
    json,
};

/// At most this many subproblems are read.
pub const SUBPROBLEMS_MAX: usize = 1000;

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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_problem_is_written_in_a_stable_order_and_read_back() {
        let mut problem = Problem::new(ProblemType::RateLimited, 429, "too many failed authorizations");
        assert_eq!(
            serde_json::to_string(&problem).unwrap(),
            r#"{"type":"urn:ietf:params:acme:error:rateLimited","status":429,"detail":"too many failed authorizations"}"#
        );

        problem.subproblems = ["example.com", "192.0.2.1"]
            .map(|text| Subproblem {
                kind: ProblemType::RateLimited.urn().to_owned(),
                detail: format!("too many failed authorizations for {text:?}"),
                identifier: Some((&Identifier::from_text(text).unwrap()).into()),
            })
            .into();
        let written = serde_json::to_string_pretty(&problem).unwrap();
        insta::assert_snapshot!(written);
        assert_eq!(Problem::parse(written.as_bytes()), Some(problem));
    }

    #[test]
    fn types_have_their_urns() {
        for kind in ProblemType::ALL.iter().copied() {
            assert_eq!(ProblemType::of_urn(kind.urn()), Some(kind));
        }
        assert_eq!(ProblemType::BadCsr.urn(), "urn:ietf:params:acme:error:badCSR");
        assert_eq!(ProblemType::of_urn("about:blank"), None);
    }

    #[test]
    fn junk_in_a_problem_is_tolerated() {
        let problem = json!({"type": null, "status": "429", "detail": ["x"], "instance": 1, "subproblems": [
            null, 7, {"type": "urn:x", "detail": 1, "identifier": {"type": "dns"}},
            {"identifier": {"type": "dns", "value": "Example.com", "more": []}},
        ]});
        let problem = Problem::parse(problem.to_string().as_bytes()).unwrap();
        assert_eq!((problem.kind.as_str(), problem.status, problem.detail.as_str()), ("", None, ""));
        let identifiers: Vec<_> =
            problem.subproblems.into_iter().map(|subproblem| subproblem.identifier).collect();
        let named = identifiers[1].as_ref().unwrap().parse();
        assert_eq!((identifiers.len(), &identifiers[0], named), (2, &None, Identifier::dns("example.com")));

        for body in ["", "[]", "null", "<html></html>"] {
            assert_eq!(Problem::parse(body.as_bytes()), None);
        }
    }

    #[test]
    fn subproblems_are_bounded() {
        let problem = json!({"subproblems": vec![json!({}); SUBPROBLEMS_MAX + 1]});
        assert_eq!(Problem::from(problem).subproblems.len(), SUBPROBLEMS_MAX);
    }
}
