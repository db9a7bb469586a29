//! Tokens of the limits on certificates that an order holds from when it is made (`accounting = "order"`).
//!
//! They are spent first and written down then, behind the order's back: a crash between the two loses tokens
//! and grants none. Who gives them back is decided by one write in the records, so that it happens once.

use std::time::Duration;

use tollgate_acme::resource::ResourcePath;
use tollgate_engine::{Action, Cost, Quota, Timestamp};
use tollgate_policy::event::Charge;
use tollgate_records::{Forgotten, Order, RecordsError, ReservationId, Reserved, ReservedUnit};
use tollgate_store::{BucketId, Entry};

use crate::{
    Limiter, Reservation,
    admission::{Entries, Held, HeldRow},
};

/// How long an order that nobody saw made may still be on its way: longer than any request.
const UNMADE_AFTER: Duration = Duration::from_secs(10 * 60);

/// How long an order may stay unfinished when the CA does not say when it expires; most let them within days.
const UNFINISHED_AFTER: Duration = Duration::from_secs(7 * 86_400);

/// How long after an order has expired nobody finalizes it any more: the CA's clock may be another.
const EXPIRED_AFTER: Duration = Duration::from_secs(3600);

/// The longest that an order is believed to live, whatever the CA says.
const ORDER_LIFE_MAX: Duration = Duration::from_secs(90 * 86_400);

impl Limiter {
    /// Queues what an admitted order has spent ahead of its certificate to be written down. When the records
    /// cannot be written it stays spent: that never opens a limit.
    ///
    /// Dropped half way, the tokens are lost, or a sweep returns them.
    pub(crate) async fn hold(
        &self,
        mut reservation: Reservation,
        charges: &[Charge<'_>],
        now: Timestamp,
    ) -> Reservation {
        let ahead: Vec<BucketId> = charges
            .iter()
            .filter(|charge| charge.limit.name.counts_certificates())
            .map(|charge| self.entry(charge).id)
            .collect();
        let (held, spent): (Entries, Entries) =
            reservation.spent.drain(..).partition(|entry| ahead.contains(&entry.id));
        reservation.spent = spent;
        if held.is_empty() {
            return reservation;
        }
        let reserved = Reserved { at_nanos: now.as_nanos(), units: held.iter().map(unit).collect() };
        let row = self.records.reserve(&reserved).await.map_or_else(HeldRow::lost, HeldRow::Queued);
        reservation.held = Some(Held { row, reserved });
        reservation
    }

    /// An order ended without a certificate: gives back what it holds, once.
    ///
    /// # Errors
    ///
    /// [`RecordsError`]: nothing was given back; a sweep will.
    pub async fn order_ended(&self, order: &ResourcePath) -> Result<(), RecordsError> {
        if let Some(reserved) = self.records.return_held(order).await? {
            self.give_back_rest(&reserved).await;
        }
        Ok(())
    }

    /// Remembers an order that the CA has made and lets expire then, if it says so. What `reservation` holds is the order's from
    /// the same commit on, and stays with `reservation` when the order is not new (`false`).
    ///
    /// # Errors
    ///
    /// [`RecordsError`]: a sweep returns what was reserved, and the certificate is counted when it is issued.
    pub async fn save_order(
        &self,
        order: &Order,
        reservation: &mut Reservation,
        expires: Option<jiff::Timestamp>,
    ) -> Result<bool, RecordsError> {
        let Some(held) = &mut reservation.held else { return self.records.save_order(order).await };
        let is_new = match held.written().await {
            Ok(id) => {
                let latest = self.now().saturating_add(ORDER_LIFE_MAX).as_nanos();
                let expires =
                    expires.map(|expires| u64::try_from(expires.as_nanosecond()).unwrap_or(0).min(latest));
                self.records.save_reserved_order(order, id, expires).await?
            }
            Err(_) => self.records.save_order(order).await?,
        };
        if is_new {
            reservation.held = None;
        }
        Ok(is_new)
    }

    /// The CA has made an order that has reserved and cannot be followed: what it holds is kept for good.
    ///
    /// # Errors
    ///
    /// [`RecordsError`]: a sweep returns it.
    pub async fn unfollowed_order_made(&self, mut held: Held) -> Result<(), RecordsError> {
        match held.written().await {
            Ok(id) => self.records.keep_reservation_unbound(id).await,
            Err(_) => Ok(()),
        }
    }

    /// Gives back what orders hold that nobody saw made, or finished; says how many there were.
    ///
    /// # Errors
    ///
    /// [`RecordsError`]: the rest is for the next sweep.
    pub async fn sweep_reservations(&self) -> Result<usize, RecordsError> {
        let now = self.now();
        let before =
            |age: Duration| Timestamp::EPOCH.saturating_add(now.since(Timestamp::EPOCH).saturating_sub(age));
        let mut count = 0;
        loop {
            let forgotten = Forgotten {
                unmade_before: before(UNMADE_AFTER).as_nanos(),
                unfinished_before: before(UNFINISHED_AFTER).as_nanos(),
                expired_before: before(EXPIRED_AFTER).as_nanos(),
            };
            let (returned, is_all) = self.records.return_forgotten(forgotten).await?;
            for reserved in &returned {
                self.give_back_rest(reserved).await;
            }
            count += returned.len();
            if is_all {
                return Ok(count);
            }
        }
    }

    /// Gives back what an order holds that the CA did not make.
    pub async fn return_held(&self, mut held: Held) {
        let returned = match held.written().await {
            Ok(id) => self.records.return_reservation(id).await,
            // Perhaps it is there nevertheless, and then a sweep returns it.
            Err(RecordsError::Slow) => Err(RecordsError::Slow),
            // It is not there, so that nobody else can return it.
            Err(_) => Ok(Some(held.reserved)),
        };
        match returned {
            Ok(Some(reserved)) => self.give_back_rest(&reserved).await,
            Ok(None) => {}
            Err(error) => {
                metrics::counter!("tollgate_refunds_lost_total").increment(1);
                tracing::warn!(%error, "a reservation could not be returned; a sweep will");
            }
        }
    }

    /// Gives back what of a reservation has not come back by itself.
    pub(crate) async fn give_back_rest(&self, reserved: &Reserved) {
        let (at, now) = (Timestamp::from_nanos(reserved.at_nanos), self.now());
        let rests = reserved.units.iter().filter_map(|unit| {
            let quota = rest(unit.increment_nanos, at, now)?;
            let charge = tollgate_engine::Charge { quota, cost: Cost(1), action: Action::Spend };
            Some(Entry { id: BucketId(unit.bucket), charge })
        });
        self.give_back(&rests.collect::<Entries>()).await;
    }
}

impl Held {
    /// The row, once it is written.
    pub(crate) async fn written(&mut self) -> Result<ReservationId, &RecordsError> {
        if let HeldRow::Queued(reserving) = &mut self.row {
            self.row = HeldRow::of(reserving.committed().await);
        }
        match &self.row {
            HeldRow::Written(id) => Ok(*id),
            HeldRow::Lost(error) => Err(error),
            HeldRow::Queued(_) => unreachable!("it was waited for"),
        }
    }
}

impl HeldRow {
    fn of(written: Result<ReservationId, RecordsError>) -> Self {
        match written {
            Ok(id) => Self::Written(id),
            Err(error) => Self::lost(error),
        }
    }

