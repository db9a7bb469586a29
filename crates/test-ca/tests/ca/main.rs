//! The test CA as its clients see it, in one process.

mod client;

mod accounts;
mod authorizations;
mod certificates;
mod envelopes;
mod faults;
mod issuance;
mod orders;
mod persistence;
mod renewals;
mod revocations;
mod validation;
