//! The store on a real server, also when that server is in trouble.

use std::{sync::Arc, time::Duration};

use redis::aio::MultiplexedConnection;
use tollgate_engine::{Action, Charge, Cost, Quota, Timestamp, Verdict};
use tollgate_store::{BucketStore, Entry, HashKey, StoreError};
use tollgate_store_redis::{Clock, RedisStore, RedisStoreOptions, RedisUrl};
use tollgate_test_servers::{process::Signal, redis::RedisServer};

/// Long enough for a busy machine.
const PATIENT: Duration = Duration::from_secs(60);
/// Ignored: the server's clock decides.
const NOW: Timestamp = Timestamp::EPOCH;

mod conformance {
    use super::*;

    tollgate_store::conformance_suite!(empty_store().await);

    async fn empty_store() -> Arc<dyn BucketStore> {
        let server = RedisServer::start(&[]).await;
        Arc::new(tollgate_store::conformance::Keeping(store(&server, PATIENT, Clock::Given), server))
    }
}

fn store(server: &RedisServer, deadline: Duration, clock: Clock) -> RedisStore {
    RedisStore::connect(&RedisStoreOptions { deadline, clock, ..options(server) }).expect("they go together")
}

fn options(server: &RedisServer) -> RedisStoreOptions {
    RedisStoreOptions::new(server.url().parse().expect("the URL makes sense"))
}

async fn admin(server: &RedisServer) -> MultiplexedConnection {
    let client = redis::Client::open(server.url()).expect("the URL makes sense");
    client.get_multiplexed_async_connection().await.expect("the server runs")
}

/// Two units, one of which comes back every hour.
fn hourly() -> Quota {
    Quota::new(1, Duration::from_secs(3600), 2).expect("representable")
}

fn spend(number: u64) -> Entry {
    let charge = Charge { quota: hourly(), cost: Cost(1), action: Action::Spend };
    Entry { id: HashKey::new([1; 16]).bucket(0, &[&number.to_le_bytes()]), charge }
}

async fn verdict(store: &RedisStore, number: u64) -> Result<Verdict, StoreError> {
    store.decide(&[spend(number)], NOW).await.map(|decision| decision.verdict)
}

/// Why the store could not be asked.
async fn unavailable(store: &RedisStore, number: u64) -> String {
    match verdict(store, number).await {
        Err(StoreError::Unavailable { source }) => source.to_string(),
        other => panic!("the store answered {other:?}"),
    }
}

#[tokio::test]
async fn server_clock_decides_whatever_now_is_given() {
    let server = RedisServer::start(&[]).await;
    let store = store(&server, PATIENT, Clock::Server);
    for now in [Timestamp::EPOCH, Timestamp::MAX] {
        let decision = store.decide(&[spend(1)], now).await.expect("the server answers");
        assert_eq!(decision.verdict, Verdict::Allow);
    }
    let denied = store.decide(&[spend(1)], Timestamp::MAX).await.expect("the server answers");
    assert!(
        matches!(denied.verdict, Verdict::Deny { retry_after } if retry_after <= Duration::from_secs(3600))
    );
    let state = store.peek(spend(1).id, &hourly(), Timestamp::MAX).await.expect("the server answers");
    assert_eq!(state.remaining, 0);
    store.refund(&[spend(1)], Timestamp::MAX).await.expect("the server answers");
    assert_eq!(verdict(&store, 1).await.expect("the server answers"), Verdict::Allow);
}

#[tokio::test]
async fn bucket_expires_at_its_tat_rounded_up_to_the_millisecond() {
    let server = RedisServer::start(&[]).await;
    let store = store(&server, PATIENT, Clock::Server);
    verdict(&store, 1).await.expect("the server answers");

    let mut admin = admin(&server).await;
    let key: Vec<u8> = redis::cmd("RANDOMKEY").query_async(&mut admin).await.expect("the server answers");
    assert_eq!(key.len(), 17);
    let tat: u64 = redis::cmd("GET").arg(&key).query_async(&mut admin).await.expect("it is a number");
    let expires: u64 = redis::cmd("PEXPIRETIME").arg(&key).query_async(&mut admin).await.expect("it expires");
    assert_eq!(expires, tat.div_ceil(1_000_000));

    store.refund(&[spend(1)], NOW).await.expect("the server answers");
    let keys: u64 = redis::cmd("DBSIZE").query_async(&mut admin).await.expect("the server answers");
    assert_eq!(keys, 0, "a full bucket is not kept");
}

#[tokio::test]
async fn forgotten_script_is_loaded_again() {
    let server = RedisServer::start(&[]).await;
    let store = store(&server, PATIENT, Clock::Server);
    let mut admin = admin(&server).await;
    for expected in [true, true, false] {
        let allowed = verdict(&store, 1).await.expect("the server answers") == Verdict::Allow;
        assert_eq!(allowed, expected, "spent once, not twice");
        redis::cmd("SCRIPT").arg("FLUSH").exec_async(&mut admin).await.expect("the server answers");
    }
}

