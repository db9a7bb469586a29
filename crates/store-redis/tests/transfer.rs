//! Buckets on their way to a real server and back.

use std::time::{Duration, SystemTime};

use tollgate_engine::{Bucket, Timestamp};
use tollgate_store::{
    BucketId, HashKey, MemoryStore, MemoryStoreOptions,
    transfer::{self, BucketTransfer, Imported, Place},
};
use tollgate_store_redis::{Clock, RedisServers, RedisStore, RedisStoreOptions};
use tollgate_test_servers::redis::RedisServer;

const T0: Timestamp = Timestamp::from_secs(1_795_000_000);
const HOUR: Duration = Duration::from_secs(3600);

fn key() -> HashKey {
    HashKey::new([7; 16])
}

fn buckets(numbers: impl Iterator<Item = u64>, full: Timestamp) -> Vec<(BucketId, Bucket)> {
    let bucket = |number: u64| Bucket::from_tat(full.saturating_add(Duration::from_nanos(number)));
    numbers.map(|number| (key().bucket(0, &[&number.to_le_bytes()]), bucket(number))).collect()
}

fn memory() -> MemoryStore {
    MemoryStore::new(MemoryStoreOptions { buckets_max: 1_000_000 })
}

fn store(server: &RedisServer, clock: Clock) -> RedisStore {
    let url = server.url().parse().expect("the URL makes sense");
    let options = RedisStoreOptions {
        deadline: Duration::from_secs(60),
        clock,
        ..RedisStoreOptions::new(RedisServers::One(url))
    };
    RedisStore::connect(&options).expect("they go together")
}

async fn moved(from: &dyn BucketTransfer, to: &dyn BucketTransfer, now: Timestamp) -> Imported {
    let mut stream = Vec::new();
    transfer::export(from, &key(), &mut stream, now).await.expect("the store answers");
    transfer::import(to, &key(), &*stream, now).await.expect("a whole stream")
}

async fn held(store: &dyn BucketTransfer) -> Vec<(BucketId, Timestamp)> {
    let (mut held, mut place) = (Vec::new(), Some(Place::default()));
    while let Some(at) = place {
        let part = store.part(at).await.expect("the store answers");
        held.extend(part.buckets.iter().map(|(id, bucket)| (*id, bucket.tat())));
        place = part.next;
    }
    // A server that is looked through may give a bucket twice.
    held.sort_unstable();
    held.dedup();
    held
}

#[tokio::test]
async fn every_bucket_arrives_and_comes_back_as_it_was() {
    let server = RedisServer::start(&[]).await;
    let redis = store(&server, Clock::Given);
    // What else lies in the database is left alone.
    let client = redis::Client::open(server.url()).expect("the URL makes sense");
    let mut connection = client.get_multiplexed_async_connection().await.expect("the server runs");
    for other in ["b", "birthday", "b-seventeen-bytes", "another"] {
        let _: () = redis::cmd("SET").arg(other).arg(7).query_async(&mut connection).await.expect("it keeps");
    }
    let (from, to) = (memory(), memory());
    from.take(&buckets(0..5000, T0.saturating_add(HOUR)), T0).await.expect("there is room");

    assert_eq!(moved(&from, &redis, T0).await.taken, 5000);
    moved(&redis, &to, T0).await;
    let mut arrived = held(&to).await;
    // The one key that looks like a bucket's was full long ago.
    arrived.retain(|(_, tat)| *tat > T0);
    assert_eq!(arrived, held(&from).await);
}

#[tokio::test]
async fn the_later_of_both_stays_on_the_server() {
    let server = RedisServer::start(&[]).await;
    let redis = store(&server, Clock::Given);
    let (earlier, later) = (T0.saturating_add(HOUR), T0.saturating_add(2 * HOUR));
    for (mine, theirs) in [(earlier, later), (later, earlier)] {
        redis.take(&buckets(0..3, mine), T0).await.expect("the server answers");
        redis.take(&buckets(1..5, theirs), T0).await.expect("the server answers");
    }
    let expected = buckets(0..5, later).into_iter().map(|(id, bucket)| (id, bucket.tat()));
    let mut expected: Vec<_> = expected.collect();
    expected.sort_unstable();
    assert_eq!(held(&redis).await, expected);
}

#[tokio::test]
async fn buckets_taken_expire_by_the_clock_of_the_server() {
    let server = RedisServer::start(&[]).await;
    let redis = store(&server, Clock::Server);
    let since_1970 = SystemTime::UNIX_EPOCH.elapsed().expect("it is after 1970").as_secs();
    let now = Timestamp::from_secs(since_1970);
    redis
        .take(&buckets(0..10, now.saturating_add(HOUR)), Timestamp::EPOCH)
        .await
        .expect("the server answers");
    let full = Timestamp::from_secs(since_1970 - 1);
    redis.take(&buckets(10..20, full), Timestamp::EPOCH).await.expect("the server answers");
    assert_eq!(held(&redis).await.len(), 10);

    let client = redis::Client::open(server.url()).expect("the URL makes sense");
    let mut connection = client.get_multiplexed_async_connection().await.expect("the server runs");
    let any: Vec<u8> = redis::cmd("RANDOMKEY").query_async(&mut connection).await.expect("it answers");
    let seconds: i64 = redis::cmd("TTL").arg(any).query_async(&mut connection).await.expect("it answers");
    assert!((3000..=3601).contains(&seconds), "{seconds}");
}
