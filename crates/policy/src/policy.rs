//! The policy in force, and what it charges for each ACME event.

use std::{collections::BTreeMap, hash::BuildHasher, net::IpAddr, sync::Arc, time::Duration};

use rustc_hash::FxBuildHasher;
use smallvec::SmallVec;
use tollgate_acme::{
    domain::{RegisteredDomain, SuffixList},
    identifier::{Identifier, IdentifierSet},
    resource::AccountId,
};
use tollgate_engine::{Action, Cost, Quota, Timestamp};

use crate::{
    event::{self, Accounting, Charge, Exemption},
    limit::{Limit, LimitKey, LimitName},
    message::{Language, LimitRefusal, Messages},
    overall::{OverallLimit, OverallLimits, RequestClass, network},
    overrides::{Override, Overrides, Subject, SubjectRef},
    preset::Preset,
    renewal::{AriExemption, Renewals},
};

/// Everything an operator can decide about limits, validated.
#[derive(Clone, Debug)]
pub struct Policy {
    pub(crate) preset: Preset,
    pub(crate) limits: [Option<Limit>; LimitName::ALL.len()],
    /// What the override of the domain limit for an account is decided by; its numbers are always the
    /// override's.
    pub(crate) domain_per_account: Limit,
    pub(crate) overrides: Overrides,
    pub(crate) overall: OverallLimits,
    pub(crate) identifiers_max: usize,
    pub(crate) profiles: BTreeMap<Box<str>, usize>,
    pub(crate) accounting: Accounting,
    pub(crate) renewals: Renewals,
    pub(crate) pausing: Option<Pausing>,
    pub(crate) answers: Answers,
    pub(crate) suffixes: SuffixList,
    pub(crate) messages: Arc<Messages>,
}

/// How identifiers are paused and unpaused (RULES 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pausing {
    /// How long the link in a refusal can be used.
    pub link_validity: Duration,
    /// How long a pair cannot be paused again after an unpause.
    pub immunity: Duration,
    /// The most identifiers a refusal names.
    pub identifiers_named: usize,
    /// The most pauses lifted at once.
    pub lift_max: u32,
}

/// What clients are told beside the refusal itself (RULES 7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answers {
    /// The URL of the limits page, without an anchor.
    pub docs: String,
    /// The most that is added to a told wait, in percent of it, so that clients do not return together.
    pub jitter_percent: u8,
    /// Whether newAccount and newOrder are answered with `RateLimit-Policy` and `RateLimit`.
    pub rate_limit_fields: bool,
    /// Whether the directory's `meta` names the machine-readable list of limits.
    pub directory_meta: bool,
}

/// Let's Encrypt's page, whose anchors are those of [`LimitName::anchor`].
const DOCS: &str = "https://letsencrypt.org/docs/rate-limits/";

impl Policy {
    /// A preset as published.
    #[must_use]
    pub fn preset(preset: Preset) -> Self {
        let numbers = preset.numbers();
        let mut limits = [None; LimitName::ALL.len()];
        for limit in numbers.limits() {
            limits[limit.name.index()] = Some(limit);
        }
        let mut requests = [None; RequestClass::ALL.len()];
        for (class, limit) in numbers.requests() {
            requests[class as usize] = Some(limit);
        }
        let domain = limits[LimitName::CertificatesPerRegisteredDomain.index()]
            .expect("every preset limits certificates per registered domain: a test builds each");

        Self {
            preset,
            limits,
            domain_per_account: Limit {
                name: LimitName::CertificatesPerRegisteredDomainPerAccount,
                ..domain
            },
            overrides: Overrides::default(),
            overall: OverallLimits { limits: requests, ipv6_prefix: numbers.ipv6_prefix },
            identifiers_max: numbers.identifiers_max,
            profiles: BTreeMap::new(),
            accounting: Accounting::default(),
            renewals: Renewals { ari: AriExemption::Window, set_window: Some(numbers.set_window) },
            pausing: Some(Pausing {
                link_validity: numbers.link_validity,
                immunity: numbers.immunity,
                identifiers_named: numbers.identifiers_named,
                lift_max: numbers.lift_max,
            }),
            answers: Answers {
                docs: DOCS.to_owned(),
                jitter_percent: numbers.jitter_percent,
                rate_limit_fields: true,
                directory_meta: true,
            },
            suffixes: SuffixList::default(),
            messages: Arc::new(Messages::new()),
        }
    }

