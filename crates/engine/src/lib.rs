//! Token buckets by the generic cell rate algorithm (GCRA): arithmetic and nothing else.
//!
//! The engine has no clock, no I/O and no randomness: time and chance are arguments, so a decision
//! is a pure function of what it was given and can be replayed.
//!
//! All arithmetic is in whole nanoseconds of 64 bits. No time, cost or quota panics or overflows:
//! what cannot be represented is denied, never granted.

mod bucket;
mod quota;
mod timestamp;
mod transaction;

pub use bucket::{Bucket, BucketState, Verdict};
pub use quota::{Cost, Quota, QuotaError};
pub use timestamp::Timestamp;
pub use transaction::{Action, Charge, Decision, SpendError, Transaction, decide};
