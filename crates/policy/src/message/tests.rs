use std::collections::BTreeSet;

use tollgate_acme::{domain::RegisteredDomain, resource::AccountId};
use tollgate_engine::{Action, Cost};

use super::*;
use crate::{Policy, preset::Preset, texts::variables};

/// 2026-11-23 10:00:00 UTC.
const RETRY_AT: Timestamp = Timestamp::from_secs(1_795_428_000);
const DOCS: &str = "https://ca.example/limits";

fn refusal(limit: LimitName, key: LimitKey<'_>) -> LimitRefusal {
    let policy = Policy::preset(Preset::Letsencrypt);
    let limit = policy.limit(limit).unwrap_or(&policy.domain_per_account);
    LimitRefusal::of(
        &Charge { limit, key, quota: limit.quota, cost: Cost(1), action: Action::Spend },
        RETRY_AT,
    )
}

/// A refusal by each limit.
fn refusals() -> Vec<LimitRefusal> {
    let account = AccountId::of("https://ca.example/acct/1").expect("an account URL");
    let identifier = Identifier::from_text("*.shop.example.com").expect("a name");
    let domain = RegisteredDomain::Name("example.com");
    let set = tollgate_acme::identifier::SetId([7; 32]);
    [
        (LimitName::NewRegistrationsPerIp, LimitKey::Address("192.0.2.1".parse().unwrap())),
        (LimitName::NewRegistrationsPerIpv6Range, LimitKey::Ipv6Range("2001:db8::".parse().unwrap())),
        (LimitName::NewOrdersPerAccount, LimitKey::Account(&account)),
        (LimitName::CertificatesPerRegisteredDomain, LimitKey::Domain(domain)),
        (
            LimitName::CertificatesPerRegisteredDomain,
            LimitKey::Domain(RegisteredDomain::Ipv6Prefix("2001:db8::".parse().unwrap())),
        ),
        (LimitName::CertificatesPerRegisteredDomainPerAccount, LimitKey::AccountDomain(&account, domain)),
        (LimitName::CertificatesPerExactSet, LimitKey::Set(set)),
        (LimitName::AuthorizationFailuresPerIdentifier, LimitKey::AccountIdentifier(&account, &identifier)),
        (LimitName::ConsecutiveAuthorizationFailures, LimitKey::AccountIdentifier(&account, &identifier)),
        (LimitName::OverrideRequestsPerIp, LimitKey::Address("192.0.2.1".parse().unwrap())),
    ]
    .map(|(limit, key)| refusal(limit, key))
    .into()
}

#[test]
fn english_refusals_have_the_published_shape() {
    let english: Vec<_> =
        refusals().iter().map(|refusal| Messages::new().limit(Language::English, refusal, DOCS)).collect();
    for published in [
        "too many certificates (50) already issued for \"example.com\" in the last 168h0m0s, retry after \
         2026-11-23 10:00:00 UTC: see https://ca.example/limits#new-certificates-per-registered-domain",
        "too many new registrations (10) from this IP address in the last 3h0m0s, retry after 2026-11-23 \
         10:00:00 UTC: see https://ca.example/limits#new-registrations-per-ip-address",
        "too many new registrations (500) from this /48 subnet of IPv6 addresses in the last 3h0m0s, retry \
         after 2026-11-23 10:00:00 UTC: see https://ca.example/limits#new-registrations-per-ipv6-range",
        "too many new orders (300) from this account in the last 3h0m0s, retry after 2026-11-23 10:00:00 \
         UTC: see https://ca.example/limits#new-orders-per-account",
        "too many certificates (5) already issued for this exact set of identifiers in the last 168h0m0s, \
         retry after 2026-11-23 10:00:00 UTC: see \
         https://ca.example/limits#new-certificates-per-exact-set-of-identifiers",
        "too many failed authorizations (5) for \"*.shop.example.com\" in the last 1h0m0s, retry after \
         2026-11-23 10:00:00 UTC: see \
         https://ca.example/limits#authorization-failures-per-identifier-per-account",
        "too many override request form submissions (100) from this IP address in the last 168h0m0s, retry \
         after 2026-11-23 10:00:00 UTC: see https://ca.example/limits#override-requests-per-ip-address",
    ] {
        assert!(english.iter().any(|text| text == published), "{published}\nnot in {english:#?}");
    }
}