#[tokio::test]
async fn store_recovers_by_itself_when_its_server_is_back() {
    let mut server = RedisServer::start(&[]).await;
    let store = store(&server, PATIENT, Clock::Server);
    verdict(&store, 1).await.expect("the server answers");
    server.kill().await;
    for _ in 0..3 {
        let why = unavailable(&store, 1).await;
        assert!(why.contains("cannot be reached"), "{why}");
    }
    server.restart().await;
    assert_eq!(verdict(&store, 1).await.expect("the server answers"), Verdict::Allow);
}

#[tokio::test]
async fn store_may_be_made_while_its_server_is_away() {
    let mut server = RedisServer::start(&[]).await;
    server.kill().await;
    let store = store(&server, PATIENT, Clock::Server);
    unavailable(&store, 1).await;
    server.restart().await;
    assert_eq!(verdict(&store, 1).await.expect("the server answers"), Verdict::Allow);
}

#[tokio::test]
async fn server_that_hangs_is_unavailable_at_the_deadline() {
    let server = RedisServer::start(&[]).await;
    let hasty = store(&server, Duration::from_millis(200), Clock::Server);
    let patient = store(&server, PATIENT, Clock::Server);
    verdict(&patient, 1).await.expect("the server answers");
    server.signal(Signal::STOP);
    for _ in 0..3 {
        // On a new connection each time: the one that did not answer is given up.
        let why = unavailable(&hasty, 2).await;
        assert_eq!(why, "the Redis server did not answer within 200ms");
    }
    server.signal(Signal::CONT);
    assert_eq!(verdict(&patient, 3).await.expect("the server answers"), Verdict::Allow);
}

#[tokio::test]
async fn full_server_is_unavailable_and_recovers() {
    let server = RedisServer::start(&["--maxmemory", "1", "--maxmemory-policy", "noeviction"]).await;
    let store = store(&server, PATIENT, Clock::Server);
    let why = unavailable(&store, 1).await;
    assert_eq!(why, "the Redis server refused: OOM");
    store.refund(&[spend(1)], NOW).await.expect("giving back needs no memory");

    let mut admin = admin(&server).await;
    let unlimited = ["SET", "maxmemory", "0"];
    redis::cmd("CONFIG").arg(&unlimited).exec_async(&mut admin).await.expect("the server answers");
    assert_eq!(verdict(&store, 1).await.expect("the server answers"), Verdict::Allow);
}

#[tokio::test]
async fn replica_is_unavailable_even_for_what_would_only_read() {
    let master = RedisServer::start(&[]).await;
    let replica = RedisServer::start(&["--replicaof", "127.0.0.1", &master.port().to_string()]).await;
    let store = store(&replica, PATIENT, Clock::Server);
    let mut check = spend(1);
    check.charge.action = Action::Check;
    for entry in [spend(1), check] {
        let refused = store.decide(&[entry], NOW).await;
        assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{refused:?}");
    }
}

#[tokio::test]
async fn password_is_never_told() {
    let server = RedisServer::start(&["--requirepass", "right-secret"]).await;
    let with = |password: &str| RedisStoreOptions {
        password: Some(password.to_owned()),
        deadline: PATIENT,
        ..options(&server)
    };
    let store = RedisStore::connect(&with("right-secret")).expect("they go together");
    assert_eq!(verdict(&store, 1).await.expect("the password is right"), Verdict::Allow);

    let store = RedisStore::connect(&with("wrong-secret")).expect("they go together");
    let refused = verdict(&store, 1).await;
    assert!(refused.is_err());
    let mut told = format!("{refused:?} {store:?} {:?}", with("wrong-secret"));
    for url in ["redis//:secret@", "redis://me:secret@127.0.0.1", "unix:///run/redis?pass=secret"] {
        let error = url.parse::<RedisUrl>().expect_err("it is no URL, or has a password");
        told.push_str(&format!("{error} {error:?}"));
    }
    assert!(!told.contains("secret") && !told.contains("127.0.0.1"), "{told}");
}

#[tokio::test]
async fn bucket_takes_less_than_145_bytes_of_the_server() {
    const BUCKETS: u64 = 100_000;
    let server = RedisServer::start(&[]).await;
    let store = store(&server, PATIENT, Clock::Server);
    let mut admin = admin(&server).await;
    let before = used_bytes(&mut admin).await;
    for first in (0..BUCKETS).step_by(1000) {
        let batch: Vec<_> = (first..first + 1000).map(spend).collect();
        store.decide(&batch, NOW).await.expect("the server answers");
    }
    let bytes = (used_bytes(&mut admin).await - before) / BUCKETS;
    println!("{bytes} bytes a bucket");
    assert!(bytes < 145, "{bytes} bytes a bucket");
}

async fn used_bytes(admin: &mut MultiplexedConnection) -> u64 {
    let info: String = redis::cmd("INFO").arg("memory").query_async(admin).await.expect("the server answers");
    let used = info.lines().find_map(|line| line.strip_prefix("used_memory:")).expect("it is told");
    used.parse().expect("it is a number")
}
