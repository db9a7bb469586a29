//! What the pages say. One place, so that another language is another value of [`Words`].

use std::time::Duration;

use tollgate_policy::{
    limit::LimitName,
    overall::RequestClass,
    renewal::AriExemption,
    view::{LimitInForce, PausingInForce, Period, RenewalsInForce},
};

use crate::numbers::{every, grouped, spoken};

/// The texts of one language. What has a number in it is a method.
pub(crate) struct Words {
    pub(crate) language: &'static str,
    pub(crate) all_limits: &'static str,
    pub(crate) as_json: &'static str,

    pub(crate) limits_title: &'static str,
    pub(crate) limits_lead: &'static str,
    pub(crate) limit: &'static str,
    pub(crate) allowance: &'static str,
    pub(crate) reading_title: &'static str,
    pub(crate) reading: &'static str,
    pub(crate) each_title: &'static str,
    pub(crate) counted_per: &'static str,
    pub(crate) checked_at: &'static str,
    pub(crate) counted_at: &'static str,
    pub(crate) overrides: &'static str,
    pub(crate) in_configuration: &'static str,
    pub(crate) observed_only: &'static str,
    pub(crate) observed_short: &'static str,
    pub(crate) identifiers_title: &'static str,
    pub(crate) identifiers_counts: &'static str,
    pub(crate) profile: &'static str,
    pub(crate) requests_title: &'static str,
    pub(crate) requests_short: &'static str,
    pub(crate) resource: &'static str,
    pub(crate) per_second: &'static str,
    pub(crate) at_once: &'static str,
    pub(crate) answer: &'static str,
    pub(crate) renewals_title: &'static str,
    pub(crate) pausing_title: &'static str,
    pub(crate) retrying_title: &'static str,
    pub(crate) retrying: &'static [&'static str],

    pub(crate) unpause_title: &'static str,
    pub(crate) account: &'static str,
    pub(crate) check_title: &'static str,
    pub(crate) check: &'static [&'static str],
    pub(crate) then_title: &'static str,

    pub(crate) nothing_paused: Notice,
    pub(crate) link_expired: Notice,
    pub(crate) link_invalid: Notice,
    pub(crate) foreign_form: Notice,
    pub(crate) not_a_form: Notice,
    pub(crate) form_too_large: Notice,
    pub(crate) unavailable: Notice,
    pub(crate) no_such_page: Notice,
    pub(crate) no_such_method: Notice,
}

/// A page of one message.
#[derive(Clone, Copy)]
pub(crate) struct Notice {
    pub(crate) title: &'static str,
    pub(crate) text: &'static str,
}

pub(crate) static ENGLISH: Words = Words {
    language: "en",
    all_limits: "All rate limits",
    as_json: "The same for programs, as JSON",

    limits_title: "Rate limits",
    limits_lead: "These limits are in force at this certificate authority now. A request that meets one is \
                  refused and told when to come back.",
    limit: "Limit",
    allowance: "Allowance",
    reading_title: "How to read the numbers",
    reading: "Each limit is a bucket. It starts full, every use takes one out, and they come back evenly, \
              one at a time: there is no day or hour at which everything starts again. So \"50 every 7 days\" \
              means that 50 can be used at once, and that one comes back about every 3 hours after that.",
    each_title: "Each limit",
    counted_per: "Counted per",
    checked_at: "Checked at",
    counted_at: "Counted at",
    overrides: "Overrides",
    in_configuration: "Name",
    observed_only: "Observed only: this limit is counted here, and nothing is refused for it.",
    observed_short: "(observed only)",
    identifiers_title: "Identifiers per certificate",
    identifiers_counts: "DNS names and IP addresses in one order. The certificate authority behind may \
                         allow fewer.",
    profile: "Profile",
    requests_title: "Overall requests",
    requests_short: "by resource",
    resource: "Resource",
    per_second: "Per second",
    at_once: "At once",
    answer: "Status",
    renewals_title: "Renewals",
    pausing_title: "Paused identifiers",
    retrying_title: "How to retry",
    retrying: &[
        "Wait as long as the Retry-After field of the answer says. The same request then passes, if \
         nothing else was used in the meantime. Asking earlier is refused again and does not make the \
         wait longer.",
        "When an order fails for another reason, wait longer each time: a minute, then ten minutes, an \
         hour, a day. Add a random part, so that many machines do not come back together.",
        "Keep certificates and account keys where they survive a restart or a new container. Most who \
         meet a limit ask again for a certificate they already have.",
        "Renew by ARI: ask renewalInfo when to renew, and name the old certificate in replaces.",
        "Test against a staging environment.",
    ],

    unpause_title: "Paused identifiers",
    account: "Account",
    check_title: "Check this first",
    check: &[
        "Does each name still exist, and does its public DNS point at the machine that asks for the \
         certificate? A name that moved away will fail again.",
        "Can the certificate authority reach it? For http-01 port 80 must answer from outside, for \
         tls-alpn-01 port 443; for dns-01 the TXT record must be visible at every name server.",
        "Is there a CAA record that forbids this certificate authority?",
        "Is a client still running for names that are no longer needed? Stop it, or remove the names.",
        "Try the same names against a staging environment: what works there will work here.",
    ],
    then_title: "Then lift the pauses",

    nothing_paused: Notice {
        title: "Nothing is paused",
        text: "This account has no paused identifiers any more. Its orders are accepted again, within the \
               other limits.",
    },
    link_expired: Notice {
        title: "This link has expired",
        text: "Run your ACME client again: as long as an identifier is paused, the refusal carries a new \
               link.",
    },
    link_invalid: Notice {
        title: "This link does not work",
        text: "It is incomplete or was altered on its way. Copy the whole link from the refusal of your \
               ACME client; logs and terminals sometimes break it at the end of a line.",
    },
    foreign_form: Notice {
        title: "This request came from another site",
        text: "Open the link from the refusal of your ACME client, and use the button there.",
    },
    not_a_form: Notice {
        title: "This is not the form",
        text: "Open the link from the refusal of your ACME client, and use the button there.",
    },
    form_too_large: Notice {
        title: "This is too large",
        text: "Open the link from the refusal of your ACME client, and use the button there.",
    },
    unavailable: Notice {
        title: "Not possible just now",
        text: "The records of this certificate authority cannot be reached. Nothing was changed: try again \
               in a minute.",
    },
    no_such_page: Notice {
        title: "There is no such page",
        text: "The rate limits and what to do about them are on one page.",
    },
    no_such_method: Notice {
        title: "This page cannot do that",
        text: "The rate limits and what to do about them are on one page.",
    },
};

