//! Overrides that operators keep in the records, beside those of the configuration.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use sqlx::{AnyConnection, any::AnyRow};
use tollgate_engine::Quota;
use tollgate_policy::{
    limit::LimitName,
    overrides::{Override, Subject},
};

use crate::{Records, RecordsError, Result, audit::Change, column::Columns};

/// The longest that an operator may write about an override: author, reason, own name.
pub const OVERRIDE_TEXT_BYTES_MAX: usize = 4096;

const TABLE: &str = "overrides";
const COLUMNS: &str = "limit_name, subject, count, period_ns, burst, author, reason, expires_ms, changed_ms";

/// An override in the records. Moments are kept in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredOverride {
    /// The limit.
    pub limit: LimitName,
    /// For whom.
    pub subject: Subject,
    /// What applies instead of the limit's own numbers.
    pub quota: Quota,
    /// Who allowed it.
    pub author: String,
    /// Why.
    pub reason: String,
    /// From when on the limit's own numbers apply again.
    pub expires: Option<Timestamp>,
    /// When it was last changed; writing sets it.
    pub changed: Timestamp,
}

/// All overrides in the records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredOverrides {
    /// Those that can be put in force, expired ones included, by limit and subject.
    pub overrides: Vec<StoredOverride>,
    /// Those that make no sense.
    pub unreadable: Vec<UnreadableOverride>,
}

/// A row that makes no sense: a limit nobody knows, or numbers that are no quota.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadableOverride {
    /// What stands where the limit's name should be.
    pub limit: String,
    /// What stands where the subject should be.
    pub subject: String,
}

/// What became of an override that was to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Put {
    /// The subject had none, or an unreadable one.
    Added,
    /// It is in the place of another.
    Changed {
        /// The other.
        before: StoredOverride,
    },
    /// The subject has the same already.
    Unchanged,
    /// Nothing was done: the one in force allows more, and nothing forced it.
    WouldLower {
        /// The one in force.
        before: StoredOverride,
    },
}

impl Records {
    /// All overrides. A row that makes no sense does not take the others with it.
    ///
    /// # Errors
    ///
    /// [`RecordsError`], as for every method here.
    pub async fn overrides(&self) -> Result<StoredOverrides> {
        let sql = format!("SELECT {COLUMNS} FROM overrides ORDER BY limit_name, subject");
        let rows = self.read_all(sqlx::query(sqlx::AssertSqlSafe(sql))).await?;
        StoredOverrides::read(&rows)
    }

    /// As [`overrides`](Self::overrides), at most `max`; with `after`, the texts of a limit and a
    /// subject, only those that follow.
    ///
    /// # Errors
    ///
    /// [`RecordsError`], as for every method here.
    pub async fn overrides_page(&self, after: Option<(&str, &str)>, max: u32) -> Result<StoredOverrides> {
        let sql = format!(
            "SELECT {COLUMNS} FROM overrides WHERE limit_name > $1 OR (limit_name = $1 AND subject > $2)
             ORDER BY limit_name, subject LIMIT $3"
        );
        let (limit, subject) = after.unwrap_or_default();
        let page = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(limit).bind(subject).bind(i64::from(max));
        StoredOverrides::read(&self.read_all(page).await?)
    }

    /// The override of a limit for one subject.
    ///
    /// # Errors
    ///
    /// [`RecordsError`], as for every method here.
    pub async fn override_of(&self, limit: LimitName, subject: &Subject) -> Result<Option<StoredOverride>> {
        let sql = format!("SELECT {COLUMNS} FROM overrides WHERE limit_name = $1 AND subject = $2");
        self.read_optional(
            sqlx::query(sqlx::AssertSqlSafe(sql)).bind(limit.as_str()).bind(subject.to_string()),
        )
        .await?
        .as_ref()
        .map(StoredOverride::read)
        .transpose()
    }

    /// Writes an override and, when it changes anything, who did so. One that lowers what is in force
    /// at `now` is written only with `force`.
    ///
    /// # Errors
    ///
    /// [`RecordsError::SubjectKind`] and [`RecordsError::TextTooLong`]; else [`RecordsError`], as for
    /// every method here.
    pub async fn put_override(
        &self,
        new: StoredOverride,
        force: bool,
        by: &str,
        now: Timestamp,
    ) -> Result<Put> {
        let mut puts = self.put_overrides(vec![new], force, by, now).await?;
        Ok(puts.pop().expect("each override has its answer"))
    }

