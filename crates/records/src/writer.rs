//! The one task that writes. It groups what is queued into one transaction, and answers each caller
//! when that is committed: one commit costs nearly the same for one write as for hundreds.

use std::{pin::Pin, sync::Arc};

use sqlx::{AnyConnection, AnyPool, Connection};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

use crate::{RecordsError, Result, availability::Availability, backend::Backend, database::WRITING_MAX};

/// Writes waiting at most; a caller beyond them waits for room.
const QUEUE_MAX: usize = 4096;

/// Writes in one transaction at most, so that the first of them does not wait for thousands.
const BATCH_MAX: usize = 256;

/// Between two writes of a transaction: the savepoint that [`Backend::begin`] made moves on, with what
/// was done since or without.
const KEEP: &str = "RELEASE SAVEPOINT write; SAVEPOINT write";
const UNDO: &str = "ROLLBACK TO SAVEPOINT write";

/// What a write does with the connection.
pub(crate) type Writing<'c, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'c>>;

/// The way to the writing task. The task ends when it is told to close, or with the last of these.
#[derive(Clone)]
pub(crate) struct Writer {
    queue: mpsc::Sender<Message>,
    availability: Arc<Availability>,
}

impl Writer {
    /// Starts the task, which takes its connection from `pool` for each transaction.
    pub(crate) fn start(backend: Backend, pool: AnyPool, availability: Arc<Availability>) -> Self {
        let (queue, messages) = mpsc::channel(QUEUE_MAX);
        let task = Task { backend, pool, availability: availability.clone() };
        tokio::spawn(task.write_until_closed(messages));
        Self { queue, availability }
    }

    /// Does a write and gives its answer once it is committed.
    ///
    /// Dropped while the queue is full, it does nothing; dropped later, the write is done and nobody
    /// hears of it.
    pub(crate) async fn write<T, F>(&self, write: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut AnyConnection) -> Writing<'c, T> + Send + 'static,
    {
        self.queue(write).await?.committed().await
    }

    /// Queues a write. Those queued later are done after it.
    ///
    /// Dropped while the queue is full, it does nothing.
    pub(crate) async fn queue<T, F>(&self, write: F) -> Result<Answer<T>>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut AnyConnection) -> Writing<'c, T> + Send + 'static,
    {
        // Here and not by the task, which may be waiting for a database that hangs.
        self.availability.check()?;
        let (caller, answer) = oneshot::channel();
        self.queue
            .send(Message::Write(Box::new(Write { write, caller })))
            .await
            .map_err(|_| RecordsError::Closed)?;
        Ok(Answer(answer))
    }

    /// Lets the task do what is queued, and end. Later writes are refused.
    pub(crate) async fn close(&self) {
        let (caller, closed) = oneshot::channel();
        // Either fails only when the task has ended already.
        if self.queue.send(Message::Close(caller)).await.is_ok() {
            let _ = closed.await;
        }
    }
}

/// The answer of a write that is queued. Dropped, the write is done and nobody hears of it.
#[derive(Debug)]
pub(crate) struct Answer<T>(oneshot::Receiver<Result<T>>);

impl<T> Answer<T> {
    /// Waits for the commit. Not to be asked again then.
    pub(crate) async fn committed(&mut self) -> Result<T> {
        (&mut self.0).await.map_err(|_| RecordsError::Slow)?
    }
}

enum Message {
    Write(Box<dyn Queued>),
    Close(oneshot::Sender<()>),
}

/// A write with the type of its answer forgotten.
trait Queued: Send {
    fn run<'c>(
        self: Box<Self>,
        connection: &'c mut AnyConnection,
    ) -> Pin<Box<dyn Future<Output = Done> + Send + 'c>>;
    fn refuse(self: Box<Self>, error: RecordsError);
}

struct Write<T, F> {
    write: F,
    caller: oneshot::Sender<Result<T>>,
}

/// A write that ran: whether it is to be kept, and how its caller is told.
struct Done {
    keep: bool,
    /// The argument is the error that took the whole transaction, if any.
    tell: Box<dyn FnOnce(Option<RecordsError>) + Send>,
}

