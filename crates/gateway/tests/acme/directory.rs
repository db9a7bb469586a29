//! The directory, and what is known by it.

use bytes::Bytes;
use http::{Method, Response};
use tollgate_gateway::upstream::UpstreamError;

use crate::world::{DIRECTORY, World, document, field, ok};

#[tokio::test]
async fn the_directory_names_the_limits_and_keeps_every_other_byte() {
    let world = World::with_directory("/dir").await;
    let answer = world.request(Method::GET, "/dir", "").await;
    let expected =
        DIRECTORY.replace(r#""meta": {"#, r#""meta": {"rateLimits":"https://acme.example/limits.json","#);
    assert_eq!(std::str::from_utf8(answer.body()).unwrap(), expected);
}

#[tokio::test]
async fn the_directory_is_fetched_once_before_anything_is_let_through() {
    let world = World::with_directory("/dir").await;
    for _ in 0..2 {
        world.request(Method::GET, "/nonce-plz", "").await;
    }
    let asked: Vec<_> = world.ca.asked().iter().map(|request| request.uri().to_string()).collect();
    assert_eq!(asked, ["/dir", "/nonce-plz", "/nonce-plz"]);
}

#[tokio::test]
async fn without_a_directory_nothing_passes() {
    let world = World::with_directory("/dir").await;
    world.ca.will_fail(UpstreamError::TimedOut);
    let answer = world.request(Method::POST, "/order-plz", "{}").await;
    assert_eq!((answer.status().as_u16(), field(&answer, "retry-after")), (503, Some("30")));
    assert_eq!(document(&answer)["type"], "urn:ietf:params:acme:error:serverInternal");
    assert_eq!(world.ca.asked().len(), 1, "nothing but the directory");
}

#[tokio::test]
async fn a_new_directory_adds_to_what_is_known() {
    let world = World::new().await;
    let moved = DIRECTORY.replace("order-plz", "order-now");
    world.ca.will_answer(Response::new(Bytes::from(moved)));
    world.request(Method::GET, "/dir", "").await;
    // What is no JWS is refused at newOrder and passed on elsewhere.
    for (path, status) in [("/order-now", 400), ("/order-plz", 400), ("/elsewhere", 200)] {
        world.ca.will_answer(ok(serde_json::json!({})));
        assert_eq!(world.request(Method::POST, path, "junk").await.status(), status, "{path}");
    }
}

#[tokio::test]
async fn while_the_ca_is_away_its_directory_is_asked_for_once_a_second() {
    let world = World::with_directory("/dir").await;
    for _ in 0..3 {
        world.ca.will_fail(UpstreamError::TimedOut);
    }
    for _ in 0..3 {
        assert_eq!(world.request(Method::GET, "/nonce-plz", "").await.status(), 503);
    }
    assert_eq!(world.ca.asked().len(), 1);
    world.advance(std::time::Duration::from_secs(1)).await;
    world.request(Method::GET, "/nonce-plz", "").await;
    assert_eq!(world.ca.asked().len(), 1);
}

#[tokio::test]
async fn the_directory_is_fetched_without_what_a_client_adds() {
    let world = World::with_directory("/dir").await;
    let mut request = crate::world::plain(Method::GET, "/nonce-plz", "");
    for name in ["x-script-name", "cookie", "x-original-url", "accept-language"] {
        request.headers_mut().insert(name, "x".parse().unwrap());
    }
    world.send(request).await;
    let mut names: Vec<_> = world.ca.asked()[0].headers().keys().map(ToString::to_string).collect();
    names.sort();
    assert_eq!(
        names,
        ["accept-encoding", "host", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"]
    );
}
