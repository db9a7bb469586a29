//! Names to addresses, and addresses to connections.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use hickory_resolver::{
    TokioResolver,
    config::{ConnectionConfig, NameServerConfig, ResolverConfig},
    net::{NetError, runtime::TokioRuntimeProvider},
    proto::rr::RData,
};
use tokio::net::TcpStream;
use tollgate_acme::problem::ProblemType;

use super::Failure;
use crate::options::ValidationOptions;

/// The most addresses of a name that are tried.
const ADDRESSES_MAX: usize = 4;

/// The most TXT records of a name that are read.
const RECORDS_MAX: usize = 100;

/// Asks DNS and connects, as the options say.
pub(super) struct Network {
    options: ValidationOptions,
    /// Or why there is none.
    resolver: Result<TokioResolver, String>,
}

impl Network {
    pub(super) fn new(options: &ValidationOptions) -> Self {
        let resolver = resolver(options.resolver).map_err(|error| error.to_string());
        Self { options: options.clone(), resolver }
    }

    pub(super) fn http_port(&self) -> u16 {
        self.options.http_port
    }

    pub(super) fn tls_port(&self) -> u16 {
        self.options.tls_port
    }

    /// Connects to a name or address: the first of its addresses that answers.
    pub(super) async fn connect(&self, host: &str, port: u16) -> Result<TcpStream, Failure> {
        let mut last = None;
        for address in self.addresses(host).await? {
            match TcpStream::connect(SocketAddr::new(address, port)).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = Some(format!("{address} port {port}: {error}")),
            }
        }
        let detail = last.unwrap_or_else(|| "it has no address".to_owned());
        Err(Failure::connection(format!("cannot connect to {host}: {detail}")))
    }

    async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, Failure> {
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse();
        if let Some(address) = self.options.host(host).or(literal.ok()) {
            return Ok(vec![address]);
        }
        let found = self.resolver()?.lookup_ip(absolute(host)).await;
        let found = found.map_err(|error| dns(host, "no address", &error))?;
        Ok(found.iter().take(ADDRESSES_MAX).collect())
    }

    /// The TXT records of a name, each with its strings joined.
    pub(super) async fn txt(&self, name: &str) -> Result<Vec<Vec<u8>>, Failure> {
        let found = self.resolver()?.txt_lookup(absolute(name)).await;
        let found = found.map_err(|error| dns(name, "no TXT record", &error))?;
        let texts = found.answers().iter().filter_map(|record| match &record.data {
            RData::TXT(text) => Some(text.txt_data.concat()),
            _ => None,
        });
        Ok(texts.take(RECORDS_MAX).collect())
    }

    fn resolver(&self) -> Result<&TokioResolver, Failure> {
        let none = |error| Failure::new(ProblemType::Dns, format!("this CA has no DNS server: {error}"));
        self.resolver.as_ref().map_err(none)
    }
}

fn resolver(server: Option<SocketAddr>) -> Result<TokioResolver, NetError> {
    let mut builder = match server {
        Some(server) => {
            let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
                connection.port = server.port();
                connection
            });
            let server = NameServerConfig::new(server.ip(), true, connections.to_vec());
            let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
        }
        None => TokioResolver::builder_tokio()?,
    };
    let options = builder.options_mut();
    // A record may have been set a moment ago.
    options.cache_size = 0;
    options.timeout = Duration::from_secs(3);
    builder.build()
}

/// With the final dot, so that no search domain is tried.
fn absolute(name: &str) -> String {
    format!("{}.", name.trim_end_matches('.'))
}

fn dns(name: &str, what: &str, error: &NetError) -> Failure {
    Failure::new(ProblemType::Dns, format!("DNS has {what} for {name}: {error}"))
}
