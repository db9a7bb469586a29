//! `cargo xtask test`: everything, the peers' programs included.

use std::{
    ffi::OsStr,
    io::{BufRead as _, BufReader, Write as _},
    ops::AddAssign,
    process::Stdio,
};

use anyhow::{Context, Result, ensure};

use crate::{command::show, peers, workspace};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Passed on to `cargo test`, for instance `-p tollgate --test e2e -- certbot`; without any, the whole
    /// workspace is tested
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    cargo_test: Vec<String>,
}

/// The memory store's locking, on locks that are run through many interleavings: a build of its own.
const INTERLEAVINGS: [&str; 6] =
    ["-p", "tollgate-store", "--features", "interleavings", "--test", "interleavings"];

/// Installs the peers, runs `cargo test` to its end and sums up.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    peers::ensure()?;

    let mut totals = Totals::default();
    let passed = if arguments.cargo_test.is_empty() {
        // Both are run, whatever the first says.
        let workspace = cargo_test(["--workspace"], &mut totals)?;
        cargo_test(INTERLEAVINGS, &mut totals)? && workspace
    } else {
        cargo_test(&arguments.cargo_test, &mut totals)?
    };

    println!();
    println!("tests: {} passed, {} failed, {} ignored", totals.passed, totals.failed, totals.ignored);
    ensure!(passed, "cargo test failed");
    Ok(())
}

/// Whether `cargo test` with these arguments passed.
fn cargo_test(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>, totals: &mut Totals) -> Result<bool> {
    let mut command = workspace::cargo();
    command.args(["test", "--no-fail-fast"]).args(arguments);
    let line = show(&command);

    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context(line)?;
    let output = child.stdout.take().expect("stdout is piped");
    *totals += pass_on(output)?;
    Ok(child.wait()?.success())
}

/// Copies the test runner's output as it comes, adding up its closing lines.
fn pass_on(output: impl std::io::Read) -> Result<Totals> {
    let mut stdout = std::io::stdout().lock();
    let mut totals = Totals::default();
    for line in BufReader::new(output).split(b'\n') {
        let line = line?;
        stdout.write_all(&line)?;
        stdout.write_all(b"\n")?;
        stdout.flush()?;
        totals += Totals::of_closing_line(&String::from_utf8_lossy(&line)).unwrap_or_default();
    }
    Ok(totals)
}

/// How many tests ended how.
#[derive(Debug, Default, PartialEq, Eq)]
struct Totals {
    passed: u64,
    failed: u64,
    ignored: u64,
}

impl Totals {
    /// Reads `test result: ok. 12 passed; 0 failed; 1 ignored; ...`.
    fn of_closing_line(line: &str) -> Option<Self> {
        let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
        let count = |what: &str| {
            let field = counts.split("; ").find_map(|field| field.strip_suffix(what))?;
            field.trim().parse().ok()
        };
        Some(Self { passed: count("passed")?, failed: count("failed")?, ignored: count("ignored")? })
    }
}

impl AddAssign for Totals {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_of_the_test_runner_are_added_up() {
        let output = "running 3 tests\n\
            test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.1s\n\
            test result: FAILED. 4 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.1s\n";
        let totals =
            output.lines().filter_map(Totals::of_closing_line).fold(Totals::default(), |mut sum, totals| {
                sum += totals;
                sum
            });
        assert_eq!(totals, Totals { passed: 6, failed: 3, ignored: 1 });
    }
}