    /// The same policy, whose refusals name another limits page.
    #[must_use]
    pub fn with_docs(mut self, docs: String) -> Self {
        self.answers.docs = docs;
        self
    }

    /// The same policy with these overrides too; of two for the same subject, these count. One for a
    /// subject of another kind than the limit's is left out. A range is that of its address in this
    /// policy.
    #[must_use]
    pub fn with_overrides(
        &self,
        overrides: impl IntoIterator<Item = (LimitName, Subject, Override)>,
    ) -> Self {
        let mut policy = self.clone();
        let range = self.range_prefix();
        for (limit, subject, override_) in overrides {
            let subject = match subject {
                Subject::Ipv6Range(address) => Subject::Ipv6Range(network(address, range)),
                other => other,
            };
            // `false`: left out.
            let _ = policy.overrides.insert(limit, subject, override_);
        }
        policy
    }

    /// How long the prefix of a range of clients is.
    pub(crate) fn range_prefix(&self) -> u8 {
        let limit = self.limit(LimitName::NewRegistrationsPerIpv6Range);
        limit.and_then(|limit| limit.prefix).unwrap_or(128)
    }

    /// The preset the policy starts from.
    #[must_use]
    pub fn base(&self) -> Preset {
        self.preset
    }

    /// A limit in force, if this policy has it. `certificates-per-registered-domain-per-account` never
    /// is one by itself: it exists only as an override.
    #[must_use]
    pub fn limit(&self, name: LimitName) -> Option<&Limit> {
        self.limits[name.index()].as_ref()
    }

    /// The overall request limit of a resource; `None` when it has none.
    #[must_use]
    pub fn overall(&self, class: RequestClass) -> Option<&OverallLimit> {
        self.overall.of(class)
    }

    /// What the overall request limits count a client by: its IPv4 address, or the network address of
    /// its IPv6 prefix.
    #[must_use]
    pub fn overall_key(&self, client: IpAddr) -> IpAddr {
        self.overall.key(client)
    }

    /// How many bits of an IPv6 address they look at.
    #[must_use]
    pub fn overall_ipv6_prefix(&self) -> u8 {
        self.overall.ipv6_prefix
    }

    /// The overrides in force.
    #[must_use]
    pub fn overrides(&self) -> &Overrides {
        &self.overrides
    }

    /// The Public Suffix List in use.
    #[must_use]
    pub fn suffixes(&self) -> &SuffixList {
        &self.suffixes
    }

    /// When an order spends from the limits on certificates.
    #[must_use]
    pub fn accounting(&self) -> Accounting {
        self.accounting
    }

    /// How renewals are spared limits.
    #[must_use]
    pub fn renewals(&self) -> &Renewals {
        &self.renewals
    }

    /// How identifiers are paused; `None` where they never are.
    #[must_use]
    pub fn pausing(&self) -> Option<&Pausing> {
        self.pausing.as_ref()
    }

    /// What clients are told beside the refusal itself.
    #[must_use]
    pub fn answers(&self) -> &Answers {
        &self.answers
    }

    /// The `detail` of a refusal by a limit.
    #[must_use]
    pub fn limit_detail(&self, language: Language, refusal: &LimitRefusal) -> String {
        self.messages.limit(language, refusal, &self.answers.docs)
    }

    /// The `detail` of a refusal for paused identifiers, of which the first
    /// [`identifiers_named`](Pausing::identifiers_named) are named, with the unpause link.
    #[must_use]
    pub fn paused_detail(&self, language: Language, paused: &[Identifier], link: &str) -> String {
        let named_max = self.pausing.map_or(0, |pausing| pausing.identifiers_named);
        self.messages.paused(language, paused, named_max, link)
    }

    /// The `detail` of a refusal by `limit` as pages show it, with its numbers and an example of the
    /// rest; `None` where the limit is not in force.
    #[must_use]
    pub fn example_detail(&self, language: Language, limit: LimitName) -> Option<String> {
        Some(self.limit_detail(language, &LimitRefusal::example(self.limit(limit)?)))
    }

    /// The `detail` of a refusal for paused identifiers as pages show it, with `link` as it stands.
    #[must_use]
    pub fn example_paused_detail(&self, language: Language, link: &str) -> String {
        let paused = Identifier::from_text("www.example.com").expect("a DNS name");
        self.messages.paused(language, &[paused], 1, link)
    }

