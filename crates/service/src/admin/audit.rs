//! Who changed what.

use axum::{Json, extract::State};
use serde::Deserialize;

use super::{
    Admin,
    caller::{Asked, Reader},
    problem::Answer,
};
use crate::api::{AuditList, AuditView, PAGE_MAX};

/// Which page.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    after: Option<u64>,
    max: Option<u32>,
}

pub(super) async fn list(
    _: Reader,
    State(admin): State<Admin>,
    Asked(page): Asked<Page>,
) -> Answer<AuditList> {
    let max = page.max.unwrap_or(PAGE_MAX).clamp(1, PAGE_MAX);
    let entries = admin.limiter.records().audit(page.after, max).await?;
    let next = entries.last().filter(|_| entries.len() == max as usize).map(|last| last.id.to_string());
    Ok(Json(AuditList { entries: entries.into_iter().map(AuditView::from).collect(), next }))
}
