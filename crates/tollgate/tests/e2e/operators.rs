//! What operators do with the command line and the admin API, and what clients see of it.

use std::{
    fmt::Write as _,
    num::NonZeroU64,
    path::{Path, PathBuf},
    process::Output,
    time::Duration,
};

use http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::time::{interval, timeout};
use tollgate::client::AcmeClient;
use tollgate_policy::{limit::LimitName, message::Language, overrides::Subject};
use tollgate_records::{EmailAddress, OverrideForm};
use tollgate_service::access::{Role, grant_line};

use crate::{
    binary::{Serve, tollgate},
    clients::{Client, Program},
    gateway::{ALWAYS_VALID, Gateway},
    management::request_as,
    ports,
    process::printed,
    volume::order_afresh,
};

/// The promise: five seconds from the change to every gateway.
const IN_FORCE_WITHIN: Duration = Duration::from_secs(5);

const DOMAINS: &str = "certificates-per-registered-domain";

/// A spent bucket keeps its moment (RULES 1.6): with the same period, one unit of the new numbers would have
/// to come back first.
const ONE_PER_DOMAIN: &str =
    "[limits.certificates-per-registered-domain]\nburst = 1\ncount = 1\nperiod = \"1h\"\n";

/// Approval makes the bucket full, so that nobody waits for a unit of the new numbers.
const ONE_PER_WEEK: &str = "[limits.certificates-per-registered-domain]\nburst = 1\ncount = 1\n";

#[tokio::test]
async fn a_refused_lego_succeeds_within_seconds_of_an_override_by_the_command() {
    let gateway = Gateway::start(&format!("{ALWAYS_VALID}{ONE_PER_DOMAIN}")).await;
    let lego = Client::new(Program::Lego);
    lego.obtain(gateway.site(), &["a.example.com"]).await.expect_certificate(&["a.example.com"]);
    lego.obtain(gateway.site(), &["b.example.com"]).await.expect_refusal();

    let key = ["override", "add", DOMAINS, "example.com"];
    let numbers = ["--count", "300", "--period", "7d", "--reason", "ticket 12", "--json"];
    let added = json_of(&gateway.command(&[&key[..], &numbers].concat()).await);
    assert_eq!((&added["outcome"], &added["override"]["burst"]), (&json!("added"), &json!(300)));
    answered(&mut gateway.client().await, "c.example.com", 201).await;
    lego.obtain(gateway.site(), &["b.example.com"]).await.expect_certificate(&["b.example.com"]);

    let remove = ["override", "remove", DOMAINS, "example.com", "--reason", "over"];
    assert_eq!(code(&gateway.command(&remove).await), 0);
    answered(&mut gateway.client().await, "c.example.com", 429).await;
}

#[tokio::test]
async fn an_approved_request_lets_the_refused_client_pass_and_a_denied_one_does_not() {
    let gateway = Gateway::start(&format!("{ALWAYS_VALID}{ONE_PER_WEEK}")).await;
    let mut client = gateway.client().await;
    for domain in ["example.com", "example.org"] {
        client.obtain(&[&format!("a.{domain}")]).await.expect("one fits");
        answered(&mut client, &format!("b.{domain}"), 429).await;
    }
    for (number, domain) in [(1, "example.com"), (2, "example.org")] {
        submit(&gateway, number, domain).await;
    }
    let list = json_of(&gateway.command(&["override", "requests", "list", "--json"]).await);
    assert_eq!((&list[0]["subject"], &list[1]["subject"]), (&json!("example.com"), &json!("example.org")));

    let approve = ["override", "requests", "approve", "1", "--reason", "known", "--expires", "2099-01-01"];
    let approved = gateway.command(&approve).await;
    assert_eq!(code(&approved), 0, "{}", printed(&approved));
    let deny = ["override", "requests", "deny", "2", "--reason", "unknown", "--json"];
    assert_eq!(json_of(&gateway.command(&deny).await)["state"], "denied");
    answered(&mut client, "b.example.com", 201).await;
    answered(&mut client, "b.example.org", 429).await;

    let again = gateway.command(&["override", "requests", "approve", "2", "--reason", "sorry"]).await;
    assert_eq!(code(&again), 1);
    assert!(printed(&again).contains("request 2 was decided by local on"), "{}", printed(&again));
    let show = printed(&gateway.command(&["override", "requests", "show", "1"]).await);
    assert!(show.contains("anna@example.com") && show.contains("approved"), "{show}");
    let granted = json_of(&gateway.command(&["override", "show", DOMAINS, "example.com", "--json"]).await);
    assert_eq!((&granted["count"], &granted["burst"]), (&json!(300), &json!(300)));
    assert_eq!((&granted["period"], &granted["expires"]), (&json!("7d"), &json!("2099-01-01T00:00:00Z")));
}

