//! One connection, from its first byte to its last.

use std::{
    future::poll_fn,
    io,
    net::IpAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use http::{Method, Request, Response, Version, header};
use http_body_util::Full;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite},
    net::TcpStream,
    sync::watch,
    time::{Instant, Sleep},
};
use tokio_rustls::TlsAcceptor;

use super::{
    Answer, Busy, CapReached, ConnectionBounds, ConnectionCaps, DropConnection, ListenerOptions, Phase,
    Transport,
    caps::Place,
    stream::{Activity, Awaited, ClientStream},
};
use crate::{
    client_address::{ClientAddress, Scheme},
    proxy_protocol::{ProxyHeader, ProxyHeaderError, V2_BYTES_MAX, parse_proxy_header},
    request_body::IncomingBody,
    tls,
};

/// How long a connection that was told to close may take to do so.
const CLOSING_TIMEOUT: Duration = Duration::from_secs(5);

/// What all connections of a listener share.
pub(super) struct Site {
    options: ListenerOptions,
    answer: Arc<dyn Answer>,
    tls: Option<TlsAcceptor>,
    http: auto::Builder<TokioExecutor>,
    phases: watch::Receiver<Phase>,
    /// A shutdown waits until nobody holds the site.
    _busy: Busy,
}

/// Why a connection ended before its time. Never the operator's business one by one: debug logs, counters.
#[derive(Debug, thiserror::Error)]
enum ConnectionError {
    #[error("no PROXY header")]
    ProxyHeader(#[from] ProxyHeaderError),
    #[error("the {0} did not come in time")]
    TooSlow(&'static str),
    #[error(transparent)]
    Cap(#[from] CapReached),
    #[error("the TLS handshake failed")]
    Handshake(#[source] io::Error),
    #[error("the connection broke")]
    Broken(#[from] io::Error),
    #[error("the HTTP connection failed")]
    Http(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("closed without an answer")]
    Aborted,
    #[error("the listener stops")]
    Stopped,
}

impl ConnectionError {
    /// As metrics write it.
    fn label(&self) -> &'static str {
        match self {
            Self::ProxyHeader(_) => "proxy-header",
            Self::TooSlow(_) => "too-slow",
            Self::Cap(_) => "cap",
            Self::Handshake(_) => "handshake",
            Self::Broken(_) | Self::Http(_) => "broken",
            Self::Aborted => "aborted",
            Self::Stopped => "stopped",
        }
    }
}

impl Site {
    pub(super) fn new(
        options: ListenerOptions,
        answer: Arc<dyn Answer>,
        phases: watch::Receiver<Phase>,
        busy: Busy,
    ) -> Self {
        let tls = match &options.transport {
            Transport::Tls(identity) => Some(tls::server_config(Arc::clone(identity)).into()),
            Transport::Plain { .. } => None,
        };
        Self { http: options.bounds.http(), options, answer, tls, phases, _busy: busy }
    }

    pub(super) fn caps(&self) -> &Arc<ConnectionCaps> {
        &self.options.caps
    }

    fn bounds(&self) -> &ConnectionBounds {
        &self.options.bounds
    }

    fn scheme(&self) -> Scheme {
        match self.options.transport {
            Transport::Tls(_) => Scheme::Https,
            Transport::Plain { public_scheme } => public_scheme,
        }
    }

    /// Whether the connections of `peer` are those of many clients.
    fn is_trusted_proxy(&self, peer: IpAddr) -> bool {
        self.options.trusted_proxies.as_ref().is_some_and(|proxies| proxies.contains(peer))
    }

    fn client_of(&self, peer: IpAddr, request: &Request<Incoming>) -> ClientAddress {
        match &self.options.trusted_proxies {
            Some(proxies) => proxies.resolve(peer, self.scheme(), request.headers()),
            None => ClientAddress::new(peer, self.scheme()),
        }
    }
}

/// Serves one connection to its end.
pub(super) async fn serve(stream: TcpStream, peer: IpAddr, place: Place, site: Arc<Site>) {
    if let Err(error) = serve_connection(stream, peer, place, &site).await {
        metrics::counter!("tollgate_connections_failed_total", "reason" => error.label()).increment(1);
        match error {
            ConnectionError::Cap(reached) => refused(reached, peer),
            error => tracing::debug!(%peer, error = &error as &dyn std::error::Error, "connection ended"),
        }
    }
}

/// Counts a connection that was closed because a cap is reached.
pub(super) fn refused(reached: CapReached, peer: IpAddr) {
    let cap = match reached {
        CapReached::Total => "total",
        CapReached::Client => "client",
    };
    metrics::counter!("tollgate_connections_refused_total", "cap" => cap).increment(1);
    tracing::debug!(%peer, "connection refused: {reached}");
}

async fn serve_connection(
    mut stream: TcpStream,
    peer: IpAddr,
    mut place: Place,
    site: &Arc<Site>,
) -> Result<(), ConnectionError> {
    // Answers are small, and written whole.
    stream.set_nodelay(true)?;
    let (peer, read_ahead) = if site.options.proxy_protocol_from.iter().any(|network| network.contains(&peer))
    {
        let header = read_proxy_header(&mut stream);
        let (source, read_ahead) =
            in_time("PROXY header", site.bounds().proxy_header_timeout, site, header).await??;
        (source.unwrap_or(peer).to_canonical(), read_ahead)
    } else {
        (peer, Bytes::new())
    };
    if !site.is_trusted_proxy(peer) {
        place.belongs_to(peer)?;
    }

    let activity = Arc::new(Activity::default());
    let stream = ClientStream::new(stream, read_ahead, Arc::clone(&activity));
    let Some(tls) = &site.tls else {
        return serve_http(stream, peer, activity, site, site.http.clone()).await;
    };
    let handshake =
        in_time("TLS handshake", site.bounds().handshake_timeout, site, tls.accept(stream)).await?;
    let stream = handshake.map_err(ConnectionError::Handshake)?;
    // RFC 9113, 3.2: over TLS, HTTP/2 is what ALPN says, never a guess.
    let http = match stream.get_ref().1.alpn_protocol() {
        Some(b"h2") => site.http.clone().http2_only(),
        _ => site.http.clone().http1_only(),
    };
    serve_http(stream, peer, activity, site, http).await
}

/// Awaits what must come before HTTP, unless the listener stops.
async fn in_time<T>(
    what: &'static str,
    timeout: Duration,
    site: &Site,
    step: impl Future<Output = T>,
) -> Result<T, ConnectionError> {
    let mut phases = site.phases.clone();
    tokio::select! {
        done = tokio::time::timeout(timeout, step) => done.map_err(|_| ConnectionError::TooSlow(what)),
        _ = phases.wait_for(|phase| *phase > Phase::Serving) => Err(ConnectionError::Stopped),
    }
}

/// Reads a PROXY header: who connected, if it says so, and the bytes that came behind it.
async fn read_proxy_header(stream: &mut TcpStream) -> Result<(Option<IpAddr>, Bytes), ConnectionError> {
    let mut bytes = BytesMut::with_capacity(V2_BYTES_MAX);
    loop {
        // The buffer is never full here: a header of its size would be complete or refused.
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(ProxyHeaderError::NoHeader.into());
        }
        if let ProxyHeader::Complete { length, source } = parse_proxy_header(&bytes)? {
            let read_ahead = bytes.split_off(length).freeze();
            return Ok((source.map(|source| source.ip()), read_ahead));
        }
    }
}

async fn serve_http<S>(
    stream: S,
    peer: IpAddr,
    activity: Arc<Activity>,
    site: &Arc<Site>,
    http: auto::Builder<TokioExecutor>,
) -> Result<(), ConnectionError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = {
        let (activity, site) = (Arc::clone(&activity), Arc::clone(site));
        service_fn(move |request| answer(request, peer, Arc::clone(&activity), Arc::clone(&site)))
    };
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
    let mut timer = Timer::new(Arc::clone(&activity), site.bounds());
    let mut phases = site.phases.clone();
    loop {
        // The connection goes first: the timer then sees what it has done.
        tokio::select! {
            biased;
            result = connection.as_mut() => return result.map_err(ConnectionError::Http),
            () = activity.changed() => {
                if activity.is_aborted() {
                    return Err(ConnectionError::Aborted);
                }
            }
            expired = poll_fn(|cx| timer.poll_expired(cx)) => {
                if expired == Awaited::Head || timer.is_closing() {
                    return Err(ConnectionError::TooSlow("request"));
                }
                timer.close_soon();
                connection.as_mut().graceful_shutdown();
            }
            changed = phases.changed() => {
                if changed.is_err() || *phases.borrow() == Phase::Over {
                    return Err(ConnectionError::Stopped);
                }
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

/// Answers one request. The answer goes on without the connection, should that end before.
async fn answer(
    request: Request<Incoming>,
    peer: IpAddr,
    activity: Arc<Activity>,
    site: Arc<Site>,
) -> Result<Response<Full<Bytes>>, DropConnection> {
    let multiplexed = request.version() == Version::HTTP_2;
    let bodiless = request.method() == Method::HEAD;
    let unanswered = activity.begin(multiplexed);
    let client = site.client_of(peer, &request);
    // A client that waits for `100 Continue` sends nothing that would have to be thrown away.
    let discard = !multiplexed && !request.headers().contains_key(header::EXPECT);
    let request = request.map(|body| IncomingBody::of_connection(body, discard));

    let answering = tokio::spawn(async move {
        let mut phases = site.phases.clone();
        tokio::select! {
            answer = site.answer.answer(request, client) => answer,
            _ = phases.wait_for(|phase| *phase == Phase::Over) => Err(DropConnection),
        }
    });
    let answer = answering.await.unwrap_or_else(|failure| {
        tracing::error!(%failure, "a request was not answered");
        Err(DropConnection)
    });
    drop(unanswered);
    if answer.is_err() {
        activity.abort();
    }
    // Over HTTP/2 hyper would send the body of a refusal even to HEAD, and clients take that for a broken stream.
    answer.map(|response| response.map(|body| Full::new(if bodiless { Bytes::new() } else { body })))
}

/// Ends a connection whose client keeps us waiting.
struct Timer {
    activity: Arc<Activity>,
    head_timeout: Duration,
    idle_timeout: Duration,
    waiting_for: (Awaited, usize),
    closing: bool,
    sleep: Pin<Box<Sleep>>,
}

impl Timer {
    fn new(activity: Arc<Activity>, bounds: &ConnectionBounds) -> Self {
        let (head_timeout, idle_timeout) = (bounds.head_timeout, bounds.idle_timeout);
        let sleep = Box::pin(tokio::time::sleep(head_timeout));
        Self { waiting_for: activity.awaited(), activity, head_timeout, idle_timeout, closing: false, sleep }
    }

    fn poll_expired(&mut self, cx: &mut Context<'_>) -> Poll<Awaited> {
        let waiting_for = self.activity.awaited();
        if waiting_for != self.waiting_for {
            self.waiting_for = waiting_for;
            match waiting_for.0 {
                Awaited::Head => self.reset(self.head_timeout),
                Awaited::Request if self.closing => self.reset(CLOSING_TIMEOUT),
                Awaited::Request => self.reset(self.idle_timeout),
                Awaited::Answer => {}
            }
        }
        if waiting_for.0 == Awaited::Answer {
            // The end of the answer wakes the connection.
            return Poll::Pending;
        }
        ready!(self.sleep.as_mut().poll(cx));
        Poll::Ready(waiting_for.0)
    }

    /// Leaves the connection a moment to close in order.
    fn close_soon(&mut self) {
        self.closing = true;
        self.reset(CLOSING_TIMEOUT);
    }

    fn is_closing(&self) -> bool {
        self.closing
    }

    fn reset(&mut self, timeout: Duration) {
        self.sleep.as_mut().reset(Instant::now() + timeout);
    }
}
