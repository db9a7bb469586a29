//! The policy in force as others read it: `tollgate limits`, `/rate-limits.json`, the reference page.

use std::{collections::BTreeMap, time::Duration};

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    duration::short_duration,
    limit::{FailureMode, Limit, LimitName},
    overall::{OverallLimit, RequestClass},
    policy::Policy,
    preset::Preset,
    renewal::AriExemption,
};

/// Everything a subscriber may know of a policy; who has overrides is not part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LimitsInForce {
    /// The version of this document. New members may come within a version; none changes its meaning or
    /// goes away.
    pub version: u32,
    /// The published policy this one starts from.
    pub preset: Preset,
    /// The page that explains the limits.
    pub docs: String,
    /// The limits, in the order of the reference. Those that are switched off are not here.
    pub limits: Vec<LimitInForce>,
    /// Overall request limits, per client address.
    pub requests: Vec<RequestsInForce>,
    /// The length of the prefix by which IPv6 clients are counted for `requests`.
    pub requests_ipv6_prefix: u8,
    /// The most identifiers an order may have.
    pub identifiers_per_certificate: usize,
    /// The same for the profiles where it is different.
    pub identifiers_per_certificate_by_profile: BTreeMap<String, usize>,
    /// How renewals are spared limits.
    pub renewals: RenewalsInForce,
    /// How identifiers are paused; absent where they never are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pausing: Option<PausingInForce>,
}

/// One limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LimitInForce {
    /// As configuration writes it.
    pub name: LimitName,
    /// A heading.
    pub title: &'static str,
    /// What is counted.
    pub counts: &'static str,
    /// What a bucket is counted by.
    pub key: &'static str,
    /// The event that may be refused.
    pub checked_at: &'static str,
    /// The event that is counted.
    pub spent_at: &'static str,
    /// Whom an override may be asked for; absent where none may.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overridable_per: Option<&'static str>,
    /// Units that come back every period.
    pub count: u64,
    /// The period.
    pub period: Period,
    /// The most that can be spent at once.
    pub burst: u64,
    /// The length of the prefix counted by, for a limit that counts ranges.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<u8>,
    /// `false`: only observed, never refused.
    pub enforced: bool,
    /// What happens when the bucket store cannot answer.
    pub on_store_failure: FailureMode,
    /// The section of the page that explains it.
    pub docs: String,
}

/// One overall request limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RequestsInForce {
    /// The resource.
    pub resource: RequestClass,
    /// Requests a second.
    pub rate: u64,
    /// Requests at once.
    pub burst: u64,
    /// `false`: only observed, never refused.
    pub enforced: bool,
    /// The HTTP status of a refusal.
    pub status: u16,
}

/// How renewals are spared limits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RenewalsInForce {
    /// When an order that replaces a certificate (RFC 9773) is exempt from all limits.
    pub ari_exemption: AriExemption,
    /// How long ago a certificate for exactly the same set may have been issued for an order to renew
    /// it; absent where that is no renewal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set_window: Option<Period>,
}

/// How identifiers are paused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PausingInForce {
    /// How long the link in a refusal can be used.
    pub link_validity: Period,
    /// How long an identifier cannot be paused again after an unpause.
    pub immunity: Period,
    /// The most pauses lifted at once.
    pub lift_max: u32,
}

/// A duration for people and for programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Period {
    /// As configuration writes it: `7d`.
    pub text: String,
    /// Milliseconds.
    pub ms: u64,
}

impl From<Duration> for Period {
    fn from(duration: Duration) -> Self {
        let ms = duration.as_millis().try_into().expect("no duration of a policy is above ten years");
        Self { text: short_duration(duration), ms }
    }
}

impl Policy {
    /// What is in force, for people and programs to read.
    #[must_use]
    pub fn limits_in_force(&self) -> LimitsInForce {
        let limits = LimitName::ALL.into_iter().filter_map(|name| self.limit(name));
        let requests = RequestClass::ALL.into_iter().filter_map(|class| Some((class, self.overall(class)?)));
        LimitsInForce {
            version: 1,
            preset: self.base(),
            docs: self.answers().docs.clone(),
            limits: limits.map(|limit| self.limit_in_force(limit)).collect(),
            requests: requests.map(|(class, limit)| requests_in_force(class, limit)).collect(),
            requests_ipv6_prefix: self.overall.ipv6_prefix,
            identifiers_per_certificate: self.identifiers_max,
            identifiers_per_certificate_by_profile: self
                .profiles
                .iter()
                .map(|(name, max)| (name.to_string(), *max))
                .collect(),
            renewals: RenewalsInForce {
                ari_exemption: self.renewals.ari,
                set_window: self.renewals.set_window.map(Period::from),
            },
            pausing: self.pausing().map(|pausing| PausingInForce {
                link_validity: pausing.link_validity.into(),
                immunity: pausing.immunity.into(),
                lift_max: pausing.lift_max,
            }),
        }
    }

    fn limit_in_force(&self, limit: &Limit) -> LimitInForce {
        let reference = limit.name.reference();
        LimitInForce {
            name: limit.name,
            title: reference.title,
            counts: reference.counts,
            key: reference.key,
            checked_at: reference.checked_at,
            spent_at: reference.spent_at,
            overridable_per: reference.overridable_per,
            count: limit.quota.count(),
            period: limit.quota.period().into(),
            burst: limit.quota.burst(),
            prefix: limit.prefix,
            enforced: limit.enforce,
            on_store_failure: limit.on_store_failure,
            docs: format!("{}#{}", self.answers().docs, reference.anchor),
        }
    }
}

fn requests_in_force(resource: RequestClass, limit: &OverallLimit) -> RequestsInForce {
    RequestsInForce {
        resource,
        rate: limit.quota.count(),
        burst: limit.quota.burst(),
        enforced: limit.enforce,
        status: limit.status,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_are_shown_as_published() {
        for preset in Preset::ALL {
            insta::assert_json_snapshot!(preset.as_str(), Policy::preset(preset).limits_in_force());
        }
    }
}
