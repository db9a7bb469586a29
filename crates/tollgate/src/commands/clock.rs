//! `tollgate clock`.

use std::{io::Write, time::Duration};

use super::{Failure, management_call::call};
use crate::{
    cli::{ClockAction, ManagementAddress},
    management::{Advance, ClockReading, SetClock},
};

pub(super) fn run(
    action: ClockAction,
    management: &ManagementAddress,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let reading: ClockReading = match action {
        ClockAction::Show => call(management, http::Method::GET, "/clock", None::<&()>),
        ClockAction::Advance { by } => {
            call(management, http::Method::POST, "/clock/advance", Some(&Advance { by }))
        }
        ClockAction::Set { to } => call(management, http::Method::POST, "/clock/set", Some(&SetClock { to })),
    }?;
    if management.json {
        writeln!(out, "{}", serde_json::to_string(&reading).map_err(Failure::failed)?)?;
    } else {
        let ahead = tollgate_policy::duration::go_duration(Duration::from_secs(reading.ahead_seconds));
        writeln!(
            out,
            "{} ({ahead} ahead of the machine's clock)",
            reading.now.strftime("%Y-%m-%d %H:%M:%S UTC")
        )?;
    }
    Ok(())
}
