//! The vocabulary of RFC 8555 (ACME) and RFC 9773 (ARI): what an ACME message says, and nothing
//! about limits.

pub mod account;
pub mod authorization;
pub mod certificate;
pub mod directory;
pub mod domain;
pub mod excerpt;
pub mod identifier;
mod json;
pub mod jwk;
pub mod jws;
pub mod order;
pub mod problem;
pub mod resource;
pub mod retry_after;
