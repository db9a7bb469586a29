//! A request's body: read whole, within a bound of bytes and time, or not at all.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};

/// Most bytes of an unread body that are thrown away so that a client still sending gets its answer: a
/// connection closed with unread bytes is reset, and the answer in flight is lost with it.
const DISCARD_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Longest time spent on throwing them away.
const DISCARD_TIMEOUT: Duration = Duration::from_secs(10);

/// The body of a request on its way in; not yet read.
#[derive(Debug)]
pub struct IncomingBody {
    source: Source,
    /// Whether what is left unread is thrown away on drop.
    discard: bool,
}

#[derive(Debug)]
enum Source {
    Connection(Incoming),
    Memory(Bytes),
    Gone,
}

/// Why a request's body could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// It is, or says that it is, longer than accepted.
    #[error("the request's body is longer than {bytes_max} bytes")]
    TooLarge {
        /// The bound.
        bytes_max: usize,
    },
    /// It had not arrived whole in time.
    #[error("the request's body did not arrive in time")]
    TooSlow,
    /// The client broke off, or broke the protocol.
    #[error("the request's body broke off")]
    Broken,
}

impl IncomingBody {
    /// The body of a request that a connection carries. `discard`: what is left unread is thrown away
    /// in the background; not for a client that waits for `100 Continue`, nor for HTTP/2, where a
    /// stream ends without its connection.
    pub(crate) fn of_connection(body: Incoming, discard: bool) -> Self {
        Self { source: Source::Connection(body), discard }
    }

    /// Reads the whole body.
    ///
    /// # Errors
    ///
    /// [`BodyError`]: nothing of the body is kept.
    pub async fn read(mut self, bytes_max: usize, timeout: Duration) -> Result<Bytes, BodyError> {
        let read = self.read_from_source(bytes_max, timeout).await;
        // After the last byte there is nothing to throw away; from a slow sender nothing more is awaited.
        self.discard &= matches!(read, Err(BodyError::TooLarge { .. }));
        read
    }

    async fn read_from_source(&mut self, bytes_max: usize, timeout: Duration) -> Result<Bytes, BodyError> {
        let too_large = BodyError::TooLarge { bytes_max };
        match &mut self.source {
            Source::Memory(bytes) if bytes.len() > bytes_max => Err(too_large),
            Source::Memory(bytes) => Ok(std::mem::take(bytes)),
            Source::Connection(body) if body.size_hint().lower() > bytes_max as u64 => Err(too_large),
            Source::Connection(body) => tokio::time::timeout(timeout, collect(body, bytes_max))
                .await
                .unwrap_or(Err(BodyError::TooSlow)),
            Source::Gone => Err(BodyError::Broken),
        }
    }
}

impl From<Bytes> for IncomingBody {
    /// A body already in memory.
    fn from(bytes: Bytes) -> Self {
        Self { source: Source::Memory(bytes), discard: false }
    }
}

impl Drop for IncomingBody {
    fn drop(&mut self) {
        let Source::Connection(body) = std::mem::replace(&mut self.source, Source::Gone) else { return };
        if !self.discard || body.is_end_stream() {
            return;
        }
        // A body is only dropped outside a runtime when the runtime itself ends.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(tokio::time::timeout(DISCARD_TIMEOUT, discard(body)));
        }
    }
}

async fn collect(body: &mut Incoming, bytes_max: usize) -> Result<Bytes, BodyError> {
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        // Trailers say nothing that ACME knows.
        let Ok(data) = frame.map_err(|_| BodyError::Broken)?.into_data() else { continue };
        if data.len() > bytes_max - whole.len() {
            return Err(BodyError::TooLarge { bytes_max });
        }
        whole.extend_from_slice(&data);
    }
    Ok(whole.freeze())
}

async fn discard(mut body: Incoming) {
    let mut left = DISCARD_BYTES_MAX;
    while let Some(Ok(frame)) = body.frame().await {
        left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
        if left == 0 {
            return;
        }
    }
}
