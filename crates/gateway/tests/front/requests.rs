//! Requests that are slow, large, broken, or fine.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use tokio::{io::AsyncWriteExt, sync::mpsc, time::Instant};
use tollgate_gateway::{
    client_address::ClientAddress,
    listener::{BindError, ConnectionBounds, DropConnection, Listener, ListenerOptions, Transport},
    request_body::{BodyError, IncomingBody},
};

use crate::door::{
    Answered, Certificate, Door, GET, GET_AND_STAY, anywhere, echo, get, http2, plain, read_answer,
    read_to_end,
};

const BODY_MAX: usize = 64 * 1024;
const BODY_TIMEOUT: Duration = Duration::from_secs(20);

/// Tells how reading the body went.
async fn read_body(request: Request<IncomingBody>, _client: ClientAddress) -> Answered {
    let (status, told) = match request.into_body().read(BODY_MAX, BODY_TIMEOUT).await {
        Ok(body) => (200, format!("{} bytes", body.len())),
        Err(error @ BodyError::TooLarge { .. }) => (413, error.to_string()),
        Err(error) => (408, error.to_string()),
    };
    Ok(Response::builder().status(status).body(told.into()).unwrap())
}

async fn drop_connection(_: Request<IncomingBody>, _: ClientAddress) -> Answered {
    Err(DropConnection)
}

fn post(length: usize) -> String {
    format!("POST /acme/x HTTP/1.1\r\nHost: ca.test\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n")
}

#[tokio::test]
async fn tls_clients_get_the_protocol_they_agree_on() {
    let certificate = Certificate::new();
    let door =
        Door::open(ListenerOptions::new(anywhere(), Transport::Tls(certificate.identity())), echo).await;

    for alpn in [&["http/1.1"][..], &[]] {
        let mut stream = certificate.connect(door.connect().await, alpn).await.unwrap();
        stream.write_all(GET.as_bytes()).await.unwrap();
        let answer = read_to_end(&mut stream).await;
        assert!(answer.ends_with("GET /acme/x by 127.0.0.1 over https in HTTP/1.1"), "{answer}");
    }

    let stream = certificate.connect(door.connect().await, &["h2", "http/1.1"]).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (mut requests, _connection) = http2(stream).await;
    let answer = requests.send_request(get("/acme/x")).await.unwrap();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, "GET /acme/x by 127.0.0.1 over https in HTTP/2.0");
}

#[tokio::test]
async fn an_answer_to_head_has_no_body_in_either_protocol() {
    let certificate = Certificate::new();
    let door =
        Door::open(ListenerOptions::new(anywhere(), Transport::Tls(certificate.identity())), echo).await;

    let mut stream = certificate.connect(door.connect().await, &["http/1.1"]).await.unwrap();
    stream.write_all(GET.replace("GET", "HEAD").as_bytes()).await.unwrap();
    let answer = read_to_end(&mut stream).await;
    assert!(answer.ends_with("\r\n\r\n"), "{answer}");

    let (mut requests, _connection) =
        http2(certificate.connect(door.connect().await, &["h2"]).await.unwrap()).await;
    let mut head = get("/acme/x");
    *head.method_mut() = http::Method::HEAD;
    let answer = requests.send_request(head).await.unwrap();
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "");
}

#[tokio::test]
async fn a_replaced_certificate_is_shown_from_the_next_handshake_on() {
    let (old, new) = (Certificate::new(), Certificate::new());
    let identity = old.identity();
    let door = Door::open(ListenerOptions::new(anywhere(), Transport::Tls(identity.clone())), echo).await;
    let mut before = old.connect(door.connect().await, &[]).await.unwrap();

    assert!(
        identity.replace(new.chain.as_bytes(), old.key.as_bytes()).is_err(),
        "they do not belong together"
    );
    assert!(old.connect(door.connect().await, &[]).await.is_ok());
    identity.replace(new.chain.as_bytes(), new.key.as_bytes()).unwrap();
    assert!(old.connect(door.connect().await, &[]).await.is_err());
    assert!(new.connect(door.connect().await, &[]).await.is_ok());

    before.write_all(GET.as_bytes()).await.unwrap();
    assert!(read_to_end(&mut before).await.contains("200 OK"));
}

#[tokio::test]
async fn garbage_instead_of_tls_or_http_ends_that_connection_only() {
    let certificate = Certificate::new();
    let tls =
        Door::open(ListenerOptions::new(anywhere(), Transport::Tls(certificate.identity())), echo).await;
    assert!(!tls.ask(GET).await.contains("HTTP/1.1 200"));
    assert!(!tls.ask([0x16, 0x03, 0x01, 0xff, 0xff, 0x00]).await.contains("200"));
    assert!(certificate.connect(tls.connect().await, &[]).await.is_ok());

    let http = Door::open(plain(), echo).await;
    for (request, status) in [
        ("\0\0\0\0\r\n\r\n", "400"),
        ("GET /\u{1} HTTP/1.1\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", "400"),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", "400"),
    ] {
        let answer = http.ask(request).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{request:?}: {answer}");
    }
    assert!(http.ask(GET).await.contains("200 OK"));
}

