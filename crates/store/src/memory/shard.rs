//! One shard of the memory store: an open-addressing table of 24-byte entries.

use hashbrown::HashTable;
use tollgate_engine::{Bucket, Timestamp};

use crate::BucketId;

/// A part of the buckets, under one lock.
#[derive(Default)]
pub(super) struct Shard {
    table: HashTable<Slot>,
    /// The next table slot to look at for a full bucket.
    cursor: usize,
}

#[derive(Clone, Copy)]
struct Slot {
    id: BucketId,
    bucket: Bucket,
}

/// A table this many times larger than its entries need is shrunk.
const SHRINK_FACTOR: usize = 8;

impl Shard {
    /// Where in the table the bucket lies. Good until the next insertion or expiry.
    pub(super) fn find(&self, id: BucketId) -> Option<usize> {
        self.table.find_bucket_index(hash(id), |slot| slot.id == id)
    }

    /// The bucket, full when it is not stored.
    pub(super) fn get(&self, id: BucketId) -> Option<Bucket> {
        self.table.find(hash(id), |slot| slot.id == id).map(|slot| slot.bucket)
    }

    /// The bucket that [`Self::find`] found.
    pub(super) fn at(&self, index: usize) -> Bucket {
        self.table.get_bucket(index).expect("the table has not changed since it was found").bucket
    }

    /// Replaces the bucket that [`Self::find`] found.
    pub(super) fn set_at(&mut self, index: usize, bucket: Bucket) {
        self.table.get_bucket_mut(index).expect("the table has not changed since it was found").bucket =
            bucket;
    }

    /// Stores a bucket that is not stored yet.
    pub(super) fn insert(&mut self, id: BucketId, bucket: Bucket) {
        self.table.insert_unique(hash(id), Slot { id, bucket }, |slot| hash(slot.id));
    }

    /// Replaces a bucket that is stored.
    pub(super) fn replace(&mut self, id: BucketId, bucket: Bucket) {
        self.table.find_mut(hash(id), |slot| slot.id == id).expect("it is stored").bucket = bucket;
    }

    /// Forgets the bucket. Says whether it was stored.
    pub(super) fn remove(&mut self, id: BucketId) -> bool {
        match self.table.find_entry(hash(id), |slot| slot.id == id) {
            Ok(entry) => {
                entry.remove();
                true
            }
            Err(_absent) => false,
        }
    }

    /// Table slots, empty ones included.
    pub(super) fn slots(&self) -> usize {
        self.table.num_buckets()
    }

    /// Looks at the next `slots` table slots, at most at each once, and forgets the full buckets among
    /// them. Returns how many they were.
    pub(super) fn expire(&mut self, slots: usize, now: Timestamp) -> usize {
        let all = self.slots();
        let mut expired = 0;
        for _ in 0..slots.min(all) {
            self.cursor = if self.cursor + 1 < all { self.cursor + 1 } else { 0 };
            if let Ok(entry) = self.table.get_bucket_entry(self.cursor)
                && entry.get().bucket.is_full(now)
            {
                entry.remove();
                expired += 1;
            }
        }
        expired
    }

    /// Gives memory back after a peak.
    pub(super) fn shrink(&mut self) {
        let needed = self.table.len();
        if self.table.capacity() / SHRINK_FACTOR > needed {
            self.table.shrink_to(needed * 2, |slot| hash(slot.id));
        }
    }
}

/// The first half of the name; the second chooses the shard.
fn hash(id: BucketId) -> u64 {
    id.0[0]
}
