//! What the records promise, kept in PostgreSQL.

mod away;
mod gateways;
#[path = "../promises/mod.rs"]
mod promises;
mod tls;

use std::{num::NonZeroU32, ops::Deref, sync::Arc, time::Duration};

use tollgate_records::{PostgresqlOptions, Records};
use tollgate_test_servers::postgres::PostgresServer;

/// Records of a test's own, on the server that the tests share.
#[derive(Clone)]
struct Fresh {
    records: Records,
    url: String,
    _server: Arc<PostgresServer>,
}

impl Deref for Fresh {
    type Target = Records;

    fn deref(&self) -> &Records {
        &self.records
    }
}

impl Fresh {
    /// Another gateway over the same database.
    async fn other_gateway(&self) -> Records {
        Records::connect(&options(&self.url)).await.unwrap()
    }
}

async fn fresh() -> Fresh {
    let server = PostgresServer::shared();
    let url = server.database();
    Fresh { records: Records::connect(&options(&url)).await.unwrap(), url, _server: server }
}

fn options(url: &str) -> PostgresqlOptions {
    PostgresqlOptions {
        url: url.parse().unwrap(),
        password: None,
        tls_ca: None,
        connections_max: NonZeroU32::new(4).unwrap(),
        deadline: Duration::from_secs(5),
    }
}
