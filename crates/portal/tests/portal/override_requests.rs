//! Asking for a higher limit.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use tollgate_policy::{Policy, limit::LimitName, overrides::Subject, preset::Preset};
use tollgate_portal::{MailOptions, MailTls, Mailer, OverrideRequests, PortalOptions, Tiers};
use tollgate_records::{Decided, Ruling};
use url::form_urlencoded;

use crate::{smtp_sink::SmtpSink, world::*};

const ORDERS: &str = "/rate-limits/override/orders-per-account";
const DOMAIN: &str = "/rate-limits/override/certificates-per-domain";
const ADDRESS: &str = "/rate-limits/override/certificates-per-address";
const DOMAINS: &str = "/rate-limits/override/certificates-per-domain-per-account";
const USE_CASE: &str = "We host sites of many customers, each below our one domain, with a certificate each.";

/// Different bytes each time, which nobody need guess here.
fn new_token() -> [u8; 32] {
    static NEXT: AtomicU8 = AtomicU8::new(0);
    [NEXT.fetch_add(1, Ordering::Relaxed); 32]
}

fn offered() -> OverrideRequests {
    OverrideRequests {
        tiers: Tiers::default(),
        grant_lowest: false,
        terms: Some("https://ca.example/terms".to_owned()),
        privacy: None,
        accounts_at: "https://acme.example".to_owned(),
        pages_at: "https://limits.example".to_owned(),
        mailer: None,
        new_token,
    }
}

async fn world_with(offered: OverrideRequests) -> World {
    let options = PortalOptions { override_requests: Some(offered), ..PortalOptions::default() };
    let world = World::with_options(Policy::preset(Preset::Letsencrypt), options).await;
    world.limiter.records().save_account(&account(), None, jiff::Timestamp::UNIX_EPOCH).await.unwrap();
    world
}

async fn world() -> World {
    world_with(offered()).await
}

/// A form that is right, but for what is given.
fn filled<'a>(changes: &[(&'a str, &'a str)]) -> String {
    let mut fields = vec![
        ("subject", "example.com"),
        ("tier", "300"),
        ("email", "me@example.org"),
        ("organisation", "Example Hosting"),
        ("use-case", USE_CASE),
        ("terms", "yes"),
        ("privacy", "yes"),
    ];
    for (name, value) in changes {
        fields.retain(|(other, _)| other != name);
        fields.push((name, value));
    }
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

async fn send(world: &World, path: &str, changes: &[(&str, &str)]) -> Response<Bytes> {
    world.send(form_to(path), filled(changes)).await
}

