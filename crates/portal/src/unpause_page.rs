//! The pages on which a paused account's holder lifts its pauses.

use askama::Template;

use crate::{
    portal::Frame,
    words::{Notice, Words},
};

/// What is paused, what to check, one button.
#[derive(Template)]
#[template(path = "unpause.html")]
pub(crate) struct UnpausePage<'a> {
    pub(crate) words: &'a Words,
    pub(crate) frame: Frame<'a>,
    pub(crate) account: &'a str,
    /// Pauses in force.
    pub(crate) paused: u64,
    /// Some of them: those of the refused order.
    pub(crate) identifiers: Vec<String>,
    /// How many are not listed.
    pub(crate) more: u64,
    /// The most pauses lifted at once.
    pub(crate) lift_max: u32,
    /// How long an identifier then cannot be paused again, in words.
    pub(crate) immunity: String,
    pub(crate) token: &'a str,
}

/// What was lifted, and what remains.
#[derive(Template)]
#[template(path = "unpaused.html")]
pub(crate) struct UnpausedPage<'a> {
    pub(crate) words: &'a Words,
    pub(crate) frame: Frame<'a>,
    pub(crate) account: &'a str,
    pub(crate) lifted: u64,
    pub(crate) remaining: u64,
    pub(crate) lift_max: u32,
    pub(crate) token: &'a str,
}

/// A page of one message.
#[derive(Template)]
#[template(path = "notice.html")]
pub(crate) struct NoticePage<'a> {
    pub(crate) words: &'a Words,
    pub(crate) frame: Frame<'a>,
    pub(crate) notice: Notice,
}
