//! The pages for people, in a real browser, with a real client behind the refusals.

use http::Method;
use serde_json::Value;
use tollgate::client::Answer;

use crate::{
    browser::{Browser, Kind},
    forms::Form,
    gateway::{ALWAYS_INVALID, ALWAYS_VALID, Gateway},
    ports,
    volume::{NO_OVERALL_LIMITS, fail, order},
};

const LANGUAGES: [&str; 5] = ["en", "it", "da", "fr", "vi"];

/// Every page that needs no account.
const PAGES: [&str; 18] = [
    "",
    "too-many-registrations-for-this-ip",
    "too-many-registrations-for-this-ip-range",
    "too-many-new-orders-recently",
    "too-many-certificates-already-issued",
    "too-many-certificates-already-issued-for-exact-set-of-domains",
    "too-many-failed-authorizations-recently",
    "too-many-override-requests",
    "paused-identifiers",
    "too-many-requests",
    "status",
    "status?domain=example.com",
    "override",
    "override/orders-per-account",
    "override/certificates-per-domain",
    "override/certificates-per-address",
    "override/certificates-per-domain-per-account",
    "unpause",
];

/// Failures that pause at once, and nothing in their way.
const PAUSE_FAST: &str = "[limits.consecutive-authorization-failures]\nburst = 2\n";

/// The page that a refusal's `Link` names for help.
fn help(answer: &Answer) -> String {
    let links = answer.response.headers().get_all("link");
    let help = links.iter().filter_map(|link| link.to_str().ok()).find(|link| link.contains("rel=\"help\""));
    let help = help.and_then(|link| link.split(['<', '>']).nth(1)).expect("a refusal has a link for help");
    help.to_owned()
}

/// The origin of the gateway.
pub(crate) fn origin(gateway: &Gateway) -> String {
    gateway.site().directory.trim_end_matches("/directory").to_owned()
}

/// What must be seen without scrolling: of a refusal what happened, until when, and what to do now.
fn first_screen(page: &str) -> &'static [&'static str] {
    match page {
        "status" => &["h1", "#domain", "#domain ~ button"],
        "status?domain=example.com" => &["h1", ".found h2", ".found .limit"],
        page if page.starts_with("too-many-") || page == "paused-identifiers" => {
            &["h1", "main > .lead", "main > h2:first-of-type + p", "main > ol"]
        }
        _ => &["h1"],
    }
}

async fn every_page_is_usable(kind: Kind) {
    let gateway = Gateway::start(NO_OVERALL_LIMITS).await;
    let browser = Browser::start(kind).await;
    for language in LANGUAGES {
        for page in PAGES {
            let and = if page.contains('?') { '&' } else { '?' };
            browser.go(&format!("{}/rate-limits/{page}{and}lang={language}", origin(&gateway))).await;
            assert_eq!(browser.evaluate("return document.documentElement.lang").await, language, "{page}");
            browser.expect_usable().await;
            browser.expect_on_first_screen(first_screen(page)).await;
            let name = if page.is_empty() { "limits".to_owned() } else { page.replace(['/', '?', '='], "-") };
            browser.picture(&format!("{name}-{language}")).await;
        }
    }
    browser.close().await;
}

#[tokio::test]
async fn every_page_can_be_used_in_every_language_at_a_desk() {
    every_page_is_usable(Kind::Desk).await;
}

#[tokio::test]
async fn every_page_can_be_used_in_every_language_on_a_telephone() {
    every_page_is_usable(Kind::Telephone).await;
}

