//! Why records could not be opened, read or written.

use std::{io, num::NonZeroU64, path::PathBuf, sync::Arc};

use tollgate_engine::QuotaError;
use tollgate_policy::limit::LimitName;

/// Why records could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordsError {
    /// The file cannot be read and written, or cannot be made: the operator must mend the path.
    #[error("cannot use {} for the records", path.display())]
    Unusable {
        /// The database file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The file is there but is no database, or a damaged one; or there is no connection to be had.
    #[error("cannot open the records database {database}")]
    Open {
        /// The file, or the server without a password.
        database: String,
        /// What the database says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The database was written by a version of Tollgate that knows more than this one.
    #[error("the records database {database} was written by a newer version (migration {version})")]
    Newer {
        /// The file, or the server without a password.
        database: String,
        /// The first migration this version does not know.
        version: i64,
    },
    /// The database could not be brought to this version.
    #[error("cannot bring the records database {database} to this version")]
    Migration {
        /// The file, or the server without a password.
        database: String,
        /// What went wrong.
        source: sqlx::migrate::MigrateError,
    },
    /// The database refused a read or one write; other writes are not concerned.
    #[error("the records database failed")]
    Database(#[from] sqlx::Error),
    /// A group of writes could not be committed; none of them was done.
    #[error("the records database could not commit")]
    Commit(#[source] Arc<sqlx::Error>),
    /// No answer came in time. A write may have been done nevertheless.
    #[error("the records database did not answer in time")]
    Slow,
    /// The database was away a moment ago: nothing was tried.
    #[error("the records database is away")]
    Away,
    /// [`Records::close`](crate::Records::close) came first.
    #[error("the records are closed")]
    Closed,
    /// An override for a subject of a kind that the limit has none for; nothing was written.
    #[error("an override of {limit} cannot be for such a subject")]
    SubjectKind {
        /// The limit.
        limit: LimitName,
    },
    /// No quota has such numbers; nothing was written.
    #[error("{tier} a week cannot be granted")]
    Tier {
        /// What was asked for.
        tier: NonZeroU64,
        /// Why not.
        source: QuotaError,
    },
    /// More was said about a change than is kept; nothing was written.
    #[error("{what} is longer than {} bytes", crate::OVERRIDE_TEXT_BYTES_MAX)]
    TextTooLong {
        /// Which text.
        what: &'static str,
    },
    /// A text has a zero byte, which PostgreSQL cannot keep; nothing was written.
    #[error("{what} has a zero byte")]
    TextWithZero {
        /// Which text.
        what: &'static str,
    },
    /// What was read makes no sense.
    #[error("the records hold something unreadable in {table}")]
    Corrupt {
        /// Where.
        table: &'static str,
    },
}

impl RecordsError {
    /// Whether the database itself could not be reached, rather than having refused something.
    pub(crate) fn is_away(&self) -> bool {
        match self {
            Self::Slow => true,
            Self::Database(error) => is_away(error),
            Self::Commit(error) => is_away(error),
            _ => false,
        }
    }
}

fn is_away(error: &sqlx::Error) -> bool {
    use sqlx::Error::{Database, Io, PoolTimedOut, Protocol, Tls};
    match error {
        Io(_) | Tls(_) | Protocol(_) | PoolTimedOut => true,
        // Broken connections, a server that shuts down, crashes or starts, and none left to connect to.
        Database(error) => error.code().is_some_and(|code| {
            code.starts_with("08") || code.starts_with("57P0") || matches!(&*code, "25P03" | "53300")
        }),
        _ => false,
    }
}
