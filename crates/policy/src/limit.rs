//! The limits by name, what a reference page says of each, and what their buckets are counted by.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
};

use tollgate_acme::{
    domain::RegisteredDomain,
    identifier::{Identifier, SetId},
    resource::AccountId,
};
use tollgate_engine::Quota;

/// Every limit of the table.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "LimitName::reference documents each")]
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
        self.reference().name
    }

    /// The limit configuration calls `name`.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|limit| limit.as_str() == name)
    }

    /// The section of the limits page that explains it, the same as on Let's Encrypt's page:
    /// `new-certificates-per-registered-domain`.
    #[must_use]
    pub fn anchor(self) -> &'static str {
        self.reference().anchor
    }

    /// Whether it counts certificates: checked at newOrder and spent at issuance, or reserved.
    #[must_use]
    pub fn counts_certificates(self) -> bool {
        matches!(
            self,
            Self::CertificatesPerRegisteredDomain
                | Self::CertificatesPerRegisteredDomainPerAccount
                | Self::CertificatesPerExactSet
        )
    }

    /// What a reference page says of it.
    #[must_use]
    pub fn reference(self) -> &'static LimitReference {
        &REFERENCES[self.index()]
    }

    /// Its place in [`Self::ALL`].
    pub(crate) fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for LimitName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is to be said of a limit whatever its numbers. The documentation, `tollgate limits` and the
/// portal are written from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitReference {
    /// As configuration writes it.
    pub name: &'static str,
    /// Its section on the limits page.
    pub anchor: &'static str,
    /// A heading.
    pub title: &'static str,
    /// What is counted, in a sentence.
    pub counts: &'static str,
    /// What a bucket is counted by.
    pub key: &'static str,
    /// The ACME event that may be refused.
    pub checked_at: &'static str,
    /// The ACME event that is counted.
    pub spent_at: &'static str,
    /// What the presets' published policy lets an override be given to; `None`: no overrides. An
    /// operator may configure one all the same.
    pub overridable_per: Option<&'static str>,
}

const REFERENCES: [LimitReference; 9] = [
    LimitReference {
        name: "new-registrations-per-ip",
        anchor: "new-registrations-per-ip-address",
        title: "New registrations per IP address",
        counts: "New accounts from one client address. Finding an existing account costs nothing.",
        key: "client address",
        checked_at: "newAccount",
        spent_at: "newAccount",
        overridable_per: None,
    },
    LimitReference {
        name: "new-registrations-per-ipv6-range",
        anchor: "new-registrations-per-ipv6-range",
        title: "New registrations per IPv6 range",
        counts: "New accounts from one range of IPv6 addresses, beside the limit on each address.",
        key: "IPv6 range of the client (/48 unless configured)",
        checked_at: "newAccount",
        spent_at: "newAccount",
        overridable_per: None,
    },
    LimitReference {
        name: "new-orders-per-account",
        anchor: "new-orders-per-account",
        title: "New orders per account",
        counts: "Orders an account creates. Renewals are exempt.",
        key: "account",
        checked_at: "newOrder",
        spent_at: "newOrder",
        overridable_per: Some("account"),
    },
    LimitReference {
        name: "certificates-per-registered-domain",
        anchor: "new-certificates-per-registered-domain",
        title: "New certificates per registered domain",
        counts: "Certificates issued for names of one registered domain, whatever the account. A \
                 certificate counts once for each of its domains. Renewals are exempt.",
        key: "registered domain, IPv4 address or IPv6 /64",
        checked_at: "newOrder",
        spent_at: "issuance",
        overridable_per: Some("domain or address"),
    },
    LimitReference {
        name: "certificates-per-registered-domain-per-account",
        anchor: "new-certificates-per-registered-domain",
        title: "New certificates per registered domain and account",
        counts: "Certificates issued to one account for names of one registered domain. Exists only as \
                 an override for an account, which then meets it instead of the limit on the domain.",
        key: "account and registered domain",
        checked_at: "newOrder",
        spent_at: "issuance",
        overridable_per: Some("account"),
    },
    LimitReference {
        name: "certificates-per-exact-set",
        anchor: "new-certificates-per-exact-set-of-identifiers",
        title: "New certificates per exact set of identifiers",
        counts: "Certificates issued for exactly the same identifiers, whatever the account. Renewals by \
                 ARI are exempt, other renewals are not.",
        key: "set of identifiers",
        checked_at: "newOrder",
        spent_at: "issuance",
        overridable_per: None,
    },
    LimitReference {
        name: "authorization-failures-per-identifier",
        anchor: "authorization-failures-per-identifier-per-account",
        title: "Authorization failures per identifier and account",
        counts: "Validations of one identifier that failed for one account.",
        key: "account and identifier",
        checked_at: "newOrder",
        spent_at: "failed validation",
        overridable_per: None,
    },
    LimitReference {
        name: "consecutive-authorization-failures",
        anchor: "consecutive-authorization-failures-per-identifier-per-account",
        title: "Consecutive authorization failures per identifier and account",
        counts: "Validations of one identifier that failed for one account with no success between them. \
                 When it is used up, the identifier is paused for the account. One success resets it.",
        key: "account and identifier",
        checked_at: "failed validation",
        spent_at: "failed validation",
        overridable_per: None,
    },
    LimitReference {
        name: "override-requests-per-ip",
        anchor: "override-requests-per-ip-address",
        title: "Override requests per IP address",
        counts: "Requests for an override, made with the form of the portal.",
        key: "client address",
        checked_at: "override form",
        spent_at: "override form",
        overridable_per: None,
    },
];

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_has_its_own_row_of_the_reference() {
        for (index, limit) in LimitName::ALL.into_iter().enumerate() {
            assert_eq!(limit.index(), index);
            assert_eq!(LimitName::of(limit.as_str()), Some(limit));
            let serialised = serde_json::to_value(limit).unwrap();
            assert_eq!(serialised, limit.as_str(), "configuration and views write the same name");
        }
    }
}
