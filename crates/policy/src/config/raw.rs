//! The policy's sections of the configuration file, as written.
//!
//! The file as a whole belongs to the binary, which has these as fields of its own top-level table
//! and hands them over as a [`RawPolicy`]. What can be wrong with a value beyond its type is found
//! later, all at once ([`crate::Policy::from_raw`]).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use toml::{Spanned, value::Datetime};

use crate::{
    event::Accounting,
    limit::{FailureMode, LimitName},
    preset::Preset,
    renewal::AriExemption,
};

/// The policy: which limits there are, with what numbers, and what clients are told.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct RawPolicy {
    /// The published policy to start from; everything else changes it. `letsencrypt` unless given.
    #[schemars(with = "Option<Preset>")]
    pub preset: Option<Spanned<String>>,
    /// Changes to the limits, by their names.
    #[schemars(with = "BTreeMap<LimitName, RawLimit>")]
    pub limits: BTreeMap<Spanned<String>, RawLimit>,
    /// When an order spends from the limits on certificates. `issuance` unless given.
    pub accounting: Option<Accounting>,
    /// Changes to the overall request limits: requests per client address and second.
    pub requests: RawRequests,
    /// How renewals are spared limits.
    pub renewals: RawRenewals,
    /// How identifiers that keep failing are paused.
    pub pausing: RawPausing,
    /// What clients are told.
    pub messages: RawMessages,
    /// The most identifiers an order may have, from 1 to 10,000.
    #[schemars(with = "Option<u64>")]
    pub identifiers_per_certificate: Option<Spanned<u64>>,
    /// What is different for a certificate profile, by the profile's name.
    #[schemars(with = "BTreeMap<String, RawProfile>")]
    pub profiles: BTreeMap<Spanned<String>, RawProfile>,
    /// Suffixes under which names are registered, beside those of the Public Suffix List: `internal`,
    /// `corp.example`.
    #[schemars(with = "Vec<String>")]
    pub public_suffixes: Vec<Spanned<String>>,
    /// Exceptions for one account, domain, address or set of identifiers.
    pub overrides: Vec<RawOverride>,
}

/// Changes to one limit. What is not given stays as in the preset.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct RawLimit {
    /// `false` switches the limit off: not decided, not counted.
    pub enabled: Option<bool>,
    /// Units that come back every `period`, from 1.
    #[schemars(with = "Option<u64>")]
    pub count: Option<Spanned<u64>>,
    /// The most that can be spent at once, from 1 to 1,000,000,000. Not given, it follows `count`
    /// wherever the preset has the same number for both.
    #[schemars(with = "Option<u64>")]
    pub burst: Option<Spanned<u64>>,
    /// The period in which `count` units come back, from `1ms` to `3653d`: `3h`, `7d`, `1h30m`.
    #[schemars(with = "Option<String>")]
    pub period: Option<Spanned<String>>,
    /// The length of the IPv6 prefix counted by, from 1 to 128; only for
    /// `new-registrations-per-ipv6-range`.
    #[schemars(with = "Option<u8>")]
    pub prefix: Option<Spanned<u8>>,
    /// `false` only observes: decided, counted and logged, never refused.
    pub enforce: Option<bool>,
    /// What happens when the bucket store cannot answer.
    pub on_store_failure: Option<FailureMode>,
}

/// Changes to the overall request limits.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct RawRequests {
    /// The length of the prefix IPv6 clients are counted by, from 1 to 128. 64 unless given: a host
    /// commonly owns its /64.
    #[schemars(with = "Option<u8>")]
    pub ipv6_prefix: Option<Spanned<u8>>,
    /// newNonce.
    pub new_nonce: RawRequest,
    /// newAccount.
    pub new_account: RawRequest,
    /// newOrder.
    pub new_order: RawRequest,
    /// revokeCert.
    pub revoke_cert: RawRequest,
    /// renewalInfo (RFC 9773).
    pub renewal_info: RawRequest,
    /// Any other ACME resource.
    pub other: RawRequest,
    /// The directory.
    pub directory: RawRequest,
}

/// Changes to one overall request limit. What is not given stays as in the preset.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct RawRequest {
    /// `false` switches the limit off.
    pub enabled: Option<bool>,
    /// Requests a second, from 1.
    #[schemars(with = "Option<u64>")]
    pub rate: Option<Spanned<u64>>,
    /// Requests at once, from 1 to 1,000,000,000.
    #[schemars(with = "Option<u64>")]
    pub burst: Option<Spanned<u64>>,
    /// `false` only observes: counted and logged, never refused.
    pub enforce: Option<bool>,
    /// The HTTP status of a refusal: 503 or 429. renewalInfo stays 503: any other error makes a client
    /// wait for hours (RFC 9773, 4.3.3).
    #[schemars(with = "Option<u16>")]
    pub status: Option<Spanned<u16>>,
}

