//! The durable store on a disk that is really full, and really read-only.
//!
//! The disk is a small tmpfs in a mount namespace of its own, made as root or, by a user namespace, as anybody: it ends with
//! the process in it. That process is this test, started again: it does what the first one tells it line by line.

use std::{
    env,
    error::Error,
    io::{BufRead, BufReader, Lines, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};

use tollgate_engine::{Action, Charge, Cost, Quota, Timestamp, Verdict};
use tollgate_store::{
    BucketStore, Durability, DurableStore, DurableStoreOptions, Entry, HashKey, StoreError,
};

const T0: Timestamp = Timestamp::from_secs(1_795_000_000);

/// Tells the second process where the disk is, and how durable the store.
const DISK: &str = "TOLLGATE_TEST_DISK";
const EVERY_COMMIT: &str = "TOLLGATE_TEST_DISK_EVERY_COMMIT";

/// Buckets of a spend: their row is larger than what the file has to spare.
const BUCKETS: u64 = 1000;
const BURST: u64 = 1_000_000;

/// How often something is asked that must come at last, with a tenth of a second between.
const PATIENCE: usize = 600;

#[test]
fn full_disk_is_told_and_the_store_recovers_by_itself() {
    for every_commit in [true, false] {
        let mut store = SecondProcess::start(every_commit);
        assert_eq!(store.ask("open"), "opened");
        assert_eq!(store.ask("spend"), "allowed");

        store.fill_disk();
        store.expect_at_last("spend", "unavailable: ");
        assert!(store.ask("spend").contains("No space left on device"));
        store.shell("rm filler");
        store.expect_at_last("spend", "allowed");
        assert_eq!(store.ask("flush"), "flushed");

        let spent = store.ask("spent");
        store.ask("close");
        assert_eq!(store.ask("open"), "opened");
        assert_eq!(store.ask("spent"), spent, "what was spent while the disk was full is kept, too");
    }
}

#[test]
fn disk_that_becomes_read_only_is_told_and_the_store_recovers_by_itself() {
    let mut store = SecondProcess::start(true);
    // The file alone is on that disk: it cannot become read-only while another file is open for writing.
    store.shell("mkdir ../kept && ln -s ../disk/buckets.redb ../kept/buckets.redb");
    assert_eq!(store.ask("open ../kept"), "opened");
    assert_eq!(store.ask("spend"), "allowed");

    // Nor while the store has the file open: it has not once a commit has failed.
    store.fill_disk();
    store.expect_at_last("spend", "unavailable: ");
    store.expect_at_last("shell mount -o remount,bind,ro . 2>/dev/null", "done 0");
    store.expect_at_last_containing("spend", "Read-only file system");
    store.shell("mount -o remount,bind,rw . && rm filler");
    store.expect_at_last("spend", "allowed");
}

#[test]
fn store_on_a_read_only_disk_does_not_open_and_says_why() {
    let mut store = SecondProcess::start(true);
    store.shell("mkdir ../kept && ln -s ../disk/buckets.redb ../kept/buckets.redb");
    store.shell("mount -o remount,bind,ro .");
    let answer = store.ask("open ../kept");
    assert!(answer.contains("buckets.redb: ") && answer.contains("Read-only file system"), "{answer}");
}

/// A process with a small disk of its own.
struct SecondProcess {
    child: Child,
    to: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    _folder: tempfile::TempDir,
}

impl SecondProcess {
    fn start(every_commit: bool) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let disk = folder.path().join("disk");
        std::fs::create_dir(&disk).expect("the folder is ours");
        let mut child = Command::new("unshare")
            .arg(namespace())
            .args(["sh", "-c", "mount -t tmpfs -o size=8m tmpfs \"$0\" && cd \"$0\" && exec \"$@\""])
            .arg(&disk)
            .arg(env::current_exe().expect("a test has a file"))
            .args(["second_process", "--exact", "--nocapture", "--test-threads", "1"])
            .env(DISK, &disk)
            .env(EVERY_COMMIT, every_commit.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("unshare was there just now");
        let to = child.stdin.take().expect("it is piped");
        let answers = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        Self { child, to, answers, _folder: folder }
    }

    fn ask(&mut self, what: &str) -> String {
        writeln!(self.to, "{what}").expect("the process reads");
        loop {
            let line = self.answers.next().expect("the process answers").expect("plain text");
            // The test runner writes lines of its own, and names the test before the first of ours.
            if let Some((_, answer)) = line.split_once("=> ") {
                return answer.to_owned();
            }
        }
    }

    fn shell(&mut self, command: &str) {
        assert_eq!(self.ask(&format!("shell {command}")), "done 0", "{command}");
    }

    fn fill_disk(&mut self) {
        self.shell("! dd if=/dev/zero of=filler bs=4096 2>/dev/null");
    }

    fn expect_at_last(&mut self, what: &str, beginning: &str) {
        self.expect(what, |answer| answer.starts_with(beginning));
    }

    fn expect_at_last_containing(&mut self, what: &str, part: &str) {
        self.expect(what, |answer| answer.contains(part));
    }

    fn expect(&mut self, what: &str, is_it: impl Fn(&str) -> bool) {
        let mut answer = String::new();
        for _ in 0..PATIENCE {
            answer = self.ask(what);
            if is_it(&answer) {
                return;
            }
            self.shell("sleep 0.1");
        }
        panic!("at last {what} is answered {answer:?}");
    }
}

impl Drop for SecondProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How a mount namespace is to be had here.
fn namespace() -> &'static str {
    let works = |flags: &&str| {
        let mut unshare = Command::new("unshare");
        let probe = unshare.args([flags, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]);
        probe.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    };
    ["-m", "-rm"].into_iter().find(works).expect(
        "these tests need to mount a disk: Debian's util-linux and mount, as root or with user namespaces allowed \
         (kernel.unprivileged_userns_clone, a container's seccomp profile)",
    )
}

