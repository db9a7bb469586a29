//! The identifiers of one order or certificate.

use std::fmt;

use aws_lc_rs::digest;

use super::Identifier;

/// The identifiers of an order: sorted, each once, at least one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IdentifierSet {
    identifiers: Box<[Identifier]>,
    /// Kept, since every decision about an order asks for it, some of them twice.
    id: SetId,
}

/// SHA-256 over a set's canonical text: equal for equal sets, however they were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SetId(pub [u8; 32]);

#[expect(clippy::len_without_is_empty, reason = "a set has at least one identifier")]
impl IdentifierSet {
    /// Sorts and de-duplicates; `None` for no identifier at all.
    #[must_use]
    pub fn new(mut identifiers: Vec<Identifier>) -> Option<Self> {
        identifiers.sort_unstable();
        identifiers.dedup();
        (!identifiers.is_empty())
            .then(|| Self { id: digest_of(&identifiers), identifiers: identifiers.into() })
    }

    /// The identifiers in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Identifier> {
        self.identifiers.iter()
    }

    /// The identifiers in order.
    #[must_use]
    pub fn as_slice(&self) -> &[Identifier] {
        &self.identifiers
    }

    /// How many there are; at least one.
    #[must_use]
    pub fn len(&self) -> usize {
        self.identifiers.len()
    }

    /// Whether `identifier` itself is in the set; a wildcard above it does not count.
    #[must_use]
    pub fn contains(&self, identifier: &Identifier) -> bool {
        self.identifiers.binary_search(identifier).is_ok()
    }

    /// The digest by which exact sets are compared.
    #[must_use]
    pub fn id(&self) -> SetId {
        self.id
    }
}

fn digest_of(identifiers: &[Identifier]) -> SetId {
    let hash = digest::digest(&digest::SHA256, canonical_text(identifiers).as_bytes());
    SetId(hash.as_ref().try_into().expect("SHA-256 has 32 bytes"))
}

/// One line each, type and text: neither contains a space or a line break.
fn canonical_text(identifiers: &[Identifier]) -> String {
    let mut text = String::with_capacity(identifiers.len() * 32);
    for identifier in identifiers {
        text.push_str(identifier.kind());
        text.push(' ');
        match identifier {
            Identifier::Dns(name) => text.push_str(name.as_str()),
            Identifier::Ip(address) => text.push_str(&address.to_string()),
        }
        text.push('\n');
    }
    text
}

impl<'a> IntoIterator for &'a IdentifierSet {
    type Item = &'a Identifier;
    type IntoIter = std::slice::Iter<'a, Identifier>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Hexadecimal.
impl fmt::Display for SetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set(texts: &[&str]) -> IdentifierSet {
        let identifiers = texts.iter().map(|text| Identifier::from_text(text).unwrap());
        IdentifierSet::new(identifiers.collect()).unwrap()
    }

    #[test]
    fn order_case_and_repetition_do_not_matter() {
        let one = set(&["example.com", "www.example.com", "*.example.com", "192.0.2.1"]);
        let other = set(&[
            "192.0.2.1",
            "WWW.example.com.",
            "example.com",
            "*.EXAMPLE.com",
            "example.com",
            "::ffff:192.0.2.1",
        ]);
        assert_eq!((one.len(), &one, one.id()), (4, &other, other.id()));
    }

    #[test]
    fn different_sets_have_different_ids() {
        let sets = [
            set(&["example.com"]),
            set(&["*.example.com"]),
            set(&["example.com", "www.example.com"]),
            set(&["examplecom"]),
            set(&["example", "com"]),
            set(&["192.0.2.1"]),
            set(&["::c000:201"]),
        ];
        let ids: std::collections::HashSet<_> = sets.iter().map(IdentifierSet::id).collect();
        assert_eq!(ids.len(), sets.len());
    }

    /// Sets are remembered on disk by their id: it must not change between versions.
    #[test]
    fn the_id_of_a_set_stays_the_same() {
        let id = set(&["example.com", "192.0.2.1"]).id().to_string();
        insta::assert_snapshot!(id);
    }

    #[test]
    fn no_identifier_makes_no_set() {
        assert_eq!(IdentifierSet::new(Vec::new()), None);
    }

    proptest! {
        #[test]
        fn a_set_is_equal_under_permutation_and_case(
            names in prop::collection::vec("([*][.])?[a-z]{1,3}[.](com|example)", 1..20)
                .prop_flat_map(|names| (Just(names.clone()), Just(names).prop_shuffle())),
        ) {
            let (names, shuffled) = names;
            let set = |names: Vec<String>| {
                IdentifierSet::new(names.iter().map(|name| Identifier::dns(name).unwrap()).collect()).unwrap()
            };
            let shuffled = shuffled.iter().map(|name| name.to_uppercase()).collect();
            let (set, shuffled) = (set(names), set(shuffled));
            prop_assert_eq!(set.id(), shuffled.id());
            prop_assert!(set.iter().all(|identifier| shuffled.contains(identifier)));
            prop_assert!(set.as_slice().is_sorted());
            prop_assert_eq!(set, shuffled);
        }
    }
}
