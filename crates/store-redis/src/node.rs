//! One server: its connections, made when they are first needed and again when they broke, and its breaker.

use std::{
    num::NonZeroUsize,
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
    time::Duration,
};

use redis::{AsyncConnectionConfig, Client, Value, aio::MultiplexedConnection};
use tokio::{
    sync::Mutex,
    time::{Instant, timeout_at},
};

use crate::{address::Address, breaker::Breaker, failure::Failure, script::Call};

/// Calls under way at once on a connection; further ones wait, within their deadlines.
const CALLS_MAX: usize = 4096;

/// Until when a call may take, and how long that was at its beginning.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    pub(crate) at: Instant,
    within: Duration,
}

impl Deadline {
    pub(crate) fn within(within: Duration) -> Self {
        Self { at: Instant::now() + within, within }
    }

    pub(crate) fn passed(self) -> Failure {
        Failure::DeadlinePassed { within: self.within }
    }
}

/// Not the library's own manager, which keeps an error of the handshake (a wrong password, a server that still loads
/// its data) for ever.
pub(crate) struct Node {
    client: Client,
    address: Address,
    places: Box<[Place]>,
    /// Where the next call goes.
    next: AtomicUsize,
    /// How many connections have been made.
    made: AtomicU64,
    breaker: Breaker,
}

/// The place of one connection that many calls share.
type Place = Mutex<Option<Numbered>>;

#[derive(Clone)]
struct Numbered {
    number: u64,
    connection: MultiplexedConnection,
}

impl Node {
    pub(crate) fn new(client: Client, address: Address, connections_max: NonZeroUsize) -> Self {
        let breaker =
            Breaker::new(metrics::gauge!("tollgate_redis_breaker_state", "server" => address.to_string()));
        Self {
            client,
            address,
            places: (0..connections_max.get()).map(|_| Place::default()).collect(),
            next: AtomicUsize::new(0),
            made: AtomicU64::new(0),
            breaker,
        }
    }

    /// Makes a call, all within the deadline. A connection that broke or did not answer in time is given up; the next
    /// call makes another.
    ///
    /// Dropped half way, the call may still be carried out.
    pub(crate) async fn call(&self, call: &Call, deadline: Deadline) -> Result<Value, Failure> {
        if !self.breaker.passes(Instant::now()) {
            metrics::counter!("tollgate_redis_calls_refused_total").increment(1);
            return Err(Failure::NotAsked);
        }
        let place = &self.places[self.next.fetch_add(1, Ordering::Relaxed) % self.places.len()];
        let made_before = self.made.load(Ordering::Relaxed);
        let mut attempt = Attempt { node: self, place, deadline, used: None, made_before, is_over: false };
        let answer = timeout_at(deadline.at, async {
            let numbered = self.connection(place).await.map_err(|error| Failure::before_sending(&error))?;
            attempt.used = Some(numbered.number);
            let answer = call.send(numbered.connection).await;
            answer.map_err(|error| Failure::after_sending(&error, &self.address))
        })
        .await;
        let answer = answer.unwrap_or_else(|_| Err(deadline.passed()));
        attempt.end(answer.as_ref().err());
        answer
    }

    async fn connection(&self, place: &Place) -> redis::RedisResult<Numbered> {
        let mut current = place.lock().await;
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
}

/// A call under way. Whoever waits for it may go away at the deadline, too, just before it is over here.
struct Attempt<'a> {
    node: &'a Node,
    place: &'a Place,
    deadline: Deadline,
    used: Option<u64>,
    /// How many connections had been made when it began.
    made_before: u64,
    is_over: bool,
}

impl Attempt<'_> {
    fn end(&mut self, failure: Option<&Failure>) {
        self.is_over = true;
        let Some(failure) = failure else {
            self.node.breaker.answered();
            return;
        };
        metrics::counter!("tollgate_redis_failures_total", "kind" => failure.kind()).increment(1);
        if failure.is_silence() {
            self.node.breaker.failed(Instant::now());
        } else {
            self.node.breaker.answered();
        }
        match failure {
            Failure::DeadlinePassed { .. } => self.give_up(self.place, |number| Some(number) == self.used),
            // Most likely the server ended, and with it all connections from before.
            Failure::Broken { .. } | Failure::Unreachable { .. } => {
                let is_old = |number| number < self.made_before || Some(number) == self.used;
                self.node.places.iter().for_each(|place| self.give_up(place, is_old));
            }
            _ => (),
        }
    }

    fn give_up(&self, place: &Place, which: impl Fn(u64) -> bool) {
        // Whoever holds the lock makes a new connection already.
        if let Ok(mut current) = place.try_lock() {
            current.take_if(|current| which(current.number));
        }
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if !self.is_over && Instant::now() >= self.deadline.at {
            self.end(Some(&self.deadline.passed()));
        }
    }
}