#[tokio::test]
async fn a_head_that_is_too_large_or_has_too_many_lines_is_refused() {
    let door = Door::open(plain(), echo).await;
    let long = format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(20_000));
    let many = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: 1\r\n".repeat(100));
    for request in [long, many] {
        let answer = door.ask(request).await;
        assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    }

    let (mut requests, _connection) = http2(door.connect().await).await;
    let mut large = get("/");
    large.headers_mut().insert("x", "x".repeat(20_000).parse().unwrap());
    let refused = requests.send_request(large).await;
    assert!(refused.map_or(true, |answer| answer.status() == StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_keeps_silent_is_cut_off() {
    let bounds = ConnectionBounds::default();
    let certificate = Certificate::new();
    let tls = ListenerOptions::new(anywhere(), Transport::Tls(certificate.identity()));
    for (options, timeout) in [(plain(), bounds.head_timeout), (tls, bounds.handshake_timeout)] {
        let door = Door::open(options, echo).await;
        let mut stream = door.connect().await;
        let start = Instant::now();
        read_to_end(&mut stream).await;
        assert_about(start, timeout);
    }
}

#[tokio::test(start_paused = true)]
async fn a_head_that_trickles_is_cut_off_however_steadily() {
    let door = Door::open(plain(), echo).await;
    let mut stream = door.connect().await;
    let start = Instant::now();
    for byte in GET.bytes().cycle() {
        tokio::time::sleep(Duration::from_secs(1)).await;
        if stream.write_all(&[byte]).await.is_err() {
            break;
        }
    }
    let most = ConnectionBounds::default().head_timeout + Duration::from_secs(3);
    assert!(start.elapsed() < most, "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_kept_for_a_while_but_a_head_begun_on_it_is_not() {
    let bounds = ConnectionBounds::default();
    let door = Door::open(plain(), echo).await;

    let mut idle = door.connect().await;
    idle.write_all(GET_AND_STAY.as_bytes()).await.unwrap();
    read_answer(&mut idle).await;
    let start = Instant::now();
    read_to_end(&mut idle).await;
    assert_about(start, bounds.idle_timeout);

    let mut slow = door.connect().await;
    slow.write_all(GET_AND_STAY.as_bytes()).await.unwrap();
    read_answer(&mut slow).await;
    slow.write_all(b"GET /").await.unwrap();
    let start = Instant::now();
    read_to_end(&mut slow).await;
    assert_about(start, bounds.head_timeout);
}

#[tokio::test(start_paused = true)]
async fn an_idle_http2_connection_ends() {
    let bounds = ConnectionBounds::default();
    let door = Door::open(plain(), echo).await;
    let (mut requests, connection) = http2(door.connect().await).await;
    requests.send_request(get("/")).await.unwrap().into_body().collect().await.unwrap();
    let start = Instant::now();
    connection.await.unwrap();
    assert_about(start, bounds.idle_timeout);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_trickles_is_given_up() {
    let door = Door::open(plain(), read_body).await;
    let mut stream = door.connect().await;
    stream.write_all(format!("{}0123", post(100)).as_bytes()).await.unwrap();
    let start = Instant::now();
    let answer = read_answer(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert_about(start, BODY_TIMEOUT);
}

#[tokio::test]
async fn bodies_are_read_whole_up_to_their_bound() {
    let door = Door::open(plain(), read_body).await;
    let chunked = "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunk = |length: usize| format!("{length:x}\r\n{}\r\n", "x".repeat(length));
    for (request, status, told) in [
        (post(BODY_MAX) + &"x".repeat(BODY_MAX), 200, "65536 bytes"),
        (post(0), 200, "0 bytes"),
        (GET.to_owned(), 200, "0 bytes"),
        (format!("{chunked}{}{}0\r\n\r\n", chunk(10), chunk(20)), 200, "30 bytes"),
        (format!("{chunked}{}{}0\r\n\r\n", chunk(BODY_MAX), chunk(1)), 413, "65536 bytes"),
        // Longer than any socket buffer: still answered, not reset.
        (post(10_000_000) + &"x".repeat(10_000_000), 413, "65536 bytes"),
        (format!("{chunked}{}0\r\n\r\n", chunk(10_000_000)), 413, "65536 bytes"),
    ] {
        let mut stream = door.connect().await;
        let (mut reading, mut writing) = stream.split();
        let (answer, sent) = tokio::join!(read_to_end(&mut reading), writing.write_all(request.as_bytes()));
        let start = &request[..40.min(request.len())];
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{start}: {answer}");
        assert!(answer.contains(told), "{start}: {answer}");
        sent.unwrap();
    }
    let mut leaving = door.connect().await;
    leaving.write_all((post(10) + "12345").as_bytes()).await.unwrap();
    leaving.shutdown().await.unwrap();
    assert!(!read_to_end(&mut leaving).await.contains("200"));
}

#[tokio::test]
async fn a_client_that_asks_before_it_sends_is_spared_sending_too_much() {
    let door = Door::open(plain(), read_body).await;
    let request = post(10_000_000).replace("Content-Length", "Expect: 100-continue\r\nContent-Length");
    let answer = door.ask(request).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");

    let mut stream = door.connect().await;
    let request = post(5).replace("Content-Length", "Expect: 100-continue\r\nContent-Length");
    stream.write_all(request.as_bytes()).await.unwrap();
    assert!(read_answer(&mut stream).await.starts_with("HTTP/1.1 100"));
    stream.write_all(b"12345").await.unwrap();
    assert!(read_to_end(&mut stream).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn an_answer_without_reading_the_body_reaches_a_client_that_sends_on() {
    let door = Door::open(plain(), echo).await;
    let mut stream = door.connect().await;
    stream.write_all(post(60_000).as_bytes()).await.unwrap();
    assert!(read_answer(&mut stream).await.starts_with("HTTP/1.1 200"));
    stream.write_all(&[b'x'; 60_000]).await.unwrap();
    assert_eq!(read_to_end(&mut stream).await, "");
}

#[tokio::test]
async fn a_connection_can_be_dropped_without_an_answer() {
    let door = Door::open(plain(), drop_connection).await;
    assert_eq!(door.ask(GET).await, "");

    let (mut requests, connection) = http2(door.connect().await).await;
    assert!(requests.send_request(get("/")).await.is_err());
    connection.await.unwrap();
}

#[tokio::test]
async fn an_answer_goes_on_when_its_client_is_gone() {
    let (begun, mut beginnings) = mpsc::unbounded_channel();
    let (go_on, ended) = (std::sync::Arc::new(tokio::sync::Notify::new()), mpsc::unbounded_channel());
    let (ended, mut ends) = ended;
    let answer = {
        let go_on = go_on.clone();
        move |_, _| {
            let (begun, go_on, ended) = (begun.clone(), go_on.clone(), ended.clone());
            async move {
                begun.send(()).unwrap();
                go_on.notified().await;
                ended.send(()).unwrap();
                Ok(Response::new(Bytes::new()))
            }
        }
    };
    let door = Door::open(plain(), answer).await;

    let mut stream = door.connect().await;
    stream.write_all(GET.as_bytes()).await.unwrap();
    beginnings.recv().await.unwrap();
    drop(stream);
    let (mut requests, connection) = http2(door.connect().await).await;
    let request = tokio::spawn(async move { drop(requests.send_request(get("/")).await) });
    beginnings.recv().await.unwrap();
    request.abort();
    connection.abort();

    // Another client is served meanwhile, so the listener has seen both leave.
    let mut other = door.connect().await;
    other.write_all(GET.as_bytes()).await.unwrap();
    beginnings.recv().await.unwrap();
    for _ in 0..3 {
        go_on.notify_one();
        ends.recv().await.unwrap();
    }
}

#[tokio::test]
async fn an_answer_that_panics_costs_its_own_connection_only() {
    let door = Door::open(plain(), |request: Request<IncomingBody>, client| async move {
        assert_eq!(request.uri().path(), "/acme/x", "as this test wants it");
        echo(request, client).await
    })
    .await;
    assert_eq!(door.ask("GET /other HTTP/1.1\r\nHost: a\r\n\r\n").await, "");
    assert!(door.ask(GET).await.contains("200 OK"));
}

#[tokio::test]
async fn http2_streams_are_bounded() {
    let (begun, mut beginnings) = mpsc::unbounded_channel();
    let door = Door::open(
        ListenerOptions { bounds: ConnectionBounds { streams_max: 3, ..Default::default() }, ..plain() },
        move |_, _| {
            begun.send(()).unwrap();
            std::future::pending::<Answered>()
        },
    )
    .await;
    let (mut requests, _connection) = http2(door.connect().await).await;
    // The first request may leave before the settings that bound the others have come.
    requests.ready().await.unwrap();
    let _waiting: Vec<_> = (0..10)
        .map(|_| {
            let request = Request::get("https://ca.test/").body(Full::<Bytes>::default()).unwrap();
            tokio::spawn(requests.send_request(request))
        })
        .collect();
    for _ in 0..3 {
        beginnings.recv().await.unwrap();
    }
    // A whole other conversation later, no fourth has begun.
    let mut other = door.connect().await;
    other.write_all(GET.as_bytes()).await.unwrap();
    beginnings.recv().await.unwrap();
    assert!(beginnings.try_recv().is_err());
}

#[tokio::test]
async fn an_address_in_use_is_an_error_that_names_it() {
    let taken = Listener::bind(plain()).await.unwrap().local_address();
    let holder = tokio::net::TcpListener::bind(taken).await.unwrap();
    let address = holder.local_addr().unwrap();
    let error: BindError = Listener::bind(ListenerOptions { address, ..plain() }).await.unwrap_err();
    assert_eq!(error.to_string(), format!("cannot listen on {address}"));
    assert_eq!(error.source.kind(), std::io::ErrorKind::AddrInUse);
}

/// Whether `timeout`, give or take the timer's grain, has passed.
#[track_caller]
fn assert_about(start: Instant, timeout: Duration) {
    let elapsed = start.elapsed();
    assert!(elapsed >= timeout && elapsed < timeout + Duration::from_secs(1), "{elapsed:?}, not {timeout:?}");
}