/// Sends a form that must be taken, and gives the path of the request's own page.
async fn taken(world: &World, path: &str, changes: &[(&str, &str)]) -> String {
    let answer = send(world, path, changes).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{}", text(&answer));
    answer.headers()[header::LOCATION].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn there_is_a_form_for_each_limit_that_has_overrides_and_a_reason_for_each_other() {
    let world = world().await;
    let page = world.get("/rate-limits/override").await;
    for path in [ORDERS, DOMAIN, ADDRESS, DOMAINS] {
        assert!(text(&page).contains(&format!("<a href=\"{path}\">")), "{path}");
    }
    assert_eq!(text(&page).matches("<dt>").count(), 6, "every other limit of the table");
    assert!(text(&page).contains("Keep its key."));
    for path in ["/rate-limits/", "/rate-limits/too-many-new-orders-recently"] {
        let page = world.get(path).await;
        assert!(text(&page).contains(&format!("<a href=\"{ORDERS}\">")), "{path}");
    }
    let refusal = world.get("/rate-limits/too-many-registrations-for-this-ip").await;
    assert!(!text(&refusal).contains("/rate-limits/override/"));
}

#[tokio::test]
async fn form_offers_the_weekly_numbers_of_its_limit() {
    let world = world().await;
    for (path, count, last) in [
        (ORDERS, 12, "1,000,000 orders a week"),
        (DOMAIN, 13, "1,000,000 certificates a week"),
        (ADDRESS, 13, "1,000,000 certificates a week"),
        (DOMAINS, 15, "2,500,000 certificates a week"),
    ] {
        let page = world.get(path).await;
        assert_eq!(text(&page).matches("<option ").count(), count + 1, "{path}");
        assert!(text(&page).contains(&format!("{last}</option>\n</select>")), "{path}");
    }
    insta::assert_snapshot!("form", text(&world.get(&format!("{DOMAIN}?subject=example.com")).await));
}

#[tokio::test]
async fn request_waits_until_an_operator_decides_and_its_own_page_tells() {
    let world = world().await;
    let own_page = taken(&world, DOMAIN, &[("subject", " B\u{fc}cher.example "), ("tier", "1000")]).await;
    let page = world.get(&own_page).await;
    insta::assert_snapshot!("waiting", text(&page).replace(own_page.split_once('=').unwrap().1, "TOKEN"));
    assert_eq!(page.headers()["x-robots-tag"], "noindex, nofollow");
    assert_eq!(page.headers()[header::CACHE_CONTROL], "no-store");
    assert_eq!(page.headers()[header::REFERRER_POLICY], "no-referrer");

    let records = world.limiter.records();
    let waiting = records.pending_override_requests(None, 10).await.unwrap();
    let form = &waiting[0].form;
    assert_eq!(form.limit, LimitName::CertificatesPerRegisteredDomain);
    assert_eq!((form.subject.to_string().as_str(), form.tier.get()), ("xn--bcher-kva.example", 1000));
    assert_eq!((form.email.0.as_str(), form.use_case.as_str()), ("me@example.org", USE_CASE));

    let now = jiff::Timestamp::from_nanosecond(world.limiter.now().as_nanos().into()).unwrap();
    records.deny_override_request(waiting[0].id, "ann", "Use a <wildcard>.", now).await.unwrap();
    let page = world.get(&own_page).await;
    assert!(text(&page).contains("It was denied at 2026-11-23 10:00:00 UTC."), "{}", text(&page));
    assert!(text(&page).contains("Use a &#60;wildcard&#62;."));
    assert!(!text(&page).contains("me@example.org") && !text(&page).contains("ann"));
}

#[tokio::test]
async fn subjects_are_what_the_limit_counts() {
    let world = world().await;
    for (path, typed, limit, subject) in [
        (ORDERS, "https://acme.example/acme/acct/1", LimitName::NewOrdersPerAccount, "/acme/acct/1"),
        (DOMAIN, "example.co.uk", LimitName::CertificatesPerRegisteredDomain, "example.co.uk"),
        (ADDRESS, "192.0.2.1", LimitName::CertificatesPerRegisteredDomain, "192.0.2.1"),
        (ADDRESS, "2001:db8::1", LimitName::CertificatesPerRegisteredDomain, "2001:db8::"),
        (
            DOMAINS,
            "https://acme.example/acme/acct/1",
            LimitName::CertificatesPerRegisteredDomainPerAccount,
            "/acme/acct/1",
        ),
    ] {
        taken(&world, path, &[("subject", typed), ("tier", "1000")]).await;
        let asked = world.limiter.records().override_requests(None, 1).await.unwrap().remove(0);
        assert_eq!((asked.form.limit, asked.form.subject.to_string().as_str()), (limit, subject), "{typed}");
    }
}

#[tokio::test]
async fn every_mistake_is_named_beside_its_field_and_what_was_typed_stays() {
    let world = world().await;
    let long = "x".repeat(1001);
    for (path, name, value, mistake) in [
        (DOMAIN, "subject", "", "Nothing was filled in."),
        (DOMAIN, "subject", "www.example.com", "It counts for example.com: ask for that."),
        (DOMAIN, "subject", "192.0.2.1", "has a form of its own"),
        (ADDRESS, "subject", "example.com", "This is no IP address."),
        (ORDERS, "subject", "https://other.example/acme/acct/1", "of another certificate authority"),
        (ORDERS, "subject", "https://acme.example/acme/acct/2", "No such account is known here."),
        (ORDERS, "subject", "acct 1", "This is no account URL."),
        (DOMAIN, "tier", "301", "Choose one of these."),
        (DOMAIN, "tier", "", "Choose one of these."),
        (DOMAIN, "email", "me at example", "This is no e-mail address."),
        (DOMAIN, "email", "a@b.example, c@d.example", "This is no e-mail address."),
        (DOMAIN, "email", "a@b.example\r\nBcc: c@d.example", "This is no e-mail address."),
        (DOMAIN, "organisation", "Ltd.", "This needs at least 5 characters, and has 4."),
        (DOMAIN, "use-case", "More, please.", "This needs at least 60 characters, and has 13."),
        (DOMAIN, "use-case", &long, "This is too long: at most 1000 characters."),
        (DOMAIN, "terms", "", "Without this a request cannot be taken."),
        (DOMAIN, "privacy", "no", "Without this a request cannot be taken."),
    ] {
        let subject = if path == DOMAIN { "example.com" } else { "192.0.2.1" };
        let answer = send(&world, path, &[("subject", subject), ("tier", "1000"), (name, value)]).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{name} {value}");
        let field = format!("<p class=\"mistake\" id=\"{name}-mistake\">");
        let (_, beside) = text(&answer).split_once(&field).unwrap_or_else(|| panic!("{name} {value}"));
        let beside = beside.split_once("</p>").unwrap().0;
        assert!(beside.contains(mistake), "{name} {value}: {beside}");
        assert_eq!(text(&answer).matches("aria-invalid=\"true\"").count(), 1, "{name} {value}");
        assert!(text(&answer).contains("value=\"Example Hosting\"") || name == "organisation");
        assert!(text(&answer).contains(USE_CASE) || name == "use-case");
        assert!(text(&answer).contains("<option value=\"1000\" selected>") || name == "tier");
    }
    assert_eq!(world.limiter.records().pending_override_request_count().await.unwrap(), 0);

    let answer = world.send(form_to(DOMAIN), "").await;
    assert!(text(&answer).contains("7 fields need another look."), "{}", text(&answer));
    for (language, words) in [("it", "7 campi"), ("da", "7 felter"), ("fr", "7 champs"), ("vi", "7 mục")] {
        let request = form_to(DOMAIN).header(header::ACCEPT_LANGUAGE, language);
        let answer = world.send(request, "").await;
        assert!(text(&answer).contains(words), "{language}");
        assert!(!text(&answer).contains("{ $"), "{language}");
    }
}

#[tokio::test]
async fn markup_in_every_field_is_text() {
    let world = world().await;
    let attack = "\"><script>alert(1)</script></textarea><img src=x onerror=alert(1)>";
    let all: Vec<_> = ["subject", "tier", "email", "organisation", "use-case", "terms", "privacy"]
        .map(|name| (name, attack))
        .into();
    for path in [ORDERS, DOMAIN, ADDRESS, DOMAINS] {
        let answer = send(&world, path, &all).await;
        assert!(!text(&answer).contains("<script") && !text(&answer).contains("<img"), "{path}");
    }
    let organisation = format!("Example {attack}");
    let use_case = format!("{USE_CASE} {attack}");
    let own_page = taken(&world, DOMAIN, &[("organisation", &organisation), ("use-case", &use_case)]).await;
    let page = world.get(&own_page).await;
    assert!(!text(&page).contains("<script") && !text(&page).contains("<img"));
}

#[tokio::test]
async fn form_of_another_site_asks_for_nothing() {
    let world = world().await;
    for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://attacker.example")] {
        let request = Request::post(DOMAIN)
            .header(header::HOST, "acme.example")
            .header(name, value)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let answer = world.send(request, filled(&[])).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{name}");
    }
    assert_eq!(world.limiter.records().pending_override_request_count().await.unwrap(), 0);
}