#[tokio::test]
async fn a_pause_by_hand_refuses_and_once_lifted_lets_through() {
    let gateway = Gateway::start(ALWAYS_VALID).await;
    let mut client = gateway.client().await;
    let account = client.account().expect("it is registered").to_owned();
    let add = ["pause", "add", &account, "www.example.com", "--reason", "their server is broken"];
    for said in ["is paused", "was paused already"] {
        let paused = printed(&gateway.command(&add).await);
        assert!(paused.contains(said), "{paused}");
    }
    let refused = order_afresh(&mut client, &["www.example.com"]).await;
    assert_eq!(refused.status(), 429, "{}", refused.detail());
    assert!(refused.detail().contains("/rate-limits/unpause"), "{}", refused.detail());
    assert_eq!(order_afresh(&mut client, &["example.com"]).await.status(), 201, "another name");
    let list = json_of(&gateway.command(&["pause", "list", "--account", &account, "--json"]).await);
    assert_eq!(list[0]["identifier"], "www.example.com");

    let lift = ["pause", "lift", &account, "www.example.com", "--reason", "mended"];
    let lifted = printed(&gateway.command(&lift).await);
    assert!(lifted.contains("lifted: 1, still paused: 0"), "{lifted}");
    assert_eq!(order_afresh(&mut client, &["www.example.com"]).await.status(), 201);
    assert!(printed(&gateway.command(&["pause", "list"]).await).contains("nothing is paused"));
}

#[tokio::test]
async fn ten_thousand_overrides_are_imported_in_one_go_and_bad_rows_are_named() {
    let gateway = Gateway::start(&format!("{ALWAYS_VALID}{ONE_PER_DOMAIN}")).await;
    let mut client = gateway.client().await;
    client.obtain(&["a.n9999.example"]).await.expect("one fits");
    answered(&mut client, "b.n9999.example", 429).await;

    let mut file = "limit,subject,count,burst,period,author,reason,expires\n".to_owned();
    for number in 0..10_000 {
        writeln!(file, "{DOMAINS},n{number}.example,300,300,7d,the desk,a move,").expect("memory is there");
    }
    file.push_str("certificates-per-moon,example.com,1,1,7d,,,\n");
    file.push_str(&format!("{DOMAINS},www.example.com,300,300,7d,,,\n"));
    file.push_str(&format!("{DOMAINS},n7.example,300,300,7d,,,\n"));
    let path = written(&gateway, "overrides.csv", &file);
    let import = ["override", "import", path.as_str(), "--json"];
    let output = gateway.command(&import).await;
    assert_eq!(code(&output), 3, "{}", printed(&output));
    let imported: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&imported["added"], &imported["changed"]), (&json!(10_000), &json!(0)));
    let errors = String::from_utf8_lossy(&output.stderr);
    for told in [
        format!("{path}:10002 (example.com): there is no limit \"certificates-per-moon\"; skipped"),
        format!(
            "{path}:10003 (www.example.com): www.example.com is no registered domain: it counts for example.com"
        ),
        format!("{path}:10004 (n7.example): the same subject stands above"),
    ] {
        assert!(errors.contains(&told), "{told}\n{errors}");
    }
    answered(&mut client, "b.n9999.example", 201).await;

    let again = gateway.command(&import).await;
    let imported: Value = serde_json::from_slice(&again.stdout).expect("JSON");
    assert_eq!((&imported["added"], &imported["unchanged"]), (&json!(0), &json!(10_000)));
    let list = json_of(&gateway.command(&["override", "list", "--json"]).await);
    assert_eq!(list.as_array().map(Vec::len), Some(10_000));
}

