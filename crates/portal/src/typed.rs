//! What people type into forms, read with some patience.

use std::net::IpAddr;

use tollgate_acme::{
    domain::SuffixList,
    identifier::{Identifier, IdentifierError, IdentifierSet},
    resource::AccountId,
};
use tollgate_policy::overrides::Domain;
use url::Url;

/// What is wrong with what was typed: a text of ours, and its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub(crate) id: &'static str,
    pub(crate) values: Vec<(&'static str, String)>,
}

impl Mistake {
    pub(crate) fn plain(id: &'static str) -> Self {
        Self { id, values: Vec::new() }
    }

    pub(crate) fn with(id: &'static str, name: &'static str, value: impl ToString) -> Self {
        Self { id, values: vec![(name, value.to_string())] }
    }
}

impl From<IdentifierError> for Mistake {
    fn from(error: IdentifierError) -> Self {
        match error {
            IdentifierError::Empty => Self::plain("typed-empty"),
            IdentifierError::NameTooLong { .. } | IdentifierError::LabelTooLong { .. } => {
                Self::plain("typed-name-too-long")
            }
            IdentifierError::Character { character, .. } => {
                Self::with("typed-name-character", "character", character)
            }
            IdentifierError::Wildcard { .. } | IdentifierError::WildcardNotAllowed { .. } => {
                Self::plain("typed-name-wildcard")
            }
            _ => Self::plain("typed-name"),
        }
    }
}

/// A name or an address; a URL around a name is taken off.
pub(crate) fn identifier(typed: &str) -> Result<Identifier, Mistake> {
    let typed = typed.trim();
    let host = match typed.split_once("://") {
        Some((_, rest)) => rest.split(['/', '?', '#']).next().unwrap_or_default(),
        None => typed.strip_suffix('/').unwrap_or(typed),
    };
    Ok(Identifier::from_text(host)?)
}

/// Names and addresses between white space, commas and semicolons, at most `max`.
pub(crate) fn set(typed: &str, max: usize) -> Result<IdentifierSet, Mistake> {
    let names = typed.split(|c: char| c.is_whitespace() || c == ',' || c == ';');
    let names = names.filter(|name| !name.is_empty());
    if names.clone().count() > max {
        return Err(Mistake::with("typed-names-too-many", "max", max));
    }
    let identifiers = names.map(identifier).collect::<Result<Vec<_>, _>>()?;
    IdentifierSet::new(identifiers).ok_or(Mistake::plain("typed-empty"))
}

/// An IP address; never an IPv4-mapped one.
pub(crate) fn address(typed: &str) -> Result<IpAddr, Mistake> {
    match typed.trim() {
        "" => Err(Mistake::plain("typed-empty")),
        typed => typed
            .trim_matches(['[', ']'])
            .parse::<IpAddr>()
            .map(|address| address.to_canonical())
            .map_err(|_| Mistake::plain("typed-address")),
    }
}

/// An account by its URL, whose origin must be `origin`.
pub(crate) fn account(typed: &str, origin: &str) -> Result<AccountId, Mistake> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Err(Mistake::plain("typed-empty"));
    }
    let url = Url::parse(typed).ok().filter(|url| matches!(url.scheme(), "https" | "http"));
    let url = url.ok_or(Mistake::with("typed-account", "origin", origin))?;
    let ours = Url::parse(origin).is_ok_and(|ours| ours.origin() == url.origin());
    if !ours {
        return Err(Mistake::with("typed-account-elsewhere", "origin", origin));
    }
    AccountId::of(typed).ok_or(Mistake::with("typed-account", "origin", origin))
}

/// A registered domain itself, not a name below it.
pub(crate) fn registered_domain(typed: &str, suffixes: &SuffixList) -> Result<Domain, Mistake> {
    let identifier = identifier(typed)?;
    let domain = suffixes.registered_domain(&identifier);
    match &identifier {
        Identifier::Ip(_) => Err(Mistake::plain("typed-domain-is-address")),
        Identifier::Dns(name) if name.as_str() != domain.to_string() => Err(Mistake {
            id: "typed-domain-below",
            values: vec![("name", name.to_string()), ("domain", domain.to_string())],
        }),
        Identifier::Dns(_) => Ok(domain.into()),
    }
}

