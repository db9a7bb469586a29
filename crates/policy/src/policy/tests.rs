use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use super::*;
use crate::overrides::{Override, Subject};

const NOW: Timestamp = Timestamp::from_secs(1_795_428_000);

pub(crate) fn set(names: &[&str]) -> IdentifierSet {
    let identifiers = names.iter().map(|name| Identifier::from_text(name).expect("an identifier"));
    IdentifierSet::new(identifiers.collect()).expect("at least one")
}

fn account() -> AccountId {
    AccountId::of("https://ca.example/acct/1").expect("an account URL")
}

fn letsencrypt() -> Policy {
    Policy::preset(Preset::Letsencrypt)
}

/// `letsencrypt` with an override of 500 a week, until `expires`.
fn with_override(limit: LimitName, subject: Subject, expires: Option<Timestamp>) -> Policy {
    let mut policy = letsencrypt();
    let override_ = Override { quota: five_hundred(), author: "a".into(), reason: "r".into(), expires };
    assert!(policy.overrides.insert(limit, subject, override_));
    policy
}

fn five_hundred() -> Quota {
    Quota::new(500, Duration::from_secs(7 * 86_400), 500).expect("in range")
}

/// `limit key action`, a line for each charge.
fn told(charges: &[Charge<'_>]) -> Vec<String> {
    charges
        .iter()
        .map(|charge| {
            let key = match charge.key {
                LimitKey::Address(address) => address.to_string(),
                LimitKey::Ipv6Range(range) => range.to_string(),
                LimitKey::Account(account) => account.to_string(),
                LimitKey::Domain(domain) => domain.to_string(),
                LimitKey::AccountDomain(account, domain) => format!("{account}+{domain}"),
                LimitKey::Set(_) => "set".to_owned(),
                LimitKey::AccountIdentifier(account, identifier) => format!("{account}+{identifier}"),
            };
            format!("{} {key} {:?}", charge.limit.name, charge.action)
        })
        .collect()
}

#[test]
fn a_new_account_spends_for_its_address_and_its_ipv6_range() {
    for (client, charges) in [
        ("192.0.2.1", &["new-registrations-per-ip 192.0.2.1 Spend"][..]),
        ("::ffff:192.0.2.1", &["new-registrations-per-ip 192.0.2.1 Spend"]),
        (
            "2001:db8:1:2::3",
            &[
                "new-registrations-per-ip 2001:db8:1:2::3 Spend",
                "new-registrations-per-ipv6-range 2001:db8:1:: Spend",
            ],
        ),
    ] {
        assert_eq!(told(&letsencrypt().new_account(client.parse().unwrap(), NOW)), charges, "{client}");
    }
}

#[test]
fn a_new_order_spends_one_and_checks_the_rest() {
    let (policy, account) = (letsencrypt(), account());
    let identifiers =
        set(&["www.example.com", "example.com", "*.example.com", "a.co.uk", "2001:db8::1", "192.0.2.7"]);
    let charges = policy.new_order(&account, &identifiers, Exemption::None, NOW);
    assert_eq!(
        told(&charges),
        [
            "new-orders-per-account /acct/1 Spend",
            "authorization-failures-per-identifier /acct/1+*.example.com Check",
            "authorization-failures-per-identifier /acct/1+a.co.uk Check",
            "authorization-failures-per-identifier /acct/1+example.com Check",
            "authorization-failures-per-identifier /acct/1+www.example.com Check",
            "authorization-failures-per-identifier /acct/1+192.0.2.7 Check",
            "authorization-failures-per-identifier /acct/1+2001:db8::1 Check",
            "certificates-per-registered-domain example.com Check",
            "certificates-per-registered-domain a.co.uk Check",
            "certificates-per-registered-domain 192.0.2.7 Check",
            "certificates-per-registered-domain 2001:db8::/64 Check",
            "certificates-per-exact-set set Check",
        ]
    );
    assert!(charges.iter().all(|charge| charge.cost == Cost(1)));
}

#[test]
fn renewals_are_spared_what_the_rules_spare_them() {
    let (policy, account, identifiers) = (letsencrypt(), account(), set(&["example.com"]));
    // (exemption, newOrder, issuance)
    for (exemption, ordered, issued) in [
        (
            Exemption::None,
            &[
                "new-orders-per-account /acct/1 Spend",
                "authorization-failures-per-identifier /acct/1+example.com Check",
                "certificates-per-registered-domain example.com Check",
                "certificates-per-exact-set set Check",
            ][..],
            &[
                "certificates-per-registered-domain example.com Record",
                "certificates-per-exact-set set Record",
            ][..],
        ),
        (
            Exemption::RenewalBySet,
            &[
                "authorization-failures-per-identifier /acct/1+example.com Check",
                "certificates-per-exact-set set Check",
            ],
            &["certificates-per-exact-set set Record"],
        ),
        (Exemption::Ari, &[], &["certificates-per-exact-set set Record"]),
    ] {
        assert_eq!(told(&policy.new_order(&account, &identifiers, exemption, NOW)), ordered, "{exemption:?}");
        assert_eq!(told(&policy.issued(&account, &identifiers, exemption, NOW)), issued, "{exemption:?}");
    }
}

#[test]
fn a_failed_validation_is_recorded_and_spends_towards_a_pause() {
    let (mut policy, account) = (letsencrypt(), account());
    let identifier = Identifier::from_text("example.com").unwrap();
    assert_eq!(
        told(&policy.validation_failed(&account, &identifier, NOW)),
        ["authorization-failures-per-identifier /acct/1+example.com Record"]
    );
    let pause = policy.pause_charge(&account, &identifier, NOW).expect("pausing is on");
    assert_eq!(told(&[pause]), ["consecutive-authorization-failures /acct/1+example.com Spend"]);
    assert_eq!(pause.quota.burst(), 1152);

    policy.pausing = None;
    assert!(policy.pause_charge(&account, &identifier, NOW).is_none());
}

#[test]
fn an_override_of_the_domain_limit_for_an_account_is_checked_instead_and_recorded_beside() {
    let (account, identifiers) = (account(), set(&["example.com", "www.example.com", "example.net"]));
    let limit = LimitName::CertificatesPerRegisteredDomainPerAccount;
    let policy = with_override(limit, Subject::Account(account.clone()), None);

    let charges = policy.new_order(&account, &identifiers, Exemption::None, NOW);
    assert_eq!(
        told(&charges)[4..6],
        [
            "certificates-per-registered-domain-per-account /acct/1+example.com Check",
            "certificates-per-registered-domain-per-account /acct/1+example.net Check",
        ]
    );
    assert_eq!(charges[4].quota, five_hundred());
    assert_eq!(
        told(&policy.issued(&account, &identifiers, Exemption::None, NOW)),
        [
            "certificates-per-registered-domain example.com Record",
            "certificates-per-registered-domain-per-account /acct/1+example.com Record",
            "certificates-per-registered-domain example.net Record",
            "certificates-per-registered-domain-per-account /acct/1+example.net Record",
            "certificates-per-exact-set set Record",
        ]
    );

    let other = AccountId::of("https://ca.example/acct/2").unwrap();
    let charges = policy.new_order(&other, &identifiers, Exemption::None, NOW);
    assert_eq!(told(&charges)[4], "certificates-per-registered-domain example.com Check");
}

#[test]
fn an_override_changes_the_numbers_of_its_subject_alone_until_it_expires() {
    let (account, identifiers) = (account(), set(&["example.com", "example.net"]));
    let expires = NOW.saturating_add(Duration::from_secs(1));
    // (limit, subject, which charge of the order has the override's numbers)
    for (limit, subject, overridden) in [
        (LimitName::NewOrdersPerAccount, Subject::Account(account.clone()), &[0][..]),
        (LimitName::AuthorizationFailuresPerIdentifier, Subject::Account(account.clone()), &[1, 2]),
        (
            LimitName::CertificatesPerRegisteredDomain,
            Subject::Domain(RegisteredDomain::Name("example.net").into()),
            &[4],
        ),
        (LimitName::CertificatesPerExactSet, Subject::Set(identifiers.id()), &[5]),
    ] {
        let policy = with_override(limit, subject, Some(expires));
        for (now, expected) in [(NOW, overridden), (expires, &[][..])] {
            let charges = policy.new_order(&account, &identifiers, Exemption::None, now);
            let found: Vec<_> =
                (0..charges.len()).filter(|&index| charges[index].quota == five_hundred()).collect();
            assert_eq!(found, expected, "{limit} at {now:?}");
        }
    }
}

#[test]
fn an_override_for_a_client_changes_its_numbers() {
    let v4 = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    let policy = with_override(LimitName::NewRegistrationsPerIp, Subject::Address(v4), None);
    assert_eq!(policy.new_account("::ffff:192.0.2.1".parse().unwrap(), NOW)[0].quota, five_hundred());
    assert_eq!(policy.new_account("192.0.2.2".parse().unwrap(), NOW)[0].quota.burst(), 10);

    let range: Ipv6Addr = "2001:db8:1::".parse().unwrap();
    let policy = with_override(LimitName::NewRegistrationsPerIpv6Range, Subject::Ipv6Range(range), None);
    assert_eq!(policy.new_account("2001:db8:1:9::1".parse().unwrap(), NOW)[1].quota, five_hundred());
}

#[test]
fn a_limit_takes_overrides_for_its_own_kind_of_subject_only() {
    let mut overrides = Overrides::default();
    let override_ = Override { quota: five_hundred(), author: "a".into(), reason: "r".into(), expires: None };
    let account = Subject::Account(account());
    assert!(!overrides.insert(
        LimitName::CertificatesPerRegisteredDomain,
        account.clone(),
        override_.clone()
    ));
    assert!(overrides.is_empty());
    assert!(overrides.insert(LimitName::NewOrdersPerAccount, account, override_));
    assert_eq!(overrides.len(), 1);
}

#[test]
fn overall_limits_count_ipv6_by_its_prefix_and_mapped_addresses_as_ipv4() {
    let policy = letsencrypt();
    for (client, key) in [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
    ] {
        let key: IpAddr = key.parse().unwrap();
        assert_eq!(policy.overall_key(client.parse().unwrap()), key, "{client}");
    }
}

#[test]
fn an_override_request_spends_for_its_address() {
    let policy = letsencrypt();
    let charges = policy.override_request("192.0.2.1".parse().unwrap(), NOW);
    assert_eq!(told(&charges), ["override-requests-per-ip 192.0.2.1 Spend"]);
    assert_eq!(charges[0].limit.on_store_failure, crate::limit::FailureMode::Deny);
}

#[test]
fn a_refusal_names_as_many_paused_identifiers_as_the_policy_says() {
    let mut policy = letsencrypt();
    let names: Vec<_> = (0..16).map(|n| Identifier::from_text(&format!("n{n}.example")).unwrap()).collect();
    let text = policy.paused_detail(Language::English, &names, "https://ca.example/unpause");
    assert!(text.contains("\"n14.example\" and more") && !text.contains("n15"), "{text}");
    policy.pausing = policy.pausing.map(|pausing| Pausing { identifiers_named: 16, ..pausing });
    let text = policy.paused_detail(Language::English, &names, "https://ca.example/unpause");
    assert!(text.contains("n15") && !text.contains("more"), "{text}");
}

proptest! {
    /// However many names there are, and in whatever order their domains come.
    #[test]
    fn each_registered_domain_is_charged_once(names in prop::collection::vec("[a-c]\\.t[a-z]{1,2}-t\\.(com|co\\.uk)", 1..300)) {
        let (policy, account) = (letsencrypt(), account());
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        let identifiers = set(&names);
        let charges = policy.issued(&account, &identifiers, Exemption::None, NOW);
        let mut charged: Vec<_> = told(&charges[..charges.len() - 1]);
        charged.sort();
        let mut expected: Vec<_> = names
            .iter()
            .map(|name| format!("certificates-per-registered-domain {} Record", &name[2..]))
            .collect();
        expected.sort();
        expected.dedup();
        prop_assert_eq!(charged, expected);
    }

    #[test]
    fn a_plan_needs_no_second_allocation(names in prop::collection::vec("[a-z]{3}\\.[a-z]{3}\\.com", 1..120)) {
        let (policy, account) = (letsencrypt(), account());
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        let identifiers = set(&names);
        let charges = policy.new_order(&account, &identifiers, Exemption::None, NOW);
        prop_assert_eq!(charges.capacity(), 2 * identifiers.as_slice().len() + 2);
    }
}

#[test]
fn overrides_added_to_a_policy_beat_its_own_and_leave_the_others() {
    let (stored, other) = (account(), AccountId::of("/acct/2").expect("an account URL"));
    let mut policy = with_override(LimitName::NewOrdersPerAccount, Subject::Account(stored.clone()), None);
    let fits = policy.overrides.insert(
        LimitName::NewOrdersPerAccount,
        Subject::Account(other.clone()),
        Override { quota: five_hundred(), author: "a".into(), reason: "r".into(), expires: None },
    );
    assert!(fits);
    let quota = Quota::new(700, Duration::from_secs(60), 700).expect("in range");
    let new = Override { quota, author: "b".into(), reason: "s".into(), expires: None };
    let range: Ipv6Addr = "2001:db8:1:2::3".parse().expect("an address");
    let changed = policy.with_overrides([
        (LimitName::NewOrdersPerAccount, Subject::Account(stored.clone()), new.clone()),
        (LimitName::NewRegistrationsPerIpv6Range, Subject::Ipv6Range(range), new.clone()),
        (LimitName::NewOrdersPerAccount, Subject::Ipv6Range(range), new),
    ]);
    let orders = |policy: &Policy, account: &AccountId| {
        policy.new_order(account, &set(&["example.com"]), Exemption::None, NOW)[0].quota
    };
    assert_eq!(orders(&changed, &stored), quota);
    assert_eq!(orders(&changed, &other), five_hundred());
    assert_eq!(orders(&policy, &stored), five_hundred(), "the policy itself is as it was");
    let client = "2001:db8:1:ffff::1".parse().expect("an address");
    assert_eq!(changed.new_account(client, NOW)[1].quota, quota, "another address of the same /48");
    assert_eq!(changed.overrides().len(), 3, "the misfit is left out");
}