#[tokio::test]
async fn an_empty_file_changes_nothing_and_lowering_is_forced_or_not_done() {
    let gateway = Gateway::start(ALWAYS_VALID).await;
    let key = [DOMAINS, "example.com"];
    let run = async |verb: &str, count: &str, more: &[&str]| {
        let words = [&["override", verb], &key[..], &["--count", count, "--reason", "r"], more].concat();
        gateway.command(&words).await
    };
    assert_eq!(code(&run("add", "300", &[]).await), 0);
    for empty in ["", "limit,subject,count,burst,period\n"] {
        let path = written(&gateway, "empty.csv", empty);
        let imported = gateway.command(&["override", "import", &path]).await;
        assert_eq!(code(&imported), 0);
        assert!(printed(&imported).contains("added: 0, changed: 0, unchanged: 0"), "{}", printed(&imported));
    }
    let path = written(&gateway, "empty.yml", "# nobody\n");
    assert_eq!(code(&gateway.command(&["override", "import", &path]).await), 0);

    for (verb, force) in [("add", &[][..]), ("lower", &[])] {
        let refused = run(verb, "100", force).await;
        assert_eq!(code(&refused), 1);
        assert!(printed(&refused).contains("lowering that must be forced"), "{}", printed(&refused));
    }
    let path = written(
        &gateway,
        "lower.csv",
        &format!("limit,subject,count,burst,period\n{DOMAINS},example.com,5,5,7d\n"),
    );
    let kept = gateway.command(&["override", "import", &path]).await;
    assert_eq!(code(&kept), 3, "{}", printed(&kept));
    let shown = async || json_of(&gateway.command(&["override", "show", key[0], key[1], "--json"]).await);
    assert_eq!(shown().await["count"], 300);
    assert_eq!(code(&run("lower", "100", &["--force"]).await), 0);
    assert_eq!(shown().await["count"], 100);
    assert_eq!(code(&gateway.command(&["override", "import", &path, "--force"]).await), 0);
    assert_eq!(shown().await["count"], 5);
}

#[tokio::test]
async fn overrides_go_out_as_csv_and_as_boulders_yaml_and_come_in_again() {
    let gateway = Gateway::start(ALWAYS_VALID).await;
    for (limit, subject) in [
        (DOMAINS, "example.com"),
        (DOMAINS, "192.0.2.1"),
        ("new-orders-per-account", "/acme/acct/7"),
        ("certificates-per-registered-domain-per-account", "https://ca.example/acme/acct/7"),
    ] {
        let add = ["override", "add", limit, subject, "--count", "3000", "--reason", "=a, \"quoted\" text"];
        let added = gateway.command(&add).await;
        assert_eq!(code(&added), 0, "{}", printed(&added));
    }
    for format in ["csv", "boulder"] {
        let exported = gateway.command(&["override", "export", "--format", format]).await;
        let file = String::from_utf8(exported.stdout).expect("text");
        let path = written(&gateway, "exported", &file);
        let other = Gateway::start(ALWAYS_VALID).await;
        let import = ["override", "import", &path, "--format", format];
        let imported = other.command(&import).await;
        assert_eq!(code(&imported), 0, "{}", printed(&imported));
        let [ours, theirs] = [&gateway, &other].map(async |one| {
            let list = json_of(&one.command(&["override", "list", "--json"]).await);
            let numbers = |it: &Value| json!([it["limit"], it["subject"], it["count"], it["period"]]);
            list.as_array().expect("a list").iter().map(numbers).collect::<Vec<_>>()
        });
        assert_eq!(ours.await, theirs.await, "{format}:\n{file}");
    }
    let defaults = gateway.command(&["limits", "--boulder"]).await;
    let path = written(&gateway, "defaults.yml", &String::from_utf8(defaults.stdout).expect("text"));
    let toml = printed(&gateway.command(&["limits", "--from-boulder", &path]).await);
    assert!(toml.contains("[limits.certificates-per-registered-domain]"), "{toml}");
}

