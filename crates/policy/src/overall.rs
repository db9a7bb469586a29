//! Overall request limits: requests per client address and second, by resource.

use tollgate_engine::Quota;

/// A resource that has an overall request limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the resources of RFC 8555 and RFC 9773")]
pub enum RequestClass {
    NewNonce,
    NewAccount,
    NewOrder,
    RevokeCert,
    RenewalInfo,
    /// Any other ACME resource.
    Other,
    Directory,
}

/// One overall request limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverallLimit {
    /// Rate and burst.
    pub quota: Quota,
    /// `false`: counted and logged, never refused.
    pub enforce: bool,
    /// 503, or 429 where configured; always 503 for renewalInfo.
    pub status: u16,
}
