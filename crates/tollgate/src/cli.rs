//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Let's Encrypt's rate limits in front of any ACME certificate authority.
#[derive(Debug, Parser)]
#[command(
    name = "tollgate",
    version,
    about,
    long_about = "Let's Encrypt's rate limits in front of any ACME certificate authority.\n\n\
        Without a command and a configuration, Tollgate serves its built-in test CA behind Let's Encrypt's \
        production limits on https://localhost:14000/directory.",
    after_long_help = EXAMPLES
)]
pub struct Cli {
    /// What to do; `serve` when left out.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// For `serve`, when the command is left out.
    #[command(flatten)]
    pub config: ConfigFile,
}

const EXAMPLES: &str = "\
Examples:
  See a limit at work, in seconds and leaving nothing behind:
      tollgate demo
  A staging CA with the real limits on https://localhost:14000/directory:
      tollgate serve
  In front of a CA of your own:
      printf '[upstream]\\ndirectory = \"https://ca.internal/acme/directory\"\\n' > tollgate.toml
      tollgate check tollgate.toml && tollgate serve --config tollgate.toml
  Wait a week without waiting (test CA only):
      tollgate clock advance 7d
  Let the next two orders fail (test CA only):
      tollgate fault add --on newOrder --status 503 --times 2

Exit codes:
  0  done
  1  it ran and failed
  2  it could not start: bad arguments, bad configuration, port in use, unusable data directory";

/// Which configuration file.
#[derive(Clone, Debug, Default, Args)]
pub struct ConfigFile {
    /// Configuration file (TOML). Without one, every setting has its default.
    #[arg(long, short, value_name = "FILE", env = "TOLLGATE_CONFIG", hide_env_values = true)]
    pub config: Option<PathBuf>,
}

impl ConfigFile {
    /// This file, or another where none was given.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self { config: self.config.or(other.config) }
    }
}

/// A command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Stand in front of a CA: the one configured, or the built-in test CA
    #[command(after_help = "Examples:\n  tollgate serve\n  tollgate serve --config /etc/tollgate.toml")]
    Serve(ConfigFile),
    /// Meet two limits with a built-in ACME client, on free ports; takes seconds and keeps nothing
    Demo,
    /// Read a configuration and name every mistake with file, line and key
    #[command(after_help = "Example:\n  tollgate check /etc/tollgate.toml")]
    Check {
        /// The file; the one of --config when left out.
        file: Option<PathBuf>,
        /// Which configuration file.
        #[command(flatten)]
        config: ConfigFile,
    },
    /// Print the limits a configuration puts in force
    #[command(
        after_help = "Examples:\n  tollgate limits\n  tollgate limits --json --config /etc/tollgate.toml"
    )]
    Limits {
        /// As JSON.
        #[arg(long)]
        json: bool,
        /// Which configuration file.
        #[command(flatten)]
        config: ConfigFile,
    },
    /// Move all buckets: between stores, between machines
    #[command(
        after_help = "Examples:\n  tollgate buckets export buckets.stream --config /etc/tollgate.toml\n  \
        tollgate buckets import buckets.stream --config /etc/tollgate.toml\n  \
        tollgate buckets export - --config old.toml | ssh other tollgate buckets import - --config new.toml"
    )]
    Buckets {
        /// Which way.
        #[command(subcommand)]
        action: BucketsAction,
    },
    /// Show or move the clock of a running test CA
    #[command(
        after_help = "Examples:\n  tollgate clock show\n  tollgate clock advance 7d\n  tollgate clock set 2027-01-01T00:00:00Z"
    )]
    Clock {
        /// What to do with it.
        #[command(subcommand)]
        action: ClockAction,
        /// Where it runs.
        #[command(flatten)]
        management: ManagementAddress,
    },
    /// Script faults of a running test CA
    #[command(
        after_help = "Examples:\n  tollgate fault add --on newOrder --status 503 --times 2 --after 1\n  \
        tollgate fault add --on finalize --delay 5s\n  tollgate fault add --on any --drop-connection\n  tollgate fault list\n  tollgate fault clear"
    )]
    Fault {
        /// What to do.
        #[command(subcommand)]
        action: FaultAction,
        /// Where it runs.
        #[command(flatten)]
        management: ManagementAddress,
    },
    /// Print completions for a shell
    #[command(after_help = "Example:\n  tollgate completions bash > /etc/bash_completion.d/tollgate")]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page (roff)
    Man,
    /// Print a generated reference page (Markdown, or the configuration's JSON Schema)
    #[command(hide = true)]
    Reference {
        /// Which.
        page: ReferencePage,
    },
}

