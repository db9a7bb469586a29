//! How many buckets a store holds and may hold.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use metrics::{Counter, Gauge};

use crate::StoreError;

/// The hard cap on buckets, and what is told about it.
pub(super) struct Room {
    held: AtomicUsize,
    max: usize,
    /// Whether the log already says that the cap is reached.
    reached: AtomicBool,
    held_gauge: Gauge,
    refused_counter: Counter,
}

/// The gauge follows every so many buckets, so that inserting does not touch it each time.
const GAUGE_STEP: usize = 256;

impl Room {
    pub(super) fn new(max: usize) -> Self {
        metrics::describe_gauge!("tollgate_store_buckets", "buckets held in memory");
        metrics::describe_counter!(
            "tollgate_store_full_total",
            "decisions refused because the store held as many buckets as it may"
        );
        Self {
            held: AtomicUsize::new(0),
            max,
            reached: AtomicBool::new(false),
            held_gauge: metrics::gauge!("tollgate_store_buckets"),
            refused_counter: metrics::counter!("tollgate_store_full_total"),
        }
    }

    /// Buckets held.
    pub(super) fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    /// Takes room for `buckets` more, or none of it and says so.
    pub(super) fn take(&self, buckets: usize) -> bool {
        let grown = |held: usize| held.checked_add(buckets).filter(|held| *held <= self.max);
        match self.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, grown) {
            Ok(held) => {
                if held / GAUGE_STEP != (held + buckets) / GAUGE_STEP {
                    self.publish();
                }
                true
            }
            Err(_held) => false,
        }
    }

    /// Gives back the room of `buckets` that are no longer held.
    pub(super) fn give(&self, buckets: usize) {
        self.held.fetch_sub(buckets, Ordering::Relaxed);
    }

    /// Counts a decision refused at the cap. The log says it once, until there is room again.
    pub(super) fn refuse(&self) -> StoreError {
        self.refused_counter.increment(1);
        self.publish();
        if !self.reached.swap(true, Ordering::Relaxed) {
            tracing::warn!(buckets_max = self.max, "the bucket store is full, new buckets are refused");
        }
        StoreError::Full { buckets_max: self.max }
    }

    /// Brings the gauge up to date, and says when a tenth of the room is free again.
    pub(super) fn publish(&self) {
        let held = self.held();
        #[expect(clippy::cast_precision_loss, reason = "a gauge is a float; 2^53 buckets fit no memory")]
        self.held_gauge.set(held as f64);
        let roomy = held <= self.max - self.max / 10 && held < self.max;
        if roomy && self.reached.load(Ordering::Relaxed) && self.reached.swap(false, Ordering::Relaxed) {
            tracing::info!(buckets = held, buckets_max = self.max, "the bucket store has room again");
        }
    }
}
