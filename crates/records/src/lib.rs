//! What is not a bucket: the accounts, orders, authorizations and certificates a gateway has seen,
//! and the pauses. SQLite; every write is batched with others into one commit.

use std::path::Path;

use jiff::Timestamp;
use tollgate_acme::{
    authorization::AuthorizationStatus,
    certificate::CertificateId,
    identifier::{Identifier, IdentifierSet, SetId},
    jwk::{Jwk, Thumbprint},
    order::OrderStatus,
    resource::{AccountId, ResourcePath},
};

/// Why records could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordsError {
    /// The database refused.
    #[error("the records database failed")]
    Database(#[from] sqlx::Error),
    /// What was read makes no sense.
    #[error("the records hold something unreadable in {table}")]
    Corrupt {
        /// Where.
        table: &'static str,
    },
}

type Result<T> = std::result::Result<T, RecordsError>;

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields say it")]
pub struct Account {
    pub id: AccountId,
    /// `None`: not known, or no longer certain.
    pub key: Option<Jwk>,
    pub deactivated: bool,
}

/// Which resource a path of the CA is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants say it")]
pub enum Resource {
    Account(AccountId),
    Order(ResourcePath),
    /// The order to finalize.
    Finalize(ResourcePath),
    /// The order whose certificate this is.
    Certificate(ResourcePath),
    Authorization(ResourcePath),
    /// The authorization the challenge belongs to.
    Challenge(ResourcePath),
}

/// What issuance of an order was charged, if anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants say it")]
pub enum Issuance {
    NotCounted,
    Counted,
    Undone,
}

/// How an order was admitted: what its issuance will be spared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants say it")]
pub enum Admitted {
    Limited,
    RenewalBySet,
    Ari,
}

/// An order as first seen, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields say it")]
pub struct Order {
    pub id: ResourcePath,
    pub account: AccountId,
    pub identifiers: IdentifierSet,
    pub admitted: Admitted,
    pub replaces: Option<CertificateId>,
    pub status: OrderStatus,
    pub issuance: Issuance,
    pub created: Timestamp,
}

/// An authorization.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields say it")]
pub struct Authorization {
    pub id: ResourcePath,
    pub account: AccountId,
    pub identifier: Option<Identifier>,
    pub status: AuthorizationStatus,
    /// The client asked the CA to validate one of its challenges.
    pub attempted: bool,
    /// Its failure or success has been counted.
    pub counted: bool,
}

/// A certificate seen issued.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields say it")]
pub struct Certificate {
    pub id: CertificateId,
    pub account: AccountId,
    pub order: Option<ResourcePath>,
    pub identifiers: IdentifierSet,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
    pub revoked: bool,
    /// The order that replaces it, unless that order became `invalid`.
    pub replaced_by: Option<ResourcePath>,
}

/// A paused pair.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields say it")]
pub struct Pause {
    pub account: AccountId,
    pub identifier: Identifier,
    pub since: Timestamp,
}

/// How many pauses were lifted, and how many remain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields say it")]
pub struct Lifted {
    pub lifted: u64,
    pub remaining: u64,
}

/// The records of one installation. Cheap to clone.
#[derive(Clone)]
pub struct Records {}

impl Records {
    /// Opens or creates the database file and brings it to the current version.
    ///
    /// # Errors
    ///
    /// [`RecordsError`].
    pub async fn open(path: &Path) -> Result<Self> {
        let _ = path;
        todo!()
    }
    /// A database in memory, gone when dropped.
    ///
    /// # Errors
    ///
    /// [`RecordsError`].
    pub async fn in_memory() -> Result<Self> {
        todo!()
    }
    /// Writes out what is queued and closes.
    pub async fn close(&self) {
        todo!()
    }
}

#[expect(missing_docs, clippy::missing_errors_doc, reason = "stub")]
#[expect(unused_variables, reason = "stub")]
impl Records {
    pub async fn account(&self, id: &AccountId) -> Result<Option<Account>> {
        todo!()
    }
    pub async fn account_by_key(&self, key: &Thumbprint) -> Result<Option<Account>> {
        todo!()
    }
    /// Creates the account or replaces its key; `key: None` leaves a known key alone.
    pub async fn save_account(&self, id: &AccountId, key: Option<&Jwk>, now: Timestamp) -> Result<()> {
        todo!()
    }
    /// The key is no longer certain.
    pub async fn forget_account_key(&self, id: &AccountId) -> Result<()> {
        todo!()
    }
    pub async fn deactivate_account(&self, id: &AccountId) -> Result<()> {
        todo!()
    }

