//! Connections that a load balancer passes on with a PROXY header.

use std::{sync::Arc, time::Duration};

use tokio::{io::AsyncWriteExt, time::Instant};
use tollgate_gateway::listener::{ConnectionBounds, ConnectionCaps, ListenerOptions, Transport};

use crate::door::{Certificate, Door, GET, GET_AND_STAY, echo, plain, read_answer, read_to_end};

const V1: &[u8] = b"PROXY TCP4 192.0.2.1 192.0.2.2 4711 443\r\n";
const V2: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x01\xc0\x00\x02\x02\x12\x67\x01\xbb";
const V2_LOCAL: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00";

fn behind_a_balancer() -> ListenerOptions {
    ListenerOptions { proxy_protocol_from: vec!["127.0.0.0/8".parse().unwrap()], ..plain() }
}

#[tokio::test]
async fn the_header_tells_the_client_and_costs_no_byte_of_what_follows() {
    let door = Door::open(behind_a_balancer(), echo).await;
    for (header, client) in
        [(V1, "192.0.2.1"), (V2, "192.0.2.1"), (V2_LOCAL, "127.0.0.1"), (b"PROXY UNKNOWN\r\n", "127.0.0.1")]
    {
        let told = format!("GET /acme/x by {client} over http in HTTP/1.1");
        let at_once = [header, GET.as_bytes()].concat();
        let answer = door.ask(&at_once).await;
        assert!(answer.ends_with(&told), "{answer}");

        let mut stream = door.connect().await;
        stream.set_nodelay(true).unwrap();
        for byte in at_once {
            stream.write_all(&[byte]).await.unwrap();
            tokio::task::yield_now().await;
        }
        let answer = read_to_end(&mut stream).await;
        assert!(answer.ends_with(&told), "{answer}");
    }
}

#[tokio::test]
async fn tls_begins_behind_the_header() {
    let certificate = Certificate::new();
    let options =
        ListenerOptions { transport: Transport::Tls(certificate.identity()), ..behind_a_balancer() };
    let door = Door::open(options, echo).await;
    let mut stream = door.connect().await;
    stream.write_all(V2).await.unwrap();
    let mut stream = certificate.connect(stream, &[]).await.unwrap();
    stream.write_all(GET.as_bytes()).await.unwrap();
    assert!(read_to_end(&mut stream).await.ends_with("by 192.0.2.1 over https in HTTP/1.1"));
}

#[tokio::test]
async fn a_balancer_without_a_proper_header_is_closed_without_a_word() {
    let door = Door::open(behind_a_balancer(), echo).await;
    for start in [GET.as_bytes(), b"PROXY TCP4 192.0.2.256 192.0.2.2 1 2\r\n", b"PROXY", &[b'x'; 9000]] {
        let mut stream = door.connect().await;
        stream.write_all(start).await.unwrap();
        let _ = stream.shutdown().await;
        assert_eq!(read_to_end(&mut stream).await, "");
    }
}

#[tokio::test(start_paused = true)]
async fn a_balancer_must_not_take_long() {
    let door = Door::open(behind_a_balancer(), echo).await;
    let mut stream = door.connect().await;
    stream.write_all(b"PROXY TCP4").await.unwrap();
    let start = Instant::now();
    assert_eq!(read_to_end(&mut stream).await, "");
    let timeout = ConnectionBounds::default().proxy_header_timeout;
    assert!(start.elapsed() >= timeout && start.elapsed() < timeout + Duration::from_secs(1));
}

#[tokio::test]
async fn nobody_else_can_name_another_client() {
    let strangers = vec!["198.51.100.0/24".parse().unwrap()];
    let door = Door::open(ListenerOptions { proxy_protocol_from: strangers, ..plain() }, echo).await;
    for header in [V1, V2] {
        let answer = door.ask([header, GET.as_bytes()].concat()).await;
        assert!(!answer.contains("192.0.2.1"), "{answer}");
    }
    assert!(door.ask(GET).await.ends_with("by 127.0.0.1 over http in HTTP/1.1"));
}

#[tokio::test]
async fn the_cap_per_client_counts_the_client_behind_the_balancer() {
    let caps = Arc::new(ConnectionCaps::new(10, 1));
    let door = Door::open(ListenerOptions { caps, ..behind_a_balancer() }, echo).await;
    let mut first = door.connect().await;
    first.write_all(&[V1, GET_AND_STAY.as_bytes()].concat()).await.unwrap();
    read_answer(&mut first).await;
    assert_eq!(door.ask([V2, GET.as_bytes()].concat()).await, "");
    let other = b"PROXY TCP4 192.0.2.9 192.0.2.2 4711 443\r\n";
    assert!(door.ask([other, GET.as_bytes()].concat()).await.contains("200 OK"));
}
