//! Accounts (RFC 8555, 7.1.2 and 7.3), leniently read.

use crate::jwk::Jwk;

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
        let _ = body;
        todo!()
    }
}

/// The payload of newAccount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NewAccount {
    /// Only look the account up, never create it.
    pub only_return_existing: bool,
}

impl NewAccount {
    /// Reads the payload; what is missing or junk is the default.
    #[must_use]
    pub fn parse(payload: &[u8]) -> Self {
        let _ = payload;
        todo!()
    }
}
