//! Who is calling, and what they send.

use std::sync::Arc;

use axum::{
    Json,
    extract::{FromRequest, FromRequestParts, Query, Request},
};
use http::{HeaderMap, StatusCode, Uri, header, request::Parts};
use serde::de::DeserializeOwned;
use tollgate_portal::shared::is_foreign;

use super::{Admin, problem::Refused};
use crate::access::{Grant, Role};

/// The client certificate (DER) of a connection, its chain verified in the handshake; the listener puts it
/// among the request's extensions.
#[derive(Clone, Debug)]
pub struct PeerCertificate(pub Arc<[u8]>);

/// Somebody who may look.
pub(super) struct Reader;

/// Somebody who may change things, by the name that goes into the audit.
pub(super) struct Writer(pub(super) String);

/// A body in JSON.
pub(super) struct Body<T>(pub(super) T);

/// A body that is a file of text.
pub(super) struct File(pub(super) String);

/// What the query says.
pub(super) struct Asked<T>(pub(super) T);

impl FromRequestParts<Admin> for Reader {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, admin: &Admin) -> Result<Self, Refused> {
        admin.caller(parts).map(|_| Self)
    }
}

impl FromRequestParts<Admin> for Writer {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, admin: &Admin) -> Result<Self, Refused> {
        let grant = admin.caller(parts)?;
        match grant.role {
            Role::Write => Ok(Self(grant.name)),
            Role::Read => {
                let detail =
                    format!("{} may look, but change nothing: this needs the role write", grant.name);
                Err(refused(StatusCode::FORBIDDEN, detail))
            }
        }
    }
}

impl Admin {
    fn caller(&self, parts: &Parts) -> Result<Grant, Refused> {
        self.known(&parts.headers, &parts.uri, parts.extensions.get())
            .map_err(|detail| refused(StatusCode::UNAUTHORIZED, detail))
    }

    /// Who has this bearer token or, without one, this certificate. A browser shows its certificate for pages of
    /// other sites as well: then it proves nothing.
    pub(super) fn known(
        &self,
        headers: &HeaderMap,
        uri: &Uri,
        certificate: Option<&PeerCertificate>,
    ) -> Result<Grant, &'static str> {
        let access = self.access.now();
        if let Some(token) = bearer(headers) {
            return access.by_token(token).cloned().ok_or("nobody has this token");
        }
        let certificate = certificate.ok_or("say who you are, by Authorization: Bearer TOKEN")?;
        if is_foreign(headers, uri) {
            return Err("a page of another site asks this, with your certificate");
        }
        access.by_certificate(&certificate.0).cloned().ok_or("nobody has this certificate")
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refused> {
        let Json(body) = Json::from_request(request, state).await?;
        Ok(Self(body))
    }
}

impl<S: Send + Sync> FromRequest<S> for File {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refused> {
        let text = String::from_request(request, state).await;
        text.map(Self).map_err(|rejection| Refused::new(rejection.status(), rejection.body_text()))
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let Query(asked) = Query::from_request_parts(parts, state).await?;
        Ok(Self(asked))
    }
}

/// The token of `Authorization: Bearer TOKEN` (RFC 6750, 2.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

fn refused(status: StatusCode, detail: impl ToString) -> Refused {
    count_refusal(if status == StatusCode::FORBIDDEN { "role" } else { "unknown" });
    Refused::new(status, detail)
}

/// Counts and logs a refusal, without what was shown.
pub(super) fn count_refusal(reason: &'static str) {
    metrics::counter!("tollgate_admin_refused_total", "reason" => reason).increment(1);
    tracing::warn!(reason, "a call of the admin API was refused");
}
