//! serles: a small ACME server in front of somebody's PKI.

use tempfile::TempDir;

use crate::{
    ports,
    process::{Server, command, python_peer},
};

/// A running serles; http-01 is always valid.
#[derive(Debug)]
pub(crate) struct Serles {
    port: u16,
    _server: Server,
    _folder: TempDir,
}

impl Serles {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let port = ports::free();
        let mut serles = command(python_peer("serles", "python"), folder.path());
        serles.args(["-c", include_str!("run_serles.py"), ".", &port.to_string()]);
        let server = Server::start(&mut serles, folder.path(), port).await;
        Self { port, _server: server, _folder: folder }
    }

    /// The directory's URL: plain HTTP, for a proxy in front.
    pub(crate) fn directory(&self) -> String {
        format!("http://127.0.0.1:{}/directory", self.port)
    }
}
