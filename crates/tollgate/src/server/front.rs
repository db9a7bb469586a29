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

/// Pages and gateway on one listener.
pub(super) struct Front {
    gateway: Gateway,
    portal: Portal,
    overall: Arc<OverallLimits>,
    limiter: Arc<Limiter>,
}

impl Front {
    pub(super) fn new(
        gateway: Gateway,
        portal: Portal,
        overall: Arc<OverallLimits>,
        limiter: Arc<Limiter>,
    ) -> Self {
        Self { gateway, portal, overall, limiter }
    }

    /// A page; people share the limit of ACME resources that have none of their own.
    async fn page(&self, request: Request<IncomingBody>, client: ClientAddress) -> Response<Bytes> {
        if let Err(excess) = self.overall.check(RequestClass::Other, client.ip(), self.limiter.now()) {
            return too_many(&excess);
        }
        let (head, body) = request.into_parts();
        match body.read(FORM_BYTES_MAX, FORM_TIMEOUT).await {
            Ok(body) => {
                let visitor = Visitor { address: client.ip(), over_tls: client.scheme() == Scheme::Https };
                let answer = self.portal.answer(Request::from_parts(head, body), visitor).await;
                answer.unwrap_or_else(|| plain(StatusCode::NOT_FOUND, "no such page"))
            }
            Err(error) => plain(StatusCode::BAD_REQUEST, &error.to_string()),
        }
    }
}

impl Answer for Front {
    fn answer(&self, request: Request<IncomingBody>, client: ClientAddress) -> AnswerFuture<'_> {
        if Portal::has(request.uri().path()) {
            return Box::pin(async move { Ok(self.page(request, client).await) });
        }
        self.gateway.answer(request, client)
    }
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
