//! From a limit's key to the name of its bucket.

use tollgate_acme::{domain::RegisteredDomain, identifier::Identifier};
use tollgate_policy::limit::{LimitKey, LimitName};
use tollgate_store::{BucketId, HashKey};

/// The bucket of `limit` that counts `key`. Allocates nothing.
pub(crate) fn bucket_id(hash_key: &HashKey, limit: LimitName, key: &LimitKey<'_>) -> BucketId {
    let limit = limit as u8;
    match key {
        LimitKey::Address(std::net::IpAddr::V4(address)) => hash_key.bucket(limit, &[&address.octets()]),
        LimitKey::Address(std::net::IpAddr::V6(address)) => hash_key.bucket(limit, &[&address.octets()]),
        LimitKey::Ipv6Range(network) => hash_key.bucket(limit, &[&network.octets()]),
        LimitKey::Account(account) => hash_key.bucket(limit, &[account.as_str().as_bytes()]),
        LimitKey::Domain(domain) => {
            with_domain_bytes(domain, |kind, bytes| hash_key.bucket(limit, &[&[kind], bytes]))
        }
        LimitKey::AccountDomain(account, domain) => with_domain_bytes(domain, |kind, bytes| {
            hash_key.bucket(limit, &[account.as_str().as_bytes(), &[kind], bytes])
        }),
        LimitKey::Set(set) => hash_key.bucket(limit, &[&set.0]),
        LimitKey::AccountIdentifier(account, identifier) => {
            with_identifier_bytes(identifier, |kind, bytes| {
                hash_key.bucket(limit, &[account.as_str().as_bytes(), &[kind], bytes])
            })
        }
    }
}

/// A name and an address of the same bytes are two keys: a kind goes before them.
fn with_domain_bytes<T>(domain: &RegisteredDomain<'_>, then: impl FnOnce(u8, &[u8]) -> T) -> T {
    match domain {
        RegisteredDomain::Name(name) => then(0, name.as_bytes()),
        RegisteredDomain::Ipv4(address) => then(4, &address.octets()),
        RegisteredDomain::Ipv6Prefix(network) => then(6, &network.octets()),
    }
}

fn with_identifier_bytes<T>(identifier: &Identifier, then: impl FnOnce(u8, &[u8]) -> T) -> T {
    match identifier {
        Identifier::Dns(name) => then(0, name.as_str().as_bytes()),
        Identifier::Ip(std::net::IpAddr::V4(address)) => then(4, &address.octets()),
        Identifier::Ip(std::net::IpAddr::V6(address)) => then(6, &address.octets()),
    }
}
