//! The program as a new user meets it: what it prints, how it ends, and how it says that it cannot start.

use std::{net::TcpListener, path::Path, process::Output};

use tempfile::TempDir;

use crate::{
    binary::{Serve, tollgate},
    clients::{Client, Program},
    ports,
    site::Site,
};

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder can be made")
}

/// Writes a configuration on free ports and returns the directory's URL.
fn configure(folder: &Path, tables: &str) -> String {
    let (port, management) = (ports::free(), ports::free());
    let text = format!(
        "{tables}\n[listen]\naddresses = [\"127.0.0.1:{port}\"]\n[management]\naddress = \"127.0.0.1:{management}\"\n"
    );
    std::fs::write(folder.join("tollgate.toml"), text).expect("the folder is the test's own");
    format!("https://localhost:{port}/directory")
}

#[tokio::test]
async fn serve_prints_what_a_client_needs_and_ctrl_c_ends_it_cleanly() {
    let folder = folder();
    let directory =
        configure(folder.path(), "data-dir = \"data\"\n[test-ca]\nvalidation = \"always-valid\"\n");
    let mut serve = Serve::start(&["--config", "tollgate.toml"], folder.path()).expect("it was built");
    let printed = serve.printed_until("Ctrl-C").await.to_owned();

    assert!(printed.contains(&directory), "{printed}");
    for expected in ["certbot certonly", "lego --server", "Limits page", "Management", "root"] {
        assert!(printed.contains(expected), "no {expected:?} in:\n{printed}");
    }
    let root =
        printed.split_whitespace().find(|word| word.ends_with(".pem")).expect("the root's path is printed");
    let site = Site { directory, root: folder.path().join(root) };
    Client::new(Program::InstantAcme)
        .obtain(&site, &["example.com"])
        .await
        .expect_certificate(&["example.com"]);

    let (status, errors) = serve.interrupt().await;
    assert_eq!(status.code(), Some(0), "{errors}");
    assert!(!errors.contains("panicked"), "{errors}");
}

#[tokio::test]
async fn a_limit_used_up_stays_so_when_the_process_is_killed() {
    let folder = folder();
    let directory = configure(
        folder.path(),
        "data-dir = \"data\"\n[test-ca]\nvalidation = \"always-valid\"\n[store]\ndurability = \"every-commit\"\n\
         [limits.certificates-per-exact-set]\nburst = 1\ncount = 1\n",
    );
    let start = async || {
        let mut serve = Serve::start(&["--config", "tollgate.toml"], folder.path()).expect("it was built");
        let printed = serve.printed_until("Ctrl-C").await.to_owned();
        let root = printed.split_whitespace().find(|word| word.ends_with(".pem")).expect("it is printed");
        (serve, Site { directory: directory.clone(), root: folder.path().join(root) })
    };
    let client = Client::new(Program::InstantAcme);

    let (serve, site) = start().await;
    client.obtain(&site, &["example.com"]).await.expect_certificate(&["example.com"]);
    serve.kill().await;

    let (serve, site) = start().await;
    let refused = client.obtain(&site, &["example.com"]).await;
    assert!(refused.expect_refusal().contains("too many certificates (1)"), "{}", refused.expect_refusal());
    serve.kill().await;
}

