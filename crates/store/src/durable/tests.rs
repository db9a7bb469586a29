//! What the durable store promises beyond the contract: what it holds when it is opened again.

use std::{
    fs,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
};

use redb::{
    StorageBackend,
    backends::{FileBackend, InMemoryBackend},
};
use tollgate_engine::{Action, Charge, Cost, Verdict};

use super::*;
use crate::{
    HashKey,
    conformance::{Keeping, Store},
    memory::PARTS,
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

/// A closed store with buckets in both tables of its file, and what it holds.
async fn closed_with_buckets(folder: &Path) -> Vec<(BucketId, Bucket)> {
    let store = open(folder, Durability::Interval(Duration::from_millis(1))).expect("an empty folder");
    for number in 0..2000 {
        let cost = if number % 4 == 0 { 1000 } else { 1 };
        assert!(allows(&store, &[spend(number, 1000, cost)], T0).await);
    }
    store.flush().await.expect("the disk has room");
    // Most of them are full by now: a checkpoint writes the others anew.
    store.sweep(T0.saturating_add(Duration::from_secs(10)));
    store.flush().await.expect("the disk has room");
    while !store.shared.progress.borrow().checkpoints.eq(&1) {
        assert!(allows(&store, &[spend(3000, 1000, 1)], T0).await);
        store.flush().await.expect("the disk has room");
    }
    for number in 4000..4100 {
        assert!(allows(&store, &[spend(number, 1000, 500)], T0).await);
    }
    let held = held(&store);
    store.close().expect("the disk has room");
    held
}

/// What happens to the bytes of a file.
type Damage<'a> = &'a dyn Fn(&mut Vec<u8>);

fn held(store: &DurableStore) -> Vec<(BucketId, Bucket)> {
    let mut held: Vec<_> = (0..PARTS).flat_map(|part| store.shared.memory.part(part)).collect();
    held.sort_unstable_by_key(|(id, _)| *id);
    held
}

#[tokio::test]
async fn file_that_is_cut_short_or_overwritten_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let held = closed_with_buckets(folder.path()).await;
    let file = folder.path().join("buckets.redb");
    let whole = fs::read(&file).expect("it is there");
    let half = whole.len() / 2;
    let damages: [(&str, Damage<'_>); 5] = [
        ("cut to a hundred bytes", &|bytes| bytes.truncate(100)),
        ("cut in the middle", &|bytes| bytes.truncate(half)),
        ("its last byte lost", &|bytes| bytes.truncate(bytes.len() - 1)),
        ("overwritten", &|bytes| bytes.fill(7)),
        ("the second half overwritten", &|bytes| bytes[half..].fill(0)),
    ];
    for (what, damage) in damages {
        let mut bytes = whole.clone();
        damage(&mut bytes);
        fs::write(&file, bytes).expect("it is ours");
        match open(folder.path(), Durability::default()) {
            Err(error @ OpenError::Damaged { .. }) => {
                let text = error.to_string();
                assert!(text.contains("buckets.redb is damaged") && text.contains("docs/troubleshooting.md"));
            }
            Err(error) => panic!("{what}: {error:?}"),
            Ok(store) => assert!(self::held(&store) == held, "{what}: nothing of it was used"),
        }
    }

    // The way out: from a backup, or with nothing.
    fs::write(&file, whole).expect("it is ours");
    let back = self::held(&open(folder.path(), Durability::default()).expect("it is whole"));
    assert!(back == held);
    fs::remove_file(&file).expect("it is ours");
    assert!(open(folder.path(), Durability::default()).expect("it begins anew").is_empty());
}

/// As if the file held these bytes.
fn open_bytes(directory: &Path, bytes: &[u8]) -> Result<DurableStore, OpenError> {
    let disk = InMemoryBackend::new();
    disk.set_len(bytes.len() as u64).and_then(|()| disk.write(0, bytes)).expect("memory has room");
    let disk = Mutex::new(Some(disk));
    let opener: Opener = Box::new(move |_| log::over(disk.lock().take().expect("it is opened once")));
    let options = DurableStoreOptions {
        directory: directory.to_owned(),
        buckets_max: 1_000_000,
        durability: Durability::default(),
    };
    DurableStore::open_with(options, T0, opener)
}

#[tokio::test]
async fn no_altered_byte_goes_unnoticed_when_it_matters() {
    let folder = tempfile::tempdir().expect("a folder");
    let expected = closed_with_buckets(folder.path()).await;
    let whole = fs::read(folder.path().join("buckets.redb")).expect("it is there");

    // A byte in the middle of a stored row is told for sure.
    let (id, bucket) = expected[expected.len() / 2];
    let mut record = Vec::new();
    append(&mut record, id, bucket);
    let places: Vec<_> = (0..whole.len() - RECORD_BYTES)
        .filter(|at| whole[*at..].starts_with(&record))
        .map(|at| at + RECORD_BYTES - 8)
        .collect();
    assert!(!places.is_empty(), "the bucket lies in the file");
    let mut named = 0;
    let seed = std::process::id();
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed.into());
    let header = 0..400;
    let anywhere: Vec<_> = (0..300).map(|_| random.usize(..whole.len())).collect();
    for at in header.chain(anywhere).chain(places.iter().copied()) {
        let mut bytes = whole.clone();
        bytes[at] ^= random.u8(1..);
        match open_bytes(folder.path(), &bytes) {
            Ok(store) => assert!(held(&store) == expected, "byte {at} was altered"),
            Err(OpenError::Damaged { .. }) => named += usize::from(places.contains(&at)),
            Err(error) => panic!("byte {at} was altered: {error:?}"),
        }
    }
    assert!(named > 0);
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

/// Bytes of the store's file.
fn file_bytes(folder: &Path) -> u64 {
    fs::metadata(folder.join("buckets.redb")).expect("it is there").len()
}

#[tokio::test]
async fn file_stays_small_though_most_buckets_expire_again_and_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path(), Durability::EveryCommit).expect("an empty folder");
    let mut now = T0;
    // Each sweep forgets most buckets, long before the checkpoint that the sweep before it asked for is done.
    for round in 0..600 {
        let batch: Vec<_> = (0..1000).map(|number| spend(number, 1000, 1)).collect();
        assert!(allows(&store, &batch, now).await, "round {round}");
        now = now.saturating_add(Duration::from_secs(10));
        assert_eq!(store.sweep(now), 1000);
    }
    store.flush().await.expect("the disk has room");
    let (checkpoints, bytes) = (store.shared.progress.borrow().checkpoints, file_bytes(folder.path()));
    assert!(checkpoints > 1, "{checkpoints} checkpoints");
    assert!(bytes < 10 << 20, "{bytes} bytes after 600 commits of 24,000");
}

