//! Real validation, against small servers on this machine.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_lc_rs::digest;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hickory_resolver::proto::{
    op::{Message, ResponseCode},
    rr::{RData, Record, rdata::TXT},
};
use rcgen::{CertificateParams, CustomExtension, KeyPair};
use rustls::{
    ServerConfig,
    pki_types::PrivateKeyDer,
    sign::{CertifiedKey, SingleCertAndKey},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, UdpSocket},
};
use tokio_rustls::TlsAcceptor;
use tollgate_test_ca::{HostRule, TestCa, TestCaOptions, ValidationOptions};

use crate::client::*;

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// What the servers answer, set once the client knows.
type Shared<T> = Arc<Mutex<T>>;

/// Every name is on this machine.
fn on_this_machine(http_port: u16, tls_port: u16, resolver: Option<SocketAddr>) -> TestCaOptions {
    let validation = ValidationOptions {
        http_port,
        tls_port,
        resolver,
        hosts: vec![HostRule { suffix: String::new(), address: LOOPBACK }],
        timeout: Duration::from_secs(5),
        ..ValidationOptions::default()
    };
    TestCaOptions { validation, ..TestCaOptions::default() }
}

/// The outcome of an authorization, once there is one.
async fn outcome(client: &Client<'_>, authorization: &str) -> Value {
    loop {
        let read = client.read(authorization).await.ok().json();
        if read["status"] != "pending" {
            return read;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A challenge of a fresh order, and how the client proves it.
struct Challenge<'a> {
    client: Client<'a>,
    authorization: String,
    url: String,
    token: String,
    key_authorization: String,
}

impl<'a> Challenge<'a> {
    async fn of(ca: &'a TestCa, name: &str, kind: &str) -> Self {
        let client = Client::register(ca).await;
        let order = client.order(&[name]).await;
        let authorization = order.authorizations[0].clone();
        let challenges = client.read(&authorization).await.json()["challenges"].clone();
        let challenge = challenges.as_array().unwrap().iter().find(|c| c["type"] == kind).unwrap();
        let (url, token) = (text(&challenge["url"]), text(&challenge["token"]));
        let key_authorization = format!("{token}.{}", client.signer.jwk().thumbprint());
        Self { client, authorization, url, token, key_authorization }
    }

    fn digest(&self) -> Vec<u8> {
        digest::digest(&digest::SHA256, self.key_authorization.as_bytes()).as_ref().to_vec()
    }

    /// Answers it, and says how it ended: `valid`, or the type of the error.
    async fn ends(&self) -> String {
        self.client.post(&self.url, json!({})).await.ok();
        let authorization = outcome(&self.client, &self.authorization).await;
        if authorization["status"] == "valid" {
            return "valid".to_owned();
        }
        assert_eq!(authorization["status"], "invalid");
        let error = text(&authorization["challenges"][0]["error"]["type"]);
        error.strip_prefix("urn:ietf:params:acme:error:").unwrap().to_owned()
    }
}

async fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind((LOOPBACK, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// Answers each request with what `respond` makes of its head.
async fn answer_http(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    respond: impl Fn(&str) -> String,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    stream.write_all(respond(&String::from_utf8_lossy(&head)).as_bytes()).await?;
    stream.shutdown().await
}

fn serve_http(listener: TcpListener, respond: impl Fn(&str) -> String + Clone + Send + 'static) {
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer_http(stream, respond.clone()));
        }
    });
}

