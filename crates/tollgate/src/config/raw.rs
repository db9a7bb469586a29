//! The configuration file as written.

use std::{collections::BTreeMap, net::SocketAddr, num::NonZeroU64, path::PathBuf};

use ipnet::IpNet;
use schemars::JsonSchema;
use serde::Deserialize;
use tollgate_policy::{
    config::{
        RawLimit, RawMessages, RawOverride, RawPausing, RawPolicy, RawProfile, RawRenewals, RawRequests,
    },
    event::Accounting,
    limit::LimitName,
    preset::Preset,
};
use toml::Spanned;

impl RawConfig {
    /// The part that is the policy's.
    pub(super) fn take_policy(&mut self) -> RawPolicy {
        RawPolicy {
            preset: self.preset.take(),
            limits: std::mem::take(&mut self.limits),
            accounting: self.accounting.take(),
            requests: std::mem::take(&mut self.requests),
            renewals: std::mem::take(&mut self.renewals),
            pausing: std::mem::take(&mut self.pausing),
            messages: std::mem::take(&mut self.messages),
            identifiers_per_certificate: self.identifiers_per_certificate.take(),
            profiles: std::mem::take(&mut self.profiles),
            public_suffixes: std::mem::take(&mut self.public_suffixes),
            overrides: std::mem::take(&mut self.overrides),
        }
    }
}

/// Configuration of Tollgate (TOML). Every setting has a default; an empty file is the built-in test CA
/// behind Let's Encrypt's production limits. Durations are written `250ms`, `30s`, `3h`, `7d` or `1h30m`;
/// relative paths are relative to the file.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RawConfig {
    /// The published policy to start from; everything else changes it. Default: `letsencrypt`.
    #[schemars(with = "Option<Preset>")]
    pub preset: Option<Spanned<String>>,
    /// Changes to the limits, by their names.
    #[schemars(with = "BTreeMap<LimitName, RawLimit>")]
    pub limits: BTreeMap<Spanned<String>, RawLimit>,
    /// When an order spends from the limits on certificates: when its certificate is issued, as Let's Encrypt
    /// does it, so that orders pending together may overshoot; or when it is made, so that a limit holds
    /// strictly. Default: `issuance`.
    pub accounting: Option<Accounting>,
    /// Changes to the overall request limits: requests per client address and second.
    pub requests: RawRequests,
    /// How renewals are spared limits.
    pub renewals: RawRenewals,
    /// How identifiers that keep failing are paused.
    pub pausing: RawPausing,
    /// What clients are told.
    pub messages: RawMessages,
    /// The most identifiers an order may have, from 1 to 10,000, as clients are told; refusing a larger order is
    /// the CA's. Default: the preset's.
    #[schemars(with = "Option<u64>")]
    pub identifiers_per_certificate: Option<Spanned<u64>>,
    /// What is different for a certificate profile, by the profile's name.
    #[schemars(with = "BTreeMap<String, RawProfile>")]
    pub profiles: BTreeMap<Spanned<String>, RawProfile>,
    /// Suffixes under which names are registered, beside those of the Public Suffix List: `internal`,
    /// `corp.example`.
    #[schemars(with = "Vec<String>")]
    pub public_suffixes: Vec<Spanned<String>>,
    /// Exceptions for one account, domain, address or set of identifiers.
    pub overrides: Vec<RawOverride>,
    /// Where everything that outlives the process is kept. Default: `./tollgate-data` in the working
    /// directory.
    pub data_dir: Option<PathBuf>,
    /// Where the secrets are that gateways share: `bucket-hash.key` and `unpause.key`, as `tollgate secrets new` makes
    /// them. Needed with `store.backend = "redis"` or `records.backend = "postgresql"`. Default: the data directory,
    /// where they are made on the first start.
    pub secrets_dir: Option<PathBuf>,
    /// Where ACME clients connect.
    pub listen: RawListen,
    /// The management listener: health, metrics, limits, the admin API, and the test CA's clock and faults.
    pub management: RawManagement,
    /// The CA behind the gateway. Left out: the built-in test CA.
    pub upstream: Option<RawUpstream>,
    /// The built-in test CA; it exists only without `upstream`.
    pub test_ca: RawTestCa,
    /// The pages for people.
    pub portal: RawPortal,
    /// Where the records are: accounts, orders, pauses, stored overrides.
    pub records: RawRecords,
    /// Where the buckets are.
    pub store: RawStore,
    /// Logs.
    pub log: RawLog,
}