#[tokio::test]
async fn lowest_number_is_granted_at_once_where_that_is_configured() {
    let world = world_with(OverrideRequests { grant_lowest: true, ..offered() }).await;
    let own_page = taken(&world, DOMAIN, &[]).await;
    let page = world.get(&own_page).await;
    assert!(text(&page).contains("It was approved at 2026-11-23 10:00:00 UTC."), "{}", text(&page));
    let subject = Subject::parse(LimitName::CertificatesPerRegisteredDomain, "example.com").unwrap();
    let records = world.limiter.records();
    let granted =
        records.override_of(LimitName::CertificatesPerRegisteredDomain, &subject).await.unwrap().unwrap();
    assert_eq!((granted.quota.burst(), granted.quota.count()), (300, 300));
    assert_eq!(granted.quota.period(), 7 * DAY);

    let own_page = taken(&world, DOMAIN, &[("subject", "example.org"), ("tier", "1000")]).await;
    assert!(text(&world.get(&own_page).await).contains("waits for a decision"), "the others wait");
}

#[tokio::test]
async fn form_has_a_limit_of_its_own_which_our_faults_do_not_count_against() {
    let options = PortalOptions { override_requests: Some(offered()), ..PortalOptions::default() };
    let policy = configured("[limits.override-requests-per-ip]\ncount = 2\nperiod = \"1d\"\nburst = 2\n");
    let world = World::with_options(policy, options).await;
    world.limiter.records().close().await;
    for _ in 0..3 {
        let answer = send(&world, DOMAIN, &[]).await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE, "our fault, every time");
    }

    let options = PortalOptions { override_requests: Some(offered()), ..PortalOptions::default() };
    let policy = configured("[limits.override-requests-per-ip]\ncount = 2\nperiod = \"1d\"\nburst = 2\n");
    let world = World::with_options(policy, options).await;
    taken(&world, DOMAIN, &[]).await;
    assert_eq!(send(&world, DOMAIN, &[("tier", "1")]).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let answer = send(&world, DOMAIN, &[]).await;
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.headers()[header::RETRY_AFTER], "43200");
    assert!(text(&answer).contains("too many override request form submissions (2)"), "{}", text(&answer));
    assert_eq!(world.limiter.records().pending_override_request_count().await.unwrap(), 1);
}

