//! certbot, with its standalone web server.

use super::{Attempt, Client};
use crate::{
    process::{command, finish, python_peer},
    site::Site,
};

pub(super) async fn obtain(client: &Client, site: &Site, names: &[&str]) -> Attempt {
    let mut certbot = command(python_peer("certbot", "certbot"), client.folder());
    certbot
        .args(["certonly", "--non-interactive", "--standalone", "--http-01-address", "127.0.0.1"])
        .args(["--http-01-port", &client.http_port().to_string()])
        .args(["--config-dir", "config", "--work-dir", "work", "--logs-dir", "logs"])
        .args(["--server", &site.directory, "--agree-tos", "--register-unsafely-without-email"])
        .args(["--cert-name", "site", "--force-renewal", "--renew-with-new-domains"])
        .args(names.iter().flat_map(|name| ["-d", name]))
        .env("REQUESTS_CA_BUNDLE", &site.root);
    let output = finish(&mut certbot).await;
    Attempt::of(&output, &client.folder().join("config/live/site/fullchain.pem"))
}
