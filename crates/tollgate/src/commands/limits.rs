//! `tollgate limits`.

use std::{io::Write, path::Path};

use tollgate_service::exchange::boulder;

use super::Failure;
use crate::{config::Config, server::policy_in_force};

/// How limits are printed.
pub(super) enum Form {
    Table,
    Json,
    Boulder,
}

impl Form {
    pub(super) fn of(json: bool, boulder: bool) -> Self {
        match (json, boulder) {
            (true, _) => Self::Json,
            (false, true) => Self::Boulder,
            (false, false) => Self::Table,
        }
    }
}

pub(super) fn run(config: Config, form: Form, out: &mut dyn Write) -> Result<(), Failure> {
    let policy = policy_in_force(config);
    match form {
        Form::Table => write!(out, "{}", crate::table::limits(&policy.limits_in_force()))?,
        Form::Json => {
            let limits = policy.limits_in_force();
            writeln!(out, "{}", serde_json::to_string_pretty(&limits).map_err(Failure::failed)?)?;
        }
        Form::Boulder => write!(out, "{}", boulder::write_defaults(&policy))?,
    }
    Ok(())
}

/// Prints Boulder's default limits as configuration.
pub(super) fn from_boulder(file: &Path, out: &mut dyn Write) -> Result<(), Failure> {
    let named = |error: &dyn std::fmt::Display| Failure::failed(format!("{}: {error}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| named(&error))?;
    let (toml, skipped) = boulder::defaults_as_configuration(&text).map_err(|error| named(&error))?;
    write!(out, "{toml}")?;
    if skipped.is_empty() {
        return Ok(());
    }
    let lines: Vec<_> = skipped.iter().map(|skipped| format!("{}: {skipped}", file.display())).collect();
    Err(Failure::in_part(lines.join("\n")))
}
