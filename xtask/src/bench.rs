//! `cargo xtask bench` and `cargo xtask soak`: the programs of the workspace in `bench/`, which has the peers.

use std::ffi::OsString;

use anyhow::Result;

use crate::{command::execute, workspace};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Passed on; `-- --help` tells what there is
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<OsString>,
}

/// Builds the program as it is measured, optimised, and runs one of its commands.
pub(crate) fn run(command: &str, arguments: &Arguments) -> Result<()> {
    let mut cargo = workspace::cargo();
    cargo.args([
        "run",
        "--release",
        "--locked",
        "--quiet",
        "--manifest-path",
        "bench/Cargo.toml",
        "--",
        command,
    ]);
    execute(cargo.args(&arguments.rest))
}
