//! Time and chance, as arguments of everything below the binary.

use tollgate_engine::Timestamp;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// Draws numbers.
pub trait Chance: Send + Sync {
    /// A number from 0 up to, not including, 1.
    fn fraction(&self) -> f64;
}
