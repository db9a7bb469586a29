//! What is under way: bounded, in order, and found by those who have to wait for it.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::{Key, Keys};

/// Answers whose counting and writing is under way at most; those beyond wait for room before they go back.
const UNDER_WAY_MAX: usize = 4096;

/// Everything that is under way.
#[derive(Clone)]
pub(crate) struct UnderWay {
    room: Arc<Semaphore>,
    register: Arc<Mutex<Register>>,
}

#[derive(Default)]
struct Register {
    begun: u64,
    /// The end of each: nothing is ever sent, the sender is dropped.
    ends: HashMap<u64, End>,
    by_key: HashMap<Key, Vec<u64>>,
}

type End = watch::Receiver<()>;

/// Something that is under way from now until this is dropped, whatever becomes of it.
#[must_use]
pub(crate) struct Begun {
    number: u64,
    keys: Vec<Key>,
    /// What it comes after, by what they have in common.
    before: Vec<(Key, End)>,
    is_done: bool,
    register: Arc<Mutex<Register>>,
    /// Dropped after the register has forgotten it.
    _end: watch::Sender<()>,
    _room: OwnedSemaphorePermit,
}

impl UnderWay {
    /// With nothing under way.
    pub(crate) fn new() -> Self {
        Self::with_room(UNDER_WAY_MAX)
    }

    fn with_room(room: usize) -> Self {
        Self { room: Arc::new(Semaphore::new(room)), register: Arc::default() }
    }

    /// Begins something, once there is room. From here on requests wait for it.
    pub(crate) async fn begin(&self, keys: Keys) -> Begun {
        let room = self.room.clone().acquire_owned().await.expect("the semaphore is never closed");
        let (end, ended) = watch::channel(());
        let mut register = self.register.lock();
        let before = register.all_for(&keys.changes);
        let number = register.begin(ended);
        let keys = register.add(number, keys.changes.into_iter().chain(keys.concerns));
        drop(register);
        metrics::gauge!("tollgate_gateway_under_way").increment(1.0);
        let register = self.register.clone();
        Begun { number, keys, before, is_done: false, register, _end: end, _room: room }
    }

    /// Waits for what is under way for any of these keys, and for nothing that begins later.
    pub(crate) async fn settled_for(&self, keys: &[Key]) {
        let under_way = self.register.lock().all_for(keys);
        for (_, mut end) in under_way {
            ended(&mut end).await;
        }
    }

    /// Waits for all that is under way now.
    pub(crate) async fn settled(&self) {
        let under_way: Vec<_> = self.register.lock().ends.values().cloned().collect();
        for mut end in under_way {
            ended(&mut end).await;
        }
    }
}

impl Register {
    fn begin(&mut self, end: End) -> u64 {
        self.begun += 1;
        self.ends.insert(self.begun, end);
        self.begun
    }

    /// Files a number under keys; gives those under which it was not the last one already.
    fn add(&mut self, number: u64, keys: impl IntoIterator<Item = Key>) -> Vec<Key> {
        let mut added = Vec::new();
        for key in keys {
            let numbers = self.by_key.entry(key.clone()).or_default();
            if numbers.last() != Some(&number) {
                numbers.push(number);
                added.push(key);
            }
        }
        added
    }

    fn all_for(&self, keys: &[Key]) -> Vec<(Key, End)> {
        let under = |key| self.by_key.get(key).into_iter().flatten();
        keys.iter()
            .flat_map(|key| under(key).map(|number| (key.clone(), self.ends[number].clone())))
            .collect()
    }

    fn end(&mut self, number: u64, keys: &[Key]) {
        for key in keys {
            if let Some(numbers) = self.by_key.get_mut(key) {
                numbers.retain(|one| *one != number);
                if numbers.is_empty() {
                    self.by_key.remove(key);
                }
            }
        }
        self.ends.remove(&number);
    }
}

impl Begun {
    /// Whether something is still under way that changes or concerns, by that key, what this one changes.
    pub(crate) fn follows(&self, key: &Key) -> bool {
        self.before.iter().any(|(shared, _)| shared == key)
    }

    /// Lets requests wait for it by these keys, too.
    pub(crate) fn concerns(&mut self, keys: impl IntoIterator<Item = Key>) {
        self.keys.extend(self.register.lock().add(self.number, keys));
    }

    /// Does `work` in a task of its own, in its turn, and ends.
    pub(crate) fn end_with(mut self, work: impl Future<Output = ()> + Send + 'static) {
        tokio::spawn(async move {
            for (_, mut end) in std::mem::take(&mut self.before) {
                ended(&mut end).await;
            }
            work.await;
            self.done();
        });
    }

    fn done(mut self) {
        self.is_done = true;
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        self.register.lock().end(self.number, &self.keys);
        metrics::gauge!("tollgate_gateway_under_way").decrement(1.0);
        if !self.is_done {
            metrics::counter!("tollgate_gateway_records_failures_total").increment(1);
            tracing::error!("what an answer of the CA told was not counted");
        }
    }
}

