//! Accounts and their keys.

use jiff::Timestamp;
use sqlx::any::AnyRow;
use tollgate_acme::{
    jwk::{Jwk, Thumbprint},
    resource::AccountId,
};

use crate::{Records, Result, column::Columns};

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields say it")]
pub struct Account {
    pub id: AccountId,
    /// `None`: not known, or no longer certain.
    pub key: Option<Jwk>,
    pub deactivated: bool,
}

impl Records {
    /// An account by its path.
    ///
    /// # Errors
    ///
    /// [`RecordsError`](crate::RecordsError), as for every method here.
    pub async fn account(&self, id: &AccountId) -> Result<Option<Account>> {
        self.read_optional(
            sqlx::query("SELECT path, key, deactivated FROM accounts WHERE path = $1").bind(id.as_str()),
        )
        .await?
        .map(|row| Account::read(&row))
        .transpose()
    }

    /// The account that has this key now, deactivated or not.
    ///
    /// # Errors
    ///
    /// [`RecordsError`](crate::RecordsError), as for every method here.
    pub async fn account_by_key(&self, key: &Thumbprint) -> Result<Option<Account>> {
        self.read_optional(
            sqlx::query("SELECT path, key, deactivated FROM accounts WHERE thumbprint = $1").bind(&key.0[..]),
        )
        .await?
        .map(|row| Account::read(&row))
        .transpose()
    }

    /// Creates the account or replaces its key; `key: None` leaves a known key alone.
    ///
    /// A key is one account's only. Saved for a second account it moves there: the CA has just said
    /// so, and what was known of the first is older.
    ///
    /// # Errors
    ///
    /// [`RecordsError`](crate::RecordsError), as for every method here.
    pub async fn save_account(&self, id: &AccountId, key: Option<&Jwk>, now: Timestamp) -> Result<()> {
        let id = id.clone();
        let key = key.map(|key| (key.to_json().to_string(), key.thumbprint()));
        self.writer()
            .write(move |connection| {
                Box::pin(async move {
                    let (key, thumbprint) = key.unzip();
                    let thumbprint = thumbprint.as_ref().map(|thumbprint| &thumbprint.0[..]);
                    sqlx::query(
                        "UPDATE accounts SET key = NULL, thumbprint = NULL
                         WHERE thumbprint = $1 AND path <> $2",
                    )
                    .bind(thumbprint)
                    .bind(id.as_str())
                    .execute(&mut *connection)
                    .await?;
                    sqlx::query(
                        "INSERT INTO accounts (path, key, thumbprint, created_ms) VALUES ($1, $2, $3, $4)
                         ON CONFLICT (path) DO UPDATE SET
                             key = coalesce(excluded.key, accounts.key),
                             thumbprint = coalesce(excluded.thumbprint, accounts.thumbprint)",
                    )
                    .bind(id.as_str())
                    .bind(key)
                    .bind(thumbprint)
                    .bind(now.as_millisecond())
                    .execute(connection)
                    .await?;
                    Ok(())
                })
            })
            .await
    }

    /// The key is no longer certain.
    ///
    /// # Errors
    ///
    /// [`RecordsError`](crate::RecordsError), as for every method here.
    pub async fn forget_account_key(&self, id: &AccountId) -> Result<()> {
        let id = id.clone();
        self.writer()
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query("UPDATE accounts SET key = NULL, thumbprint = NULL WHERE path = $1")
                        .bind(id.as_str())
                        .execute(connection)
                        .await?;
                    Ok(())
                })
            })
            .await
    }

    /// Deactivates the account, for good (RFC 8555, 7.3.6).
    ///
    /// # Errors
    ///
    /// [`RecordsError`](crate::RecordsError), as for every method here.
    pub async fn deactivate_account(&self, id: &AccountId) -> Result<()> {
        let id = id.clone();
        self.writer()
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query("UPDATE accounts SET deactivated = 1 WHERE path = $1")
                        .bind(id.as_str())
                        .execute(connection)
                        .await?;
                    Ok(())
                })
            })
            .await
    }
}

impl Account {
    fn read(row: &AnyRow) -> Result<Self> {
        let columns = Columns { row, table: "accounts" };
        let key = columns
            .optional_text("key")?
            .map(|text| key_of(text).ok_or_else(|| columns.corrupt()))
            .transpose()?;
        Ok(Self { id: columns.account("path")?, key, deactivated: columns.flag("deactivated")? })
    }
}

fn key_of(json: &str) -> Option<Jwk> {
    Jwk::from_json(&serde_json::from_str(json).ok()?).ok()
}
