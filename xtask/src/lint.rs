//! `cargo xtask lint`: what a reviewer should not have to say.

use anyhow::Result;

use crate::{
    command::{execute, find},
    workspace,
};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Install cargo-deny when it is missing (it is compiled, which takes some minutes)
    #[arg(long)]
    install: bool,
}

/// rustfmt, clippy and cargo-deny, in the order of how long they take.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    execute(workspace::cargo().args(["fmt", "--all", "--check"]))?;
    // Formatting only: clippy would compile every peer that is measured.
    execute(workspace::cargo().args(["fmt", "--manifest-path", "bench/Cargo.toml", "--check"]))?;
    execute(workspace::cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    deny(arguments)
}

/// Licences, bans and sources. Advisories need a database that is fetched from outside the package
/// registries, so they are left to machines that may reach it: `cargo deny check advisories`.
fn deny(arguments: &Arguments) -> Result<()> {
    const INSTALL: [&str; 3] = ["install", "cargo-deny", "--locked"];

    if find("cargo-deny").is_none() {
        if !arguments.install {
            eprintln!(
                "cargo-deny is not installed, so licences, bans and sources were NOT checked: `cargo xtask lint --install`"
            );
            return Ok(());
        }
        execute(workspace::cargo().args(INSTALL))?;
    }
    execute(workspace::cargo().args(["deny", "--workspace", "check", "bans", "licenses", "sources"]))
}
