//! The one clock of a process, and how far it has been moved.

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant, SystemTime},
};

use tollgate_engine::Timestamp;

/// The machine's time plus an offset that only the test CA's users may grow.
///
/// Buckets, nonces, certificates and ARI windows all ask this clock, so they move together. It never
/// goes back: certificates of the future would be left behind.
pub struct MovableClock {
    base: Box<dyn Fn() -> Timestamp + Send + Sync>,
    offset_nanos: AtomicU64,
    /// Where the offset outlives the process.
    file: Option<PathBuf>,
}

/// Why the clock was not moved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClockError {
    /// The time asked for has passed.
    #[error("the clock cannot go back: it shows {now} and {asked} was asked for")]
    Back {
        /// What the clock shows.
        now: jiff::Timestamp,
        /// What was asked for.
        asked: jiff::Timestamp,
    },
    /// Certificates and texts cannot tell times after this.
    #[error("the clock cannot go beyond the year 2400")]
    TooFar,
    /// The offset could not be written to the data directory, so it was not applied.
    #[error("{path}: cannot keep the clock's offset")]
    NotKept {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// 2400-01-01T00:00:00Z: what is left to [`Timestamp::MAX`] is more than any bucket holds.
const LAST: Timestamp = Timestamp::from_secs(13_569_465_600);

impl MovableClock {
    /// The machine's clock, never moved.
    #[must_use]
    pub fn system() -> Self {
        Self::based_on(Box::new(system_now))
    }

    /// A clock that shows `start` now and runs on from there: for the demo, whose texts then read nearly the
    /// same every time.
    #[must_use]
    pub fn running_from(start: Timestamp) -> Self {
        let began = machine_instant();
        Self::based_on(Box::new(move || start.saturating_add(began.elapsed())))
    }

    /// A clock that stands at `start` until it is moved: for tests whose outcome must not depend on how long
    /// they take.
    #[must_use]
    pub fn stopped_at(start: Timestamp) -> Self {
        Self::based_on(Box::new(move || start))
    }

    /// The same clock with its offset kept in `file`, and with the offset that is already there.
    ///
    /// # Errors
    ///
    /// The file is there but cannot be read, or holds no number.
    pub fn keeping_offset(self, file: &Path) -> std::io::Result<Self> {
        let offset = match std::fs::read_to_string(file) {
            Ok(text) => text.trim().parse().map_err(|_| {
                std::io::Error::new(std::io::ErrorKind::InvalidData, "not a number of nanoseconds")
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
        Ok(Self { file: Some(file.to_owned()), offset_nanos: AtomicU64::new(offset), ..self })
    }

    fn based_on(base: Box<dyn Fn() -> Timestamp + Send + Sync>) -> Self {
        Self { base, offset_nanos: AtomicU64::new(0), file: None }
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.base)().saturating_add(self.offset())
    }

    /// Now, as a calendar tells it.
    #[must_use]
    pub fn moment(&self) -> jiff::Timestamp {
        moment(self.now())
    }

    /// What the clock would show had it never been moved.
    #[must_use]
    pub fn machine_time(&self) -> jiff::Timestamp {
        moment((self.base)())
    }

    /// How far this clock is ahead of the machine's.
    #[must_use]
    pub fn offset(&self) -> Duration {
        Duration::from_nanos(self.offset_nanos.load(Ordering::Relaxed))
    }

    /// Moves the clock forward.
    ///
    /// # Errors
    ///
    /// [`ClockError`]: the clock is where it was.
    pub fn advance(&self, by: Duration) -> Result<jiff::Timestamp, ClockError> {
        let offset = self.offset().saturating_add(by);
        if (self.base)().saturating_add(offset) > LAST {
            return Err(ClockError::TooFar);
        }
        // No overflow: what LAST bounds fits a u64 of nanoseconds.
        let nanos = u64::try_from(offset.as_nanos()).map_err(|_| ClockError::TooFar)?;
        if let Some(path) = &self.file {
            std::fs::write(path, nanos.to_string())
                .map_err(|source| ClockError::NotKept { path: path.clone(), source })?;
        }
        self.offset_nanos.store(nanos, Ordering::Relaxed);
        Ok(self.moment())
    }

    /// Sets the clock to a later time.
    ///
    /// # Errors
    ///
    /// [`ClockError`]: the clock is where it was.
    pub fn set(&self, to: jiff::Timestamp) -> Result<jiff::Timestamp, ClockError> {
        let now = self.moment();
        match Duration::try_from(to.duration_since(now)) {
            Ok(by) => self.advance(by),
            Err(_) => Err(ClockError::Back { now, asked: to }),
        }
    }
}

impl tollgate_limiter::Clock for MovableClock {
    fn now(&self) -> Timestamp {
        Self::now(self)
    }
}

impl tollgate_test_ca::Clock for MovableClock {
    fn now(&self) -> jiff::Timestamp {
        self.moment()
    }
}

/// Draws from the operating system's seed.
pub struct SystemChance;

impl tollgate_limiter::Chance for SystemChance {
    fn fraction(&self) -> f64 {
        fastrand::f64()
    }
}

fn moment(now: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_nanosecond(i128::from(now.as_nanos()))
        .expect("every u64 of nanoseconds is before 2554")
}

#[expect(clippy::disallowed_methods, reason = "this is the clock that everything else is given")]
fn system_now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::EPOCH.saturating_add(since_epoch)
}

#[expect(clippy::disallowed_methods, reason = "this is the clock that everything else is given")]
fn machine_instant() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_secs(1_795_000_000);

    fn stopped() -> MovableClock {
        MovableClock::based_on(Box::new(|| START))
    }

    #[test]
    fn moves_forward_by_what_it_was_told() {
        let clock = stopped();
        clock.advance(Duration::from_secs(7)).unwrap();
        assert_eq!(clock.now(), Timestamp::from_secs(1_795_000_007));
    }

    #[test]
    fn refuses_to_go_back_and_stays_where_it_is() {
        let clock = stopped();
        let before = "2020-01-01T00:00:00Z".parse().unwrap();
        assert!(matches!(clock.set(before), Err(ClockError::Back { .. })));
        assert_eq!(clock.now(), START);
    }

    #[test]
    fn refuses_a_time_no_certificate_could_tell() {
        let clock = stopped();
        for by in [Duration::MAX, Duration::from_secs(400 * 366 * 86_400)] {
            assert!(matches!(clock.advance(by), Err(ClockError::TooFar)), "{by:?}");
        }
        assert_eq!(clock.now(), START);
    }

    #[test]
    fn the_offset_outlives_the_process() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("clock-offset");
        MovableClock::system().keeping_offset(&file).unwrap().advance(Duration::from_secs(86_400)).unwrap();
        let again = MovableClock::system().keeping_offset(&file).unwrap();
        assert_eq!(again.offset(), Duration::from_secs(86_400));
    }
}
