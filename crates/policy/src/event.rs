//! What each ACME event charges.

use std::net::IpAddr;

use tollgate_acme::{
    domain::RegisteredDomain,
    identifier::{Identifier, IdentifierSet},
    resource::AccountId,
};
use tollgate_engine::{Action, Cost, Quota};

use crate::limit::{Limit, LimitKey};

/// One bucket's part of what an event charges.
#[derive(Clone, Copy, Debug)]
pub struct Charge<'a> {
    /// The limit.
    pub limit: &'a Limit,
    /// Which of its buckets.
    pub key: LimitKey<'a>,
    /// The quota in force for this key: the limit's own, or an override's.
    pub quota: Quota,
    /// How much.
    pub cost: Cost,
    /// Spend, check or record.
    pub action: Action,
}

/// Whose buckets somebody asks about, without an event that would charge them.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// A client's address: new accounts, override requests.
    Address(IpAddr),
    /// Certificates of a registered domain.
    Domain(RegisteredDomain<'a>),
    /// Certificates of an exact set, and of each of its registered domains.
    Set(&'a IdentifierSet),
    /// Orders of an account, and its failed validations of these identifiers.
    Account(&'a AccountId, &'a [Identifier]),
}

/// When an order spends from the limits on certificates (RULES 4).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Accounting {
    /// When its certificate is issued, as Let's Encrypt does it: orders that are pending together pass the
    /// check together and may overshoot.
    #[default]
    Issuance,
    /// When it is made; an order that ends without a certificate gives back what has not come back by
    /// itself meanwhile. A limit then holds strictly.
    Order,
}

/// Why an order is spared some limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exemption {
    /// Not at all.
    None,
    /// It renews a certificate for exactly the same set (RULES 5.4).
    RenewalBySet,
    /// It replaces a certificate inside its suggested window (RFC 9773): exempt from all limits.
    Ari,
}

impl Exemption {
    /// Whether the order spends from `new-orders-per-account`.
    pub(crate) fn spends_order(self) -> bool {
        self == Self::None
    }

    /// Whether the order meets, and its certificate is counted by,
    /// `certificates-per-registered-domain`.
    pub(crate) fn meets_domains(self) -> bool {
        self == Self::None
    }

    /// Whether anything at all can refuse the order.
    pub(crate) fn meets_any(self) -> bool {
        self != Self::Ari
    }
}
