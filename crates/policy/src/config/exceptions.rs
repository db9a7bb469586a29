//! `[[overrides]]`: exceptions for one account, domain, address, range or set.

use tollgate_acme::identifier::{Identifier, IdentifierSet};
use tollgate_engine::{Quota, Timestamp};
use toml::{Spanned, value::Datetime};

use super::{IDENTIFIERS_MAX, Mistakes, RawOverride, numbers::WrittenQuota, unknown_limit};
use crate::{
    limit::LimitName,
    overrides::{Override, Subject, SubjectKind},
    policy::Policy,
};

pub(super) fn overrides(policy: &mut Policy, raw: &[RawOverride], mistakes: &mut Mistakes) {
    for (index, raw) in raw.iter().enumerate() {
        let key = format!("overrides[{index}]");
        let Some(limit) = limit(raw, &key, mistakes) else {
            continue;
        };
        let quota = quota(policy, limit, raw, &key, mistakes);
        let subject = subject(policy, limit, raw, &key, mistakes);
        let author = said(&raw.author, "author", &key, mistakes);
        let reason = said(&raw.reason, "reason", &key, mistakes);
        let expires = raw.expires.as_ref().map(|written| expiry(written, &key, mistakes));
        let (Some(quota), Some(subject)) = (quota, subject) else {
            continue;
        };

        if policy.overrides.contains(limit, subject.as_ref()) {
            let problem = format!("{limit} has an override for this above");
            mistakes.at(format!("{key}.limit"), &raw.limit, problem);
            continue;
        }
        let fits = policy.overrides.insert(limit, subject, Override { quota, author, reason, expires });
        debug_assert!(fits, "the subject was made for the limit");
    }
}

fn limit(raw: &RawOverride, key: &str, mistakes: &mut Mistakes) -> Option<LimitName> {
    let name = LimitName::of(raw.limit.get_ref());
    if name.is_none() {
        mistakes.at(format!("{key}.limit"), &raw.limit, unknown_limit(raw.limit.get_ref()));
    }
    name
}

/// The numbers, on those of the limit. The override of the domain limit for an account changes those
/// of the domain limit.
fn quota(
    policy: &Policy,
    name: LimitName,
    raw: &RawOverride,
    key: &str,
    mistakes: &mut Mistakes,
) -> Option<Quota> {
    let base = match name {
        LimitName::CertificatesPerRegisteredDomainPerAccount => LimitName::CertificatesPerRegisteredDomain,
        other => other,
    };
    let Some(limit) = policy.limit(base) else {
        let problem = format!("{base} is switched off, so there is nothing to override");
        mistakes.at(format!("{key}.limit"), &raw.limit, problem);
        return None;
    };
    let written =
        WrittenQuota { count: raw.count.as_ref(), burst: raw.burst.as_ref(), period: raw.period.as_ref() };
    if written.is_empty() {
        mistakes.at(key, &raw.limit, "an override changes count, burst or period: none is given");
        return None;
    }
    Some(written.on(limit.quota, key, mistakes))
}

/// Exactly one subject, of the kind the limit is overridden for.
fn subject(
    policy: &Policy,
    limit: LimitName,
    raw: &RawOverride,
    key: &str,
    mistakes: &mut Mistakes,
) -> Option<Subject> {
    let wanted = field(limit.override_subject());
    let given: Vec<_> = [
        ("account", raw.account.as_ref().map(Spanned::span)),
        ("address", raw.address.as_ref().map(Spanned::span)),
        ("range", raw.range.as_ref().map(Spanned::span)),
        ("domain", raw.domain.as_ref().map(Spanned::span)),
        ("identifiers", raw.identifiers.as_ref().map(Spanned::span)),
    ]
    .into_iter()
    .filter_map(|(name, span)| Some((name, span?)))
    .collect();

    let mut fits = true;
    for (name, span) in given.iter().filter(|(name, _)| *name != wanted) {
        let problem = format!("an override of {limit} is for {wanted}");
        mistakes.add(format!("{key}.{name}"), Some(span.clone()), problem);
        fits = false;
    }
    if given.is_empty() {
        mistakes.at(key, &raw.limit, format!("an override of {limit} needs {wanted}"));
    }
    if !fits {
        return None;
    }
    let written = match limit.override_subject() {
        SubjectKind::Account => &raw.account,
        SubjectKind::Address => &raw.address,
        SubjectKind::Ipv6Range => &raw.range,
        SubjectKind::Domain => &raw.domain,
        SubjectKind::Set => return set(raw.identifiers.as_ref()?, key, mistakes),
    };
    let written = written.as_ref()?;
    match policy.subject(limit, written.get_ref()) {
        Ok(subject) => Some(subject),
        Err(error) => {
            mistakes.at(format!("{key}.{wanted}"), written, error.to_string());
            None
        }
    }
}

fn field(kind: SubjectKind) -> &'static str {
    match kind {
        SubjectKind::Account => "account",
        SubjectKind::Address => "address",
        SubjectKind::Ipv6Range => "range",
        SubjectKind::Domain => "domain",
        SubjectKind::Set => "identifiers",
    }
}

fn set(written: &Spanned<Vec<String>>, key: &str, mistakes: &mut Mistakes) -> Option<Subject> {
    let key = format!("{key}.identifiers");
    if written.get_ref().len() as u64 > IDENTIFIERS_MAX {
        mistakes.at(key, written, format!("more than {IDENTIFIERS_MAX} identifiers"));
        return None;
    }
    let identifiers: Result<Vec<_>, _> =
        written.get_ref().iter().map(|identifier| Identifier::from_text(identifier)).collect();
    match identifiers.map(IdentifierSet::new) {
        Ok(Some(set)) => Some(Subject::Set(set.id())),
        Ok(None) => {
            mistakes.at(key, written, "a set has at least one identifier");
            None
        }
        Err(error) => {
            mistakes.at(key, written, error.to_string());
            None
        }
    }
}

fn said(written: &Spanned<String>, name: &str, key: &str, mistakes: &mut Mistakes) -> String {
    let text = written.get_ref().trim();
    if text.is_empty() {
        mistakes.at(format!("{key}.{name}"), written, "an override says who allowed it and why");
    }
    text.to_owned()
}

/// A date is its first moment in UTC.
fn expiry(written: &Spanned<Datetime>, key: &str, mistakes: &mut Mistakes) -> Timestamp {
    let moment = match written.get_ref() {
        Datetime { date: Some(date), time: None, offset: None } => format!("{date}T00:00:00Z"),
        complete => complete.to_string(),
    };
    let nanos = moment.parse::<jiff::Timestamp>().ok().and_then(|at| u64::try_from(at.as_nanosecond()).ok());
    nanos.map_or_else(
        || {
            let problem = "this is no moment between 1970 and 2554: write 2027-06-30 or 2027-06-30T12:00:00Z";
            mistakes.at(format!("{key}.expires"), written, problem);
            Timestamp::EPOCH
        },
        Timestamp::from_nanos,
    )
}
