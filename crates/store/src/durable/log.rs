//! The file behind a durable store: what was changed, in order, and the buckets as they were before.
//!
//! Two tables of redb, whose transactions are all or nothing. `log` has a row for each commit, with all
//! its changes; `parts` has a row for each part of the memory table. A checkpoint writes the parts anew, some in
//! each commit, and then drops the rows of the log from before it began. So rows are large and are
//! written once, where a row for each bucket would rewrite a page for each change.

use std::{
    fs::OpenOptions,
    hash::Hasher,
    path::{Path, PathBuf},
};

use redb::{Builder, Database, StorageBackend, TableDefinition, backends::FileBackend};
use siphasher::sip::SipHasher13;
use tollgate_engine::{Bucket, Timestamp};

use crate::{
    BucketId,
    durable::{
        OpenError,
        load::{Loaded, load},
    },
    memory::{self, MemoryStore},
    private_file::open_private,
    record::{RECORD_BYTES, append, records},
};

/// Changes by the number of their commit.
pub(super) const LOG: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("log");

/// Buckets by the part of the memory table in which they lie.
pub(super) const PARTS: TableDefinition<'_, u32, &[u8]> = TableDefinition::new("parts");

/// Bytes of the checksum after a row's records.
const CHECKSUM_BYTES: usize = 8;

/// Parts written anew in one commit during a checkpoint: at ten million buckets a megabyte.
const PARTS_PER_COMMIT: usize = 4;

/// A log shorter than this is not worth a checkpoint.
const CHECKPOINT_BYTES_MIN: u64 = 4 << 20;

/// Pages of the file kept in memory: rows are written once and read at a start, so there is nothing to keep.
const CACHE_BYTES: usize = 16 << 20;

/// How the file is opened: at the start, and again after a failure.
pub(super) type Opener = Box<dyn Fn(&Path) -> Result<Database, redb::Error> + Send>;

/// The file, open.
pub(super) struct Log {
    path: PathBuf,
    opener: Opener,
    /// None after a failure, until it could be opened again.
    database: Option<Database>,
    /// The number of the next commit.
    next: u64,
    log_bytes: u64,
    checkpoint: Option<Checkpoint>,
    checkpoints: u64,
}

/// A checkpoint under way.
#[derive(Clone, Copy)]
struct Checkpoint {
    /// The first row of the log that stays.
    from: u64,
    /// The next part to write.
    part: usize,
    /// Bytes of the log before it began.
    log_bytes: u64,
}

impl Log {
    /// Opens the file and puts its buckets into `memory`.
    pub(super) fn open(
        path: PathBuf,
        opener: Opener,
        memory: &MemoryStore,
        now: Timestamp,
    ) -> Result<Self, OpenError> {
        let database = opener(&path).map_err(|source| OpenError::of(&path, source))?;
        let Loaded { next, bytes } = load(&database, &path, memory, now)?;
        Ok(Self {
            path,
            opener,
            database: Some(database),
            next,
            log_bytes: bytes,
            checkpoint: None,
            checkpoints: 0,
        })
    }

    /// Whether a checkpoint has parts left to write, though nothing may have changed.
    pub(super) fn is_checkpointing(&self) -> bool {
        self.checkpoint.is_some()
    }

    /// How many checkpoints were finished.
    pub(super) fn checkpoints(&self) -> u64 {
        self.checkpoints
    }

    /// Begins a checkpoint when the log has outgrown the buckets: each byte of the log is written twice, then.
    pub(super) fn checkpoint_if_due(&mut self, memory: &MemoryStore) {
        let live = (memory.len() * RECORD_BYTES) as u64;
        if self.checkpoint.is_none() && self.log_bytes > live.max(CHECKPOINT_BYTES_MIN) {
            self.checkpoint_now();
        }
    }

    /// Begins a checkpoint.
    pub(super) fn checkpoint_now(&mut self) {
        self.checkpoint = Some(Checkpoint { from: self.next, part: 0, log_bytes: self.log_bytes });
    }

