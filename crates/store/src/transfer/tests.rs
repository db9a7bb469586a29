use proptest::prelude::*;
use tokio::runtime::Runtime;

use super::{stream::BLOCK_BUCKETS_MAX, *};
use crate::{Durability, DurableStore, DurableStoreOptions, MemoryStoreOptions};

const T0: Timestamp = Timestamp::from_secs(1_795_000_000);
const DAY: Duration = Duration::from_secs(86_400);

fn key() -> HashKey {
    HashKey::new([7; 16])
}

fn name(number: u64) -> BucketId {
    key().bucket(0, &[&number.to_le_bytes()])
}

fn memory() -> MemoryStore {
    MemoryStore::new(MemoryStoreOptions { buckets_max: 1_000_000 })
}

fn later(by: Duration) -> Bucket {
    Bucket::from_tat(T0.saturating_add(by))
}

/// A store of `count` buckets that are full a day from now and some nanoseconds, each some more.
async fn filled(count: u64) -> MemoryStore {
    let store = memory();
    let buckets: Vec<_> =
        (0..count).map(|number| (name(number), later(DAY + Duration::from_nanos(number)))).collect();
    store.take(&buckets, T0).await.expect("there is room");
    store
}

async fn exported(store: &dyn BucketTransfer) -> Vec<u8> {
    let mut stream = Vec::new();
    export(store, &key(), &mut stream, T0).await.expect("memory has room");
    stream
}

async fn held(store: &dyn BucketTransfer) -> Vec<(BucketId, Timestamp)> {
    let (mut held, mut place) = (Vec::new(), Some(Place::default()));
    while let Some(at) = place {
        let part = store.part(at).await.expect("it is there");
        held.extend(part.buckets.iter().map(|(id, bucket)| (*id, bucket.tat())));
        place = part.next;
    }
    held.sort_unstable();
    held
}

#[tokio::test]
async fn every_bucket_arrives_as_it_was_whatever_the_stores() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = |name: &str| DurableStoreOptions {
        directory: folder.path().join(name),
        buckets_max: 1_000_000,
        durability: Durability::default(),
    };
    // More than fit into one block.
    let count = BLOCK_BUCKETS_MAX as u64 + 1000;
    let first = filled(count).await;
    let second = DurableStore::open(options("second"), T0).expect("an empty folder");
    let third = memory();

    let imported = import(&second, &key(), &*exported(&first).await, T0).await.expect("a whole stream");
    assert_eq!(imported, Imported { taken: count, full: 0 });
    drop(second);
    let second = DurableStore::open(options("second"), T0).expect("it was closed");
    import(&third, &key(), &*exported(&second).await, T0).await.expect("a whole stream");

    assert_eq!(first.len() as u64, count);
    assert_eq!(held(&first).await, held(&second).await);
    assert_eq!(held(&first).await, held(&third).await);
}

#[tokio::test]
async fn of_a_bucket_that_both_have_the_one_that_is_full_later_stays() {
    let (from, to) = (memory(), memory());
    let hour = Duration::from_secs(3600);
    from.take(&[(name(1), later(hour)), (name(2), later(3 * hour)), (name(3), later(hour))], T0)
        .await
        .expect("there is room");
    to.take(&[(name(1), later(2 * hour)), (name(2), later(2 * hour))], T0).await.expect("there is room");

    let stream = exported(&from).await;
    for _ in 0..2 {
        import(&to, &key(), &*stream, T0).await.expect("a whole stream");
        let mut expected = [2, 3, 1].map(|hours| T0.saturating_add(hours * hour));
        let mut held: Vec<_> = held(&to).await.into_iter().map(|(_, tat)| tat).collect();
        held.sort_unstable();
        expected.sort_unstable();
        assert_eq!(held, expected, "also when it is imported again");
    }
}

#[tokio::test]
async fn buckets_that_became_full_on_the_way_are_left_out() {
    let (from, to) = (filled(10).await, memory());
    let stream = exported(&from).await;
    let tomorrow = T0.saturating_add(DAY + Duration::from_nanos(4));
    let imported = import(&to, &key(), &*stream, tomorrow).await.expect("a whole stream");
    assert_eq!(imported, Imported { taken: 5, full: 5 });
    assert_eq!(to.len(), 5);
}

#[tokio::test]
async fn stream_of_another_key_is_refused_and_nothing_taken() {
    let (stream, to) = (exported(&filled(10).await).await, memory());
    let error = import(&to, &HashKey::new([8; 16]), &*stream, T0).await.expect_err("another key");
    assert!(matches!(error.cause, ImportFailure::Stream(StreamError::OtherKey)), "{error:?}");
    assert!(to.is_empty());
}

