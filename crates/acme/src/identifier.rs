//! What a certificate is for: a DNS name or an IP address (RFC 8555, 9.7.7; RFC 8738).

mod set;

use std::{
    borrow::Cow,
    fmt,
    net::{IpAddr, Ipv4Addr},
};

use idna::{
    AsciiDenyList, punycode,
    uts46::{DnsLength, Hyphens, Uts46},
};

pub use self::set::{IdentifierSet, SetId};
use crate::excerpt::Excerpt;

/// The longest DNS name, in A-labels and without a trailing dot (RFC 1035, 2.3.4).
pub const NAME_BYTES_MAX: usize = 253;

/// The longest label of a DNS name (RFC 1035, 2.3.4).
pub const LABEL_BYTES_MAX: usize = 63;

/// The longest name in Unicode that is looked at: as many characters as a name of A-labels has, in
/// the four bytes that the longest of them take.
const UNICODE_BYTES_MAX: usize = 4 * NAME_BYTES_MAX;

/// A canonical identifier: DNS names lower-cased A-labels without a trailing dot, addresses parsed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Identifier {
    /// A DNS name, perhaps a wildcard `*.x`.
    Dns(DnsName),
    /// An IP address; never an IPv4-mapped IPv6 one.
    Ip(IpAddr),
}

/// A canonical DNS name; private text, checked by the constructor.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DnsName(Box<str>);

/// Why a text is no identifier. Texts are quoted as [`Excerpt`]s.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdentifierError {
    /// The type is neither `dns` nor `ip` (`unsupportedIdentifier`).
    #[error("unsupported identifier type {0}")]
    UnsupportedType(Excerpt),
    /// Not an object with one `type` and one `value`, both strings.
    #[error("an identifier is an object with \"type\" and \"value\", both strings")]
    NotAnIdentifier,
    /// More identifiers than are read.
    #[error("more than {max} identifiers")]
    TooMany {
        /// How many are read.
        max: usize,
    },
    /// No name at all.
    #[error("the DNS name is empty")]
    Empty,
    /// The name is longer than [`NAME_BYTES_MAX`].
    #[error("the DNS name {name} is longer than {NAME_BYTES_MAX} bytes")]
    NameTooLong {
        /// The name.
        name: Excerpt,
    },
    /// Two dots in a row, or one at the beginning.
    #[error("the DNS name {name} has an empty label")]
    EmptyLabel {
        /// The name.
        name: Excerpt,
    },
    /// A label is longer than [`LABEL_BYTES_MAX`].
    #[error("a label of the DNS name {name} is longer than {LABEL_BYTES_MAX} bytes")]
    LabelTooLong {
        /// The name.
        name: Excerpt,
    },
    /// Something other than letters, digits and hyphens.
    #[error("the DNS name {name} contains {character:?}")]
    Character {
        /// The name.
        name: Excerpt,
        /// The first that is not allowed.
        character: char,
    },
    /// A label begins or ends with a hyphen.
    #[error("a label of the DNS name {name} begins or ends with a hyphen")]
    Hyphen {
        /// The name.
        name: Excerpt,
    },
    /// `*` anywhere but as the whole leftmost label with a name behind it.
    #[error("the DNS name {name} has a wildcard that is not its whole leftmost label")]
    Wildcard {
        /// The name.
        name: Excerpt,
    },
    /// A wildcard where a plain name is needed.
    #[error("the DNS name {name} must not be a wildcard")]
    WildcardNotAllowed {
        /// The name.
        name: Excerpt,
    },
    /// Not convertible to A-labels (UTS #46), or an A-label that is no Punycode.
    #[error("the DNS name {name} is no valid internationalized name")]
    Internationalized {
        /// The name.
        name: Excerpt,
    },
    /// The last label is a number, so that programs take the name for an address.
    #[error("the DNS name {name} looks like an IP address")]
    LooksLikeAddress {
        /// The name.
        name: Excerpt,
    },
    /// An IPv6 address with a zone.
    #[error("the IP address {address} has a zone")]
    Zone {
        /// The address.
        address: Excerpt,
    },
    /// No IP address.
    #[error("{address} is no IP address")]
    Address {
        /// The text.
        address: Excerpt,
    },
}

impl DnsName {
    /// The canonical form of a name.
    ///
    /// # Errors
    ///
    /// [`IdentifierError`].
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let name = || Excerpt::of(text);
        if text.len() > UNICODE_BYTES_MAX {
            return Err(IdentifierError::NameTooLong { name: name() });
        }

