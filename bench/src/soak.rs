//! Mixed load for as long as one likes, every answer compared with a model: a map of the engine's buckets.
//!
//! Two workers have keys of their own, of which each knows everything, and share others, of which it is
//! known how much may be granted in all. The clock stands while an epoch lasts and moves between two.

use std::{
    collections::HashMap,
    sync::{
        Barrier,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use clap::ValueEnum;
use serde_json::json;
use tempfile::TempDir;
use tokio::runtime::{Handle, Runtime};
use tollgate_engine::{Action, Bucket, Charge, Cost, Quota, SpendError, Timestamp, Verdict, decide};
use tollgate_store::{
    BucketId, BucketStore, Durability, DurableStore, DurableStoreOptions, Entry, MemoryStore,
    MemoryStoreOptions, StoreError,
};
use tollgate_store_redis::{Clock, RedisServers, RedisStore, RedisStoreOptions};
use tollgate_test_servers::{redis::RedisServer, redis_cluster::RedisCluster};

use crate::{contestant::hash_key, machine, report};

/// Of each backend.
const WORKERS: u64 = 2;
/// Of the cluster.
const MASTERS: usize = 3;
/// More than the workers have keys.
const BUCKETS_MAX: usize = 10_000_000;
const T0: Timestamp = Timestamp::from_secs(1_795_000_000);
/// Keys of one worker.
const KEYS: u64 = 1 << 17;
/// As many as an order of 100 names charges, and two.
const BATCH_MAX: u64 = 204;
const STEPS_PER_EPOCH: u64 = 500;
/// Buckets that all workers of a backend share in an epoch, each decision about all of them; on the cluster at several
/// nodes, which a decision may find spent for another that is half way. Of one store those wait for each other, so that
/// there, too, what is granted is known.
const SHARED: u64 = 4;
/// What a shared bucket of an epoch holds, and how often each worker asks for one unit. Like the workers' own buckets it is
/// full again, and forgotten, within an hour: the buckets held become no more as time passes.
const SHARED_BURST: u64 = 50;
const SHARED_ATTEMPTS: u64 = 200;
const MEBIBYTE: f64 = 1_048_576.0;
/// Looks at the resident set.
const LOOKS: u32 = 100;
/// What it may grow by from the second fifth of the time to the last.
const GROWTH_MAX: f64 = 0.05;
/// Bytes of an embedded store's file at the end: many times what its buckets take, and what is written in some seconds.
const FILE_MAX: f64 = 64.0 * MEBIBYTE;

/// Who is put under load.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Backend {
    /// The memory store
    Memory,
    /// The embedded store that commits at intervals
    Interval,
    /// The embedded store whose answers wait for their commit
    EveryCommit,
    /// One Redis
    Redis,
    /// A Redis Cluster of three masters
    Cluster,
}

impl Backend {
    fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Interval => "embedded, interval",
            Self::EveryCommit => "embedded, every commit",
            Self::Redis => "Redis",
            Self::Cluster => "Redis Cluster, three masters",
        }
    }
}

/// Runs the backends under load, all at the same time; every one where none is named.
pub fn run(duration: Duration, only: &[Backend]) -> Result<()> {
    machine::introduce();
    // A worker that panics would leave the others waiting for it.
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        report(panic);
        std::process::exit(1);
    }));
    let machine = machine::describe();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let backends = Backends::start(&runtime)?;
    let began = Instant::now();
    let (outcomes, resident): (Vec<(&str, Outcome)>, _) = thread::scope(|scope| {
        let soaking: Vec<_> = Backend::value_variants()
            .iter()
            .filter(|backend| only.is_empty() || only.contains(backend))
            .map(|backend| {
                let ((store, sweep), handle) = (backends.of(*backend), runtime.handle());
                (backend.name(), scope.spawn(move || soak(store, sweep, handle, duration)))
            })
            .collect();
        let resident = Resident::watch(began, duration);
        let ended = soaking.into_iter().map(|(name, soaking)| (name, soaking.join()));
        (ended.map(|(name, outcome)| (name, outcome.expect("store and model agree"))).collect(), resident)
    });

    let head = [
        "",
        "decisions",
        "over buckets",
        "denied",
        "errors, as in the model",
        "refunds",
        "resets",
        "looks",
        "sweeps",
    ];
    let rows: Vec<_> = outcomes.iter().map(|(name, outcome)| outcome.row(name)).collect();
    let compared: u64 = outcomes.iter().map(|(_, outcome)| outcome.compared).sum();
    let epochs: u64 = outcomes.iter().map(|(_, outcome)| outcome.epochs).sum();
    let growth = resident.growth();
    let files = backends.files()?;
    let page = format!(
        "{machine}. {:.1} minutes, all at the same time, two workers each.\n\n{}\n\
         {compared} buckets compared one by one at the end; {epochs} times {SHARED} shared buckets gave exactly their {SHARED_BURST}. \
         No difference, no error. Resident set, the models included, medians of {} looks each: {:.0} MiB in the second fifth of the time, \
         {:.0} MiB in the last ({:+.1} %); all between {:.0} and {:.0} MiB. Files of the embedded stores at the end: {}.\n",
        duration.as_secs_f64() / 60.0,
        report::table(&head, &rows),
        LOOKS / 5,
        resident.warm / MEBIBYTE,
        resident.end / MEBIBYTE,
        growth * 100.0,
        resident.least / MEBIBYTE,
        resident.most / MEBIBYTE,
        files.map(|bytes| format!("{:.0} MiB", bytes / MEBIBYTE)).join(" and "),
    );
    println!("{page}");
    ensure!(files.iter().all(|bytes| *bytes < FILE_MAX), "a file grew");
    ensure!(growth < GROWTH_MAX, "the resident set grew by {:.1} %", growth * 100.0);
    if !only.is_empty() {
        return Ok(());
    }
    report::keep("soak", &page, &json!({"machine": machine, "outcome": page}))
}

