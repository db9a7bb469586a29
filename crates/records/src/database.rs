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
        let open_error = |error| open_error(path, error);
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
    match error {
        MigrateError::VersionMissing(version) => RecordsError::Newer { path: path.to_owned(), version },
        MigrateError::Execute(source) => open_error(path, source),
        source => RecordsError::Migration { path: path.to_owned(), source },
    }
}

fn open_error(path: &Path, error: sqlx::Error) -> RecordsError {
    // sqlx wraps SQLite's words in its own and gives them again as the cause.
    let source = match error {
        sqlx::Error::Database(error) => error.into_error(),
        error => error.into(),
    };
    RecordsError::Open { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use sqlx::SqliteConnection;
    use tollgate_acme::{identifier::SetId, resource::AccountId};

    use super::*;

    /// The version of the last migration released and the SHA-384 of each file, which sqlx compares
    /// with what an existing database was made by. A change here breaks every installation.
    #[test]
    fn released_migrations_are_as_they_were() {
        let migrations: Vec<_> = MIGRATIONS
            .iter()
            .map(|migration| {
                let checksum: String = migration.checksum.iter().map(|b| format!("{b:02x}")).collect();
                format!("{} {} {checksum}", migration.version, migration.description)
            })
            .collect();
        insta::assert_snapshot!(migrations.join("\n"));
    }

    async fn made_by(migrations: Migrator, path: &Path, rows: &'static str) {
        let mut connection: SqliteConnection =
            options().filename(path).create_if_missing(true).connect().await.unwrap();
        migrations.run(&mut connection).await.unwrap();
        sqlx::raw_sql(rows).execute(&mut connection).await.unwrap();
    }

    #[tokio::test]
    async fn database_made_by_the_first_migration_only_is_brought_up_and_keeps_its_rows() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("records.db");
        let first = Migrator::with_migrations(vec![MIGRATIONS.iter().next().unwrap().clone()]);
        made_by(
            first,
            &path,
            "INSERT INTO accounts (path, created_ms) VALUES ('/acme/acct/1', 1);
             INSERT INTO orders (path, account, identifiers, set_id, admitted, status, issuance, created_ms)
             VALUES ('/o/1', '/acme/acct/1', 'dns:example.com', zeroblob(32), 'limited', 'valid', 'counted', 1);
             INSERT INTO issued_sets VALUES ('/o/1', zeroblob(32), 5);
             INSERT INTO pauses (account, identifier, since_ms) VALUES ('/acme/acct/1', 'dns:example.com', 1);",
        )
        .await;

        let records = Records::open(&path).await.unwrap();
        let account = AccountId::of("/acme/acct/1").unwrap();
        assert!(records.account(&account).await.unwrap().is_some());
        assert_eq!(records.pauses(&account, 10).await.unwrap().len(), 1);
        let since = jiff::Timestamp::from_millisecond(5).unwrap();
        assert!(records.set_issued_since(&SetId([0; 32]), since).await.unwrap());
        records.close().await;
    }

    #[tokio::test]
    async fn database_of_a_newer_version_is_refused_with_a_word_about_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("records.db");
        let mut later = MIGRATIONS.iter().next().unwrap().clone();
        later.version = 9_999;
        made_by(Migrator::with_migrations(vec![later]), &path, "").await;
        let error = Records::open(&path).await.err().unwrap();
        assert!(matches!(error, RecordsError::Newer { version: 9_999, .. }), "{error:?}");
    }

    #[tokio::test]
    async fn row_that_makes_no_sense_is_an_error_naming_its_table() {
        let records = Records::in_memory().await.unwrap();
        sqlx::query("INSERT INTO accounts (path, key, created_ms) VALUES ('/acme/acct/1', 'no key', 1)")
            .execute(&records.shared.writing)
            .await
            .unwrap();
        let error = records.account(&AccountId::of("/acme/acct/1").unwrap()).await.unwrap_err();
        assert!(matches!(error, RecordsError::Corrupt { table: "accounts" }), "{error:?}");
    }

    #[tokio::test]
    async fn override_that_makes_no_sense_is_named_and_loses_no_other() {
        use tollgate_policy::{limit::LimitName, overrides::Subject};

        let records = Records::in_memory().await.unwrap();
        let rows = [
            ("'new-orders-per-account', '/acct/1'", "500, 60000000000, 500", true),
            ("'orders-per-moon', '/acct/2'", "500, 60000000000, 500", false),
            ("'new-orders-per-account', '/acct/3'", "0, 60000000000, 500", false),
            ("'new-orders-per-account', '/acct/4'", "500, -1, 500", false),
            ("'certificates-per-registered-domain', '*.example.com'", "5, 60000000000, 5", false),
            ("'certificates-per-registered-domain', 'Example.com'", "5, 60000000000, 5", false),
            ("'certificates-per-registered-domain', 'example.com'", "5, 60000000000, 5", true),
        ];
        for (key, quota, _) in rows {
            let sql = format!("INSERT INTO overrides VALUES ({key}, {quota}, 'a', 'r', NULL, 1)");
            sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&records.shared.writing).await.unwrap();
        }
        let told = |limit: &str, subject: &str| format!("'{limit}', '{subject}'");
        let all = records.overrides().await.unwrap();
        let mut read: Vec<_> =
            all.overrides.iter().map(|it| told(it.limit.as_str(), &it.subject.to_string())).collect();
        let mut named: Vec<_> = all.unreadable.iter().map(|it| told(&it.limit, &it.subject)).collect();
        for (list, readable) in [(&mut read, true), (&mut named, false)] {
            let mut expected: Vec<_> = rows.iter().filter(|it| it.2 == readable).map(|it| it.0).collect();
            expected.sort_unstable();
            list.sort_unstable();
            assert_eq!(*list, expected, "readable: {readable}");
        }
        assert_eq!(records.overrides_revision().await.unwrap(), 7, "by hand or not");

        let (limit, now) = (LimitName::NewOrdersPerAccount, jiff::Timestamp::UNIX_EPOCH);
        let bad = Subject::parse(limit, "/acct/3").unwrap();
        assert!(matches!(records.override_of(limit, &bad).await, Err(RecordsError::Corrupt { .. })));
        assert_eq!(records.remove_override(limit, &bad, "me", "unreadable", now).await.unwrap(), None);
        assert_eq!(records.override_of(limit, &bad).await.unwrap(), None, "it is gone");
        assert_eq!(records.audit(None, 10).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn audit_can_only_be_added_to() {
        let records = Records::in_memory().await.unwrap();
        let added = "INSERT INTO audit (at_ms, who, what, subject, why) VALUES (1, 'me', 'w', 's', 'y')";
        sqlx::query(added).execute(&records.shared.writing).await.unwrap();
        for sql in ["UPDATE audit SET who = 'you'", "DELETE FROM audit"] {
            let error = sqlx::query(sql).execute(&records.shared.writing).await.unwrap_err();
            assert!(error.to_string().contains("only ever added to"), "{sql}: {error}");
        }
        assert_eq!(records.audit(None, 10).await.unwrap()[0].who, "me");
    }

    #[tokio::test]
    async fn database_is_in_wal_mode_with_foreign_keys() {
        let directory = tempfile::tempdir().unwrap();
        let records = Records::open(&directory.path().join("records.db")).await.unwrap();
        for (pragma, value) in [("journal_mode", "wal"), ("synchronous", "1"), ("foreign_keys", "1")] {
            let sql = sqlx::AssertSqlSafe(format!("SELECT CAST({pragma} AS TEXT) FROM pragma_{pragma}"));
            let set: String = sqlx::query_scalar(sql).fetch_one(&records.shared.writing).await.unwrap();
            assert_eq!(set, value, "{pragma}");
        }
    }
}
