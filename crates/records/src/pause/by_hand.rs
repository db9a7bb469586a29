//! Pauses that operators add and lift, each told in the audit.

use jiff::Timestamp;
use tollgate_acme::{identifier::Identifier, resource::AccountId};

use super::{COUNT, Lifted, Pause, count};
use crate::{
    Records, Result,
    audit::Change,
    column::{Columns, identifier_text},
    r#override::said,
};

/// Who does something to pauses, why and when.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields say it")]
pub struct ByHand {
    pub who: String,
    pub why: String,
    pub now: Timestamp,
}

impl Records {
    /// Pauses a pair whenever it was unpaused; `false` when it is paused already.
    ///
    /// # Errors
    ///
    /// [`RecordsError::TextTooLong`](crate::RecordsError::TextTooLong); else
    /// [`RecordsError`](crate::RecordsError), as for every method here.
    pub async fn pause_by_hand(
        &self,
        account: &AccountId,
        identifier: &Identifier,
        by: ByHand,
    ) -> Result<bool> {
        by.check()?;
        let (account, identifier) = (account.clone(), identifier.clone());
        self.writer()
            .write(move |connection| {
                Box::pin(async move {
                    let paused = sqlx::query(
                        "INSERT INTO pauses (account, identifier, since_ms) VALUES ($1, $2, $3)
                         ON CONFLICT (account, identifier) DO UPDATE SET
                             since_ms = excluded.since_ms, unpaused_ms = NULL
                         WHERE pauses.unpaused_ms IS NOT NULL",
                    )
                    .bind(account.as_str())
                    .bind(identifier_text(&identifier))
                    .bind(by.now.as_millisecond())
                    .execute(&mut *connection)
                    .await?
                    .rows_affected()
                        == 1;
                    if paused {
                        by.change("pause added", format!("{account} {identifier}")).write(connection).await?;
                    }
                    Ok(paused)
                })
            })
            .await
    }

    /// Lifts the pause of one identifier of the account, or at most `max` of all, the oldest first.
    ///
    /// # Errors
    ///
    /// [`RecordsError::TextTooLong`](crate::RecordsError::TextTooLong); else
    /// [`RecordsError`](crate::RecordsError), as for every method here.
    pub async fn unpause_by_hand(
        &self,
        account: &AccountId,
        identifier: Option<&Identifier>,
        max: u32,
        by: ByHand,
    ) -> Result<Lifted> {
        by.check()?;
        let (account, identifier) = (account.clone(), identifier.cloned());
        self.writer()
            .write(move |connection| {
                Box::pin(async move {
                    let lifted = sqlx::query(
                        "UPDATE pauses SET unpaused_ms = $1 WHERE id IN (
                             SELECT id FROM pauses
                             WHERE account = $2 AND unpaused_ms IS NULL AND ($3 = '' OR identifier = $3)
                             ORDER BY since_ms, id LIMIT $4)",
                    )
                    .bind(by.now.as_millisecond())
                    .bind(account.as_str())
                    .bind(identifier.as_ref().map(identifier_text).unwrap_or_default())
                    .bind(i64::from(max))
                    .execute(&mut *connection)
                    .await?
                    .rows_affected();
                    if lifted > 0 {
                        let whose = match &identifier {
                            Some(identifier) => format!("{account} {identifier}"),
                            None => format!("{account}: {lifted}"),
                        };
                        by.change("pauses lifted", whose).write(&mut *connection).await?;
                    }
                    let left = sqlx::query(COUNT).bind(account.as_str()).fetch_one(connection).await?;
                    Ok(Lifted { lifted, remaining: count(&left)? })
                })
            })
            .await
    }

    /// Pauses in force, of one account or of all, each with its number, in the order in which their pairs were first
    /// paused, at most `max`; with `after` only those after that number.
    ///
    /// # Errors
    ///
    /// [`RecordsError`](crate::RecordsError), as for every method here.
    pub async fn pauses_page(
        &self,
        account: Option<&AccountId>,
        after: Option<u64>,
        max: u32,
    ) -> Result<Vec<(u64, Pause)>> {
        let page = sqlx::query(
            "SELECT id, account, identifier, since_ms FROM pauses
             WHERE unpaused_ms IS NULL AND id > $1 AND ($2 = '' OR account = $2) ORDER BY id LIMIT $3",
        )
        .bind(after.map_or(0, |id| i64::try_from(id).unwrap_or(i64::MAX)))
        .bind(account.map_or("", AccountId::as_str))
        .bind(i64::from(max));
        self.read_all(page)
            .await?
            .iter()
            .map(|row| {
                let columns = Columns { row, table: "pauses" };
                Ok((columns.count("id")?, Pause::read(row)?))
            })
            .collect()
    }

    /// How many pauses are in force.
    ///
    /// # Errors
    ///
    /// [`RecordsError`](crate::RecordsError), as for every method here.
    pub async fn pauses_in_force(&self) -> Result<u64> {
        let all = sqlx::query("SELECT count(*) AS count FROM pauses WHERE unpaused_ms IS NULL");
        count(&self.read_one(all).await?)
    }
}

impl ByHand {
    fn check(&self) -> Result<()> {
        said("who", &self.who)?;
        said("why", &self.why)
    }

    fn change(&self, what: &'static str, subject: String) -> Change<'_> {
        Change { at: self.now, who: &self.who, what, subject, before: None, after: None, why: &self.why }
    }
}
