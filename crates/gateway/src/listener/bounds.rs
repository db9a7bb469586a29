//! What one connection may take of us.

use std::time::Duration;

use hyper_util::{
    rt::{TokioExecutor, TokioTimer},
    server::conn::auto,
};

/// Streams that a client reset before we took them up, at most (rapid reset).
const RESET_STREAMS_MAX: usize = 20;
/// Streams reset for a client's protocol errors, at most.
const ERROR_STREAMS_MAX: usize = 100;
/// Request bytes in flight on one HTTP/2 stream: a whole ACME request.
const STREAM_WINDOW_BYTES: u32 = 64 * 1024;
/// Request bytes in flight on one HTTP/2 connection.
const CONNECTION_WINDOW_BYTES: u32 = 256 * 1024;
/// Answer bytes buffered for one HTTP/2 stream.
const STREAM_SEND_BYTES: usize = 64 * 1024;
/// The smallest buffer, and so the smallest bound of an HTTP/1.1 head, that hyper accepts.
const HEAD_BYTES_MIN: usize = 8 * 1024;

/// Bounds of one connection in time, sizes and counts.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionBounds {
    /// How long a trusted peer may take for its PROXY header.
    pub proxy_header_timeout: Duration,
    /// How long the TLS handshake may take.
    pub handshake_timeout: Duration,
    /// How long the head of a request may take, once begun; from the start for the first one.
    pub head_timeout: Duration,
    /// How long a connection may stay without a request, which is also the longest that a client may
    /// take to read an answer.
    pub idle_timeout: Duration,
    /// How long requests in flight may go on after a shutdown has begun.
    pub shutdown_grace: Duration,
    /// Most bytes of a request's head.
    pub head_bytes_max: u32,
    /// Most header lines of an HTTP/1.1 request.
    pub headers_max: usize,
    /// Most requests at once on one HTTP/2 connection.
    pub streams_max: u32,
}

impl Default for ConnectionBounds {
    fn default() -> Self {
        Self {
            proxy_header_timeout: Duration::from_secs(5),
            handshake_timeout: Duration::from_secs(10),
            head_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(75),
            shutdown_grace: Duration::from_secs(30),
            head_bytes_max: 16 * 1024,
            headers_max: 64,
            streams_max: 32,
        }
    }
}

impl ConnectionBounds {
    /// An HTTP server for connections within these bounds.
    pub(super) fn http(&self) -> auto::Builder<TokioExecutor> {
        let mut http = auto::Builder::new(TokioExecutor::new());
        http.http1()
            .timer(TokioTimer::new())
            // Heads are timed by the connection, which can tell one that has begun from an idle client.
            .header_read_timeout(None)
            .max_buf_size(HEAD_BYTES_MIN.max(self.head_bytes_max as usize))
            .max_headers(self.headers_max);
        http.http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(self.streams_max)
            .max_header_list_size(self.head_bytes_max)
            .max_pending_accept_reset_streams(RESET_STREAMS_MAX)
            .max_local_error_reset_streams(ERROR_STREAMS_MAX)
            .initial_stream_window_size(STREAM_WINDOW_BYTES)
            .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
            .max_send_buf_size(STREAM_SEND_BYTES);
        http
    }
}