impl Words {
    /// `50 every 7 days`, or `1,152, then 1 every day` where more can be used at once.
    pub(crate) fn short(&self, limit: &LimitInForce) -> String {
        let refill = format!("{} every {}", grouped(limit.count), every(duration(&limit.period)));
        if limit.burst == limit.count { refill } else { format!("{}, then {refill}", grouped(limit.burst)) }
    }

    pub(crate) fn numbers(&self, limit: &LimitInForce) -> String {
        format!("{} at once", grouped(limit.burst))
    }

    /// How they come back: `Then 1 every 36 seconds (300 every 3 hours).`
    pub(crate) fn refill(&self, limit: &LimitInForce) -> String {
        let period = duration(&limit.period);
        let whole = format!("{} every {}", grouped(limit.count), every(period));
        let one = period / u32::try_from(limit.count).unwrap_or(u32::MAX).max(1);
        if limit.count <= 1 || one < Duration::from_secs(1) {
            return format!("Then {whole}.");
        }
        format!("Then about 1 every {} ({whole}).", every(one))
    }

    pub(crate) fn key(&self, limit: &LimitInForce) -> String {
        match (limit.name, limit.prefix) {
            (LimitName::NewRegistrationsPerIpv6Range, Some(prefix)) => {
                format!("IPv6 range of the client (/{prefix})")
            }
            _ => limit.key.to_owned(),
        }
    }

    pub(crate) fn overridable(&self, limit: &LimitInForce) -> String {
        match limit.overridable_per {
            Some(subject) => format!("possible per {subject}: ask the operator"),
            None => "none".to_owned(),
        }
    }

    pub(crate) fn identifiers_numbers(&self, max: &str) -> String {
        format!("{max} in one order")
    }

    pub(crate) fn requests_lead(&self, ipv6_prefix: &u8) -> String {
        let counted = match ipv6_prefix {
            128 => "whole IPv6 address".to_owned(),
            prefix => format!("IPv6 /{prefix}"),
        };
        format!(
            "Requests of any kind, whoever signs them, counted per IPv4 address or {counted}. A refusal \
             has a Retry-After of some seconds."
        )
    }

