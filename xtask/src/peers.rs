//! The ACME clients, CAs and the browser that the end-to-end tests meet: Debian packages, and packages of Python
//! and npm in folders of their own under cargo's target folder (`target/peers`).
//!
//! Nothing is skipped quietly: what cannot be installed is named, with the command that would.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::{
    command::{execute, find, succeeds},
    workspace,
};

/// Commands the tests run, and the Debian package each is in.
const COMMANDS: [(&str, &str); 17] = [
    ("pebble", "pebble"),
    ("pebble-challtestsrv", "pebble"),
    ("lego", "lego"),
    ("dehydrated", "dehydrated"),
    ("uacme", "uacme"),
    ("acme-tiny", "acme-tiny"),
    ("redis-server", "redis-server"),
    ("psql", "postgresql"),
    // PostgreSQL refuses to run as root.
    ("setpriv", "util-linux"),
    // The pages for people are looked at with these.
    ("chromium", "chromium"),
    ("chromedriver", "chromium-driver"),
    ("npm", "npm"),
    // dehydrated, acme-tiny and serles call these.
    ("openssl", "openssl"),
    ("curl", "curl"),
    ("sed", "sed"),
    // uacme trusts only the system's roots: the tests mount their own over them, and small disks for the buckets.
    ("unshare", "util-linux"),
    ("mount", "mount"),
];

/// Packages that are files rather than commands.
const FILES: [(&str, &str); 2] = [
    ("/etc/ssl/certs/ca-certificates.crt", "ca-certificates"),
    // Its server and initdb are in no PATH.
    ("/usr/lib/postgresql", "postgresql"),
];

/// Python programs: the folder under `target/peers`, and every package with its version.
const ENVIRONMENTS: [(&str, &str); 3] = [
    ("certbot", include_str!("../peers/certbot.txt")),
    ("django-ca", include_str!("../peers/django-ca.txt")),
    ("serles", include_str!("../peers/serles.txt")),
];

/// What checks that the pages can be used by everybody.
const AXE: &str = "axe-core@4.14.1";

/// Makes sure that every peer is there, installing what is missing where that is allowed.
///
/// # Errors
///
/// When something is missing and cannot be installed: says what, and the command that installs it.
pub(crate) fn ensure() -> Result<()> {
    install_packages(missing_packages())?;
    if let Some(absent) = COMMANDS.iter().find(|(command, _)| find(command).is_none()) {
        bail!("`{}` is still missing after installing the Debian package {}", absent.0, absent.1);
    }

    let python =
        python().context("no Python of version 3.11 or later with its venv, sqlite3 and ssl modules")?;
    let folder = workspace::target()?.join("peers");
    for (name, requirements) in ENVIRONMENTS {
        install_environment(&python, &folder.join(name), requirements)?;
    }
    install_axe(&folder.join("axe"))
}

fn missing_packages() -> Vec<&'static str> {
    let commands = COMMANDS.iter().filter(|(command, _)| find(command).is_none());
    let files = FILES.iter().filter(|(file, _)| !Path::new(file).exists());
    let mut packages: Vec<_> = commands.chain(files).map(|(_, package)| *package).collect();
    if python().is_none() {
        packages.push("python3-venv");
    }
    if !can_mount() && find("proot").is_none() {
        packages.push("proot");
    }
    packages.sort_unstable();
    packages.dedup();
    packages
}

/// Whether a private view of the file system may be had, as root or by a user namespace; containers
/// often forbid both, and `proot` does the same by tracing.
fn can_mount() -> bool {
    ["-m", "-rm"].iter().any(|flags| succeeds(Command::new("unshare").args([flags, "true"])))
}

fn install_packages(packages: Vec<&str>) -> Result<()> {
    if packages.is_empty() {
        return Ok(());
    }
    let by_hand = format!("apt-get install -y --no-install-recommends {}", packages.join(" "));
    if find("apt-get").is_none() {
        bail!(
            "missing: {}; on Debian or Ubuntu `{by_hand}` installs them, elsewhere put commands of the same \
             name into the PATH",
            missing().join(", ")
        );
    }
    if !is_root() {
        bail!("missing: {}; install them as root with `{by_hand}`", missing().join(", "));
    }

    execute(Command::new("apt-get").args(["update", "-q"]))?;
    execute(
        Command::new("apt-get")
            .env("DEBIAN_FRONTEND", "noninteractive")
            .args(["install", "-y", "-q", "--no-install-recommends"])
            .args(packages),
    )
}

/// What a person would look for: command names, not packages.
fn missing() -> Vec<&'static str> {
    let mut names: Vec<_> =
        COMMANDS.iter().map(|(command, _)| *command).filter(|command| find(command).is_none()).collect();
    names.extend(FILES.iter().map(|(file, _)| *file).filter(|file| !Path::new(file).exists()));
    if python().is_none() {
        names.push("python3 (3.11 or later, with venv)");
    }
    if !can_mount() && find("proot").is_none() {
        names.push("unshare with permission to mount, or proot");
    }
    names
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// A Python that can make virtual environments; the distribution's own when the first in the PATH cannot.
fn python() -> Option<PathBuf> {
    const CHECK: &str = "import sys, venv, ensurepip, sqlite3, ssl; sys.exit(sys.version_info < (3, 11))";

    let candidates = [find("python3"), Some("/usr/bin/python3".into())];
    candidates.into_iter().flatten().find(|python| succeeds(Command::new(python).args(["-c", CHECK])))
}

/// Fetches axe-core, unless it is there in just this version.
fn install_axe(folder: &Path) -> Result<()> {
    let done = folder.join("installed.txt");
    if fs::read_to_string(&done).is_ok_and(|installed| installed == AXE) {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    execute(
        Command::new("npm")
            .args(["install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix"])
            .arg(folder)
            .arg(AXE),
    )?;
    fs::write(done, AXE)?;
    Ok(())
}

/// Makes a virtual environment, unless it is there with just these packages.
fn install_environment(python: &Path, folder: &Path, requirements: &str) -> Result<()> {
    let done = folder.join("installed.txt");
    // Its programs name the place where it was made: one that was moved is no use.
    let works = || succeeds(Command::new(folder.join("bin/pip")).arg("--version"));
    if fs::read_to_string(&done).is_ok_and(|installed| installed == requirements) && works() {
        return Ok(());
    }
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    execute(Command::new(python).args(["-m", "venv"]).arg(folder))?;

    let list = folder.join("requirements.txt");
    fs::write(&list, requirements)?;
    execute(
        Command::new(folder.join("bin/pip"))
            .args(["install", "--quiet", "--disable-pip-version-check", "--no-deps", "--requirement"])
            .arg(&list),
    )?;
    // Written last: an installation that broke off is begun anew.
    fs::rename(list, done)?;
    Ok(())
}
