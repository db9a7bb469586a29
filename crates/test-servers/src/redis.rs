//! A Redis server of the test's own.

use tempfile::TempDir;

use crate::{
    certificates::Certificates,
    ports,
    process::{Server, Signal, command},
};

/// `redis-server` on a free port of the loopback, without persistence unless the arguments ask for it.
#[derive(Debug)]
pub struct RedisServer {
    // First, so that the process is gone before its folder.
    server: Option<Server>,
    folder: TempDir,
    port: u16,
    arguments: Vec<String>,
}

impl RedisServer {
    /// Starts a server with further arguments, as on its command line.
    pub async fn start(arguments: &[&str]) -> Self {
        Self::start_at(ports::free(), arguments).await
    }

    /// The same, at a port that the arguments must name, too.
    pub async fn start_at(port: u16, arguments: &[&str]) -> Self {
        let mut server = Self {
            server: None,
            folder: tempfile::tempdir().expect("a temporary folder can be made"),
            port,
            arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
        };
        server.restart().await;
        server
    }

    /// One that speaks nothing but TLS, and asks for a certificate that a root of the file `roots` signed.
    pub async fn start_over_tls(identity: &Certificates, roots: &str, arguments: &[&str]) -> Self {
        let port = ports::free();
        let (number, chain, key) = (port.to_string(), identity.chain_file(), identity.key_file());
        let tls =
            ["--port", "0", "--tls-port", &number, "--tls-ca-cert-file", roots, "--tls-auth-clients", "yes"];
        let identity = ["--tls-cert-file", &chain, "--tls-key-file", &key];
        Self::start_at(port, &[&tls[..], &identity, arguments].concat()).await
    }

    /// The port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The URL of its database 0.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.argument_after("--tls-port").is_some() { "rediss" } else { "redis" };
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    /// What followed an argument it was started with.
    pub(crate) fn argument_after(&self, argument: &str) -> Option<&str> {
        let place = self.arguments.iter().position(|given| given == argument)?;
        self.arguments.get(place + 1).map(String::as_str)
    }

    /// Signals the process: `Stop` makes it hang until `Cont`.
    pub fn signal(&self, signal: Signal) {
        self.server.as_ref().expect("the server runs").signal(signal);
    }

    /// Kills the process; its folder stays.
    pub async fn kill(&mut self) {
        if let Some(server) = self.server.take() {
            server.kill().await;
        }
    }

    /// Starts the server at the same port and in the same folder, killing it first if it runs.
    pub async fn restart(&mut self) {
        self.kill().await;
        let folder = self.folder.path();
        let port = self.port.to_string();
        let mut command = command("redis-server", folder);
        command
            .args(["--port", &port, "--bind", "127.0.0.1", "--save", "", "--daemonize", "no"])
            .args(&self.arguments);
        self.server = Some(Server::start(&mut command, folder, self.port).await);
    }
}
