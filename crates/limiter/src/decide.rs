//! From what an event charges to a decision.

use std::{future::poll_fn, pin::Pin, task::Poll, time::Duration};

use smallvec::SmallVec;
use tollgate_acme::identifier::Identifier;
use tollgate_engine::{Action, Decision, Timestamp, Verdict};
use tollgate_policy::{
    event::{Charge, Exemption},
    limit::FailureMode,
};
use tollgate_store::{Entry, StoreError, StoreFuture};

use crate::{
    Admission, Limiter, QuotaLine, Refusal, Reservation, admission::Entries, bucket_name::bucket_id,
    refusal::Denial,
};

/// Why a store gave no decision.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreFailure {
    /// It answered with an error.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It did not answer in time.
    #[error("the bucket store did not answer within {} ms", .0.as_millis())]
    TimedOut(Duration),
}

impl Limiter {
    /// One decision over all charges of an event.
    ///
    /// Limits that only observe are decided after the others allowed, each on its own, so that they
    /// can neither deny the request nor keep another limit from being spent.
    pub(crate) async fn decide(
        &self,
        charges: &[Charge<'_>],
        exemption: Exemption,
        identifiers: &[Identifier],
        now: Timestamp,
    ) -> Admission {
        // One allocation each for orders of many names, none for small ones: growing step by step costs more.
        let mut enforced = Entries::with_capacity(charges.len());
        let mut enforced_charges = SmallVec::<[&Charge<'_>; 8]>::with_capacity(charges.len());
        for charge in charges.iter().filter(|charge| charge.limit.enforce) {
            enforced.push(self.entry(charge));
            enforced_charges.push(charge);
        }

        let mut reservation = Reservation::free(exemption);
        if !enforced.is_empty() {
            match self.within_deadline(self.store.decide(&enforced, now)).await {
                Ok(decision) => {
                    let decisive = enforced_charges[decision.decisive];
                    let quotas = quota_lines(&enforced_charges, &decision);
                    match decision.verdict {
                        Verdict::Allow => reservation.quotas = quotas,
                        Verdict::Deny { retry_after } => {
                            count(decisive, "deny");
                            let denial = Denial { charge: decisive, retry_after, identifiers, quotas };
                            let refusal = self.refusal(denial, now);
                            let retry_at = now.saturating_add(retry_after);
                            self.note_refusal(
                                &self.policy.load(),
                                charges,
                                decisive,
                                identifiers,
                                retry_at,
                                now,
                            );
                            return Admission::Refused(Box::new(refusal));
                        }
                    }
                    count(decisive, "allow");
                    enforced.retain(|entry| entry.charge.action == Action::Spend);
                    reservation.spent = enforced;
                }
                Err(failure) => {
                    if let Some(denying) = self.store_failed(&enforced_charges, &failure) {
                        return Admission::Refused(Box::new(Refusal::unavailable(denying)));
                    }
                }
            }
        }
        for charge in charges.iter().filter(|charge| !charge.limit.enforce) {
            reservation.spent.extend(self.observe(charge, now).await);
        }
        Admission::Admitted(reservation)
    }

    /// Charges that record what happened: never denied, nothing to give back to the caller.
    pub(crate) async fn record(&self, charges: &[Charge<'_>], now: Timestamp) {
        let entries: Entries = charges
            .iter()
            .map(|charge| self.entry(charge))
            .map(|entry| with_action(entry, Action::Record))
            .collect();
        if entries.is_empty() {
            return;
        }
        if let Err(failure) = self.within_deadline(self.store.decide(&entries, now)).await {
            let charges: Vec<_> = charges.iter().collect();
            self.store_failed(&charges, &failure);
        }
    }

    /// Gives entries back to their buckets.
    pub(crate) async fn give_back(&self, entries: &[Entry]) {
        if entries.is_empty() {
            return;
        }
        if let Err(failure) = self.within_deadline(self.store.refund(entries, self.now())).await {
            metrics::counter!("tollgate_refunds_lost_total").increment(1);
            tracing::warn!(error = %failure, "a refund was lost");
        }
    }

    pub(crate) fn entry(&self, charge: &Charge<'_>) -> Entry {
        Entry {
            id: bucket_id(&self.hash_key, charge.limit.name, &charge.key),
            charge: tollgate_engine::Charge { quota: charge.quota, cost: charge.cost, action: charge.action },
        }
    }

    /// Waits for the store, but not for ever. A store that answers at once costs no timer.
    pub(crate) async fn within_deadline<T: Unpin>(
        &self,
        mut answer: StoreFuture<'_, T>,
    ) -> Result<T, StoreFailure> {
        let first = poll_fn(|context| Poll::Ready(Pin::new(&mut answer).poll(context))).await;
        match first {
            Poll::Ready(answer) => Ok(answer?),
            Poll::Pending => match tokio::time::timeout(self.store_deadline, answer).await {
                Ok(answer) => Ok(answer?),
                Err(_) => Err(StoreFailure::TimedOut(self.store_deadline)),
            },
        }
    }

    /// What a limit that only observes would have done; what it spent, for a refund.
    async fn observe(&self, charge: &Charge<'_>, now: Timestamp) -> Option<Entry> {
        let entry = self.entry(charge);
        match self.within_deadline(self.store.decide(&[entry], now)).await {
            Ok(Decision { verdict: Verdict::Allow, .. }) => {
                (entry.charge.action == Action::Spend).then_some(entry)
            }
            Ok(Decision { verdict: Verdict::Deny { .. }, .. }) => {
                count(charge, "would-deny");
                tracing::info!(
                    limit = charge.limit.name.as_str(),
                    "would have been refused; the limit only observes"
                );
                None
            }
            Err(failure) => {
                self.store_failed(&[charge], &failure);
                None
            }
        }
    }

    /// Counts and logs a store that gave no decision; the first charge whose limit then denies.
    fn store_failed<'c, 'a>(
        &self,
        charges: &[&'c Charge<'a>],
        failure: &StoreFailure,
    ) -> Option<&'c Charge<'a>> {
        let denying = charges
            .iter()
            .copied()
            .find(|charge| charge.limit.enforce && charge.limit.on_store_failure == FailureMode::Deny);
        let mode = if denying.is_some() { "deny" } else { "allow" };
        metrics::counter!("tollgate_store_failures_total", "mode" => mode).increment(1);
        tracing::error!(error = %failure, mode, "the bucket store gave no decision");
        denying
    }
}

fn with_action(mut entry: Entry, action: Action) -> Entry {
    entry.charge.action = action;
    entry
}

fn count(charge: &Charge<'_>, outcome: &'static str) {
    metrics::counter!("tollgate_decisions_total", "limit" => charge.limit.name.as_str(), "outcome" => outcome)
        .increment(1);
}

/// Each limit of a decision once, the decisive one first and with what its bucket holds.
fn quota_lines(charges: &[&Charge<'_>], decision: &Decision) -> Vec<QuotaLine> {
    let decisive = charges[decision.decisive];
    let mut lines = Vec::with_capacity(4);
    lines.push(QuotaLine { limit: decisive.limit.name, quota: decisive.quota, state: Some(decision.state) });
    for charge in charges {
        if lines.iter().all(|line| line.limit != charge.limit.name) {
            lines.push(QuotaLine { limit: charge.limit.name, quota: charge.quota, state: None });
        }
    }
    lines
}
