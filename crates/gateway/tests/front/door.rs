//! A listener to knock at.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::{ClientConfig, RootCertStore, pki_types::ServerName};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::oneshot,
    task::JoinHandle,
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tollgate_gateway::{
    client_address::{ClientAddress, Scheme},
    listener::{Answer, AnswerFuture, DropConnection, Listener, ListenerOptions, Transport},
    request_body::IncomingBody,
    tls::TlsIdentity,
};

pub(crate) type Answered = Result<Response<Bytes>, DropConnection>;

/// An async function that answers.
struct Answering<F>(F);

impl<F, Fut> Answer for Answering<F>
where
    F: Fn(Request<IncomingBody>, ClientAddress) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Answered> + Send + 'static,
{
    fn answer(&self, request: Request<IncomingBody>, client: ClientAddress) -> AnswerFuture<'_> {
        Box::pin((self.0)(request, client))
    }
}

/// Tells what was asked, by whom, and how.
pub(crate) async fn echo(request: Request<IncomingBody>, client: ClientAddress) -> Answered {
    let told = format!(
        "{} {} by {} over {} in {:?}",
        request.method(),
        request.uri().path(),
        client.ip(),
        client.scheme(),
        request.version(),
    );
    Ok(Response::new(told.into()))
}

/// A listener that is being served.
pub(crate) struct Door {
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<()>,
}

impl Door {
    pub(crate) async fn open<F, Fut>(options: ListenerOptions, answer: F) -> Self
    where
        F: Fn(Request<IncomingBody>, ClientAddress) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Answered> + Send + 'static,
    {
        let listener = Listener::bind(options).await.unwrap();
        let address = listener.local_address();
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(async move {
            let stopped = async { drop(stopped.await) };
            listener.serve(Arc::new(Answering(answer)), stopped).await;
        });
        Self { address, stop: Some(stop), served }
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// What the door sends back, to its end, for `request` as it stands.
    pub(crate) async fn ask(&self, request: impl AsRef<[u8]>) -> String {
        let mut stream = self.connect().await;
        stream.write_all(request.as_ref()).await.unwrap();
        read_to_end(&mut stream).await
    }

    /// Asks it to stop, without waiting.
    pub(crate) fn ask_to_stop(&mut self) {
        self.stop.take().expect("it is stopped once").send(()).unwrap();
    }

    pub(crate) async fn closed(self) {
        self.served.await.unwrap();
    }
}

pub(crate) fn anywhere() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

pub(crate) fn plain() -> ListenerOptions {
    ListenerOptions::new(anywhere(), Transport::Plain { public_scheme: Scheme::Http })
}

/// What arrives until the other side closes, in order or by a reset.
pub(crate) async fn read_to_end(stream: &mut (impl AsyncReadExt + Unpin)) -> String {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8(bytes).unwrap()
}

/// One answer of a connection that stays open; the answer has a Content-Length.
pub(crate) async fn read_answer(stream: &mut (impl AsyncReadExt + Unpin)) -> String {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return text.into_owned();
            }
        }
        assert!(stream.read_buf(&mut bytes).await.unwrap() > 0, "closed after {bytes:?}");
    }
}

pub(crate) const GET: &str = "GET /acme/x HTTP/1.1\r\nHost: ca.test\r\nConnection: close\r\n\r\n";
pub(crate) const GET_AND_STAY: &str = "GET /acme/x HTTP/1.1\r\nHost: ca.test\r\n\r\n";

/// A certificate for `localhost`, signed by itself.
pub(crate) struct Certificate {
    pub(crate) chain: String,
    pub(crate) key: String,
}

impl Certificate {
    pub(crate) fn new() -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        Self { chain: made.cert.pem(), key: made.signing_key.serialize_pem() }
    }

    pub(crate) fn identity(&self) -> Arc<TlsIdentity> {
        Arc::new(TlsIdentity::from_pem(self.chain.as_bytes(), self.key.as_bytes()).unwrap())
    }

    /// A client's connection over `stream` that believes this certificate only.
    pub(crate) async fn connect(
        &self,
        stream: TcpStream,
        alpn: &[&str],
    ) -> std::io::Result<TlsStream<TcpStream>> {
        use rustls::pki_types::{CertificateDer, pem::PemObject};
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.chain.as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await
    }
}

/// An HTTP/2 connection; the handle ends with it.
pub(crate) async fn http2<S>(
    stream: S,
) -> (hyper::client::conn::http2::SendRequest<Full<Bytes>>, JoinHandle<()>)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
    let (requests, connection) = handshake.await.unwrap();
    (requests, tokio::spawn(async move { drop(connection.await) }))
}

pub(crate) fn get(path: &str) -> Request<Full<Bytes>> {
    Request::get(format!("https://ca.test{path}")).body(Full::default()).unwrap()
}
