//! Buckets on a Redis server, also when it is away.

use tollgate::client::AcmeClient;
use tollgate_test_servers::{
    certificates::Certificates, process::Signal, redis::RedisServer, redis_cluster::RedisCluster,
};

use crate::{
    gateway::{ALWAYS_VALID, Gateway},
    volume::{NO_OVERALL_LIMITS, order, order_afresh, order_until},
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

/// What befalls a node of a cluster.
#[derive(Clone, Copy, Debug)]
enum Trouble {
    Full,
    Silent,
    Killed,
}

impl Trouble {
    async fn begins(self, cluster: &mut RedisCluster, node: usize) {
        match self {
            Self::Full => _ = cluster.ask(node, &["CONFIG", "SET", "maxmemory", "1"]).await,
            Self::Silent => cluster.node(node).signal(Signal::STOP),
            Self::Killed => cluster.node_mut(node).kill().await,
        }
    }

    async fn ends(self, cluster: &mut RedisCluster, node: usize) {
        match self {
            Self::Full => _ = cluster.ask(node, &["CONFIG", "SET", "maxmemory", "0"]).await,
            Self::Silent => cluster.node(node).signal(Signal::CONT),
            Self::Killed => cluster.node_mut(node).restart().await,
        }
    }
}

#[tokio::test]
async fn a_full_cluster_node_takes_only_its_own_buckets_away() {
    only_its_own_buckets_suffer(Trouble::Full).await;
}

#[tokio::test]
async fn a_silent_cluster_node_takes_only_its_own_buckets_away() {
    only_its_own_buckets_suffer(Trouble::Silent).await;
}

#[tokio::test]
async fn a_lost_cluster_node_takes_only_its_own_buckets_away() {
    only_its_own_buckets_suffer(Trouble::Killed).await;
}

/// Limits of accounts and of domains alone, each bucket on a known node.
async fn only_its_own_buckets_suffer(trouble: Trouble) {
    // Other nodes go on without the one, and what it has had it has when it is back.
    let arguments = [&DURABLE[..], &["--cluster-require-full-coverage", "no"]].concat();
    let mut cluster = RedisCluster::start(3, false, &arguments).await;
    let servers = format!("cluster-nodes = [\"{}\"]", cluster.node(0).url());
    for (on_store_failure, status) in [("deny", 503), ("allow", 201)] {
        let tables = at(&servers, on_store_failure).replace("burst = 2\ncount = 2", "burst = 3\ncount = 3");
        let off = [
            "new-registrations-per-ip",
            "certificates-per-exact-set",
            "authorization-failures-per-identifier",
        ]
        .map(|name| format!("[limits.{name}]\nenabled = false\n"));
        let tables = format!("{}{NO_OVERALL_LIMITS}{}", tables.replace("5s", "2s"), off.concat());
        let gateway = Gateway::start(&tables).await;
        let mut there = client_on(&gateway, &cluster, 0).await;
        let mut away = client_on(&gateway, &cluster, 1).await;
        let name_there = name_on(&gateway, &cluster, 2).await;
        let name_away = name_on(&gateway, &cluster, 1).await;

        trouble.begins(&mut cluster, 1).await;
        let what = format!("{trouble:?}, {on_store_failure}");
        assert_eq!(order_afresh(&mut away, &[&name_there]).await.status(), status, "{what}");
        assert_eq!(order_afresh(&mut there, &[&name_there]).await.status(), 201, "{what}");
        // One part is spent on a node that is there, and given back.
        assert_eq!(order_afresh(&mut there, &[&name_away]).await.status(), status, "{what}");
        order_until(&mut there, 201, |_| name_there.clone()).await;
        assert_eq!(order_afresh(&mut there, &[&name_there]).await.status(), 429, "{what}: all are spent");

        trouble.ends(&mut cluster, 1).await;
        let (_, made) = order_until(&mut away, 429, |_| name_there.clone()).await;
        assert!(on_store_failure == "allow" || made <= 2, "{what}: {made} orders beside the first");
        gateway.stop().await;
    }
}

/// A client whose account's bucket is on a node, and has room for two more orders.
async fn client_on(gateway: &Gateway, cluster: &RedisCluster, node: usize) -> AcmeClient {
    loop {
        let mut client = gateway.client().await;
        let before = sizes(cluster).await;
        assert_eq!(order(&mut client, &["www.example.com"]).await.status(), 201);
        if grown(cluster, &before).await == node {
            return client;
        }
    }
}

/// A name whose domain's bucket is on a node; no certificate has just this name, which would be renewed without limits.
async fn name_on(gateway: &Gateway, cluster: &RedisCluster, node: usize) -> String {
    for number in 0.. {
        let mut client = gateway.client().await;
        // Only the domain's bucket is new afterwards.
        assert_eq!(order(&mut client, &["www.example.com"]).await.status(), 201);
        let before = sizes(cluster).await;
        let name = format!("on-node-{node}-{number}.com");
        client.obtain(&[&name]).await.expect("there is room");
        if grown(cluster, &before).await == node {
            return format!("www.{name}");
        }
    }
    unreachable!("numbers do not end")
}

/// How many buckets each master has.
async fn sizes(cluster: &RedisCluster) -> Vec<u64> {
    let mut sizes = Vec::new();
    for node in 0..3 {
        sizes.push(cluster.ask(node, &["DBSIZE"]).await.parse().expect("it is a number"));
    }
    sizes
}

/// The only master that has more than before.
async fn grown(cluster: &RedisCluster, before: &[u64]) -> usize {
    let sizes = sizes(cluster).await;
    let grown: Vec<_> = (0..3).filter(|node| sizes[*node] > before[*node]).collect();
    assert_eq!(grown.len(), 1, "{before:?}, then {sizes:?}");
    grown[0]
}

#[tokio::test]
async fn a_limit_holds_while_a_master_of_the_cluster_becomes_a_replica() {
    let cluster = RedisCluster::start(3, true, &[]).await;
    let gateway =
        Gateway::start(&at(&format!("cluster-nodes = [\"{}\"]", cluster.node(0).url()), "deny")).await;
    let mut client = gateway.client().await;
    assert_eq!(order_afresh(&mut client, &["www.example.com"]).await.status(), 201);
    for (master, replica) in [(0, 3), (1, 4), (2, 5)] {
        cluster.ask(replica, &["CLUSTER", "FAILOVER"]).await;
        cluster.wait_until(master, &["ROLE"], "slave").await;
    }
    for expected in [201, 429] {
        assert_eq!(order_afresh(&mut client, &["www.example.com"]).await.status(), expected);
    }
}

#[tokio::test]
async fn a_limit_holds_on_a_cluster_over_tls_and_nobody_else_is_taken_for_the_cluster() {
    let (ours, foreign) = (Certificates::make(&["127.0.0.1"]), Certificates::make(&["127.0.0.1"]));
    let cluster = RedisCluster::start_over_tls(3, false, &[&ours], &[]).await;
    for (roots, expected) in [(&ours, [201, 201, 429]), (&foreign, [503; 3])] {
        let servers = format!(
            "cluster-nodes = [\"{}\"]\nroots = \"{}\"\nclient-certificate = \"{}\"\nclient-key = \"{}\"",
            cluster.node(2).url(),
            roots.root_file(),
            ours.chain_file(),
            ours.key_file(),
        );
        let gateway = Gateway::start(&at(&servers, "deny")).await;
        let mut client = gateway.client().await;
        for expected in expected {
            assert_eq!(order_afresh(&mut client, &["www.example.com"]).await.status(), expected);
        }
        gateway.stop().await;
    }
}