/// What a disk is told, and tells.
#[derive(Debug, Default)]
struct Gauges {
    is_full: AtomicBool,
    written: AtomicU64,
}

/// A disk that can be full for a while, and counts the bytes written.
#[derive(Debug)]
struct WatchedDisk {
    file: FileBackend,
    gauges: Arc<Gauges>,
}

impl WatchedDisk {
    fn opener(gauges: &Arc<Gauges>) -> Opener {
        let gauges = Arc::clone(gauges);
        Box::new(move |path| {
            let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
            log::over(Self { file: FileBackend::new(file)?, gauges: Arc::clone(&gauges) })
        })
    }

    fn room(&self) -> io::Result<()> {
        if self.gauges.is_full.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }
}

impl StorageBackend for WatchedDisk {
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
        self.gauges.written.fetch_add(data.len() as u64, Ordering::Relaxed);
        self.file.write(offset, data)
    }
    fn close(&self) -> Result<(), io::Error> {
        self.file.close()
    }
}

#[test]
fn log_grows_by_no_more_than_the_buckets_while_a_checkpoint_lasts() {
    let folder = tempfile::tempdir().expect("a folder");
    let memory = MemoryStore::new(MemoryStoreOptions::default());
    let disk = Arc::<Gauges>::default();
    let path = folder.path().join("buckets.redb");
    let mut log = Log::open(path, WatchedDisk::opener(&disk), &memory, T0).expect("an empty folder");
    let taken = Bucket::from_tat(T0.saturating_add(Duration::from_secs(3600)));
    let ids = (0..100_000).map(|number| spend(number, 5, 1).id);
    memory.restore(ids.clone().map(|id| (id, taken)), T0).expect("there is room");
    let mut changes = Vec::new();
    ids.for_each(|id| append(&mut changes, id, taken));

    let before = disk.written.load(Ordering::Relaxed);
    for commit in 1..=60 {
        let (_, result) = log.commit(&memory, || changes.clone());
        result.expect("the disk has room");
        let written = disk.written.load(Ordering::Relaxed) - before;
        if commit == 1 {
            assert!(written * 10 < changes.len() as u64 * 11, "{written} bytes for {}", changes.len());
        }
        // Each byte twice: as a change, and in a checkpoint.
        assert!(written * 10 < commit * changes.len() as u64 * 22, "{written} bytes in {commit} commits");
        log.checkpoint_if_due(&memory);
        let bytes = file_bytes(folder.path());
        assert!(bytes < 40 << 20, "{bytes} bytes after {commit} commits of {}", changes.len());
    }
    assert!(log.checkpoints() > 10);
}

