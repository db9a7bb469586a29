//! What the operators' page has in common with these pages: the look, the headers, and who may send a form.

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode, Uri};

use crate::{
    origin,
    response::{Caching, answer},
};

/// A page about the moment, which nobody keeps; with the headers of every page.
#[must_use]
pub fn page(status: StatusCode, html: String) -> Response<Bytes> {
    answer(status, "text/html; charset=utf-8", html.into(), Caching::Never)
}

/// The stylesheet of all pages, and `more` behind it.
#[must_use]
pub fn stylesheet(more: &'static str) -> Response<Bytes> {
    let style = [include_str!("assets/portal.css"), more].concat();
    answer(StatusCode::OK, "text/css; charset=utf-8", style.into(), Caching::Hour)
}

/// Whether a browser says that the request comes from another site's page.
#[must_use]
pub fn is_foreign(headers: &HeaderMap, uri: &Uri) -> bool {
    origin::is_foreign(headers, uri)
}
