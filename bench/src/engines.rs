//! Embedded engines side by side, as the disk behind the buckets: with a row for each bucket, and with the rows that Tollgate
//! writes, one for each commit and one for each part of the table.
//!
//! Each step is a process of its own, so that what it writes and what it opens is its own, and so that it can be killed.

mod engine;

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use tollgate_store::HashKey;

use self::engine::{Change, Engine, NAMES, Table, open};
use crate::{embedded::bytes_written, machine, report};

/// Changes of a commit: what a tenth of a second gathers at a hundred thousand a second.
const GROUP: usize = 10_000;
/// And at a thousand a second.
const SMALL_GROUP: usize = 100;

const PARTS: u64 = 1024;
/// Parts written anew in one commit, as the store does it.
const PARTS_PER_COMMIT: u64 = 4;
const RECORD_BYTES: usize = 24;

const KILLS: u32 = 20;

/// How buckets become rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Layout {
    /// A row for each bucket.
    Rows,
    /// A row for each commit, and one for each part of all buckets, written anew when the log has outgrown them.
    Log,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Step {
    /// Puts every bucket, in the order of names.
    Fill,
    /// Puts random buckets anew, in large groups and in small ones.
    Change,
    /// Deletes every tenth bucket, as if it had become full.
    Expire,
    /// Opens and reads everything.
    Load,
    /// Puts buckets until it is killed, and tells each commit.
    Endless,
}

#[derive(Args)]
pub struct StepArguments {
    engine: String,
    layout: Layout,
    step: Step,
    folder: PathBuf,
    buckets: u64,
}

/// Measures all of them.
pub fn run(quick: bool) -> Result<()> {
    let buckets: u64 = if quick { 1_000_000 } else { 10_000_000 };
    let machine = machine::describe();
    let (mut rows, mut results) = (Vec::new(), Vec::new());
    for layout in [Layout::Rows, Layout::Log] {
        for name in NAMES {
            let figures = measure(name, layout, buckets)?;
            rows.push(row(name, layout, &figures));
            eprintln!("{}", rows.last().expect("it was pushed").join(" | "));
            results.push(json!({"engine": name, "layout": format!("{layout:?}"), "figures": figures}));
        }
    }
    let mut builds = Vec::new();
    if !quick {
        for (name, dependency) in
            NAMES.into_iter().zip(["redb@4", "fjall@3", "rusqlite --features bundled", "heed"])
        {
            builds.push(vec![name.to_owned(), dependency.to_owned(), format!("{:.0} s", build(dependency)?)]);
        }
    }
    let page = format!(
        "{machine}. {} million buckets.\n\n{}\n{}\nLoad average at the end {:.2}.\n",
        buckets as f64 / 1e6,
        report::table(
            &[
                "engine",
                "rows",
                "changes a second, 10,000 a commit",
                "100 a commit",
                "bytes written per change, 10,000 a commit",
                "100 a commit",
                "deletes a second",
                "bytes written per delete",
                "bytes on the disk per bucket",
                "opened and read",
                "kill -9",
            ],
            &rows
        ),
        report::table(&["engine", "crate", "built alone, release, two cores"], &builds),
        machine::load()
    );
    println!("{page}");
    if quick {
        return Ok(());
    }
    report::keep(
        "engines",
        &page,
        &json!({"machine": machine, "buckets": buckets, "engines": results, "builds": builds}),
    )
}

fn row(name: &str, layout: Layout, figures: &Value) -> Vec<String> {
    let figure = |path: &str| figures.pointer(path).and_then(Value::as_f64);
    let count = |path: &str| figure(path).map_or("–".to_owned(), |figure| format!("{figure:.0}"));
    vec![
        name.to_owned(),
        match layout {
            Layout::Rows => "one a bucket",
            Layout::Log => "log and parts",
        }
        .to_owned(),
        count("/change/large/per_second"),
        count("/change/small/per_second"),
        count("/change/large/bytes"),
        count("/change/small/bytes"),
        count("/expire/per_second"),
        count("/expire/bytes"),
        count("/bytes_on_disk"),
        figure("/load/seconds").map_or("–".to_owned(), |seconds| format!("{seconds:.2} s")),
        figures["killed"].as_str().unwrap_or("–").to_owned(),
    ]
}

