//! Decisions for one server that go to it together: those that come while it is busy share a script call.
//!
//! What a call costs whatever it decides is for the server about as much as a decision over a few buckets. A decision that
//! finds a connection idle is sent at once, alone; nobody waits for company. What would fill a call does not wait for
//! an idle connection either.

use std::{collections::VecDeque, num::NonZeroUsize, sync::Arc};

use parking_lot::Mutex;
use tokio::{
    sync::{Semaphore, oneshot},
    time::{Instant, timeout_at},
};

use crate::{
    failure::Failure,
    node::{Deadline, Node},
    script::{Found, Task},
};

/// Buckets of a call for several decisions: a fraction of a millisecond, in which the server does nothing else.
const BUCKETS_MAX: usize = 1000;
/// Full calls that share a connection.
const FULL_CALLS: usize = 16;
/// Decisions that wait or are under way; further ones wait before they are put in line, within their deadlines.
const DECISIONS_MAX: usize = 16_384;

pub(crate) struct Together {
    node: Node,
    calls_max: usize,
    line: Mutex<Line>,
    room: Semaphore,
}

#[derive(Default)]
struct Line {
    waiting: VecDeque<Waiting>,
    /// Of those that wait.
    buckets: usize,
    calls: usize,
}

struct Waiting {
    task: Task,
    deadline: Deadline,
    answer: oneshot::Sender<Result<Found, Failure>>,
}

impl Waiting {
    /// Nobody spends for who has gone away.
    fn is_waited_for(&self) -> bool {
        !self.answer.is_closed() && Instant::now() < self.deadline.at
    }
}

impl Together {
    /// With one call at a time for each connection.
    pub(crate) fn new(node: Node, connections: NonZeroUsize) -> Self {
        Self {
            node,
            calls_max: connections.get(),
            line: Mutex::default(),
            room: Semaphore::new(DECISIONS_MAX),
        }
    }

    /// For calls of their own.
    pub(crate) fn node(&self) -> &Node {
        &self.node
    }

    /// What a decision finds, and spends if all of it allows. Dropped before it was sent, it spends nothing.
    pub(crate) async fn decide(self: &Arc<Self>, task: Task, deadline: Deadline) -> Result<Found, Failure> {
        let answer = timeout_at(deadline.at, async {
            let _room = self.room.acquire().await;
            let (answer, told) = oneshot::channel();
            if let Some(turn) = self.line_up(Waiting { task, deadline, answer }) {
                tokio::spawn(turn.call_until_nobody_waits());
            }
            told.await
        });
        match answer.await {
            Ok(Ok(answer)) => answer,
            // Left out of a call because of its deadline, or the runtime ends.
            Ok(Err(_)) | Err(_) => Err(deadline.passed()),
        }
    }

    /// The turn to call, when there is one to spare.
    fn line_up(self: &Arc<Self>, waiting: Waiting) -> Option<Turn> {
        let mut line = self.line.lock();
        line.buckets += waiting.task.keys().len();
        line.waiting.push_back(waiting);
        let calls_max = if line.buckets < BUCKETS_MAX { self.calls_max } else { self.calls_max * FULL_CALLS };
        (line.calls < calls_max).then(|| {
            line.calls += 1;
            Turn { together: self.clone(), is_over: false }
        })
    }
}

impl Line {
    /// Who goes together in the next call: in the order of coming, as many as fit.
    fn take(&mut self) -> Vec<Waiting> {
        let mut taken: Vec<Waiting> = Vec::new();
        let mut buckets = 0;
        while let Some(next) = self.waiting.pop_front_if(|next| {
            taken.first().is_none_or(|first| {
                buckets + next.task.keys().len() <= BUCKETS_MAX && next.task.is_at_the_time_of(&first.task)
            })
        }) {
            self.buckets -= next.task.keys().len();
            if next.is_waited_for() {
                buckets += next.task.keys().len();
                taken.push(next);
            }
        }
        taken
    }
}

/// One of the calls under way at once.
struct Turn {
    together: Arc<Together>,
    is_over: bool,
}

impl Turn {
    async fn call_until_nobody_waits(mut self) {
        loop {
            let taken = self.take();
            let Some(last) = taken.last() else { return };
            let deadline = last.deadline;
            let (tasks, answers): (Vec<_>, Vec<_>) =
                taken.into_iter().map(|waiting| (waiting.task, waiting.answer)).unzip();
            match self.call(&tasks, deadline).await {
                Ok(each) => {
                    answers.into_iter().zip(each).for_each(|(answer, found)| _ = answer.send(Ok(found)))
                }
                Err(failure) => {
                    answers.into_iter().for_each(|answer| _ = answer.send(Err(failure.clone())));
                }
            }
        }
    }

    /// Ends the turn when nobody waits, before anybody else can line up.
    fn take(&mut self) -> Vec<Waiting> {
        let mut line = self.together.line.lock();
        let taken = line.take();
        if taken.is_empty() {
            line.calls -= 1;
            self.is_over = true;
        }
        taken
    }

    async fn call(&self, tasks: &[Task], deadline: Deadline) -> Result<Vec<Found>, Failure> {
        let call = match tasks {
            [task] => task.whole(),
            tasks => Task::together(tasks),
        };
        let sizes: Vec<_> = tasks.iter().map(|task| task.keys().len()).collect();
        Found::read_each(&self.together.node.call(&call, deadline).await?, &sizes)
    }
}

impl Drop for Turn {
    /// The runtime ended in the middle of a call.
    fn drop(&mut self) {
        if !self.is_over {
            self.together.line.lock().calls -= 1;
        }
    }
}
