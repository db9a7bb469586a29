//! Approving what people asked for, so that whoever was refused passes.

use std::sync::Arc;

use jiff::Timestamp as Moment;
use tollgate_policy::{
    limit::{LimitKey, LimitName},
    overrides::Subject,
};
use tollgate_records::{Approval, Decided, OverrideRequest, RecordsError, StoredOverride};
use tollgate_store::BucketId;

use crate::{Limiter, bucket_name::bucket_id};

/// What becomes of the subject's bucket when its numbers are raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpentUnits {
    /// It is full again.
    Forgiven,
    /// It keeps the moment at which it is full again (RULES 1.6).
    Kept,
}

impl Limiter {
    /// Grants what a request asks for, as [`Records::approve_override_request`] does it. Where that raises
    /// what the subject has, its bucket of this limit is reset unless `spent` is to be kept, and the audit
    /// says so: an empty one would refuse on until a unit of the new numbers has come back. Dropped half
    /// way, the request may be approved and the bucket as it was.
    ///
    /// A limit counted by account and something else has a bucket for each: those stay as they are.
    /// A store that is away loses the reset; that is counted, and the approval stands.
    ///
    /// # Errors
    ///
    /// As [`Records::approve_override_request`].
    ///
    /// [`Records::approve_override_request`]: tollgate_records::Records::approve_override_request
    pub async fn approve_override_request(
        &self,
        id: u64,
        approval: Approval,
        spent: SpentUnits,
    ) -> Result<Decided, RecordsError> {
        let now = self.moment();
        let records = &self.records;
        let before = match records.override_request(id).await? {
            Some(OverrideRequest { form, .. }) => records.override_of(form.limit, &form.subject).await?,
            None => None,
        };
        let decided = records.approve_override_request(id, approval, now).await?;
        if let Decided::Done(request) = &decided
            && spent == SpentUnits::Forgiven
            && raises(request, before.as_ref(), now)
        {
            // First the new numbers: a unit spent by the old ones may be all of the new.
            if let Some(granted) = records.override_of(request.form.limit, &request.form.subject).await? {
                self.policy.rcu(|policy| Arc::new(policy.with_overrides([granted.in_policy()])));
            }
            self.forgive(request, now).await;
        }
        Ok(decided)
    }

    async fn forgive(&self, request: &OverrideRequest, now: Moment) {
        let (limit, subject) = (request.form.limit, &request.form.subject);
        let Some(key) = only_bucket(limit, subject) else { return };
        let id: BucketId = bucket_id(&self.hash_key, limit, &key);
        if let Err(failure) = self.within_deadline(self.store.reset(&[id])).await {
            metrics::counter!("tollgate_resets_lost_total").increment(1);
            tracing::warn!(error = %failure, %limit, %subject, "a reset after an approval was lost: the subject waits until a unit comes back");
            return;
        }
        let Some(verdict) = &request.verdict else { return };
        let told =
            self.records.tell_bucket_reset(limit, subject, &verdict.author, &verdict.reason, now).await;
        if let Err(error) = told {
            tracing::error!(%error, %limit, %subject, "a bucket was reset after an approval, and the audit does not tell");
        }
    }
}

/// Whether a subject has more by what was granted than it had by its override, if it had one.
fn raises(granted: &OverrideRequest, before: Option<&StoredOverride>, now: Moment) -> bool {
    let in_force = before.filter(|before| before.expires.is_none_or(|expires| now < expires));
    in_force.is_none_or(|before| {
        let quota = granted.form.quota();
        quota.burst() > before.quota.burst() || quota.emission_interval() < before.quota.emission_interval()
    })
}

/// What the one bucket of a subject is counted by.
fn only_bucket(limit: LimitName, subject: &Subject) -> Option<LimitKey<'_>> {
    match subject {
        Subject::Account(account) if limit == LimitName::NewOrdersPerAccount => {
            Some(LimitKey::Account(account))
        }
        Subject::Account(_) => None,
        Subject::Address(address) => Some(LimitKey::Address(*address)),
        Subject::Ipv6Range(range) => Some(LimitKey::Ipv6Range(*range)),
        Subject::Domain(domain) => Some(LimitKey::Domain(domain.as_ref())),
        Subject::Set(set) => Some(LimitKey::Set(*set)),
    }
}
