//! Where the buckets are.

use std::{num::NonZeroUsize, path::PathBuf, time::Duration};

use tollgate_store::Durability;
use tollgate_store_redis::{RedisServers, RedisUrl};
use toml::Spanned;

use super::{Password, Reading};
use crate::config::raw::{RawBackend, RawDurability, RawRedis, RawStore};

/// Where the buckets are.
#[derive(Debug)]
pub enum StoreConfig {
    /// In memory only.
    Memory {
        /// The most buckets at once.
        buckets_max: usize,
    },
    /// In memory, and in the data directory.
    Embedded {
        /// When a change is on the disk.
        durability: Durability,
        /// The most buckets at once.
        buckets_max: usize,
    },
    /// On a Valkey or Redis server.
    Redis(Box<RedisConfig>),
}

/// A Valkey or Redis server.
#[derive(Debug)]
pub struct RedisConfig {
    /// Where it is.
    pub servers: RedisServers,
    /// The user.
    pub username: Option<String>,
    /// Where the password is.
    pub password: Option<Password>,
    /// Roots; `None`: the system's.
    pub roots: Option<PathBuf>,
    /// Client certificate chain and key.
    pub client_identity: Option<(PathBuf, PathBuf)>,
    /// The most connections.
    pub connections_max: NonZeroUsize,
}

/// About 2 GB.
const BUCKETS_MAX: usize = 50_000_000;

/// The longest a change waits for the disk: what a crash may lose is counted in seconds.
const INTERVAL_MAX: Duration = Duration::from_secs(10);

/// More would only queue at the server, which decides one thing at a time.
const CONNECTIONS_MAX: usize = 64;
const CONNECTIONS_BY_DEFAULT: NonZeroUsize = NonZeroUsize::new(4).expect("it is not zero");

