//! What makes the state durable: changed rows, written in batches to an SQLite database.
//!
//! The state in memory is the truth while the process runs. A request that changed something waits
//! until its change is written, so what a client was told survives a restart. Requests that change
//! something at the same time share a transaction.

use std::{path::Path, sync::Arc, time::Duration};

use parking_lot::Mutex;
use sqlx::{
    Connection, Row, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteLockingMode, SqliteSynchronous},
};
use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
};

use crate::{
    state::{Snapshot, State},
    table::Record,
};

/// The file in the data directory.
const FILE: &str = "test-ca.sqlite3";

/// How long to wait for another process (or an earlier CA of this one) to let go of the file.
const LOCKED_WAIT: Duration = Duration::from_secs(5);

/// Why the state cannot be kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The folder or file cannot be made.
    #[error("cannot create {path}")]
    Create {
        /// Which.
        path: std::path::PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// The database does not work, or belongs to a process that still runs.
    #[error("cannot use the database {path}")]
    Database {
        /// Which.
        path: std::path::PathBuf,
        /// Why.
        #[source]
        cause: sqlx::Error,
    },
    /// A row cannot be read.
    #[error("row {kind}/{id} of the database cannot be read")]
    Row {
        /// The kind of row.
        kind: i64,
        /// Its number.
        id: i64,
        /// Why.
        #[source]
        cause: serde_json::Error,
    },
    /// The first rows cannot be written.
    #[error("the database cannot be written")]
    NotWritten,
}

/// Where changes go; nowhere when the CA keeps nothing.
pub(crate) struct Journal {
    shared: Arc<Shared>,
    writer: Option<JoinHandle<()>>,
}

struct Shared {
    state: Arc<Mutex<State>>,
    changed: Notify,
    written: watch::Sender<Written>,
}

/// How far the changes have been written, by [`Snapshot::sequence`].
#[derive(Clone, Copy, Default)]
struct Written {
    through: u64,
    failed: u64,
    closing: bool,
}

/// The change was made, but could not be written.
#[derive(Debug, thiserror::Error)]
#[error("the change could not be written down")]
pub(crate) struct NotWritten;

impl Journal {
    /// Reads what an earlier process wrote, and goes on writing there.
    pub(crate) async fn open(
        data_dir: Option<&Path>,
        state: Arc<Mutex<State>>,
    ) -> Result<Self, JournalError> {
        let written = watch::Sender::new(Written::default());
        let shared = Arc::new(Shared { state, changed: Notify::new(), written });
        let Some(data_dir) = data_dir else { return Ok(Self { shared, writer: None }) };

        let path = data_dir.join(FILE);
        create(data_dir, &path)?;
        let mut connection = connect(&path).await?;
        for (kind, id, body) in rows(&mut connection, &path).await? {
            let restored = shared.state.lock().restore(kind, id.cast_unsigned(), &body);
            restored.map_err(|cause| JournalError::Row { kind, id, cause })?;
        }
        let writer = tokio::spawn(Arc::clone(&shared).write(connection));
        Ok(Self { shared, writer: Some(writer) })
    }

    /// Waits until everything changed so far is written. Dropped half way, it is written all the same.
    pub(crate) async fn flushed(&self) -> Result<(), NotWritten> {
        if self.writer.is_none() {
            return Ok(());
        }
        let sequence = self.shared.state.lock().sequence();
        let mut written = self.shared.written.subscribe();
        if written.borrow().through < sequence {
            self.shared.changed.notify_one();
        }
        let done = written.wait_for(|w| sequence <= w.through || sequence <= w.failed).await;
        if done.is_ok_and(|written| sequence <= written.through) { Ok(()) } else { Err(NotWritten) }
    }

    /// Lets the writer write what is there, and end.
    pub(crate) fn close(&self) {
        self.shared.written.send_modify(|written| written.closing = true);
        self.shared.changed.notify_one();
    }

    /// Closes and waits until the file is free.
    pub(crate) async fn closed(&mut self) {
        self.close();
        if let Some(writer) = self.writer.take() {
            // It ends by itself; that it panicked would show in the tests that read the file again.
            let _ = writer.await;
        }
    }
}

impl Shared {
    async fn write(self: Arc<Self>, mut connection: SqliteConnection) {
        loop {
            let closing = self.written.borrow().closing;
            let snapshot = self.state.lock().take_snapshot();
            match save(&mut connection, &snapshot.records).await {
                Ok(()) => self.written.send_modify(|written| written.through = snapshot.sequence),
                Err(error) => self.failed(&snapshot, &error),
            }
            if closing {
                break;
            }
            self.changed.notified().await;
        }
        if let Err(error) = connection.close().await {
            tracing::warn!(%error, "the test CA's database was not closed cleanly");
        }
    }

    fn failed(&self, snapshot: &Snapshot, error: &sqlx::Error) {
        tracing::error!(%error, "the test CA's database cannot be written");
        self.state.lock().changed_again(&snapshot.records);
        self.written.send_modify(|written| written.failed = snapshot.sequence);
    }
}

/// Makes the folder, and the file so that only its owner can read the CA's key in it.
fn create(data_dir: &Path, path: &Path) -> Result<(), JournalError> {
    let failed = |cause| JournalError::Create { path: path.to_owned(), cause };
    std::fs::create_dir_all(data_dir).map_err(failed)?;
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(failed)
}

async fn connect(path: &Path) -> Result<SqliteConnection, JournalError> {
    let failed = |cause| JournalError::Database { path: path.to_owned(), cause };
    let options = SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(LOCKED_WAIT)
        // Two processes on one file would each miss the other's changes.
        .locking_mode(SqliteLockingMode::Exclusive)
        .journal_mode(SqliteJournalMode::Wal)
        // The last moments may be lost with the machine's power, not with the process.
        .synchronous(SqliteSynchronous::Normal);
    let mut connection = SqliteConnection::connect_with(&options).await.map_err(failed)?;
    let table = "CREATE TABLE IF NOT EXISTS row (kind INTEGER NOT NULL, id INTEGER NOT NULL, \
                 body TEXT NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID";
    sqlx::query(table).execute(&mut connection).await.map_err(failed)?;
    Ok(connection)
}

async fn rows(
    connection: &mut SqliteConnection,
    path: &Path,
) -> Result<Vec<(i64, i64, String)>, JournalError> {
    let failed = |cause| JournalError::Database { path: path.to_owned(), cause };
    let query = sqlx::query("SELECT kind, id, body FROM row ORDER BY kind, id");
    let rows = query.fetch_all(connection).await.map_err(failed)?;
    let parts = rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?)));
    parts.collect::<Result<_, _>>().map_err(failed)
}

async fn save(connection: &mut SqliteConnection, records: &[Record]) -> Result<(), sqlx::Error> {
    if records.is_empty() {
        return Ok(());
    }
    let mut transaction = connection.begin().await?;
    for Record { kind, id, body } in records {
        let query = match body {
            Some(_) => sqlx::query("INSERT OR REPLACE INTO row (kind, id, body) VALUES (?, ?, ?)"),
            None => sqlx::query("DELETE FROM row WHERE kind = ? AND id = ?"),
        };
        let query = query.bind(kind).bind(id.cast_signed());
        let query = if let Some(body) = body { query.bind(body) } else { query };
        query.execute(&mut *transaction).await?;
    }
    transaction.commit().await
}
