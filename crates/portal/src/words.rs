//! What the pages say, in one language. The texts are Fluent files in `locales/`, compiled in.
//!
//! Every argument is a finished text, formatted here for the language; beside it `$n` is the bare
//! number, by which a text chooses its plural.

use std::time::Duration;

use fluent_bundle::FluentArgs;
use tollgate_policy::{
    limit::LimitName,
    message::Language,
    overall::RequestClass,
    renewal::AriExemption,
    texts::Texts,
    view::{LimitInForce, PausingInForce, Period, RenewalsInForce},
};

use tollgate_records::{OverrideForm, Ruling, Verdict};

use crate::{
    mail::Mail,
    numbers::{Part, grouped, parts, rounded},
    override_form::Kind,
    typed::Mistake,
};

/// The texts of one language, parsed.
pub(crate) struct Words {
    language: Language,
    texts: Texts,
}

/// A page of one message.
pub(crate) struct Notice {
    pub(crate) title: String,
    pub(crate) text: String,
}

impl Words {
    pub(crate) fn new(language: Language) -> Self {
        Self { language, texts: Texts::new(language, source(language)) }
    }

    pub(crate) fn language(&self) -> &'static str {
        self.language.tag()
    }

    pub(crate) fn spoken_language(&self) -> Language {
        self.language
    }

    /// A text without arguments.
    pub(crate) fn text(&self, id: &str) -> String {
        self.format(id, None)
    }

    /// A page of one message.
    pub(crate) fn notice(&self, id: &str) -> Notice {
        Notice { title: self.text(&format!("{id}-title")), text: self.text(&format!("{id}-text")) }
    }

    /// The texts `ID-1` to `ID-5`.
    pub(crate) fn five(&self, id: &str) -> Vec<String> {
        (1..=5).map(|number| self.text(&format!("{id}-{number}"))).collect()
    }

    /// The texts `ID-1`, `ID-2` and so on, as many as there are.
    pub(crate) fn listed(&self, id: &str) -> Vec<String> {
        (1..)
            .map(|number| format!("{id}-{number}"))
            .take_while(|id| self.texts.has(id))
            .map(|id| self.text(&id))
            .collect()
    }

    /// What a refused client says in English; the same in the language of the page where it is another.
    pub(crate) fn in_english_and_here(
        &self,
        detail: impl Fn(Language) -> String,
    ) -> Vec<(&'static str, String)> {
        let mut languages = vec![Language::English, self.language];
        languages.dedup();
        languages.into_iter().map(|language| (language.tag(), detail(language))).collect()
    }

    pub(crate) fn number(&self, number: u64) -> String {
        grouped(number, self.language)
    }

    /// `3 hours 21 minutes`.
    pub(crate) fn spoken(&self, duration: Duration) -> String {
        self.told("for", &parts(duration))
    }

    /// `every 3 hours`, `every second`.
    fn every(&self, duration: Duration) -> String {
        let parts = parts(duration);
        let first = self.told("every", &parts[..1]);
        match &parts[1..] {
            [] => first,
            rest => format!("{first} {}", self.told("for", rest)),
        }
    }

    /// `50 every 7 days`, or `1,152, then 1 every day` where more can be used at once.
    pub(crate) fn short(&self, limit: &LimitInForce) -> String {
        let refill = self.rate(limit);
        if limit.burst == limit.count {
            return refill;
        }
        self.with("short-burst", &[("burst", &self.number(limit.burst)), ("refill", &refill)])
    }

    pub(crate) fn numbers(&self, limit: &LimitInForce) -> String {
        self.counted("at-once-number", limit.burst)
    }

    /// How they come back: `Then about 1 certificate every 202 minutes (50 every 7 days).`
    pub(crate) fn refill(&self, limit: &LimitInForce) -> String {
        let whole = self.rate(limit);
        let one = duration(&limit.period) / u32::try_from(limit.count).unwrap_or(u32::MAX).max(1);
        if limit.count <= 1 || one < Duration::from_secs(1) {
            return self.with("refill", &[("whole", &whole)]);
        }
        let every = self.told("every", &[rounded(one)]);
        let unit = self.text(one_of(limit.name));
        self.with("refill-one", &[("one", &unit), ("every", &every), ("whole", &whole)])
    }

    fn rate(&self, limit: &LimitInForce) -> String {
        let every = self.every(duration(&limit.period));
        self.with("short", &[("count", &self.number(limit.count)), ("every", &every)])
    }

    pub(crate) fn title(&self, limit: LimitName) -> String {
        self.text(&format!("{limit}-title"))
    }

    pub(crate) fn counts(&self, limit: LimitName) -> String {
        self.text(&format!("{limit}-counts"))
    }

    pub(crate) fn key(&self, limit: &LimitInForce) -> String {
        match limit.name {
            LimitName::NewRegistrationsPerIp | LimitName::OverrideRequestsPerIp => self.text("key-address"),
            LimitName::NewRegistrationsPerIpv6Range => {
                let prefix = limit.prefix.unwrap_or(128).to_string();
                self.with("key-range", &[("prefix", &prefix)])
            }
            LimitName::NewOrdersPerAccount => self.text("key-account"),
            LimitName::CertificatesPerRegisteredDomain => self.text("key-domain"),
            LimitName::CertificatesPerRegisteredDomainPerAccount => self.text("key-account-domain"),
            LimitName::CertificatesPerExactSet => self.text("key-set"),
            LimitName::AuthorizationFailuresPerIdentifier | LimitName::ConsecutiveAuthorizationFailures => {
                self.text("key-account-identifier")
            }
        }
    }

    /// An event of the reference: ACME's own names stay as they are.
    pub(crate) fn event(&self, event: &str) -> String {
        match event {
            "issuance" => self.text("event-issuance"),
            "failed validation" => self.text("event-failed-validation"),
            "override form" => self.text("event-override-form"),
            resource => resource.to_owned(),
        }
    }

    pub(crate) fn overridable(&self, limit: &LimitInForce) -> String {
        self.text(match limit.overridable_per {
            Some("account") => "overrides-account",
            Some(_) => "overrides-domain",
            None => "overrides-none",
        })
    }

    pub(crate) fn identifiers_numbers(&self, max: &str) -> String {
        self.with("identifiers-numbers", &[("count", max)])
    }

    pub(crate) fn requests_lead(&self, ipv6_prefix: &u8) -> String {
        self.with("requests-lead", &[("prefix", &ipv6_prefix.to_string())])
    }

    pub(crate) fn refused_answer(&self, status: &str) -> String {
        self.with("refused-answer", &[("status", status)])
    }

    pub(crate) fn request_class(&self, class: RequestClass) -> String {
        match class {
            RequestClass::NewNonce => "newNonce".to_owned(),
            RequestClass::NewAccount => "newAccount".to_owned(),
            RequestClass::NewOrder => "newOrder".to_owned(),
            RequestClass::RevokeCert => "revokeCert".to_owned(),
            RequestClass::RenewalInfo => "renewalInfo".to_owned(),
            RequestClass::Other => self.text("requests-other"),
            RequestClass::Directory => "directory".to_owned(),
        }
    }

    pub(crate) fn renewals(&self, renewals: &RenewalsInForce) -> Vec<String> {
        let ari = self.text(match renewals.ari_exemption {
            AriExemption::Window => "renewals-ari-window",
            AriExemption::Always => "renewals-ari-always",
            AriExemption::Never => "renewals-ari-never",
        });
        let set = match &renewals.set_window {
            Some(window) => self.with("renewals-set", &[("period", &self.spoken(duration(window)))]),
            None => self.text("renewals-set-never"),
        };
        vec![ari, set, self.text("renewals-paused")]
    }

    pub(crate) fn pausing(&self, pausing: &PausingInForce) -> Vec<String> {
        vec![self.text("pausing-why"), self.pausing_link(pausing)]
    }

    /// What the link of a refusal does.
    pub(crate) fn pausing_link(&self, pausing: &PausingInForce) -> String {
        self.with(
            "pausing-link",
            &[
                ("validity", &self.spoken(duration(&pausing.link_validity))),
                ("max", &self.number(pausing.lift_max.into())),
                ("immunity", &self.spoken(duration(&pausing.immunity))),
            ],
        )
    }

    pub(crate) fn starts_from(&self, preset: &str) -> String {
        self.with("starts-from", &[("preset", preset)])
    }

    pub(crate) fn unpause_lead(&self, paused: &u64) -> String {
        self.counted("unpause-lead", *paused)
    }

    pub(crate) fn more(&self, listed: &[String], more: &u64) -> String {
        self.counted(if listed.is_empty() { "more-only" } else { "more" }, *more)
    }

    /// `immunity` is told by [`Self::spoken`]; empty where nothing is known of it.
    pub(crate) fn then(&self, more: &u64, immunity: &str) -> String {
        let text = self.text(if *more > 0 { "then-more" } else { "then" });
        if immunity.is_empty() {
            return text;
        }
        format!("{text} {}", self.with("then-immunity", &[("immunity", immunity)]))
    }

    pub(crate) fn unpause_button(&self, paused: &u64, lift_max: &u32) -> String {
        let lift_max = u64::from(*lift_max);
        if *paused > lift_max {
            return self.counted("unpause-button-some", lift_max);
        }
        self.counted("unpause-button", *paused)
    }

    pub(crate) fn unpaused_title(&self, lifted: &u64) -> String {
        match lifted {
            0 => self.text("unpaused-none-title"),
            lifted => self.counted("unpaused-title", *lifted),
        }
    }

    pub(crate) fn unpaused_lead(&self, lifted: &u64) -> String {
        match lifted {
            0 => self.text("unpaused-none-lead"),
            lifted => self.counted("unpaused-lead", *lifted),
        }
    }

    pub(crate) fn remaining(&self, remaining: &u64) -> String {
        self.counted("remaining", *remaining)
    }

    /// The page of a link that was used; `paused_since` are in force, and began later.
    pub(crate) fn link_used(&self, at: jiff::Timestamp, paused_since: u64) -> Notice {
        let at = at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
        let mut text = self.with("link-used-text", &[("time", &at)]);
        if paused_since > 0 {
            text.push(' ');
            text.push_str(&self.counted("link-used-since", paused_since));
        }
        Notice { title: self.text("link-used-title"), text }
    }

    pub(crate) fn mistake(&self, mistake: &Mistake) -> String {
        let values: Vec<_> = mistake.values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.with(mistake.id, &values)
    }

    /// `title`, `text` or `subject` of a request's kind.
    pub(crate) fn of_kind(&self, kind: Kind, what: &str) -> String {
        self.text(&format!("{}-{what}", kind_id(kind)))
    }

    pub(crate) fn subject_hint(&self, kind: Kind, accounts_at: &str) -> String {
        match kind {
            Kind::Orders | Kind::AccountDomains => {
                self.with("override-account-hint", &[("origin", accounts_at)])
            }
            Kind::Domain => self.text("override-domain-hint"),
            Kind::Address => self.text("override-address-hint"),
        }
    }

    /// Why a limit has no override.
    pub(crate) fn no_override(&self, limit: LimitName) -> String {
        self.text(&format!("{limit}-no-override"))
    }

    /// `5,000 certificates a week`
    pub(crate) fn weekly(&self, limit: LimitName, tier: u64) -> String {
        match limit {
            LimitName::NewOrdersPerAccount => self.counted("override-weekly-orders", tier),
            _ => self.counted("override-weekly-certificates", tier),
        }
    }

    pub(crate) fn mistakes(&self, count: u64) -> String {
        self.counted("override-mistakes", count)
    }

    /// What became of a request.
    pub(crate) fn verdict(&self, verdict: Option<&Verdict>) -> String {
        let Some(verdict) = verdict else { return self.text("override-waiting") };
        let at = verdict.at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
        let id = match verdict.ruling {
            Ruling::Approved => "override-approved",
            Ruling::Denied => "override-denied",
        };
        self.with(id, &[("time", &at)])
    }

    /// The mail that a request has arrived.
    pub(crate) fn mail_received(&self, form: &OverrideForm, link: &str) -> Mail {
        let values = [
            ("subject", &*form.subject.to_string()),
            ("tier", &*self.weekly(form.limit, form.tier.get())),
            ("link", link),
        ];
        Mail {
            to: form.email.clone(),
            subject: self.with("mail-received-title", &values[..1]),
            text: self.with("mail-received-text", &values),
        }
    }

    /// The mail of a decision.
    pub(crate) fn mail_decided(&self, form: &OverrideForm, verdict: &Verdict) -> Mail {
        let values = [
            ("subject", &*form.subject.to_string()),
            ("tier", &*self.weekly(form.limit, form.tier.get())),
            ("reason", &*verdict.reason),
        ];
        let (title, text) = match verdict.ruling {
            Ruling::Approved => ("mail-approved-title", "mail-approved-text"),
            Ruling::Denied => ("mail-denied-title", "mail-denied-text"),
        };
        Mail {
            to: form.email.clone(),
            subject: self.with(title, &values[..1]),
            text: self.with(text, &values),
        }
    }

    pub(crate) fn too_many_look_ups(&self, wait: Duration) -> Notice {
        let text = self.with("status-too-many-text", &[("wait", &self.spoken(wait))]);
        Notice { title: self.text("status-too-many-title"), text }
    }

    pub(crate) fn as_of(&self, time: &str) -> String {
        self.with("status-as-of", &[("time", time)])
    }

    pub(crate) fn counts_for(&self, name: &str, domain: &str) -> String {
        self.with("status-counts-for", &[("name", name), ("domain", domain)])
    }

    /// `12 of 50 left`
    pub(crate) fn left(&self, left: u64, burst: u64) -> String {
        self.with("status-left", &[("left", &self.number(left)), ("burst", &self.number(burst))])
    }

    pub(crate) fn paused(&self, paused: u64) -> String {
        if paused == 0 { self.text("status-none-paused") } else { self.counted("status-paused", paused) }
    }

    /// A text of a wait and of the moment at which it ends.
    pub(crate) fn at_moment(&self, id: &str, wait: &str, time: &str) -> String {
        self.with(id, &[("wait", wait), ("time", time)])
    }

    /// Parts of a duration by the texts of `family`: `for` or `every`.
    fn told(&self, family: &str, parts: &[Part]) -> String {
        let told: Vec<_> =
            parts.iter().map(|part| self.counted(&format!("{family}-{}", part.unit), part.count)).collect();
        told.join(" ")
    }

    fn counted(&self, id: &str, number: u64) -> String {
        let mut args = FluentArgs::with_capacity(2);
        args.set("n", number);
        args.set("count", self.number(number));
        self.format(id, Some(&args))
    }

    fn with(&self, id: &str, values: &[(&'static str, &str)]) -> String {
        let mut args = FluentArgs::with_capacity(values.len());
        for (name, value) in values {
            args.set(*name, *value);
        }
        self.format(id, Some(&args))
    }

    fn format(&self, id: &str, args: Option<&FluentArgs<'_>>) -> String {
        self.texts.format(id, args)
    }
}

pub(crate) fn duration(period: &Period) -> Duration {
    Duration::from_millis(period.ms)
}

/// How a language calls itself.
pub(crate) fn own_name(language: Language) -> &'static str {
    match language {
        Language::English => "English",
        Language::Italian => "Italiano",
        Language::Danish => "Dansk",
        Language::French => "Français",
        Language::Vietnamese => "Tiếng Việt",
    }
}

