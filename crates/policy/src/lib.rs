//! Which limits an ACME event spends from, with what numbers, and what a refused client is told.

pub mod config;
pub mod duration;
pub mod event;
mod language;
pub mod limit;
pub mod message;
pub mod overall;
pub mod overrides;
mod policy;
pub mod preset;
pub mod renewal;
pub mod texts;
pub mod view;

pub use policy::{Answers, Pausing, Policy};
