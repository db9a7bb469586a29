//! What an exchange with the CA tells: one request, its answer, and the facts that follow.
//!
//! Reading is a pure function of the exchange, lenient about everything a CA may leave out, reorder or
//! add, and says only what the CA itself said. Whether a fact is new, and what it costs, is for
//! [`crate::apply`].

mod account;
mod authorization;
mod certificate;
mod challenge;
mod fact;
mod order;
mod unnamed;

use http::{HeaderMap, StatusCode, header};
use tollgate_acme::resource::{AccountId, ResourcePath};

pub(crate) use self::challenge::is_validation_outcome;
pub use self::fact::{AuthorizationSeen, Fact, OrderFailure, OrderSeen, Sight};
use crate::{resource::Resource, signer::Signer};

/// One request and its answer.
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'a> {
    /// What the request was for.
    pub resource: &'a Resource,
    /// The path as asked.
    pub path: &'a ResourcePath,
    /// Who signed the request.
    pub signer: &'a Signer,
    /// The signed payload; empty for POST-as-GET, and for GET.
    pub payload: &'a [u8],
    /// The answer's status.
    pub status: StatusCode,
    /// The answer's header fields.
    pub headers: &'a HeaderMap,
    /// The answer's body.
    pub body: &'a [u8],
}

/// The facts that an exchange tells, in the order in which they are to be applied.
#[must_use]
pub fn observe(exchange: &Exchange<'_>) -> Vec<Fact> {
    match exchange.resource {
        Resource::NewAccount => account::created(exchange),
        Resource::Account(account) => account::answered(account, exchange),
        Resource::KeyChange => account::key_changed(exchange),
        Resource::NewOrder => order::created(exchange),
        Resource::Order(order) => order::seen(order, Sight::Polled, exchange),
        Resource::Finalize(order) => order::seen(order, Sight::Finalized, exchange),
        Resource::NewAuthz => authorization::created(exchange),
        Resource::Authorization(authorization) => authorization::seen(authorization, exchange),
        Resource::Challenge(authorization) => challenge::seen(authorization, exchange),
        Resource::Certificate(order) => certificate::downloaded(Some(order), exchange),
        Resource::RevokeCert => certificate::revoked(exchange),
        Resource::Unknown => unnamed::seen(exchange),
        Resource::Directory | Resource::NewNonce | Resource::RenewalInfo => Vec::new(),
    }
}

impl Exchange<'_> {
    fn is_accepted(&self) -> bool {
        self.status.is_success()
    }

    /// The account that the CA has just dealt with; signatures that do not fit what is known here prove
    /// nothing, whatever became of the request.
    fn account(&self) -> Option<&AccountId> {
        match self.signer {
            Signer::Account(account) | Signer::Stranger(account) if self.is_accepted() => Some(account),
            _ => None,
        }
    }

    fn location(&self) -> Option<ResourcePath> {
        self.headers.get(header::LOCATION)?.to_str().ok().and_then(ResourcePath::of)
    }

    /// The target of the `Link` with this relation. CAs send one field each or all in one, and some do
    /// not quote the relation.
    fn link(&self, relation: &str) -> Option<ResourcePath> {
        let links = self.headers.get_all(header::LINK).iter().filter_map(|value| value.to_str().ok());
        links.flat_map(link_values).find_map(|(target, parameters)| {
            let names_it = parameters.split(';').filter_map(|parameter| parameter.split_once('=')).any(
                |(name, value)| {
                    name.trim().eq_ignore_ascii_case("rel")
                        && value.trim().trim_matches('"').split_ascii_whitespace().any(|one| one == relation)
                },
            );
            names_it.then(|| ResourcePath::of(target)).flatten()
        })
    }
}

/// The links of one field: target and parameters of each.
fn link_values(field: &str) -> impl Iterator<Item = (&str, &str)> {
    field.split('<').skip(1).filter_map(|link| {
        let (target, parameters) = link.split_once('>')?;
        Some((target, parameters.trim_end_matches([',', ' '])))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_read_however_a_ca_writes_them() {
        for fields in [
            &[r#"<https://ca/dir>;rel="index""#, r#"<https://ca/authz/1>;rel="up""#][..],
            &[r#"<https://ca/authz/1>;rel="up", <https://ca/dir>;rel="index""#],
            &["<https://ca/dir>;rel=index", "<https://ca/authz/1>;rel=up"],
            &["<https://ca/authz/1>; title=\"x\"; REL=\"next up\""],
            &["junk, <, <https://ca/dir;rel=up", "<https://ca/authz/1> ; rel = up"],
        ] {
            let mut headers = HeaderMap::new();
            for field in fields {
                headers.append(header::LINK, field.parse().unwrap());
            }
            let exchange = Exchange {
                resource: &Resource::Unknown,
                path: &ResourcePath::of("/challenge/1").unwrap(),
                signer: &Signer::Nobody,
                payload: b"",
                status: StatusCode::OK,
                headers: &headers,
                body: b"",
            };
            assert_eq!(exchange.link("up"), ResourcePath::of("/authz/1"), "{fields:?}");
            assert_eq!(exchange.link("alternate"), None);
        }
    }
}
