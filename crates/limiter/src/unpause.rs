//! The signed link by which a paused account's holder lifts its pauses (HS256, RULES 6.1).

use tollgate_acme::{identifier::Identifier, resource::AccountId};
use tollgate_engine::Timestamp;

/// Signs and checks unpause links.
pub struct UnpauseLinks {}

/// What a valid link says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields say it")]
pub struct UnpauseClaim {
    pub account: AccountId,
    pub identifiers: Vec<Identifier>,
}

/// Why a link is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnpauseLinkError {
    /// It was valid once.
    #[error("the link has expired")]
    Expired,
    /// Altered, foreign or nonsense.
    #[error("the link is not one of ours")]
    Invalid,
}

impl UnpauseLinks {
    /// The claim of a token.
    ///
    /// # Errors
    ///
    /// [`UnpauseLinkError`].
    pub fn open(&self, token: &str, now: Timestamp) -> Result<UnpauseClaim, UnpauseLinkError> {
        let _ = (token, now);
        todo!()
    }
}
