//! What is left, and for whom it is told.

use http::{Request, StatusCode, header};
use serde_json::Value;
use tollgate_acme::{identifier::IdentifierSet, resource::AccountId};
use tollgate_engine::Quota;
use tollgate_policy::{Policy, event::Exemption, preset::Preset};
use tollgate_portal::{LookUps, PortalOptions};

use crate::world::*;

/// Certificates for these names, issued now.
async fn issue(world: &World, names: &[&str], times: usize) {
    let names = names.iter().map(|name| tollgate_acme::identifier::Identifier::from_text(name).unwrap());
    let set = IdentifierSet::new(names.collect()).unwrap();
    for _ in 0..times {
        world.limiter.issued(&account(), &set, Exemption::None).await;
    }
}

async fn json(world: &World, query: &str) -> Value {
    let answer = world.get(&format!("/rate-limits/status.json?{query}")).await;
    assert_eq!(answer.status(), StatusCode::OK, "{}", text(&answer));
    serde_json::from_str(text(&answer)).unwrap()
}

#[tokio::test]
async fn plain_page_offers_the_visitors_own_address_and_asks_no_store() {
    let world = World::new().await;
    let page = world.get("/rate-limits/status").await;
    assert!(text(&page).contains("name=\"address\" value=\"192.0.2.7\""), "{}", text(&page));
    assert!(!text(&page).contains("<meter"));
    assert_eq!(page.headers()["x-robots-tag"], "noindex, nofollow");
}

#[tokio::test]
async fn domain_is_told_with_bar_and_times() {
    let world = World::new().await;
    issue(&world, &["www.example.com"], 50).await;
    let page = world.get("/rate-limits/status?domain=www.example.com").await;
    insta::assert_snapshot!("domain", text(&page));
    world.advance(7 * DAY);
    let page = world.get("/rate-limits/status?domain=example.com").await;
    assert!(text(&page).contains("50 of 50 left") && text(&page).contains("Nothing of it is in use."));
}

#[tokio::test]
async fn everybody_reads_the_same_as_json() {
    let world = World::new().await;
    issue(&world, &["a.example.com", "b.example.com"], 5).await;
    insta::assert_json_snapshot!("domain_json", json(&world, "domain=example.com").await);
    insta::assert_json_snapshot!("names_json", json(&world, "names=b.example.com,A.example.com").await);
    insta::assert_json_snapshot!("address_json", json(&world, "address=2001:db8::1").await);
    assert_eq!(
        json(&world, "").await["subject"]["address"],
        "192.0.2.7",
        "one's own, unless asked otherwise"
    );
}

#[tokio::test]
async fn international_name_is_shown_as_a_label() {
    let world = World::new().await;
    let page = world.get("/rate-limits/status?domain=www.b%C3%BCcher.example").await;
    assert!(text(&page).contains("<h2>xn--bcher-kva.example</h2>"), "{}", text(&page));
    assert!(text(&page).contains("www.xn--bcher-kva.example counts for the registered domain"));
}

#[tokio::test]
async fn wrong_input_is_explained_beside_its_field_and_kept() {
    let world = World::new().await;
    for (query, mistake) in [
        ("domain=exa%20mple.com", "A domain name has no &#34; &#34; in it."),
        ("domain=a..b", "This is no domain name."),
        ("domain=www.*.example", "A star can only stand at the beginning"),
        ("names=a.example,exa_mple!", "has no &#34;_&#34; in it"),
        ("address=nowhere", "This is no IP address."),
        ("address=10.0.0.0/8", "This is no IP address."),
    ] {
        let page = world.get(&format!("/rate-limits/status?{query}")).await;
        assert_eq!(page.status(), StatusCode::UNPROCESSABLE_ENTITY, "{query}");
        assert!(text(&page).contains(mistake), "{query}: {}", text(&page));
        assert_eq!(text(&page).matches("aria-invalid=\"true\"").count(), 1, "{query}");
        let answer = world.get(&format!("/rate-limits/status.json?{query}")).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{query}");
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/problem+json");
    }
    let page = world.get("/rate-limits/status?domain=exa%20mple.com").await;
    assert!(text(&page).contains("value=\"exa mple.com\""));
    let many: Vec<_> = (0..101).map(|n| format!("n{n}.example")).collect();
    let page = world.get(&format!("/rate-limits/status?names={}", many.join("+"))).await;
    assert!(text(&page).contains("at most 100 names"));
}

