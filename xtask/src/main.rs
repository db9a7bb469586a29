//! The project's own chores, a file per chore: `cargo xtask --help`.

mod bench;
mod command;
mod docs;
mod lint;
mod peers;
mod test;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The project's own chores.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Every test, end to end with real ACME clients and CAs: installs those first where it may
    Test(test::Arguments),
    /// Installs the ACME clients and CAs that the tests meet, or says what is missing and how to get it
    Peers,
    /// Writes the pages of docs/ that come from the program
    Docs,
    /// Figures beside the peers', into docs/performance.md and docs/figures/: `[SECTION...] [--quick]`
    Bench(bench::Arguments),
    /// Mixed load on the stores, compared with a model: `[--minutes 10]`
    Soak(bench::Arguments),
    /// rustfmt, clippy and cargo-deny, all without warnings
    Lint(lint::Arguments),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().chore {
        Chore::Test(arguments) => test::run(&arguments),
        Chore::Peers => peers::ensure(),
        Chore::Docs => docs::run(),
        Chore::Bench(arguments) => bench::run("bench", &arguments),
        Chore::Soak(arguments) => bench::run("soak", &arguments),
        Chore::Lint(arguments) => lint::run(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
