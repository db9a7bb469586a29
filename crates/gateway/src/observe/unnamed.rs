//! Objects the CA has not named to us: older than the gateway, or asked for under an odd spelling. What
//! they are shows in the answer.

use http::StatusCode;
use tollgate_acme::{
    authorization::{AuthorizationBody, ChallengeBody},
    order::OrderBody,
};

use super::{
    AuthorizationSeen, Exchange, Fact, Sight, account, authorization, certificate, challenge, order,
};

/// After a request for something unknown.
pub(super) fn seen(exchange: &Exchange<'_>) -> Vec<Fact> {
    if !exchange.is_accepted() {
        return Vec::new();
    }
    if certificate::is_pem(exchange.body) {
        return certificate::downloaded(None, exchange);
    }
    match exchange.account() {
        Some(owner) if owner.0 == *exchange.path => account::answered(owner, exchange),
        _ => order(exchange)
            .or_else(|| authorization(exchange))
            .or_else(|| challenge(exchange))
            .unwrap_or_default(),
    }
}

fn order(exchange: &Exchange<'_>) -> Option<Vec<Fact>> {
    let body = OrderBody::parse(exchange.body)?;
    if body.status.is_none() || body.authorizations.is_empty() || body.identifiers.is_empty() {
        return None;
    }
    if exchange.status == StatusCode::CREATED {
        return Some(order::created(exchange));
    }
    // A request with content is the one to finalize; where the order itself is, only Location tells.
    let (sight, path) = match exchange.payload {
        [] => (Sight::Polled, exchange.path.clone()),
        _ => (Sight::Finalized, exchange.location()?),
    };
    Some(order::seen(&path, sight, exchange))
}

fn authorization(exchange: &Exchange<'_>) -> Option<Vec<Fact>> {
    let body = AuthorizationBody::parse(exchange.body)?;
    let is_one = body.identifier.is_some() && !body.challenges.is_empty();
    is_one.then(|| authorization::seen(exchange.path, exchange))
}

fn challenge(exchange: &Exchange<'_>) -> Option<Vec<Fact>> {
    let body = ChallengeBody::parse(exchange.body)?;
    let authorization = exchange.link("up")?;
    if body.kind.is_none() || body.url.is_none() {
        return None;
    }
    let mut facts = vec![Fact::AuthorizationSeen(AuthorizationSeen {
        authorization: authorization.clone(),
        account: exchange.account().cloned(),
        identifier: None,
        status: None,
        challenges: vec![exchange.path.clone()],
    })];
    facts.extend(challenge::seen(&authorization, exchange));
    Some(facts)
}