    /// Which resource a path is, if it was ever named by the CA.
    pub async fn resource(&self, path: &ResourcePath) -> Result<Option<Resource>> {
        todo!()
    }

    /// Saves a new order once per path; `false` when it was known (some CAs give an order again).
    /// Claims `replaces` for it.
    pub async fn save_order(&self, order: &Order) -> Result<bool> {
        todo!()
    }
    /// Learns the other URLs of an order: finalize, certificate, authorizations.
    pub async fn link_order(
        &self,
        order: &ResourcePath,
        finalize: Option<&ResourcePath>,
        certificate: Option<&ResourcePath>,
        authorizations: &[ResourcePath],
    ) -> Result<()> {
        todo!()
    }
    pub async fn order(&self, id: &ResourcePath) -> Result<Option<Order>> {
        todo!()
    }
    pub async fn orders_of_authorization(&self, authorization: &ResourcePath) -> Result<Vec<Order>> {
        todo!()
    }
    pub async fn authorizations_of_order(&self, order: &ResourcePath) -> Result<Vec<Authorization>> {
        todo!()
    }
    /// Turning `invalid` gives `replaces` free again.
    pub async fn set_order_status(&self, id: &ResourcePath, status: OrderStatus) -> Result<()> {
        todo!()
    }
    /// Moves issuance from `NotCounted` to `Counted`; `true` for the one caller who did.
    pub async fn claim_issuance(&self, order: &ResourcePath, now: Timestamp) -> Result<bool> {
        todo!()
    }
    /// Moves issuance from `Counted` to `Undone`; `true` for the one caller who did.
    pub async fn undo_issuance(&self, order: &ResourcePath) -> Result<bool> {
        todo!()
    }
    /// Whether a certificate for exactly this set was issued (counted and not undone) at or after `since`, by any account.
    pub async fn set_issued_since(&self, set: &SetId, since: Timestamp) -> Result<bool> {
        todo!()
    }

    /// Learns an authorization, its identifier or its challenges; what is already known stays.
    pub async fn save_authorization(
        &self,
        id: &ResourcePath,
        account: &AccountId,
        identifier: Option<&Identifier>,
        challenges: &[ResourcePath],
    ) -> Result<()> {
        todo!()
    }
    pub async fn authorization(&self, id: &ResourcePath) -> Result<Option<Authorization>> {
        todo!()
    }
    /// The client asked the CA to validate one of its challenges: when an order turns `invalid`, only
    /// authorizations that were attempted can have failed.
    pub async fn note_attempt(&self, id: &ResourcePath) -> Result<()> {
        todo!()
    }
    /// Sets the status and claims the right to count the outcome; `true` for the one caller, once.
    pub async fn claim_outcome(&self, id: &ResourcePath, status: AuthorizationStatus) -> Result<bool> {
        todo!()
    }

    pub async fn save_certificate(&self, certificate: &Certificate) -> Result<()> {
        todo!()
    }
    pub async fn certificate(&self, id: &CertificateId) -> Result<Option<Certificate>> {
        todo!()
    }
    pub async fn revoke_certificate(&self, id: &CertificateId) -> Result<()> {
        todo!()
    }

    /// Pauses a pair, unless it is paused or was unpaused at or after `unpaused_since`; `true` when it did.
    pub async fn pause(
        &self,
        account: &AccountId,
        identifier: &Identifier,
        now: Timestamp,
        unpaused_since: Timestamp,
    ) -> Result<bool> {
        todo!()
    }
    /// Those of the identifiers that are paused for the account, in the order given, at most `max`.
    pub async fn paused_among(
        &self,
        account: &AccountId,
        identifiers: &[Identifier],
        max: usize,
    ) -> Result<Vec<Identifier>> {
        todo!()
    }
    pub async fn pauses(&self, account: &AccountId, max: u32) -> Result<Vec<Pause>> {
        todo!()
    }
    /// Lifts at most `max` pauses of the account.
    pub async fn unpause(&self, account: &AccountId, now: Timestamp, max: u32) -> Result<Lifted> {
        todo!()
    }

    /// Forgets finished orders and authorizations created before `before`; certificates and issued sets younger than 120 days stay.
    pub async fn sweep(&self, before: Timestamp) -> Result<u64> {
        todo!()
    }
}
