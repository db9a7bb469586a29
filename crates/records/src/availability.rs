//! Whether the database is there. While it is not, calls fail at once instead of each waiting in vain.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::{RecordsError, Result, backend::Backend};

/// How long nobody asks a database that was away; then one call tries.
const AWAY_FOR: Duration = Duration::from_secs(1);

/// What the latest calls have met.
#[derive(Debug)]
pub(crate) struct Availability {
    backend: Backend,
    /// From when on the next call may try; `None` while the database is there.
    away_until: Mutex<Option<Instant>>,
}

impl Availability {
    pub(crate) fn of(backend: Backend) -> Self {
        Self { backend, away_until: Mutex::new(None) }
    }

    /// Whether to call at all. After a while one caller may, and the others wait for what it finds.
    pub(crate) fn check(&self) -> Result<()> {
        let mut away_until = self.away_until.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(until) = &mut *away_until {
            let now = Instant::now();
            if now < *until {
                return Err(RecordsError::Away);
            }
            *until = now + AWAY_FOR;
        }
        Ok(())
    }

    /// Learns from a call's answer. A file is always there: what goes wrong with it goes wrong for one
    /// call.
    pub(crate) fn learn<T>(&self, answer: &Result<T>) {
        if self.backend == Backend::Sqlite {
            return;
        }
        let is_away = answer.as_ref().err().is_some_and(RecordsError::is_away);
        let mut away_until = self.away_until.lock().unwrap_or_else(PoisonError::into_inner);
        let was_away = away_until.is_some();
        *away_until = is_away.then(|| Instant::now() + AWAY_FOR);
        drop(away_until);
        if is_away != was_away {
            metrics::gauge!("tollgate_records_away").set(f64::from(u8::from(is_away)));
            match answer {
                Err(error) if is_away => {
                    tracing::error!(error = error as &dyn std::error::Error, "the records database is away");
                }
                _ => tracing::info!("the records database is there again"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lost() -> Result<()> {
        Err(sqlx::Error::PoolTimedOut.into())
    }

    #[tokio::test(start_paused = true)]
    async fn one_call_a_second_tries_a_database_that_is_away_until_one_succeeds() {
        let availability = Availability::of(Backend::Postgresql);
        availability.check().unwrap();
        availability.learn(&lost());
        for _ in 0..3 {
            assert!(matches!(availability.check(), Err(RecordsError::Away)));
            tokio::time::advance(AWAY_FOR).await;
            availability.check().unwrap();
            assert!(matches!(availability.check(), Err(RecordsError::Away)), "one is trying");
            availability.learn(&lost());
        }
        tokio::time::advance(AWAY_FOR).await;
        availability.check().unwrap();
        availability.learn(&Ok(()));
        availability.check().unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_refuses_is_an_answer() {
        let availability = Availability::of(Backend::Postgresql);
        availability.learn::<()>(&Err(RecordsError::Corrupt { table: "orders" }));
        availability.learn::<()>(&Err(sqlx::Error::RowNotFound.into()));
        availability.check().unwrap();
    }
}
