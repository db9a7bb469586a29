//! dehydrated: bash, curl and openssl.

use super::{Attempt, Client};
use crate::{
    process::{command, finish},
    site::Site,
};

pub(super) async fn obtain(client: &Client, site: &Site, names: &[&str]) -> Attempt {
    let folder = client.folder();
    let config = format!(
        "CA={}\nBASEDIR={base}\nWELLKNOWN={base}/challenges\nCHALLENGETYPE=http-01\nCURL_OPTS=\"--cacert {}\"\n\
         CONTACT_EMAIL=me@example.test\nACCOUNT_KEYSIZE=2048\n",
        site.directory,
        site.root.display(),
        base = folder.display(),
    );
    client.write("config", config);
    std::fs::create_dir_all(folder.join("challenges")).expect("the folder is the client's own");
    let certificate = folder.join("certs").join(names[0]).join("fullchain.pem");

    let mut register = command("dehydrated", folder);
    register.args(["--config", "config", "--register", "--accept-terms"]);
    let output = finish(&mut register).await;
    if !output.status.success() {
        return Attempt::of(&output, &certificate);
    }
    let mut order = command("dehydrated", folder);
    order.args(["--config", "config", "--cron", "--force", "--domain", &names.join(" ")]);
    Attempt::of(&finish(&mut order).await, &certificate)
}