#[tokio::test]
async fn who_has_no_grant_is_turned_away_and_who_may_read_changes_nothing() {
    let grants = tempfile::NamedTempFile::new().expect("a temporary file");
    let lines =
        [grant_line("viewer", Role::Read, "read-token"), grant_line("ci", Role::Write, "write-token")];
    std::fs::write(grants.path(), lines.join("\n")).expect("it is ours");
    let gateway =
        Gateway::start(&format!("grants = {:?}\n{ALWAYS_VALID}", grants.path().display().to_string())).await;
    let add = json!({ "limit": DOMAINS, "subject": "example.com", "count": 300, "reason": "r" });
    // (token, reading, writing)
    for (token, read, write) in [
        (None, 401, 401),
        (Some(""), 401, 401),
        (Some("wrong-token"), 401, 401),
        (Some("read-token"), 200, 403),
        (Some("write-token"), 200, 200),
    ] {
        let asks: [(Method, &str, Value, u16); 10] = [
            (Method::GET, "/overrides", Value::Null, read),
            (Method::GET, "/overrides/export?format=csv", Value::Null, read),
            (Method::GET, "/override-requests", Value::Null, read),
            (Method::GET, "/pauses", Value::Null, read),
            (Method::GET, "/audit", Value::Null, read),
            (Method::GET, "/account?account=/a/1", Value::Null, read),
            (Method::PUT, "/override", add.clone(), write),
            (
                Method::POST,
                "/pauses",
                json!({ "account": "/a/1", "identifier": "a.example", "reason": "r" }),
                write,
            ),
            (Method::POST, "/pauses/lift", json!({ "account": "/a/1", "reason": "r" }), write),
            (Method::POST, "/overrides/import?format=csv&reason=r", json!("limit"), write),
        ];
        for (method, path, body, expected) in asks {
            let (status, answer) = request_as(token, gateway.management(), method.clone(), path, &body).await;
            // The last body is no file; that is found out by whoever may send one.
            let fits = status == expected || (expected == 200 && status == 422);
            assert!(fits, "{method} {path} as {token:?}: {status} {answer}");
            if status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN {
                assert_eq!(answer["status"], status.as_u16());
                assert!(!answer.to_string().contains("-token"), "{answer}");
            }
        }
    }
    let audit = json_of(&gateway.command(&["audit", "--json"]).await);
    assert!(audit.as_array().expect("a list").iter().all(|entry| entry["who"] == "ci"), "{audit}");
}

#[tokio::test]
async fn over_tls_a_client_certificate_is_as_good_as_a_token() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (authority, identity) = certificates(folder.path());
    let fingerprint: String = fingerprint(&identity.der).iter().map(|byte| format!("{byte:02x}")).collect();
    let grants = folder.path().join("grants");
    std::fs::write(&grants, format!("robot write certificate:{fingerprint}\n")).expect("it is ours");
    let quoted = |path: &Path| format!("{:?}", path.display().to_string());
    let gateway = Gateway::start(&format!(
        "grants = {}\ncertificate = {}\nkey = {}\nclient-roots = {}\n{ALWAYS_VALID}",
        quoted(&grants),
        quoted(&identity.chain),
        quoted(&identity.key),
        quoted(&authority),
    ))
    .await;
    let [roots, chain, key] =
        [&authority, &identity.chain, &identity.key].map(|it| it.to_str().expect("plain"));
    let add =
        ["override", "add", DOMAINS, "example.com", "--count", "300", "--reason", "r", "--roots", roots];
    let with_certificate = [&add[..], &["--client-certificate", chain, "--client-key", key]].concat();
    let added = gateway.command(&with_certificate).await;
    assert_eq!(code(&added), 0, "{}", printed(&added));
    let by_token = gateway.command(&["audit", "--json", "--roots", roots]).await;
    assert_eq!(json_of(&by_token)[0]["who"], "robot", "and the token of the data directory reads it");

    std::fs::write(&grants, "# nobody\n").expect("it is ours");
    let audit = ["audit", "--roots", roots, "--client-certificate", chain, "--client-key", key];
    let asking = async { while code(&gateway.command(&audit).await) == 0 {} };
    timeout(IN_FORCE_WITHIN, asking).await.expect("a certificate taken away is refused");
    let unknown = gateway.command(&["audit"]).await;
    assert_eq!(code(&unknown), 1, "a listener that nobody vouches for is not told the token");
    assert!(printed(&unknown).contains("certificate"), "{}", printed(&unknown));
}

