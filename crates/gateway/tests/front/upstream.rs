//! CAs that are down, slow, too talkative, or fine.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, Uri};
use rustls::{RootCertStore, ServerConfig, pki_types::pem::PemObject, server::WebPkiClientVerifier};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;
use tollgate_gateway::{
    tls::CaTrust,
    upstream::{
        HttpUpstream, HttpUpstreamError, HttpUpstreamOptions, InProcess, Upstream, UpstreamError,
        UpstreamRequest,
    },
};

use crate::door::{Certificate, anywhere};

/// A CA that plays its part: the answers of one connection after the other, request by request. After
/// the last answer of a connection it reads one more request, and closes.
pub(crate) struct Script {
    pub(crate) address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Script {
    pub(crate) async fn play(connections: &[&[&str]]) -> Self {
        Self::play_over(connections, None).await
    }

    pub(crate) async fn play_over(connections: &[&[&str]], tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind(anywhere()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests: Arc<Mutex<Vec<String>>> = Arc::default();
        let seen = requests.clone();
        let own = |answers: &&[&str]| answers.iter().map(|&answer| answer.to_owned()).collect();
        let connections: Vec<Vec<String>> = connections.iter().map(own).collect();
        tokio::spawn(async move {
            for answers in connections {
                let (stream, _) = listener.accept().await.unwrap();
                match &tls {
                    None => converse(stream, &answers, &seen).await,
                    Some(tls) => {
                        if let Ok(stream) = tls.accept(stream).await {
                            converse(stream, &answers, &seen).await;
                        }
                    }
                }
            }
        });
        Self { address, requests }
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    fn upstream(&self) -> HttpUpstream {
        upstream_at(&format!("http://{}/directory", self.address))
    }
}

async fn converse(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    answers: &[String],
    seen: &Mutex<Vec<String>>,
) {
    for answer in answers {
        let Some(request) = read_request(&mut stream).await else { return };
        seen.lock().unwrap().push(request);
        stream.write_all(answer.as_bytes()).await.unwrap();
    }
    if let Some(request) = read_request(&mut stream).await {
        seen.lock().unwrap().push(request);
    }
}

async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8(bytes.clone()).unwrap();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return Some(text);
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

fn upstream_at(directory: &str) -> HttpUpstream {
    let trust = CaTrust::roots([]);
    HttpUpstream::new(&directory.parse().unwrap(), trust, HttpUpstreamOptions::default()).unwrap()
}

fn request(method: Method, body: &'static str) -> UpstreamRequest {
    Request::builder()
        .method(method)
        .uri("/acme/new-order?x=1")
        .header("host", "public.test:14000")
        .body(Bytes::from_static(body.as_bytes()))
        .unwrap()
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

#[tokio::test]
async fn the_ca_sees_the_clients_host_and_path_at_its_own_address() {
    let ca = Script::play(&[&[OK]]).await;
    let answer = ca.upstream().call(request(Method::POST, "body")).await.unwrap();
    assert_eq!((answer.status(), &answer.body()[..]), (StatusCode::OK, &b"ok"[..]));
    let seen = &ca.requests()[0];
    assert!(seen.starts_with("POST /acme/new-order?x=1 HTTP/1.1\r\n"), "{seen}");
    assert!(seen.contains("host: public.test:14000\r\n"), "{seen}");
    assert!(seen.contains("content-length: 4\r\n") && seen.ends_with("\r\n\r\nbody"), "{seen}");
}

#[tokio::test]
async fn a_chunked_answer_arrives_whole_and_its_connection_headers_do_not() {
    let ca = Script::play(&[&[
        "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\nConnection: X-Hop\r\nX-Hop: 1\r\n\
          Keep-Alive: timeout=5\r\nLocation: https://public.test/acme/order/1\r\nLink: <a>;rel=\"index\"\r\n\
          Link: <b>;rel=\"up\"\r\nReplay-Nonce: n\r\nX-Odd: \u{e9}\r\n\r\n2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n",
    ]])
    .await;
    let answer = ca.upstream().call(request(Method::POST, "")).await.unwrap();
    assert_eq!(answer.body(), "abcde");
    let mut names: Vec<_> = answer.headers().iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["link", "link", "location", "replay-nonce", "x-odd"]);
}

#[tokio::test]
async fn a_head_answer_keeps_the_length_it_tells() {
    let ca = Script::play(&[&["HTTP/1.1 200 OK\r\nContent-Length: 700\r\nReplay-Nonce: n\r\n\r\n"]]).await;
    let answer = ca.upstream().call(request(Method::HEAD, "")).await.unwrap();
    assert_eq!(answer.headers()["content-length"], "700");
    assert!(answer.body().is_empty());
}

#[tokio::test]
async fn answers_beyond_the_bound_are_too_large_however_they_come() {
    for (head, expected) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n", false),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n100001\r\n", true),
        ("HTTP/1.1 200 OK\r\n\r\n", true),
    ] {
        let body = if expected { "x".repeat(1024 * 1024 + 2) } else { String::new() };
        let ca = Script::play(&[&[&(head.to_owned() + &body)]]).await;
        let outcome = ca.upstream().call(request(Method::POST, "")).await;
        assert!(matches!(outcome, Err(UpstreamError::TooLarge { max: 1_048_576 })), "{head}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_ca_that_is_down_or_breaks_off_is_unreachable() {
    let free = TcpListener::bind(anywhere()).await.unwrap().local_addr().unwrap();
    let down = upstream_at(&format!("http://{free}/directory")).call(request(Method::POST, "")).await;
    assert!(matches!(down, Err(UpstreamError::Unreachable(_))), "{down:?}");

    for answer in [
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        "not HTTP at all\r\n\r\n",
        "",
    ] {
        let listener = TcpListener::bind(anywhere()).await.unwrap();
        let upstream = upstream_at(&format!("http://{}/", listener.local_addr().unwrap()));
        let ca = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            read_request(&mut stream).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
        };
        let (outcome, ()) = tokio::join!(upstream.call(request(Method::POST, "")), ca);
        assert!(matches!(outcome, Err(UpstreamError::Unreachable(_))), "{answer:?}: {outcome:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_ca_that_does_not_answer_or_never_ends_is_given_up_in_time() {
    let silent = TcpListener::bind(anywhere()).await.unwrap();
    let endless = Script::play(&[&["HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab"]]).await;
    for address in [silent.local_addr().unwrap(), endless.address] {
        let start = tokio::time::Instant::now();
        let outcome = upstream_at(&format!("http://{address}/")).call(request(Method::POST, "")).await;
        assert!(matches!(outcome, Err(UpstreamError::TimedOut)), "{outcome:?}");
        let timeout = HttpUpstreamOptions::default().response_timeout;
        assert!(start.elapsed() >= timeout && start.elapsed() < timeout + Duration::from_secs(1));
    }
}

#[tokio::test]
async fn a_post_is_never_sent_twice_but_a_head_may_be() {
    // The CA answers once, takes the next request on the kept connection, and closes.
    let ca = Script::play(&[&[OK], &[OK]]).await;
    let upstream = ca.upstream();
    upstream.call(request(Method::POST, "first")).await.unwrap();
    let outcome = upstream.call(request(Method::POST, "second")).await;
    assert!(matches!(outcome, Err(UpstreamError::Unreachable(_))), "{outcome:?}");
    assert_eq!(ca.requests().len(), 2);

    let ca = Script::play(&[&[OK], &["HTTP/1.1 204 No Content\r\n\r\n"]]).await;
    let upstream = ca.upstream();
    upstream.call(request(Method::POST, "")).await.unwrap();
    let answer = upstream.call(request(Method::HEAD, "")).await.unwrap();
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    assert_eq!(ca.requests().len(), 3);
}

#[tokio::test]
async fn requests_beyond_those_at_once_wait_their_turn() {
    let ca = Script::play(&[&[OK, OK, OK]]).await;
    let options = HttpUpstreamOptions { requests_max: 1, ..Default::default() };
    let directory: Uri = format!("http://{}/directory", ca.address).parse().unwrap();
    let upstream = HttpUpstream::new(&directory, CaTrust::roots([]), options).unwrap();
    // One connection only is ever accepted at a time: a second would wait for ever.
    let three = [(); 3].map(|()| upstream.call(request(Method::POST, "")));
    for answer in futures_util::future::join_all(three).await {
        assert_eq!(answer.unwrap().status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn a_ca_over_tls_is_believed_by_its_root_and_shown_our_certificate() {
    let (server, client) = (Certificate::new(), Certificate::new());
    let directory = |port| format!("https://localhost:{port}/directory").parse::<Uri>().unwrap();
    let call = async |trust: CaTrust| {
        let ca = Script::play_over(&[&[OK]], Some(mutual_tls(&server, &client))).await;
        let upstream =
            HttpUpstream::new(&directory(ca.address.port()), trust, HttpUpstreamOptions::default());
        upstream.unwrap().call(request(Method::POST, "")).await
    };
    let root = || CaTrust::roots_from_pem(server.chain.as_bytes()).unwrap();
    let shown = root().with_client_certificate(client.chain.as_bytes(), client.key.as_bytes()).unwrap();
    assert_eq!(call(shown).await.unwrap().body(), "ok");

    let without_certificate = call(root()).await;
    assert!(matches!(without_certificate, Err(UpstreamError::Unreachable(_))), "{without_certificate:?}");
    let other_root = call(CaTrust::roots_from_pem(client.chain.as_bytes()).unwrap()).await;
    assert!(matches!(other_root, Err(UpstreamError::Unreachable(_))), "{other_root:?}");
}

fn mutual_tls(server: &Certificate, client: &Certificate) -> TlsAcceptor {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut clients = RootCertStore::empty();
    clients.add(PemObject::from_pem_slice(client.chain.as_bytes()).unwrap()).unwrap();
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(clients), provider.clone()).build().unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(
            vec![PemObject::from_pem_slice(server.chain.as_bytes()).unwrap()],
            PemObject::from_pem_slice(server.key.as_bytes()).unwrap(),
        )
        .unwrap();
    Arc::new(config).into()
}

#[test]
fn unusable_settings_are_told_apart() {
    let options = HttpUpstreamOptions::default;
    for directory in ["/directory", "ftp://ca.test/", "https://user@ca.test/"] {
        let error =
            HttpUpstream::new(&directory.parse().unwrap(), CaTrust::roots([]), options()).unwrap_err();
        assert!(matches!(error, HttpUpstreamError::NoOrigin { .. }), "{directory}: {error:?}");
    }
    assert!(CaTrust::roots_from_pem(b"").is_err());
    assert!(
        CaTrust::roots_from_pem(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").is_err()
    );
    let (one, other) = (Certificate::new(), Certificate::new());
    let mixed =
        CaTrust::roots([]).with_client_certificate(one.chain.as_bytes(), other.key.as_bytes()).unwrap();
    let directory = "https://ca.test/".parse().unwrap();
    assert!(matches!(HttpUpstream::new(&directory, mixed, options()), Err(HttpUpstreamError::Tls(_))));
}

#[tokio::test]
async fn a_ca_in_this_process_answers_or_drops_the_client() {
    let ca = InProcess::new(|request: UpstreamRequest| async move {
        match request.method() {
            &Method::GET => Ok(Response::new(request.into_body())),
            _ => Err(UpstreamError::DropClient),
        }
    });
    assert_eq!(ca.call(request(Method::GET, "asked")).await.unwrap().body(), "asked");
    assert!(matches!(ca.call(request(Method::POST, "")).await, Err(UpstreamError::DropClient)));
}
