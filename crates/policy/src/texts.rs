//! Texts for people: a Fluent file of one language, compiled in.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use fluent_bundle::{FluentArgs, FluentResource, concurrent::FluentBundle};

use crate::message::Language;

/// The texts of one file, parsed.
pub struct Texts(FluentBundle<FluentResource>);

impl Texts {
    /// The texts of a file that is compiled in.
    ///
    /// # Panics
    ///
    /// When the file is not well formed or has a message twice, which a test of its owner would find.
    #[must_use]
    pub fn new(language: Language, source: &'static str) -> Self {
        let tag = language.tag().parse().expect("the tags are language tags: a test parses each");
        let texts = FluentResource::try_new(source.to_owned())
            .expect("the compiled-in texts are well formed: a test parses each");
        let mut bundle = FluentBundle::new_concurrent(vec![tag]);
        // Invisible marks around arguments would be copied along with names and numbers, and end up in terminals,
        // logs and clients that parse the text.
        bundle.set_use_isolating(false);
        bundle.add_resource(texts).expect("no message is there twice: a test adds each");
        Self(bundle)
    }

    /// Whether there is such a message.
    #[must_use]
    pub fn has(&self, id: &str) -> bool {
        self.0.has_message(id)
    }

    /// The text of a message.
    ///
    /// # Panics
    ///
    /// When there is no such message, which a test of its owner would find.
    #[must_use]
    pub fn format(&self, id: &str, args: Option<&FluentArgs<'_>>) -> String {
        let pattern = self
            .0
            .get_message(id)
            .and_then(|message| message.value())
            .expect("every language has every message that is used: tests compare them");
        // What could go wrong is a variable that is not given, which a test would find.
        self.0.format_pattern(pattern, args, &mut Vec::new()).into_owned()
    }
}

/// Thousands of lines of parsed texts help nobody.
impl fmt::Debug for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Texts").finish_non_exhaustive()
    }
}

/// The variables of each message of a file, so that tests can compare languages: on its line, and on those
/// below that do not begin another.
///
/// # Panics
///
/// When a message is there twice.
#[must_use]
pub fn variables(source: &str) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut messages = BTreeMap::<_, BTreeSet<_>>::new();
    let mut current = None;
    for line in source.lines().filter(|line| !line.starts_with('#')) {
        if let Some((id, _)) = line.split_once(" = ").filter(|(id, _)| !id.contains([' ', '{'])) {
            assert!(messages.insert(id, BTreeSet::new()).is_none(), "{id} is there twice");
            current = Some(id);
        }
        let variables = line.split("{ $").skip(1).filter_map(|rest| rest.split(' ').next());
        if let Some(current) = current {
            messages.entry(current).or_default().extend(variables);
        }
    }
    messages
}
