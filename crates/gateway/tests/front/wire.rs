//! From a client's socket to the CA's: what a request looks like at the other end.

use std::{sync::Arc, time::Duration};

use http::{Request, Response};
use http_body_util::BodyExt;
use tollgate_gateway::{
    client_address::{ClientAddress, ForwardingHeader, TrustedProxies},
    listener::{DropConnection, ListenerOptions, Transport},
    request_body::IncomingBody,
    tls::CaTrust,
    upstream::{HttpUpstream, HttpUpstreamOptions, Upstream, UpstreamError, clean_request},
};

use crate::{
    door::{Answered, Certificate, Door, anywhere, get, http2, plain},
    upstream::Script,
};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nReplay-Nonce: n\r\n\r\nok";

/// Forwards whatever is asked.
async fn pass(
    ca: Arc<dyn Upstream + 'static>,
    request: Request<IncomingBody>,
    client: ClientAddress,
) -> Answered {
    let (parts, body) = request.into_parts();
    let body = body.read(1000, Duration::from_secs(1)).await.unwrap();
    match clean_request(&parts, body, client) {
        Ok(request) => match ca.call(request).await {
            Ok(answer) => Ok(answer),
            Err(UpstreamError::DropClient) => Err(DropConnection),
            Err(error) => Ok(Response::builder().status(503).body(error.to_string().into()).unwrap()),
        },
        Err(error) => Ok(Response::builder().status(400).body(error.to_string().into()).unwrap()),
    }
}

async fn before(ca: &Script, options: ListenerOptions) -> Door {
    let directory = format!("http://{}/directory", ca.address).parse().unwrap();
    let upstream: Arc<dyn Upstream> =
        Arc::new(HttpUpstream::new(&directory, CaTrust::roots([]), HttpUpstreamOptions::default()).unwrap());
    Door::open(options, move |request, client| pass(upstream.clone(), request, client)).await
}

#[tokio::test]
async fn what_a_client_says_about_itself_does_not_reach_the_ca() {
    let ca = Script::play(&[&[OK]]).await;
    let door = before(&ca, plain()).await;
    let answer = door
        .ask(
            "POST /acme/new-account HTTP/1.1\r\nHost: public.test\r\nConnection: close, X-Mine\r\nX-Mine: 1\r\n\
             X-Forwarded-For: 6.6.6.6\r\nX_Forwarded_For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nX-Real-IP: 6.6.6.6\r\n\
             X-Forwarded-Host: evil.test\r\nForwarded: for=6.6.6.6\r\nProxy: evil.test\r\nTE: trailers\r\n\
             Upgrade: h2c\r\nAccept-Encoding: gzip\r\nContent-Type: application/jose+json\r\nUser-Agent: t\r\n\
             Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        )
        .await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("replay-nonce: n"), "{answer}");

    let request = &ca.requests()[0];
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let mut lines: Vec<_> = head.lines().collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "POST /acme/new-account HTTP/1.1",
            "accept-encoding: identity",
            "content-length: 2",
            "content-type: application/jose+json",
            "host: public.test",
            "user-agent: t",
            "x-forwarded-for: 127.0.0.1",
            "x-forwarded-host: public.test",
            "x-forwarded-proto: http",
            "x-real-ip: 127.0.0.1",
        ]
    );
    assert_eq!(body, "{}");
}

#[tokio::test]
async fn over_http2_and_tls_the_ca_still_sees_the_authority_and_the_scheme() {
    let ca = Script::play(&[&[OK]]).await;
    let certificate = Certificate::new();
    let door = before(&ca, ListenerOptions::new(anywhere(), Transport::Tls(certificate.identity()))).await;
    let stream = certificate.connect(door.connect().await, &["h2"]).await.unwrap();
    let (mut requests, _connection) = http2(stream).await;
    let answer = requests.send_request(get("/directory?x")).await.unwrap();
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "ok");
    let seen = &ca.requests()[0];
    assert!(seen.starts_with("GET /directory?x HTTP/1.1\r\n"), "{seen}");
    for line in ["host: ca.test", "x-forwarded-proto: https", "x-forwarded-for: 127.0.0.1"] {
        assert!(seen.contains(line), "{seen}");
    }
}

#[tokio::test]
async fn behind_a_trusted_proxy_the_ca_sees_the_client() {
    let ca = Script::play(&[&[OK]]).await;
    let proxies =
        TrustedProxies::in_networks(vec!["127.0.0.1/32".parse().unwrap()], ForwardingHeader::Forwarded);
    let door = before(&ca, ListenerOptions { trusted_proxies: Some(proxies), ..plain() }).await;
    door.ask(
        "GET /directory HTTP/1.1\r\nHost: public.test\r\nConnection: close\r\n\
         Forwarded: for=6.6.6.6;proto=http, for=\"[2001:db8::1]:9\";proto=https\r\n\r\n",
    )
    .await;
    let seen = &ca.requests()[0];
    for line in
        ["x-forwarded-for: 2001:db8::1\r\n", "x-real-ip: 2001:db8::1\r\n", "x-forwarded-proto: https\r\n"]
    {
        assert!(seen.contains(line), "{seen}");
    }
    assert!(!seen.contains("6.6.6.6"), "{seen}");
}

#[tokio::test]
async fn a_request_without_one_clear_host_is_not_forwarded() {
    let ca = Script::play(&[&[]]).await;
    let door = before(&ca, plain()).await;
    for head in [
        "GET / HTTP/1.1\r\n",
        "GET / HTTP/1.1\r\nHost: a.test\r\nHost: b.test\r\n",
        "GET / HTTP/1.1\r\nHost: a b\r\n",
        "GET / HTTP/1.1\r\nHost: user@a.test\r\n",
        "GET / HTTP/1.1\r\nHost: \r\n",
        "OPTIONS * HTTP/1.1\r\nHost: a.test\r\n",
    ] {
        let answer = door.ask(format!("{head}Connection: close\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{head}: {answer}");
    }
    assert!(ca.requests().is_empty());
}
