//! The same decisions on one Redis, as the peer makes them and by our store.
//!
//! A new order of n names is about 2n + 2 buckets and spends from one. The peer reads them in one pipeline, decides, and
//! writes what was spent: two round trips, and whoever comes in between is overwritten or adds to what he has not seen.
//! Its client takes a connection out of a pool for each pipeline; beside that stands what the same commands would be if
//! many callers' pipelines shared a few connections. Our store makes one script call, which decisions may share.

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use redis::{AsyncConnectionConfig, aio::MultiplexedConnection};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::mpsc,
};
use tollgate_engine::{Action, Bucket, Charge, Cost, Quota, Timestamp, Verdict, decide};
use tollgate_store::{BucketStore as _, Entry, HashKey};
use tollgate_store_redis::{RedisServers, RedisStore, RedisStoreOptions};
use tollgate_test_servers::{
    ports,
    process::{Server, command},
};

use crate::{contestant::now, machine, report};

/// Accounts and domains that have buckets.
const KEYS: u64 = 20_000;
const CALLERS: [usize; 3] = [1, 16, 64];
const NAMES: [u64; 3] = [1, 10, 100];
/// Connections of a process that shares them among its callers; the client pipelines on each.
const CONNECTIONS: usize = 4;
/// Of a process whose callers each take one for a pipeline: enough for all of them, so that none waits for one.
const POOL: usize = 64;
const DEADLINE: Duration = Duration::from_secs(10);
/// How late a network between a gateway and its server delivers, at least; zero is the machine itself.
const DELAYS: [Duration; 2] = [Duration::ZERO, Duration::from_micros(250)];
/// Turns that each way has, for each kind of decision.
const TURNS: u32 = 5;

pub fn run(quick: bool) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let machine = machine::describe();
    let page = runtime.block_on(measure(&machine, Duration::from_millis(if quick { 100 } else { 5000 })))?;
    println!("{}", page.0);
    if quick {
        Ok(())
    } else {
        report::keep("redis", &page.0, &json!({"machine": machine, "figures": page.1}))
    }
}

async fn measure(machine: &str, time: Duration) -> Result<(String, Vec<serde_json::Value>)> {
    let (folder, port) = (tempfile::tempdir()?, ports::free());
    let mut program = command("redis-server", folder.path());
    program.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
    let server = Server::start(&mut program, folder.path(), port).await;
    let direct = connections_to(port, CONNECTIONS).await?;
    let info: String = redis::cmd("INFO").arg("server").query_async(&mut direct[0].clone()).await?;
    let version = info.lines().find_map(|line| line.strip_prefix("redis_version:")).unwrap_or("?").to_owned();

    let bytes = bytes(&mut direct[0].clone()).await?;
    let exactness = exactness(&direct).await?;
    let (mut rows, mut costs, mut figures) = (Vec::new(), Vec::new(), Vec::new());
    for delay in DELAYS {
        let port = if delay.is_zero() { port } else { far(port, delay).await? };
        let pool = Way::Peer(connections_to(port, POOL).await?);
        let shared = Way::Peer(connections_to(port, CONNECTIONS).await?);
        let ours = Way::Ours(our_store(port)?);
        let round_trip = round_trip(&mut connections_to(port, 1).await?[0]).await?;
        for names in NAMES {
            for callers in CALLERS {
                // In turns, so that what else the machine does falls upon all.
                let mut turns = [const { Vec::new() }; 3];
                for _ in 0..TURNS {
                    for (way, turns) in [&pool, &shared, &ours].into_iter().zip(&mut turns) {
                        turns.push(orders(way, names, callers, time / TURNS, &direct[0]).await?);
                    }
                }
                let [peer, shared, ours] = turns.map(Figures::median);
                let (order, all) = ([names.to_string(), callers.to_string()], [&peer, &shared, &ours]);
                let rate = |of: fn(&Figures) -> f64| {
                    let ratio = |peer| format!("{:.2}", of(&ours) / of(peer));
                    let rates = all.map(|figures| format!("{:.0}", of(figures)));
                    rates.into_iter().chain([ratio(&peer), ratio(&shared)])
                };
                let each = |of: fn(&Figures) -> String| all.map(of).join(" / ");
                let row = [milliseconds(round_trip)].into_iter().chain(order.clone());
                let row = row.chain(rate(|figures| figures.rate));
                let times = [
                    each(|figures| in_milliseconds(figures.p50)),
                    each(|figures| in_milliseconds(figures.p99)),
                ];
                rows.push(row.chain(times).collect());
                if delay.is_zero() {
                    let row = order.into_iter().chain(rate(|figures| 1e6 / figures.server_us));
                    let micros = [
                        each(|figures| format!("{:.1}", figures.server_us)),
                        each(|figures| format!("{:.1}", figures.client_us)),
                    ];
                    costs.push(row.chain(micros).collect());
                }
                figures.push(
                    json!({"round_trip_us": round_trip.as_micros(), "names": names, "callers": callers,
                    "peer": peer.json(), "peer_on_shared_connections": shared.json(), "ours": ours.json(),
                    "ratio": ours.rate / peer.rate, "ratio_on_shared_connections": ours.rate / shared.rate}),
                );
            }
        }
    }
    let our_bytes = our_bytes(&*our_store(port)?, &mut direct[0].clone()).await?;
    server.kill().await;
    let rates =
        ["peer's decisions a second", "on shared connections", "ours", "ratio", "on shared connections"];
    let head = [&["PING", "names", "callers"], &rates[..], &["p50, ms", "p99, ms"]].concat();
    let costs_head =
        [&["names", "callers"], &rates[..], &["server's CPU a decision, µs", "client's CPU a decision, µs"]]
            .concat();
    let memory: Vec<_> = COUNTS
        .iter()
        .zip(our_bytes)
        .zip(bytes)
        .map(|((count, ours), peers)| {
            [*count, ours].into_iter().chain(peers).map(|n| n.to_string()).collect()
        })
        .collect();
    let page = format!(
        "{machine}. Redis {version}, one node on the same machine. The peer's way takes two round trips and 2n + 4 commands: with \
         a connection out of a pool for each pipeline, as its client does it, and with the pipelines of all callers on \
         {CONNECTIONS} connections. Ours is one script call, on {CONNECTIONS} connections. A PING that takes longer goes through a \
         proxy that delays what passes, as a network does. Medians of {TURNS} turns each; where three figures stand together, they \
         are in this order.\n\n{}\nClient and server share the cores. What one core of the server could decide for many clients, by \
         the CPU time that a decision takes there (INFO cpu), and what it takes the client:\n\n{}\nBytes a bucket (INFO memory \
         over keys that expire):\n\n{}\n200 at once on a bucket of 50, 20 runs each, admitted by the peer's way in the \
         median: {exactness}; by ours exactly what fits, as the conformance suite shows.\n",
        report::table(&head, &rows),
        report::table(&costs_head, &costs),
        report::table(&["keys", "ours: 17 bytes", "peer's of 13", "of 29", "of 66"], &memory)
    );
    Ok((page, figures))
}

