//! An account, for an operator who looks or is asked.

use axum::{Json, extract::State};
use serde::Deserialize;

use super::{
    Admin,
    caller::{Asked, Reader},
    pauses::account_of,
    problem::Answer,
};
use crate::api::AccountView;

/// Which account.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    account: String,
}

pub(super) async fn show(
    _: Reader,
    State(admin): State<Admin>,
    Asked(which): Asked<Which>,
) -> Answer<AccountView> {
    let account = account_of(&which.account)?;
    let paused = admin.limiter.records().pause_count(&account).await?;
    let link = admin.limiter.unpause_links().status_link(&account, admin.limiter.now());
    Ok(Json(AccountView { account: account.to_string(), paused, link }))
}
