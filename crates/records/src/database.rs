//! The database: opening, reading, closing.

use std::{io, path::Path, sync::Arc, time::Duration};

use sqlx::{
    Any, AnyConnection, AnyPool, Connection,
    any::{AnyArguments, AnyConnectOptions, AnyPoolOptions, AnyRow},
    migrate::MigrateError,
    pool::PoolConnection,
    query::Query,
};
use tokio::time::timeout;
use url::Url;

use crate::{
    RecordsError, Result,
    availability::Availability,
    backend::{Backend, PostgresqlOptions},
    writer::Writer,
};

/// SQLite connections that read at the same time.
const READERS_MAX: u32 = 4;

/// How long SQLite may take for a read, a first connection to come about, and a gateway to say nothing in
/// the middle of a transaction.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// How long a group of writes may take, and wait for those of other gateways. An operator's import of many
/// thousand overrides is one transaction.
pub(crate) const WRITING_MAX: Duration = Duration::from_secs(60);

/// How long a connection may lie idle before it is tried out: the server may have been restarted.
const TRUSTED_FOR: Duration = Duration::from_secs(1);

/// The records of one installation. Cheap to clone; all clones are the same records.
#[derive(Clone)]
pub struct Records {
    shared: Arc<Shared>,
}

struct Shared {
    backend: Backend,
    readers: AnyPool,
    /// The one connection that writes; in memory the readers' too.
    writing: AnyPool,
    read_deadline: Duration,
    availability: Arc<Availability>,
    writer: Writer,
}

impl Records {
    /// Opens or creates the SQLite file and brings it to the current version.
    ///
    /// # Errors
    ///
    /// [`RecordsError::Unusable`] when the path cannot be written, [`RecordsError::Open`] when there
    /// is something else than a database, [`RecordsError::Newer`] after a downgrade.
    pub async fn open(path: &Path) -> Result<Self> {
        create_private(path)
            .await
            .map_err(|source| RecordsError::Unusable { path: path.to_owned(), source })?;
        let database = path.display().to_string();
        let options = connect_options(&sqlite_url(path)?)?;
        let mut first =
            AnyConnection::connect_with(&options).await.map_err(|error| open_error(&database, error))?;
        // Stays with the file.
        sqlx::raw_sql("PRAGMA journal_mode = WAL")
            .execute(&mut first)
            .await
            .map_err(|error| open_error(&database, error))?;
        migrate(&mut first, Backend::Sqlite, &database).await?;
        first.close().await.map_err(|error| open_error(&database, error))?;

        let writing = sqlite_pool(1, "PRAGMA synchronous = NORMAL").connect_lazy_with(options.clone());
        let readers = sqlite_pool(READERS_MAX, "PRAGMA query_only = ON").connect_lazy_with(options);
        Ok(Self::over(Backend::Sqlite, readers, writing, WAIT_MAX))
    }

    /// Connects to PostgreSQL and brings the database to the current version. Any number of gateways
    /// may; they wait for one another.
    ///
    /// # Errors
    ///
    /// [`RecordsError::Open`] when there is no connection to be had, or no permission;
    /// [`RecordsError::Newer`] after a downgrade.
    pub async fn connect(options: &PostgresqlOptions) -> Result<Self> {
        let database = options.shown();
        let connect = connect_options(&options.connect_url())?;
        // By itself, not from a pool: that would try again and again, and then say only that it did.
        let mut first = timeout(WAIT_MAX, AnyConnection::connect_with(&connect))
            .await
            .unwrap_or(Err(sqlx::Error::PoolTimedOut))
            .map_err(|error| open_error(&database, error))?;
        migrate(&mut first, Backend::Postgresql, &database).await?;
        // Nothing hangs on it.
        let _ = first.close().await;

        let readers_max = options.connections_max.get().saturating_sub(1).max(1);
        let readers = postgresql_pool(readers_max, options.deadline).connect_lazy_with(connect.clone());
        let writing = postgresql_pool(1, options.deadline).connect_lazy_with(connect);
        Ok(Self::over(Backend::Postgresql, readers, writing, options.deadline))
    }

    /// A database in memory, gone when dropped.
    ///
    /// # Errors
    ///
    /// [`RecordsError`], when there is no memory left.
    pub async fn in_memory() -> Result<Self> {
        let options = connect_options(&"sqlite::memory:".parse().expect("it is a URL"))?;
        // A database in memory belongs to its connection: readers and writer share the only one.
        let pool = sqlite_pool(1, "PRAGMA synchronous = OFF").connect_with(options).await?;
        migrate(&mut *pool.acquire().await?, Backend::Sqlite, ":memory:").await?;
        Ok(Self::over(Backend::Sqlite, pool.clone(), pool, WAIT_MAX))
    }

