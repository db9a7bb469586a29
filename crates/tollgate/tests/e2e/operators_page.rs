//! The operators' page: what it shows of what clients did, and who may decide on it.

use std::{num::NonZeroU64, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{Method, StatusCode};
use tokio::time::{interval, timeout};
use tollgate_policy::{limit::LimitName, message::Language, overrides::Subject};
use tollgate_records::{EmailAddress, OverrideForm};
use tollgate_service::access::{Role, grant_line};

use crate::{
    browser::{Browser, Kind},
    gateway::Gateway,
    management::browse,
    volume::{NO_OVERALL_LIMITS, fail, order_afresh},
};

/// What is shown may be a few seconds old.
const SHOWN_WITHIN: Duration = Duration::from_secs(20);

const HOSTILE: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";

#[tokio::test]
async fn refusals_and_pitfalls_are_shown_as_they_happen() {
    let gateway = two_per_domain("").await;
    let auth = basic(&operator_token(&gateway));
    let (status, empty) = show(&gateway, &[("authorization", &auth)]).await;
    assert_eq!(status, StatusCode::OK, "{empty}");
    assert!(!empty.contains("<svg") && empty.contains("None."), "{empty}");

    let path = meet_limits_and_pitfalls(&gateway).await;
    let row = |who: &str, number: u64| format!("<tr><td>{who}</td><td class=\"number\">{number}</td></tr>");
    let domains =
        "certificates-per-registered-domain</td><td class=\"number\">3</td><td class=\"number\">3</td>";
    // What is shown, and below which heading.
    let expected = [
        ("Refusals in the last 7 days", domains.to_owned()),
        (">Accounts<", row(&path, 3)),
        (">Domains<", row("example.com", 3)),
        ("Retries before Retry-After", row(&path, 2)),
        ("An account per certificate", row("a.example.com", 3)),
        ("The same set again and again", row("a.example.com", 3)),
        ("Failure loops", row(&format!("{path} bad.example"), 3)),
        ("Many clients behind one address", row("127.0.0.1", 6)),
    ];
    let page = shown(&gateway, &auth, |page| expected.iter().all(|(_, row)| page.contains(row))).await;
    for (heading, row) in expected {
        let below = page.split_once(heading).unwrap_or_else(|| panic!("{heading}\n{page}")).1;
        let section = below.split_once("<h").map_or(below, |(section, _)| section);
        assert!(section.contains(&row), "{heading}: {row}\n{page}");
    }
    assert!(page.contains("<svg role=\"img\"") && !page.contains("<script"), "{page}");
}

#[tokio::test]
async fn refusals_of_overall_limits_are_shown_by_limit_and_by_address_and_a_stop_loses_none() {
    let gateway =
        Gateway::start("[requests.new-nonce]\nrate = 1\nburst = 1\n[store]\nbackend = \"memory\"\n").await;
    let mut clients = Vec::new();
    for _ in 0..5 {
        clients.push(gateway.stranger().await);
    }
    let mut refused = 0;
    for client in &mut clients {
        client.forget_nonce();
        refused += u64::from(client.try_register().await.is_err());
    }
    assert!(refused >= 1, "one of five fits in a second");

    // Nothing is waited for: what happened is written down at the stop.
    let gateway = gateway.restart().await;
    let auth = basic(&operator_token(&gateway));
    let (_, page) = show(&gateway, &[("authorization", &auth)]).await;
    let section = |heading: &str| {
        let below = page.split_once(heading).unwrap_or_else(|| panic!("{heading}\n{page}")).1;
        below.split_once("<h").map_or(below, |(section, _)| section).to_owned()
    };
    let number = |section: &str, who: &str| {
        let row = section.split_once(&format!("<td>{who}</td><td class=\"number\">"));
        let row = row.unwrap_or_else(|| panic!("{who}\n{page}")).1;
        row.split_once('<').and_then(|(number, _)| number.parse::<u64>().ok()).expect("a number")
    };
    let by_limit = section("Refusals in the last 7 days");
    let limited = number(&by_limit, "requests.new-nonce");
    assert!(limited >= refused, "{limited} {refused}");
    assert!(by_limit.contains("<svg role=\"img\""), "{page}");
    assert_eq!(number(&section("beyond the overall request limits"), "127.0.0.1"), limited);
}

#[tokio::test]
async fn a_request_is_decided_by_a_button_beside_its_evidence() {
    let gateway = Gateway::start(
        "[test-ca]\nvalidation = \"always-valid\"\n[limits.certificates-per-registered-domain]\nburst = 1\ncount = 1\n",
    )
    .await;
    let auth = basic(&operator_token(&gateway));
    let mut client = gateway.client().await;
    client.obtain(&["a.example.com"]).await.expect("one fits");
    assert_eq!(order_afresh(&mut client, &["b.example.com"]).await.status(), 429);
    submit(&gateway, 1, "example.com").await;
    submit(&gateway, 2, "example.org").await;
    let page = shown(&gateway, &auth, |page| page.contains("1, of them 0 before the time told")).await;
    assert!(page.contains("<dt>Certificates issued</dt><dd>1</dd>"), "{page}");
    assert!(
        page.contains("anna@example.com") && !page.contains("<script>") && !page.contains("<img"),
        "{page}"
    );

    let same = ("sec-fetch-site", "same-origin");
    let send = async |id: u8, headers: &[(&str, &str)], form: &str| {
        browse(gateway.management(), Method::POST, &format!("/operators/requests/{id}"), headers, form).await
    };
    let approve = "reason=a+known+customer&decision=approve";
    let mine = ("authorization", auth.as_str());
    let address = gateway.management().to_string();
    let (other_origin, own_origin) = ("http://attacker.example", format!("http://{address}"));
    // (headers, form, status)
    let refused = [
        (&[same][..], approve, 401),
        (&[mine, ("sec-fetch-site", "cross-site")], approve, 403),
        (&[mine, ("origin", other_origin)], approve, 403),
        (&[mine, same], "decision=approve&reason=+", 422),
        (&[mine, same], "reason=r&decision=maybe", 422),
        (&[("authorization", "Basic b3A6d3Jvbmc="), same], approve, 401),
    ];
    for (headers, form, expected) in refused {
        let (status, told) = send(1, headers, form).await;
        assert_eq!(status, expected, "{headers:?} {form}: {told}");
    }
    assert_eq!(gateway.records().overrides().await.expect("read").overrides, [], "nothing was granted");

    let (status, told) = send(1, &[mine, ("origin", &own_origin)], approve).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    assert!(told.contains("Request 1 is granted") && !told.contains("request-1"), "{told}");
    let (status, told) = send(2, &[mine, same], "reason=not+yours&decision=deny").await;
    assert_eq!((status, told.contains("Request 2 is denied")), (StatusCode::OK, true), "{told}");
    assert_eq!(send(2, &[mine, same], approve).await.0, StatusCode::CONFLICT);
    let asking = async {
        let mut again = interval(Duration::from_millis(50));
        while order_afresh(&mut client, &["b.example.com"]).await.status() != 201 {
            again.tick().await;
        }
    };
    timeout(SHOWN_WITHIN, asking).await.expect("the refused client succeeds");
}

#[tokio::test]
async fn who_may_only_read_sees_the_page_and_decides_nothing() {
    let grants = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(grants.path(), grant_line("viewer", Role::Read, "read-token")).expect("it is ours");
    let gateway = Gateway::start(&format!("grants = {:?}\n", grants.path().display().to_string())).await;
    submit(&gateway, 1, "example.com").await;
    let auth = basic("read-token");
    assert_eq!(show(&gateway, &[("authorization", &auth)]).await.0, StatusCode::OK);
    assert_eq!(show(&gateway, &[]).await.0, StatusCode::UNAUTHORIZED);
    let form = "reason=r&decision=approve";
    let headers = [("authorization", auth.as_str()), ("sec-fetch-site", "same-origin")];
    let (status, told) =
        browse(gateway.management(), Method::POST, "/operators/requests/1", &headers, form).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{told}");
    assert_eq!(gateway.records().pending_override_request_count().await.expect("read"), 1);
    let (status, style) = browse(gateway.management(), Method::GET, "/operators/style.css", &[], "").await;
    assert!(status == StatusCode::OK && style.contains(".chart") && style.contains("--accent"), "{style}");
}

#[tokio::test]
async fn an_operator_reads_and_decides_in_a_browser() {
    let gateway = two_per_domain("[limits.consecutive-authorization-failures]\nburst = 3\n").await;
    let account = meet_limits_and_pitfalls(&gateway).await;
    submit(&gateway, 1, "example.com").await;
    submit(&gateway, 2, "example.org").await;
    let (token, address) = (operator_token(&gateway), gateway.management());
    let page = format!("http://me:{token}@{address}/operators");
    let refused_and_paused = |page: &str| {
        page.contains("3, of them 2 before the time told") && page.contains("<td>bad.example</td>")
    };
    let html = shown(&gateway, &basic(&token), refused_and_paused).await;
    assert!(refused_and_paused(&html), "{html}");

    for kind in [Kind::Telephone, Kind::Desk] {
        let browser = Browser::start(kind).await;
        browser.go(&page).await;
        browser.find(".chart svg").await;
        browser.expect("section[aria-labelledby=request-1]", "3, of them 2 before the time told").await;
        browser.expect("section[aria-labelledby=request-1]", HOSTILE).await;
        browser.expect("#pitfalls + .columns", &format!("{account} bad.example")).await;
        browser.expect("#paused ~ table", &account).await;
        browser.expect_usable().await;
        browser.picture("operators").await;
        if kind == Kind::Telephone {
            for part in ["requests", "most", "pitfalls", "paused"] {
                browser.evaluate(&format!("document.getElementById('{part}').scrollIntoView()")).await;
                browser.picture(&format!("operators-{part}")).await;
            }
            browser.close().await;
            continue;
        }
        decide(&browser, 1, "approve", "They have many customers.").await;
        browser.expect("[role=status]", "Request 1 is granted").await;
        browser.expect_usable().await;
        browser.picture("operators-granted").await;
        browser.close().await;
    }

    let browser = Browser::start(Kind::TelephoneWithoutScript).await;
    browser.go(&page).await;
    browser.expect_usable().await;
    decide(&browser, 2, "deny", "A wildcard would do.").await;
    browser.expect("[role=status]", "Request 2 is denied").await;
    browser.expect("#requests + p", "None.").await;
    browser.close().await;

    let records = gateway.records();
    let granted = records.overrides().await.expect("read").overrides;
    assert_eq!(granted.iter().map(|one| one.subject.to_string()).collect::<Vec<_>>(), ["example.com"]);
    assert_eq!((&*granted[0].reason, granted[0].quota.count()), ("They have many customers.", 300));
}

/// Says why, and presses the button.
async fn decide(browser: &Browser, request: u8, decision: &str, reason: &str) {
    let section = format!("section[aria-labelledby=request-{request}]");
    browser.fill(&format!("{section} textarea"), reason).await;
    browser.click(&format!("{section} button[value={decision}]")).await;
}

/// Two certificates fit for each domain, and `bad.example` is never found valid.
async fn two_per_domain(tables: &str) -> Gateway {
    Gateway::start(&format!(
        "[test-ca]\nvalidation = \"always-valid\"\nrules = {{ \"bad.example\" = \"invalid\" }}\n{NO_OVERALL_LIMITS}\
         [limits.certificates-per-registered-domain]\nburst = 2\ncount = 2\n{tables}"
    ))
    .await
}

/// Six clients, of whom one is refused again and again and fails as often; gives the path of its account.
async fn meet_limits_and_pitfalls(gateway: &Gateway) -> String {
    let mut clients = Vec::new();
    for _ in 0..6 {
        clients.push(gateway.client().await);
    }
    for client in &mut clients[..3] {
        client.obtain(&["a.example.com"]).await.expect("renewals by set do not count");
    }
    let client = &mut clients[0];
    client.obtain(&["b.example.com"]).await.expect("two fit");
    for _ in 0..3 {
        assert_eq!(order_afresh(client, &["c.example.com"]).await.status(), 429);
        fail(client, &["bad.example"]).await;
    }
    let account = client.account().expect("it is registered");
    account.split_once("/acme").map(|(_, rest)| format!("/acme{rest}")).expect("the test CA's path")
}

fn operator_token(gateway: &Gateway) -> String {
    let token = std::fs::read_to_string(gateway.folder().join("data/operator.token")).expect("it is made");
    token.trim().to_owned()
}

fn basic(token: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("me:{token}")))
}

