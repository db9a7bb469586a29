//! A Redis Cluster of the test's own.

use std::{fs, time::Duration};

use tempfile::TempDir;
use tokio::{process::Command, time};

use crate::{
    certificates::Certificates,
    ports,
    process::{command, finish, printed},
    redis::RedisServer,
};

/// Slots of a cluster.
const SLOTS: usize = 16_384;
/// How long the nodes may take to agree.
const AGREE_DEADLINE: Duration = Duration::from_secs(60);

/// Masters with equally many slots each, and perhaps a replica for each.
#[derive(Debug)]
pub struct RedisCluster {
    nodes: Vec<RedisServer>,
    masters: usize,
    /// What `redis-cli` needs to be told to be let in.
    credentials: Vec<String>,
    folder: TempDir,
}

impl RedisCluster {
    /// Starts masters, and as many replicas or none, and waits until they agree. `arguments` are for each node.
    pub async fn start(masters: usize, with_replicas: bool, arguments: &[&str]) -> Self {
        let mut nodes = Vec::new();
        for _ in 0..masters * (1 + usize::from(with_replicas)) {
            let arguments = of_cluster(arguments);
            let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
            nodes.push(RedisServer::start(&arguments).await);
        }
        Self::of(nodes, masters, Vec::new(), folder()).await
    }

    /// The same over TLS, between the nodes, too. They have these certificates by turns, and each trusts the roots of
    /// all; clients must show one.
    pub async fn start_over_tls(
        masters: usize,
        with_replicas: bool,
        certificates: &[&Certificates],
        arguments: &[&str],
    ) -> Self {
        let folder = folder();
        let roots = folder.path().join("roots.pem");
        let pem: String = certificates.iter().map(|made| made.root.as_str()).collect();
        fs::write(&roots, pem).expect("the folder is the test's own");
        let roots = roots.to_str().expect("temporary folders have plain names").to_owned();

        let nodes_count = masters * (1 + usize::from(with_replicas));
        let mut nodes = Vec::new();
        for identity in certificates.iter().cycle().take(nodes_count) {
            let arguments = of_cluster(arguments);
            let between = ["--tls-cluster", "yes", "--tls-replication", "yes"];
            let arguments: Vec<_> = arguments.iter().map(String::as_str).chain(between).collect();
            nodes.push(RedisServer::start_over_tls(identity, &roots, &arguments).await);
        }
        let (chain, key) = (certificates[0].chain_file(), certificates[0].key_file());
        let credentials = ["--tls", "--cacert", &roots, "--cert", &chain, "--key", &key].map(str::to_owned);
        Self::of(nodes, masters, credentials.to_vec(), folder).await
    }

    async fn of(nodes: Vec<RedisServer>, masters: usize, credentials: Vec<String>, folder: TempDir) -> Self {
        let cluster = Self { nodes, masters, credentials, folder };
        cluster.introduce().await;
        cluster.distribute_slots().await;
        cluster.attach_replicas().await;
        cluster
    }

    /// The masters first, then their replicas in the same order.
    #[must_use]
    pub fn node(&self, number: usize) -> &RedisServer {
        &self.nodes[number]
    }

    /// The same, to kill or restart it.
    pub fn node_mut(&mut self, number: usize) -> &mut RedisServer {
        &mut self.nodes[number]
    }

    /// The URLs of all nodes.
    #[must_use]
    pub fn urls(&self) -> Vec<String> {
        self.nodes.iter().map(RedisServer::url).collect()
    }

    /// What `redis-cli` prints for a command to a node.
    pub async fn ask(&self, number: usize, arguments: &[&str]) -> String {
        let port = self.nodes[number].port().to_string();
        let output = finish(self.client().args(["-p", &port]).args(arguments)).await;
        assert!(output.status.success(), "redis-cli {arguments:?}: {}", printed(&output));
        printed(&output).trim().to_owned()
    }

    fn client(&self) -> Command {
        let mut client = command("redis-cli", self.folder.path());
        client.args(&self.credentials);
        client
    }

    /// Moves slots from one master to another, with their keys, by `redis-cli`.
    pub async fn reshard(&self, slots: usize, from: usize, to: usize) {
        let any = format!("127.0.0.1:{}", self.nodes[to].port());
        let (from, to) =
            (self.ask(from, &["CLUSTER", "MYID"]).await, self.ask(to, &["CLUSTER", "MYID"]).await);
        let mut reshard = self.client();
        reshard.args(["--cluster", "reshard", &any, "--cluster-from", &from, "--cluster-to", &to]);
        reshard.args(["--cluster-slots", &slots.to_string(), "--cluster-yes"]);
        let output = finish(&mut reshard).await;
        assert!(output.status.success(), "{}", printed(&output));
    }

    /// Waits until a node answers a command with something that contains the expected text.
    pub async fn wait_until(&self, number: usize, arguments: &[&str], expected: &str) {
        // There is no event to wait for: the node is asked until it says so.
        let mut again = time::interval(Duration::from_millis(50));
        let said = async {
            while !self.ask(number, arguments).await.contains(expected) {
                again.tick().await;
            }
        };
        let waited = time::timeout(AGREE_DEADLINE, said).await;
        waited.unwrap_or_else(|_| panic!("node {number} does not say {expected:?} to {arguments:?}"));
    }

    async fn introduce(&self) {
        for node in &self.nodes[1..] {
            self.ask(0, &["CLUSTER", "MEET", "127.0.0.1", &node.port().to_string(), &self.bus_of(node)])
                .await;
        }
    }

    fn bus_of(&self, node: &RedisServer) -> String {
        node.argument_after("--cluster-port").expect("each was started with one").to_owned()
    }

    async fn distribute_slots(&self) {
        for master in 0..self.masters {
            let (first, end) = (SLOTS * master / self.masters, SLOTS * (master + 1) / self.masters);
            self.ask(master, &["CLUSTER", "ADDSLOTSRANGE", &first.to_string(), &(end - 1).to_string()]).await;
        }
        let all = format!("cluster_known_nodes:{}", self.nodes.len());
        for number in 0..self.nodes.len() {
            self.wait_until(number, &["CLUSTER", "INFO"], &all).await;
            self.wait_until(number, &["CLUSTER", "INFO"], "cluster_state:ok").await;
        }
    }

    async fn attach_replicas(&self) {
        for replica in self.masters..self.nodes.len() {
            let master = self.ask(replica - self.masters, &["CLUSTER", "MYID"]).await;
            self.ask(replica, &["CLUSTER", "REPLICATE", &master]).await;
        }
        for replica in self.masters..self.nodes.len() {
            self.wait_until(replica, &["INFO", "replication"], "master_link_status:up").await;
            // A master tells a failover's electors of its replica.
            self.wait_until(replica - self.masters, &["INFO", "replication"], "state=online").await;
        }
    }
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder can be made")
}

/// What makes a server a node of a cluster, and further arguments.
fn of_cluster(arguments: &[&str]) -> Vec<String> {
    let bus = ports::free().to_string();
    let of_cluster = ["--cluster-enabled", "yes", "--cluster-port", &bus, "--cluster-node-timeout", "1000"];
    of_cluster.iter().chain(arguments).map(|argument| (*argument).to_owned()).collect()
}