        let rooted = text.strip_suffix('.').unwrap_or(text);
        let (wildcard, base) = rooted.strip_prefix("*.").map_or(("", rooted), |base| ("*.", base));
        if rooted.is_empty() {
            return Err(IdentifierError::Empty);
        }
        if base.contains('*') {
            return Err(IdentifierError::Wildcard { name: name() });
        }

        let base = ascii(base).ok_or_else(|| IdentifierError::Internationalized { name: name() })?;
        if wildcard.len() + base.len() > NAME_BYTES_MAX {
            return Err(IdentifierError::NameTooLong { name: name() });
        }
        check_labels(&base, text)?;
        Ok(Self([wildcard, &base].concat().into_boxed_str()))
    }

    /// The canonical text, `*.` included.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is `*.x`.
    #[must_use]
    pub fn is_wildcard(&self) -> bool {
        self.0.starts_with("*.")
    }

    /// `x` of `*.x`, else the name itself.
    #[must_use]
    pub fn base(&self) -> &str {
        self.0.strip_prefix("*.").unwrap_or(&self.0)
    }

    /// `*.x` of `x`; a wildcard is its own.
    ///
    /// # Errors
    ///
    /// [`IdentifierError::NameTooLong`].
    pub fn wildcard(&self) -> Result<Self, IdentifierError> {
        let wildcard = ["*.", self.base()].concat();
        if wildcard.len() > NAME_BYTES_MAX {
            return Err(IdentifierError::NameTooLong { name: Excerpt::of(&wildcard) });
        }
        Ok(Self(wildcard.into_boxed_str()))
    }

    fn matches(&self, other: &Self) -> bool {
        if self == other {
            return true;
        }
        let above = other.0.split_once('.').map(|(_, above)| above);
        self.is_wildcard() && !other.is_wildcard() && above == Some(self.base())
    }
}

impl fmt::Display for DnsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Identifier {
    /// From the `type` and `value` members of an ACME identifier.
    ///
    /// # Errors
    ///
    /// [`IdentifierError`].
    pub fn parse(kind: &str, value: &str) -> Result<Self, IdentifierError> {
        match kind {
            "dns" => Self::dns(value),
            "ip" => Self::ip(value),
            _ => Err(IdentifierError::UnsupportedType(Excerpt::of(kind))),
        }
    }

    /// A DNS identifier.
    ///
    /// # Errors
    ///
    /// [`IdentifierError`].
    pub fn dns(value: &str) -> Result<Self, IdentifierError> {
        DnsName::parse(value).map(Self::Dns)
    }

    /// An IP identifier.
    ///
    /// # Errors
    ///
    /// [`IdentifierError::Zone`] and [`IdentifierError::Address`].
    pub fn ip(value: &str) -> Result<Self, IdentifierError> {
        match value.parse::<IpAddr>() {
            Ok(address) => Ok(Self::from(address)),
            Err(_) if value.contains('%') => Err(IdentifierError::Zone { address: Excerpt::of(value) }),
            Err(_) => Err(IdentifierError::Address { address: Excerpt::of(value) }),
        }
    }

    /// From a text as a person writes it: an address if it parses as one, else a DNS name.
    ///
    /// # Errors
    ///
    /// [`IdentifierError`].
    pub fn from_text(text: &str) -> Result<Self, IdentifierError> {
        // Only IPv6 addresses have colons: say what is wrong with the address, not with a name.
        if text.contains(':') || text.parse::<Ipv4Addr>().is_ok() { Self::ip(text) } else { Self::dns(text) }
    }

    /// `dns` or `ip`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Dns(_) => "dns",
            Self::Ip(_) => "ip",
        }
    }

    /// Whether this is a wildcard name.
    #[must_use]
    pub fn is_wildcard(&self) -> bool {
        matches!(self, Self::Dns(name) if name.is_wildcard())
    }

    /// Whether this identifier covers `other`: equal, or a wildcard one label above it.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Dns(this), Self::Dns(other)) => this.matches(other),
            _ => self == other,
        }
    }
}

/// An IPv4-mapped IPv6 address is its IPv4 address.
impl From<IpAddr> for Identifier {
    fn from(address: IpAddr) -> Self {
        Self::Ip(address.to_canonical())
    }
}

/// The canonical text.
impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => name.fmt(f),
            Self::Ip(address) => address.fmt(f),
        }
    }
}

