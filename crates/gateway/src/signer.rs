//! Who signed a request, and how far that is to be believed.
//!
//! A `kid` is a claim. It becomes an account only when the signature fits the key known for it, or when
//! the CA, which knows every key, has accepted the request.

use tollgate_acme::{
    jwk::Jwk,
    jws::{Jws, KeyReference},
    resource::{AccountId, ResourcePath},
};
use tollgate_records::{Records, RecordsError};

use crate::{second_look::looked_up, spelling};

/// The signer of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signer {
    /// The signature fits the key known for this account.
    Account(AccountId),
    /// Claims to be this account, whose key is not known: accounts may be older than the gateway.
    Stranger(AccountId),
    /// Claims to be this account, but the signature does not fit its key as it is known.
    Unfit(AccountId),
    /// Claims to be this account, in a request that was signed for another URL.
    Misdirected(AccountId),
    /// Holds this key: it is in the request, which is signed with it for the URL it was sent to.
    Key(Jwk),
    /// Nobody that can be named.
    Nobody,
}

impl Signer {
    /// Finds out who signed `jws`, which was sent to `path`.
    ///
    /// # Errors
    ///
    /// [`RecordsError`]: whether the account is known could not be read.
    pub(crate) async fn of(jws: &Jws, path: &ResourcePath, records: &Records) -> Result<Self, RecordsError> {
        let directed =
            jws.protected().url.as_deref().and_then(ResourcePath::of).is_some_and(|url| url == *path);
        match &jws.protected().key {
            KeyReference::Jwk(key) if directed && jws.verify(key).is_ok() => Ok(Self::Key(key.clone())),
            KeyReference::Jwk(_) => Ok(Self::Nobody),
            KeyReference::Kid(kid) => Self::of_kid(kid, directed, jws, records).await,
        }
    }

    async fn of_kid(kid: &str, directed: bool, jws: &Jws, records: &Records) -> Result<Self, RecordsError> {
        let Some(claimed) = AccountId::of(kid) else { return Ok(Self::Nobody) };
        let found = looked_up(records.are_shared(), || find(&claimed, records)).await?;
        let (claimed, known) = match found {
            Some(account) => (account.id.clone(), Some(account)),
            None => (AccountId(spelling::plain(&claimed.0)), None),
        };
        let fits = known.and_then(|account| account.key).map(|key| jws.verify(&key).is_ok());
        Ok(match (fits, directed) {
            (Some(false), _) => Self::Unfit(claimed),
            (_, false) => Self::Misdirected(claimed),
            (Some(true), true) => Self::Account(claimed),
            (None, true) => Self::Stranger(claimed),
        })
    }

    /// The account, when the signature proves it.
    #[must_use]
    pub fn verified(&self) -> Option<&AccountId> {
        match self {
            Self::Account(account) => Some(account),
            Self::Stranger(_) | Self::Unfit(_) | Self::Misdirected(_) | Self::Key(_) | Self::Nobody => None,
        }
    }

    /// The account as claimed, true once the CA has accepted the request.
    #[must_use]
    pub fn claimed(&self) -> Option<&AccountId> {
        match self {
            Self::Account(account)
            | Self::Stranger(account)
            | Self::Unfit(account)
            | Self::Misdirected(account) => Some(account),
            Self::Key(_) | Self::Nobody => None,
        }
    }
}

/// The account of a `kid`, however it is spelled.
async fn find(
    claimed: &AccountId,
    records: &Records,
) -> Result<Option<tollgate_records::Account>, RecordsError> {
    for path in spelling::variants(&claimed.0) {
        if let Some(account) = records.account(&AccountId(path)).await? {
            return Ok(Some(account));
        }
    }
    Ok(None)
}
