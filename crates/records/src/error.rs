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
    /// The file is there but is no database, or a damaged one.
    #[error("cannot open the records database {}", path.display())]
    Open {
        /// The database file.
        path: PathBuf,
        /// What SQLite says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The file was written by a version of Tollgate that knows more than this one.
    #[error("the records database {} was written by a newer version (migration {version})", path.display())]
    Newer {
        /// The database file.
        path: PathBuf,
        /// The first migration this version does not know.
        version: i64,
    },
    /// The file could not be brought to this version.
    #[error("cannot bring the records database {} to this version", path.display())]
    Migration {
        /// The database file.
        path: PathBuf,
        /// What went wrong.
        source: sqlx::migrate::MigrateError,
    },
    /// The database refused a read or one write; other writes are not concerned.
    #[error("the records database failed")]
    Database(#[from] sqlx::Error),
    /// A group of writes could not be committed; none of them was done.
    #[error("the records database could not commit")]
    Commit(#[source] Arc<sqlx::Error>),
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
    /// What was read makes no sense.
    #[error("the records hold something unreadable in {table}")]
    Corrupt {
        /// Where.
        table: &'static str,
    },
}
