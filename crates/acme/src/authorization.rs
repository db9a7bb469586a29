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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_wildcard_is_read_from_the_flag_or_the_name() {
        // (type, value, wildcard, identifier)
        let cases = [
            ("dns", "Example.com", json!(true), Some("*.example.com")),
            ("dns", "*.example.com", json!(true), Some("*.example.com")),
            ("dns", "*.example.com", json!(null), Some("*.example.com")),
            ("dns", "example.com", json!(false), Some("example.com")),
            ("dns", "example.com", json!("true"), Some("example.com")),
            ("ip", "192.0.2.1", json!(true), Some("192.0.2.1")),
            ("dns", "a_b", json!(true), None),
        ];
        for (kind, value, wildcard, identifier) in cases {
            let body =
                json!({"identifier": {"type": kind, "value": value}, "wildcard": wildcard}).to_string();
            let read = AuthorizationBody::parse(body.as_bytes()).unwrap().identifier;
            assert_eq!(read.map(|identifier| identifier.to_string()).as_deref(), identifier, "{body}");
        }
    }

    #[test]
    fn an_authorization_is_read_whatever_junk_is_in_it() {
        let authorization = AuthorizationBody::parse(
            br#"{"status":"invalid","expires":null,"identifier":{"type":"dns","value":"example.com","x":1},"x":[],
                "challenges":[null,7,{},{"type":"http-01","url":"https://ca.example/chall/1","status":"invalid",
                "token":7,"validated":null,"error":{"type":"urn:ietf:params:acme:error:connection","detail":"refused"}},
                {"type":["x"],"url":null,"status":"unknown","error":"x"}]}"#,
        )
        .unwrap();
        insta::assert_debug_snapshot!(authorization);
    }

    #[test]
    fn what_is_missing_or_junk_is_none() {
        for body in ["{}", r#"{"status":null,"identifier":"example.com","challenges":{},"wildcard":true}"#] {
            assert_eq!(
                AuthorizationBody::parse(body.as_bytes()),
                Some(AuthorizationBody::default()),
                "{body}"
            );
            assert_eq!(ChallengeBody::parse(body.as_bytes()), Some(ChallengeBody::default()), "{body}");
        }
        for body in ["", "[]", "null", "<html>"] {
            assert_eq!(AuthorizationBody::parse(body.as_bytes()), None, "{body}");
            assert_eq!(ChallengeBody::parse(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn challenges_are_bounded() {
        let body = json!({"challenges": vec![json!({}); CHALLENGES_MAX + 1]}).to_string();
        assert_eq!(AuthorizationBody::parse(body.as_bytes()).unwrap().challenges.len(), CHALLENGES_MAX);
    }

    #[test]
    fn a_wish_to_deactivate_is_seen_however_it_is_spelled() {
        // (payload, asks)
        let cases = [
            (r#"{"status":"deactivated"}"#, true),
            (r#"{"Status":"deactivated"}"#, true),
            (r#"{"status":"valid","status":"deactivated","x":null}"#, true),
            (r#"{"status":"valid"}"#, false),
            (r#"{"status":["deactivated"]}"#, false),
            ("{}", false),
            ("", false),
        ];
        for (payload, asks) in cases {
            assert_eq!(asks_to_deactivate(payload.as_bytes()), asks, "{payload}");
        }
    }
}