fn one_of(limit: LimitName) -> &'static str {
    match limit {
        LimitName::NewRegistrationsPerIp | LimitName::NewRegistrationsPerIpv6Range => "one-account",
        LimitName::NewOrdersPerAccount => "one-order",
        LimitName::CertificatesPerRegisteredDomain
        | LimitName::CertificatesPerRegisteredDomainPerAccount
        | LimitName::CertificatesPerExactSet => "one-certificate",
        LimitName::AuthorizationFailuresPerIdentifier | LimitName::ConsecutiveAuthorizationFailures => {
            "one-failure"
        }
        LimitName::OverrideRequestsPerIp => "one-request",
    }
}

fn kind_id(kind: Kind) -> &'static str {
    match kind {
        Kind::Orders => "override-orders",
        Kind::Domain => "override-domain",
        Kind::Address => "override-address",
        Kind::AccountDomains => "override-account-domains",
    }
}

fn source(language: Language) -> &'static str {
    match language {
        Language::English => include_str!("../../../locales/en/portal.ftl"),
        Language::Italian => include_str!("../../../locales/it/portal.ftl"),
        Language::Danish => include_str!("../../../locales/da/portal.ftl"),
        Language::French => include_str!("../../../locales/fr/portal.ftl"),
        Language::Vietnamese => include_str!("../../../locales/vi/portal.ftl"),
    }
}