    /// As [`put_override`](Self::put_override) for each in turn, all in one transaction: an error
    /// leaves nothing written. One that would lower is left out without `force`; the others are written.
    ///
    /// # Errors
    ///
    /// As [`put_override`](Self::put_override).
    pub async fn put_overrides(
        &self,
        batch: Vec<StoredOverride>,
        force: bool,
        by: &str,
        now: Timestamp,
    ) -> Result<Vec<Put>> {
        said("by", by)?;
        for new in &batch {
            new.check()?;
        }
        let by = by.to_owned();
        self.writer()
            .write(move |connection| {
                Box::pin(async move {
                    let mut puts = Vec::with_capacity(batch.len());
                    for new in batch {
                        puts.push(put(connection, new.written_at(now), force, &by).await?);
                    }
                    Ok(puts)
                })
            })
            .await
    }

    /// Removes an override and gives what it was; `None` where there was none, or an unreadable one,
    /// which is removed too.
    ///
    /// # Errors
    ///
    /// [`RecordsError::TextTooLong`]; else [`RecordsError`], as for every method here.
    pub async fn remove_override(
        &self,
        limit: LimitName,
        subject: &Subject,
        by: &str,
        why: &str,
        now: Timestamp,
    ) -> Result<Option<StoredOverride>> {
        said("by", by)?;
        said("why", why)?;
        let (by, why, subject) = (by.to_owned(), why.to_owned(), subject.to_string());
        self.writer()
            .write(move |connection| {
                Box::pin(async move {
                    let before = stored(connection, limit, &subject).await?;
                    let removed = sqlx::query("DELETE FROM overrides WHERE limit_name = $1 AND subject = $2")
                        .bind(limit.as_str())
                        .bind(&subject)
                        .execute(&mut *connection)
                        .await?
                        .rows_affected();
                    if removed > 0 {
                        let change = Change {
                            at: now,
                            who: &by,
                            what: "override removed",
                            subject: format!("{limit} {subject}"),
                            before: before.as_ref().map(StoredOverride::told),
                            after: None,
                            why: &why,
                        };
                        change.write(connection).await?;
                    }
                    Ok(before)
                })
            })
            .await
    }

    /// A number that is another one after each change of the overrides; a quick look.
    ///
    /// # Errors
    ///
    /// [`RecordsError`], as for every method here.
    pub async fn overrides_revision(&self) -> Result<u64> {
        let row = self.read_one(sqlx::query("SELECT revision FROM overrides_revision")).await?;
        Columns { row: &row, table: "overrides_revision" }.count("revision")
    }
}

impl StoredOverrides {
    fn read(rows: &[AnyRow]) -> Result<Self> {
        let mut all = Self::default();
        for row in rows {
            match StoredOverride::read(row) {
                Ok(stored) => all.overrides.push(stored),
                Err(RecordsError::Corrupt { .. }) => {
                    let columns = Columns { row, table: TABLE };
                    let limit = columns.text("limit_name")?.to_owned();
                    let subject = columns.text("subject")?.to_owned();
                    all.unreadable.push(UnreadableOverride { limit, subject });
                }
                Err(error) => return Err(error),
            }
        }
        Ok(all)
    }
}