fn measure(name: &str, layout: Layout, buckets: u64) -> Result<Value> {
    let folder = machine::folder()?;
    let step = |step| -> Result<Value> {
        let output =
            process(name, layout, step, folder.path(), buckets)?.stderr(Stdio::inherit()).output()?;
        ensure!(output.status.success(), "{name}, {layout:?}, {step:?}: {}", output.status);
        Ok(serde_json::from_slice(&output.stdout)?)
    };
    let fill = step(Step::Fill)?;
    let change = step(Step::Change)?;
    let bytes_on_disk = bytes_in(folder.path())? as f64 / buckets as f64;
    let load = step(Step::Load)?;
    // In the log, what has become full is left out of the next parts: nothing is deleted.
    let expire = if layout == Layout::Rows { step(Step::Expire)? } else { Value::Null };
    let killed = if layout == Layout::Rows { kill_again_and_again(name)? } else { "–".to_owned() };
    Ok(json!({
        "fill": fill, "change": change, "expire": expire, "bytes_on_disk": bytes_on_disk, "load": load, "killed": killed
    }))
}

fn process(name: &str, layout: Layout, step: Step, folder: &Path, buckets: u64) -> Result<Command> {
    let word = |value: &dyn Fn() -> Option<clap::builder::PossibleValue>| {
        value().map(|value| value.get_name().to_owned()).context("it has a name")
    };
    let mut process = Command::new(env::current_exe()?);
    process.args([
        "engine",
        name,
        &word(&|| layout.to_possible_value())?,
        &word(&|| step.to_possible_value())?,
    ]);
    process.arg(folder).arg(buckets.to_string());
    Ok(process)
}

/// One step, in this process; prints what was measured.
pub fn step(arguments: &StepArguments) -> Result<()> {
    let StepArguments { engine, layout, step, folder, buckets } = arguments;
    let began = Instant::now();
    let mut disk = open(engine, folder)?;
    let figures = match step {
        Step::Fill => fill(&mut *disk, *layout, *buckets)?,
        Step::Change => change(&mut *disk, *layout, *buckets)?,
        Step::Expire => expire(&mut *disk, *buckets)?,
        Step::Load => {
            let (mut rows, mut sum) = (0_u64, 0_u64);
            for table in [Table::Buckets, Table::Log] {
                disk.read(table, &mut |key, value| {
                    rows += 1;
                    let of_key = u64::from(*key.last().expect("no key is empty"));
                    sum = value.iter().fold(sum + of_key, |sum, byte| sum.wrapping_add(u64::from(*byte)));
                })?;
            }
            json!({"seconds": began.elapsed().as_secs_f64(), "rows": rows, "sum": sum})
        }
        Step::Endless => return endless(&mut *disk),
    };
    // Whatever is written in the background is part of the price.
    drop(disk);
    println!("{figures}");
    Ok(())
}

fn name(number: u64) -> [u8; 16] {
    let id = HashKey::new(*b"only for benches").bucket(0, &[&number.to_le_bytes()]);
    let mut name = [0; 16];
    name[..8].copy_from_slice(&id.0[0].to_be_bytes());
    name[8..].copy_from_slice(&id.0[1].to_be_bytes());
    name
}

fn fill(disk: &mut dyn Engine, layout: Layout, buckets: u64) -> Result<Value> {
    let began = Instant::now();
    match layout {
        Layout::Rows => {
            let mut names: Vec<_> = (0..buckets).map(name).collect();
            names.sort_unstable();
            for names in names.chunks(GROUP) {
                let put =
                    names.iter().map(|key| Change { table: Table::Buckets, key, value: Some(&key[..8]) });
                disk.commit(&put.collect::<Vec<_>>())?;
            }
        }
        Layout::Log => {
            for part in 0..PARTS {
                let row = part_row(buckets, part);
                disk.commit(&[Change {
                    table: Table::Buckets,
                    key: &part.to_be_bytes(),
                    value: Some(&row),
                }])?;
            }
        }
    }
    Ok(json!({"seconds": began.elapsed().as_secs_f64()}))
}

