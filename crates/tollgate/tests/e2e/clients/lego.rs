//! lego, with its own web server.

use super::{Attempt, Client};
use crate::{
    process::{command, finish},
    site::Site,
};

pub(super) async fn obtain(client: &Client, site: &Site, names: &[&str]) -> Attempt {
    let mut lego = command("lego", client.folder());
    lego.args(["--server", &site.directory, "--accept-tos", "--email", "me@example.test", "--path", "."])
        .args(["--http", "--http.port", &format!("127.0.0.1:{}", client.http_port())])
        .args(names.iter().flat_map(|name| ["--domains", name]))
        .arg("run")
        .env("LEGO_CA_CERTIFICATES", &site.root);
    let output = finish(&mut lego).await;
    Attempt::of(&output, &client.folder().join("certificates").join(format!("{}.crt", names[0])))
}
