//! One shard of the memory store: a table of 24-byte slots that grows by an eighth at a time.
//!
//! Open addressing with linear probing, in the order of Robin Hood: a bucket far from its home takes the
//! place of one nearer to its own, and of two with one home the smaller name comes first. So a search, also one in
//! vain, looks at few slots that lie side by side. A free slot needs no mark of its own: a bucket whose
//! theoretical arrival time is the epoch is full and is never stored.
//!
//! A home is the name's share of the table, not its remainder: names in ascending order have their homes in
//! ascending order, whatever the number of slots. So a table grows by any number of slots with one pass over
//! itself, in place, and need not double: it is between 3/4 and 17/20 full, once it has outgrown its first 64 slots.

use std::{collections::VecDeque, sync::Arc};

use tollgate_engine::{Bucket, Timestamp};

use crate::{
    BucketId,
    memory::regions::{Regions, Slot, Slots},
};

/// A part of the buckets, under one lock.
pub(super) struct Shard {
    slots: Slots,
    held: usize,
    /// The next slot to look at for a full bucket.
    cursor: usize,
}

/// How full a table may be, in twentieths. Searches grow long above: at 17 they look at four slots.
const FILLED_MAX_20TH: usize = 17;

/// How full it is, in fortieths, when memory to grow is made ready.
const FILLED_SOON_40TH: usize = 33;

/// Insertions between two looks whether it is.
const PREPARE_EVERY: usize = 64;

/// Of a table that is less than half full, the rest is given back.
const SHRINK_FACTOR: usize = 2;

impl Shard {
    /// An empty one, of this number.
    pub(super) fn new(regions: Arc<Regions>, number: usize) -> Self {
        Self { slots: Slots::new(regions, number), held: 0, cursor: 0 }
    }

    /// Where the bucket lies. Good until the next insertion, removal or expiry.
    pub(super) fn find(&self, id: BucketId) -> Option<usize> {
        if self.slots.len() == 0 {
            return None;
        }
        let (mut index, mut distance) = (self.home(id), 0);
        loop {
            for place in self.slots.run(index) {
                let there = place.slot();
                if there.is_free() || self.distance(there.id, index) < distance {
                    return None;
                }
                if there.id == id {
                    return Some(index);
                }
                index += 1;
                distance += 1;
            }
            if index == self.slots.len() {
                index = 0;
            }
        }
    }

    /// Reads the slot where a search for the bucket begins. Worth its while when several buckets are
    /// searched: the processor fetches all their slots at once.
    pub(super) fn touch(&self, id: BucketId) -> u64 {
        if self.slots.len() == 0 { 0 } else { self.slots.place(self.home(id)).bucket().tat().as_nanos() }
    }

    /// The bucket that [`Self::find`] found.
    pub(super) fn at(&self, index: usize) -> Bucket {
        self.slots.place(index).bucket()
    }

    /// Replaces the bucket that [`Self::find`] found by one that is not full.
    pub(super) fn set_at(&mut self, index: usize, bucket: Bucket) {
        self.slots.place(index).set_bucket(bucket);
    }

    /// Forgets the bucket that [`Self::find`] found.
    pub(super) fn remove_at(&mut self, mut index: usize) {
        // What follows moves one slot nearer to its home, up to the first that is at home or free.
        loop {
            let next = self.next(index);
            let slot = self.slots.at(next);
            if slot.is_free() || self.distance(slot.id, next) == 0 {
                break;
            }
            self.slots.set(index, slot);
            index = next;
        }
        self.slots.set(index, Slot::default());
        self.held -= 1;
    }

    /// Stores a bucket that is not stored yet, and not full.
    pub(super) fn insert(&mut self, id: BucketId, bucket: Bucket) {
        debug_assert!(bucket != Bucket::default(), "a slot with this bucket would be free");
        if (self.held + 1) * 20 > self.slots.len() * FILLED_MAX_20TH {
            self.grow(self.slots.len() + 1);
        } else if self.held.is_multiple_of(PREPARE_EVERY)
            && self.held * 40 > self.slots.len() * FILLED_SOON_40TH
        {
            self.slots.prepare();
        }
        self.place(Slot { id, bucket });
        self.held += 1;
    }

    /// Makes room for so many more in one go.
    pub(super) fn reserve(&mut self, buckets: usize) {
        let needed = ((self.held + buckets) * 20).div_ceil(FILLED_MAX_20TH);
        if needed > self.slots.len() {
            self.grow(needed);
        }
    }

