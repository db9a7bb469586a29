//! The memory of all shards' tables.
//!
//! It comes in regions, each of which has a piece for every shard, all of one length. A shard's table is its pieces one
//! after the other: an index tells by itself in which piece it lies, a table grows without being copied to
//! other memory, and what all tables need lies side by side, in mappings large enough for huge pages. (A table by
//! itself would be too small for one below a hundred million buckets, and it is for the translation of addresses
//! that a look-up waits longest.)
//!
//! Memory that nobody has touched yet comes slowly, huge pages above all: the system may have to move others' pages out of
//! the way first. So a large region is asked for, and touched by a thread of its own, before the first table grows into it.
//!
//! Two shards never touch one slot, and a shard is behind its lock. That slots are atomic all the same costs
//! nothing, and lets shards share a region without `unsafe`.

use std::{
    alloc::{Layout, handle_alloc_error},
    sync::{
        Arc, Weak,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use memmap2::{MmapMut, MmapOptions};
use parking_lot::Mutex;
use self_cell::{MutBorrow, self_cell};
use tollgate_engine::{Bucket, Timestamp};
use zerocopy::{FromBytes, IntoBytes, KnownLayout};

use crate::{BucketId, memory::SHARDS};

/// In so many steps a table doubles: by an eighth of itself at first, by a fifteenth at last.
const STEPS: usize = 8;

/// The pieces of the first steps are two to this power, slots.
const PIECE_POWER_MIN: u32 = 3;

/// The piece of the first region: all that most tables ever need.
const FIRST_SLOTS: usize = STEPS << PIECE_POWER_MIN;

/// From this size on a region is large: it has huge pages, and is made beforehand.
const LARGE_BYTES: usize = 2 << 20;

/// The smallest page there is.
const PAGE_BYTES: usize = 4096;

/// Where shards get the memory of their tables.
#[derive(Default)]
pub(super) struct Regions {
    made: Mutex<Made>,
}

#[derive(Default)]
struct Made {
    /// Those in use by some shard.
    regions: Vec<Weak<Region>>,
    /// By the number of regions in each.
    extents: Vec<Weak<Extent>>,
    /// One that will be needed soon.
    ahead: Option<Arc<Region>>,
}

/// The slots of one shard. Those it never had, and those it gave back, are free.
pub(super) struct Slots {
    regions: Arc<Regions>,
    extent: Arc<Extent>,
    shard: usize,
    len: usize,
}

/// A bucket and its name.
#[derive(Clone, Copy, Default)]
pub(super) struct Slot {
    pub(super) id: BucketId,
    pub(super) bucket: Bucket,
}

/// A slot, where it lies.
#[derive(FromBytes, IntoBytes, KnownLayout)]
#[repr(C)]
pub(super) struct Place {
    id: [AtomicU64; 2],
    tat: AtomicU64,
}

type Places<'a> = &'a [Place];
type PlacesByRegion<'a> = Vec<&'a [Place]>;

self_cell!(
    /// A piece for every shard, in the order of the shards.
    struct Region {
        owner: MutBorrow<MmapMut>,
        #[covariant]
        dependent: Places,
    }
);

self_cell!(
    /// The first of all regions, with the places of each at hand.
    struct Extent {
        owner: Vec<Arc<Region>>,
        #[covariant]
        dependent: PlacesByRegion,
    }
);

impl Regions {
    /// The first `count` regions: all who ask for as many get the same. A region is given back when nobody uses it any more.
    fn extent(&self, count: usize) -> Arc<Extent> {
        let mut made = self.made.lock();
        if made.extents.len() <= count {
            made.extents.resize(count + 1, Weak::new());
        }
        if let Some(extent) = made.extents[count].upgrade() {
            return extent;
        }
        let regions = (0..count).map(|number| made.region(number)).collect();
        let extent = Arc::new(Extent::new(regions, |regions: &Vec<Arc<Region>>| {
            regions.iter().map(|region| *region.borrow_dependent()).collect()
        }));
        made.extents[count] = Arc::downgrade(&extent);
        extent
    }

    /// Makes the region of this number, which is needed soon, without keeping the caller waiting.
    fn prepare(&self, number: usize) {
        if region_bytes(number) < LARGE_BYTES {
            return;
        }
        let mut made = self.made.lock();
        if made.regions.get(number).is_some_and(|region| region.strong_count() > 0) {
            return;
        }
        let region = made.region(number);
        made.ahead = Some(region.clone());
        drop(made);
        let touching = thread::Builder::new().name("bucket-memory".to_owned()).spawn(move || region.touch());
        if let Err(error) = touching {
            // The first table that grows into it waits for its memory.
            tracing::debug!(%error, "no thread to prepare memory for buckets");
        }
    }

    /// Less is needed than before.
    fn forget_ahead(&self) {
        self.made.lock().ahead = None;
    }
}

impl Made {
    fn region(&mut self, number: usize) -> Arc<Region> {
        if self.regions.len() <= number {
            self.regions.resize(number + 1, Weak::new());
        }
        self.regions[number].upgrade().unwrap_or_else(|| {
            let region = Arc::new(Region::of(region_bytes(number)));
            self.regions[number] = Arc::downgrade(&region);
            region
        })
    }
}

impl Region {
    fn of(bytes: usize) -> Self {
        let Ok(mapping) = MmapOptions::new().len(bytes).map_anon() else {
            // As with any other allocation that fails.
            handle_alloc_error(Layout::array::<u8>(bytes).expect("a region is bounded by the store's cap"))
        };
        #[cfg(target_os = "linux")]
        if bytes >= LARGE_BYTES {
            // Where the system has none, ordinary pages do as well.
            let _ = mapping.advise(memmap2::Advice::HugePage);
        }
        Self::new(MutBorrow::new(mapping), |mapping| {
            <[Place]>::mut_from_bytes(mapping.borrow_mut())
                .expect("a mapping begins with a page, and slots fill it")
        })
    }

    /// Makes the system give every page of it.
    fn touch(&self) {
        for place in self.borrow_dependent().iter().step_by(PAGE_BYTES / size_of::<Place>()) {
            // It counts as a write whatever is there; somebody's bucket stays.
            let _ = place.tat.compare_exchange(0, 0, Ordering::Relaxed, Ordering::Relaxed);
        }
    }
}

/// Slots of a table of so many regions: 64, 72, ... 120, 128, 144, ... 240, 256, 288, ...
fn slots_of(regions: usize) -> usize {
    match regions.checked_sub(1) {
        Some(steps) => (STEPS + steps % STEPS) << piece_power(regions),
        None => 0,
    }
}

/// How many regions have so many slots for each shard, at least.
fn regions_of(slots: usize) -> usize {
    slots.checked_sub(1).map_or(0, |last| locate(last).region + 1)
}

/// A place among the regions.
struct Location {
    region: usize,
    /// Log2 of how long the piece is, but for the first region.
    power: u32,
    /// In the piece.
    offset: usize,
}

fn locate(index: usize) -> Location {
    if index < FIRST_SLOTS {
        return Location { region: 0, power: FIRST_SLOTS.ilog2(), offset: index };
    }
    let power = index.ilog2() - STEPS.ilog2();
    let steps = (power - PIECE_POWER_MIN) as usize * STEPS + (index >> power) - STEPS;
    Location { region: steps + 1, power, offset: index & ((1 << power) - 1) }
}

/// Log2 of the pieces' length in a region after the first.
fn piece_power(region: usize) -> u32 {
    PIECE_POWER_MIN + ((region - 1) / STEPS) as u32
}

fn region_bytes(region: usize) -> usize {
    let piece = if region == 0 { FIRST_SLOTS } else { 1 << piece_power(region) };
    SHARDS * piece * size_of::<Place>()
}

impl Slots {
    /// None yet, for the shard of this number.
    pub(super) fn new(regions: Arc<Regions>, shard: usize) -> Self {
        let extent = regions.extent(0);
        Self { regions, extent, shard, len: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Adds free ones at the end until there are `len` at least.
    pub(super) fn grow(&mut self, len: usize) {
        self.resize(len);
    }

    /// Frees all, and gives back those that are not needed to have `len`.
    pub(super) fn shrink(&mut self, len: usize) {
        (0..self.len).for_each(|index| self.set(index, Slot::default()));
        self.resize(len);
        self.regions.forget_ahead();
    }

    /// More will be needed soon.
    pub(super) fn prepare(&self) {
        self.regions.prepare(regions_of(self.len));
    }

    fn resize(&mut self, len: usize) {
        let regions = regions_of(len);
        self.extent = self.regions.extent(regions);
        self.len = slots_of(regions);
    }

    pub(super) fn at(&self, index: usize) -> Slot {
        self.place(index).slot()
    }

    pub(super) fn set(&self, index: usize, slot: Slot) {
        let place = self.place(index);
        place.id[0].store(slot.id.0[0], Ordering::Relaxed);
        place.id[1].store(slot.id.0[1], Ordering::Relaxed);
        place.set_bucket(slot.bucket);
    }

    pub(super) fn place(&self, index: usize) -> &Place {
        let Location { region, power, offset } = locate(index);
        &self.extent.borrow_dependent()[region][(self.shard << power) + offset]
    }

    /// The slots from `index` on that lie side by side with it.
    pub(super) fn run(&self, index: usize) -> &[Place] {
        let Location { region, power, offset } = locate(index);
        let start = self.shard << power;
        &self.extent.borrow_dependent()[region][start + offset..start + (1 << power)]
    }
}

impl Place {
    pub(super) fn slot(&self) -> Slot {
        let id = BucketId([self.id[0].load(Ordering::Relaxed), self.id[1].load(Ordering::Relaxed)]);
        Slot { id, bucket: self.bucket() }
    }

    pub(super) fn bucket(&self) -> Bucket {
        Bucket::from_tat(Timestamp::from_nanos(self.tat.load(Ordering::Relaxed)))
    }

    pub(super) fn set_bucket(&self, bucket: Bucket) {
        self.tat.store(bucket.tat().as_nanos(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_index_of_a_table_has_a_slot_of_its_own_and_tables_grow_by_an_eighth_at_most() {
        let mut expected = 0;
        for region in 0..80 {
            let (from, to) = (slots_of(region), slots_of(region + 1));
            assert_eq!(from, expected);
            assert!(region == 0 || (to - from) * STEPS <= from, "{from} to {to}");
            assert_eq!(region_bytes(region), (to - from) * SHARDS * size_of::<Place>());
            for index in [from, from + 1, to - 1] {
                let at = locate(index);
                assert_eq!(
                    (at.region, at.offset, 1 << at.power),
                    (region, index - from, to - from),
                    "{index}"
                );
                assert_eq!(regions_of(index + 1), region + 1);
            }
            expected = to;
        }
        assert_eq!((regions_of(0), slots_of(0)), (0, 0));
    }

    #[test]
    fn shards_share_regions_and_no_slot() {
        let regions = Arc::<Regions>::default();
        let mut tables: Vec<_> = (0..SHARDS).map(|shard| Slots::new(regions.clone(), shard)).collect();
        tables.iter_mut().for_each(|slots| slots.grow(100));
        let slot = |shard: usize, index: usize| Slot {
            id: BucketId([shard as u64, index as u64]),
            bucket: Bucket::from_tat(Timestamp::MAX),
        };
        for (shard, slots) in tables.iter().enumerate() {
            (0..slots.len()).for_each(|index| slots.set(index, slot(shard, index)));
        }
        for (shard, slots) in tables.iter().enumerate() {
            assert_eq!(slots.len(), 104);
            for index in 0..slots.len() {
                assert_eq!(slots.at(index).id, slot(shard, index).id);
                let beside = slots.run(index);
                assert_eq!(beside[beside.len() - 1].slot().id, slot(shard, index + beside.len() - 1).id);
            }
        }
    }

    #[test]
    fn what_no_table_needs_is_given_back_and_free_when_it_is_needed_again() {
        let regions = Arc::<Regions>::default();
        let mut tables = [0, 1].map(|shard| Slots::new(regions.clone(), shard));
        let alive = || regions.made.lock().regions.iter().filter(|region| region.strong_count() > 0).count();
        tables.iter_mut().for_each(|slots| slots.grow(100));
        let kept = tables[0].len() - 1;
        let slot = Slot { id: BucketId([1, 1]), bucket: Bucket::from_tat(Timestamp::MAX) };
        tables.iter().for_each(|slots| slots.set(kept, slot));
        assert_eq!(alive(), regions_of(100));

        tables[0].shrink(64);
        assert_eq!(alive(), regions_of(100), "the other table needs them");
        tables[0].grow(100);
        assert_eq!(tables[0].at(kept).bucket, Bucket::default());
        assert_eq!(tables[1].at(kept).id, slot.id);

        tables.iter_mut().for_each(|slots| slots.shrink(64));
        assert_eq!(alive(), 1);
    }

    #[test]
    fn large_region_is_there_before_it_is_needed_and_holds_nothing() {
        let regions = Arc::<Regions>::default();
        let number = (0..).find(|region| region_bytes(*region) >= LARGE_BYTES).expect("regions grow");
        let mut slots = Slots::new(regions.clone(), 1);
        slots.grow(slots_of(number - 1));
        slots.prepare();
        assert!(regions.made.lock().ahead.is_none(), "a small one is not made beforehand");
        slots.grow(slots_of(number));
        slots.prepare();
        let ahead = regions.made.lock().ahead.clone().expect("it was asked for");
        ahead.touch();
        slots.grow(slots_of(number + 1));
        assert_eq!(Arc::as_ptr(&slots.extent.borrow_owner()[number]), Arc::as_ptr(&ahead));
        assert!((0..slots.len()).all(|index| slots.at(index).bucket == Bucket::default()));

        slots.shrink(1);
        assert!(regions.made.lock().ahead.is_none());
    }

    #[test]
    fn touching_changes_no_bucket() {
        let region = Region::of(PAGE_BYTES * 3);
        region.borrow_dependent()[0].set_bucket(Bucket::from_tat(Timestamp::MAX));
        region.touch();
        assert_eq!(region.borrow_dependent()[0].bucket(), Bucket::from_tat(Timestamp::MAX));
        assert_eq!(region.borrow_dependent()[1].bucket(), Bucket::default());
    }
}