impl Reading<'_> {
    pub(super) fn store(&mut self, store: &RawStore) -> StoreConfig {
        let buckets_max = store.buckets_max.as_ref().map_or(BUCKETS_MAX, |given| *given.get_ref());
        if store.backend != RawBackend::Embedded {
            self.nothing_on_the_disk(store);
        }
        if store.backend != RawBackend::Redis
            && let Some(given) = &store.redis
        {
            self.mistake("store.redis", Some(given.span()), "is of use only with backend = \"redis\"");
        }
        match store.backend {
            RawBackend::Memory => StoreConfig::Memory { buckets_max },
            RawBackend::Embedded => StoreConfig::Embedded { durability: self.durability(store), buckets_max },
            RawBackend::Redis => {
                if let Some(given) = &store.buckets_max {
                    let problem = "with backend = \"redis\" the server's maxmemory is the bound";
                    self.mistake("store.buckets-max", Some(given.span()), problem);
                }
                match store.redis.as_ref().map(|redis| self.redis(redis.get_ref())) {
                    Some(Some(redis)) => StoreConfig::Redis(Box::new(redis)),
                    Some(None) => StoreConfig::Memory { buckets_max },
                    None => {
                        let problem = "backend = \"redis\" needs the table [store.redis] with a url";
                        self.mistake("store.backend", None, problem);
                        StoreConfig::Memory { buckets_max }
                    }
                }
            }
        }
    }

    fn nothing_on_the_disk(&mut self, store: &RawStore) {
        let spans = [
            ("store.durability", store.durability.as_ref().map(Spanned::span)),
            ("store.interval", store.interval.as_ref().map(Spanned::span)),
        ];
        for (key, span) in spans {
            if span.is_some() {
                let problem =
                    "is of use only with backend = \"embedded\": others write nothing to the disk here";
                self.mistake(key, span, problem);
            }
        }
    }

    fn durability(&mut self, store: &RawStore) -> Durability {
        let given = store.durability.as_ref();
        let every_commit = given.is_some_and(|given| *given.get_ref() == RawDurability::EveryCommit);
        if every_commit && let Some(given) = &store.interval {
            self.mistake(
                "store.interval",
                Some(given.span()),
                "with durability = \"every-commit\" nothing waits",
            );
        }
        let interval = self.duration("store.interval", store.interval.as_ref(), Duration::from_millis(100));
        if interval > INTERVAL_MAX {
            let span = store.interval.as_ref().map(Spanned::span);
            self.mistake("store.interval", span, "changes wait for the disk for 10s at most");
        }
        if every_commit { Durability::EveryCommit } else { Durability::Interval(interval) }
    }

    fn redis(&mut self, raw: &RawRedis) -> Option<RedisConfig> {
        let keys = ("store.redis.client-certificate", "store.redis.client-key");
        let client_identity = self.pair(keys, raw.client_certificate.as_ref(), raw.client_key.as_ref());
        let roots = raw.roots.as_ref().map(|roots| self.path(roots));
        let password = self.password("store.redis", raw.password_file.as_ref(), raw.password_env.as_ref());
        if raw.username.is_some() && raw.password_file.is_none() && raw.password_env.is_none() {
            self.mistake("store.redis.username", None, "needs password-file or password-env beside it");
        }
        let connections_max = raw.connections_max.as_ref().map_or(Some(CONNECTIONS_BY_DEFAULT), |given| {
            NonZeroUsize::new(*given.get_ref()).filter(|connections| connections.get() <= CONNECTIONS_MAX)
        });
        if connections_max.is_none() {
            let span = raw.connections_max.as_ref().map(Spanned::span);
            self.mistake("store.redis.connections-max", span, "must be from 1 to 64");
        }

        let servers = self.servers(raw, roots.is_some() || client_identity.is_some())?;
        let connections_max = connections_max?;
        Some(RedisConfig {
            servers,
            username: raw.username.clone(),
            password,
            roots,
            client_identity,
            connections_max,
        })
    }

    fn servers(&mut self, raw: &RawRedis, has_certificates: bool) -> Option<RedisServers> {
        let nodes = &raw.cluster_nodes;
        match &raw.url {
            Some(url) if nodes.is_empty() => {
                Some(RedisServers::One(self.redis_url("store.redis.url", url, has_certificates)?))
            }
            Some(_) => {
                self.mistake(
                    "store.redis.cluster-nodes",
                    None,
                    "there is one server or a cluster; remove this or url",
                );
                None
            }
            None if nodes.is_empty() => {
                self.mistake("store.redis", None, "needs a url, or cluster-nodes");
                None
            }
            None => {
                let read = |node| self.redis_url("store.redis.cluster-nodes", node, has_certificates);
                let urls: Vec<_> = nodes.iter().map(read).collect();
                let urls: Vec<_> = urls.into_iter().collect::<Option<_>>()?;
                self.mixed(nodes, &urls);
                Some(RedisServers::Cluster(urls))
            }
        }
    }

    fn redis_url(
        &mut self,
        key: &str,
        written: &Spanned<String>,
        has_certificates: bool,
    ) -> Option<RedisUrl> {
        match written.get_ref().parse::<RedisUrl>() {
            Ok(url) if has_certificates && !url.is_tls() => {
                self.mistake(key, Some(written.span()), "certificates are of use only with rediss://");
                None
            }
            Ok(url) => Some(url),
            Err(error) => {
                self.mistake(key, Some(written.span()), error.to_string());
                None
            }
        }
    }

    /// Nodes of a cluster that cannot be nodes of one.
    fn mixed(&mut self, written: &[Spanned<String>], urls: &[RedisUrl]) {
        for (written, url) in written.iter().zip(urls) {
            let problem = if url.is_tls() != urls[0].is_tls() {
                "all nodes are spoken to with TLS, or none"
            } else if !url.may_be_in_cluster() {
                "a node of a cluster has a host, and no database but 0"
            } else {
                continue;
            };
            self.mistake("store.redis.cluster-nodes", Some(written.span()), problem);
        }
    }
}
