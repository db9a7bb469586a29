//! The store on a real server, also when that server is in trouble.

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use futures_util::{FutureExt as _, future::join_all};
use redis::aio::MultiplexedConnection;
use tollgate_engine::{Action, Charge, Cost, Quota, Timestamp, Verdict};
use tollgate_store::{BucketStore, Entry, HashKey, StoreError};
use tollgate_store_redis::{Clock, RedisServers, RedisStore, RedisStoreOptions, RedisUrl};
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
    RedisStoreOptions::new(RedisServers::One(server.url().parse().expect("the URL makes sense")))
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
    let mut admin = admin(&server).await;
    let before = server_micros(&mut admin).await;
    verdict(&store, 1).await.expect("the server answers");
    let after = server_micros(&mut admin).await;

    let key: Vec<u8> = redis::cmd("RANDOMKEY").query_async(&mut admin).await.expect("the server answers");
    assert_eq!(key.len(), 17);
    let early: u64 = redis::cmd("GET").arg(&key).query_async(&mut admin).await.expect("it is a number");
    let expires: u64 = redis::cmd("PEXPIRETIME").arg(&key).query_async(&mut admin).await.expect("it expires");
    assert!(early < 10_000, "hundreds of nanoseconds before the millisecond");
    let spent_at = expires * 10_000 - early - 3_600 * 10_000_000;
    assert!((before * 10..=after * 10).contains(&spent_at), "its TAT is an hour from when it was spent");

    store.refund(&[spend(1)], NOW).await.expect("the server answers");
    let keys: u64 = redis::cmd("DBSIZE").query_async(&mut admin).await.expect("the server answers");
    assert_eq!(keys, 0, "a full bucket is not kept");
}

/// The server's clock, in microseconds.
async fn server_micros(admin: &mut MultiplexedConnection) -> u64 {
    let (seconds, micros): (u64, u64) =
        redis::cmd("TIME").query_async(admin).await.expect("the server answers");
    seconds * 1_000_000 + micros
}

#[tokio::test]
async fn by_the_server_clock_exactly_the_burst_is_spent_and_what_is_given_back_comes_back() {
    let server = RedisServer::start(&[]).await;
    let store = store(&server, PATIENT, Clock::Server);
    // Not a whole number of nanoseconds, let alone of milliseconds, between two units.
    let quota = Quota::new(7, Duration::from_secs(3600), 70).expect("representable");
    let entry = Entry { charge: Charge { quota, cost: Cost(1), action: Action::Spend }, ..spend(1) };
    for left in (0..70).rev() {
        let decision = store.decide(&[entry], NOW).await.expect("the server answers");
        assert_eq!((decision.verdict, decision.state.remaining), (Verdict::Allow, left));
    }
    for _ in 0..3 {
        let denied = store.decide(&[entry], NOW).await.expect("the server answers").verdict;
        assert!(matches!(denied, Verdict::Deny { .. }), "{denied:?}");
        store.refund(&[entry], NOW).await.expect("the server answers");
        assert_eq!(store.decide(&[entry], NOW).await.expect("the server answers").verdict, Verdict::Allow);
    }
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
        assert!(why.contains("cannot be reached") || why.contains("broke"), "{why}");
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
async fn server_that_keeps_failing_is_left_alone_and_asked_again_after_a_while() {
    let mut server = RedisServer::start(&[]).await;
    let store = store(&server, PATIENT, Clock::Server);
    server.kill().await;
    for _ in 0..5 {
        let why = unavailable(&store, 1).await;
        assert!(why.contains("cannot be reached"), "{why}");
    }
    assert_eq!(unavailable(&store, 1).await, "the Redis server failed lately, and is not asked again yet");
    server.restart().await;
    assert_eq!(unavailable(&store, 1).await, "the Redis server failed lately, and is not asked again yet");

    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(1)).await;
    tokio::time::resume();
    for _ in 0..2 {
        assert_eq!(verdict(&store, 1).await.expect("it is back"), Verdict::Allow);
    }
}

