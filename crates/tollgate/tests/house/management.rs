//! The management listener of a Tollgate that serves, met over a socket and by the commands.

use std::{net::SocketAddr, path::Path, process::ExitCode};

use clap::Parser as _;
use http::StatusCode;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tollgate::{
    cli::Cli,
    clock::MovableClock,
    config::Config,
    server::{self, Running},
};
use tollgate_engine::Timestamp;

/// 2026-11-23 09:00:00 UTC.
const START: Timestamp = Timestamp::from_secs(1_795_424_400);

const JSON: &str = "content-type: application/json";

#[tokio::test]
async fn the_clock_goes_forward_only_and_says_so() {
    let tollgate = Tollgate::with_test_ca().await;
    let steps = [
        ("/clock/advance", r#"{"by": "7d"}"#, 200, r#""ahead_seconds":604800"#),
        ("/clock/advance", r#"{"by": "1h30m"}"#, 200, r#""ahead_seconds":610200"#),
        ("/clock/set", r#"{"to": "2027-01-01T00:00:00Z"}"#, 200, r#""now":"2027-01-01T00:00:00"#),
        (
            "/clock/set",
            r#"{"to": "2026-12-31T00:00:00Z"}"#,
            400,
            "the clock cannot go back: it shows 2027-01-01T",
        ),
        ("/clock/set", r#"{"to": "2500-01-01T00:00:00Z"}"#, 400, "beyond the year 2400"),
        ("/clock/advance", r#"{"by": "soon"}"#, 400, "by: "),
        ("/clock/advance", r#"{"by": "-1h"}"#, 400, "by: "),
        ("/clock/advance", r#"{"by": 7}"#, 422, "expected a string"),
        ("/clock/advance", r#"{"to": "7d"}"#, 422, "unknown field `to`"),
        ("/clock/set", r#"{"to": "tomorrow"}"#, 422, "to: "),
        ("/clock/set", "{", 400, "EOF"),
    ];
    for (path, body, status, told) in steps {
        let answer = tollgate.post(path, body).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.body);
        assert!(answer.body.contains(told), "{body}: {}", answer.body);
        assert!(status == 200 || answer.body.starts_with(r#"{"error":"#), "{}", answer.body);
    }
    let shown = tollgate.request("GET", "/clock", &[], "").await;
    assert!(shown.body.contains(r#""now":"2027-01-01T00:00:0"#), "mistakes moved it: {}", shown.body);
    tollgate.stop().await;
}

#[tokio::test]
async fn faults_wait_until_they_struck_or_are_removed() {
    let tollgate = Tollgate::with_test_ca().await;
    let fault = r#"{"on": "newOrder", "status": 503, "times": 2, "after": 1}"#;
    let added = tollgate.post("/faults", fault).await;
    assert_eq!((added.status, added.body.as_str()), (201, r#"{"id":1}"#));
    let listed = tollgate.request("GET", "/faults", &[], "").await;
    assert!(listed.body.contains(r#""status":503,"times":2,"after":1"#), "{}", listed.body);
    for (fault, told) in [
        (r#"{"on": "newOrder"}"#, "exactly one of"),
        (r#"{"on": "nowhere", "status": 503}"#, "nowhere"),
        (r#"{"on": "newOrder", "status": 503, "times": 0}"#, "times"),
    ] {
        let refused = tollgate.post("/faults", fault).await;
        assert_eq!(refused.status, 422, "{fault}: {}", refused.body);
        assert!(refused.body.contains(told), "{fault}: {}", refused.body);
    }
    assert_eq!(tollgate.request("DELETE", "/faults", &[], "").await.status, 204);
    assert_eq!(tollgate.request("GET", "/faults", &[], "").await.body, "[]");
    tollgate.stop().await;
}

#[tokio::test]
async fn health_limits_and_metrics_are_told() {
    let tollgate = Tollgate::with_test_ca().await;
    for (path, told) in [("/healthz", "ok\n"), ("/limits", r#""preset":"letsencrypt""#), ("/metrics", "")] {
        let answer = tollgate.request("GET", path, &[], "").await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        assert!(answer.body.contains(told), "{path}: {}", answer.body);
    }
    tollgate.stop().await;
}

#[tokio::test]
async fn what_is_no_request_of_the_api_is_refused_in_json() {
    let tollgate = Tollgate::with_test_ca().await;
    let large = format!(r#"{{"by": "{}"}}"#, "7".repeat(20_000));
    let requests = [
        ("GET", "/nowhere", "", "", 404),
        ("PUT", "/clock", JSON, "{}", 405),
        ("GET", "/clock/advance", "", "", 405),
        ("POST", "/clock/advance", "content-type: text/plain", r#"{"by": "7d"}"#, 415),
        ("POST", "/clock/advance", "content-type: application/x-www-form-urlencoded", "by=7d", 415),
        ("POST", "/clock/advance", "x-none: none", r#"{"by": "7d"}"#, 415),
        ("POST", "/clock/advance", JSON, large.as_str(), 413),
    ];
    for (method, path, header, body, status) in requests {
        let headers: &[&str] = if header.is_empty() { &[] } else { &[header] };
        let answer = tollgate.request(method, path, headers, body).await;
        assert_eq!(answer.status, status, "{method} {path} {header}: {}", answer.body);
        assert!(answer.body.starts_with(r#"{"error":""#), "{method} {path}: {}", answer.body);
    }
    let clock = tollgate.request("GET", "/clock", &[], "").await;
    assert!(clock.body.contains(r#""ahead_seconds":0"#), "a refused request moved it: {}", clock.body);
    tollgate.stop().await;
}

#[tokio::test]
async fn a_name_that_is_not_its_own_is_misdirected() {
    let tollgate = Tollgate::with_test_ca().await;
    for (host, status) in [
        ("localhost", 200),
        ("localhost:14001", 200),
        ("127.0.0.1", 200),
        ("[::1]:14001", 200),
        ("attacker.example", 421),
        ("localhost.attacker.example", 421),
        ("127.0.0.1.attacker.example:14001", 421),
        ("192.0.2.1", 421),
        ("", 421),
    ] {
        let answer = tollgate.request("GET", "/clock", &[&format!("host: {host}")], "").await;
        assert_eq!(answer.status, status, "{host}: {}", answer.body);
    }
    tollgate.stop().await;
}

#[tokio::test]
async fn in_front_of_another_ca_there_is_neither_clock_nor_fault() {
    let tollgate = Tollgate::start("[upstream]\ndirectory = \"https://127.0.0.1:1/directory\"").await;
    for (method, path) in
        [("GET", "/clock"), ("POST", "/clock/advance"), ("POST", "/clock/set"), ("DELETE", "/faults")]
    {
        let answer = tollgate.request(method, path, &[JSON], r#"{"by": "7d"}"#).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.body);
        assert!(answer.body.contains("no test CA"), "{path}: {}", answer.body);
    }
    assert_eq!(tollgate.request("GET", "/healthz", &[], "").await.status, 200);
    assert_eq!(tollgate.command("clock show").await.0, ExitCode::from(1));
    tollgate.stop().await;
}

#[tokio::test]
async fn commands_move_the_clock_and_script_faults() {
    let tollgate = Tollgate::with_test_ca().await;
    for (command, code, printed) in [
        ("clock advance 7d", 0, "UTC (168h0m0s ahead of the machine's clock)\n"),
        ("clock advance 1h --json", 0, r#""ahead_seconds":608400"#),
        ("clock show", 0, "2026-11-30 10:00:0"),
        ("clock set 2026-11-23T09:00:00Z", 1, ""),
        ("clock advance soon", 1, ""),
        ("fault add --on newOrder --status 503 --retry-after 5 --times 2 --after 1", 0, "fault 1 waits\n"),
        ("fault add --on newNonce --drop-connection", 0, "fault 2 waits\n"),
        ("fault add --on finalize --delay 20s", 0, "fault 3 waits\n"),
        ("fault add --on any --bad-nonce --times 3", 0, "fault 4 waits\n"),
        ("fault add --on any", 2, ""),
        ("fault list", 0, "2   newNonce  dropConnection=true"),
        ("fault clear", 0, "no faults wait\n"),
        ("fault list --json", 0, "[]\n"),
    ] {
        let (exit, out) = tollgate.command(command).await;
        assert_eq!(exit, ExitCode::from(code), "{command}: {out}");
        assert!(out.contains(printed), "{command}: {out}");
    }
    tollgate.stop().await;
}

/// A Tollgate on free ports, with a folder of its own.
struct Tollgate {
    running: Running,
    _folder: TempDir,
}

struct Told {
    status: u16,
    body: String,
}

impl Tollgate {
    async fn with_test_ca() -> Self {
        Self::start("[test-ca]\nvalidation = \"always-valid\"").await
    }

    async fn start(settings: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let text = format!(
            "[listen]\naddresses = [\"127.0.0.1:0\"]\n[management]\naddress = \"127.0.0.1:0\"\n{settings}"
        );
        let mut config = Config::parse(&text, Path::new("tollgate.toml")).expect("the settings are right");
        config.data_dir = folder.path().to_owned();
        let metrics = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder().handle();
        let clock = MovableClock::running_from(START);
        let running = server::start(config, clock, Some(metrics)).await.expect("it starts");
        Self { running, _folder: folder }
    }

    async fn stop(self) {
        self.running.stop().await;
    }

    async fn post(&self, path: &str, body: &str) -> Told {
        self.request("POST", path, &[JSON], body).await
    }

    /// Sends these headers, and a `Host` where there is none among them.
    async fn request(&self, method: &str, path: &str, headers: &[&str], body: &str) -> Told {
        let mut lines = vec!["connection: close".to_owned(), format!("content-length: {}", body.len())];
        if headers.iter().all(|header| !header.starts_with("host:")) {
            lines.push(format!("host: {}", self.running.management));
        }
        lines.extend(headers.iter().map(|&header| header.to_owned()));
        exchange(
            self.running.management,
            &format!("{method} {path} HTTP/1.1\r\n{}\r\n\r\n{body}", lines.join("\r\n")),
        )
        .await
    }

    /// Runs a command as a user types it, against this Tollgate.
    async fn command(&self, words: &str) -> (ExitCode, String) {
        let line = format!("tollgate {words} --management {}", self.running.management);
        let cli = Cli::try_parse_from(line.split(' ')).expect("the command is one");
        let run = move || {
            let mut out = Vec::new();
            let exit = tollgate::run(cli, &mut out);
            (exit, String::from_utf8(out).expect("what is printed is text"))
        };
        tokio::task::spawn_blocking(run).await.expect("a command ends")
    }
}

async fn exchange(address: SocketAddr, request: &str) -> Told {
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    stream.write_all(request.as_bytes()).await.expect("it takes the request");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("it answers");
    let answer = String::from_utf8(answer).expect("answers are text");
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer has a head");
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("and a status");
    assert!(StatusCode::from_u16(status).is_ok());
    Told { status, body: body.to_owned() }
}
