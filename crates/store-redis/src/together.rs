//! Decisions for one server that go to it together: those that come while it is busy share a script call.
//!
//! What a call costs whatever it decides is for the server more than a decision over a few buckets. A decision that finds
//! all connections idle is sent at once, alone, by who asks for it. While there are other calls under way, those go together
//! whose callers are ready to run when a connection is idle; nobody waits longer for company than they take to say so. What
//! would fill a call does not wait for an idle connection either.

use std::{collections::VecDeque, num::NonZeroUsize, slice, sync::Arc};

use parking_lot::Mutex;
use tokio::{
    runtime::Handle,
    sync::{Semaphore, oneshot},
    task::yield_now,
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
            if let Some(turn) = self.turn_while_idle() {
                return Ok(turn.call(&task, deadline).await);
            }
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
        (line.calls < calls_max).then(|| self.turn(&mut line))
    }

    fn turn_while_idle(self: &Arc<Self>) -> Option<OwnTurn> {
        let mut line = self.line.lock();
        let is_idle = line.calls == 0 && line.waiting.is_empty();
        is_idle.then(|| OwnTurn(Some(self.turn(&mut line))))
    }

    fn turn(self: &Arc<Self>, line: &mut Line) -> Turn {
        line.calls += 1;
        Turn { together: self.clone(), is_over: false }
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
            if self.is_beside_others() {
                // Whoever is ready to run comes along: most of those that the last answer woke decide again.
                yield_now().await;
            }
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

    fn is_beside_others(&self) -> bool {
        self.together.line.lock().calls > 1
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

    /// Whether somebody waits; else it ends the same way.
    fn goes_on(&mut self) -> bool {
        let mut line = self.together.line.lock();
        if line.waiting.is_empty() {
            line.calls -= 1;
            self.is_over = true;
        }
        !self.is_over
    }

    async fn call(&self, tasks: &[Task], deadline: Deadline) -> Result<Vec<Found>, Failure> {
        let call = match tasks {
            [task] => task.whole(),
            tasks => Task::together(tasks),
        };
        let answer = self.together.node.call(&call, deadline).await?;
        Found::read_each(&answer, tasks.iter().map(|task| task.keys().len()))
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

/// A turn of who asks for one decision, which saves the way through a task of its own and back. Those who line up meanwhile
/// have it next, also when it was dropped half way.
struct OwnTurn(Option<Turn>);

impl OwnTurn {
    async fn call(&self, task: &Task, deadline: Deadline) -> Result<Found, Failure> {
        let turn = self.0.as_ref().expect("it is there until it is dropped");
        turn.call(slice::from_ref(task), deadline).await?.pop().ok_or(Failure::Malformed)
    }
}

impl Drop for OwnTurn {
    fn drop(&mut self) {
        let waited_for = self.0.take_if(Turn::goes_on);
        if let (Some(turn), Ok(runtime)) = (waited_for, Handle::try_current()) {
            runtime.spawn(turn.call_until_nobody_waits());
        }
    }
}
