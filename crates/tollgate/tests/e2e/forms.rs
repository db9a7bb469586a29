//! The four forms for overrides in a real browser: wrong in every field first, then right.

use serde_json::json;

use crate::{
    browser::{Browser, Kind},
    gateway::{ALWAYS_VALID, Gateway},
    pages::origin,
    volume::NO_OVERALL_LIMITS,
};

const USE_CASE: &str =
    "Every customer has a name of its own below our domain, each with its own certificate.";

/// The fields in their order.
const FIELDS: [&str; 7] = ["subject", "tier", "email", "organisation", "use-case", "terms", "privacy"];

/// One of the forms: what is right in it, and what is not.
pub(crate) struct Form {
    slug: &'static str,
    heading: &'static str,
    /// Whom it is for as it is typed, and as the request's own page names it.
    subject: (String, String),
    /// Whom it cannot be for, and what is said beside that.
    wrong: Vec<(String, &'static str)>,
    tier: (&'static str, &'static str),
}

impl Form {
    pub(crate) fn of_domain(typed: &str, shown: &str) -> Self {
        Self {
            slug: "certificates-per-domain",
            heading: "New certificates for a registered domain",
            subject: (typed.to_owned(), shown.to_owned()),
            wrong: vec![
                ("www.example.com".to_owned(), "It counts for example.com: ask for that."),
                ("192.0.2.1".to_owned(), "has a form of its own"),
                ("exa mple.com".to_owned(), "A domain name has no \" \" in it."),
            ],
            tier: ("1000", "1,000 certificates a week"),
        }
    }

    fn of_address(typed: &str, shown: &str) -> Self {
        Self {
            slug: "certificates-per-address",
            heading: "New certificates for an IP address",
            subject: (typed.to_owned(), shown.to_owned()),
            wrong: vec![
                ("example.com".to_owned(), "This is no IP address."),
                ("192.0.2.0/24".to_owned(), "This is no IP address."),
            ],
            tier: ("300", "300 certificates a week"),
        }
    }

    fn of_account(slug: &'static str, account: &str, gateway: &Gateway) -> Self {
        let (heading, tier) = match slug {
            "orders-per-account" => ("New orders of an account", ("1000", "1,000 orders a week")),
            _ => (
                "New certificates for each domain of an account",
                ("2500000", "2,500,000 certificates a week"),
            ),
        };
        let path = account.strip_prefix(&origin(gateway)).expect("an account's URL is below the gateway's");
        Self {
            slug,
            heading,
            subject: (account.to_owned(), path.to_owned()),
            wrong: vec![
                ("acct 1".to_owned(), "This is no account URL."),
                (format!("https://other.example{path}"), "This account is of another certificate authority."),
                (format!("{account}0"), "No such account is known here."),
            ],
            tier,
        }
    }

    /// Makes every mistake, mends them all, and gives the address of the request's own page.
    pub(crate) async fn ask(&self, browser: &Browser) -> String {
        browser.expect("h1", self.heading).await;
        send(browser).await;
        self.expect_mistakes(browser, &FIELDS.map(|field| (field, ""))).await;

        let (subject, beside_subject) = &self.wrong[0];
        let typed = [
            ("subject", subject.as_str()),
            ("email", "me at example"),
            ("organisation", "Ltd."),
            ("use-case", "too short"),
        ];
        for (field, text) in typed {
            browser.fill(&format!("#{field}"), text).await;
        }
        browser.click(&format!("#tier option[value=\"{}\"]", self.tier.0)).await;
        browser.click("#terms").await;
        send(browser).await;
        let mistakes = [
            ("subject", *beside_subject),
            ("email", "This is no e-mail address."),
            ("organisation", "at least 5 characters, and has 4"),
            ("use-case", "at least 60 characters, and has 9"),
            ("privacy", "Without this a request cannot be taken."),
        ];
        browser.picture(&format!("override-mistakes-{}", self.slug)).await;
        self.expect_mistakes(browser, &mistakes).await;
        for (field, text) in typed.into_iter().chain([("tier", self.tier.0)]) {
            assert_eq!(browser.property(&format!("#{field}"), "value").await, text, "{field} is kept");
        }
        assert_eq!(browser.property("#terms", "checked").await, "true", "what was accepted is kept");

        browser.fill("#email", "me@example.org").await;
        browser.fill("#organisation", "Example Hosting <b>").await;
        browser.fill("#use-case", USE_CASE).await;
        browser.click("#privacy").await;
        for (subject, beside) in &self.wrong[1..] {
            browser.fill("#subject", subject).await;
            send(browser).await;
            self.expect_mistakes(browser, &[("subject", beside)]).await;
        }

        browser.fill("#subject", &self.subject.0).await;
        browser.click("main button").await;
        browser.expect("h1", "Your request").await;
        browser.expect(".lead", "It has arrived and waits for a decision.").await;
        browser.expect("dl", &self.subject.1).await;
        browser.expect("dl", self.tier.1).await;
        browser.expect_usable().await;
        let own_page = browser.address().await;
        assert!(own_page.contains("/rate-limits/override/request?token="), "{own_page}");
        own_page
    }

