//! Which limits an ACME event spends from, with what numbers, and what a refused client is told.

pub mod config;
pub mod duration;
pub mod event;
pub mod limit;
pub mod message;
pub mod overall;
mod policy;
pub mod preset;
pub mod renewal;

pub use policy::Policy;
