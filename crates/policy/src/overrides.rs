//! Exceptions an operator makes: other numbers for one account, domain, address or set.

use std::{
    fmt,
    hash::{Hash, Hasher},
    net::{IpAddr, Ipv6Addr},
};

use hashbrown::{Equivalent, HashMap};
use rustc_hash::FxBuildHasher;
use tollgate_acme::{
    domain::{RegisteredDomain, SuffixList},
    identifier::{Identifier, IdentifierError, IdentifierSet, SetId},
    resource::AccountId,
};
use tollgate_engine::{Quota, Timestamp};

use crate::{Policy, limit::LimitName, overall::network};

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

/// Why a text is no subject of a limit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SubjectError {
    /// An account is wanted.
    #[error("this is no account URL")]
    Account,
    /// A client's address is wanted.
    #[error("this is no IP address")]
    Address,
    /// The network address of an IPv6 range is wanted.
    #[error("this is no IPv6 address")]
    Ipv6Range,
    /// A registered domain is wanted.
    #[error(transparent)]
    Domain(#[from] IdentifierError),
    /// A registered domain is wanted, and a wildcard is none.
    #[error("a wildcard is no registered domain")]
    Wildcard,
    /// A registered domain is wanted: an override for a name below it would never be looked at.
    #[error("{name} is no registered domain: it counts for {registered}")]
    NotRegistered {
        /// The name.
        name: String,
        /// What it counts for.
        registered: String,
    },
    /// A set is wanted.
    #[error("this is no set of identifiers: 64 hexadecimal digits")]
    Set,
}

impl Subject {
    /// From its text, for an override of `limit`. What [`Display`](fmt::Display) writes is read back as
    /// the same; an account may be its whole URL. Whether a name is a registered domain, and whether an
    /// address is that of its range, is for a policy to say.
    ///
    /// # Errors
    ///
    /// [`SubjectError`]: the limit's overrides are for something else.
    pub fn parse(limit: LimitName, text: &str) -> Result<Self, SubjectError> {
        match limit.override_subject() {
            SubjectKind::Account => AccountId::of(text).map(Self::Account).ok_or(SubjectError::Account),
            SubjectKind::Address => {
                let address: IpAddr = text.parse().map_err(|_| SubjectError::Address)?;
                Ok(Self::Address(address.to_canonical()))
            }
            SubjectKind::Ipv6Range => text.parse().map(Self::Ipv6Range).map_err(|_| SubjectError::Ipv6Range),
            SubjectKind::Domain => Domain::parse(text).map(Self::Domain),
            SubjectKind::Set => set_id(text).map(Self::Set).ok_or(SubjectError::Set),
        }
    }

    /// What kind of subject it is.
    #[must_use]
    pub fn kind(&self) -> SubjectKind {
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

/// The text that [`Subject::parse`] reads: equal for equal subjects of a limit.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(account) => account.fmt(f),
            Self::Address(address) => address.fmt(f),
            Self::Ipv6Range(range) => range.fmt(f),
            Self::Domain(Domain::Name(name)) => f.write_str(name),
            Self::Domain(Domain::Ipv4(address)) => address.fmt(f),
            Self::Domain(Domain::Ipv6Prefix(prefix)) => prefix.fmt(f),
            Self::Set(SetId(digest)) => digest.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
        }
    }
}

impl Policy {
    /// From its text, for an override of `limit` under this policy: what buckets are counted by, and
    /// nothing else. Any address of a range is the range, and a set may be its identifiers with commas
    /// between them.
    ///
    /// # Errors
    ///
    /// [`SubjectError`].
    pub fn subject(&self, limit: LimitName, text: &str) -> Result<Subject, SubjectError> {
        if limit.override_subject() == SubjectKind::Set && set_id(text).is_none() {
            let identifiers: Result<Vec<_>, _> =
                text.split(',').map(|one| Identifier::from_text(one.trim())).collect();
            let set = identifiers.ok().and_then(IdentifierSet::new).ok_or(SubjectError::Set)?;
            return Ok(Subject::Set(set.id()));
        }
        match Subject::parse(limit, text)? {
            Subject::Ipv6Range(address) => Ok(Subject::Ipv6Range(network(address, self.range_prefix()))),
            Subject::Domain(Domain::Name(name)) => {
                let identifier = Identifier::from_text(&name)?;
                match self.suffixes().registered_domain(&identifier) {
                    RegisteredDomain::Name(registered) if *name != *registered => {
                        let (name, registered) = (name.into(), registered.to_owned());
                        Err(SubjectError::NotRegistered { name, registered })
                    }
                    registered => Ok(Subject::Domain(registered.into())),
                }
            }
            subject => Ok(subject),
        }
    }
}

fn set_id(text: &str) -> Option<SetId> {
    let mut digest = [0; 32];
    // `from_str_radix` alone would take a sign.
    if text.len() != 2 * digest.len() || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    for (index, byte) in digest.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * index..][..2], 16).ok()?;
    }
    Some(SetId(digest))
}

