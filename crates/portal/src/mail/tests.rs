//! What becomes of a mail with servers of every temper.

#[expect(dead_code, reason = "the tests of the pages use the rest")]
#[path = "../../tests/portal/smtp_sink.rs"]
mod smtp_sink;

use tokio::net::TcpListener;
use tollgate_test_servers::{certificates::Certificates, ports};

use super::*;
use smtp_sink::{Protection, SmtpOptions, SmtpSink};

const LOGIN: (&str, &str) = ("limits", "s3cret of the mail server");

fn options(port: u16, tls: MailTls) -> MailOptions {
    MailOptions {
        server: "127.0.0.1".to_owned(),
        port,
        tls,
        roots: None,
        from: "Example CA <limits@ca.example>".to_owned(),
        login: None,
    }
}

fn trusting(sink: &SmtpSink, tls: MailTls, certificates: &Certificates) -> MailOptions {
    let (name, password) = LOGIN;
    MailOptions {
        roots: Some(certificates.root.clone().into_bytes()),
        login: Some((name.to_owned(), password.to_owned())),
        ..options(sink.address.port(), tls)
    }
}

fn mail() -> Mail {
    let (subject, text) = ("Approved".to_owned(), "Your request was approved.".to_owned());
    Mail { to: EmailAddress("me@example.org".to_owned()), subject, text }
}

async fn sent(options: MailOptions) -> Result<(), MailError> {
    Mailer::new(options).expect("the options make sense").send(mail()).await
}

/// The error of a mail that was not sent: its one line, and whether it is tried again.
async fn failed(options: MailOptions) -> (String, bool) {
    let error = sent(options).await.expect_err("it is not sent");
    let line = error.to_string();
    for secret in ["me@example.org", LOGIN.1] {
        assert!(!line.contains(secret), "{line}");
    }
    (line, error.is_passing())
}

fn demanding(protection: Protection) -> SmtpOptions {
    SmtpOptions { protection, login: Some(LOGIN), ..SmtpOptions::default() }
}

#[tokio::test]
async fn mail_goes_over_tls_to_a_server_that_asks_for_a_login_and_whose_root_was_given() {
    let certificates = Certificates::make(&["127.0.0.1"]);
    for (protection, tls) in [
        (Protection::Always(&certificates), MailTls::Always),
        (Protection::Start(&certificates), MailTls::Start),
    ] {
        let sink = SmtpSink::start_with(demanding(protection)).await;
        sent(trusting(&sink, tls, &certificates)).await.unwrap();
        assert_eq!(sink.next().await.to, "RCPT TO:<me@example.org>");
        let in_the_clear = sink.heard_in_the_clear();
        assert!(
            in_the_clear.iter().all(|line| line.starts_with("EHLO") || line == "STARTTLS"),
            "{in_the_clear:?}"
        );
    }
}

#[tokio::test]
async fn a_server_that_offers_no_starttls_is_told_nothing() {
    let sink = SmtpSink::start().await;
    let certificates = Certificates::make(&["127.0.0.1"]);
    let (line, passing) = failed(trusting(&sink, MailTls::Start, &certificates)).await;
    assert_eq!((&*line, passing), ("the mail server offers no STARTTLS: nothing was sent", true));
    let heard = sink.heard_in_the_clear();
    assert!(heard.iter().all(|line| line.starts_with("EHLO") || line == "QUIT"), "{heard:?}");
}

#[tokio::test]
async fn a_certificate_of_others_or_for_another_name_is_not_trusted() {
    let other = Certificates::make(&["127.0.0.1"]);
    for (names, problem) in
        [(["127.0.0.1"], "invalid peer certificate"), (["mail.example"], "not valid for name")]
    {
        let certificates = Certificates::make(&names);
        let trusted = if names[0] == "127.0.0.1" { &other } else { &certificates };
        for (protection, tls) in [
            (Protection::Always(&certificates), MailTls::Always),
            (Protection::Start(&certificates), MailTls::Start),
        ] {
            let sink = SmtpSink::start_with(demanding(protection)).await;
            let (line, passing) = failed(trusting(&sink, tls, trusted)).await;
            assert!(line.starts_with("no TLS with the mail server: ") && line.contains(problem), "{line}");
            assert!(passing, "an operator may mend it");
            assert!(sink.take().is_none());
        }
    }
}

#[tokio::test]
async fn a_wrong_password_and_none_where_one_is_asked_for_are_said_and_tried_again() {
    let certificates = Certificates::make(&["127.0.0.1"]);
    let sink = SmtpSink::start_with(demanding(Protection::Always(&certificates))).await;
    let right = trusting(&sink, MailTls::Always, &certificates);
    let wrong = MailOptions { login: Some(("limits".to_owned(), "wrong".to_owned())), ..right.clone() };
    let none = MailOptions { login: None, ..right.clone() };
    for (options, code) in [(wrong, 535), (none, 530)] {
        let (line, passing) = failed(options).await;
        let expected = format!(
            "the mail server refused the login (SMTP code {code}): see portal.mail.username and password-file"
        );
        assert_eq!((line, passing), (expected, true));
    }
    let sink = SmtpSink::start_with(SmtpOptions {
        protection: Protection::Always(&certificates),
        ..SmtpOptions::default()
    })
    .await;
    let (line, passing) = failed(trusting(&sink, MailTls::Always, &certificates)).await;
    assert!(line.starts_with("the mail server refused the login: see"), "it knows of no logins: {line}");
    assert!(passing);
}

#[tokio::test]
async fn a_server_that_is_away_or_hangs_up_is_tried_again() {
    let away = failed(options(ports::free(), MailTls::Never)).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { while listener.accept().await.is_ok() {} });
    for (line, passing) in [away, failed(options(port, MailTls::Never)).await] {
        assert_eq!((&*line, passing), ("the mail server cannot be reached, or hung up", true));
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_server_holds_nobody_up_for_longer_than_a_minute() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let connections = tokio::spawn(async move {
        let mut connections = Vec::new();
        while let Ok(connection) = listener.accept().await {
            connections.push(connection);
        }
    });
    for tls in [MailTls::Never, MailTls::Start, MailTls::Always] {
        let (line, passing) = failed(options(port, tls)).await;
        assert!(passing, "{line}");
        // The clock leaps while the kernel connects: then connecting took too long.
        let lines =
            ["the mail server did not answer within 60 s", "the mail server cannot be reached, or hung up"];
        assert!(lines.contains(&&*line), "{line}");
    }
    connections.abort();
}

#[test]
fn roots_without_a_certificate_are_refused() {
    for roots in ["", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"] {
        let options = MailOptions { roots: Some(roots.into()), ..options(465, MailTls::Always) };
        assert!(matches!(Mailer::new(options), Err(MailError::NoRoots)), "{roots}");
    }
}
