//! Paused pairs of account and identifier (RULES section 6).

mod by_hand;

use std::collections::HashSet;

use jiff::Timestamp;
use sqlx::any::AnyRow;
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

const COUNT: &str = "SELECT count(*) AS count FROM pauses WHERE account = $1 AND unpaused_ms IS NULL";

/// Identifiers asked about in one statement at most.
const ASKED_MAX: usize = 128;

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
                        "INSERT INTO pauses (account, identifier, since_ms) VALUES ($1, $2, $3)
                         ON CONFLICT (account, identifier) DO UPDATE SET
                             since_ms = excluded.since_ms, unpaused_ms = NULL
                         WHERE pauses.unpaused_ms < $4",
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
        let mut paused = HashSet::new();
        for asked in texts.chunks(ASKED_MAX) {
            let sql = paused_among(asked.len());
            let mut query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(account.as_str());
            for text in padded(asked) {
                query = query.bind(text);
            }
            for row in self.read_all(query).await? {
                paused.insert(Columns { row: &row, table: "pauses" }.text("identifier")?.to_owned());
            }
        }
        Ok(identifiers
            .iter()
            .zip(&texts)
            .filter(|(_, text)| paused.remove(text.as_str()))
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
        self.read_all(
            sqlx::query(
                "SELECT account, identifier, since_ms FROM pauses
             WHERE account = $1 AND unpaused_ms IS NULL ORDER BY since_ms, id LIMIT $2",
            )
            .bind(account.as_str())
            .bind(i64::from(max)),
        )
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
        count(&self.read_one(sqlx::query(COUNT).bind(account.as_str())).await?)
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
        let reach = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(account.as_str()).bind(made.as_millisecond());
        let row = self.read_one(reach).await?;
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
                        .bind(i64::from(max))
                        .execute(&mut *connection)
                        .await?
                        .rows_affected();
                    let left = format!("SELECT count(*) AS count FROM pauses WHERE {REACHED}");
                    let left = sqlx::query(sqlx::AssertSqlSafe(left))
                        .bind(account.as_str())
                        .bind(made.as_millisecond())
                        .fetch_one(connection)
                        .await?;
                    Ok(Lifted { lifted, remaining: count(&left)? })
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
                        "UPDATE pauses SET unpaused_ms = $1 WHERE id IN (
                             SELECT id FROM pauses WHERE account = $2 AND unpaused_ms IS NULL
                             ORDER BY since_ms, id LIMIT $3)",
                    )
                    .bind(now.as_millisecond())
                    .bind(account.as_str())
                    .bind(i64::from(max))
                    .execute(&mut *connection)
                    .await?
                    .rows_affected();
                    let left = sqlx::query(COUNT).bind(account.as_str()).fetch_one(connection).await?;
                    Ok(Lifted { lifted, remaining: count(&left)? })
                })
            })
            .await
    }
}

/// A list of variables is all that both databases know. Its length is a power of two, so that few
/// statements are kept prepared.
fn paused_among(asked: usize) -> String {
    let variables: Vec<_> = (0..asked.next_power_of_two()).map(|n| format!("${}", n + 2)).collect();
    format!(
        "SELECT identifier FROM pauses WHERE account = $1 AND unpaused_ms IS NULL AND identifier IN ({})",
        variables.join(", ")
    )
}

/// As many as there are variables: the last one again and again.
fn padded(asked: &[String]) -> impl Iterator<Item = &str> {
    let last = asked.last().into_iter().cycle();
    asked.iter().chain(last).take(asked.len().next_power_of_two()).map(String::as_str)
}

fn count(row: &AnyRow) -> Result<u64> {
    Columns { row, table: "pauses" }.count("count")
}

impl Pause {
    fn read(row: &AnyRow) -> Result<Self> {
        let columns = Columns { row, table: "pauses" };
        Ok(Self {
            account: columns.account("account")?,
            identifier: columns.identifier("identifier")?,
            since: columns.moment("since_ms")?,
        })
    }
}
