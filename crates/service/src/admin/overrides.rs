//! Overrides, one at a time and in pages.

use std::time::Duration;

use axum::{Json, extract::State};
use serde::Deserialize;
use tollgate_engine::Quota;
use tollgate_policy::{Policy, duration::parse_duration, limit::LimitName, overrides::Subject};
use tollgate_records::{Put, StoredOverride};

use super::{
    Admin,
    caller::{Asked, Body, Reader, Writer},
    problem::{Answer, Refused},
};
use crate::api::{OverrideList, OverrideView, PAGE_MAX, PutAnswer, PutOverride, RemoveOverride};

/// Which page of a list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    /// `next` of the page before.
    after: Option<String>,
    max: Option<u32>,
}

/// Which override.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    limit: String,
    subject: String,
}

pub(super) async fn list(
    _: Reader,
    State(admin): State<Admin>,
    Asked(page): Asked<Page>,
) -> Answer<OverrideList> {
    let max = page.max.unwrap_or(PAGE_MAX).clamp(1, PAGE_MAX);
    let after = page.after.as_deref().map(|after| after.split_once(' ').unwrap_or((after, "")));
    let stored = admin.limiter.records().overrides_page(after, max).await?;
    let rows = stored.overrides.len() + stored.unreadable.len();
    let last = stored.overrides.last().map(|last| format!("{} {}", last.limit, last.subject));
    let last_unreadable = stored.unreadable.last().map(|last| format!("{} {}", last.limit, last.subject));
    Ok(Json(OverrideList {
        overrides: stored.overrides.iter().map(OverrideView::from).collect(),
        unreadable: stored.unreadable.iter().map(|row| format!("{} {}", row.limit, row.subject)).collect(),
        next: if rows < max as usize { None } else { last.max(last_unreadable) },
    }))
}

pub(super) async fn show(
    _: Reader,
    State(admin): State<Admin>,
    Asked(which): Asked<Which>,
) -> Answer<OverrideView> {
    let (limit, subject) = subject_of(&admin.limiter.policy(), &which.limit, &which.subject)?;
    match admin.limiter.records().override_of(limit, &subject).await? {
        Some(stored) => Ok(Json(OverrideView::from(&stored))),
        None => Err(none(limit, &subject)),
    }
}

pub(super) async fn put(
    Writer(who): Writer,
    State(admin): State<Admin>,
    Body(put): Body<PutOverride>,
) -> Answer<PutAnswer> {
    let now = admin.limiter.moment();
    let force = put.force;
    let new = stored(&admin.limiter.policy(), put, &who, now)?;
    let (outcome, before) = match admin.limiter.records().put_override(new.clone(), force, &who, now).await? {
        Put::Added => ("added", None),
        Put::Changed { before } => ("changed", Some(before)),
        Put::Unchanged => ("unchanged", None),
        Put::WouldLower { before } => return Err(Refused::conflict(would_lower(&before))),
    };
    tracing::info!(limit = new.limit.as_str(), subject = %new.subject, outcome, who, "override written");
    Ok(Json(PutAnswer {
        outcome: outcome.to_owned(),
        now: OverrideView::from(&new),
        before: before.as_ref().map(OverrideView::from),
    }))
}

pub(super) async fn remove(
    Writer(who): Writer,
    State(admin): State<Admin>,
    Body(remove): Body<RemoveOverride>,
) -> Answer<OverrideView> {
    let limit = limit_of(&remove.limit)?;
    // One made under another policy can be removed as well.
    let subject = admin.limiter.policy().subject(limit, &remove.subject);
    let subject =
        subject.or_else(|_| Subject::parse(limit, &remove.subject)).map_err(Refused::unprocessable)?;
    said("reason", &remove.reason)?;
    let now = admin.limiter.moment();
    let removed = admin.limiter.records().remove_override(limit, &subject, &who, &remove.reason, now).await?;
    let removed = removed.ok_or_else(|| none(limit, &subject))?;
    tracing::info!(limit = limit.as_str(), %subject, who, "override removed");
    Ok(Json(OverrideView::from(&removed)))
}

/// As the records take it.
fn stored(
    policy: &Policy,
    put: PutOverride,
    who: &str,
    now: jiff::Timestamp,
) -> Result<StoredOverride, Refused> {
    let (limit, subject) = subject_of(policy, &put.limit, &put.subject)?;
    said("reason", &put.reason)?;
    let period = match &put.period {
        Some(period) => {
            parse_duration(period).map_err(|error| Refused::unprocessable(format!("period: {error}")))?
        }
        None => own_period(policy, limit)?,
    };
    let quota =
        Quota::new(put.count, period, put.burst.unwrap_or(put.count)).map_err(Refused::unprocessable)?;
    let author = put.author.map(|author| author.trim().to_owned()).filter(|author| !author.is_empty());
    Ok(StoredOverride {
        limit,
        subject,
        quota,
        author: author.unwrap_or_else(|| who.to_owned()),
        reason: put.reason.trim().to_owned(),
        expires: put.expires,
        changed: now,
    })
}

/// The period of the limit whose numbers an override replaces.
fn own_period(policy: &Policy, limit: LimitName) -> Result<Duration, Refused> {
    let base = match limit {
        LimitName::CertificatesPerRegisteredDomainPerAccount => LimitName::CertificatesPerRegisteredDomain,
        other => other,
    };
    let limit = policy.limit(base).ok_or_else(|| {
        Refused::unprocessable(format!("{base} is switched off and has no period of its own: give one"))
    })?;
    Ok(limit.quota.period())
}

pub(super) fn limit_of(name: &str) -> Result<LimitName, Refused> {
    LimitName::of(name).ok_or_else(|| Refused::unprocessable(format!("there is no limit {name:?}")))
}

fn subject_of(policy: &Policy, limit: &str, subject: &str) -> Result<(LimitName, Subject), Refused> {
    let limit = limit_of(limit)?;
    let subject = policy.subject(limit, subject).map_err(Refused::unprocessable)?;
    Ok((limit, subject))
}

/// An override, pause or decision says why.
pub(super) fn said(what: &str, text: &str) -> Result<(), Refused> {
    if text.trim().is_empty() {
        return Err(Refused::unprocessable(format!("{what}: say something")));
    }
    Ok(())
}

pub(super) fn would_lower(before: &StoredOverride) -> String {
    format!(
        "{} of {} has {} a period, {} at once until now: lowering that must be forced",
        before.subject,
        before.limit,
        before.quota.count(),
        before.quota.burst()
    )
}

fn none(limit: LimitName, subject: &Subject) -> Refused {
    Refused::not_found(format!("{subject} has no stored override of {limit}"))
}
