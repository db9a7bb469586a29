//! One connection that all calls share; made when it is first needed, and again when it broke.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use redis::{AsyncConnectionConfig, Client, aio::MultiplexedConnection};
use tokio::{sync::Mutex, time};

use crate::failure::Failure;

/// Calls under way at once; further ones wait, within their deadlines.
const CALLS_MAX: usize = 4096;

/// Not the library's own manager, which keeps an error of the handshake (a wrong password, a server that still loads
/// its data) for ever.
pub(crate) struct Connection {
    client: Client,
    deadline: Duration,
    current: Mutex<Option<Numbered>>,
    /// How many connections have been made.
    made: AtomicU64,
}

#[derive(Clone)]
struct Numbered {
    number: u64,
    connection: MultiplexedConnection,
}

impl Connection {
    pub(crate) fn new(client: Client, deadline: Duration) -> Self {
        Self { client, deadline, current: Mutex::new(None), made: AtomicU64::new(0) }
    }

    /// Does `ask` on the connection, all within the deadline. A connection that broke or did not answer in time is
    /// given up; the next call makes another.
    pub(crate) async fn call<T>(
        &self,
        ask: impl AsyncFnOnce(MultiplexedConnection) -> redis::RedisResult<T>,
    ) -> Result<T, Failure> {
        let mut used = None;
        let answer = time::timeout(self.deadline, async {
            let Numbered { number, connection } = self.connection().await?;
            used = Some(number);
            ask(connection).await
        })
        .await;

        match answer {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => {
                if error.is_unrecoverable_error() || error.is_io_error() {
                    self.give_up(used).await;
                }
                Err(error.into())
            }
            Err(_) => {
                self.give_up(used).await;
                Err(Failure::DeadlinePassed { deadline: self.deadline })
            }
        }
    }

    async fn connection(&self) -> redis::RedisResult<Numbered> {
        let mut current = self.current.lock().await;
        if let Some(current) = &*current {
            return Ok(current.clone());
        }
        // The deadline of the call is around all of it.
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            .set_response_timeout(None)
            .set_concurrency_limit(CALLS_MAX);
        let connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        Ok(current.insert(Numbered { number, connection }).clone())
    }

    async fn give_up(&self, used: Option<u64>) {
        // Whoever holds the lock makes a new connection already: nobody waits here beyond the deadline.
        if let Some(used) = used
            && let Ok(mut current) = self.current.try_lock()
        {
            current.take_if(|current| current.number == used);
        }
    }
}
