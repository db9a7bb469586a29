//! `cargo xtask docs`: the pages of the book that the program itself prints.

use std::{fs, process::Stdio};

use anyhow::{Context, Result, ensure};

use crate::{command::show, workspace};

/// What `tollgate reference` prints, and the file in `docs/` that holds it.
const PAGES: [(&str, &str); 4] = [
    ("limits", "reference-limits.md"),
    ("configuration", "reference-configuration.md"),
    ("commands", "reference-commands.md"),
    ("schema", "configuration.schema.json"),
];

/// Writes every generated page.
pub(crate) fn run() -> Result<()> {
    let folder = workspace::root().join("docs");
    for (page, file) in PAGES {
        let mut command = workspace::cargo();
        command.args(["run", "--quiet", "-p", "tollgate", "--", "reference", page]);
        let line = show(&command);
        let output = command.stderr(Stdio::inherit()).output().with_context(|| line.clone())?;
        ensure!(output.status.success(), "`{line}` failed: {}", output.status);
        let file = folder.join(file);
        fs::write(&file, output.stdout).with_context(|| file.display().to_string())?;
    }
    Ok(())
}
