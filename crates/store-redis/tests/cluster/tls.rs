//! A cluster that speaks nothing but TLS, between its nodes, too.

use std::time::Duration;

use tollgate_engine::Verdict;
use tollgate_store::{BucketStore, StoreError};
use tollgate_store_redis::{RedisServers, RedisStore, RedisStoreOptions, RedisTls};
use tollgate_test_servers::{certificates::Certificates, redis_cluster::RedisCluster};

use crate::{
    BURST, PATIENT, connect, entry, fails_over_under_load, left, options, slots_move_under_load, verdict,
};

/// By a user with a password, who shows one of the certificates and trusts the roots of all.
fn over_tls(cluster: &RedisCluster, certificates: &[&Certificates], deadline: Duration) -> RedisStoreOptions {
    let roots: String = certificates.iter().map(|made| made.root.as_str()).collect();
    let Certificates { chain, key, .. } = certificates[0];
    let client_identity = Some((chain.clone().into_bytes(), key.clone().into_bytes()));
    RedisStoreOptions {
        username: Some("tollgate".to_owned()),
        password: Some("PASSWORD".to_owned()),
        tls: RedisTls { roots: Some(roots.into_bytes()), client_identity },
        deadline,
        ..options(cluster)
    }
}

async fn start(with_replicas: bool, certificates: &[&Certificates], arguments: &[&str]) -> RedisCluster {
    let cluster = RedisCluster::start_over_tls(3, with_replicas, certificates, arguments).await;
    for node in 0..if with_replicas { 6 } else { 3 } {
        cluster.ask(node, &["ACL", "SETUSER", "tollgate", "on", ">PASSWORD", "~b*", "+@all"]).await;
    }
    cluster
}

/// A decision over buckets of every node.
async fn decides(store: &RedisStore) -> Result<Verdict, StoreError> {
    verdict(store, &(0..30).map(|number| entry(number, 1)).collect::<Vec<_>>()).await
}

#[tokio::test]
async fn slots_move_and_a_master_fails_over_tls_as_without() {
    let ours = Certificates::make(&["127.0.0.1"]);
    let cluster = start(true, &[&ours], &[]).await;
    let patient = connect(&over_tls(&cluster, &[&ours], PATIENT));
    slots_move_under_load(&cluster, patient).await;
    let numbers: Vec<_> = (0..4000).map(|number| entry(number, 1).id).collect();
    let store = connect(&over_tls(&cluster, &[&ours], Duration::from_secs(2)));
    store.reset(&numbers).await.expect("the nodes answer");
    fails_over_under_load(cluster, store).await;
}

#[tokio::test]
async fn cluster_asks_for_a_certificate_and_a_password_at_every_node() {
    let (ours, foreign) = (Certificates::make(&["127.0.0.1"]), Certificates::make(&["127.0.0.1"]));
    let cluster = start(false, &[&ours], &[]).await;
    let fits = over_tls(&cluster, &[&ours], PATIENT);
    let tls = |roots: &Certificates, client: Option<&Certificates>| RedisTls {
        roots: Some(roots.root.clone().into_bytes()),
        client_identity: client.map(|made| (made.chain.clone().into_bytes(), made.key.clone().into_bytes())),
    };
    let password = |password: &str| Some(password.to_owned());
    for (name, tls, password, fits_then) in [
        ("all fit", tls(&ours, Some(&ours)), password("PASSWORD"), true),
        ("no client certificate", tls(&ours, None), password("PASSWORD"), false),
        ("a client certificate of another root", tls(&ours, Some(&foreign)), password("PASSWORD"), false),
        ("a root that is not the nodes'", tls(&foreign, Some(&ours)), password("PASSWORD"), false),
        ("another password", tls(&ours, Some(&ours)), password("other"), false),
    ] {
        let store = connect(&RedisStoreOptions { tls, password, ..fits.clone() });
        assert_eq!(decides(&store).await.is_ok(), fits_then, "{name}");
    }
}

#[tokio::test]
async fn nodes_are_reached_and_checked_by_the_names_they_announce() {
    let ours = Certificates::make(&["localhost"]);
    let by_name =
        ["--cluster-announce-hostname", "localhost", "--cluster-preferred-endpoint-type", "hostname"];
    let cluster = start(false, &[&ours], &by_name).await;
    let seed = format!("rediss://localhost:{}", cluster.node(1).port());
    let seeds = vec![seed.parse().expect("the URL makes sense")];
    let by_name =
        RedisStoreOptions { servers: RedisServers::Cluster(seeds), ..over_tls(&cluster, &[&ours], PATIENT) };
    slots_move_under_load(&cluster, connect(&by_name)).await;

    // Told addresses, it finds a certificate for somebody else there.
    for node in 0..3 {
        cluster.ask(node, &["CONFIG", "SET", "cluster-preferred-endpoint-type", "ip"]).await;
    }
    let refused = decides(&connect(&by_name)).await;
    assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{refused:?}");

    // Told none, it takes a node to be where it asked.
    for node in 0..3 {
        cluster.ask(node, &["CONFIG", "SET", "cluster-preferred-endpoint-type", "unknown-endpoint"]).await;
    }
    assert_eq!(decides(&connect(&by_name)).await.expect("they are there"), Verdict::Allow);
}

#[tokio::test]
async fn node_with_a_certificate_of_another_root_is_refused_and_only_its_buckets_are_unavailable() {
    let (ours, foreign) = (Certificates::make(&["127.0.0.1"]), Certificates::make(&["127.0.0.1"]));
    let cluster = start(false, &[&ours, &foreign, &ours], &[]).await;
    let store = connect(&over_tls(&cluster, &[&ours], PATIENT));
    let trusting = connect(&over_tls(&cluster, &[&ours, &foreign], PATIENT));
    let mut refused = 0;
    for number in 0..30 {
        let before = left(&trusting, number).await;
        assert_eq!(before, BURST);
        match verdict(&store, &[entry(number, 1)]).await {
            Ok(verdict) => assert_eq!(verdict, Verdict::Allow),
            Err(StoreError::Unavailable { .. }) => {
                refused += 1;
                assert_eq!(left(&trusting, number).await, BURST, "it was told nothing");
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!((1..30).contains(&refused), "{refused} of 30");
}
