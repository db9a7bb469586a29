//! The management listener: health, metrics, limits in force; the admin API; clock and faults of the test CA.
//!
//! It listens on loopback unless told otherwise. Requests that change something must be JSON, and
//! the `Host` must be the listener's own, so that a web page in the operator's browser can neither
//! send one nor reach the listener under a name of its own.

mod tls;

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, FromRequest, Request, State, rejection::JsonRejection},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{any, get, post},
};
use http::{StatusCode, header};
use metrics_exporter_prometheus::PrometheusHandle;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tollgate_gateway::Gateway;
use tollgate_limiter::Limiter;
use tollgate_policy::duration::parse_duration;
use tollgate_service::admin::Admin;
use tollgate_test_ca::{Fault, TestCa, WaitingFault};

use crate::clock::{ClockError, MovableClock};

pub(crate) use tls::{Peer, TlsListener};

/// Why there is neither clock nor fault.
const NO_TEST_CA: &str = "this tollgate has no test CA, whose clock and faults these are";

/// The largest request body.
const BODY_BYTES_MAX: usize = 16 * 1024;

/// What the management listener tells and moves.
#[derive(Clone)]
pub struct ManagementState {
    /// For the limits in force.
    pub limiter: Arc<Limiter>,
    /// The process's metrics, where they are recorded.
    pub metrics: Option<PrometheusHandle>,
    /// The test CA and the clock it lets be moved; `None` in front of another CA.
    pub test_ca: Option<Arc<TestCa>>,
    /// The clock.
    pub clock: Arc<MovableClock>,
    /// Whose answers belong to the time before the clock is moved.
    pub gateway: Arc<Gateway>,
    /// For operators.
    pub admin: Admin,
}

/// What the clock shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockReading {
    /// The time.
    pub now: jiff::Timestamp,
    /// How far it is ahead of the machine's clock.
    pub ahead_seconds: u64,
}

/// Moves the clock forward.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advance {
    /// `7d`, `3h`, `1h30m`.
    pub by: String,
}

/// Sets the clock.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetClock {
    /// A later time.
    pub to: jiff::Timestamp,
}

/// A fault that was added.
#[derive(Debug, Serialize, Deserialize)]
pub struct Added {
    /// Its number, from 1.
    pub id: u64,
}

/// An error of the management API.
#[derive(Debug, Serialize, Deserialize)]
pub struct ManagementError {
    /// What is wrong.
    pub error: String,
}

/// The routes. Clock and faults exist only with the test CA. `plain` is the address of a listener without
/// TLS, which no other name may lead to; with TLS the certificate sees to that.
pub fn router(state: ManagementState, plain: Option<SocketAddr>) -> Router {
    let admin = state.admin.clone().router();
    let mut router = Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/metrics", get(metrics))
        .route("/limits", get(limits));
    if state.test_ca.is_some() {
        router = router
            .route("/clock", get(show_clock))
            .route("/clock/advance", post(advance_clock))
            .route("/clock/set", post(set_clock))
            .route("/faults", get(list_faults).post(add_fault).delete(clear_faults));
    } else {
        for path in ["/clock", "/clock/advance", "/clock/set", "/faults"] {
            router = router.route(path, any(|| async { failed(StatusCode::NOT_FOUND, NO_TEST_CA) }));
        }
    }
    let router = router
        .merge(admin)
        .fallback(|| async { failed(StatusCode::NOT_FOUND, "no such resource") })
        .method_not_allowed_fallback(|| async {
            failed(StatusCode::METHOD_NOT_ALLOWED, "this resource has no such method")
        })
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(state);
    match plain {
        Some(address) => router.layer(middleware::from_fn_with_state(address, own_host_only)),
        None => router,
    }
}

/// Refuses a `Host` that is not ours: a name that an attacker's DNS points at loopback.
async fn own_host_only(State(address): State<SocketAddr>, request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let host_name = host.parse::<http::uri::Authority>().map(|it| it.host().to_owned()).unwrap_or_default();
    let literal = host_name.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    let ours = match literal {
        Ok(ip) => ip == address.ip() || ip.is_loopback() || address.ip().is_unspecified(),
        Err(_) => host_name == "localhost",
    };
    if ours {
        next.run(request).await
    } else {
        failed(StatusCode::MISDIRECTED_REQUEST, "not the host of this listener")
    }
}

async fn metrics(State(state): State<ManagementState>) -> Response {
    match &state.metrics {
        Some(metrics) => {
            ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], metrics.render()).into_response()
        }
        None => failed(StatusCode::NOT_FOUND, "this process records no metrics"),
    }
}

async fn limits(State(state): State<ManagementState>) -> Response {
    Json(state.limiter.policy().limits_in_force()).into_response()
}

async fn show_clock(State(state): State<ManagementState>) -> Json<ClockReading> {
    Json(reading(&state.clock))
}

async fn advance_clock(State(state): State<ManagementState>, Body(advance): Body<Advance>) -> Response {
    state.gateway.settled().await;
    match parse_duration(&advance.by) {
        Ok(by) => moved(&state.clock, state.clock.advance(by)),
        Err(problem) => failed(StatusCode::BAD_REQUEST, format!("by: {problem}")),
    }
}

async fn set_clock(State(state): State<ManagementState>, Body(set): Body<SetClock>) -> Response {
    state.gateway.settled().await;
    moved(&state.clock, state.clock.set(set.to))
}

async fn list_faults(State(state): State<ManagementState>) -> Json<Vec<WaitingFault>> {
    Json(state.test_ca.map(|ca| ca.faults().list()).unwrap_or_default())
}

async fn add_fault(State(state): State<ManagementState>, Body(fault): Body<Fault>) -> Response {
    match state.test_ca.map(|ca| ca.faults().add(fault)) {
        Some(Ok(id)) => (StatusCode::CREATED, Json(Added { id })).into_response(),
        Some(Err(error)) => failed(StatusCode::CONFLICT, error.to_string()),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn clear_faults(State(state): State<ManagementState>) -> StatusCode {
    if let Some(ca) = state.test_ca {
        ca.faults().clear();
    }
    StatusCode::NO_CONTENT
}

/// A body in JSON; what is wrong with it is told in JSON as well.
struct Body<T>(T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let body = Json::from_request(request, state).await;
        body.map(|Json(body)| Self(body)).map_err(|rejection: JsonRejection| {
            // What a value says of itself, without the library's words around it.
            let cause = std::error::Error::source(&rejection).map(ToString::to_string);
            failed(rejection.status(), cause.unwrap_or_else(|| rejection.body_text()))
        })
    }
}

fn moved(clock: &MovableClock, result: Result<jiff::Timestamp, ClockError>) -> Response {
    match result {
        Ok(_) => Json(reading(clock)).into_response(),
        Err(error @ (ClockError::Back { .. } | ClockError::TooFar)) => {
            failed(StatusCode::BAD_REQUEST, error.to_string())
        }
        Err(error) => failed(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    }
}

fn reading(clock: &MovableClock) -> ClockReading {
    ClockReading { now: clock.moment(), ahead_seconds: clock.offset().as_secs() }
}

fn failed(status: StatusCode, error: impl Into<String>) -> Response {
    (status, Json(ManagementError { error: error.into() })).into_response()
}
