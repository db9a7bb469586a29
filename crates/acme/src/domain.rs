//! Registered domains by the Public Suffix List, private section included.

use std::{
    collections::HashSet,
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use crate::{
    excerpt::Excerpt,
    identifier::{DnsName, Identifier, IdentifierError},
};

/// What `certificates-per-registered-domain` counts by. Borrows from its identifier, so that finding
/// it allocates nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RegisteredDomain<'a> {
    /// `example.com`
    Name(&'a str),
    /// An IPv4 address is its own "domain".
    Ipv4(Ipv4Addr),
    /// The /64 of an IPv6 address; the lower 64 bits are zero.
    Ipv6Prefix(Ipv6Addr),
}

/// `example.com`, `192.0.2.1` or `2001:db8::/64`.
impl fmt::Display for RegisteredDomain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Ipv4(address) => address.fmt(f),
            Self::Ipv6Prefix(address) => write!(f, "{address}/64"),
        }
    }
}

/// The Public Suffix List compiled in, and an operator's own suffixes beside it.
#[derive(Clone, Debug, Default)]
pub struct SuffixList {
    extra: HashSet<Box<str>>,
}

impl SuffixList {
    /// With extra suffixes (`internal`, `corp.example`), each a DNS name without a wildcard. Of two
    /// suffixes of a name, one here and one in the list, the longer counts.
    ///
    /// # Errors
    ///
    /// The first suffix that is no DNS name.
    pub fn with_extra<I: IntoIterator<Item = S>, S: AsRef<str>>(extra: I) -> Result<Self, IdentifierError> {
        let extra = extra.into_iter().map(|suffix| plain_name(suffix.as_ref())).collect::<Result<_, _>>()?;
        Ok(Self { extra })
    }

    /// The registered domain an identifier counts for. A name that is itself a public suffix is its own
    /// registered domain.
    #[must_use]
    pub fn registered_domain<'a>(&self, identifier: &'a Identifier) -> RegisteredDomain<'a> {
        match identifier {
            Identifier::Dns(name) => RegisteredDomain::Name(self.registered_name(name.base())),
            Identifier::Ip(IpAddr::V4(address)) => RegisteredDomain::Ipv4(*address),
            Identifier::Ip(IpAddr::V6(address)) => {
                RegisteredDomain::Ipv6Prefix((address.to_bits() & IPV6_PREFIX_MASK).into())
            }
        }
    }

    fn registered_name<'a>(&self, name: &'a str) -> &'a str {
        let listed = psl::suffix_str(name).unwrap_or_default();
        let suffix = self.extra_suffix(name).filter(|extra| extra.len() > listed.len()).unwrap_or(listed);
        one_label_more(name, suffix)
    }

    /// The longest of the operator's suffixes that `name` has.
    fn extra_suffix<'a>(&self, name: &'a str) -> Option<&'a str> {
        if self.extra.is_empty() {
            return None;
        }
        std::iter::successors(Some(name), |name| name.split_once('.').map(|(_, parent)| parent))
            .find(|suffix| self.extra.contains(*suffix))
    }
}

/// The network part of an IPv6 address, which is what a host commonly owns.
const IPV6_PREFIX_MASK: u128 = u128::MAX << 64;

fn plain_name(suffix: &str) -> Result<Box<str>, IdentifierError> {
    let name = DnsName::parse(suffix)?;
    if name.is_wildcard() {
        return Err(IdentifierError::WildcardNotAllowed { name: Excerpt::of(suffix) });
    }
    Ok(name.as_str().into())
}