#[tokio::test]
async fn connections_are_bounded() {
    let server = RedisServer::start(&[]).await;
    let connections_max = NonZeroUsize::new(3).expect("it is not zero");
    let store =
        RedisStore::connect(&RedisStoreOptions { connections_max, deadline: PATIENT, ..options(&server) });
    let store = Arc::new(store.expect("they go together"));
    // Too large to share a call.
    let calls = (0..50).map(|number| {
        let store = store.clone();
        let batch: Vec<_> = (0..600).map(|place| spend(1000 * number + place)).collect();
        tokio::spawn(async move { store.decide(&batch, NOW).await.expect("the server answers") })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.expect("no call panics");
    }
    let mut admin = admin(&server).await;
    let clients: String =
        redis::cmd("CLIENT").arg("LIST").query_async(&mut admin).await.expect("the server answers");
    assert_eq!(clients.lines().count(), 3 + 1, "and this one:\n{clients}");
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
async fn bucket_takes_less_than_125_bytes_of_the_server() {
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
    assert!(bytes < 125, "{bytes} bytes a bucket");
}

async fn used_bytes(admin: &mut MultiplexedConnection) -> u64 {
    let info: String = redis::cmd("INFO").arg("memory").query_async(admin).await.expect("the server answers");
    let used = info.lines().find_map(|line| line.strip_prefix("used_memory:")).expect("it is told");
    used.parse().expect("it is a number")
}

/// One connection, so that whoever comes during a call waits for the next.
fn narrow(server: &RedisServer, clock: Clock) -> RedisStore {
    let connections_max = NonZeroUsize::MIN;
    let options = RedisStoreOptions { connections_max, deadline: PATIENT, clock, ..options(server) };
    RedisStore::connect(&options).expect("they go together")
}

async fn script_calls(admin: &mut MultiplexedConnection) -> u64 {
    let info: String =
        redis::cmd("INFO").arg("commandstats").query_async(admin).await.expect("the server answers");
    let told = info.split_once("cmdstat_evalsha:calls=").map_or("0", |(_, told)| told);
    told.split(',').next().and_then(|calls| calls.parse().ok()).expect("a number")
}

#[tokio::test]
async fn decisions_that_come_at_once_share_calls_and_are_each_decided() {
    let server = RedisServer::start(&[]).await;
    let store = narrow(&server, Clock::Server);
    let mut admin = admin(&server).await;
    verdict(&store, 1).await.expect("the server answers");
    let before = script_calls(&mut admin).await;

    // As many as a task may poll in one go.
    let verdicts = join_all((0..40).map(|number| verdict(&store, number / 4))).await;
    let allowed = |number: usize| {
        let each = verdicts[4 * number..][..4].iter();
        each.filter(|verdict| matches!(verdict, Ok(Verdict::Allow))).count()
    };
    assert_eq!((allowed(0), allowed(1), allowed(2), allowed(9)), (2, 1, 2, 2));
    assert_eq!(
        script_calls(&mut admin).await - before,
        2,
        "the first is sent at once, the others go together"
    );

    let large: Vec<_> = (0..600).map(|number| spend(1000 + number)).collect();
    let _ = join_all((0..3).map(|_| store.decide(&large, NOW))).await;
    assert_eq!(script_calls(&mut admin).await - before, 5, "what is too much for one call goes in several");
}

#[tokio::test]
async fn decision_dropped_while_it_waits_for_its_call_spends_nothing() {
    let server = RedisServer::start(&[]).await;
    let store = narrow(&server, Clock::Server);
    verdict(&store, 1).await.expect("the server answers");

    server.signal(Signal::STOP);
    let mut under_way = Box::pin(verdict(&store, 2));
    assert!((&mut under_way).now_or_never().is_none());
    // So that the call has been made.
    tokio::task::yield_now().await;
    assert!(verdict(&store, 3).now_or_never().is_none());
    server.signal(Signal::CONT);

    under_way.await.expect("the server answers");
    let state = store.peek(spend(3).id, &hourly(), NOW).await.expect("the server answers");
    assert_eq!(state.remaining, 2);
}

#[tokio::test]
async fn those_who_wait_for_a_call_go_on_when_it_is_given_up() {
    let server = RedisServer::start(&[]).await;
    let deadline = Duration::from_secs(10);
    let options = RedisStoreOptions { connections_max: NonZeroUsize::MIN, deadline, ..options(&server) };
    let store = RedisStore::connect(&options).expect("they go together");
    verdict(&store, 1).await.expect("the server answers");

    server.signal(Signal::STOP);
    let mut under_way = Box::pin(verdict(&store, 2));
    assert!((&mut under_way).now_or_never().is_none());
    let mut waits = Box::pin(verdict(&store, 3));
    assert!((&mut waits).now_or_never().is_none());
    drop(under_way);
    server.signal(Signal::CONT);
    assert_eq!(waits.await.expect("the server answers"), Verdict::Allow);
}

#[tokio::test]
async fn what_moves_by_whole_milliseconds_keeps_its_value() {
    let server = RedisServer::start(&[]).await;
    let store = store(&server, PATIENT, Clock::Server);
    let mut admin = admin(&server).await;
    let mut held = Vec::new();
    // The last moves it by a third of an hour and some nanoseconds.
    for (count, burst) in [(1, 4), (1, 4), (7, 70)] {
        let quota = Quota::new(count, Duration::from_secs(3600), burst).expect("representable");
        let entry = Entry { charge: Charge { quota, ..spend(1).charge }, ..spend(1) };
        let decision = store.decide(&[entry], NOW).await.expect("the server answers");
        assert_eq!(decision.verdict, Verdict::Allow);
        let key: Vec<u8> = redis::cmd("RANDOMKEY").query_async(&mut admin).await.expect("it answers");
        let early: u64 = redis::cmd("GET").arg(&key).query_async(&mut admin).await.expect("it is a number");
        let expires: u64 = redis::cmd("PEXPIRETIME").arg(&key).query_async(&mut admin).await.expect("it is");
        held.push((expires, early));
    }
    let [(expires, early), second, third] = held[..] else { panic!("three were spent") };
    assert_eq!(second, (expires + 3_600_000, early));
    let hundreds_of_nanos = |(expires, early): (u64, u64)| expires * 10_000 - early;
    // A seventh of an hour is 514,285,714,285 ns; up to the next hundred.
    assert_eq!(hundreds_of_nanos(third) - hundreds_of_nanos(second), 5_142_857_143);
}

/// More buckets than one of the server's calls takes, all charged in different ways, more than a byte can number.
#[tokio::test]
async fn buckets_by_thousands_are_each_charged_in_their_own_way() {
    let server = RedisServer::start(&[]).await;
    let store = narrow(&server, Clock::Given);
    let memory = tollgate_store::MemoryStore::new(tollgate_store::MemoryStoreOptions::default());
    let batch = |count: u64, cost: u64| {
        let entry = |number: u64| {
            let quota = Quota::new(1, Duration::from_secs(60 + number), 4).expect("representable");
            let action = [Action::Spend, Action::Check, Action::Record][number as usize % 3];
            Entry { charge: Charge { quota, cost: Cost(cost), action }, ..spend(number) }
        };
        (0..count).map(entry).collect::<Vec<_>>()
    };
    let now = Timestamp::from_secs(1_800_000_000);
    for (count, cost) in [(2500, 1), (250, 2), (300, 1), (2500, 1), (2500, 0), (2400, 2), (1000, 1)] {
        let batch = batch(count, cost);
        let ours = store.decide(&batch, now).await.expect("the server answers");
        assert_eq!(ours, memory.decide(&batch, now).await.expect("there is room"));
    }
    for number in 0..2500 {
        let quota = batch(2500, 1)[number as usize].charge.quota;
        let ours = store.peek(spend(number).id, &quota, now).await.expect("the server answers");
        assert_eq!(ours, memory.peek(spend(number).id, &quota, now).await.expect("it is in memory"));
    }
}

mod beside_the_memory_store {
    use proptest::{collection::vec, prelude::*, sample::subsequence};
    use tollgate_store::{MemoryStore, MemoryStoreOptions};

    use super::*;

    fn charge() -> impl Strategy<Value = Charge> {
        let action = prop_oneof![Just(Action::Spend), Just(Action::Check), Just(Action::Record)];
        let quota = (1..4_u64, 1..100_000_u64, 1..6_u64);
        (quota, 0..3_u64, action).prop_map(|((count, seconds, burst), cost, action)| Charge {
            quota: Quota::new(count, Duration::from_secs(seconds), burst).expect("representable"),
            cost: Cost(cost.min(burst)),
            action,
        })
    }

    /// Some of six buckets, each charged in some way.
    fn decision() -> impl Strategy<Value = Vec<Entry>> {
        subsequence((0..6_u64).collect::<Vec<_>>(), 1..=6).prop_flat_map(|numbers| {
            vec(charge(), numbers.len()).prop_map(move |charges| {
                let each = numbers.iter().zip(charges);
                each.map(|(&number, charge)| Entry { charge, ..spend(number) }).collect()
            })
        })
    }

    fn rounds() -> impl Strategy<Value = Vec<(u64, Vec<Vec<Entry>>)>> {
        vec((0..200_000_u64, vec(decision(), 1..12)), 1..4)
    }

    #[test]
    fn decisions_of_one_call_are_decided_one_after_another() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("it starts");
        let server = runtime.block_on(RedisServer::start(&[]));
        let store = narrow(&server, Clock::Given);
        proptest!(ProptestConfig::with_cases(200), |(rounds in rounds())| {
            runtime.block_on(async {
                let memory = MemoryStore::new(MemoryStoreOptions::default());
                let ids: Vec<_> = (0..6).map(|number| spend(number).id).collect();
                store.reset(&ids).await.expect("the server answers");
                for (seconds, decisions) in &rounds {
                    let now = Timestamp::from_nanos(1_800_000_000_000_000_000 + seconds * 1_000_000_007);
                    let together = join_all(decisions.iter().map(|batch| store.decide(batch, now))).await;
                    for (batch, ours) in decisions.iter().zip(together) {
                        let alone = memory.decide(batch, now).await.expect("the burst is never exceeded");
                        prop_assert_eq!(ours.expect("the server answers"), alone);
                    }
                }
                Ok(())
            })?;
        });
    }
}