/// Lower case and A-labels; `None` when a label cannot be converted. What is ASCII already is not
/// checked against the Unicode tables: they differ between versions, and a name is the same name in all.
fn ascii(base: &str) -> Option<Cow<'_, str>> {
    if base.is_ascii() {
        let canonical = !base.bytes().any(|b| b.is_ascii_uppercase());
        return Some(if canonical { base.into() } else { base.to_ascii_lowercase().into() });
    }
    // Lengths are checked afterwards, by what they are; the deny list keeps a mapped "＊" out.
    Uts46::new().to_ascii(base.as_bytes(), AsciiDenyList::URL, Hyphens::Allow, DnsLength::Ignore).ok()
}

/// Letters, digits and hyphens (RFC 1123, 2.1): public CAs must refuse anything else, such as `_`.
fn check_labels(base: &str, text: &str) -> Result<(), IdentifierError> {
    let name = || Excerpt::of(text);
    let mut last = "";
    for label in base.split('.') {
        if label.is_empty() {
            return Err(IdentifierError::EmptyLabel { name: name() });
        }
        if label.len() > LABEL_BYTES_MAX {
            return Err(IdentifierError::LabelTooLong { name: name() });
        }
        if let Some(character) = label.chars().find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '-')) {
            return Err(IdentifierError::Character { name: name(), character });
        }
        if label.starts_with('-') || label.ends_with('-') {
            return Err(IdentifierError::Hyphen { name: name() });
        }
        if label.strip_prefix("xn--").is_some_and(|encoded| !is_punycode(encoded)) {
            return Err(IdentifierError::Internationalized { name: name() });
        }
        last = label;
    }
    if last.bytes().all(|b| b.is_ascii_digit()) {
        return Err(IdentifierError::LooksLikeAddress { name: name() });
    }
    Ok(())
}