/// Where a sweep is asked for.
type Sweep<'a> = Box<dyn Fn(Timestamp) + Send + Sync + 'a>;

/// Every store that there is, and what it needs.
struct Backends {
    memory: MemoryStore,
    interval: DurableStore,
    every_commit: DurableStore,
    redis: RedisStore,
    cluster: RedisStore,
    _server: RedisServer,
    _nodes: RedisCluster,
    folders: [TempDir; 2],
}

impl Backends {
    fn start(runtime: &Runtime) -> Result<Self> {
        let folders = [tempfile::tempdir()?, tempfile::tempdir()?];
        let durable = |folder: &TempDir, durability| {
            let directory = folder.path().to_owned();
            DurableStore::open(DurableStoreOptions { directory, buckets_max: BUCKETS_MAX, durability }, T0)
        };
        // What is looked for are wrong answers: a machine under load may be slow to give the right ones.
        let redis = |servers| {
            RedisStore::connect(&RedisStoreOptions {
                clock: Clock::Given,
                deadline: Duration::from_secs(30),
                ..RedisStoreOptions::new(servers)
            })
        };
        let server = runtime.block_on(RedisServer::start(&[]));
        let nodes = runtime.block_on(RedisCluster::start(MASTERS, false, &[]));
        let urls = nodes.urls().iter().map(|url| url.parse()).collect::<Result<_, _>>()?;
        Ok(Self {
            memory: MemoryStore::new(MemoryStoreOptions { buckets_max: BUCKETS_MAX }),
            interval: durable(&folders[0], Durability::default())?,
            every_commit: durable(&folders[1], Durability::EveryCommit)?,
            redis: redis(RedisServers::One(server.url().parse()?))?,
            cluster: redis(RedisServers::Cluster(urls))?,
            _server: server,
            _nodes: nodes,
            folders,
        })
    }

    /// Bytes of the embedded stores' files.
    fn files(&self) -> Result<[f64; 2]> {
        let mut bytes = [0.0; 2];
        for (bytes, folder) in bytes.iter_mut().zip(&self.folders) {
            *bytes = folder.path().join("buckets.redb").metadata()?.len() as f64;
        }
        Ok(bytes)
    }

    fn of(&self, backend: Backend) -> (&dyn BucketStore, Sweep<'_>) {
        let embedded = |store: &'_ DurableStore, now| {
            store.sweep(now);
        };
        match backend {
            Backend::Memory => (
                &self.memory,
                Box::new(|now| {
                    self.memory.sweep(now);
                }),
            ),
            Backend::Interval => (&self.interval, Box::new(move |now| embedded(&self.interval, now))),
            Backend::EveryCommit => {
                (&self.every_commit, Box::new(move |now| embedded(&self.every_commit, now)))
            }
            // The server expires by its own clock; the buckets' is another.
            Backend::Redis => (&self.redis, Box::new(|_| {})),
            Backend::Cluster => (&self.cluster, Box::new(|_| {})),
        }
    }
}

/// What this process had in memory in the second fifth of the time and in the last, in bytes. Buffers of changes under way
/// come and go within seconds: so each is the median of many looks.
struct Resident {
    warm: f64,
    end: f64,
    least: f64,
    most: f64,
}

