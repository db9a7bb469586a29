//! A Redis Cluster of the test's own.

use std::time::Duration;

use tokio::time;

use crate::{
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
}

impl RedisCluster {
    /// Starts masters, and as many replicas or none, and waits until they agree. `arguments` are for each node.
    pub async fn start(masters: usize, with_replicas: bool, arguments: &[&str]) -> Self {
        let mut nodes = Vec::new();
        for _ in 0..masters * (1 + usize::from(with_replicas)) {
            let bus = ports::free().to_string();
            let of_cluster =
                ["--cluster-enabled", "yes", "--cluster-port", &bus, "--cluster-node-timeout", "1000"];
            nodes.push(RedisServer::start(&[&of_cluster, arguments].concat()).await);
        }
        let cluster = Self { nodes, masters };
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
        let folder = std::env::temp_dir();
        let output = finish(command("redis-cli", &folder).args(["-p", &port]).args(arguments)).await;
        assert!(output.status.success(), "redis-cli {arguments:?}: {}", printed(&output));
        printed(&output).trim().to_owned()
    }

    /// Moves slots from one master to another, with their keys, by `redis-cli`.
    pub async fn reshard(&self, slots: usize, from: usize, to: usize) {
        let any = format!("127.0.0.1:{}", self.nodes[to].port());
        let (from, to) =
            (self.ask(from, &["CLUSTER", "MYID"]).await, self.ask(to, &["CLUSTER", "MYID"]).await);
        let folder = std::env::temp_dir();
        let mut reshard = command("redis-cli", &folder);
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