#[tokio::test]
async fn paused_client_succeeds_after_its_holder_pressed_the_button() {
    let gateway = Gateway::start(&format!("{ALWAYS_INVALID}{NO_OVERALL_LIMITS}{PAUSE_FAST}")).await;
    let mut client = gateway.client().await;
    for _ in 0..2 {
        fail(&mut client, &["www.example.com"]).await;
    }
    let refused = order(&mut client, &["www.example.com", "example.com"]).await;
    assert_eq!(refused.status(), 429, "{}", refused.detail());
    let detail = refused.detail();
    let link = detail.split_whitespace().find(|word| word.contains("/unpause?token=")).expect("a link");

    for kind in [Kind::Telephone, Kind::Desk] {
        let browser = Browser::start(kind).await;
        for language in LANGUAGES {
            browser.go(&format!("{link}&lang={language}")).await;
            browser.expect(".identifiers code", "www.example.com").await;
            browser.expect_usable().await;
            browser.picture(&format!("unpause-link-{language}")).await;
        }
        browser.close().await;
    }

    let browser = Browser::start(Kind::Desk).await;
    browser.go(link).await;
    browser.click("main button").await;
    browser.expect("h1", "The pause is lifted").await;
    browser.expect_usable().await;
    browser.picture("unpaused").await;
    assert_eq!(order(&mut client, &["www.example.com"]).await.status(), 201, "the client succeeds");

    browser.go(link).await;
    browser.expect("h1", "This link was used already").await;
    browser.expect_usable().await;
    let (page, token) = link.split_once("?token=").expect("a token");
    browser.go(&format!("{page}?token={}", &token[..token.len() - 5])).await;
    browser.expect("h1", "This link does not work").await;
    browser.close().await;
}

#[tokio::test]
async fn refused_client_succeeds_after_a_request_for_an_override_was_approved() {
    let gateway = Gateway::start(&format!(
        "{ALWAYS_VALID}{NO_OVERALL_LIMITS}\
         [limits.certificates-per-registered-domain]\ncount = 1\nburst = 1\nperiod = \"7d\"\n"
    ))
    .await;
    let mut client = gateway.client().await;
    client.obtain(&["a.example.com"]).await.expect("the first certificate is issued");
    let refused = order(&mut client, &["b.example.com"]).await;
    assert_eq!(refused.status(), 429, "{}", refused.detail());

    let browser = Browser::start(Kind::Desk).await;
    // From the refusal to the form, as somebody would go.
    let section = refused.detail().split_whitespace().last().expect("a link").to_owned();
    assert!(section.starts_with(&help(&refused)), "{section}");
    browser.go(&section).await;
    browser.picture("refused").await;
    browser.click("#new-certificates-per-registered-domain a[href*=\"too-many-certificates\"]").await;
    browser.click("a[href*=\"/rate-limits/override/\"]").await;
    let own_page = Form::of_domain("Example.com", "example.com").ask(&browser).await;

    let waiting =
        gateway.records().pending_override_requests(None, 1).await.expect("records are there").remove(0);
    let id = waiting.id.to_string();
    let approved = gateway.command(&["override", "requests", "approve", &id, "--reason", "Fine."]).await;
    assert!(approved.status.success(), "{approved:?}");
    browser.go(&own_page).await;
    browser.expect(".lead", "It was approved").await;
    browser.picture("override-approved").await;

    client.obtain(&["b.example.com"]).await.expect("the client succeeds");

    browser.go(&format!("{}/rate-limits/status?domain=b.example.com", origin(&gateway))).await;
    browser.expect(".found .numbers", "999 of 1,000 left").await;
    browser.expect_usable().await;
    browser.picture("status-domain").await;
    browser.close().await;
}

