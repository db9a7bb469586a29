//! How a listener ends.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::Response;
use http_body_util::BodyExt;
use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    sync::{Notify, mpsc},
    time::Instant,
};
use tollgate_gateway::listener::ConnectionBounds;

use crate::door::{Answered, Door, GET_AND_STAY, echo, get, http2, plain, read_answer, read_to_end};

#[tokio::test]
async fn a_shutdown_lets_requests_in_flight_end_and_takes_no_new_ones() {
    let (begun, mut beginnings) = mpsc::unbounded_channel();
    let go_on = Arc::new(Notify::new());
    let answer = {
        let go_on = go_on.clone();
        move |_, _| {
            let (begun, go_on) = (begun.clone(), go_on.clone());
            async move {
                begun.send(()).unwrap();
                go_on.notified().await;
                Ok(Response::new(Bytes::from_static(b"in the end")))
            }
        }
    };
    let mut door = Door::open(plain(), answer).await;
    let mut first = door.connect().await;
    first.write_all(GET_AND_STAY.as_bytes()).await.unwrap();
    let (mut requests, _connection) = http2(door.connect().await).await;
    let second = tokio::spawn(requests.send_request(get("/")));
    beginnings.recv().await.unwrap();
    beginnings.recv().await.unwrap();
    let mut idle = door.connect().await;

    door.ask_to_stop();
    assert_eq!(read_to_end(&mut idle).await, "");
    assert!(TcpStream::connect(door.address).await.is_err());
    go_on.notify_waiters();
    assert!(read_to_end(&mut first).await.ends_with("in the end"));
    let body = second.await.unwrap().unwrap().into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, "in the end");
    door.closed().await;
}

#[tokio::test]
async fn a_shutdown_closes_connections_kept_for_later() {
    let mut door = Door::open(plain(), echo).await;
    let mut kept = door.connect().await;
    kept.write_all(GET_AND_STAY.as_bytes()).await.unwrap();
    read_answer(&mut kept).await;
    door.ask_to_stop();
    assert_eq!(read_to_end(&mut kept).await, "");
    door.closed().await;
}

#[tokio::test(start_paused = true)]
async fn a_request_that_never_ends_is_dropped_after_the_grace_period() {
    let (begun, mut beginnings) = mpsc::unbounded_channel();
    let mut door = Door::open(plain(), move |_, _| {
        begun.send(()).unwrap();
        std::future::pending::<Answered>()
    })
    .await;
    let mut stuck = door.connect().await;
    stuck.write_all(GET_AND_STAY.as_bytes()).await.unwrap();
    beginnings.recv().await.unwrap();

    let start = Instant::now();
    door.ask_to_stop();
    door.closed().await;
    let grace = ConnectionBounds::default().shutdown_grace;
    assert!(start.elapsed() >= grace && start.elapsed() < grace + Duration::from_secs(1));
    assert_eq!(read_to_end(&mut stuck).await, "");
}
