//! The two databases that keep records, and all in which they differ but their schemas' spelling.

use std::{fmt, num::NonZeroU32, path::PathBuf, time::Duration};

use sqlx::migrate::Migrator;
use url::{Host, Url};

/// How the schema came to be; one history in two dialects, only ever added to.
static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRESQL: Migrator = sqlx::migrate!("migrations/postgresql");

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Backend {
    Sqlite,
    Postgresql,
}

impl Backend {
    pub(crate) fn migrations(self) -> &'static Migrator {
        match self {
            Self::Sqlite => &SQLITE,
            Self::Postgresql => &POSTGRESQL,
        }
    }

    /// Begins a transaction that no other writer's can meet, and the first write in it.
    ///
    /// One writer at a time, over all gateways: SQLite knows no other way, and in PostgreSQL a lock
    /// makes it so. Each write may then read before it writes, whatever others do; batches that touch
    /// the same rows in different orders cannot lock each other out, and nothing is ever to be tried
    /// again. The lock ends with the transaction, or with the connection of a gateway that died.
    pub(crate) fn begin(self) -> &'static str {
        match self {
            // A writing transaction from the start: one that begins by reading may find another
            // process' write in between and fail without waiting.
            Self::Sqlite => "BEGIN IMMEDIATE; SAVEPOINT write",
            // "tollgate" in hexadecimal.
            Self::Postgresql => {
                "BEGIN; SELECT pg_advisory_xact_lock(x'746f6c6c67617465'::bigint); SAVEPOINT write"
            }
        }
    }
}

/// Where PostgreSQL is, and how long it may take.
#[derive(Clone)]
pub struct PostgresqlOptions {
    /// `postgresql://user@host:port/database`, as libpq has it.
    pub url: Url,
    /// The user's password, unless the URL has it.
    pub password: Option<Password>,
    /// Roots that the server's certificate may chain to, in a PEM file, beside those that browsers trust.
    pub tls_ca: Option<PathBuf>,
    /// Connections at the same time; one of them writes.
    pub connections_max: NonZeroU32,
    /// How long a read waits.
    pub deadline: Duration,
}

/// A password that no log shows.
#[derive(Clone)]
pub struct Password(pub String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

impl fmt::Debug for PostgresqlOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresqlOptions").field("url", &self.shown()).finish_non_exhaustive()
    }
}

impl PostgresqlOptions {
    /// The database as it may be told: without a password, and without parameters, which may hold one.
    #[must_use]
    pub fn shown(&self) -> String {
        let mut url = self.url.clone();
        url.set_query(None);
        // Only a URL without a host has no place for one.
        let _ = url.set_password(None);
        url.to_string()
    }

    /// With everything that sqlx reads out of it. Unless the URL says otherwise, a server elsewhere
    /// must show a certificate for its name.
    pub(crate) fn connect_url(&self) -> Url {
        let mut url = self.url.clone();
        if let Some(Password(password)) = &self.password {
            let _ = url.set_password(Some(password));
        }
        if let Some(roots) = &self.tls_ca {
            url.query_pairs_mut().append_pair("sslrootcert", &roots.to_string_lossy());
        }
        if !self.url.query_pairs().any(|(key, _)| matches!(&*key, "sslmode" | "ssl-mode")) {
            let mode = if self.tls_ca.is_none() && self.is_local() { "prefer" } else { "verify-full" };
            url.query_pairs_mut().append_pair("sslmode", mode);
        }
        url
    }

    /// Whether nobody can be on the way: a Unix socket or a loopback address.
    fn is_local(&self) -> bool {
        let parameter = self.url.query_pairs().find(|(key, _)| matches!(&**key, "host" | "hostaddr"));
        if let Some((_, host)) = parameter {
            return is_loopback(&host);
        }
        match self.url.host() {
            None => true,
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            // A socket's folder stands here in percent-encoding.
            Some(Host::Domain(name)) => is_loopback(name),
        }
    }
}

fn is_loopback(host: &str) -> bool {
    host.is_empty()
        || host == "localhost"
        || host.starts_with('/')
        || host.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("%2f"))
        || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(url: &str) -> PostgresqlOptions {
        PostgresqlOptions {
            url: url.parse().unwrap(),
            password: Some(Password("p@ss/word".into())),
            tls_ca: None,
            connections_max: NonZeroU32::MIN,
            deadline: Duration::from_secs(1),
        }
    }

    #[test]
    fn both_histories_have_the_same_steps() {
        let steps = |backend: Backend| -> Vec<_> {
            backend.migrations().iter().map(|it| (it.version, it.description.clone())).collect()
        };
        assert_eq!(steps(Backend::Sqlite), steps(Backend::Postgresql));
    }

    #[test]
    fn no_password_is_shown() {
        let options = options("postgresql://anna:first@db.example:5433/tollgate?password=second");
        assert_eq!(options.shown(), "postgresql://anna@db.example:5433/tollgate");
        let debugged = format!("{options:?} {:?}", options.password);
        for secret in ["p@ss", "first", "second"] {
            assert!(!debugged.contains(secret), "{debugged}");
        }
    }

    #[test]
    fn server_elsewhere_must_prove_its_name_unless_the_url_says_otherwise() {
        for (url, mode) in [
            ("postgresql://anna@db.example/tollgate", "verify-full"),
            ("postgresql://anna@192.0.2.1/tollgate", "verify-full"),
            ("postgresql://anna@db.example/tollgate?sslmode=require", "require"),
            ("postgresql://anna@127.0.0.1/tollgate", "prefer"),
            ("postgresql://anna@[::1]/tollgate", "prefer"),
            ("postgresql://anna@localhost/tollgate", "prefer"),
            ("postgresql://%2Frun%2Fpostgresql/tollgate", "prefer"),
            ("postgresql:///tollgate?host=/run/postgresql", "prefer"),
            ("postgresql:///tollgate?host=db.example", "verify-full"),
        ] {
            let connect = options(url).connect_url();
            let modes: Vec<_> =
                connect.query_pairs().filter(|(key, _)| key == "sslmode").map(|(_, mode)| mode).collect();
            assert_eq!(modes, [mode], "{url}");
        }
        let with_roots = PostgresqlOptions {
            tls_ca: Some("/etc/roots.pem".into()),
            ..options("postgresql://anna@127.0.0.1/tollgate")
        };
        assert!(with_roots.connect_url().as_str().contains("verify-full"));
    }

    #[test]
    fn password_reaches_the_driver_whatever_its_characters() {
        let url = options("postgresql://anna@127.0.0.1/tollgate").connect_url();
        assert_eq!(url.password(), Some("p%40ss%2Fword"));
    }
}
