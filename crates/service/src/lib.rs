//! The admin API: overrides, pauses, override requests and the audit log, for operators.

pub mod access;
pub mod admin;
pub mod api;
pub mod exchange;
