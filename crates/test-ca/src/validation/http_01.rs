//! http-01 (RFC 8555, 8.3): the key authorization at a well-known URL.

use bytes::{Bytes, BytesMut};
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    task::JoinSet,
};
use tollgate_acme::identifier::Identifier;
use url::Url;

use super::{Failure, Proof, network::Network, tls_alpn_01};

const REDIRECTS_MAX: usize = 10;

/// The most of a body that is read, in bytes; a key authorization has under 100.
const BODY_BYTES_MAX: usize = 16 * 1024;

pub(super) async fn validate(network: &Network, proof: &Proof) -> Result<(), Failure> {
    let mut url = first_url(&proof.identifier, &proof.token, network.http_port())?;
    for _ in 0..=REDIRECTS_MAX {
        // The connection lives as long as its answer is read, however the validation ends.
        let mut connection = JoinSet::new();
        let response = fetch(network, &url, &mut connection).await?;
        let Some(location) = redirect(&response) else { return check(&url, response, proof).await };
        url = follow(&url, &location)?;
    }
    Err(Failure::connection(format!("more than {REDIRECTS_MAX} redirects, the last to {url}")))
}

fn first_url(identifier: &Identifier, token: &str, port: u16) -> Result<Url, Failure> {
    let host = match identifier {
        Identifier::Ip(std::net::IpAddr::V6(address)) => format!("[{address}]"),
        other => other.to_string(),
    };
    let url = format!("http://{host}:{port}/.well-known/acme-challenge/{token}");
    Url::parse(&url).map_err(|error| Failure::connection(format!("{host} makes no URL: {error}")))
}

fn redirect(response: &Response<Incoming>) -> Option<String> {
    let followed = [
        StatusCode::MOVED_PERMANENTLY,
        StatusCode::FOUND,
        StatusCode::SEE_OTHER,
        StatusCode::TEMPORARY_REDIRECT,
        StatusCode::PERMANENT_REDIRECT,
    ];
    if !followed.contains(&response.status()) {
        return None;
    }
    response.headers().get(header::LOCATION)?.to_str().ok().map(str::to_owned)
}

/// Where a redirect leads to: http or https, by their usual ports or those of this CA.
fn follow(from: &Url, location: &str) -> Result<Url, Failure> {
    let refused = |why: &str| Failure::connection(format!("{from} redirects to {why}"));
    let to = from.join(location).map_err(|_| refused("something that is no URL"))?;
    if !["http", "https"].contains(&to.scheme()) || !to.has_host() {
        return Err(refused("a URL that is neither http nor https"));
    }
    Ok(to)
}

async fn fetch(
    network: &Network,
    url: &Url,
    connection: &mut JoinSet<hyper::Result<()>>,
) -> Result<Response<Incoming>, Failure> {
    let host = url.host_str().unwrap_or_default();
    let tls = url.scheme() == "https";
    let (usual, ours) = if tls { (443, network.tls_port()) } else { (80, network.http_port()) };
    let port = url.port().unwrap_or(usual);
    if ![usual, ours].contains(&port) {
        let detail = format!("{url} has a port that is not used for validation");
        return Err(Failure::connection(detail));
    }
    let stream = network.connect(host, ours).await?;
    if tls {
        send(tls_alpn_01::unverified_tls(stream, host).await?, url, connection).await
    } else {
        send(stream, url, connection).await
    }
}

async fn send(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    url: &Url,
    connection: &mut JoinSet<hyper::Result<()>>,
) -> Result<Response<Incoming>, Failure> {
    let failed = |error: hyper::Error| Failure::connection(format!("no answer from {url}: {error}"));
    let handshake = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, work) = handshake.map_err(failed)?;
    connection.spawn(work);
    let host = match url.port() {
        Some(port) => format!("{}:{port}", url.host_str().unwrap_or_default()),
        None => url.host_str().unwrap_or_default().to_owned(),
    };
    let target = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let request = Request::get(target)
        .header(header::HOST, host)
        .header(header::USER_AGENT, "tollgate-test-ca")
        .header(header::ACCEPT, "*/*")
        .header(header::CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .map_err(|error| Failure::connection(format!("{url} cannot be asked: {error}")))?;
    sender.send_request(request).await.map_err(failed)
}

async fn check(url: &Url, response: Response<Incoming>, proof: &Proof) -> Result<(), Failure> {
    let status = response.status();
    if status != StatusCode::OK {
        return Err(Failure::unauthorized(format!("{url} answered {status}")));
    }
    let body = read(url, response.into_body()).await?;
    if body.trim_ascii_end() == proof.key_authorization.as_bytes() {
        return Ok(());
    }
    let detail = format!("{url} answered {} bytes that are not the key authorization", body.len());
    Err(Failure::unauthorized(detail))
}

async fn read(url: &Url, mut body: Incoming) -> Result<Bytes, Failure> {
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Failure::connection(format!("{url} broke off: {error}")))?;
        if let Some(data) = frame.data_ref() {
            bytes.extend_from_slice(data);
        }
        if BODY_BYTES_MAX < bytes.len() {
            return Err(Failure::unauthorized(format!("{url} answered more than {BODY_BYTES_MAX} bytes")));
        }
    }
    Ok(bytes.freeze())
}
