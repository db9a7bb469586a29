//! A CA reached over HTTP/1.1, with or without TLS.
//!
//! Only HTTP/1.1: the Host that the client used must reach the CA while the connection goes elsewhere,
//! which HTTP/2 has no room for. Nothing is sent twice that could act twice: only HEAD and GET are.

use std::{future::Future, pin::Pin, time::Duration};

use ::http::{
    Method, Response, StatusCode, Uri,
    uri::{Authority, Scheme},
};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use hyper_rustls::HttpsConnector;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use tokio::{sync::Semaphore, time::Instant};

use super::{Upstream, UpstreamError, UpstreamRequest, UpstreamResponse, clean_response};
use crate::tls::{CaTrust, TlsError};

/// Bounds on the requests to a CA.
#[derive(Clone, Copy, Debug)]
pub struct HttpUpstreamOptions {
    /// How long a TCP connection may take to open.
    pub connect_timeout: Duration,
    /// How long a request may take, from asking to the last byte of the answer, with all waiting.
    pub response_timeout: Duration,
    /// Most bytes of an answer's body.
    pub answer_bytes_max: usize,
    /// Most requests, and so connections, at once; more wait within their timeout.
    pub requests_max: usize,
    /// Most connections kept open for later requests.
    pub idle_connections_max: usize,
    /// How long such a connection is kept. Below what a CA's server keeps it for, so that it is not
    /// closed under a request.
    pub idle_timeout: Duration,
}

impl Default for HttpUpstreamOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            response_timeout: Duration::from_secs(60),
            answer_bytes_max: 1024 * 1024,
            requests_max: 256,
            idle_connections_max: 32,
            // Application servers commonly close after 5 s, some after 2 s.
            idle_timeout: Duration::from_millis(1500),
        }
    }
}

/// Why a CA cannot be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpUpstreamError {
    /// Its directory is no URL with `http` or `https` and a host.
    #[error("the directory URL {directory} has no http or https origin")]
    NoOrigin {
        /// As given.
        directory: Uri,
    },
    /// The certificates for it cannot be used.
    #[error("the TLS settings for the CA cannot be used")]
    Tls(#[source] TlsError),
}

/// A CA behind HTTP.
#[derive(Debug)]
pub struct HttpUpstream {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    scheme: Scheme,
    authority: Authority,
    options: HttpUpstreamOptions,
    places: Semaphore,
}

impl HttpUpstream {
    /// The CA at the origin of `directory`, believed when `trust` says so.
    ///
    /// # Errors
    ///
    /// [`HttpUpstreamError`]: the URL or the certificates are unusable. The CA itself is not asked yet.
    pub fn new(
        directory: &Uri,
        trust: CaTrust,
        options: HttpUpstreamOptions,
    ) -> Result<Self, HttpUpstreamError> {
        let (scheme, authority) = origin(directory)?;
        let tls = trust.into_config().map_err(HttpUpstreamError::Tls)?;
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(options.connect_timeout));
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(options.idle_timeout)
            .pool_max_idle_per_host(options.idle_connections_max)
            // A request that may have reached the CA is the client's to send again.
            .retry_canceled_requests(false)
            .build(connector);
        let places = Semaphore::new(options.requests_max);
        Ok(Self { client, scheme, authority, options, places })
    }

    async fn forward(&self, mut request: UpstreamRequest) -> Result<UpstreamResponse, UpstreamError> {
        *request.uri_mut() = self.absolute(request.uri())?;
        let method = request.method().clone();
        let response = match self.once(request.clone()).await {
            // A kept connection may have been closed just then. Asking again changes nothing at the CA.
            Err(UpstreamError::Unreachable(_)) if [Method::GET, Method::HEAD].contains(&method) => {
                self.once(request).await?
            }
            outcome => outcome?,
        };
        Ok(clean_response(response, &method))
    }

    async fn once(&self, request: UpstreamRequest) -> Result<UpstreamResponse, UpstreamError> {
        let response = self.client.request(request.map(Full::new)).await.map_err(unreachable)?;
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            return Err(unreachable("the CA switches to a protocol that nobody asked for"));
        }
        self.read(response).await
    }

    async fn read(&self, response: Response<Incoming>) -> Result<UpstreamResponse, UpstreamError> {
        let max = self.options.answer_bytes_max;
        let (head, body) = response.into_parts();
        if body.size_hint().lower() > max as u64 {
            return Err(UpstreamError::TooLarge { max });
        }
        match Limited::new(body, max).collect().await {
            Ok(body) => Ok(Response::from_parts(head, body.to_bytes())),
            Err(error) if error.is::<LengthLimitError>() => Err(UpstreamError::TooLarge { max }),
            Err(error) => Err(UpstreamError::Unreachable(error)),
        }
    }

    fn absolute(&self, target: &Uri) -> Result<Uri, UpstreamError> {
        let path = target.path_and_query().map_or("/", |path| path.as_str());
        Uri::builder()
            .scheme(self.scheme.clone())
            .authority(self.authority.clone())
            .path_and_query(path)
            .build()
            .map_err(unreachable)
    }
}

impl Upstream for HttpUpstream {
    fn call(
        &self,
        request: UpstreamRequest,
    ) -> Pin<Box<dyn Future<Output = Result<UpstreamResponse, UpstreamError>> + Send + '_>> {
        Box::pin(async move {
            let answered = tokio::time::timeout(self.options.response_timeout, async {
                let _place = self.places.acquire().await.map_err(unreachable)?;
                self.forward(request).await
            });
            let start = Instant::now();
            let outcome = answered.await.unwrap_or(Err(UpstreamError::TimedOut));
            let label = outcome.as_ref().map_or_else(UpstreamError::label, |_| "answered");
            metrics::histogram!("tollgate_upstream_seconds", "outcome" => label).record(start.elapsed());
            outcome
        })
    }
}

fn unreachable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> UpstreamError {
    UpstreamError::Unreachable(error.into())
}

fn origin(directory: &Uri) -> Result<(Scheme, Authority), HttpUpstreamError> {
    match (directory.scheme(), directory.authority()) {
        (Some(scheme), Some(authority))
            if [Scheme::HTTP, Scheme::HTTPS].contains(scheme) && !authority.as_str().contains('@') =>
        {
            Ok((scheme.clone(), authority.clone()))
        }
        _ => Err(HttpUpstreamError::NoOrigin { directory: directory.clone() }),
    }
}
