//! Decisions that go on while something happens to the cluster.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{sync::Notify, task::JoinHandle};
use tollgate_engine::Verdict;
use tollgate_store_redis::RedisStore;

use crate::{PATIENT, entry, verdict};

/// Callers that spend from buckets 0 to `buckets`, each decision from two of them, until they are told to stop.
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    admitted: Arc<Vec<AtomicU64>>,
    failed: Arc<AtomicU64>,
    /// Wakes who waits for decisions.
    next: Arc<Notify>,
    callers: Vec<JoinHandle<()>>,
}

impl Load {
    /// Each has one decision under way.
    pub(crate) const CALLERS: u64 = 8;

    pub(crate) fn start(store: &Arc<RedisStore>, buckets: u64) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let admitted: Arc<Vec<_>> = Arc::new((0..buckets).map(|_| AtomicU64::new(0)).collect());
        let failed = Arc::new(AtomicU64::new(0));
        let next = Arc::new(Notify::new());
        let callers = (0..Self::CALLERS).map(|caller| {
            let (store, stop) = (store.clone(), stop.clone());
            let (admitted, failed, next) = (admitted.clone(), failed.clone(), next.clone());
            tokio::spawn(async move {
                let mut turn = caller;
                while !stop.load(Ordering::Relaxed) {
                    turn += 7;
                    let pair = [turn % buckets, (turn + 1 + turn / buckets % (buckets - 1)) % buckets];
                    match verdict(&store, &pair.map(|number| entry(number, 1))).await {
                        Ok(Verdict::Allow) => pair.map(|number| {
                            admitted[usize::try_from(number).expect("it is small")]
                                .fetch_add(1, Ordering::Relaxed)
                        }),
                        Ok(Verdict::Deny { .. }) => [0, 0],
                        Err(error) => {
                            // Shown when the test fails.
                            println!("{error:?}");
                            [failed.fetch_add(1, Ordering::Relaxed), 0]
                        }
                    };
                    next.notify_waiters();
                    // As fast as that, a burst would be over before anything can happen to the cluster.
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
            })
        });
        Self { callers: callers.collect(), stop, admitted, failed, next }
    }

    pub(crate) fn admitted(&self) -> Vec<u64> {
        self.admitted.iter().map(|count| count.load(Ordering::Relaxed)).collect()
    }

    /// Waits until so many more decisions over two buckets have been admitted.
    pub(crate) async fn goes_on(&self, decisions: u64) {
        let before: u64 = self.admitted().iter().sum();
        let goes_on = async {
            loop {
                // Asked for before the look, so that none is missed between the two.
                let next = self.next.notified();
                if self.admitted().iter().sum::<u64>() >= before + 2 * decisions {
                    break;
                }
                next.await;
            }
        };
        tokio::time::timeout(PATIENT, goes_on).await.expect("decisions are admitted");
    }

    /// What was admitted of each bucket, and how many decisions failed.
    pub(crate) async fn stop(self) -> (Vec<u64>, u64) {
        self.stop.store(true, Ordering::Relaxed);
        for caller in self.callers {
            caller.await.expect("no caller panics");
        }
        let admitted = self.admitted.iter().map(|count| count.load(Ordering::Relaxed)).collect();
        (admitted, self.failed.load(Ordering::Relaxed))
    }
}
