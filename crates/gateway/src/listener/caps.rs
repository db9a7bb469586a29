//! How many connections may be open at once: in total, and from one client.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError},
};

/// Caps on open connections. Several listeners may share one. The peers that are trusted to name the
/// client in a header are many clients, and only counted in total.
#[derive(Debug)]
pub struct ConnectionCaps {
    connections_max: usize,
    per_client_max: usize,
    open: Mutex<Open>,
}

/// At most `connections_max` clients stand here: a client without connections is forgotten.
#[derive(Debug, Default)]
struct Open {
    total: usize,
    by_client: HashMap<IpAddr, usize>,
}

/// Which cap was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CapReached {
    /// As many connections are open as may be.
    #[error("too many connections")]
    Total,
    /// As many connections of this client are open as may be.
    #[error("too many connections of one client")]
    Client,
}

impl ConnectionCaps {
    /// At most `connections_max` connections, and at most `per_client_max` from one IPv4 address or one
    /// IPv6 /64, which is commonly one host's.
    #[must_use]
    pub fn new(connections_max: usize, per_client_max: usize) -> Self {
        Self { connections_max, per_client_max, open: Mutex::default() }
    }

    /// A place for one connection, whoever it is from.
    pub(crate) fn enter(self: &Arc<Self>) -> Result<Place, CapReached> {
        let mut open = self.lock();
        if open.total >= self.connections_max {
            return Err(CapReached::Total);
        }
        open.total += 1;
        drop(open);
        metrics::gauge!("tollgate_connections_open").increment(1.0);
        Ok(Place { caps: Arc::clone(self), client: None })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Open> {
        // Counts are changed whole; a panic elsewhere leaves them right.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for ConnectionCaps {
    fn default() -> Self {
        Self::new(4096, 64)
    }
}

/// The place of one open connection, given back on drop.
#[derive(Debug)]
pub(crate) struct Place {
    caps: Arc<ConnectionCaps>,
    client: Option<IpAddr>,
}

impl Place {
    /// Counts the connection for its client, now that it is known.
    pub(crate) fn belongs_to(&mut self, client: IpAddr) -> Result<(), CapReached> {
        let client = host_of(client);
        let mut open = self.caps.lock();
        let count = open.by_client.get(&client).copied().unwrap_or(0);
        if count >= self.caps.per_client_max {
            return Err(CapReached::Client);
        }
        open.by_client.insert(client, count + 1);
        drop(open);
        self.client = Some(client);
        Ok(())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        metrics::gauge!("tollgate_connections_open").decrement(1.0);
        let mut open = self.caps.lock();
        open.total -= 1;
        let Some(client) = self.client else { return };
        if let Some(count) = open.by_client.get_mut(&client) {
            *count -= 1;
            if *count == 0 {
                open.by_client.remove(&client);
            }
        }
    }
}

fn host_of(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cap_holds_and_a_closed_connection_makes_room() {
        let caps = Arc::new(ConnectionCaps::new(3, 2));
        let place = |client: &str| {
            let mut place = caps.enter()?;
            place.belongs_to(client.parse().unwrap()).map(|()| place)
        };
        let first = place("2001:db8::1").unwrap();
        let _second = place("2001:db8::2").unwrap();
        assert_eq!(place("2001:db8::3").unwrap_err(), CapReached::Client, "one /64 is one client");
        let _third = place("::ffff:192.0.2.1").unwrap();
        assert_eq!(place("192.0.2.2").unwrap_err(), CapReached::Total);
        drop(first);
        assert!(place("2001:db8::3").is_ok());
    }

    #[test]
    fn clients_without_connections_are_forgotten() {
        let caps = Arc::new(ConnectionCaps::default());
        for last in 0..100 {
            caps.enter().unwrap().belongs_to([192, 0, 2, last].into()).unwrap();
        }
        assert!(caps.lock().by_client.is_empty());
        assert_eq!(caps.lock().total, 0);
    }
}
