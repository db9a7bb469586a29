//! Four embedded engines behind one face: two tables of bytes, changed in commits that are on the disk when they are answered.

use std::path::Path;

use anyhow::{Context, Result};
use fjall::{KeyspaceCreateOptions, PersistMode};
use lmdb::{Cursor, Transaction};
use redb::{ReadableDatabase, ReadableTable, TableDefinition};
use rusqlite::params;

/// The engines that are compared.
pub const NAMES: [&str; 4] = ["redb", "fjall", "SQLite", "LMDB"];

/// Which of the two tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// A row for each bucket, or for each part of the buckets.
    Buckets,
    /// A row for each commit.
    Log,
}

/// A row to be put, or to be deleted where it has no value.
pub struct Change<'a> {
    pub table: Table,
    pub key: &'a [u8],
    pub value: Option<&'a [u8]>,
}

pub trait Engine {
    /// Makes all changes at once; they are on the disk then.
    fn commit(&mut self, changes: &[Change<'_>]) -> Result<()>;

    /// Gives every row of a table.
    fn read(&self, table: Table, each: &mut dyn FnMut(&[u8], &[u8])) -> Result<()>;
}

pub fn open(name: &str, folder: &Path) -> Result<Box<dyn Engine>> {
    Ok(match name {
        "redb" => Box::new(Redb(redb::Database::create(folder.join("engine.redb"))?)),
        "fjall" => Box::new(Fjall::open(folder)?),
        "SQLite" => Box::new(Sqlite::open(folder)?),
        "LMDB" => Box::new(Lmdb::open(folder)?),
        _ => anyhow::bail!("there is no engine {name}"),
    })
}

struct Redb(redb::Database);

const REDB_TABLES: [TableDefinition<'_, &[u8], &[u8]>; 2] =
    [TableDefinition::new("buckets"), TableDefinition::new("log")];

impl Engine for Redb {
    fn commit(&mut self, changes: &[Change<'_>]) -> Result<()> {
        let write = self.0.begin_write()?;
        for (definition, table) in REDB_TABLES.into_iter().zip([Table::Buckets, Table::Log]) {
            let mut rows = write.open_table(definition)?;
            for change in changes.iter().filter(|change| change.table == table) {
                match change.value {
                    Some(value) => drop(rows.insert(change.key, value)?),
                    None => drop(rows.remove(change.key)?),
                }
            }
        }
        Ok(write.commit()?)
    }

    fn read(&self, table: Table, each: &mut dyn FnMut(&[u8], &[u8])) -> Result<()> {
        for row in self.0.begin_read()?.open_table(REDB_TABLES[table as usize])?.iter()? {
            let (key, value) = row?;
            each(key.value(), value.value());
        }
        Ok(())
    }
}

struct Fjall {
    database: fjall::Database,
    tables: [fjall::Keyspace; 2],
}

impl Fjall {
    fn open(folder: &Path) -> Result<Self> {
        let database = fjall::Database::builder(folder.join("fjall")).open()?;
        let buckets = database.keyspace("buckets", KeyspaceCreateOptions::default)?;
        let log = database.keyspace("log", KeyspaceCreateOptions::default)?;
        Ok(Self { database, tables: [buckets, log] })
    }
}

impl Engine for Fjall {
    fn commit(&mut self, changes: &[Change<'_>]) -> Result<()> {
        let mut batch = self.database.batch().durability(Some(PersistMode::SyncAll));
        for change in changes {
            let table = &self.tables[change.table as usize];
            match change.value {
                Some(value) => batch.insert(table, change.key, value),
                None => batch.remove(table, change.key),
            }
        }
        Ok(batch.commit()?)
    }

    fn read(&self, table: Table, each: &mut dyn FnMut(&[u8], &[u8])) -> Result<()> {
        for row in self.tables[table as usize].iter() {
            let (key, value) = row.into_inner()?;
            each(&key, &value);
        }
        Ok(())
    }
}

struct Sqlite(rusqlite::Connection);

const SQLITE_PUT: [&str; 2] = [
    "INSERT INTO buckets VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    "INSERT INTO log VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
];
const SQLITE_DELETE: [&str; 2] = ["DELETE FROM buckets WHERE key = ?", "DELETE FROM log WHERE key = ?"];
const SQLITE_READ: [&str; 2] = ["SELECT key, value FROM buckets", "SELECT key, value FROM log"];

impl Sqlite {
    fn open(folder: &Path) -> Result<Self> {
        let connection = rusqlite::Connection::open(folder.join("engine.sqlite"))?;
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -262144;
             CREATE TABLE IF NOT EXISTS buckets (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
             CREATE TABLE IF NOT EXISTS log (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;",
        )?;
        Ok(Self(connection))
    }
}

impl Engine for Sqlite {
    fn commit(&mut self, changes: &[Change<'_>]) -> Result<()> {
        let transaction = self.0.transaction()?;
        for change in changes {
            let table = change.table as usize;
            match change.value {
                Some(value) => {
                    transaction.prepare_cached(SQLITE_PUT[table])?.execute(params![change.key, value])?
                }
                None => transaction.prepare_cached(SQLITE_DELETE[table])?.execute(params![change.key])?,
            };
        }
        Ok(transaction.commit()?)
    }

    fn read(&self, table: Table, each: &mut dyn FnMut(&[u8], &[u8])) -> Result<()> {
        let mut statement = self.0.prepare(SQLITE_READ[table as usize])?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            each(row.get_ref(0)?.as_blob()?, row.get_ref(1)?.as_blob()?);
        }
        Ok(())
    }
}

/// The library behind `heed`, whose own `open` is `unsafe` and so not for us.
struct Lmdb {
    environment: lmdb::Environment,
    tables: [lmdb::Database; 2],
}

/// The most an environment may hold; address space only.
const LMDB_MAP_BYTES: usize = 32 << 30;

impl Lmdb {
    fn open(folder: &Path) -> Result<Self> {
        let environment = lmdb::Environment::new()
            .set_map_size(LMDB_MAP_BYTES)
            .set_max_dbs(2)
            .open(folder)
            .context("LMDB")?;
        let none = lmdb::DatabaseFlags::empty();
        let tables =
            [environment.create_db(Some("buckets"), none)?, environment.create_db(Some("log"), none)?];
        Ok(Self { environment, tables })
    }
}

impl Engine for Lmdb {
    fn commit(&mut self, changes: &[Change<'_>]) -> Result<()> {
        let mut transaction = self.environment.begin_rw_txn()?;
        for change in changes {
            let table = self.tables[change.table as usize];
            match change.value {
                Some(value) => transaction.put(table, &change.key, &value, lmdb::WriteFlags::empty())?,
                None => transaction.del(table, &change.key, None)?,
            }
        }
        Ok(transaction.commit()?)
    }

    fn read(&self, table: Table, each: &mut dyn FnMut(&[u8], &[u8])) -> Result<()> {
        let transaction = self.environment.begin_ro_txn()?;
        let mut cursor = transaction.open_ro_cursor(self.tables[table as usize])?;
        for row in cursor.iter_start() {
            let (key, value) = row?;
            each(key, value);
        }
        Ok(())
    }
}
