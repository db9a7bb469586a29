//! Ties policy, buckets, records and clock together: admit a request, settle it with the CA's
//! answer, report what became of it.
//!
//! The limiter decides and accounts; it knows no HTTP. What a client is told of a [`Refusal`] is the
//! gateway's to write.

mod admission;
mod bucket_name;
mod clock;
mod decide;
mod limiter;
mod new_order;
mod notebook;
mod order_tokens;
mod outcome;
mod overall_refusals;
mod override_request;
mod refusal;
mod standing;
pub mod unpause;

pub use admission::{Admission, Held, QuotaLine, Reservation};
pub use clock::{Chance, Clock};
pub use limiter::{Limiter, LimiterOptions};
pub use new_order::NewOrder;
pub use notebook::PAUSED;
pub use overall_refusals::OverallRefusals;
pub use override_request::SpentUnits;
pub use refusal::{Cause, Refusal};
pub use standing::{Standing, StandingError};