#[tokio::test]
async fn a_token_taken_from_the_file_is_refused_within_seconds_and_a_broken_file_changes_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("grants");
    let write = |grants: &[String]| std::fs::write(&path, grants.join("\n")).expect("it is ours");
    let grant = |name| grant_line(name, Role::Read, &format!("{name}-token"));
    write(&[grant("ann"), grant("bob")]);
    let gateway = Gateway::start(&format!("grants = {:?}\n", path.display().to_string())).await;
    let status = async |name: &str| {
        let token = format!("{name}-token");
        request_as(Some(&token), gateway.management(), Method::GET, "/audit", &Value::Null).await.0
    };
    let becomes = async |name: &str, expected: StatusCode| {
        let asking = async {
            let mut again = interval(Duration::from_millis(50));
            while status(name).await != expected {
                again.tick().await;
            }
        };
        timeout(IN_FORCE_WITHIN, asking).await.unwrap_or_else(|_| panic!("{name} gets {expected}"));
    };
    assert_eq!((status("ann").await, status("bob").await), (StatusCode::OK, StatusCode::OK));

    write(&[grant("bob")]);
    becomes("ann", StatusCode::UNAUTHORIZED).await;
    assert_eq!(status("bob").await, StatusCode::OK);
    write(&[grant("ann"), "bob read hunter2".to_owned()]);
    let unchanged = async {
        let mut again = interval(Duration::from_millis(50));
        loop {
            again.tick().await;
            assert_eq!(
                (status("ann").await, status("bob").await),
                (StatusCode::UNAUTHORIZED, StatusCode::OK)
            );
        }
    };
    let _ended: Result<(), _> = timeout(Duration::from_millis(1500), unchanged).await;
    write(&[grant("ann")]);
    becomes("ann", StatusCode::OK).await;
    becomes("bob", StatusCode::UNAUTHORIZED).await;
}

#[tokio::test]
async fn the_audit_tells_everything_that_operators_did() {
    let gateway = Gateway::start(ALWAYS_VALID).await;
    submit(&gateway, 1, "example.org").await;
    let path = written(
        &gateway,
        "one.csv",
        &format!("limit,subject,count,burst,period\n{DOMAINS},example.net,5,5,7d\n"),
    );
    let commands: [&[&str]; 8] = [
        &["override", "add", DOMAINS, "example.com", "--count", "300", "--reason", "one", "--author", "anna"],
        &["override", "lower", DOMAINS, "example.com", "--count", "100", "--reason", "two", "--force"],
        &["override", "remove", DOMAINS, "example.com", "--reason", "three"],
        &["override", "import", &path, "--reason", "four"],
        &["override", "requests", "deny", "1", "--reason", "five"],
        &["pause", "add", "/acme/acct/7", "a.example", "--reason", "six"],
        &["pause", "add", "/acme/acct/7", "b.example", "--reason", "seven"],
        &["pause", "lift", "/acme/acct/7", "--all", "--reason", "eight"],
    ];
    for command in commands {
        let done = gateway.command(command).await;
        assert_eq!(code(&done), 0, "{command:?}: {}", printed(&done));
    }
    let audit = json_of(&gateway.command(&["audit", "--json"]).await);
    let mut told: Vec<_> = audit.as_array().expect("a list").iter().collect();
    told.reverse();
    let expected = [
        ("override added", "one", Value::Null, json!(300)),
        ("override changed", "two", json!(300), json!(100)),
        ("override removed", "three", json!(100), Value::Null),
        ("override added", "four", Value::Null, json!(5)),
        ("override request denied", "five", Value::Null, Value::Null),
        ("pause added", "six", Value::Null, Value::Null),
        ("pause added", "seven", Value::Null, Value::Null),
        ("pauses lifted", "eight", Value::Null, Value::Null),
    ];
    assert_eq!(told.len(), expected.len(), "{audit}");
    for (entry, (what, why, before, after)) in told.into_iter().zip(expected) {
        assert_eq!(
            (&entry["what"], &entry["why"], &entry["who"]),
            (&json!(what), &json!(why), &json!("local"))
        );
        assert_eq!((&entry["before"]["count"], &entry["after"]["count"]), (&before, &after), "{entry}");
    }
    let table = printed(&gateway.command(&["audit", "--max", "2"]).await);
    assert!(table.contains("pauses lifted") && !table.contains("override"), "{table}");
}