#[tokio::test]
async fn token_of_a_request_cannot_be_guessed_or_forged() {
    let world = world().await;
    let own_page = taken(&world, DOMAIN, &[]).await;
    let (path, token) = own_page.split_once("?token=").unwrap();
    assert_eq!(token.len(), 43, "32 random bytes");
    let unpause = world.paused(&["a.example"]).await;
    for guess in ["", "1", &token[..42], &token.to_lowercase(), &format!("{token}="), &unpause] {
        let page = world.get(&format!("{path}?token={guess}")).await;
        assert_eq!((page.status(), heading(&page)), (StatusCode::NOT_FOUND, "There is no such request"));
    }
    assert_eq!(world.follow(token).await.status(), StatusCode::FORBIDDEN, "nor does it open anything else");
}

#[tokio::test]
async fn own_page_shows_one_request_and_no_other() {
    let world = world().await;
    let mut pages = Vec::new();
    for subject in ["mine.example", "theirs.example"] {
        pages.push((subject, taken(&world, DOMAIN, &[("subject", subject)]).await));
    }
    for (number, (subject, own_page)) in (1..).zip(&pages) {
        let (_, another) = &pages[2 - number];
        let other_token = another.split_once("?token=").unwrap().1;
        for asked in ["", "&id=1", "&id=2", &format!("&token={other_token}")] {
            let page = world.get(&format!("{own_page}{asked}")).await;
            assert_eq!(page.status(), StatusCode::OK, "{asked}");
            assert!(text(&page).contains(&format!("<code>{subject}</code>")), "{asked}");
            assert_eq!(text(&page).matches(".example</code>").count(), 1, "{asked}");
        }
    }
}

