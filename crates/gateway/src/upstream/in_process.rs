//! A CA in this process: the built-in test CA.

use std::{fmt, future::Future, pin::Pin};

use super::{Upstream, UpstreamError, UpstreamRequest, UpstreamResponse, clean_response};

/// A CA that is an async function.
pub struct InProcess<F> {
    handle: F,
}

impl<F, Answered> InProcess<F>
where
    F: Fn(UpstreamRequest) -> Answered + Send + Sync,
    Answered: Future<Output = Result<UpstreamResponse, UpstreamError>> + Send + 'static,
{
    /// The CA whose answers `handle` gives. [`UpstreamError::DropClient`] is passed on as any error is.
    pub fn new(handle: F) -> Self {
        Self { handle }
    }
}

impl<F, Answered> Upstream for InProcess<F>
where
    F: Fn(UpstreamRequest) -> Answered + Send + Sync,
    Answered: Future<Output = Result<UpstreamResponse, UpstreamError>> + Send + 'static,
{
    fn call(
        &self,
        request: UpstreamRequest,
    ) -> Pin<Box<dyn Future<Output = Result<UpstreamResponse, UpstreamError>> + Send + '_>> {
        let method = request.method().clone();
        let answered = (self.handle)(request);
        Box::pin(async move { Ok(clean_response(answered.await?, &method)) })
    }
}

impl<F> fmt::Debug for InProcess<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InProcess").finish_non_exhaustive()
    }
}
