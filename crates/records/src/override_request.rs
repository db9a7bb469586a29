//! Overrides that people ask for, and what operators decide.

use std::{fmt, num::NonZeroU64, time::Duration};

use jiff::Timestamp;
use serde_json::json;
use sqlx::{AnyConnection, Row as _, any::AnyRow};
use tollgate_engine::{Quota, QuotaError};
use tollgate_policy::{limit::LimitName, message::Language, overrides::Subject};

use crate::{
    Put, Records, RecordsError, Result, StoredOverride,
    audit::Change,
    column::Columns,
    r#override::{check_kind, in_column, in_milliseconds, put, said},
};

/// Requests that wait for a decision at most.
pub const OVERRIDE_REQUESTS_PENDING_MAX: u32 = 10_000;

/// What an approved request grants, once and every week.
const PERIOD: Duration = Duration::from_secs(7 * 86_400);

const PENDING_COUNT: &str = "SELECT count(*) AS count FROM override_requests WHERE state = 'pending'";

const COLUMNS: &str = "id, limit_name, subject, tier, email, organisation, use_case, language, \
                       requested_ms, state, decided_ms, author, reason";

/// A request for an override.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverrideRequest {
    /// Larger than that of every earlier request.
    pub id: u64,
    /// When it was made.
    pub requested: Timestamp,
    /// What was decided; `None` while it is pending.
    pub verdict: Option<Verdict>,
    /// What is asked for, and by whom.
    pub form: OverrideForm,
}

/// What is asked for, and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverrideForm {
    /// The limit.
    pub limit: LimitName,
    /// For whom.
    pub subject: Subject,
    /// Burst and count a week.
    pub tier: NonZeroU64,
    /// Where the requester reads mail.
    pub email: EmailAddress,
    /// For whom the requester asks.
    pub organisation: String,
    /// For what it is needed.
    pub use_case: String,
    /// In which the requester is written to.
    pub language: Language,
}

/// An address that no log shows.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailAddress(pub String);

/// An operator's decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What it is.
    pub ruling: Ruling,
    /// Who decided.
    pub author: String,
    /// Why; the requester reads it.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// Yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants say it")]
pub enum Ruling {
    Approved,
    Denied,
}

/// What an operator says when granting a request.
#[derive(Clone, Debug)]
pub struct Approval {
    /// Who decides.
    pub author: String,
    /// Why; the requester reads it.
    pub reason: String,
    /// From when on the limit's own numbers apply again.
    pub expires: Option<Timestamp>,
    /// Whether an override that allows more is lowered.
    pub force: bool,
}

/// What became of a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decided {
    /// It is the request's.
    Done(OverrideRequest),
    /// There is no such request.
    NoSuchRequest,
    /// It was decided before, and stays as it was.
    DecidedBefore(OverrideRequest),
    /// Nothing was done: the subject has an override that allows more.
    WouldLower {
        /// The one in force.
        before: StoredOverride,
    },
}

impl Records {
    /// Writes down a request, known to its author by a token with this SHA-256, and gives its id;
    /// `None` when too many are pending.
    ///
    /// # Errors
    ///
    /// [`RecordsError::SubjectKind`], [`RecordsError::Tier`] and [`RecordsError::TextTooLong`]; else
    /// [`RecordsError`], as for every method here.
    pub async fn submit_override_request(
        &self,
        form: OverrideForm,
        token_hash: [u8; 32],
        now: Timestamp,
    ) -> Result<Option<u64>> {
        form.check()?;
        self.writer().write(move |connection| Box::pin(submit(connection, form, token_hash, now))).await
    }

    /// The request whose token has this SHA-256.
    ///
    /// # Errors
    ///
    /// [`RecordsError`], as for every method here.
    pub async fn override_request_by_token(&self, token_hash: [u8; 32]) -> Result<Option<OverrideRequest>> {
        let sql = format!("SELECT {COLUMNS} FROM override_requests WHERE token_hash = $1");
        self.read_optional(sqlx::query(sqlx::AssertSqlSafe(sql)).bind(token_hash.to_vec()))
            .await?
            .as_ref()
            .map(OverrideRequest::read)
            .transpose()
    }

