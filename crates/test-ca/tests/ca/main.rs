//! The test CA as its clients see it, in one process.

mod client;

mod issuance;