    /// Asserts that these mistakes and no others are named: counted where the page is begun to be read, with a link to
    /// each field, and beside it in words that are read together with it.
    async fn expect_mistakes(&self, browser: &Browser, mistakes: &[(&str, &str)]) {
        let lead = match mistakes.len() {
            1 => "Nothing was sent yet: one field needs another look.".to_owned(),
            many => format!("Nothing was sent yet: {many} fields need another look."),
        };
        browser.expect("[role=alert]", &lead).await;
        let focused = "return document.activeElement.getAttribute('role')";
        assert_eq!(browser.evaluate(focused).await, "alert", "reading begins at the mistakes");
        let named = "return [...document.querySelectorAll('[role=alert] a')].map(one => one.hash)";
        let expected: Vec<_> = mistakes.iter().map(|(field, _)| format!("#{field}")).collect();
        assert_eq!(browser.evaluate(named).await, json!(expected), "{}", self.slug);
        let wrong = "return [...document.querySelectorAll('[aria-invalid]')].map(one => '#' + one.id)";
        assert_eq!(browser.evaluate(wrong).await, json!(expected), "{}", self.slug);
        browser.expect_usable().await;
        for (field, beside) in mistakes {
            browser.expect(&format!("#{field}-mistake"), beside).await;
            let described = browser.attribute(&format!("#{field}"), "aria-describedby").await;
            assert!(described.split(' ').any(|id| id == format!("{field}-mistake")), "{field}: {described}");
            browser.click(&format!("[role=alert] a[href=\"#{field}\"]")).await;
            let focused = browser.evaluate("return document.activeElement.id").await;
            assert_eq!(focused, *field, "the link leads to its field");
        }
    }
}

/// Sends a form that has a mistake: the page that comes is another one, though it looks alike.
async fn send(browser: &Browser) {
    let before = browser.find("main form").await;
    browser.click("main button").await;
    browser.expect_gone(before).await;
}

async fn with_gateway_and_account() -> (Gateway, String) {
    let gateway = Gateway::start(&format!("{ALWAYS_VALID}{NO_OVERALL_LIMITS}")).await;
    let account = gateway.client().await.account().expect("it is registered").to_owned();
    (gateway, account)
}

#[tokio::test]
async fn each_form_names_every_mistake_beside_its_field_and_then_leads_to_the_requests_own_page() {
    let (gateway, account) = with_gateway_and_account().await;
    let browser = Browser::start(Kind::Telephone).await;
    let forms = [
        Form::of_account("orders-per-account", &account, &gateway),
        Form::of_domain("Bücher.example", "xn--bcher-kva.example"),
        Form::of_address("2001:db8::1", "2001:db8::"),
        Form::of_account("certificates-per-domain-per-account", &account, &gateway),
    ];
    for form in &forms {
        browser.go(&format!("{}/rate-limits/override", origin(&gateway))).await;
        browser.click(&format!("main a[href$=\"/override/{}\"]", form.slug)).await;
        form.ask(&browser).await;
        browser.picture(&format!("override-waiting-{}", form.slug)).await;
    }
    browser.close().await;

    let waiting = gateway.records().pending_override_requests(None, 9).await.expect("records are there");
    let waiting: Vec<_> =
        waiting.iter().map(|one| (one.form.subject.to_string(), one.form.tier.get())).collect();
    let expected: Vec<_> =
        forms.iter().map(|form| (form.subject.1.clone(), form.tier.0.parse().expect("a number"))).collect();
    assert_eq!(waiting, expected);
}

#[tokio::test]
async fn limits_without_overrides_say_kindly_why() {
    let (gateway, _) = with_gateway_and_account().await;
    let browser = Browser::start(Kind::Telephone).await;
    browser.go(&format!("{}/rate-limits/override", origin(&gateway))).await;
    for (limit, why) in [
        ("New registrations per IP address", "One account holds any number of domains"),
        ("New registrations per IPv6 range", "machines of a network can share it"),
        ("New certificates per exact set of identifiers", "You have these certificates already."),
        ("Authorization failures per identifier and account", "Correct the cause"),
        ("Consecutive authorization failures per identifier and account", "freed by the link in the refusal"),
        ("Override requests per IP address", "Requests already sent are read"),
    ] {
        let script = format!(
            "const limit = [...document.querySelectorAll('.reasons dt')].find(one => one.innerText == '{limit}');
             return limit ? limit.nextElementSibling.innerText : 'nothing'"
        );
        let told = browser.evaluate(&script).await;
        assert!(told.as_str().is_some_and(|told| told.contains(why)), "{limit}: {told}");
    }
    for page in [
        "too-many-registrations-for-this-ip",
        "too-many-registrations-for-this-ip-range",
        "too-many-certificates-already-issued-for-exact-set-of-domains",
        "too-many-failed-authorizations-recently",
        "too-many-override-requests",
        "paused-identifiers",
        "too-many-requests",
    ] {
        browser.go(&format!("{}/rate-limits/{page}", origin(&gateway))).await;
        browser.expect("main", "There are no overrides for this.").await;
        let offered = "return document.querySelectorAll('main a[href*=\"/override/\"]').length";
        assert_eq!(browser.evaluate(offered).await, 0, "{page}");
    }
    browser.close().await;
}
