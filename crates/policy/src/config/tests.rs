use std::time::Duration;

use proptest::prelude::*;
use tollgate_acme::resource::AccountId;
use tollgate_engine::{Quota, Timestamp};

use super::*;
use crate::{event::Exemption, limit::FailureMode, renewal::AriExemption};

fn read(file: &str) -> Result<Policy, Vec<Mistake>> {
    let raw: RawPolicy = parse(file).map_err(|mistake| vec![mistake])?;
    Policy::from_raw(&raw)
}

fn accepted(file: &str) -> Policy {
    read(file).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"))
}

/// Each mistake as `line:column key: problem`.
fn mistakes(file: &str) -> String {
    let mistakes = read(file).expect_err("a mistake");
    let lines = mistakes.iter().map(|mistake| {
        let (line, column) = mistake.position(file).unwrap_or_default();
        format!("{line}:{column} {mistake}")
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn quota(policy: &Policy, limit: LimitName) -> Quota {
    policy.limit(limit).expect("a limit in force").quota
}

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn an_empty_file_is_the_letsencrypt_preset() {
    assert_eq!(accepted("").limits_in_force(), Policy::preset(Preset::Letsencrypt).limits_in_force());
}

#[test]
fn everything_can_be_configured() {
    let policy = accepted(
        r#"
        preset = "letsencrypt-staging"
        identifiers-per-certificate = 50
        public-suffixes = ["corp.internal"]

        [limits.new-orders-per-account]
        count = 20
        burst = 40
        period = "1h30m"
        enforce = false
        on-store-failure = "deny"

        [limits.new-registrations-per-ipv6-range]
        prefix = 56

        [limits.override-requests-per-ip]
        enabled = false

        [limits.certificates-per-registered-domain-per-account]
        enforce = false

        [requests]
        ipv6-prefix = 128
        new-order = { rate = 5, burst = 7, enforce = false, status = 429 }
        renewal-info = { status = 503 }
        directory = { enabled = false }

        [renewals]
        ari-exemption = "always"
        set-window = "60d"

        [pausing]
        link-validity = "1d"
        immunity = "2d"
        identifiers-named = 3
        lift-max = 10

        [messages]
        docs = "https://ca.internal/limits"
        jitter-percent = 0
        rate-limit-fields = false
        directory-meta = false

        [profiles.shortlived]
        identifiers-per-certificate = 25

        [[overrides]]
        limit = "new-orders-per-account"
        account = "https://ca.internal/acct/7"
        count = 1000
        author = "operations"
        reason = "migration"
        expires = 2027-06-30
        "#,
    );

    insta::assert_json_snapshot!("everything_configured", policy.limits_in_force());
    let orders = policy.limit(LimitName::NewOrdersPerAccount).expect("in force");
    assert_eq!(orders.quota, Quota::new(20, HOUR * 3 / 2, 40).unwrap());
    assert_eq!(orders.on_store_failure, FailureMode::Deny);
    assert!(!policy.domain_per_account.enforce);
    assert_eq!(policy.identifiers_max(None), 50);
    assert_eq!(policy.identifiers_max(Some("shortlived")), 25);
    assert_eq!(policy.identifiers_max(Some("classic")), 50);
    assert_eq!(policy.renewals().ari, AriExemption::Always);
    assert_eq!(policy.pausing().expect("on").identifiers_named, 3);
    assert_eq!(policy.answers().jitter_percent, 0);
    let (_, _, override_) = policy.overrides().iter().next().expect("one override");
    assert_eq!(override_.quota, Quota::new(1000, HOUR * 3 / 2, 40).unwrap(), "the limit's own burst stays");
    assert_eq!(override_.expires, Some(Timestamp::from_secs(1_814_313_600)));
}

/// An `[[overrides]]` of 77.
fn override_of(limit: &str, subject: &str) -> String {
    format!("[[overrides]]\nlimit = \"{limit}\"\n{subject}\ncount = 77\nauthor = \"a\"\nreason = \"r\"\n")
}

#[test]
fn an_override_for_an_ipv6_address_holds_for_the_whole_address() {
    const NOW: Timestamp = Timestamp::from_secs(1_795_428_000);
    let burst_for = |policy: &Policy, client: &str| {
        policy.new_account(client.parse().expect("an address"), NOW)[0].quota.burst()
    };
    for written in ["2001:db8:1:2:3:4:5:6", "2001:0DB8:0001:0002:0003:0004:0005:0006"] {
        let subject = format!("address = \"{written}\"");
        let policy = accepted(&override_of("new-registrations-per-ip", &subject));
        assert_eq!(burst_for(&policy, "2001:db8:1:2:3:4:5:6"), 77, "{written}");
        for other in ["2001:db8:1:2:3:4:5:7", "2001:db8:1:2:3:4:5:0", "2001::", "2001:db8:1:2::6"] {
            assert_eq!(burst_for(&policy, other), 10, "{other} is another than {written}");
        }
    }

    // The domain limit counts an address by its /64, and the override with it.
    let policy = accepted(&override_of("certificates-per-registered-domain", "domain = \"2001:db8:1:2::1\""));
    let account = AccountId::of("https://ca.example/acct/1").expect("an account URL");
    for (address, burst) in [("2001:db8:1:2:3:4:5:6", 77), ("2001:db8:1:3::1", 50)] {
        let identifiers = crate::policy::tests::set(&[address]);
        let charges = policy.new_order(&account, &identifiers, Exemption::None, NOW);
        let domain = charges.iter().find(|c| c.limit.name == LimitName::CertificatesPerRegisteredDomain);
        assert_eq!(domain.expect("the domain limit is checked").quota.burst(), burst, "{address}");
    }
}

#[test]
fn an_empty_set_of_overrides_removes_the_last_one() {
    let now = Timestamp::from_secs(1_795_428_000);
    let account = AccountId::of("https://ca.example/acct/1").expect("an account URL");
    let identifiers = crate::policy::tests::set(&["example.com"]);
    let with_one = override_of("new-orders-per-account", "account = \"https://ca.example/acct/1\"");
    let burst =
        |policy: &Policy| policy.new_order(&account, &identifiers, Exemption::None, now)[0].quota.burst();
    let before = accepted(&with_one);
    assert_eq!((burst(&before), before.overrides().len()), (77, 1));
    for without in ["", "overrides = []", "preset = \"letsencrypt\""] {
        let after = accepted(without);
        assert!(after.overrides().is_empty(), "{without:?}");
        assert_eq!(burst(&after), 300, "{without:?}");
        assert_eq!(after.limits_in_force(), accepted("").limits_in_force());
    }
}

#[test]
fn a_burst_follows_the_count_it_was_equal_to() {
    // (lines, count, burst)
    for (lines, count, burst) in [
        ("count = 100", 100, 100),
        ("count = 100\nburst = 7", 100, 7),
        ("burst = 7", 300, 7),
        ("period = \"1h\"", 300, 300),
    ] {
        let policy = accepted(&format!("[limits.new-orders-per-account]\n{lines}"));
        let quota = quota(&policy, LimitName::NewOrdersPerAccount);
        assert_eq!((quota.count(), quota.burst()), (count, burst), "{lines}");
    }
    let policy = accepted("[limits.consecutive-authorization-failures]\ncount = 2");
    assert_eq!(quota(&policy, LimitName::ConsecutiveAuthorizationFailures).burst(), 1152);
}

#[test]
fn what_is_switched_off_is_not_there() {
    let policy = accepted(
        "renewals.set-exemption = false\npausing.enabled = false\n\
         limits.certificates-per-exact-set.enabled = false",
    );
    assert_eq!(policy.renewals().set_window, None);
    assert_eq!(policy.pausing(), None);
    assert!(policy.limit(LimitName::CertificatesPerExactSet).is_none());
    let account = AccountId::of("https://ca.example/acct/1").expect("an account URL");
    let set = crate::policy::tests::set(&["example.com"]);
    let names: Vec<_> = policy
        .new_order(&account, &set, Exemption::None, Timestamp::EPOCH)
        .iter()
        .map(|charge| charge.limit.name)
        .collect();
    assert!(!names.contains(&LimitName::CertificatesPerExactSet), "{names:?}");
}

#[test]
fn mistakes_are_named_with_their_line_key_and_remedy() {
    for (name, file) in [
        ("unknown_preset", "preset = \"letsencrypt-2021\""),
        ("unknown_limit", "\n[limits.new-order-per-account]\ncount = 1"),
        ("unknown_limit_like_none", "[limits.zzz]\ncount = 1"),
        ("unknown_key", "[limits.new-orders-per-account]\ncounts = 1"),
        ("unknown_section", "[limit.new-orders-per-account]\ncount = 1"),
        ("wrong_type", "[limits.new-orders-per-account]\ncount = \"many\""),
        ("negative", "[limits.new-orders-per-account]\ncount = -1"),
        ("syntax", "[limits.new-orders-per-account\ncount = 1"),
        (
            "in_a_list",
            "[[overrides]]\nlimit = \"new-orders-per-account\"\nauthor = \"a\"\nreason = \"r\"\n\
             [[overrides]]\nlimit = \"new-orders-per-account\"\nauthors = \"a\"\nreason = \"r\"",
        ),
        ("missing_key", "[[overrides]]\nlimit = \"new-orders-per-account\"\nauthor = \"a\""),
        ("inline", "requests.new-order = { rate = 1, bursts = 2 }"),
        ("unknown_ari_exemption", "[renewals]\nari-exemption = \"sometimes\""),
        (
            "many_at_once",
            r#"
            preset = "letsencypt"
            identifiers-per-certificate = 0
            public-suffixes = ["internal", "-bad-", ""]
            [limits.new-orders-per-account]
            count = 0
            [limits.certificates-per-exact-set]
            burst = 2_000_000_000
            prefix = 48
            [limits.authorization-failures-per-identifier]
            period = "1 fortnight"
            [limits.certificates-per-registered-domain]
            count = 1_000_000_000
            period = "1ms"
            [limits.consecutive-authorization-failures]
            period = "3653d"
            [limits.new-registrations-per-ipv6-range]
            prefix = 129
            [limits.certificates-per-registered-domain-per-account]
            count = 5
            [requests]
            ipv6-prefix = 0
            new-order = { rate = 0, status = 500 }
            renewal-info = { status = 429 }
            [renewals]
            set-window = "0s"
            [pausing]
            link-validity = "forever"
            immunity = "4000d"
            identifiers-named = 101
            lift-max = 0
            [messages]
            docs = "limits.html"
            jitter-percent = 51
            [profiles.shortlived]
            identifiers-per-certificate = 10_001
            "#,
        ),
        ("docs_with_anchor", "[messages]\ndocs = \"https://ca.example/limits#all\""),
        ("docs_unfit", "[messages]\ndocs = \"https://ca.example/<limits>\""),
        (
            "overrides",
            r#"
            [[overrides]]
            limit = "new-orders-per-acount"
            author = "a"
            reason = "r"
            [[overrides]]
            limit = "new-orders-per-account"
            author = " "
            reason = ""
            [[overrides]]
            limit = "new-orders-per-account"
            domain = "example.com"
            count = 1
            author = "a"
            reason = "r"
            [[overrides]]
            limit = "certificates-per-registered-domain"
            domain = "www.example.com"
            count = 1
            author = "a"
            reason = "r"
            [[overrides]]
            limit = "certificates-per-registered-domain"
            domain = "exa mple"
            count = 1
            author = "a"
            reason = "r"
            [[overrides]]
            limit = "certificates-per-exact-set"
            identifiers = []
            count = 0
            author = "a"
            reason = "r"
            [[overrides]]
            limit = "new-registrations-per-ip"
            address = "192.0.2"
            count = 1
            author = "a"
            reason = "r"
            expires = 10:00:00
            [[overrides]]
            limit = "new-registrations-per-ipv6-range"
            range = "192.0.2.1"
            count = 1
            author = "a"
            reason = "r"
            expires = 2027-01-01T10:00:00
            [[overrides]]
            limit = "new-orders-per-account"
            account = "acct 1"
            count = 1
            author = "a"
            reason = "r"
            "#,
        ),
        (
            "override_twice",
            r#"
            [[overrides]]
            limit = "new-registrations-per-ip"
            address = "192.0.2.1"
            count = 1
            author = "a"
            reason = "r"
            [[overrides]]
            limit = "new-registrations-per-ip"
            address = "::ffff:192.0.2.1"
            count = 2
            author = "a"
            reason = "r"
            "#,
        ),
        (
            "override_of_nothing",
            r#"
            [limits.new-orders-per-account]
            enabled = false
            [[overrides]]
            limit = "new-orders-per-account"
            account = "https://ca.example/acct/1"
            count = 1
            author = "a"
            reason = "r"
            "#,
        ),
    ] {
        insta::with_settings!({ description => file, omit_expression => true }, {
            insta::assert_snapshot!(name, mistakes(file));
        });
    }
}

#[test]
fn every_preset_can_be_configured() {
    for preset in Preset::ALL {
        let policy = accepted(&format!("preset = {:?}", preset.as_str()));
        assert_eq!(policy.base(), preset);
    }
}

#[test]
fn the_schema_knows_every_key() {
    let schema = schemars::schema_for!(RawPolicy);
    insta::assert_json_snapshot!("schema", schema);
}

proptest! {
    #[test]
    fn no_file_panics(file in "(\\[?\\[?(limits|requests|overrides|pausing)?\\.?[a-z-]{0,10}\\]?\\]?( = )?[\"0-9a-z:.-]{0,12}\"?\n){0,6}") {
        let _ = read(&file);
    }

    #[test]
    fn no_numbers_panic(count in any::<u32>(), burst in any::<u32>(), period in "[0-9]{0,6}[dhms]{0,2}", prefix in any::<u8>()) {
        let _ = read(&format!(
            "[limits.new-registrations-per-ipv6-range]\ncount = {count}\nburst = {burst}\nperiod = {period:?}\nprefix = {prefix}"
        ));
    }
}
