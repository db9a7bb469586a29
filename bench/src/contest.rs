//! The memory store beside the Rust peers: decisions a second and bytes a key.

use std::{process::Command, thread, time::Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::{
    contestant::{Contestant, NAMES, make},
    machine, report,
};

const DECISIONS: u64 = 200_000;

/// Contestants take turns, round by round, so that noise hits all alike.
const ROUNDS: usize = 7;

/// Measures every contestant with a million keys, and all but the largest with ten million.
pub fn run(quick: bool) -> Result<()> {
    let sizes: &[u64] = if quick { &[20_000] } else { &[1_000_000, 10_000_000] };
    let machine = machine::describe();
    let (mut page, mut results) = (format!("{machine}.\n"), Vec::new());
    for keys in sizes {
        let names = if *keys > 1_000_000 { &NAMES[..NAMES.len() - 1] } else { &NAMES[..] };
        let outcome = measure(names, *keys, if quick { 3 } else { ROUNDS })?;
        let (text, figures) = tell(names, *keys, &outcome)?;
        page += &text;
        results.extend(figures);
    }
    page += &format!("\nLoad average at the end {:.2}.\n", machine::load());
    println!("{page}");
    if quick {
        Ok(())
    } else {
        report::keep("memory", &page, &json!({"machine": machine, "figures": results}))
    }
}

/// Access pattern and threads.
const SETTINGS: [(Pattern, usize); 4] =
    [(Pattern::Uniform, 1), (Pattern::Uniform, 2), (Pattern::Zipf, 1), (Pattern::Zipf, 2)];

#[derive(Clone, Copy, Debug)]
enum Pattern {
    Uniform,
    /// Exponent 1: the logarithm of the rank is uniform.
    Zipf,
}

impl Pattern {
    fn pick(self, random: &mut fastrand::Rng, keys: u64) -> u64 {
        match self {
            Self::Uniform => random.u64(..keys),
            Self::Zipf => ((keys as f64).powf(random.f64()) as u64).min(keys - 1),
        }
    }
}

/// Nanoseconds a decision takes one thread: by contestant, by setting, medians.
fn measure(names: &[&str], keys: u64, rounds: usize) -> Result<Vec<Vec<f64>>> {
    let mut contestants = Vec::new();
    for name in names {
        let contestant = make(name, keys)?;
        ensure!((0..keys).all(|number| contestant.decide(number)), "{name} denied while it was filled");
        contestants.push(contestant);
    }
    let mut samples = vec![vec![Vec::new(); SETTINGS.len()]; names.len()];
    for round in 0..rounds {
        for (setting, (pattern, threads)) in SETTINGS.into_iter().enumerate() {
            for turn in 0..names.len() {
                let who = (turn + round) % names.len();
                let nanos = timed(&*contestants[who], keys, pattern, threads, round as u64);
                samples[who][setting].push(nanos);
            }
        }
    }
    Ok(samples
        .into_iter()
        .map(|one| one.into_iter().map(|mut all| report::median(&mut all)).collect())
        .collect())
}

fn timed(contestant: &dyn Contestant, keys: u64, pattern: Pattern, threads: usize, seed: u64) -> f64 {
    let start = Instant::now();
    thread::scope(|scope| {
        for thread in 0..threads as u64 {
            scope.spawn(move || {
                let mut random = fastrand::Rng::with_seed(seed * 2 + thread);
                let allowed = (0..DECISIONS).filter(|_| contestant.decide(pattern.pick(&mut random, keys)));
                assert_eq!(allowed.count() as u64, DECISIONS, "no bucket runs empty");
            });
        }
    });
    start.elapsed().as_nanos() as f64 / DECISIONS as f64
}

fn tell(names: &[&str], keys: u64, outcome: &[Vec<f64>]) -> Result<(String, Vec<Value>)> {
    let head = [
        "",
        "uniform, 1 thread",
        "uniform, 2",
        "zipf, 1",
        "zipf, 2",
        "bytes a key",
        "decisions a second, uniform, 1 / 2",
    ];
    let (mut rows, mut figures) = (Vec::new(), Vec::new());
    for (who, name) in names.iter().enumerate() {
        let bytes = bytes(name, keys)?;
        let mut row = vec![(*name).to_owned()];
        for (setting, nanos) in outcome[who].iter().enumerate() {
            let ratio = nanos / outcome[0][setting];
            row.push(if who == 0 { format!("{nanos:.0} ns") } else { format!("{nanos:.0} ns ({ratio:.2})") });
        }
        row.push(bytes.to_string());
        row.push(format!("{:.2} M / {:.2} M", 1e3 / outcome[who][0], 2e3 / outcome[who][1]));
        rows.push(row);
        figures.push(json!({"keys": keys, "contestant": name, "ns": outcome[who], "bytes_per_key": bytes}));
    }
    let text =
        format!("\n{} M keys, a decision on one bucket (in brackets: times ours):\n\n", keys as f64 / 1e6);
    Ok((text + &report::table(&head, &rows), figures))
}

/// Asks a process of its own, so that nobody's memory is counted with another's.
fn bytes(name: &str, keys: u64) -> Result<u64> {
    let output = Command::new(std::env::current_exe()?).args(["bytes", name, &keys.to_string()]).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().parse().context("not a number of bytes")
}

/// Fills a contestant and prints what the resident set grew by, a key.
pub fn print_bytes(name: &str, keys: u64) -> Result<()> {
    let before = machine::resident();
    let contestant = make(name, keys)?;
    ensure!((0..keys).all(|number| contestant.decide(number)), "{name} denied");
    println!("{}", (machine::resident() - before) / keys);
    Ok(())
}
