//! The limiter.

use std::{net::IpAddr, sync::Arc};

use tollgate_acme::{
    certificate::CertificateId,
    identifier::{Identifier, IdentifierSet},
    resource::AccountId,
};
use tollgate_engine::{Quota, Timestamp};
use tollgate_policy::{Policy, event::Exemption, limit::LimitName, message::Language};
use tollgate_records::{Records, RecordsError};

/// What a limiter is made of.
pub struct LimiterOptions {}

/// Decides, accounts and reports. Share it by `Arc`.
pub struct Limiter {}

/// A new order, as the limiter needs to know it.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the fields say it")]
pub struct NewOrder<'a> {
    pub account: &'a AccountId,
    pub identifiers: &'a IdentifierSet,
    pub replaces: Option<&'a CertificateId>,
}

/// Admitted or refused.
#[derive(Debug)]
#[must_use]
pub enum Admission {
    /// Go on; settle the reservation with the CA's answer.
    Admitted(Reservation),
    /// Tell the client.
    Refused(Refusal),
}

/// What an admitted request has spent until the CA has answered. Keep it (drop it) or refund it.
#[derive(Debug, Default)]
pub struct Reservation {
    /// What the order is exempt from.
    pub exemption: Option<Exemption>,
    /// For the RateLimit fields: each limit that was decided; the decisive one first.
    pub quotas: Vec<QuotaLine>,
}

/// One limit of a decision, for the RateLimit fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields say it")]
pub struct QuotaLine {
    pub limit: LimitName,
    pub quota: Quota,
    /// Known for the decisive limit only: whole units left, and seconds until full.
    pub left: Option<(u64, u64)>,
}

/// Why a request is refused.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The cause.
    pub cause: Cause,
    /// Identifiers at fault, for subproblems; empty when the request as a whole is.
    pub identifiers: Vec<Identifier>,
    /// For the RateLimit fields.
    pub quotas: Vec<QuotaLine>,
}

/// The cause of a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants say it")]
pub enum Cause {
    /// A limit. `retry_at` lies on a whole second; `retry_after_seconds` is at least 1; both tell the same moment.
    Limit { limit: LimitName, retry_at: Timestamp, retry_after_seconds: u64 },
    /// Paused pairs; waiting does not help.
    Paused { link: String },
    /// The bucket store or the records are away and a limit says `deny`.
    Unavailable { limit: LimitName },
}

impl Refusal {
    /// The `detail` of the problem document.
    #[must_use]
    pub fn detail(&self, language: Language) -> String {
        let _ = language;
        todo!()
    }
}

#[expect(missing_docs, clippy::missing_errors_doc, clippy::unused_async, reason = "stub")]
#[expect(unused_variables, reason = "stub")]
impl Limiter {
    pub fn policy(&self) -> Arc<Policy> {
        todo!()
    }
    pub fn records(&self) -> &Records {
        todo!()
    }
    pub fn now(&self) -> Timestamp {
        todo!()
    }
    pub async fn admit_new_account(&self, client: IpAddr) -> Admission {
        todo!()
    }
    pub async fn admit_new_order(&self, order: NewOrder<'_>) -> Admission {
        todo!()
    }
    /// Counts an order the CA accepted although it was forwarded without being admitted (its
    /// signature did not fit the key known). Never denies.
    pub async fn record_new_order(&self, order: NewOrder<'_>) -> Exemption {
        todo!()
    }
    /// Gives back what was spent.
    pub async fn refund(&self, reservation: Reservation) {
        todo!()
    }
    /// Once per authorization. Pauses the pair when its failures have used up the pausing limit.
    pub async fn validation_failed(
        &self,
        account: &AccountId,
        identifier: &Identifier,
    ) -> Result<(), RecordsError> {
        todo!()
    }
    /// Once per authorization: the pair's pausing bucket is full again.
    pub async fn validation_succeeded(&self, account: &AccountId, identifier: &Identifier) {
        todo!()
    }
    /// Once per order.
    pub async fn issued(&self, account: &AccountId, identifiers: &IdentifierSet, exemption: Exemption) {
        todo!()
    }
    /// An order counted as issued turned `invalid` after all.
    pub async fn issuance_undone(
        &self,
        account: &AccountId,
        identifiers: &IdentifierSet,
        exemption: Exemption,
    ) {
        todo!()
    }
}
