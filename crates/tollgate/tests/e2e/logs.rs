//! What the running program may not log, however much it is asked to.

use tollgate::client::AcmeClient;

use crate::{
    binary::{Serve, tollgate},
    gateway::ALWAYS_INVALID,
    pauses::{browse, expect_pause},
    ports,
    site::Site,
    volume::{NO_OVERALL_LIMITS, fail, order},
};

const PAUSE_FAST: &str = "[limits.consecutive-authorization-failures]\nburst = 2\n";

#[tokio::test]
async fn neither_tokens_nor_mail_addresses_are_in_the_log_at_its_most_talkative() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let (port, management) = (ports::free(), ports::free());
    let config = format!(
        "data-dir = \"data\"\n[listen]\naddresses = [\"127.0.0.1:{port}\"]\n[management]\naddress = \
         \"127.0.0.1:{management}\"\n[log]\nfilter = \"debug,tollgate=trace\"\n\
         {ALWAYS_INVALID}{NO_OVERALL_LIMITS}{PAUSE_FAST}"
    );
    std::fs::write(folder.path().join("tollgate.toml"), config).expect("the folder is the test's own");
    // Into a file: a pipe that nobody reads would fill up.
    let to_file = ["sh", "-c", "exec \"$0\" \"$@\" 2>log"];
    let mut serve =
        Serve::start_with(&to_file, &["--config", "tollgate.toml"], folder.path()).expect("it is built");
    serve.printed_until("Ctrl-C").await;
    let site = Site {
        directory: format!("https://localhost:{port}/directory"),
        root: folder.path().join("data/tls-root.pem"),
    };

    // A pause, what is left, and the end of the pause, each by the link.
    let root = std::fs::read_to_string(&site.root).expect("the root is written");
    let mut client = AcmeClient::connect(&site.directory, &root).await.expect("it answers");
    client.register().await.expect("the account is made");
    for _ in 0..2 {
        fail(&mut client, &["www.example.com"]).await;
    }
    let link = expect_pause(&order(&mut client, &["www.example.com"]).await, "www.example.com");
    let (page, token) = link.split_once("?token=").expect("the link has a token");
    browse(&site, &[&link]).await;
    for look in ["status", "status.json"] {
        browse(&site, &[&link.replace("/unpause?", &format!("/{look}?"))]).await;
    }
    browse(&site, &["--data", &format!("token={token}"), page]).await;

    // A request for an override, and the decision.
    let pages = page.strip_suffix("/unpause").expect("the page to unpause");
    let use_case = "use-case=Each of our customers has a name and a certificate below our domain.";
    let form = format!("{pages}/override/certificates-per-domain");
    let mut sent = vec!["--output", "/dev/null", "--write-out", "%{redirect_url}"];
    for field in [
        "subject=example.com",
        "tier=300",
        "email=anna@example.org",
        "organisation=Example Hosting",
        use_case,
        "terms=yes",
        "privacy=yes",
    ] {
        sent.extend(["--data-urlencode", field]);
    }
    sent.push(&form);
    let own_page = browse(&site, &sent).await;
    assert!(browse(&site, &[&own_page]).await.contains("waits for a decision"));
    let approve = ["override", "requests", "approve", "1", "--reason", "known", "--config", "tollgate.toml"];
    let approved = tollgate(&approve, folder.path()).await;
    assert!(approved.status.success(), "{approved:?}");
    assert!(browse(&site, &[&own_page]).await.contains("It was approved"));

    let operator = std::fs::read_to_string(folder.path().join("data/operator.token")).expect("it is made");
    let own_token = own_page.split_once("token=").expect("a token").1;
    let parts: Vec<_> = token.split('.').collect();
    serve.interrupt().await;
    let log = std::fs::read_to_string(folder.path().join("log")).expect("it is written");
    for said in ["DEBUG", "override requested", "pauses lifted", "override request decided"] {
        assert!(log.contains(said), "{said} is logged: {log}");
    }
    for secret in
        ["anna@example", "anna%40", "Example Hosting", own_token, parts[1], parts[2], operator.trim()]
    {
        assert!(!log.contains(secret), "{secret} is logged: {log}");
    }
}
