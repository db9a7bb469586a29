//! `tollgate`: see [`tollgate::cli`].

use std::{io, process::ExitCode};

use clap::Parser;

fn main() -> ExitCode {
    tollgate::run(tollgate::cli::Cli::parse(), &mut io::stdout())
}
