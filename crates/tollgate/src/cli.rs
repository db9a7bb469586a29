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
  1  it ran and failed, or what runs refused it
  2  it could not start: bad arguments, bad configuration, port in use, unusable data directory
  3  done in part: some rows of an import were skipped, and are named";

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
        after_help = "Examples:\n  tollgate limits\n  tollgate limits --json --config /etc/tollgate.toml\n  tollgate limits --from-boulder wfe2-ratelimit-defaults.yml"
    )]
    Limits {
        /// As JSON.
        #[arg(long)]
        json: bool,
        /// As Boulder's file of default limits (YAML).
        #[arg(long, conflicts_with = "json")]
        boulder: bool,
        /// Read Boulder's file of default limits instead, and print it as configuration.
        #[arg(long, value_name = "FILE", conflicts_with_all = ["json", "boulder"])]
        from_boulder: Option<PathBuf>,
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
    /// Make the secrets that several gateways share
    #[command(after_help = "Example:\n  tollgate secrets new /etc/tollgate/secrets")]
    Secrets {
        /// What to do.
        #[command(subcommand)]
        action: SecretsAction,
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
    /// Overrides: other numbers for one account, domain, address or set, in force within seconds
    #[command(after_help = "Examples:\n  \
        tollgate override add certificates-per-registered-domain example.com --count 300 --reason 'ticket 12'\n  \
        tollgate override lower certificates-per-registered-domain example.com --count 100 --reason 'ticket 13' --force\n  \
        tollgate override import overrides.csv\n  tollgate override export --format boulder > overrides.yml\n  \
        tollgate override requests list\n  tollgate override requests approve 7 --reason 'a known customer'")]
    Override {
        /// What to do.
        #[command(subcommand)]
        action: OverrideAction,
        /// Where it runs.
        #[command(flatten)]
        management: ManagementAddress,
    },
    /// Pauses: pairs of account and identifier that cannot order
    #[command(after_help = "Examples:\n  tollgate pause list\n  \
        tollgate pause lift https://acme.example/acme/acct/7 --all --reason 'their server is mended'")]
    Pause {
        /// What to do.
        #[command(subcommand)]
        action: PauseAction,
        /// Where it runs.
        #[command(flatten)]
        management: ManagementAddress,
    },
    /// Print who changed what, when and why, the latest first
    #[command(after_help = "Example:\n  tollgate audit --max 20")]
    Audit {
        /// The most changes that are printed.
        #[arg(long, value_name = "NUMBER", default_value_t = 100)]
        max: usize,
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

/// Where a running tollgate is managed, and as whom.
#[derive(Clone, Debug, Default, Args)]
pub struct ManagementAddress {
    /// Management listener of the running tollgate: ADDRESS:PORT, or https://HOST:PORT where it speaks TLS.
    /// Default: that of --config, else 127.0.0.1:14001.
    #[arg(long, global = true, value_name = "ADDRESS", env = "TOLLGATE_MANAGEMENT", hide_env_values = true)]
    pub management: Option<String>,
    /// File that holds the token to show. Default: the one of the data directory of --config, else
    /// tollgate-data/operator.token. The token itself may be in the environment variable TOLLGATE_TOKEN.
    #[arg(long, global = true, value_name = "FILE", env = "TOLLGATE_TOKEN_FILE", hide_env_values = true)]
    pub token_file: Option<PathBuf>,
    /// The token, from the environment only: arguments can be read by everybody on the machine.
    #[arg(long, hide = true, env = "TOLLGATE_TOKEN", hide_env_values = true)]
    pub token: Option<Secret>,
    /// Configuration file of the running tollgate, for its management address and data directory.
    #[arg(long, short, global = true, value_name = "FILE", env = "TOLLGATE_CONFIG", hide_env_values = true)]
    pub config: Option<PathBuf>,
    /// Roots (PEM) to believe of a management listener that speaks TLS. Default: the system's.
    #[arg(long, global = true, value_name = "FILE")]
    pub roots: Option<PathBuf>,
    /// Client certificate chain (PEM) to show it.
    #[arg(long, global = true, value_name = "FILE", requires = "client_key")]
    pub client_certificate: Option<PathBuf>,
    /// Private key of --client-certificate (PEM).
    #[arg(long, global = true, value_name = "FILE", requires = "client_certificate")]
    pub client_key: Option<PathBuf>,
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

/// A text that nothing prints.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl std::str::FromStr for Secret {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Overrides.
#[derive(Debug, Subcommand)]
pub enum OverrideAction {
    /// List the overrides that are kept in the records
    List {
        /// Only those of this limit.
        #[arg(long, value_name = "LIMIT")]
        limit: Option<String>,
    },
    /// Show one override
    Show(OverrideKey),
    /// Add an override, or raise the one there is
    Add(NewOverride),
    /// Lower an override; needs --force
    Lower {
        /// What it is lowered to.
        #[command(flatten)]
        new: NewOverride,
        /// Clients will have less than now.
        #[arg(long)]
        force: bool,
    },
    /// Remove an override: the limit's own numbers apply again
    Remove {
        /// Which.
        #[command(flatten)]
        key: OverrideKey,
        /// Why; it goes into the audit.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Take overrides from a file; a bad row is named and skipped, the rest is taken
    Import {
        /// The file.
        file: PathBuf,
        /// Its form. Default: by its extension, csv or yml.
        #[arg(long)]
        format: Option<FileFormat>,
        /// Lower overrides that allow more now.
        #[arg(long)]
        force: bool,
        /// The reason of rows that say none.
        #[arg(long, value_name = "TEXT", default_value = "imported")]
        reason: String,
        /// What stands before the number of an account in Boulder's form.
        #[arg(long, value_name = "PATH", default_value = "/acme/acct/")]
        account_prefix: String,
    },
    /// Print all overrides as a file
    Export {
        /// Its form.
        #[arg(long, default_value = "csv")]
        format: FileFormat,
        /// What stands before the number of an account in Boulder's form.
        #[arg(long, value_name = "PATH", default_value = "/acme/acct/")]
        account_prefix: String,
    },
    /// Decide what people ask for
    Requests {
        /// What to do.
        #[command(subcommand)]
        action: RequestAction,
    },
}

/// The form of a file of overrides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum FileFormat {
    /// limit,subject,count,burst,period,author,reason,expires
    Csv,
    /// Boulder's YAML
    Boulder,
}

/// Which override.
#[derive(Debug, Args)]
pub struct OverrideKey {
    /// The limit, as `tollgate limits` names it.
    pub limit: String,
    /// For whom: an account's URL, a registered domain, an address, or identifiers with commas between them.
    pub subject: String,
}

/// An override that is to be.
#[derive(Debug, Args)]
pub struct NewOverride {
    /// Which.
    #[command(flatten)]
    pub key: OverrideKey,
    /// Units that come back every period.
    #[arg(long, value_name = "NUMBER")]
    pub count: u64,
    /// The most that can be spent at once. Default: as --count.
    #[arg(long, value_name = "NUMBER")]
    pub burst: Option<u64>,
    /// 7d, 3h. Default: the limit's own.
    #[arg(long, value_name = "DURATION")]
    pub period: Option<String>,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Who allowed it. Default: whose token it is.
    #[arg(long, value_name = "NAME")]
    pub author: Option<String>,
    /// Until when: 2027-06-30 or 2027-06-30T12:00:00Z. Default: for good.
    #[arg(long, value_name = "TIME", value_parser = tollgate_service::exchange::expiry)]
    pub expires: Option<jiff::Timestamp>,
}

/// What people ask for.
#[derive(Debug, Subcommand)]
pub enum RequestAction {
    /// List the requests that wait for a decision, the oldest first
    List {
        /// Those that are decided too, the latest first.
        #[arg(long)]
        all: bool,
    },
    /// Show one request
    Show {
        /// Its number.
        id: u64,
    },
    /// Grant what is asked for: the tier at once and every week
    Approve {
        /// Its number.
        id: u64,
        /// Why; the requester reads it.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// Until when: 2027-06-30 or 2027-06-30T12:00:00Z. Default: for good.
        #[arg(long, value_name = "TIME", value_parser = tollgate_service::exchange::expiry)]
        expires: Option<jiff::Timestamp>,
        /// Lower an override that allows more now.
        #[arg(long)]
        force: bool,
        /// Keep spent what was spent; else the subject's bucket is full again.
        #[arg(long)]
        keep_spent: bool,
    },
    /// Grant nothing
    Deny {
        /// Its number.
        id: u64,
        /// Why; the requester reads it.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

/// Pauses.
#[derive(Debug, Subcommand)]
pub enum PauseAction {
    /// List paused pairs of account and identifier
    List {
        /// Only those of this account: its URL or path.
        #[arg(long, value_name = "ACCOUNT")]
        account: Option<String>,
    },
    /// Pause a pair: the account can no longer order the identifier
    Add {
        /// The account's URL or path.
        account: String,
        /// A name or an address.
        identifier: String,
        /// Why; it goes into the audit.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Lift the pause of an identifier, or with --all those of the account
    Lift {
        /// The account's URL or path.
        account: String,
        /// A name or an address.
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        identifier: Option<String>,
        /// All identifiers of the account, up to 50,000 at once.
        #[arg(long)]
        all: bool,
        /// Why; it goes into the audit.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

/// Makes secrets.
#[derive(Debug, Subcommand)]
pub enum SecretsAction {
    /// Make new secrets in a directory, to be copied to every gateway; none is replaced
    New {
        /// The directory, made if need be: the configuration's secrets-dir.
        directory: PathBuf,
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
