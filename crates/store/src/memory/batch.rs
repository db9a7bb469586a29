//! Several buckets of the memory store, one decision.

use std::hint::black_box;

use smallvec::{SmallVec, smallvec};
use tollgate_engine::{Bucket, Timestamp, Transaction, Verdict};

use crate::{
    Entry, StoreError,
    memory::{
        Attempt, Changes, EXPIRE_SLOTS_PER_INSERT, MemoryStore, SHARDS, lock::MutexGuard, must_store,
        shard::Shard, shard_of,
    },
};

/// Locks the batch's shards, each once and in ascending order, asks every bucket, then changes all or
/// none. Allocates nothing for batches of up to `N`.
pub(super) fn attempt<const N: usize>(
    store: &MemoryStore,
    sink: &impl Changes,
    batch: &[Entry],
    now: Timestamp,
) -> Result<Attempt, StoreError> {
    let order = ascending::<N>(batch)?;
    let mut locked = Locked::<N>::lock(store, batch, &order);
    let found = locked.find(batch);

    let mut transaction = Transaction::new(now);
    let mut changes = PerEntry::<Change, N>::new();
    for (index, entry) in batch.iter().enumerate() {
        let before = found[index].map_or_else(Bucket::default, |slot| locked.shard(index).at(slot));
        let after = transaction.charge(&entry.charge, before)?;
        if must_store(before, after, now) {
            changes.push(Change { index, after });
        }
    }
    let decision = transaction.decide()?;
    if decision.verdict == Verdict::Allow && !changes.is_empty() {
        if !locked.apply(&changes, batch, &found, store, now) {
            return Ok(Attempt::NoRoom);
        }
        let changed = changes.iter().map(|change| (batch[change.index].id, change.after));
        sink.changed(&changed.collect::<PerEntry<_, N>>());
    }
    Ok(Attempt::Decided(decision))
}

/// What becomes of a bucket when the batch is allowed.
struct Change {
    /// Of the entry in the batch.
    index: usize,
    after: Bucket,
}

/// Something for each entry of a batch, in its order.
type PerEntry<T, const N: usize> = SmallVec<[T; N]>;

/// The shards of a batch, locked.
struct Locked<'a, const N: usize> {
    guards: PerEntry<MutexGuard<'a, Shard>, N>,
    /// Which of the guards holds the entry's shard.
    guard_of: PerEntry<usize, N>,
}

impl<'a, const N: usize> Locked<'a, N> {
    /// Ascending order keeps two batches from waiting for each other.
    fn lock(store: &'a MemoryStore, batch: &[Entry], order: &PerEntry<usize, N>) -> Self {
        let mut locked = Self { guards: SmallVec::new(), guard_of: smallvec![0; batch.len()] };
        let mut last = None;
        for index in order {
            let shard = shard_of(batch[*index].id);
            if last != Some(shard) {
                locked.guards.push(store.shards[shard].0.lock());
                last = Some(shard);
            }
            locked.guard_of[*index] = locked.guards.len() - 1;
        }
        locked
    }

    /// Where the buckets lie.
    fn find(&self, batch: &[Entry]) -> PerEntry<Option<usize>, N> {
        let shards =
            || batch.iter().zip(&self.guard_of).map(|(entry, guard)| (entry.id, &self.guards[*guard]));
        // First every slot is asked for, then the first is looked at: the misses of the cache overlap.
        black_box(shards().fold(0, |sum: u64, (id, shard)| sum.wrapping_add(shard.touch(id))));
        shards().map(|(id, shard)| shard.find(id)).collect()
    }

    fn shard(&mut self, index: usize) -> &mut Shard {
        &mut self.guards[self.guard_of[index]]
    }

    /// Makes the changes, or none when there is no room for the new buckets among them.
    fn apply(
        &mut self,
        changes: &[Change],
        batch: &[Entry],
        found: &[Option<usize>],
        store: &MemoryStore,
        now: Timestamp,
    ) -> bool {
        let is_new = |change: &&Change| found[change.index].is_none();
        let new = changes.iter().filter(is_new).count();
        if new > 0 && !store.room.take(new) {
            return false;
        }
        // What was found lies where it was until the first insertion.
        for Change { index, after } in changes {
            if let Some(slot) = found[*index] {
                self.shard(*index).set_at(slot, *after);
            }
        }
        for Change { index, after } in changes.iter().filter(is_new) {
            let shard = self.shard(*index);
            shard.insert(batch[*index].id, *after);
            store.room.give(shard.expire(EXPIRE_SLOTS_PER_INSERT, now));
        }
        true
    }
}

/// The indices of the batch's entries in the order of their shards, when no bucket stands there twice.
fn ascending<const N: usize>(batch: &[Entry]) -> Result<PerEntry<usize, N>, StoreError> {
    // One number holds both: the name's second half, its lowest bits replaced by the index. Sorting
    // numbers is several times faster than sorting names.
    let index_bits = batch.len().next_power_of_two().ilog2();
    let index_mask = (1_u64 << index_bits) - 1;
    debug_assert!(index_bits + SHARDS.ilog2() <= u64::BITS, "the bits that choose the shard are kept");

    let number = |(index, entry): (u64, &Entry)| (entry.id.0[1] & !index_mask) | index;
    let mut numbers: PerEntry<u64, N> = (0..).zip(batch).map(number).collect();
    numbers.sort_unstable();

    let index = |number: &u64| (number & index_mask) as usize;
    for (position, number) in numbers.iter().enumerate() {
        let id = batch[index(number)].id;
        // Equal names are neighbours, but for others that differ only in the bits left out.
        let mut alike = numbers[position + 1..].iter().take_while(|other| *other ^ number <= index_mask);
        if alike.any(|other| batch[index(other)].id == id) {
            return Err(StoreError::DuplicateBucket { id });
        }
    }
    Ok(numbers.iter().map(index).collect())
}
