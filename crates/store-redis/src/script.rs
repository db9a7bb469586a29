//! The scripts, and how they are called.

use std::sync::Arc;

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

const SECOND: u64 = 1_000_000_000;

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
        }
    }

    pub(crate) fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// All buckets, on a server of its own.
    pub(crate) fn whole(&self) -> Call {
        self.call(&self.keys, &self.arguments, false)
    }

    /// The buckets of several decisions in one call, for a server of its own. Each is decided for itself, in this order.
    ///
    /// They have the same script and the same time.
    pub(crate) fn together(tasks: &[Self]) -> Call {
        let [first, ..] = tasks else { unreachable!("a call is for somebody") };
        let keys: Vec<_> = tasks.iter().flat_map(|task| &task.keys).copied().collect();
        let arguments: Vec<_> = tasks.iter().flat_map(|task| &task.arguments).copied().collect();
        let mut call = first.call(&keys, &arguments, false);
        let sizes: Vec<_> = tasks.iter().flat_map(|task| (task.keys.len() as u32).to_be_bytes()).collect();
        call.command.arg(&[][..] as &[u8]).arg(sizes);
        call
    }

    pub(crate) fn is_at_the_time_of(&self, other: &Self) -> bool {
        self.time == other.time
    }

    /// One bucket, named so that a node of a cluster says where it is; `asking` where it is said to be for now.
    pub(crate) fn alone(&self, place: usize, asking: bool) -> Call {
        self.call(&self.keys[place..=place], self.argument(place), asking)
    }

    /// Several buckets of one node of a cluster, of whatever slots.
    pub(crate) fn part(&self, places: &[usize]) -> Call {
        let mut names = Vec::with_capacity(places.len() * KEY_BYTES);
        let mut arguments = Vec::with_capacity(places.len() * self.argument_bytes);
        for &place in places {
            names.extend_from_slice(&self.keys[place]);
            arguments.extend_from_slice(self.argument(place));
        }
        let mut call = self.call(&[], &arguments, false);
        call.command.arg(names);
        call
    }

    fn argument(&self, place: usize) -> &[u8] {
        &self.arguments[place * self.argument_bytes..][..self.argument_bytes]
    }

    fn call(&self, keys: &[Key], arguments: &[u8], asking: bool) -> Call {
        let mut command = redis::cmd("EVALSHA");
        command.arg(self.script.get_hash()).arg(keys.len());
        for key in keys {
            command.arg(&key[..]);
        }
        command.arg(&self.time[..]).arg(arguments);
        Call { script: Some(self.script.clone()), command, asking }
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
        Self::read_each(answer, &[buckets])?.pop().ok_or(Failure::Malformed)
    }

    /// Of the answer of a call for several decisions over so many buckets each: the time, then for each decision how many
    /// of its buckets are there, their places and their TATs.
    pub(crate) fn read_each(answer: &Value, sizes: &[usize]) -> Result<Vec<Self>, Failure> {
        let Value::BulkString(answer) = answer else { return Err(Failure::Malformed) };
        let mut rest = &answer[..];
        let now = take_time(&mut rest)?;
        let each = sizes
            .iter()
            .map(|&size| {
                let mut buckets = vec![Bucket::default(); size];
                for _ in 0..take_number(&mut rest)? {
                    let place = take_number(&mut rest)? as usize;
                    let tat = take_time(&mut rest)?;
                    *buckets.get_mut(place).ok_or(Failure::Malformed)? = Bucket::from_tat(tat);
                }
                Ok(Self { now, buckets })
            })
            .collect::<Result<_, _>>()?;
        if rest.is_empty() { Ok(each) } else { Err(Failure::Malformed) }
    }
}

fn take_number(rest: &mut &[u8]) -> Result<u32, Failure> {
    let (number, after) = rest.split_first_chunk().ok_or(Failure::Malformed)?;
    *rest = after;
    Ok(u32::from_be_bytes(*number))
}

/// As [`put_nanos`] has put it.
fn take_time(rest: &mut &[u8]) -> Result<Timestamp, Failure> {
    let (&[a, b, c, d, e], after) = rest.split_first_chunk().ok_or(Failure::Malformed)?;
    *rest = after;
    let seconds = u64::from_be_bytes([0, 0, 0, a, b, c, d, e]);
    let nanos = u64::from(take_number(rest)?);
    let sum = seconds.checked_mul(SECOND).and_then(|whole| whole.checked_add(nanos));
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

/// Seconds in five bytes, which hold any a `u64` of nanoseconds can have, and the nanoseconds of the second.
fn put_nanos(nanos: u64, arguments: &mut Vec<u8>) {
    arguments.extend_from_slice(&(nanos / SECOND).to_be_bytes()[3..]);
    arguments.extend_from_slice(&(nanos % SECOND).to_be_bytes()[4..]);
}
