//! The configuration, validated.

mod password;
mod portal;
mod records;
mod store;

pub use password::Password;
pub use portal::{MailConfig, PortalConfig};
pub use records::{PostgresqlConfig, RecordsConfig};
pub use store::{RedisConfig, StoreConfig};

use std::{
    net::SocketAddr,
    ops::Range,
    path::{Path, PathBuf},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::Uri;
use ipnet::IpNet;
use tollgate_acme::problem::ProblemType;
use tollgate_gateway::client_address::{ForwardingHeader, TrustedProxies};
use tollgate_policy::{Policy, config::Mistake, duration::parse_duration};
use tollgate_test_ca::{
    ExternalAccount, HostRule, NameRule, Profile, TestCaOptions, ValidationMode, Verdict,
};
use toml::Spanned;

use super::raw::{
    LogFormat, RawBackend, RawClientAddressHeader, RawConfig, RawListen, RawManagement, RawOutcome,
    RawRecordsBackend, RawTestCa, RawUpstream, RawValidation,
};

/// Everything that `tollgate serve` runs on.
#[derive(Debug)]
pub struct Config {
    /// The limits.
    pub policy: Policy,
    /// Whether `messages.docs` was given; else refusals name our own limits page.
    pub docs_given: bool,
    /// The listeners for ACME clients.
    pub clients: ClientFacing,
    /// The management listener.
    pub management: Management,
    /// The CA behind; `None`: the built-in test CA.
    pub upstream: Option<UpstreamConfig>,
    /// The built-in test CA; its `data_dir` is set when it starts.
    pub test_ca: TestCaOptions,
    /// What outlives the process.
    pub data_dir: PathBuf,
    /// The pages for people.
    pub portal: PortalConfig,
    /// Secrets that several gateways share; `None`: those in the data directory, made on first use.
    pub secrets_dir: Option<PathBuf>,
    /// Where the records are.
    pub records: RecordsConfig,
    /// Where the buckets are.
    pub store: StoreConfig,
    /// The longest a decision waits for the store.
    pub store_deadline: Duration,
    /// How logs look.
    pub log_format: LogFormat,
    /// What is logged.
    pub log_filter: String,
}

/// The listeners for ACME clients.
#[derive(Debug)]
pub struct ClientFacing {
    /// At least one.
    pub addresses: Vec<SocketAddr>,
    /// Whether the addresses are the defaults, of which the IPv6 one may be missing.
    pub addresses_by_default: bool,
    /// `https://acme.example`, without a path.
    pub public_url: Option<String>,
    /// Chain and key; `None`: one is made.
    pub tls_files: Option<(PathBuf, PathBuf)>,
    /// No TLS here.
    pub plain_http: bool,
    /// Peers that send PROXY headers.
    pub proxy_protocol_from: Vec<IpNet>,
    /// Proxies whose headers are believed.
    pub trusted_proxies: Option<TrustedProxies>,
    /// The most connections at once.
    pub connections_max: usize,
    /// The most connections at once of one client.
    pub connections_per_address_max: usize,
    /// How long requests under way are waited for when stopping.
    pub shutdown_grace: Duration,
}

/// The management listener.
#[derive(Clone, Debug)]
pub struct Management {
    /// Where.
    pub address: SocketAddr,
    /// The file that says who may use the admin API.
    pub grants: Option<PathBuf>,
    /// Certificate chain and key; `None`: plain HTTP.
    pub tls_files: Option<(PathBuf, PathBuf)>,
    /// Roots of client certificates, where some are asked for.
    pub client_roots: Option<PathBuf>,
}

/// The CA behind the gateway.
#[derive(Debug)]
pub struct UpstreamConfig {
    /// Its directory.
    pub directory: Uri,
    /// Roots; `None`: the system's.
    pub roots: Option<PathBuf>,
    /// Client certificate chain and key.
    pub client_identity: Option<(PathBuf, PathBuf)>,
    /// The longest it may take to accept a connection.
    pub connect_timeout: Duration,
    /// The longest it may take to answer.
    pub timeout: Duration,
}

/// The ports that need no privileges, as other test CAs have them.
const HTTP_PORT: u16 = 5002;
const TLS_PORT: u16 = 5001;

impl Config {
    pub(super) fn from_raw(mut raw: RawConfig, folder: &Path) -> Result<Self, Vec<Mistake>> {
        let raw_policy = raw.take_policy();
        let mut reading = Reading { folder, mistakes: Vec::new() };
        let policy = Policy::from_raw(&raw_policy);
        let clients = reading.clients("listen", raw.listen);
        let portal = reading.portal(raw.portal);
        let management = reading.management(&raw.management);
        let test_ca_given = raw.test_ca != RawTestCa::default();
        let test_ca = reading.test_ca(raw.test_ca);
        if raw.upstream.is_some() && test_ca_given {
            reading.mistake(
                "test-ca",
                None,
                "the test CA does not exist with an upstream; remove one of the two",
            );
        }
        let upstream = raw.upstream.and_then(|upstream| reading.upstream(upstream));
        let store = reading.store(&raw.store);
        let store_deadline =
            reading.duration("store.deadline", raw.store.deadline.as_ref(), Duration::from_millis(250));
        let data_dir = match &raw.data_dir {
            Some(path) => reading.path(path),
            None => PathBuf::from("tollgate-data"),
        };
        let records = reading.records(&raw.records);
        let secrets_dir = raw.secrets_dir.as_ref().map(|path| reading.path(path));
        if secrets_dir.is_none() {
            let problem = "needs secrets-dir, so that all gateways have the same secrets: make them once with \
                           `tollgate secrets new`";
            if raw.store.backend == RawBackend::Redis {
                reading.mistake("store.backend", None, problem);
            }
            if raw.records.backend == RawRecordsBackend::Postgresql {
                reading.mistake("records.backend", None, problem);
            }
        }
        let mut mistakes = reading.mistakes;
        match policy {
            Ok(policy) if mistakes.is_empty() => Ok(Self {
                policy,
                docs_given: raw_policy.messages.docs.is_some(),
                clients,
                management,
                upstream,
                test_ca,
                data_dir,
                portal,
                secrets_dir,
                records,
                store,
                store_deadline,
                log_format: raw.log.format,
                log_filter: raw.log.filter.unwrap_or_else(|| "info".to_owned()),
            }),
            Ok(_) => Err(mistakes),
            Err(of_policy) => {
                mistakes.splice(..0, of_policy);
                Err(mistakes)
            }
        }
    }
}

/// Reads raw sections and gathers what is wrong with them.
struct Reading<'a> {
    folder: &'a Path,
    mistakes: Vec<Mistake>,
}

