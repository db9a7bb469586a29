//! Overrides as files, in and out.

use std::collections::HashSet;

use axum::{Json, extract::State, response::IntoResponse as _};
use http::{HeaderValue, header};
use serde::Deserialize;
use tollgate_engine::Quota;
use tollgate_policy::Policy;
use tollgate_records::{Put, Records, StoredOverride};

use super::{
    Admin,
    caller::{Asked, File, Reader, Writer},
    overrides::would_lower,
    problem::{Answer, Refused},
};
use crate::{
    api::{Imported, SkippedRow},
    exchange::{Place, Read, Row, Skipped, boulder, csv},
};

/// Rows taken from one file at most.
const IMPORT_ROWS_MAX: usize = 100_000;

/// Overrides in one transaction, so that other writes get their turn in between.
const ROWS_PER_WRITE_MAX: usize = 500;

/// Skipped rows that an answer names; the others are counted in one more.
const SKIPPED_NAMED_MAX: usize = 1000;

/// Overrides read at a time for an export.
const EXPORT_PAGE: u32 = 1000;

/// In which form a file is.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    Csv,
    Boulder,
}

/// How a file is read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ImportOptions {
    format: Format,
    /// Whether overrides that allow more are lowered.
    #[serde(default)]
    force: bool,
    /// For rows that say none.
    reason: String,
    /// What stands before the number of an account of Boulder's.
    account_prefix: Option<String>,
}

/// How a file is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExportOptions {
    format: Format,
    account_prefix: Option<String>,
}

pub(super) async fn import(
    Writer(who): Writer,
    State(admin): State<Admin>,
    Asked(options): Asked<ImportOptions>,
    File(file): File,
) -> Answer<Imported> {
    let read = match options.format {
        Format::Csv => csv::read_overrides(&file),
        Format::Boulder => boulder::read_overrides(&file, &accounts(options.account_prefix.clone())),
    };
    let Read { rows, skipped } = read.map_err(Refused::unprocessable)?;
    if rows.len() > IMPORT_ROWS_MAX {
        let problem = format!("{} rows, more than {IMPORT_ROWS_MAX}: split the file", rows.len());
        return Err(Refused::unprocessable(problem));
    }
    let mut taken = Taken { imported: Imported::default(), skipped };
    let checked = taken.check(rows, &admin.limiter.policy(), &options, &who, admin.limiter.moment());
    taken.write(checked, admin.limiter.records(), options.force, &who, admin.limiter.moment()).await?;
    let imported = taken.told();
    tracing::info!(
        added = imported.added,
        changed = imported.changed,
        unchanged = imported.unchanged,
        skipped = imported.skipped.len(),
        who,
        "overrides imported"
    );
    Ok(Json(imported))
}

pub(super) async fn export(
    _: Reader,
    State(admin): State<Admin>,
    Asked(options): Asked<ExportOptions>,
) -> Result<axum::response::Response, Refused> {
    let rows = all_rows(admin.limiter.records()).await?;
    let (kind, file) = match options.format {
        Format::Csv => ("text/csv; charset=utf-8", csv::write_overrides(&rows)),
        Format::Boulder => {
            let (file, skipped) = boulder::write_overrides(&rows, &accounts(options.account_prefix));
            let left_out: String = skipped
                .iter()
                .map(|skipped| {
                    let name = skipped.place.name.as_deref().unwrap_or_default();
                    format!("# left out: {name}: {}\n", skipped.problem)
                })
                .collect();
            ("application/yaml", left_out + &file)
        }
    };
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], file).into_response())
}

fn accounts(path_prefix: Option<String>) -> boulder::Accounts {
    boulder::Accounts { path_prefix: path_prefix.unwrap_or_else(|| "/acme/acct/".to_owned()) }
}

async fn all_rows(records: &Records) -> Result<Vec<Row>, Refused> {
    let mut rows = Vec::new();
    let mut after: Option<(String, String)> = None;
    loop {
        let from = after.as_ref().map(|(limit, subject)| (limit.as_str(), subject.as_str()));
        let page = records.overrides_page(from, EXPORT_PAGE).await?;
        let last = page.overrides.last().map(|last| (last.limit.to_string(), last.subject.to_string()));
        let unreadable = page.unreadable.last().map(|last| (last.limit.clone(), last.subject.clone()));
        rows.extend(page.overrides.into_iter().map(row));
        after = last.max(unreadable);
        if after.is_none() {
            return Ok(rows);
        }
    }
}

