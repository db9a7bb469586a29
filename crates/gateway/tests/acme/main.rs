//! The gateway in front of a CA that answers by script.

mod accounting;
mod aftermath;
mod bad_input;
mod certificates;
mod directory;
mod logs;
mod new_account;
mod new_order;
mod outcomes;
mod refusals;
mod strangers;
mod transcripts;
mod world;
