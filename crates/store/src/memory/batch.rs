//! Several buckets of the memory store, one decision.

use parking_lot::MutexGuard;
use smallvec::{SmallVec, smallvec};
use tollgate_engine::{Bucket, Timestamp, Transaction, Verdict};

use crate::{
    BucketId, Entry, StoreError,
    memory::{Attempt, EXPIRE_SLOTS_PER_INSERT, MemoryStore, SHARDS, must_store, shard::Shard, shard_of},
};

/// Buckets of a batch that is decided without an allocation: an order of 100 names charges 202.
const BATCH_INLINE: usize = 208;

/// Locks the batch's shards, each once and in ascending order, asks every bucket, then changes all or
/// none.
pub(super) fn attempt(store: &MemoryStore, batch: &[Entry], now: Timestamp) -> Result<Attempt, StoreError> {
    let mut locked = Locked::lock(store, batch)?;

    let mut transaction = Transaction::new(now);
    let mut changes = SmallVec::<[Change; BATCH_INLINE]>::new();
    for (entry, guard) in batch.iter().zip(&locked.guard_of) {
        let found = locked.guards[usize::from(*guard)].get(entry.id);
        let before = found.unwrap_or_default();
        let after = transaction.charge(&entry.charge, before)?;
        if must_store(before, after, now) {
            changes.push(Change { guard: *guard, stored: found.is_some(), id: entry.id, after });
        }
    }
    let decision = transaction.decide()?;
    if decision.verdict == Verdict::Allow && !locked.apply(store, &changes, now) {
        return Ok(Attempt::NoRoom);
    }
    Ok(Attempt::Decided(decision))
}

/// What becomes of a bucket when the batch is allowed.
struct Change {
    guard: u16,
    stored: bool,
    id: BucketId,
    after: Bucket,
}

/// The shards of a batch, locked.
struct Locked<'a> {
    guards: SmallVec<[MutexGuard<'a, Shard>; BATCH_INLINE]>,
    /// For each entry of the batch, which guard holds its shard.
    guard_of: SmallVec<[u16; BATCH_INLINE]>,
}

impl<'a> Locked<'a> {
    /// Ascending order keeps two batches from waiting for each other.
    fn lock(store: &'a MemoryStore, batch: &[Entry]) -> Result<Self, StoreError> {
        let mut order: SmallVec<[(u64, u64, usize); BATCH_INLINE]> =
            batch.iter().enumerate().map(|(index, entry)| (entry.id.0[1], entry.id.0[0], index)).collect();
        order.sort_unstable();
        if let Some(same) = order.windows(2).find(|pair| (pair[0].0, pair[0].1) == (pair[1].0, pair[1].1)) {
            return Err(StoreError::DuplicateBucket { id: batch[same[0].2].id });
        }

        let mut locked = Self { guards: SmallVec::new(), guard_of: smallvec![0; batch.len()] };
        let mut last = None;
        for (.., index) in order {
            let shard = shard_of(batch[index].id);
            if last != Some(shard) {
                locked.guards.push(store.shards[shard].0.lock());
                last = Some(shard);
            }
            locked.guard_of[index] = guard_number(locked.guards.len() - 1);
        }
        Ok(locked)
    }

    /// Makes the changes, or none when there is no room for the new buckets among them.
    fn apply(&mut self, store: &MemoryStore, changes: &[Change], now: Timestamp) -> bool {
        let new = changes.iter().filter(|change| !change.stored).count();
        if new > 0 && !store.room.take(new) {
            return false;
        }
        for Change { guard, stored, id, after } in changes {
            let shard = &mut self.guards[usize::from(*guard)];
            if *stored {
                shard.replace(*id, *after);
            } else {
                shard.insert(*id, *after);
            }
        }
        // Only now: what is looked for above must not be forgotten in between.
        for Change { guard, .. } in changes.iter().filter(|change| !change.stored) {
            let shard = &mut self.guards[usize::from(*guard)];
            store.room.give(shard.expire(EXPIRE_SLOTS_PER_INSERT, now));
        }
        true
    }
}

/// There are never more guards than shards.
fn guard_number(number: usize) -> u16 {
    const { assert!(SHARDS <= u16::MAX as usize) };
    u16::try_from(number).expect("there are fewer shards")
}
