//! Where clients connect: TLS, the PROXY protocol, bounds, and an answer for every request.

use std::{future::Future, pin::Pin};

use bytes::Bytes;
use http::{Request, Response};

use crate::{client_address::ClientAddress, request_body::IncomingBody};

/// The future of an answer.
pub type AnswerFuture<'a> =
    Pin<Box<dyn Future<Output = Result<Response<Bytes>, DropConnection>> + Send + 'a>>;

/// The client's connection is to be closed without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the client's connection is to be closed without an answer")]
pub struct DropConnection;

/// What a listener serves.
pub trait Answer: Send + Sync + 'static {
    /// Answers a request. The future is run to its end even when the client is gone meanwhile, since the
    /// CA may already have acted; only the end of the grace period of a shutdown drops it.
    fn answer(&self, request: Request<IncomingBody>, client: ClientAddress) -> AnswerFuture<'_>;
}
