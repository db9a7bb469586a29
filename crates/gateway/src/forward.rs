//! On to the CA, as the client would have asked it.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method, Uri, header};
use tollgate_acme::resource::ResourcePath;

use crate::{
    gateway::{Asked, Gateway},
    upstream::{UpstreamError, UpstreamRequest, UpstreamResponse, clean_response},
};

/// What a request of our own takes over: from these a CA builds its URLs.
const OWN_HEADERS: [HeaderName; 6] = [
    header::HOST,
    header::ACCEPT_ENCODING,
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("x-real-ip"),
];

impl Gateway {
    /// Sends a request to the CA, with the client's own path, `Host` and body.
    pub(crate) async fn forward(&self, asked: &Asked) -> Result<UpstreamResponse, UpstreamError> {
        self.ask(asked.request.clone()).await
    }

    async fn ask(&self, request: UpstreamRequest) -> Result<UpstreamResponse, UpstreamError> {
        let method = request.method().clone();
        let answer = self.upstream.call(request).await;
        answer.map(|response| clean_response(response, &method)).inspect_err(upstream_failed)
    }

    /// Asks the CA something of our own, under the name and the address of the client of `request`. What
    /// else the client sent does not come along: the answer is not for it alone.
    pub(crate) async fn get(
        &self,
        path: &ResourcePath,
        request: &UpstreamRequest,
    ) -> Result<UpstreamResponse, UpstreamError> {
        let mut own = request.clone();
        *own.method_mut() = Method::GET;
        *own.uri_mut() =
            Uri::try_from(path.as_str()).map_err(|error| UpstreamError::Unreachable(error.into()))?;
        *own.body_mut() = Bytes::new();
        *own.headers_mut() = HeaderMap::new();
        for name in OWN_HEADERS {
            if let Some(value) = request.headers().get(&name) {
                own.headers_mut().insert(name, value.clone());
            }
        }
        self.ask(own).await
    }
}

fn upstream_failed(failure: &UpstreamError) {
    let kind = match failure {
        UpstreamError::Unreachable(_) => "unreachable",
        UpstreamError::TimedOut => "timed-out",
        UpstreamError::TooLarge { .. } => "too-large",
        UpstreamError::DropClient => "drop-client",
    };
    metrics::counter!("tollgate_gateway_upstream_failures_total", "kind" => kind).increment(1);
    tracing::warn!(error = failure as &dyn std::error::Error, "the CA gave no answer");
}