pub(crate) async fn put(
    connection: &mut AnyConnection,
    new: StoredOverride,
    force: bool,
    by: &str,
) -> Result<Put> {
    let subject = new.subject.to_string();
    let before = stored(connection, new.limit, &subject).await?;
    if let Some(before) = &before {
        if (StoredOverride { changed: new.changed, ..before.clone() }) == new {
            return Ok(Put::Unchanged);
        }
        if !force && new.lowers(before) {
            return Ok(Put::WouldLower { before: before.clone() });
        }
    }

    sqlx::query(
        "INSERT INTO overrides
             (limit_name, subject, count, period_ns, burst, author, reason, expires_ms, changed_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (limit_name, subject) DO UPDATE SET
             count = excluded.count, period_ns = excluded.period_ns, burst = excluded.burst,
             author = excluded.author, reason = excluded.reason,
             expires_ms = excluded.expires_ms, changed_ms = excluded.changed_ms",
    )
    .bind(new.limit.as_str())
    .bind(&subject)
    .bind(in_column(new.quota.count()))
    .bind(in_column(period_nanos(new.quota)))
    .bind(in_column(new.quota.burst()))
    .bind(&new.author)
    .bind(&new.reason)
    .bind(new.expires.map(Timestamp::as_millisecond))
    .bind(new.changed.as_millisecond())
    .execute(&mut *connection)
    .await?;
    let change = Change {
        at: new.changed,
        who: by,
        what: if before.is_some() { "override changed" } else { "override added" },
        subject: format!("{} {subject}", new.limit),
        before: before.as_ref().map(StoredOverride::told),
        after: Some(new.told()),
        why: &new.reason,
    };
    change.write(connection).await?;
    Ok(before.map_or(Put::Added, |before| Put::Changed { before }))
}

/// What the subject has; an unreadable row counts as none, so that it can be replaced and removed.
async fn stored(
    connection: &mut AnyConnection,
    limit: LimitName,
    subject: &str,
) -> Result<Option<StoredOverride>> {
    let sql = format!("SELECT {COLUMNS} FROM overrides WHERE limit_name = $1 AND subject = $2");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(limit.as_str())
        .bind(subject)
        .fetch_optional(connection)
        .await?;
    match row.as_ref().map(StoredOverride::read).transpose() {
        Err(RecordsError::Corrupt { .. }) => Ok(None),
        other => other,
    }
}

impl StoredOverride {
    /// As the policy takes it. One that expired before 1970 has expired in 1970 too.
    #[must_use]
    pub fn in_policy(&self) -> (LimitName, Subject, Override) {
        let expires = self.expires.map(|expires| {
            let nanos = u64::try_from(expires.as_nanosecond().max(0)).unwrap_or(u64::MAX);
            tollgate_engine::Timestamp::from_nanos(nanos)
        });
        let override_ =
            Override { quota: self.quota, author: self.author.clone(), reason: self.reason.clone(), expires };
        (self.limit, self.subject.clone(), override_)
    }

    fn check(&self) -> Result<()> {
        check_kind(self.limit, &self.subject)?;
        said("author", &self.author)?;
        said("reason", &self.reason)
    }

    /// With its moments as the columns hold them.
    pub(crate) fn written_at(self, now: Timestamp) -> Self {
        Self { expires: self.expires.map(in_milliseconds), changed: in_milliseconds(now), ..self }
    }

    /// Whether a client would have less by this than by `before`, which may have ended.
    fn lowers(&self, before: &Self) -> bool {
        before.expires.is_none_or(|expires| self.changed < expires)
            && (self.quota.burst() < before.quota.burst()
                || self.quota.emission_interval() > before.quota.emission_interval())
    }

    /// For the audit.
    fn told(&self) -> String {
        json!({
            "count": self.quota.count(),
            "period": tollgate_policy::duration::short_duration(self.quota.period()),
            "burst": self.quota.burst(),
            "author": self.author,
            "reason": self.reason,
            "expires": self.expires.map(|expires| expires.to_string()),
        })
        .to_string()
    }

    fn read(row: &AnyRow) -> Result<Self> {
        let columns = Columns { row, table: TABLE };
        let limit = columns.word("limit_name", LimitName::of)?;
        let subject = columns.subject("subject", limit)?;
        let period = Duration::from_nanos(columns.count("period_ns")?);
        let quota = Quota::new(columns.count("count")?, period, columns.count("burst")?);
        Ok(Self {
            limit,
            subject,
            quota: quota.map_err(|_| columns.corrupt())?,
            author: columns.text("author")?.to_owned(),
            reason: columns.text("reason")?.to_owned(),
            expires: columns.optional_moment("expires_ms")?,
            changed: columns.moment("changed_ms")?,
        })
    }
}

pub(crate) fn check_kind(limit: LimitName, subject: &Subject) -> Result<()> {
    if limit.override_subject() != subject.kind() {
        return Err(RecordsError::SubjectKind { limit });
    }
    Ok(())
}

pub(crate) fn said(what: &'static str, text: &str) -> Result<()> {
    if text.len() > OVERRIDE_TEXT_BYTES_MAX {
        return Err(RecordsError::TextTooLong { what });
    }
    if text.contains('\0') {
        return Err(RecordsError::TextWithZero { what });
    }
    Ok(())
}

pub(crate) fn in_milliseconds(moment: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(moment.as_millisecond()).expect("it is no later than a moment that is one")
}

fn period_nanos(quota: Quota) -> u64 {
    u64::try_from(quota.period().as_nanos()).expect("a period has ten years at most")
}

pub(crate) fn in_column(number: u64) -> i64 {
    number.try_into().expect("no number of a quota is above the nanoseconds of ten years")
}
