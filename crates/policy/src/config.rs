//! Configuration of the policy: as written, and its way to a validated [`Policy`].
//!
//! Validation goes on after a mistake, so that one look at the file mends all of them.

mod exceptions;
mod numbers;
mod raw;

use std::{fmt, ops::Range};

use serde::de::DeserializeOwned;
use tollgate_acme::domain::SuffixList;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

pub use self::raw::{
    RawLimit, RawMessages, RawOverride, RawPausing, RawPolicy, RawProfile, RawRenewals, RawRequest,
    RawRequests,
};
use self::{
    exceptions::overrides,
    numbers::{WrittenQuota, duration, within},
};
use crate::{
    limit::{Limit, LimitName},
    overall::RequestClass,
    policy::{Pausing, Policy},
    preset::Preset,
    renewal::Renewals,
};

/// The most identifiers an order may be allowed.
const IDENTIFIERS_MAX: u64 = 10_000;
/// The most identifiers a refusal may name: it goes into one problem document.
const IDENTIFIERS_NAMED_MAX: u64 = 100;
/// The most pauses that may be lifted at once: they are one transaction.
const LIFT_MAX: u64 = 1_000_000;
/// The most that may be added to a told wait.
const JITTER_PERCENT_MAX: u8 = 50;
/// The longest URL of the limits page: it is in every refusal.
const DOCS_BYTES_MAX: usize = 500;

/// A mistake in configuration: where and what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The dotted key: `limits.new-orders-per-account.count`; empty where the file is no TOML.
    pub key: String,
    /// Bytes of the file, where known.
    pub span: Option<Range<usize>>,
    /// What is wrong and what would be right.
    pub problem: String,
}

impl Mistake {
    /// Line and column in `file`, both counted from 1, where known.
    #[must_use]
    pub fn position(&self, file: &str) -> Option<(usize, usize)> {
        let before = file.get(..self.span.as_ref()?.start)?;
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.matches('\n').count() + 1;
        Some((line, before[line_start..].chars().count() + 1))
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.key.is_empty() {
            return f.write_str(&self.problem);
        }
        write!(f, "{}: {}", self.key, self.problem)
    }
}

/// What was found wrong so far.
#[derive(Default)]
struct Mistakes(Vec<Mistake>);

impl Mistakes {
    fn add(&mut self, key: impl Into<String>, span: Option<Range<usize>>, problem: impl Into<String>) {
        self.0.push(Mistake { key: key.into(), span, problem: problem.into() });
    }

    /// What is wrong with a value that has a place in the file.
    fn at<T>(&mut self, key: impl Into<String>, value: &Spanned<T>, problem: impl Into<String>) {
        self.add(key, Some(value.span()), problem);
    }

    /// The value, unless there is a mistake.
    fn into_result<T>(mut self, value: T) -> Result<T, Vec<Mistake>> {
        if self.0.is_empty() {
            return Ok(value);
        }
        self.0.sort_by_key(|mistake| mistake.span.as_ref().map(|span| span.start));
        Err(self.0)
    }
}

/// Reads a configuration file into its raw shape.
///
/// # Errors
///
/// The first thing that is no TOML, or of the wrong type, or unknown.
pub fn parse<T: DeserializeOwned>(file: &str) -> Result<T, Mistake> {
    toml::from_str(file).map_err(|error| {
        let span = error.span();
        let table = DeTable::parse(file).ok();
        let key = table.zip(span.as_ref()).and_then(|(table, span)| key_at(table.get_ref(), span.start));
        Mistake { key: key.unwrap_or_default(), span, problem: error.message().to_owned() }
    })
}