async fn ended(end: &mut End) {
    // The sender is gone: the only thing that ever happens.
    let _ = end.changed().await;
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use tokio::sync::oneshot;
    use tollgate_acme::resource::ResourcePath;

    use super::*;

    fn key(path: &str) -> Key {
        Key::Path(ResourcePath::of(path).unwrap())
    }

    fn changing(path: &str) -> Keys {
        Keys { changes: vec![key(path)], concerns: vec![key("/acct/1")] }
    }

    /// Work that ends when it is told to.
    fn work() -> (oneshot::Sender<()>, impl Future<Output = ()>) {
        let (end, ended) = oneshot::channel();
        (end, async { drop(ended.await) })
    }

    fn is_empty(under_way: &UnderWay) -> bool {
        let register = under_way.register.lock();
        register.ends.is_empty() && register.by_key.is_empty()
    }

    #[tokio::test]
    async fn whoever_needs_to_know_waits_and_nobody_else() {
        let under_way = UnderWay::new();
        let mut begun = under_way.begin(changing("/order/1")).await;
        begun.concerns([key("/order/1"), key("/late"), key("/late")]);
        let (end, ending) = work();
        begun.end_with(ending);
        let mut waiting = Vec::new();
        for needed in ["/order/1", "/acct/1", "/late"] {
            let under_way = under_way.clone();
            let mut wait =
                Box::pin(async move { under_way.settled_for(&[key("/other"), key(needed)]).await });
            assert!(wait.as_mut().now_or_never().is_none(), "{needed}");
            waiting.push(wait);
        }
        assert!(under_way.settled_for(&[key("/order/2"), key("/acct/2")]).now_or_never().is_some());
        let mut settled = Box::pin(under_way.settled());
        assert!(settled.as_mut().now_or_never().is_none());
        end.send(()).unwrap();
        for wait in waiting {
            wait.await;
        }
        settled.await;
        assert!(is_empty(&under_way), "its keys are gone with it");
    }

    #[tokio::test]
    async fn what_changes_the_same_is_done_in_turn_and_nothing_else_waits_for_it() {
        let under_way = UnderWay::new();
        let done = Arc::new(Mutex::new(Vec::new()));
        let note = |name: &'static str| {
            let done = done.clone();
            async move { done.lock().push(name) }
        };
        let first = under_way.begin(changing("/order/1")).await;
        let second = under_way.begin(changing("/order/1")).await;
        let third = under_way.begin(changing("/order/1")).await;
        let other = under_way.begin(changing("/order/2")).await;
        assert!(!first.follows(&key("/order/1")) && second.follows(&key("/order/1")));
        assert!(!second.follows(&key("/acct/1")), "of one account, but of other orders");
        third.end_with(note("third"));
        second.end_with(note("second"));
        other.end_with(note("other"));
        under_way.settled_for(&[key("/order/2")]).await;
        let (end, ending) = work();
        let note = note("first");
        first.end_with(async {
            ending.await;
            note.await;
        });
        assert_eq!(*done.lock(), ["other"]);
        end.send(()).unwrap();
        under_way.settled().await;
        assert_eq!(*done.lock(), ["other", "first", "second", "third"]);
    }

    #[tokio::test]
    async fn beyond_the_bound_an_answer_waits_for_room() {
        let under_way = UnderWay::with_room(2);
        let (end, ending) = work();
        under_way.begin(changing("/order/1")).await.end_with(ending);
        let second = under_way.begin(changing("/order/2")).await;
        let mut third = Box::pin(under_way.begin(changing("/order/3")));
        assert!(third.as_mut().now_or_never().is_none());
        end.send(()).unwrap();
        third.await.end_with(async {});
        second.end_with(async {});
        under_way.settled().await;
        assert!(is_empty(&under_way));
    }

    #[tokio::test]
    async fn neither_a_panic_nor_being_dropped_leaves_anybody_waiting() {
        let under_way = UnderWay::with_room(2);
        for _ in 0..4 {
            let panicking = under_way.begin(changing("/order/1")).await;
            let after = under_way.begin(changing("/order/1")).await;
            panicking.end_with(async { panic!("a panic that this test is about") });
            let (end, ended) = oneshot::channel();
            after.end_with(async { end.send(()).unwrap() });
            ended.await.expect("what comes after a panic is done");
            drop(under_way.begin(changing("/order/1")).await);
        }
        under_way.settled().await;
        assert!(is_empty(&under_way));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn many_at_once_keep_to_their_turns_and_leave_nothing_behind() {
        let under_way = UnderWay::with_room(50);
        let counts: Arc<[Mutex<Vec<u64>>; 7]> = Arc::default();
        for number in 0..2_000_u64 {
            let place = usize::try_from(number % 7).unwrap();
            let begun = under_way.begin(changing(&format!("/order/{place}"))).await;
            let counts = counts.clone();
            begun.end_with(async move {
                tokio::task::yield_now().await;
                counts[place].lock().push(number);
            });
        }
        under_way.settled().await;
        assert!(is_empty(&under_way));
        for (place, count) in (0..).zip(counts.iter()) {
            let expected: Vec<u64> = (0..2_000).filter(|number| number % 7 == place).collect();
            assert_eq!(*count.lock(), expected);
        }
    }
}