/// `suffix` and the label before it; the whole name when nothing is before it.
fn one_label_more<'a>(name: &'a str, suffix: &str) -> &'a str {
    let Some(before) = name.strip_suffix(suffix).and_then(|before| before.strip_suffix('.')) else {
        return name;
    };
    &name[before.rfind('.').map_or(0, |dot| dot + 1)..]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn domain(list: &SuffixList, text: &str) -> String {
        list.registered_domain(&Identifier::from_text(text).unwrap()).to_string()
    }

    #[test]
    fn names_count_for_one_label_above_their_public_suffix() {
        // (identifier, registered domain)
        let cases = [
            ("example.com", "example.com"),
            ("www.example.com", "example.com"),
            ("a.b.c.example.com", "example.com"),
            ("new.blog.example.co.uk", "example.co.uk"),
            ("*.example.com", "example.com"),
            ("*.www.example.com", "example.com"),
            // Public suffixes themselves.
            ("com", "com"),
            ("co.uk", "co.uk"),
            ("*.co.uk", "co.uk"),
            // The private section.
            ("github.io", "github.io"),
            ("me.github.io", "me.github.io"),
            ("www.me.github.io", "me.github.io"),
            ("s3.amazonaws.com", "s3.amazonaws.com"),
            // Wildcard rules and their exceptions.
            ("a.b.ck", "a.b.ck"),
            ("c.a.b.ck", "a.b.ck"),
            ("b.ck", "b.ck"),
            ("www.ck", "www.ck"),
            ("a.www.ck", "www.ck"),
            // Internationalized suffixes.
            ("www.食狮.公司.cn", "xn--85x722f.xn--55qx5d.cn"),
            ("www.食狮.中国", "xn--85x722f.xn--fiqs8s"),
            // Not in the list.
            ("localhost", "localhost"),
            ("ca.internal", "ca.internal"),
            ("www.ca.internal", "ca.internal"),
            ("baseline.h5domain.test", "h5domain.test"),
        ];
        for (identifier, registered) in cases {
            assert_eq!(domain(&SuffixList::default(), identifier), registered, "{identifier}");
        }
    }

    #[test]
    fn addresses_count_for_themselves_or_their_prefix() {
        // (identifier, registered domain)
        let cases = [
            ("192.0.2.1", "192.0.2.1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2::", "2001:db8:1:2::/64"),
            ("2001:db8:1:3::", "2001:db8:1:3::/64"),
        ];
        for (identifier, registered) in cases {
            assert_eq!(domain(&SuffixList::default(), identifier), registered, "{identifier}");
        }
    }

    #[test]
    fn an_operators_suffix_counts_when_it_is_longer_than_the_listed_one() {
        let list = SuffixList::with_extra(["Internal.", "corp.example", "teams.corp.example", "uk"]).unwrap();
        // (identifier, registered domain)
        let cases = [
            ("a.b.internal", "b.internal"),
            ("www.shop.corp.example", "shop.corp.example"),
            ("corp.example", "corp.example"),
            ("a.corp.example", "a.corp.example"),
            ("a.b.teams.corp.example", "b.teams.corp.example"),
            ("teams.corp.example", "teams.corp.example"),
            ("a.b.notcorp.example", "notcorp.example"),
            ("www.example.co.uk", "example.co.uk"),
            ("*.corp.example", "corp.example"),
        ];
        for (identifier, registered) in cases {
            assert_eq!(domain(&list, identifier), registered, "{identifier}");
        }
    }

    #[test]
    fn an_operators_suffix_is_a_plain_name() {
        for suffix in ["*.corp.example", "corp..example", "192.0.2.1", ""] {
            assert!(SuffixList::with_extra(["internal", suffix]).is_err(), "{suffix}");
        }
    }

    proptest! {
        #[test]
        fn the_registered_domain_is_the_name_or_a_parent_and_its_own_registered_domain(
            name in "([*][.])?([a-z]{1,3}[.]){0,4}(com|co[.]uk|github[.]io|corp[.]example|b[.]ck|zz)",
        ) {
            let list = SuffixList::with_extra(["corp.example"]).unwrap();
            let identifier = Identifier::dns(&name).unwrap();
            let registered = list.registered_domain(&identifier).to_string();
            let below = format!(".{name}");
            let suffix = format!(".{registered}");
            prop_assert!(below.ends_with(&suffix));
            prop_assert_eq!(domain(&list, &registered), registered.clone());
            prop_assert_eq!(domain(&list, &format!("*.{registered}")), registered);
        }
    }
}
