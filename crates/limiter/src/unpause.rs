//! The signed link by which a paused account's holder lifts its pauses (RULES 6.1).

use std::{collections::HashSet, time::Duration};

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, errors::ErrorKind};
use serde::{Deserialize, Serialize};
use tollgate_acme::{identifier::Identifier, resource::AccountId};
use tollgate_engine::Timestamp;

/// What distinguishes these tokens from any other that the same key might sign.
const AUDIENCE: &str = "tollgate-unpause";

/// The longest token that is looked at: 15 names of 253 characters and an account URL of 2,048.
pub const TOKEN_BYTES_MAX: usize = 16 * 1024;

/// Signs and opens unpause links (HS256).
pub struct UnpauseLinks {
    /// The page, without a query: `https://acme.example/rate-limits/unpause`.
    page: String,
    valid_for: Duration,
    signing: EncodingKey,
    checking: DecodingKey,
}

/// What a valid link says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnpauseClaim {
    /// Whose pauses are lifted.
    pub account: AccountId,
    /// The identifiers of the refused order, for the page to show; all of the account's are lifted.
    pub identifiers: Vec<Identifier>,
}

/// Why a link is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnpauseLinkError {
    /// It was valid once.
    #[error("the link has expired")]
    Expired,
    /// Altered, made elsewhere, or no token at all.
    #[error("the link is not one of ours")]
    Invalid,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    aud: String,
    /// The account's path.
    sub: String,
    /// Canonical identifiers, each with its type.
    ids: Vec<(String, String)>,
    /// Seconds since the Unix epoch.
    iat: u64,
    exp: u64,
}

impl UnpauseLinks {
    /// Links to `page`, signed with `key` and valid for `valid_for`.
    #[must_use]
    pub fn new(page: String, key: &[u8; 32], valid_for: Duration) -> Self {
        Self {
            page,
            valid_for,
            signing: EncodingKey::from_secret(key),
            checking: DecodingKey::from_secret(key),
        }
    }

    /// The link for an account whose `identifiers` are paused.
    #[must_use]
    pub fn link(&self, account: &AccountId, identifiers: &[Identifier], now: Timestamp) -> String {
        let now = now.as_nanos() / 1_000_000_000;
        let claims = Claims {
            aud: AUDIENCE.to_owned(),
            sub: account.as_str().to_owned(),
            ids: identifiers.iter().map(|one| (one.kind().to_owned(), one.to_string())).collect(),
            iat: now,
            exp: now.saturating_add(self.valid_for.as_secs()),
        };
        let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.signing)
            .expect("plain strings and numbers always serialise, and HMAC takes any key");
        format!("{}?token={token}", self.page)
    }

    /// The claim of a token.
    ///
    /// # Errors
    ///
    /// [`UnpauseLinkError`]. Signatures are compared in constant time.
    pub fn open(&self, token: &str, now: Timestamp) -> Result<UnpauseClaim, UnpauseLinkError> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(UnpauseLinkError::Invalid);
        }
        let claims = jsonwebtoken::decode::<Claims>(token, &self.checking, &validation())
            .map_err(|error| match error.kind() {
                ErrorKind::ExpiredSignature => UnpauseLinkError::Expired,
                _ => UnpauseLinkError::Invalid,
            })?
            .claims;
        if claims.exp <= now.as_nanos() / 1_000_000_000 {
            return Err(UnpauseLinkError::Expired);
        }
        let account = AccountId::of(&claims.sub).ok_or(UnpauseLinkError::Invalid)?;
        let identifiers =
            claims.ids.iter().map(|(kind, value)| Identifier::parse(kind, value)).collect::<Result<_, _>>();
        Ok(UnpauseClaim { account, identifiers: identifiers.map_err(|_| UnpauseLinkError::Invalid)? })
    }
}

/// HS256 only, and expiry left to us: the library would ask the machine's clock, not ours.
fn validation() -> Validation {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.validate_exp = false;
    validation.required_spec_claims = HashSet::from(["exp", "aud", "sub"].map(str::to_owned));
    validation.set_audience(&[AUDIENCE]);
    validation
}