async fn connections_to(port: u16, count: usize) -> Result<Vec<MultiplexedConnection>> {
    let client = redis::Client::open(("127.0.0.1", port))?;
    // On a machine that others keep busy an answer may take long.
    let config = AsyncConnectionConfig::new().set_response_timeout(Some(DEADLINE));
    let mut connections = Vec::new();
    for _ in 0..count {
        connections.push(client.get_multiplexed_async_connection_with_config(&config).await?);
    }
    Ok(connections)
}

/// The median of some that say nothing.
async fn round_trip(connection: &mut MultiplexedConnection) -> Result<Duration> {
    let mut took = Vec::new();
    for _ in 0..101 {
        let begun = Instant::now();
        let _: String = redis::cmd("PING").query_async(connection).await?;
        took.push(begun.elapsed());
    }
    took.sort();
    Ok(took[took.len() / 2])
}

/// A port behind which the server is far away. The runtime's clock ticks in milliseconds, so what passes is up to one later.
async fn far(port: u16, one_way: Duration) -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let far = listener.local_addr()?.port();
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await else { return };
            for end in [&near, &server] {
                let _ = end.set_nodelay(true);
            }
            let ((read, write), (server_read, server_write)) = (near.into_split(), server.into_split());
            tokio::spawn(delayed(read, server_write, one_way));
            tokio::spawn(delayed(server_read, write, one_way));
        }
    });
    Ok(far)
}

/// Passes on what is read, each piece so much later; pieces are under way together, as on a line.
async fn delayed(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, by: Duration) -> io::Result<()> {
    let (send, mut pieces) = mpsc::channel::<(tokio::time::Instant, Vec<u8>)>(1024);
    tokio::spawn(async move {
        while let Some((at, piece)) = pieces.recv().await {
            tokio::time::sleep_until(at).await;
            to.write_all(&piece).await?;
        }
        io::Result::Ok(())
    });
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = from.read(&mut buffer).await?;
        if read == 0 || send.send((tokio::time::Instant::now() + by, buffer[..read].to_vec())).await.is_err()
        {
            return Ok(());
        }
    }
}

fn milliseconds(duration: Duration) -> String {
    format!("{} ms", in_milliseconds(duration))
}

fn in_milliseconds(duration: Duration) -> String {
    format!("{:.2}", duration.as_secs_f64() * 1e3)
}

