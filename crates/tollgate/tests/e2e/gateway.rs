//! Tollgate in this process, on free ports, its data in a folder of its own.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use http::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tollgate::{
    client::AcmeClient,
    clock::MovableClock,
    config::Config,
    secrets::Secrets,
    server::{self, Running},
};
use tollgate_records::Records;

use crate::{ports, site::Site};

/// The test CA behind the gateway takes every challenge as met.
pub(crate) const ALWAYS_VALID: &str = "[test-ca]\nvalidation = \"always-valid\"\n";
/// The test CA behind the gateway finds every challenge failed.
pub(crate) const ALWAYS_INVALID: &str = "[test-ca]\nvalidation = \"always-invalid\"\n";

/// A running gateway.
pub(crate) struct Gateway {
    running: Running,
    site: Site,
    config: PathBuf,
    folder: TempDir,
}

impl Gateway {
    /// Starts with the given tables of configuration besides those about ports and folders.
    pub(crate) async fn start(tables: &str) -> Self {
        Self::start_with_clock(MovableClock::system(), tables).await
    }

    /// The same with a clock that stands still until it is moved: on a slow machine, too, no bucket refills
    /// while a hundred orders are made.
    pub(crate) async fn start_with_stopped_clock(tables: &str) -> Self {
        let now = MovableClock::system().now();
        Self::start_with_clock(MovableClock::stopped_at(now), tables).await
    }

    async fn start_with_clock(clock: MovableClock, tables: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let config = folder.path().join("tollgate.toml");
        let secrets = if shares(tables) {
            Secrets::make(&folder.path().join("secrets")).expect("the folder is the test's own");
            "secrets-dir = \"secrets\"\n"
        } else {
            ""
        };
        // A fixed port: after a restart the URLs that clients keep must lead here again.
        let text = format!(
            "data-dir = \"data\"\n{secrets}[listen]\naddresses = [\"127.0.0.1:{}\"]\n[management]\naddress = \
             \"127.0.0.1:{}\"\n{tables}",
            ports::free(),
            ports::free(),
        );
        std::fs::write(&config, text).expect("the folder is the test's own");
        let (running, site) = run(&config, clock).await;
        Self { running, site, config, folder }
    }

    /// Stops as Ctrl-C does and starts again with the same configuration and data, by the machine's clock.
    pub(crate) async fn restart(self) -> Self {
        let Self { running, config, folder, .. } = self;
        running.stop().await;
        let (running, site) = run(&config, MovableClock::system()).await;
        Self { running, site, config, folder }
    }

    /// Stops as Ctrl-C does.
    pub(crate) async fn stop(self) {
        self.running.stop().await;
    }

    /// What it remembers.
    pub(crate) fn records(&self) -> &Records {
        self.running.limiter.records()
    }

    /// What clients are told.
    pub(crate) fn site(&self) -> &Site {
        &self.site
    }

    /// A client of our own, with no account yet.
    pub(crate) async fn stranger(&self) -> AcmeClient {
        let root = std::fs::read_to_string(&self.site.root).expect("the gateway wrote its root");
        AcmeClient::connect(&self.site.directory, &root).await.expect("the gateway answers")
    }

    /// A client of our own, registered.
    pub(crate) async fn client(&self) -> AcmeClient {
        let mut client = self.stranger().await;
        client.register().await.expect("the account is made");
        client
    }

    /// The management listener's address.
    pub(crate) fn management(&self) -> SocketAddr {
        self.running.management
    }

    /// Runs a command of the built program with this gateway's configuration: how it ended and what it printed.
    pub(crate) async fn command(&self, words: &[&str]) -> std::process::Output {
        let config = self.config.to_str().expect("temporary folders have plain names");
        let words: Vec<_> = words.iter().copied().chain(["--config", config]).collect();
        crate::binary::tollgate(&words, self.folder.path()).await
    }

    /// The folder of its configuration and data.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What the clock shows.
    pub(crate) async fn now(&self) -> jiff::Timestamp {
        let (_, reading) = self.manage(Method::GET, "/clock", Value::Null).await;
        reading["now"].as_str().and_then(|now| now.parse().ok()).expect("the clock shows a time")
    }

    /// Moves the clock.
    pub(crate) async fn advance(&self, by: Duration) {
        let by = format!("{}s", by.as_secs());
        let (status, answer) = self.manage(Method::POST, "/clock/advance", json!({ "by": by })).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    }

    /// A request to the management listener.
    pub(crate) async fn manage(&self, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
        crate::management::request(self.management(), method, path, &body).await
    }
}

/// Whether a gateway so configured may share something with others.
fn shares(tables: &str) -> bool {
    ["backend = \"redis\"", "backend = \"postgresql\""].iter().any(|backend| tables.contains(backend))
}

async fn run(config: &Path, clock: MovableClock) -> (Running, Site) {
    let config = Config::load(config).unwrap_or_else(|error| panic!("{error}"));
    let started = server::start(config, clock, None).await;
    let running = started.unwrap_or_else(|error| panic!("tollgate does not start: {error}"));
    let root = running.root_certificate.clone().expect("the gateway made its own root");
    let site = Site { directory: running.directory_url.clone(), root };
    (running, site)
}
