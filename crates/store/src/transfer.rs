//! All buckets of a store on their way into another: between backends, and between machines.
//!
//! [`export`] writes a stream, [`import`] reads it, whatever the stores at both ends. The stream is described in
//! docs/moving-buckets.md; either takes the memory of a block and of a part of the store.
//!
//! Buckets are named by keyed hashes, so a stream means something only under the key it was made with: it
//! says which that was, and is refused under another.

use std::{
    io::{self, Read, Write},
    time::Duration,
};

use tollgate_engine::{Action, Bucket, Charge, Cost, Quota, Timestamp};

use crate::{
    BucketId, BucketStore, Entry, HashKey, MemoryStore, StoreError, StoreFuture,
    memory::PARTS,
    transfer::stream::{StreamReader, StreamWriter},
};

mod stream;
#[cfg(test)]
mod tests;

pub use stream::StreamError;

/// A store whose buckets can be looked through, and that takes those of another.
pub trait BucketTransfer: BucketStore {
    /// The buckets that lie at `place`, and the next place. [`Place::default`] is the first.
    ///
    /// A bucket that is held all the while is given, perhaps twice. One that changes meanwhile is given as it
    /// was at some moment of it. Full ones may be among them.
    ///
    /// # Errors
    ///
    /// [`StoreError`]: the store is away. The same place may be asked for again.
    fn part(&self, place: Place) -> StoreFuture<'_, Part>;

    /// Takes buckets beside its own: of one that it holds already, whichever is full later stays. What is full by
    /// `now` is left out. Answers once they are as durable as the store can make them.
    ///
    /// # Errors
    ///
    /// [`StoreError`]: some may have been taken. Taking all of them again does no harm.
    fn take<'a>(&'a self, buckets: &'a [(BucketId, Bucket)], now: Timestamp) -> StoreFuture<'a, ()>;
}

/// How far a store has been looked through; only the store that gave it knows what it means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// A part of its table, or one of its nodes.
    pub part: usize,
    /// Where in it.
    pub cursor: u64,
}

/// Some of a store's buckets.
#[derive(Clone, Debug)]
pub struct Part {
    /// They may be none, with others at the next place.
    pub buckets: Vec<(BucketId, Bucket)>,
    /// `None`: these were the last.
    pub next: Option<Place>,
}

/// Why not all buckets were written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The store cannot be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The stream cannot be written.
    #[error("the stream cannot be written")]
    Write(#[source] io::Error),
}

/// Why not all buckets were taken.
#[derive(Debug, thiserror::Error)]
#[error("the import ended after {taken} buckets, which stay")]
pub struct ImportError {
    /// How many of the stream's buckets are in the store now.
    pub taken: u64,
    /// What ended it.
    #[source]
    pub cause: ImportFailure,
}

/// What ends an import.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportFailure {
    /// The stream.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What was taken from a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Buckets that are held now, as the stream has them or full later.
    pub taken: u64,
    /// Buckets of the stream that were full by now.
    pub full: u64,
}

/// Writes the buckets that are not full by `now`. Returns how many they are.
///
/// Blocks the thread while it writes.
///
/// # Errors
///
/// [`ExportError`]: the stream has no end, so it will be known for what it is.
pub async fn export(
    store: &dyn BucketTransfer,
    hash_key: &HashKey,
    to: impl Write,
    now: Timestamp,
) -> Result<u64, ExportError> {
    let mut stream = StreamWriter::begin(to, hash_key, now).map_err(ExportError::Write)?;
    let mut place = Some(Place::default());
    while let Some(at) = place {
        let part = store.part(at).await?;
        for (id, bucket) in part.buckets.into_iter().filter(|(_, bucket)| !bucket.is_full(now)) {
            stream.put(id, bucket).map_err(ExportError::Write)?;
        }
        place = part.next;
    }
    stream.end().map_err(ExportError::Write)
}

/// Puts the buckets of a stream into the store, beside those it has, block by block.
///
/// Blocks the thread while it reads. Dropped half way, it leaves some of the buckets in the store.
///
/// # Errors
///
/// [`ImportError`]: what lies before the place where it ended is in the store, and everything that was there before.
/// Importing again does no harm.
pub async fn import(
    store: &dyn BucketTransfer,
    hash_key: &HashKey,
    from: impl Read,
    now: Timestamp,
) -> Result<Imported, ImportError> {
    let mut imported = Imported::default();
    let ended = |taken| move |cause: ImportFailure| ImportError { taken, cause };
    let mut stream = StreamReader::begin(from, hash_key).map_err(|error| ended(0)(error.into()))?;
    while let Some(block) = stream.block().map_err(|error| ended(imported.taken)(error.into()))? {
        store.take(&block, now).await.map_err(|error| ended(imported.taken)(error.into()))?;
        let full = block.iter().filter(|(_, bucket)| bucket.is_full(now)).count() as u64;
        imported.full += full;
        imported.taken += block.len() as u64 - full;
    }
    Ok(imported)
}

/// What is charged to let a bucket be full at `tat`, or when it is already if that is later: recording draws no TAT
/// nearer, and goes no further than one burst from now.
///
/// Exact up to ten years ahead, then later by some nanoseconds at most; cut at 292 years, as every quota is. What is full
/// within a millisecond becomes full after one.
pub(crate) fn raise(id: BucketId, tat: Timestamp, now: Timestamp) -> Entry {
    let ahead = tat.since(now).clamp(Quota::PERIOD_MIN, Quota::BURST_OFFSET_MAX - Duration::from_micros(1));
    let burst = ahead.as_nanos().div_ceil(Quota::PERIOD_MAX.as_nanos());
    let period = Duration::from_nanos_u128(ahead.as_nanos().div_ceil(burst));
    let burst = u64::try_from(burst).expect("292 years are some thirty times ten years");
    let quota = Quota::new(1, period, burst).expect("its parts were kept in their ranges");
    Entry { id, charge: Charge { quota, cost: Cost(burst), action: Action::Record } }
}

impl BucketTransfer for MemoryStore {
    fn part(&self, place: Place) -> StoreFuture<'_, Part> {
        StoreFuture::ready(Ok(self.part_at(place)))
    }

    fn take<'a>(&'a self, buckets: &'a [(BucketId, Bucket)], now: Timestamp) -> StoreFuture<'a, ()> {
        let mut waiting = buckets.iter().filter(|(_, bucket)| !bucket.is_full(now));
        let taken = waiting.try_for_each(|(id, bucket)| {
            self.decide_now(&[raise(*id, bucket.tat(), now)], now).map(|_decision| ())
        });
        StoreFuture::ready(taken)
    }
}

impl MemoryStore {
    /// One part of the table.
    pub(crate) fn part_at(&self, place: Place) -> Part {
        let next = place.part + 1;
        Part {
            buckets: if place.part < PARTS { self.part(place.part) } else { Vec::new() },
            next: (next < PARTS).then_some(Place { part: next, cursor: 0 }),
        }
    }
}