async fn show(gateway: &Gateway, headers: &[(&str, &str)]) -> (StatusCode, String) {
    browse(gateway.management(), Method::GET, "/operators", headers, "").await
}

/// The page as soon as it is as it should be; else as it was at last.
async fn shown(gateway: &Gateway, auth: &str, as_it_should_be: impl Fn(&str) -> bool) -> String {
    let mut last = String::new();
    let asking = async {
        let mut again = interval(Duration::from_millis(100));
        while !as_it_should_be(&last) {
            again.tick().await;
            last = show(gateway, &[("authorization", auth)]).await.1;
        }
    };
    let _ = timeout(SHOWN_WITHIN, asking).await;
    last
}

async fn submit(gateway: &Gateway, number: u8, domain: &str) {
    let limit = LimitName::CertificatesPerRegisteredDomain;
    let form = OverrideForm {
        limit,
        subject: Subject::parse(limit, domain).expect("it is a domain"),
        tier: NonZeroU64::new(300).expect("it is not zero"),
        email: EmailAddress("anna@example.com".to_owned()),
        organisation: HOSTILE.to_owned(),
        use_case: HOSTILE.to_owned(),
        language: Language::English,
    };
    let (records, now) = (gateway.records(), gateway.now().await);
    records.submit_override_request(form, [number; 32], now).await.expect("it is written");
}
