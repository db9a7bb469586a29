//! Who the client is: the address that limits are counted by, told only by those who may tell it.
//!
//! The peer of a connection is the client unless it is a proxy that the operator trusts. Then the
//! proxy's word counts, in the one header the operator chose, read from the right: what stands left of
//! the first hop that is not trusted was written by strangers and never matters.

use std::{fmt, net::IpAddr, num::NonZeroUsize};

use http::{HeaderMap, HeaderName, HeaderValue, header};
use ipnet::IpNet;

/// `X-Forwarded-For`, which no RFC defines.
pub(crate) const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// `X-Forwarded-Proto`, likewise.
pub(crate) const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The scheme of the URL that the client used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Without TLS.
    Http,
    /// Over TLS, ended here or at a proxy before us.
    Https,
}

impl Scheme {
    /// `http` or `https`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Http, Self::Https].into_iter().find(|scheme| text.trim().eq_ignore_ascii_case(scheme.as_str()))
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The client of one request, as far as the listener can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientAddress {
    ip: IpAddr,
    scheme: Scheme,
}

impl ClientAddress {
    /// A client at `ip` that used `scheme`. An IPv4-mapped IPv6 address becomes its IPv4 address.
    #[must_use]
    pub fn new(ip: IpAddr, scheme: Scheme) -> Self {
        Self { ip: ip.to_canonical(), scheme }
    }

    /// The address; never an IPv4-mapped one.
    #[must_use]
    pub fn ip(&self) -> IpAddr {
        self.ip
    }

    /// The scheme of the client's URL.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }
}

/// The header in which trusted proxies tell the client's address. Never both: a proxy that writes one
/// passes the other on as the client sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForwardingHeader {
    /// `X-Forwarded-For`, with the scheme in `X-Forwarded-Proto`.
    XForwardedFor,
    /// `Forwarded` (RFC 7239), with the scheme in its `proto`.
    Forwarded,
}

/// Whose word about the client's address is taken.
#[derive(Clone, Debug)]
pub struct TrustedProxies {
    header: ForwardingHeader,
    networks: Vec<IpNet>,
    hops: Option<NonZeroUsize>,
}

impl TrustedProxies {
    /// Trusts the proxies inside `networks`, however many stand in a row.
    #[must_use]
    pub fn in_networks(networks: Vec<IpNet>, header: ForwardingHeader) -> Self {
        Self { header, networks, hops: None }
    }

    /// Trusts the nearest `hops` proxies, whatever their address. Only safe where nobody can reach the
    /// listener past them.
    #[must_use]
    pub fn nearest(hops: NonZeroUsize, header: ForwardingHeader) -> Self {
        let everywhere = [IpAddr::from([0; 4]), IpAddr::from([0; 16])];
        let networks = everywhere.map(|any| IpNet::new(any, 0).expect("/0 fits both families"));
        Self { header, networks: networks.into(), hops: Some(hops) }
    }

    /// Trusts at most the nearest `hops` of these proxies.
    #[must_use]
    pub fn at_most(self, hops: NonZeroUsize) -> Self {
        Self { hops: Some(hops), ..self }
    }

    /// Whether `peer`, who opened the connection, is one of these proxies.
    #[must_use]
    pub fn contains(&self, peer: IpAddr) -> bool {
        self.trusts(peer.to_canonical(), 0)
    }

    /// The client of a request with `headers` that `peer` sent over `scheme`.
    ///
    /// An entry that is no address (`unknown`, an obfuscated identifier, junk) ends the walk: the client
    /// is then the nearest hop that has an address.
    #[must_use]
    pub fn resolve(&self, peer: IpAddr, scheme: Scheme, headers: &HeaderMap) -> ClientAddress {
        let mut client = ClientAddress::new(peer, scheme);
        if !self.trusts(client.ip, 0) {
            return client;
        }
        client.scheme = self.nearest_scheme(headers).unwrap_or(scheme);
        for (hops_before, hop) in self.hops_from_the_nearest(headers).enumerate() {
            let Some(address) = hop.address else { break };
            if !self.trusts(client.ip, hops_before) {
                break;
            }
            client.ip = address.to_canonical();
            client.scheme = hop.scheme.unwrap_or(client.scheme);
        }
        client
    }

    fn trusts(&self, hop: IpAddr, hops_before: usize) -> bool {
        self.hops.is_none_or(|most| hops_before < most.get())
            && self.networks.iter().any(|network| network.contains(&hop))
    }

