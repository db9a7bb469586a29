//! Buckets in memory that outlive the process: every change is kept in a file, too.
//!
//! Decisions are made in memory. Their changes are handed to one thread, which writes what has gathered in
//! one commit, flushed to the disk.
//!
//! What can be lost:
//!
//! - [`Durability::EveryCommit`]: nothing that was answered. A decision that was not answered yet may be kept.
//! - [`Durability::Interval`]: when the process or the machine ends without [`DurableStore::close`], the
//!   changes of the last interval and of the commit under way. Changes of one decision are kept or
//!   lost together.
//! - A future that is dropped half way loses nothing: the change is made when the method is called, and is
//!   committed with the others.
//!
//! When a commit fails (the disk is full or read-only), decisions answer [`StoreError::Unavailable`] until one
//! succeeds; it is tried again every half second. In every-commit mode a decision whose commit fails
//! is answered so, too, but what it spent stays spent: it is the one exception to "nothing was spent", and
//! grants nothing.
//!
//! Every page of the file is checked when it is opened. A file that was closed and altered since is [`OpenError::Damaged`];
//! so is one that a crash left, unless only its last commit is altered: that cannot be told from one the crash cut
//! off, and is given up.

use std::{
    fmt,
    fs::{File, OpenOptions, TryLockError},
    io, mem,
    path::{Path, PathBuf},
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

use metrics::{Counter, Gauge};
use parking_lot::{Condvar, Mutex};
use tokio::sync::watch;
use tollgate_engine::{Bucket, BucketState, Decision, Quota, Timestamp};

use crate::{
    BucketId, BucketStore, Entry, MemoryStore, MemoryStoreOptions, StoreError, StoreFuture,
    durable::log::{Log, Opener},
    memory::Changes,
    private_file::{create_private_dir, open_private},
    record::{RECORD_BYTES, append},
    transfer::{BucketTransfer, Part, Place, raise},
};

mod load;
mod log;
#[cfg(test)]
mod tests;

/// When a change is on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Before its decision is answered. Decisions that wait share a commit.
    EveryCommit,
    /// At most this long after, and no decision waits for the disk.
    Interval(Duration),
}

impl Default for Durability {
    fn default() -> Self {
        Self::Interval(Duration::from_millis(100))
    }
}

/// Where a [`DurableStore`] lives, and its bounds.
#[derive(Clone, Debug)]
pub struct DurableStoreOptions {
    /// The directory, the store's alone. It is made when it is missing.
    pub directory: PathBuf,
    /// The most buckets held at once, as in [`MemoryStoreOptions`].
    pub buckets_max: usize,
    /// When a change is on the disk.
    pub durability: Durability,
}

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process has it.
    #[error("the bucket store {directory} is in use by another process")]
    InUse {
        /// The directory.
        directory: PathBuf,
    },
    /// The file was torn or altered.
    #[error(
        "{file} is damaged: restore it, or move it away to begin with full buckets (see docs/troubleshooting.md)"
    )]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What the engine found, when it was the engine.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// A file cannot be made, read or written.
    #[error("the bucket store cannot be used: {path}")]
    Unusable {
        /// The directory or the file in it.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The buckets of the file do not fit.
    #[error(
        "{file} holds more buckets than the {buckets_max} that may be held (store.buckets-max): \
         raise it to at least as many as there were"
    )]
    TooMany {
        /// The file.
        file: PathBuf,
        /// The most buckets held.
        buckets_max: usize,
    },
}

impl OpenError {
    fn of(path: &Path, error: redb::Error) -> Self {
        let damaged = match &error {
            redb::Error::Corrupted(_) | redb::Error::UpgradeRequired(_) => true,
            redb::Error::Io(error) => {
                matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)
            }
            _ => false,
        };
        let (path, source) = (path.to_owned(), Box::new(error));
        if damaged {
            Self::Damaged { file: path, source: Some(source) }
        } else {
            Self::Unusable { path, source }
        }
    }

    fn damaged(path: &Path) -> Self {
        Self::Damaged { file: path.to_owned(), source: None }
    }

    fn of_store(path: &Path, error: StoreError) -> Self {
        match error {
            StoreError::Full { buckets_max } => Self::TooMany { file: path.to_owned(), buckets_max },
            error => Self::Unusable { path: path.to_owned(), source: Box::new(error) },
        }
    }

    fn io(path: &Path, source: io::Error) -> Self {
        Self::Unusable { path: path.to_owned(), source: Box::new(source) }
    }
}

