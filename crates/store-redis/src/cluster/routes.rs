//! From buckets to the nodes that have them, also while slots move and nodes fail.

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures_util::future::join_all;
use parking_lot::{Mutex, RwLock};
use tokio::{
    sync::Mutex as AsyncMutex,
    task::JoinSet,
    time::{Instant, sleep_until, timeout_at},
};

use super::topology::Topology;
use crate::{
    RedisOptionsError, RedisStoreOptions, RedisUrl,
    address::Address,
    failure::Failure,
    node::{Deadline, Node},
    script::{Call, Task},
};

/// How often a bucket is looked for where a node says it is.
const REDIRECTIONS_MAX: usize = 5;
/// How often the nodes are asked at most who has which slots.
const ASKED_EVERY: Duration = Duration::from_millis(100);
/// Nodes known at once.
const NODES_MAX: usize = 1000;

/// What became of some buckets of a task.
pub(crate) struct Outcome {
    /// Their places in the task.
    pub(crate) places: Vec<usize>,
    pub(crate) answer: Result<redis::Value, Failure>,
}

pub(crate) struct Routes {
    options: RedisStoreOptions,
    /// The URL whose TLS and user all nodes share.
    pattern: RedisUrl,
    seeds: Vec<Address>,
    nodes: Mutex<HashMap<Address, Arc<Node>>>,
    topology: RwLock<Arc<Topology>>,
    /// When the nodes were last asked.
    asked: AsyncMutex<Option<Instant>>,
}

impl Routes {
    pub(crate) fn new(options: RedisStoreOptions, seeds: &[RedisUrl]) -> Result<Self, RedisOptionsError> {
        let pattern = seeds.first().ok_or(RedisOptionsError::NoNodes)?.clone();
        // What does not go together is told now.
        options.client(&pattern)?;
        let addresses = seeds
            .iter()
            .filter(|seed| seed.may_be_in_cluster())
            .filter_map(RedisUrl::address)
            .collect::<Vec<_>>();
        if addresses.len() < seeds.len() {
            return Err(RedisOptionsError::NoClusterNode);
        }
        Ok(Self {
            options,
            pattern,
            seeds: addresses,
            nodes: Mutex::default(),
            topology: RwLock::default(),
            asked: AsyncMutex::default(),
        })
    }

    fn topology(&self) -> Arc<Topology> {
        self.topology.read().clone()
    }

    /// The same, after asking when nobody has told anything yet.
    async fn learned(&self, deadline: Deadline) -> Arc<Topology> {
        let topology = self.topology();
        if topology.masters().next().is_some() {
            return topology;
        }
        self.look_again(&topology, deadline).await
    }

    /// On how many nodes the buckets of a task are, as far as is known.
    pub(crate) async fn nodes_of(&self, task: &Task, deadline: Deadline) -> usize {
        by_owner(task, &*self.learned(deadline).await).len()
    }

    /// Asks each node for its part of the task, all at once. Of each bucket there is exactly one outcome.
    pub(crate) async fn run(&self, task: &Task, deadline: Deadline) -> Vec<Outcome> {
        let topology = self.learned(deadline).await;
        let parts = by_owner(task, &topology);
        let outcomes =
            parts.into_iter().map(|(owner, places)| self.part(task, owner, places, &topology, deadline));
        join_all(outcomes).await.into_iter().flatten().collect()
    }

    /// A node's part, in one call. Where it was surely not carried out, its buckets are looked for one by one.
    async fn part(
        &self,
        task: &Task,
        owner: Option<&Address>,
        places: Vec<usize>,
        topology: &Arc<Topology>,
        deadline: Deadline,
    ) -> Vec<Outcome> {
        let answer = match owner {
            Some(owner) => self.call(owner, &task.part(&places), deadline).await,
            None => Err(Failure::NoOwner),
        };
        match answer {
            Err(failure) if failure.may_be_elsewhere() => {
                metrics::counter!("tollgate_redis_retries_total", "reason" => failure.kind()).increment(1);
                let again = self.look_again(topology, deadline).await;
                let is_final = !failure.tells_of_another_node() && !failure.may_pass();
                if is_final && Arc::ptr_eq(&again, topology) {
                    return vec![Outcome { places, answer: Err(failure) }];
                }
                let alone = places.into_iter().map(|place| self.alone(task, place, deadline));
                join_all(alone).await
            }
            answer => {
                if answer.as_ref().is_err_and(Failure::is_silence) {
                    self.look_again(topology, deadline).await;
                }
                vec![Outcome { places, answer }]
            }
        }
    }