impl<T, F> Queued for Write<T, F>
where
    T: Send + 'static,
    F: for<'c> FnOnce(&'c mut AnyConnection) -> Writing<'c, T> + Send + 'static,
{
    fn run<'c>(
        self: Box<Self>,
        connection: &'c mut AnyConnection,
    ) -> Pin<Box<dyn Future<Output = Done> + Send + 'c>> {
        Box::pin(async move {
            let Self { write, caller } = *self;
            let answer = write(connection).await;
            Done {
                keep: answer.is_ok(),
                tell: Box::new(move |lost| {
                    // A caller that is gone misses its answer, nothing else.
                    let _ = caller.send(lost.map_or(answer, Err));
                }),
            }
        })
    }

    fn refuse(self: Box<Self>, error: RecordsError) {
        let _ = self.caller.send(Err(error));
    }
}

/// What the task writes with.
struct Task {
    backend: Backend,
    pool: AnyPool,
    availability: Arc<Availability>,
}

impl Task {
    async fn write_until_closed(self, mut messages: mpsc::Receiver<Message>) {
        let mut closers = Vec::new();
        let mut received = Vec::with_capacity(BATCH_MAX);
        while messages.recv_many(&mut received, BATCH_MAX).await > 0 {
            let mut batch = Vec::with_capacity(received.len());
            for message in received.drain(..) {
                match message {
                    Message::Write(write) => batch.push(write),
                    Message::Close(caller) => {
                        // What is queued still arrives; then there is nothing more to receive.
                        messages.close();
                        closers.push(caller);
                    }
                }
            }
            if !batch.is_empty() {
                self.write_batch(batch).await;
            }
        }
        for caller in closers {
            let _ = caller.send(());
        }
    }

    /// Does the batch in one transaction and tells every caller.
    async fn write_batch(&self, batch: Vec<Box<dyn Queued>>) {
        let mut connection = match self.pool.acquire().await {
            Ok(connection) => connection,
            Err(error) => {
                let error = Arc::new(error);
                self.availability.learn::<()>(&Err(RecordsError::Commit(error.clone())));
                return refuse_all(batch, || RecordsError::Commit(error.clone()));
            }
        };
        // Whoever is not told before the time is up hears that there was no answer.
        let written = timeout(WRITING_MAX, write_in(&mut connection, self.backend, batch)).await;
        let written = written.unwrap_or(Err(RecordsError::Slow));
        self.availability.learn(&written);
        if let Err(error) = written {
            tracing::error!(error = &error as &dyn std::error::Error, "records could not be written");
            // After an error that ends the transaction in SQLite, sqlx still believes to be inside one.
            connection.close_on_drop();
        }
    }
}

/// An error when nothing of the batch was done, or nobody knows.
async fn write_in(
    connection: &mut AnyConnection,
    backend: Backend,
    batch: Vec<Box<dyn Queued>>,
) -> Result<()> {
    let mut transaction = match connection.begin_with(backend.begin()).await {
        Ok(transaction) => transaction,
        Err(error) => {
            let error = Arc::new(error);
            refuse_all(batch, || RecordsError::Commit(error.clone()));
            return Err(RecordsError::Commit(error));
        }
    };
    let mut tells = Vec::with_capacity(batch.len());
    // Set when the whole transaction is gone: a full disk, for one.
    let mut lost: Option<Arc<sqlx::Error>> = None;
    for write in batch {
        if let Some(error) = &lost {
            write.refuse(RecordsError::Commit(Arc::clone(error)));
            continue;
        }
        // Each write has a savepoint, so that its failure takes nothing else with it.
        let done = write.run(&mut transaction).await;
        tells.push(done.tell);
        lost = sqlx::raw_sql(if done.keep { KEEP } else { UNDO })
            .execute(&mut *transaction)
            .await
            .err()
            .map(Arc::new);
    }
    if lost.is_none() {
        lost = transaction.commit().await.err().map(Arc::new);
    }
    for tell in tells {
        tell(lost.clone().map(RecordsError::Commit));
    }
    lost.map_or(Ok(()), |error| Err(RecordsError::Commit(error)))
}

