//! `tollgate serve`.

use std::{
    io::{IsTerminal as _, Write},
    path::Path,
};

use http::Uri;

use super::{Failure, runtime};
use crate::{
    clock::MovableClock,
    config::{Config, LogFormat},
    server::{self, Running},
};

pub(super) fn run(config: Config, out: &mut dyn Write) -> Result<(), Failure> {
    start_logging(&config)?;
    let http_port = config.test_ca.validation.http_port;
    runtime()?.block_on(async {
        let interrupted = interrupted().map_err(Failure::could_not_start)?;
        let metrics = metrics_exporter_prometheus::PrometheusBuilder::new()
            .install_recorder()
            .map_err(Failure::could_not_start)?;
        let clock = MovableClock::system();
        let running = server::start(config, clock, Some(metrics)).await.map_err(Failure::could_not_start)?;
        greet(&Greeting::of(&running, http_port), out)?;
        interrupted.await;
        tracing::info!("stopping: no new connections; requests under way are finished");
        running.stop().await;
        Ok(())
    })
}

/// What a new user needs next.
struct Greeting<'a> {
    directory: &'a str,
    limits_page: &'a str,
    management: &'a str,
    /// The root of the gateway's own certificate, where we made it.
    root: Option<&'a Path>,
    behind: CaBehind<'a>,
}

enum CaBehind<'a> {
    Configured(&'a Uri),
    TestCa {
        /// Where http-01 connects.
        http_port: u16,
    },
}

impl<'a> Greeting<'a> {
    fn of(running: &'a Running, http_port: u16) -> Self {
        Self {
            directory: &running.directory_url,
            limits_page: &running.limits_page,
            management: &running.management_url,
            root: running.root_certificate.as_deref(),
            behind: match &running.upstream {
                Some(directory) => CaBehind::Configured(directory),
                None => CaBehind::TestCa { http_port },
            },
        }
    }
}

fn greet(greeting: &Greeting<'_>, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "Tollgate {} is serving.\n", env!("CARGO_PKG_VERSION"))?;
    writeln!(out, "  Directory    {}", greeting.directory)?;
    match greeting.behind {
        CaBehind::Configured(directory) => writeln!(out, "  CA behind    {directory}")?,
        CaBehind::TestCa { .. } => {
            writeln!(
                out,
                "  CA behind    the built-in test CA: its certificates are worthless outside tests"
            )?;
        }
    }
    writeln!(out, "  Limits page  {}", greeting.limits_page)?;
    writeln!(out, "  Management   {}", greeting.management)?;
    if let Some(root) = greeting.root {
        writeln!(out, "  TLS root     {}", root.display())?;
        if let CaBehind::TestCa { http_port } = greeting.behind {
            suggest(greeting.directory, root, http_port, out)?;
        }
    }
    writeln!(out, "\nCtrl-C ends it.")?;
    out.flush()
}

/// Commands that work as they are, with clients that many have.
fn suggest(directory: &str, root: &Path, http_port: u16, out: &mut dyn Write) -> std::io::Result<()> {
    let root = root.display();
    writeln!(
        out,
        "\nTry:\n\n  REQUESTS_CA_BUNDLE={root} \\\n    \
         certbot certonly -n --standalone --http-01-port {http_port} --server {directory} \\\n    \
         --config-dir certbot --work-dir certbot --logs-dir certbot \\\n    \
         --agree-tos --register-unsafely-without-email -d localhost\n"
    )?;
    writeln!(
        out,
        "  LEGO_CA_CERTIFICATES={root} \\\n    \
         lego --server {directory} --accept-tos --email me@example.test \\\n    \
         --domains localhost --http --http.port :{http_port} --path lego run"
    )
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

#[cfg(test)]
mod tests {
    use super::*;

    fn greeting(behind: CaBehind<'_>, root: Option<&str>) -> String {
        let mut out = Vec::new();
        let greeting = Greeting {
            directory: "https://localhost:14000/directory",
            limits_page: "https://localhost:14000/rate-limits/",
            management: "http://127.0.0.1:14001",
            root: root.map(Path::new),
            behind,
        };
        greet(&greeting, &mut out).unwrap();
        String::from_utf8(out).unwrap().replace(env!("CARGO_PKG_VERSION"), "VERSION")
    }

    #[test]
    fn a_new_user_reads_where_everything_is_and_what_to_try() {
        let root = Some("/home/me/tollgate-data/tls-root.pem");
        insta::assert_snapshot!(greeting(CaBehind::TestCa { http_port: 5002 }, root));
    }

    #[test]
    fn in_front_of_another_ca_nothing_is_suggested() {
        let directory = Uri::from_static("https://ca.internal/acme/directory");
        insta::assert_snapshot!(greeting(CaBehind::Configured(&directory), None));
    }
}