/// How renewals are spared limits.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct RawRenewals {
    /// When an order that replaces a certificate (RFC 9773) is exempt from all limits. `window` unless
    /// given.
    pub ari_exemption: Option<AriExemption>,
    /// Whether an order for exactly the set of an earlier certificate is a renewal, and exempt from the
    /// limits on orders and domains. `true` unless given.
    pub set_exemption: Option<bool>,
    /// How long ago that certificate may have been issued. `120d` unless given.
    #[schemars(with = "Option<String>")]
    pub set_window: Option<Spanned<String>>,
}

/// How identifiers that keep failing are paused.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct RawPausing {
    /// `false`: nothing is ever paused. `true` unless given.
    pub enabled: Option<bool>,
    /// How long the link in a refusal can be used. `14d` unless given.
    #[schemars(with = "Option<String>")]
    pub link_validity: Option<Spanned<String>>,
    /// How long an identifier cannot be paused again after an unpause. `14d` unless given.
    #[schemars(with = "Option<String>")]
    pub immunity: Option<Spanned<String>>,
    /// The most identifiers a refusal names, from 1 to 100. 15 unless given.
    #[schemars(with = "Option<u64>")]
    pub identifiers_named: Option<Spanned<u64>>,
    /// The most pauses lifted at once, from 1 to 1,000,000. 50,000 unless given.
    #[schemars(with = "Option<u64>")]
    pub lift_max: Option<Spanned<u64>>,
}

/// What clients are told.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct RawMessages {
    /// The URL of the page that explains the limits, without an anchor.
    #[schemars(with = "Option<String>")]
    pub docs: Option<Spanned<String>>,
    /// The most that is added to a told wait, in percent of it, from 0 to 50, so that clients do not
    /// return together. 3 unless given.
    #[schemars(with = "Option<u8>")]
    pub jitter_percent: Option<Spanned<u8>>,
    /// Whether newAccount and newOrder are answered with `RateLimit-Policy` and `RateLimit` fields.
    /// `true` unless given.
    pub rate_limit_fields: Option<bool>,
    /// Whether the directory's `meta` names the machine-readable list of limits. `true` unless given.
    pub directory_meta: Option<bool>,
}

/// What is different for a certificate profile.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RawProfile {
    /// The most identifiers an order for this profile may have, from 1 to 10,000.
    #[schemars(with = "u64")]
    pub identifiers_per_certificate: Spanned<u64>,
}

/// Other numbers for one account, domain, address, range or set of identifiers.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RawOverride {
    /// The limit.
    #[schemars(with = "LimitName")]
    pub limit: Spanned<String>,
    /// An account URL, for a limit counted by account, alone or with something else.
    #[schemars(with = "Option<String>")]
    pub account: Option<Spanned<String>>,
    /// A client address, for a limit counted by it.
    #[schemars(with = "Option<String>")]
    pub address: Option<Spanned<String>>,
    /// An IPv6 address of the range, for `new-registrations-per-ipv6-range`: `2001:db8::`.
    #[schemars(with = "Option<String>")]
    pub range: Option<Spanned<String>>,
    /// A registered domain or an address, for `certificates-per-registered-domain`. An IPv6 address
    /// stands for its /64.
    #[schemars(with = "Option<String>")]
    pub domain: Option<Spanned<String>>,
    /// All names and addresses of the set, for `certificates-per-exact-set`.
    #[schemars(with = "Option<Vec<String>>")]
    pub identifiers: Option<Spanned<Vec<String>>>,
    /// Units that come back every `period`, from 1.
    #[schemars(with = "Option<u64>")]
    pub count: Option<Spanned<u64>>,
    /// The most that can be spent at once; follows `count` as in `[limits]`.
    #[schemars(with = "Option<u64>")]
    pub burst: Option<Spanned<u64>>,
    /// The period in which `count` units come back; that of the limit unless given.
    #[schemars(with = "Option<String>")]
    pub period: Option<Spanned<String>>,
    /// Who allowed it.
    #[schemars(with = "String")]
    pub author: Spanned<String>,
    /// Why.
    #[schemars(with = "String")]
    pub reason: Spanned<String>,
    /// From when on the limit's own numbers apply again: `2027-06-30` or `2027-06-30T12:00:00Z`. Never
    /// unless given.
    #[schemars(with = "Option<String>")]
    pub expires: Option<Spanned<Datetime>>,
}
