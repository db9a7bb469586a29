//! Reading the file of a durable store into memory, with every core.
//!
//! First the parts, each thread some of them; then the log, in which the last change of a bucket counts: so each thread
//! reads all of it, and puts the buckets of its own share.

use std::{
    collections::HashMap,
    iter,
    ops::Range,
    path::Path,
    thread::{self, available_parallelism},
};

use redb::{Database, ReadTransaction, ReadableDatabase, ReadableTable, TableError};
use tollgate_engine::{Bucket, Timestamp};

use crate::{
    BucketId, StoreError,
    durable::{
        OpenError,
        log::{LOG, PARTS, buckets, is_whole},
    },
    memory::{self, MemoryStore},
};

/// More threads would wait for the memory.
const THREADS_MAX: usize = 8;

/// Buckets for which there was no room when they were read. The log may say later that others have gone; so many are waited with.
const REFUSED_MAX: usize = 1_000_000;

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
    let loader = || Loader { read: &read, path, memory, now, refused: HashMap::new() };

    let of_parts = in_parallel(threads, |share| {
        let mut loader = loader();
        loader.parts(share_of(memory::PARTS, share, threads))?;
        Ok(loader.refused)
    })?;
    let of_log = in_parallel(threads, |share| {
        let mut loader = loader();
        let refused = of_parts.iter().flatten().filter(|(id, _)| is_in(share, threads, **id));
        loader.refused.extend(refused);
        let loaded = loader.log(share, threads)?;
        Ok((loaded, loader.refused))
    })?;

    let loader = loader();
    for (id, bucket) in of_log.iter().flat_map(|(_, refused)| refused) {
        loader.restore(*id, *bucket).map_err(|error| OpenError::of_store(path, error))?;
    }
    Ok(of_log.first().map_or_else(Loaded::default, |(loaded, _)| *loaded))
}

/// Does `work` for each share, and gathers what comes of it.
fn in_parallel<T: Send>(
    threads: usize,
    work: impl Fn(usize) -> Result<T, OpenError> + Sync,
) -> Result<Vec<T>, OpenError> {
    thread::scope(|scope| {
        let work = &work;
        let running: Vec<_> = (0..threads).map(|share| scope.spawn(move || work(share))).collect();
        running.into_iter().map(|thread| thread.join().expect("reading does not panic")).collect()
    })
}

/// The numbers of one share.
fn share_of(count: usize, share: usize, shares: usize) -> Range<usize> {
    share * count / shares..(share + 1) * count / shares
}

/// Whether a bucket is of a share, as its name says.
fn is_in(share: usize, shares: usize, id: BucketId) -> bool {
    // The high bits, by which the parts are divided, too: two threads seldom meet.
    ((id.0[1] >> 32) as usize * shares) >> 32 == share
}

/// One thread's reading.
struct Loader<'a> {
    read: &'a ReadTransaction,
    path: &'a Path,
    memory: &'a MemoryStore,
    now: Timestamp,
    refused: HashMap<BucketId, Bucket>,
}

impl Loader<'_> {
    fn parts(&mut self, parts: Range<usize>) -> Result<(), OpenError> {
        let path = self.path;
        let unusable = |error: redb::Error| OpenError::of(path, error);
        let table = self.read.open_table(PARTS).map_err(|error: TableError| unusable(error.into()))?;
        #[expect(clippy::cast_possible_truncation, reason = "there are 1,024 parts")]
        let parts = parts.start as u32..parts.end as u32;
        for row in table.range(parts).map_err(|error| unusable(error.into()))? {
            let (_, row) = row.map_err(|error| unusable(error.into()))?;
            if !is_whole(row.value()) {
                return Err(OpenError::damaged(path));
            }
            for (id, bucket) in buckets(row.value()) {
                self.put(id, bucket)?;
            }
        }
        Ok(())
    }

    fn log(&mut self, share: usize, shares: usize) -> Result<Loaded, OpenError> {
        let path = self.path;
        let unusable = |error: redb::Error| OpenError::of(path, error);
        let mut loaded = Loaded::default();
        let table = self.read.open_table(LOG).map_err(|error: TableError| unusable(error.into()))?;
        for row in table.iter().map_err(|error| unusable(error.into()))? {
            let (number, row) = row.map_err(|error| unusable(error.into()))?;
            // One thread looks at the checksum for all.
            if number.value() % shares as u64 == share as u64 && !is_whole(row.value()) {
                return Err(OpenError::damaged(path));
            }
            for (id, bucket) in buckets(row.value()).filter(|(id, _)| is_in(share, shares, *id)) {
                self.put(id, bucket)?;
            }
            loaded.next = number.value() + 1;
            loaded.bytes += row.value().len() as u64;
        }
        Ok(loaded)
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
