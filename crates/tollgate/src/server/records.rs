//! Which database keeps the records, by configuration.

use tollgate_records::{Password, PostgresqlOptions, Records};

use super::{StartError, password};
use crate::{
    config::{PostgresqlConfig, RecordsConfig},
    data_dir::DataDir,
};

/// Opens the file in the data directory, or connects to the server.
pub(super) async fn open(config: &RecordsConfig, data_dir: &DataDir) -> Result<Records, StartError> {
    Ok(match config {
        RecordsConfig::Sqlite => Records::open(&data_dir.join("records.sqlite")).await?,
        RecordsConfig::Postgresql(config) => {
            let options = options(config)?;
            let records = Records::connect(&options).await?;
            tracing::info!(database = %options.shown(), "records are kept in PostgreSQL");
            records
        }
    })
}

fn options(config: &PostgresqlConfig) -> Result<PostgresqlOptions, StartError> {
    let password = config.password.as_ref().map(|whence| password::read(whence, "records.postgresql"));
    Ok(PostgresqlOptions {
        url: config.url.clone(),
        password: password.transpose()?.map(Password),
        tls_ca: config.roots.clone(),
        connections_max: config.connections_max,
        deadline: config.deadline,
    })
}
