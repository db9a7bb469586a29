//! Buckets in Valkey or Redis, one node or a cluster.
