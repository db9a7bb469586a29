//! Limits, refusals and pauses.

use std::sync::Arc;

use http::{Method, Request, StatusCode, header, request};
use tollgate_policy::{Policy, limit::LimitName, preset::Preset};

use crate::world::*;

#[tokio::test]
async fn only_paths_of_the_portal_are_answered() {
    let world = World::new().await;
    for path in ["/", "/directory", "/rate-limits-of-another", "/rate-limits.json5", "/acme/rate-limits/"] {
        assert!(!world.answers(path).await, "{path}");
    }
    for (path, status) in [
        ("/rate-limits/", StatusCode::OK),
        ("/rate-limits/?lang=en", StatusCode::OK),
        ("/rate-limits.json", StatusCode::OK),
        ("/rate-limits/portal.css", StatusCode::OK),
        ("/rate-limits", StatusCode::PERMANENT_REDIRECT),
        ("/rate-limits/other", StatusCode::NOT_FOUND),
        ("/rate-limits/../directory", StatusCode::NOT_FOUND),
        ("/rate-limits/unpause", StatusCode::FORBIDDEN),
    ] {
        assert_eq!(world.get(path).await.status(), status, "{path}");
    }
}

#[tokio::test]
async fn link_of_every_refusal_leads_to_its_section() {
    for preset in Preset::ALL {
        let world = World::with(Policy::preset(preset), false).await;
        let page = world.get("/rate-limits/").await;
        for limit in LimitName::ALL.into_iter().filter(|name| world.limiter.policy().limit(*name).is_some()) {
            let id = format!("id=\"{}\"", limit.anchor());
            assert_eq!(text(&page).matches(&id).count(), 1, "{limit} of {}", preset.as_str());
        }
    }
}

#[tokio::test]
async fn limits_page_says_what_is_in_force() {
    let world = World::with(Policy::preset(Preset::Letsencrypt), true).await;
    insta::assert_snapshot!("limits", text(&world.get("/rate-limits/").await));
}

#[tokio::test]
async fn limits_page_says_what_an_operator_changed() {
    let policy = configured(
        r#"
        identifiers-per-certificate = 50
        [profiles.shortlived]
        identifiers-per-certificate = 25
        [limits.new-orders-per-account]
        enforce = false
        [limits.override-requests-per-ip]
        enabled = false
        [limits.new-registrations-per-ipv6-range]
        prefix = 56
        [requests]
        ipv6-prefix = 128
        [requests.new-nonce]
        status = 429
        enforce = false
        [renewals]
        ari-exemption = "always"
        set-exemption = false
        [pausing]
        enabled = false
        "#,
    );
    let world = World::with(policy, false).await;
    insta::assert_snapshot!("limits_changed", text(&world.get("/rate-limits/").await));
}

#[tokio::test]
async fn limits_page_follows_the_policy() {
    let world = World::new().await;
    assert!(!text(&world.get("/rate-limits/").await).contains("30,000"));
    world.limiter.set_policy(Arc::new(Policy::preset(Preset::LetsencryptStaging)));
    assert!(text(&world.get("/rate-limits/").await).contains("Then 30,000 every second."));
}

