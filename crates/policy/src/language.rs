//! The languages of the messages, and the choice among them by `Accept-Language`.

/// A language of the messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the languages by name")]
pub enum Language {
    #[default]
    English,
    Italian,
    Danish,
    French,
    Vietnamese,
}

/// The most language ranges of an `Accept-Language` that are looked at.
const RANGES_MAX: usize = 32;

impl Language {
    /// Every language there is.
    pub const ALL: [Self; 5] = [Self::English, Self::Italian, Self::Danish, Self::French, Self::Vietnamese];

    /// The best match for an `Accept-Language` value (RFC 9110, 12.5.4), by primary subtag: `it-CH` is
    /// Italian. The highest weight wins, then what stands first; English when nothing matches. Ranges
    /// that make no sense are passed over, as are those after the 32nd.
    #[must_use]
    pub fn negotiate(accept_language: &str) -> Self {
        let ranges = || accept_language.split(',').take(RANGES_MAX).filter_map(weighted_range);
        let named = |language: &Self| ranges().any(|(range, _)| Self::of_range(range) == Some(*language));

        let mut best = (0, Self::English);
        for (range, weight) in ranges() {
            let language = match range {
                "*" => Self::ALL.into_iter().find(|language| !named(language)),
                _ => Self::of_range(range),
            };
            match language {
                Some(language) if weight > best.0 => best = (weight, language),
                Some(_) | None => {}
            }
        }
        best.1
    }

    /// The language tag: `en`.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Italian => "it",
            Self::Danish => "da",
            Self::French => "fr",
            Self::Vietnamese => "vi",
        }
    }

    fn of_range(range: &str) -> Option<Self> {
        let primary = range.split('-').next()?;
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }
}

/// A range and its weight in thousandths; `None` when it is malformed.
fn weighted_range(item: &str) -> Option<(&str, u16)> {
    let mut parts = item.split(';').map(str::trim);
    let range = parts.next().filter(|range| !range.is_empty())?;
    match parts.next() {
        None => Some((range, 1000)),
        Some(parameter) => {
            let weight = parameter.strip_prefix("q=").or_else(|| parameter.strip_prefix("Q="))?;
            Some((range, thousandths(weight)?))
        }
    }
}

/// A weight as RFC 9110 writes it: from `0` to `1` with at most three decimals.
fn thousandths(weight: &str) -> Option<u16> {
    let (whole, decimals) = weight.split_once('.').unwrap_or((weight, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let part: u16 = format!("{decimals:0<3}").parse().ok()?;
    match whole {
        "0" => Some(part),
        "1" if part == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_best_language_is_chosen() {
        for (accept_language, expected) in [
            ("", Language::English),
            ("it", Language::Italian),
            ("IT-ch", Language::Italian),
            ("vi-VN,vi;q=0.9,en-US;q=0.8", Language::Vietnamese),
            ("de-DE, de;q=0.9, da;q=0.4, fr;q=0.5", Language::French),
            ("en;q=0.3, da;q=0.3", Language::English),
            ("da;q=0.3, en;q=0.3", Language::Danish),
            ("en;q=0, fr ; q=0.001", Language::French),
            ("*", Language::English),
            ("en;q=0, *;q=0.1", Language::Italian),
            ("fr;q=0.2, *;q=0.5", Language::English),
            ("fr;q=0", Language::English),
            ("fr;q=2, it;q=0.5555, da;q=x", Language::English),
            ("fr;level=1", Language::English),
            (",,;;q=1,, it", Language::Italian),
            ("frankish", Language::English),
        ] {
            assert_eq!(Language::negotiate(accept_language), expected, "{accept_language:?}");
        }
    }

    #[test]
    fn only_so_many_ranges_are_looked_at() {
        assert_eq!(Language::negotiate(&("de,".repeat(RANGES_MAX - 1) + "it")), Language::Italian);
        assert_eq!(Language::negotiate(&("de,".repeat(RANGES_MAX) + "it")), Language::English);
    }

    proptest! {
        #[test]
        fn no_header_panics(accept_language in ".{0,200}") {
            let _ = Language::negotiate(&accept_language);
        }
    }
}
