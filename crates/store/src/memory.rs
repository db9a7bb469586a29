//! Buckets in the memory of this process.

use std::{
    fmt,
    sync::{Arc, atomic::Ordering},
};

use tollgate_engine::{Action, Bucket, BucketState, Decision, Quota, Timestamp, Transaction};

use crate::{
    BucketId, BucketStore, Entry, StoreError, StoreFuture,
    memory::{
        lock::{AtomicUsize, Mutex},
        regions::Regions,
        room::Room,
        shard::Shard,
    },
};

mod batch;
mod lock;
mod regions;
mod room;
mod shard;

/// Where changes go beside the table, for a store that keeps them elsewhere too.
pub(crate) trait Changes {
    /// Takes all changes of one decision at once, while their shards are locked: so the changes of one bucket
    /// come in the order in which they were made. [`Bucket::default`] says that the bucket is no longer held;
    /// full buckets that expire are not told.
    fn changed(&self, changes: &[(BucketId, Bucket)]);
}

/// Memory alone.
impl Changes for () {
    fn changed(&self, _changes: &[(BucketId, Bucket)]) {}
}

/// Bounds of a [`MemoryStore`].
#[derive(Clone, Copy, Debug)]
pub struct MemoryStoreOptions {
    /// The most buckets held at once. A bucket takes 24 bytes, and some 30 with the free slots beside it.
    pub buckets_max: usize,
}

impl Default for MemoryStoreOptions {
    fn default() -> Self {
        Self { buckets_max: 50_000_000 }
    }
}

/// Buckets in a sharded table.
///
/// Decisions take no more than their own shards' locks, each once and in ascending order, and wait for nothing
/// else while they hold them. Full buckets are forgotten a few at each insertion, by [`Self::sweep`], and when
/// the cap is reached; no call looks at the whole table under one lock.
pub struct MemoryStore {
    shards: Box<[Padded]>,
    room: Room,
    /// The shard at which the next search for room begins.
    room_cursor: AtomicUsize,
}

/// A shard on cache lines of its own, so that two threads on two shards do not slow each other down.
#[repr(align(64))]
struct Padded(Mutex<Shard>);

/// Shards, a power of two. With a hundred million buckets a shard holds some 100,000 of them, so growing its
/// table stalls its callers for about a millisecond. Few where every lock is a step of an interleaving.
const SHARDS: usize = if cfg!(feature = "interleavings") { 4 } else { 1024 };

/// Parts in which all buckets can be had.
pub(crate) const PARTS: usize = SHARDS;

/// Buckets of a batch that is decided without an allocation: an order of 100 names charges 202.
const BATCH_INLINE: usize = 208;

/// Table slots searched for full buckets at each insertion. With four, full buckets cannot fill more than
/// about a quarter of a table that is in use.
const EXPIRE_SLOTS_PER_INSERT: usize = 4;

/// Table slots searched under one lock by [`MemoryStore::sweep`]: some microseconds.
const SWEEP_SLOTS_PER_LOCK: usize = 4096;

