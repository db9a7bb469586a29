//! What each ACME event charges.

use tollgate_engine::{Action, Cost, Quota};

use crate::limit::{Limit, LimitKey};

/// One bucket's part of what an event charges.
#[derive(Clone, Copy, Debug)]
pub struct Charge<'a> {
    /// The limit.
    pub limit: &'a Limit,
    /// Which of its buckets.
    pub key: LimitKey<'a>,
    /// The quota in force for this key: the limit's own, or an override's.
    pub quota: Quota,
    /// How much.
    pub cost: Cost,
    /// Spend, check or record.
    pub action: Action,
}

/// Why an order is spared some limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exemption {
    /// Not at all.
    None,
    /// It renews a certificate for exactly the same set (RULES 5.4).
    RenewalBySet,
    /// It replaces a certificate inside its suggested window (RFC 9773): exempt from all limits.
    Ari,
}
