//! What the pages may not log. A test binary of its own: what one test hears of the log depends on who else
//! in its process listens.

#[expect(dead_code, reason = "the other tests use the rest")]
#[path = "../portal/smtp_sink.rs"]
mod smtp_sink;
#[expect(dead_code, reason = "the other tests use the rest")]
#[path = "../portal/world.rs"]
mod world;

use std::{
    io,
    sync::{Arc, Mutex},
};

use http::{StatusCode, header};
use tollgate_policy::{Policy, preset::Preset};
use tollgate_portal::{MailOptions, MailTls, Mailer, OverrideRequests, PortalOptions, Tiers};
use tracing_subscriber::fmt::MakeWriter;

use crate::{smtp_sink::SmtpSink, world::*};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

async fn mailing(sink: &SmtpSink) -> World {
    let mailer = Mailer::new(MailOptions {
        server: "127.0.0.1".to_owned(),
        port: sink.address.port(),
        tls: MailTls::Never,
        roots: None,
        from: "limits@ca.example".to_owned(),
        login: None,
    });
    let override_requests = OverrideRequests {
        tiers: Tiers::default(),
        grant_lowest: false,
        terms: None,
        privacy: None,
        accounts_at: "https://acme.example".to_owned(),
        pages_at: "https://limits.example".to_owned(),
        mailer: Some(Arc::new(mailer.unwrap())),
        new_token: || [7; 32],
    };
    let options = PortalOptions { override_requests: Some(override_requests), ..PortalOptions::default() };
    World::with_options(Policy::preset(Preset::Letsencrypt), options).await
}

/// Asks for an override, and gives the path of the request's own page.
async fn ask(world: &World) -> String {
    let form = "subject=example.com&tier=300&email=me%40example.org&organisation=Example+Hosting\
                &use-case=Each+of+our+customers+has+a+name+and+a+certificate+below+our+domain.\
                &terms=yes&privacy=yes";
    let answer = world.send(form_to("/rate-limits/override/certificates-per-domain"), form).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{}", text(&answer));
    answer.headers()[header::LOCATION].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn neither_tokens_nor_addresses_are_logged() {
    let log = Log::default();
    let everything = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    tracing::subscriber::set_global_default(everything).unwrap();

    let sink = SmtpSink::start().await;
    let world = mailing(&sink).await;
    let token = world.paused(&["a.example"]).await;
    world.follow(&token).await;
    world.get(&format!("/rate-limits/status?token={token}")).await;
    world.press(&token).await;
    world.press(&token).await;
    world.follow(&token[..token.len() - 3]).await;

    let own_page = ask(&world).await;
    sink.next().await;
    world.get(&own_page).await;
    let now = jiff::Timestamp::from_nanosecond(world.limiter.now().as_nanos().into()).unwrap();
    world.limiter.records().deny_override_request(1, "ann", "no", now).await.unwrap();
    for verdict in ["450 me@example.org is away", "550 there is no me@example.org"] {
        sink.answer_recipients(verdict);
        world.advance(DAY);
        world.portal.tell_decisions().await.unwrap();
    }
    world.limiter.records().close().await;
    world.get(&own_page).await;
    world.follow(&token).await;

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for said in ["override requested", "pauses lifted", "SMTP code 450", "SMTP code 550", "cannot be had"] {
        assert!(log.contains(said), "{said} is logged: {log}");
    }
    let own_token = own_page.split_once("token=").unwrap().1;
    let parts: Vec<_> = token.split('.').collect();
    for secret in ["me@example.org", "Example Hosting", own_token, parts[1], parts[2]] {
        assert!(!log.contains(secret), "{secret} is logged: {log}");
    }
}
