//! Override requests, and what is decided.

use axum::{
    Json,
    extract::{Path, State},
};
use serde::Deserialize;
use tollgate_limiter::SpentUnits;
use tollgate_records::{Approval, Decided, OverrideRequest};

use super::{
    Admin,
    caller::{Asked, Body, Reader, Writer},
    overrides::{said, would_lower},
    problem::{Answer, Refused},
};
use crate::api::{Approve, Deny, PAGE_MAX, RequestList, RequestView};

/// Which requests.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    #[serde(default)]
    state: Wanted,
    after: Option<u64>,
    max: Option<u32>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Wanted {
    #[default]
    Pending,
    Any,
}

pub(super) async fn list(
    _: Reader,
    State(admin): State<Admin>,
    Asked(which): Asked<Which>,
) -> Answer<RequestList> {
    let max = which.max.unwrap_or(PAGE_MAX).clamp(1, PAGE_MAX);
    let records = admin.limiter.records();
    let requests = match which.state {
        Wanted::Pending => records.pending_override_requests(which.after, max).await?,
        Wanted::Any => records.override_requests(which.after, max).await?,
    };
    let next = requests.last().filter(|_| requests.len() == max as usize).map(|last| last.id.to_string());
    Ok(Json(RequestList { requests: requests.into_iter().map(RequestView::from).collect(), next }))
}

pub(super) async fn show(
    _: Reader,
    State(admin): State<Admin>,
    Path(id): Path<String>,
) -> Answer<RequestView> {
    let id = number(&id)?;
    let request = admin.limiter.records().override_request(id).await?;
    request.map(|request| Json(request.into())).ok_or_else(|| no_such_request(id))
}

pub(super) async fn approve(
    Writer(who): Writer,
    State(admin): State<Admin>,
    Path(id): Path<String>,
    Body(approve): Body<Approve>,
) -> Answer<RequestView> {
    said("reason", &approve.reason)?;
    let id = number(&id)?;
    let Approve { reason, expires, force, keep_spent } = approve;
    let approval = Approval { author: who, reason, expires, force };
    let spent = if keep_spent { SpentUnits::Kept } else { SpentUnits::Forgiven };
    decided(id, admin.limiter.approve_override_request(id, approval, spent).await?)
}

pub(super) async fn deny(
    Writer(who): Writer,
    State(admin): State<Admin>,
    Path(id): Path<String>,
    Body(deny): Body<Deny>,
) -> Answer<RequestView> {
    said("reason", &deny.reason)?;
    let (id, now) = (number(&id)?, admin.limiter.moment());
    decided(id, admin.limiter.records().deny_override_request(id, &who, &deny.reason, now).await?)
}

fn decided(id: u64, decided: Decided) -> Answer<RequestView> {
    match decided {
        Decided::Done(request) => {
            tracing::info!(id, "override request decided");
            Ok(Json(request.into()))
        }
        Decided::NoSuchRequest => Err(no_such_request(id)),
        Decided::DecidedBefore(request) => Err(Refused::conflict(decided_before(&request))),
        Decided::WouldLower { before } => Err(Refused::conflict(would_lower(&before))),
    }
}

fn decided_before(request: &OverrideRequest) -> String {
    match &request.verdict {
        Some(verdict) => {
            format!("request {} was decided by {} on {}", request.id, verdict.author, verdict.at)
        }
        None => format!("request {} is being decided", request.id),
    }
}

fn number(id: &str) -> Result<u64, Refused> {
    id.parse().map_err(|_| Refused::not_found("override requests have numbers"))
}

fn no_such_request(id: u64) -> Refused {
    Refused::not_found(format!("there is no override request {id}"))
}