/// Whether an A-label's text decodes to something that needed encoding.
fn is_punycode(encoded: &str) -> bool {
    punycode::decode_to_string(encoded).is_some_and(|label| !label.is_ascii())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_name_has_one_text_however_it_is_written() {
        // (written, canonical)
        let cases = [
            ("example.com", "example.com"),
            ("WWW.Example.COM", "www.example.com"),
            ("example.com.", "example.com"),
            ("*.Example.com.", "*.example.com"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("BÜCHER.example", "xn--bcher-kva.example"),
            ("bu\u{308}cher.example", "xn--bcher-kva.example"),
            ("*.bücher.example", "*.xn--bcher-kva.example"),
            ("XN--bcher-KVA.example", "xn--bcher-kva.example"),
            ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
            ("straße.example", "xn--strae-oqa.example"),
            ("ｅｘａｍｐｌｅ.com", "example.com"),
            ("localhost", "localhost"),
            ("a-b.c--d.example", "a-b.c--d.example"),
            ("1.example", "1.example"),
            ("1.2.3.4.in-addr.arpa", "1.2.3.4.in-addr.arpa"),
        ];
        for (written, canonical) in cases {
            assert_eq!(Identifier::dns(written).expect(written).to_string(), canonical, "{written}");
        }
    }

    #[test]
    fn the_longest_label_and_name_are_accepted_and_not_one_byte_more() {
        let label = "a".repeat(LABEL_BYTES_MAX);
        assert!(Identifier::dns(&format!("{label}.example")).is_ok());
        assert!(Identifier::dns(&format!("a{label}.example")).is_err());

        let name = format!("{label}.{label}.{label}.{}", "a".repeat(61));
        assert_eq!(name.len(), NAME_BYTES_MAX);
        assert!(Identifier::dns(&name).is_ok());
        assert!(Identifier::dns(&format!("{name}.")).is_ok());
        assert!(Identifier::dns(&format!("{name}a")).is_err());
        assert!(Identifier::dns(&format!("*.{name}")).is_err());
        assert!(DnsName::parse(&name).unwrap().wildcard().is_err());
    }

    #[test]
    fn each_mistake_in_a_name_is_named() {
        let cases = [
            "",
            ".",
            "..",
            ".example.com",
            "example..com",
            "example.com..",
            "*",
            "*.",
            "*..com",
            "*.*.com",
            "www.*.com",
            "w*.example.com",
            "**.example.com",
            "＊.example.com",
            "a_b.example.com",
            "a b.example.com",
            "example.com\n",
            "exam\0ple.com",
            "example.com/",
            "user@example.com",
            "example.com:443",
            "-a.example.com",
            "a-.example.com",
            "xn--.example",
            "xn--99999999.example",
            "xn--abc-.example",
            "xn--\u{fffd}.example",
            "\u{200d}.example",
            "\u{ad}.example",
            "١٢٣.example\u{5d0}",
            "192.0.2.1",
            "*.192.0.2.1",
            "127.1",
            "2001:db8::1",
            "７.7",
            &"a".repeat(64),
            &["a"; 150].join("."),
            &"é".repeat(300),
            &"é".repeat(100_000),
        ];
        let mistakes: Vec<_> =
            cases.iter().map(|name| Identifier::dns(name).expect_err(name).to_string()).collect();
        insta::assert_snapshot!(mistakes.join("\n"));
    }

    #[test]
    fn addresses_are_parsed_and_mapped_ones_are_ipv4() {
        // (written, canonical)
        let cases = [
            ("192.0.2.1", "192.0.2.1"),
            ("2001:DB8:0:0::1", "2001:db8::1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("::ffff:c000:201", "192.0.2.1"),
            ("::", "::"),
        ];
        for (written, canonical) in cases {
            assert_eq!(Identifier::parse("ip", written).expect(written).to_string(), canonical);
            assert_eq!(Identifier::from_text(written).expect(written).to_string(), canonical);
        }

        let mistakes: Vec<_> =
            ["", "fe80::1%eth0", "[::1]", "192.0.2", "192.0.02.1", "192.0.2.1/32", "example.com", "::1 "]
                .iter()
                .map(|address| Identifier::parse("ip", address).expect_err(address).to_string())
                .collect();
        insta::assert_snapshot!(mistakes.join("\n"));
    }

    #[test]
    fn types_other_than_dns_and_ip_are_unsupported() {
        for kind in ["", "DNS", "email", "permanent-identifier"] {
            let error = Identifier::parse(kind, "example.com").unwrap_err();
            assert_eq!(error, IdentifierError::UnsupportedType(Excerpt::of(kind)));
        }
    }

    #[test]
    fn what_a_person_writes_is_an_address_or_a_name() {
        assert_eq!(Identifier::from_text("192.0.2.1").unwrap().kind(), "ip");
        assert_eq!(Identifier::from_text("example.com").unwrap().kind(), "dns");
        assert!(matches!(Identifier::from_text("fe80::1%eth0"), Err(IdentifierError::Zone { .. })));
        assert!(matches!(
            Identifier::from_text("192.0.2.256"),
            Err(IdentifierError::LooksLikeAddress { .. })
        ));
    }

    #[test]
    fn a_wildcard_covers_one_label() {
        // (this, other, matches)
        let cases = [
            ("example.com", "example.com", true),
            ("*.example.com", "*.example.com", true),
            ("*.example.com", "www.example.com", true),
            ("*.example.com", "example.com", false),
            ("*.example.com", "a.www.example.com", false),
            ("*.example.com", "*.www.example.com", false),
            ("*.com", "*.example.com", false),
            ("www.example.com", "*.example.com", false),
            ("*.example.com", "wwwexample.com", false),
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
        ];
        for (this, other, matches) in cases {
            let (this, other) = (Identifier::from_text(this).unwrap(), Identifier::from_text(other).unwrap());
            assert_eq!(this.matches(&other), matches, "{this} {other}");
        }
    }

    proptest! {
        #[test]
        fn the_canonical_text_is_its_own_canonical_text(text in "[*]?[.]?[-a-zA-Z0-9_.éßΩ例。*]{0,40}") {
            if let Ok(identifier) = Identifier::from_text(&text) {
                prop_assert_eq!(Identifier::parse(identifier.kind(), &identifier.to_string()), Ok(identifier));
            }
        }

        #[test]
        fn case_and_a_trailing_dot_make_no_difference(name in "([a-z0-9]{1,10}[.]){1,4}[a-z]{2,5}") {
            let identifier = Identifier::dns(&name).unwrap();
            prop_assert_eq!(Identifier::dns(&name.to_uppercase()), Ok(identifier.clone()));
            prop_assert_eq!(Identifier::dns(&(name + ".")), Ok(identifier));
        }

        #[test]
        fn an_address_is_parsed_from_its_text(address: std::net::Ipv6Addr) {
            let identifier = Identifier::from(IpAddr::V6(address));
            prop_assert_eq!(Identifier::ip(&address.to_string()), Ok(identifier.clone()));
            prop_assert_eq!(Identifier::ip(&identifier.to_string()), Ok(identifier));
        }

        #[test]
        fn any_text_is_read_without_panic(kind in "dns|ip", text in ".{0,300}") {
            if let Ok(identifier) = Identifier::parse(&kind, &text) {
                prop_assert_eq!(Identifier::parse(&kind, &identifier.to_string()), Ok(identifier));
            }
        }
    }
}
