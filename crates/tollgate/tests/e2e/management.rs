//! Requests to the management listener.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use serde_json::Value;

/// Sends a JSON body, or none when it is null; an answer that is not JSON is null.
pub(crate) async fn request(to: SocketAddr, method: Method, path: &str, body: &Value) -> (StatusCode, Value) {
    request_as(None, to, method, path, body).await
}

/// The same with a token.
pub(crate) async fn request_as(
    token: Option<&str>,
    to: SocketAddr,
    method: Method,
    path: &str,
    body: &Value,
) -> (StatusCode, Value) {
    let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
    let mut builder = Request::builder();
    if let Some(token) = token {
        builder = builder.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let request = builder
        .method(method)
        .uri(format!("http://{to}{path}"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Full::new(body))
        .expect("a sound request");
    let client = Client::builder(TokioExecutor::new()).build_http();
    let answer = client.request(request).await.expect("the management listener answers");

    let status = answer.status();
    let body = answer.into_body().collect().await.expect("the answer is complete").to_bytes();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

/// What a browser sends, and what it is answered.
pub(crate) async fn browse(
    to: SocketAddr,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    form: &str,
) -> (StatusCode, String) {
    let mut request = Request::builder().method(method).uri(format!("http://{to}{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(Bytes::from(form.to_owned()))).expect("a sound request");
    let client = Client::builder(TokioExecutor::new()).build_http();
    let answer = client.request(request).await.expect("the management listener answers");
    let status = answer.status();
    let body = answer.into_body().collect().await.expect("the answer is complete").to_bytes();
    (status, String::from_utf8_lossy(&body).into_owned())
}