#[cfg(test)]
mod tests {
    use tollgate_policy::texts::variables;

    use super::*;

    #[test]
    fn every_language_has_the_messages_and_variables_of_english() {
        let english = variables(source(Language::English));
        for language in Language::ALL {
            assert_eq!(variables(source(language)), english, "{}", language.tag());
        }
    }

    #[test]
    fn every_message_is_used() {
        let sources = [
            include_str!("words.rs"),
            include_str!("portal.rs"),
            include_str!("limits_page.rs"),
            include_str!("override_form.rs"),
            include_str!("override_page.rs"),
            include_str!("refusal_page.rs"),
            include_str!("status_page.rs"),
            include_str!("typed.rs"),
            include_str!("unpause_page.rs"),
            include_str!("visit.rs"),
            include_str!("../templates/base.html"),
            include_str!("../templates/limits.html"),
            include_str!("../templates/override.html"),
            include_str!("../templates/override_form.html"),
            include_str!("../templates/override_request.html"),
            include_str!("../templates/refusal.html"),
            include_str!("../templates/status.html"),
            include_str!("../templates/unpause.html"),
            include_str!("../templates/unpaused.html"),
        ];
        let quoted = |id: &str| sources.iter().any(|source| source.contains(&format!("\"{id}\"")));
        for id in variables(source(Language::English)).into_keys() {
            let (stem, end) = id.rsplit_once('-').unwrap_or((id, ""));
            let of_a_family = match end {
                "title" | "counts" if LimitName::of(stem).is_some() => true,
                "override" if stem.strip_suffix("-no").and_then(LimitName::of).is_some() => true,
                "subject" => quoted(stem),
                "title" | "text" | "1" | "2" | "3" | "4" | "5" => {
                    let refusal = stem.strip_suffix("-cause").or_else(|| stem.strip_suffix("-now"));
                    quoted(refusal.unwrap_or(stem))
                }
                "day" | "hour" | "minute" | "second" | "millisecond" => stem == "for" || stem == "every",
                _ => false,
            };
            assert!(of_a_family || quoted(id), "{id} is used nowhere");
        }
    }

    #[test]
    fn durations_follow_the_language() {
        for (language, seconds, spoken, every) in [
            (Language::English, 1, "1 second", "every second"),
            (Language::English, 604_800, "7 days", "every 7 days"),
            (Language::English, 12_096, "3 hours 21 minutes", "every 3 hours 21 minutes"),
            (Language::Italian, 10_800, "3 ore", "ogni 3 ore"),
            (Language::Danish, 86_400, "1 dag", "hver dag"),
            (Language::French, 10_800, "3 heures", "toutes les 3 heures"),
            (Language::French, 604_800, "7 jours", "tous les 7 jours"),
            (Language::Vietnamese, 3_600, "1 giờ", "mỗi 1 giờ"),
        ] {
            let words = Words::new(language);
            assert_eq!(words.spoken(Duration::from_secs(seconds)), spoken);
            assert_eq!(words.every(Duration::from_secs(seconds)), every);
        }
    }
}
