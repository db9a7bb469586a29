//! What is left of the limits for somebody who asks. Nothing is spent by asking.

use std::{net::IpAddr, time::Duration};

use tollgate_engine::{Action, BucketState, Cost, Quota, Timestamp, Verdict};
use tollgate_policy::{
    event::{Charge, Subject},
    limit::{LimitKey, LimitName},
};
use tollgate_store::Entry;

use crate::{Limiter, bucket_name::bucket_id, decide::StoreFailure};

/// In the place of a limit's number in the names of the buckets that count look-ups. They are no limit
/// of the policy, whose numbers begin at 0.
const LOOK_UPS: u8 = u8::MAX;

/// What is left of one limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The limit.
    pub limit: LimitName,
    /// What the bucket is counted by: `example.com`, `192.0.2.1`, `2001:db8::/48`; the account's path;
    /// empty for a set, which has no short name.
    pub key: String,
    /// Its numbers for this key, an override's where there is one.
    pub quota: Quota,
    /// Whole units that can be spent now.
    pub remaining: u64,
    /// When the next unit comes back; `None` while there is one left.
    pub next_at: Option<Timestamp>,
    /// When all of it is there again; `None` when it is.
    pub full_at: Option<Timestamp>,
    /// `false`: counted only, nothing is refused by it.
    pub enforced: bool,
}

/// Why nothing can be said.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StandingError {
    /// This client has asked too often.
    #[error("too many look-ups, the next in {retry_after:?}")]
    TooMany {
        /// The wait until it may ask again.
        retry_after: Duration,
    },
    /// The bucket store gave no answer.
    #[error("the bucket store gave no answer")]
    Unavailable,
}

impl Limiter {
    /// What is left for `subject`, in the order of the limits.
    ///
    /// # Errors
    ///
    /// [`StandingError::Unavailable`].
    pub async fn standing(&self, subject: Subject<'_>) -> Result<Vec<Standing>, StandingError> {
        let policy = self.policy.load();
        let now = self.now();
        let mut standings = Vec::new();
        for charge in policy.asked_about(subject, now) {
            let id = bucket_id(&self.hash_key, charge.limit.name, &charge.key);
            let peeked = self.within_deadline(self.store.peek(id, &charge.quota, now)).await;
            let state = peeked.map_err(|failure| unavailable(&failure))?;
            standings.push(Standing::new(&charge, state, now));
        }
        Ok(standings)
    }

    /// Counts a look-up of a client against `quota`; by the same prefix as the overall request limits.
    ///
    /// # Errors
    ///
    /// [`StandingError`].
    pub async fn count_look_up(&self, client: IpAddr, quota: Quota) -> Result<(), StandingError> {
        let now = self.now();
        let id = match self.policy.load().overall_key(client) {
            IpAddr::V4(address) => self.hash_key.bucket(LOOK_UPS, &[&address.octets()]),
            IpAddr::V6(address) => self.hash_key.bucket(LOOK_UPS, &[&address.octets()]),
        };
        let charge = tollgate_engine::Charge { quota, cost: Cost(1), action: Action::Spend };
        match self.within_deadline(self.store.decide(&[Entry { id, charge }], now)).await {
            Ok(decision) => match decision.verdict {
                Verdict::Allow => Ok(()),
                Verdict::Deny { retry_after } => Err(StandingError::TooMany { retry_after }),
            },
            Err(failure) => Err(unavailable(&failure)),
        }
    }
}

impl Standing {
    fn new(charge: &Charge<'_>, state: BucketState, now: Timestamp) -> Self {
        let quota = charge.quota;
        // One unit is there when the bucket lacks no more than all others.
        let next_in = (state.full_in + quota.emission_interval()).saturating_sub(quota.burst_offset());
        Self {
            limit: charge.limit.name,
            key: match charge.key {
                LimitKey::Address(address) => address.to_string(),
                LimitKey::Ipv6Range(range) => {
                    format!("{range}/{}", charge.limit.prefix.unwrap_or(128))
                }
                LimitKey::Account(account) => account.to_string(),
                LimitKey::Domain(domain) | LimitKey::AccountDomain(_, domain) => domain.to_string(),
                LimitKey::Set(_) => String::new(),
                LimitKey::AccountIdentifier(_, identifier) => identifier.to_string(),
            },
            quota,
            remaining: state.remaining,
            next_at: (state.remaining == 0).then(|| now.saturating_add(next_in)),
            full_at: (!state.full_in.is_zero()).then(|| now.saturating_add(state.full_in)),
            enforced: charge.limit.enforce,
        }
    }
}

fn unavailable(failure: &StoreFailure) -> StandingError {
    metrics::counter!("tollgate_store_failures_total", "mode" => "deny").increment(1);
    tracing::error!(error = %failure, "what is left of a limit could not be looked up");
    StandingError::Unavailable
}
