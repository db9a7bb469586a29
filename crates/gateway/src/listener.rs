//! Where clients connect: TLS, the PROXY protocol, bounds, and an answer for every request.

use std::{convert::Infallible, future::Future, io, net::SocketAddr, pin::Pin, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use ipnet::IpNet;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{mpsc, watch},
};

use crate::{
    client_address::{ClientAddress, Scheme, TrustedProxies},
    request_body::IncomingBody,
    tls::TlsIdentity,
};

mod bounds;
mod caps;
mod connection;
mod stream;

pub use bounds::ConnectionBounds;
pub use caps::{CapReached, ConnectionCaps};

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

/// How clients reach a listener.
#[derive(Clone, Debug)]
pub enum Transport {
    /// TLS ends here.
    Tls(Arc<TlsIdentity>),
    /// Plain HTTP, for a proxy before us that ends TLS.
    Plain {
        /// The scheme of the URLs that clients use, unless a trusted proxy tells another.
        public_scheme: Scheme,
    },
}

/// How a listener listens.
#[derive(Clone, Debug)]
pub struct ListenerOptions {
    /// Where; port 0 takes a free one.
    pub address: SocketAddr,
    /// TLS, or plain HTTP behind a proxy.
    pub transport: Transport,
    /// Peers whose connections start with a PROXY header, which is then required of them. From anyone
    /// else it is not read, and fails as the TLS or HTTP that it is not.
    pub proxy_protocol_from: Vec<IpNet>,
    /// Proxies whose headers tell the client's address; `None`: nobody's do.
    pub trusted_proxies: Option<TrustedProxies>,
    /// Bounds of each connection.
    pub bounds: ConnectionBounds,
    /// Bounds on all connections; may be shared with other listeners.
    pub caps: Arc<ConnectionCaps>,
}

impl ListenerOptions {
    /// A listener that trusts no proxy, with the default bounds.
    #[must_use]
    pub fn new(address: SocketAddr, transport: Transport) -> Self {
        Self {
            address,
            transport,
            proxy_protocol_from: Vec::new(),
            trusted_proxies: None,
            bounds: ConnectionBounds::default(),
            caps: Arc::default(),
        }
    }
}

/// Why a listener cannot listen.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}")]
pub struct BindError {
    /// Where it should have.
    pub address: SocketAddr,
    /// Why not.
    #[source]
    pub source: io::Error,
}

/// An open listener.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    local_address: SocketAddr,
    options: ListenerOptions,
}

impl Listener {
    /// Opens a listener; connections wait until [`Self::serve`].
    ///
    /// # Errors
    ///
    /// [`BindError`]: the address is in use, not ours, or not allowed.
    pub async fn bind(options: ListenerOptions) -> Result<Self, BindError> {
        let address = options.address;
        let bind = async {
            let socket = TcpListener::bind(address).await?;
            let local_address = socket.local_addr()?;
            Ok((socket, local_address))
        };
        match bind.await {
            Ok((socket, local_address)) => Ok(Self { socket, local_address, options }),
            Err(source) => Err(BindError { address, source }),
        }
    }

    /// Where it listens, with the real port.
    #[must_use]
    pub fn local_address(&self) -> SocketAddr {
        self.local_address
    }

    /// Answers requests until `stop` is done, then takes no more, lets those in flight end within
    /// [`ConnectionBounds::shutdown_grace`], closes what is left, and returns.
    pub async fn serve(self, answer: Arc<dyn Answer>, stop: impl Future<Output = ()> + Send) {
        let grace = self.options.bounds.shutdown_grace;
        let (phase, phases) = watch::channel(Phase::Serving);
        let (busy, mut all_done) = mpsc::channel(1);
        let site = Arc::new(connection::Site::new(self.options, answer, phases, busy));

        tokio::select! {
            () = stop => {}
            never = accept(&self.socket, &site) => match never {},
        }
        drop(self.socket);
        drop(site);
        phase.send_replace(Phase::Draining);
        // Nothing is ever sent: this ends when the last connection and the last answer are done.
        if tokio::time::timeout(grace, all_done.recv()).await.is_err() {
            tracing::warn!(?grace, "requests were still unanswered at the end of the grace period");
            phase.send_replace(Phase::Over);
            all_done.recv().await;
        }
    }
}

/// How far a shutdown is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Serving,
    /// No new request is taken.
    Draining,
    /// Whatever still runs is dropped.
    Over,
}

/// Held by everything that a shutdown waits for.
type Busy = mpsc::Sender<Infallible>;

async fn accept(socket: &TcpListener, site: &Arc<connection::Site>) -> Infallible {
    /// Out of file descriptors: connections must end before another can begin.
    const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(50);
    loop {
        match socket.accept().await {
            Ok((stream, peer)) => connect(stream, peer, site),
            Err(error) if concerns_one_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "cannot accept connections");
                tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
            }
        }
    }
}

fn connect(stream: TcpStream, peer: SocketAddr, site: &Arc<connection::Site>) {
    match site.caps().enter() {
        Ok(place) => {
            tokio::spawn(connection::serve(stream, peer.ip().to_canonical(), place, Arc::clone(site)));
        }
        Err(reached) => connection::refused(reached, peer.ip()),
    }
}

fn concerns_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
