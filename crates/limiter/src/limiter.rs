//! The limiter: what it is made of.

use std::{net::IpAddr, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use tollgate_engine::Timestamp;
use tollgate_policy::{Policy, event::Exemption};
use tollgate_records::Records;
use tollgate_store::{BucketStore, HashKey};

use crate::{Admission, Chance, Clock, Reservation, notebook::Notebook, unpause::UnpauseLinks};

/// What a limiter is made of.
pub struct LimiterOptions {
    /// The limits in force.
    pub policy: Arc<Policy>,
    /// Where the buckets are.
    pub store: Arc<dyn BucketStore>,
    /// The longest a decision waits for the store; then each limit's failure mode applies.
    pub store_deadline: Duration,
    /// Under which bucket names are hashed; the same for all nodes of an installation.
    pub hash_key: HashKey,
    /// What is not a bucket.
    pub records: Records,
    /// Signs the links of paused accounts.
    pub unpause: UnpauseLinks,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// For the jitter of waits.
    pub chance: Arc<dyn Chance>,
}

/// Decides, accounts and reports. Share it by `Arc`.
pub struct Limiter {
    pub(crate) policy: ArcSwap<Policy>,
    pub(crate) store: Arc<dyn BucketStore>,
    pub(crate) store_deadline: Duration,
    pub(crate) hash_key: HashKey,
    pub(crate) records: Records,
    pub(crate) unpause: UnpauseLinks,
    clock: Arc<dyn Clock>,
    pub(crate) chance: Arc<dyn Chance>,
    pub(crate) notebook: Notebook,
}

impl Limiter {
    /// A limiter of these parts.
    #[must_use]
    pub fn new(options: LimiterOptions) -> Self {
        Self {
            policy: ArcSwap::new(options.policy),
            store: options.store,
            store_deadline: options.store_deadline,
            hash_key: options.hash_key,
            records: options.records,
            unpause: options.unpause,
            clock: options.clock,
            chance: options.chance,
            notebook: Notebook::default(),
        }
    }

    /// The policy in force.
    #[must_use]
    pub fn policy(&self) -> Arc<Policy> {
        self.policy.load_full()
    }

    /// Puts another policy in force, from the next decision on (RULES 1.6).
    pub fn set_policy(&self, policy: Arc<Policy>) {
        self.policy.store(policy);
    }

    /// What is not a bucket.
    #[must_use]
    pub fn records(&self) -> &Records {
        &self.records
    }

    /// Signs and opens the links of paused accounts.
    #[must_use]
    pub fn unpause_links(&self) -> &UnpauseLinks {
        &self.unpause
    }

    /// Now, by the limiter's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The same, of the calendar: how the records tell time.
    #[must_use]
    pub fn moment(&self) -> jiff::Timestamp {
        crate::new_order::moment(self.now())
    }

    /// Decides over a new account of a client address, and spends.
    pub async fn admit_new_account(&self, client: IpAddr) -> Admission {
        let policy = self.policy.load();
        let now = self.now();
        self.decide(&policy.new_account(client, now), Exemption::None, &[], now).await
    }

    /// Decides over a request for an override of a client address, and spends.
    pub async fn admit_override_request(&self, client: IpAddr) -> Admission {
        let policy = self.policy.load();
        let now = self.now();
        self.decide(&policy.override_request(client, now), Exemption::None, &[], now).await
    }

    /// Gives back what an admitted request had spent: the CA refused it or could not be reached.
    ///
    /// A store that is away loses the refund; that is counted, and errs on the side of the limit.
    pub async fn refund(&self, reservation: Reservation) {
        self.give_back(&reservation.spent).await;
        if let Some(held) = reservation.held {
            self.return_held(held).await;
        }
    }
}
