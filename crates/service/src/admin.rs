//! The admin API and the operators' page: their routes.
//!
//! Every route of the API asks who is there before it reads a body: a bearer token, or a client certificate that the
//! listener verified. Looking needs a grant, changing one with the role `write`.

mod accounts;
mod audit;
mod caller;
mod import;
mod overrides;
mod page;
mod pauses;
mod problem;
mod requests;

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{get, post},
};
use tollgate_limiter::Limiter;

use crate::{access::AccessInForce, exchange::FILE_BYTES_MAX};

pub use caller::PeerCertificate;

/// The largest request body, files aside.
const BODY_BYTES_MAX: usize = 16 * 1024;

/// What the admin API shows and changes, and for whom.
#[derive(Clone)]
pub struct Admin {
    limiter: Arc<Limiter>,
    access: AccessInForce,
}

impl Admin {
    /// The records and the policy of `limiter`, for whoever has a grant in `access` when they call.
    #[must_use]
    pub fn new(limiter: Arc<Limiter>, access: AccessInForce) -> Self {
        Self { limiter, access }
    }

    /// The routes, to be merged with those of another state.
    pub fn router<S: Clone + Send + Sync + 'static>(self) -> Router<S> {
        Router::new()
            .route("/overrides", get(overrides::list))
            .route("/override", get(overrides::show).put(overrides::put))
            .route("/override/remove", post(overrides::remove))
            .route("/overrides/export", get(import::export))
            .route("/override-requests", get(requests::list))
            .route("/override-requests/{id}", get(requests::show))
            .route("/override-requests/{id}/approve", post(requests::approve))
            .route("/override-requests/{id}/deny", post(requests::deny))
            .route("/pauses", get(pauses::list).post(pauses::add))
            .route("/pauses/lift", post(pauses::lift))
            .route("/account", get(accounts::show))
            .route("/audit", get(audit::list))
            .route("/operators", get(page::show))
            .route("/operators/style.css", get(page::style))
            .route("/operators/requests/{id}", post(page::decide))
            .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
            .route("/overrides/import", post(import::import).layer(DefaultBodyLimit::max(FILE_BYTES_MAX)))
            .with_state(self)
    }
}
