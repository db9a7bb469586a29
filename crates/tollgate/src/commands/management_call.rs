//! Calls to the management listener of a running tollgate.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use serde::{Serialize, de::DeserializeOwned};
use tollgate_service::api::Problem;

use super::{Failure, runtime};
use crate::{cli::ManagementAddress, config::Config, data_dir::OPERATOR_TOKEN, management::ManagementError};

/// The longest a call may take.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest that a file may take.
const FILE_TIMEOUT: Duration = Duration::from_secs(300);
/// The largest answer that is read.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;
/// The largest file with a token that is read.
const TOKEN_FILE_BYTES_MAX: u64 = 4096;

const DEFAULT_ADDRESS: &str = "127.0.0.1:14001";

/// Sends `body` as JSON and reads the answer as JSON; an empty answer reads as null.
pub(super) fn call<T: DeserializeOwned>(
    management: &ManagementAddress,
    method: Method,
    path: &str,
    body: Option<&impl Serialize>,
) -> Result<T, Failure> {
    let body = body.map(serde_json::to_vec).transpose().map_err(Failure::failed)?;
    let answer = send(management, method, path, body.map(|body| ("application/json", body)), CALL_TIMEOUT)?;
    json(&answer)
}

/// Sends a file and reads the answer as JSON.
pub(super) fn send_file<T: DeserializeOwned>(
    management: &ManagementAddress,
    path: &str,
    file: Vec<u8>,
) -> Result<T, Failure> {
    json(&send(management, Method::POST, path, Some(("text/plain; charset=utf-8", file)), FILE_TIMEOUT)?)
}

/// Fetches a file.
pub(super) fn fetch_file(management: &ManagementAddress, path: &str) -> Result<Bytes, Failure> {
    send(management, Method::GET, path, None, FILE_TIMEOUT)
}

/// `path?key=value&...` of those that have a value.
pub(super) fn with_query(path: &str, pairs: &[(&str, Option<&str>)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs.iter().filter_map(|(key, value)| Some((key, (*value)?))));
    match query.finish() {
        query if query.is_empty() => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}

fn json<T: DeserializeOwned>(answer: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(if answer.is_empty() { b"null" } else { answer }).map_err(Failure::failed)
}

fn send(
    management: &ManagementAddress,
    method: Method,
    path: &str,
    body: Option<(&str, Vec<u8>)>,
    time_max: Duration,
) -> Result<Bytes, Failure> {
    let target = Target::of(management)?;
    let mut request = Request::builder().method(method).uri(format!("{}{path}", target.origin));
    if let Some(token) = &target.token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    if let Some((kind, _)) = &body {
        request = request.header(header::CONTENT_TYPE, *kind);
    }
    let body = body.map(|(_, body)| body).unwrap_or_default();
    let request = request
        .body(Full::new(Bytes::from(body)))
        .map_err(|error| Failure::could_not_start(format!("--management: {}: {error}", target.origin)))?;
    let late = || Failure::failed(format!("{}: no answer in time", target.origin));
    let (status, answer) = runtime()?.block_on(async {
        tokio::time::timeout(time_max, exchange(management, &target, request))
            .await
            .unwrap_or_else(|_| Err(late()))
    })?;
    if status.is_success() {
        return Ok(answer);
    }
    let told = serde_json::from_slice::<Problem>(&answer).map(|problem| problem.detail);
    let told = told.or_else(|_| serde_json::from_slice::<ManagementError>(&answer).map(|it| it.error));
    let told = told.unwrap_or_else(|_| format!("{status}: {}", String::from_utf8_lossy(&answer)));
    Err(Failure::failed(match (status, &target.token_missing) {
        (StatusCode::UNAUTHORIZED, Some(missing)) => format!("{told}; {missing}"),
        _ => told,
    }))
}

async fn exchange(
    management: &ManagementAddress,
    target: &Target,
    request: Request<Full<Bytes>>,
) -> Result<(StatusCode, Bytes), Failure> {
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(tls_config(management)?)
        .https_or_http()
        .enable_http1()
        .build();
    let client = Client::builder(TokioExecutor::new()).build(connector);
    let response = client.request(request).await.map_err(|error| {
        let why = last_cause(&error);
        Failure::failed(if error.is_connect() {
            format!("no tollgate answers on {} ({why}); is it running? see --management", target.shown)
        } else {
            format!("{}: {why}", target.shown)
        })
    })?;
    let status = response.status();
    let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
    Ok((status, body.map_err(Failure::failed)?.to_bytes()))
}

fn last_cause(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), last_cause)
}

