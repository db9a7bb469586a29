//! Buckets on a Redis server, also when it is away.

use tollgate_test_servers::{process::Signal, redis::RedisServer, redis_cluster::RedisCluster};

use crate::{
    gateway::{ALWAYS_VALID, Gateway},
    volume::order_afresh,
};

/// Everything that was answered is on its disk.
const DURABLE: [&str; 4] = ["--appendonly", "yes", "--appendfsync", "always"];

/// Two orders for an account, by a limit that refuses when its bucket cannot be asked, or by one that lets through.
fn on(server: &RedisServer, on_store_failure: &str) -> String {
    at(&format!("url = \"{}\"", server.url()), on_store_failure)
}

fn at(servers: &str, on_store_failure: &str) -> String {
    format!(
        "{ALWAYS_VALID}[limits.new-orders-per-account]\nburst = 2\ncount = 2\non-store-failure = \"{on_store_failure}\"\n\
         [store]\nbackend = \"redis\"\ndeadline = \"5s\"\n[store.redis]\n{servers}\n"
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

/// The status of the first order, by the limit's failure mode.
async fn first_order(tables: &str) -> u16 {
    let gateway = Gateway::start(tables).await;
    let mut client = gateway.client().await;
    order_afresh(&mut client, &["www.example.com"]).await.status().as_u16()
}

#[tokio::test]
async fn a_redis_that_hangs_is_waited_for_until_the_deadline() {
    for (on_store_failure, status) in [("deny", 503), ("allow", 201)] {
        let server = RedisServer::start(&[]).await;
        let gateway = Gateway::start(&on(&server, on_store_failure).replace("5s", "200ms")).await;
        let mut client = gateway.client().await;
        server.signal(Signal::STOP);
        // Nothing but the deadline ends the wait.
        assert_eq!(order_afresh(&mut client, &["www.example.com"]).await.status(), status);
        server.signal(Signal::CONT);
        drop(gateway);
    }
}

#[tokio::test]
async fn a_full_redis_leaves_the_decision_to_each_limit() {
    for (on_store_failure, status) in [("deny", 503), ("allow", 201)] {
        let server = RedisServer::start(&["--maxmemory", "1", "--maxmemory-policy", "noeviction"]).await;
        assert_eq!(first_order(&on(&server, on_store_failure)).await, status);
    }
}

#[tokio::test]
async fn a_read_only_replica_leaves_the_decision_to_each_limit() {
    let master = RedisServer::start(&[]).await;
    let replica = RedisServer::start(&["--replicaof", "127.0.0.1", &master.port().to_string()]).await;
    for (on_store_failure, status) in [("deny", 503), ("allow", 201)] {
        assert_eq!(first_order(&on(&replica, on_store_failure)).await, status);
    }
}

#[tokio::test]
async fn a_limit_holds_on_a_cluster_and_is_each_limits_own_matter_when_a_node_is_lost() {
    for (on_store_failure, status) in [("deny", 503), ("allow", 201)] {
        let mut cluster = RedisCluster::start(3, false, &[]).await;
        let tables = at(&format!("cluster-nodes = [\"{}\"]", cluster.node(1).url()), on_store_failure);
        let gateway = Gateway::start(&tables).await;
        let mut client = gateway.client().await;
        for expected in [201, 201, 429] {
            assert_eq!(order_afresh(&mut client, &["www.example.com"]).await.status(), expected);
        }
        // A cluster with a node missing decides nothing, unless it is told to.
        cluster.node_mut(2).kill().await;
        cluster.wait_until(0, &["CLUSTER", "INFO"], "cluster_state:fail").await;
        assert_eq!(order_afresh(&mut client, &["www.example.com"]).await.status(), status);
        drop(gateway);
    }
}
