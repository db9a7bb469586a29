//! `tollgate demo`: two limits met by a real client, over real sockets, in seconds.

use std::{io::Write, path::Path, time::Duration};

use tollgate_engine::Timestamp;

use super::{Failure, runtime};
use crate::{
    client::{AcmeClient, Answer},
    clock::MovableClock,
    config::Config,
    server::{self, Running},
};

/// What the demo serves: free ports, no waiting for validations, a data directory that is removed.
const CONFIG: &str = r#"
[listen]
addresses = ["127.0.0.1:0"]
[management]
address = "127.0.0.1:0"
[test-ca]
validation = "always-valid"
[store]
backend = "memory"
"#;

/// Monday, 2026-11-23 09:00:00 UTC: the demo reads nearly the same every time.
const START: Timestamp = Timestamp::from_secs(1_795_424_400);

const NAME: &str = "www.example.com";

/// More attempts than any preset lets through.
const ATTEMPTS_MAX: usize = 20;

pub(super) fn run(out: &mut dyn Write) -> Result<(), Failure> {
    let folder = tempfile::tempdir().map_err(Failure::could_not_start)?;
    let mut config = Config::parse(CONFIG, Path::new("demo"))?;
    config.data_dir = folder.path().to_owned();
    runtime()?.block_on(async {
        let running = server::start(config, MovableClock::running_from(START), None)
            .await
            .map_err(Failure::could_not_start)?;
        let shown = show(&running, out).await;
        running.stop().await;
        shown
    })
}

async fn show(running: &Running, out: &mut dyn Write) -> Result<(), Failure> {
    writeln!(out, "A test CA behind Let's Encrypt's production limits, at {}\n", running.directory_url)?;
    let mut client = connect(running).await?;
    client.register().await.map_err(Failure::failed)?;
    same_certificate_again(running, &mut client, out).await?;
    another_account_again(running, &mut client, out).await?;
    writeln!(out, "Nothing was kept. Now with a client of yours: tollgate serve")?;
    Ok(())
}

async fn same_certificate_again(
    running: &Running,
    client: &mut AcmeClient,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    writeln!(out, "The same certificate, again and again: {NAME}\n")?;
    for attempt in 1..=ATTEMPTS_MAX {
        let order = client.try_order(&[NAME]).await.map_err(Failure::failed)?;
        if order.status() == http::StatusCode::CREATED {
            client.complete(&order, &[NAME]).await.map_err(Failure::failed)?;
            writeln!(out, "  order {attempt:2}: 201, certificate issued")?;
            continue;
        }
        writeln!(out, "  order {attempt:2}: refused. As the client sees it:\n")?;
        show_answer(&order, out)?;
        wait_as_told(running, &order, out)?;
        client.forget_nonce();
        client.obtain(&[NAME]).await.map_err(Failure::failed)?;
        writeln!(out, "  order {:2}: 201, certificate issued\n", attempt + 1)?;
        return Ok(());
    }
    Err(Failure::failed("no order was refused"))
}

async fn another_account_again(
    running: &Running,
    client: &mut AcmeClient,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    writeln!(out, "Another account from the same address, again and again\n")?;
    // The wait above refilled the address's bucket, so these count from the first.
    for attempt in 1..=ATTEMPTS_MAX {
        let mut another = client.with_fresh_key();
        let answer = another.try_register().await.map_err(Failure::failed)?;
        if answer.status() == http::StatusCode::CREATED {
            writeln!(out, "  account {attempt:2}: 201")?;
            continue;
        }
        writeln!(out, "  account {attempt:2}: refused. As the client sees it:\n")?;
        show_answer(&answer, out)?;
        wait_as_told(running, &answer, out)?;
        another.forget_nonce();
        another.register().await.map_err(Failure::failed)?;
        writeln!(out, "  account {:2}: 201\n", attempt + 1)?;
        return Ok(());
    }
    Err(Failure::failed("no account was refused"))
}

async fn connect(running: &Running) -> Result<AcmeClient, Failure> {
    let root = running.root_certificate.as_ref().ok_or_else(|| Failure::failed("no TLS root was made"))?;
    let root = std::fs::read_to_string(root)?;
    AcmeClient::connect(&running.directory_url, &root).await.map_err(Failure::failed)
}

/// Status, the headers that matter, and the problem document.
fn show_answer(answer: &Answer, out: &mut dyn Write) -> Result<(), Failure> {
    let status = answer.status();
    writeln!(out, "    HTTP {status}")?;
    for name in ["retry-after", "ratelimit-policy", "ratelimit", "link", "content-type"] {
        for value in answer.response.headers().get_all(name) {
            writeln!(out, "    {name}: {}", value.to_str().unwrap_or("(not text)"))?;
        }
    }
    let body = serde_json::to_string_pretty(&answer.json()).map_err(Failure::failed)?;
    writeln!(out, "\n    {}\n", body.replace('\n', "\n    "))?;
    Ok(())
}

fn wait_as_told(running: &Running, refused: &Answer, out: &mut dyn Write) -> Result<(), Failure> {
    let seconds = refused.retry_after().ok_or_else(|| Failure::failed("the refusal told no Retry-After"))?;
    let wait = Duration::from_secs(seconds);
    let now = running.clock.advance(wait).map_err(Failure::failed)?;
    let wait = tollgate_policy::duration::go_duration(wait);
    writeln!(
        out,
        "  The clock moves by the wait it was told, {wait}, to {}.",
        now.strftime("%Y-%m-%d %H:%M:%S UTC")
    )?;
    Ok(())
}
