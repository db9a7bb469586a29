//! Reading the file of a durable store into memory, with every core.
//!
//! First the parts, each thread some of them; then the log, in which the last change of a bucket counts. Its changes are sorted
//! by where their buckets lie, many at a time, while others are put: so each thread has ranges of its own, and the processor's
//! caches hold what it is at.

use std::{
    collections::HashMap,
    iter, mem,
    ops::Range,
    path::Path,
    sync::{Arc, mpsc},
    thread::{self, available_parallelism},
};

use redb::{Database, ReadTransaction, ReadableDatabase, ReadableTable, TableError};
use tollgate_engine::{Bucket, Timestamp};

use crate::{
    BucketId, StoreError,
    durable::{
        OpenError,
        log::{LOG, PARTS, buckets},
    },
    memory::{self, MemoryStore},
};

/// More threads would wait for the memory.
const THREADS_MAX: usize = 8;

/// Buckets for which there was no room when they were read. The log may say later that others have gone; so many are waited with.
const REFUSED_MAX: usize = 1_000_000;

/// Changes of the log that are sorted at a time: 24 megabytes, of which a few lie in memory at once.
const SORTED_MAX: usize = 1_000_000;

/// Ranges of names by which they are sorted: as many as there are parts, or the caches hold less than a range.
const RANGES: usize = 1024;

/// What the log has.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Loaded {
    /// The number of its next row.
    pub(super) next: u64,
    /// Bytes of its rows.
    pub(super) bytes: u64,
}

/// Puts the buckets of the file at `path` into `memory`.
pub(super) fn load(
    database: &Database,
    path: &Path,
    memory: &MemoryStore,
    now: Timestamp,
) -> Result<Loaded, OpenError> {
    let read = database.begin_read().map_err(|error| OpenError::of(path, error.into()))?;
    let threads = available_parallelism().map_or(1, |threads| threads.get().min(THREADS_MAX));
    let mut readers: Vec<_> =
        (0..threads).map(|_| Reader { path, memory, now, refused: HashMap::new() }).collect();

    let share = |count: usize, number: usize| number * count / threads..(number + 1) * count / threads;
    in_parallel(&mut readers, |number, reader| reader.parts(&read, share(memory::PARTS, number)))?;
    let refused: Vec<_> = readers.iter_mut().flat_map(|reader| mem::take(&mut reader.refused)).collect();
    for (id, bucket) in refused {
        let whose = (0..threads).find(|number| share(RANGES, *number).contains(&range_of(id)));
        readers[whose.expect("the shares cover all ranges")].refused.insert(id, bucket);
    }

    let loaded = thread::scope(|scope| {
        let mut putting = Vec::new();
        for (number, reader) in readers.iter_mut().enumerate() {
            // One lies ready while another is put and the next is sorted.
            let (sender, sorted) = mpsc::sync_channel::<Sorted>(1);
            let ranges = share(RANGES, number);
            let thread = scope
                .spawn(move || sorted.iter().try_for_each(|sorted| reader.put_all(&sorted[ranges.clone()])));
            putting.push((sender, thread));
        }
        let (senders, threads): (Vec<_>, Vec<_>) = putting.into_iter().unzip();
        // A thread that failed takes no more, and says why when it is joined.
        let loaded = sort_log(&read, path, |sorted| {
            senders.iter().all(|sender| sender.send(Arc::clone(&sorted)).is_ok())
        });
        drop(senders);
        let put = threads.into_iter().try_for_each(|thread| thread.join().expect("reading does not panic"));
        put.and(loaded)
    })?;

    for reader in readers {
        for (id, bucket) in &reader.refused {
            reader.restore(*id, *bucket).map_err(|error| OpenError::of_store(path, error))?;
        }
    }
    Ok(loaded)
}

/// Changes of the log, in its order within each range.
type Sorted = Arc<Vec<Vec<(BucketId, Bucket)>>>;

