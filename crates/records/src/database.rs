//! The database: opening, reading connections, closing.

use std::{io, path::Path, sync::Arc, time::Duration};

use sqlx::{
    ConnectOptions, SqlitePool,
    migrate::{MigrateError, Migrator},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::{RecordsError, Result, writer::Writer};

/// Connections that read at the same time.
const READERS_MAX: u32 = 4;

/// How long a read or a transaction waits for its turn.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// How the schema came to be; one history, only ever added to.
pub(crate) static MIGRATIONS: Migrator = sqlx::migrate!();

/// The records of one installation. Cheap to clone; all clones are the same records.
#[derive(Clone)]
pub struct Records {
    shared: Arc<Shared>,
}

struct Shared {
    readers: SqlitePool,
    /// The one connection that writes; in memory the readers' too.
    writing: SqlitePool,
    writer: Writer,
}

impl Records {
    /// Opens or creates the database file and brings it to the current version.
    ///
    /// # Errors
    ///
    /// [`RecordsError::Unusable`] when the path cannot be written, [`RecordsError::Open`] when there
    /// is something else than a database, [`RecordsError::Newer`] after a downgrade.
    pub async fn open(path: &Path) -> Result<Self> {
        create_private(path)
            .await
            .map_err(|source| RecordsError::Unusable { path: path.to_owned(), source })?;
        let open_error = |source| RecordsError::Open { path: path.to_owned(), source };
        let options = options()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(WAIT_MAX);

        let writing = pool(1).connect_with(options.clone()).await.map_err(open_error)?;
        MIGRATIONS.run(&writing).await.map_err(|error| migration_error(path, error))?;
        let readers =
            pool(READERS_MAX).connect_with(options.pragma("query_only", "ON")).await.map_err(open_error)?;
        Ok(Self::over(readers, writing))
    }

    /// A database in memory, gone when dropped.
    ///
    /// # Errors
    ///
    /// [`RecordsError`], when there is no memory left.
    pub async fn in_memory() -> Result<Self> {
        // A database in memory belongs to its connection: readers and writer share the only one.
        let pool = pool(1).connect_with(options()).await?;
        MIGRATIONS.run(&pool).await.map_err(|error| migration_error(Path::new(":memory:"), error))?;
        Ok(Self::over(pool.clone(), pool))
    }

    /// Writes out what is queued and closes. Later calls fail with [`RecordsError::Closed`] or, when
    /// reading, [`RecordsError::Database`].
    pub async fn close(&self) {
        self.shared.writer.close().await;
        self.shared.readers.close().await;
        self.shared.writing.close().await;
    }

    pub(crate) fn readers(&self) -> &SqlitePool {
        &self.shared.readers
    }

    pub(crate) fn writer(&self) -> &Writer {
        &self.shared.writer
    }

    fn over(readers: SqlitePool, writing: SqlitePool) -> Self {
        let writer = Writer::start(writing.clone());
        Self { shared: Arc::new(Shared { readers, writing, writer }) }
    }
}

fn options() -> SqliteConnectOptions {
    SqliteConnectOptions::new().foreign_keys(true).disable_statement_logging()
}

fn pool(connections_max: u32) -> SqlitePoolOptions {
    // Connections are kept for good: they cost nothing when idle, and one in memory is the database.
    SqlitePoolOptions::new()
        .max_connections(connections_max)
        .acquire_timeout(WAIT_MAX)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

/// Makes the file if it is missing, readable by its owner only, and tells in the operating system's
/// words what SQLite would only call "unable to open database file".
async fn create_private(path: &Path) -> io::Result<()> {
    let mut options = tokio::fs::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    options.mode(0o600);
    options.open(path).await.map(drop)
}

fn migration_error(path: &Path, error: MigrateError) -> RecordsError {
    let path = path.to_owned();
    match error {
        MigrateError::VersionMissing(version) => RecordsError::Newer { path, version },
        MigrateError::Execute(source) => RecordsError::Open { path, source },
        source => RecordsError::Migration { path, source },
    }
}
