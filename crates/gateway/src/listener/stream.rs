//! A client's bytes, and what the connection is doing: serving, idle, or in the middle of a head.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use bytes::{Buf, Bytes};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::Notify,
};

/// What a connection is doing, told by its stream and its requests, read by its timer.
#[derive(Debug, Default)]
pub(super) struct Activity {
    unanswered: AtomicUsize,
    answered_any: AtomicBool,
    multiplexed: AtomicBool,
    read_since_answer: AtomicBool,
    /// Counts the requests begun and answered, so that the timer sees every change.
    changes: AtomicUsize,
    /// Wakes the timer when a request ends, and on [`Self::abort`].
    changed: Notify,
    aborted: AtomicBool,
}

/// What the connection is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Awaited {
    /// Our answer.
    Answer,
    /// The first bytes of another request.
    Request,
    /// The rest of a request's head; or the first request.
    Head,
}

impl Activity {
    /// A request has begun; it ends when the result is dropped.
    pub(super) fn begin(self: &Arc<Self>, multiplexed: bool) -> Unanswered {
        self.multiplexed.store(multiplexed, Ordering::Relaxed);
        self.read_since_answer.store(false, Ordering::Relaxed);
        self.unanswered.fetch_add(1, Ordering::AcqRel);
        self.changes.fetch_add(1, Ordering::AcqRel);
        Unanswered(Arc::clone(self))
    }

    /// The connection is to be closed at once.
    pub(super) fn abort(&self) {
        self.aborted.store(true, Ordering::Release);
        self.changed.notify_one();
    }

    pub(super) fn is_aborted(&self) -> bool {
        self.aborted.load(Ordering::Acquire)
    }

    /// What is awaited, and a number that is another one when a request began or ended meanwhile.
    pub(super) fn awaited(&self) -> (Awaited, usize) {
        let awaited = if self.unanswered.load(Ordering::Acquire) > 0 {
            Awaited::Answer
        } else if self.in_head() {
            Awaited::Head
        } else {
            Awaited::Request
        };
        (awaited, self.changes.load(Ordering::Acquire))
    }

    fn in_head(&self) -> bool {
        // In HTTP/2, bytes between requests are mostly not a head: settings, windows, pings.
        let in_next_head =
            self.read_since_answer.load(Ordering::Acquire) && !self.multiplexed.load(Ordering::Relaxed);
        in_next_head || !self.answered_any.load(Ordering::Acquire)
    }

    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }
}

/// A request without its answer.
#[derive(Debug)]
pub(super) struct Unanswered(Arc<Activity>);

impl Drop for Unanswered {
    fn drop(&mut self) {
        self.0.answered_any.store(true, Ordering::Release);
        self.0.read_since_answer.store(false, Ordering::Relaxed);
        self.0.changes.fetch_add(1, Ordering::AcqRel);
        self.0.unanswered.fetch_sub(1, Ordering::AcqRel);
        self.0.changed.notify_one();
    }
}

/// A client's connection, which first gives back the bytes that were read too far.
#[derive(Debug)]
pub(super) struct ClientStream<S> {
    stream: S,
    read_ahead: Bytes,
    activity: Arc<Activity>,
}

impl<S> ClientStream<S> {
    pub(super) fn new(stream: S, read_ahead: Bytes, activity: Arc<Activity>) -> Self {
        Self { stream, read_ahead, activity }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for ClientStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let filled = buf.filled().len();
        if self.read_ahead.is_empty() {
            std::task::ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        } else {
            let length = self.read_ahead.len().min(buf.remaining());
            buf.put_slice(&self.read_ahead[..length]);
            self.read_ahead.advance(length);
        }
        if buf.filled().len() > filled {
            self.activity.read_since_answer.store(true, Ordering::Release);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for ClientStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }
    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