fn page(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

fn redirect(location: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n")
}

#[tokio::test]
async fn http_01_reads_the_well_known_page() {
    let (listener, port) = listener().await;
    let heads: Shared<Vec<String>> = Arc::default();
    let body: Shared<String> = Arc::default();
    {
        let (heads, body) = (Arc::clone(&heads), Arc::clone(&body));
        serve_http(listener, move |head| {
            heads.lock().unwrap().push(head.to_owned());
            page(&body.lock().unwrap())
        });
    }
    let ca = open(on_this_machine(port, 1, None)).await;
    for name in ["www.example.com", "127.0.0.1"] {
        let challenge = Challenge::of(&ca, name, "http-01").await;
        // A final line break is what editors and shells add.
        *body.lock().unwrap() = format!("{}\r\n", challenge.key_authorization);
        assert_eq!(challenge.ends().await, "valid");
        let head = heads.lock().unwrap().pop().unwrap().to_ascii_lowercase();
        let target = format!("get /.well-known/acme-challenge/{} http/1.1\r\n", challenge.token);
        assert!(head.starts_with(&target.to_ascii_lowercase()), "{head}");
        assert!(head.contains(&format!("host: {name}:{port}\r\n")), "{head}");
    }
}

#[tokio::test]
async fn http_01_fails_by_what_it_sees() {
    for (answer, expected) in [
        (page("something else"), "unauthorized"),
        (page(&"x".repeat(20_000)), "unauthorized"),
        ("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_owned(), "unauthorized"),
        ("HTTP/1.1 302 Found\r\ncontent-length: 0\r\n\r\n".to_owned(), "unauthorized"),
        ("no HTTP".to_owned(), "connection"),
        (String::new(), "connection"),
        (redirect("/.well-known/acme-challenge/again"), "connection"),
        (redirect("ftp://example.com/"), "connection"),
        (redirect("http://example.com:9/"), "connection"),
        (redirect("https://example.com/"), "connection"),
    ] {
        let (listener, port) = listener().await;
        let response = answer.clone();
        serve_http(listener, move |_| response.clone());
        let ca = open(on_this_machine(port, closed_port().await, None)).await;
        let challenge = Challenge::of(&ca, "example.com", "http-01").await;
        assert_eq!(challenge.ends().await, expected, "{}", answer.get(..60).unwrap_or(&answer));
    }
}

/// A port where nobody listens.
async fn closed_port() -> u16 {
    listener().await.1
}

#[tokio::test]
async fn nobody_there_is_a_connection_error() {
    let port = closed_port().await;
    let ca = open(on_this_machine(port, port, None)).await;
    for kind in ["http-01", "tls-alpn-01"] {
        assert_eq!(Challenge::of(&ca, "example.com", kind).await.ends().await, "connection");
    }
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up() {
    let (listener, port) = listener().await;
    let mut options = on_this_machine(port, port, None);
    options.validation.timeout = Duration::from_millis(50);
    let ca = open(options).await;
    for kind in ["http-01", "tls-alpn-01"] {
        assert_eq!(Challenge::of(&ca, "example.com", kind).await.ends().await, "connection");
    }
    drop(listener);
}

fn tls(certificate: rcgen::Certificate, key: &KeyPair, protocol: &[u8], old: bool) -> TlsAcceptor {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let key = provider.key_provider.load_private_key(key).unwrap();
    // Unlike `with_single_cert`, this does not mind the critical extension of tls-alpn-01.
    let certified = CertifiedKey::new(vec![certificate.into()], key);
    let old_versions = [&rustls::version::TLS12];
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(if old { &old_versions } else { rustls::DEFAULT_VERSIONS })
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
    config.alpn_protocols = vec![protocol.to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

#[tokio::test]
async fn http_01_follows_redirects_to_https_whatever_the_certificate() {
    let ((http, http_port), (https, https_port)) = (listener().await, listener().await);
    let body: Shared<String> = Arc::default();
    serve_http(http, |_| redirect("https://elsewhere.test/proof?x=1"));
    let key = KeyPair::generate().unwrap();
    let expired = CertificateParams::new(vec!["wrong.test".to_owned()]).unwrap().self_signed(&key).unwrap();
    let acceptor = tls(expired, &key, b"http/1.1", false);
    let shown = Arc::clone(&body);
    tokio::spawn(async move {
        while let Ok((stream, _)) = https.accept().await {
            let stream = acceptor.accept(stream).await.unwrap();
            let shown = shown.lock().unwrap().clone();
            tokio::spawn(answer_http(stream, move |head| {
                assert!(head.starts_with("GET /proof?x=1 HTTP/1.1\r\n"), "{head}");
                page(&shown)
            }));
        }
    });
    let ca = open(on_this_machine(http_port, https_port, None)).await;
    let challenge = Challenge::of(&ca, "example.com", "http-01").await;
    *body.lock().unwrap() = challenge.key_authorization.clone();
    assert_eq!(challenge.ends().await, "valid");
}

/// Answers every question for TXT with the same records, or with NXDOMAIN when there are none.
async fn dns_server(records: Shared<Vec<(String, Vec<String>)>>) -> SocketAddr {
    let socket = UdpSocket::bind((LOOPBACK, 0)).await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 4096];
        while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
            let query = Message::from_vec(&buffer[..length]).unwrap();
            let mut response = query.into_response();
            let question = response.queries[0].clone();
            let name = question.name().to_ascii().to_ascii_lowercase();
            let found = records.lock().unwrap().clone();
            for (_, texts) in found.iter().filter(|(owner, _)| *owner == name) {
                let text = RData::TXT(TXT::new(texts.clone()));
                response.add_answer(Record::from_rdata(question.name().clone(), 60, text));
            }
            if response.answers.is_empty() {
                response.metadata.response_code = ResponseCode::NXDomain;
            }
            socket.send_to(&response.to_vec().unwrap(), from).await.unwrap();
        }
    });
    address
}

#[tokio::test]
async fn dns_01_looks_for_the_digest_among_the_records() {
    let records: Shared<Vec<(String, Vec<String>)>> = Arc::default();
    let ca = open(on_this_machine(1, 1, Some(dns_server(Arc::clone(&records)).await))).await;
    for name in ["example.com", "*.example.com"] {
        let challenge = Challenge::of(&ca, name, "dns-01").await;
        let owner = "_acme-challenge.example.com.".to_owned();
        let digest = BASE64_URL_SAFE_NO_PAD.encode(challenge.digest());
        *records.lock().unwrap() = vec![(owner.clone(), vec!["another".to_owned()]), (owner, vec![digest])];
        assert_eq!(challenge.ends().await, "valid", "{name}");
    }
}

#[tokio::test]
async fn dns_01_fails_by_what_it_sees() {
    let records: Shared<Vec<(String, Vec<String>)>> = Arc::default();
    let ca = open(on_this_machine(1, 1, Some(dns_server(Arc::clone(&records)).await))).await;
    let challenge = Challenge::of(&ca, "missing.example.com", "dns-01").await;
    assert_eq!(challenge.ends().await, "dns");
    let owner = "_acme-challenge.wrong.example.com.".to_owned();
    *records.lock().unwrap() = vec![(owner, vec!["another".to_owned()])];
    let challenge = Challenge::of(&ca, "wrong.example.com", "dns-01").await;
    assert_eq!(challenge.ends().await, "unauthorized");
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Proof {
    Good,
    /// TLS 1.2 only.
    OldTls,
    WrongName,
    TwoNames,
    NotCritical,
    WrongDigest,
    NoExtension,
    WrongProtocol,
}

async fn tls_alpn_server(listener: TcpListener, name: &str, digest: &[u8], proof: Proof) {
    let name = if proof == Proof::WrongName { "wrong.test" } else { name };
    let mut names = vec![name.to_owned()];
    if proof == Proof::TwoNames {
        names.push("second.test".to_owned());
    }
    let mut params = CertificateParams::new(names).unwrap();
    let mut extension = CustomExtension::new_acme_identifier(digest);
    if proof == Proof::WrongDigest {
        extension = CustomExtension::new_acme_identifier(&[7; 32]);
    }
    extension.set_criticality(proof != Proof::NotCritical);
    if proof != Proof::NoExtension {
        params.custom_extensions = vec![extension];
    }
    let key = KeyPair::generate().unwrap();
    let protocol: &[u8] = if proof == Proof::WrongProtocol { b"h2" } else { b"acme-tls/1" };
    let acceptor = tls(params.self_signed(&key).unwrap(), &key, protocol, proof == Proof::OldTls);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // A client that does not like the certificate breaks off.
            let _ = acceptor.accept(stream).await;
        }
    });
}

#[tokio::test]
async fn tls_alpn_01_looks_at_the_certificate() {
    for (name, proof, expected) in [
        ("example.com", Proof::Good, "valid"),
        ("127.0.0.1", Proof::Good, "valid"),
        ("example.com", Proof::OldTls, "valid"),
        ("example.com", Proof::WrongName, "unauthorized"),
        ("example.com", Proof::TwoNames, "unauthorized"),
        ("example.com", Proof::NotCritical, "unauthorized"),
        ("example.com", Proof::WrongDigest, "unauthorized"),
        ("example.com", Proof::NoExtension, "unauthorized"),
        ("example.com", Proof::WrongProtocol, "tls"),
    ] {
        let (listener, port) = listener().await;
        let ca = open(on_this_machine(1, port, None)).await;
        let challenge = Challenge::of(&ca, name, "tls-alpn-01").await;
        tls_alpn_server(listener, name, &challenge.digest(), proof).await;
        assert_eq!(challenge.ends().await, expected, "{name} {proof:?}");
    }
}