    /// The `detail` when a limit cannot be decided and says `deny` then.
    #[must_use]
    pub fn unavailable_detail(&self, language: Language) -> String {
        self.messages.plain(language, "unavailable")
    }

    /// The `detail` of a refusal by an overall request limit.
    #[must_use]
    pub fn too_many_requests_detail(&self, language: Language) -> String {
        self.messages.plain(language, "too-many-requests")
    }

    /// The most identifiers an order may have, for its profile.
    #[must_use]
    pub fn identifiers_max(&self, profile: Option<&str>) -> usize {
        profile.and_then(|name| self.profiles.get(name)).copied().unwrap_or(self.identifiers_max)
    }

    /// What a new account spends: one for its address and, for IPv6, one for its range.
    #[must_use]
    pub fn new_account(&self, client: IpAddr, now: Timestamp) -> Vec<Charge<'_>> {
        let client = client.to_canonical();
        let mut plan = Plan::new(self, 2, now);
        plan.add(LimitName::NewRegistrationsPerIp, LimitKey::Address(client), Action::Spend);
        if let (IpAddr::V6(address), Some(limit)) =
            (client, self.limit(LimitName::NewRegistrationsPerIpv6Range))
        {
            let range = network(address, limit.prefix.unwrap_or(128));
            plan.charge(limit, LimitKey::Ipv6Range(range), Action::Spend);
        }
        plan.charges
    }

    /// What a new order spends and checks when certificates are counted as issued. Empty for [`Exemption::Ari`].
    #[must_use]
    pub fn new_order<'a>(
        &'a self,
        account: &'a AccountId,
        identifiers: &'a IdentifierSet,
        exemption: Exemption,
        now: Timestamp,
    ) -> Vec<Charge<'a>> {
        if !exemption.meets_any() {
            return Vec::new();
        }

        let mut plan = Plan::new(self, 2 * identifiers.as_slice().len() + 2, now);
        if exemption.spends_order() {
            plan.add(LimitName::NewOrdersPerAccount, LimitKey::Account(account), Action::Spend);
        }
        if let Some(limit) = self.limit(LimitName::AuthorizationFailuresPerIdentifier) {
            let quota = plan.quota(limit, LimitKey::Account(account));
            for identifier in identifiers.iter() {
                plan.push(limit, LimitKey::AccountIdentifier(account, identifier), quota, Action::Check);
            }
        }
        if exemption.meets_domains() {
            plan.check_domains(account, identifiers);
        }
        if let Some(limit) = self.limit(LimitName::CertificatesPerExactSet) {
            plan.charge(limit, LimitKey::Set(identifiers.id()), Action::Check);
        }
        plan.charges
    }

    /// What a new order spends and checks under the [`accounting`](Self::accounting) in force: with
    /// [`Accounting::Order`] it spends what it would only check.
    #[must_use]
    pub fn new_order_accounted<'a>(
        &'a self,
        account: &'a AccountId,
        identifiers: &'a IdentifierSet,
        exemption: Exemption,
        now: Timestamp,
    ) -> Vec<Charge<'a>> {
        let mut charges = self.new_order(account, identifiers, exemption, now);
        if self.accounting == Accounting::Order {
            let certificates = charges.iter_mut().filter(|charge| charge.limit.name.counts_certificates());
            certificates.for_each(|charge| charge.action = Action::Spend);
        }
        charges
    }

    /// What a failed validation records: the failures of the pair.
    #[must_use]
    pub fn validation_failed<'a>(
        &'a self,
        account: &'a AccountId,
        identifier: &'a Identifier,
        now: Timestamp,
    ) -> Vec<Charge<'a>> {
        let mut plan = Plan::new(self, 1, now);
        let key = LimitKey::AccountIdentifier(account, identifier);
        plan.add(LimitName::AuthorizationFailuresPerIdentifier, key, Action::Record);
        plan.charges
    }

    /// What a failed validation spends towards a pause; `None` where pausing is off. The pair is
    /// paused when this is denied or takes the last unit.
    #[must_use]
    pub fn pause_charge<'a>(
        &'a self,
        account: &'a AccountId,
        identifier: &'a Identifier,
        now: Timestamp,
    ) -> Option<Charge<'a>> {
        self.pausing?;
        let mut plan = Plan::new(self, 1, now);
        let key = LimitKey::AccountIdentifier(account, identifier);
        plan.add(LimitName::ConsecutiveAuthorizationFailures, key, Action::Spend);
        plan.charges.pop()
    }

    /// What an issued certificate records: one for each registered domain unless the order was exempt
    /// from that limit, for the account's override on it too where there is one, and one for the exact set.
    ///
    /// The exact set counts a renewal by ARI as well, though no limit can refuse one: it is one more
    /// certificate for its set, and an order for that set which is not such a renewal finds it counted
    /// (RULES 4; Boulder does the same). Its domains do not count it: nearly always its set is that of the
    /// certificate it replaces, as in a renewal by set, and where it adds a name, "exempt from all limits"
    /// weighs more. In the latter case we are more lenient than Boulder (docs/divergences.md).
    #[must_use]
    pub fn issued<'a>(
        &'a self,
        account: &'a AccountId,
        identifiers: &'a IdentifierSet,
        exemption: Exemption,
        now: Timestamp,
    ) -> Vec<Charge<'a>> {
        let per_domain = 1 + usize::from(self.overrides.any_for(self.domain_per_account.name));
        let mut plan = Plan::new(self, per_domain * identifiers.as_slice().len() + 1, now);
        if exemption.meets_domains() {
            plan.record_domains(account, identifiers);
        }
        if let Some(limit) = self.limit(LimitName::CertificatesPerExactSet) {
            plan.charge(limit, LimitKey::Set(identifiers.id()), Action::Record);
        }
        plan.charges
    }

    /// The buckets that hold what is left for somebody, each as a charge that only looks.
    #[must_use]
    pub fn asked_about<'a>(&'a self, subject: event::Subject<'a>, now: Timestamp) -> Vec<Charge<'a>> {
        let mut plan = Plan::new(self, 4, now);
        match subject {
            event::Subject::Address(client) => {
                plan.charges = self.new_account(client, now);
                plan.charges.extend(self.override_request(client, now));
                plan.charges.iter_mut().for_each(|charge| charge.action = Action::Check);
            }
            event::Subject::Domain(domain) => {
                plan.add(LimitName::CertificatesPerRegisteredDomain, LimitKey::Domain(domain), Action::Check);
            }
            event::Subject::Set(set) => {
                plan.add(LimitName::CertificatesPerExactSet, LimitKey::Set(set.id()), Action::Check);
                each_domain(set, &self.suffixes, |domain| {
                    plan.add(
                        LimitName::CertificatesPerRegisteredDomain,
                        LimitKey::Domain(domain),
                        Action::Check,
                    );
                });
            }
            event::Subject::Account(account, identifiers) => {
                plan.add(LimitName::NewOrdersPerAccount, LimitKey::Account(account), Action::Check);
                for identifier in identifiers {
                    let key = LimitKey::AccountIdentifier(account, identifier);
                    plan.add(LimitName::AuthorizationFailuresPerIdentifier, key, Action::Check);
                }
            }
        }
        plan.charges
    }

    /// What a request for an override spends, made with the form of the portal.
    #[must_use]
    pub fn override_request(&self, client: IpAddr, now: Timestamp) -> Vec<Charge<'_>> {
        let mut plan = Plan::new(self, 1, now);
        plan.add(LimitName::OverrideRequestsPerIp, LimitKey::Address(client.to_canonical()), Action::Spend);
        plan.charges
    }
}