/// Bytes of changes that wait for a commit at most, but for decisions under way: beyond it, decisions are refused.
const WAITING_BYTES_MAX: usize = 64 << 20;

/// How long after a failed commit it is tried again.
const RETRY: Duration = Duration::from_millis(500);

/// Buckets in memory, and every change in a file.
pub struct DurableStore {
    shared: Arc<Shared>,
    durability: Durability,
    writer: Mutex<Option<JoinHandle<()>>>,
    /// Locked; the lock ends with the process, however it ends.
    _lock: File,
}

struct Shared {
    memory: MemoryStore,
    waiting: Mutex<Waiting>,
    wake: Condvar,
    progress: watch::Sender<Progress>,
}

/// Changes that wait for a commit.
#[derive(Default)]
struct Waiting {
    rows: Vec<u8>,
    /// How many changes were ever handed over.
    ticket: u64,
    checkpoint: bool,
    closing: bool,
}

/// What the writer has done.
#[derive(Clone, Default)]
struct Progress {
    /// The last change that is on the disk.
    ticket: u64,
    /// Why the last commit failed.
    failure: Option<Arc<redb::Error>>,
    /// Checkpoints that were finished.
    checkpoints: u64,
    closed: bool,
}

impl Changes for Shared {
    fn changed(&self, changes: &[(BucketId, Bucket)]) {
        let mut waiting = self.waiting.lock();
        for (id, bucket) in changes {
            append(&mut waiting.rows, *id, *bucket);
        }
        waiting.ticket += 1;
        drop(waiting);
        self.wake.notify_one();
    }
}

impl DurableStore {
    /// Opens the store, with its buckets that are not full by `now`. Blocks while they are read.
    ///
    /// # Errors
    ///
    /// [`OpenError`].
    pub fn open(options: DurableStoreOptions, now: Timestamp) -> Result<Self, OpenError> {
        Self::open_with(options, now, Box::new(log::open))
    }

    fn open_with(options: DurableStoreOptions, now: Timestamp, opener: Opener) -> Result<Self, OpenError> {
        let lock = lock(&options.directory)?;
        let memory = MemoryStore::new(MemoryStoreOptions { buckets_max: options.buckets_max });
        let log = Log::open(options.directory.join("buckets.redb"), opener, &memory, now)?;
        let shared = Arc::new(Shared {
            memory,
            waiting: Mutex::default(),
            wake: Condvar::new(),
            progress: watch::Sender::new(Progress::default()),
        });
        let writer = Writer::new(Arc::clone(&shared), log, options.durability);
        let thread = thread::Builder::new().name("bucket-log".to_owned());
        let writer =
            thread.spawn(|| writer.run()).map_err(|error| OpenError::io(&options.directory, error))?;
        Ok(Self { shared, durability: options.durability, writer: Mutex::new(Some(writer)), _lock: lock })
    }

    /// Buckets held, among them full ones not forgotten yet.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shared.memory.len()
    }

    /// Whether no bucket is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets every full bucket, as [`MemoryStore::sweep`]; those on the disk follow in the next
    /// commits. Returns how many were forgotten in memory.
    pub fn sweep(&self, now: Timestamp) -> usize {
        let forgotten = self.shared.memory.sweep(now);
        if forgotten > self.len() / 2 {
            self.shared.waiting.lock().checkpoint = true;
            self.shared.wake.notify_one();
        }
        forgotten
    }

    /// Commits what waits and ends the writing; from then on the store answers
    /// [`StoreError::Unavailable`]. Blocks until it is done. Dropping the store does the same.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`]: the last commit failed, what waited is lost.
    pub fn close(&self) -> Result<(), StoreError> {
        self.shared.waiting.lock().closing = true;
        self.shared.wake.notify_one();
        if let Some(writer) = self.writer.lock().take() {
            let _ = writer.join();
        }
        self.shared.progress.borrow().failure.clone().map_or(Ok(()), |failure| Err(unavailable(failure)))
    }

    /// Waits until every change made until now is on the disk, whatever the durability.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`]: they could not be written, or the store was closed.
    pub async fn flush(&self) -> Result<(), StoreError> {
        self.committed(()).await
    }

    /// Refuses a change that could not be kept.
    fn admit(&self) -> Result<(), StoreError> {
        let progress = self.shared.progress.borrow();
        if let Some(failure) = &progress.failure {
            return Err(unavailable(Arc::clone(failure)));
        }
        if progress.closed {
            return Err(unavailable("the store is closed"));
        }
        drop(progress);
        if self.shared.waiting.lock().rows.len() > WAITING_BYTES_MAX {
            return Err(unavailable("too many changes wait for the disk"));
        }
        Ok(())
    }

    /// The answer: in every-commit mode once all changes made until now are committed.
    fn answer<T: Send + Unpin + 'static>(&self, answer: T) -> StoreFuture<'_, T> {
        match self.durability {
            Durability::EveryCommit => self.committed(answer),
            Durability::Interval(_) => StoreFuture::ready(Ok(answer)),
        }
    }

    fn committed<T: Send + Unpin + 'static>(&self, answer: T) -> StoreFuture<'_, T> {
        let ticket = self.shared.waiting.lock().ticket;
        if self.shared.progress.borrow().ticket >= ticket {
            return StoreFuture::ready(Ok(answer));
        }
        let mut progress = self.shared.progress.subscribe();
        StoreFuture::pending(async move {
            let done = |progress: &Progress| {
                progress.ticket >= ticket || progress.failure.is_some() || progress.closed
            };
            let progress = progress.wait_for(done).await.map_err(|_| unavailable("the store is closed"))?;
            match &progress.failure {
                _ if progress.ticket >= ticket => Ok(answer),
                Some(failure) => Err(unavailable(Arc::clone(failure))),
                None => Err(unavailable("the store is closed")),
            }
        })
    }
}

