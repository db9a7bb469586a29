//! What the listeners for ACME clients serve: the pages for people, and the gateway for everything else.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use tollgate_gateway::{
    Gateway,
    client_address::{ClientAddress, Scheme},
    listener::{Answer, AnswerFuture},
    overall::{Excess, OverallLimits},
    request_body::IncomingBody,
};
use tollgate_limiter::Limiter;
use tollgate_policy::overall::RequestClass;
use tollgate_portal::{Portal, Visitor};

/// The largest form that the pages take.
const FORM_BYTES_MAX: usize = 32 * 1024;
/// The longest a client may take to send one.
const FORM_TIMEOUT: Duration = Duration::from_secs(10);

/// What one listener serves.
pub(super) struct Front {
    /// `None` where there are only pages.
    gateway: Option<Arc<Gateway>>,
    /// `None` where the pages have a listener of their own.
    portal: Option<Arc<Portal>>,
    overall: Arc<OverallLimits>,
    limiter: Arc<Limiter>,
}

impl Front {
    pub(super) fn new(
        gateway: Option<Arc<Gateway>>,
        portal: Option<Arc<Portal>>,
        overall: Arc<OverallLimits>,
        limiter: Arc<Limiter>,
    ) -> Self {
        Self { gateway, portal, overall, limiter }
    }

    /// A page; people share the limit of ACME resources that have none of their own.
    async fn page(
        &self,
        portal: &Portal,
        request: Request<IncomingBody>,
        client: ClientAddress,
    ) -> Response<Bytes> {
        if let Err(excess) = self.overall.check(RequestClass::Other, client.ip(), self.limiter.now()) {
            return too_many(&excess);
        }
        let (head, body) = request.into_parts();
        match body.read(FORM_BYTES_MAX, FORM_TIMEOUT).await {
            Ok(body) => {
                let visitor = Visitor { address: client.ip(), over_tls: client.scheme() == Scheme::Https };
                let answer = portal.answer(Request::from_parts(head, body), visitor).await;
                answer.unwrap_or_else(|| plain(StatusCode::NOT_FOUND, "no such page"))
            }
            Err(error) => plain(StatusCode::BAD_REQUEST, &error.to_string()),
        }
    }
}

impl Answer for Front {
    fn answer(&self, request: Request<IncomingBody>, client: ClientAddress) -> AnswerFuture<'_> {
        let path = request.uri().path();
        match (&self.portal, &self.gateway) {
            (Some(portal), _) if Portal::has(path) => {
                Box::pin(async move { Ok(self.page(portal, request, client).await) })
            }
            (_, Some(gateway)) => gateway.answer(request, client),
            (Some(_), None) if path == "/" => Box::pin(async { Ok(to_the_limits()) }),
            (_, None) => Box::pin(async { Ok(plain(StatusCode::NOT_FOUND, "no such page")) }),
        }
    }
}

fn to_the_limits() -> Response<Bytes> {
    let mut response = plain(StatusCode::FOUND, "/rate-limits/");
    response.headers_mut().insert(header::LOCATION, HeaderValue::from_static("/rate-limits/"));
    response
}

fn too_many(excess: &Excess) -> Response<Bytes> {
    let status = StatusCode::from_u16(excess.status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let mut response = plain(status, "too many requests from this address");
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(excess.retry_after_seconds));
    response
}

fn plain(status: StatusCode, text: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(format!("{text}\n")));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