/// The charges of one event as they are put together, in one allocation.
struct Plan<'a> {
    policy: &'a Policy,
    now: Timestamp,
    charges: Vec<Charge<'a>>,
}

impl<'a> Plan<'a> {
    fn new(policy: &'a Policy, charges_max: usize, now: Timestamp) -> Self {
        Self { policy, now, charges: Vec::with_capacity(charges_max) }
    }

    /// Charges a limit by name, if the policy has it.
    fn add(&mut self, name: LimitName, key: LimitKey<'a>, action: Action) {
        if let Some(limit) = self.policy.limit(name) {
            self.charge(limit, key, action);
        }
    }

    fn charge(&mut self, limit: &'a Limit, key: LimitKey<'a>, action: Action) {
        let quota = self.quota(limit, key);
        self.push(limit, key, quota, action);
    }

    fn push(&mut self, limit: &'a Limit, key: LimitKey<'a>, quota: Quota, action: Action) {
        self.charges.push(Charge { limit, key, quota, cost: Cost(1), action });
    }

    /// An override's numbers, else the limit's own.
    fn quota(&self, limit: &Limit, key: LimitKey<'_>) -> Quota {
        self.policy.overrides.quota(limit.name, subject(key), self.now).unwrap_or(limit.quota)
    }

    /// The account's override on the domain limit replaces the domain's own buckets.
    fn check_domains(&mut self, account: &'a AccountId, identifiers: &'a IdentifierSet) {
        let Some(domain_limit) = self.policy.limit(LimitName::CertificatesPerRegisteredDomain) else {
            return;
        };
        match self.account_quota(account) {
            Some(quota) => each_domain(identifiers, &self.policy.suffixes, |domain| {
                let key = LimitKey::AccountDomain(account, domain);
                self.push(&self.policy.domain_per_account, key, quota, Action::Check);
            }),
            None => each_domain(identifiers, &self.policy.suffixes, |domain| {
                self.charge(domain_limit, LimitKey::Domain(domain), Action::Check);
            }),
        }
    }

