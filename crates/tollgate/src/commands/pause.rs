//! `tollgate pause`.

use std::io::Write;

use http::Method;
use tollgate_service::api::{AddPause, AddedPause, LiftPauses, LiftedPauses, PauseList, PauseView};

use super::{
    Failure,
    management_call::{call, with_query},
};
use crate::{
    cli::{ManagementAddress, PauseAction},
    table,
};

pub(super) fn run(
    action: PauseAction,
    management: &ManagementAddress,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    match action {
        PauseAction::List { account } => {
            let pauses = list(account.as_deref(), management)?;
            if management.json {
                writeln!(out, "{}", serde_json::to_string(&pauses).map_err(Failure::failed)?)?;
            } else {
                write!(out, "{}", table::pauses(&pauses))?;
            }
        }
        PauseAction::Add { account, identifier, reason } => {
            let add = AddPause { account, identifier, reason };
            let added: AddedPause = call(management, Method::POST, "/pauses", Some(&add))?;
            if management.json {
                writeln!(out, "{}", serde_json::to_string(&added).map_err(Failure::failed)?)?;
            } else {
                let said = if added.added { "is paused" } else { "was paused already" };
                writeln!(out, "{} {said} for {}", add.identifier, add.account)?;
            }
        }
        PauseAction::Lift { account, identifier, all: _, reason } => {
            let lift = LiftPauses { account, identifier, reason };
            let lifted: LiftedPauses = call(management, Method::POST, "/pauses/lift", Some(&lift))?;
            if management.json {
                writeln!(out, "{}", serde_json::to_string(&lifted).map_err(Failure::failed)?)?;
            } else {
                writeln!(out, "lifted: {}, still paused: {}", lifted.lifted, lifted.remaining)?;
            }
        }
    }
    Ok(())
}

fn list(account: Option<&str>, management: &ManagementAddress) -> Result<Vec<PauseView>, Failure> {
    let mut pauses = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let path = with_query("/pauses", &[("account", account), ("after", after.as_deref())]);
        let list: PauseList = call(management, Method::GET, &path, None::<&()>)?;
        pauses.extend(list.pauses);
        after = list.next;
        if after.is_none() {
            return Ok(pauses);
        }
    }
}
