//! Pebble: Let's Encrypt's own small test CA.

use serde_json::json;
use tempfile::TempDir;
use tollgate_test_servers::certificates::Certificates;

use crate::{
    ports,
    process::{Server, command},
    site::Site,
};

/// A running Pebble.
#[derive(Debug)]
pub(crate) struct Pebble {
    site: Site,
    _servers: Vec<Server>,
    _folder: TempDir,
}

/// How Pebble validates.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Validation {
    /// Every challenge is taken as met.
    AlwaysValid,
    /// http-01 for real: every name is this machine, at this port.
    Http { port: u16 },
}

impl Pebble {
    pub(crate) async fn start(validation: Validation) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let (port, dns) = (ports::free(), ports::free());
        let root = write_certificates(&folder);
        let (always_valid, http_port) = match validation {
            Validation::AlwaysValid => ("1", ports::free()),
            Validation::Http { port } => ("0", port),
        };
        let config = json!({ "pebble": {
            "listenAddress": format!("127.0.0.1:{port}"),
            "managementListenAddress": format!("127.0.0.1:{}", ports::free()),
            "certificate": "tls.pem",
            "privateKey": "tls.key",
            "httpPort": http_port,
            "tlsPort": ports::free(),
        }});
        write(&folder, "pebble.json", &config.to_string());

        let mut servers = Vec::new();
        if let Validation::Http { .. } = validation {
            servers.push(start_resolver(&folder, dns).await);
        }
        let mut pebble = command("pebble", folder.path());
        pebble
            .args(["-config", "pebble.json", "-strict=false", "-dnsserver", &format!("127.0.0.1:{dns}")])
            .env("PEBBLE_VA_ALWAYS_VALID", always_valid)
            .env("PEBBLE_VA_NOSLEEP", "1")
            .env("PEBBLE_WFE_NONCEREJECT", "0");
        servers.push(Server::start(&mut pebble, folder.path(), port).await);

        let site =
            Site { directory: format!("https://localhost:{port}/dir"), root: folder.path().join(root) };
        Self { site, _servers: servers, _folder: folder }
    }

    /// Pebble itself, with no gateway in front.
    pub(crate) fn site(&self) -> &Site {
        &self.site
    }
}

/// Answers every name with 127.0.0.1.
async fn start_resolver(folder: &TempDir, dns: u16) -> Server {
    let management = ports::free();
    let mut resolver = command("pebble-challtestsrv", folder.path());
    resolver
        .args(["-dns01", &format!("127.0.0.1:{dns}"), "-management", &format!("127.0.0.1:{management}")])
        .args(["-http01", "", "-https01", "", "-tlsalpn01", "", "-defaultIPv6", ""]);
    let log = folder.path().join("resolver");
    std::fs::create_dir(&log).expect("the folder is the test's own");
    Server::start(&mut resolver, &log, management).await
}

/// Makes a root and, by it, the certificate of `localhost`; returns the root's file name.
pub(crate) fn write_certificates(folder: &TempDir) -> &'static str {
    let made = Certificates::make(&["localhost", "127.0.0.1"]);
    for (name, pem) in [("root.pem", &made.root), ("tls.pem", &made.chain), ("tls.key", &made.key)] {
        write(folder, name, pem);
    }
    "root.pem"
}

fn write(folder: &TempDir, name: &str, contents: &str) {
    std::fs::write(folder.path().join(name), contents).expect("the folder is the test's own");
}
