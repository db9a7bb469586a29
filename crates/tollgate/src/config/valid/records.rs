//! Where the records are.

use std::{num::NonZeroU32, path::PathBuf, time::Duration};

use toml::Spanned;
use url::Url;

use super::{Password, Reading};
use crate::config::raw::{RawPostgresql, RawRecords, RawRecordsBackend};

/// Where the records are.
#[derive(Debug)]
pub enum RecordsConfig {
    /// In a file of the data directory.
    Sqlite,
    /// On a PostgreSQL server.
    Postgresql(Box<PostgresqlConfig>),
}

/// A PostgreSQL server.
#[derive(Debug)]
pub struct PostgresqlConfig {
    /// Where it is; without a password.
    pub url: Url,
    /// Where the password is.
    pub password: Option<Password>,
    /// Roots; `None`: those that browsers trust.
    pub roots: Option<PathBuf>,
    /// The most connections.
    pub connections_max: NonZeroU32,
    /// The longest a read waits.
    pub deadline: Duration,
}

/// PostgreSQL has a process for each, and a hundred of them as it is installed.
const CONNECTIONS_MAX: u32 = 64;
const CONNECTIONS_BY_DEFAULT: NonZeroU32 = NonZeroU32::new(8).expect("it is not zero");

/// A write waits 5 seconds at most, and a read no longer.
const DEADLINE_MAX: Duration = Duration::from_secs(5);

/// What the URL may say after its question mark. A password is not among it.
const PARAMETERS: [&str; 8] =
    ["host", "port", "user", "dbname", "sslmode", "sslcert", "sslkey", "application_name"];

impl Reading<'_> {
    pub(super) fn records(&mut self, raw: &RawRecords) -> RecordsConfig {
        match (raw.backend, &raw.postgresql) {
            (RawRecordsBackend::Sqlite, None) => RecordsConfig::Sqlite,
            (RawRecordsBackend::Sqlite, Some(given)) => {
                let problem = "is of use only with backend = \"postgresql\"";
                self.mistake("records.postgresql", Some(given.span()), problem);
                RecordsConfig::Sqlite
            }
            (RawRecordsBackend::Postgresql, None) => {
                let problem = "backend = \"postgresql\" needs the table [records.postgresql] with a url";
                self.mistake("records.backend", None, problem);
                RecordsConfig::Sqlite
            }
            (RawRecordsBackend::Postgresql, Some(given)) => match self.postgresql(given.get_ref()) {
                Some(config) => RecordsConfig::Postgresql(Box::new(config)),
                None => RecordsConfig::Sqlite,
            },
        }
    }

    fn postgresql(&mut self, raw: &RawPostgresql) -> Option<PostgresqlConfig> {
        let table = "records.postgresql";
        let password = self.password(table, raw.password_file.as_ref(), raw.password_env.as_ref());
        let key = "records.postgresql.deadline";
        let deadline = self.duration(key, raw.deadline.as_ref(), Duration::from_secs(1));
        if deadline > DEADLINE_MAX {
            self.mistake(key, raw.deadline.as_ref().map(Spanned::span), "must be 5s at most");
        }
        let connections = raw.connections_max.as_ref();
        let connections_max = connections.map_or(Some(CONNECTIONS_BY_DEFAULT), |given| {
            let connections = NonZeroU32::new(*given.get_ref());
            connections.filter(|connections| (2..=CONNECTIONS_MAX).contains(&connections.get()))
        });
        if connections_max.is_none() {
            let span = connections.map(Spanned::span);
            self.mistake("records.postgresql.connections-max", span, "must be from 2 to 64");
        }
        let url = postgresql_url(raw.url.get_ref());
        let url = url.map_err(|problem| {
            self.mistake("records.postgresql.url", Some(raw.url.span()), problem);
        });
        let roots = raw.roots.as_ref().map(|roots| self.path(roots));
        Some(PostgresqlConfig {
            url: url.ok()?,
            password,
            roots,
            connections_max: connections_max?,
            deadline,
        })
    }
}

/// A mistake never repeats the URL, in which a password may be.
fn postgresql_url(written: &str) -> Result<Url, String> {
    const EXAMPLE: &str = "must be like postgresql://tollgate@db.internal:5432/tollgate";
    let url: Url = written.parse().map_err(|_| EXAMPLE.to_owned())?;
    if !matches!(url.scheme(), "postgresql" | "postgres") || url.cannot_be_a_base() {
        return Err(EXAMPLE.to_owned());
    }
    if url.password().is_some() || url.query_pairs().any(|(key, _)| key == "password") {
        return Err("no password in a URL: it ends up in logs; use password-file or password-env".to_owned());
    }
    if let Some((key, _)) = url.query_pairs().find(|(key, _)| !PARAMETERS.contains(&&**key)) {
        return Err(format!("{key} is none of the parameters {}", PARAMETERS.join(", ")));
    }
    let names_one =
        !url.path().trim_matches('/').is_empty() || url.query_pairs().any(|(key, _)| key == "dbname");
    if names_one { Ok(url) } else { Err(format!("names no database; {EXAMPLE}")) }
}
