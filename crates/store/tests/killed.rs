//! The durable store under `kill -9`: a hundred times, at random points of a load.
//!
//! This test starts itself again as another process, which decides and tells each grant on its standard output,
//! and kills it there.

use std::{
    collections::HashMap,
    env,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use tollgate_engine::{Action, Charge, Cost, Quota, Timestamp, Verdict};
use tollgate_store::{BucketStore, Durability, DurableStore, DurableStoreOptions, Entry, HashKey};

const T0: Timestamp = Timestamp::from_secs(1_795_000_000);

/// Tells the second process where the store is and how durable it is.
const FOLDER: &str = "TOLLGATE_TEST_KILLED_FOLDER";
const EVERY_COMMIT: &str = "TOLLGATE_TEST_KILLED_EVERY_COMMIT";

/// Kills in each durability.
const ROUNDS: u32 = 50;

/// A folder is used for so many rounds, so that the buckets run out in it.
const ROUNDS_PER_FOLDER: u32 = 10;

const BUCKETS: u64 = 40;
const BURST: u64 = 30;

#[test]
fn nothing_acknowledged_is_lost_when_every_change_is_committed() {
    kill_again_and_again(true);
}

#[test]
fn nothing_before_the_last_commit_is_lost_when_commits_come_at_intervals() {
    kill_again_and_again(false);
}

fn kill_again_and_again(every_commit: bool) {
    let seed: u64 = std::process::id().into();
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let mut folder = tempfile::tempdir().expect("a folder");
    let mut told = Told::default();
    for round in 0..ROUNDS {
        if round % ROUNDS_PER_FOLDER == 0 {
            folder = tempfile::tempdir().expect("a folder");
            told = Told::default();
        }
        let lines = random.usize(0..400);
        told.read(start(folder.path(), every_commit), lines);

        let store = open(folder.path(), every_commit);
        for bucket in 0..BUCKETS {
            let left = left(&store, bucket);
            let counted = BURST - left;
            let granted = told.granted.get(&bucket).copied().unwrap_or_default();
            let committed =
                if every_commit { granted } else { told.committed.get(&bucket).copied().unwrap_or_default() };
            assert!(granted <= BURST || !every_commit, "bucket {bucket} was granted {granted} times");
            assert!(counted >= committed, "round {round}, bucket {bucket}: {committed} told, {counted} kept");
            // What the disk lost was granted, and is so once more at most: the next rounds count from what is kept.
            told.granted.insert(bucket, counted);
            told.committed.insert(bucket, counted);
        }
    }
}

/// What the second process told: grants, and how many of them were on the disk.
#[derive(Default)]
struct Told {
    granted: HashMap<u64, u64>,
    committed: HashMap<u64, u64>,
}

impl Told {
    /// Reads `lines` lines, kills, and reads what was told until then.
    fn read(&mut self, mut process: Child, lines: usize) {
        let output = BufReader::new(process.stdout.take().expect("it is piped"));
        let mut killed = false;
        for (number, line) in output.lines().enumerate() {
            let line = line.expect("plain text");
            // The test runner writes lines of its own, and names the test before the first of ours.
            let word = line.rsplit(' ').next().unwrap_or_default();
            match word.split_at_checked(1) {
                Some(("+", bucket)) => {
                    // A line that was cut by the kill has no newline, and may name another bucket.
                    if let Some(bucket) = bucket.strip_suffix(';').and_then(|bucket| bucket.parse().ok()) {
                        *self.granted.entry(bucket).or_default() += 1;
                    }
                }
                Some(("!", ";")) => self.committed = self.granted.clone(),
                _ => {}
            }
            if number >= lines && !killed {
                process.kill().expect("it is our child");
                killed = true;
            }
        }
        let _ = process.kill();
        process.wait().expect("it is our child");
    }
}

fn start(folder: &Path, every_commit: bool) -> Child {
    Command::new(env::current_exe().expect("a test has a file"))
        .args(["second_process", "--exact", "--nocapture", "--test-threads", "1"])
        .env(FOLDER, folder)
        .env(EVERY_COMMIT, every_commit.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("this very program starts")
}

/// Does nothing by itself: the tests above start it in a process of its own.
#[tokio::test]
async fn second_process() {
    let Some(folder) = env::var_os(FOLDER) else { return };
    let every_commit = env::var_os(EVERY_COMMIT).is_some_and(|value| value == "true");
    let store = open(Path::new(&folder), every_commit);
    let mut output = std::io::stdout();
    let mut random = fastrand::Rng::new();
    // In every other life each decision is a commit, of which a checkpoint needs some three hundred.
    let rewrites = random.bool();
    if rewrites {
        begin_a_checkpoint(&store).await;
    }
    loop {
        let bucket = random.u64(0..BUCKETS);
        let decision = store.decide(&[entry(bucket)], T0).await.expect("the disk has room");
        if decision.verdict == Verdict::Allow {
            writeln!(output, "+{bucket};").expect("somebody reads");
        } else {
            // Nothing is left in it: let the reader see that the process is alive.
            writeln!(output, "-").expect("somebody reads");
        }
        if rewrites {
            store.decide(&[short_lived(0)], T0).await.expect("the disk has room");
        }
        if !every_commit && (rewrites || random.u8(0..20) == 0) {
            store.flush().await.expect("the disk has room");
            writeln!(output, "!;").expect("somebody reads");
        }
    }
}

/// Most buckets become full and are forgotten: the file is then written anew, part by part, while the load goes on.
async fn begin_a_checkpoint(store: &DurableStore) {
    let batch: Vec<_> = (0..100).map(short_lived).collect();
    store.decide(&batch, T0).await.expect("the disk has room");
    store.flush().await.expect("the disk has room");
    store.sweep(T0.saturating_add(Duration::from_secs(10)));
}

/// Recorded, so that it changes the bucket each time; full again in ten seconds.
fn short_lived(number: u64) -> Entry {
    let quota = Quota::new(1000, Duration::from_secs(1), 10_000).expect("representable");
    let id = HashKey::new([1; 16]).bucket(1, &[&number.to_le_bytes()]);
    Entry { id, charge: Charge { quota, cost: Cost(1), action: Action::Record } }
}

fn open(folder: &Path, every_commit: bool) -> DurableStore {
    let durability =
        if every_commit { Durability::EveryCommit } else { Durability::Interval(Duration::from_millis(2)) };
    let options = DurableStoreOptions { directory: folder.to_owned(), buckets_max: 1000, durability };
    DurableStore::open(options, T0).expect("whatever was killed, it opens")
}

fn entry(bucket: u64) -> Entry {
    // One unit a year: none comes back.
    let quota = Quota::new(1, Duration::from_secs(365 * 86_400), BURST).expect("representable");
    let id = HashKey::new([1; 16]).bucket(0, &[&bucket.to_le_bytes()]);
    Entry { id, charge: Charge { quota, cost: Cost(1), action: Action::Spend } }
}

fn left(store: &DurableStore, bucket: u64) -> u64 {
    let Entry { id, charge } = entry(bucket);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(store.peek(id, &charge.quota, T0)).expect("the store answers").remaining
}
