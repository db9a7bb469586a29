//! End to end: real ACME clients, the gateway, and real CAs, all on this machine.
//!
//! The clients and CAs are other people's programs: `cargo xtask peers` installs them. A test that
//! misses one fails and says so.

mod binary;
mod browser;
mod ca;
mod clients;
mod gateway;
mod http_responder;
mod management;
mod process;
mod refusal;
mod site;
mod volume;

mod clock_and_faults;
mod forgery;
mod forms;
mod full_disk;
mod issuance;
mod limits;
mod logs;
mod moving_buckets;
mod operators;
mod operators_page;
mod overrides;
mod pages;
mod pauses;
mod peers_alone;
mod postgres;
mod redis;
mod renewals;
mod restart;
mod startup;
mod two_gateways;

use tollgate_test_servers::ports;
