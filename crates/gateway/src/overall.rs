//! Overall request limits: how many requests a client address may send, whatever they ask for.
//!
//! They stand before everything that costs: before a body is read or a signature checked. Their buckets
//! are this process's own and are never waited for, so that they hold when nothing else does.

use std::{net::IpAddr, sync::Arc};

use arc_swap::ArcSwap;
use metrics::Counter;
use parking_lot::Mutex;
use tollgate_engine::{Action, Charge, Cost, Timestamp, Verdict};
use tollgate_limiter::OverallRefusals;
use tollgate_policy::{Policy, overall::RequestClass};
use tollgate_store::{Entry, HashKey, MemoryStore, MemoryStoreOptions};

/// The overall request limits of a gateway.
pub struct OverallLimits {
    policy: ArcSwap<Policy>,
    key: HashKey,
    buckets: MemoryStore,
    counters: Counters,
    /// Those that nobody has taken yet.
    refusals: Mutex<OverallRefusals>,
}

/// A client sends more requests than it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many requests; again in {retry_after_seconds} s")]
pub struct Excess {
    /// The status to answer with.
    pub status: u16,
    /// Whole seconds after which a request passes, if none comes before; at least 1.
    pub retry_after_seconds: u64,
}

/// Counters by resource, made once: counting a refusal costs no more than deciding it.
struct Counters {
    refused: [Counter; RequestClass::ALL.len()],
    observed: [Counter; RequestClass::ALL.len()],
    uncounted: Counter,
}

impl OverallLimits {
    /// The limits of `policy`, with `buckets_max` buckets at most: one for each client and resource of
    /// the last moments. `key` is random, so that nobody can choose clients that share a shard.
    #[must_use]
    pub fn new(policy: Arc<Policy>, key: HashKey, buckets_max: usize) -> Self {
        Self {
            policy: ArcSwap::new(policy),
            key,
            buckets: MemoryStore::new(MemoryStoreOptions { buckets_max }),
            counters: Counters::new(),
            refusals: Mutex::default(),
        }
    }

    /// What was refused since this was last asked.
    #[must_use]
    pub fn take_refusals(&self) -> OverallRefusals {
        std::mem::take(&mut self.refusals.lock())
    }

    /// Puts another policy in force.
    pub fn set_policy(&self, policy: Arc<Policy>) {
        self.policy.store(policy);
    }

    /// Counts a request of `client` for a resource of `class`, and decides whether it may go on.
    ///
    /// With as many buckets as may be, a client without one is let through: a flood of addresses must
    /// not lock everybody out. That is counted.
    ///
    /// # Errors
    ///
    /// [`Excess`]: the request is to be refused; it was not counted.
    pub fn check(&self, class: RequestClass, client: IpAddr, now: Timestamp) -> Result<(), Excess> {
        let policy = self.policy.load();
        let Some(limit) = policy.overall(class) else { return Ok(()) };

        let client = policy.overall_key(client);
        let id = match client {
            IpAddr::V4(address) => self.key.bucket(class as u8, &[&address.octets()]),
            IpAddr::V6(address) => self.key.bucket(class as u8, &[&address.octets()]),
        };
        let charge = Charge { quota: limit.quota, cost: Cost(1), action: Action::Spend };
        let Ok(decision) = self.buckets.decide_now(&[Entry { id, charge }], now) else {
            self.counters.uncounted.increment(1);
            return Ok(());
        };
        match decision.verdict {
            Verdict::Allow => Ok(()),
            Verdict::Deny { .. } if !limit.enforce => {
                self.counters.observed[class as usize].increment(1);
                Ok(())
            }
            Verdict::Deny { retry_after } => {
                self.counters.refused[class as usize].increment(1);
                self.refusals.lock().add(class, client);
                // Rounded up: a client that comes back then must pass.
                let seconds = retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0);
                Err(Excess { status: limit.status, retry_after_seconds: seconds.max(1) })
            }
        }
    }
}