/// One line on standard error that says `expected`, nothing on standard output, exit code 2.
#[track_caller]
fn expect_refusal_to_start(output: &Output, expected: &str) {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert_eq!(errors.lines().count(), 1, "{errors}");
    assert!(
        errors.starts_with("tollgate: ") && errors.contains(expected),
        "{errors:?} does not say {expected:?}"
    );
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[tokio::test]
async fn a_port_in_use_ends_it_with_one_line_and_exit_code_2() {
    let folder = folder();
    let directory = configure(folder.path(), "data-dir = \"data\"\n");
    let port = directory.trim_start_matches("https://localhost:").trim_end_matches("/directory");
    let _taken = TcpListener::bind(format!("127.0.0.1:{port}")).expect("the port was free");

    let output = tollgate(&["serve", "--config", "tollgate.toml"], folder.path()).await;
    expect_refusal_to_start(&output, &format!("127.0.0.1:{port}"));
}

#[tokio::test]
async fn an_unwritable_data_directory_ends_it_with_one_line_and_exit_code_2() {
    let folder = folder();
    // Root may write anywhere, but not below a file.
    std::fs::write(folder.path().join("file"), "").expect("the folder is the test's own");
    configure(folder.path(), "data-dir = \"file/data\"\n");

    let output = tollgate(&["serve", "--config", "tollgate.toml"], folder.path()).await;
    expect_refusal_to_start(&output, "file/data");
}

#[tokio::test]
async fn a_broken_configuration_ends_it_with_file_line_and_key_and_exit_code_2() {
    let folder = folder();
    for (broken, expected) in [
        (
            "[limits.new-orders-per-account]\ncount = 0\n",
            "tollgate.toml:2: limits.new-orders-per-account.count",
        ),
        ("data-dir = \"data\"\n[test-ca]\nvalidatoin = \"real\"\n", "tollgate.toml:3: "),
        ("data-dir = \n", "tollgate.toml:1: "),
    ] {
        configure(folder.path(), broken);
        let output = tollgate(&["serve", "--config", "tollgate.toml"], folder.path()).await;
        expect_refusal_to_start(&output, expected);
        let output = tollgate(&["check", "tollgate.toml"], folder.path()).await;
        expect_refusal_to_start(&output, expected);
    }
    let output = tollgate(&["serve", "--config", "missing.toml"], folder.path()).await;
    expect_refusal_to_start(&output, "missing.toml");
}

#[tokio::test]
async fn the_demo_shows_two_refusals_and_that_waiting_helps() {
    let folder = folder();
    let output = tollgate(&["demo"], folder.path()).await;
    let printed = crate::process::printed(&output);
    assert!(output.status.success(), "{printed}");
    for expected in [
        "too many certificates (5) already issued for this exact set of identifiers in the last 168h0m0s",
        "too many new registrations (10) from this IP address in the last 3h0m0s",
        "retry-after: ",
    ] {
        assert!(printed.contains(expected), "no {expected:?} in:\n{printed}");
    }
    let left = std::fs::read_dir(folder.path()).expect("the folder is the test's own").count();
    assert_eq!(left, 0, "the demo keeps nothing");
}

#[tokio::test]
async fn secrets_that_gateways_share_are_made_once_by_the_command_and_never_by_a_start() {
    let folder = folder();
    let shared = "data-dir = \"data\"\nsecrets-dir = \"secrets\"\n\
                  [records]\nbackend = \"postgresql\"\n[records.postgresql]\nurl = \"postgresql://127.0.0.1:1/none\"\n";
    configure(folder.path(), shared);
    let output = tollgate(&["serve", "--config", "tollgate.toml"], folder.path()).await;
    expect_refusal_to_start(&output, "secrets/bucket-hash.key is missing");
    assert!(!folder.path().join("secrets").exists());

    let output = tollgate(&["secrets", "new", "secrets"], folder.path()).await;
    assert!(output.status.success(), "{}", crate::process::printed(&output));
    let made = std::fs::read(folder.path().join("secrets/bucket-hash.key")).expect("it is made");
    let output = tollgate(&["secrets", "new", "secrets"], folder.path()).await;
    expect_refusal_to_start(&output, "secrets/bucket-hash.key is there already");
    assert_eq!(std::fs::read(folder.path().join("secrets/bucket-hash.key")).expect("it is there"), made);

    let output = tollgate(&["serve", "--config", "tollgate.toml"], folder.path()).await;
    expect_refusal_to_start(&output, "cannot open the records database postgresql://127.0.0.1:1/none");
    configure(folder.path(), &shared.replace("secrets-dir = \"secrets\"\n", ""));
    let output = tollgate(&["serve", "--config", "tollgate.toml"], folder.path()).await;
    expect_refusal_to_start(&output, "tollgate.toml:3: records.backend: needs secrets-dir");
}
