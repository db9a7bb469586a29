//! What is logged holds no key, nonce, token or signature.

use std::{
    io,
    sync::{Arc, Mutex},
};

use http::Method;
use serde_json::{Value, json};
use tollgate_gateway::upstream::UpstreamError;
use tracing_subscriber::fmt::MakeWriter;

use crate::world::{Client, World, new_order, ok, problem};

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

#[tokio::test]
async fn nothing_secret_is_logged() {
    let log = Log::default();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).finish();
    // For the whole program: what other tests log meanwhile is welcome too, and a subscriber of one
    // thread alone would miss events that another thread met first.
    tracing::subscriber::set_global_default(subscriber).expect("no other test sets one");

    let world = World::new().await;
    let client = world.registered("/acct/1").await;
    let forger = Client::with_account("/acct/1");
    let mut bodies = Vec::new();
    for signer in [&client, &forger] {
        for payload in [new_order(&["a.example"]), json!({}), json!({"secretpayload": "secretpayload"})] {
            bodies.push(world.signed(signer, "/order-plz", payload));
        }
    }
    bodies.push("secretpayload".to_owned());
    for body in &bodies {
        world.ca.will_answer(problem(400, "malformed", "secretpayload"));
        world.request(Method::POST, "/order-plz", body).await;
        world.ca.will_fail(UpstreamError::Unreachable("connection refused".into()));
        world.request(Method::POST, "/order-plz", body).await;
    }
    world.ca.will_answer(ok(json!({"type": "http-01", "token": "secrettoken", "status": "valid"})));
    world.post(&client, "/chall/1", json!({})).await;

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("the CA gave no answer"), "logging works");
    let mut secrets = vec!["secretpayload".to_owned(), "secrettoken".to_owned(), "nonce0".to_owned()];
    for key in [client.signer.jwk().to_json(), forger.signer.jwk().to_json()] {
        secrets.push(key["x"].as_str().unwrap().to_owned());
    }
    for body in &bodies {
        let Ok(jws) = serde_json::from_str::<Value>(body) else { continue };
        secrets.extend(["protected", "signature"].map(|member| jws[member].as_str().unwrap().to_owned()));
    }
    for secret in secrets {
        assert!(!log.contains(&secret), "{secret} in\n{log}");
    }
}
