//! Token buckets by the generic cell rate algorithm (GCRA): arithmetic and nothing else.
//!
//! The engine has no clock, no I/O and no randomness: time and chance are arguments, so a decision
//! is a pure function of what it was given and can be replayed.

mod bucket;
mod quota;
mod timestamp;
mod transaction;

pub use bucket::{Bucket, BucketState};
pub use quota::{Cost, Quota, QuotaError};
pub use timestamp::Timestamp;
pub use transaction::{Action, Charge, Decision, SpendError, Verdict, decide};
