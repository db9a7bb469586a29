//! acme-tiny: two hundred lines of Python; key and CSR are made for it.

use super::{Attempt, Client, signing_request};
use crate::{
    process::{command, finish, printed},
    site::Site,
};

pub(super) async fn obtain(client: &Client, site: &Site, names: &[&str]) -> Attempt {
    let folder = client.folder();
    if !folder.join("account.key").exists() {
        let mut key = command("openssl", folder);
        let output = finish(key.args(["genrsa", "-out", "account.key", "2048"])).await;
        assert!(output.status.success(), "{}", printed(&output));
        std::fs::create_dir(folder.join("challenges")).expect("the folder is the client's own");
    }
    client.write("site.csr", signing_request(names).1);

    let mut tiny = command("acme-tiny", folder);
    tiny.args(["--account-key", "account.key", "--csr", "site.csr", "--acme-dir", "challenges"])
        .args(["--directory-url", &site.directory, "--disable-check"])
        .env("SSL_CERT_FILE", &site.root);
    let output = finish(&mut tiny).await;
    client.write("site.pem", &output.stdout);
    Attempt::of(&output, &folder.join("site.pem"))
}
