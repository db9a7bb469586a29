//! Where a node listens.

use std::fmt;

/// Host and port.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Address {
    /// A server on this machine that has no port.
    pub(crate) fn of_socket() -> Self {
        Self { host: "unix-socket".to_owned(), port: 0 }
    }

    /// Of `host:port` as a node tells it; one that does not know its own host means the host it was `asked` at.
    pub(crate) fn parse(told: &str, asked: &Self) -> Option<Self> {
        let (host, port) = told.rsplit_once(':')?;
        Self::told(host, port.parse().ok()?, asked)
    }

    pub(crate) fn told(host: &str, port: u16, asked: &Self) -> Option<Self> {
        let host = match host.trim_matches(['[', ']']) {
            "" => &asked.host,
            "?" => return None,
            host => host,
        };
        Some(Self { host: host.to_owned(), port })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_that_does_not_know_its_host_means_the_one_it_was_asked_at() {
        let asked = Address { host: "redis.internal".to_owned(), port: 7000 };
        // (told, meant)
        for (told, meant) in [
            ("10.0.0.1:7001", Some("10.0.0.1:7001")),
            (":7001", Some("redis.internal:7001")),
            ("2001:db8::1:7001", Some("2001:db8::1:7001")),
            ("?:7001", None),
            ("10.0.0.1", None),
            ("10.0.0.1:70010", None),
        ] {
            let address = Address::parse(told, &asked).map(|address| address.to_string());
            assert_eq!(address.as_deref(), meant, "{told}");
        }
    }
}