    /// One bucket, wherever it is said to be.
    async fn alone(&self, task: &Task, place: usize, deadline: Deadline) -> Outcome {
        let mut topology = self.topology();
        let mut owner = topology.owner(&task.keys()[place]).cloned();
        let mut asking = false;
        let mut answer = Err(Failure::NoOwner);
        for _ in 0..REDIRECTIONS_MAX {
            let Some(at) = &owner else { break };
            answer = self.call(at, &task.alone(place, asking), deadline).await;
            match &answer {
                Err(Failure::Elsewhere { at, only_now }) => {
                    asking = *only_now;
                    owner = Some(at.clone());
                }
                Err(failure) if failure.may_be_elsewhere() => {
                    let again = self.look_again(&topology, deadline).await;
                    if Arc::ptr_eq(&again, &topology) {
                        let next = Instant::now() + ASKED_EVERY;
                        if !failure.may_pass() || next >= deadline.at {
                            break;
                        }
                        sleep_until(next).await;
                    }
                    (owner, asking) = (again.owner(&task.keys()[place]).cloned(), false);
                    topology = again;
                }
                _ => break,
            }
        }
        Outcome { places: vec![place], answer }
    }

    /// Calls one master by its number among them, and says whether it is the last.
    pub(crate) async fn call_master(
        &self,
        number: usize,
        call: &Call,
        deadline: Deadline,
    ) -> Result<(redis::Value, bool), Failure> {
        let topology = self.learned(deadline).await;
        let mut masters: Vec<_> = topology.masters().collect();
        masters.sort_unstable();
        masters.dedup();
        let master = masters.get(number).ok_or(Failure::NoOwner)?;
        Ok((self.call(master, call, deadline).await?, number + 1 == masters.len()))
    }

    async fn call(&self, at: &Address, call: &Call, deadline: Deadline) -> Result<redis::Value, Failure> {
        match self.node(at) {
            Some(node) => node.call(call, deadline).await,
            None => Err(Failure::NoOwner),
        }
    }

    fn node(&self, at: &Address) -> Option<Arc<Node>> {
        let mut nodes = self.nodes.lock();
        if let Some(node) = nodes.get(at) {
            return Some(node.clone());
        }
        if nodes.len() >= NODES_MAX {
            return None;
        }
        let client = self.options.client(&self.pattern.at(at)).ok()?;
        let node = Arc::new(Node::new(client, at.clone(), self.options.connections_max));
        nodes.insert(at.clone(), node.clone());
        Some(node)
    }

    /// Asks the nodes who has which slots, unless somebody has done so since `seen`, or just now.
    async fn look_again(&self, seen: &Arc<Topology>, deadline: Deadline) -> Arc<Topology> {
        let Ok(mut asked) = timeout_at(deadline.at, self.asked.lock()).await else { return self.topology() };
        let current = self.topology();
        if !Arc::ptr_eq(&current, seen) || asked.is_some_and(|asked| asked.elapsed() < ASKED_EVERY) {
            return current;
        }
        *asked = Some(Instant::now());
        match self.told(&current, deadline).await {
            Some(told) if told != *current => {
                let told = Arc::new(told);
                *self.topology.write() = told.clone();
                self.forget_nodes_outside(&told);
                told
            }
            _ => current,
        }
    }

    /// The first answer of those asked: all masters known and the nodes of the configuration.
    async fn told(&self, current: &Topology, deadline: Deadline) -> Option<Topology> {
        let mut addresses: Vec<_> = current.masters().chain(&self.seeds).cloned().collect();
        addresses.sort_unstable();
        addresses.dedup();
        let mut asked = JoinSet::new();
        for address in addresses {
            let Some(node) = self.node(&address) else { continue };
            asked.spawn(async move {
                let answer = node.call(&Call::slots(), deadline).await.ok()?;
                Topology::read(&answer, &address)
            });
        }
        while let Some(told) = asked.join_next().await {
            if let Ok(Some(told)) = told {
                return Some(told);
            }
        }
        None
    }

    fn forget_nodes_outside(&self, topology: &Topology) {
        let known: Vec<_> = topology.masters().chain(&self.seeds).collect();
        self.nodes.lock().retain(|address, _| known.contains(&address));
    }
}

impl Failure {
    /// Whether the call was surely not carried out, and another node may have what it is about.
    fn may_be_elsewhere(&self) -> bool {
        match self {
            Self::Refused { .. } => self.may_pass(),
            Self::Unreachable { .. } | Self::NotAsked | Self::NoOwner => true,
            failure => failure.tells_of_another_node(),
        }
    }

    /// Whether the node became a replica, takes over the data of its new master, or has lost sight of the others: until
    /// they agree on who is the master.
    fn may_pass(&self) -> bool {
        const CODES: [&str; 5] = ["CLUSTERDOWN", "LOADING", "MASTERDOWN", "READONLY", "UNBLOCKED"];
        matches!(self, Self::Refused { code } if CODES.contains(&&code[..]))
    }

    fn tells_of_another_node(&self) -> bool {
        matches!(self, Self::Elsewhere { .. } | Self::SomeElsewhere)
    }
}

/// The places of a task by who has their buckets.
fn by_owner<'a>(task: &Task, topology: &'a Topology) -> Vec<(Option<&'a Address>, Vec<usize>)> {
    let mut parts: Vec<(Option<&Address>, Vec<usize>)> = Vec::new();
    for (place, key) in task.keys().iter().enumerate() {
        let owner = topology.owner(key);
        match parts.iter_mut().find(|(known, _)| *known == owner) {
            Some((_, places)) => places.push(place),
            None => parts.push((owner, vec![place])),
        }
    }
    parts
}