/// Where ACME clients connect.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RawListen {
    /// Addresses and ports; port 0 is any free one. Default: `["127.0.0.1:14000", "[::1]:14000"]`, of which
    /// the second may be missing on a machine without IPv6.
    pub addresses: Option<Vec<SocketAddr>>,
    /// The origin clients use, as in `https://acme.example`. Links in refusals start with it. Default:
    /// `https://localhost:PORT`.
    #[schemars(with = "Option<String>")]
    pub public_url: Option<Spanned<String>>,
    /// Certificate chain (PEM). Default: one made under the data directory's own root.
    pub certificate: Option<PathBuf>,
    /// Private key of `certificate` (PEM).
    pub key: Option<PathBuf>,
    /// Speak plain HTTP: for a proxy in front that ends TLS. Default: false.
    pub plain_http: bool,
    /// Peers that put a PROXY protocol header (v1 or v2) before each connection. Default: none; from others
    /// the header is not expected.
    #[schemars(with = "Vec<String>")]
    pub proxy_protocol_from: Vec<IpNet>,
    /// Proxies whose word about the client's address is taken. Default: none.
    #[schemars(with = "Vec<String>")]
    pub trusted_proxies: Vec<IpNet>,
    /// The header in which they say it. Default: `x-forwarded-for`.
    pub client_address_header: RawClientAddressHeader,
    /// How many proxies stand in a row at most; entries further left are never looked at. Default: as many as are
    /// listed in a row.
    pub proxy_hops_max: Option<std::num::NonZeroUsize>,
    /// The most connections at once. Default: 4096.
    pub connections_max: Option<usize>,
    /// The most connections at once from one address. Default: 256.
    pub connections_per_address_max: Option<usize>,
    /// How long requests under way are waited for when stopping. Default: 30s.
    #[schemars(with = "Option<String>")]
    pub shutdown_grace: Option<Spanned<String>>,
}

/// Which header tells the client's address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RawClientAddressHeader {
    /// `X-Forwarded-For`
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239)
    Forwarded,
}

/// The management listener.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RawManagement {
    /// Address and port. Default: `127.0.0.1:14001`.
    pub address: Option<SocketAddr>,
    /// Allow an address that is not loopback. Whoever reaches it may see every limit and, with the test CA,
    /// move its clock; overrides, pauses and the audit need a token or a client certificate. Default: false.
    pub allow_remote: bool,
    /// Who may use the admin API: a file with `NAME ROLE HASH` to a line, where the role is `read` or `write` and
    /// the hash is the SHA-256 of a token (`token:HEX`) or of a client certificate (`certificate:HEX`). Beside
    /// them, `operator.token` in the data directory is always good for `write`. Default: nobody else.
    pub grants: Option<PathBuf>,
    /// Certificate chain (PEM): speak TLS. Default: plain HTTP.
    pub certificate: Option<PathBuf>,
    /// Private key of `certificate` (PEM).
    pub key: Option<PathBuf>,
    /// Roots (PEM) of the client certificates that are asked for; a client without one may show a token. Needs
    /// `certificate`. Default: none are asked for.
    pub client_roots: Option<PathBuf>,
}

/// The CA behind the gateway.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawUpstream {
    /// Its directory, for example `https://ca.internal/acme/directory`.
    #[schemars(with = "String")]
    pub directory: Spanned<String>,
    /// Roots its TLS certificate must chain to (PEM). Default: the system's.
    pub roots: Option<PathBuf>,
    /// Certificate chain to show it (PEM). Default: none.
    pub client_certificate: Option<PathBuf>,
    /// Private key of `client-certificate` (PEM).
    pub client_key: Option<PathBuf>,
    /// The longest it may take to accept a connection. Default: 5s.
    #[schemars(with = "Option<String>")]
    pub connect_timeout: Option<Spanned<String>>,
    /// The longest it may take to answer. Default: 60s.
    #[schemars(with = "Option<String>")]
    pub timeout: Option<Spanned<String>>,
}

/// The built-in test CA.
#[derive(Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RawTestCa {
    /// How challenges are validated. Default: `real`.
    pub validation: RawValidation,
    /// Names validated otherwise: a suffix (it fits the name itself and all below it) to `valid`, `invalid` or
    /// `rejected`.
    pub rules: BTreeMap<String, RawOutcome>,
    /// The port http-01 connects to. Default: 5002.
    pub http_port: Option<u16>,
    /// The port tls-alpn-01 connects to. Default: 5001.
    pub tls_port: Option<u16>,
    /// The resolver dns-01 and host look-ups ask. Default: the system's.
    pub resolver: Option<SocketAddr>,
    /// Addresses of names, before any resolver: a suffix (it fits the name itself and all below it) to an address.
    pub hosts: BTreeMap<String, std::net::IpAddr>,
    /// Validity of certificates. Default: 90d.
    #[schemars(with = "Option<String>")]
    pub validity: Option<Spanned<String>>,
    /// External account keys: key id to base64url HMAC key. When there are any, new accounts need one.
    #[schemars(with = "BTreeMap<String, String>")]
    pub external_accounts: BTreeMap<String, Spanned<String>>,
    /// Give a new order the valid authorizations an account already has. Default: false.
    pub reuse_authorizations: bool,
}

