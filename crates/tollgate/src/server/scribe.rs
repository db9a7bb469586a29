//! Writes down what happened, for operators to look at.

use std::{sync::Arc, time::Duration};

use tokio::{sync::watch, time::MissedTickBehavior};
use tollgate_gateway::overall::OverallLimits;
use tollgate_limiter::Limiter;

use super::wait;

/// How often.
const WRITE_DOWN_EVERY: Duration = Duration::from_secs(2);

/// Knows where what happened is gathered, and where it is kept.
#[derive(Clone)]
pub(super) struct Scribe {
    pub(super) limiter: Arc<Limiter>,
    pub(super) overall: Arc<OverallLimits>,
}

impl Scribe {
    /// Writes every two seconds until it is told to stop; never dropped in the middle, which would lose
    /// what it had in hand.
    pub(super) async fn follow(self, stopped: watch::Receiver<bool>) {
        let mut every = tokio::time::interval(WRITE_DOWN_EVERY);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut stop = std::pin::pin!(wait(stopped));
        loop {
            tokio::select! {
                _ = every.tick() => self.write_down().await,
                () = &mut stop => return,
            }
        }
    }

    /// Writes down what happened since the last time.
    pub(super) async fn write_down(&self) {
        if let Err(error) = self.limiter.write_down(&self.overall.take_refusals()).await {
            tracing::warn!(%error, "what happened in the last seconds is not among the operators' figures");
        }
    }
}
