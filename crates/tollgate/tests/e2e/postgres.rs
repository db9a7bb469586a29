//! Records on PostgreSQL, also when it is away.

use std::{fs, path::Path, time::Duration};

use tollgate::{client::AcmeClient, secrets::Secrets};
use tollgate_test_servers::postgres::PostgresServer;

use crate::{
    binary::Serve,
    gateway::ALWAYS_VALID,
    ports,
    process::{command, finish, printed},
    volume::{order, order_afresh},
};

/// How long a server that is there again may stay unnoticed.
const NOTICED_WITHIN: Duration = Duration::from_secs(20);

async fn metrics(port: u16) -> String {
    let url = format!("http://127.0.0.1:{port}/metrics");
    let output = finish(command("curl", Path::new("/")).args(["--silent", "--fail", &url])).await;
    assert!(output.status.success(), "{}", printed(&output));
    printed(&output)
}

#[tokio::test]
async fn without_postgresql_orders_go_on_and_when_it_is_back_they_are_counted_again() {
    let mut server = PostgresServer::start(&[]);
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    Secrets::make(&folder.path().join("secrets")).expect("the folder is the test's own");
    let (port, management) = (ports::free(), ports::free());
    let text = format!(
        "secrets-dir = \"secrets\"\n{ALWAYS_VALID}\
         [limits.certificates-per-exact-set]\nburst = 1\ncount = 1\n\
         [listen]\naddresses = [\"127.0.0.1:{port}\"]\n[management]\naddress = \"127.0.0.1:{management}\"\n\
         [records]\nbackend = \"postgresql\"\n\
         [records.postgresql]\nurl = \"{}\"\ndeadline = \"500ms\"\n",
        server.database()
    );
    fs::write(folder.path().join("tollgate.toml"), text).expect("the folder is the test's own");
    let mut serve = Serve::start(&["--config", "tollgate.toml"], folder.path()).expect("it was built");
    let told = serve.printed_until("Ctrl-C").await.to_owned();
    let root = told.split_whitespace().find(|word| word.ends_with(".pem")).expect("it is printed");
    let root = fs::read_to_string(folder.path().join(root)).expect("the gateway wrote it");
    let directory = format!("https://localhost:{port}/directory");
    let mut client = AcmeClient::connect(&directory, &root).await.expect("the gateway answers");
    client.register().await.expect("the account is made");
    client.obtain(&["a.example.com"]).await.expect("a certificate");
    assert_eq!(order(&mut client, &["a.example.com"]).await.status(), 429, "it is counted");

    server.stop();
    let answer = order(&mut client, &["b.example.com"]).await;
    assert_eq!(answer.status(), 201, "{}", answer.detail());
    assert_eq!(order(&mut client, &["a.example.com"]).await.status(), 429, "the buckets are elsewhere");
    let told = metrics(management).await;
    assert!(told.contains("tollgate_records_away 1"), "{told}");
    assert!(told.contains("tollgate_gateway_records_failures_total"), "{told}");

    server.restart();
    let noticed = async {
        let mut every = tokio::time::interval(Duration::from_millis(100));
        while !metrics(management).await.contains("tollgate_records_away 0") {
            every.tick().await;
        }
    };
    tokio::time::timeout(NOTICED_WITHIN, noticed).await.expect("it is noticed without a request");
    client.obtain(&["c.example.com"]).await.expect("a certificate");
    assert_eq!(order_afresh(&mut client, &["c.example.com"]).await.status(), 429, "it is counted");
}