/// How challenges are validated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RawValidation {
    /// By connecting and asking, as any CA does.
    #[default]
    Real,
    /// Every challenge succeeds.
    AlwaysValid,
    /// Every challenge fails.
    AlwaysInvalid,
}

/// What becomes of a name's challenges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RawOutcome {
    /// They succeed.
    Valid,
    /// They fail.
    Invalid,
    /// The order is refused in the first place.
    Rejected,
}

/// The pages for people: the limits, what is left of them, unpausing, asking for overrides.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RawPortal {
    /// The origin of the pages, as in `https://limits.example`. Links in refusals and mails start with it. Default:
    /// `listen.public-url`, or `https://localhost:PORT` where the pages have a listener of their own.
    #[schemars(with = "Option<String>")]
    pub public_url: Option<Spanned<String>>,
    /// A listener of the pages' own, on which there is nothing else; `addresses` must be given. Left out: the pages
    /// are under `/rate-limits/` where ACME clients connect.
    pub listen: Option<RawListen>,
    /// Whether anybody may look up what is left for any domain, set of names or address; else only for the address
    /// they come from. Default: true.
    pub public_look_ups: Option<bool>,
    /// How often one client may look up what is left, a minute. Default: 30.
    #[schemars(with = "Option<u64>")]
    pub look_ups_per_minute: Option<Spanned<u64>>,
    /// File with the 32 bytes that sign links to unpause; the same for all nodes. Default: `unpause.key` in
    /// `secrets-dir`, else in the data directory, made on first start.
    pub link_key: Option<PathBuf>,
    /// File with the key that `link-key` replaced: its links stay valid. Default: `unpause-previous.key` beside
    /// `unpause.key`, if it is there.
    pub previous_link_key: Option<PathBuf>,
    /// Asking for overrides.
    pub override_requests: RawOverrideRequests,
    /// The mail server by which requesters are told. Left out: no mail is sent.
    pub mail: Option<RawMail>,
}

/// Asking for overrides.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RawOverrideRequests {
    /// Whether there is a form for it. Default: true.
    pub enabled: Option<bool>,
    /// Grant the lowest number at once; else an operator decides. Default: false.
    pub grant_lowest: bool,
    /// Orders a week that an account can ask for, ascending. Default: 1000 to 1000000 in twelve steps.
    #[schemars(with = "Option<Vec<u64>>")]
    pub orders: Option<Spanned<Vec<NonZeroU64>>>,
    /// Certificates a week that can be asked for, for a domain or an address. Default: 300 to 1000000 in thirteen
    /// steps.
    #[schemars(with = "Option<Vec<u64>>")]
    pub certificates: Option<Spanned<Vec<NonZeroU64>>>,
    /// Certificates a week that can be asked for, for each domain of an account. Default: 300 to 2500000 in fifteen
    /// steps.
    #[schemars(with = "Option<Vec<u64>>")]
    pub certificates_per_account: Option<Spanned<Vec<NonZeroU64>>>,
    /// The terms of service that requesters accept: a URL.
    #[schemars(with = "Option<String>")]
    pub terms: Option<Spanned<String>>,
    /// The privacy policy that requesters accept: a URL.
    #[schemars(with = "Option<String>")]
    pub privacy: Option<Spanned<String>>,
}

/// A mail server.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawMail {
    /// Its name, as in `mail.ca.example`.
    pub server: String,
    /// Its port. Default: 465 with `tls = "always"`, else 587, without TLS 25.
    pub port: Option<u16>,
    /// How the connection is protected. Default: `always`.
    #[serde(default)]
    pub tls: RawMailTls,
    /// PEM file with the roots that its certificate may chain to. Default: those of this machine.
    #[schemars(with = "Option<PathBuf>")]
    pub roots: Option<Spanned<PathBuf>>,
    /// Who the mails are from, as in `Example CA <limits@ca.example>`.
    #[schemars(with = "String")]
    pub from: Spanned<String>,
    /// The name to log in with. Default: none.
    pub username: Option<String>,
    /// File with the password, in its first line.
    pub password_file: Option<PathBuf>,
}

/// How the connection to a mail server is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RawMailTls {
    /// From its first byte.
    #[default]
    Always,
    /// After `STARTTLS`, without which nothing is sent.
    Starttls,
    /// Not at all: for a server on this machine.
    Never,
}

/// Where the records are: accounts, orders, pauses, stored overrides.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RawRecords {
    /// Which database. Default: `sqlite`.
    pub backend: RawRecordsBackend,
    /// The PostgreSQL server; only for `postgresql`.
    #[schemars(with = "Option<RawPostgresql>")]
    pub postgresql: Option<Spanned<RawPostgresql>>,
}