    /// Issuance counts for the domain whatever was checked, and for the account's override too.
    fn record_domains(&mut self, account: &'a AccountId, identifiers: &'a IdentifierSet) {
        let Some(domain_limit) = self.policy.limit(LimitName::CertificatesPerRegisteredDomain) else {
            return;
        };
        let account_quota = self.account_quota(account);
        each_domain(identifiers, &self.policy.suffixes, |domain| {
            self.charge(domain_limit, LimitKey::Domain(domain), Action::Record);
            if let Some(quota) = account_quota {
                let key = LimitKey::AccountDomain(account, domain);
                self.push(&self.policy.domain_per_account, key, quota, Action::Record);
            }
        });
    }

    fn account_quota(&self, account: &AccountId) -> Option<Quota> {
        let name = LimitName::CertificatesPerRegisteredDomainPerAccount;
        self.policy.overrides.quota(name, SubjectRef::Account(account), self.now)
    }
}

/// Whom an override for this bucket would be for.
fn subject(key: LimitKey<'_>) -> SubjectRef<'_> {
    match key {
        LimitKey::Address(address) => SubjectRef::Address(address),
        LimitKey::Ipv6Range(range) => SubjectRef::Ipv6Range(range),
        LimitKey::Account(account)
        | LimitKey::AccountDomain(account, _)
        | LimitKey::AccountIdentifier(account, _) => SubjectRef::Account(account),
        LimitKey::Domain(domain) => SubjectRef::Domain(domain),
        LimitKey::Set(set) => SubjectRef::Set(set),
    }
}

/// Slots of the table in [`each_domain`] that need no allocation: enough for 128 identifiers.
const SLOTS_INLINE: usize = 256;

/// Calls `visit` with each registered domain once, in the order of first appearance.
///
/// Names of one domain need not be neighbours in a set, and comparing each with all costs more than the
/// rest of a decision. So those seen are in an open-addressed table that is at most half full. Names
/// chosen to collide make it a list again, whose length is the bounded number of identifiers.
fn each_domain<'a>(
    identifiers: &'a IdentifierSet,
    suffixes: &SuffixList,
    mut visit: impl FnMut(RegisteredDomain<'a>),
) {
    let identifiers = identifiers.as_slice();
    if let [identifier] = identifiers {
        return visit(suffixes.registered_domain(identifier));
    }

    let mut seen = DomainTable::new(identifiers.len());
    for identifier in identifiers {
        let domain = suffixes.registered_domain(identifier);
        if seen.insert(domain) {
            visit(domain);
        }
    }
}

/// The domains of one order, each once.
struct DomainTable<'a> {
    slots: SmallVec<[Option<RegisteredDomain<'a>>; SLOTS_INLINE]>,
    mask: usize,
}

impl<'a> DomainTable<'a> {
    fn new(domains_max: usize) -> Self {
        let slots = (2 * domains_max).next_power_of_two();
        Self { slots: SmallVec::from_elem(None, slots), mask: slots - 1 }
    }

    /// `true` when the domain was not there.
    fn insert(&mut self, domain: RegisteredDomain<'a>) -> bool {
        let hash = FxBuildHasher.hash_one(domain);
        let mut slot = hash as usize & self.mask;
        while let Some(other) = self.slots[slot] {
            if other == domain {
                return false;
            }
            slot = (slot + 1) & self.mask;
        }
        self.slots[slot] = Some(domain);
        true
    }
}

#[cfg(test)]
pub(crate) mod tests;
