//! A breaker: a server that keeps failing is left alone for a while, then asked once to see whether it is back.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// So many failures in a row open it.
pub(crate) const FAILURES_MAX: u32 = 5;
/// How long it stays open, and how long a probe may take before there is another.
pub(crate) const OPEN_FOR: Duration = Duration::from_secs(1);

pub(crate) struct Breaker {
    state: Mutex<State>,
    gauge: metrics::Gauge,
}

#[derive(Clone, Copy)]
enum State {
    Closed {
        failures: u32,
    },
    Open {
        until: Instant,
    },
    /// One call is under way to see.
    HalfOpen {
        until: Instant,
    },
}

impl State {
    /// As the gauge shows it.
    fn shown(self) -> f64 {
        match self {
            Self::Closed { .. } => 0.0,
            Self::HalfOpen { .. } => 1.0,
            Self::Open { .. } => 2.0,
        }
    }
}

impl Breaker {
    pub(crate) fn new(gauge: metrics::Gauge) -> Self {
        let state = State::Closed { failures: 0 };
        gauge.set(state.shown());
        Self { state: Mutex::new(state), gauge }
    }

    /// Whether a call may go to the server.
    pub(crate) fn passes(&self, now: Instant) -> bool {
        let mut state = self.state.lock();
        match *state {
            State::Closed { .. } => true,
            State::Open { until } | State::HalfOpen { until } if now < until => false,
            State::Open { .. } | State::HalfOpen { .. } => {
                self.set(&mut state, State::HalfOpen { until: now + OPEN_FOR });
                true
            }
        }
    }

    /// The server answered, whatever it said.
    pub(crate) fn answered(&self) {
        let mut state = self.state.lock();
        match *state {
            State::Closed { failures: 0 } => (),
            _ => self.set(&mut state, State::Closed { failures: 0 }),
        }
    }

    /// The server did not answer.
    pub(crate) fn failed(&self, now: Instant) {
        let mut state = self.state.lock();
        let after = match *state {
            State::Closed { failures } if failures + 1 < FAILURES_MAX => {
                State::Closed { failures: failures + 1 }
            }
            State::Closed { .. } | State::HalfOpen { .. } => State::Open { until: now + OPEN_FOR },
            // Of a call from before it opened.
            State::Open { .. } => return,
        };
        self.set(&mut state, after);
    }

    fn set(&self, state: &mut State, after: State) {
        *state = after;
        self.gauge.set(after.shown());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(now: Instant) -> Breaker {
        let breaker = Breaker::new(metrics::Gauge::noop());
        for _ in 0..FAILURES_MAX {
            assert!(breaker.passes(now));
            breaker.failed(now);
        }
        breaker
    }

    #[test]
    fn failures_in_a_row_open_it_and_an_answer_between_starts_the_row_again() {
        let now = Instant::now();
        let breaker = Breaker::new(metrics::Gauge::noop());
        for _ in 0..3 {
            for _ in 1..FAILURES_MAX {
                breaker.failed(now);
            }
            breaker.answered();
        }
        assert!(breaker.passes(now));
        assert!(!opened(now).passes(now));
    }

    #[test]
    fn one_probe_at_a_time_decides_whether_it_closes() {
        let now = Instant::now();
        let breaker = opened(now);
        let later = now + OPEN_FOR;
        assert!(breaker.passes(later), "the probe");
        assert!(!breaker.passes(later), "only one");
        breaker.failed(later);
        assert!(!breaker.passes(later), "open again");

        let later = later + OPEN_FOR;
        assert!(breaker.passes(later), "the next probe");
        breaker.answered();
        assert!(breaker.passes(later) && breaker.passes(later), "closed");
    }

    #[test]
    fn probe_that_never_ends_is_followed_by_another() {
        let now = Instant::now();
        let breaker = opened(now);
        assert!(breaker.passes(now + OPEN_FOR));
        assert!(!breaker.passes(now + OPEN_FOR));
        assert!(breaker.passes(now + 2 * OPEN_FOR));
    }
}