async fn pages_need_no_script(kind: Kind) {
    let gateway = Gateway::start(&format!("{ALWAYS_INVALID}{NO_OVERALL_LIMITS}{PAUSE_FAST}")).await;
    let mut client = gateway.client().await;
    for _ in 0..2 {
        fail(&mut client, &["www.example.com"]).await;
    }
    let detail = order(&mut client, &["www.example.com"]).await.detail();
    let link = detail.split_whitespace().find(|word| word.contains("/unpause?token=")).expect("a link");

    let browser = Browser::start(kind).await;
    let script = "data:text/html,<title>asleep</title><script>document.title = 'awake'</script>";
    browser.go(script).await;
    assert_eq!(browser.evaluate("return document.title").await, "asleep", "no script of a page runs");
    let width = if kind.is_telephone() { 360 } else { 1280 };
    assert_eq!(browser.evaluate("return innerWidth").await, width);
    browser.go(link).await;
    browser.click(".languages a[hreflang=it]").await;
    browser.expect("h1", "Identificatori sospesi").await;
    browser.expect_usable().await;
    browser.click("main button").await;
    browser.expect("h1", "La sospensione è tolta").await;
    browser.expect_usable().await;
    assert_eq!(order(&mut client, &["www.example.com"]).await.status(), 201);

    browser.click(".pages a[href*=status]").await;
    browser.fill("#domain", "exa mple.com").await;
    browser.click("#domain ~ button").await;
    browser.expect(".mistake", "Un nome di dominio non contiene").await;
    browser.fill("#domain", "bücher.example").await;
    browser.click("#domain ~ button").await;
    browser.expect(".found h2", "xn--bcher-kva.example").await;

    browser.click(".languages a[hreflang=en]").await;
    browser.click(".pages a[href*=override]").await;
    browser.click("a[href$=certificates-per-domain]").await;
    let own_page = Form::of_domain("Example.com", "example.com").ask(&browser).await;
    let waiting =
        gateway.records().pending_override_requests(None, 1).await.expect("records are there").remove(0);
    let now = gateway.now().await;
    gateway.records().deny_override_request(waiting.id, "ann", "Use a wildcard.", now).await.expect("denied");
    browser.go(&own_page).await;
    browser.expect(".lead", "It was denied at").await;
    browser.expect(".message", "Use a wildcard.").await;
    browser.close().await;
}

#[tokio::test]
async fn pages_need_no_script_at_a_desk() {
    pages_need_no_script(Kind::DeskWithoutScript).await;
}

#[tokio::test]
async fn pages_need_no_script_on_a_telephone() {
    pages_need_no_script(Kind::TelephoneWithoutScript).await;
}

#[tokio::test]
async fn link_of_every_refusal_leads_to_its_page_in_every_language() {
    let once = "count = 1\nburst = 1\nperiod = \"3h\"\n";
    let gateway = Gateway::start_with_stopped_clock(&format!(
        "[test-ca]\nvalidation = \"always-valid\"\nrules = {{ \"bad.example\" = \"invalid\" }}\n{NO_OVERALL_LIMITS}\
         renewal-info = {{ rate = 1, burst = 1 }}\n\
         [limits.new-registrations-per-ip]\n{once}[limits.certificates-per-registered-domain]\n{once}\
         [limits.certificates-per-exact-set]\n{once}[limits.authorization-failures-per-identifier]\n{once}\
         [limits.new-orders-per-account]\ncount = 3\nburst = 3\nperiod = \"3h\"\n"
    ))
    .await;
    let mut client = gateway.client().await;
    let account = client.account().expect("it is registered").to_owned();
    let paused = gateway.command(&["pause", "add", &account, "www.example.net", "--reason", "broken"]).await;
    assert!(paused.status.success(), "{paused:?}");
    client.obtain(&["a.example.com"]).await.expect("one fits");
    fail(&mut client, &["bad.example"]).await;

    let mut refusals = Vec::new();
    for (page, name) in [
        ("too-many-certificates-already-issued-for-exact-set-of-domains", "a.example.com"),
        ("too-many-certificates-already-issued", "b.example.com"),
        ("too-many-failed-authorizations-recently", "bad.example"),
        ("paused-identifiers", "www.example.net"),
    ] {
        refusals.push((page, order(&mut client, &[name]).await));
    }
    assert_eq!(order(&mut client, &["a.example.org"]).await.status(), 201, "the third and last order");
    refusals.push(("too-many-new-orders-recently", order(&mut client, &["b.example.org"]).await));
    let another = client.with_fresh_key().try_register().await.expect("the gateway answers");
    refusals.push(("too-many-registrations-for-this-ip", another));
    let mut get = async |url: &str| client.send(Method::GET, url, None).await.expect("the gateway answers");
    let directory = get(&gateway.site().directory).await.json();
    let renewal_info = format!("{}/x", directory["renewalInfo"].as_str().expect("the test CA has it"));
    get(&renewal_info).await;
    refusals.push(("too-many-requests", get(&renewal_info).await));

    let browser = Browser::start(Kind::Desk).await;
    for (page, refusal) in &refusals {
        let told = refusal.detail();
        assert!([429, 503].contains(&refusal.status().as_u16()), "{page}: {told}");
        let begins =
            told.split(" (").next().and_then(|told| told.split('"').next()).unwrap_or_default().trim();
        for language in LANGUAGES {
            browser.go(&format!("{}?lang={language}", help(refusal))).await;
            browser.click(&format!("main p > a[href=\"/rate-limits/{page}\"]")).await;
            browser.find(&format!("html[lang={language}] main > ol")).await;
            let message = browser.text(".message[lang=en]").await;
            assert!(
                message.starts_with(begins),
                "{page} in {language}: {message}; the client was told {told}"
            );
        }
    }
    browser.close().await;
}

