//! End to end: real ACME clients, the gateway, and real CAs, all on this machine.
//!
//! The clients and CAs are other people's programs: `cargo xtask peers` installs them. A test that
//! misses one fails and says so.

mod ca;
mod clients;
mod ports;
mod process;
mod site;

mod peers_alone;
