//! Servers that the tests start: programs of others in processes and folders of their own, on free
//! loopback ports, stopped by their process id when dropped.
//!
//! For tests only: what goes wrong here panics, with the server's own log.

pub mod certificates;
pub mod ports;
pub mod postgres;
pub mod process;
pub mod redis;
pub mod redis_cluster;
