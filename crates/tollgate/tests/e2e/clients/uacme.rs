//! uacme: C. It trusts the system's roots and nothing else, so it runs where those are replaced.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

use tokio::process::Command;

use super::{Attempt, Client};
use crate::{
    process::{command, finish, mount_namespace},
    site::Site,
};

/// The file that uacme's TLS library was built to trust.
const SYSTEM_ROOTS: &str = "/etc/ssl/certs/ca-certificates.crt";

pub(super) async fn obtain(client: &Client, site: &Site, names: &[&str]) -> Attempt {
    let folder = client.folder();
    let hook = folder.join("hook");
    client.write("hook", "#!/bin/sh\nexit 0\n");
    fs::set_permissions(&hook, Permissions::from_mode(0o755)).expect("the file is the client's own");
    let certificate = folder.join("config").join(names[0]).join("cert.pem");

    let mut register = uacme(folder, site).await;
    register.args(["new", "me@example.test"]);
    let output = finish(&mut register).await;
    if !output.status.success() && !folder.join("config/private/key.pem").exists() {
        return Attempt::of(&output, &certificate);
    }
    let mut issue = uacme(folder, site).await;
    issue.args(["--force", "--hook"]).arg(&hook).arg("issue").args(names);
    Attempt::of(&finish(&mut issue).await, &certificate)
}

/// uacme with the site's root in place of the system's roots: by a mount that only it sees or, where
/// mounting is forbidden, by `proot`.
async fn uacme(folder: &Path, site: &Site) -> Command {
    const MOUNT: &str = "mount --bind \"$1\" \"$2\" && shift 2 && exec \"$@\"";

    let mut command = match mount_namespace(folder).await {
        Some(flags) => {
            let mut unshare = command("unshare", folder);
            unshare.args([flags, "sh", "-c", MOUNT, "sh"]).arg(&site.root).arg(SYSTEM_ROOTS);
            unshare
        }
        None => {
            let mut proot = command("proot", folder);
            proot.arg("-b").arg(format!("{}:{SYSTEM_ROOTS}", site.root.display()));
            proot
        }
    };
    command.args(["uacme", "--confdir", "config", "--acme-url", &site.directory, "--yes"]);
    command
}