    /// Writes out what is queued and closes. Later calls fail with [`RecordsError::Closed`] or, when
    /// reading, [`RecordsError::Database`].
    pub async fn close(&self) {
        self.shared.writer.close().await;
        self.shared.readers.close().await;
        self.shared.writing.close().await;
    }

    /// Whether other gateways may write in the same database.
    #[must_use]
    pub fn are_shared(&self) -> bool {
        self.shared.backend == Backend::Postgresql
    }

    pub(crate) fn writer(&self) -> &Writer {
        &self.shared.writer
    }

    /// The rows of a query.
    pub(crate) async fn read_all(&self, query: Query<'_, Any, AnyArguments>) -> Result<Vec<AnyRow>> {
        self.read(async |connection| query.fetch_all(connection).await).await
    }

    /// The first row of a query, if there is one.
    pub(crate) async fn read_optional(&self, query: Query<'_, Any, AnyArguments>) -> Result<Option<AnyRow>> {
        self.read(async |connection| query.fetch_optional(connection).await).await
    }

    /// The row of a query that always has one.
    pub(crate) async fn read_one(&self, query: Query<'_, Any, AnyArguments>) -> Result<AnyRow> {
        self.read(async |connection| query.fetch_one(connection).await).await
    }

    async fn read<T>(&self, read: impl AsyncFnOnce(&mut AnyConnection) -> sqlx::Result<T>) -> Result<T> {
        let Shared { readers, read_deadline, availability, .. } = &*self.shared;
        availability.check()?;
        let mut connection = None;
        let reading = async {
            let connection: &mut PoolConnection<Any> = connection.insert(readers.acquire().await?);
            read(connection).await
        };
        let answer = timeout(*read_deadline, reading).await;
        if answer.is_err()
            && let Some(connection) = &mut connection
        {
            // It still waits for its answer; the next read must not.
            connection.close_on_drop();
        }
        let answer = answer.map_err(|_| RecordsError::Slow).and_then(|answer| Ok(answer?));
        availability.learn(&answer);
        answer
    }

    fn over(backend: Backend, readers: AnyPool, writing: AnyPool, read_deadline: Duration) -> Self {
        let availability = Arc::new(Availability::of(backend));
        let writer = Writer::start(backend, writing.clone(), availability.clone());
        Self { shared: Arc::new(Shared { backend, readers, writing, read_deadline, availability, writer }) }
    }
}

/// Connections are kept for good: they cost nothing when idle, and one in memory is the database.
fn sqlite_pool(connections_max: u32, pragma: &'static str) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(connections_max)
        .acquire_timeout(WAIT_MAX)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .after_connect(move |connection, _| {
            Box::pin(async move { sqlx::raw_sql(pragma).execute(connection).await.map(drop) })
        })
}

fn postgresql_pool(connections_max: u32, deadline: Duration) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(connections_max)
        .acquire_timeout(deadline)
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for >= TRUSTED_FOR {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .after_connect(|connection, _| {
            // So that a gateway that hangs in the middle of a transaction cannot hold up the others.
            let bounds = format!(
                "SET statement_timeout = {0}; SET lock_timeout = {0};
                 SET idle_in_transaction_session_timeout = {1}",
                WRITING_MAX.as_millis(),
                WAIT_MAX.as_millis()
            );
            let set = sqlx::raw_sql(sqlx::AssertSqlSafe(bounds));
            Box::pin(async move { set.execute(connection).await.map(drop) })
        })
}

fn connect_options(url: &Url) -> Result<AnyConnectOptions> {
    use sqlx::ConnectOptions;

    sqlx::any::install_default_drivers();
    Ok(AnyConnectOptions::from_url(url)?.disable_statement_logging())
}

