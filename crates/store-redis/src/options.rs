//! Where the server is, and how it is asked.

use std::{fmt, num::NonZeroUsize, str::FromStr, sync::Arc, time::Duration};

use redis::{Client, ClientTlsConfig, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, TlsCertificates};
use rustls::pki_types::{CertificateDer, pem::PemObject as _};

use crate::address::Address;

/// Whose clock decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The server's: gateways may disagree about the time, and the `now` of each call is ignored.
    Server,
    /// The `now` of each call. The server, which knows nothing of that time, then never expires a bucket: for tests.
    Given,
}

/// Where a server is and how it is asked.
#[derive(Clone)]
pub struct RedisStoreOptions {
    /// Where it is.
    pub servers: RedisServers,
    /// The user, where the server has users (ACL).
    pub username: Option<String>,
    /// The user's password, or the server's.
    pub password: Option<String>,
    /// What TLS needs beside the system's roots.
    pub tls: RedisTls,
    /// The most connections to a server; calls share them.
    pub connections_max: NonZeroUsize,
    /// How long a call may take, connecting included.
    pub deadline: Duration,
    /// Whose clock decides.
    pub clock: Clock,
}

/// One server, or a cluster.
#[derive(Clone, Debug)]
pub enum RedisServers {
    /// One.
    One(RedisUrl),
    /// Some nodes of a cluster, from which the others are learned; all are spoken to as the first one is.
    Cluster(Vec<RedisUrl>),
}

/// Certificates for TLS.
#[derive(Clone, Default)]
pub struct RedisTls {
    /// Roots the server's certificate must chain to (PEM); `None`: the system's.
    pub roots: Option<Vec<u8>>,
    /// Certificate chain and private key to show the server (PEM).
    pub client_identity: Option<(Vec<u8>, Vec<u8>)>,
}

/// The address of a server: `redis://`, `rediss://` (TLS) or `unix://`, with a database number perhaps. User and
/// password are no part of it, so that it may be shown.
#[derive(Clone)]
pub struct RedisUrl(Arc<ConnectionInfo>);

/// A text that is no address of a server. What it says is left out: it may hold a password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RedisUrlError {
    /// It cannot be read.
    #[error("must be redis://host[:port][/database], with rediss:// for TLS, or unix:///path/of/the.socket")]
    Unreadable,
    /// A URL is shown in logs and lists of processes.
    #[error("user and password do not belong into the URL")]
    Credentials,
    /// Whoever answers would be trusted.
    #[error("TLS without a look at the server's certificate protects nothing")]
    Insecure,
}

/// Options that do not go together.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RedisOptionsError {
    /// Certificates, and nothing that uses them.
    #[error("certificates are of use only with rediss://")]
    CertificatesWithoutTls,
    /// There is nobody to ask.
    #[error("a cluster needs the address of one node at least")]
    NoNodes,
    /// The nodes of a cluster tell each other's hosts and ports, and have one database.
    #[error("a node of a cluster has a host, and no database but 0")]
    NoClusterNode,
    /// A file is not what it should be.
    #[error("roots, client certificate or its key are not PEM, or the key does not fit the certificate")]
    Certificates,
}

impl RedisStoreOptions {
    /// Without a user, asked as gateways do by default.
    #[must_use]
    pub fn new(servers: RedisServers) -> Self {
        Self {
            servers,
            username: None,
            password: None,
            tls: RedisTls::default(),
            connections_max: NonZeroUsize::new(4).expect("four is not zero"),
            deadline: Duration::from_millis(250),
            clock: Clock::Server,
        }
    }

    pub(crate) fn client(&self, url: &RedisUrl) -> Result<Client, RedisOptionsError> {
        let info = &url.0;
        // One command less that the server's user must be allowed.
        let mut settings = info.redis_settings().clone().set_skip_set_lib_name();
        if let Some(username) = &self.username {
            settings = settings.set_username(username);
        }
        if let Some(password) = &self.password {
            settings = settings.set_password(password);
        }
        let info = ConnectionInfo::clone(info).set_redis_settings(settings);

        let RedisTls { roots, client_identity } = self.tls.clone();
        if !url.is_tls() {
            return match (roots, client_identity) {
                (None, None) => Client::open(info).map_err(|_| RedisOptionsError::Certificates),
                _ => Err(RedisOptionsError::CertificatesWithoutTls),
            };
        }
        if let Some(roots) = &roots {
            certificates(roots)?;
        }
        let client_tls = match client_identity {
            Some((client_cert, client_key)) => {
                certificates(&client_cert)?;
                Some(ClientTlsConfig { client_cert, client_key })
            }
            None => None,
        };
        choose_cryptography();
        Client::build_with_tls(info, TlsCertificates { client_tls, root_cert: roots })
            .map_err(|_| RedisOptionsError::Certificates)
    }
}

/// Refuses what holds no certificate; the client library takes it for none.
fn certificates(pem: &[u8]) -> Result<(), RedisOptionsError> {
    let read = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
    match read {
        Ok(certificates) if !certificates.is_empty() => Ok(()),
        _ => Err(RedisOptionsError::Certificates),
    }
}

/// The client library asks for the process's cryptography, and panics when nobody has chosen any.
fn choose_cryptography() {
    // An error says that somebody has.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

impl RedisUrl {
    /// Whether the server is spoken to over TLS.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        matches!(self.0.addr(), ConnectionAddr::TcpTls { .. })
    }

    /// Whether it can be a node of a cluster: those have hosts and ports, and no database but 0.
    #[must_use]
    pub fn may_be_in_cluster(&self) -> bool {
        self.address().is_some() && self.0.redis_settings().db() == 0
    }

    /// Host and port; a socket has none.
    pub(crate) fn address(&self) -> Option<Address> {
        match self.0.addr() {
            ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => {
                Some(Address { host: host.clone(), port: *port })
            }
            _ => None,
        }
    }

    /// The same, of another node of the cluster.
    pub(crate) fn at(&self, Address { host, port }: &Address) -> Self {
        let (host, port) = (host.clone(), *port);
        let address = match self.0.addr() {
            ConnectionAddr::TcpTls { .. } => {
                ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None }
            }
            _ => ConnectionAddr::Tcp(host, port),
        };
        Self(Arc::new(ConnectionInfo::clone(&self.0).set_addr(address)))
    }
}

impl FromStr for RedisUrl {
    type Err = RedisUrlError;

    fn from_str(url: &str) -> Result<Self, RedisUrlError> {
        let info = url.into_connection_info().map_err(|_| RedisUrlError::Unreadable)?;
        if info.redis_settings().username().is_some() || info.redis_settings().password().is_some() {
            return Err(RedisUrlError::Credentials);
        }
        match info.addr() {
            ConnectionAddr::TcpTls { insecure: true, .. } => Err(RedisUrlError::Insecure),
            _ => Ok(Self(Arc::new(info))),
        }
    }
}

impl fmt::Display for RedisServers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(url) => write!(f, "{url}"),
            Self::Cluster(urls) => {
                let urls: Vec<_> = urls.iter().map(ToString::to_string).collect();
                write!(f, "the cluster of {}", urls.join(", "))
            }
        }
    }
}

impl fmt::Display for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.addr())
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedisUrl({self})")
    }
}

impl fmt::Debug for RedisStoreOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Neither password nor keys.
        f.debug_struct("RedisStoreOptions")
            .field("connections_max", &self.connections_max)
            .field("deadline", &self.deadline)
            .field("clock", &self.clock)
            .finish_non_exhaustive()
    }
}
