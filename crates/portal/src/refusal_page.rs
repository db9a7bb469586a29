//! A page for each refusal, for those who arrive by a link or by a search for its words.

use std::collections::BTreeSet;

use askama::Template;
use tollgate_policy::{Policy, limit::LimitName, message::Language};

use crate::{
    portal::{LIMITS, UNPAUSE},
    visit::Frame,
    words::Words,
};

/// One refusal; its page is at [`Refusal::path`], and its texts are called after its slug.
pub(crate) struct Refusal {
    slug: &'static str,
    by: By,
}

/// What refused.
#[derive(Clone, Copy)]
enum By {
    Limit(LimitName),
    Pause,
    OverallRequests,
}

pub(crate) const PAUSED: Refusal = Refusal { slug: "paused-identifiers", by: By::Pause };
pub(crate) const TOO_MANY_REQUESTS: Refusal = Refusal { slug: "too-many-requests", by: By::OverallRequests };

static REFUSALS: [Refusal; 9] = [
    Refusal { slug: "too-many-registrations-for-this-ip", by: By::Limit(LimitName::NewRegistrationsPerIp) },
    Refusal {
        slug: "too-many-registrations-for-this-ip-range",
        by: By::Limit(LimitName::NewRegistrationsPerIpv6Range),
    },
    Refusal { slug: "too-many-new-orders-recently", by: By::Limit(LimitName::NewOrdersPerAccount) },
    Refusal {
        slug: "too-many-certificates-already-issued",
        by: By::Limit(LimitName::CertificatesPerRegisteredDomain),
    },
    Refusal {
        slug: "too-many-certificates-already-issued-for-exact-set-of-domains",
        by: By::Limit(LimitName::CertificatesPerExactSet),
    },
    Refusal {
        slug: "too-many-failed-authorizations-recently",
        by: By::Limit(LimitName::AuthorizationFailuresPerIdentifier),
    },
    Refusal { slug: "too-many-override-requests", by: By::Limit(LimitName::OverrideRequestsPerIp) },
    PAUSED,
    TOO_MANY_REQUESTS,
];

impl Refusal {
    /// The refusal whose page is at `path`.
    pub(crate) fn at(path: &str) -> Option<&'static Self> {
        let slug = path.strip_prefix(LIMITS)?;
        REFUSALS.iter().find(|refusal| refusal.slug == slug)
    }

    /// The refusal by `limit`.
    pub(crate) fn by(limit: LimitName) -> Option<&'static Self> {
        let told = match limit {
            // An override for an account refuses in the same words.
            LimitName::CertificatesPerRegisteredDomainPerAccount => {
                LimitName::CertificatesPerRegisteredDomain
            }
            other => other,
        };
        REFUSALS.iter().find(|refusal| match refusal.by {
            By::Limit(name) => name == told,
            By::Pause => told == LimitName::ConsecutiveAuthorizationFailures,
            By::OverallRequests => false,
        })
    }

    pub(crate) fn path(&self) -> String {
        format!("{LIMITS}{}", self.slug)
    }
}

/// The page, ready to be written.
#[derive(Template)]
#[template(path = "refusal.html")]
pub(crate) struct RefusalPage<'a> {
    words: &'a Words,
    frame: Frame,
    slug: &'static str,
    /// What is counted, with the numbers in force; of a limit that is not, what it would count.
    description: Vec<String>,
    in_force: bool,
    /// The message by the language it is in.
    messages: Vec<(&'static str, String)>,
    status: String,
    /// Where a wait is what the message tells; a pause does not end by waiting.
    ends_by_waiting: bool,
    until: String,
    overrides: String,
    /// The form by which one is asked for.
    ask: Option<String>,
    section: String,
    /// What is good to know once the first is done.
    afterwards: Vec<String>,
}

impl<'a> RefusalPage<'a> {
    /// Of `refusal` by `policy`, in the language of `words`.
    pub(crate) fn new(refusal: &Refusal, policy: &Policy, words: &'a Words, frame: Frame) -> Self {
        let page = Self {
            words,
            frame,
            slug: refusal.slug,
            description: Vec::new(),
            in_force: true,
            messages: Vec::new(),
            status: "429".to_owned(),
            ends_by_waiting: true,
            until: words.text("refused-until-text"),
            overrides: words.text("refused-override-none"),
            ask: None,
            section: LIMITS.to_owned(),
            afterwards: Vec::new(),
        };
        match refusal.by {
            By::Limit(limit) => page.of_limit(limit, policy),
            By::Pause => page.of_pause(policy),
            By::OverallRequests => page.of_requests(policy),
        }
    }

    fn of_limit(mut self, name: LimitName, policy: &Policy) -> Self {
        self.description.push(self.words.counts(name));
        self.section = format!("{LIMITS}#{}", name.anchor());
        let in_force = policy.limits_in_force();
        let Some(limit) = in_force.limits.iter().find(|limit| limit.name == name) else {
            self.in_force = false;
            LIMITS.clone_into(&mut self.section);
            return self;
        };
        self.description.push(format!("{}. {}", self.words.numbers(limit), self.words.refill(limit)));
        if !limit.enforced {
            self.description.push(self.words.text("observed-only"));
        }
        self.overrides = self.words.text(match limit.overridable_per {
            Some("account") => "refused-override-account",
            Some(_) => "refused-override-domain",
            None => "refused-override-none",
        });
        if limit.overridable_per.is_some() {
            self.ask = self.frame.form(name);
            if self.ask.is_none() {
                self.overrides = format!("{} {}", self.overrides, self.words.text("refused-override-ask"));
            }
        }
        self.messages = self
            .words
            .in_english_and_here(|language| policy.example_detail(language, name).unwrap_or_default());
        self
    }

    fn of_pause(mut self, policy: &Policy) -> Self {
        self.ends_by_waiting = false;
        self.until = self.words.text("refused-until-lifted");
        self.description.push(self.words.text("pausing-why"));
        let in_force = policy.limits_in_force();
        let Some(pausing) = &in_force.pausing else {
            self.in_force = false;
            return self;
        };
        self.afterwards.push(self.words.pausing_link(pausing));
        self.section = format!("{LIMITS}#paused-identifiers");
        let link = format!("{UNPAUSE}?token=...");
        self.messages =
            self.words.in_english_and_here(|language| policy.example_paused_detail(language, &link));
        self
    }

    fn of_requests(mut self, policy: &Policy) -> Self {
        let in_force = policy.limits_in_force();
        self.until = self.words.text("refused-until-seconds");
        self.description.push(self.words.requests_lead(&in_force.requests_ipv6_prefix));
        if in_force.requests.is_empty() {
            self.in_force = false;
            return self;
        }
        let statuses: BTreeSet<_> = in_force.requests.iter().map(|class| class.status).collect();
        self.status = statuses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        self.section = format!("{LIMITS}#overall-requests-limit");
        self.messages =
            self.words.in_english_and_here(|language: Language| policy.too_many_requests_detail(language));
        self
    }

    fn title(&self) -> String {
        self.words.text(&format!("{}-title", self.slug))
    }

    fn causes(&self) -> Vec<String> {
        self.words.listed(&format!("{}-cause", self.slug))
    }

    fn now(&self) -> Vec<String> {
        let mut now = self.words.listed(&format!("{}-now", self.slug));
        if self.ends_by_waiting {
            now.insert(0, self.words.text("refused-wait"));
        }
        now
    }
}
