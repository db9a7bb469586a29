//! The commands, a file each.

mod audit;
mod buckets;
mod check;
mod clock;
mod demo;
mod fault;
mod limits;
mod management_call;
mod overrides;
mod pause;
mod reference;
mod secrets;
mod serve;

use std::{io::Write, path::Path, process::ExitCode};

use clap::CommandFactory;

use crate::{
    cli::{BucketsAction, Cli, Command, ConfigFile, SecretsAction},
    config::{Config, ConfigError},
};

/// Done.
const DONE: u8 = 0;
/// It ran and failed.
const FAILED: u8 = 1;
/// It could not start: arguments, configuration, port, data directory.
const COULD_NOT_START: u8 = 2;

/// Done in part: what was left out is named.
const DONE_IN_PART: u8 = 3;

/// A command's end other than success: what is told, and the exit code.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    code: u8,
}

impl Failure {
    /// It ran and failed.
    pub(crate) fn failed(message: impl ToString) -> Self {
        Self { message: message.to_string(), code: FAILED }
    }

    /// It did a part.
    pub(crate) fn in_part(message: impl ToString) -> Self {
        Self { message: message.to_string(), code: DONE_IN_PART }
    }

    /// It could not start.
    pub(crate) fn could_not_start(message: impl ToString) -> Self {
        Self { message: message.to_string(), code: COULD_NOT_START }
    }
}

/// Standard output went away, as with `| head`.
impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::failed(error)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::could_not_start(error)
    }
}

/// Runs a command; what it has to say goes to `out`, failures to standard error.
pub fn run(cli: Cli, out: &mut dyn Write) -> ExitCode {
    let before_the_command = cli.config;
    let load = |after_it: ConfigFile| load(&after_it.or(before_the_command.clone()));
    let result = match cli.command.unwrap_or_else(|| Command::Serve(ConfigFile::default())) {
        Command::Serve(config) => load(config).and_then(|config| serve::run(config, out)),
        Command::Demo => demo::run(out),
        Command::Check { file, config } => check::run(file.or(config.or(before_the_command).config), out),
        Command::Buckets { action: BucketsAction::Export { file, config } } => {
            load(config).and_then(|config| buckets::export(&file, config, out))
        }
        Command::Buckets { action: BucketsAction::Import { file, config } } => {
            load(config).and_then(|config| buckets::import(&file, &config, out))
        }
        Command::Limits { from_boulder: Some(file), .. } => limits::from_boulder(&file, out),
        Command::Limits { json, boulder, from_boulder: None, config } => {
            load(config).and_then(|config| limits::run(config, limits::Form::of(json, boulder), out))
        }
        Command::Secrets { action: SecretsAction::New { directory } } => secrets::new(&directory, out),
        Command::Clock { action, management } => clock::run(action, &management, out),
        Command::Fault { action, management } => fault::run(action, &management, out),
        Command::Override { action, management } => overrides::run(action, &management, out),
        Command::Pause { action, management } => pause::run(action, &management, out),
        Command::Audit { max, management } => audit::run(max, &management, out),
        Command::Completions { shell } => completions(shell, out),
        Command::Man => man(out),
        Command::Reference { page } => reference::run(page, out),
    };
    match result {
        Ok(()) => ExitCode::from(DONE),
        Err(failure) => {
            eprintln!("tollgate: {}", failure.message.replace('\n', "\ntollgate: "));
            ExitCode::from(failure.code)
        }
    }
}

/// The configuration of `--config`, or the defaults.
fn load(file: &ConfigFile) -> Result<Config, Failure> {
    match &file.config {
        Some(file) => Ok(Config::load(file)?),
        None => Ok(Config::parse("", Path::new("defaults"))?),
    }
}

fn completions(shell: clap_complete::Shell, out: &mut dyn Write) -> Result<(), Failure> {
    // Into memory first: the generator panics when its writer fails.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "tollgate", &mut script);
    Ok(out.write_all(&script)?)
}

fn man(out: &mut dyn Write) -> Result<(), Failure> {
    Ok(clap_mangen::Man::new(Cli::command()).render(out)?)
}

/// A runtime for commands that wait for something.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::could_not_start)
}
