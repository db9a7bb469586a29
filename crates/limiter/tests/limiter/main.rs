//! The limiter over memory and SQLite, with a clock that is moved and a chance that is set.

mod fixture;
mod orders;
mod outcomes;
mod override_requests;
mod shared;
mod standing;
mod store_away;
mod unpause_links;
