//! Whatever a stranger sends: a problem document of the right type or the CA's own refusal, nothing
//! spent, no panic.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{Method, Request};
use proptest::prelude::*;
use serde_json::json;

use crate::world::{CLIENT, Client, ORIGIN, World, document, new_order, plain, problem};

fn jws(protected: serde_json::Value) -> String {
    json!({
        "protected": BASE64_URL_SAFE_NO_PAD.encode(protected.to_string()),
        "payload": BASE64_URL_SAFE_NO_PAD.encode(new_order(&["a.example"]).to_string()),
        "signature": "AAAA",
    })
    .to_string()
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_with_the_right_type_where_a_limit_stands() {
    let key = Client::new().signer.jwk().to_json();
    let url = format!("{ORIGIN}/order-plz");
    for (body, kind) in [
        (String::new(), "malformed"),
        ("junk".to_owned(), "malformed"),
        ("{}".to_owned(), "malformed"),
        (json!({"protected": "!", "payload": "", "signature": ""}).to_string(), "malformed"),
        (jws(json!({"alg": "ES256", "kid": "x", "jwk": key, "url": url})), "malformed"),
        (jws(json!({"alg": "ES256", "url": url})), "malformed"),
        (jws(json!({"alg": "none", "kid": "x", "url": url})), "badSignatureAlgorithm"),
        (jws(json!({"alg": "PS256", "kid": "x", "url": url})), "badSignatureAlgorithm"),
        (jws(json!({"alg": "ES256", "jwk": {"kty": "oct"}, "url": url})), "badPublicKey"),
    ] {
        for path in ["/order-plz", "/sign-me-up"] {
            let world = World::new().await;
            let answer = world.request(Method::POST, path, &body).await;
            assert_eq!(answer.status(), 400, "{body}");
            assert_eq!(document(&answer)["type"], format!("urn:ietf:params:acme:error:{kind}"), "{body}");
            assert!(world.ca.asked().is_empty(), "{body}");
            assert_eq!(world.accounts_left(CLIENT).await, 10, "{body}");
        }
    }
}

#[tokio::test]
async fn another_method_is_no_way_around_a_limit() {
    for method in [Method::PUT, Method::PATCH, Method::DELETE, Method::from_bytes(b"post").unwrap()] {
        let world = World::new().await;
        let answer = world.request(method.clone(), "/order-plz", "junk").await;
        assert_eq!((answer.status().as_u16(), world.ca.asked().len()), (400, 0), "{method}");
    }
}

#[tokio::test]
async fn a_refused_algorithm_is_told_which_would_do() {
    let world = World::new().await;
    let answer = world.request(Method::POST, "/order-plz", &jws(json!({"alg": "none", "kid": "x"}))).await;
    assert_eq!(document(&answer)["algorithms"], json!(["RS256", "ES256", "ES384", "ES512", "EdDSA"]));
}

#[tokio::test]
async fn kid_and_jwk_together_are_refused_everywhere() {
    let world = World::new().await;
    let key = Client::new().signer.jwk().to_json();
    let body = jws(json!({"alg": "ES256", "kid": "x", "jwk": key, "url": format!("{ORIGIN}/anything")}));
    let answer = world.request(Method::POST, "/anything", &body).await;
    assert_eq!(document(&answer)["type"], "urn:ietf:params:acme:error:malformed");
    assert!(world.ca.asked().is_empty());
}

#[tokio::test]
async fn elsewhere_the_refusal_is_the_cas() {
    let world = World::new().await;
    world.ca.will_answer(problem(400, "malformed", "the CA's own words"));
    let answer = world.request(Method::POST, "/acct/1", "junk").await;
    assert_eq!(document_of_ca(&answer), "the CA's own words");
}

#[tokio::test]
async fn a_body_beyond_64_kib_is_refused() {
    let world = World::new().await;
    for (bytes, status) in [(64 * 1024, 400), (64 * 1024 + 1, 413), (10 * 1024 * 1024, 413)] {
        let answer = world.request(Method::POST, "/order-plz", &"a".repeat(bytes)).await;
        assert_eq!(answer.status(), status, "{bytes}");
        assert_eq!(document(&answer)["type"], "urn:ietf:params:acme:error:malformed");
    }
    assert!(world.ca.asked().is_empty());
}

#[tokio::test]
async fn headers_that_are_no_text_harm_nothing() {
    let world = World::new().await;
    let mut request = plain(Method::POST, "/order-plz", "junk");
    for name in ["accept-language", "x-forwarded-for", "user-agent"] {
        request.headers_mut().insert(name, http::HeaderValue::from_bytes(b"\xff\xfe").unwrap());
    }
    assert_eq!(world.send(request).await.status(), 400);
}

#[tokio::test]
async fn a_request_without_a_host_or_with_an_endless_path_is_refused() {
    let world = World::new().await;
    let endless = format!("/{}", "a".repeat(3000));
    let without_host = Request::builder().uri("/order-plz").body(Bytes::new()).unwrap();
    for request in [without_host, plain(Method::GET, &endless, "")] {
        let answer = world.send(request).await;
        assert_eq!(document(&answer)["type"], "urn:ietf:params:acme:error:malformed");
    }
    assert!(world.ca.asked().is_empty());
}

fn document_of_ca(answer: &http::Response<Bytes>) -> String {
    serde_json::from_slice::<serde_json::Value>(answer.body()).unwrap()["detail"].as_str().unwrap().to_owned()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the CA answers to whatever is signed, it passes as it is.
    #[test]
    fn any_answer_of_the_ca_passes(
        path in prop::sample::select(vec!["/order-plz", "/sign-me-up", "/rollover", "/revoke", "/acct/1", "/x?y"]),
        payload in ".{0,60}",
        body in prop::collection::vec(any::<u8>(), 0..200),
        status in prop::sample::select(vec![200_u16, 201, 204, 400, 404, 500]),
        location in "[ -~]{0,40}",
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let world = World::new().await;
            let client = Client::with_account("/acct/1");
            let mut answer = http::Response::builder().status(status).body(Bytes::from(body.clone())).unwrap();
            answer.headers_mut().insert("location", location.parse().unwrap());
            answer.headers_mut().insert("link", format!("<{location}>;rel=up, <x").parse().unwrap());
            world.ca.will_answer(answer);
            let got = world.post(&client, path, payload.as_str()).await;
            prop_assert_eq!((got.status().as_u16(), &got.body()[..]), (status, &body[..]));
            Ok(())
        })?;
    }
}