fn row(stored: StoredOverride) -> Row {
    let subject = stored.subject.to_string();
    Row {
        place: Place { line: 0, name: Some(subject.clone()) },
        limit: stored.limit,
        subject,
        count: stored.quota.count(),
        burst: stored.quota.burst(),
        period: stored.quota.period(),
        author: Some(stored.author),
        reason: stored.reason,
        expires: stored.expires,
    }
}

/// What has become of a file so far.
struct Taken {
    imported: Imported,
    skipped: Vec<Skipped>,
}

impl Taken {
    /// Those rows that the records can take. Of two for the same subject, the first counts.
    fn check(
        &mut self,
        rows: Vec<Row>,
        policy: &Policy,
        options: &ImportOptions,
        who: &str,
        now: jiff::Timestamp,
    ) -> Vec<(Place, StoredOverride)> {
        let mut seen = HashSet::new();
        let mut checked = Vec::with_capacity(rows.len());
        for row in rows {
            let place = row.place.clone();
            let stored = stored(row, policy, options, who, now).and_then(|stored| {
                if seen.insert((stored.limit, stored.subject.to_string())) {
                    Ok(stored)
                } else {
                    Err("the same subject stands above".to_owned())
                }
            });
            match stored {
                Ok(stored) => checked.push((place, stored)),
                Err(problem) => self.skipped.push(Skipped { place, problem }),
            }
        }
        checked
    }

    async fn write(
        &mut self,
        mut checked: Vec<(Place, StoredOverride)>,
        records: &Records,
        force: bool,
        who: &str,
        now: jiff::Timestamp,
    ) -> Result<(), Refused> {
        while !checked.is_empty() {
            let rest = checked.split_off(ROWS_PER_WRITE_MAX.min(checked.len()));
            let (places, batch): (Vec<_>, Vec<_>) = std::mem::replace(&mut checked, rest).into_iter().unzip();
            let puts = records.put_overrides(batch, force, who, now).await?;
            for (place, put) in places.into_iter().zip(puts) {
                match put {
                    Put::Added => self.imported.added += 1,
                    Put::Changed { .. } => self.imported.changed += 1,
                    Put::Unchanged => self.imported.unchanged += 1,
                    Put::WouldLower { before } => {
                        self.skipped.push(Skipped { place, problem: would_lower(&before) });
                    }
                }
            }
        }
        Ok(())
    }

    fn told(mut self) -> Imported {
        self.skipped.sort_by_key(|skipped| skipped.place.line);
        let unnamed = self.skipped.len().saturating_sub(SKIPPED_NAMED_MAX);
        self.skipped.truncate(SKIPPED_NAMED_MAX);
        let named = self.skipped.into_iter().map(|Skipped { place, problem }| SkippedRow {
            line: place.line,
            name: place.name,
            problem,
        });
        self.imported.skipped = named.collect();
        if let Some(last) = self.imported.skipped.last().filter(|_| unnamed > 0) {
            let problem = format!("{unnamed} more rows were skipped");
            self.imported.skipped.push(SkippedRow { line: last.line, name: None, problem });
        }
        self.imported
    }
}

fn stored(
    row: Row,
    policy: &Policy,
    options: &ImportOptions,
    who: &str,
    now: jiff::Timestamp,
) -> Result<StoredOverride, String> {
    let said = |text: &str| text.len() <= tollgate_records::OVERRIDE_TEXT_BYTES_MAX;
    let reason = if row.reason.trim().is_empty() { options.reason.clone() } else { row.reason };
    if reason.trim().is_empty() {
        return Err("the reason is missing".to_owned());
    }
    let author = row.author.unwrap_or_else(|| who.to_owned());
    if !said(&reason) || !said(&author) {
        return Err("author or reason is too long".to_owned());
    }
    Ok(StoredOverride {
        limit: row.limit,
        subject: policy.subject(row.limit, &row.subject).map_err(|error| error.to_string())?,
        quota: Quota::new(row.count, row.period, row.burst).map_err(|error| error.to_string())?,
        author,
        reason,
        expires: row.expires,
        changed: now,
    })
}
