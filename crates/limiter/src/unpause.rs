//! The signed link by which a paused account's holder lifts its pauses (RULES 6.1).

use std::{collections::HashSet, time::Duration};

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, errors::ErrorKind};
use serde::{Deserialize, Serialize};
use tollgate_acme::{identifier::Identifier, resource::AccountId};
use tollgate_engine::Timestamp;

/// What distinguishes these tokens from any other that the same key might sign.
const AUDIENCE: &str = "tollgate-unpause";

/// The same for tokens that let an account's state be seen, and nothing be changed.
const STATUS_AUDIENCE: &str = "tollgate-status";

/// What a key signs to name itself; nobody learns the key from it.
const KEY_NAME: &[u8] = b"the name of a tollgate link key";

/// Characters of that signature which are the name.
const KEY_NAME_BYTES: usize = 16;

/// The longest token that is looked at: 15 names of 253 characters and an account's path of 1,024.
pub const TOKEN_BYTES_MAX: usize = 16 * 1024;

/// Signs and opens unpause links (HS256).
///
/// Two keys may be valid at once: links are made with one and opened with either, so that a key can be
/// replaced while links made with it are still on their way.
pub struct UnpauseLinks {
    /// The page, without a query: `https://acme.example/rate-limits/unpause`.
    page: String,
    valid_for: Duration,
    current: LinkKey,
    previous: Option<LinkKey>,
}

struct LinkKey {
    /// Stands in the header (`kid`), so that a key nobody here has is told from an altered token.
    name: String,
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
    /// When the link was made, in whole milliseconds.
    pub made: Timestamp,
}

/// Why a link is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnpauseLinkError {
    /// It was valid once.
    #[error("the link has expired")]
    Expired,
    /// A key made it that is not one of ours, or it is for another installation.
    #[error("the link was made by another certificate authority, or with a key that was replaced")]
    Foreign,
    /// Altered, or no token at all.
    #[error("the link is not one of ours")]
    Invalid,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    /// The page, so that installations which were given the same key do not take each other's links.
    iss: String,
    aud: String,
    /// The account's path.
    sub: String,
    /// Canonical identifiers, each with its type.
    ids: Vec<(String, String)>,
    /// Seconds since the Unix epoch.
    iat: u64,
    exp: u64,
    /// As `iat`, in milliseconds: what is lifted within the same second must not count as before it.
    made: u64,
}

impl LinkKey {
    fn new(key: &[u8; 32]) -> Self {
        let signing = EncodingKey::from_secret(key);
        let mut name = jsonwebtoken::crypto::sign(KEY_NAME, &signing, Algorithm::HS256)
            .expect("HMAC takes any key and any message");
        name.truncate(KEY_NAME_BYTES);
        Self { name, signing, checking: DecodingKey::from_secret(key) }
    }
}

impl UnpauseLinks {
    /// Links to `page`, signed with `key` and valid for `valid_for`.
    #[must_use]
    pub fn new(page: String, key: &[u8; 32], valid_for: Duration) -> Self {
        Self { page, valid_for, current: LinkKey::new(key), previous: None }
    }

    /// The same, which also open links that were made with another key.
    #[must_use]
    pub fn and_opened_by(self, previous: &[u8; 32]) -> Self {
        Self { previous: Some(LinkKey::new(previous)), ..self }
    }

    /// The link for an account whose `identifiers` are paused.
    #[must_use]
    pub fn link(&self, account: &AccountId, identifiers: &[Identifier], now: Timestamp) -> String {
        format!("{}?token={}", self.page, self.token(AUDIENCE, account, identifiers, now))
    }

    /// A token by which [`Self::open_status`] tells the account; it lifts no pauses.
    #[must_use]
    pub fn status_token(&self, account: &AccountId, now: Timestamp) -> String {
        self.token(STATUS_AUDIENCE, account, &[], now)
    }