/// Reads the log, and gives its changes sorted, so many at a time, until `give` wants no more.
fn sort_log(read: &ReadTransaction, path: &Path, give: impl Fn(Sorted) -> bool) -> Result<Loaded, OpenError> {
    let unusable = |error: redb::Error| OpenError::of(path, error);
    let empty =
        || -> Vec<_> { iter::repeat_with(|| Vec::with_capacity(SORTED_MAX / RANGES)).take(RANGES).collect() };
    let (mut loaded, mut sorted, mut waiting) = (Loaded::default(), empty(), 0);
    let log = read.open_table(LOG).map_err(|error| unusable(error.into()))?;
    for row in log.iter().map_err(|error| unusable(error.into()))? {
        let (number, row) = row.map_err(|error| unusable(error.into()))?;
        for (id, bucket) in buckets(row.value()).ok_or_else(|| OpenError::damaged(path))? {
            sorted[range_of(id)].push((id, bucket));
            waiting += 1;
        }
        loaded.next = number.value() + 1;
        loaded.bytes += row.value().len() as u64;
        if waiting >= SORTED_MAX {
            if !give(Arc::new(mem::replace(&mut sorted, empty()))) {
                return Ok(loaded);
            }
            waiting = 0;
        }
    }
    give(Arc::new(sorted));
    Ok(loaded)
}

/// The parts are divided by the same high bits, so two threads seldom meet.
fn range_of(id: BucketId) -> usize {
    (id.0[1] >> (u64::BITS - RANGES.ilog2())) as usize
}

/// Lets each reader work in a thread of its own, and tells it its number.
fn in_parallel<'a>(
    readers: &mut [Reader<'a>],
    work: impl Fn(usize, &mut Reader<'a>) -> Result<(), OpenError> + Sync,
) -> Result<(), OpenError> {
    thread::scope(|scope| {
        let work = &work;
        let readers = readers.iter_mut().enumerate();
        let running: Vec<_> =
            readers.map(|(number, reader)| scope.spawn(move || work(number, reader))).collect();
        running.into_iter().try_for_each(|thread| thread.join().expect("reading does not panic"))
    })
}

/// What one thread puts into memory.
struct Reader<'a> {
    path: &'a Path,
    memory: &'a MemoryStore,
    now: Timestamp,
    refused: HashMap<BucketId, Bucket>,
}

impl Reader<'_> {
    fn parts(&mut self, read: &ReadTransaction, parts: Range<usize>) -> Result<(), OpenError> {
        let path = self.path;
        let unusable = |error: redb::Error| OpenError::of(path, error);
        let table = read.open_table(PARTS).map_err(|error: TableError| unusable(error.into()))?;
        #[expect(clippy::cast_possible_truncation, reason = "there are 1,024 parts")]
        let parts = parts.start as u32..parts.end as u32;
        for row in table.range(parts).map_err(|error| unusable(error.into()))? {
            let (part, row) = row.map_err(|error| unusable(error.into()))?;
            let buckets = buckets(row.value()).ok_or_else(|| OpenError::damaged(path))?;
            self.memory.reserve(part.value() as usize, buckets.len());
            for (id, bucket) in buckets {
                self.put(id, bucket)?;
            }
        }
        Ok(())
    }

    fn put_all(&mut self, ranges: &[Vec<(BucketId, Bucket)>]) -> Result<(), OpenError> {
        ranges.iter().flatten().try_for_each(|(id, bucket)| self.put(*id, *bucket))
    }

    fn put(&mut self, id: BucketId, bucket: Bucket) -> Result<(), OpenError> {
        if !self.refused.is_empty() {
            self.refused.remove(&id);
        }
        match self.restore(id, bucket) {
            Err(StoreError::Full { .. }) if self.refused.len() < REFUSED_MAX => {
                self.refused.insert(id, bucket);
                Ok(())
            }
            restored => restored.map_err(|error| OpenError::of_store(self.path, error)),
        }
    }

    fn restore(&self, id: BucketId, bucket: Bucket) -> Result<(), StoreError> {
        self.memory.restore(iter::once((id, bucket)), self.now)
    }
}