/// Table slots searched by a decision that finds the store full.
const ROOM_SLOTS: usize = 16_384;

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new(options: MemoryStoreOptions) -> Self {
        let regions = Arc::new(Regions::default());
        let shard = |number| Padded(Mutex::new(Shard::new(regions.clone(), number)));
        Self {
            shards: (0..SHARDS).map(shard).collect(),
            room: Room::new(options.buckets_max),
            room_cursor: AtomicUsize::new(0),
        }
    }

    /// Buckets held, among them full ones not forgotten yet.
    #[must_use]
    pub fn len(&self) -> usize {
        self.room.held()
    }

    /// Whether no bucket is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// As [`BucketStore::decide`], without a future. Allocates nothing for up to 208 buckets, unless a
    /// table has to grow.
    ///
    /// # Errors
    ///
    /// [`StoreError`]: nothing was spent.
    pub fn decide_now(&self, batch: &[Entry], now: Timestamp) -> Result<Decision, StoreError> {
        self.decide_into(&(), batch, now)
    }

    pub(crate) fn decide_into(
        &self,
        changes: &impl Changes,
        batch: &[Entry],
        now: Timestamp,
    ) -> Result<Decision, StoreError> {
        if let Attempt::Decided(decision) = self.attempt(changes, batch, now)? {
            return Ok(decision);
        }
        // No lock is held here: the search for room takes one after the other.
        self.make_room(batch.len(), now);
        match self.attempt(changes, batch, now)? {
            Attempt::Decided(decision) => Ok(decision),
            Attempt::NoRoom => Err(self.room.refuse()),
        }
    }

    /// As [`BucketStore::refund`], without a future.
    pub fn refund_now(&self, batch: &[Entry], now: Timestamp) {
        self.refund_into(&(), batch, now);
    }

    pub(crate) fn refund_into(&self, changes: &impl Changes, batch: &[Entry], now: Timestamp) {
        for Entry { id, charge } in batch {
            if charge.action == Action::Check {
                continue;
            }
            let mut shard = self.shard(*id).lock();
            let Some(index) = shard.find(*id) else { continue };
            let mut bucket = shard.at(index);
            bucket.refund(&charge.quota, charge.cost, now);
            if bucket.is_full(now) {
                shard.remove_at(index);
                self.room.give(1);
                changes.changed(&[(*id, Bucket::default())]);
            } else {
                shard.set_at(index, bucket);
                changes.changed(&[(*id, bucket)]);
            }
        }
    }

    /// As [`BucketStore::reset`], without a future.
    pub fn reset_now(&self, ids: &[BucketId]) {
        self.reset_into(&(), ids);
    }

    pub(crate) fn reset_into(&self, changes: &impl Changes, ids: &[BucketId]) {
        for id in ids {
            let mut shard = self.shard(*id).lock();
            if let Some(index) = shard.find(*id) {
                shard.remove_at(index);
                self.room.give(1);
                changes.changed(&[(*id, Bucket::default())]);
            }
        }
    }

    /// Makes room in one part of the table, below [`PARTS`], for so many more, as far as the cap allows.
    pub(crate) fn reserve(&self, part: usize, buckets: usize) {
        self.shards[part].0.lock().reserve(buckets.min(self.room.left()));
    }

    /// Puts buckets as they were stored elsewhere; one that is full by `now` is not held.
    pub(crate) fn restore(
        &self,
        buckets: impl Iterator<Item = (BucketId, Bucket)>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        for (id, bucket) in buckets {
            let mut shard = self.shard(id).lock();
            match (shard.find(id), bucket.is_full(now)) {
                (Some(index), true) => {
                    shard.remove_at(index);
                    self.room.give(1);
                }
                (Some(index), false) => shard.set_at(index, bucket),
                (None, true) => {}
                (None, false) if self.room.take(1) => shard.insert(id, bucket),
                (None, false) => return Err(self.room.refuse()),
            }
        }
        Ok(())
    }

    /// The buckets of one part of the table, below [`PARTS`].
    pub(crate) fn part(&self, part: usize) -> Vec<(BucketId, Bucket)> {
        self.shards[part].0.lock().buckets().collect()
    }

    /// As [`BucketStore::peek`], without a future.
    #[must_use]
    pub fn peek_now(&self, id: BucketId, quota: &Quota, now: Timestamp) -> BucketState {
        let shard = self.shard(id).lock();
        let bucket = shard.find(id).map_or_else(Bucket::default, |index| shard.at(index));
        bucket.state(quota, now)
    }

    /// Forgets every full bucket, gives memory back after a peak and brings the gauge up to date. Call it
    /// now and then, say once a minute. Each lock is held for some microseconds at a time (longer when a
    /// table shrinks). Returns how many buckets were forgotten.
    pub fn sweep(&self, now: Timestamp) -> usize {
        let mut forgotten = 0;
        for shard in &self.shards {
            let mut slots = shard.0.lock().slots();
            while slots > 0 {
                let expired = shard.0.lock().expire(SWEEP_SLOTS_PER_LOCK, now);
                self.room.give(expired);
                forgotten += expired;
                slots = slots.saturating_sub(SWEEP_SLOTS_PER_LOCK);
            }
            shard.0.lock().shrink();
        }
        self.room.publish();
        forgotten
    }

    fn attempt(
        &self,
        changes: &impl Changes,
        batch: &[Entry],
        now: Timestamp,
    ) -> Result<Attempt, StoreError> {
        match batch {
            [entry] => self.attempt_one(changes, entry, now),
            // A batch's places lie on the stack; few buckets need not pay for the room of many.
            _ if batch.len() <= 8 => batch::attempt::<8>(self, changes, batch, now),
            _ if batch.len() <= 32 => batch::attempt::<32>(self, changes, batch, now),
            _ => batch::attempt::<BATCH_INLINE>(self, changes, batch, now),
        }
    }

    fn attempt_one(
        &self,
        changes: &impl Changes,
        entry: &Entry,
        now: Timestamp,
    ) -> Result<Attempt, StoreError> {
        let mut shard = self.shard(entry.id).lock();
        let found = shard.find(entry.id);
        let before = found.map_or_else(Bucket::default, |index| shard.at(index));

        let mut transaction = Transaction::new(now);
        let after = transaction.charge(&entry.charge, before)?;
        let decision = transaction.decide()?;
        if must_store(before, after, now) {
            match found {
                Some(index) => shard.set_at(index, after),
                None => {
                    self.room.give(shard.expire(EXPIRE_SLOTS_PER_INSERT, now));
                    if !self.room.take(1) {
                        return Ok(Attempt::NoRoom);
                    }
                    shard.insert(entry.id, after);
                }
            }
            changes.changed(&[(entry.id, after)]);
        }
        Ok(Attempt::Decided(decision))
    }

    /// Forgets full buckets, beginning where the last search ended, until there is room for `buckets` or
    /// [`ROOM_SLOTS`] have been searched.
    fn make_room(&self, buckets: usize, now: Timestamp) {
        let (mut slots, mut forgotten) = (ROOM_SLOTS, 0);
        for _ in 0..SHARDS {
            let mut shard = self.shards[self.room_cursor.fetch_add(1, Ordering::Relaxed) % SHARDS].0.lock();
            let searched = shard.slots().min(slots);
            let expired = shard.expire(searched, now);
            self.room.give(expired);
            slots -= searched;
            forgotten += expired;
            if slots == 0 || forgotten >= buckets {
                return;
            }
        }
    }

    fn shard(&self, id: BucketId) -> &Mutex<Shard> {
        &self.shards[shard_of(id)].0
    }
}

