//! `tollgate secrets`.

use std::{io::Write, path::Path};

use super::Failure;
use crate::secrets::Secrets;

/// `tollgate secrets new`.
pub(super) fn new(directory: &Path, out: &mut dyn Write) -> Result<(), Failure> {
    for path in Secrets::make(directory).map_err(Failure::could_not_start)? {
        writeln!(out, "{}", path.display())?;
    }
    Ok(writeln!(out, "copy them to every gateway, and set secrets-dir to where they are")?)
}