impl Domain {
    fn parse(text: &str) -> Result<Self, SubjectError> {
        match Identifier::from_text(text)? {
            Identifier::Dns(name) if name.is_wildcard() => Err(SubjectError::Wildcard),
            Identifier::Dns(name) => Ok(Self::Name(name.as_str().into())),
            address @ Identifier::Ip(_) => Ok(SuffixList::default().registered_domain(&address).into()),
        }
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    const SET: &str = "00ff102030405060708090a0b0c0d0e0f0112233445566778899aabbccddeeff";

    #[test]
    fn a_subject_is_read_back_from_its_text() {
        use LimitName as L;
        // (limit, written, text)
        let cases = [
            (L::NewOrdersPerAccount, "/acme/acct/1", "/acme/acct/1"),
            (L::NewOrdersPerAccount, "https://ca.example/acme/acct/1", "/acme/acct/1"),
            (L::CertificatesPerRegisteredDomainPerAccount, "/acct?id=1", "/acct?id=1"),
            (L::CertificatesPerRegisteredDomain, "Example.COM", "example.com"),
            (L::CertificatesPerRegisteredDomain, "bücher.example", "xn--bcher-kva.example"),
            (L::CertificatesPerRegisteredDomain, "192.0.2.1", "192.0.2.1"),
            (L::CertificatesPerRegisteredDomain, "2001:db8:0:0:1::1", "2001:db8::"),
            (L::NewRegistrationsPerIp, "192.0.2.1", "192.0.2.1"),
            (L::NewRegistrationsPerIp, "::ffff:192.0.2.1", "192.0.2.1"),
            (L::NewRegistrationsPerIp, "2001:DB8::0:1", "2001:db8::1"),
            (L::NewRegistrationsPerIpv6Range, "2001:db8:1::", "2001:db8:1::"),
            (L::CertificatesPerExactSet, SET, SET),
            (L::CertificatesPerExactSet, &SET.to_uppercase(), SET),
        ];
        for (limit, written, text) in cases {
            let subject = Subject::parse(limit, written).expect(written);
            assert_eq!(subject.kind(), limit.override_subject(), "{written}");
            assert_eq!(subject.to_string(), text, "{written}");
            assert_eq!(Subject::parse(limit, text), Ok(subject), "{text}");
        }
    }

    #[test]
    fn what_is_no_subject_of_the_limit_is_refused() {
        use LimitName as L;
        let signed = SET.replacen("00", "+0", 1);
        let wide = SET.replacen("00ff", "é0f", 1);
        for (limit, text) in [
            (L::NewOrdersPerAccount, "acct/1"),
            (L::CertificatesPerRegisteredDomain, "*.example.com"),
            (L::CertificatesPerRegisteredDomain, "exa mple.com"),
            (L::CertificatesPerRegisteredDomain, ""),
            (L::NewRegistrationsPerIp, "192.0.2.0/24"),
            (L::NewRegistrationsPerIpv6Range, "192.0.2.1"),
            (L::NewRegistrationsPerIpv6Range, "2001:db8::/48"),
            (L::CertificatesPerExactSet, &SET[1..]),
            (L::CertificatesPerExactSet, &signed),
            (L::CertificatesPerExactSet, &wide),
        ] {
            assert!(Subject::parse(limit, text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_policy_takes_only_what_it_counts_by() {
        use LimitName as L;
        let policy = Policy::preset(crate::preset::Preset::Letsencrypt);
        // (limit, written, text or problem)
        let cases = [
            (L::CertificatesPerRegisteredDomain, "Example.com", "example.com"),
            (L::CertificatesPerRegisteredDomain, "b.github.io", "b.github.io"),
            (L::CertificatesPerRegisteredDomain, "co.uk", "co.uk"),
            (L::CertificatesPerRegisteredDomain, "2001:db8::1", "2001:db8::"),
            (
                L::CertificatesPerRegisteredDomain,
                "www.example.com",
                "www.example.com is no registered domain: it counts for example.com",
            ),
            (L::NewRegistrationsPerIpv6Range, "2001:db8:1:2::3", "2001:db8:1::"),
            (L::NewOrdersPerAccount, "https://ca.example/acct/1", "/acct/1"),
            (L::CertificatesPerExactSet, SET, SET),
            (L::CertificatesPerExactSet, "a,,b", "this is no set of identifiers: 64 hexadecimal digits"),
        ];
        for (limit, written, told) in cases {
            let subject = policy.subject(limit, written);
            assert_eq!(subject.map_or_else(|it| it.to_string(), |it| it.to_string()), told, "{written}");
        }
        let sets = ["b.example, A.example", "a.example,b.example,a.example"]
            .map(|written| policy.subject(L::CertificatesPerExactSet, written).unwrap());
        assert_eq!(sets[0], sets[1]);
    }
}