    /// All buckets held.
    pub(super) fn buckets(&self) -> impl Iterator<Item = (BucketId, Bucket)> {
        let slots = (0..self.slots.len()).map(|index| self.slots.at(index));
        slots.filter(|slot| !slot.is_free()).map(|slot| (slot.id, slot.bucket))
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
            while self.slots.at(self.cursor).is_expired(now) {
                self.remove_at(self.cursor);
            }
            self.cursor = self.next(self.cursor);
        }
        before - self.held
    }

    /// Gives memory back after a peak.
    pub(super) fn shrink(&mut self) {
        // An eighth more than must be, so that the next insertions do not grow it again.
        let needed = (self.held * 4).div_ceil(3);
        if self.slots.len() == 0 || self.slots.len() < needed * SHRINK_FACTOR {
            return;
        }
        let held: Vec<_> = self.buckets().collect();
        self.slots.shrink(needed);
        self.cursor = 0;
        held.into_iter().for_each(|(id, bucket)| self.place(Slot { id, bucket }));
    }

    /// Adds slots until there are `len` at least, and moves every bucket to where it now belongs.
    ///
    /// No home moves to the left. So, but for those at the start that wrapped around the end or were pushed on by such,
    /// no bucket moves to the left either: a bucket that was displaced had its predecessor right before it, and still
    /// has. One pass from the left does it, with those in hand that wait for their place.
    fn grow(&mut self, len: usize) {
        let (mut waiting, wrapped) = self.take_first_run();
        self.slots.grow(len);
        self.cursor = 0;
        for index in 0..self.slots.len() {
            let slot = self.slots.at(index);
            if slot.is_free() && waiting.is_empty() {
                continue;
            }
            if !slot.is_free() {
                waiting.push_back(slot);
            }
            let next = waiting.pop_front_if(|slot| self.home(slot.id) <= index);
            self.slots.set(index, next.unwrap_or_default());
        }
        for slot in waiting.into_iter().chain(wrapped) {
            self.place(slot);
        }
    }

    /// Takes out the displaced buckets at the start: those with their homes there, and those that wrapped
    /// around the end.
    fn take_first_run(&mut self) -> (VecDeque<Slot>, Vec<Slot>) {
        let (mut waiting, mut wrapped) = (VecDeque::new(), Vec::new());
        for index in 0..self.slots.len() {
            let slot = self.slots.at(index);
            if slot.is_free() || self.distance(slot.id, index) == 0 {
                break;
            }
            self.slots.set(index, Slot::default());
            if self.home(slot.id) > index {
                wrapped.push(slot);
            } else {
                waiting.push_back(slot);
            }
        }
        (waiting, wrapped)
    }

    /// Puts the slot where it belongs; there is a free one.
    fn place(&mut self, mut slot: Slot) {
        let (mut index, mut distance) = (self.home(slot.id), 0);
        loop {
            let there = self.slots.at(index);
            if there.is_free() {
                self.slots.set(index, slot);
                return;
            }
            let its_distance = self.distance(there.id, index);
            // The further from home goes first; of two with one home, the smaller name.
            if its_distance < distance || (its_distance == distance && there.id.0[0] > slot.id.0[0]) {
                self.slots.set(index, slot);
                (slot, distance) = (there, its_distance);
            }
            index = self.next(index);
            distance += 1;
        }
    }

    /// Where a search for the bucket begins: by the first half of its name, the second chooses the shard.
    fn home(&self, id: BucketId) -> usize {
        ((u128::from(id.0[0]) * self.slots.len() as u128) >> u64::BITS) as usize
    }

    /// How far from its home a bucket at `index` lies.
    fn distance(&self, id: BucketId, index: usize) -> usize {
        let home = self.home(id);
        if home <= index { index - home } else { index + self.slots.len() - home }
    }

    fn next(&self, index: usize) -> usize {
        if index + 1 == self.slots.len() { 0 } else { index + 1 }
    }
}

impl Slot {
    fn is_free(&self) -> bool {
        self.bucket == Bucket::default()
    }

    fn is_expired(&self, now: Timestamp) -> bool {
        !self.is_free() && self.bucket.is_full(now)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn shard() -> Shard {
        Shard::new(Arc::default(), 1)
    }

    #[test]
    fn slot_takes_24_bytes() {
        assert_eq!(size_of::<Slot>(), 24);
    }

    /// A name anywhere in the table, by its number.
    fn spread(number: u64) -> BucketId {
        BucketId([number.wrapping_mul(0x9e37_79b9_7f4a_7c15), number])
    }

    #[test]
    fn a_large_table_is_nearly_full_and_no_name_far_from_home() {
        let mut shard = shard();
        for number in 0..100_000 {
            shard.insert(spread(number), Bucket::from_tat(Timestamp::MAX));
            assert!(shard.held * 20 <= shard.slots.len() * FILLED_MAX_20TH);
            assert!(
                number < 1000 || shard.held * 4 > shard.slots.len() * 3,
                "{} of {}",
                shard.held,
                shard.slots.len()
            );
        }
        let distance = |number| {
            let index = shard.find(spread(number)).expect("it was inserted");
            shard.distance(spread(number), index)
        };
        assert!((0..100_000).map(distance).sum::<usize>() < 100_000 * 8);
    }

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Put(u64),
        Remove,
        Expire(usize, u64),
        Shrink,
        Reserve(usize),
    }

    fn any_step() -> impl Strategy<Value = Step> {
        prop_oneof![
            8 => (1_u64..100).prop_map(Step::Put),
            3 => Just(Step::Remove),
            1 => (0_usize..70, 1_u64..100).prop_map(|(slots, now)| Step::Expire(slots, now)),
            1 => Just(Step::Shrink),
            1 => (0_usize..100).prop_map(Step::Reserve),
        ]
    }

    proptest! {
        /// Names whose homes lie close together and at both ends, so that they meet and wrap around.
        #[test]
        fn table_holds_what_a_map_holds(
            steps in vec((prop_oneof![0_u64..4, u64::MAX - 4.., any::<u64>()], 0_u64..8, any_step()), 1..400),
        ) {
            let (mut shard, mut map) = (shard(), HashMap::new());
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
                    Step::Reserve(buckets) => {
                        shard.reserve(buckets);
                        let reserved = shard.slots();
                        prop_assert!((shard.held + buckets) * 20 <= reserved * FILLED_MAX_20TH);
                        shard.reserve(buckets);
                        prop_assert_eq!(shard.slots(), reserved, "there is room already");
                    }
                }
                prop_assert_eq!(shard.held, map.len());
                for (id, bucket) in &map {
                    prop_assert_eq!(shard.find(*id).map(|index| shard.at(index)), Some(*bucket));
                }
                prop_assert_eq!(shard.buckets().count(), shard.held);
                prop_assert!(shard.held * 20 <= shard.slots.len() * FILLED_MAX_20TH);
            }
        }
    }
}