/// What became of a decision at the first or second try.
enum Attempt {
    Decided(Decision),
    /// It would create more buckets than there is room for; nothing was changed.
    NoRoom,
}

/// The shard of a bucket: by the second half of its name, the first chooses the place in the table.
fn shard_of(id: BucketId) -> usize {
    // The top bits, so that names in the order of their second halves are in the order of their shards.
    (id.0[1] >> (u64::BITS - SHARDS.ilog2())) as usize
}

/// Whether an allowed charge leaves something to remember.
fn must_store(before: Bucket, after: Bucket, now: Timestamp) -> bool {
    after != before && !after.is_full(now)
}

impl BucketStore for MemoryStore {
    fn decide<'a>(&'a self, batch: &'a [Entry], now: Timestamp) -> StoreFuture<'a, Decision> {
        StoreFuture::ready(self.decide_now(batch, now))
    }

    fn refund<'a>(&'a self, batch: &'a [Entry], now: Timestamp) -> StoreFuture<'a, ()> {
        self.refund_now(batch, now);
        StoreFuture::ready(Ok(()))
    }

    fn reset<'a>(&'a self, ids: &'a [BucketId]) -> StoreFuture<'a, ()> {
        self.reset_now(ids);
        StoreFuture::ready(Ok(()))
    }

    fn peek<'a>(&'a self, id: BucketId, quota: &'a Quota, now: Timestamp) -> StoreFuture<'a, BucketState> {
        StoreFuture::ready(Ok(self.peek_now(id, quota, now)))
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("buckets", &self.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