    /// What the nearest proxy says that it was asked over, where that has a header of its own.
    fn nearest_scheme(&self, headers: &HeaderMap) -> Option<Scheme> {
        match self.header {
            ForwardingHeader::XForwardedFor => {
                elements_from_the_right(headers, &X_FORWARDED_PROTO).next().and_then(Scheme::parse)
            }
            ForwardingHeader::Forwarded => None,
        }
    }

    fn hops_from_the_nearest<'a>(&self, headers: &'a HeaderMap) -> impl Iterator<Item = Hop> + use<'a> {
        let (name, parse): (_, fn(&str) -> Hop) = match self.header {
            ForwardingHeader::XForwardedFor => (X_FORWARDED_FOR, Hop::parse_x_forwarded_for),
            ForwardingHeader::Forwarded => (header::FORWARDED, Hop::parse_forwarded),
        };
        elements_from_the_right(headers, &name).map(parse)
    }
}

/// What one proxy wrote about the one before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Hop {
    address: Option<IpAddr>,
    scheme: Option<Scheme>,
}

impl Hop {
    fn parse_x_forwarded_for(element: &str) -> Self {
        Self { address: parse_node(element), scheme: None }
    }

    /// One `forwarded-element` of RFC 7239, 4. A parameter that stands twice makes the element junk.
    fn parse_forwarded(element: &str) -> Self {
        let mut hop = Self::default();
        let mut seen = (false, false);
        for pair in split_from_the_right(element, ';') {
            let Some((name, value)) = pair.split_once('=') else { return Self::default() };
            let Some(value) = unquote(value.trim()) else { return Self::default() };
            if name.trim().eq_ignore_ascii_case("for") {
                if std::mem::replace(&mut seen.0, true) {
                    return Self::default();
                }
                hop.address = parse_node(value);
            } else if name.trim().eq_ignore_ascii_case("proto") {
                if std::mem::replace(&mut seen.1, true) {
                    return Self::default();
                }
                hop.scheme = Scheme::parse(value);
            }
        }
        hop
    }
}

/// An address with or without brackets and port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`,
/// `[2001:db8::1]`, `[2001:db8::1]:80`. Zones are refused: they mean nothing here.
fn parse_node(node: &str) -> Option<IpAddr> {
    let node = node.trim();
    if let Ok(address) = node.parse::<IpAddr>() {
        return Some(address);
    }
    let (address, port) = match node.strip_prefix('[') {
        Some(bracketed) => {
            let (address, rest) = bracketed.split_once(']')?;
            (IpAddr::V6(address.parse().ok()?), rest)
        }
        None => {
            let (address, _) = node.split_once(':')?;
            (IpAddr::V4(address.parse().ok()?), &node[address.len()..])
        }
    };
    match port.strip_prefix(':') {
        None => port.is_empty().then_some(address),
        // RFC 7239, 6: a port may be obfuscated too.
        Some(port) => {
            let plain = !port.is_empty() && port.len() <= 5 && port.bytes().all(|byte| byte.is_ascii_digit());
            (plain || port.starts_with('_')).then_some(address)
        }
    }
}

/// The text inside a quoted string, or the text itself. Addresses and schemes need no escapes, so a
/// backslash is junk.
fn unquote(value: &str) -> Option<&str> {
    if value.contains('\\') {
        return None;
    }
    match value.strip_prefix('"') {
        Some(rest) => rest.strip_suffix('"').filter(|inner| !inner.contains('"')),
        None => (!value.contains('"')).then_some(value),
    }
}

/// All elements of a comma-separated header, last line first, each line from its right end. A line
/// that is not text is one element of junk.
fn elements_from_the_right<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> impl Iterator<Item = &'a str> + use<'a> {
    headers.get_all(name).into_iter().rev().flat_map(|line: &'a HeaderValue| {
        let line = line.to_str().unwrap_or("\u{fffd}");
        // RFC 9110, 5.6.1: empty elements of a list do not count.
        split_from_the_right(line, ',').filter(|element| !element.trim().is_empty())
    })
}

/// Splits at `separator` outside of quotes, from the right: a quote that a stranger left open on the
/// left cannot swallow what a trusted proxy appended on the right.
fn split_from_the_right(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let whole = rest?;
        let mut quoted = false;
        let at = whole.char_indices().rev().find_map(|(at, character)| {
            quoted ^= character == '"';
            (character == separator && !quoted).then_some(at)
        });
        rest = at.map(|at| &whole[..at]);
        Some(&whole[at.map_or(0, |at| at + separator.len_utf8())..])
    })
}