impl Resident {
    /// Looks until the time is over.
    fn watch(began: Instant, duration: Duration) -> Self {
        let (mut warm, mut end) = (Vec::new(), Vec::new());
        for look in 1..=LOOKS {
            thread::sleep((duration / LOOKS * look).saturating_sub(began.elapsed()));
            match (look - 1) * 5 / LOOKS {
                1 => warm.push(machine::resident() as f64),
                4 => end.push(machine::resident() as f64),
                _ => {}
            }
        }
        let seen = || warm.iter().chain(&end).copied();
        let (least, most) = (seen().fold(f64::INFINITY, f64::min), seen().fold(0.0, f64::max));
        Self { warm: report::median(&mut warm), end: report::median(&mut end), least, most }
    }

    fn growth(&self) -> f64 {
        self.end / self.warm - 1.0
    }
}

#[derive(Default)]
struct Outcome {
    decisions: u64,
    charged: u64,
    denied: u64,
    refused: u64,
    refunds: u64,
    resets: u64,
    peeks: u64,
    compared: u64,
    epochs: u64,
}

fn soak(store: &dyn BucketStore, sweep: Sweep<'_>, runtime: &Handle, duration: Duration) -> Outcome {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let (start, barrier) = (Instant::now(), Barrier::new(WORKERS as usize));
    let (now, granted, stop) = (AtomicU64::new(T0.as_nanos()), AtomicU64::new(0), AtomicU64::new(0));
    let outcomes: Vec<Outcome> = thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS)
            .map(|number| {
                let (sweep, barrier, now, granted, stop) = (&sweep, &barrier, &now, &granted, &stop);
                scope.spawn(move || {
                    let mut worker = Worker::new(store, runtime, number, seed);
                    while stop.load(Ordering::SeqCst) == 0 {
                        let moment = Timestamp::from_nanos(now.load(Ordering::SeqCst));
                        (0..STEPS_PER_EPOCH).for_each(|_| worker.step(moment));
                        granted.fetch_add(worker.spend_shared(moment), Ordering::SeqCst);
                        worker.forget_full(moment);
                        worker.outcome.epochs += 1;
                        // The leader alone moves the clock and sweeps, while the others wait.
                        if barrier.wait().is_leader() {
                            assert_eq!(granted.swap(0, Ordering::SeqCst), SHARED_BURST, "of shared buckets");
                            let step = worker.random.u64(..240_000_000_000);
                            let next = now.fetch_add(step, Ordering::SeqCst) + step;
                            sweep(Timestamp::from_nanos(next));
                            stop.store((start.elapsed() >= duration).into(), Ordering::SeqCst);
                        }
                        barrier.wait();
                    }
                    worker.compare(Timestamp::from_nanos(now.load(Ordering::SeqCst)));
                    worker.outcome
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().expect("store and model agree")).collect()
    });
    outcomes.into_iter().reduce(Outcome::and).expect("there are workers")
}

impl Outcome {
    fn row(&self, name: &str) -> Vec<String> {
        let counts = [
            self.decisions,
            self.charged,
            self.denied,
            self.refused,
            self.refunds,
            self.resets,
            self.peeks,
            self.epochs,
        ];
        std::iter::once(name.to_owned()).chain(counts.map(|count| count.to_string())).collect()
    }

    fn and(self, other: Self) -> Self {
        Self {
            decisions: self.decisions + other.decisions,
            charged: self.charged + other.charged,
            denied: self.denied + other.denied,
            refused: self.refused + other.refused,
            refunds: self.refunds + other.refunds,
            resets: self.resets + other.resets,
            peeks: self.peeks + other.peeks,
            compared: self.compared + other.compared,
            ..self
        }
    }
}

struct Worker<'a> {
    store: &'a dyn BucketStore,
    runtime: &'a Handle,
    number: u64,
    random: fastrand::Rng,
    /// What is not here is full.
    model: HashMap<u64, Bucket>,
    outcome: Outcome,
}

impl<'a> Worker<'a> {
    fn new(store: &'a dyn BucketStore, runtime: &'a Handle, number: u64, seed: u64) -> Self {
        let random = fastrand::Rng::with_seed(seed.wrapping_add(number));
        // All its memory from the start: what grows then is the store's.
        let model = HashMap::with_capacity(KEYS as usize);
        Self { store, runtime, number, random, model, outcome: Outcome::default() }
    }

    fn step(&mut self, now: Timestamp) {
        let (keys, entries) = self.batch();
        match self.random.u32(..100) {
            0..70 => self.decide(&keys, &entries, now),
            70..85 => self.refund(&keys, &entries, now),
            85..90 => self.reset(&keys, &entries),
            _ => self.peek(keys[0], now),
        }
    }

