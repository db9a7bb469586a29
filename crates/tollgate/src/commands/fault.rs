//! `tollgate fault`.

use std::io::Write;

use http::Method;
use tollgate_test_ca::Fault;

use super::{Failure, management_call::call};
use crate::{
    cli::{AddFault, FaultAction, ManagementAddress},
    management::Added,
};

pub(super) fn run(
    action: FaultAction,
    management: &ManagementAddress,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    match action {
        FaultAction::Add(fault) => {
            let fault = scripted(&fault)?;
            let added: Added = call(management, Method::POST, "/faults", Some(&fault))?;
            writeln!(out, "fault {} waits", added.id)?;
        }
        FaultAction::List => {
            let faults: Vec<serde_json::Value> = call(management, Method::GET, "/faults", None::<&()>)?;
            if management.json {
                writeln!(out, "{}", serde_json::to_string(&faults).map_err(Failure::failed)?)?;
            } else {
                write!(out, "{}", crate::table::faults(&faults))?;
            }
        }
        FaultAction::Clear => {
            let () = call(management, Method::DELETE, "/faults", None::<&()>)?;
            writeln!(out, "no faults wait")?;
        }
    }
    Ok(())
}

/// The fault that the options describe; the test CA knows what goes together.
fn scripted(options: &AddFault) -> Result<Fault, Failure> {
    let mut words = format!("--on {} --times {} --after {}", options.on, options.times, options.after);
    for (option, value) in [
        ("--status", options.status.map(|status| status.to_string())),
        ("--retry-after", options.retry_after.map(|seconds| seconds.to_string())),
        ("--delay", options.delay.clone()),
    ] {
        if let Some(value) = value {
            words.push_str(&format!(" {option} {value}"));
        }
    }
    for (option, given) in [
        ("--empty-body", options.empty_body),
        ("--html-body", options.html_body),
        ("--drop-connection", options.drop_connection),
        ("--bad-nonce", options.bad_nonce),
    ] {
        if given {
            words.push_str(&format!(" {option}"));
        }
    }
    words.parse().map_err(Failure::could_not_start)
}
