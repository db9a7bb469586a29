//! Configuration of the policy: as written, and its way to a validated [`crate::Policy`].

use std::ops::Range;

/// A mistake in configuration: where and what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The dotted key: `limits.new-orders-per-account.count`.
    pub key: String,
    /// Bytes of the file, where known.
    pub span: Option<Range<usize>>,
    /// What is wrong and what would be right.
    pub problem: String,
}
