//! Paused pairs of account and identifier (RULES section 6).

mod by_hand;

use std::collections::HashSet;

use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use tollgate_acme::{identifier::Identifier, resource::AccountId};

use crate::{
    Records, Result,
    column::{Columns, identifier_text},
};

pub use by_hand::ByHand;

/// Whether a link made at `$2` reaches a pause of account `$1`: any, until pauses of the account were lifted
/// since then; from then on only those that were already in force at that first lifting.
const REACHED: &str = "account = $1 AND unpaused_ms IS NULL AND since_ms <= COALESCE(
     (SELECT min(unpaused_ms) FROM pauses WHERE account = $1 AND unpaused_ms >= $2), 9223372036854775807)";

const COUNT: &str = "SELECT count(*) FROM pauses WHERE account = ? AND unpaused_ms IS NULL";

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

/// What a link can still lift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// Pauses it lifts, were it used now.
    pub liftable: u64,
    /// When pauses of the account were first lifted since the link was made, by it or otherwise.
    pub lifted_at: Option<Timestamp>,
}

impl Records {
    /// Pauses a pair, unless it is paused or was unpaused at or after `unpaused_since`; `true` when
    /// it did.
    ///
    /// # Errors
    ///
    /// [`RecordsError`](crate::RecordsError), as for every method here.
    pub async fn pause(
        &self,
        account: &AccountId,
        identifier: &Identifier,
        now: Timestamp,
        unpaused_since: Timestamp,
    ) -> Result<bool> {
        let account = account.clone();
        let identifier = identifier_text(identifier);
        self.writer()
            .write(move |connection| {
                Box::pin(async move {
                    // A pause in force has no moment of lifting, so the comparison is not true.
                    let paused = sqlx::query(
                        "INSERT INTO pauses (account, identifier, since_ms) VALUES (?, ?, ?)
                         ON CONFLICT (account, identifier) DO UPDATE SET
                             since_ms = excluded.since_ms, unpaused_ms = NULL
                         WHERE unpaused_ms < ?",
                    )
                    .bind(account.as_str())
                    .bind(identifier)
                    .bind(now.as_millisecond())
                    .bind(unpaused_since.as_millisecond())
                    .execute(connection)
                    .await?;
                    Ok(paused.rows_affected() == 1)
                })
            })
            .await
    }

    /// Those of the identifiers that are paused for the account, each once, in the order given, at
    /// most `max`.
    ///
    /// # Errors
    ///
    /// [`RecordsError`](crate::RecordsError), as for every method here.
    pub async fn paused_among(
        &self,
        account: &AccountId,
        identifiers: &[Identifier],
        max: usize,
    ) -> Result<Vec<Identifier>> {
        let texts: Vec<String> = identifiers.iter().map(identifier_text).collect();
        let asked = serde_json::Value::from(texts.clone()).to_string();
        // One statement however many identifiers: a list of variables has a limit, JSON has none.
        let mut paused: HashSet<String> = sqlx::query_scalar(
            "SELECT identifier FROM pauses
             WHERE account = ? AND unpaused_ms IS NULL
             AND identifier IN (SELECT value FROM json_each(?))",
        )
        .bind(account.as_str())
        .bind(asked)
        .fetch_all(self.readers())
        .await?
        .into_iter()
        .collect();
        Ok(identifiers
            .iter()
            .zip(&texts)
            .filter(|(_, text)| paused.remove(*text))
            .map(|(identifier, _)| identifier.clone())
            .take(max)
            .collect())
    }

    /// The account's pauses in force, the oldest first, at most `max`.
    ///
    /// # Errors
    ///
    /// [`RecordsError`](crate::RecordsError), as for every method here.
    pub async fn pauses(&self, account: &AccountId, max: u32) -> Result<Vec<Pause>> {
        sqlx::query(
            "SELECT account, identifier, since_ms FROM pauses
             WHERE account = ? AND unpaused_ms IS NULL ORDER BY since_ms, id LIMIT ?",
        )
        .bind(account.as_str())
        .bind(max)
        .fetch_all(self.readers())
        .await?
        .iter()
        .map(Pause::read)
        .collect()
    }

