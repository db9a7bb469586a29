//! The published policies, and one for a small CA: the only place where limits have numbers.

use std::time::Duration;

use tollgate_engine::Quota;

use crate::{
    limit::{FailureMode, Limit, LimitName},
    overall::{OverallLimit, RequestClass},
};

/// A policy by name.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Preset {
    /// Let's Encrypt's production limits.
    #[default]
    Letsencrypt,
    /// Let's Encrypt's staging limits.
    LetsencryptStaging,
    /// For the CA of one organisation: up to some ten thousand certificates, perhaps of a day's
    /// validity, under few registered domains and from few addresses.
    SmallCa,
}

impl Preset {
    /// Every preset there is.
    pub const ALL: [Self; 3] = [Self::Letsencrypt, Self::LetsencryptStaging, Self::SmallCa];

    /// As configuration writes it: `letsencrypt-staging`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Letsencrypt => "letsencrypt",
            Self::LetsencryptStaging => "letsencrypt-staging",
            Self::SmallCa => "small-ca",
        }
    }

    /// The preset configuration calls `name`.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.as_str() == name)
    }

    pub(crate) fn numbers(self) -> &'static Numbers {
        match self {
            Self::Letsencrypt => &LETSENCRYPT,
            Self::LetsencryptStaging => &LETSENCRYPT_STAGING,
            Self::SmallCa => &SMALL_CA,
        }
    }
}

/// The numbers of a preset.
pub(crate) struct Numbers {
    limits: &'static [LimitNumbers],
    requests: &'static [RequestNumbers],
    pub(crate) identifiers_max: usize,
    pub(crate) ipv6_prefix: u8,
    pub(crate) requests_status: u16,
    pub(crate) jitter_percent: u8,
    pub(crate) set_window: Duration,
    pub(crate) link_validity: Duration,
    pub(crate) immunity: Duration,
    pub(crate) identifiers_named: usize,
    pub(crate) lift_max: u32,
}

/// Count, period, burst.
type LimitNumbers = (LimitName, u64, Duration, u64);
/// Rate a second, burst.
type RequestNumbers = (RequestClass, u64, u64);

impl Numbers {
    pub(crate) fn limits(&self) -> impl Iterator<Item = Limit> {
        self.limits.iter().map(|&(name, count, period, burst)| Limit {
            name,
            quota: published(count, period, burst),
            enforce: true,
            on_store_failure: on_store_failure(name),
            prefix: (name == LimitName::NewRegistrationsPerIpv6Range).then_some(REGISTRATIONS_PREFIX),
        })
    }

    pub(crate) fn requests(&self) -> impl Iterator<Item = (RequestClass, OverallLimit)> {
        self.requests.iter().map(|&(class, rate, burst)| {
            let quota = published(rate, SECOND, burst);
            (class, OverallLimit { quota, enforce: true, status: self.requests_status })
        })
    }
}

fn published(count: u64, period: Duration, burst: u64) -> Quota {
    Quota::new(count, period, burst)
        .expect("the numbers of a preset are in range: a test builds every preset")
}

/// A store that is away must not stop certificates; the override form can wait (RULES 8.1).
fn on_store_failure(name: LimitName) -> FailureMode {
    match name {
        LimitName::OverrideRequestsPerIp => FailureMode::Deny,
        _ => FailureMode::Allow,
    }
}

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

const fn times(period: Duration, n: u32) -> Duration {
    Duration::from_secs(period.as_secs() * n as u64)
}

/// The /48 commonly given to one site.
const REGISTRATIONS_PREFIX: u8 = 48;

/// Published at <https://letsencrypt.org/docs/rate-limits/>.
const LETSENCRYPT: Numbers = Numbers {
    limits: &[
        (LimitName::NewRegistrationsPerIp, 10, times(HOUR, 3), 10),
        (LimitName::NewRegistrationsPerIpv6Range, 500, times(HOUR, 3), 500),
        (LimitName::NewOrdersPerAccount, 300, times(HOUR, 3), 300),
        (LimitName::CertificatesPerRegisteredDomain, 50, times(DAY, 7), 50),
        (LimitName::CertificatesPerExactSet, 5, times(DAY, 7), 5),
        (LimitName::AuthorizationFailuresPerIdentifier, 5, HOUR, 5),
        (LimitName::ConsecutiveAuthorizationFailures, 1, DAY, 1152),
        (LimitName::OverrideRequestsPerIp, 100, times(DAY, 7), 100),
    ],
    requests: &[
        (RequestClass::NewNonce, 20, 10),
        (RequestClass::NewAccount, 5, 15),
        (RequestClass::NewOrder, 300, 200),
        (RequestClass::RevokeCert, 10, 100),
        (RequestClass::RenewalInfo, 1000, 100),
        (RequestClass::Other, 250, 125),
        (RequestClass::Directory, 40, 40),
    ],
    identifiers_max: 100,
    ipv6_prefix: 64,
    requests_status: 503,
    jitter_percent: 3,
    set_window: times(DAY, 120),
    link_validity: times(DAY, 14),
    immunity: times(DAY, 14),
    identifiers_named: 15,
    lift_max: 50_000,
};