    /// Commits what `take` gives, all or nothing: it is asked once the parts of a checkpoint are
    /// copied, so that no part is ahead of the log.
    pub(super) fn commit(
        &mut self,
        memory: &MemoryStore,
        take: impl FnOnce() -> Vec<u8>,
    ) -> (Vec<u8>, Result<(), redb::Error>) {
        let first = self.checkpoint.map_or(memory::PARTS, |checkpoint| checkpoint.part);
        let last = (first + PARTS_PER_COMMIT).min(memory::PARTS);
        let parts: Vec<_> = (first..last).map(|part| (part, encode(&memory.part(part)))).collect();
        let changes = take();
        let row = with_checksum(changes.clone());
        let result = self.write(&parts, &row, last);
        if result.is_ok() {
            self.committed(row.len() as u64, last, !changes.is_empty());
        } else {
            // The engine answers nothing any more after a failed write: it is opened anew.
            self.database = None;
        }
        (changes, result)
    }

    fn write(&mut self, parts: &[(usize, Vec<u8>)], row: &[u8], last: usize) -> Result<(), redb::Error> {
        let database = match self.database.take() {
            Some(database) => self.database.insert(database),
            None => self.database.insert((self.opener)(&self.path)?),
        };
        let write = database.begin_write()?;
        {
            let mut table = write.open_table(PARTS)?;
            for (part, row) in parts {
                #[expect(clippy::cast_possible_truncation, reason = "there are 1,024 parts")]
                table.insert(*part as u32, row.as_slice())?;
            }
            let mut log = write.open_table(LOG)?;
            if row.len() > CHECKSUM_BYTES {
                log.insert(self.next, row)?;
            }
            if let Some(checkpoint) = self.checkpoint.filter(|_| last == memory::PARTS) {
                log.retain_in(..checkpoint.from, |_, _| false)?;
            }
        }
        write.commit()?;
        Ok(())
    }

    fn committed(&mut self, row_bytes: u64, last: usize, has_changes: bool) {
        if has_changes {
            self.next += 1;
            self.log_bytes += row_bytes;
        }
        self.checkpoint = match self.checkpoint {
            Some(checkpoint) if last == memory::PARTS => {
                self.log_bytes -= checkpoint.log_bytes;
                self.checkpoints += 1;
                None
            }
            Some(checkpoint) => Some(Checkpoint { part: last, ..checkpoint }),
            None => None,
        };
    }
}

/// Opens the file, whose every page is checked, and makes it with its tables where it is missing.
pub(super) fn open(path: &Path) -> Result<Database, redb::Error> {
    let file = open_private(OpenOptions::new().read(true).write(true).create(true).truncate(false), path)?;
    over(FileBackend::new(file)?)
}

pub(super) fn over(backend: impl StorageBackend) -> Result<Database, redb::Error> {
    let database = Builder::new()
        .set_check_integrity_on_open(true)
        .set_cache_size(CACHE_BYTES)
        .create_with_backend(backend)?;
    let write = database.begin_write()?;
    write.open_table(LOG)?;
    write.open_table(PARTS)?;
    write.commit()?;
    Ok(database)
}

fn encode(buckets: &[(BucketId, Bucket)]) -> Vec<u8> {
    let mut row = Vec::with_capacity(buckets.len() * RECORD_BYTES + CHECKSUM_BYTES);
    for (id, bucket) in buckets {
        append(&mut row, *id, *bucket);
    }
    with_checksum(row)
}

fn with_checksum(mut row: Vec<u8>) -> Vec<u8> {
    let checksum = checksum(&row);
    row.extend_from_slice(&checksum);
    row
}

/// Against damage, not against forgery.
fn checksum(records: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let mut hasher = SipHasher13::new();
    hasher.write(records);
    hasher.finish().to_le_bytes()
}

/// The buckets of a row, unless it is damaged.
pub(super) fn buckets(row: &[u8]) -> Option<impl ExactSizeIterator<Item = (BucketId, Bucket)>> {
    let (bytes, told) = row.split_last_chunk::<CHECKSUM_BYTES>()?;
    if *told == checksum(bytes) { records(bytes) } else { None }
}
