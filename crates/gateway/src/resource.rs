//! What a request is for, as the CA itself has named it.

use tollgate_acme::resource::{AccountId, ResourcePath};
use tollgate_policy::overall::RequestClass;

/// A resource of the CA. Endpoints are known from its directory, objects from its earlier answers;
/// nothing is read out of the shape of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resource {
    /// The directory itself.
    Directory,
    /// `newNonce`.
    NewNonce,
    /// `newAccount`.
    NewAccount,
    /// `newOrder`.
    NewOrder,
    /// `newAuthz`: authorizations before any order (RFC 8555, 7.4.1).
    NewAuthz,
    /// `revokeCert`.
    RevokeCert,
    /// `keyChange`.
    KeyChange,
    /// `renewalInfo` of one certificate (RFC 9773).
    RenewalInfo,
    /// An account.
    Account(AccountId),
    /// An order.
    Order(ResourcePath),
    /// Where this order is finalized.
    Finalize(ResourcePath),
    /// The certificate of this order.
    Certificate(ResourcePath),
    /// An authorization.
    Authorization(ResourcePath),
    /// A challenge of this authorization.
    Challenge(ResourcePath),
    /// Anything the CA has not named yet, or not to us.
    Unknown,
}

impl Resource {
    /// Which overall request limit counts a request for it.
    #[must_use]
    pub fn class(&self) -> RequestClass {
        match self {
            Self::Directory => RequestClass::Directory,
            Self::NewNonce => RequestClass::NewNonce,
            Self::NewAccount => RequestClass::NewAccount,
            Self::NewOrder => RequestClass::NewOrder,
            Self::RevokeCert => RequestClass::RevokeCert,
            Self::RenewalInfo => RequestClass::RenewalInfo,
            Self::NewAuthz
            | Self::KeyChange
            | Self::Account(_)
            | Self::Order(_)
            | Self::Finalize(_)
            | Self::Certificate(_)
            | Self::Authorization(_)
            | Self::Challenge(_)
            | Self::Unknown => RequestClass::Other,
        }
    }
}

impl From<tollgate_records::Resource> for Resource {
    fn from(known: tollgate_records::Resource) -> Self {
        use tollgate_records::Resource as Known;
        match known {
            Known::Account(account) => Self::Account(account),
            Known::Order(order) => Self::Order(order),
            Known::Finalize(order) => Self::Finalize(order),
            Known::Certificate(order) => Self::Certificate(order),
            Known::Authorization(authorization) => Self::Authorization(authorization),
            Known::Challenge(authorization) => Self::Challenge(authorization),
        }
    }
}
