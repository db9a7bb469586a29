//! `tollgate override`.

use std::{io::Write, path::Path};

use http::Method;
use serde::Serialize;
use tollgate_service::{
    api::{
        Approve, Deny, Imported, OverrideList, OverrideView, PutAnswer, PutOverride, RemoveOverride,
        RequestList, RequestView,
    },
    exchange::FILE_BYTES_MAX,
};

use super::{
    Failure,
    management_call::{call, fetch_file, send_file, with_query},
};
use crate::{
    cli::{FileFormat, ManagementAddress, NewOverride, OverrideAction, OverrideKey, RequestAction},
    table,
};

pub(super) fn run(
    action: OverrideAction,
    management: &ManagementAddress,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    match action {
        OverrideAction::List { limit } => list(limit.as_deref(), management, out),
        OverrideAction::Show(key) => show(&key, management, out),
        OverrideAction::Add(new) => put(new, false, management, out),
        OverrideAction::Lower { new, force } => put(new, force, management, out),
        OverrideAction::Remove { key, reason } => {
            let remove = RemoveOverride { limit: key.limit, subject: key.subject, reason };
            let removed: OverrideView = call(management, Method::POST, "/override/remove", Some(&remove))?;
            tell(&removed, management, out, |it| format!("removed {} {}\n", it.limit, it.subject))
        }
        OverrideAction::Import { file, format, force, reason, account_prefix } => {
            let format = format.or_else(|| by_extension(&file)).ok_or_else(|| {
                Failure::could_not_start(format!("{}: say --format csv or boulder", file.display()))
            })?;
            let path = with_query(
                "/overrides/import",
                &[
                    ("format", Some(word(format))),
                    ("force", Some(if force { "true" } else { "false" })),
                    ("reason", Some(&reason)),
                    ("account_prefix", Some(&account_prefix)),
                ],
            );
            import(&file, &path, management, out)
        }
        OverrideAction::Export { format, account_prefix } => {
            let options = [("format", Some(word(format))), ("account_prefix", Some(&*account_prefix))];
            let file = fetch_file(management, &with_query("/overrides/export", &options))?;
            Ok(out.write_all(&file)?)
        }
        OverrideAction::Requests { action } => requests(action, management, out),
    }
}

fn list(limit: Option<&str>, management: &ManagementAddress, out: &mut dyn Write) -> Result<(), Failure> {
    let mut overrides: Vec<OverrideView> = Vec::new();
    let mut unreadable = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let path = with_query("/overrides", &[("after", after.as_deref())]);
        let list: OverrideList = call(management, Method::GET, &path, None::<&()>)?;
        overrides.extend(list.overrides.into_iter().filter(|it| limit.is_none_or(|limit| it.limit == limit)));
        unreadable.extend(list.unreadable);
        after = list.next;
        if after.is_none() {
            break;
        }
    }
    tell(&overrides, management, out, |overrides| table::overrides(overrides))?;
    if unreadable.is_empty() {
        return Ok(());
    }
    Err(Failure::in_part(format!("these make no sense and are not in force: {}", unreadable.join(", "))))
}

fn show(key: &OverrideKey, management: &ManagementAddress, out: &mut dyn Write) -> Result<(), Failure> {
    let path = with_query("/override", &[("limit", Some(&key.limit)), ("subject", Some(&key.subject))]);
    let shown: OverrideView = call(management, Method::GET, &path, None::<&()>)?;
    tell(&shown, management, out, table::r#override)
}

fn put(
    new: NewOverride,
    force: bool,
    management: &ManagementAddress,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let NewOverride { key, count, burst, period, reason, author, expires } = new;
    let OverrideKey { limit, subject } = key;
    let put = PutOverride { limit, subject, count, burst, period, author, reason, expires, force };
    let answer: PutAnswer = call(management, Method::PUT, "/override", Some(&put))?;
    tell(&answer, management, out, |answer| format!("{}\n{}", answer.outcome, table::r#override(&answer.now)))
}

fn import(
    file: &Path,
    path: &str,
    management: &ManagementAddress,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let named =
        |error: &dyn std::fmt::Display| Failure::could_not_start(format!("{}: {error}", file.display()));
    let size = std::fs::metadata(file).map_err(|error| named(&error))?.len();
    if size > FILE_BYTES_MAX as u64 {
        return Err(named(&format!("larger than {FILE_BYTES_MAX} bytes: split it")));
    }
    let text = std::fs::read(file).map_err(|error| named(&error))?;
    let imported: Imported = send_file(management, path, text)?;
    tell(&imported, management, out, |it| {
        format!("added: {}, changed: {}, unchanged: {}\n", it.added, it.changed, it.unchanged)
    })?;
    if imported.skipped.is_empty() {
        return Ok(());
    }
    let lines = imported.skipped.iter().map(|skipped| {
        let name = skipped.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
        format!("{}:{}{name}: {}; skipped", file.display(), skipped.line, skipped.problem)
    });
    Err(Failure::in_part(lines.collect::<Vec<_>>().join("\n")))
}

fn requests(
    action: RequestAction,
    management: &ManagementAddress,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let decided = match action {
        RequestAction::List { all } => {
            let requests = list_requests(all, management)?;
            return tell(&requests, management, out, |requests| table::requests(requests));
        }
        RequestAction::Show { id } => {
            call::<RequestView>(management, Method::GET, &format!("/override-requests/{id}"), None::<&()>)?
        }
        RequestAction::Approve { id, reason, expires, force, keep_spent } => {
            let approve = Approve { reason, expires, force, keep_spent };
            let path = format!("/override-requests/{id}/approve");
            call::<RequestView>(management, Method::POST, &path, Some(&approve))?
        }
        RequestAction::Deny { id, reason } => {
            let path = format!("/override-requests/{id}/deny");
            call::<RequestView>(management, Method::POST, &path, Some(&Deny { reason }))?
        }
    };
    tell(&decided, management, out, table::request)
}

fn list_requests(all: bool, management: &ManagementAddress) -> Result<Vec<RequestView>, Failure> {
    let state = if all { "any" } else { "pending" };
    let mut requests = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let path = with_query("/override-requests", &[("state", Some(state)), ("after", after.as_deref())]);
        let list: RequestList = call(management, Method::GET, &path, None::<&()>)?;
        requests.extend(list.requests);
        after = list.next;
        if after.is_none() {
            return Ok(requests);
        }
    }
}

/// As JSON where that was asked for, else in words.
fn tell<T: Serialize>(
    answer: &T,
    management: &ManagementAddress,
    out: &mut dyn Write,
    words: impl FnOnce(&T) -> String,
) -> Result<(), Failure> {
    if management.json {
        writeln!(out, "{}", serde_json::to_string(answer).map_err(Failure::failed)?)?;
    } else {
        write!(out, "{}", words(answer))?;
    }
    Ok(())
}

fn by_extension(file: &Path) -> Option<FileFormat> {
    match file.extension()?.to_str()? {
        "csv" => Some(FileFormat::Csv),
        "yml" | "yaml" => Some(FileFormat::Boulder),
        _ => None,
    }
}

fn word(format: FileFormat) -> &'static str {
    match format {
        FileFormat::Csv => "csv",
        FileFormat::Boulder => "boulder",
    }
}
