//! `tollgate reference`: the pages of the book that are made from the program itself.

use std::io::Write;

use super::Failure;
use crate::{cli::ReferencePage, reference};

pub(super) fn run(page: ReferencePage, out: &mut dyn Write) -> Result<(), Failure> {
    let text = match page {
        ReferencePage::Limits => reference::limits(),
        ReferencePage::Configuration => reference::configuration(),
        ReferencePage::Commands => reference::commands(),
        ReferencePage::Schema => reference::schema(),
    };
    Ok(out.write_all(text.as_bytes())?)
}
