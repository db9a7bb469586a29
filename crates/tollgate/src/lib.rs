//! The binary as a library: command line, configuration and wiring, so that tests start in-process
//! what `main` starts.

pub mod cli;
pub mod client;
pub mod clock;
mod commands;
pub mod config;
pub mod data_dir;
pub mod management;
pub mod reference;
pub mod secrets;
pub mod server;
mod table;
pub mod tls_identity;

pub use commands::run;
