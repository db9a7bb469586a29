//! The scripts, and how their arguments are written.

use redis::{Cmd, ErrorKind, FromRedisValue, Script, ServerErrorKind, aio::MultiplexedConnection};
use tollgate_engine::{Action, Charge, Timestamp};
use tollgate_store::BucketId;

/// Before every bucket's name, so that a database may hold something else, too.
const KEY_PREFIX: u8 = b'b';
/// Prefix, and 128 bits.
const KEY_BYTES: usize = 17;

const SECOND: u64 = 1_000_000_000;

// The first line makes a replica, and a server without memory, refuse the script before it begins.

pub(crate) fn decide() -> Script {
    Script::new(concat!("#!lua\n", include_str!("scripts/time.lua"), include_str!("scripts/decide.lua")))
}

/// Runs without memory, too: it makes no key.
pub(crate) fn refund() -> Script {
    Script::new(concat!(
        "#!lua flags=allow-oom\n",
        include_str!("scripts/time.lua"),
        include_str!("scripts/refund.lua")
    ))
}

pub(crate) fn raise() -> Script {
    Script::new(concat!("#!lua\n", include_str!("scripts/time.lua"), include_str!("scripts/raise.lua")))
}

/// Calls a script by its hash. A server that does not know it has done nothing: it is loaded, and called once more.
pub(crate) async fn call<T: FromRedisValue>(
    script: &Script,
    keys: &[[u8; KEY_BYTES]],
    arguments: [&[u8]; 2],
    mut connection: MultiplexedConnection,
) -> redis::RedisResult<T> {
    let mut command = redis::cmd("EVALSHA");
    command.arg(script.get_hash()).arg(keys.len());
    for key in keys {
        command.arg(&key[..]);
    }
    command.arg(arguments[0]).arg(arguments[1]);

    match command.query_async(&mut connection).await {
        Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
            let _: String = script.load_async(&mut connection).await?;
            command.query_async(&mut connection).await
        }
        answer => answer,
    }
}

pub(crate) fn key(id: BucketId) -> [u8; KEY_BYTES] {
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

/// The time argument: empty for the server's clock.
pub(crate) fn time(now: Option<Timestamp>) -> Vec<u8> {
    now.map_or_else(Vec::new, |now| now.as_nanos().to_string().into_bytes())
}

pub(crate) fn put_charge(charge: &Charge, arguments: &mut Vec<u8>) {
    arguments.push(match charge.action {
        Action::Spend => 0,
        Action::Check => 1,
        Action::Record => 2,
    });
    put_nanos(charge.quota.cost_increment_nanos(charge.cost), arguments);
    put_nanos(charge.quota.burst_offset_nanos(), arguments);
}

/// Seconds in five bytes, which hold any a `u64` of nanoseconds can have, and the nanoseconds of the second.
pub(crate) fn put_nanos(nanos: u64, arguments: &mut Vec<u8>) {
    arguments.extend_from_slice(&(nanos / SECOND).to_be_bytes()[3..]);
    arguments.extend_from_slice(&(nanos % SECOND).to_be_bytes()[4..]);
}

/// The server's time, then the bucket.
pub(crate) fn peek(id: BucketId) -> redis::Pipeline {
    let mut pipeline = redis::pipe();
    pipeline.cmd("TIME").cmd("GET").arg(&key(id)[..]);
    pipeline
}

/// Some of the keys that look like a bucket's, and where to go on.
pub(crate) fn scan(cursor: u64, count: usize) -> Cmd {
    let mut command = redis::cmd("SCAN");
    let pattern = format!("{}{}", char::from(KEY_PREFIX), "?".repeat(KEY_BYTES - 1));
    command.arg(cursor).arg("MATCH").arg(pattern).arg("COUNT").arg(count);
    command
}

pub(crate) fn read(ids: &[BucketId]) -> Cmd {
    let mut command = redis::cmd("MGET");
    for id in ids {
        command.arg(&key(*id)[..]);
    }
    command
}

pub(crate) fn delete(ids: &[BucketId]) -> Cmd {
    let mut command = redis::cmd("DEL");
    for id in ids {
        command.arg(&key(*id)[..]);
    }
    command
}