/// The file's URL: its path is absolute, and percent-encoded so that no character in it means anything.
fn sqlite_url(path: &Path) -> Result<Url> {
    let unusable = |source| RecordsError::Unusable { path: path.to_owned(), source };
    let absolute = path.canonicalize().map_err(unusable)?;
    let file = Url::from_file_path(absolute).expect("a canonical path is absolute");
    let url = format!("sqlite://{}", file.path());
    Ok(url.parse().expect("the path of a URL fits into another"))
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

async fn migrate(connection: &mut AnyConnection, backend: Backend, database: &str) -> Result<()> {
    let database = database.to_owned();
    backend.migrations().run(connection).await.map_err(|error| match error {
        MigrateError::VersionMissing(version) => RecordsError::Newer { database, version },
        MigrateError::Execute(source) => open_error(&database, source),
        source => RecordsError::Migration { database, source },
    })
}

fn open_error(database: &str, error: sqlx::Error) -> RecordsError {
    // sqlx wraps the database's words in its own and gives them again as the cause.
    let source = match error {
        sqlx::Error::Database(error) => error.into_error(),
        error => error.into(),
    };
    RecordsError::Open { database: database.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use std::{num::NonZeroU32, sync::Arc};

    use sqlx::{
        Row,
        migrate::{Migration, Migrator},
    };
    use tempfile::TempDir;
    use tollgate_acme::{identifier::SetId, resource::AccountId};
    use tollgate_test_servers::postgres::PostgresServer;

    use super::*;

    /// A database of a test's own, gone when dropped.
    enum Database {
        Sqlite(TempDir),
        Postgresql { url: String, _server: Arc<PostgresServer> },
    }

    impl Database {
        /// An empty one of each kind.
        fn each() -> [Self; 2] {
            let server = PostgresServer::shared();
            let postgresql = Self::Postgresql { url: server.database(), _server: server };
            [Self::Sqlite(tempfile::tempdir().unwrap()), postgresql]
        }

        fn backend(&self) -> Backend {
            match self {
                Self::Sqlite(_) => Backend::Sqlite,
                Self::Postgresql { .. } => Backend::Postgresql,
            }
        }

        async fn records(&self) -> Result<Records> {
            match self {
                Self::Sqlite(folder) => Records::open(&folder.path().join("records.db")).await,
                Self::Postgresql { url, .. } => Records::connect(&options(url)).await,
            }
        }

        /// A connection beside the records'.
        async fn connection(&self) -> AnyConnection {
            let url = match self {
                Self::Sqlite(folder) => format!("sqlite://{}/records.db?mode=rwc", folder.path().display()),
                Self::Postgresql { url, .. } => url.clone(),
            };
            AnyConnection::connect_with(&connect_options(&url.parse().unwrap()).unwrap()).await.unwrap()
        }

        /// Makes it with some migrations only, and puts rows in it.
        async fn made_by(&self, migrations: Vec<Migration>, rows: &str) {
            let mut connection = self.connection().await;
            Migrator::with_migrations(migrations).run(&mut connection).await.unwrap();
            sqlx::raw_sql(sqlx::AssertSqlSafe(rows.to_owned())).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        }

        fn first_migration(&self) -> Migration {
            self.backend().migrations().iter().next().unwrap().clone()
        }

        /// Every table's columns, each with whether it may be NULL, in words that both databases understand.
        async fn schema(&self) -> Vec<String> {
            let sql = match self {
                Self::Sqlite(_) => {
                    "SELECT m.name || '.' || c.name || ' ' ||
                         CASE c.type WHEN 'INTEGER' THEN 'number' WHEN 'BLOB' THEN 'bytes' ELSE 'text' END ||
                         CASE WHEN c.\"notnull\" = 1 OR c.pk > 0 THEN '' ELSE ' or null' END AS told
                     FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c
                     WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name <> '_sqlx_migrations'"
                }
                Self::Postgresql { .. } => {
                    "SELECT table_name || '.' || column_name || ' ' ||
                         CASE data_type WHEN 'bigint' THEN 'number' WHEN 'bytea' THEN 'bytes'
                         WHEN 'text' THEN 'text' ELSE data_type END ||
                         CASE is_nullable WHEN 'YES' THEN ' or null' ELSE '' END AS told
                     FROM information_schema.columns
                     WHERE table_schema = 'public' AND table_name <> '_sqlx_migrations'
                     AND column_name <> 'rowid'"
                }
            };
            let rows = sqlx::query(sql).fetch_all(&mut self.connection().await).await.unwrap();
            let mut told: Vec<String> = rows.iter().map(|row| row.try_get("told").unwrap()).collect();
            told.sort_unstable();
            told
        }
    }

    fn options(url: &str) -> PostgresqlOptions {
        PostgresqlOptions {
            url: url.parse().unwrap(),
            password: None,
            tls_ca: None,
            connections_max: NonZeroU32::new(4).unwrap(),
            deadline: WAIT_MAX,
        }
    }

    /// The version of the last migration released and the SHA-384 of each file, which sqlx compares
    /// with what an existing database was made by. A change here breaks every installation.
    #[test]
    fn released_migrations_are_as_they_were() {
        let told = |backend: Backend| {
            let migrations: Vec<_> = backend
                .migrations()
                .iter()
                .map(|migration| {
                    let checksum: String = migration.checksum.iter().map(|b| format!("{b:02x}")).collect();
                    format!("{} {} {checksum}", migration.version, migration.description)
                })
                .collect();
            migrations.join("\n")
        };
        insta::assert_snapshot!(told(Backend::Sqlite));
        insta::assert_snapshot!(
            "released_migrations_of_postgresql_are_as_they_were",
            told(Backend::Postgresql)
        );
    }

    #[tokio::test]
    async fn both_databases_have_the_same_tables_and_columns() {
        let [sqlite, postgresql] = Database::each();
        for database in [&sqlite, &postgresql] {
            database.records().await.unwrap().close().await;
        }
        let schema = sqlite.schema().await;
        assert!(schema.contains(&"orders.identifiers text".to_owned()), "{schema:?}");
        assert_eq!(schema, postgresql.schema().await);
    }

    #[tokio::test]
    async fn database_made_by_the_first_migration_only_is_brought_up_and_keeps_its_rows() {
        for database in Database::each() {
            let set = match database.backend() {
                Backend::Sqlite => "zeroblob(32)",
                Backend::Postgresql => "decode(repeat('00', 32), 'hex')",
            };
            let rows = format!(
                "INSERT INTO accounts (path, created_ms) VALUES ('/acme/acct/1', 1);
                 INSERT INTO orders (path, account, identifiers, set_id, admitted, status, issuance, created_ms)
                 VALUES ('/o/1', '/acme/acct/1', 'dns:example.com', {set}, 'limited', 'valid', 'counted', 1);
                 INSERT INTO issued_sets VALUES ('/o/1', {set}, 5);
                 INSERT INTO pauses (account, identifier, since_ms)
                 VALUES ('/acme/acct/1', 'dns:example.com', 1);"
            );
            database.made_by(vec![database.first_migration()], &rows).await;

            let records = database.records().await.unwrap();
            let account = AccountId::of("/acme/acct/1").unwrap();
            assert!(records.account(&account).await.unwrap().is_some());
            assert_eq!(records.pauses(&account, 10).await.unwrap().len(), 1);
            let since = jiff::Timestamp::from_millisecond(5).unwrap();
            assert!(records.set_issued_since(&SetId([0; 32]), since).await.unwrap());
            records.close().await;
        }
    }

    #[tokio::test]
    async fn database_of_a_newer_version_is_refused_with_a_word_about_it() {
        for database in Database::each() {
            let mut later = database.first_migration();
            later.version = 9_999;
            database.made_by(vec![later], "").await;
            let error = database.records().await.err().unwrap();
            assert!(matches!(error, RecordsError::Newer { version: 9_999, .. }), "{error:?}");
        }
    }

    #[tokio::test]
    async fn gateways_that_start_at_once_over_an_empty_database_make_it_together() {
        let [_, postgresql] = Database::each();
        let records = futures_util::future::join_all((0..4).map(|_| postgresql.records())).await;
        for records in records {
            assert_eq!(records.unwrap().overrides_revision().await.unwrap(), 0);
        }
    }

    #[tokio::test]
    async fn row_that_makes_no_sense_is_an_error_naming_its_table() {
        for database in Database::each() {
            let records = database.records().await.unwrap();
            sqlx::query("INSERT INTO accounts (path, key, created_ms) VALUES ('/acme/acct/1', 'no key', 1)")
                .execute(&records.shared.writing)
                .await
                .unwrap();
            let error = records.account(&AccountId::of("/acme/acct/1").unwrap()).await.unwrap_err();
            assert!(matches!(error, RecordsError::Corrupt { table: "accounts" }), "{error:?}");
        }
    }

    #[tokio::test]
    async fn override_that_makes_no_sense_is_named_and_loses_no_other() {
        use tollgate_policy::{limit::LimitName, overrides::Subject};

        for database in Database::each() {
            let records = database.records().await.unwrap();
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
    }

    #[tokio::test]
    async fn audit_can_only_be_added_to() {
        for database in Database::each() {
            let records = database.records().await.unwrap();
            let added = "INSERT INTO audit (at_ms, who, what, subject, why) VALUES (1, 'me', 'w', 's', 'y')";
            sqlx::query(added).execute(&records.shared.writing).await.unwrap();
            for sql in ["UPDATE audit SET who = 'you'", "DELETE FROM audit"] {
                let error = sqlx::query(sql).execute(&records.shared.writing).await.unwrap_err();
                assert!(error.to_string().contains("only ever added to"), "{sql}: {error}");
            }
            assert_eq!(records.audit(None, 10).await.unwrap()[0].who, "me");
        }
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
