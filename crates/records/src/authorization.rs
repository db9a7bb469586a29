//! Authorizations, their challenges, and whether their outcome was counted.

use sqlx::any::AnyRow;
use tollgate_acme::{
    authorization::AuthorizationStatus,
    identifier::Identifier,
    resource::{AccountId, ResourcePath},
};

use crate::{
    Records, Result,
    column::{Columns, identifier_text},
};

/// Challenges linked to one authorization; what a CA lists beyond them is not learned.
const CHALLENGES_PER_AUTHORIZATION_MAX: usize = 32;

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

impl Records {
    /// Learns an authorization, its identifier or its challenges; what is already known stays. It may
    /// come before or after the order that lists it.
    ///
    /// # Errors
    ///
    /// [`RecordsError`](crate::RecordsError), as for every method here.
    pub async fn save_authorization(
        &self,
        id: &ResourcePath,
        account: &AccountId,
        identifier: Option<&Identifier>,
        challenges: &[ResourcePath],
    ) -> Result<()> {
        let id = id.clone();
        let account = account.clone();
        let identifier = identifier.map(identifier_text);
        let challenges: Vec<_> = challenges.iter().take(CHALLENGES_PER_AUTHORIZATION_MAX).cloned().collect();
        self.writer()
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query(
                        "INSERT INTO authorizations (path, account, identifier) VALUES ($1, $2, $3)
                         ON CONFLICT (path) DO UPDATE SET
                             identifier = coalesce(authorizations.identifier, excluded.identifier)",
                    )
                    .bind(id.as_str())
                    .bind(account.as_str())
                    .bind(identifier)
                    .execute(&mut *connection)
                    .await?;
                    for challenge in &challenges {
                        // The bound holds over all calls, not only within this one.
                        sqlx::query(
                            "INSERT INTO challenges (path, authorization_path) SELECT $1, $2
                             WHERE (SELECT count(*) FROM challenges WHERE authorization_path = $2) < $3
                             ON CONFLICT DO NOTHING",
                        )
                        .bind(challenge.as_str())
                        .bind(id.as_str())
                        .bind(i64::try_from(CHALLENGES_PER_AUTHORIZATION_MAX).expect("a small constant"))
                        .execute(&mut *connection)
                        .await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// An authorization by its path.
    ///
    /// # Errors
    ///
    /// [`RecordsError`](crate::RecordsError), as for every method here.
    pub async fn authorization(&self, id: &ResourcePath) -> Result<Option<Authorization>> {
        self.read_optional(sqlx::query("SELECT path, account, identifier, status, attempted, counted FROM authorizations WHERE path = $1")
            .bind(id.as_str()))
            .await?
            .map(|row| Authorization::read(&row))
            .transpose()
    }

    /// The authorizations an order lists, by path.
    ///
    /// # Errors
    ///
    /// [`RecordsError`](crate::RecordsError), as for every method here.
    pub async fn authorizations_of_order(&self, order: &ResourcePath) -> Result<Vec<Authorization>> {
        self.read_all(
            sqlx::query(
                "SELECT path, account, identifier, status, attempted, counted FROM order_authorizations
             JOIN authorizations ON path = authorization_path
             WHERE order_path = $1 ORDER BY authorization_path",
            )
            .bind(order.as_str()),
        )
        .await?
        .iter()
        .map(Authorization::read)
        .collect()
    }

    /// The client asked the CA to validate one of its challenges: when an order turns `invalid`, only
    /// authorizations that were attempted can have failed.
    ///
    /// # Errors
    ///
    /// [`RecordsError`](crate::RecordsError), as for every method here.
    pub async fn note_attempt(&self, id: &ResourcePath) -> Result<()> {
        let id = id.clone();
        self.writer()
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query("UPDATE authorizations SET attempted = 1 WHERE path = $1")
                        .bind(id.as_str())
                        .execute(connection)
                        .await?;
                    Ok(())
                })
            })
            .await
    }

    /// Sets the status and claims the right to count the outcome; `true` for the one caller, once.
    ///
    /// `pending` is no outcome: it claims nothing, and a late answer saying it changes nothing. An
    /// unknown authorization has nothing to claim.
    ///
    /// # Errors
    ///
    /// [`RecordsError`](crate::RecordsError), as for every method here.
    pub async fn claim_outcome(&self, id: &ResourcePath, status: AuthorizationStatus) -> Result<bool> {
        if status == AuthorizationStatus::Pending {
            return Ok(false);
        }
        let id = id.clone();
        self.writer()
            .write(move |connection| {
                Box::pin(async move {
                    let claimed =
                        sqlx::query("UPDATE authorizations SET counted = 1 WHERE path = $1 AND counted = 0")
                            .bind(id.as_str())
                            .execute(&mut *connection)
                            .await?;
                    sqlx::query("UPDATE authorizations SET status = $1 WHERE path = $2")
                        .bind(status.as_str())
                        .bind(id.as_str())
                        .execute(connection)
                        .await?;
                    Ok(claimed.rows_affected() == 1)
                })
            })
            .await
    }
}

impl Authorization {
    fn read(row: &AnyRow) -> Result<Self> {
        let columns = Columns { row, table: "authorizations" };
        Ok(Self {
            id: columns.path("path")?,
            account: columns.account("account")?,
            identifier: columns.optional_identifier("identifier")?,
            status: columns.word("status", AuthorizationStatus::of)?,
            attempted: columns.flag("attempted")?,
            counted: columns.flag("counted")?,
        })
    }
}
