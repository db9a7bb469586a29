//! `tollgate limits`.

use std::io::Write;

use super::Failure;
use crate::{config::Config, server::policy_in_force};

pub(super) fn run(config: Config, json: bool, out: &mut dyn Write) -> Result<(), Failure> {
    let limits = policy_in_force(config).limits_in_force();
    if json {
        writeln!(out, "{}", serde_json::to_string_pretty(&limits).map_err(Failure::failed)?)?;
        return Ok(());
    }
    write!(out, "{}", crate::table::limits(&limits))?;
    Ok(())
}