#[tokio::test]
async fn where_it_is_switched_off_there_is_no_form() {
    let world = World::new().await;
    for path in ["/rate-limits/override", DOMAIN, "/rate-limits/override/request?token=x"] {
        assert_eq!(world.get(path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
    let page = world.get("/rate-limits/too-many-new-orders-recently").await;
    assert!(!text(&page).contains("/rate-limits/override"));
    assert!(text(&page).contains("Ask the operator of this certificate authority for it."));
}

async fn mailing(sink: &SmtpSink) -> World {
    let mailer = Mailer::new(MailOptions {
        server: "127.0.0.1".to_owned(),
        port: sink.address.port(),
        tls: MailTls::Never,
        roots: None,
        from: "Example CA <limits@ca.example>".to_owned(),
        login: None,
    });
    world_with(OverrideRequests { mailer: Some(Arc::new(mailer.unwrap())), ..offered() }).await
}

#[tokio::test]
async fn requester_is_told_by_mail_in_the_language_of_the_form() {
    let sink = SmtpSink::start().await;
    let world = mailing(&sink).await;
    let request = form_to(DOMAIN).header(header::ACCEPT_LANGUAGE, "it");
    let answer = world.send(request, filled(&[])).await;
    let own_page = answer.headers()[header::LOCATION].to_str().unwrap().to_owned();
    let mail = sink.next().await;
    assert_eq!(mail.to, "RCPT TO:<me@example.org>");
    let text = mail.text.replace("=\r\n", "").replace("=3D", "=");
    assert!(text.contains(&format!("https://limits.example{own_page}")), "{text}");
    assert!(text.contains("From: \"Example CA\" <limits@ca.example>"), "{text}");
    assert!(text.contains("richiesta"), "{text}");

    world.portal.tell_decisions().await.unwrap();
    assert!(sink.take().is_none(), "nothing is decided yet");
    let records = world.limiter.records();
    let now = jiff::Timestamp::from_nanosecond(world.limiter.now().as_nanos().into()).unwrap();
    let decided = records.deny_override_request(1, "ann", "Usare un carattere jolly.", now).await.unwrap();
    assert!(
        matches!(decided, Decided::Done(request) if request.verdict.as_ref().unwrap().ruling == Ruling::Denied)
    );
    world.portal.tell_decisions().await.unwrap();
    let mail = sink.take().expect("told");
    assert!(mail.text.contains("Usare un carattere jolly."), "{}", mail.text);
    assert!(mail.text.contains("respinta"), "{}", mail.text);
    world.portal.tell_decisions().await.unwrap();
    assert!(sink.take().is_none(), "once");
}

#[tokio::test]
async fn decision_that_could_not_be_told_is_told_later_and_one_refused_for_good_is_not() {
    let sink = SmtpSink::start().await;
    let world = mailing(&sink).await;
    let records = world.limiter.records();
    let now = jiff::Timestamp::from_nanosecond(world.limiter.now().as_nanos().into()).unwrap();
    for _ in 0..2 {
        taken(&world, DOMAIN, &[]).await;
        sink.next().await;
    }
    records.deny_override_request(1, "ann", "no", now).await.unwrap();
    sink.answer_recipients("450 later");
    world.portal.tell_decisions().await.unwrap();
    sink.answer_recipients("250 yes");
    world.advance(Duration::from_secs(5));
    world.portal.tell_decisions().await.unwrap();
    assert!(sink.take().is_some(), "the second time it was taken");

    records.deny_override_request(2, "ann", "no", now).await.unwrap();
    sink.answer_recipients("550 nobody of that name");
    world.portal.tell_decisions().await.unwrap();
    sink.answer_recipients("250 yes");
    world.portal.tell_decisions().await.unwrap();
    assert!(sink.take().is_none(), "it would never be taken");
}

#[tokio::test]
async fn decisions_wait_for_a_server_that_is_away_and_no_longer_than_five_days() {
    let port = tollgate_test_servers::ports::free();
    let mailer = Mailer::new(MailOptions {
        server: "127.0.0.1".to_owned(),
        port,
        tls: MailTls::Never,
        roots: None,
        from: "limits@ca.example".to_owned(),
        login: None,
    });
    let offered = OverrideRequests { mailer: Some(Arc::new(mailer.unwrap())), ..offered() };
    let world = world_with(offered).await;
    let records = world.limiter.records();
    let deny =
        async |id| records.deny_override_request(id, "ann", "no", world.limiter.moment()).await.unwrap();
    taken(&world, DOMAIN, &[]).await;
    taken(&world, DOMAIN, &[]).await;
    deny(1).await;
    let waits = async || records.claim_untold_override_request().await.unwrap().map(|request| request.id);
    for _ in 0..20 {
        world.portal.tell_decisions().await.unwrap();
        world.advance(Duration::from_secs(900));
    }
    assert_eq!(waits().await, Some(1), "five hours later it still waits");
    records.unclaim_untold_override_request(1).await.unwrap();
    world.advance(5 * DAY);
    world.portal.tell_decisions().await.unwrap();
    assert_eq!(waits().await, None, "after five days nobody is told any more");

    deny(2).await;
    let sink = SmtpSink::start_on(port).await;
    world.portal.tell_decisions().await.unwrap();
    assert!(sink.take().is_some(), "the server is back: it is told");
}

#[tokio::test]
async fn a_full_mailbox_holds_nobody_else_up() {
    let sink = SmtpSink::start().await;
    let world = mailing(&sink).await;
    let records = world.limiter.records();
    for (id, email) in [(1, "full@example.org"), (2, "me@example.org")] {
        taken(&world, DOMAIN, &[("email", email)]).await;
        sink.next().await;
        records.deny_override_request(id, "ann", "no", world.limiter.moment()).await.unwrap();
    }
    sink.put_off("full@example.org");
    world.portal.tell_decisions().await.unwrap();
    assert_eq!(sink.take().expect("told").to, "RCPT TO:<me@example.org>");
    let waiting = records.claim_untold_override_request().await.unwrap().expect("it waits");
    assert_eq!(waiting.id, 1);
}