    fn lost(error: RecordsError) -> Self {
        metrics::counter!("tollgate_records_failures_total", "read" => "reservations").increment(1);
        tracing::error!(%error, "what an order reserves cannot be written");
        Self::Lost(error)
    }
}

/// Whether an order's reservation has spent from this bucket.
pub(crate) fn is_reserved(reserved: &Reserved, id: BucketId) -> bool {
    reserved.units.iter().any(|unit| unit.bucket == id.0)
}

fn unit(entry: &Entry) -> ReservedUnit {
    let interval = u64::try_from(entry.charge.quota.emission_interval().as_nanos())
        .expect("a quota keeps its emission interval in 64 bits");
    ReservedUnit { bucket: entry.id.0, increment_nanos: interval.saturating_mul(entry.charge.cost.0) }
}

/// What of an increment spent `at` has not yet come back by itself, as a quota whose one unit it is; `None`
/// when nothing worth telling has not.
///
/// A bucket drains from the moment of the spend. To give back the whole increment later would give back
/// a second time what has drained since, and let one token too many pass within a short while.
fn rest(increment_nanos: u64, at: Timestamp, now: Timestamp) -> Option<Quota> {
    let rest = Duration::from_nanos(increment_nanos).checked_sub(now.since(at))?;
    // Below a millisecond or above ten years it is no quota, and stays spent.
    Quota::new(1, rest, 1).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tollgate_engine::{Bucket, Verdict};

    use super::*;

    const T0: Timestamp = Timestamp::from_secs(1_795_000_000);
    const INTERVAL: u64 = 10_000;

    fn at(milliseconds: u64) -> Timestamp {
        T0.saturating_add(Duration::from_millis(milliseconds))
    }

    fn increment() -> u64 {
        INTERVAL * 1_000_000
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// Orders that are made after a gap, and issued or given back after a while.
        #[test]
        fn no_span_of_time_issues_more_than_burst_and_what_has_come_back(
            burst in 1_u64..6,
            orders in prop::collection::vec((0..INTERVAL * 3 / 2, prop::option::of(0..INTERVAL * 2)), 1..60),
        ) {
            let quota = Quota::new(1, Duration::from_millis(INTERVAL), burst).unwrap();
            let mut bucket = Bucket::default();
            let (mut now, mut held, mut issued) = (0, Vec::new(), Vec::new());
            for (gap, given_back_after) in orders {
                now += gap;
                held.sort_unstable();
                let due = held.partition_point(|(when, _)| *when <= now);
                for (when, made) in held.drain(..due) {
                    if let Some(rest) = rest(increment(), at(made), at(when)) {
                        bucket.refund(&rest, Cost(1), at(when));
                    }
                }
                if bucket.spend(&quota, Cost(1), at(now)).unwrap() == Verdict::Allow {
                    match given_back_after {
                        Some(after) => held.push((now + after, now)),
                        None => issued.push(now),
                    }
                }
            }
            for (first, start) in issued.iter().enumerate() {
                for (last, end) in issued.iter().enumerate().skip(first) {
                    let count = (last - first + 1) as u64;
                    prop_assert!(count <= burst + (end - start) / INTERVAL, "{count} from {start} to {end}");
                }
            }
        }
    }

    #[test]
    fn what_is_given_back_shrinks_as_the_token_comes_back_by_itself() {
        for (after, left) in
            [(0, Some(10_000)), (1, Some(9_999)), (9_999, Some(1)), (10_000, None), (20_000, None)]
        {
            let rest = rest(increment(), at(0), at(after)).map(|quota| quota.emission_interval());
            assert_eq!(rest, left.map(Duration::from_millis), "{after} ms after");
        }
    }

    #[test]
    fn a_clock_set_back_gives_back_no_more_than_was_spent() {
        let rest = rest(increment(), at(5_000), at(0)).unwrap();
        assert_eq!(rest.emission_interval(), Duration::from_millis(INTERVAL));
    }
}