/// Which database keeps the records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RawRecordsBackend {
    /// A file in the data directory.
    #[default]
    Sqlite,
    /// A PostgreSQL server, which several gateways may share.
    Postgresql,
}

/// A PostgreSQL server.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawPostgresql {
    /// Where it is: `postgresql://user@host:port/database`; a socket's folder is given as `?host=/run/postgresql`. A
    /// server elsewhere must show a certificate for its name, unless `?sslmode=` says otherwise.
    #[schemars(with = "String")]
    pub url: Spanned<String>,
    /// The file with the password; an end of line after it is not part of it. Default: no password.
    pub password_file: Option<PathBuf>,
    /// The environment variable with the password, instead of a file.
    pub password_env: Option<String>,
    /// Roots its TLS certificate must chain to (PEM), beside those that browsers trust.
    pub roots: Option<PathBuf>,
    /// The most connections to it, from 2 to 64, of which one writes. Default: 8.
    #[schemars(with = "Option<u32>")]
    pub connections_max: Option<Spanned<u32>>,
    /// The longest a read waits, at most 5s. Default: 1s.
    #[schemars(with = "Option<String>")]
    pub deadline: Option<Spanned<String>>,
}

/// Where the buckets are.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RawStore {
    /// Where they are kept. Default: `embedded`.
    pub backend: RawBackend,
    /// When a change is on the disk; only for `embedded`. Default: `interval`.
    #[schemars(with = "Option<RawDurability>")]
    pub durability: Option<Spanned<RawDurability>>,
    /// How long a change may wait for the disk, from 1ms to 10s; only with `durability = "interval"`. What a crash can
    /// lose. Default: 100ms.
    #[schemars(with = "Option<String>")]
    pub interval: Option<Spanned<String>>,
    /// The most buckets at once; not for `redis`, where the server's memory is the bound. Reaching it is counted and
    /// logged, and each limit's `on-store-failure` applies to what needs a new bucket. Default: 50000000, about 2 GB.
    #[schemars(with = "Option<usize>")]
    pub buckets_max: Option<Spanned<usize>>,
    /// The longest a decision waits for the store. Default: 250ms.
    #[schemars(with = "Option<String>")]
    pub deadline: Option<Spanned<String>>,
    /// The Valkey or Redis server, or a cluster of them: `url` or `cluster-nodes` is needed. Only for `redis`.
    #[schemars(with = "Option<RawRedis>")]
    pub redis: Option<Spanned<RawRedis>>,
}

/// Where the buckets are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RawBackend {
    /// In memory, and in the data directory: they outlive the process.
    #[default]
    Embedded,
    /// In memory only: every bucket is full again after a restart.
    Memory,
    /// On a Valkey or Redis server or cluster, which several gateways may share.
    Redis,
}

/// A Valkey or Redis server, or a cluster of them: either `url` or `cluster-nodes` is needed.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RawRedis {
    /// Where the server is: `redis://host[:port][/database]`, with `rediss://` for TLS, or
    /// `unix:///path/of/the.socket`.
    #[schemars(with = "Option<String>")]
    pub url: Option<Spanned<String>>,
    /// Some nodes of a cluster, as in `url`; the others are learned from them, and spoken to as the first one is.
    #[schemars(with = "Vec<String>")]
    pub cluster_nodes: Vec<Spanned<String>>,
    /// The user, where the server has users (ACL). Default: the server's default user.
    pub username: Option<String>,
    /// The file with the password; an end of line after it is not part of it. Default: no password.
    pub password_file: Option<PathBuf>,
    /// The environment variable with the password, instead of a file.
    pub password_env: Option<String>,
    /// Roots a server's TLS certificate must chain to (PEM). Default: the system's.
    pub roots: Option<PathBuf>,
    /// Certificate chain to show it (PEM). Default: none.
    pub client_certificate: Option<PathBuf>,
    /// Private key of `client-certificate` (PEM).
    pub client_key: Option<PathBuf>,
    /// The most connections to a server, from 1 to 64; decisions share them. Default: 4.
    #[schemars(with = "Option<usize>")]
    pub connections_max: Option<Spanned<usize>>,
}

/// When a change is on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RawDurability {
    /// Before its decision is answered.
    EveryCommit,
    /// At most `interval` after. No decision waits for the disk.
    Interval,
}

/// Logs, written to standard error.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RawLog {
    /// `text` or `json`. Default: `text`.
    pub format: LogFormat,
    /// What is logged, by level or `target=level`, separated by commas. Default: `info`.
    pub filter: Option<String>,
}

/// How logs look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// An object a line.
    Json,
}
