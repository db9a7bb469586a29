//! Stored overrides, put in force beside those of the configuration whenever they change.

use std::{sync::Arc, time::Duration};

use tokio::time::MissedTickBehavior;
use tollgate_limiter::Limiter;
use tollgate_policy::Policy;
use tollgate_records::{RecordsError, StoredOverride};

/// How often it is asked whether they changed: one small read.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Unreadable overrides that the log names after a change; the others are counted.
const NAMED_MAX: usize = 20;

/// Puts stored overrides in force.
pub(super) struct StoredOverrides {
    limiter: Arc<Limiter>,
    configured: Arc<Policy>,
    /// What is in force; `None` until they were read once.
    revision: Option<u64>,
    /// Whether the last look failed, which is logged once.
    away: bool,
}

impl StoredOverrides {
    pub(super) fn new(limiter: Arc<Limiter>, configured: Arc<Policy>) -> Self {
        Self { limiter, configured, revision: None, away: false }
    }

    /// Looks every second. Dropped at any moment, it leaves one whole policy in force.
    pub(super) async fn follow(mut self) {
        let mut every = tokio::time::interval(LOOK_EVERY);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            every.tick().await;
            self.look().await;
        }
    }

    /// Puts them in force if they changed. When they cannot be read, what was in force stays.
    pub(super) async fn look(&mut self) {
        match self.read_if_changed().await {
            Ok(()) if self.away => {
                self.away = false;
                tracing::info!("stored overrides can be read again");
            }
            Ok(()) => {}
            Err(error) if !self.away => {
                self.away = true;
                tracing::warn!(%error, "stored overrides cannot be read: those in force stay");
            }
            Err(_) => {}
        }
    }

    async fn read_if_changed(&mut self) -> Result<(), RecordsError> {
        // Asked for first: a change between the two reads is then read twice, never missed.
        let records = self.limiter.records();
        let revision = records.overrides_revision().await?;
        if self.revision == Some(revision) {
            return Ok(());
        }
        let stored = records.overrides().await?;
        for row in stored.unreadable.iter().take(NAMED_MAX) {
            tracing::warn!(limit = ?row.limit, subject = ?row.subject, "a stored override makes no sense: it is left out");
        }
        if stored.unreadable.len() > NAMED_MAX {
            tracing::warn!(count = stored.unreadable.len(), "so many stored overrides make no sense");
        }
        let policy = self.configured.with_overrides(stored.overrides.iter().map(StoredOverride::in_policy));
        self.limiter.set_policy(Arc::new(policy));
        self.revision = Some(revision);
        tracing::info!(count = stored.overrides.len(), "stored overrides are in force");
        Ok(())
    }
}