impl Counters {
    fn new() -> Self {
        let by_class = |outcome: &'static str| {
            RequestClass::ALL.map(|class| {
                metrics::counter!("tollgate_overall_limited_total", "resource" => class.as_str(), "outcome" => outcome)
            })
        };
        Self {
            refused: by_class("refused"),
            observed: by_class("observed"),
            uncounted: metrics::counter!("tollgate_overall_uncounted_total"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tollgate_policy::{config, preset::Preset};

    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_795_000_000);

    fn configured(file: &str) -> Arc<Policy> {
        Arc::new(Policy::from_raw(&config::parse(file).unwrap()).unwrap())
    }

    fn limits(buckets_max: usize) -> OverallLimits {
        OverallLimits::new(Arc::new(Policy::preset(Preset::Letsencrypt)), HashKey::new([7; 16]), buckets_max)
    }

    fn admitted(limits: &OverallLimits, class: RequestClass, client: &str, tries: usize) -> usize {
        let client = client.parse().unwrap();
        (0..tries).filter(|_| limits.check(class, client, NOW).is_ok()).count()
    }

    #[test]
    fn each_resource_admits_its_published_burst() {
        for (class, burst) in [
            (RequestClass::NewNonce, 10),
            (RequestClass::NewAccount, 15),
            (RequestClass::NewOrder, 200),
            (RequestClass::RevokeCert, 100),
            (RequestClass::RenewalInfo, 100),
            (RequestClass::Other, 125),
            (RequestClass::Directory, 40),
        ] {
            assert_eq!(admitted(&limits(1000), class, "192.0.2.1", 300), burst, "{class:?}");
        }
    }

    #[test]
    fn clients_and_resources_are_counted_apart_but_a_64_together() {
        let limits = limits(1000);
        assert_eq!(admitted(&limits, RequestClass::NewNonce, "2001:db8::1", 20), 10);
        assert_eq!(admitted(&limits, RequestClass::NewNonce, "2001:db8::ffff:2", 20), 0);
        assert_eq!(admitted(&limits, RequestClass::NewNonce, "2001:db8:0:1::1", 20), 10);
        assert_eq!(admitted(&limits, RequestClass::NewAccount, "2001:db8::1", 20), 15);
        assert_eq!(admitted(&limits, RequestClass::NewNonce, "192.0.2.1", 20), 10);
        assert_eq!(admitted(&limits, RequestClass::NewNonce, "::ffff:192.0.2.1", 20), 0);
    }

    #[test]
    fn a_refused_client_passes_after_the_seconds_it_was_told() {
        let limits = limits(1000);
        let client = "192.0.2.1".parse().unwrap();
        admitted(&limits, RequestClass::NewNonce, "192.0.2.1", 10);
        let excess = limits.check(RequestClass::NewNonce, client, NOW).unwrap_err();
        assert_eq!(excess, Excess { status: 503, retry_after_seconds: 1 });
        let later = NOW.saturating_add(Duration::from_secs(excess.retry_after_seconds));
        assert_eq!(limits.check(RequestClass::NewNonce, client, later), Ok(()));
    }

    #[test]
    fn a_policy_put_in_force_later_decides_from_then_on() {
        let limits = limits(1000);
        let client = "192.0.2.1".parse().unwrap();
        assert_eq!(admitted(&limits, RequestClass::NewOrder, "192.0.2.1", 300), 200);
        let refused = |policy: &str| {
            limits.set_policy(configured(policy));
            limits.check(RequestClass::NewOrder, client, NOW).err().map(|excess| excess.status)
        };
        assert_eq!(refused("[requests]\nnew-order = { status = 429 }"), Some(429));
        assert_eq!(refused("[requests]\nnew-order = { enforce = false }"), None);
        assert_eq!(refused("[requests]\nnew-order = { enabled = false }"), None);
        assert_eq!(refused(""), Some(503));
    }

    #[test]
    fn a_full_table_lets_strangers_through_and_still_holds_those_it_knows() {
        let limits = limits(1);
        assert_eq!(admitted(&limits, RequestClass::NewNonce, "192.0.2.1", 20), 10);
        assert_eq!(admitted(&limits, RequestClass::NewNonce, "192.0.2.2", 20), 20);
        assert_eq!(admitted(&limits, RequestClass::NewNonce, "192.0.2.1", 20), 0);
    }
}
