//! Why a request is refused, and until when.

use std::time::Duration;

use tollgate_acme::identifier::Identifier;
use tollgate_engine::Timestamp;
use tollgate_policy::{
    event::Charge,
    limit::{LimitKey, LimitName},
    message::{Language, LimitRefusal},
};

use crate::{Limiter, QuotaLine, new_order::at_fault};

const SECOND: u64 = 1_000_000_000;

/// Why a request is refused.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The cause.
    pub cause: Cause,
    /// Identifiers at fault among several, for subproblems; empty when the request as a whole is.
    pub identifiers: Vec<Identifier>,
    /// For the `RateLimit` fields, the decisive limit first.
    pub quotas: Vec<QuotaLine>,
}

/// The cause of a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A limit is used up.
    Limit {
        /// Which, for whom, and when the same request passes: on a whole second.
        refusal: LimitRefusal,
        /// The wait until then, rounded up, at least 1: the same moment in other words.
        retry_after_seconds: u64,
    },
    /// Paused pairs. Waiting does not help.
    Paused {
        /// The self-service page, with its signed token.
        link: String,
    },
    /// The bucket store or the records gave no answer, and this limit then denies.
    Unavailable {
        /// Which.
        limit: LimitName,
    },
}

/// A denial of the store, on its way to a refusal.
pub(crate) struct Denial<'a, 'c> {
    pub(crate) charge: &'a Charge<'c>,
    pub(crate) retry_after: Duration,
    pub(crate) identifiers: &'a [Identifier],
    pub(crate) quotas: Vec<QuotaLine>,
}

impl Refusal {
    pub(crate) fn paused(identifiers: Vec<Identifier>, link: String) -> Self {
        Self { cause: Cause::Paused { link }, identifiers, quotas: Vec::new() }
    }

    pub(crate) fn unavailable(charge: &Charge<'_>) -> Self {
        Self::unavailable_limit(charge.limit.name)
    }

    pub(crate) fn unavailable_limit(limit: LimitName) -> Self {
        Self { cause: Cause::Unavailable { limit }, identifiers: Vec::new(), quotas: Vec::new() }
    }
}

impl Limiter {
    /// The `detail` of a refusal's problem document (RULES 7.2, 7.4).
    #[must_use]
    pub fn detail(&self, refusal: &Refusal, language: Language) -> String {
        let policy = self.policy.load();
        match &refusal.cause {
            Cause::Limit { refusal, .. } => policy.limit_detail(language, refusal),
            Cause::Paused { link } => policy.paused_detail(language, &refusal.identifiers, link),
            Cause::Unavailable { .. } => policy.unavailable_detail(language),
        }
    }

    /// Turns a denial into what the client is told. The jitter is drawn once, here, so that header
    /// and text cannot disagree.
    pub(crate) fn refusal(&self, denial: Denial<'_, '_>, now: Timestamp) -> Refusal {
        let policy = self.policy.load();
        let charge = denial.charge;
        let jitter = self.chance.fraction() * f64::from(policy.answers().jitter_percent) / 100.0;
        let retry_at =
            whole_second_after(now, denial.retry_after.saturating_add(denial.retry_after.mul_f64(jitter)));
        let identifiers = match charge.key {
            LimitKey::AccountIdentifier(_, culprit) => at_fault(denial.identifiers, |one| one == culprit),
            LimitKey::Domain(domain) | LimitKey::AccountDomain(_, domain) => {
                at_fault(denial.identifiers, |one| policy.suffixes().registered_domain(one) == domain)
            }
            LimitKey::Address(_) | LimitKey::Ipv6Range(_) | LimitKey::Account(_) | LimitKey::Set(_) => {
                Vec::new()
            }
        };
        tracing::info!(limit = charge.limit.name.as_str(), "refused");
        Refusal {
            cause: Cause::Limit {
                refusal: LimitRefusal::of(charge, retry_at),
                retry_after_seconds: retry_at.since(now).as_nanos().div_ceil(u128::from(SECOND)).max(1)
                    as u64,
            },
            identifiers,
            quotas: denial.quotas,
        }
    }
}

/// The first whole second at or after `now + wait`, and after `now`.
fn whole_second_after(now: Timestamp, wait: Duration) -> Timestamp {
    let wait = wait.max(Duration::from_nanos(1));
    Timestamp::from_secs(now.saturating_add(wait).as_nanos().div_ceil(SECOND))
}
