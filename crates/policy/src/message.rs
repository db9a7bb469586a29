//! What a refused client is told, in its language.
//!
//! The texts are Fluent files in `locales/`, compiled in. Every argument is a finished text, so that
//! numbers, moments and links read the same in every language.

use std::time::Duration;

use fluent_bundle::FluentArgs;
use tollgate_acme::identifier::Identifier;
use tollgate_engine::Timestamp;

pub use crate::language::Language;
use crate::{
    duration::go_duration,
    event::Charge,
    limit::{Limit, LimitKey, LimitName},
    texts::Texts,
};

/// 2026-11-23 10:00:00 UTC. An example that follows the clock would be a new page every second.
const EXAMPLE_RETRY_AT: Timestamp = Timestamp::from_secs(1_795_428_000);

/// What the text of a refusal by a limit is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitRefusal {
    limit: LimitName,
    /// The registered domain or identifier at fault, where the text names one.
    subject: Option<String>,
    prefix: Option<u8>,
    burst: u64,
    period: Duration,
    retry_at: Timestamp,
}

impl LimitRefusal {
    /// The refusal by the bucket of `charge`, that ends at `retry_at`. The text tells whole seconds, so
    /// `retry_at` must lie on one.
    #[must_use]
    pub fn of(charge: &Charge<'_>, retry_at: Timestamp) -> Self {
        Self {
            limit: charge.limit.name,
            subject: named_in_text(charge.key),
            prefix: charge.limit.prefix,
            burst: charge.quota.burst(),
            period: charge.quota.period(),
            retry_at,
        }
    }

    /// An example for pages that explain: by `limit`, for `example.com` where a subject is named.
    pub(crate) fn example(limit: &Limit) -> Self {
        let subject = match limit.name {
            LimitName::CertificatesPerRegisteredDomain
            | LimitName::CertificatesPerRegisteredDomainPerAccount
            | LimitName::AuthorizationFailuresPerIdentifier
            | LimitName::ConsecutiveAuthorizationFailures => Some("example.com".to_owned()),
            LimitName::NewRegistrationsPerIp
            | LimitName::NewRegistrationsPerIpv6Range
            | LimitName::NewOrdersPerAccount
            | LimitName::CertificatesPerExactSet
            | LimitName::OverrideRequestsPerIp => None,
        };
        Self {
            limit: limit.name,
            subject,
            prefix: limit.prefix,
            burst: limit.quota.burst(),
            period: limit.quota.period(),
            retry_at: EXAMPLE_RETRY_AT,
        }
    }

    /// The limit.
    #[must_use]
    pub fn limit(&self) -> LimitName {
        self.limit
    }

    /// When the same request passes.
    #[must_use]
    pub fn retry_at(&self) -> Timestamp {
        self.retry_at
    }
}

fn named_in_text(key: LimitKey<'_>) -> Option<String> {
    match key {
        LimitKey::Domain(domain) | LimitKey::AccountDomain(_, domain) => Some(domain.to_string()),
        LimitKey::AccountIdentifier(_, identifier) => Some(identifier.to_string()),
        LimitKey::Address(_) | LimitKey::Ipv6Range(_) | LimitKey::Account(_) | LimitKey::Set(_) => None,
    }
}

/// The texts of every language, parsed.
#[derive(Debug)]
pub(crate) struct Messages {
    languages: [Texts; Language::ALL.len()],
}

impl Messages {
    pub(crate) fn new() -> Self {
        Self { languages: Language::ALL.map(|language| Texts::new(language, source(language))) }
    }

    /// `docs` is the URL of the limits page, without an anchor.
    pub(crate) fn limit(&self, language: Language, refusal: &LimitRefusal, docs: &str) -> String {
        let mut args = FluentArgs::with_capacity(6);
        args.set("count", refusal.burst.to_string());
        args.set("period", go_duration(refusal.period));
        args.set("until", moment(refusal.retry_at));
        args.set("link", format!("{docs}#{}", refusal.limit.anchor()));
        if let Some(subject) = &refusal.subject {
            args.set("subject", subject.as_str());
        }
        if let Some(prefix) = refusal.prefix {
            args.set("prefix", prefix.to_string());
        }
        self.text(language, message_id(refusal.limit), Some(&args))
    }

    pub(crate) fn paused(
        &self,
        language: Language,
        paused: &[Identifier],
        named_max: usize,
        link: &str,
    ) -> String {
        let names: Vec<_> = paused.iter().take(named_max).map(|name| format!("\"{name}\"")).collect();
        let id = if names.len() < paused.len() { "paused-and-more" } else { "paused" };
        let mut args = FluentArgs::with_capacity(2);
        args.set("names", names.join(", "));
        args.set("link", link);
        self.text(language, id, Some(&args))
    }

    /// A text without arguments.
    pub(crate) fn plain(&self, language: Language, id: &str) -> String {
        self.text(language, id, None)
    }

    fn text(&self, language: Language, id: &str, args: Option<&FluentArgs<'_>>) -> String {
        self.languages[language as usize].format(id, args)
    }
}

fn message_id(limit: LimitName) -> &'static str {
    match limit {
        // The account's override is met instead of the domain's limit, and reads the same.
        LimitName::CertificatesPerRegisteredDomainPerAccount => {
            LimitName::CertificatesPerRegisteredDomain.as_str()
        }
        other => other.as_str(),
    }
}

/// `2026-11-23 10:00:00 UTC`. What is below a second is left out.
#[must_use]
pub fn moment(at: Timestamp) -> String {
    jiff::Timestamp::from_nanosecond(at.as_nanos().into())
        .expect("64 bits of nanoseconds end in 2554, jiff's years in 9999")
        .strftime("%Y-%m-%d %H:%M:%S UTC")
        .to_string()
}

fn source(language: Language) -> &'static str {
    match language {
        Language::English => include_str!("../../../locales/en/refusals.ftl"),
        Language::Italian => include_str!("../../../locales/it/refusals.ftl"),
        Language::Danish => include_str!("../../../locales/da/refusals.ftl"),
        Language::French => include_str!("../../../locales/fr/refusals.ftl"),
        Language::Vietnamese => include_str!("../../../locales/vi/refusals.ftl"),
    }
}

#[cfg(test)]
mod tests;