#[tokio::test]
async fn limits_for_programs_are_sent_once_and_again_when_they_change() {
    let world = World::new().await;
    let first = world.get("/rate-limits.json").await;
    let json: serde_json::Value = serde_json::from_slice(first.body()).unwrap();
    assert_eq!(json["limits"][0]["name"], "new-registrations-per-ip");
    assert_eq!(json["limits"][0]["burst"], 10);
    let tag = first.headers()[header::ETAG].to_str().unwrap().to_owned();

    let ask = async |tag: &str| {
        let request = Request::get("/rate-limits.json").header(header::IF_NONE_MATCH, tag);
        world.send(request, "").await
    };
    for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
        let answer = ask(&known).await;
        assert_eq!((answer.status(), answer.body().len()), (StatusCode::NOT_MODIFIED, 0), "{known}");
        assert_eq!(answer.headers()[header::ETAG], tag);
    }
    assert_eq!(ask("\"other\"").await.status(), StatusCode::OK);
    world.limiter.set_policy(Arc::new(Policy::preset(Preset::LetsencryptStaging)));
    assert_eq!(ask(&tag).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn every_answer_forbids_scripts_framing_referrers_and_guessing_types() {
    let world = World::new().await;
    let token = world.paused(&["a.example"]).await;
    for path in [
        "/rate-limits/",
        "/rate-limits.json",
        "/rate-limits/portal.css",
        "/rate-limits",
        "/rate-limits/other",
        "/rate-limits/unpause",
        &format!("/rate-limits/unpause?token={token}"),
    ] {
        let answer = world.get(path).await;
        for (name, value) in [
            (
                "content-security-policy",
                "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; \
                 base-uri 'none'",
            ),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert_eq!(answer.headers()[name], value, "{path}");
        }
        for inline in ["<script", "<style", " style=", "javascript:", " onclick"] {
            assert!(!text(&answer).contains(inline), "{path}: {inline}");
        }
    }
}

#[tokio::test]
async fn banner_of_a_test_ca_is_on_every_page() {
    let world = World::with(Policy::preset(Preset::Letsencrypt), true).await;
    let token = world.paused(&["a.example"]).await;
    let pages = [
        world.get("/rate-limits/").await,
        world.get("/rate-limits/other").await,
        world.get("/rate-limits/unpause").await,
        world.follow(&token).await,
        world.press(&token).await,
    ];
    for page in &pages {
        assert!(text(page).contains("This certificate authority is for tests"), "{}", heading(page));
    }
}

#[tokio::test]
async fn paused_identifiers_are_listed_and_lifted_by_the_button() {
    let world = World::new().await;
    let token = world.paused(&["a.example", "*.b.example", "192.0.2.1"]).await;
    // Another order's: lifted too, but not named by this link.
    world.paused(&["c.example"]).await;

    let page = world.follow(&token).await;
    assert_eq!(page.status(), StatusCode::OK);
    assert_eq!(page.headers()[header::CACHE_CONTROL], "no-store");
    insta::assert_snapshot!("unpause", text(&page).replace(&token, "TOKEN"));
    assert_eq!(world.pauses().await, 4, "asking lifts nothing");

    let page = world.press(&token).await;
    assert_eq!(page.status(), StatusCode::OK);
    assert_eq!(page.headers()[header::CACHE_CONTROL], "no-store");
    insta::assert_snapshot!("unpaused", text(&page));
    assert_eq!(world.pauses().await, 0);

    for page in [world.press(&token).await, world.follow(&token).await] {
        assert_eq!((page.status(), heading(&page)), (StatusCode::GONE, "This link was used already"));
        assert!(text(&page).contains("lifted at 2026-11-23 10:00:00 UTC"), "{}", text(&page));
    }
}

#[tokio::test]
async fn link_whose_identifiers_are_free_again_says_how_many_others_are_not() {
    let world = World::with(configured("[pausing]\nlift-max = 1"), false).await;
    let token = world.paused(&["a.example"]).await;
    world.paused(&["b.example", "c.example"]).await;
    world.press(&token).await;
    let page = world.follow(&token).await;
    assert!(text(&page).contains("<li>2 that this link does not name</li>"));
}

#[tokio::test]
async fn what_remains_is_said_with_a_button_for_it() {
    let world = World::with(configured("[pausing]\nlift-max = 2"), false).await;
    let token = world.paused(&["a.example", "b.example", "c.example"]).await;
    assert!(text(&world.follow(&token).await).contains("Lift 2 pauses"));

    let page = world.press(&token).await;
    assert_eq!(heading(&page), "2 pauses are lifted");
    assert!(text(&page).contains("One more identifier of this account is paused."));
    assert!(text(&page).contains("Lift the pause") && text(&page).contains(&token));
    assert!(text(&world.follow(&token).await).contains("<code>c.example</code>"));

    let page = world.press(&token).await;
    assert_eq!(heading(&page), "The pause is lifted");
    assert!(!text(&page).contains("<form"));
}

#[tokio::test]
async fn expired_altered_and_missing_links_each_say_what_to_do() {
    let world = World::new().await;
    let token = world.paused(&["a.example"]).await;
    let (head, signature) = token.rsplit_once('.').unwrap();
    let altered = format!("{head}.{}", signature.chars().rev().collect::<String>());
    for (name, token) in [("altered", &*altered), ("cut", &token[..40]), ("none", ""), ("markup", "%3Cb%3E")]
    {
        for answer in [world.follow(token).await, world.press(token).await] {
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{name}");
            assert_eq!(heading(&answer), "This link does not work", "{name}");
            assert!(!text(&answer).contains("<b>"), "{name}");
        }
    }

    world.advance(14 * DAY);
    for answer in [world.follow(&token).await, world.press(&token).await] {
        assert_eq!((answer.status(), heading(&answer)), (StatusCode::GONE, "This link has expired"));
    }
    assert_eq!(world.pauses().await, 1);
}

#[tokio::test]
async fn forms_that_are_not_ours_lift_nothing() {
    let world = World::new().await;
    let token = world.paused(&["a.example"]).await;
    let body = format!("token={token}");
    let post = || Request::post("/rate-limits/unpause").header(header::HOST, "acme.example");
    let typed =
        |builder: request::Builder| builder.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let in_query = Request::post(format!("/rate-limits/unpause?token={token}"));
    for (request, body, status) in [
        (typed(post().header("sec-fetch-site", "cross-site")), body.clone(), StatusCode::FORBIDDEN),
        (
            typed(post().header(header::ORIGIN, "https://attacker.example")),
            body.clone(),
            StatusCode::FORBIDDEN,
        ),
        (post().header(header::CONTENT_TYPE, "text/plain"), body.clone(), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (post(), body.clone(), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (form(), format!("{body}&x={}", "x".repeat(24 * 1024)), StatusCode::PAYLOAD_TOO_LARGE),
        (form(), String::new(), StatusCode::FORBIDDEN),
        (typed(in_query), String::new(), StatusCode::FORBIDDEN),
        (form().method(Method::PUT), body.clone(), StatusCode::METHOD_NOT_ALLOWED),
    ] {
        let answer = world.send(request, body).await;
        assert_eq!(answer.status(), status, "{}", heading(&answer));
    }
    assert_eq!(world.pauses().await, 1);
}

#[tokio::test]
async fn method_that_a_page_does_not_know_is_named() {
    let world = World::new().await;
    for (path, allow) in [("/rate-limits/", "GET, HEAD"), ("/rate-limits/unpause", "GET, HEAD, POST")] {
        let answer = world.send(Request::delete(path), "").await;
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(answer.headers()[header::ALLOW], allow);
    }
}

#[tokio::test]
async fn head_has_the_fields_of_get_and_no_content() {
    let world = World::new().await;
    let get = world.get("/rate-limits/").await;
    let head = world.send(Request::head("/rate-limits/"), "").await;
    assert!(head.body().is_empty());
    assert_eq!(head.headers()[header::CONTENT_LENGTH], get.body().len().to_string());
    assert_eq!(head.headers()[header::ETAG], get.headers()[header::ETAG]);
}

#[tokio::test]
async fn records_that_are_away_are_a_page_with_retry_after() {
    let world = World::new().await;
    let token = world.paused(&["a.example"]).await;
    world.limiter.records().close().await;
    for answer in [world.follow(&token).await, world.press(&token).await] {
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers()[header::RETRY_AFTER], "60");
    }
}

#[tokio::test]
async fn every_page_is_in_every_language() {
    let world = World::new().await;
    let token = world.paused(&["a.example", "b.example"]).await;
    for (path, headings) in [
        (
            "/rate-limits/",
            [
                "Rate limits",
                "Limiti di frequenza",
                "Grænser for brug",
                "Limites d&#39;utilisation",
                "Giới hạn sử dụng",
            ],
        ),
        (
            &format!("/rate-limits/unpause?token={token}"),
            [
                "Paused identifiers",
                "Identificatori sospesi",
                "Identifikatorer på pause",
                "Identifiants suspendus",
                "Định danh bị tạm dừng",
            ],
        ),
        (
            "/rate-limits/unpause?token=x",
            [
                "This link does not work",
                "Questo link non funziona",
                "Dette link virker ikke",
                "Ce lien ne fonctionne pas",
                "Liên kết này không dùng được",
            ],
        ),
    ] {
        for (language, expected) in ["en", "it", "da", "fr", "vi"].into_iter().zip(headings) {
            let request = Request::get(path).header(header::ACCEPT_LANGUAGE, language);
            let page = world.send(request, "").await;
            assert_eq!(heading(&page), expected, "{path}");
            assert_eq!(page.headers()[header::CONTENT_LANGUAGE], language);
            assert_eq!(page.headers()[header::VARY], "accept-language, cookie");
            assert!(text(&page).contains(&format!("<html lang=\"{language}\">")));
            for broken in ["{ $", "{$", "\u{2068}", " }"] {
                assert!(!text(&page).contains(broken), "{path} in {language} has {broken:?}");
            }
        }
    }
}

#[tokio::test]
async fn switch_goes_before_what_the_browser_asks_for_and_is_remembered() {
    let world = World::new().await;
    let token = world.paused(&["a.example"]).await;
    let page = world.follow(&token).await;
    let switched = format!("?lang=da&#38;token={token}");
    assert!(text(&page).contains(&switched), "the switch keeps the token");

    let request = Request::get(format!("/rate-limits/unpause?lang=da&token={token}"))
        .header(header::ACCEPT_LANGUAGE, "fr")
        .header(header::COOKIE, "tollgate-language=it");
    let page = world.send(request, "").await;
    assert_eq!(heading(&page), "Identifikatorer på pause");
    let cookie = page.headers()[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.starts_with("tollgate-language=da; Path=/rate-limits; "), "{cookie}");
    assert!(cookie.ends_with("; Secure"), "{cookie}");

    // The button's answer is in the language that was chosen.
    let remembered = form().header(header::COOKIE, "other=1; tollgate-language=da");
    let page = world.send(remembered, format!("token={token}")).await;
    assert_eq!(heading(&page), "Pausen er ophævet");
    assert!(!page.headers().contains_key(header::SET_COOKIE));
}

#[tokio::test]
async fn language_that_is_none_of_ours_changes_nothing() {
    let world = World::new().await;
    for lang in ["xx", "", "%22%3E%3Cscript%3E", "da%0d%0aset-cookie:x=1"] {
        let page = world.get(&format!("/rate-limits/?lang={lang}")).await;
        assert_eq!((page.status(), heading(&page)), (StatusCode::OK, "Rate limits"), "{lang}");
        assert!(!page.headers().contains_key(header::SET_COOKIE), "{lang}");
        assert!(!text(&page).contains("<script"), "{lang}");
    }
}

/// Each refusal's page, and how its message begins.
const REFUSALS: [(&str, &str); 9] = [
    ("too-many-registrations-for-this-ip", "too many new registrations (10) from this IP address"),
    ("too-many-registrations-for-this-ip-range", "too many new registrations (500) from this /48 subnet"),
    ("too-many-new-orders-recently", "too many new orders (300) from this account"),
    (
        "too-many-certificates-already-issued",
        "too many certificates (50) already issued for &#34;example.com&#34; in the last 168h0m0s",
    ),
    (
        "too-many-certificates-already-issued-for-exact-set-of-domains",
        "too many certificates (5) already issued for this exact set of identifiers",
    ),
    (
        "too-many-failed-authorizations-recently",
        "too many failed authorizations (5) for &#34;example.com&#34;",
    ),
    ("too-many-override-requests", "too many override request form submissions (100)"),
    ("paused-identifiers", "validation failed too often in a row for &#34;www.example.com&#34;"),
    ("too-many-requests", "too many requests from this IP address"),
];

#[tokio::test]
async fn every_refusal_has_a_page_in_every_language_reached_from_its_section() {
    let world = World::new().await;
    for language in ["en", "it", "da", "fr", "vi"] {
        let in_language =
            |path: &str| Request::get(path).header(header::ACCEPT_LANGUAGE, language.to_owned());
        let limits = world.send(in_language("/rate-limits/"), "").await;
        let mut headings = std::collections::BTreeSet::new();
        for (slug, message) in REFUSALS {
            let path = format!("/rate-limits/{slug}");
            assert!(text(&limits).contains(&format!("<a href=\"{path}\">")), "{path} in {language}");
            let page = world.send(in_language(&path), "").await;
            assert_eq!(page.status(), StatusCode::OK, "{path}");
            assert_eq!(page.headers()[header::CONTENT_LANGUAGE], language);
            assert!(headings.insert(heading(&page).to_owned()), "{path} has a heading of its own");
            assert!(text(&page).contains(message), "{path} in {language} says {message}");
            let messages = text(&page).matches("class=\"message\"").count();
            assert_eq!(messages, if language == "en" { 1 } else { 2 }, "{path} in {language}");
            for broken in ["{ $", "{$", "\u{2068}", " }"] {
                assert!(!text(&page).contains(broken), "{path} in {language} has {broken:?}");
            }
            let (_, section) = text(&page).rsplit_once("<p><a href=\"/rate-limits/#").expect("a section");
            let (anchor, _) = section.split_once('"').unwrap();
            assert!(text(&limits).contains(&format!("id=\"{anchor}\"")), "{path} leads to {anchor}");
        }
    }
}

#[tokio::test]
async fn page_of_a_refusal_says_what_happened_and_what_to_do() {
    let world = World::new().await;
    let page = world.get("/rate-limits/too-many-registrations-for-this-ip").await;
    insta::assert_snapshot!("refusal", text(&page));
    let post = world.send(Request::post("/rate-limits/paused-identifiers"), "").await;
    assert_eq!(post.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn page_of_a_refusal_follows_the_policy() {
    let policy = configured(
        "[limits.override-requests-per-ip]\nenabled = false\n[pausing]\nenabled = false\n\
         [limits.new-orders-per-account]\ncount = 7\nperiod = \"1h\"\nburst = 7\n[requests.new-nonce]\nstatus = 429\n",
    );
    let world = World::with(policy, false).await;
    let orders = world.get("/rate-limits/too-many-new-orders-recently").await;
    assert!(text(&orders).contains("too many new orders (7) from this account in the last 1h0m0s"));
    let requests = world.get("/rate-limits/too-many-requests").await;
    assert!(text(&requests).contains("HTTP status 429, 503"));
    for slug in ["too-many-override-requests", "paused-identifiers"] {
        let page = world.get(&format!("/rate-limits/{slug}")).await;
        assert_eq!(page.status(), StatusCode::OK, "{slug}");
        assert!(text(&page).contains("This limit is not in force"), "{slug}");
        assert!(!text(&page).contains("class=\"message\""), "{slug}");
    }
}

#[tokio::test]
async fn link_of_another_installation_gets_a_page_of_its_own() {
    let world = World::new().await;
    world.paused(&["a.example"]).await;
    let theirs = tollgate_limiter::unpause::UnpauseLinks::new(
        "https://other.example/rate-limits/unpause".to_owned(),
        &[9; 32],
        14 * DAY,
    );
    let link = theirs.link(&account(), &[], START);
    let token = link.split_once("?token=").unwrap().1;
    for page in [world.follow(token).await, world.press(token).await] {
        assert_eq!((page.status(), heading(&page)), (StatusCode::FORBIDDEN, "This link is not from here"));
    }
    assert_eq!(world.pauses().await, 1);
}

#[tokio::test]
async fn used_link_lifts_nothing_that_was_paused_later() {
    let world = World::new().await;
    let token = world.paused(&["a.example"]).await;
    world.press(&token).await;
    world.advance(DAY);
    world.paused(&["b.example"]).await;
    for page in [world.press(&token).await, world.follow(&token).await] {
        assert_eq!((page.status(), heading(&page)), (StatusCode::GONE, "This link was used already"));
        assert!(text(&page).contains("One identifier was paused after that"), "{}", text(&page));
    }
    assert_eq!(world.pauses().await, 1);
}

#[tokio::test]
async fn list_of_limits_is_as_its_published_schema_says() {
    let world = World::new().await;
    let answer = world.get("/rate-limits/schema.json").await;
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/schema+json");
    let schema: serde_json::Value = serde_json::from_str(text(&answer)).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for policy in
        Preset::ALL.map(Policy::preset).into_iter().chain([configured("[pausing]\nenabled = false")])
    {
        let world = World::with(policy, false).await;
        let list = world.get("/rate-limits.json").await;
        assert_eq!(list.headers()[header::LINK], "</rate-limits/schema.json>;rel=\"describedby\"");
        let list: serde_json::Value = serde_json::from_str(text(&list)).unwrap();
        assert_eq!(list["version"], 1);
        let errors: Vec<_> = validator.iter_errors(&list).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
        let mut broken = list.clone();
        broken["limits"][0]["burst"] = "many".into();
        assert!(!validator.is_valid(&broken), "the schema says something");
    }
}