/// Where to, and as whom.
struct Target {
    /// `http://127.0.0.1:14001`
    origin: String,
    /// The same as it was given.
    shown: String,
    token: Option<String>,
    /// Where a token was looked for in vain.
    token_missing: Option<String>,
}

impl Target {
    fn of(management: &ManagementAddress) -> Result<Self, Failure> {
        let config = management.config.as_deref().map(Config::load).transpose()?;
        let (default, default_scheme) = match &config {
            Some(config) => {
                let scheme = if config.management.tls_files.is_some() { "https" } else { "http" };
                (config.management.address.to_string(), scheme)
            }
            None => (DEFAULT_ADDRESS.to_owned(), "http"),
        };
        let shown = management.management.clone().unwrap_or(default);
        let origin = match shown.split_once("://") {
            Some(_) => shown.trim_end_matches('/').to_owned(),
            None => format!("{default_scheme}://{shown}"),
        };
        let data_dir = config.map_or_else(|| PathBuf::from("tollgate-data"), |config| config.data_dir);
        let (token, token_missing) = token(management, &data_dir)?;
        Ok(Self { origin, shown, token, token_missing })
    }
}

/// The token given, else that of the data directory if there is one; else where it was looked for.
fn token(
    management: &ManagementAddress,
    data_dir: &Path,
) -> Result<(Option<String>, Option<String>), Failure> {
    if let Some(token) = &management.token {
        return Ok((Some(token.0.trim().to_owned()), None));
    }
    let unreadable = |path: &Path, error: &dyn std::fmt::Display| {
        Failure::could_not_start(format!("{}: {error}", path.display()))
    };
    if let Some(path) = &management.token_file {
        return Ok((Some(read_token(path).map_err(|error| unreadable(path, &error))?), None));
    }
    if management.client_certificate.is_some() {
        return Ok((None, None));
    }
    let path = data_dir.join(OPERATOR_TOKEN);
    match read_token(&path) {
        Ok(token) => Ok((Some(token), None)),
        Err(error) => {
            let shown = std::path::absolute(&path).unwrap_or(path);
            let missing = format!("{}: {error}: see --token-file and --config", shown.display());
            Ok((None, Some(missing)))
        }
    }
}

fn read_token(path: &Path) -> std::io::Result<String> {
    if std::fs::metadata(path)?.len() > TOKEN_FILE_BYTES_MAX {
        return Err(std::io::Error::other("too large for a token"));
    }
    Ok(std::fs::read_to_string(path)?.trim().to_owned())
}

fn tls_config(management: &ManagementAddress) -> Result<ClientConfig, Failure> {
    let named = |path: &Path, error: &dyn std::fmt::Display| {
        Failure::could_not_start(format!("{}: {error}", path.display()))
    };
    let certificates = |path: &Path| -> Result<Vec<CertificateDer<'static>>, Failure> {
        CertificateDer::pem_file_iter(path).and_then(Iterator::collect).map_err(|error| named(path, &error))
    };
    let mut roots = RootCertStore::empty();
    match &management.roots {
        Some(path) => roots.add_parsable_certificates(certificates(path)?),
        None => roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs),
    };
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(Failure::failed)?
        .with_root_certificates(roots);
    match (&management.client_certificate, &management.client_key) {
        (Some(chain), Some(key_path)) => {
            let key = PrivateKeyDer::from_pem_file(key_path).map_err(|error| named(key_path, &error))?;
            config.with_client_auth_cert(certificates(chain)?, key).map_err(|error| named(chain, &error))
        }
        _ => Ok(config.with_no_client_auth()),
    }
}
