//! The limits by name, and what their buckets are counted by.

use std::net::{IpAddr, Ipv6Addr};

use tollgate_acme::{
    domain::RegisteredDomain,
    identifier::{Identifier, SetId},
    resource::AccountId,
};
use tollgate_engine::Quota;

/// Every limit of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the table of the limits reference documents them")]
pub enum LimitName {
    NewRegistrationsPerIp,
    NewRegistrationsPerIpv6Range,
    NewOrdersPerAccount,
    CertificatesPerRegisteredDomain,
    CertificatesPerRegisteredDomainPerAccount,
    CertificatesPerExactSet,
    AuthorizationFailuresPerIdentifier,
    ConsecutiveAuthorizationFailures,
    OverrideRequestsPerIp,
}

impl LimitName {
    /// In the order of the table.
    pub const ALL: [Self; 9] = [
        Self::NewRegistrationsPerIp,
        Self::NewRegistrationsPerIpv6Range,
        Self::NewOrdersPerAccount,
        Self::CertificatesPerRegisteredDomain,
        Self::CertificatesPerRegisteredDomainPerAccount,
        Self::CertificatesPerExactSet,
        Self::AuthorizationFailuresPerIdentifier,
        Self::ConsecutiveAuthorizationFailures,
        Self::OverrideRequestsPerIp,
    ];
    /// As configuration writes it: `new-orders-per-account`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        todo!()
    }
    /// The section of the limits page that explains it: `new-orders-per-account`,
    /// `new-certificates-per-registered-domain`.
    #[must_use]
    pub fn anchor(self) -> &'static str {
        todo!()
    }
}

/// What one bucket is counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the variants say it")]
pub enum LimitKey<'a> {
    Address(IpAddr),
    /// The network address of a client's range; its length is the limit's `prefix`.
    Ipv6Range(Ipv6Addr),
    Account(&'a AccountId),
    Domain(RegisteredDomain<'a>),
    AccountDomain(&'a AccountId, RegisteredDomain<'a>),
    Set(SetId),
    AccountIdentifier(&'a AccountId, &'a Identifier),
}

/// What happens when the bucket store cannot answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FailureMode {
    /// Let the request through, unspent.
    Allow,
    /// Refuse it.
    Deny,
}

/// A limit in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Its name.
    pub name: LimitName,
    /// Its numbers where no override says otherwise.
    pub quota: Quota,
    /// `false`: decided, counted and logged, never refused.
    pub enforce: bool,
    /// What happens when the bucket store cannot answer.
    pub on_store_failure: FailureMode,
    /// The length of the network prefix counted by, for limits that count ranges.
    pub prefix: Option<u8>,
}