/// The dotted key that is, or whose value is, at `position` in the file.
fn key_at(table: &DeTable<'_>, position: usize) -> Option<String> {
    table.iter().find_map(|(key, value)| {
        let name = key.get_ref();
        if key.span().contains(&position) {
            return Some(name.to_string());
        }
        let inside = match value.get_ref() {
            DeValue::Table(table) => key_at(table, position).map(|key| format!("{name}.{key}")),
            DeValue::Array(items) => items.iter().enumerate().find_map(|(index, item)| {
                let inside = item.get_ref().as_table().and_then(|table| key_at(table, position));
                match inside {
                    Some(key) => Some(format!("{name}[{index}].{key}")),
                    None => item.span().contains(&position).then(|| format!("{name}[{index}]")),
                }
            }),
            _ => None,
        };
        inside.or_else(|| value.span().contains(&position).then(|| name.to_string()))
    })
}

impl Policy {
    /// The preset with what configuration changes.
    ///
    /// # Errors
    ///
    /// Every mistake there is, in the order of the file.
    pub fn from_raw(raw: &RawPolicy) -> Result<Self, Vec<Mistake>> {
        let mut mistakes = Mistakes::default();
        let mut policy = Self::preset(preset(raw.preset.as_ref(), &mut mistakes));
        policy.accounting = raw.accounting.unwrap_or_default();
        limits(&mut policy, raw, &mut mistakes);
        requests(&mut policy, &raw.requests, &mut mistakes);
        renewals(&mut policy.renewals, &raw.renewals, &mut mistakes);
        pausing(&mut policy, &raw.pausing, &mut mistakes);
        answers(&mut policy, &raw.messages, &mut mistakes);
        identifiers_max(&mut policy, raw, &mut mistakes);
        policy.suffixes = suffixes(&raw.public_suffixes, &mut mistakes);
        overrides(&mut policy, &raw.overrides, &mut mistakes);
        mistakes.into_result(policy)
    }
}

fn preset(raw: Option<&Spanned<String>>, mistakes: &mut Mistakes) -> Preset {
    let Some(name) = raw else {
        return Preset::default();
    };
    Preset::of(name.get_ref()).unwrap_or_else(|| {
        let problem = format!(
            "there is no preset {:?}: there are {}",
            name.get_ref(),
            listed(Preset::ALL.map(Preset::as_str))
        );
        mistakes.at("preset", name, problem);
        Preset::default()
    })
}

fn limits(policy: &mut Policy, raw: &RawPolicy, mistakes: &mut Mistakes) {
    for (written, raw) in &raw.limits {
        let key = format!("limits.{}", written.get_ref());
        match LimitName::of(written.get_ref()) {
            None => mistakes.at(&key, written, unknown_limit(written.get_ref())),
            Some(LimitName::CertificatesPerRegisteredDomainPerAccount) => {
                domain_per_account(policy, &key, written, raw, mistakes);
            }
            Some(name) => {
                let before = policy.limits[name.index()];
                policy.limits[name.index()] =
                    before.and_then(|limit| changed_limit(limit, &key, raw, mistakes));
            }
        }
    }
}

fn unknown_limit(name: &str) -> String {
    let names = LimitName::ALL.map(LimitName::as_str);
    match nearest(name, &names) {
        Some(near) => format!("there is no limit {name:?}: did you mean {near:?}?"),
        None => format!("there is no limit {name:?}: there are {}", listed(names)),
    }
}

/// `None`: switched off.
fn changed_limit(limit: Limit, key: &str, raw: &RawLimit, mistakes: &mut Mistakes) -> Option<Limit> {
    let written =
        WrittenQuota { count: raw.count.as_ref(), burst: raw.burst.as_ref(), period: raw.period.as_ref() };
    Some(Limit {
        quota: written.on(limit.quota, key, mistakes),
        prefix: changed_prefix(limit, key, raw.prefix.as_ref(), mistakes),
        enforce: raw.enforce.unwrap_or(limit.enforce),
        on_store_failure: raw.on_store_failure.unwrap_or(limit.on_store_failure),
        ..limit
    })
    .filter(|_| raw.enabled != Some(false))
}

fn changed_prefix(limit: Limit, key: &str, raw: Option<&Spanned<u8>>, mistakes: &mut Mistakes) -> Option<u8> {
    let key = format!("{key}.prefix");
    match (limit.prefix, raw) {
        (before, None) => before,
        (None, Some(prefix)) => {
            mistakes.at(key, prefix, "this limit does not count ranges, so it has no prefix");
            None
        }
        (Some(before), Some(prefix)) => Some(within(prefix, 1..=128, key, mistakes).unwrap_or(before)),
    }
}