/// So many bytes as the buckets of a part take.
fn part_row(buckets: u64, part: u64) -> Vec<u8> {
    let mut row = vec![0; (buckets / PARTS) as usize * RECORD_BYTES];
    // Names are random, and so are the times: no engine's compression has anything to work on.
    fastrand::Rng::with_seed(part).fill(&mut row);
    row
}

fn change(disk: &mut dyn Engine, layout: Layout, buckets: u64) -> Result<Value> {
    let mut log = Log { next: 0, bytes: 0, checkpoint: None, buckets };
    let large = changes(disk, layout, &mut log, GROUP, (buckets as usize / GROUP / 10).max(5))?;
    let small =
        changes(disk, layout, &mut log, SMALL_GROUP, (buckets as usize / SMALL_GROUP / 100).clamp(5, 1000))?;
    Ok(json!({"large": large, "small": small}))
}

fn changes(
    disk: &mut dyn Engine,
    layout: Layout,
    log: &mut Log,
    group: usize,
    commits: usize,
) -> Result<Value> {
    let mut random = fastrand::Rng::with_seed(group as u64);
    let (written, began) = (bytes_written()?, Instant::now());
    for _ in 0..commits {
        let mut names: Vec<_> = (0..group).map(|_| name(random.u64(0..log.buckets))).collect();
        match layout {
            Layout::Rows => {
                names.sort_unstable();
                let values: Vec<_> = names.iter().map(|_| random.u64(..).to_be_bytes()).collect();
                let put = names.iter().zip(&values);
                let put = put.map(|(key, value)| Change { table: Table::Buckets, key, value: Some(value) });
                disk.commit(&put.collect::<Vec<_>>())?;
            }
            Layout::Log => log.commit(disk, &names, &mut random)?,
        }
    }
    let (seconds, count) = (began.elapsed().as_secs_f64(), (group * commits) as f64);
    Ok(json!({"per_second": count / seconds, "bytes": (bytes_written()? - written) as f64 / count}))
}

/// Tollgate's own log: a row for each commit, and the parts anew when it has become as long as they.
struct Log {
    next: u64,
    bytes: u64,
    /// The next part to write, and the row at which it began.
    checkpoint: Option<(u64, u64)>,
    buckets: u64,
}

impl Log {
    fn commit(
        &mut self,
        disk: &mut dyn Engine,
        names: &[[u8; 16]],
        random: &mut fastrand::Rng,
    ) -> Result<()> {
        let mut row = Vec::new();
        for name in names {
            row.extend_from_slice(name);
            row.extend_from_slice(&random.u64(..).to_be_bytes());
        }
        let number = self.next.to_be_bytes();
        let mut parts = Vec::new();
        if let Some((part, _)) = self.checkpoint {
            parts = (part..part + PARTS_PER_COMMIT)
                .map(|part| (part.to_be_bytes(), part_row(self.buckets, part)))
                .collect();
        }
        let mut gone = Vec::new();
        if let Some((part, from)) = self.checkpoint
            && part + PARTS_PER_COMMIT >= PARTS
        {
            gone = (0..from).map(u64::to_be_bytes).collect();
        }
        let mut changes = vec![Change { table: Table::Log, key: &number, value: Some(&row) }];
        changes.extend(parts.iter().map(|(key, row)| Change {
            table: Table::Buckets,
            key,
            value: Some(row),
        }));
        changes.extend(gone.iter().map(|key| Change { table: Table::Log, key, value: None }));
        disk.commit(&changes)?;

        self.next += 1;
        self.bytes += row.len() as u64;
        self.checkpoint = match self.checkpoint {
            Some((part, from)) => Some((part + PARTS_PER_COMMIT, from)).filter(|(part, _)| *part < PARTS),
            None if self.bytes > self.buckets * RECORD_BYTES as u64 => {
                self.bytes = 0;
                Some((0, self.next))
            }
            None => None,
        };
        Ok(())
    }
}