fn our_store(port: u16) -> Result<Arc<RedisStore>> {
    let url = format!("redis://127.0.0.1:{port}").parse()?;
    let options = RedisStoreOptions {
        connections_max: CONNECTIONS.try_into()?,
        deadline: DEADLINE,
        ..RedisStoreOptions::new(RedisServers::One(url))
    };
    Ok(Arc::new(RedisStore::connect(&options)?))
}

/// Who decides.
#[derive(Clone)]
enum Way {
    Peer(Vec<MultiplexedConnection>),
    Ours(Arc<RedisStore>),
}

impl Way {
    /// Whether an order is admitted; what is spent from stands first.
    async fn admits(&mut self, caller: usize, keys: &[String], quota: &Quota) -> Result<bool> {
        match self {
            Self::Peer(connections) => {
                let connection = caller % connections.len();
                read_decide_write(&mut connections[connection], keys, quota).await
            }
            Self::Ours(store) => {
                let entry = |(place, key): (usize, &String)| Entry {
                    id: HashKey::new([1; 16]).bucket(0, &[key.as_bytes()]),
                    charge: charge(quota, if place == 0 { Action::Spend } else { Action::Check }),
                };
                let batch: Vec<_> = keys.iter().enumerate().map(entry).collect();
                Ok(store.decide(&batch, now()).await?.verdict == Verdict::Allow)
            }
        }
    }
}

fn charge(quota: &Quota, action: Action) -> Charge {
    Charge { quota: *quota, cost: Cost(1), action }
}

/// Of one kind of decision.
struct Figures {
    rate: f64,
    p50: Duration,
    p99: Duration,
    /// CPU time of a decision.
    server_us: f64,
    client_us: f64,
}

impl Figures {
    /// The turn with the median rate.
    fn median(mut turns: Vec<Self>) -> Self {
        turns.sort_by(|one, other| one.rate.total_cmp(&other.rate));
        turns.swap_remove(turns.len() / 2)
    }

    fn json(&self) -> serde_json::Value {
        json!({"orders_per_second": self.rate, "p50_us": self.p50.as_micros(), "p99_us": self.p99.as_micros(),
            "server_cpu_us": self.server_us, "client_cpu_us": self.client_us})
    }
}

async fn orders(
    way: &Way,
    names: u64,
    callers: usize,
    time: Duration,
    admin: &MultiplexedConnection,
) -> Result<Figures> {
    let mut admin = admin.clone();
    let (server_before, client_before) = (server_cpu(&mut admin).await?, machine::cpu());
    let start = Instant::now();
    let tasks: Vec<_> = (0..callers)
        .map(|caller| {
            let mut way = way.clone();
            tokio::spawn(async move {
                let (mut random, mut took) = (fastrand::Rng::with_seed(caller as u64), Vec::new());
                while start.elapsed() < time {
                    let begun = Instant::now();
                    let keys = order(&mut random, names);
                    let allowed = way.admits(caller, &keys, &quota(1_000_000)).await?;
                    assert!(allowed, "no bucket runs empty");
                    took.push(begun.elapsed());
                }
                anyhow::Ok(took)
            })
        })
        .collect();
    let mut took = Vec::new();
    for task in tasks {
        took.extend(task.await??);
    }
    let elapsed = start.elapsed();
    let decisions = took.len() as f64;
    let micros = |cpu: Duration| cpu.as_secs_f64() * 1e6 / decisions;
    let client_us = micros(machine::cpu() - client_before);
    let server_us = micros(server_cpu(&mut admin).await? - server_before);
    took.sort();
    Ok(Figures {
        rate: decisions / elapsed.as_secs_f64(),
        p50: took[took.len() / 2],
        p99: took[took.len() * 99 / 100],
        server_us,
        client_us,
    })
}

/// An account, an address and names with their domains; what is spent from stands first.
fn order(random: &mut fastrand::Rng, names: u64) -> Vec<String> {
    let account = random.u64(..KEYS);
    let mut keys = vec![format!("3:{account:010}"), format!("7:{account:026}")];
    let first = random.u64(..KEYS);
    for name in 0..names {
        let domain = (first + name * 97) % KEYS;
        keys.push(format!("5:www.customer-{domain:010}.com"));
        keys.push(format!("4:{account:010}:www.customer-{domain:010}.com"));
    }
    keys
}

fn quota(burst: u64) -> Quota {
    Quota::new(1, Duration::from_secs(60), burst).expect("representable")
}