#[tokio::test]
async fn every_limits_section_leads_to_the_page_of_its_refusal_in_every_language() {
    let gateway = Gateway::start(NO_OVERALL_LIMITS).await;
    let browser = Browser::start(Kind::Desk).await;
    browser.go(&format!("{}/rate-limits.json", origin(&gateway))).await;
    let list: Value = serde_json::from_str(&browser.text("pre").await).expect("it is JSON");
    let sections: Vec<_> = list["limits"]
        .as_array()
        .expect("limits")
        .iter()
        .filter_map(|limit| limit["docs"].as_str())
        .collect();
    assert_eq!(sections.len(), 8);
    for language in LANGUAGES {
        for section in &sections {
            let (page, anchor) = section.split_once('#').expect("a section");
            browser.go(&format!("{page}?lang={language}#{anchor}")).await;
            browser.click(&format!("[id=\"{anchor}\"] p > a[href^=\"/rate-limits/\"]")).await;
            browser.find(&format!("html[lang={language}] main ol")).await;
            assert!(browser.text("main ol").await.lines().count() >= 2, "{section} says what to do now");
        }
    }
    browser.close().await;
}

#[tokio::test]
async fn pages_may_have_a_listener_of_their_own_and_every_link_follows() {
    let port = ports::free();
    let gateway = Gateway::start(&format!(
        "{NO_OVERALL_LIMITS}[limits.new-registrations-per-ip]\ncount = 1\nburst = 1\nperiod = \"3h\"\n\
         [portal.listen]\naddresses = [\"127.0.0.1:{port}\"]\n"
    ))
    .await;
    let pages = format!("https://localhost:{port}/rate-limits");
    let mut client = gateway.client().await;
    let refused = client.with_fresh_key().try_register().await.expect("the gateway answers");
    assert_eq!(refused.status(), 429, "{}", refused.detail());
    assert_eq!(help(&refused), format!("{pages}/"));
    assert!(refused.detail().contains(&format!("see {pages}/#new-registrations-per-ip-address")));

    let mut get = async |url: &str| client.send(Method::GET, url, None).await.expect("it answers");
    let directory = get(&gateway.site().directory).await;
    assert_eq!(directory.json()["meta"]["rateLimits"], format!("{pages}.json"));
    for (url, status) in [
        (format!("{pages}/"), 200),
        (format!("{pages}.json"), 200),
        (format!("https://localhost:{port}/"), 302),
        (format!("https://localhost:{port}/directory"), 404),
        (format!("{}/rate-limits/", origin(&gateway)), 404),
    ] {
        assert_eq!(get(&url).await.status().as_u16(), status, "{url}");
    }
}
