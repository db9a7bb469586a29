//! What became of admitted requests: failed and passed validations, issued certificates.

use jiff::Timestamp as Moment;
use tollgate_acme::{
    identifier::{Identifier, IdentifierSet},
    resource::AccountId,
};
use tollgate_engine::{Action, Decision, Verdict};
use tollgate_policy::{Policy, event::Exemption};
use tollgate_records::{RecordsError, Reserved};

use crate::{Limiter, admission::Entries, order_tokens::is_reserved};

impl Limiter {
    /// Counts a failed validation; to be called once per authorization.
    ///
    /// The pair is paused when its failures in a row have used up the pausing limit: by the failure
    /// that takes the last unit, so that 1,152 failures pause a pair under the published numbers.
    ///
    /// # Errors
    ///
    /// [`RecordsError`]: the failure is counted, but a pause that was due could not be written; the
    /// next failure tries again.
    pub async fn validation_failed(
        &self,
        account: &AccountId,
        identifier: &Identifier,
    ) -> Result<(), RecordsError> {
        let policy = self.policy.load();
        let now = self.now();
        self.record(&policy.validation_failed(account, identifier, now), now).await;
        self.note_failure(&policy, account, identifier);
        if self.failures_used_up(&policy, account, identifier).await {
            self.pause(&policy, account, identifier).await?;
        }
        Ok(())
    }

    /// A validation succeeded: the pair's failures are no longer in a row.
    pub async fn validation_succeeded(&self, account: &AccountId, identifier: &Identifier) {
        let policy = self.policy.load();
        let Some(charge) = policy.pause_charge(account, identifier, self.now()) else { return };
        let id = self.entry(&charge).id;
        if let Err(failure) = self.within_deadline(self.store.reset(&[id])).await {
            metrics::counter!("tollgate_resets_lost_total").increment(1);
            tracing::warn!(error = %failure, "a reset after a successful validation was lost");
        }
    }

    /// Counts an issued certificate; to be called once per order.
    pub async fn issued(&self, account: &AccountId, identifiers: &IdentifierSet, exemption: Exemption) {
        let policy = self.policy.load();
        let now = self.now();
        self.record(&policy.issued(account, identifiers, exemption, now), now).await;
        self.note_issuance(&policy, account, identifiers);
    }

    /// Counts an issued certificate whose order has reserved: only what issuance counts beyond that, such
    /// as the domain of an account that has an override.
    pub async fn issued_reserved(
        &self,
        account: &AccountId,
        identifiers: &IdentifierSet,
        exemption: Exemption,
        reserved: &Reserved,
    ) {
        let policy = self.policy.load();
        let now = self.now();
        let mut charges = policy.issued(account, identifiers, exemption, now);
        charges.retain(|charge| !is_reserved(reserved, self.entry(charge).id));
        self.record(&charges, now).await;
        self.note_issuance(&policy, account, identifiers);
    }

    /// An order that was counted as issued turned `invalid` after all. `reserved`: what it had reserved,
    /// returned by the caller.
    pub async fn issuance_undone(
        &self,
        account: &AccountId,
        identifiers: &IdentifierSet,
        exemption: Exemption,
        reserved: Option<&Reserved>,
    ) {
        let policy = self.policy.load();
        let charges = policy.issued(account, identifiers, exemption, self.now());
        let mut entries: Entries = charges.iter().map(|charge| self.entry(charge)).collect();
        if let Some(reserved) = reserved {
            entries.retain(|entry| !is_reserved(reserved, entry.id));
            self.give_back_rest(reserved).await;
        }
        self.give_back(&entries).await;
    }

    async fn failures_used_up(&self, policy: &Policy, account: &AccountId, identifier: &Identifier) -> bool {
        let now = self.now();
        let Some(charge) = policy.pause_charge(account, identifier, now) else { return false };
        let mut entry = self.entry(&charge);
        entry.charge.action = Action::Spend;
        match self.within_deadline(self.store.decide(&[entry], now)).await {
            Ok(Decision { verdict: Verdict::Deny { .. }, .. }) => true,
            Ok(Decision { verdict: Verdict::Allow, state, .. }) => state.remaining == 0,
            Err(failure) => {
                metrics::counter!("tollgate_store_failures_total", "mode" => "allow").increment(1);
                tracing::error!(error = %failure, "a failed validation could not be counted towards a pause");
                false
            }
        }
    }

    async fn pause(
        &self,
        policy: &Policy,
        account: &AccountId,
        identifier: &Identifier,
    ) -> Result<(), RecordsError> {
        let Some(pausing) = policy.pausing() else { return Ok(()) };
        let now = crate::new_order::moment(self.now());
        let unpaused_since = now.checked_sub(pausing.immunity).unwrap_or(Moment::MIN);
        if self.records.pause(account, identifier, now, unpaused_since).await? {
            metrics::counter!("tollgate_pauses_total").increment(1);
            tracing::info!(%account, %identifier, "paused: too many failed validations in a row");
        }
        Ok(())
    }
}
