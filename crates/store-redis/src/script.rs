//! The scripts, and how they are called.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    sync::Arc,
};

use redis::{Cmd, ErrorKind, RedisResult, Script, ServerErrorKind, Value, aio::MultiplexedConnection};
use tollgate_engine::{Action, Bucket, Charge, Timestamp};
use tollgate_store::BucketId;

use crate::failure::Failure;

/// Before every bucket's name, so that a database may hold something else, too.
const KEY_PREFIX: u8 = b'b';
/// Prefix, and 128 bits.
const KEY_BYTES: usize = 17;
/// Action, cost increment and burst offset.
const CHARGE_BYTES: usize = 1 + 2 * NANOS_BYTES;
/// What is given back, and since when the bucket might have been full.
const REFUND_BYTES: usize = 2 * NANOS_BYTES;
/// The TAT of a bucket that is taken over.
const RAISE_BYTES: usize = NANOS_BYTES;
const NANOS_BYTES: usize = 9;

const MILLISECOND: u64 = 1_000_000;

/// Among so many of the latest it is looked whether a bucket is treated like one before.
const ALIKE_MAX: usize = 16;
/// Different treatments that a byte can number.
const BYTE_MAX: usize = 256;

/// The scripts, each with its hash.
pub(crate) struct Scripts {
    decide: Arc<Script>,
    refund: Arc<Script>,
    reset: Arc<Script>,
    peek: Arc<Script>,
    raise: Arc<Script>,
}

macro_rules! script {
    ($flags:literal, $file:literal) => {
        Arc::new(Script::new(concat!(
            "#!lua flags=",
            $flags,
            "\n",
            include_str!("scripts/time.lua"),
            include_str!("scripts/buckets.lua"),
            include_str!(concat!("scripts/", $file))
        )))
    };
}

impl Scripts {
    pub(crate) fn new() -> Self {
        // The flags make a replica, and a server without memory, refuse a script before it begins, but for what makes
        // no key.
        Self {
            decide: script!("allow-cross-slot-keys", "decide.lua"),
            refund: script!("allow-cross-slot-keys,allow-oom", "refund.lua"),
            reset: script!("allow-cross-slot-keys,allow-oom", "reset.lua"),
            peek: script!("allow-cross-slot-keys,no-writes", "peek.lua"),
            raise: script!("allow-cross-slot-keys", "raise.lua"),
        }
    }
}

/// What is asked of some buckets, wherever they lie.
pub(crate) struct Task {
    script: Arc<Script>,
    keys: Vec<Key>,
    /// Empty for the server's clock.
    time: Vec<u8>,
    /// Of each bucket equally many bytes.
    arguments: Vec<u8>,
    argument_bytes: usize,
    /// Of each bucket of a decision, whether it counts even when it is full.
    counting: Vec<bool>,
}

pub(crate) type Key = [u8; KEY_BYTES];

/// One bucket's part of a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refund {
    pub(crate) id: BucketId,
    /// What it gets back.
    pub(crate) nanos: u64,
    /// Since when the bucket might have been full but for what is given back now.
    pub(crate) full_since: Timestamp,
}

impl Task {
    pub(crate) fn decide<'a>(
        scripts: &Scripts,
        charges: impl ExactSizeIterator<Item = (BucketId, &'a Charge)>,
        now: Option<Timestamp>,
    ) -> Self {
        let mut task = Self::new(&scripts.decide, charges.len(), CHARGE_BYTES, now);
        for (id, charge) in charges {
            task.keys.push(key(id));
            // A full bucket that is only checked allows, for no cost exceeds the burst, and a server's time is far from the last.
            task.counting.push(charge.action != Action::Check || now.is_some());
            task.arguments.push(match charge.action {
                Action::Spend => 0,
                Action::Check => 1,
                Action::Record => 2,
            });
            put_nanos(charge.quota.cost_increment_nanos(charge.cost), &mut task.arguments);
            put_nanos(charge.quota.burst_offset_nanos(), &mut task.arguments);
        }
        task
    }

    pub(crate) fn refund(scripts: &Scripts, refunds: &[Refund], now: Option<Timestamp>) -> Self {
        let mut task = Self::new(&scripts.refund, refunds.len(), REFUND_BYTES, now);
        for refund in refunds {
            task.keys.push(key(refund.id));
            put_nanos(refund.nanos, &mut task.arguments);
            put_nanos(refund.full_since.as_nanos(), &mut task.arguments);
        }
        task
    }

