//! Accounts (RFC 8555, 7.1.2 and 7.3), leniently read.

use crate::{
    json::{self, Written},
    jwk::Jwk,
};

/// An account object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountBody {
    /// `valid`, `deactivated` or `revoked`.
    pub status: Option<String>,
    /// The key, where a CA shows it.
    pub key: Option<Jwk>,
}

impl AccountBody {
    /// Reads an account object; what is missing or junk is `None`.
    #[must_use]
    pub fn parse(body: &[u8]) -> Self {
        let members = json::object(body).unwrap_or_default();
        Self {
            status: json::string(&members, "status").map(str::to_owned),
            key: members.get("key").and_then(|key| Jwk::from_json(key).ok()),
        }
    }
}

/// The payload of newAccount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NewAccount {
    /// Only look the account up, never create it. True only when no CA can read it otherwise.
    pub only_return_existing: bool,
}

impl NewAccount {
    /// Reads the payload; what is missing or junk is the default.
    #[must_use]
    pub fn parse(payload: &[u8]) -> Self {
        let written = Written::parse(payload);
        let only_return_existing =
            written.as_ref().and_then(|written| written.undisputed("onlyReturnExisting"));
        Self { only_return_existing: matches!(only_return_existing, Some(Written::Bool(true))) }
    }
}

/// The payload inside a keyChange request's inner JWS (RFC 8555, 7.3.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyChange {
    /// The account's URL.
    pub account: String,
    /// The key to be replaced.
    pub old_key: Jwk,
}

impl KeyChange {
    /// Reads the payload; `None` when a member is missing or junk.
    #[must_use]
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let members = json::object(payload)?;
        Some(Self {
            account: json::string(&members, "account")?.to_owned(),
            old_key: Jwk::from_json(members.get("oldKey")?).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_return_existing_is_believed_when_every_ca_reads_it_so() {
        // (payload, believed)
        let cases = [
            (r#"{"onlyReturnExisting":true}"#, true),
            (r#"{"onlyReturnExisting":true,"contact":[null],"x":{}}"#, true),
            (r#"{"onlyReturnExisting":false}"#, false),
            (r#"{"onlyReturnExisting":"true"}"#, false),
            (r#"{"onlyReturnExisting":1}"#, false),
            (r#"{"onlyReturnExisting":true,"onlyReturnExisting":true}"#, false),
            (r#"{"onlyReturnExisting":true,"OnlyReturnExisting":false}"#, false),
            (r#"{"onlyreturnexisting":true}"#, false),
            (r#"[true]"#, false),
            ("", false),
            ("{", false),
        ];
        for (payload, believed) in cases {
            assert_eq!(NewAccount::parse(payload.as_bytes()).only_return_existing, believed, "{payload}");
        }
    }

    #[test]
    fn junk_in_an_account_is_tolerated() {
        for body in ["", "[]", "null", "<html>", r#"{"status":1,"key":{"kty":"oct"}}"#, r#"{"key":null}"#] {
            assert_eq!(AccountBody::parse(body.as_bytes()), AccountBody::default(), "{body}");
        }
        let account = AccountBody::parse(br#"{"status":"deactivated","contact":null,"key":"x"}"#);
        assert_eq!(account.status.as_deref(), Some("deactivated"));
    }

    #[test]
    fn a_key_change_needs_account_and_old_key() {
        for payload in
            ["", "{}", r#"{"account":"https://ca.example/acct/1"}"#, r#"{"account":1,"oldKey":{}}"#]
        {
            assert_eq!(KeyChange::parse(payload.as_bytes()), None, "{payload}");
        }
    }
}