#[cfg(test)]
#[expect(unreachable_pub, reason = "the target is in another crate")]
#[path = "../../../fuzz/src/forwarded.rs"]
mod fuzz_target;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PEER: &str = "10.0.0.1";

    fn proxies(header: ForwardingHeader) -> TrustedProxies {
        TrustedProxies::in_networks(vec!["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()], header)
    }

    fn nearest(hops: usize) -> TrustedProxies {
        TrustedProxies::nearest(NonZeroUsize::new(hops).unwrap(), ForwardingHeader::XForwardedFor)
    }

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let line = |(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).unwrap())
        };
        lines.iter().map(line).collect()
    }

    fn client(proxies: &TrustedProxies, peer: &str, lines: &[(&'static str, &str)]) -> String {
        proxies.resolve(peer.parse().unwrap(), Scheme::Http, &headers(lines)).ip().to_string()
    }

    #[test]
    fn x_forwarded_for_is_read_from_the_right_up_to_the_first_stranger() {
        let proxies = proxies(ForwardingHeader::XForwardedFor);
        for (line, expected) in [
            ("192.0.2.1", "192.0.2.1"),
            ("6.6.6.6, 192.0.2.1", "192.0.2.1"),
            ("6.6.6.6, 192.0.2.1, 10.0.0.9", "192.0.2.1"),
            ("6.6.6.6,192.0.2.1 ,\t10.0.0.9,10.0.0.8", "192.0.2.1"),
            ("10.0.0.3, 10.0.0.2", "10.0.0.3"),
            ("192.0.2.1:4711", "192.0.2.1"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("192.0.2.1, ::ffff:10.0.0.7", "192.0.2.1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("192.0.2.1, fd00::7", "192.0.2.1"),
            ("192.0.2.1, , ,", "192.0.2.1"),
            ("", PEER),
            ("unknown", PEER),
            ("6.6.6.6, unknown", PEER),
            ("6.6.6.6, unknown, 10.0.0.9", "10.0.0.9"),
            ("_hidden", PEER),
            ("fe80::1%eth0", PEER),
            ("192.0.2.1:", PEER),
            ("192.0.2.1:http", PEER),
            ("192.0.2.1:123456", PEER),
            ("[2001:db8::1", PEER),
            ("[192.0.2.1]", PEER),
            ("192.0.2.256", PEER),
            ("192.0.2.1\u{e9}", PEER),
        ] {
            assert_eq!(client(&proxies, PEER, &[("x-forwarded-for", line)]), expected, "{line:?}");
        }
    }

    #[test]
    fn forwarded_is_read_by_its_grammar() {
        let proxies = proxies(ForwardingHeader::Forwarded);
        for (line, expected) in [
            ("for=192.0.2.1", "192.0.2.1"),
            ("For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"),
            ("for=192.0.2.1;proto=https;by=10.0.0.1", "192.0.2.1"),
            ("by=10.0.0.1; FOR=\"192.0.2.1:80\"", "192.0.2.1"),
            ("for=6.6.6.6, for=192.0.2.1", "192.0.2.1"),
            ("for=6.6.6.6;x=\", for=192.0.2.1", "192.0.2.1"),
            ("for=6.6.6.6, for=\", for=192.0.2.1, for=10.0.0.9", "192.0.2.1"),
            ("for=192.0.2.1;ext=\"a,b;c\"", "192.0.2.1"),
            ("for=\"192.0.2.1:_port\"", "192.0.2.1"),
            ("for=unknown", PEER),
            ("for=\"_gazonk\"", PEER),
            ("proto=https", PEER),
            ("for=192.0.2.1;for=6.6.6.6", PEER),
            ("for=\"192.0.2.\\1\"", PEER),
            ("192.0.2.1", PEER),
        ] {
            assert_eq!(client(&proxies, PEER, &[("forwarded", line)]), expected, "{line:?}");
        }
    }

    #[test]
    fn several_header_lines_are_one_list() {
        let proxies = proxies(ForwardingHeader::XForwardedFor);
        let lines = [("x-forwarded-for", "6.6.6.6, 192.0.2.1"), ("x-forwarded-for", "10.0.0.9")];
        assert_eq!(client(&proxies, PEER, &lines), "192.0.2.1");
    }

    #[test]
    fn only_the_chosen_header_counts() {
        let both = [("x-forwarded-for", "192.0.2.1"), ("forwarded", "for=192.0.2.2")];
        assert_eq!(client(&proxies(ForwardingHeader::XForwardedFor), PEER, &both), "192.0.2.1");
        assert_eq!(client(&proxies(ForwardingHeader::Forwarded), PEER, &both), "192.0.2.2");
    }

    #[test]
    fn hops_bound_how_far_the_walk_goes() {
        let line = [("x-forwarded-for", "6.6.6.6, 192.0.2.1, 10.0.0.9")];
        for (proxies, expected) in [
            (nearest(1), "10.0.0.9"),
            (nearest(2), "192.0.2.1"),
            (nearest(9), "6.6.6.6"),
            (proxies(ForwardingHeader::XForwardedFor).at_most(NonZeroUsize::MIN), "10.0.0.9"),
        ] {
            assert_eq!(client(&proxies, PEER, &line), expected, "{proxies:?}");
        }
        assert_eq!(client(&nearest(1), "2001:db8::9", &line), "10.0.0.9");
    }

    #[test]
    fn the_scheme_is_told_by_the_proxy_that_the_client_reached() {
        let x = |proto| [("x-forwarded-for", "192.0.2.1"), ("x-forwarded-proto", proto)];
        let f = |line| [("forwarded", line)];
        for (header, lines, scheme) in [
            (ForwardingHeader::XForwardedFor, &x("https")[..], Scheme::Https),
            (ForwardingHeader::XForwardedFor, &x("http, HTTPS")[..], Scheme::Https),
            (ForwardingHeader::XForwardedFor, &x("gopher")[..], Scheme::Http),
            (
                ForwardingHeader::Forwarded,
                &f("for=192.0.2.1;proto=https, for=10.0.0.9;proto=http")[..],
                Scheme::Https,
            ),
            (ForwardingHeader::Forwarded, &f("for=6.6.6.6;proto=https, for=192.0.2.1")[..], Scheme::Http),
        ] {
            let resolved = proxies(header).resolve(PEER.parse().unwrap(), Scheme::Http, &headers(lines));
            assert_eq!(resolved.scheme(), scheme, "{lines:?}");
        }
    }

    #[test]
    fn an_ipv4_mapped_peer_is_its_ipv4_address() {
        let proxies = proxies(ForwardingHeader::XForwardedFor);
        let line = [("x-forwarded-for", "192.0.2.1")];
        assert_eq!(client(&proxies, "::ffff:10.0.0.1", &line), "192.0.2.1");
        assert_eq!(client(&proxies, "::ffff:198.51.100.1", &line), "198.51.100.1");
    }

    /// The seeds of the fuzz target, through what the target does.
    #[test]
    fn seeds_whole_and_cut_off_never_beat_the_proxy() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/forwarded");
        let seeds: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(seeds.len() >= 12);
        for seed in seeds {
            let seed = std::fs::read(seed).unwrap();
            for length in 0..=seed.len() {
                fuzz_target::forwarded(&seed[..length]);
            }
        }
    }

    fn any_header() -> impl Strategy<Value = ForwardingHeader> {
        prop_oneof![Just(ForwardingHeader::XForwardedFor), Just(ForwardingHeader::Forwarded)]
    }

    /// Mostly the characters that mean something.
    fn junk() -> impl Strategy<Value = String> {
        prop_oneof!["[0-9a-f.:,;=\"\\[\\] for\\\\_%-]{0,60}", "[ -~]{0,40}"]
    }

    proptest! {
        #[test]
        fn an_untrusted_peer_is_the_client_whatever_it_sends(
            header in any_header(), lines in prop::collection::vec(junk(), 0..4), last in any::<u8>(),
        ) {
            let peer = IpAddr::from([198, 51, 100, last]);
            let mut map = HeaderMap::new();
            for line in &lines {
                for name in [X_FORWARDED_FOR, header::FORWARDED, X_FORWARDED_PROTO] {
                    map.append(name, HeaderValue::from_str(line).unwrap());
                }
            }
            let expected = ClientAddress::new(peer, Scheme::Https);
            prop_assert_eq!(proxies(header).resolve(peer, Scheme::Https, &map), expected);
        }

        #[test]
        fn what_a_client_sends_never_beats_what_its_proxy_appends(
            header in any_header(), forged in junk(), own_line in any::<bool>(), last in any::<u8>(),
        ) {
            let client = IpAddr::from([198, 51, 100, last]);
            let (name, told) = match header {
                ForwardingHeader::XForwardedFor => (X_FORWARDED_FOR, client.to_string()),
                ForwardingHeader::Forwarded => (header::FORWARDED, format!("for={client}")),
            };
            let mut map = HeaderMap::new();
            if own_line {
                map.append(&name, HeaderValue::from_str(&forged).unwrap());
                map.append(&name, HeaderValue::from_str(&told).unwrap());
            } else {
                map.append(&name, HeaderValue::from_str(&format!("{forged}, {told}")).unwrap());
            }
            prop_assert_eq!(proxies(header).resolve(PEER.parse().unwrap(), Scheme::Http, &map).ip(), client);
        }
    }
}
