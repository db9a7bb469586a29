//! How many connections may be open, and for how long they hold their place.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::Response;
use tokio::io::AsyncWriteExt;
use tollgate_gateway::{
    client_address::{ForwardingHeader, TrustedProxies},
    listener::{ConnectionBounds, ConnectionCaps, ListenerOptions},
};

use crate::door::{Door, GET, GET_AND_STAY, echo, plain, read_answer, read_to_end};

fn capped(connections_max: usize, per_client_max: usize) -> ListenerOptions {
    ListenerOptions { caps: Arc::new(ConnectionCaps::new(connections_max, per_client_max)), ..plain() }
}

#[tokio::test]
async fn connections_beyond_a_cap_are_closed_and_a_closed_one_makes_room() {
    for options in [capped(2, 10), capped(10, 2)] {
        let door = Door::open(options, echo).await;
        let mut open = Vec::new();
        for _ in 0..2 {
            let mut stream = door.connect().await;
            stream.write_all(GET_AND_STAY.as_bytes()).await.unwrap();
            read_answer(&mut stream).await;
            open.push(stream);
        }
        let mut refused = door.connect().await;
        assert_eq!(read_to_end(&mut refused).await, "");

        let mut leaving = open.pop().unwrap();
        leaving.write_all(GET.as_bytes()).await.unwrap();
        read_to_end(&mut leaving).await;
        assert!(door.ask(GET).await.contains("200 OK"));
    }
}

#[tokio::test]
async fn a_trusted_proxy_is_not_one_client() {
    let proxies =
        TrustedProxies::in_networks(vec!["127.0.0.0/8".parse().unwrap()], ForwardingHeader::XForwardedFor);
    let door = Door::open(ListenerOptions { trusted_proxies: Some(proxies), ..capped(10, 1) }, echo).await;
    let mut first = door.connect().await;
    first.write_all(GET_AND_STAY.as_bytes()).await.unwrap();
    read_answer(&mut first).await;
    let answer = door.ask(GET.replace("\r\nConn", "\r\nX-Forwarded-For: 6.6.6.6, 192.0.2.1\r\nConn")).await;
    assert!(answer.ends_with("by 192.0.2.1 over http in HTTP/1.1"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_its_answer_loses_its_place() {
    // More than the buffers of both sockets hold.
    let answer = Bytes::from(vec![b'x'; 32 * 1024 * 1024]);
    let door =
        Door::open(capped(1, 1), move |_, _| std::future::ready(Ok(Response::new(answer.clone())))).await;
    let mut deaf = door.connect().await;
    deaf.write_all(GET_AND_STAY.as_bytes()).await.unwrap();
    tokio::time::sleep(ConnectionBounds::default().idle_timeout + Duration::from_secs(10)).await;

    let mut next = door.connect().await;
    next.write_all(GET.as_bytes()).await.unwrap();
    assert!(read_to_end(&mut next).await.starts_with("HTTP/1.1 200"));
    drop(deaf);
}
