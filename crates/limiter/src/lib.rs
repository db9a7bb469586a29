//! Ties policy, buckets, records and clock together: admit, settle, report.

mod clock;
mod limiter;
pub mod unpause;

pub use clock::{Chance, Clock};
pub use limiter::{Admission, Cause, Limiter, LimiterOptions, NewOrder, QuotaLine, Refusal, Reservation};