    /// One request.
    ///
    /// # Errors
    ///
    /// [`RecordsError`], as for every method here.
    pub async fn override_request(&self, id: u64) -> Result<Option<OverrideRequest>> {
        let sql = format!("SELECT {COLUMNS} FROM override_requests WHERE id = $1");
        self.read_optional(sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id_column(id)))
            .await?
            .as_ref()
            .map(OverrideRequest::read)
            .transpose()
    }

    /// Requests that wait for a decision, the oldest first, at most `max`; with `after_id` only those
    /// after that one.
    ///
    /// # Errors
    ///
    /// [`RecordsError`], as for every method here.
    pub async fn pending_override_requests(
        &self,
        after_id: Option<u64>,
        max: u32,
    ) -> Result<Vec<OverrideRequest>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM override_requests WHERE state = 'pending' AND id > $1 ORDER BY id LIMIT $2"
        );
        self.page(sql, after_id.map_or(0, id_column), max).await
    }

    /// Requests in every state, the latest first, at most `max`; with `before_id` only those before
    /// that one.
    ///
    /// # Errors
    ///
    /// [`RecordsError`], as for every method here.
    pub async fn override_requests(&self, before_id: Option<u64>, max: u32) -> Result<Vec<OverrideRequest>> {
        let sql = format!("SELECT {COLUMNS} FROM override_requests WHERE id < $1 ORDER BY id DESC LIMIT $2");
        self.page(sql, before_id.map_or(i64::MAX, id_column), max).await
    }

    /// How many requests wait for a decision.
    ///
    /// # Errors
    ///
    /// [`RecordsError`], as for every method here.
    pub async fn pending_override_request_count(&self) -> Result<u64> {
        let row = self.read_one(sqlx::query(PENDING_COUNT)).await?;
        Columns { row: &row, table: "override_requests" }.count("count")
    }

    /// Grants what a request asks for: its tier as burst and as count a week. The override, the
    /// request's new state and the audit are one transaction.
    ///
    /// # Errors
    ///
    /// [`RecordsError::TextTooLong`]; else [`RecordsError`], as for every method here.
    pub async fn approve_override_request(
        &self,
        id: u64,
        approval: Approval,
        now: Timestamp,
    ) -> Result<Decided> {
        let Approval { author, reason, expires, force } = approval;
        said("author", &author)?;
        said("reason", &reason)?;
        let verdict = Verdict { ruling: Ruling::Approved, author, reason, at: now };
        self.writer()
            .write(move |connection| {
                Box::pin(async move {
                    let request = match pending(connection, id).await? {
                        Ok(request) => request,
                        Err(decided) => return Ok(decided),
                    };
                    let granted = request.form.granted(&verdict, expires);
                    if let Put::WouldLower { before } =
                        put(connection, granted.written_at(now), force, &verdict.author).await?
                    {
                        return Ok(Decided::WouldLower { before });
                    }
                    decide(connection, request, verdict).await
                })
            })
            .await
    }

    /// Denies a request.
    ///
    /// # Errors
    ///
    /// [`RecordsError::TextTooLong`]; else [`RecordsError`], as for every method here.
    pub async fn deny_override_request(
        &self,
        id: u64,
        author: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<Decided> {
        said("author", author)?;
        said("reason", reason)?;
        let (author, reason) = (author.to_owned(), reason.to_owned());
        let verdict = Verdict { ruling: Ruling::Denied, author, reason, at: now };
        self.writer()
            .write(move |connection| {
                Box::pin(async move {
                    match pending(connection, id).await? {
                        Ok(request) => decide(connection, request, verdict).await,
                        Err(decided) => Ok(decided),
                    }
                })
            })
            .await
    }

    /// The oldest decided request whose author has not been told, for the one caller who then tells
    /// them.
    ///
    /// # Errors
    ///
    /// [`RecordsError`], as for every method here.
    pub async fn claim_untold_override_request(&self) -> Result<Option<OverrideRequest>> {
        let sql = format!(
            "UPDATE override_requests SET told = 1 WHERE id =
                 (SELECT min(id) FROM override_requests WHERE state <> 'pending' AND told = 0)
             RETURNING {COLUMNS}"
        );
        self.writer()
            .write(move |connection| {
                Box::pin(async move {
                    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_optional(connection).await?;
                    row.as_ref().map(OverrideRequest::read).transpose()
                })
            })
            .await
    }

    /// Gives back what was claimed: the author of the request could not be told.
    ///
    /// # Errors
    ///
    /// [`RecordsError`], as for every method here.
    pub async fn unclaim_untold_override_request(&self, id: u64) -> Result<()> {
        self.writer()
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query("UPDATE override_requests SET told = 0 WHERE id = $1")
                        .bind(id_column(id))
                        .execute(connection)
                        .await?;
                    Ok(())
                })
            })
            .await
    }

    async fn page(&self, sql: String, id: i64, max: u32) -> Result<Vec<OverrideRequest>> {
        let rows = self.read_all(sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).bind(i64::from(max))).await?;
        rows.iter().map(OverrideRequest::read).collect()
    }
}

async fn submit(
    connection: &mut AnyConnection,
    form: OverrideForm,
    token_hash: [u8; 32],
    now: Timestamp,
) -> Result<Option<u64>> {
    let pending: i64 = sqlx::query_scalar(PENDING_COUNT).fetch_one(&mut *connection).await?;
    if pending >= i64::from(OVERRIDE_REQUESTS_PENDING_MAX) {
        return Ok(None);
    }
    let row = sqlx::query(
        "INSERT INTO override_requests
             (token_hash, limit_name, subject, tier, email, organisation, use_case, language, requested_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id",
    )
    .bind(token_hash.to_vec())
    .bind(form.limit.as_str())
    .bind(form.subject.to_string())
    .bind(in_column(form.tier.get()))
    .bind(form.email.0)
    .bind(form.organisation)
    .bind(form.use_case)
    .bind(form.language.tag())
    .bind(now.as_millisecond())
    .fetch_one(connection)
    .await?;
    let id: i64 = row.try_get("id")?;
    Ok(Some(u64::try_from(id).expect("ids are counted from 1")))
}

/// The request, when it waits for a decision; else why it does not.
async fn pending(
    connection: &mut AnyConnection,
    id: u64,
) -> Result<std::result::Result<OverrideRequest, Decided>> {
    let sql = format!("SELECT {COLUMNS} FROM override_requests WHERE id = $1");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id_column(id)).fetch_optional(connection).await?;
    let Some(row) = row else { return Ok(Err(Decided::NoSuchRequest)) };
    let request = OverrideRequest::read(&row)?;
    Ok(match request.verdict {
        None => Ok(request),
        Some(_) => Err(Decided::DecidedBefore(request)),
    })
}

