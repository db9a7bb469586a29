//! The pages as a browser gets them.

mod pages;
mod status;
mod world;
