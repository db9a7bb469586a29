//! The way to a server elsewhere: encrypted, with its name proven, and with a password.

use tollgate_records::{Password, PostgresqlOptions, Records};
use tollgate_test_servers::{certificates::Certificates, postgres::PostgresServer};

use crate::options;

/// Who may log in how: one with a password and TLS, and the fixture itself.
const RULES: &str = "hostssl all anna 127.0.0.1/32 scram-sha-256\nhost all tollgate 127.0.0.1/32 trust\n";

struct Elsewhere {
    _server: PostgresServer,
    _ours: Certificates,
    options: PostgresqlOptions,
}

impl Elsewhere {
    /// A server whose certificate is for localhost.
    fn start() -> Self {
        let ours = Certificates::make(&["localhost"]);
        let mut server = PostgresServer::start(&[]);
        let chain = server.private_file("server.pem", &ours.chain);
        let key = server.private_file("server.key", &ours.key);
        let rules = server.private_file("rules.conf", RULES);
        server.add_arguments(&["-c", "ssl=on"]);
        for (name, file) in [("ssl_cert_file", chain), ("ssl_key_file", key), ("hba_file", rules)] {
            server.add_arguments(&["-c", &format!("{name}={}", file.display())]);
        }
        server.restart();
        let own = server.database();
        PostgresServer::sql(&own, "CREATE ROLE anna LOGIN PASSWORD 'geh/eim@'");
        PostgresServer::sql(&own, "GRANT CREATE ON SCHEMA public TO anna");

        let options = PostgresqlOptions {
            password: Some(Password("geh/eim@".into())),
            tls_ca: Some(ours.root_file().into()),
            ..options(&own.replace("tollgate@127.0.0.1", "anna@localhost"))
        };
        Self { _server: server, _ours: ours, options }
    }
}

#[tokio::test]
async fn only_the_right_root_name_and_password_connect() {
    let elsewhere = Elsewhere::start();
    let options = &elsewhere.options;
    let another = Certificates::make(&["localhost"]);
    Records::connect(options).await.unwrap();

    let by_address = options.url.as_str().replace("localhost", "127.0.0.1").parse().unwrap();
    for (what, wrong) in [
        ("another root", PostgresqlOptions { tls_ca: Some(another.root_file().into()), ..options.clone() }),
        ("no such file", PostgresqlOptions { tls_ca: Some("missing.pem".into()), ..options.clone() }),
        ("another name", PostgresqlOptions { url: by_address, ..options.clone() }),
        (
            "another password",
            PostgresqlOptions { password: Some(Password("falsch".into())), ..options.clone() },
        ),
    ] {
        let error = Records::connect(&wrong).await.err().expect(what);
        assert!(!format!("{error:?}").contains("falsch"), "{what}: {error:?}");
    }
}
