//! Authorizations (RFC 8555, 7.1.4 and 7.5).

use http::StatusCode;
use tollgate_acme::{
    authorization::{AuthorizationBody, AuthorizationStatus, ChallengeStatus},
    resource::ResourcePath,
};

use super::{AuthorizationSeen, Exchange, Fact};

/// After newAuthz.
pub(super) fn created(exchange: &Exchange<'_>) -> Vec<Fact> {
    match exchange.location() {
        Some(authorization) if exchange.status == StatusCode::CREATED => seen(&authorization, exchange),
        _ => Vec::new(),
    }
}

/// After a look at an authorization, or at what deactivating it did.
pub(super) fn seen(authorization: &ResourcePath, exchange: &Exchange<'_>) -> Vec<Fact> {
    let body = exchange.is_accepted().then(|| AuthorizationBody::parse(exchange.body)).flatten();
    let Some(body) = body else { return Vec::new() };
    let mut facts = vec![Fact::AuthorizationSeen(AuthorizationSeen {
        authorization: authorization.clone(),
        account: exchange.account().cloned(),
        identifier: body.identifier.clone(),
        status: body.status,
        challenges: body.challenges.iter().filter_map(|challenge| challenge.url.clone()).collect(),
    })];
    facts.extend(outcome(&body).map(|outcome| outcome.of(authorization)));
    facts
}

enum Outcome {
    Failed,
    Succeeded,
}

impl Outcome {
    fn of(self, authorization: &ResourcePath) -> Fact {
        let authorization = authorization.clone();
        match self {
            Self::Failed => Fact::ValidationFailed { authorization, only_for: None },
            Self::Succeeded => Fact::ValidationSucceeded { authorization },
        }
    }
}

/// A challenge may show the outcome before its authorization does. Giving up a pending authorization
/// counts as a failure (RULES 4); giving up one that was valid does not, and its challenge tells.
fn outcome(body: &AuthorizationBody) -> Option<Outcome> {
    let any = |status| body.challenges.iter().any(|challenge| challenge.status == Some(status));
    match body.status? {
        AuthorizationStatus::Valid => Some(Outcome::Succeeded),
        AuthorizationStatus::Invalid => Some(Outcome::Failed),
        AuthorizationStatus::Deactivated => (!any(ChallengeStatus::Valid)).then_some(Outcome::Failed),
        AuthorizationStatus::Pending => any(ChallengeStatus::Invalid).then_some(Outcome::Failed),
        AuthorizationStatus::Expired | AuthorizationStatus::Revoked => None,
    }
}