    pub(crate) fn reset(scripts: &Scripts, ids: &[BucketId]) -> Self {
        let mut task = Self::new(&scripts.reset, ids.len(), 0, None);
        task.keys.extend(ids.iter().map(|id| key(*id)));
        task
    }

    pub(crate) fn peek(scripts: &Scripts, ids: &[BucketId], now: Option<Timestamp>) -> Self {
        let mut task = Self::new(&scripts.peek, ids.len(), 0, now);
        task.keys.extend(ids.iter().map(|id| key(*id)));
        task
    }

    pub(crate) fn raise(scripts: &Scripts, buckets: &[(BucketId, Bucket)], now: Option<Timestamp>) -> Self {
        let mut task = Self::new(&scripts.raise, buckets.len(), RAISE_BYTES, now);
        for (id, bucket) in buckets {
            task.keys.push(key(*id));
            put_nanos(bucket.tat().as_nanos(), &mut task.arguments);
        }
        task
    }

    fn new(script: &Arc<Script>, buckets: usize, argument_bytes: usize, now: Option<Timestamp>) -> Self {
        Self {
            script: script.clone(),
            keys: Vec::with_capacity(buckets),
            time: now.map_or_else(Vec::new, |now| now.as_nanos().to_string().into_bytes()),
            arguments: Vec::with_capacity(buckets * argument_bytes),
            argument_bytes,
            counting: Vec::new(),
        }
    }

    pub(crate) fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// All buckets, on a server of its own.
    pub(crate) fn whole(&self) -> Call {
        self.call(&self.places(0..self.keys.len()))
    }

    /// The buckets of several decisions in one call, for a server of its own. Each is decided for itself, in this order.
    ///
    /// They have the same script and the same time.
    pub(crate) fn together(tasks: &[Self]) -> Call {
        let [first, ..] = tasks else { unreachable!("a call is for somebody") };
        let count = tasks.iter().map(|task| task.keys.len()).sum();
        let mut places = Places::with_capacity(count, first.argument_bytes);
        let mut known = HashMap::with_capacity_and_hasher(count, BuildHasherDefault::<NameHasher>::default());
        for task in tasks {
            for (place, key) in task.keys.iter().enumerate() {
                let number = task.put(place, &mut places);
                places.share(number, *known.entry(key).or_insert(number));
            }
        }
        let mut call = first.call(&places);
        call.command.arg(numbers(tasks.iter().map(|task| task.keys.len() as u32)));
        call
    }

    pub(crate) fn is_at_the_time_of(&self, other: &Self) -> bool {
        self.time == other.time
    }

    /// One bucket, named so that a node of a cluster says where it is; `asking` where it is said to be for now.
    pub(crate) fn alone(&self, place: usize, asking: bool) -> Call {
        let call = self.call_in_cluster(&self.keys[place..=place], &self.places([place]));
        Call { asking, ..call }
    }

    /// Several buckets of one node of a cluster, of whatever slots.
    pub(crate) fn part(&self, places: &[usize]) -> Call {
        self.call_in_cluster(&[], &self.places(places.iter().copied()))
    }

    fn places(&self, which: impl IntoIterator<Item = usize, IntoIter: ExactSizeIterator>) -> Places {
        let which = which.into_iter();
        let mut places = Places::with_capacity(which.len(), self.argument_bytes);
        for place in which {
            self.put(place, &mut places);
        }
        places
    }

    fn put(&self, place: usize, places: &mut Places) -> u32 {
        let argument = &self.arguments[place * self.argument_bytes..][..self.argument_bytes];
        places.push(&self.keys[place], argument, self.counting.get(place).is_some_and(|counts| *counts))
    }

    /// One key is named, too, so that a user who may not touch such keys is told that before the script begins.
    fn call(&self, places: &Places) -> Call {
        self.command(self.keys.get(..1).unwrap_or_default(), b"", places)
    }

    fn call_in_cluster(&self, declared: &[Key], places: &Places) -> Call {
        self.command(declared, b"cluster", places)
    }