/// It has no numbers of its own, so all that can be changed is what a refusal does.
fn domain_per_account(
    policy: &mut Policy,
    key: &str,
    written: &Spanned<String>,
    raw: &RawLimit,
    mistakes: &mut Mistakes,
) {
    let has_numbers = raw.count.is_some() || raw.burst.is_some() || raw.period.is_some();
    if has_numbers || raw.prefix.is_some() || raw.enabled.is_some() {
        mistakes.at(
            key,
            written,
            "this limit exists only as an override: its numbers stand in [[overrides]], and only enforce \
             and on-store-failure here",
        );
    }
    let limit = &mut policy.domain_per_account;
    limit.enforce = raw.enforce.unwrap_or(limit.enforce);
    limit.on_store_failure = raw.on_store_failure.unwrap_or(limit.on_store_failure);
}

fn requests(policy: &mut Policy, raw: &RawRequests, mistakes: &mut Mistakes) {
    if let Some(prefix) = &raw.ipv6_prefix
        && let Some(prefix) = within(prefix, 1..=128, "requests.ipv6-prefix".to_owned(), mistakes)
    {
        policy.overall.ipv6_prefix = prefix;
    }
    for (class, raw) in [
        (RequestClass::NewNonce, &raw.new_nonce),
        (RequestClass::NewAccount, &raw.new_account),
        (RequestClass::NewOrder, &raw.new_order),
        (RequestClass::RevokeCert, &raw.revoke_cert),
        (RequestClass::RenewalInfo, &raw.renewal_info),
        (RequestClass::Other, &raw.other),
        (RequestClass::Directory, &raw.directory),
    ] {
        request(policy, class, raw, mistakes);
    }
}

fn request(policy: &mut Policy, class: RequestClass, raw: &RawRequest, mistakes: &mut Mistakes) {
    let key = format!("requests.{}", class.as_str());
    let slot = &mut policy.overall.limits[class as usize];
    if let Some(limit) = slot {
        let written = WrittenQuota { count: raw.rate.as_ref(), burst: raw.burst.as_ref(), period: None };
        limit.quota = written.on(limit.quota, &key, mistakes);
        limit.enforce = raw.enforce.unwrap_or(limit.enforce);
        if let Some(status) = &raw.status {
            match (class, *status.get_ref()) {
                (RequestClass::RenewalInfo, 429) => mistakes.at(
                    format!("{key}.status"),
                    status,
                    "renewalInfo is refused with 503: any other error makes a client wait for hours (RFC 9773, 4.3.3)",
                ),
                (_, accepted @ (429 | 503)) => limit.status = accepted,
                (_, other) => {
                    mistakes.at(format!("{key}.status"), status, format!("{other} is neither 503 nor 429"));
                }
            }
        }
    }
    if raw.enabled == Some(false) {
        *slot = None;
    }
}

fn renewals(renewals: &mut Renewals, raw: &RawRenewals, mistakes: &mut Mistakes) {
    renewals.ari = raw.ari_exemption.unwrap_or(renewals.ari);
    if let Some(written) = &raw.set_window {
        renewals.set_window = duration(written, "renewals.set-window", mistakes).or(renewals.set_window);
    }
    if raw.set_exemption == Some(false) {
        renewals.set_window = None;
    }
}

