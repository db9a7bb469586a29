//! Authorizations and challenges (RFC 8555, 7.1.4, 7.1.5 and 8), leniently read.

use crate::{identifier::Identifier, problem::Problem, resource::ResourcePath};

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

impl AuthorizationBody {
    /// Reads an authorization object; `None` when the body is no JSON object.
    #[must_use]
    pub fn parse(body: &[u8]) -> Option<Self> {
        let _ = body;
        todo!()
    }
}

impl ChallengeBody {
    /// Reads a challenge object; `None` when the body is no JSON object.
    #[must_use]
    pub fn parse(body: &[u8]) -> Option<Self> {
        let _ = body;
        todo!()
    }
}

/// Whether a request payload asks to deactivate: `{"status": "deactivated"}` (RFC 8555, 7.3.6 and 7.5.2).
#[must_use]
pub fn asks_to_deactivate(payload: &[u8]) -> bool {
    let _ = payload;
    todo!()
}