/// Writes the verdict over a pending request, and who gave it.
async fn decide(
    connection: &mut AnyConnection,
    request: OverrideRequest,
    verdict: Verdict,
) -> Result<Decided> {
    sqlx::query(
        "UPDATE override_requests SET state = $1, decided_ms = $2, author = $3, reason = $4 WHERE id = $5",
    )
    .bind(verdict.ruling.state())
    .bind(verdict.at.as_millisecond())
    .bind(&verdict.author)
    .bind(&verdict.reason)
    .bind(id_column(request.id))
    .execute(&mut *connection)
    .await?;
    let change = Change {
        at: verdict.at,
        who: &verdict.author,
        what: verdict.ruling.told(),
        subject: format!("{} {}", request.form.limit, request.form.subject),
        before: Some(request.told("pending")),
        after: Some(request.told(verdict.ruling.state())),
        why: &verdict.reason,
    };
    change.write(connection).await?;
    let at = in_milliseconds(verdict.at);
    Ok(Decided::Done(OverrideRequest { verdict: Some(Verdict { at, ..verdict }), ..request }))
}

impl OverrideForm {
    /// What approval grants: the tier at once and every week.
    #[must_use]
    pub fn quota(&self) -> Quota {
        quota(self.tier).expect("it was checked when the form was written or read")
    }

    fn check(&self) -> Result<()> {
        check_kind(self.limit, &self.subject)?;
        quota(self.tier).map_err(|source| RecordsError::Tier { tier: self.tier, source })?;
        for (what, text) in
            [("email", &self.email.0), ("organisation", &self.organisation), ("use case", &self.use_case)]
        {
            said(what, text)?;
        }
        Ok(())
    }

    fn granted(&self, verdict: &Verdict, expires: Option<Timestamp>) -> StoredOverride {
        StoredOverride {
            limit: self.limit,
            subject: self.subject.clone(),
            quota: self.quota(),
            author: verdict.author.clone(),
            reason: verdict.reason.clone(),
            expires,
            changed: verdict.at,
        }
    }
}

impl OverrideRequest {
    /// For the audit, which is kept for good: nothing about the person.
    fn told(&self, state: &str) -> String {
        json!({
            "request": self.id,
            "tier": self.form.tier,
            "requested": self.requested.to_string(),
            "state": state,
        })
        .to_string()
    }

    fn read(row: &AnyRow) -> Result<Self> {
        let columns = Columns { row, table: "override_requests" };
        let limit = columns.word("limit_name", LimitName::of)?;
        let tier = NonZeroU64::new(columns.count("tier")?).filter(|tier| quota(*tier).is_ok());
        Ok(Self {
            id: columns.count("id")?,
            requested: columns.moment("requested_ms")?,
            verdict: Verdict::read(&columns)?,
            form: OverrideForm {
                limit,
                subject: columns.subject("subject", limit)?,
                tier: tier.ok_or_else(|| columns.corrupt())?,
                email: EmailAddress(columns.text("email")?.to_owned()),
                organisation: columns.text("organisation")?.to_owned(),
                use_case: columns.text("use_case")?.to_owned(),
                language: columns.word("language", |tag| {
                    Language::ALL.into_iter().find(|language| language.tag() == tag)
                })?,
            },
        })
    }
}

impl Verdict {
    fn read(columns: &Columns<'_>) -> Result<Option<Self>> {
        let ruling = match columns.text("state")? {
            "pending" => return Ok(None),
            "approved" => Ruling::Approved,
            "denied" => Ruling::Denied,
            _ => return Err(columns.corrupt()),
        };
        Ok(Some(Self {
            ruling,
            author: columns.text("author")?.to_owned(),
            reason: columns.text("reason")?.to_owned(),
            at: columns.moment("decided_ms")?,
        }))
    }
}

impl Ruling {
    fn state(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Denied => "denied",
        }
    }

    fn told(self) -> &'static str {
        match self {
            Self::Approved => "override request approved",
            Self::Denied => "override request denied",
        }
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(..)")
    }
}

fn quota(tier: NonZeroU64) -> std::result::Result<Quota, QuotaError> {
    Quota::new(tier.get(), PERIOD, tier.get())
}

fn id_column(id: u64) -> i64 {
    i64::try_from(id).unwrap_or(i64::MAX)
}
