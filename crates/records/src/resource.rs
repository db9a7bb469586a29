//! Which resource a path of the CA is.

use tollgate_acme::resource::{AccountId, ResourcePath};

use crate::{Records, RecordsError, Result, column::Columns};

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

impl Records {
    /// Which resource a path is, if it was ever named by the CA.
    ///
    /// A path that is several is the first of: account, order, finalize, certificate, authorization,
    /// challenge; of several orders' the youngest.
    ///
    /// # Errors
    ///
    /// [`RecordsError`], as for every method here.
    pub async fn resource(&self, path: &ResourcePath) -> Result<Option<Resource>> {
        let row = self
            .read_optional(
                sqlx::query(
                    "SELECT * FROM (
                 SELECT 'account' AS kind, 1 AS rank, 0 AS age, path AS owner FROM accounts WHERE path = $1
                 UNION ALL SELECT 'order', 2, 0, path FROM orders WHERE path = $1
                 UNION ALL SELECT 'finalize', 3, -rowid, path FROM orders WHERE finalize = $1
                 UNION ALL SELECT 'certificate', 4, -rowid, path FROM orders WHERE certificate = $1
                 UNION ALL SELECT 'authorization', 5, 0, path FROM authorizations WHERE path = $1
                 UNION ALL SELECT 'challenge', 6, 0, authorization_path FROM challenges WHERE path = $1
             ) AS named ORDER BY rank, age LIMIT 1",
                )
                .bind(path.as_str()),
            )
            .await?;
        let Some(row) = row else { return Ok(None) };
        let columns = Columns { row: &row, table: "resources" };
        let owner = columns.path("owner")?;
        Ok(Some(match columns.text("kind")? {
            "account" => Resource::Account(AccountId(owner)),
            "order" => Resource::Order(owner),
            "finalize" => Resource::Finalize(owner),
            "certificate" => Resource::Certificate(owner),
            "authorization" => Resource::Authorization(owner),
            "challenge" => Resource::Challenge(owner),
            _ => return Err(RecordsError::Corrupt { table: "resources" }),
        }))
    }
}
