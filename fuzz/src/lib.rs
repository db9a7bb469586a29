//! What the fuzz targets do with their input. The crates' own tests do the same with the seeds.

pub mod acme;
pub mod config;
pub mod forwarded;
pub mod proxy_header;

// The gateway's files by themselves: the crate around them takes many minutes to build for fuzzing.
#[path = "../../crates/gateway/src/client_address.rs"]
pub mod client_address;
#[path = "../../crates/gateway/src/proxy_protocol.rs"]
pub mod proxy_protocol;