fn pausing(policy: &mut Policy, raw: &RawPausing, mistakes: &mut Mistakes) {
    let Some(before) = policy.pausing else {
        return;
    };
    let mut time = |written: &Option<Spanned<String>>, key, before| {
        written.as_ref().and_then(|written| duration(written, key, mistakes)).unwrap_or(before)
    };
    let link_validity = time(&raw.link_validity, "pausing.link-validity", before.link_validity);
    let immunity = time(&raw.immunity, "pausing.immunity", before.immunity);
    let mut number = |written: &Option<Spanned<u64>>, max, key: &str| {
        written.as_ref().and_then(|written| within(written, 1..=max, key.to_owned(), mistakes))
    };
    let named = number(&raw.identifiers_named, IDENTIFIERS_NAMED_MAX, "pausing.identifiers-named");
    let lift_max = number(&raw.lift_max, LIFT_MAX, "pausing.lift-max");

    policy.pausing = (raw.enabled != Some(false)).then_some(Pausing {
        link_validity,
        immunity,
        identifiers_named: named.map_or(before.identifiers_named, |named| named as usize),
        lift_max: lift_max.and_then(|max| max.try_into().ok()).unwrap_or(before.lift_max),
    });
}

fn answers(policy: &mut Policy, raw: &RawMessages, mistakes: &mut Mistakes) {
    let answers = &mut policy.answers;
    if let Some(docs) = &raw.docs {
        match docs_mistake(docs.get_ref()) {
            Some(problem) => mistakes.at("messages.docs", docs, problem),
            None => answers.docs.clone_from(docs.get_ref()),
        }
    }
    if let Some(percent) = &raw.jitter_percent {
        let key = "messages.jitter-percent".to_owned();
        answers.jitter_percent =
            within(percent, 0..=JITTER_PERCENT_MAX, key, mistakes).unwrap_or(answers.jitter_percent);
    }
    answers.rate_limit_fields = raw.rate_limit_fields.unwrap_or(answers.rate_limit_fields);
    answers.directory_meta = raw.directory_meta.unwrap_or(answers.directory_meta);
}

/// It is written into a `Link` field and before an anchor, so it must fit there as it is.
fn docs_mistake(docs: &str) -> Option<&'static str> {
    if !docs.starts_with("https://") && !docs.starts_with("http://") {
        return Some("this is no URL: it begins with https:// or http://");
    }
    if docs.len() > DOCS_BYTES_MAX {
        return Some("this is too long: at most 500 bytes");
    }
    if docs.contains('#') {
        return Some("leave out the anchor: each limit has its own");
    }
    let fits = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>' | b'"');
    (!docs.bytes().all(fits))
        .then_some("a URL has neither spaces, quotes, angle brackets nor letters beyond ASCII")
}

fn identifiers_max(policy: &mut Policy, raw: &RawPolicy, mistakes: &mut Mistakes) {
    let mut number = |written: &Spanned<u64>, key| {
        within(written, 1..=IDENTIFIERS_MAX, key, mistakes).map(|max| max as usize)
    };
    if let Some(written) = &raw.identifiers_per_certificate
        && let Some(max) = number(written, "identifiers-per-certificate".to_owned())
    {
        policy.identifiers_max = max;
    }
    for (name, profile) in &raw.profiles {
        let key = format!("profiles.{}.identifiers-per-certificate", name.get_ref());
        if let Some(max) = number(&profile.identifiers_per_certificate, key) {
            policy.profiles.insert(name.get_ref().as_str().into(), max);
        }
    }
}

fn suffixes(raw: &[Spanned<String>], mistakes: &mut Mistakes) -> SuffixList {
    let usable = raw.iter().filter(|suffix| match SuffixList::with_extra([suffix.get_ref()]) {
        Ok(_) => true,
        Err(error) => {
            mistakes.at("public-suffixes", suffix, error.to_string());
            false
        }
    });
    SuffixList::with_extra(usable.map(Spanned::get_ref)).unwrap_or_default()
}

/// The known name that is most like `name`, if any is like it at all.
fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    /// Jaro-Winkler similarity from which on a name is taken for a slip of the pen.
    const ALIKE: f64 = 0.8;
    let likeness = |known: &str| strsim::jaro_winkler(name, known);
    let best = known.iter().copied().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(best) >= ALIKE).then_some(best)
}

fn listed<const N: usize>(names: [&str; N]) -> String {
    names.map(|name| format!("{name:?}")).join(", ")
}

#[cfg(test)]
mod tests;
