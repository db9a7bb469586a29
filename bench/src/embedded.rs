//! The embedded store: what its durability costs, what it writes, and how soon it serves again.

use std::{
    env, fs,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use serde_json::json;
use tollgate_engine::{Action, Charge, Cost, Quota, Timestamp};
use tollgate_store::{BucketStore, Durability, DurableStore, DurableStoreOptions, Entry, HashKey};

use crate::{machine, report};

const T0: Timestamp = Timestamp::from_secs(1_795_000_000);

/// Callers that wait for a commit at the same time.
const CALLERS: usize = 64;

pub fn run(quick: bool) -> Result<()> {
    let buckets: u64 = if quick { 50_000 } else { 10_000_000 };
    let spends: u64 = if quick { 20_000 } else { 1_000_000 };
    let commits: u64 = if quick { 200 } else { 5_000 };
    let machine = machine::describe();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build()?;
    let folder = machine::folder()?;
    let path = folder.path();

    let store = open(path, Durability::default())?;
    let filling = Instant::now();
    fill(&runtime, &store, buckets)?;
    let filling = filling.elapsed();

    // Random buckets of those there are: each change is of 24 bytes, written how often?
    let (written, began) = (bytes_written()?, Instant::now());
    let mut random = fastrand::Rng::with_seed(1);
    for _ in 0..spends {
        let _ = runtime.block_on(store.decide(&[entry(random.u64(0..buckets))], T0));
    }
    let deciding = began.elapsed();
    runtime.block_on(store.flush())?;
    let per_change = (bytes_written()? - written) as f64 / spends as f64;
    store.close()?;
    drop(store);
    let on_disk = fs::metadata(path.join("buckets.redb"))?.len() as f64 / buckets as f64;

    // Both in turns, so that noise hits both.
    let (mut opened, mut opened_alone) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        opened.push(opening(path, buckets, &[])?);
        opened_alone.push(opening(path, buckets, &["taskset", "-c", "0"])?);
    }
    let (opening, opening_alone) = (report::median(&mut opened), report::median(&mut opened_alone));

    let store = open(path, Durability::EveryCommit)?;
    anyhow::ensure!(store.len() as u64 == buckets, "{} buckets of {buckets} came back", store.len());

    let one = every_commit(&runtime, &store, buckets, commits, 1);
    let many = every_commit(&runtime, &store, buckets, commits, CALLERS);
    store.close()?;

    let rows = vec![
        vec!["filled, interval of 100 ms".to_owned(), per_second(buckets, filling)],
        vec!["spends from random buckets, interval".to_owned(), per_second(spends, deciding)],
        vec!["spends, every commit, one caller".to_owned(), per_second(commits, one)],
        vec![format!("spends, every commit, {CALLERS} callers"), per_second(commits, many)],
        vec!["bytes written to the disk per change".to_owned(), format!("{per_change:.0}")],
        vec!["bytes on the disk per bucket".to_owned(), format!("{on_disk:.0}")],
        vec!["opened again, all buckets in memory".to_owned(), format!("{opening:.1} s")],
        vec!["the same with one core".to_owned(), format!("{opening_alone:.1} s")],
    ];
    let millions = buckets as f64 / 1e6;
    let page = format!(
        "{machine}. {millions} million buckets.\n\n{}\nLoad average at the end {:.2}.\n",
        report::table(&["embedded store", ""], &rows),
        machine::load()
    );
    println!("{page}");
    if quick {
        return Ok(());
    }
    let results = json!({
        "machine": machine, "buckets": buckets,
        "filled_per_second": buckets as f64 / filling.as_secs_f64(),
        "interval_per_second": spends as f64 / deciding.as_secs_f64(),
        "every_commit_per_second": { "1": commits as f64 / one.as_secs_f64(), "64": commits as f64 / many.as_secs_f64() },
        "bytes_written_per_change": per_change, "bytes_on_disk_per_bucket": on_disk,
        "opened_in_seconds": opening, "opened_with_one_core_in_seconds": opening_alone,
    });
    report::keep("embedded", &page, &results)
}

/// Spends once from each bucket.
fn fill(runtime: &tokio::runtime::Runtime, store: &DurableStore, buckets: u64) -> Result<()> {
    for number in 0..buckets {
        let _ = runtime.block_on(store.decide(&[entry(number)], T0));
        if number % 100_000 == 0 {
            runtime.block_on(store.flush())?;
        }
    }
    Ok(runtime.block_on(store.flush())?)
}

/// Seconds that a new process takes until it holds all buckets.
fn opening(folder: &Path, buckets: u64, before: &[&str]) -> Result<f64> {
    let program = env::current_exe()?;
    let program = program.to_str().context("its path is text")?;
    let words: Vec<_> = before.iter().copied().chain([program, "open"]).collect();
    let output = Command::new(words[0]).args(&words[1..]).arg(folder).stderr(Stdio::inherit()).output()?;
    let text = String::from_utf8(output.stdout)?;
    let (count, seconds) = text.trim().split_once(' ').context("two numbers")?;
    anyhow::ensure!(count.parse() == Ok(buckets), "{count} buckets of {buckets} came back");
    Ok(seconds.parse()?)
}

/// Opens a store; prints how many buckets it has, and the seconds it took.
pub fn print_opening(folder: &Path) -> Result<()> {
    let began = Instant::now();
    let store = open(folder, Durability::default())?;
    println!("{} {}", store.len(), began.elapsed().as_secs_f64());
    Ok(())
}

fn open(folder: &Path, durability: Durability) -> Result<DurableStore> {
    let options = DurableStoreOptions { directory: folder.to_owned(), buckets_max: 20_000_000, durability };
    Ok(DurableStore::open(options, T0)?)
}

/// How long `commits` decisions take, `callers` at a time.
fn every_commit(
    runtime: &tokio::runtime::Runtime,
    store: &DurableStore,
    buckets: u64,
    commits: u64,
    callers: usize,
) -> Duration {
    let began = Instant::now();
    let caller = async |seed: usize| {
        let mut random = fastrand::Rng::with_seed(seed as u64);
        for _ in 0..commits / callers as u64 {
            let _ = store.decide(&[entry(random.u64(0..buckets))], T0).await;
        }
    };
    runtime.block_on(futures_util::future::join_all((0..callers).map(caller)));
    began.elapsed()
}

/// A bucket whose spends last a year, so that none is full again while measuring.
fn entry(number: u64) -> Entry {
    let quota = Quota::new(1, Duration::from_secs(365 * 86_400), 200).expect("representable");
    let id = HashKey::new(*b"only for benches").bucket(0, &[&number.to_le_bytes()]);
    Entry { id, charge: Charge { quota, cost: Cost(1), action: Action::Spend } }
}

fn per_second(count: u64, time: Duration) -> String {
    format!("{:.0} a second", count as f64 / time.as_secs_f64())
}

/// Bytes this process has sent to block devices.
pub fn bytes_written() -> Result<u64> {
    let text = fs::read_to_string("/proc/self/io")?;
    let line = text.lines().find_map(|line| line.strip_prefix("write_bytes: ")).unwrap_or("0");
    Ok(line.parse()?)
}
