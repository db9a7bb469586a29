//! `tollgate audit`.

use std::io::Write;

use http::Method;
use tollgate_service::api::{AuditList, AuditView, PAGE_MAX};

use super::{
    Failure,
    management_call::{call, with_query},
};
use crate::{cli::ManagementAddress, table};

pub(super) fn run(max: usize, management: &ManagementAddress, out: &mut dyn Write) -> Result<(), Failure> {
    let mut entries: Vec<AuditView> = Vec::new();
    let mut after = None;
    while entries.len() < max {
        let page = (max - entries.len()).min(PAGE_MAX as usize).to_string();
        let path = with_query("/audit", &[("after", after.as_deref()), ("max", Some(&page))]);
        let list: AuditList = call(management, Method::GET, &path, None::<&()>)?;
        entries.extend(list.entries);
        after = list.next;
        if after.is_none() {
            break;
        }
    }
    if management.json {
        writeln!(out, "{}", serde_json::to_string(&entries).map_err(Failure::failed)?)?;
    } else {
        write!(out, "{}", table::audit(&entries))?;
    }
    Ok(())
}
