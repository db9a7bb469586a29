//! What the fuzz targets do with their input. The crates' own tests do the same with the seeds.

pub mod acme;
pub mod config;
pub mod proxy_header;

/// The gateway's file by itself: the crate around it takes many minutes to build for fuzzing.
#[path = "../../crates/gateway/src/proxy_protocol.rs"]
pub mod proxy_protocol;
