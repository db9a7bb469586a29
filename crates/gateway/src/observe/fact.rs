//! What is learned from an exchange.

use tollgate_acme::{
    authorization::AuthorizationStatus,
    certificate::{CertificateId, Leaf},
    identifier::Identifier,
    jwk::Jwk,
    order::OrderStatus,
    problem::ProblemType,
    resource::{AccountId, ResourcePath},
};

/// Something the CA said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// An account exists; with its key, where the exchange proves or the CA shows it.
    AccountSeen {
        /// Which.
        account: AccountId,
        /// Its key.
        key: Option<Jwk>,
    },
    /// An account was deactivated (RFC 8555, 7.3.6).
    AccountDeactivated {
        /// Which.
        account: AccountId,
    },
    /// An account has another key (RFC 8555, 7.3.5).
    KeyChanged {
        /// Which.
        account: AccountId,
        /// The new key; `None` when the CA has accepted a change that could not be followed.
        key: Option<Jwk>,
    },
    /// The CA accepted a new order.
    OrderCreated(OrderSeen),
    /// An order as the CA shows it.
    OrderSeen {
        /// What for.
        sight: Sight,
        /// What was seen.
        seen: OrderSeen,
    },
    /// An authorization as the CA shows it.
    AuthorizationSeen(AuthorizationSeen),
    /// The client asked the CA to validate a challenge.
    ChallengeAttempted {
        /// The challenge's authorization.
        authorization: ResourcePath,
    },
    /// A validation failed, or the client gave up a pending authorization.
    ValidationFailed {
        /// Which.
        authorization: ResourcePath,
        /// Counted only for this account, where the CA's answer does not prove whose it is.
        only_for: Option<AccountId>,
    },
    /// A validation succeeded.
    ValidationSucceeded {
        /// Which.
        authorization: ResourcePath,
    },
    /// A certificate was downloaded: its order is fulfilled.
    CertificateSeen {
        /// The order, where it is known.
        order: Option<ResourcePath>,
        /// Whose download it was.
        account: Option<AccountId>,
        /// The certificate, where it can be read.
        leaf: Option<Leaf>,
    },
    /// A certificate was revoked.
    Revoked {
        /// Which.
        certificate: CertificateId,
    },
}

/// On what occasion an order was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// The client looked.
    Polled,
    /// The client finalized it.
    Finalized,
}

/// An order as one answer shows it. Whatever the CA left out is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderSeen {
    /// The order.
    pub order: Option<ResourcePath>,
    /// Who asked, if the CA's answer proves it.
    pub account: Option<AccountId>,
    /// Its state.
    pub status: Option<OrderStatus>,
    /// Its identifiers.
    pub identifiers: Vec<Identifier>,
    /// Its authorizations.
    pub authorizations: Vec<ResourcePath>,
    /// Where it is finalized.
    pub finalize: Option<ResourcePath>,
    /// Where its certificate is.
    pub certificate: Option<ResourcePath>,
    /// When it ends by itself.
    pub expires: Option<jiff::Timestamp>,
    /// The certificate it replaces, as the CA sees it.
    pub replaces: Option<CertificateId>,
    /// Why it is `invalid`.
    pub failure: OrderFailure,
}

impl OrderSeen {
    /// Whether its certificate may have to be counted, or to be counted no more.
    pub(crate) fn is_past_ready(&self) -> bool {
        matches!(self.status, Some(OrderStatus::Processing | OrderStatus::Valid | OrderStatus::Invalid))
    }
}

/// What the CA says about why an order is `invalid`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderFailure {
    /// The type, if it is one of ACME's.
    pub kind: Option<ProblemType>,
    /// For people; often names the identifier.
    pub detail: String,
    /// The identifiers its subproblems name.
    pub identifiers: Vec<Identifier>,
}

/// An authorization as one answer shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationSeen {
    /// The authorization.
    pub authorization: ResourcePath,
    /// Who asked, if the CA's answer proves it.
    pub account: Option<AccountId>,
    /// What it is for.
    pub identifier: Option<Identifier>,
    /// Its state.
    pub status: Option<AuthorizationStatus>,
    /// Its challenges.
    pub challenges: Vec<ResourcePath>,
}
