//! Why the server could not be asked.

use std::time::Duration;

/// Nothing of what the server or the client library says in detail: it may quote a key, an address or a password.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("the Redis server did not answer within {deadline:?}")]
    DeadlinePassed { deadline: Duration },
    #[error("the Redis server refused: {code}")]
    Refused { code: String },
    #[error("the Redis server cannot be reached: {category}")]
    Unreachable { category: String },
    #[error("the Redis server answered something that is not a bucket's state")]
    Malformed,
}

impl From<redis::RedisError> for Failure {
    fn from(error: redis::RedisError) -> Self {
        match error.code() {
            Some(code) => Self::Refused { code: code.to_owned() },
            None if error.is_io_error() || error.is_unrecoverable_error() => {
                Self::Unreachable { category: error.category().to_owned() }
            }
            None => Self::Refused { code: error.category().to_owned() },
        }
    }
}

impl From<Failure> for tollgate_store::StoreError {
    fn from(failure: Failure) -> Self {
        Self::Unavailable { source: Box::new(failure) }
    }
}
