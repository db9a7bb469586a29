//! Who changed what, and why. Only ever added to, in the transaction of the change.

use jiff::Timestamp;
use sqlx::{AnyConnection, any::AnyRow};
use tollgate_policy::{limit::LimitName, overrides::Subject};

use crate::{Records, Result, column::Columns};

/// A change that somebody made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Larger than that of every earlier change.
    pub id: u64,
    /// When.
    pub at: Timestamp,
    /// The operator.
    pub who: String,
    /// What was done: `override added`.
    pub what: String,
    /// To what: `certificates-per-registered-domain example.com`.
    pub subject: String,
    /// As it was, in JSON; `None` where there was nothing.
    pub before: Option<String>,
    /// As it is since, in JSON; `None` where nothing is left.
    pub after: Option<String>,
    /// The reason given.
    pub why: String,
}

/// An [`AuditEntry`] that has no id yet.
pub(crate) struct Change<'a> {
    pub(crate) at: Timestamp,
    pub(crate) who: &'a str,
    pub(crate) what: &'static str,
    pub(crate) subject: String,
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
    pub(crate) why: &'a str,
}

impl Records {
    /// The changes, the latest first, at most `max`; with `before_id` only those before that one.
    ///
    /// # Errors
    ///
    /// [`RecordsError`](crate::RecordsError), as for every method here.
    pub async fn audit(&self, before_id: Option<u64>, max: u32) -> Result<Vec<AuditEntry>> {
        let before_id = before_id.and_then(|id| i64::try_from(id).ok()).unwrap_or(i64::MAX);
        self.read_all(
            sqlx::query(
                "SELECT id, at_ms, who, what, subject, before, after, why FROM audit
             WHERE id < $1 ORDER BY id DESC LIMIT $2",
            )
            .bind(before_id)
            .bind(i64::from(max)),
        )
        .await?
        .iter()
        .map(AuditEntry::read)
        .collect()
    }
}

impl Records {
    /// Writes down that a bucket was made full, which is no change of the records themselves.
    ///
    /// # Errors
    ///
    /// [`RecordsError`](crate::RecordsError), as for every method here.
    pub async fn tell_bucket_reset(
        &self,
        limit: LimitName,
        subject: &Subject,
        who: &str,
        why: &str,
        now: Timestamp,
    ) -> Result<()> {
        let (who, why, subject) = (who.to_owned(), why.to_owned(), format!("{limit} {subject}"));
        self.writer()
            .write(move |connection| {
                let change = async move {
                    let what = "bucket reset";
                    Change { at: now, who: &who, what, subject, before: None, after: None, why: &why }
                        .write(connection)
                        .await
                };
                Box::pin(change)
            })
            .await
    }
}

impl Change<'_> {
    /// Writes it down, in the transaction that the connection is in.
    pub(crate) async fn write(self, connection: &mut AnyConnection) -> Result<()> {
        sqlx::query(
            "INSERT INTO audit (at_ms, who, what, subject, before, after, why) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(self.at.as_millisecond())
        .bind(self.who)
        .bind(self.what)
        .bind(self.subject)
        .bind(self.before)
        .bind(self.after)
        .bind(self.why)
        .execute(connection)
        .await?;
        Ok(())
    }
}

impl AuditEntry {
    fn read(row: &AnyRow) -> Result<Self> {
        let columns = Columns { row, table: "audit" };
        Ok(Self {
            id: columns.count("id")?,
            at: columns.moment("at_ms")?,
            who: columns.text("who")?.to_owned(),
            what: columns.text("what")?.to_owned(),
            subject: columns.text("subject")?.to_owned(),
            before: columns.optional_text("before")?.map(str::to_owned),
            after: columns.optional_text("after")?.map(str::to_owned),
            why: columns.text("why")?.to_owned(),
        })
    }
}
