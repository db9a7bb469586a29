//! The CA behind the gateway.

use std::{future::Future, pin::Pin};

use ::http::{Request, Response};
use bytes::Bytes;

mod headers;
mod http;
mod in_process;

pub use self::{
    headers::{RequestError, clean_request, clean_response},
    http::{HttpUpstream, HttpUpstreamError, HttpUpstreamOptions},
    in_process::InProcess,
};

/// A request on its way to the CA: URI in origin form, headers already cleaned, body complete.
pub type UpstreamRequest = Request<Bytes>;
/// The CA's answer with its whole body, bounded.
pub type UpstreamResponse = Response<Bytes>;

/// Why the CA gave no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UpstreamError {
    /// It could not be reached, or broke off.
    #[error("the CA cannot be reached")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It took longer than its deadline.
    #[error("the CA did not answer in time")]
    TimedOut,
    /// Its answer is larger than accepted.
    #[error("the CA's answer is larger than {max} bytes")]
    TooLarge {
        /// The bound.
        max: usize,
    },
    /// The built-in test CA was told to drop the client's connection (a scripted fault).
    #[error("the client's connection is to be dropped")]
    DropClient,
}

impl UpstreamError {
    /// As metrics write it.
    pub(crate) fn label(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "unreachable",
            Self::TimedOut => "timed-out",
            Self::TooLarge { .. } => "too-large",
            Self::DropClient => "drop-client",
        }
    }
}

/// A CA that answers requests: over HTTP, or the built-in one in this process.
pub trait Upstream: Send + Sync {
    /// Forwards a request. Dropping the future abandons the request; the CA may still act on it.
    fn call(
        &self,
        request: UpstreamRequest,
    ) -> Pin<Box<dyn Future<Output = Result<UpstreamResponse, UpstreamError>> + Send + '_>>;
}
