//! Servers that ask for TLS, and users that may do no more than the store needs.

use std::time::Duration;

use tollgate_engine::{Action, Charge, Cost, Quota, Timestamp, Verdict};
use tollgate_store::{
    BucketStore, Entry, HashKey,
    transfer::{BucketTransfer, Place},
};
use tollgate_store_redis::{RedisServers, RedisStore, RedisStoreOptions, RedisTls};
use tollgate_test_servers::{certificates::Certificates, redis::RedisServer, redis_cluster::RedisCluster};

/// As the book has it.
const USER: &str = "on >PASSWORD resetkeys ~b* resetchannels -@all +evalsha +script|load +get +mget +set +del +time +pexpiretime +pexpireat";
/// As the book has it.
const ON_A_CLUSTER: &str = "+cluster|slots +asking";
/// Ignored: the server's clock decides.
const NOW: Timestamp = Timestamp::EPOCH;

/// A server that speaks nothing but TLS and asks for a certificate.
async fn tls_server(certificates: &Certificates) -> RedisServer {
    RedisServer::start_over_tls(certificates, &certificates.root_file(), &[]).await
}

fn options(servers: RedisServers) -> RedisStoreOptions {
    RedisStoreOptions { deadline: Duration::from_secs(60), ..RedisStoreOptions::new(servers) }
}

fn one(scheme: &str, server: &RedisServer) -> RedisStoreOptions {
    let url = format!("{scheme}://127.0.0.1:{}", server.port());
    options(RedisServers::One(url.parse().expect("the URL makes sense")))
}

fn connect(options: &RedisStoreOptions) -> RedisStore {
    RedisStore::connect(options).expect("they go together")
}

fn spend(number: u64) -> Entry {
    let quota = Quota::new(1, Duration::from_secs(3600), 2).expect("representable");
    let charge = Charge { quota, cost: Cost(1), action: Action::Spend };
    Entry { id: HashKey::new([1; 16]).bucket(0, &[&number.to_le_bytes()]), charge }
}

async fn spends(store: &RedisStore) -> bool {
    store.decide(&[spend(1)], NOW).await.is_ok_and(|decision| decision.verdict == Verdict::Allow)
}

#[tokio::test]
async fn tls_is_spoken_with_the_given_root_and_client_certificate_and_not_otherwise() {
    let (ours, foreign) = (Certificates::make(&["127.0.0.1"]), Certificates::make(&["127.0.0.1"]));
    let server = tls_server(&ours).await;
    let tls = |root: &Certificates, client: Option<&Certificates>| RedisTls {
        roots: Some(root.root.clone().into_bytes()),
        client_identity: client.map(|made| (made.chain.clone().into_bytes(), made.key.clone().into_bytes())),
    };
    for (name, tls, expected) in [
        ("both fit", tls(&ours, Some(&ours)), true),
        ("no client certificate", tls(&ours, None), false),
        ("a client certificate of another root", tls(&ours, Some(&foreign)), false),
        ("a root that is not the server's", tls(&foreign, Some(&ours)), false),
        ("the system's roots", RedisTls { roots: None, ..tls(&ours, Some(&ours)) }, false),
    ] {
        let store = connect(&RedisStoreOptions { tls, ..one("rediss", &server) });
        assert_eq!(spends(&store).await, expected, "{name}");
    }
    assert!(!spends(&connect(&one("redis", &server))).await, "nothing is sent in the clear");
}

#[tokio::test]
async fn certificates_that_make_no_sense_are_told_at_once() {
    let server = RedisServer::start(&[]).await;
    let tls = RedisTls { roots: Some(b"no PEM".to_vec()), client_identity: None };
    for scheme in ["redis", "rediss"] {
        let error = RedisStore::connect(&RedisStoreOptions { tls: tls.clone(), ..one(scheme, &server) });
        assert!(error.is_err(), "{scheme}");
    }
}

fn as_user(options: RedisStoreOptions, password: &str) -> RedisStoreOptions {
    RedisStoreOptions {
        username: Some("tollgate".to_owned()),
        password: Some(password.to_owned()),
        ..options
    }
}

/// Everything the store does, but for looking through all buckets.
async fn does_everything(store: &RedisStore) {
    let batch: Vec<_> = (0..20).map(spend).collect();
    assert_eq!(store.decide(&batch, NOW).await.expect("it may").verdict, Verdict::Allow);
    store.refund(&batch, NOW).await.expect("it may");
    store.take(&[(batch[0].id, tollgate_engine::Bucket::default())], NOW).await.expect("it may");
    store.reset(&[batch[0].id]).await.expect("it may");
    let quota = batch[0].charge.quota;
    assert_eq!(store.peek(batch[0].id, &quota, NOW).await.expect("it may").remaining, 2);
}

#[tokio::test]
async fn user_of_the_book_may_do_what_the_store_needs_and_no_more() {
    let book = include_str!("../../../docs/redis.md");
    assert!(book.contains(&format!("ACL SETUSER tollgate {USER}\n")) && book.contains(ON_A_CLUSTER));

    let server = RedisServer::start(&[]).await;
    let client = redis::Client::open(server.url()).expect("the URL makes sense");
    let admin = client.get_multiplexed_async_connection().await.expect("the server runs");
    let set_user = async |words: &str| {
        let mut command = redis::cmd("ACL");
        command.arg("SETUSER").arg("tollgate").arg(words.split(' ').collect::<Vec<_>>());
        command.exec_async(&mut admin.clone()).await.expect("the server knows the words");
    };
    set_user(USER).await;
    let store = connect(&as_user(one("redis", &server), "PASSWORD"));
    does_everything(&store).await;
    redis::cmd("SCRIPT").arg("FLUSH").exec_async(&mut admin.clone()).await.expect("the server answers");
    does_everything(&store).await;
    assert!(store.part(Place::default()).await.is_err(), "to look through all buckets it must be allowed to");
    set_user("+scan").await;
    store.part(Place::default()).await.expect("it may");

    assert!(!spends(&connect(&as_user(one("redis", &server), "wrong"))).await);
    set_user("resetkeys ~other:*").await;
    let refused = store.decide(&[spend(1)], NOW).await.expect_err("its keys are others'");
    assert!(format!("{refused:?}").contains("NOPERM"), "{refused:?}");
}

#[tokio::test]
async fn user_of_the_book_may_do_what_the_store_needs_on_a_cluster() {
    let cluster = RedisCluster::start(3, false, &[]).await;
    let words: Vec<_> = USER.split(' ').chain(ON_A_CLUSTER.split(' ')).collect();
    for node in 0..3 {
        cluster.ask(node, &[&["ACL", "SETUSER", "tollgate"], &words[..]].concat()).await;
    }
    let urls = cluster.urls().iter().map(|url| url.parse().expect("the URL makes sense")).collect();
    does_everything(&connect(&as_user(options(RedisServers::Cluster(urls)), "PASSWORD"))).await;
}