fn unavailable(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StoreError {
    StoreError::Unavailable { source: source.into() }
}

/// Takes the directory for this process.
fn lock(directory: &Path) -> Result<File, OpenError> {
    create_private_dir(directory).map_err(|error| OpenError::io(directory, error))?;
    let path = directory.join("lock");
    let lock = open_private(OpenOptions::new().create(true).write(true).truncate(false), &path);
    let lock = lock.map_err(|error| OpenError::io(&path, error))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { directory: directory.to_owned() }),
        Err(TryLockError::Error(error)) => Err(OpenError::io(&path, error)),
    }
}

impl BucketStore for DurableStore {
    fn decide<'a>(&'a self, batch: &'a [Entry], now: Timestamp) -> StoreFuture<'a, Decision> {
        let decided = self.admit().and_then(|()| self.shared.memory.decide_into(&*self.shared, batch, now));
        match decided {
            Ok(decision) => self.answer(decision),
            Err(error) => StoreFuture::ready(Err(error)),
        }
    }

    fn refund<'a>(&'a self, batch: &'a [Entry], now: Timestamp) -> StoreFuture<'a, ()> {
        if let Err(error) = self.admit() {
            return StoreFuture::ready(Err(error));
        }
        self.shared.memory.refund_into(&*self.shared, batch, now);
        self.answer(())
    }

    fn reset<'a>(&'a self, ids: &'a [BucketId]) -> StoreFuture<'a, ()> {
        if let Err(error) = self.admit() {
            return StoreFuture::ready(Err(error));
        }
        self.shared.memory.reset_into(&*self.shared, ids);
        self.answer(())
    }

    fn peek<'a>(&'a self, id: BucketId, quota: &'a Quota, now: Timestamp) -> StoreFuture<'a, BucketState> {
        StoreFuture::ready(Ok(self.shared.memory.peek_now(id, quota, now)))
    }
}

impl BucketTransfer for DurableStore {
    fn part(&self, place: Place) -> StoreFuture<'_, Part> {
        StoreFuture::ready(Ok(self.shared.memory.part_at(place)))
    }

    fn take<'a>(&'a self, buckets: &'a [(BucketId, Bucket)], now: Timestamp) -> StoreFuture<'a, ()> {
        let mut waiting = buckets.iter().filter(|(_, bucket)| !bucket.is_full(now));
        let taken = self.admit().and_then(|()| {
            waiting.try_for_each(|(id, bucket)| {
                let raise = [raise(*id, bucket.tat(), now)];
                self.shared.memory.decide_into(&*self.shared, &raise, now).map(|_decision| ())
            })
        });
        match taken {
            Ok(()) => self.committed(()),
            Err(error) => StoreFuture::ready(Err(error)),
        }
    }
}

impl Drop for DurableStore {
    fn drop(&mut self) {
        if let Err(error) = self.close() {
            tracing::error!(error = &error as &dyn std::error::Error, "the last bucket changes are lost");
        }
    }
}

impl fmt::Debug for DurableStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DurableStore").field("buckets", &self.len()).finish_non_exhaustive()
    }
}

