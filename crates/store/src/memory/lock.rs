//! The lock of a shard, and the counters beside it: as they are, or as `shuttle` runs them through many
//! interleavings (feature `interleavings`, for this crate's own tests).

#[cfg(not(feature = "interleavings"))]
pub(super) use std::sync::atomic::{AtomicBool, AtomicUsize};

#[cfg(not(feature = "interleavings"))]
pub(super) use parking_lot::{Mutex, MutexGuard};
#[cfg(feature = "interleavings")]
pub(super) use shuttle::sync::{
    MutexGuard,
    atomic::{AtomicBool, AtomicUsize},
};

/// As `parking_lot`'s: a lock without poison.
#[cfg(feature = "interleavings")]
pub(super) struct Mutex<T>(shuttle::sync::Mutex<T>);

#[cfg(feature = "interleavings")]
impl<T> Mutex<T> {
    pub(super) fn new(value: T) -> Self {
        Self(shuttle::sync::Mutex::new(value))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().expect("no caller panics while it holds a lock")
    }
}
