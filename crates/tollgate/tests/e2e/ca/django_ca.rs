//! django-ca: a CA people run, with its own ACME server.

use tempfile::TempDir;

use crate::{
    ports,
    process::{Server, command, python_peer},
};

/// A running django-ca; http-01 is always valid.
#[derive(Debug)]
pub(crate) struct DjangoCa {
    port: u16,
    _server: Server,
    _folder: TempDir,
}

impl DjangoCa {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let port = ports::free();
        let mut django = command(python_peer("django-ca", "python"), folder.path());
        django.args(["-c", include_str!("run_django_ca.py"), ".", &port.to_string()]);
        let server = Server::start(&mut django, folder.path(), port).await;
        Self { port, _server: server, _folder: folder }
    }

    /// The directory's URL: plain HTTP, for a proxy in front.
    pub(crate) fn directory(&self) -> String {
        format!("http://127.0.0.1:{}/django_ca/acme/directory/", self.port)
    }
}
