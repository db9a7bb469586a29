//! Overall request limits: requests per client address and second, by resource.

use std::net::{IpAddr, Ipv6Addr};

use tollgate_engine::Quota;

/// A resource that has an overall request limit.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the resources of RFC 8555 and RFC 9773")]
pub enum RequestClass {
    NewNonce,
    NewAccount,
    NewOrder,
    RevokeCert,
    RenewalInfo,
    /// Any other ACME resource.
    Other,
    Directory,
}

impl RequestClass {
    /// In the order of the table.
    pub const ALL: [Self; 7] = [
        Self::NewNonce,
        Self::NewAccount,
        Self::NewOrder,
        Self::RevokeCert,
        Self::RenewalInfo,
        Self::Other,
        Self::Directory,
    ];

    /// As configuration writes it: `new-nonce`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NewNonce => "new-nonce",
            Self::NewAccount => "new-account",
            Self::NewOrder => "new-order",
            Self::RevokeCert => "revoke-cert",
            Self::RenewalInfo => "renewal-info",
            Self::Other => "other",
            Self::Directory => "directory",
        }
    }

    /// Its limit among others, as configuration names it from the top: `requests.new-nonce`.
    #[must_use]
    pub fn limit_name(self) -> &'static str {
        match self {
            Self::NewNonce => "requests.new-nonce",
            Self::NewAccount => "requests.new-account",
            Self::NewOrder => "requests.new-order",
            Self::RevokeCert => "requests.revoke-cert",
            Self::RenewalInfo => "requests.renewal-info",
            Self::Other => "requests.other",
            Self::Directory => "requests.directory",
        }
    }
}

/// One overall request limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverallLimit {
    /// Rate and burst.
    pub quota: Quota,
    /// `false`: counted and logged, never refused.
    pub enforce: bool,
    /// 503, or 429 where configured; always 503 for renewalInfo.
    pub status: u16,
}

/// The overall request limits of a policy.
#[derive(Clone, Debug)]
pub(crate) struct OverallLimits {
    pub(crate) limits: [Option<OverallLimit>; RequestClass::ALL.len()],
    pub(crate) ipv6_prefix: u8,
}

impl OverallLimits {
    pub(crate) fn of(&self, class: RequestClass) -> Option<&OverallLimit> {
        self.limits[class as usize].as_ref()
    }

    /// What a client is counted by: its IPv4 address, or the network address of its IPv6 prefix.
    pub(crate) fn key(&self, client: IpAddr) -> IpAddr {
        match client.to_canonical() {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => IpAddr::V6(network(address, self.ipv6_prefix)),
        }
    }
}

/// The network address of the `prefix` bits `address` begins with; 128 and more keep it whole.
pub(crate) fn network(address: Ipv6Addr, prefix: u8) -> Ipv6Addr {
    let host_bits = 128 - u32::from(prefix.min(128));
    let mask = u128::MAX.checked_shl(host_bits).unwrap_or(0);
    Ipv6Addr::from_bits(address.to_bits() & mask)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_keeps_its_prefix_and_nothing_else() {
        let address = "2001:db8:1:2:3:4:5:6".parse().unwrap();
        for (prefix, expected) in [
            (0, "::"),
            (32, "2001:db8::"),
            (48, "2001:db8:1::"),
            (64, "2001:db8:1:2::"),
            (128, "2001:db8:1:2:3:4:5:6"),
        ] {
            assert_eq!(network(address, prefix), expected.parse::<Ipv6Addr>().unwrap(), "/{prefix}");
        }
    }

    #[test]
    fn the_names_are_those_of_views_and_configuration() {
        for (index, class) in RequestClass::ALL.into_iter().enumerate() {
            assert_eq!(class as usize, index);
            assert_eq!(serde_json::to_value(class).unwrap(), class.as_str());
            assert_eq!(class.limit_name(), format!("requests.{}", class.as_str()));
        }
    }
}
