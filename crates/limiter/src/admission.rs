//! What the limiter answers to a request: admitted with a reservation, or refused.

use smallvec::SmallVec;
use tollgate_engine::{BucketState, Quota};
use tollgate_policy::{event::Exemption, limit::LimitName};
use tollgate_records::{RecordsError, ReservationId, Reserved, Reserving};
use tollgate_store::Entry;

use crate::Refusal;

/// Entries of one decision. Orders of up to three names stay off the heap.
pub(crate) type Entries = SmallVec<[Entry; 8]>;

/// Admitted or refused.
#[derive(Debug)]
#[must_use]
#[expect(
    clippy::large_enum_variant,
    reason = "nearly all are admitted, and a box would cost each an allocation"
)]
pub enum Admission {
    /// Go on; settle the reservation with the CA's answer.
    Admitted(Reservation),
    /// Tell the client. Nothing was spent.
    Refused(Box<Refusal>),
}

/// What an admitted request has spent until the CA has answered.
///
/// Dropping it keeps what was spent; [`crate::Limiter::refund`] gives it back.
#[derive(Debug)]
pub struct Reservation {
    pub(crate) spent: Entries,
    /// What was spent ahead of the certificate.
    pub(crate) held: Option<Held>,
    pub(crate) exemption: Exemption,
    pub(crate) quotas: Vec<QuotaLine>,
}

impl Reservation {
    /// A reservation that spent nothing.
    #[must_use]
    pub fn free(exemption: Exemption) -> Self {
        Self { spent: Entries::new(), held: None, exemption, quotas: Vec::new() }
    }

    /// Takes out what was spent ahead of the certificate, which is settled with the records; what is left
    /// is a matter of buckets alone.
    #[must_use]
    pub fn take_held(&mut self) -> Option<Held> {
        self.held.take()
    }

    /// Waits until what was spent ahead of the certificate is in the records, or is known not to be.
    pub async fn written(&mut self) {
        if let Some(held) = &mut self.held {
            let _ = held.written().await;
        }
    }

    /// What the order is exempt from.
    #[must_use]
    pub fn exemption(&self) -> Exemption {
        self.exemption
    }

    /// Each limit that was decided, once, the decisive one first: for the `RateLimit` fields.
    #[must_use]
    pub fn quotas(&self) -> &[QuotaLine] {
        &self.quotas
    }
}

/// What an order has spent ahead of its certificate. Dropped, it is returned by a sweep.
#[derive(Debug)]
#[must_use]
pub struct Held {
    pub(crate) row: HeldRow,
    pub(crate) reserved: Reserved,
}

/// Where it is in the records.
#[derive(Debug)]
pub(crate) enum HeldRow {
    /// On its way.
    Queued(Reserving),
    Written(ReservationId),
    /// Not written, as far as is known.
    Lost(RecordsError),
}

/// One limit of a decision, as the `RateLimit` fields tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaLine {
    /// The limit.
    pub limit: LimitName,
    /// Its quota for the key that was decided.
    pub quota: Quota,
    /// What its bucket holds now; known for the decisive limit only.
    pub state: Option<BucketState>,
}