    fn command(&self, declared: &[Key], servers: &[u8], places: &Places) -> Call {
        let mut command = redis::cmd("EVALSHA");
        command.arg(self.script.get_hash()).arg(declared.len());
        for key in declared {
            command.arg(&key[..]);
        }
        command.arg(&self.time[..]).arg(&places.keys).arg(servers);
        command.arg(&places.treatments).arg(places.which()).arg(places.counting());
        Call { script: Some(self.script.clone()), command, asking: false }
    }
}

/// What a call is about: buckets, and what is done to each.
struct Places {
    keys: Vec<u8>,
    /// What there is to do, mostly each once, for many buckets are treated alike.
    treatments: Vec<u8>,
    treatment_bytes: usize,
    /// Which of that for each place.
    which: Vec<u32>,
    /// For each place that counts even when its bucket is full the first that has the same bucket, else zero. Counted
    /// from one.
    firsts: Vec<u32>,
}

impl Places {
    fn with_capacity(count: usize, treatment_bytes: usize) -> Self {
        Self {
            keys: Vec::with_capacity(count * KEY_BYTES),
            treatments: Vec::with_capacity(count.min(ALIKE_MAX) * treatment_bytes),
            treatment_bytes,
            which: Vec::with_capacity(count),
            firsts: Vec::with_capacity(count),
        }
    }

    /// Its number, counted from one.
    fn push(&mut self, key: &Key, treatment: &[u8], counts: bool) -> u32 {
        self.keys.extend_from_slice(key);
        if self.treatment_bytes > 0 {
            let which = self.number(treatment);
            self.which.push(which as u32);
        }
        let number = self.firsts.len() as u32 + 1;
        self.firsts.push(if counts { number } else { 0 });
        number
    }

    fn number(&mut self, treatment: &[u8]) -> usize {
        let known = self.treatments.chunks_exact(self.treatment_bytes);
        let count = known.len();
        match known.rev().take(ALIKE_MAX).position(|known| known == treatment) {
            Some(back) => count - 1 - back,
            None => {
                self.treatments.extend_from_slice(treatment);
                count
            }
        }
    }

    /// What is done at one of the two counts at the other.
    fn share(&mut self, place: u32, first: u32) {
        if place != first {
            self.firsts[first as usize - 1] = first;
            self.firsts[place as usize - 1] = first;
        }
    }

    /// In a byte each where that is enough.
    fn which(&self) -> Vec<u8> {
        if self.treatments.len() <= BYTE_MAX * self.treatment_bytes {
            self.which.iter().map(|&which| which as u8).collect()
        } else {
            numbers(self.which.iter().copied())
        }
    }

    fn counting(&self) -> Vec<u8> {
        let counting = (1..).zip(&self.firsts).filter(|(_, first)| **first > 0);
        numbers(counting.flat_map(|(place, first)| [place, *first]))
    }
}

fn numbers(numbers: impl IntoIterator<Item = u32>) -> Vec<u8> {
    numbers.into_iter().flat_map(u32::to_be_bytes).collect()
}

/// Of keys, whose last bytes are random.
#[derive(Default)]
struct NameHasher(u64);

impl Hasher for NameHasher {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(last) = bytes.last_chunk() {
            self.0 = u64::from_ne_bytes(*last);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// One call to one server.
pub(crate) struct Call {
    script: Option<Arc<Script>>,
    command: Cmd,
    asking: bool,
}

impl Call {
    /// Which nodes have which slots.
    pub(crate) fn slots() -> Self {
        let mut command = redis::cmd("CLUSTER");
        command.arg("SLOTS");
        Self { script: None, command, asking: false }
    }

    /// Some of the keys that look like a bucket's, and where to go on.
    pub(crate) fn scan(cursor: u64, count: usize) -> Self {
        let mut command = redis::cmd("SCAN");
        let pattern = format!("{}{}", char::from(KEY_PREFIX), "?".repeat(KEY_BYTES - 1));
        command.arg(cursor).arg("MATCH").arg(pattern).arg("COUNT").arg(count);
        Self { script: None, command, asking: false }
    }