impl Reading<'_> {
    fn mistake(&mut self, key: &str, span: Option<Range<usize>>, problem: impl Into<String>) {
        self.mistakes.push(Mistake { key: key.to_owned(), span, problem: problem.into() });
    }

    fn path(&self, path: &Path) -> PathBuf {
        self.folder.join(path)
    }

    fn duration(&mut self, key: &str, written: Option<&Spanned<String>>, default: Duration) -> Duration {
        let Some(written) = written else { return default };
        parse_duration(written.get_ref()).unwrap_or_else(|problem| {
            self.mistake(key, Some(written.span()), problem.to_string());
            default
        })
    }

    /// Both files or neither.
    fn pair(
        &mut self,
        keys: (&str, &str),
        certificate: Option<&PathBuf>,
        key: Option<&PathBuf>,
    ) -> Option<(PathBuf, PathBuf)> {
        match (certificate, key) {
            (Some(certificate), Some(key)) => Some((self.path(certificate), self.path(key))),
            (None, None) => None,
            (Some(_), None) => {
                self.mistake(keys.0, None, format!("needs {} beside it", keys.1));
                None
            }
            (None, Some(_)) => {
                self.mistake(keys.1, None, format!("needs {} beside it", keys.0));
                None
            }
        }
    }

    /// The listeners of the table `table`.
    fn clients(&mut self, table: &str, raw: RawListen) -> ClientFacing {
        let key = |name: &str| format!("{table}.{name}");
        let tls_files =
            self.pair((&key("certificate"), &key("key")), raw.certificate.as_ref(), raw.key.as_ref());
        if raw.plain_http && tls_files.is_some() {
            self.mistake(&key("plain-http"), None, "without TLS there is no use for certificate and key");
        }
        if raw.addresses.as_ref().is_some_and(Vec::is_empty) {
            self.mistake(&key("addresses"), None, "at least one address is needed");
        }
        let header = match raw.client_address_header {
            RawClientAddressHeader::XForwardedFor => ForwardingHeader::XForwardedFor,
            RawClientAddressHeader::Forwarded => ForwardingHeader::Forwarded,
        };
        let trusted_proxies = (!raw.trusted_proxies.is_empty()).then(|| {
            let trusted = TrustedProxies::in_networks(raw.trusted_proxies, header);
            match raw.proxy_hops_max {
                Some(hops) => trusted.at_most(hops),
                None => trusted,
            }
        });
        ClientFacing {
            addresses_by_default: raw.addresses.is_none(),
            addresses: raw.addresses.unwrap_or_else(|| {
                vec![
                    SocketAddr::from(([127, 0, 0, 1], 14000)),
                    SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, 14000)),
                ]
            }),
            public_url: raw.public_url.and_then(|url| self.origin(&key("public-url"), &url)),
            tls_files,
            plain_http: raw.plain_http,
            proxy_protocol_from: raw.proxy_protocol_from,
            trusted_proxies,
            connections_max: raw.connections_max.unwrap_or(4096),
            connections_per_address_max: raw.connections_per_address_max.unwrap_or(256),
            shutdown_grace: self.duration(
                &key("shutdown-grace"),
                raw.shutdown_grace.as_ref(),
                Duration::from_secs(30),
            ),
        }
    }

    /// `https://acme.example` of an URL that has no more than that.
    fn origin(&mut self, key: &str, written: &Spanned<String>) -> Option<String> {
        let origin = match written.get_ref().trim_end_matches('/').parse::<Uri>() {
            Ok(url)
                if matches!(url.scheme_str(), Some("http" | "https"))
                    && url.path() == "/"
                    && url.query().is_none() =>
            {
                url.authority()
                    .map(|authority| format!("{}://{authority}", url.scheme_str().unwrap_or("https")))
            }
            _ => None,
        };
        if origin.is_none() {
            self.mistake(
                key,
                Some(written.span()),
                "must be an origin like https://acme.example, without a path",
            );
        }
        origin
    }

    fn management(&mut self, raw: &RawManagement) -> Management {
        let address = raw.address.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 14001)));
        if !address.ip().is_loopback() && !raw.allow_remote {
            let problem = format!(
                "{} is not loopback; say allow-remote = true if whoever reaches it may",
                address.ip()
            );
            self.mistake("management.address", None, problem);
        }
        let keys = ("management.certificate", "management.key");
        let tls_files = self.pair(keys, raw.certificate.as_ref(), raw.key.as_ref());
        if raw.client_roots.is_some() && raw.certificate.is_none() {
            self.mistake("management.client-roots", None, "needs management.certificate beside it");
        }
        Management {
            address,
            grants: raw.grants.as_ref().map(|grants| self.path(grants)),
            tls_files,
            client_roots: raw.client_roots.as_ref().map(|roots| self.path(roots)),
        }
    }

    fn upstream(&mut self, raw: RawUpstream) -> Option<UpstreamConfig> {
        let keys = ("upstream.client-certificate", "upstream.client-key");
        let client_identity = self.pair(keys, raw.client_certificate.as_ref(), raw.client_key.as_ref());
        let connect_timeout =
            self.duration("upstream.connect-timeout", raw.connect_timeout.as_ref(), Duration::from_secs(5));
        let timeout = self.duration("upstream.timeout", raw.timeout.as_ref(), Duration::from_secs(60));
        let directory =
            raw.directory.get_ref().parse::<Uri>().ok().filter(|url| {
                matches!(url.scheme_str(), Some("http" | "https")) && url.authority().is_some()
            });
        let Some(directory) = directory else {
            let problem = "must be the URL of the CA's directory, like https://ca.internal/acme/directory";
            self.mistake("upstream.directory", Some(raw.directory.span()), problem);
            return None;
        };
        let roots = raw.roots.as_ref().map(|roots| self.path(roots));
        Some(UpstreamConfig { directory, roots, client_identity, connect_timeout, timeout })
    }

    fn test_ca(&mut self, raw: RawTestCa) -> TestCaOptions {
        let mut options = TestCaOptions::default();
        if raw.validity.is_some() {
            let validity =
                self.duration("test-ca.validity", raw.validity.as_ref(), Duration::from_secs(90 * 86_400));
            options.profiles[0] = Profile::new("classic", "for tests only", validity);
        }
        options.reuse_authorizations = raw.reuse_authorizations;
        options.external_account_required = !raw.external_accounts.is_empty();
        for (key_id, key) in &raw.external_accounts {
            match URL_SAFE_NO_PAD.decode(key.get_ref()) {
                Ok(mac_key) => {
                    options.external_accounts.push(ExternalAccount { key_id: key_id.clone(), mac_key })
                }
                // The key itself is not repeated: errors end up in logs.
                Err(_) => self.mistake(
                    &format!("test-ca.external-accounts.{key_id}"),
                    Some(key.span()),
                    "must be the HMAC key in base64url without padding",
                ),
            }
        }
        let validation = &mut options.validation;
        validation.mode = match raw.validation {
            RawValidation::Real => ValidationMode::Real,
            RawValidation::AlwaysValid => ValidationMode::AlwaysValid,
            RawValidation::AlwaysInvalid => ValidationMode::AlwaysInvalid,
        };
        validation.rules = raw.rules.into_iter().map(|(suffix, outcome)| rule(suffix, outcome)).collect();
        validation.hosts =
            raw.hosts.into_iter().map(|(suffix, address)| HostRule { suffix, address }).collect();
        validation.http_port = raw.http_port.unwrap_or(HTTP_PORT);
        validation.tls_port = raw.tls_port.unwrap_or(TLS_PORT);
        validation.resolver = raw.resolver;
        options
    }
}

fn rule(suffix: String, outcome: RawOutcome) -> NameRule {
    let verdict = match outcome {
        RawOutcome::Valid => Verdict::Valid,
        RawOutcome::Invalid => Verdict::Invalid(ProblemType::Unauthorized),
        RawOutcome::Rejected => Verdict::Rejected,
    };
    NameRule { suffix, verdict, delay: Duration::ZERO }
}