/// Published at <https://letsencrypt.org/docs/staging-environment/>.
const LETSENCRYPT_STAGING: Numbers = Numbers {
    limits: &[
        (LimitName::NewRegistrationsPerIp, 50, times(HOUR, 3), 50),
        (LimitName::NewRegistrationsPerIpv6Range, 500, times(HOUR, 3), 500),
        (LimitName::NewOrdersPerAccount, 1500, times(HOUR, 3), 1500),
        (LimitName::CertificatesPerRegisteredDomain, 30_000, SECOND, 30_000),
        (LimitName::CertificatesPerExactSet, 30_000, times(DAY, 7), 30_000),
        (LimitName::AuthorizationFailuresPerIdentifier, 200, HOUR, 200),
        (LimitName::ConsecutiveAuthorizationFailures, 1, times(HOUR, 6), 3600),
        (LimitName::OverrideRequestsPerIp, 100, times(DAY, 7), 100),
    ],
    requests: &[
        (RequestClass::NewNonce, 20, 10),
        (RequestClass::NewAccount, 5, 15),
        (RequestClass::NewOrder, 20, 40),
        (RequestClass::RevokeCert, 10, 100),
        (RequestClass::RenewalInfo, 1000, 100),
        (RequestClass::Other, 20, 20),
        (RequestClass::Directory, 40, 40),
    ],
    ..LETSENCRYPT
};

/// Inside one organisation the danger is not abuse but automation that went wrong, and the CA is one
/// machine with a database rather than a fleet. So:
///
/// - accounts: many hosts share the address of a NAT or a cluster's egress, so ten times as many from
///   one address as Let's Encrypt allows; a loop that registers at every start still ends within minutes;
/// - orders: as Let's Encrypt; a whole cluster may share one account, and rolling out 300 names at once
///   is a lot for one;
/// - registered domain: there are one or two in all, so this is all that the CA issues beside renewals,
///   which are exempt: 5,000 a day set up half of ten thousand hosts anew in a day;
/// - exact set: one-day certificates are renewed once or twice a day and again at each restart, which
///   5 a week would refuse; 24 a day, one an hour, stops only a loop;
/// - failures: people set up new services by hand here and try more often: 20 an hour instead of 5;
/// - consecutive failures: a host that fails every hour is paused after ten days, not after 48, and one
///   that fails four times a day never is.
const SMALL_CA: Numbers = Numbers {
    limits: &[
        (LimitName::NewRegistrationsPerIp, 100, times(HOUR, 3), 100),
        (LimitName::NewRegistrationsPerIpv6Range, 500, times(HOUR, 3), 500),
        (LimitName::NewOrdersPerAccount, 300, times(HOUR, 3), 300),
        (LimitName::CertificatesPerRegisteredDomain, 5_000, DAY, 5_000),
        (LimitName::CertificatesPerExactSet, 24, DAY, 24),
        (LimitName::AuthorizationFailuresPerIdentifier, 20, HOUR, 20),
        (LimitName::ConsecutiveAuthorizationFailures, 1, times(HOUR, 6), 200),
        (LimitName::OverrideRequestsPerIp, 20, times(DAY, 7), 20),
    ],
    requests: &[
        (RequestClass::NewNonce, 20, 40),
        (RequestClass::NewAccount, 5, 15),
        (RequestClass::NewOrder, 20, 40),
        (RequestClass::RevokeCert, 10, 20),
        (RequestClass::RenewalInfo, 100, 100),
        (RequestClass::Other, 50, 100),
        (RequestClass::Directory, 20, 40),
    ],
    ..LETSENCRYPT
};
