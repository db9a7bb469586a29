//! The built-in test CA: a small, complete RFC 8555 and RFC 9773 server with scripted faults. Its
//! certificates are worthless, and say so.

mod fault;

pub use fault::{Fault, FaultKind, Faults};

/// Tells the time; the CA asks nobody else.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> jiff::Timestamp;
}
