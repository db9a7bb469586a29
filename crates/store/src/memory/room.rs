//! How many buckets a store holds and may hold.

use std::sync::atomic::Ordering;

use metrics::{Counter, Gauge};

use crate::{
    StoreError,
    memory::lock::{AtomicBool, AtomicUsize},
};

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

    /// How many more may be held.
    pub(super) fn left(&self) -> usize {
        self.max.saturating_sub(self.held())
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

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use metrics::{Key, KeyName, Metadata, Recorder, SharedString, Unit, atomics::AtomicU64};
    use tracing::{
        Event, Level, Subscriber,
        span::{Attributes, Id, Record},
    };

    use super::*;

    /// Keeps what is counted.
    #[derive(Default)]
    struct Counted {
        refused: Arc<AtomicU64>,
        held: Arc<AtomicU64>,
    }

    impl Recorder for Counted {
        fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
            Counter::from_arc(Arc::clone(&self.refused))
        }
        fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
            Gauge::from_arc(Arc::clone(&self.held))
        }
        fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> metrics::Histogram {
            metrics::Histogram::noop()
        }
    }

    /// Keeps the levels of what is logged.
    #[derive(Clone, Default)]
    struct Logged(Arc<Mutex<Vec<Level>>>);

    impl Subscriber for Logged {
        fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
            true
        }
        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }
        fn record(&self, _: &Id, _: &Record<'_>) {}
        fn record_follows_from(&self, _: &Id, _: &Id) {}
        fn event(&self, event: &Event<'_>) {
            self.0.lock().expect("no test panics here").push(*event.metadata().level());
        }
        fn enter(&self, _: &Id) {}
        fn exit(&self, _: &Id) {}
    }

    #[test]
    fn refusals_are_counted_each_and_logged_once_until_there_is_room_again() {
        let (counted, logged) = (Counted::default(), Logged::default());
        let room = metrics::with_local_recorder(&counted, || Room::new(10));
        let _logging = tracing::subscriber::set_default(logged.clone());
        let levels = || logged.0.lock().expect("no test panics here").clone();

        assert!(room.take(10) && !room.take(1));
        for _ in 0..3 {
            assert!(matches!(room.refuse(), StoreError::Full { buckets_max: 10 }));
        }
        assert_eq!(counted.refused.load(Ordering::Relaxed), 3);
        assert_eq!(f64::from_bits(counted.held.load(Ordering::Relaxed)), 10.0);
        assert_eq!(levels(), [Level::WARN]);

        room.give(5);
        room.publish();
        room.publish();
        assert_eq!(f64::from_bits(counted.held.load(Ordering::Relaxed)), 5.0);
        assert_eq!(levels(), [Level::WARN, Level::INFO]);

        assert!(room.take(5));
        room.refuse();
        assert_eq!(levels(), [Level::WARN, Level::INFO, Level::WARN]);
    }

    #[test]
    fn room_is_taken_whole_or_not_at_all() {
        let room = Room::new(10);
        assert!(room.take(8));
        assert!(!room.take(3) && !room.take(usize::MAX));
        assert_eq!(room.held(), 8);
        assert!(room.take(2));
    }
}
