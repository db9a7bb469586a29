//! Authorizations and challenges (RFC 8555, 7.1.4, 7.1.5 and 8), leniently read.

use serde_json::{Map, Value};

use crate::{
    identifier::Identifier,
    json::{self, Written},
    problem::{IdentifierMember, Problem},
    resource::ResourcePath,
};

/// At most this many challenges of an authorization are read; CAs offer three or four.
pub const CHALLENGES_MAX: usize = 64;

/// An authorization's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "RFC 8555 section 7.1.6 names them")]
pub enum AuthorizationStatus {
    Pending,
    Valid,
    Invalid,
    Deactivated,
    Expired,
    Revoked,
}

impl AuthorizationStatus {
    /// As ACME writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::Deactivated => "deactivated",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }

    /// From the text ACME writes.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        [Self::Pending, Self::Valid, Self::Invalid, Self::Deactivated, Self::Expired, Self::Revoked]
            .into_iter()
            .find(|s| s.as_str() == text)
    }
}

/// An authorization object. `wildcard: true` and a base name give `*.name`, as does a bare `*.name`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "RFC 8555 section 7.1.4 names them")]
pub struct AuthorizationBody {
    pub status: Option<AuthorizationStatus>,
    pub identifier: Option<Identifier>,
    pub challenges: Vec<ChallengeBody>,
    pub expires: Option<jiff::Timestamp>,
}

/// A challenge object, alone or in an authorization.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "RFC 8555 section 8 names them")]
pub struct ChallengeBody {
    pub kind: Option<String>,
    pub url: Option<ResourcePath>,
    pub status: Option<ChallengeStatus>,
    pub error: Option<Problem>,
}

/// A challenge's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "RFC 8555 section 7.1.6 names them")]
pub enum ChallengeStatus {
    Pending,
    Processing,
    Valid,
    Invalid,
}

impl ChallengeStatus {
    /// As ACME writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Processing => "processing",
            Self::Valid => "valid",
            Self::Invalid => "invalid",
        }
    }

    /// From the text ACME writes.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        [Self::Pending, Self::Processing, Self::Valid, Self::Invalid].into_iter().find(|s| s.as_str() == text)
    }
}

impl AuthorizationBody {
    /// Reads an authorization object; `None` when the body is no JSON object.
    #[must_use]
    pub fn parse(body: &[u8]) -> Option<Self> {
        let members = json::object(body)?;
        Some(Self {
            status: json::string(&members, "status").and_then(AuthorizationStatus::of),
            identifier: identifier(&members),
            challenges: json::elements(&members, "challenges")
                .filter_map(Value::as_object)
                .take(CHALLENGES_MAX)
                .map(ChallengeBody::of)
                .collect(),
            expires: json::timestamp(&members, "expires"),
        })
    }
}

impl ChallengeBody {
    /// Reads a challenge object; `None` when the body is no JSON object.
    #[must_use]
    pub fn parse(body: &[u8]) -> Option<Self> {
        json::object(body).as_ref().map(Self::of)
    }

    fn of(members: &Map<String, Value>) -> Self {
        let error = members.get("error").filter(|error| error.is_object());
        Self {
            kind: json::string(members, "type").map(str::to_owned),
            url: json::string(members, "url").and_then(ResourcePath::of),
            status: json::string(members, "status").and_then(ChallengeStatus::of),
            error: error.cloned().map(Problem::from),
        }
    }
}

/// Whether a CA may take a request payload for a wish to deactivate: `{"status": "deactivated"}`
/// (RFC 8555, 7.3.6 and 7.5.2).
#[must_use]
pub fn asks_to_deactivate(payload: &[u8]) -> bool {
    let payload = Written::parse(payload);
    payload
        .is_some_and(|object| object.readings("status").any(|status| status.as_str() == Some("deactivated")))
}

/// Some CAs name a wildcard by its base and a flag, others in full.
fn identifier(members: &Map<String, Value>) -> Option<Identifier> {
    let identifier = IdentifierMember::of(members.get("identifier")?)?.parse().ok()?;
    match identifier {
        Identifier::Dns(name) if members.get("wildcard") == Some(&Value::Bool(true)) => {
            name.wildcard().ok().map(Identifier::Dns)
        }
        identifier => Some(identifier),
    }
}