fn expire(disk: &mut dyn Engine, buckets: u64) -> Result<Value> {
    let mut names: Vec<_> = (0..buckets).step_by(10).map(name).collect();
    // By their age, not by their names.
    fastrand::Rng::with_seed(1).shuffle(&mut names);
    let (written, began) = (bytes_written()?, Instant::now());
    for names in names.chunks_mut(GROUP) {
        names.sort_unstable();
        let gone = names.iter().map(|key| Change { table: Table::Buckets, key, value: None });
        disk.commit(&gone.collect::<Vec<_>>())?;
    }
    let (seconds, count) = (began.elapsed().as_secs_f64(), names.len() as f64);
    Ok(json!({"per_second": count / seconds, "bytes": (bytes_written()? - written) as f64 / count}))
}

/// Tells the number of each commit once it is answered.
fn endless(disk: &mut dyn Engine) -> Result<()> {
    let mut output = std::io::stdout();
    for commit in 0_u64.. {
        let names: Vec<_> =
            (0..SMALL_GROUP as u64).map(|number| name(commit * SMALL_GROUP as u64 + number)).collect();
        let value = commit.to_be_bytes();
        let put = names.iter().map(|key| Change { table: Table::Buckets, key, value: Some(&value) });
        disk.commit(&put.collect::<Vec<_>>())?;
        writeln!(output, "{commit};")?;
    }
    Ok(())
}

/// Kills it at random commits; what it had told must be there, and whole commits only.
fn kill_again_and_again(engine: &str) -> Result<String> {
    let mut random = fastrand::Rng::with_seed(1);
    let (mut lost, mut slowest) = (0_u64, 0.0_f64);
    for _ in 0..KILLS {
        let folder = machine::folder()?;
        let mut child =
            process(engine, Layout::Rows, Step::Endless, folder.path(), 0)?.stdout(Stdio::piped()).spawn()?;
        let output = BufReader::new(child.stdout.take().context("it is piped")?);
        let (commits, mut told) = (random.u64(1..400), 0);
        for line in output.lines() {
            // A line that was cut by the kill has no semicolon.
            if let Some(commit) = line?.strip_suffix(';').and_then(|commit| commit.parse::<u64>().ok()) {
                told = commit + 1;
            }
            if told == commits {
                child.kill()?;
            }
        }
        child.wait()?;

        let began = Instant::now();
        let disk = open(engine, folder.path())?;
        let mut rows = 0;
        disk.read(Table::Buckets, &mut |_, _| rows += 1)?;
        slowest = slowest.max(began.elapsed().as_secs_f64());
        ensure!(rows % SMALL_GROUP as u64 == 0, "{engine} kept a part of a commit");
        lost += (told * SMALL_GROUP as u64).saturating_sub(rows);
    }
    Ok(format!("{KILLS} times: opened within {:.0} ms, {lost} lost", slowest * 1000.0))
}

fn bytes_in(folder: &Path) -> Result<u64> {
    use std::os::unix::fs::MetadataExt as _;
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let about = entry.metadata()?;
        bytes += if about.is_dir() { bytes_in(&entry.path())? } else { about.blocks() * 512 };
    }
    Ok(bytes)
}

/// Seconds that a program with this one dependency takes to build.
fn build(dependency: &str) -> Result<f64> {
    let folder = tempfile::tempdir()?;
    let cargo = |arguments: &[&str]| -> Result<()> {
        let mut cargo = Command::new("cargo");
        cargo
            .args(arguments)
            .current_dir(folder.path())
            .env("CARGO_TARGET_DIR", folder.path().join("target"));
        let output = cargo.stderr(Stdio::piped()).output()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    };
    cargo(&["init", "--name", "one-dependency", "--vcs", "none"])?;
    cargo(&[&["add"], &dependency.split(' ').collect::<Vec<_>>()[..]].concat())?;
    cargo(&["fetch"])?;
    let began = Instant::now();
    cargo(&["build", "--release", "-j", "2"])?;
    Ok(began.elapsed().as_secs_f64())
}