/// Does nothing by itself: the tests above start it in a process of its own.
#[tokio::test]
async fn second_process() {
    let Some(disk) = env::var_os(DISK) else { return };
    let mut store = None;
    for line in std::io::stdin().lines() {
        let line = line.expect("plain text");
        let (word, rest) = line.split_once(' ').unwrap_or((&line, ""));
        let answer = match (word, &store) {
            ("open", _) => match open(&Path::new(&disk).join(rest)) {
                Ok(opened) => {
                    store = Some(opened);
                    "opened".to_owned()
                }
                Err(error) => with_causes(&error),
            },
            ("close", _) => {
                store = None;
                "closed".to_owned()
            }
            ("spend", Some(store)) => spend(store).await,
            ("spent", Some(store)) => (BURST - left(store).await).to_string(),
            ("flush", Some(store)) => match store.flush().await {
                Ok(()) => "flushed".to_owned(),
                Err(error) => with_causes(&error),
            },
            ("shell", _) => {
                let status = Command::new("sh").args(["-c", rest]).status().expect("there is a shell");
                format!("done {}", status.code().expect("nobody kills it"))
            }
            other => panic!("nobody asks for {other:?}"),
        };
        println!("=> {answer}");
    }
}

fn open(folder: &Path) -> Result<DurableStore, tollgate_store::OpenError> {
    let every_commit = env::var_os(EVERY_COMMIT).is_some_and(|value| value == "true");
    let durability =
        if every_commit { Durability::EveryCommit } else { Durability::Interval(Duration::from_millis(2)) };
    let options = DurableStoreOptions { directory: folder.to_owned(), buckets_max: 10_000, durability };
    DurableStore::open(options, T0)
}

async fn spend(store: &DurableStore) -> String {
    let batch: Vec<_> = (0..BUCKETS).map(entry).collect();
    match store.decide(&batch, T0).await {
        Ok(decision) if decision.verdict == Verdict::Allow => "allowed".to_owned(),
        Ok(_) => "denied".to_owned(),
        Err(error @ StoreError::Unavailable { .. }) => format!("unavailable: {}", with_causes(&error)),
        Err(error) => with_causes(&error),
    }
}

async fn left(store: &DurableStore) -> u64 {
    let Entry { id, charge } = entry(0);
    store.peek(id, &charge.quota, T0).await.expect("the store answers").remaining
}

fn entry(bucket: u64) -> Entry {
    let quota = Quota::new(1, Duration::from_secs(60), BURST).expect("representable");
    let id = HashKey::new([1; 16]).bucket(0, &[&bucket.to_le_bytes()]);
    Entry { id, charge: Charge { quota, cost: Cost(1), action: Action::Spend } }
}

fn with_causes(error: &dyn Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", with_causes(cause)),
        None => error.to_string(),
    }
}
