//! The pages as a browser gets them.

mod override_requests;
mod pages;
#[expect(dead_code, reason = "the tests of the mailer itself use the rest")]
mod smtp_sink;
mod status;
mod world;