/// Two round trips: the buckets, then what was spent. The first bucket is spent from, the others are checked.
async fn read_decide_write(
    connection: &mut MultiplexedConnection,
    keys: &[String],
    quota: &Quota,
) -> Result<bool> {
    let mut read = redis::pipe();
    for key in keys {
        read.get(key);
    }
    let stored: Vec<Option<u64>> = read.query_async(connection).await?;
    let now = now();
    let mut charges = vec![charge(quota, Action::Check); keys.len()];
    charges[0] = charge(quota, Action::Spend);
    let bucket = |tat: &Option<u64>| Bucket::from_tat(Timestamp::from_nanos(tat.unwrap_or(0)));
    let mut buckets: Vec<_> = stored.iter().map(bucket).collect();
    if decide(&charges, &mut buckets, now)?.verdict != Verdict::Allow {
        return Ok(false);
    }
    let seconds = quota.burst_offset().as_secs() as i64;
    let mut write = redis::pipe();
    match stored[0] {
        Some(tat) if tat > now.as_nanos() => {
            write.incr(&keys[0], quota.emission_interval().as_nanos() as u64).expire(&keys[0], seconds)
        }
        _ => write.set(&keys[0], buckets[0].tat().as_nanos()).expire(&keys[0], seconds),
    };
    let _: redis::Value = write.query_async(connection).await?;
    Ok(true)
}

/// How many of 200 at once a bucket of 50 admits, when it is new, stale, and nearly empty.
async fn exactness(connections: &[MultiplexedConnection]) -> Result<String> {
    let quota = quota(50);
    let empty_but_one = now().as_nanos() + 49 * 60_000_000_000;
    let mut told = Vec::new();
    for (name, tat, fits) in
        [("new", None, 50), ("stale", Some(1), 50), ("one unit left", Some(empty_but_one), 1)]
    {
        let mut admitted = Vec::new();
        for run in 0..20 {
            let keys = Arc::new(vec![format!("exact:{name}:{run}")]);
            if let Some(tat) = tat {
                let _: () =
                    redis::cmd("SET").arg(&keys[0]).arg(tat).query_async(&mut connections[0].clone()).await?;
            }
            let tasks: Vec<_> = (0..200)
                .map(|caller| {
                    let (keys, mut connection) =
                        (keys.clone(), connections[caller % connections.len()].clone());
                    tokio::spawn(async move { read_decide_write(&mut connection, &keys, &quota).await })
                })
                .collect();
            let mut count = 0.0;
            for task in tasks {
                count += f64::from(u8::from(task.await??));
            }
            admitted.push(count);
        }
        told.push(format!("{name} {:.0} (exact: {fits})", report::median(&mut admitted)));
    }
    Ok(told.join(", "))
}

/// Numbers of keys over which bytes are counted.
const COUNTS: [u64; 2] = [100_000, 1_000_000];

/// What a key of each of the peer's lengths takes in the server.
async fn bytes(connection: &mut MultiplexedConnection) -> Result<Vec<Vec<u64>>> {
    let mut told = Vec::new();
    for count in COUNTS {
        let mut each = Vec::new();
        for length in [13, 29, 66] {
            let before = used_memory(connection).await?;
            for first in (0..count).step_by(1000) {
                let mut write = redis::pipe();
                for number in first..first + 1000 {
                    let key = format!("{number:0length$}");
                    write.set_ex(key, 1_795_000_000_000_000_000_u64 + number, 86_400).ignore();
                }
                let () = write.query_async(connection).await?;
            }
            each.push((used_memory(connection).await? - before) / count);
            let _: () = redis::cmd("FLUSHALL").query_async(connection).await?;
        }
        told.push(each);
    }
    Ok(told)
}

/// What a bucket of ours takes in the server.
async fn our_bytes(store: &RedisStore, connection: &mut MultiplexedConnection) -> Result<Vec<u64>> {
    let mut told = Vec::new();
    let spend = |number: u64| Entry {
        id: HashKey::new([1; 16]).bucket(0, &[&number.to_le_bytes()]),
        charge: charge(&quota(1000), Action::Spend),
    };
    for count in COUNTS {
        let _: () = redis::cmd("FLUSHALL").query_async(connection).await?;
        let before = used_memory(connection).await?;
        for first in (0..count).step_by(1000) {
            let batch: Vec<_> = (first..first + 1000).map(spend).collect();
            store.decide(&batch, now()).await?;
        }
        told.push((used_memory(connection).await? - before) / count);
    }
    Ok(told)
}

async fn used_memory(connection: &mut MultiplexedConnection) -> Result<u64> {
    Ok(field(connection, "memory", "used_memory:").await?.parse()?)
}

/// The CPU time that the server has taken.
async fn server_cpu(connection: &mut MultiplexedConnection) -> Result<Duration> {
    let mut seconds = 0.0;
    for kind in ["used_cpu_user:", "used_cpu_sys:"] {
        seconds += field(connection, "cpu", kind).await?.parse::<f64>()?;
    }
    Ok(Duration::from_secs_f64(seconds))
}

async fn field(connection: &mut MultiplexedConnection, section: &str, field: &str) -> Result<String> {
    let info: String = redis::cmd("INFO").arg(section).query_async(connection).await?;
    let value = info.lines().find_map(|line| line.strip_prefix(field)).context("it is told")?;
    Ok(value.trim().to_owned())
}