    /// The link to what is left for an account, for an operator to follow or to hand out; it lifts no pauses.
    #[must_use]
    pub fn status_link(&self, account: &AccountId, now: Timestamp) -> String {
        let beside = self.page.rsplit_once('/').map_or("", |(beside, _)| beside);
        format!("{beside}/status?token={}", self.status_token(account, now))
    }

    /// The claim of an unpause link's token.
    ///
    /// # Errors
    ///
    /// [`UnpauseLinkError`]. Signatures are compared in constant time.
    pub fn open(&self, token: &str, now: Timestamp) -> Result<UnpauseClaim, UnpauseLinkError> {
        self.opened(token, &[AUDIENCE], now)
    }

    /// Whose state may be seen by a token: one of [`Self::status_token`], or of an unpause link.
    ///
    /// # Errors
    ///
    /// As [`Self::open`].
    pub fn open_status(&self, token: &str, now: Timestamp) -> Result<UnpauseClaim, UnpauseLinkError> {
        self.opened(token, &[STATUS_AUDIENCE, AUDIENCE], now)
    }

    fn token(&self, audience: &str, account: &AccountId, ids: &[Identifier], now: Timestamp) -> String {
        let (seconds, milliseconds) = (now.as_nanos() / 1_000_000_000, now.as_nanos() / 1_000_000);
        let claims = Claims {
            iss: self.page.clone(),
            aud: audience.to_owned(),
            sub: account.as_str().to_owned(),
            ids: ids.iter().map(|one| (one.kind().to_owned(), one.to_string())).collect(),
            iat: seconds,
            exp: seconds.saturating_add(self.valid_for.as_secs()),
            made: milliseconds,
        };
        let header = Header { kid: Some(self.current.name.clone()), ..Header::new(Algorithm::HS256) };
        jsonwebtoken::encode(&header, &claims, &self.current.signing)
            .expect("plain strings and numbers always serialise, and HMAC takes any key")
    }

    fn opened(
        &self,
        token: &str,
        audiences: &[&str],
        now: Timestamp,
    ) -> Result<UnpauseClaim, UnpauseLinkError> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(UnpauseLinkError::Invalid);
        }
        let claims =
            jsonwebtoken::decode::<Claims>(token, &self.key(token)?.checking, &validation(audiences))
                .map_err(|error| match error.kind() {
                    ErrorKind::ExpiredSignature => UnpauseLinkError::Expired,
                    _ => UnpauseLinkError::Invalid,
                })?
                .claims;
        if claims.iss != self.page {
            return Err(UnpauseLinkError::Foreign);
        }
        if claims.exp <= now.as_nanos() / 1_000_000_000 {
            return Err(UnpauseLinkError::Expired);
        }
        let account = AccountId::of(&claims.sub).ok_or(UnpauseLinkError::Invalid)?;
        let identifiers =
            claims.ids.iter().map(|(kind, value)| Identifier::parse(kind, value)).collect::<Result<_, _>>();
        Ok(UnpauseClaim {
            account,
            identifiers: identifiers.map_err(|_| UnpauseLinkError::Invalid)?,
            made: Timestamp::from_nanos(claims.made.saturating_mul(1_000_000)),
        })
    }

    /// The key that a token says it was made with.
    fn key(&self, token: &str) -> Result<&LinkKey, UnpauseLinkError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| UnpauseLinkError::Invalid)?;
        let name = header.kid.ok_or(UnpauseLinkError::Invalid)?;
        let mut ours = [Some(&self.current), self.previous.as_ref()].into_iter().flatten();
        ours.find(|key| key.name == name).ok_or(UnpauseLinkError::Foreign)
    }
}

/// HS256 only, and expiry left to us: the library would ask the machine's clock, not ours.
fn validation(audiences: &[&str]) -> Validation {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.validate_exp = false;
    validation.required_spec_claims = HashSet::from(["exp", "iss", "aud", "sub"].map(str::to_owned));
    validation.set_audience(audiences);
    validation
}
