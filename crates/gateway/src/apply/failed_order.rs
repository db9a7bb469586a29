//! Which authorizations an order that turned `invalid` has failed by. Some clients poll nothing but the
//! order, and the order does not say.

use tollgate_acme::{identifier::Identifier, order::OrderStatus};
use tollgate_records::{Authorization, Order};

use super::{Applier, Result};
use crate::observe::{OrderFailure, is_validation_outcome};

impl Applier<'_> {
    /// The authorizations to count. Those of a finalized order are all valid, and an order that expired
    /// has none that was attempted, so that neither leaves anything to count.
    pub(super) async fn failed_authorizations(
        &self,
        order: &Order,
        failure: &OrderFailure,
    ) -> Result<Vec<Authorization>> {
        if matches!(order.status, OrderStatus::Processing | OrderStatus::Valid) {
            return Ok(Vec::new());
        }
        let mut open = self.records.authorizations_of_order(&order.id).await?;
        open.retain(|authorization| !authorization.counted);
        Ok(culprits(open, failure))
    }
}

/// From the most to the least certain: those that the CA names, the one that was attempted, those that
/// the text mentions, else all that were attempted and not seen valid.
fn culprits(open: Vec<Authorization>, failure: &OrderFailure) -> Vec<Authorization> {
    let is_named = |one: &Authorization| failure.identifiers.iter().any(|named| is_for(one, named));
    if open.iter().any(is_named) {
        return open.into_iter().filter(is_named).collect();
    }
    // The request that attempted it may have gone past the gateway; the type still tells what happened.
    if open.len() == 1 && failure.kind.is_some_and(is_validation_outcome) {
        return open;
    }
    let attempted: Vec<_> = open.into_iter().filter(|authorization| authorization.attempted).collect();
    let is_mentioned = |one: &Authorization| {
        one.identifier.as_ref().is_some_and(|identifier| mentions(&failure.detail, identifier))
    };
    if attempted.iter().any(is_mentioned) {
        return attempted.into_iter().filter(is_mentioned).collect();
    }
    attempted
}

/// CAs name a wildcard with its `*.` or without.
fn is_for(authorization: &Authorization, named: &Identifier) -> bool {
    authorization
        .identifier
        .as_ref()
        .is_some_and(|identifier| identifier == named || base(identifier) == named.to_string())
}

fn base(identifier: &Identifier) -> String {
    match identifier {
        Identifier::Dns(name) => name.base().to_owned(),
        Identifier::Ip(address) => address.to_string(),
    }
}

/// Whether a text mentions this identifier and not merely a name that contains it.
fn mentions(text: &str, identifier: &Identifier) -> bool {
    let (text, name) = (text.to_ascii_lowercase(), base(identifier));
    text.match_indices(&name).any(|(at, _)| {
        let before = text[..at].strip_suffix("_acme-challenge.").unwrap_or(&text[..at]);
        let after = &text[at + name.len()..];
        let continues = after.strip_prefix('.').unwrap_or(after).starts_with(is_name_character);
        !before.ends_with(|c| is_name_character(c) || c == '.') && !continues
    })
}

fn is_name_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

#[cfg(test)]
mod tests {
    use tollgate_acme::{
        authorization::AuthorizationStatus,
        problem::ProblemType,
        resource::{AccountId, ResourcePath},
    };

    use super::*;

    fn open(name: &str, attempted: bool) -> Authorization {
        Authorization {
            id: ResourcePath::of(&format!("/authz/{}", name.replace('*', "wild"))).unwrap(),
            account: AccountId::of("/acct/1").unwrap(),
            identifier: Some(Identifier::dns(name).unwrap()),
            status: AuthorizationStatus::Pending,
            attempted,
            counted: false,
        }
    }

    fn names(culprits: &[Authorization]) -> Vec<String> {
        culprits.iter().filter_map(|one| one.identifier.as_ref()).map(ToString::to_string).collect()
    }

    #[test]
    fn the_authorizations_that_an_order_failed_by_are_found() {
        let (a, b) = (open("a.example", true), open("b.example", true));
        let unattempted = open("c.example", false);
        let told = |detail: &str| OrderFailure { detail: detail.to_owned(), ..OrderFailure::default() };
        let named =
            OrderFailure { identifiers: vec![Identifier::dns("c.example").unwrap()], ..told("a.example") };
        let typed = OrderFailure { kind: Some(ProblemType::Connection), ..OrderFailure::default() };
        // (what, open authorizations, what the CA says, those that failed)
        let cases = [
            ("named by the CA", vec![a.clone(), b.clone(), unattempted.clone()], named, vec!["c.example"]),
            ("only one was attempted", vec![a.clone(), unattempted.clone()], told(""), vec!["a.example"]),
            (
                "mentioned",
                vec![a.clone(), b.clone()],
                told("Get \"http://b.example:80/\": refused"),
                vec!["b.example"],
            ),
            (
                "any of them",
                vec![a.clone(), b.clone()],
                told("connection refused"),
                vec!["a.example", "b.example"],
            ),
            ("expired", vec![unattempted.clone()], told(""), vec![]),
            ("by its type", vec![unattempted.clone()], typed, vec!["c.example"]),
            ("finalized", vec![], told("CAA"), vec![]),
        ];
        for (what, open, failure, expected) in cases {
            assert_eq!(names(&culprits(open, &failure)), expected, "{what}");
        }
    }

    #[test]
    fn a_name_is_not_mentioned_by_a_longer_one() {
        for (text, mentioned) in [
            ("no record for example.com", true),
            ("example.com.", true),
            ("(Example.COM)", true),
            ("TXT _acme-challenge.example.com", true),
            ("https://example.com/x", true),
            ("www.example.com", false),
            ("myexample.com", false),
            ("example.community", false),
            ("example.com.evil", false),
            ("example.com-x", false),
            ("", false),
        ] {
            assert_eq!(mentions(text, &Identifier::dns("example.com").unwrap()), mentioned, "{text}");
        }
    }
}
