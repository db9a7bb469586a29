//! One shard of the memory store: a table of 24-byte slots.
//!
//! Open addressing with linear probing, in the order of Robin Hood: a bucket far from its home takes the
//! place of one nearer to its own. So a search, also one in vain, looks at few slots that lie side by side,
//! and costs one miss of the cache where a table with separate tags costs two. A free slot needs no mark of
//! its own: a bucket whose theoretical arrival time is the epoch is full and is never stored.

use std::mem;

use tollgate_engine::{Bucket, Timestamp};

use crate::BucketId;

/// A part of the buckets, under one lock.
#[derive(Default)]
pub(super) struct Shard {
    /// As many as a power of two, or none.
    slots: Box<[Slot]>,
    held: usize,
    /// The next slot to look at for a full bucket.
    cursor: usize,
}

#[derive(Clone, Copy, Default)]
struct Slot {
    id: BucketId,
    bucket: Bucket,
}

/// The fewest slots of a table that is not empty.
const SLOTS_MIN: usize = 4;

/// A table this many times larger than its buckets need is shrunk.
const SHRINK_FACTOR: usize = 8;

impl Shard {
    /// Where the bucket lies. Good until the next insertion, removal or expiry.
    pub(super) fn find(&self, id: BucketId) -> Option<usize> {
        if self.slots.is_empty() {
            return None;
        }
        let mut index = self.home(id);
        for distance in 0.. {
            let slot = &self.slots[index];
            if slot.is_free() || self.distance(slot.id, index) < distance {
                return None;
            }
            if slot.id == id {
                return Some(index);
            }
            index = self.next(index);
        }
        None
    }

    /// Reads the slot where a search for the bucket begins. Worth its while when several buckets are
    /// searched: the processor fetches all their slots at once.
    pub(super) fn touch(&self, id: BucketId) -> u64 {
        if self.slots.is_empty() { 0 } else { self.slots[self.home(id)].bucket.tat().as_nanos() }
    }

    /// The bucket that [`Self::find`] found.
    pub(super) fn at(&self, index: usize) -> Bucket {
        self.slots[index].bucket
    }

    /// Replaces the bucket that [`Self::find`] found by one that is not full.
    pub(super) fn set_at(&mut self, index: usize, bucket: Bucket) {
        self.slots[index].bucket = bucket;
    }

    /// Forgets the bucket that [`Self::find`] found.
    pub(super) fn remove_at(&mut self, mut index: usize) {
        // What follows moves one slot nearer to its home, up to the first that is at home or free.
        loop {
            let next = self.next(index);
            let slot = self.slots[next];
            if slot.is_free() || self.distance(slot.id, next) == 0 {
                break;
            }
            self.slots[index] = slot;
            index = next;
        }
        self.slots[index] = Slot::default();
        self.held -= 1;
    }

    /// Stores a bucket that is not stored yet, and not full.
    pub(super) fn insert(&mut self, id: BucketId, bucket: Bucket) {
        debug_assert!(bucket != Bucket::default(), "a slot with this bucket would be free");
        if (self.held + 1) * 8 > self.slots.len() * 7 {
            self.resize((self.slots.len() * 2).max(SLOTS_MIN));
        }
        self.place(Slot { id, bucket });
        self.held += 1;
    }

    /// All buckets held.
    pub(super) fn buckets(&self) -> Vec<(BucketId, Bucket)> {
        let held = self.slots.iter().filter(|slot| !slot.is_free());
        held.map(|slot| (slot.id, slot.bucket)).collect()
    }

    /// Slots, free ones included.
    pub(super) fn slots(&self) -> usize {
        self.slots.len()
    }

    /// Looks at the next `slots` slots, at most at each once, and forgets the full buckets in them. Returns
    /// how many they were.
    pub(super) fn expire(&mut self, slots: usize, now: Timestamp) -> usize {
        let before = self.held;
        for _ in 0..slots.min(self.slots.len()) {
            // The next bucket may move into the slot of the one forgotten.
            while !self.slots[self.cursor].is_free() && self.slots[self.cursor].bucket.is_full(now) {
                self.remove_at(self.cursor);
            }
            self.cursor = self.next(self.cursor);
        }
        before - self.held
    }

