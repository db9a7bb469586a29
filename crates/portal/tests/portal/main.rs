//! The pages as a browser gets them.

mod override_requests;
mod pages;
mod smtp_sink;
mod status;
mod world;
