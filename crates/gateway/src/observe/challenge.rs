//! Challenges (RFC 8555, 7.1.5 and 7.5.1).

use http::StatusCode;
use tollgate_acme::{
    authorization::{ChallengeBody, ChallengeStatus},
    problem::{Problem, ProblemType},
    resource::ResourcePath,
};

use super::{Exchange, Fact};

/// After a look at a challenge, or the request to validate it.
pub(super) fn seen(authorization: &ResourcePath, exchange: &Exchange<'_>) -> Vec<Fact> {
    if !exchange.is_accepted() {
        return refused(authorization, exchange);
    }
    let authorization = authorization.clone();
    let mut facts = Vec::new();
    if !exchange.payload.is_empty() {
        facts.push(Fact::ChallengeAttempted { authorization: authorization.clone() });
    }
    match ChallengeBody::parse(exchange.body).and_then(|challenge| challenge.status) {
        Some(ChallengeStatus::Valid) => facts.push(Fact::ValidationSucceeded { authorization }),
        Some(ChallengeStatus::Invalid) => {
            facts.push(Fact::ValidationFailed { authorization, only_for: None })
        }
        Some(ChallengeStatus::Pending | ChallengeStatus::Processing) | None => {}
    }
    facts
}

/// Some CAs (serles) validate while the client waits and answer 400 when that fails. The refusal itself
/// proves nothing about who asked, so the signature must have.
fn refused(authorization: &ResourcePath, exchange: &Exchange<'_>) -> Vec<Fact> {
    let Some(account) = exchange.signer.verified() else { return Vec::new() };
    if exchange.status != StatusCode::BAD_REQUEST
        || exchange.payload.is_empty()
        || !tells_an_outcome(exchange.body)
    {
        return Vec::new();
    }
    vec![Fact::ValidationFailed { authorization: authorization.clone(), only_for: Some(account.clone()) }]
}

/// Whether a problem is about the validation and not about the request. CAs have types of their own for
/// failed DNS lookups (`dnsTimeout`), all of which begin alike.
fn tells_an_outcome(body: &[u8]) -> bool {
    let Ok(problem) = serde_json::from_slice::<Problem>(body) else { return false };
    match ProblemType::of_urn(&problem.kind) {
        Some(kind) => is_validation_outcome(kind),
        None => problem.kind.starts_with(ProblemType::Dns.urn()),
    }
}

/// Whether a problem of this type says that a validation failed.
pub(crate) fn is_validation_outcome(kind: ProblemType) -> bool {
    matches!(
        kind,
        ProblemType::Caa
            | ProblemType::Compound
            | ProblemType::Connection
            | ProblemType::Dns
            | ProblemType::IncorrectResponse
            | ProblemType::RejectedIdentifier
            | ProblemType::Tls
            | ProblemType::Unauthorized
    )
}