    pub(crate) fn request_class(&self, class: RequestClass) -> &'static str {
        match class {
            RequestClass::NewNonce => "newNonce",
            RequestClass::NewAccount => "newAccount",
            RequestClass::NewOrder => "newOrder",
            RequestClass::RevokeCert => "revokeCert",
            RequestClass::RenewalInfo => "renewalInfo",
            RequestClass::Other => "any other ACME resource",
            RequestClass::Directory => "directory",
        }
    }

    pub(crate) fn renewals(&self, renewals: &RenewalsInForce) -> Vec<String> {
        let valid = "from the account the certificate was issued to, with at least one of its identifiers, \
                     and the first replacement";
        let ari = match renewals.ari_exemption {
            AriExemption::Window => format!(
                "By ARI (RFC 9773): an order that names the certificate it replaces is exempt from every \
                 limit, when it comes inside the renewal window the certificate authority suggests, {valid}. \
                 Outside the window it is accepted within the limits."
            ),
            AriExemption::Always => format!(
                "By ARI (RFC 9773): an order that names the certificate it replaces is exempt from every \
                 limit, when it comes {valid}."
            ),
            AriExemption::Never => {
                "By ARI (RFC 9773): an order that names the certificate it replaces meets the same limits \
                 as any other."
                    .to_owned()
            }
        };
        let set = match &renewals.set_window {
            Some(window) => format!(
                "By the same set: an order for exactly the identifiers of a certificate issued in the last \
                 {}, whatever the account, is exempt from the limits on new orders and on certificates per \
                 registered domain. The limits on the exact set and on authorization failures stay.",
                spoken(duration(window))
            ),
            None => "By the same set: an order for the identifiers of an earlier certificate meets the \
                     same limits as any other."
                .to_owned(),
        };
        vec![ari, set, "A paused identifier is refused in renewals too.".to_owned()]
    }

    pub(crate) fn pausing(&self, pausing: &PausingInForce) -> Vec<String> {
        vec![
            "An identifier that failed validation very many times for one account, without one success \
             between, is paused for that account. Orders that name it are refused with a link to a page of \
             this site, and no Retry-After: waiting does not help, looking into it does."
                .to_owned(),
            format!(
                "The link works for {}. It lifts all pauses of the account, up to {} at once, and then they \
                 cannot come back for {}.",
                spoken(duration(&pausing.link_validity)),
                grouped(pausing.lift_max.into()),
                spoken(duration(&pausing.immunity)),
            ),
        ]
    }

    pub(crate) fn starts_from(&self, preset: &str) -> String {
        format!("The numbers start from the policy {preset}.")
    }

    pub(crate) fn unpause_lead(&self, paused: &u64) -> String {
        match paused {
            1 => "One identifier of this account failed validation so often that it is paused. Orders that \
                  name it are refused until you lift the pause."
                .to_owned(),
            paused => format!(
                "{} identifiers of this account failed validation so often that they are paused. Orders \
                 that name one of them are refused until you lift the pauses.",
                grouped(*paused)
            ),
        }
    }

    pub(crate) fn more(&self, listed: &[String], more: &u64) -> String {
        match (listed, more) {
            ([], 1) => "one that this link does not name".to_owned(),
            ([], more) => format!("{} that this link does not name", grouped(*more)),
            (_, more) => format!("and {} more", grouped(*more)),
        }
    }

    /// `immunity` is told by [`spoken`]; empty where nothing is known of it.
    pub(crate) fn then(&self, more: &u64, immunity: &str) -> String {
        let mut text = "The button lifts the pauses of every identifier of this account".to_owned();
        text.push_str(if *more > 0 { ", not only of those listed." } else { "." });
        if !immunity.is_empty() {
            text.push_str(&format!(" They cannot be paused again for {immunity}; the other limits stay."));
        }
        text
    }

    pub(crate) fn unpause_button(&self, paused: &u64, lift_max: &u32) -> String {
        match paused {
            1 => "Lift the pause".to_owned(),
            paused if *paused > u64::from(*lift_max) => {
                format!("Lift {} pauses", grouped(u64::from(*lift_max)))
            }
            paused => format!("Lift all {} pauses", grouped(*paused)),
        }
    }

    pub(crate) fn unpaused_title(&self, lifted: &u64) -> String {
        match lifted {
            0 => "Nothing was paused".to_owned(),
            1 => "The pause is lifted".to_owned(),
            lifted => format!("{} pauses are lifted", grouped(*lifted)),
        }
    }

    pub(crate) fn unpaused_lead(&self, lifted: &u64) -> String {
        match lifted {
            0 => "There was nothing left to lift. Run your ACME client again.".to_owned(),
            1 => "The identifier can be ordered again. Run your ACME client now, and see that the \
                  validation succeeds."
                .to_owned(),
            _ => "The identifiers can be ordered again. Run your ACME client now, and see that the \
                  validations succeed."
                .to_owned(),
        }
    }

    pub(crate) fn remaining(&self, remaining: &u64) -> String {
        match remaining {
            1 => "One more identifier of this account is paused.".to_owned(),
            remaining => format!("{} more identifiers of this account are paused.", grouped(*remaining)),
        }
    }
}

pub(crate) fn duration(period: &Period) -> Duration {
    Duration::from_millis(period.ms)
}
