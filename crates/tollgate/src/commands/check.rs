//! `tollgate check`.

use std::{io::Write, path::PathBuf};

use super::Failure;
use crate::config::Config;

pub(super) fn run(file: Option<PathBuf>, out: &mut dyn Write) -> Result<(), Failure> {
    let file = file.ok_or_else(|| {
        Failure::could_not_start("check needs a configuration file: tollgate check tollgate.toml")
    })?;
    let config = Config::load(&file)?;
    let behind = match &config.upstream {
        Some(upstream) => format!("in front of {}", upstream.directory),
        None => "in front of the built-in test CA".to_owned(),
    };
    writeln!(out, "{}: no mistakes; {behind}", file.display())?;
    Ok(())
}
