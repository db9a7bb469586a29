//! The gateway: an ACME-aware reverse proxy in front of a CA that needs to know nothing of it.

pub mod upstream;