#[tokio::test]
async fn full_disk_is_told_and_everything_goes_on_when_there_is_space_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let disk = Arc::<Gauges>::default();
    let options = DurableStoreOptions {
        directory: folder.path().to_owned(),
        buckets_max: 1000,
        durability: Durability::EveryCommit,
    };
    let store = DurableStore::open_with(options, T0, WatchedDisk::opener(&disk)).expect("an empty folder");
    assert!(allows(&store, &[spend(1, 5, 1)], T0).await);

    disk.is_full.store(true, Ordering::Relaxed);
    for _ in 0..3 {
        let answer = store.decide(&[spend(1, 5, 1)], T0).await;
        assert!(matches!(answer, Err(StoreError::Unavailable { .. })), "{answer:?}");
    }
    disk.is_full.store(false, Ordering::Relaxed);
    let mut progress = store.shared.progress.subscribe();
    progress.wait_for(|progress| progress.failure.is_none()).await.expect("the writer lives");

    // One unit was spent before, one by the decision whose commit failed; the refused ones after it spent nothing.
    assert_eq!(left(&store, 1, 5).await, 3);
    assert!(allows(&store, &[spend(1, 5, 3)], T0).await);
    drop(store);
    let store = open(folder.path(), Durability::EveryCommit).expect("it was closed");
    assert_eq!(left(&store, 1, 5).await, 0, "what was spent while the disk was full is kept as well");
}

#[test]
fn buffer_of_changes_is_used_again_and_a_large_one_given_back() {
    let filled = |bytes: usize, capacity: usize| {
        let mut rows = Vec::with_capacity(capacity);
        rows.resize(bytes, 1);
        rows
    };
    let again = reusable(filled(1000, 2000));
    assert_eq!((again.len(), again.capacity()), (0, 2000));
    let given_back = reusable(filled(1000, 1_000_000));
    assert_eq!((given_back.len(), given_back.capacity()), (0, 2000));
}

#[test]
fn store_on_a_disk_with_more_buckets_than_the_cap_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let capped = |buckets_max| {
        let options = DurableStoreOptions {
            directory: folder.path().to_owned(),
            buckets_max,
            durability: Durability::default(),
        };
        DurableStore::open(options, T0)
    };
    let store = capped(100).expect("an empty folder");
    let batch: Vec<_> = (0..100).map(|number| spend(number, 5, 1)).collect();
    store.shared.memory.decide_into(&*store.shared, &batch, T0).expect("there is room");
    drop(store);

    let error = capped(99).expect_err("one does not fit");
    let expected = format!(
        "{} holds more buckets than the 99 that may be held (store.buckets-max): raise it to at least as many as there were",
        folder.path().join("buckets.redb").display()
    );
    assert_eq!(error.to_string(), expected);
    assert_eq!(capped(100).expect("they fit").len(), 100, "nothing was lost by trying");
}

#[tokio::test]
async fn store_at_its_cap_opens_again_whatever_came_and_went() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = DurableStoreOptions {
        directory: folder.path().to_owned(),
        buckets_max: 50,
        durability: Durability::Interval(Duration::from_millis(1)),
    };
    let store = DurableStore::open(options.clone(), T0).expect("an empty folder");
    for number in 0..5000 {
        if let Some(oldest) = u64::checked_sub(number, 50) {
            store.reset(&[spend(oldest, 5, 1).id]).await.expect("the store answers");
        }
        assert!(allows(&store, &[spend(number, 5, 2)], T0).await);
    }
    let expected = held(&store);
    assert_eq!(expected.len(), 50);
    drop(store);
    assert!(held(&DurableStore::open(options, T0).expect("they fit")) == expected);
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_what_is_kept() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let directory = folder.path().join("made/by/the/store");
    let _store = open(&directory, Durability::default()).expect("it is made");
    let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(&directory), 0o700);
    assert_eq!(mode(&directory.join("buckets.redb")), 0o600);
    assert_eq!(mode(&directory.join("lock")), 0o600);
}