    /// How many pauses of the account are in force.
    ///
    /// # Errors
    ///
    /// [`RecordsError`](crate::RecordsError), as for every method here.
    pub async fn pause_count(&self, account: &AccountId) -> Result<u64> {
        Ok(sqlx::query_scalar(COUNT).bind(account.as_str()).fetch_one(self.readers()).await?)
    }

    /// What a link made at `made` can still lift of the account's pauses. It reaches all of them once;
    /// a pause that began after pauses were lifted needs a newer link.
    ///
    /// # Errors
    ///
    /// [`RecordsError`](crate::RecordsError), as for every method here.
    pub async fn reach(&self, account: &AccountId, made: Timestamp) -> Result<Reach> {
        let sql = format!(
            "SELECT (SELECT count(*) FROM pauses WHERE {REACHED}) AS liftable,
             (SELECT min(unpaused_ms) FROM pauses WHERE account = $1 AND unpaused_ms >= $2) AS lifted_ms"
        );
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(account.as_str())
            .bind(made.as_millisecond())
            .fetch_one(self.readers())
            .await?;
        let columns = Columns { row: &row, table: "pauses" };
        Ok(Reach { liftable: columns.count("liftable")?, lifted_at: columns.optional_moment("lifted_ms")? })
    }

    /// Lifts at most `max` of the pauses that a link made at `made` reaches ([`Self::reach`]), the oldest
    /// first. A used link used again lifts nothing, whatever was paused meanwhile.
    ///
    /// # Errors
    ///
    /// [`RecordsError`](crate::RecordsError), as for every method here.
    pub async fn unpause_by_link(
        &self,
        account: &AccountId,
        made: Timestamp,
        now: Timestamp,
        max: u32,
    ) -> Result<Lifted> {
        let account = account.clone();
        self.writer()
            .write(move |connection| {
                Box::pin(async move {
                    let lift = format!(
                        "UPDATE pauses SET unpaused_ms = $3 WHERE id IN (
                             SELECT id FROM pauses WHERE {REACHED} ORDER BY since_ms, id LIMIT $4)"
                    );
                    let lifted = sqlx::query(sqlx::AssertSqlSafe(lift))
                        .bind(account.as_str())
                        .bind(made.as_millisecond())
                        .bind(now.as_millisecond())
                        .bind(max)
                        .execute(&mut *connection)
                        .await?
                        .rows_affected();
                    let count = format!("SELECT count(*) FROM pauses WHERE {REACHED}");
                    let remaining = sqlx::query_scalar(sqlx::AssertSqlSafe(count))
                        .bind(account.as_str())
                        .bind(made.as_millisecond())
                        .fetch_one(connection)
                        .await?;
                    Ok(Lifted { lifted, remaining })
                })
            })
            .await
    }

    /// Lifts at most `max` pauses of the account, the oldest first.
    ///
    /// # Errors
    ///
    /// [`RecordsError`](crate::RecordsError), as for every method here.
    pub async fn unpause(&self, account: &AccountId, now: Timestamp, max: u32) -> Result<Lifted> {
        let account = account.clone();
        self.writer()
            .write(move |connection| {
                Box::pin(async move {
                    let lifted = sqlx::query(
                        "UPDATE pauses SET unpaused_ms = ? WHERE id IN (
                             SELECT id FROM pauses WHERE account = ? AND unpaused_ms IS NULL
                             ORDER BY since_ms, id LIMIT ?)",
                    )
                    .bind(now.as_millisecond())
                    .bind(account.as_str())
                    .bind(max)
                    .execute(&mut *connection)
                    .await?
                    .rows_affected();
                    let remaining =
                        sqlx::query_scalar(COUNT).bind(account.as_str()).fetch_one(connection).await?;
                    Ok(Lifted { lifted, remaining })
                })
            })
            .await
    }
}

impl Pause {
    fn read(row: &SqliteRow) -> Result<Self> {
        let columns = Columns { row, table: "pauses" };
        Ok(Self {
            account: columns.account("account")?,
            identifier: columns.identifier("identifier")?,
            since: columns.moment("since_ms")?,
        })
    }
}
