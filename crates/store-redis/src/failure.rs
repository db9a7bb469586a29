//! Why a server could not be asked, or did not do what it was asked.

use std::time::Duration;

use redis::{ErrorKind, RedisError, ServerErrorKind};

use crate::address::Address;

/// Nothing of what the server or the client library says in detail: it may quote a key, an address or a password.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("the Redis server did not answer within {within:?}")]
    DeadlinePassed { within: Duration },
    #[error("the Redis server refused: {code}")]
    Refused { code: String },
    #[error("the Redis server cannot be reached: {category}")]
    Unreachable { category: String },
    #[error("the connection to the Redis server broke: {category}")]
    Broken { category: String },
    #[error("the Redis server failed lately, and is not asked again yet")]
    NotAsked,
    #[error("the Redis server answered something that is not a bucket's state")]
    Malformed,
    /// The bucket is at another node of the cluster, for good or (`only_now`) while its slot migrates.
    #[error("the bucket is at another node of the Redis cluster")]
    Elsewhere { at: Address, only_now: bool },
    /// Some bucket of a call for several is at another node.
    #[error("a bucket is at another node of the Redis cluster")]
    SomeElsewhere,
    #[error("no node of the Redis cluster tells who has the bucket")]
    NoOwner,
}

impl Failure {
    /// Of a call for which there was no connection.
    pub(crate) fn before_sending(error: &RedisError) -> Self {
        match Self::refusal(error) {
            Some(refused) => refused,
            None => Self::Unreachable { category: error.category().to_owned() },
        }
    }

    /// Of a call that was sent, or may have been.
    pub(crate) fn after_sending(error: &RedisError, asked: &Address) -> Self {
        match Self::redirection(error, asked).or_else(|| Self::refusal(error)) {
            Some(failure) => failure,
            None => Self::Broken { category: error.category().to_owned() },
        }
    }

    fn redirection(error: &RedisError, asked: &Address) -> Option<Self> {
        if let Some((at, _slot)) = error.redirect_node() {
            let only_now = error.kind() == ErrorKind::Server(ServerErrorKind::Ask);
            return Some(match Address::parse(at, asked) {
                Some(at) => Self::Elsewhere { at, only_now },
                None => Self::Malformed,
            });
        }
        // What a script is told; it has read and not written yet.
        let told = error.detail()?;
        if told.contains("non local key") {
            return Some(Self::SomeElsewhere);
        }
        told.contains("cluster is down").then(|| Self::Refused { code: "CLUSTERDOWN".to_owned() })
    }

    /// An answer that says that nothing was done.
    fn refusal(error: &RedisError) -> Option<Self> {
        match error.code() {
            Some(code) => Some(Self::Refused { code: code.to_owned() }),
            None if error.is_io_error() || error.is_unrecoverable_error() => None,
            None => Some(Self::Refused { code: error.category().to_owned() }),
        }
    }

    /// Whether the node itself did not answer.
    pub(crate) fn is_silence(&self) -> bool {
        matches!(self, Self::DeadlinePassed { .. } | Self::Unreachable { .. } | Self::Broken { .. })
    }

    /// For the metrics.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::DeadlinePassed { .. } => "deadline",
            Self::Refused { .. } => "refused",
            Self::Unreachable { .. } => "unreachable",
            Self::Broken { .. } => "broken",
            Self::NotAsked => "not-asked",
            Self::Malformed => "malformed",
            Self::Elsewhere { .. } | Self::SomeElsewhere | Self::NoOwner => "elsewhere",
        }
    }
}

impl From<Failure> for tollgate_store::StoreError {
    fn from(failure: Failure) -> Self {
        Self::Unavailable { source: Box::new(failure) }
    }
}
