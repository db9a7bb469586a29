//! The file behind a durable store: what was changed, in order, and the buckets as they were before.
//!
//! Two tables of redb, whose transactions are all or nothing. `log` has the changes of each commit, in rows that fill
//! their pages; `parts` has a row for each part of the memory table. A checkpoint writes the parts anew, some in
//! each commit, and then drops the rows of the log from before it began. So rows are large and are
//! written once, where a row for each bucket would rewrite a page for each change.
//!
//! A checkpoint writes as many bytes of parts in a commit as the changes before had: under whatever load, the log grows by no
//! more than the buckets while it lasts.

use std::{
    fs::OpenOptions,
    hash::Hasher,
    mem,
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

/// Changes in the order of their numbers.
pub(super) const LOG: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("log");

/// Buckets by the part of the memory table in which they lie.
pub(super) const PARTS: TableDefinition<'_, u32, &[u8]> = TableDefinition::new("parts");

/// Bytes of the checksum after a row's records.
const CHECKSUM_BYTES: usize = 8;

/// Bytes of records in a row of the log: with checksum, key and the page's own 8 bytes they fill a page of 64 KiB. The engine's
/// pages are powers of two, and the rest of a row's page would be written for nothing.
const ROW_RECORD_BYTES_MAX: usize = ((64 << 10) - CHECKSUM_BYTES - 16) / RECORD_BYTES * RECORD_BYTES;

/// Parts written anew in one commit during a checkpoint, at least: at ten million buckets a megabyte.
const PARTS_PER_COMMIT_MIN: usize = 4;

/// A log shorter than this is not worth a checkpoint.
const CHECKPOINT_BYTES_MIN: u64 = 4 << 20;

/// Pages of the file kept in memory: rows are written once and read at a start, so there is nothing to keep. Half of it is for the
/// pages of a commit; what does not fit there is in part written twice.
const CACHE_BYTES: usize = 16 << 20;

/// How the file is opened: at the start, and again after a failure.
pub(super) type Opener = Box<dyn Fn(&Path) -> Result<Database, redb::Error> + Send>;

/// The file, open.
pub(super) struct Log {
    path: PathBuf,
    opener: Opener,
    /// None after a failure, until it could be opened again.
    database: Option<Database>,
    /// The number of the next row.
    next: u64,
    log_bytes: u64,
    /// What the last commit added to it.
    committed_bytes: u64,
    checkpoint: Option<Checkpoint>,
    /// Another was asked for while one was under way.
    checkpoint_again: bool,
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
            committed_bytes: 0,
            checkpoint: None,
            checkpoint_again: false,
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

    /// Begins a checkpoint: after the one under way, which would never end if it began anew whenever it is asked for.
    pub(super) fn checkpoint_now(&mut self) {
        if self.checkpoint.is_some() {
            self.checkpoint_again = true;
        } else {
            self.checkpoint = Some(Checkpoint { from: self.next, part: 0, log_bytes: self.log_bytes });
        }
    }

    /// Commits what `take` gives, all or nothing: it is asked once the parts of a checkpoint are
    /// copied, so that no part is ahead of the log.
    pub(super) fn commit(
        &mut self,
        memory: &MemoryStore,
        take: impl FnOnce() -> Vec<u8>,
    ) -> (Vec<u8>, Result<(), redb::Error>) {
        let parts = self.next_parts(memory);
        let last = parts.last().map_or(memory::PARTS, |(part, _)| part + 1);
        let changes = take();
        let result = self.write(&parts, &changes, last);
        if result.is_ok() {
            self.committed(changes.len(), last);
        } else {
            // The engine answers nothing any more after a failed write: it is opened anew.
            self.database = None;
        }
        (changes, result)
    }

    /// Copies of the parts that the checkpoint writes next, if there is one.
    fn next_parts(&self, memory: &MemoryStore) -> Vec<(usize, Vec<u8>)> {
        let first = self.checkpoint.map_or(memory::PARTS, |checkpoint| checkpoint.part);
        let (mut parts, mut bytes) = (Vec::new(), 0);
        for part in first..memory::PARTS {
            if parts.len() >= PARTS_PER_COMMIT_MIN && bytes >= self.committed_bytes {
                break;
            }
            let row = encode(&memory.part(part));
            bytes += row.len() as u64;
            parts.push((part, row));
        }
        parts
    }

    fn write(&mut self, parts: &[(usize, Vec<u8>)], changes: &[u8], last: usize) -> Result<(), redb::Error> {
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
            for (number, records) in (self.next..).zip(changes.chunks(ROW_RECORD_BYTES_MAX)) {
                log.insert(number, with_checksum(records.to_vec()).as_slice())?;
            }
            if let Some(checkpoint) = self.checkpoint.filter(|_| last == memory::PARTS) {
                log.retain_in(..checkpoint.from, |_, _| false)?;
            }
        }
        write.commit()?;
        Ok(())
    }

    fn committed(&mut self, change_bytes: usize, last: usize) {
        let rows = change_bytes.div_ceil(ROW_RECORD_BYTES_MAX);
        self.next += rows as u64;
        self.committed_bytes = (change_bytes + rows * CHECKSUM_BYTES) as u64;
        self.log_bytes += self.committed_bytes;
        self.checkpoint = match self.checkpoint {
            Some(checkpoint) if last == memory::PARTS => {
                self.log_bytes -= checkpoint.log_bytes;
                self.checkpoints += 1;
                None
            }
            Some(checkpoint) => Some(Checkpoint { part: last, ..checkpoint }),
            None => None,
        };
        if self.checkpoint.is_none() && mem::take(&mut self.checkpoint_again) {
            self.checkpoint_now();
        }
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
