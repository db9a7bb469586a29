//! What the records promise, over their public interface and whatever keeps them.

mod account;
mod audit;
mod authorization;
mod certificate;
mod issuance;
mod lease;
mod order;
mod r#override;
mod override_request;
mod pause;
mod reservation;
mod resource;
mod sweep;
mod tally;

use jiff::{SignedDuration, Timestamp};
use tollgate_acme::{
    certificate::CertificateId,
    identifier::{Identifier, IdentifierSet},
    jwk::Jwk,
    order::OrderStatus,
    resource::{AccountId, ResourcePath},
};
use tollgate_records::{Admitted, Certificate, Issuance, Order};

use crate::Fresh;

/// Callers at the same time, in the tests of claims.
const CALLERS: usize = 200;

/// 2026-11-23 10:00:00 UTC.
pub(crate) fn t0() -> Timestamp {
    Timestamp::from_second(1_795_428_000).unwrap()
}

pub(crate) fn after(seconds: i64) -> Timestamp {
    t0() + SignedDuration::from_secs(seconds)
}

pub(crate) fn days(days: i64) -> Timestamp {
    after(days * 86_400)
}

async fn records() -> Fresh {
    crate::fresh().await
}

pub(crate) fn path(text: &str) -> ResourcePath {
    ResourcePath::of(text).unwrap()
}

pub(crate) fn account(number: u32) -> AccountId {
    AccountId::of(&format!("/acme/acct/{number}")).unwrap()
}

pub(crate) fn name(text: &str) -> Identifier {
    Identifier::from_text(text).unwrap()
}

pub(crate) fn names<const N: usize>(texts: [&str; N]) -> IdentifierSet {
    IdentifierSet::new(texts.into_iter().map(name).collect()).unwrap()
}

pub(crate) fn key(number: u8) -> Jwk {
    Jwk::Ed25519 { x: [number; 32] }
}

pub(crate) fn certificate_id(number: u8) -> CertificateId {
    // base64url of 20 octets of authority key id and of one octet of serial.
    let serials = ["AQ", "Ag", "Aw", "BA"];
    CertificateId::parse(&format!("aYhba4dGQEHhs3uEe6CuLN4ByNQ.{}", serials[usize::from(number)])).unwrap()
}

pub(crate) fn order(number: u32) -> Order {
    Order {
        id: path(&format!("/acme/order/{number}")),
        account: account(1),
        identifiers: names(["example.com", "*.example.com", "192.0.2.1"]),
        admitted: Admitted::Limited,
        replaces: None,
        status: OrderStatus::Pending,
        issuance: Issuance::NotCounted,
        created: t0(),
    }
}

pub(crate) fn certificate(number: u8) -> Certificate {
    Certificate {
        id: certificate_id(number),
        account: account(1),
        order: Some(path("/acme/order/1")),
        identifiers: names(["example.com", "2001:db8::1"]),
        not_before: t0(),
        not_after: days(90),
        revoked: false,
        replaced_by: None,
    }
}

/// Runs the same call from many tasks at once and counts those answered `true`.
pub(crate) async fn winners<F>(call: impl Fn(usize) -> F) -> usize
where
    F: Future<Output = Result<bool, tollgate_records::RecordsError>> + Send + 'static,
{
    let tasks: Vec<_> = (0..CALLERS).map(|n| tokio::spawn(call(n))).collect();
    let mut winners = 0;
    for task in tasks {
        winners += usize::from(task.await.unwrap().unwrap());
    }
    winners
}
