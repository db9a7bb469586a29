//! Rows of one kind by their numbers, and which of them changed since they were last written down.

use std::collections::{BTreeMap, BTreeSet};

use aws_lc_rs::rand;
use serde::{Serialize, de::DeserializeOwned};

/// A row in memory, journalled as JSON.
pub(crate) trait Row: Serialize + DeserializeOwned {
    /// Tells the kinds apart in the database.
    const KIND: i64;
}

/// Rows of one kind. A row is never changed but through [`Table::change`], which remembers it.
pub(crate) struct Table<R> {
    rows: BTreeMap<u64, R>,
    next: u64,
    changed: BTreeSet<u64>,
}

/// A row as the database keeps it; no body means that it is gone.
pub(crate) struct Record {
    pub(crate) kind: i64,
    pub(crate) id: u64,
    pub(crate) body: Option<String>,
}

impl<R: Row> Table<R> {
    pub(crate) fn new() -> Self {
        Self { rows: BTreeMap::new(), next: first_id(), changed: BTreeSet::new() }
    }

    /// Puts back a row that was written down before.
    pub(crate) fn restore(&mut self, id: u64, body: &str) -> Result<(), serde_json::Error> {
        let row = serde_json::from_str(body)?;
        // Rows come in the order of their numbers, and the first sets where numbers go on.
        self.next = if self.rows.is_empty() { id + 1 } else { self.next.max(id + 1) };
        self.rows.insert(id, row);
        Ok(())
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn row(&self, id: u64) -> Option<&R> {
        self.rows.get(&id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &R)> {
        self.rows.iter().map(|(id, row)| (*id, row))
    }

    /// The row with the smallest number, which is the oldest.
    pub(crate) fn oldest(&self) -> Option<u64> {
        self.rows.keys().next().copied()
    }

    pub(crate) fn insert(&mut self, row: R) -> u64 {
        let id = self.next;
        self.next += 1;
        self.rows.insert(id, row);
        self.changed.insert(id);
        id
    }

    /// A row to be changed.
    pub(crate) fn change(&mut self, id: u64) -> Option<&mut R> {
        let row = self.rows.get_mut(&id)?;
        self.changed.insert(id);
        Some(row)
    }

    pub(crate) fn remove(&mut self, id: u64) -> Option<R> {
        let row = self.rows.remove(&id)?;
        self.changed.insert(id);
        Some(row)
    }

    /// Takes down what changed since the last time.
    pub(crate) fn take_changes(&mut self, into: &mut Vec<Record>) {
        for id in std::mem::take(&mut self.changed) {
            let body = self.rows.get(&id).map(|row| {
                serde_json::to_string(row).expect("rows have string keys and serializers that do not fail")
            });
            into.push(Record { kind: R::KIND, id, body });
        }
    }

    /// Remembers again what could not be written.
    pub(crate) fn changed_again(&mut self, id: u64) {
        self.changed.insert(id);
    }
}

/// Numbers go up from a random start, so that a client that kept an account URL of an earlier, forgotten
/// test CA does not meet somebody else's account.
fn first_id() -> u64 {
    let mut bytes = [0; 8];
    rand::fill(&mut bytes[3..]).expect("the system has randomness");
    // 40 random bits, with room for a million rows between two starts.
    u64::from_be_bytes(bytes) << 20 | 1
}