    fn decide(&mut self, keys: &[u64], entries: &[Entry], now: Timestamp) {
        let charges: Vec<_> = entries.iter().map(|entry| entry.charge).collect();
        let mut buckets: Vec<_> = keys.iter().map(|key| self.bucket(*key)).collect();
        let expected = decide(&charges, &mut buckets, now);
        let answered = match self.runtime.block_on(self.store.decide(entries, now)) {
            Ok(decision) => Ok(decision),
            Err(StoreError::Spend(error)) => Err(error),
            Err(error) => panic!("{error}"),
        };
        assert_eq!(answered, expected, "worker {}, keys {keys:?}", self.number);
        self.outcome.decisions += 1;
        self.outcome.charged += keys.len() as u64;
        match expected {
            Ok(decision) if decision.verdict == Verdict::Allow => {
                self.model.extend(keys.iter().copied().zip(buckets))
            }
            Ok(_) => self.outcome.denied += 1,
            Err(SpendError::CostExceedsBurst { .. }) => self.outcome.refused += 1,
            Err(error) => panic!("{error}"),
        }
    }

    fn refund(&mut self, keys: &[u64], entries: &[Entry], now: Timestamp) {
        self.runtime.block_on(self.store.refund(entries, now)).expect("the store is there");
        for (key, Entry { charge, .. }) in
            keys.iter().zip(entries).filter(|(_, entry)| entry.charge.action != Action::Check)
        {
            if let Some(bucket) = self.model.get_mut(key) {
                bucket.refund(&charge.quota, charge.cost, now);
            }
        }
        self.outcome.refunds += 1;
    }

    fn reset(&mut self, keys: &[u64], entries: &[Entry]) {
        let ids: Vec<_> = entries.iter().map(|entry| entry.id).collect();
        self.runtime.block_on(self.store.reset(&ids)).expect("the store is there");
        for key in keys {
            self.model.remove(key);
        }
        self.outcome.resets += 1;
    }

    fn peek(&mut self, key: u64, now: Timestamp) {
        let quota = quota_of(key);
        let held = self.runtime.block_on(self.store.peek(self.id(key), &quota, now));
        assert_eq!(held.expect("the store is there"), self.bucket(key).state(&quota, now), "key {key}");
        self.outcome.peeks += 1;
    }

    /// Asks for units of the buckets that all workers share in this epoch; how many were granted.
    fn spend_shared(&mut self, now: Timestamp) -> u64 {
        let quota = Quota::new(1, Duration::from_secs(60), SHARED_BURST).expect("representable");
        let charge = Charge { quota, cost: Cost(1), action: Action::Spend };
        let epoch = self.outcome.epochs.to_le_bytes();
        let id = |number: u64| hash_key().bucket(200, &[b"shared", &epoch, &number.to_le_bytes()]);
        let entries: Vec<_> = (0..SHARED).map(|number| Entry { id: id(number), charge }).collect();
        let mut granted = 0;
        for _ in 0..SHARED_ATTEMPTS {
            let decision = self.runtime.block_on(self.store.decide(&entries, now));
            granted += u64::from(decision.expect("the store is there").verdict == Verdict::Allow);
        }
        granted
    }

    fn forget_full(&mut self, now: Timestamp) {
        self.model.retain(|_, bucket| !bucket.is_full(now));
    }

    /// Every bucket, held or not.
    fn compare(&mut self, now: Timestamp) {
        for key in 0..KEYS {
            self.peek(key, now);
            self.outcome.compared += 1;
        }
    }

    /// Different keys, far from each other.
    fn batch(&mut self) -> (Vec<u64>, Vec<Entry>) {
        let (first, stride) = (self.random.u64(..KEYS), self.random.u64(..KEYS) | 1);
        let keys: Vec<_> =
            (0..self.random.u64(1..=BATCH_MAX)).map(|number| (first + number * stride) % KEYS).collect();
        let entries = keys.iter().map(|key| Entry { id: self.id(*key), charge: self.charge(*key) }).collect();
        (keys, entries)
    }

    fn charge(&mut self, key: u64) -> Charge {
        // Now and then more than the smallest bursts hold: an error, not a denial.
        let cost = if self.random.u32(..10_000) == 0 { 6 } else { self.random.u64(1..=3) };
        let action = match self.random.u32(..10) {
            0..5 => Action::Spend,
            5..9 => Action::Check,
            _ => Action::Record,
        };
        Charge { quota: quota_of(key), cost: Cost(cost), action }
    }

    fn id(&self, key: u64) -> BucketId {
        hash_key().bucket(self.number as u8, &[&key.to_le_bytes()])
    }

    fn bucket(&self, key: u64) -> Bucket {
        self.model.get(&key).copied().unwrap_or_default()
    }
}

/// Some buckets are full again within seconds, some within an hour.
fn quota_of(key: u64) -> Quota {
    let (seconds, burst) = [(1, 5), (60, 10), (60, 20), (300, 10)][key as usize % 4];
    Quota::new(1, Duration::from_secs(seconds), burst).expect("representable")
}
