//! The kinds of resources, by the names the directory gives them, so that a fault can be aimed.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A kind of resource that faults are scripted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "RFC 8555 section 7.1 and RFC 9773 name them")]
pub enum Endpoint {
    Directory,
    NewNonce,
    NewAccount,
    NewOrder,
    NewAuthz,
    RevokeCert,
    KeyChange,
    RenewalInfo,
    Account,
    Orders,
    Order,
    Finalize,
    Authorization,
    Challenge,
    Certificate,
    /// Every resource, the CA's pages included.
    Any,
}

/// The text names no endpoint.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("\"{0}\" is no endpoint: one of {endpoints} is expected", endpoints = Endpoint::names())]
pub struct UnknownEndpoint(String);

impl Endpoint {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::Directory,
        Self::NewNonce,
        Self::NewAccount,
        Self::NewOrder,
        Self::NewAuthz,
        Self::RevokeCert,
        Self::KeyChange,
        Self::RenewalInfo,
        Self::Account,
        Self::Orders,
        Self::Order,
        Self::Finalize,
        Self::Authorization,
        Self::Challenge,
        Self::Certificate,
        Self::Any,
    ];

    /// As the directory and the command line write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Directory => "directory",
            Self::NewNonce => "newNonce",
            Self::NewAccount => "newAccount",
            Self::NewOrder => "newOrder",
            Self::NewAuthz => "newAuthz",
            Self::RevokeCert => "revokeCert",
            Self::KeyChange => "keyChange",
            Self::RenewalInfo => "renewalInfo",
            Self::Account => "account",
            Self::Orders => "orders",
            Self::Order => "order",
            Self::Finalize => "finalize",
            Self::Authorization => "authorization",
            Self::Challenge => "challenge",
            Self::Certificate => "certificate",
            Self::Any => "any",
        }
    }

    fn names() -> String {
        Self::ALL.map(Self::as_str).join(", ")
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Endpoint {
    type Err = UnknownEndpoint;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = Self::ALL.into_iter().find(|endpoint| endpoint.as_str().eq_ignore_ascii_case(text));
        named.ok_or_else(|| UnknownEndpoint(text.chars().take(40).collect()))
    }
}
