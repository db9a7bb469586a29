//! Buckets on a Redis server, also when it is away.

use tollgate_test_servers::{process::Signal, redis::RedisServer};

use crate::{
    gateway::{ALWAYS_VALID, Gateway},
    volume::order_afresh,
};

/// Everything that was answered is on its disk.
const DURABLE: [&str; 4] = ["--appendonly", "yes", "--appendfsync", "always"];

/// Two orders for an account, by a limit that refuses when its bucket cannot be asked, or by one that lets through.
fn on(server: &RedisServer, on_store_failure: &str) -> String {
    format!(
        "{ALWAYS_VALID}[limits.new-orders-per-account]\nburst = 2\ncount = 2\non-store-failure = \"{on_store_failure}\"\n\
         [store]\nbackend = \"redis\"\ndeadline = \"5s\"\n[store.redis]\nurl = \"{}\"\n",
        server.url()
    )
}

#[tokio::test]
async fn a_limit_on_redis_holds_and_goes_on_when_redis_is_back() {
    for (on_store_failure, away) in [("deny", 503), ("allow", 201)] {
        let mut server = RedisServer::start(&DURABLE).await;
        let gateway = Gateway::start(&on(&server, on_store_failure)).await;
        let mut client = gateway.client().await;
        assert_eq!(order_afresh(&mut client, &["www.example.com"]).await.status(), 201);

        server.kill().await;
        assert_eq!(order_afresh(&mut client, &["www.example.com"]).await.status(), away, "it is not there");
        server.restart().await;
        for expected in [201, 429] {
            assert_eq!(order_afresh(&mut client, &["www.example.com"]).await.status(), expected);
        }
        let gateway = gateway.restart().await;
        assert_eq!(
            order_afresh(&mut client, &["www.example.com"]).await.status(),
            429,
            "the server keeps it"
        );
        drop(gateway);
    }
}

#[tokio::test]
async fn a_redis_that_hangs_is_waited_for_until_the_deadline() {
    for (on_store_failure, away) in [("deny", 503), ("allow", 201)] {
        let server = RedisServer::start(&[]).await;
        let tables = on(&server, on_store_failure).replace("5s", "200ms");
        let gateway = Gateway::start(&tables).await;
        let mut client = gateway.client().await;
        server.signal(Signal::STOP);
        // Nothing but the deadline ends the wait.
        assert_eq!(order_afresh(&mut client, &["www.example.com"]).await.status(), away);
        server.signal(Signal::CONT);
        drop(gateway);
    }
}