fn refuse_all(batch: Vec<Box<dyn Queued>>, error: impl Fn() -> RecordsError) {
    for write in batch {
        write.refuse(error());
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt, future::join_all};
    use sqlx::any::{AnyPoolOptions, install_default_drivers};
    use tollgate_test_servers::postgres::PostgresServer;

    use super::*;

    /// One connection with a table of numbers, each at most once, and a writer over it.
    async fn numbers(url: &str) -> (AnyPool, Writer) {
        install_default_drivers();
        let pool = AnyPoolOptions::new().max_connections(1).connect(url).await.unwrap();
        sqlx::query("CREATE TABLE numbers (number BIGINT UNIQUE)").execute(&pool).await.unwrap();
        let backend = if url.starts_with("sqlite") { Backend::Sqlite } else { Backend::Postgresql };
        let writer = Writer::start(backend, pool.clone(), Arc::new(Availability::of(backend)));
        (pool, writer)
    }

    const IN_MEMORY: &str = "sqlite::memory:";

    async fn insert_twice(writer: &Writer, first: i64, second: i64) -> Result<()> {
        writer
            .write(move |connection| {
                Box::pin(async move {
                    for number in [first, second] {
                        sqlx::query("INSERT INTO numbers VALUES ($1)")
                            .bind(number)
                            .execute(&mut *connection)
                            .await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    async fn kept(pool: &AnyPool) -> Vec<i64> {
        sqlx::query_scalar("SELECT number FROM numbers ORDER BY number").fetch_all(pool).await.unwrap()
    }

    async fn failing_write_takes_no_other_with_it(url: &str) {
        let (pool, writer) = numbers(url).await;
        // All in one batch: the task runs only once they are queued. The second fails half way.
        let writes = [(1, 2), (3, 1), (4, 5)];
        let answers = join_all(writes.map(|(first, second)| insert_twice(&writer, first, second))).await;
        assert!(matches!(answers[..], [Ok(()), Err(RecordsError::Database(_)), Ok(())]));
        assert_eq!(kept(&pool).await, [1, 2, 4, 5]);
    }

    #[tokio::test]
    async fn failing_write_leaves_nothing_and_takes_no_other_with_it_in_sqlite() {
        failing_write_takes_no_other_with_it(IN_MEMORY).await;
    }

    #[tokio::test]
    async fn failing_write_leaves_nothing_and_takes_no_other_with_it_in_postgresql() {
        let server = PostgresServer::shared();
        failing_write_takes_no_other_with_it(&server.database()).await;
    }

    #[tokio::test]
    async fn write_whose_caller_is_gone_is_done() {
        let (pool, writer) = numbers(IN_MEMORY).await;
        // Polled once, which queues it, and dropped.
        assert!(insert_twice(&writer, 1, 2).now_or_never().is_none());
        writer.close().await;
        assert_eq!(kept(&pool).await, [1, 2]);
    }

    #[tokio::test]
    async fn more_than_the_queue_holds_is_all_written() {
        let (pool, writer) = numbers(IN_MEMORY).await;
        let count = i64::try_from(QUEUE_MAX).unwrap() + 10;
        let answers = join_all((0..count).map(|n| insert_twice(&writer, n, n + count))).await;
        assert!(answers.into_iter().all(|answer| answer.is_ok()));
        assert_eq!(kept(&pool).await.len(), 2 * (QUEUE_MAX + 10));
    }

    /// Ends the whole transaction from inside, as SQLite does when the disk is full.
    async fn batch_that_is_lost_is_told_to_every_caller(url: &str) {
        let (pool, writer) = numbers(url).await;
        let ending = writer.write(|connection| {
            Box::pin(async move {
                sqlx::raw_sql("ROLLBACK").execute(connection).await?;
                Ok(())
            })
        });
        let (before, ending, after) =
            futures_util::future::join3(insert_twice(&writer, 1, 2), ending, insert_twice(&writer, 3, 4))
                .await;
        for answer in [before, ending, after] {
            assert!(matches!(answer, Err(RecordsError::Commit(_))));
        }
        insert_twice(&writer, 5, 6).await.unwrap();
        assert_eq!(kept(&pool).await, [5, 6]);
    }

    #[tokio::test]
    async fn batch_that_cannot_be_committed_in_sqlite_is_told_to_every_caller_and_the_next_one_works() {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}?mode=rwc", directory.path().join("numbers.db").display());
        batch_that_is_lost_is_told_to_every_caller(&url).await;
    }

    #[tokio::test]
    async fn batch_that_cannot_be_committed_in_postgresql_is_told_to_every_caller_and_the_next_one_works() {
        let server = PostgresServer::shared();
        batch_that_is_lost_is_told_to_every_caller(&server.database()).await;
    }
}
