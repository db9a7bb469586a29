//! New orders: paused pairs, renewals, then one decision (RULES 4).

use jiff::Timestamp as Moment;
use tollgate_acme::{
    certificate::CertificateId,
    identifier::{Identifier, IdentifierSet},
    resource::AccountId,
};
use tollgate_engine::{Action, Timestamp};
use tollgate_policy::{
    Policy,
    event::{Accounting, Exemption},
    limit::{FailureMode, LimitName},
    renewal::{AriDecision, Replaced, Window, ari},
};

use crate::{Admission, Limiter, Refusal, Reservation};

/// A new order, as the limiter needs to know it.
#[derive(Clone, Copy, Debug)]
pub struct NewOrder<'a> {
    /// Who orders.
    pub account: &'a AccountId,
    /// For what.
    pub identifiers: &'a IdentifierSet,
    /// The certificate it says it replaces (RFC 9773, section 5).
    pub replaces: Option<&'a CertificateId>,
    /// The window the issuer suggests for that certificate, where it gives one: it is authoritative.
    pub issuer_window: Option<Window>,
}

impl Limiter {
    /// Decides over a new order: paused identifiers first, then exemptions, then the limits.
    pub async fn admit_new_order(&self, order: NewOrder<'_>) -> Admission {
        let policy = self.policy.load();
        let now = self.now();
        if let Some(refusal) = self.paused(&policy, &order, now).await {
            return Admission::Refused(Box::new(refusal));
        }
        let exemption = self.exemption(&policy, &order, now).await;
        if exemption == Exemption::Ari {
            return Admission::Admitted(Reservation::free(exemption));
        }
        self.decide_order(&policy, &order, exemption, now).await
    }

    /// Decides over the limits of a new order alone: for callers that know whether it is a renewal, and
    /// that none of its identifiers is paused.
    pub async fn decide_new_order(&self, order: NewOrder<'_>, exemption: Exemption) -> Admission {
        self.decide_order(&self.policy.load(), &order, exemption, self.now()).await
    }

    async fn decide_order(
        &self,
        policy: &Policy,
        order: &NewOrder<'_>,
        exemption: Exemption,
        now: Timestamp,
    ) -> Admission {
        let charges = policy.new_order_accounted(order.account, order.identifiers, exemption, now);
        match self.decide(&charges, exemption, order.identifiers.as_slice(), now).await {
            Admission::Admitted(reservation) if policy.accounting() == Accounting::Order => {
                Admission::Admitted(self.hold(reservation, &charges, now).await)
            }
            decided => decided,
        }
    }

    /// Counts an order that the CA accepted although it was forwarded without being admitted: its
    /// signature did not fit the key known. What happened has happened, so nothing denies.
    pub async fn record_new_order(&self, order: NewOrder<'_>) -> Exemption {
        let policy = self.policy.load();
        let now = self.now();
        let exemption = self.exemption(&policy, &order, now).await;
        let mut charges = policy.new_order(order.account, order.identifiers, exemption, now);
        charges.retain(|charge| charge.action == Action::Spend);
        self.record(&charges, now).await;
        exemption
    }

    async fn paused(&self, policy: &Policy, order: &NewOrder<'_>, now: Timestamp) -> Option<Refusal> {
        let limit = policy.limit(LimitName::ConsecutiveAuthorizationFailures)?;
        let named_max = policy.pausing()?.identifiers_named;
        match self.records.paused_among(order.account, order.identifiers.as_slice(), named_max).await {
            Ok(paused) if paused.is_empty() => None,
            Ok(paused) => {
                metrics::counter!("tollgate_decisions_total", "limit" => limit.name.as_str(), "outcome" => "paused")
                    .increment(1);
                if !limit.enforce {
                    return None;
                }
                self.note_paused(order.account);
                let link = self.unpause.link(order.account, &paused, now);
                Some(Refusal::paused(paused, link))
            }
            Err(error) => {
                tracing::error!(%error, "the pauses of an account cannot be read");
                metrics::counter!("tollgate_records_failures_total", "read" => "pauses").increment(1);
                (limit.enforce && limit.on_store_failure == FailureMode::Deny)
                    .then(|| Refusal::unavailable_limit(limit.name))
            }
        }
    }

    /// What the order is spared. Records that cannot be read spare nothing: that never opens a limit.
    async fn exemption(&self, policy: &Policy, order: &NewOrder<'_>, now: Timestamp) -> Exemption {
        let exempt = async {
            if let Some(replaces) = order.replaces
                && self.replaces_in_window(policy, order, replaces, moment(now)).await?
            {
                return Ok(Exemption::Ari);
            }
            let Some(window) = policy.renewals().set_window else { return Ok(Exemption::None) };
            let since = moment(now).checked_sub(window).unwrap_or(Moment::MIN);
            let renews = self.records.set_issued_since(&order.identifiers.id(), since).await?;
            Ok(if renews { Exemption::RenewalBySet } else { Exemption::None })
        };
        exempt.await.unwrap_or_else(|error: tollgate_records::RecordsError| {
            tracing::error!(%error, "whether an order is a renewal cannot be read");
            metrics::counter!("tollgate_records_failures_total", "read" => "renewals").increment(1);
            Exemption::None
        })
    }

    async fn replaces_in_window(
        &self,
        policy: &Policy,
        order: &NewOrder<'_>,
        replaces: &CertificateId,
        now: Moment,
    ) -> Result<bool, tollgate_records::RecordsError> {
        let Some(certificate) = self.records.certificate(replaces).await? else {
            return Ok(false);
        };
        let replaced = Replaced {
            same_account: certificate.account == *order.account,
            identifiers: &certificate.identifiers,
            not_before: certificate.not_before,
            not_after: certificate.not_after,
            already_replaced: certificate.replaced_by.is_some(),
            revoked: certificate.revoked,
            issuer_window: order.issuer_window,
        };
        Ok(ari(&replaced, order.identifiers, policy.renewals().ari, now) == AriDecision::Exempt)
    }
}

/// The engine counts nanoseconds from 1970 to 2554, all of which a [`Moment`] can tell.
pub(crate) fn moment(now: Timestamp) -> Moment {
    Moment::from_nanosecond(i128::from(now.as_nanos()))
        .expect("every u64 of nanoseconds is a moment before 2554")
}

/// The names at fault among several, for subproblems (RFC 8555, 6.7.1).
pub(crate) fn at_fault(identifiers: &[Identifier], fits: impl Fn(&Identifier) -> bool) -> Vec<Identifier> {
    if identifiers.len() < 2 {
        return Vec::new();
    }
    identifiers.iter().filter(|identifier| fits(identifier)).cloned().collect()
}
