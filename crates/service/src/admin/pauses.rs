//! Pauses: shown, added and lifted.

use axum::{Json, extract::State};
use serde::Deserialize;
use tollgate_acme::{identifier::Identifier, resource::AccountId};
use tollgate_records::ByHand;

use super::{
    Admin,
    caller::{Asked, Body, Reader, Writer},
    overrides::said,
    problem::{Answer, Refused},
};
use crate::api::{AddPause, AddedPause, LiftPauses, LiftedPauses, PAGE_MAX, PauseList};

/// The most pauses lifted in one call (RULES 6.2).
const LIFT_MAX: u32 = 50_000;

/// Which pauses.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    account: Option<String>,
    after: Option<u64>,
    max: Option<u32>,
}

pub(super) async fn list(
    _: Reader,
    State(admin): State<Admin>,
    Asked(which): Asked<Which>,
) -> Answer<PauseList> {
    let account = which.account.as_deref().map(account_of).transpose()?;
    let max = which.max.unwrap_or(PAGE_MAX).clamp(1, PAGE_MAX);
    let pauses = admin.limiter.records().pauses_page(account.as_ref(), which.after, max).await?;
    let next = pauses.last().filter(|_| pauses.len() == max as usize).map(|(id, _)| id.to_string());
    Ok(Json(PauseList { pauses: pauses.into_iter().map(|(_, pause)| pause.into()).collect(), next }))
}

pub(super) async fn add(
    Writer(who): Writer,
    State(admin): State<Admin>,
    Body(add): Body<AddPause>,
) -> Answer<AddedPause> {
    said("reason", &add.reason)?;
    let (account, identifier) = (account_of(&add.account)?, identifier_of(&add.identifier)?);
    let by = ByHand { who, why: add.reason, now: admin.limiter.moment() };
    tracing::info!(%account, %identifier, who = by.who, "paused by hand");
    let added = admin.limiter.records().pause_by_hand(&account, &identifier, by).await?;
    Ok(Json(AddedPause { added }))
}

pub(super) async fn lift(
    Writer(who): Writer,
    State(admin): State<Admin>,
    Body(lift): Body<LiftPauses>,
) -> Answer<LiftedPauses> {
    said("reason", &lift.reason)?;
    let account = account_of(&lift.account)?;
    let identifier = lift.identifier.as_deref().map(identifier_of).transpose()?;
    let by = ByHand { who, why: lift.reason, now: admin.limiter.moment() };
    let records = admin.limiter.records();
    let lifted = records.unpause_by_hand(&account, identifier.as_ref(), LIFT_MAX, by).await?;
    tracing::info!(%account, lifted = lifted.lifted, remaining = lifted.remaining, "pauses lifted by hand");
    Ok(Json(LiftedPauses { lifted: lifted.lifted, remaining: lifted.remaining }))
}

pub(super) fn account_of(text: &str) -> Result<AccountId, Refused> {
    AccountId::of(text).ok_or_else(|| Refused::unprocessable(format!("{text:?} is no account URL")))
}

fn identifier_of(text: &str) -> Result<Identifier, Refused> {
    Identifier::from_text(text).map_err(Refused::unprocessable)
}
