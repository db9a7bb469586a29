//! Exceptions an operator makes: other numbers for one account, domain, address or set.

use std::{
    hash::{Hash, Hasher},
    net::{IpAddr, Ipv6Addr},
};

use hashbrown::{Equivalent, HashMap};
use rustc_hash::FxBuildHasher;
use tollgate_acme::{domain::RegisteredDomain, identifier::SetId, resource::AccountId};
use tollgate_engine::{Quota, Timestamp};

use crate::limit::LimitName;

/// Other numbers for one subject of one limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// What applies instead of the limit's own numbers.
    pub quota: Quota,
    /// Who allowed it.
    pub author: String,
    /// Why.
    pub reason: String,
    /// From when on the limit's own numbers apply again.
    pub expires: Option<Timestamp>,
}

/// Whom an override is for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants say it")]
pub enum Subject {
    Account(AccountId),
    Address(IpAddr),
    /// The network address of a range of clients.
    Ipv6Range(Ipv6Addr),
    Domain(Domain),
    Set(SetId),
}

/// A [`RegisteredDomain`] that owns its name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "as RegisteredDomain")]
pub enum Domain {
    Name(Box<str>),
    Ipv4(std::net::Ipv4Addr),
    Ipv6Prefix(Ipv6Addr),
}

/// What kind of subject an override of a limit is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants of Subject")]
pub enum SubjectKind {
    Account,
    Address,
    Ipv6Range,
    Domain,
    Set,
}

/// The overrides in force, found by limit and subject.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    entries: HashMap<Key, Override, FxBuildHasher>,
    /// A bit for each limit that has any, so that a limit without overrides costs no lookup.
    limits: u16,
}

impl Overrides {
    /// Adds an override, or replaces the one the subject had; `false` when the limit has no overrides
    /// for subjects of this kind ([`LimitName::override_subject`]): nothing is changed then.
    #[must_use]
    pub fn insert(&mut self, limit: LimitName, subject: Subject, override_: Override) -> bool {
        if limit.override_subject() != subject.kind() {
            return false;
        }
        self.limits |= bit(limit);
        self.entries.insert(Key { limit, subject }, override_);
        true
    }

    /// How many there are, expired ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All of them, expired ones included, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (LimitName, &Subject, &Override)> {
        self.entries.iter().map(|(key, override_)| (key.limit, &key.subject, override_))
    }

    /// Whether `limit` has any, for whomever.
    pub(crate) fn any_for(&self, limit: LimitName) -> bool {
        self.limits & bit(limit) != 0
    }

    pub(crate) fn contains(&self, limit: LimitName, subject: SubjectRef<'_>) -> bool {
        self.entries.contains_key(&KeyRef { limit, subject })
    }

    /// The numbers that apply to a subject instead of the limit's own.
    pub(crate) fn quota(&self, limit: LimitName, subject: SubjectRef<'_>, now: Timestamp) -> Option<Quota> {
        if !self.any_for(limit) {
            return None;
        }
        let found = self.entries.get(&KeyRef { limit, subject })?;
        found.expires.is_none_or(|expires| now < expires).then_some(found.quota)
    }
}

fn bit(limit: LimitName) -> u16 {
    1 << limit.index()
}

impl LimitName {
    /// Whom an override of this limit is for. A limit counted by account and something else has
    /// overrides for accounts: they hold for each of the account's buckets.
    #[must_use]
    pub fn override_subject(self) -> SubjectKind {
        match self {
            Self::NewRegistrationsPerIp | Self::OverrideRequestsPerIp => SubjectKind::Address,
            Self::NewRegistrationsPerIpv6Range => SubjectKind::Ipv6Range,
            Self::NewOrdersPerAccount
            | Self::CertificatesPerRegisteredDomainPerAccount
            | Self::AuthorizationFailuresPerIdentifier
            | Self::ConsecutiveAuthorizationFailures => SubjectKind::Account,
            Self::CertificatesPerRegisteredDomain => SubjectKind::Domain,
            Self::CertificatesPerExactSet => SubjectKind::Set,
        }
    }
}

impl Subject {
    fn kind(&self) -> SubjectKind {
        match self {
            Self::Account(_) => SubjectKind::Account,
            Self::Address(_) => SubjectKind::Address,
            Self::Ipv6Range(_) => SubjectKind::Ipv6Range,
            Self::Domain(_) => SubjectKind::Domain,
            Self::Set(_) => SubjectKind::Set,
        }
    }

    pub(crate) fn as_ref(&self) -> SubjectRef<'_> {
        match self {
            Self::Account(account) => SubjectRef::Account(account),
            Self::Address(address) => SubjectRef::Address(*address),
            Self::Ipv6Range(range) => SubjectRef::Ipv6Range(*range),
            Self::Domain(domain) => SubjectRef::Domain(domain.as_ref()),
            Self::Set(set) => SubjectRef::Set(*set),
        }
    }
}

impl Domain {
    /// The same, borrowed.
    #[must_use]
    pub fn as_ref(&self) -> RegisteredDomain<'_> {
        match self {
            Self::Name(name) => RegisteredDomain::Name(name),
            Self::Ipv4(address) => RegisteredDomain::Ipv4(*address),
            Self::Ipv6Prefix(prefix) => RegisteredDomain::Ipv6Prefix(*prefix),
        }
    }
}

impl From<RegisteredDomain<'_>> for Domain {
    fn from(domain: RegisteredDomain<'_>) -> Self {
        match domain {
            RegisteredDomain::Name(name) => Self::Name(name.into()),
            RegisteredDomain::Ipv4(address) => Self::Ipv4(address),
            RegisteredDomain::Ipv6Prefix(prefix) => Self::Ipv6Prefix(prefix),
        }
    }
}

/// [`Subject`] borrowed, so that a lookup allocates nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum SubjectRef<'a> {
    Account(&'a AccountId),
    Address(IpAddr),
    Ipv6Range(Ipv6Addr),
    Domain(RegisteredDomain<'a>),
    Set(SetId),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    limit: LimitName,
    subject: Subject,
}

/// As [`KeyRef`] hashes, which it is looked up by.
impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        KeyRef { limit: self.limit, subject: self.subject.as_ref() }.hash(state);
    }
}

#[derive(Hash)]
struct KeyRef<'a> {
    limit: LimitName,
    subject: SubjectRef<'a>,
}

impl Equivalent<Key> for KeyRef<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.limit == key.limit && self.subject == key.subject.as_ref()
    }
}
