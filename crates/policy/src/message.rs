//! What a refused client is told, in its language.

use tollgate_engine::{Quota, Timestamp};

use crate::limit::{LimitKey, LimitName};

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

impl Language {
    /// The best match for an `Accept-Language` value; English when there is none.
    #[must_use]
    pub fn negotiate(accept_language: &str) -> Self {
        let _ = accept_language;
        todo!()
    }
    /// The language tag: `en`.
    #[must_use]
    pub fn tag(self) -> &'static str {
        todo!()
    }
}

/// The `detail` of a refusal by a limit. `retry_at` is told in whole seconds, so it must lie on one.
/// `docs` is the URL of the limits page, without an anchor.
#[must_use]
pub fn limit_detail(
    language: Language,
    limit: LimitName,
    key: &LimitKey<'_>,
    quota: &Quota,
    retry_at: Timestamp,
    docs: &str,
) -> String {
    let _ = (language, limit, key, quota, retry_at, docs);
    todo!()
}

/// The `detail` of a refusal for paused identifiers (at most 15 are named) with the unpause link.
#[must_use]
pub fn paused_detail(
    language: Language,
    identifiers: &[tollgate_acme::identifier::Identifier],
    link: &str,
) -> String {
    let _ = (language, identifiers, link);
    todo!()
}
