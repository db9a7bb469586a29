//! Objects the CA has not named to us: older than the gateway, or asked for under an odd spelling. What
//! they are shows in the answer.

use http::StatusCode;
use tollgate_acme::{
    account::AccountBody,
    authorization::{AuthorizationBody, ChallengeBody},
    order::OrderBody,
    resource::AccountId,
};

use super::{
    AuthorizationSeen, Exchange, Fact, Sight, account, authorization, certificate, challenge, order,
};
use crate::signer::Signer;

/// After a request for something unknown.
pub(super) fn seen(exchange: &Exchange<'_>) -> Vec<Fact> {
    if !exchange.is_accepted() {
        return Vec::new();
    }
    if certificate::is_pem(exchange.body) {
        return certificate::downloaded(None, exchange);
    }
    match (exchange.signer, exchange.account()) {
        (Signer::Key(_), _) => account(exchange),
        (_, Some(owner)) if owner.0 == *exchange.path => account::answered(owner, exchange),
        (Signer::Account(owner), _) if account::is_key_change(exchange.payload) => {
            vec![Fact::KeyChanged { account: owner.clone(), key: None }]
        }
        _ => order(exchange)
            .or_else(|| authorization(exchange))
            .or_else(|| challenge(exchange))
            .unwrap_or_default(),
    }
}

/// An account made with the key in the request. Its key is not learned from an endpoint that only looks
/// like newAccount: it could be another's.
fn account(exchange: &Exchange<'_>) -> Vec<Fact> {
    let is_account =
        AccountBody::parse(exchange.body).status.is_some() && exchange.status == StatusCode::CREATED;
    let location = exchange.location().filter(|_| is_account);
    location.map(|path| Fact::AccountSeen { account: AccountId(path), key: None }).into_iter().collect()
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
