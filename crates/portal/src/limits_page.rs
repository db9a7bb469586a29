//! The page of the limits in force.

use askama::Template;
use tollgate_policy::{
    limit::LimitName,
    view::{LimitInForce, LimitsInForce},
};

use crate::{
    refusal_page::{PAUSED, Refusal, TOO_MANY_REQUESTS},
    visit::Frame,
    words::Words,
};

/// The page, ready to be written.
#[derive(Template)]
#[template(path = "limits.html")]
pub(crate) struct LimitsPage<'a> {
    words: &'a Words,
    frame: Frame,
    preset: &'static str,
    limits: Vec<Section>,
    identifiers_max: String,
    profiles: Vec<Profile<'a>>,
    requests: Vec<Class>,
    requests_ipv6_prefix: u8,
    renewals: Vec<String>,
    pausing: Vec<String>,
    refused_requests: String,
    refused_paused: String,
}

/// What the page says of one limit.
struct Section {
    /// Where the link of a refusal leads.
    anchor: &'static str,
    name: &'static str,
    title: String,
    short: String,
    numbers: String,
    refill: String,
    counts: String,
    key: String,
    checked_at: String,
    spent_at: String,
    overrides: String,
    /// The form to ask for one.
    ask: Option<String>,
    enforced: bool,
    /// The page of its refusal.
    refusal: Option<String>,
}

struct Profile<'a> {
    name: &'a str,
    identifiers_max: String,
}

/// One row of the overall request limits.
struct Class {
    resource: String,
    rate: String,
    burst: String,
    status: u16,
    enforced: bool,
}

impl<'a> LimitsPage<'a> {
    /// Of the limits `in_force`, in the language of `words`.
    pub(crate) fn new(in_force: &'a LimitsInForce, words: &'a Words, frame: Frame) -> Self {
        Self {
            words,
            preset: in_force.preset.as_str(),
            limits: in_force.limits.iter().map(|limit| Section::new(limit, words, &frame)).collect(),
            identifiers_max: count(in_force.identifiers_per_certificate, words),
            profiles: in_force
                .identifiers_per_certificate_by_profile
                .iter()
                .map(|(name, max)| Profile { name, identifiers_max: count(*max, words) })
                .collect(),
            requests: in_force
                .requests
                .iter()
                .map(|class| Class {
                    resource: words.request_class(class.resource),
                    rate: words.number(class.rate),
                    burst: words.number(class.burst),
                    status: class.status,
                    enforced: class.enforced,
                })
                .collect(),
            requests_ipv6_prefix: in_force.requests_ipv6_prefix,
            renewals: words.renewals(&in_force.renewals),
            pausing: in_force.pausing.as_ref().map(|pausing| words.pausing(pausing)).unwrap_or_default(),
            refused_requests: TOO_MANY_REQUESTS.path(),
            refused_paused: PAUSED.path(),
            frame,
        }
    }
}

impl Section {
    fn new(limit: &LimitInForce, words: &Words, frame: &Frame) -> Self {
        let ask = frame.form(limit.name);
        let mut overrides = words.overridable(limit);
        if limit.overridable_per.is_some() && ask.is_none() {
            overrides = format!("{overrides}. {}", words.text("refused-override-ask"));
        }
        Self {
            anchor: LimitName::anchor(limit.name),
            name: limit.name.as_str(),
            title: words.title(limit.name),
            short: words.short(limit),
            numbers: words.numbers(limit),
            refill: words.refill(limit),
            counts: words.counts(limit.name),
            key: words.key(limit),
            checked_at: words.event(limit.checked_at),
            spent_at: words.event(limit.spent_at),
            overrides,
            ask,
            enforced: limit.enforced,
            refusal: Refusal::by(limit.name).map(Refusal::path),
        }
    }
}

fn count(number: usize, words: &Words) -> String {
    words.number(u64::try_from(number).unwrap_or(u64::MAX))
}
