//! What the durable store promises beyond the contract: what it holds when it is opened again.

use std::sync::atomic::{AtomicBool, Ordering};

use redb::{Builder, StorageBackend, backends::FileBackend};
use tollgate_engine::{Action, Charge, Cost, Verdict};

use super::*;
use crate::{
    HashKey,
    conformance::{Keeping, Store},
};

const T0: Timestamp = Timestamp::from_secs(1_795_000_000);

fn in_folder(durability: Durability) -> Store {
    let folder = tempfile::tempdir().expect("a folder");
    Arc::new(Keeping(open(folder.path(), durability).expect("it opens"), folder))
}

mod interval {
    crate::conformance_suite!(super::in_folder(super::Durability::default()));
}

mod every_commit {
    crate::conformance_suite!(super::in_folder(super::Durability::EveryCommit));
}

fn open(directory: &Path, durability: Durability) -> Result<DurableStore, OpenError> {
    let options = DurableStoreOptions { directory: directory.to_owned(), buckets_max: 1_000_000, durability };
    DurableStore::open(options, T0)
}

fn spend(number: u64, burst: u64, cost: u64) -> Entry {
    let quota = Quota::new(1, Duration::from_secs(1), burst).expect("representable");
    let id = HashKey::new([1; 16]).bucket(0, &[&number.to_le_bytes()]);
    Entry { id, charge: Charge { quota, cost: Cost(cost), action: Action::Spend } }
}

async fn allows(store: &DurableStore, batch: &[Entry], now: Timestamp) -> bool {
    store.decide(batch, now).await.expect("the store answers").verdict == Verdict::Allow
}

async fn left(store: &DurableStore, number: u64, burst: u64) -> u64 {
    let Entry { id, charge } = spend(number, burst, 1);
    store.peek(id, &charge.quota, T0).await.expect("the store answers").remaining
}

#[tokio::test]
async fn what_was_spent_refunded_and_reset_is_so_after_a_restart() {
    for durability in [Durability::default(), Durability::EveryCommit] {
        let folder = tempfile::tempdir().expect("a folder");
        let store = open(folder.path(), durability).expect("an empty folder");
        assert!(allows(&store, &[spend(1, 5, 3), spend(2, 5, 5), spend(3, 5, 5)], T0).await);
        store.refund(&[spend(2, 5, 2)], T0).await.expect("the store answers");
        store.reset(&[spend(3, 5, 1).id]).await.expect("the store answers");
        drop(store);

        let store = open(folder.path(), durability).expect("it was closed");
        assert_eq!(store.len(), 2);
        for (number, expected) in [(1, 2), (2, 2), (3, 5)] {
            assert_eq!(left(&store, number, 5).await, expected, "bucket {number}, {durability:?}");
        }
    }
}

#[tokio::test]
async fn second_store_on_a_directory_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path(), Durability::default()).expect("an empty folder");
    assert!(matches!(open(folder.path(), Durability::default()), Err(OpenError::InUse { .. })));
    drop(store);
    open(folder.path(), Durability::default()).expect("it is free again");
}

#[tokio::test]
async fn closed_store_answers_that_it_is_unavailable() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path(), Durability::default()).expect("an empty folder");
    store.close().expect("nothing waits");
    let answer = store.decide(&[spend(1, 5, 1)], T0).await;
    assert!(matches!(answer, Err(StoreError::Unavailable { .. })), "{answer:?}");
}

#[tokio::test]
async fn file_that_is_cut_short_or_overwritten_is_named() {
    for damage in [|bytes: &mut Vec<u8>| bytes.truncate(100), |bytes: &mut Vec<u8>| bytes.fill(7)] {
        let folder = tempfile::tempdir().expect("a folder");
        drop(open(folder.path(), Durability::default()).expect("an empty folder"));
        let file = folder.path().join("buckets.redb");
        let mut bytes = fs::read(&file).expect("it is there");
        damage(&mut bytes);
        fs::write(&file, bytes).expect("it is ours");
        let error = open(folder.path(), Durability::default()).expect_err("it is damaged");
        assert!(error.to_string().contains("buckets.redb"), "{error}");
    }
}

#[tokio::test]
async fn checkpoints_change_nothing_and_expired_buckets_leave_the_disk() {
    let folder = tempfile::tempdir().expect("a folder");
    let durability = Durability::Interval(Duration::from_millis(1));
    let store = open(folder.path(), durability).expect("an empty folder");
    for number in 0..2000 {
        let cost = if number % 4 == 0 { 1000 } else { 1 };
        assert!(allows(&store, &[spend(number, 1000, cost)], T0).await);
    }
    let later = T0.saturating_add(Duration::from_secs(10));
    assert_eq!(store.sweep(later), 1500);
    drop(store);

    // The checkpoint may have been cut off by the end: whatever it had done, the buckets are the same.
    let store = open(folder.path(), durability).expect("it was closed");
    for number in (0..2000).step_by(4) {
        assert_eq!(left(&store, number, 1000).await, 0, "bucket {number}");
    }
    drop(store);
}

/// A disk that can be full for a while.
#[derive(Debug)]
struct FillingDisk {
    file: FileBackend,
    is_full: Arc<AtomicBool>,
}

impl FillingDisk {
    fn room(&self) -> io::Result<()> {
        if self.is_full.load(Ordering::Relaxed) { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }
}

impl StorageBackend for FillingDisk {
    fn len(&self) -> Result<u64, io::Error> {
        self.file.len()
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), io::Error> {
        self.file.read(offset, out)
    }
    fn set_len(&self, len: u64) -> Result<(), io::Error> {
        self.room()?;
        self.file.set_len(len)
    }
    fn sync_data(&self) -> Result<(), io::Error> {
        self.room()?;
        self.file.sync_data()
    }
    fn write(&self, offset: u64, data: &[u8]) -> Result<(), io::Error> {
        self.room()?;
        self.file.write(offset, data)
    }
    fn close(&self) -> Result<(), io::Error> {
        self.file.close()
    }
}

#[tokio::test]
async fn full_disk_is_told_and_everything_goes_on_when_there_is_space_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let is_full = Arc::new(AtomicBool::new(false));
    let disk = Arc::clone(&is_full);
    let opener: Opener = Box::new(move |path| {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let disk = FillingDisk { file: FileBackend::new(file)?, is_full: Arc::clone(&disk) };
        log::with_tables(Builder::new().create_with_backend(disk)?)
    });
    let options = DurableStoreOptions {
        directory: folder.path().to_owned(),
        buckets_max: 1000,
        durability: Durability::EveryCommit,
    };
    let store = DurableStore::open_with(options, T0, opener).expect("an empty folder");
    assert!(allows(&store, &[spend(1, 5, 1)], T0).await);

    is_full.store(true, Ordering::Relaxed);
    for _ in 0..3 {
        let answer = store.decide(&[spend(1, 5, 1)], T0).await;
        assert!(matches!(answer, Err(StoreError::Unavailable { .. })), "{answer:?}");
    }
    is_full.store(false, Ordering::Relaxed);
    let mut progress = store.shared.progress.subscribe();
    progress.wait_for(|progress| progress.failure.is_none()).await.expect("the writer lives");

    // One unit was spent before, one by the decision whose commit failed; the refused ones after it spent nothing.
    assert_eq!(left(&store, 1, 5).await, 3);
    assert!(allows(&store, &[spend(1, 5, 3)], T0).await);
    drop(store);
    let store = open(folder.path(), Durability::EveryCommit).expect("it was closed");
    assert_eq!(left(&store, 1, 5).await, 0, "what was spent while the disk was full is kept as well");
}