/// Emptied for as many changes again; what a slow disk once let gather is given back.
fn reusable(mut rows: Vec<u8>) -> Vec<u8> {
    let used = rows.len();
    rows.clear();
    if rows.capacity() > 4 * used {
        rows.shrink_to(2 * used);
    }
    rows
}

/// However the thread ends, nobody waits for it any more.
impl Drop for Writer {
    fn drop(&mut self) {
        self.shared.progress.send_modify(|progress| progress.closed = true);
    }
}

/// The thread that commits.
struct Writer {
    shared: Arc<Shared>,
    log: Log,
    durability: Durability,
    /// Changes of commits that failed.
    kept: Vec<u8>,
    /// Empty: changes gather in it while those before are written.
    spare: Vec<u8>,
    failing: bool,
    commits: Counter,
    failures: Counter,
    commit_gauge: Gauge,
}

impl Writer {
    fn new(shared: Arc<Shared>, log: Log, durability: Durability) -> Self {
        metrics::describe_counter!("tollgate_store_commits_total", "commits of bucket changes to the disk");
        metrics::describe_counter!(
            "tollgate_store_commit_failures_total",
            "commits of bucket changes that failed"
        );
        metrics::describe_gauge!("tollgate_store_commit_bytes", "bytes of bucket changes in the last commit");
        Self {
            shared,
            log,
            durability,
            kept: Vec::new(),
            spare: Vec::new(),
            failing: false,
            commits: metrics::counter!("tollgate_store_commits_total"),
            failures: metrics::counter!("tollgate_store_commit_failures_total"),
            commit_gauge: metrics::gauge!("tollgate_store_commit_bytes"),
        }
    }

    fn run(mut self) {
        while !self.wait() {
            self.commit();
        }
        self.commit();
    }

    /// Waits until there is something to commit. True when the store closes.
    fn wait(&mut self) -> bool {
        let failed = self.failing;
        let mut waiting = self.shared.waiting.lock();
        while !failed
            && !waiting.closing
            && waiting.rows.is_empty()
            && !waiting.checkpoint
            && !self.log.is_checkpointing()
        {
            self.shared.wake.wait(&mut waiting);
        }
        let pause = match self.durability {
            _ if failed => RETRY,
            Durability::Interval(interval) => interval,
            Durability::EveryCommit => Duration::ZERO,
        };
        if !pause.is_zero() {
            // New changes wake it early; they wait for the end of the pause all the same.
            let closing = |waiting: &mut Waiting| !waiting.closing;
            self.shared.wake.wait_while_for(&mut waiting, closing, pause);
        }
        if mem::take(&mut waiting.checkpoint) {
            self.log.checkpoint_now();
        }
        waiting.closing
    }

    fn commit(&mut self) {
        let mut ticket = 0;
        let (shared, mut kept) = (&self.shared, mem::take(&mut self.kept));
        let (rows, result) = self.log.commit(&shared.memory, || {
            let mut waiting = shared.waiting.lock();
            ticket = waiting.ticket;
            let rows = mem::replace(&mut waiting.rows, mem::take(&mut self.spare));
            drop(waiting);
            if kept.is_empty() {
                return rows;
            }
            kept.extend(rows);
            kept
        });
        #[expect(clippy::cast_precision_loss, reason = "a gauge is a float; so many bytes never wait")]
        self.commit_gauge.set(rows.len() as f64);
        debug_assert_eq!(rows.len() % RECORD_BYTES, 0, "changes are whole");
        match result {
            Ok(()) => {
                self.spare = reusable(rows);
                self.succeeded(ticket);
            }
            Err(error) => self.failed(rows, error),
        }
    }

    fn succeeded(&mut self, ticket: u64) {
        self.failing = false;
        self.commits.increment(1);
        self.log.checkpoint_if_due(&self.shared.memory);
        self.shared.progress.send_modify(|progress| {
            progress.checkpoints = self.log.checkpoints();
            if progress.failure.take().is_some() {
                tracing::info!("bucket changes are kept on the disk again");
            }
            progress.ticket = ticket;
        });
    }

    fn failed(&mut self, rows: Vec<u8>, error: redb::Error) {
        self.failures.increment(1);
        self.failing = true;
        self.kept = rows;
        self.shared.progress.send_modify(|progress| {
            if progress.failure.is_none() {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "bucket changes cannot be kept on the disk"
                );
            }
            progress.failure = Some(Arc::new(error));
        });
    }
}