    /// Sends it. A server that does not know the script has done nothing: it is loaded, and called once more.
    pub(crate) async fn send(&self, mut connection: MultiplexedConnection) -> RedisResult<Value> {
        let Some(script) = &self.script else { return self.command.query_async(&mut connection).await };
        if self.asking {
            // The permission is for the very next command, so the script must be there already.
            let _: String = script.load_async(&mut connection).await?;
            let mut pipeline = redis::pipe();
            pipeline.cmd("ASKING").ignore().add_command(self.command.clone());
            let (answer,) = pipeline.query_async(&mut connection).await?;
            return Ok(answer);
        }
        match self.command.query_async(&mut connection).await {
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                let _: String = script.load_async(&mut connection).await?;
                self.command.query_async(&mut connection).await
            }
            answer => answer,
        }
    }
}

/// Buckets as a call found them.
#[derive(Debug)]
pub(crate) struct Found {
    /// By whose clock they were decided.
    pub(crate) now: Timestamp,
    pub(crate) buckets: Vec<Bucket>,
}

impl Found {
    /// Of the answer of a call for so many buckets.
    pub(crate) fn read(answer: &Value, buckets: usize) -> Result<Self, Failure> {
        Self::read_each(answer, [buckets])?.pop().ok_or(Failure::Malformed)
    }

    /// Of the answer of a call for several decisions over so many buckets each: the time, then of each place whose bucket
    /// is there its number among all and the TAT.
    pub(crate) fn read_each(
        answer: &Value,
        sizes: impl IntoIterator<Item = usize>,
    ) -> Result<Vec<Self>, Failure> {
        let Value::BulkString(answer) = answer else { return Err(Failure::Malformed) };
        let mut rest = &answer[..];
        let now = take_time(&mut rest)?;
        let mut end = 0;
        let each = sizes
            .into_iter()
            .map(|size| {
                let first = end;
                end += size;
                let mut buckets = vec![Bucket::default(); size];
                while let Some(place) = next_number(rest).filter(|place| *place < end) {
                    take_number(&mut rest)?;
                    let bucket = place.checked_sub(first).ok_or(Failure::Malformed)?;
                    buckets[bucket] = Bucket::from_tat(take_time(&mut rest)?);
                }
                Ok(Self { now, buckets })
            })
            .collect::<Result<_, _>>()?;
        if rest.is_empty() { Ok(each) } else { Err(Failure::Malformed) }
    }
}

fn next_number(mut rest: &[u8]) -> Option<usize> {
    take_number(&mut rest).ok().map(|number| number as usize)
}

fn take_number(rest: &mut &[u8]) -> Result<u32, Failure> {
    let (number, after) = rest.split_first_chunk().ok_or(Failure::Malformed)?;
    *rest = after;
    Ok(u32::from_be_bytes(*number))
}

/// As [`put_nanos`] has put it.
fn take_time(rest: &mut &[u8]) -> Result<Timestamp, Failure> {
    let (&[a, b, c, d, e, f, g, h, i], after) = rest.split_first_chunk().ok_or(Failure::Malformed)?;
    *rest = after;
    let milliseconds = u64::from_be_bytes([0, 0, a, b, c, d, e, f]);
    let nanos = u64::from(u32::from_be_bytes([0, g, h, i]));
    let sum = milliseconds.checked_mul(MILLISECOND).and_then(|whole| whole.checked_add(nanos));
    Ok(Timestamp::from_nanos(sum.ok_or(Failure::Malformed)?))
}

fn key(id: BucketId) -> Key {
    let mut key = [KEY_PREFIX; KEY_BYTES];
    key[1..9].copy_from_slice(&id.0[0].to_be_bytes());
    key[9..].copy_from_slice(&id.0[1].to_be_bytes());
    key
}

/// The bucket of a key, if it is one of a bucket.
pub(crate) fn id(key: &[u8]) -> Option<BucketId> {
    let (prefix, halves) = key.split_first()?;
    let ([first, second], []) = halves.as_chunks::<8>() else { return None };
    (*prefix == KEY_PREFIX).then(|| BucketId([u64::from_be_bytes(*first), u64::from_be_bytes(*second)]))
}

/// Milliseconds in six bytes, which hold any a `u64` of nanoseconds can have, and the nanoseconds of the millisecond.
fn put_nanos(nanos: u64, arguments: &mut Vec<u8>) {
    let [_, _, milliseconds @ ..] = (nanos / MILLISECOND).to_be_bytes();
    let [_, _, _, _, _, rest @ ..] = (nanos % MILLISECOND).to_be_bytes();
    arguments.extend_from_slice(&milliseconds);
    arguments.extend_from_slice(&rest);
}
