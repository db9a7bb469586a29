//! Commands that must succeed, shown before they run.

use std::{
    env,
    ffi::OsStr,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

/// Shows a command and runs it to its end.
///
/// # Errors
///
/// When it cannot be started, or ends with anything but success.
pub(crate) fn execute(command: &mut Command) -> Result<()> {
    let line = show(command);
    let status = command.status().with_context(|| format!("`{line}` cannot be run"))?;
    ensure!(status.success(), "`{line}` failed: {status}");
    Ok(())
}

/// Prints the command as one would type it, and returns that text.
pub(crate) fn show(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let line = words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ");
    eprintln!("$ {line}");
    line
}

/// Whether a command succeeds; what it prints is dropped.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

/// The file a command name means, as the shell finds it.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    // Debian keeps some commands out of the PATH of ordinary users.
    let folders = env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into()]);
    folders.map(|folder| folder.join(program)).find(|file| is_executable(file))
}

fn is_executable(file: &Path) -> bool {
    file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}