#[tokio::test]
async fn full_store_says_so_and_keeps_what_it_took() {
    let stream = exported(&filled(10).await).await;
    let to = MemoryStore::new(MemoryStoreOptions { buckets_max: 4 });
    let error = import(&to, &key(), &*stream, T0).await.expect_err("there is no room");
    assert!(matches!(error.cause, ImportFailure::Store(StoreError::Full { buckets_max: 4 })), "{error:?}");
    assert_eq!(to.len(), 4);
}

#[tokio::test]
async fn other_files_and_later_versions_are_named() {
    let mut later = exported(&filled(1).await).await;
    later[16] = 2;
    for (stream, expected) in [
        (&b""[..], "this is no stream of buckets"),
        (b"tollgate", "this is no stream of buckets"),
        (b"{\"buckets\": [1, 2, 3, 4, 5]}", "this is no stream of buckets"),
        (&later, "version 2"),
    ] {
        let error = import(&memory(), &key(), stream, T0).await.expect_err("it is something else");
        assert!(error.cause.to_string().contains(expected), "{}", error.cause);
    }
}

/// Head, a block of so many, the end.
fn stream_bytes(buckets: u64) -> u64 {
    (16 + 4 + 16 + 8 + 8) + (4 + 24 * buckets + 8) + (4 + 8 + 8)
}

#[tokio::test]
async fn stream_cut_anywhere_is_torn_there_and_whole_blocks_before_it_are_taken() {
    let stream = exported(&filled(3).await).await;
    assert_eq!(stream.len() as u64, stream_bytes(3));
    for cut in 16..stream.len() {
        let to = filled(1).await;
        let error = import(&to, &key(), &stream[..cut], T0).await.expect_err("it is torn");
        let ImportFailure::Stream(StreamError::Torn { at, block }) = error.cause else {
            panic!("cut at {cut}: {error:?}")
        };
        let block_ends = 52 + 4 + 3 * 24 + 8;
        assert_eq!(at, cut as u64);
        assert_eq!(block, if cut < 52 { 0 } else { 1 + u64::from(cut >= block_ends) }, "cut at {cut}");
        let taken = if cut < block_ends { 0 } else { 3 };
        assert_eq!(error.taken, taken);
        assert_eq!(to.len() as u64, taken.max(1), "what was there stays");
    }
}

#[tokio::test]
async fn bytes_after_the_end_are_named() {
    let mut stream = exported(&filled(3).await).await;
    stream.push(0);
    let error = import(&memory(), &key(), &*stream, T0).await.expect_err("it is too long");
    let at = stream_bytes(3);
    assert!(matches!(error.cause, ImportFailure::Stream(StreamError::Surplus { at: told }) if told == at));
}

proptest! {
    /// Nothing that was altered is taken for a bucket.
    #[test]
    fn stream_with_any_byte_altered_is_refused(at in any::<prop::sample::Index>(), by in 1_u8..=255) {
        let runtime = Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let from = filled(20).await;
            let mut stream = exported(&from).await;
            let at = at.index(stream.len());
            stream[at] ^= by;
            let to = memory();
            let error = import(&to, &key(), &*stream, T0).await.expect_err("it was altered");
            assert_eq!(to.len() as u64, error.taken);
            let original = held(&from).await;
            assert!(held(&to).await.iter().all(|bucket| original.contains(bucket)), "{error:?}");
        });
    }

    /// The later of the two, to the nanosecond up to ten years ahead.
    #[test]
    fn raised_bucket_is_full_when_the_later_of_both_is(
        before in 0_u64..315_000_000_000_000_000,
        ahead in 1_000_000_u64..315_000_000_000_000_000,
    ) {
        let mut bucket = Bucket::from_tat(Timestamp::from_nanos(T0.as_nanos() + before));
        let tat = Timestamp::from_nanos(T0.as_nanos() + ahead);
        let Entry { charge, .. } = raise(name(1), tat, T0);
        bucket.record(&charge.quota, charge.cost, T0).expect("it fits");
        prop_assert_eq!(bucket.tat().as_nanos(), T0.as_nanos() + before.max(ahead));
    }

    #[test]
    fn raised_bucket_far_ahead_is_never_full_sooner(ahead in 0_u64..9_000_000_000_000_000_000) {
        let mut bucket = Bucket::default();
        let tat = Timestamp::from_nanos(T0.as_nanos() + ahead);
        let Entry { charge, .. } = raise(name(1), tat, T0);
        bucket.record(&charge.quota, charge.cost, T0).expect("it fits");
        let late = bucket.tat().as_nanos() - tat.as_nanos();
        prop_assert!(late <= if ahead < 1_000_000 { 1_000_000 } else { 30 }, "{late}");
    }
}