    /// Gives memory back after a peak.
    pub(super) fn shrink(&mut self) {
        let needed = (self.held * 2).next_power_of_two().max(SLOTS_MIN);
        if self.slots.len() >= needed * SHRINK_FACTOR {
            self.resize(needed);
        }
    }

    fn resize(&mut self, slots: usize) {
        self.cursor = 0;
        let old = mem::replace(&mut self.slots, vec![Slot::default(); slots].into_boxed_slice());
        for slot in old.iter().filter(|slot| !slot.is_free()) {
            self.place(*slot);
        }
    }

    /// Puts the slot where it belongs; there is a free one.
    fn place(&mut self, mut slot: Slot) {
        let (mut index, mut distance) = (self.home(slot.id), 0);
        loop {
            let there = self.slots[index];
            if there.is_free() {
                self.slots[index] = slot;
                return;
            }
            let its_distance = self.distance(there.id, index);
            if its_distance < distance {
                (self.slots[index], slot, distance) = (slot, there, its_distance);
            }
            index = self.next(index);
            distance += 1;
        }
    }

    /// Where a search for the bucket begins: by the first half of its name, the second chooses the shard.
    fn home(&self, id: BucketId) -> usize {
        id.0[0] as usize & (self.slots.len() - 1)
    }

    /// How far from its home a bucket at `index` lies.
    fn distance(&self, id: BucketId, index: usize) -> usize {
        index.wrapping_sub(self.home(id)) & (self.slots.len() - 1)
    }

    fn next(&self, index: usize) -> usize {
        (index + 1) & (self.slots.len() - 1)
    }
}

impl Slot {
    fn is_free(&self) -> bool {
        self.bucket == Bucket::default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::{collection::vec, prelude::*};

    use super::*;

    #[test]
    fn slot_takes_24_bytes() {
        assert_eq!(size_of::<Slot>(), 24);
    }

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Put(u64),
        Remove,
        Expire(usize, u64),
        Shrink,
    }

    fn any_step() -> impl Strategy<Value = Step> {
        prop_oneof![
            8 => (1_u64..100).prop_map(Step::Put),
            3 => Just(Step::Remove),
            1 => (0_usize..70, 1_u64..100).prop_map(|(slots, now)| Step::Expire(slots, now)),
            1 => Just(Step::Shrink),
        ]
    }

    proptest! {
        /// Names whose homes lie close together and at both ends, so that they meet and wrap around.
        #[test]
        fn table_holds_what_a_map_holds(
            steps in vec((prop_oneof![0_u64..4, 60_u64..68, any::<u64>()], 0_u64..8, any_step()), 1..400),
        ) {
            let (mut shard, mut map) = (Shard::default(), HashMap::new());
            for (home, rest, step) in steps {
                let id = BucketId([home, rest]);
                match step {
                    Step::Put(tat) => {
                        let bucket = Bucket::from_tat(Timestamp::from_nanos(tat));
                        match shard.find(id) {
                            Some(index) => shard.set_at(index, bucket),
                            None => shard.insert(id, bucket),
                        }
                        map.insert(id, bucket);
                    }
                    Step::Remove => {
                        let found = shard.find(id);
                        prop_assert_eq!(found.is_some(), map.remove(&id).is_some());
                        if let Some(index) = found {
                            shard.remove_at(index);
                        }
                    }
                    Step::Expire(slots, now) => {
                        let now = Timestamp::from_nanos(now);
                        let expired = shard.expire(slots, now);
                        let before = map.len();
                        map.retain(|id, bucket| shard.find(*id).is_some() || !bucket.is_full(now));
                        prop_assert_eq!(before - map.len(), expired);
                        if slots >= shard.slots() {
                            prop_assert!(map.values().all(|bucket| !bucket.is_full(now)), "a whole turn");
                        }
                    }
                    Step::Shrink => shard.shrink(),
                }
                prop_assert_eq!(shard.held, map.len());
                for (id, bucket) in &map {
                    prop_assert_eq!(shard.find(*id).map(|index| shard.at(index)), Some(*bucket));
                }
                let taken = shard.slots.iter().filter(|slot| !slot.is_free()).count();
                prop_assert_eq!(taken, shard.held);
                prop_assert!(taken <= shard.slots() / 8 * 7 || shard.slots() <= SLOTS_MIN * 2);
            }
        }
    }
}
