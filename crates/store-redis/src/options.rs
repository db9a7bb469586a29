//! Where the server is, and how it is asked.

use std::{fmt, num::NonZeroUsize, str::FromStr, time::Duration};

use redis::{Client, ClientTlsConfig, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, TlsCertificates};

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
    pub url: RedisUrl,
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
pub struct RedisUrl(ConnectionInfo);

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
    /// A file is not what it should be.
    #[error("roots, client certificate or its key are not PEM, or the key does not fit the certificate")]
    Certificates,
}

impl RedisStoreOptions {
    /// The server at `url`, without a user, asked as gateways do by default.
    #[must_use]
    pub fn new(url: RedisUrl) -> Self {
        Self {
            url,
            username: None,
            password: None,
            tls: RedisTls::default(),
            connections_max: NonZeroUsize::new(4).expect("four is not zero"),
            deadline: Duration::from_millis(250),
            clock: Clock::Server,
        }
    }

    pub(crate) fn client(&self) -> Result<Client, RedisOptionsError> {
        let info = &self.url.0;
        let mut settings = info.redis_settings().clone();
        if let Some(username) = &self.username {
            settings = settings.set_username(username);
        }
        if let Some(password) = &self.password {
            settings = settings.set_password(password);
        }
        let info = info.clone().set_redis_settings(settings);

        let RedisTls { roots, client_identity } = self.tls.clone();
        if !self.url.is_tls() {
            return match (roots, client_identity) {
                (None, None) => Client::open(info).map_err(|_| RedisOptionsError::Certificates),
                _ => Err(RedisOptionsError::CertificatesWithoutTls),
            };
        }
        let client_tls =
            client_identity.map(|(client_cert, client_key)| ClientTlsConfig { client_cert, client_key });
        Client::build_with_tls(info, TlsCertificates { client_tls, root_cert: roots })
            .map_err(|_| RedisOptionsError::Certificates)
    }
}

impl RedisUrl {
    /// Whether the server is spoken to over TLS.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        matches!(self.0.addr(), ConnectionAddr::TcpTls { .. })
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
            _ => Ok(Self(info)),
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
