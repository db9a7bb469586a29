//! Orders (RFC 8555, 7.1.3 and 7.4).

use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use tollgate_acme::{
    identifier::Identifier,
    order::OrderBody,
    problem::{Problem, ProblemType},
    resource::ResourcePath,
};

use super::{Exchange, Fact, OrderFailure, OrderSeen, Sight};

/// After newOrder. Only 201 makes an order; what its body leaves out is filled in from the request by
/// whoever knows it.
pub(super) fn created(exchange: &Exchange<'_>) -> Vec<Fact> {
    if exchange.status != StatusCode::CREATED {
        return Vec::new();
    }
    vec![Fact::OrderCreated(read(exchange.location(), exchange))]
}

/// After a look at an order, or at what finalizing it did.
pub(super) fn seen(order: &ResourcePath, sight: Sight, exchange: &Exchange<'_>) -> Vec<Fact> {
    if !exchange.is_accepted() {
        return Vec::new();
    }
    let seen = read(Some(order.clone()), exchange);
    if seen.status.is_none() {
        return Vec::new();
    }
    vec![Fact::OrderSeen { sight, seen }]
}

pub(super) fn read(order: Option<ResourcePath>, exchange: &Exchange<'_>) -> OrderSeen {
    let body = OrderBody::parse(exchange.body).unwrap_or_default();
    OrderSeen {
        order,
        account: exchange.account().cloned(),
        status: body.status,
        identifiers: body.identifiers,
        authorizations: body.authorizations,
        finalize: body.finalize,
        certificate: body.certificate,
        expires: body.expires,
        replaces: body.replaces,
        failure: failure(exchange.body),
    }
}

fn failure(body: &[u8]) -> OrderFailure {
    let error = serde_json::from_slice(body)
        .ok()
        .and_then(|body: Value| Problem::deserialize(body.get("error")?).ok());
    let Some(problem) = error else { return OrderFailure::default() };
    let named = problem.subproblems.iter().filter_map(|subproblem| subproblem.identifier.as_ref());
    OrderFailure {
        kind: ProblemType::of_urn(&problem.kind),
        identifiers: named.filter_map(|named| Identifier::parse(&named.kind, &named.value).ok()).collect(),
        detail: problem.detail,
    }
}
