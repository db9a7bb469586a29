//! The wiring: from a configuration to a running gateway, and back to a clean end.

mod buckets;
mod front;
mod grants;
pub(crate) mod moving;
mod overrides;
mod pages;
mod password;
mod records;
mod scribe;

use std::{
    io,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use axum::{
    extract::{ConnectInfo, Request},
    middleware::Next,
};
use http::Uri;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::{
    net::TcpListener,
    sync::watch,
    task::{JoinHandle, JoinSet},
};
use tollgate_acme::resource::ResourcePath;
use tollgate_gateway::{
    Gateway, GatewayOptions,
    client_address::Scheme,
    listener::{BindError, ConnectionBounds, ConnectionCaps, Listener, ListenerOptions, Transport},
    overall::OverallLimits,
    tls::{CaTrust, TlsError, TlsIdentity, operators_config},
    upstream::{HttpUpstream, HttpUpstreamError, HttpUpstreamOptions, InProcess, Upstream, UpstreamError},
};
use tollgate_limiter::{Limiter, LimiterOptions, unpause::UnpauseLinks};
use tollgate_policy::Policy;
use tollgate_portal::MailError;
use tollgate_records::{Chore, Records, RecordsError};
use tollgate_service::{access::GrantError, admin::Admin};
use tollgate_store::{BucketStore, HashKey, OpenError};
use tollgate_store_redis::RedisOptionsError;
use tollgate_test_ca::{TestCa, TestCaError};

use crate::{
    clock::{MovableClock, SystemChance},
    config::{ClientFacing, Config, Management, UpstreamConfig},
    data_dir::{DataDir, DataDirError, random_bytes},
    management::{self, ManagementState, Peer, TlsListener},
    secrets::{LinkKeyFiles, Secrets, SecretsError},
    server::{
        buckets::{Buckets, Surroundings},
        front::Front,
        grants::Grants,
        overrides::StoredOverrides,
        pages::{Pages, tell_decisions},
        scribe::Scribe,
    },
    tls_identity::{self, TlsIdentityError},
};

/// Clients that the overall request limits remember at once; each for a second or less.
const OVERALL_BUCKETS_MAX: usize = 1_000_000;

/// How often full buckets and old records are dropped.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// How long a stop waits for what the last answers told, even when their requests took all of the grace
/// period: several commits.
const LAST_WRITES: Duration = Duration::from_secs(1);

/// How long finished orders are remembered. Longer than the longest that something counts by them.
const RECORDS_KEPT: jiff::SignedDuration = jiff::SignedDuration::from_hours(180 * 24);

/// Why Tollgate did not start. One line says what is wrong and where.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The data directory.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The secrets.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// The clock's offset cannot be read.
    #[error("{path}: the clock's offset cannot be read: {source}")]
    ClockOffset {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A listener for ACME clients.
    #[error("{error}: {}", error.source)]
    Listen {
        /// Where and why.
        error: BindError,
    },
    /// The management listener.
    #[error("cannot listen on {address} for management: {source}")]
    ListenManagement {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The TLS certificate.
    #[error(transparent)]
    TlsIdentity(#[from] TlsIdentityError),
    /// The TLS certificate, or what was given for the CA's, makes no sense.
    #[error("{what}: {}", with_causes(.source))]
    Tls {
        /// Which files.
        what: String,
        /// Why.
        source: TlsError,
    },
    /// The file of those who may use the admin API.
    #[error("{path}: {source}")]
    Grants {
        /// Which.
        path: PathBuf,
        /// Where and why.
        source: GrantError,
    },
    /// The mail server.
    #[error("portal.mail: {}", with_causes(.0))]
    Mail(#[from] MailError),
    /// A file named in the configuration.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The CA behind.
    #[error("upstream: {}", with_causes(.0))]
    Upstream(#[from] HttpUpstreamError),
    /// The bucket store.
    #[error("{}", with_causes(.0))]
    Buckets(#[from] OpenError),
    /// What was given for the Redis server makes no sense.
    #[error("store.redis: {0}")]
    Redis(#[from] RedisOptionsError),
    /// The environment lacks a password.
    #[error("{table}.password-env: the environment has no variable {name}, or it is no text")]
    PasswordVariable {
        /// The table of the configuration.
        table: &'static str,
        /// The variable.
        name: String,
    },
    /// The records.
    #[error("{}", with_causes(.0))]
    Records(#[from] RecordsError),
    /// The test CA.
    #[error("the test CA: {}", with_causes(.0))]
    TestCa(#[from] TestCaError),
}

/// An error and its causes in one line.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(&format!(": {error}"));
        cause = error.source();
    }
    line
}

/// The policy as [`start`] puts it in force where the configuration names its ports.
pub(crate) fn policy_in_force(config: Config) -> Policy {
    let origin = public_origin(&config.clients, &config.clients.addresses);
    let pages_at =
        pages::origin(&config.portal, config.portal.listener.as_ref().map(|it| &*it.addresses), &origin);
    explained(config.policy, config.docs_given, &pages_at)
}

/// A running Tollgate.
pub struct Running {
    /// What ACME clients are given.
    pub directory_url: String,
    /// The limits page.
    pub limits_page: String,
    /// The root of the gateway's own TLS certificate, where we made it.
    pub root_certificate: Option<PathBuf>,
    /// The directory of the CA behind; `None`: the test CA.
    pub upstream: Option<Uri>,
    /// The management listener.
    pub management: SocketAddr,
    /// The same as people write it: `http://127.0.0.1:14001`.
    pub management_url: String,
    /// The listeners for ACME clients.
    pub addresses: Vec<SocketAddr>,
    /// The clock that everything asks.
    pub clock: Arc<MovableClock>,
    /// What decides.
    pub limiter: Arc<Limiter>,
    /// What stands between the clients and the CA.
    pub gateway: Arc<Gateway>,
    shutdown_grace: Duration,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
    sweeper: JoinHandle<()>,
    sweeper_id: [u8; 16],
    overrides: JoinHandle<()>,
    decisions: JoinHandle<()>,
    grants: JoinHandle<()>,
    scribe: Scribe,
    writing_down: JoinHandle<()>,
    buckets: Buckets,
    test_ca: Option<Arc<TestCa>>,
    /// Unlocked last.
    _data_dir: DataDir,
}

impl Running {
    /// Takes no new connections, finishes requests under way within their grace period, writes everything
    /// down and ends.
    pub async fn stop(mut self) {
        let grace = tokio::time::Instant::now() + self.shutdown_grace;
        self.stop.send_replace(true);
        self.sweeper.abort();
        self.overrides.abort();
        self.decisions.abort();
        self.grants.abort();
        while self.tasks.join_next().await.is_some() {}
        // No answer comes any more. What the last ones told is counted before buckets and records are closed.
        let grace = grace.max(tokio::time::Instant::now() + LAST_WRITES);
        if tokio::time::timeout_at(grace, self.gateway.settled()).await.is_err() {
            tracing::error!("answers of the CA were still not written down at the end of the grace period");
        }
        drop(self.gateway);
        // An error is a panic, whose message has been printed.
        let _ = self.writing_down.await;
        self.scribe.write_down().await;
        if let Err(error) = self.limiter.records().leave_chore(Chore::Sweep, self.sweeper_id).await {
            tracing::warn!(%error, "other gateways sweep no sooner than in three minutes");
        }
        self.buckets.close().await;
        self.limiter.records().close().await;
        if let Some(ca) = self.test_ca.take().and_then(Arc::into_inner) {
            ca.close().await;
        }
    }
}

/// Starts what the configuration describes. `metrics` is shown on the management listener.
///
/// # Errors
///
/// [`StartError`]: nothing is left running.
pub async fn start(
    config: Config,
    clock: MovableClock,
    metrics: Option<PrometheusHandle>,
) -> Result<Running, StartError> {
    let data_dir = DataDir::open(&config.data_dir)?;
    let link_keys = LinkKeyFiles {
        current: config.portal.link_key.clone(),
        previous: config.portal.previous_link_key.clone(),
    };
    let secrets = match &config.secrets_dir {
        Some(given) => Secrets::given(given, &link_keys)?,
        None => Secrets::own(&config.data_dir, &link_keys)?,
    };
    let clock = Arc::new(installed(clock, &config)?);
    let grants = Grants::read(config.management.grants.clone(), data_dir.operator_token()?).await?;
    let management_tls = management_tls(&config.management)?;
    let management = bind_management(config.management.address).await?;
    let management_address = local_address(&management)?;
    let also_named = config.portal.public_url.as_deref();
    let (listeners, root_certificate) = bind(&config.clients, also_named, &data_dir, &clock).await?;
    let addresses: Vec<_> = listeners.iter().map(Listener::local_address).collect();
    let origin = public_origin(&config.clients, &addresses);
    let pages = Pages::bind(&config.portal, &origin, &data_dir, &clock).await?;

    let policy = Arc::new(explained(config.policy, config.docs_given, &pages.origin));
    let records = records::open(&config.records, &data_dir).await?;
    let around = Surroundings {
        directory: data_dir.join("buckets"),
        deadline: config.store_deadline,
        now: clock.now(),
        clock_is_movable: config.upstream.is_none(),
    };
    let buckets = Buckets::open(&config.store, around).await?;
    let limiter =
        limiter(&policy, &secrets, &records, buckets.store(), &clock, &pages.origin, config.store_deadline);

    // Before the first request: what was granted must not be refused after a restart.
    let mut overrides = StoredOverrides::new(limiter.clone(), policy.clone());
    overrides.look().await;

    let (behind, test_ca) = match &config.upstream {
        Some(upstream) => (Behind::configured(upstream)?, None),
        None => {
            let options = tollgate_test_ca::TestCaOptions {
                data_dir: Some(data_dir.join("test-ca")),
                ..config.test_ca
            };
            let ca = Arc::new(TestCa::open(options, clock.clone()).await?);
            (Behind::test_ca(&ca), Some(ca))
        }
    };
    let directory_url = format!("{origin}{}", behind.directory);
    let portal = Arc::new(pages.portal(&config.portal, &limiter, &origin, test_ca.is_some())?);
    let overall =
        Arc::new(OverallLimits::new(policy.clone(), HashKey::new(random_bytes()), OVERALL_BUCKETS_MAX));
    let gateway = Arc::new(Gateway::new(GatewayOptions {
        limiter: limiter.clone(),
        upstream: behind.upstream,
        overall: overall.clone(),
        directory: behind.directory,
        rate_limits_url: policy
            .answers()
            .directory_meta
            .then(|| format!("{}/rate-limits.json", pages.origin)),
    }));
    let shown_here = pages.listeners.is_empty().then(|| portal.clone());
    let front = Arc::new(Front::new(Some(gateway.clone()), shown_here, overall.clone(), limiter.clone()));
    let pages_front = Arc::new(Front::new(None, Some(portal.clone()), overall.clone(), limiter.clone()));
    let scribe = Scribe { limiter: limiter.clone(), overall };

    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    for listener in listeners {
        tasks.spawn(listener.serve(front.clone(), wait(stopped.clone())));
    }
    for listener in pages.listeners {
        tasks.spawn(listener.serve(pages_front.clone(), wait(stopped.clone())));
    }
    let state = ManagementState {
        limiter: limiter.clone(),
        metrics,
        test_ca: test_ca.clone(),
        clock: clock.clone(),
        gateway: gateway.clone(),
        admin: Admin::new(limiter.clone(), grants.in_force()),
    };
    let scheme = if management_tls.is_some() { "https" } else { "http" };
    tasks.spawn(serve_management(management, state, management_address, management_tls, stopped.clone()));

    let sweeper_id = random_bytes();
    Ok(Running {
        limits_page: format!("{}/rate-limits/", pages.origin),
        directory_url,
        root_certificate: root_certificate.map(|path| std::path::absolute(&path).unwrap_or(path)),
        upstream: config.upstream.map(|upstream| upstream.directory),
        management: management_address,
        management_url: format!("{scheme}://{management_address}"),
        addresses,
        sweeper: tokio::spawn(sweep(buckets.clone(), limiter.clone(), clock.clone(), sweeper_id)),
        sweeper_id,
        overrides: tokio::spawn(overrides.follow()),
        decisions: tokio::spawn(tell_decisions(portal)),
        grants: tokio::spawn(grants.follow()),
        writing_down: tokio::spawn(scribe.clone().follow(stopped)),
        scribe,
        buckets,
        clock,
        limiter,
        gateway,
        shutdown_grace: config.clients.shutdown_grace,
        stop,
        tasks,
        test_ca,
        _data_dir: data_dir,
    })
}

/// The clock of this installation: only the test CA's may have been moved.
fn installed(clock: MovableClock, config: &Config) -> Result<MovableClock, StartError> {
    if config.upstream.is_some() {
        return Ok(clock);
    }
    let path = config.data_dir.join("clock-offset");
    clock.keeping_offset(&path).map_err(|source| StartError::ClockOffset { path, source })
}

fn limiter(
    policy: &Arc<Policy>,
    secrets: &Secrets,
    records: &Records,
    store: Arc<dyn BucketStore>,
    clock: &Arc<MovableClock>,
    origin: &str,
    store_deadline: Duration,
) -> Arc<Limiter> {
    let link_validity = policy.pausing().map_or(Duration::ZERO, |pausing| pausing.link_validity);
    let page = format!("{origin}/rate-limits/unpause");
    let unpause = UnpauseLinks::new(page, &secrets.unpause_key, link_validity);
    let unpause = match &secrets.previous_unpause_key {
        Some(previous) => unpause.and_opened_by(previous),
        None => unpause,
    };
    Arc::new(Limiter::new(LimiterOptions {
        policy: policy.clone(),
        store,
        store_deadline,
        hash_key: secrets.hash_key.clone(),
        records: records.clone(),
        unpause,
        clock: clock.clone(),
        chance: Arc::new(SystemChance),
    }))
}

/// The CA behind the gateway, and the path of its directory.
struct Behind {
    upstream: Arc<dyn Upstream>,
    directory: ResourcePath,
}

impl Behind {
    fn configured(config: &UpstreamConfig) -> Result<Self, StartError> {
        let mut trust = match &config.roots {
            Some(path) => CaTrust::roots_from_pem(&read(path)?)
                .map_err(|source| StartError::Tls { what: path.display().to_string(), source })?,
            None => CaTrust::roots(rustls_native_certs::load_native_certs().certs),
        };
        if let Some((chain, key)) = &config.client_identity {
            trust = trust.with_client_certificate(&read(chain)?, &read(key)?).map_err(|source| {
                StartError::Tls { what: format!("{} and {}", chain.display(), key.display()), source }
            })?;
        }
        let options = HttpUpstreamOptions {
            connect_timeout: config.connect_timeout,
            response_timeout: config.timeout,
            ..HttpUpstreamOptions::default()
        };
        let path = config.directory.path_and_query().map_or("/", |path| path.as_str());
        Ok(Self {
            upstream: Arc::new(HttpUpstream::new(&config.directory, trust, options)?),
            directory: ResourcePath::of(path).expect("a path of a URL that was parsed begins with a slash"),
        })
    }

    fn test_ca(ca: &Arc<TestCa>) -> Self {
        let ca = ca.clone();
        let upstream = InProcess::new(move |request| {
            let ca = ca.clone();
            async move { ca.answer(request).await.map_err(|_| UpstreamError::DropClient) }
        });
        Self {
            upstream: Arc::new(upstream),
            directory: ResourcePath::of("/directory").expect("it is a path"),
        }
    }
}

/// Opens the listeners for ACME clients. The default IPv6 address may be missing on a machine without IPv6.
async fn bind(
    clients: &ClientFacing,
    also_named: Option<&str>,
    data_dir: &DataDir,
    clock: &MovableClock,
) -> Result<(Vec<Listener>, Option<PathBuf>), StartError> {
    let (transport, root) = transport(clients, also_named, data_dir, clock)?;
    let caps = Arc::new(ConnectionCaps::new(clients.connections_max, clients.connections_per_address_max));
    let mut listeners = Vec::new();
    for &address in &clients.addresses {
        let options = ListenerOptions {
            proxy_protocol_from: clients.proxy_protocol_from.clone(),
            trusted_proxies: clients.trusted_proxies.clone(),
            bounds: ConnectionBounds {
                shutdown_grace: clients.shutdown_grace,
                ..ConnectionBounds::default()
            },
            caps: caps.clone(),
            ..ListenerOptions::new(address, transport.clone())
        };
        match Listener::bind(options).await {
            Ok(listener) => listeners.push(listener),
            Err(error)
                if clients.addresses_by_default && !listeners.is_empty() && no_such_address(&error) =>
            {
                tracing::info!(%address, "not listening: this machine has no IPv6");
            }
            Err(error) => return Err(StartError::Listen { error }),
        }
    }
    Ok((listeners, root))
}

fn no_such_address(error: &BindError) -> bool {
    use io::ErrorKind::{AddrNotAvailable, Unsupported};
    matches!(error.source.kind(), AddrNotAvailable | Unsupported)
}

fn transport(
    clients: &ClientFacing,
    also_named: Option<&str>,
    data_dir: &DataDir,
    clock: &MovableClock,
) -> Result<(Transport, Option<PathBuf>), StartError> {
    if clients.plain_http {
        return Ok((Transport::Plain { public_scheme: Scheme::Https }, None));
    }
    let files = match &clients.tls_files {
        Some((chain, key)) => tls_identity::given(chain, key)?,
        None => {
            let today = clock.machine_time().to_zoned(jiff::tz::TimeZone::UTC).date();
            tls_identity::made(data_dir, &names(clients, also_named), today)?
        }
    };
    let identity = TlsIdentity::from_pem(files.chain_pem.as_bytes(), files.key_pem.as_bytes())
        .map_err(|source| StartError::Tls { what: "listen.certificate and listen.key".to_owned(), source })?;
    Ok((Transport::Tls(Arc::new(identity)), files.root_file))
}

/// What the made certificate is for: loopback, the addresses listened on, and the public name.
fn names(clients: &ClientFacing, also_named: Option<&str>) -> Vec<String> {
    let mut names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
    let addresses = clients.addresses.iter().map(SocketAddr::ip).filter(|ip| !ip.is_unspecified());
    let public = clients.public_url.as_deref().into_iter().chain(also_named);
    let public = public.filter_map(|url| url.parse::<Uri>().ok());
    let public = public.filter_map(|url| url.host().map(|host| host.trim_matches(['[', ']']).to_owned()));
    for name in addresses.map(|ip: IpAddr| ip.to_string()).chain(public) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The policy with its own page of limits, unless another was given.
fn explained(policy: Policy, docs_given: bool, origin: &str) -> Policy {
    if docs_given { policy } else { policy.with_docs(format!("{origin}/rate-limits/")) }
}

fn public_origin(clients: &ClientFacing, addresses: &[SocketAddr]) -> String {
    clients.public_url.clone().unwrap_or_else(|| format!("https://localhost:{}", addresses[0].port()))
}

async fn bind_management(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| StartError::ListenManagement { address, source })
}

fn local_address(listener: &TcpListener) -> Result<SocketAddr, StartError> {
    listener.local_addr().map_err(|source| StartError::ListenManagement {
        address: SocketAddr::from(([0, 0, 0, 0], 0)),
        source,
    })
}

async fn serve_management(
    listener: TcpListener,
    state: ManagementState,
    address: SocketAddr,
    tls: Option<Arc<rustls::ServerConfig>>,
    stopped: watch::Receiver<bool>,
) {
    let served = match tls {
        Some(config) => {
            let router =
                management::router(state, None).layer(axum::middleware::from_fn(known_by_certificate));
            let service = router.into_make_service_with_connect_info::<Peer>();
            let listener = TlsListener::new(listener, address, config);
            axum::serve(listener, service).with_graceful_shutdown(wait(stopped)).await
        }
        None => {
            let router = management::router(state, Some(address));
            axum::serve(listener, router).with_graceful_shutdown(wait(stopped)).await
        }
    };
    if let Err(error) = served {
        tracing::error!(%error, "the management listener ended");
    }
}

/// Tells the admin API which certificate was shown.
async fn known_by_certificate(
    ConnectInfo(peer): ConnectInfo<Peer>,
    mut request: Request,
    next: Next,
) -> axum::response::Response {
    tracing::debug!(peer = %peer.address, certificate = peer.certificate.is_some(), "management request");
    if let Some(certificate) = peer.certificate {
        request.extensions_mut().insert(certificate);
    }
    next.run(request).await
}

fn management_tls(management: &Management) -> Result<Option<Arc<rustls::ServerConfig>>, StartError> {
    let Some((chain, key)) = &management.tls_files else { return Ok(None) };
    let unusable = |what: String| move |source| StartError::Tls { what, source };
    let identity = TlsIdentity::from_pem(&read(chain)?, &read(key)?)
        .map_err(unusable("management.certificate and management.key".to_owned()))?;
    let roots = management.client_roots.as_ref().map(read).transpose()?;
    let config = operators_config(Arc::new(identity), roots.as_deref())
        .map_err(unusable("management.client-roots".to_owned()))?;
    Ok(Some(config))
}

async fn wait(mut stopped: watch::Receiver<bool>) {
    // An error means that the sender is gone, which is an end as well.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// Drops what is over: in this process always, in the records when it is this gateway's turn.
async fn sweep(buckets: Buckets, limiter: Arc<Limiter>, clock: Arc<MovableClock>, holder: [u8; 16]) {
    let mut every = tokio::time::interval(SWEEP_EVERY);
    loop {
        every.tick().await;
        buckets.sweep(clock.now());
        match limiter.records().take_chore(Chore::Sweep, holder, clock.moment()).await {
            Ok(true) => {}
            Ok(false) => continue,
            Err(error) => {
                tracing::warn!(%error, "old records could not be dropped");
                continue;
            }
        }
        let before = clock.moment().checked_sub(RECORDS_KEPT).unwrap_or(jiff::Timestamp::MIN);
        if let Err(error) = limiter.records().sweep(before).await {
            tracing::warn!(%error, "old records could not be dropped");
        }
        if let Err(error) = limiter.sweep_reservations().await {
            tracing::warn!(%error, "what lost orders reserved could not be given back");
        }
    }
}

fn read(path: &PathBuf) -> Result<Vec<u8>, StartError> {
    std::fs::read(path).map_err(|source| StartError::File { path: path.clone(), source })
}
