//! What is answered instead of what was asked for (RFC 9457).

use axum::{
    Json,
    extract::rejection::{JsonRejection, QueryRejection},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use tollgate_records::RecordsError;

use crate::api::Problem;

/// What is wrong, as an answer.
pub(super) struct Refused {
    status: StatusCode,
    detail: String,
}

pub(super) type Answer<T> = Result<Json<T>, Refused>;

impl Refused {
    pub(super) fn new(status: StatusCode, detail: impl ToString) -> Self {
        Self { status, detail: detail.to_string() }
    }

    /// What was asked for makes no sense here.
    pub(super) fn unprocessable(detail: impl ToString) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
    }

    pub(super) fn not_found(detail: impl ToString) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    pub(super) fn conflict(detail: impl ToString) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let problem = Problem {
            status: self.status.as_u16(),
            title: self.status.canonical_reason().unwrap_or_default().to_owned(),
            detail: self.detail,
        };
        let mut response = (self.status, Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Bearer realm=\"tollgate\"");
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

impl From<RecordsError> for Refused {
    fn from(error: RecordsError) -> Self {
        match error {
            RecordsError::SubjectKind { .. }
            | RecordsError::TextTooLong { .. }
            | RecordsError::Tier { .. } => Self::unprocessable(error),
            error => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the admin API cannot use the records"
                );
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "the records cannot be used now; the log says why")
            }
        }
    }
}

impl From<JsonRejection> for Refused {
    fn from(rejection: JsonRejection) -> Self {
        Self::new(rejection.status(), in_its_own_words(&rejection, rejection.body_text()))
    }
}

impl From<QueryRejection> for Refused {
    fn from(rejection: QueryRejection) -> Self {
        Self::new(rejection.status(), in_its_own_words(&rejection, rejection.body_text()))
    }
}

/// What a value says of itself, without the library's words around it.
fn in_its_own_words(rejection: &dyn std::error::Error, otherwise: String) -> String {
    rejection.source().map_or(otherwise, ToString::to_string)
}