#[tokio::test]
async fn markup_in_a_field_is_text() {
    let world = World::new().await;
    let attack = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E%3Cimg%20src=x%20onerror=alert(1)%3E";
    for name in ["domain", "names", "address", "token", "lang", "other"] {
        for path in ["status", "status.json", "unpause", ""] {
            let page = world.get(&format!("/rate-limits/{path}?{name}={attack}")).await;
            assert!(!text(&page).contains("<script") && !text(&page).contains("<img"), "{path} {name}");
            if path == "status.json" {
                assert_ne!(page.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
            }
        }
    }
}

#[tokio::test]
async fn account_is_told_to_the_holder_of_a_link_only() {
    let world = World::new().await;
    let token = world.paused(&["a.example", "b.example"]).await;
    let page = world.get(&format!("/rate-limits/status?token={token}")).await;
    insta::assert_snapshot!("account", text(&page).replace(&token, "TOKEN"));
    let document = json(&world, &format!("token={token}")).await;
    assert_eq!(document["paused"], 2);
    assert_eq!(document["subject"]["account"], "/acme/acct/1");

    let look = world.limiter.unpause_links().status_token(&account(), world.limiter.now());
    let page = world.get(&format!("/rate-limits/status?token={look}")).await;
    assert!(text(&page).contains("2 identifiers of this account are paused."));
    assert!(!text(&page).contains("/rate-limits/unpause?"), "it lifts nothing");
    assert_eq!(world.follow(&look).await.status(), StatusCode::FORBIDDEN, "nor elsewhere");

    for broken in [&token[..40], "x"] {
        let page = world.get(&format!("/rate-limits/status?token={broken}")).await;
        assert_eq!((page.status(), heading(&page)), (StatusCode::FORBIDDEN, "This link does not work"));
    }
    world.advance(14 * DAY);
    let page = world.get(&format!("/rate-limits/status?token={token}")).await;
    assert_eq!((page.status(), heading(&page)), (StatusCode::GONE, "This link has expired"));
}

#[tokio::test]
async fn look_ups_are_limited_and_spend_nothing_else() {
    let per_client = Quota::new(2, DAY, 2).unwrap();
    let options =
        PortalOptions { look_ups: LookUps { public: true, per_client }, ..PortalOptions::default() };
    let world = World::with_options(Policy::preset(Preset::Letsencrypt), options).await;
    for _ in 0..2 {
        let page = world.get("/rate-limits/status?address=192.0.2.7").await;
        assert!(text(&page).contains("10 of 10 left"), "{}", text(&page));
    }
    let page = world.get("/rate-limits/status?address=192.0.2.7").await;
    assert_eq!(page.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(page.headers()[header::RETRY_AFTER], "43200");
    assert!(text(&page).contains("Try again in 12 hours."), "{}", text(&page));
    assert_eq!(world.get("/rate-limits/status.json").await.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(
        world.get("/rate-limits/status").await.status(),
        StatusCode::OK,
        "the empty page asks for nothing"
    );
}

#[tokio::test]
async fn operator_may_keep_look_ups_to_ones_own() {
    let look_ups = LookUps { public: false, ..LookUps::default() };
    let options = PortalOptions { look_ups, ..PortalOptions::default() };
    let world = World::with_options(Policy::preset(Preset::Letsencrypt), options).await;
    for query in ["domain=example.com", "names=example.com", "address=192.0.2.8"] {
        let page = world.get(&format!("/rate-limits/status?{query}")).await;
        assert_eq!(page.status(), StatusCode::FORBIDDEN, "{query}");
        let document = world.get(&format!("/rate-limits/status.json?{query}")).await;
        assert_eq!(document.status(), StatusCode::FORBIDDEN, "{query}");
    }
    assert_eq!(world.get("/rate-limits/status?address=192.0.2.7").await.status(), StatusCode::OK);
    let page = world.get("/rate-limits/status").await;
    assert!(!text(&page).contains("name=\"domain\"") && text(&page).contains("name=\"address\""));
}

#[tokio::test]
async fn switch_of_languages_keeps_what_was_asked() {
    let world = World::new().await;
    let request =
        Request::get("/rate-limits/status?domain=example.com").header(header::ACCEPT_LANGUAGE, "fr");
    let page = world.send(request, "").await;
    assert!(text(&page).contains("Il reste 50 sur 50"));
    assert!(text(&page).contains("?lang=da&#38;domain=example.com"));
}

#[tokio::test]
async fn link_of_one_account_neither_shows_nor_changes_another() {
    let world = World::new().await;
    let other = AccountId::of("/acme/acct/2").unwrap();
    let mine = world.paused(&["mine.example"]).await;
    let theirs = world.paused_of(&other, &["theirs.example"]).await;
    let look = world.limiter.unpause_links().status_token(&account(), world.limiter.now());
    for asked in [
        format!("unpause?token={mine}"),
        format!("unpause?token={mine}&account=/acme/acct/2&token={theirs}"),
        format!("status?token={mine}"),
        format!("status?token={look}&account=/acme/acct/2&domain=theirs.example"),
        format!("status.json?token={look}&account=/acme/acct/2"),
    ] {
        let page = world.get(&format!("/rate-limits/{asked}")).await;
        assert_eq!(page.status(), StatusCode::OK, "{asked}");
        assert!(text(&page).contains("/acme/acct/1"), "{asked}: {}", text(&page));
        let shown = text(&page).replace(&theirs, "").replace("value=\"theirs.example\"", "");
        assert!(!shown.contains("acct/2<") && !shown.contains("<code>theirs"), "{asked}: {shown}");
    }

    // The one's claim under the other's signature, and the other way round.
    let (head, signature) = mine.rsplit_once('.').unwrap();
    let (their_head, their_signature) = theirs.rsplit_once('.').unwrap();
    for mixed in [format!("{their_head}.{signature}"), format!("{head}.{their_signature}")] {
        for answer in [world.follow(&mixed).await, world.press(&mixed).await] {
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{}", text(&answer));
        }
        let status = world.get(&format!("/rate-limits/status?token={mixed}")).await;
        assert_eq!(status.status(), StatusCode::FORBIDDEN, "{}", text(&status));
    }

    let lifted = world.press(&mine).await;
    assert_eq!(lifted.status(), StatusCode::OK, "{}", text(&lifted));
    let records = world.limiter.records();
    assert_eq!(records.pause_count(&account()).await.unwrap(), 0);
    assert_eq!(records.pause_count(&other).await.unwrap(), 1, "the other's pause stays");
}
