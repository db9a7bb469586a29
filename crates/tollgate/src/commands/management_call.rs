//! Calls to the management listener of a running tollgate.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::rt::TokioIo;
use serde::{Serialize, de::DeserializeOwned};
use tokio::net::TcpStream;

use super::{Failure, runtime};
use crate::{cli::ManagementAddress, management::ManagementError};

/// The longest a call may take.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);
/// The largest answer that is read.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Sends `body` as JSON and reads the answer as JSON; an empty answer reads as null.
pub(super) fn call<T: DeserializeOwned>(
    management: &ManagementAddress,
    method: Method,
    path: &str,
    body: Option<&impl Serialize>,
) -> Result<T, Failure> {
    let body = body.map(serde_json::to_vec).transpose().map_err(Failure::failed)?;
    let mut request =
        Request::builder().method(method).uri(path).header(header::HOST, management.management.to_string());
    if body.is_some() {
        request = request.header(header::CONTENT_TYPE, "application/json");
    }
    let request = request.body(Full::new(Bytes::from(body.unwrap_or_default()))).map_err(Failure::failed)?;
    let exchange = async {
        tokio::time::timeout(CALL_TIMEOUT, exchange(management, request))
            .await
            .unwrap_or_else(|_| Err(Failure::failed(format!("{}: no answer in time", management.management))))
    };
    let (status, answer) = runtime()?.block_on(exchange)?;
    if status.is_success() {
        let answer: &[u8] = if answer.is_empty() { b"null" } else { &answer };
        return serde_json::from_slice(answer).map_err(Failure::failed);
    }
    Err(Failure::failed(match serde_json::from_slice::<ManagementError>(&answer) {
        Ok(error) => error.error,
        Err(_) => format!("{status}: {}", String::from_utf8_lossy(&answer)),
    }))
}

async fn exchange(
    management: &ManagementAddress,
    request: Request<Full<Bytes>>,
) -> Result<(http::StatusCode, Bytes), Failure> {
    let address = management.management;
    let stream = TcpStream::connect(address).await.map_err(|error| {
        Failure::failed(format!(
            "no tollgate answers on {address} ({error}); is it running? see --management"
        ))
    })?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(Failure::failed)?;
    tokio::spawn(connection);
    let response = sender.send_request(request).await.map_err(Failure::failed)?;
    let status = response.status();
    let body =
        Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await.map_err(Failure::failed)?;
    Ok((status, body.to_bytes()))
}