/// A text without white space around it, of `min` to `max` characters.
pub(crate) fn text(typed: &str, min: usize, max: usize) -> Result<String, Mistake> {
    let text = typed.trim().replace("\r\n", "\n");
    let have = text.chars().count();
    if have == 0 && min > 0 {
        return Err(Mistake::plain("typed-empty"));
    }
    if have < min {
        return Err(Mistake {
            id: "typed-short",
            values: vec![("min", min.to_string()), ("have", have.to_string())],
        });
    }
    if have > max {
        return Err(Mistake::with("typed-long", "max", max));
    }
    if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Err(Mistake::plain("typed-control"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_people_paste_them() {
        for (typed, name) in [
            (" example.com ", "example.com"),
            ("https://WWW.Example.com/path?x=1", "www.example.com"),
            ("example.com/", "example.com"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("*.example.com", "*.example.com"),
            ("192.0.2.1", "192.0.2.1"),
        ] {
            assert_eq!(identifier(typed).map(|it| it.to_string()), Ok(name.to_owned()), "{typed}");
        }
        for (typed, id) in [
            ("", "typed-empty"),
            ("   ", "typed-empty"),
            ("a b.example", "typed-name-character"),
            ("me@example.com", "typed-name-character"),
            ("www.*.example", "typed-name-wildcard"),
            ("a..example", "typed-name"),
            (&"a".repeat(64), "typed-name-too-long"),
        ] {
            assert_eq!(identifier(typed).unwrap_err().id, id, "{typed}");
        }
    }

    #[test]
    fn set_is_read_between_any_separators_and_bounded() {
        let read = set("b.example, a.example;a.example\n c.example", 4).unwrap();
        assert_eq!(
            read.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["a.example", "b.example", "c.example"]
        );
        assert_eq!(set("a.example b.example", 1).unwrap_err().id, "typed-names-too-many");
        assert_eq!(set(" , ", 1).unwrap_err().id, "typed-empty");
    }

    #[test]
    fn address_is_read_in_any_spelling() {
        for (typed, read) in [("[2001:DB8::1]", "2001:db8::1"), (" ::ffff:192.0.2.1", "192.0.2.1")] {
            assert_eq!(address(typed).map(|it| it.to_string()), Ok(read.to_owned()));
        }
        assert_eq!(address("192.0.2.0/24").unwrap_err().id, "typed-address");
    }

    #[test]
    fn account_is_one_of_this_certificate_authority() {
        let ours = "https://acme.example:14000";
        let read = account(" https://ACME.example:14000/acme/acct/1 ", ours).unwrap();
        assert_eq!(read.as_str(), "/acme/acct/1");
        for (typed, id) in [
            ("", "typed-empty"),
            ("acct/1", "typed-account"),
            ("mailto:me@acme.example", "typed-account"),
            ("https://acme.example/acme/acct/1", "typed-account-elsewhere"),
            ("https://acme.example:14000@evil.example/acme/acct/1", "typed-account-elsewhere"),
            ("http://acme.example:14000/acme/acct/1", "typed-account-elsewhere"),
        ] {
            assert_eq!(account(typed, ours).unwrap_err().id, id, "{typed}");
        }
    }

    #[test]
    fn registered_domain_is_exactly_one() {
        let suffixes = SuffixList::default();
        let read = |typed| registered_domain(typed, &suffixes);
        assert_eq!(read("Bücher.example").unwrap().as_ref().to_string(), "xn--bcher-kva.example");
        for (typed, id) in [
            ("www.example.com", "typed-domain-below"),
            ("*.example.com", "typed-domain-below"),
            ("192.0.2.1", "typed-domain-is-address"),
            ("exa mple.com", "typed-name-character"),
        ] {
            assert_eq!(read(typed).unwrap_err().id, id, "{typed}");
        }
    }

    #[test]
    fn text_is_counted_in_characters_without_what_is_around_it() {
        assert_eq!(text("  Đại học  ", 5, 200), Ok("Đại học".to_owned()));
        assert_eq!(text("a\r\nb", 1, 3), Ok("a\nb".to_owned()));
        for (typed, id) in [
            ("   ", "typed-empty"),
            ("abcd", "typed-short"),
            ("abcdefghijk", "typed-long"),
            ("abc\0de", "typed-control"),
        ] {
            assert_eq!(text(typed, 5, 10).unwrap_err().id, id, "{typed:?}");
        }
    }
}