/// A generated page.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum ReferencePage {
    /// The limits of each preset.
    Limits,
    /// Every key of the configuration.
    Configuration,
    /// Every command and its help.
    Commands,
    /// The configuration's JSON Schema.
    Schema,
}

/// Where a running tollgate is managed.
#[derive(Clone, Debug, Args)]
pub struct ManagementAddress {
    /// Management address of the running tollgate.
    #[arg(
        long,
        global = true,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:14001",
        env = "TOLLGATE_MANAGEMENT",
        hide_env_values = true
    )]
    pub management: std::net::SocketAddr,
    /// Print the answer as JSON.
    #[arg(long, global = true)]
    pub json: bool,
}

/// Moves buckets.
#[derive(Debug, Subcommand)]
pub enum BucketsAction {
    /// Write the buckets that are not full into a stream; stop Tollgate first, unless they are on a Redis server
    Export {
        /// The file, which must not be there yet, or - for standard output.
        file: PathBuf,
        /// Which configuration file.
        #[command(flatten)]
        config: ConfigFile,
    },
    /// Take the buckets of a stream beside those there are; stop Tollgate first, unless they are on a Redis server
    ///
    /// Of a bucket that is in both, the one with less in it stays. The data directory needs the same bucket-hash.key as
    /// the one that was exported.
    Import {
        /// The file, or - for standard input.
        file: PathBuf,
        /// Which configuration file.
        #[command(flatten)]
        config: ConfigFile,
    },
}

/// Moves the clock.
#[derive(Debug, Subcommand)]
pub enum ClockAction {
    /// Print what the clock shows and how far it was moved
    Show,
    /// Move it forward, for example by 7d, 3h or 1h30m
    Advance {
        /// How far: 7d, 3h, 1h30m.
        #[arg(value_name = "DURATION")]
        by: String,
    },
    /// Set it to a later time, for example 2027-01-01T00:00:00Z
    Set {
        /// The time (RFC 3339).
        #[arg(value_name = "TIME")]
        to: jiff::Timestamp,
    },
}

/// Scripts faults.
#[derive(Debug, Subcommand)]
pub enum FaultAction {
    /// Add a fault: exactly one of --status, --delay, --empty-body, --html-body, --drop-connection and --bad-nonce
    Add(AddFault),
    /// List the faults in waiting
    List,
    /// Remove all faults
    Clear,
}

/// A fault: where, what, how often.
#[derive(Debug, Args)]
pub struct AddFault {
    /// The resource: directory, newNonce, newAccount, newOrder, newAuthz, account, orders, order, authorization,
    /// challenge, finalize, certificate, revokeCert, keyChange, renewalInfo or any.
    #[arg(long, value_name = "RESOURCE")]
    pub on: String,
    /// Answer with this HTTP status and a problem document.
    #[arg(long)]
    pub status: Option<u16>,
    /// Retry-After of --status, in seconds.
    #[arg(long, requires = "status", value_name = "SECONDS")]
    pub retry_after: Option<u64>,
    /// Answer late, for example by 500ms, 5s or 1m.
    #[arg(long, value_name = "DURATION")]
    pub delay: Option<String>,
    /// Answer with an empty body; 200, or the status of --status.
    #[arg(long)]
    pub empty_body: bool,
    /// Answer with a page of HTML, as a broken proxy does; 502, or the status of --status.
    #[arg(long)]
    pub html_body: bool,
    /// Drop the connection without an answer.
    #[arg(long)]
    pub drop_connection: bool,
    /// Answer badNonce.
    #[arg(long)]
    pub bad_nonce: bool,
    /// How many requests it hits.
    #[arg(long, value_name = "COUNT", default_value_t = 1)]
    pub times: u32,
    /// How many matching requests pass first.
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    pub after: u32,
}