#[tokio::test]
async fn without_any_configuration_commands_work_where_tollgate_serves_and_no_log_has_a_secret() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (acme, management) = (ports::free(), ports::free());
    let config = format!(
        "[listen]\naddresses = [\"127.0.0.1:{acme}\"]\n[management]\naddress = \"127.0.0.1:{management}\"\n\
         [log]\nfilter = \"info,tollgate=trace,tollgate_service=trace,axum=trace\"\n"
    );
    std::fs::write(folder.path().join("tollgate.toml"), config).expect("it is ours");
    let mut serve = Serve::start(&["--config", "tollgate.toml"], folder.path()).expect("it is built");
    serve.printed_until("Ctrl-C ends it.").await;

    let address = format!("127.0.0.1:{management}");
    let here =
        async |words: &[&str]| tollgate(&[words, &["--management", &address]].concat(), folder.path()).await;
    let add = ["override", "add", DOMAINS, "example.com", "--count", "300", "--reason", "r"];
    let added = here(&add).await;
    assert_eq!(code(&added), 0, "{}", printed(&added));
    let wrong = folder.path().join("wrong");
    std::fs::write(&wrong, "a-wrong-token\n").expect("it is ours");
    let refused = here(&["audit", "--token-file", wrong.to_str().expect("plain")]).await;
    assert_eq!(code(&refused), 1);
    assert!(printed(&refused).contains("nobody has this token"), "{}", printed(&refused));

    let elsewhere = tempfile::tempdir().expect("a temporary folder");
    let lost = tollgate(&["override", "list", "--management", &address], elsewhere.path()).await;
    assert_eq!(code(&lost), 1);
    let told = printed(&lost);
    assert!(told.contains("tollgate-data/operator.token") && told.contains("--token-file"), "{told}");

    let token =
        std::fs::read_to_string(folder.path().join("tollgate-data/operator.token")).expect("it is made");
    let (_, log) = serve.interrupt().await;
    assert!(log.contains("a call of the admin API was refused"), "{log}");
    for secret in [token.trim(), "a-wrong-token"] {
        assert!(!log.contains(secret), "{log}");
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_in_words() {
    let gateway = Gateway::start(ALWAYS_VALID).await;
    let cases: [(&[&str], i32, &str); 8] = [
        (
            &["override", "add", "orders", "a.example", "--count", "1", "--reason", "r"],
            1,
            "there is no limit \"orders\"",
        ),
        (
            &["override", "add", DOMAINS, "www.example.com", "--count", "1", "--reason", "r"],
            1,
            "www.example.com is no registered domain: it counts for example.com",
        ),
        (&["override", "add", DOMAINS, "a.example", "--count", "0", "--reason", "r"], 1, "count is zero"),
        (
            &["override", "add", DOMAINS, "a.example", "--count", "1", "--reason", " "],
            1,
            "reason: say something",
        ),
        (&["override", "add", DOMAINS, "a.example", "--count", "1"], 2, "--reason"),
        (&["override", "show", DOMAINS, "a.example"], 1, "a.example has no stored override of"),
        (&["override", "requests", "approve", "7", "--reason", "r"], 1, "there is no override request 7"),
        (&["pause", "add", "acct", "a.example", "--reason", "r"], 1, "\"acct\" is no account URL"),
    ];
    for (words, expected, told) in cases {
        let output = gateway.command(words).await;
        assert_eq!(code(&output), expected, "{words:?}: {}", printed(&output));
        assert!(printed(&output).contains(told), "{words:?}: {}", printed(&output));
    }
    let audit = json_of(&gateway.command(&["audit", "--json"]).await);
    assert_eq!(audit, json!([]), "nothing was changed");
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("it ended by itself")
}

#[track_caller]
fn json_of(output: &Output) -> Value {
    assert_eq!(code(output), 0, "{}", printed(output));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", printed(output)))
}

fn written(gateway: &Gateway, name: &str, text: &str) -> String {
    let path = gateway.folder().join(name);
    std::fs::write(&path, text).expect("the folder is the test's own");
    path.to_str().expect("plain").to_owned()
}

async fn submit(gateway: &Gateway, number: u8, domain: &str) {
    let limit = LimitName::CertificatesPerRegisteredDomain;
    let form = OverrideForm {
        limit,
        subject: Subject::parse(limit, domain).expect("it is a domain"),
        tier: NonZeroU64::new(300).expect("it is not zero"),
        email: EmailAddress("anna@example.com".to_owned()),
        organisation: "Example Hosting".to_owned(),
        use_case: "a certificate for each customer".to_owned(),
        language: Language::English,
    };
    let (records, now) = (gateway.records(), gateway.now().await);
    records.submit_override_request(form, [number; 32], now).await.expect("it is written");
}

/// Orders until the answer is `status`.
async fn answered(client: &mut AcmeClient, name: &str, status: u16) {
    let asking = async {
        let mut again = interval(Duration::from_millis(50));
        loop {
            again.tick().await;
            if order_afresh(client, &[name]).await.status() == status {
                return;
            }
        }
    };
    let waited = timeout(IN_FORCE_WITHIN, asking).await;
    waited.unwrap_or_else(|_| panic!("no {status} for {name} within {IN_FORCE_WITHIN:?}"));
}

/// A certificate for 127.0.0.1 that server and client use alike.
struct Identity {
    chain: PathBuf,
    key: PathBuf,
    der: Vec<u8>,
}

fn certificates(folder: &Path) -> (PathBuf, Identity) {
    let authority_key = rcgen::KeyPair::generate().expect("keys can be made");
    let mut parameters = rcgen::CertificateParams::new(Vec::new()).expect("no names");
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority = parameters.self_signed(&authority_key).expect("sound parameters");
    let issuer = rcgen::Issuer::new(parameters, authority_key);
    let key = rcgen::KeyPair::generate().expect("keys can be made");
    let leaf = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("a good name");
    let leaf = leaf.signed_by(&key, &issuer).expect("sound parameters");
    let write = |name: &str, text: String| {
        let path = folder.join(name);
        std::fs::write(&path, text).expect("the folder is the test's own");
        path
    };
    let identity = Identity {
        chain: write("chain.pem", leaf.pem()),
        key: write("key.pem", key.serialize_pem()),
        der: leaf.der().to_vec(),
    };
    (write("root.pem", authority.pem()), identity)
}

fn fingerprint(der: &[u8]) -> Vec<u8> {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, der).as_ref().to_vec()
}

#[tokio::test]
async fn an_operator_gets_the_link_to_what_is_left_for_an_account() {
    let gateway = Gateway::start("").await;
    let mut client = gateway.client().await;
    assert_eq!(order_afresh(&mut client, &["a.example.com"]).await.status(), 201);
    let account = client.account().expect("it is registered").to_owned();
    let token = std::fs::read_to_string(gateway.folder().join("data/operator.token")).expect("it is made");
    let path = format!("/account?account={account}");
    let ask = request_as(Some(token.trim()), gateway.management(), Method::GET, &path, &Value::Null);
    let (status, told) = ask.await;
    assert_eq!((status, &told["paused"]), (StatusCode::OK, &json!(0)), "{told}");
    let link = told["link"].as_str().expect("a link");
    let page = client.send(Method::GET, link, None).await.expect("the page answers").detail();
    assert!(page.contains("299 of 300 left"), "{link}: {page}");
}
