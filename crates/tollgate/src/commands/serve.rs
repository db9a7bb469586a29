//! `tollgate serve`.

use std::io::{IsTerminal as _, Write};

use super::{Failure, runtime};
use crate::{
    clock::MovableClock,
    config::{Config, LogFormat},
    server::{self, Running},
};

pub(super) fn run(config: Result<Config, Failure>, out: &mut dyn Write) -> Result<(), Failure> {
    let config = config?;
    start_logging(&config)?;
    runtime()?.block_on(async {
        let interrupted = interrupted().map_err(Failure::could_not_start)?;
        let metrics = metrics_exporter_prometheus::PrometheusBuilder::new()
            .install_recorder()
            .map_err(Failure::could_not_start)?;
        let clock = MovableClock::system();
        let running = server::start(config, clock, Some(metrics)).await.map_err(Failure::could_not_start)?;
        greet(&running, out)?;
        interrupted.await;
        tracing::info!("stopping: no new connections; requests under way are finished");
        running.stop().await;
        Ok(())
    })
}

/// What a new user needs next.
fn greet(running: &Running, out: &mut dyn Write) -> std::io::Result<()> {
    let directory = &running.directory_url;
    writeln!(out, "Tollgate {} is serving.\n", env!("CARGO_PKG_VERSION"))?;
    writeln!(out, "  Directory    {directory}")?;
    if let Some(upstream) = &running.upstream {
        writeln!(out, "  CA behind    {upstream}")?;
    } else {
        writeln!(out, "  CA behind    the built-in test CA: its certificates are for tests and worthless")?;
    }
    writeln!(out, "  Limits page  {}", running.limits_page)?;
    writeln!(out, "  Management   http://{}", running.management)?;
    if let Some(root) = &running.root_certificate {
        let root = root.display();
        writeln!(out, "  TLS root     {root}\n\nTry:\n")?;
        writeln!(
            out,
            "  REQUESTS_CA_BUNDLE={root} \\\n    \
             certbot certonly -n --standalone --http-01-port 5002 --server {directory} \\\n    \
             --config-dir certbot --work-dir certbot --logs-dir certbot \\\n    \
             --agree-tos --register-unsafely-without-email -d localhost\n"
        )?;
        writeln!(
            out,
            "  LEGO_CA_CERTIFICATES={root} \\\n    \
             lego --server {directory} --accept-tos --email me@example.test \\\n    \
             --domains localhost --http --http.port :5002 --path lego run\n"
        )?;
    }
    writeln!(out, "Ctrl-C ends it.")?;
    out.flush()
}

/// Resolves at Ctrl-C or SIGTERM.
fn interrupted() -> std::io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    Ok(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = tokio::signal::ctrl_c() => (),
            _ = terminate.recv() => (),
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
    })
}

/// Logs go to standard error, so that what `serve` prints can be piped.
fn start_logging(config: &Config) -> Result<(), Failure> {
    let filter = tracing_subscriber::EnvFilter::try_new(&config.log_filter)
        .map_err(|error| Failure::could_not_start(format!("log.filter: {error}")))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    let started = match config.log_format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    started.map_err(Failure::could_not_start)
}