#[test]
fn a_full_ipv6_address_is_named_whole_in_every_text() {
    let account = AccountId::of("https://ca.example/acct/1").expect("an account URL");
    // (as it may be written, as it is named)
    for (written, named) in [
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6"),
        ("2001:0DB8:0001:0002:0003:0004:0005:ABCD", "2001:db8:1:2:3:4:5:abcd"),
        ("2001:db8::", "2001:db8::"),
    ] {
        let identifier = Identifier::from_text(written).expect("an address");
        let key = LimitKey::AccountIdentifier(&account, &identifier);
        for limit in
            [LimitName::AuthorizationFailuresPerIdentifier, LimitName::ConsecutiveAuthorizationFailures]
        {
            for language in Language::ALL {
                let text = Messages::new().limit(language, &refusal(limit, key), DOCS);
                assert!(text.contains(&format!("\"{named}\"")), "{named} in {text}");
            }
        }
        let paused =
            Messages::new().paused(Language::English, &[identifier], 1, "https://ca.example/unpause");
        assert!(paused.contains(&format!("\"{named}\"")), "{named} in {paused}");
    }
    let prefix = RegisteredDomain::Ipv6Prefix("2001:db8:1:2::".parse().unwrap());
    let refusal = refusal(LimitName::CertificatesPerRegisteredDomain, LimitKey::Domain(prefix));
    let text = Messages::new().limit(Language::English, &refusal, DOCS);
    assert!(text.contains("for \"2001:db8:1:2::/64\" in"), "{text}");
}

#[test]
fn every_text_in_every_language() {
    let messages = Messages::new();
    let names = ["a.example", "b.example", "192.0.2.1"].map(|name| Identifier::from_text(name).unwrap());
    for language in Language::ALL {
        let mut texts: Vec<_> =
            refusals().iter().map(|refusal| messages.limit(language, refusal, DOCS)).collect();
        texts.push(messages.paused(language, &names, 3, "https://ca.example/unpause?jwt=x"));
        texts.push(messages.paused(language, &names, 2, "https://ca.example/unpause?jwt=x"));
        texts.push(messages.plain(language, "too-many-requests"));
        texts.push(messages.plain(language, "unavailable"));
        insta::assert_snapshot!(format!("refusals_{}", language.tag()), texts.join("\n"));
    }
}

#[test]
fn numbers_moment_and_link_are_the_same_in_every_language() {
    let messages = Messages::new();
    for refusal in refusals() {
        for language in Language::ALL {
            let text = messages.limit(language, &refusal, DOCS);
            let link = format!("{DOCS}#{}", refusal.limit().anchor());
            let period = go_duration(refusal.period);
            for part in [format!("({})", refusal.burst), "2026-11-23 10:00:00 UTC".to_owned(), link, period] {
                assert!(text.contains(&part), "{part} in {text}");
            }
            assert!(!text.contains(['{', '}', '$', '\u{2068}', '\u{2069}']), "{text}");
        }
    }
}

#[test]
fn every_language_has_the_messages_and_variables_of_english() {
    let english = variables(source(Language::English));
    for language in Language::ALL {
        assert_eq!(variables(source(language)), english, "{}", language.tag());
    }
}

#[test]
fn no_message_is_missing_or_unused() {
    let limits = LimitName::ALL.map(message_id);
    let others = ["paused", "paused-and-more", "too-many-requests", "unavailable"];
    let used: BTreeSet<_> = limits.into_iter().chain(others).collect();
    let there: BTreeSet<_> = variables(source(Language::English)).into_keys().collect();
    assert_eq!(there, used);
}

#[test]
fn a_moment_at_the_end_of_time_can_be_told() {
    assert_eq!(moment(Timestamp::MAX), "2554-07-21 23:34:33 UTC");
    assert_eq!(moment(Timestamp::EPOCH), "1970-01-01 00:00:00 UTC");
}
