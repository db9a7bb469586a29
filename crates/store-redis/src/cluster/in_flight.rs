//! Which buckets this process is deciding over right now.

use std::collections::HashSet;

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::script::Key;

/// Decisions of one process that share buckets wait for each other: one that is half way would deny another, and then
/// give back what it took.
#[derive(Default)]
pub(crate) struct InFlight {
    keys: Mutex<HashSet<Key>>,
    left: Notify,
}

/// The buckets are this decision's until it is dropped.
pub(crate) struct Entered<'a> {
    in_flight: &'a InFlight,
    keys: Vec<Key>,
}

impl InFlight {
    /// Waits until no other decision is about any of these buckets. Dropped half way, nothing is taken.
    pub(crate) async fn enter(&self, keys: &[Key]) -> Entered<'_> {
        loop {
            let left = self.left.notified();
            if self.take(keys) {
                return Entered { in_flight: self, keys: keys.to_vec() };
            }
            left.await;
        }
    }

    /// All or none, so that two decisions never wait for each other.
    fn take(&self, wanted: &[Key]) -> bool {
        let mut keys = self.keys.lock();
        let is_free = wanted.iter().all(|key| !keys.contains(key));
        if is_free {
            keys.extend(wanted);
        }
        is_free
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        let mut keys = self.in_flight.keys.lock();
        for key in &self.keys {
            keys.remove(key);
        }
        drop(keys);
        self.in_flight.left.notify_waiters();
    }
}
